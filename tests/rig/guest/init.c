// SPDX-License-Identifier: GPL-2.0
/*
 * The test guest's init: reports what the kernel made of the machine, does
 * what the command line asks for (pvh.cpus=, pvh.clock=, pvh.cycle=, pvh.life=,
 * pvh.then=), and ends.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "report.h"

/*
 * The linker is told to enter here: the time stamp counter is read before the
 * C library runs anything. %edx is cleared again, since _start takes it for a
 * function to call at exit.
 */
unsigned int tsc_low, tsc_high;
asm(".globl init_entry\n"
    "init_entry:\n\t"
    "rdtsc\n\t"
    "mov %eax, tsc_low\n\t"
    "mov %edx, tsc_high\n\t"
    "xor %edx, %edx\n\t"
    "jmp _start\n");

/* Actions of syslog(2), which no header of the C library names. */
#define SYSLOG_CONSOLE_OFF	6
#define SYSLOG_CONSOLE_ON	7

#define WORK_ROUNDS	200000

void report(const char *key, const char *format, ...)
{
	char line[4400];
	int length, more;
	va_list args;

	length = snprintf(line, sizeof(line), "pvh-report: %s=", key);
	va_start(args, format);
	more = vsnprintf(line + length, sizeof(line) - length - 1, format, args);
	va_end(args);
	length += more;
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, length) != length)
		_exit(1);
}

int read_text(const char *path, char *text, unsigned int size)
{
	int fd = open(path, O_RDONLY), length = -1;

	if (fd >= 0) {
		length = read(fd, text, size - 1);
		close(fd);
	}
	text[length < 0 ? 0 : length] = '\0';
	if (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	return length;
}

int cmdline_value(const char *key, char *value, unsigned int size)
{
	char line[4096], *word, *rest = line;
	size_t length = strlen(key);

	value[0] = '\0';
	read_text("/proc/cmdline", line, sizeof(line));
	while ((word = strsep(&rest, " \n"))) {
		if (strncmp(word, key, length) || word[length] != '=')
			continue;
		snprintf(value, size, "%s", word + length + 1);
		return 1;
	}
	return 0;
}

/* The content of a file as a line of the report; "none" without the file. */
static void report_file(const char *key, const char *path)
{
	char text[4096];

	report(key, "%s", read_text(path, text, sizeof(text)) < 0 ? "none" : text);
}

/*
 * Without console= the kernel's console may be a screen that the machine does
 * not have: then what the report goes to is the first serial port, or Xen's
 * console. A port that is not there can be opened, but not written to. Where
 * there is no console at all, nobody reads the report.
 */
static void open_console(void)
{
	static const char *const names[] = {
		"/dev/ttyS0", "/dev/hvc0", "/dev/console",
	};
	unsigned int i, last = sizeof(names) / sizeof(names[0]) - 1;
	char value[64];
	int fd;

	for (i = cmdline_value("console", value, sizeof(value)) ? last : 0; i <= last; i++) {
		fd = open(names[i], O_RDWR | O_NOCTTY);
		if (fd < 0 || write(fd, "\n", 1) != 1)
			continue;
		break;
	}
	if (i > last)
		fd = open("/dev/null", O_RDWR);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
}

static void mount_all(void)
{
	mkdir("/proc", 0555);
	mkdir("/sys", 0555);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
}

unsigned int do_work(int cpu)
{
	unsigned int sum = cpu + 1, i;

	for (i = 0; i < WORK_ROUNDS; i++)
		sum = sum * 1664525u + 1013904223u;
	return sum;
}

/*
 * sched_getcpu() may believe the vDSO, whose LSL instruction software emulation
 * gets wrong in a Xen PV domain; the system call asks the kernel.
 */
int current_cpu(void)
{
	unsigned int cpu;

	return syscall(SYS_getcpu, &cpu, NULL, NULL) ? -1 : (int)cpu;
}

static void report_cpus(void)
{
	int possible = sysconf(_SC_NPROCESSORS_CONF), cpu, worked = 0;

	for (cpu = 0; cpu < possible; cpu++)
		worked += cpu_works(cpu);
	report("cpus_online", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	report("cpus_possible", "%d", possible);
	report("cpus_worked", "%d", worked);
}

static unsigned long long system_ram(void)
{
	unsigned long long start, end, sum = 0;
	FILE *file = fopen("/proc/iomem", "r");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, ": System RAM") &&
		    sscanf(line, "%llx-%llx", &start, &end) == 2)
			sum += end - start + 1;
	if (file)
		fclose(file);
	return sum;
}

/* Where the kernel lies in physical memory: proves what a loader relocated. */
static unsigned long long kernel_start(void)
{
	FILE *file = fopen("/proc/iomem", "r");
	unsigned long long start = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, ": Kernel code"))
			start = strtoull(line, NULL, 16);
	if (file)
		fclose(file);
	return start;
}

static void report_memory(void)
{
	unsigned long long kib = 0, free_kib = 0;
	char text[512];

	read_text("/proc/meminfo", text, sizeof(text));
	sscanf(text, "MemTotal: %llu kB MemFree: %llu", &kib, &free_kib);
	report("mem_kib", "%llu", kib);
	report("mem_free_kib", "%llu", free_kib);
	report("ram_bytes", "%llu", system_ram());
	report("kernel_start", "0x%llx", kernel_start());
}

/* The hypervisor's CPUID signature; Xen's may lie behind another's. */
static void report_hypervisor(void)
{
	unsigned int leaf, eax, ebx, ecx, edx;
	char found[13] = "none", name[13] = "";

	__cpuid(1, eax, ebx, ecx, edx);
	for (leaf = 0x40000000; ecx >> 31 && leaf < 0x40010000; leaf += 0x100) {
		unsigned int id[3];

		__cpuid(leaf, eax, id[0], id[1], id[2]);
		memcpy(name, id, 12);
		if (leaf == 0x40000000 || !strcmp(name, "XenVMMXenVMM"))
			strcpy(found, name);
		ecx = 1u << 31;
	}
	report("hypervisor", "%s", found);
}

/* Where the kernel lies in virtual memory, and whether it was built with CONFIG_XEN, by the functions it has. */
static void report_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	const char *answer = "no";
	unsigned long text = 0;
	char line[512];

	if (!file)
		answer = "unknown";
	while (file && fgets(line, sizeof(line), file)) {
		if (strstr(line, " xen_arch_suspend\n"))
			answer = "yes";
		if (strstr(line, " T _text\n"))
			text = strtoul(line, NULL, 16);
	}
	if (file)
		fclose(file);
	report("xen_kernel", "%s", answer);
	report("text", "0x%lx", text);
}

/* With 5 levels of page tables a process that asks for it gets memory above its usual 47 bits. */
static void report_levels(void)
{
	char text[8192], *line;
	void *found = NULL;

	read_text("/proc/cpuinfo", text, sizeof(text));
	line = strstr(text, "flags");
	if (line)
		strtok(line, "\n");
#ifdef __x86_64__
	found = mmap((void *)(1ul << 48), 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(volatile int *)found = 1;
#endif
	report("la57", "%s", line && strstr(line, " la57") ? "yes" : "no");
	report("highest_map", "0x%lx", (unsigned long)found);
}

static long long elapsed_us(clockid_t clock, const struct timespec *since)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (now.tv_sec - since->tv_sec) * 1000000ll +
	       (now.tv_nsec - since->tv_nsec) / 1000;
}

static void report_clocks(void)
{
	static const struct timespec nap = { .tv_nsec = 200000000 };
	struct timespec mono, real;
	long long us;

	report_file("clocksource",
		    "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	nanosleep(&nap, NULL);
	us = elapsed_us(CLOCK_MONOTONIC, &mono);
	report("clock", "%lld", us * 1000 / (elapsed_us(CLOCK_REALTIME, &real) ?: 1));
	report("sleep_ms", "%lld", us / 1000);
}

static void report_kernel(void)
{
	struct utsname name;

	uname(&name);
	report("tsc", "%llu", (unsigned long long)tsc_high << 32 | tsc_low);
	report("release", "%s", name.release);
	report("version", "%s", name.version);
	report("bits", "%d", strcmp(name.machine, "x86_64") ? 32 : 64);
	report_file("cmdline", "/proc/cmdline");
	report_file("loader", "/proc/sys/kernel/bootloader_type");
	report_file("loader_version", "/proc/sys/kernel/bootloader_version");
	report_file("boot_protocol", "/sys/kernel/boot_params/version");
	report_file("initrd", "/initrd-marker");
}

static void report_machine(void)
{
	report_cpus();
	report_memory();
	report_hypervisor();
	report_symbols();
	report_levels();
	report_file("guest_type", "/sys/hypervisor/guest_type");
	report_file("host_bridge", "/sys/bus/pci/devices/0000:00:00.0/device");
	report("acpi", access("/sys/firmware/acpi/tables", F_OK) ? "no" : "yes");
	report_clocks();
}

static void run_checks(void)
{
	char value[128];

	if (cmdline_value("pvh.cpus", value, sizeof(value)))
		cpus_check();
	if (cmdline_value("pvh.clock", value, sizeof(value)))
		clock_check(atoi(value));
	if (cmdline_value("pvh.xenstore", value, sizeof(value)))
		xenstore_load(value);
	if (cmdline_value("pvh.cycle", value, sizeof(value)))
		cycle_check(atoi(value));
	if (cmdline_value("pvh.life", value, sizeof(value)))
		life();
	if (cmdline_value("kdump", value, sizeof(value)))
		vmcore_check();
	report_new_log();
	dprintf(STDOUT_FILENO, "pvh-report: end\n");
}

void panic_now(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY);

	if (fd < 0 || write(fd, "c", 1) != 1)
		report("panic_failed", "errno %d", errno);
}

/* Ends the guest as asked; a way that fails ends in a power-off. */
static void finish(void)
{
	char then[32];

	cmdline_value("pvh.then", then, sizeof(then));
	sync();
	if (!strcmp(then, "reboot"))
		reboot(RB_AUTOBOOT);
	if (!strcmp(then, "halt"))
		reboot(RB_HALT_SYSTEM);
	if (!strcmp(then, "crash"))
		panic_now();
	if (!strcmp(then, "shell"))
		execl("/bin/sh", "sh", NULL);
	if (!strncmp(then, "kexec", 5) || !strncmp(then, "kdump", 5))
		kexec_start(then);
	reboot(RB_POWER_OFF);
}

int main(void)
{
	mount_all();
	open_console();
	/* The kernel's messages may go to the same port, into the middle of a line. */
	klogctl(SYSLOG_CONSOLE_OFF, NULL, 0);
	report_kernel();
	report_machine();
	report_log();
	run_checks();
	/* What is still on its way would have the kernel's next message in it. */
	tcdrain(STDOUT_FILENO);
	klogctl(SYSLOG_CONSOLE_ON, NULL, 0);
	finish();
	for (;;)
		pause();
}
