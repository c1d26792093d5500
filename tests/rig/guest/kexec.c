// SPDX-License-Identifier: GPL-2.0
/*
 * The part of the test guest's init that starts another kernel: by kexec-tools
 * through either system call, or as a crash kernel whose /proc/vmcore it checks.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "report.h"

#define KEXEC		"/kexec/kexec"
#define KERNEL		"/kexec/kernel"
#define INITRD		"/kexec/initrd"

/* The crash kernel's own memory and what firmware keeps are not dumped. */
#define VMCORE_MISSING	(320ull << 20)

/* This kernel's command line, without what was meant for this kernel only. */
static void second_cmdline(char *line, unsigned int size, int crash)
{
	char own[2048], *word, *rest = own;
	unsigned int length;

	read_text("/proc/cmdline", own, sizeof(own));
	length = snprintf(line, size, "kexeced=1");
	if (crash)
		length += snprintf(line + length, size - length,
				   " kdump=1 nr_cpus=1 pvh.ram=%llu", system_ram());
	while ((word = strsep(&rest, " \n"))) {
		if (!*word || !strncmp(word, "pvh.", 4) ||
		    !strncmp(word, "crashkernel=", 12))
			continue;
		length += snprintf(line + length, size - length, " %s", word);
	}
}

static int load(const char *mode, const char *call, const char *append)
{
	int status = -1;
	pid_t child = fork();

	if (!child) {
		execl(KEXEC, KEXEC, mode, call, KERNEL, "--initrd=" INITRD, append, NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return status;
}

void kexec_start(const char *how)
{
	int crash = !strcmp(how, "kdump"), status;
	char append[4096] = "--append=";
	const char *call = "-c";

	/*
	 * kexec-tools: -c is kexec_load, -s is kexec_file_load. For a crash
	 * kernel, kexec_load would need a kernel with /proc/kcore.
	 */
	if (strcmp(how, "kexec_load"))
		call = "-s";
	second_cmdline(append + strlen(append), sizeof(append) - strlen(append), crash);
	status = load(crash ? "-p" : "-l", call, append);
	if (status) {
		report("kexec_failed", "%s: kexec-tools' status %#x", how, status);
		return;
	}
	/* What the port has not sent yet would be lost with this kernel. */
	tcdrain(STDOUT_FILENO);
	if (!crash)
		reboot(RB_KEXEC);
	panic_now();
}

/* What is wrong with /proc/vmcore, or NULL. */
static const char *vmcore_fault(void)
{
	unsigned long long size, expected;
	int fd = open("/proc/vmcore", O_RDONLY);
	unsigned char ident[EI_NIDENT];
	struct stat info;
	char ram[32];

	if (fd < 0)
		return "cannot open /proc/vmcore";
	if (read(fd, ident, sizeof(ident)) != sizeof(ident) || fstat(fd, &info))
		return "cannot read /proc/vmcore";
	close(fd);
	if (memcmp(ident, ELFMAG, SELFMAG))
		return "no ELF header";
	cmdline_value("pvh.ram", ram, sizeof(ram));
	expected = strtoull(ram, NULL, 10);
	size = info.st_size;
	report("vmcore_bytes", "%llu", size);
	if (!expected || size > expected + (1 << 20) || size + VMCORE_MISSING < expected)
		return "size does not match the first kernel's memory";
	return NULL;
}

void vmcore_check(void)
{
	const char *fault = vmcore_fault();

	report("vmcore", "%s%s", fault ? "fail:" : "ok", fault ?: "");
}
