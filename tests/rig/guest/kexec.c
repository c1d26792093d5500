// SPDX-License-Identifier: GPL-2.0
/*
 * The part of the test guest's init that starts another kernel: by kexec-tools
 * through either system call, or as a crash kernel whose /proc/vmcore it checks.
 *
 * pvh.kexecs=N: so many kernels are started, one after the other, each in the
 * same way; each but the last one needs retain_initrd. pvh.marked=all: all of
 * the memory that is free is marked before a panic. pvh.crash.cpu=N,
 * pvh.crash.nr_cpus=N: where the panic is, and the crash kernel's CPUs.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "pattern.h"
#include "report.h"

#define KEXEC		"/kexec/kexec"
#define KERNEL		"/kexec/kernel"
#define INITRD		"/kexec/initrd"
#define OWN_INITRD	"/sys/firmware/initrd"

/* The first kernel's init fills this many pages with a pattern. All of them have to be in the dump. */
#define MARKED		4096
#define MOST_MARKED	(1 << 18)
#define WORDS		1024
#define MARK		0x6b72616d

/* What the load may still need. */
#define LEFT_KIB	16384

/* The kernel's own mapping of its image, which a dump has beside the one of all memory. */
#define KERNEL_MAP	0xffffffff80000000ull

/* Words that begin so are for the kernel that is started only. */
#define SECOND		"second."

int kexecs_left(void)
{
	char value[16];

	cmdline_value("pvh.kexecs", value, sizeof(value));
	return atoi(value);
}

/* Whether a word was meant for this kernel only. */
static int only_here(const char *word, int more)
{
	return !*word || !strncmp(word, "crashkernel=", 12) || !strncmp(word, "kexeced=", 8) ||
	       !strncmp(word, "pvh.kexecs=", 11) || (!more && !strncmp(word, "pvh.then=", 9));
}

/* The next kernel's command line. */
static void second_cmdline(char *line, unsigned int size, int crash)
{
	char own[2048], *word, *rest = own, cpus[16];
	int more = kexecs_left() > 1;
	unsigned int length;

	read_text("/proc/cmdline", own, sizeof(own));
	length = snprintf(line, size, "kexeced=1");
	if (!cmdline_value("pvh.crash.nr_cpus", cpus, sizeof(cpus)))
		strcpy(cpus, "1");
	if (crash)
		length += snprintf(line + length, size - length, " kdump=1 nr_cpus=%s", cpus);
	if (more)
		length += snprintf(line + length, size - length, " pvh.kexecs=%d", kexecs_left() - 1);
	while ((word = strsep(&rest, " \n"))) {
		if (only_here(word, more))
			continue;
		if (!strncmp(word, SECOND, strlen(SECOND)))
			word += strlen(SECOND);
		length += snprintf(line + length, size - length, " %s", word);
	}
}

static void mark(uint32_t *page, uint32_t number)
{
	uint32_t state = number + 1;

	page[0] = MARK;
	page[1] = number;
	pattern_fill(&state, (unsigned char *)(page + 2), (WORDS - 2) * sizeof(*page));
}

/* How many pages are to be marked. */
static uint32_t pages_to_mark(void)
{
	unsigned long long kib = 0;
	char text[512], value[16];

	if (!cmdline_value("pvh.marked", value, sizeof(value)))
		return MARKED;
	read_text("/proc/meminfo", text, sizeof(text));
	sscanf(text, "MemTotal: %*u kB MemFree: %llu", &kib);
	return kib < LEFT_KIB ? 0 : (kib - LEFT_KIB) / 4;
}

static int mark_memory(void)
{
	uint32_t (*pages)[WORDS], number, count = pages_to_mark();

	pages = mmap(NULL, count * sizeof(*pages), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return -1;
	for (number = 0; number < count; number++)
		mark(pages[number], number);
	report("marked", "%u", count);
	tcdrain(STDOUT_FILENO);
	return 0;
}

static int load(const char *mode, const char *call, const char *append)
{
	int own = kexecs_left() > 1, status = -1;
	pid_t child;

	/* life() ignores it. */
	signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (!child) {
		execl(KEXEC, KEXEC, mode, call, KERNEL, own ? "--initrd=" OWN_INITRD : "--initrd=" INITRD, append, NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return status;
}

static void panic_there(void)
{
	char cpu[16];

	if (cmdline_value("pvh.crash.cpu", cpu, sizeof(cpu)))
		run_on(atoi(cpu));
	panic_now();
}

void kexec_start(const char *how)
{
	int crash = !strncmp(how, "kdump", 5), status;
	char append[4096] = "--append=";
	/* kexec-tools: -c is kexec_load, -s is kexec_file_load. */
	const char *call = strstr(how, "_load") ? "-c" : "-s";

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
	if (!mark_memory())
		panic_there();
}

/* Reads a segment of the dump; returns its size, or -1, and notes the marked pages that are as they were. */
static long long read_segment(int fd, const Elf64_Phdr *segment, unsigned char *found)
{
	static uint32_t pages[16][WORDS], expected[WORDS];
	unsigned long long at = 0;
	ssize_t length;
	uint32_t i;

	for (; at < segment->p_filesz; at += length) {
		length = pread(fd, pages, sizeof(pages), segment->p_offset + at);
		if (length <= 0)
			return -1;
		for (i = 0; i < length / sizeof(pages[0]); i++) {
			if (pages[i][0] != MARK || pages[i][1] >= MOST_MARKED)
				continue;
			mark(expected, pages[i][1]);
			found[pages[i][1]] |= !memcmp(pages[i], expected, sizeof(expected));
		}
	}
	return segment->p_filesz;
}

/* The value of a word of the dump's notes, or 0. */
static unsigned long vmcoreinfo(const char *notes, size_t length, const char *word)
{
	const char *found = memmem(notes, length, word, strlen(word));

	return found ? strtoul(found + strlen(word), NULL, 16) : 0;
}

/*
 * What tools for dumps start from: the kernel's offset in virtual memory, and a
 * symbol, through the kernel's own mapping: the names of the crashed kernel,
 * which is the same as this one.
 */
static void check_symbols(int fd, const Elf64_Phdr *segments, int count)
{
	static char notes[65536], names[1024];
	unsigned long long symbol;
	struct utsname own;
	ssize_t length;
	int i;

	length = pread(fd, notes, sizeof(notes) - 1, segments[0].p_offset);
	if (segments[0].p_type != PT_NOTE || length <= 0)
		return;
	report("vmcore_offset", "0x%lx", vmcoreinfo(notes, length, "KERNELOFFSET="));
	symbol = vmcoreinfo(notes, length, "SYMBOL(init_uts_ns)=");
	uname(&own);
	for (i = 0; i < count; i++) {
		if (segments[i].p_type != PT_LOAD || symbol < segments[i].p_vaddr ||
		    symbol - segments[i].p_vaddr >= segments[i].p_filesz)
			continue;
		length = pread(fd, names, sizeof(names), segments[i].p_offset + symbol - segments[i].p_vaddr);
		if (length > 0 && memmem(names, length, own.version, strlen(own.version)))
			report("vmcore_symbol", "init_uts_ns");
	}
}

void vmcore_check(void)
{
	static unsigned char found[MOST_MARKED];
	int fd = open("/proc/vmcore", O_RDONLY), i, marked = 0;
	static Elf64_Phdr segments[64];
	long long bytes = 0, size;
	Elf64_Ehdr header;

	if (read(fd, &header, sizeof(header)) != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG))
		return;
	if (header.e_phnum > 64 ||
	    pread(fd, segments, header.e_phnum * sizeof(*segments), header.e_phoff) !=
	    (ssize_t)(header.e_phnum * sizeof(*segments)))
		return;
	check_symbols(fd, segments, header.e_phnum);
	for (i = 0; i < header.e_phnum; i++) {
		if (segments[i].p_type != PT_LOAD || segments[i].p_vaddr >= KERNEL_MAP)
			continue;
		size = read_segment(fd, &segments[i], found);
		if (size < 0)
			return;
		bytes += size;
	}
	for (i = 0; i < MOST_MARKED; i++)
		marked += found[i];
	report("vmcore_bytes", "%lld", bytes);
	report("vmcore_marked", "%d", marked);
}
