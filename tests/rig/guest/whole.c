// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a CPU is whole: it runs what is pinned to it and calculates right,
 * answers other CPUs, its timer ends a sleep in time, and its interrupts count.
 */
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "cpus.h"
#include "life.h"
#include "report.h"

#define ROUNDS		10
#define NAPS		3
#define NAP_US		20000
/* A timer that does not work is late for ever, or until something else happens, which takes a second. */
#define LATE_US		500000
#define LIMIT_MS	20000

struct answer {
	int cpu;
	unsigned int sum;
	long late_us, timer_interrupts;
};

/* The worst delay of some naps; below 0 is too early. */
static long naps(void)
{
	static const struct timespec nap = { .tv_nsec = NAP_US * 1000 };
	struct timespec begin, end;
	long us, worst = 0;
	int i;

	for (i = 0; i < NAPS && worst >= 0; i++) {
		clock_gettime(CLOCK_MONOTONIC, &begin);
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &end);
		us = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000 - NAP_US;
		if (us < 0 || us > worst)
			worst = us;
	}
	return worst;
}

static long timer_interrupts(int cpu)
{
	return interrupts_of(cpu, " timer", "LOC:");
}

/* Runs in a process of its own, on the CPU. Without sleeps, timers are not tested. */
static void answer_from(int cpu, int pipe, int sleeps)
{
	struct answer answer;
	long before = timer_interrupts(cpu);

	if (run_on(cpu))
		_exit(1);
	answer.sum = do_work(cpu);
	answer.late_us = sleeps ? naps() : 0;
	answer.timer_interrupts = timer_interrupts(cpu) - before;
	answer.cpu = current_cpu();
	_exit(write(pipe, &answer, sizeof(answer)) != sizeof(answer));
}

/* Whether there was an answer. */
static int ask(int cpu, int sleeps, struct answer *answer)
{
	struct pollfd wait = { .events = POLLIN };
	int pipes[2], got = 0;

	if (pipe(pipes))
		return 0;
	if (!fork())
		answer_from(cpu, pipes[1], sleeps);
	close(pipes[1]);
	wait.fd = pipes[0];
	if (poll(&wait, 1, LIMIT_MS) == 1)
		got = read(pipes[0], answer, sizeof(*answer)) == sizeof(*answer);
	close(pipes[0]);
	return got;
}

int cpu_works(int cpu)
{
	struct answer answer;

	return ask(cpu, 0, &answer) && answer.cpu == cpu && answer.sum == do_work(cpu);
}

/* What is sent to the first CPU comes from another one, so all are asked in the same way. */
static int ping_from_elsewhere(int cpu, long *ipis)
{
	int other;

	for (other = 0; other < MAX_CPUS; other++)
		if (other != cpu && cpu_online(other) && !run_on(other))
			return ping(cpu, ROUNDS, ipis);
	/* There is no other CPU. */
	*ipis = ROUNDS;
	return ROUNDS;
}

const char *cpu_fault(int cpu, char *figures, unsigned int size)
{
	struct answer answer;
	long ipis = 0;
	int pings;

	snprintf(figures, size, "no answer");
	if (!ask(cpu, 1, &answer))
		return "nothing runs on it";
	pings = ping_from_elsewhere(cpu, &ipis);
	snprintf(figures, size, "%d %ld %ld %ld", pings, ipis, answer.late_us, answer.timer_interrupts);
	if (answer.cpu != cpu)
		return "what is pinned to it runs elsewhere";
	if (answer.sum != do_work(cpu))
		return "calculates wrong";
	if (answer.late_us < 0 || answer.late_us > LATE_US)
		return "a sleep is too short or too long";
	if (answer.timer_interrupts < NAPS)
		return "its timer's interrupts do not count";
	if (pings != ROUNDS)
		return "does not answer";
	/* A CPU that has not gone to sleep yet needs no interrupt. */
	if (ipis < ROUNDS / 2)
		return "answers without interrupts";
	return NULL;
}
