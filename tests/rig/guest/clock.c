// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.clock=SECONDS: prints a line, waits so long by the kernel's timers, and
 * prints another one; who reads them can compare the guest's clocks with his.
 */
#include <stdio.h>
#include <time.h>
#include "report.h"

static void beat(int number)
{
	struct timespec mono, real;
	char key[32];

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	snprintf(key, sizeof(key), "beat.%d", number);
	report(key, "%lld.%09ld %lld.%09ld", (long long)mono.tv_sec, mono.tv_nsec,
	       (long long)real.tv_sec, real.tv_nsec);
}

void clock_check(int seconds)
{
	struct timespec nap = { .tv_sec = seconds };

	beat(0);
	nanosleep(&nap, NULL);
	beat(1);
}
