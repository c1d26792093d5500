/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU can be asked: whether it answers other CPUs, and how often it was
 * interrupted.
 */
#ifndef GUEST_CPUS_H
#define GUEST_CPUS_H

/* Sends a byte to a process on the CPU and back, so often; returns how often it came back in time, or -1.
 * interrupts is how often the CPU was interrupted by another one meanwhile. */
int ping(int cpu, int rounds, long *interrupts);

/* The sum of a CPU's numbers in those lines of /proc/interrupts that have one of two words. */
long interrupts_of(int cpu, const char *one, const char *other);

#endif
