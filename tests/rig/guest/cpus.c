// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.cpus=1: reports of every CPU which APIC ID the kernel and CPUID give it,
 * and whether it is whole; what a CPU answers to others, and its interrupts.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cpus.h"
#include "life.h"
#include "report.h"

#define LIMIT_MS	10000

int run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* A number of this CPU in /proc/cpuinfo, or -1. */
static int cpuinfo_number(int cpu, const char *key)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	int current = -1, found = -1;
	char line[4096], *value;

	while (file && found < 0 && fgets(line, sizeof(line), file)) {
		value = strchr(line, ':');
		if (!value)
			continue;
		if (!strncmp(line, "processor\t", 10))
			current = atoi(value + 1);
		else if (current == cpu && !strncmp(line, key, strlen(key)))
			found = atoi(value + 1);
	}
	if (file)
		fclose(file);
	return found;
}

/* What the kernel took the CPU's APIC ID for, what it uses, and what CPUID says there. */
static void report_apic_id(int cpu)
{
	unsigned int eax, ebx = ~0u, ecx, edx;
	char key[32];

	if (!run_on(cpu))
		__cpuid(1, eax, ebx, ecx, edx);
	snprintf(key, sizeof(key), "apic_ids.%d", cpu);
	report(key, "%d %d %u", cpuinfo_number(cpu, "initial apicid"),
	       cpuinfo_number(cpu, "apicid"), ebx >> 24);
}

/* The place of a CPU's numbers in /proc/interrupts, which has columns for CPUs that are online, or -1. */
static int column_of(int cpu, char *header)
{
	char *word;
	int column;

	for (column = 0; (word = strsep(&header, " \n")); )
		if (!strncmp(word, "CPU", 3) && atoi(word + 3) == cpu)
			return column;
		else
			column += *word != '\0';
	return -1;
}

long interrupts_of(int cpu, const char *one, const char *other)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096], *rest;
	long sum = 0, count;
	int column = -1, i;

	if (file && fgets(line, sizeof(line), file))
		column = column_of(cpu, line);
	while (column >= 0 && fgets(line, sizeof(line), file)) {
		rest = strchr(line, ':');
		if (!rest || (!strstr(line, one) && !strstr(line, other)))
			continue;
		for (i = 0, rest++, count = 0; i <= column; i++)
			count = strtol(rest, &rest, 10);
		sum += count;
	}
	if (file)
		fclose(file);
	return sum;
}

/* How often a CPU was interrupted by another one, to run a function or to look for work. */
static long ipis(int cpu)
{
	return interrupts_of(cpu, "CAL:", "RES:");
}

/* Sends back what comes in until nothing comes in any more. */
static void echo(int cpu, int in, int out)
{
	char byte;

	if (run_on(cpu))
		_exit(1);
	while (read(in, &byte, 1) == 1 && write(out, &byte, 1) == 1)
		;
	_exit(0);
}

/* How many of the bytes came back in time. */
static int exchange(int rounds, int out, int in)
{
	struct pollfd wait = { .fd = in, .events = POLLIN };
	char byte = 0;
	int i;

	for (i = 0; i < rounds; i++)
		if (write(out, &byte, 1) != 1 || poll(&wait, 1, LIMIT_MS) != 1 ||
		    read(in, &byte, 1) != 1)
			break;
	return i;
}

int ping(int cpu, int rounds, long *interrupts)
{
	int there[2], back[2], done;
	long before = ipis(cpu);

	if (pipe(there))
		return -1;
	if (pipe(back)) {
		close(there[0]);
		close(there[1]);
		return -1;
	}
	if (!fork()) {
		close(there[1]);
		echo(cpu, there[0], back[1]);
	}
	close(there[0]);
	done = exchange(rounds, there[1], back[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	*interrupts = ipis(cpu) - before;
	return done;
}

void cpus_check(void)
{
	int cpus = sysconf(_SC_NPROCESSORS_CONF), cpu;
	char key[32], figures[64];
	const char *why;

	for (cpu = 0; cpu < cpus; cpu++) {
		report_apic_id(cpu);
		why = cpu_fault(cpu, figures, sizeof(figures));
		snprintf(key, sizeof(key), "cpu.%d", cpu);
		report(key, "%s%s%s", figures, why ? " " : "", why ?: "");
	}
}
