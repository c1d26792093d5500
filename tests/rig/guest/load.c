// SPDX-License-Identifier: GPL-2.0
/*
 * Load for a guest that is saved, restored and changed under it: every CPU
 * calculates, the disk is written and read, a connection is used. Everything is
 * verified, and rests between its rounds, since emulated CPUs are slow.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "life.h"
#include "report.h"

/* The rest between two rounds, for each CPU there is: the total load does not depend on their number. */
#define REST_US		60000
#define STOP_TENTHS	1200

void load_fail(struct load *load, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!__atomic_fetch_add(&load->faults, 1, __ATOMIC_SEQ_CST))
		vsnprintf(load->why, sizeof(load->why), format, args);
	va_end(args);
	__atomic_fetch_sub(&load->running, 1, __ATOMIC_SEQ_CST);
	_exit(1);
}

/* Its CPU may be away: then it is not its turn. */
static void calculate(struct load *load, int cpu, int cpus)
{
	unsigned int expected = do_work(cpu), sum;
	int before, rest;

	while (!__atomic_load_n(&load->stop, __ATOMIC_SEQ_CST)) {
		rest = __atomic_load_n(&load->rest_us, __ATOMIC_SEQ_CST);
		if (rest)
			usleep(rest * cpus);
		if (run_on(cpu)) {
			usleep(REST_US);
			continue;
		}
		before = current_cpu();
		sum = do_work(cpu);
		if (sum != expected)
			load_fail(load, "CPU %d calculated %#x, not %#x", cpu, sum, expected);
		load->work[cpu] += before == cpu && current_cpu() == cpu;
	}
}

/* What ends a process of the load well. */
static void done(struct load *load)
{
	__atomic_fetch_sub(&load->running, 1, __ATOMIC_SEQ_CST);
	_exit(0);
}

static int begin(struct load *load)
{
	__atomic_fetch_add(&load->running, 1, __ATOMIC_SEQ_CST);
	return !fork();
}

static void start_cpus(struct load *load)
{
	int cpus = sysconf(_SC_NPROCESSORS_CONF), cpu;

	for (cpu = 0; cpu < cpus && cpu < MAX_CPUS; cpu++)
		if (begin(load)) {
			calculate(load, cpu, cpus);
			done(load);
		}
}

static void start_connection(struct load *load, const char *spec)
{
	int fd = load_connect(spec);

	if (fd < 0) {
		snprintf(load->why, sizeof(load->why), "no connection: %s: %s", spec, strerror(errno));
		load->faults++;
		return;
	}
	if (begin(load)) {
		load_send(load, fd);
		done(load);
	}
	if (begin(load)) {
		load_receive(load, fd);
		done(load);
	}
	close(fd);
}

struct load *load_start(void)
{
	struct load *load = mmap(NULL, sizeof(*load), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char value[64];

	if (load == MAP_FAILED)
		return NULL;
	if (cmdline_value("pvh.life.net", value, sizeof(value)))
		start_connection(load, value);
	if (cmdline_value("pvh.life.disk", value, sizeof(value)) && begin(load)) {
		load_disk(load, value);
		done(load);
	}
	load->rest_us = REST_US;
	start_cpus(load);
	return load;
}

const char *load_stop(struct load *load)
{
	int tenths;

	__atomic_store_n(&load->stop, 1, __ATOMIC_SEQ_CST);
	for (tenths = 0; __atomic_load_n(&load->running, __ATOMIC_SEQ_CST); tenths++) {
		if (tenths == STOP_TENTHS)
			return "a process of the load does not end";
		usleep(100000);
	}
	return load->faults ? load->why : NULL;
}
