// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.life=1: starts load, then obeys commands from the console, one a line:
 * "NUMBER COMMAND [ARGUMENT]". The answer is answer.NUMBER="ok ..." or
 * "fail: WHY"; before it comes what the kernel has said meanwhile. The first
 * answer, number 0, says that commands are read; where other kernels follow by
 * kexec, its number is a thousand times how many do.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "life.h"
#include "report.h"

static struct load *load;
static int number;

static void answer(const char *why, const char *text)
{
	char key[32];

	report_new_log();
	snprintf(key, sizeof(key), "answer.%d", number);
	report(key, "%s%s", why ? "fail: " : "ok ", why ?: text);
}

static void offline(int cpu)
{
	answer(cpu_set_online(cpu, 0), "");
}

static void online(int cpu)
{
	answer(cpu_set_online(cpu, 1), "");
}

/* Which CPUs are online, and which are present. */
static void cpus(int unused)
{
	char online[256], present[256], text[520];

	(void)unused;
	read_text("/sys/devices/system/cpu/online", online, sizeof(online));
	read_text("/sys/devices/system/cpu/present", present, sizeof(present));
	snprintf(text, sizeof(text), "%s %s", online, present);
	answer(NULL, text);
}

static void cycle(int cycles)
{
	char text[32];
	int done;
	const char *why = cpu_cycle(cycles, &done);

	snprintf(text, sizeof(text), "%d", done);
	answer(why, text);
}

/* Every CPU that is online. The last one that is not whole is the answer. */
static void whole(int unused)
{
	char key[32], figures[64], text[WHY_SIZE] = "";
	const char *why;
	int cpu, count = 0, bad = 0;

	(void)unused;
	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (!cpu_online(cpu))
			continue;
		why = cpu_fault(cpu, figures, sizeof(figures));
		snprintf(key, sizeof(key), "whole.%d.%d", number, cpu);
		report(key, "%s%s%s", figures, why ? " " : "", why ?: "");
		if (why)
			snprintf(text, sizeof(text), "%d CPUs are not whole, CPU %d: %s", ++bad, cpu, why);
		else
			count++;
	}
	if (!bad)
		snprintf(text, sizeof(text), "%d", count);
	answer(bad ? text : NULL, text);
}

/* DISK SENT RECEIVED, then what each CPU has done. */
static void status(int unused)
{
	int cpus = sysconf(_SC_NPROCESSORS_CONF), cpu, length;
	char text[4096];

	(void)unused;
	length = snprintf(text, sizeof(text), "%u %u %u", load->disk, load->sent, load->received);
	for (cpu = 0; cpu < cpus && cpu < MAX_CPUS; cpu++)
		length += snprintf(text + length, sizeof(text) - length, " %u", load->work[cpu]);
	answer(load->faults ? load->why : NULL, text);
}

static void clocks(int unused)
{
	struct timespec mono, real;
	char text[64];

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	snprintf(text, sizeof(text), "%lld.%09ld %lld.%09ld", (long long)mono.tv_sec, mono.tv_nsec,
		 (long long)real.tv_sec, real.tv_nsec);
	answer(NULL, text);
}

/* MemTotal and MemFree, in KiB. */
static void meminfo(int unused)
{
	unsigned long long total = 0, unused_kib = 0;
	char text[512];

	(void)unused;
	read_text("/proc/meminfo", text, sizeof(text));
	sscanf(text, "MemTotal: %llu kB MemFree: %llu", &total, &unused_kib);
	snprintf(text, sizeof(text), "%llu %llu", total, unused_kib);
	answer(NULL, text);
}

static void memory(int mib)
{
	answer(memory_fault(mib), "");
}

/* How long the load's CPUs rest, in microseconds. Without a rest they may answer others by their next tick only. */
static void rest(int us)
{
	__atomic_store_n(&load->rest_us, us, __ATOMIC_SEQ_CST);
	answer(NULL, "");
}

static void stop(int unused)
{
	(void)unused;
	answer(load_stop(load), "");
}

static const struct command {
	const char *name;
	void (*run)(int argument);
} commands[] = {
	{ "offline", offline }, { "online", online }, { "cpus", cpus }, { "cycle", cycle }, { "whole", whole },
	{ "status", status }, { "clock", clocks }, { "meminfo", meminfo }, { "memory", memory }, { "rest", rest },
	{ "stop", stop },
};

static void obey(const char *name, int argument)
{
	unsigned int i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name)) {
			commands[i].run(argument);
			return;
		}
	answer("no such command", "");
}

/* Who asks reads the log of the console, where an echo would only disturb. */
static void listen_to_console(void)
{
	struct termios mode;

	if (!tcgetattr(STDIN_FILENO, &mode)) {
		mode.c_lflag = (mode.c_lflag & ~ECHO) | ICANON;
		tcsetattr(STDIN_FILENO, TCSANOW, &mode);
	}
}

void life(void)
{
	char line[128], name[32];
	int argument;

	/* Nobody waits for the children. */
	signal(SIGCHLD, SIG_IGN);
	listen_to_console();
	if (!fork())
		cpu_watch();
	number = 1000 * kexecs_left();
	load = load_start();
	answer(load ? NULL : "no memory", "");
	while (load) {
		clearerr(stdin);
		if (!fgets(line, sizeof(line), stdin))
			continue;
		argument = 0;
		if (sscanf(line, "%d %31s %d", &number, name, &argument) < 2)
			continue;
		if (!strcmp(name, "end"))
			break;
		obey(name, argument);
	}
	answer(NULL, "");
}
