// SPDX-License-Identifier: GPL-2.0
/*
 * Reports what the kernel's log says of the memory map, of CPUs and of faults, one
 * key a line: log.0, log.1 and so on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include "report.h"

/* Actions of syslog(2), which no header of the C library names. */
#define SYSLOG_READ_ALL		3
#define SYSLOG_SIZE		10

static int is_wanted(const char *line)
{
	static const char *const words[] = {
		"-e820: [mem ", "extended: [mem ", "Xen: [mem ", "user: [mem ", "E820 table full",
		"RAMDISK", "memory map may", "starting secondary CPUs", "Memory: ",
		/* What tests/rig/machine/qemu.py and tests/rig/xen/domu.py take for a fault. */
		"WARNING: ", "BUG: ", "Oops", "Call Trace", "unchecked MSR access", "circular locking",
		"scheduling while atomic", "blocked for more than", "lockup", "stall", "I/O error",
	};
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return 1;
	return 0;
}

void report_log(void)
{
	int size = klogctl(SYSLOG_SIZE, NULL, 0), length, count = 0;
	char *text = malloc(size > 0 ? size + 1 : 1), *rest = text, *line, key[32];

	length = text ? klogctl(SYSLOG_READ_ALL, text, size) : -1;
	if (length < 0) {
		report("log", "unreadable");
		return;
	}
	text[length] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (!is_wanted(line))
			continue;
		snprintf(key, sizeof(key), "log.%d", count++);
		report(key, "%s", line);
	}
	report("log", "%d", count);
	free(text);
}
