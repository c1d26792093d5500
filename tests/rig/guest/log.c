// SPDX-License-Identifier: GPL-2.0
/*
 * Reports what the kernel's log says of the memory map, of CPUs and of faults, one
 * key a line: log.0, log.1 and so on; and, later, all that it says meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>
#include "report.h"

/* Actions of syslog(2), which no header of the C library names. */
#define SYSLOG_READ_ALL		3
#define SYSLOG_SIZE		10

static int kernel_log = -1;

static int is_wanted(const char *line)
{
	static const char *const words[] = {
		"-e820: [mem ", "extended: [mem ", "Xen: [mem ", "user: [mem ", "E820 table full",
		"RAMDISK", "memory map may", "starting secondary CPUs", "Memory: ",
		/* What tests/rig/machine/qemu.py and tests/rig/xen/domu.py take for a fault. */
		"WARNING: ", "BUG: ", "Oops", "Call Trace", "unchecked MSR access", "circular locking",
		"scheduling while atomic", "blocked for more than", "lockup", "stall", "I/O error", "UBSAN: ",
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

	kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	lseek(kernel_log, 0, SEEK_END);
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

/* A record is "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT" and, further down, what it is about. */
void report_new_log(void)
{
	char record[2048], *text;
	ssize_t length;

	while ((length = read(kernel_log, record, sizeof(record) - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		if (length < 0) {
			report("kernel", "WARNING: some of what it has said was overwritten");
			continue;
		}
		record[length] = '\0';
		text = strchr(record, ';');
		if (text)
			report("kernel", "%.*s", (int)strcspn(text + 1, "\n"), text + 1);
	}
}
