// SPDX-License-Identifier: GPL-2.0
/*
 * The part of the test guest's init that starts another kernel: by kexec-tools
 * through either system call, or as a crash kernel whose /proc/vmcore it checks.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
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

/* The first kernel's init fills this many pages with a pattern. All of them have to be in the dump. */
#define MARKED		4096
#define WORDS		1024
#define MARK		0x6b72616d

/* The kernel's own mapping of its image, which a dump has beside the one of all memory. */
#define KERNEL_MAP	0xffffffff80000000ull

/* This kernel's command line, without what was meant for this kernel only. */
static void second_cmdline(char *line, unsigned int size, int crash)
{
	char own[2048], *word, *rest = own;
	unsigned int length;

	read_text("/proc/cmdline", own, sizeof(own));
	length = snprintf(line, size, "kexeced=1");
	if (crash)
		length += snprintf(line + length, size - length, " kdump=1 nr_cpus=1");
	while ((word = strsep(&rest, " \n"))) {
		if (!*word || !strncmp(word, "pvh.", 4) ||
		    !strncmp(word, "crashkernel=", 12))
			continue;
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

static int mark_memory(void)
{
	uint32_t (*pages)[WORDS], number;

	pages = mmap(NULL, MARKED * sizeof(*pages), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return -1;
	for (number = 0; number < MARKED; number++)
		mark(pages[number], number);
	return 0;
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
	if (!mark_memory())
		panic_now();
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
			if (pages[i][0] != MARK || pages[i][1] >= MARKED)
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
	static unsigned char found[MARKED];
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
	for (i = 0; i < MARKED; i++)
		marked += found[i];
	report("vmcore_bytes", "%lld", bytes);
	report("vmcore_marked", "%d", marked);
}
