/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of a guest share that lives until it is told to end: load,
 * hotplug, checks of CPUs and memory, under the command of life.c.
 *
 * A check returns NULL, or what is wrong.
 */
#ifndef GUEST_LIFE_H
#define GUEST_LIFE_H

#define MAX_CPUS	256
#define WHY_SIZE	160

/* What the load has done so far; its processes share it. */
struct load {
	int stop, running, faults, rest_us;
	unsigned int work[MAX_CPUS];
	unsigned int disk, sent, received;
	char why[WHY_SIZE];
};

/* pvh.life.disk=DEV, pvh.life.net=OWN,PEER,PORT and all CPUs: starts what there is; NULL if there is no memory. */
struct load *load_start(void);

/* Ends it; what is wrong is the first thing that ever was. */
const char *load_stop(struct load *load);

/* Notes a fault of the load, the first of which is kept, and ends the process. */
void load_fail(struct load *load, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Runs as a process of the load, until it is stopped: writes and reads a disk. */
void load_disk(struct load *load, const char *dev);

/* The connection, made to the peer, or by it if PEER is "-"; -1 if there is none. */
int load_connect(const char *spec);

/* The same with a connection, in both directions, which takes another process. */
void load_send(struct load *load, int fd);
void load_receive(struct load *load, int fd);

/* Whether the CPU calculates, answers, sleeps no longer than it should, and counts its interrupts.
 * figures is "PINGS IPIS LATE_US TIMER_INTERRUPTS". */
const char *cpu_fault(int cpu, char *figures, unsigned int size);

/* Whether a CPU is online now. */
int cpu_online(int cpu);

/* Takes a CPU away or brings it back. */
const char *cpu_set_online(int cpu, int online);

/* Takes CPUs away and brings them back, so often, and checks them. done is how many came back whole. */
const char *cpu_cycle(int cycles, int *done);

/* Runs as a process: brings CPUs up that are plugged in, as udev does. */
void cpu_watch(void);

/* Writes to every page of so much memory and reads that again. */
const char *memory_fault(int mib);

#endif
