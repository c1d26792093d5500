/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the test guest's init share: the report that the tests on
 * the host read from the console, one "pvh-report: KEY=VALUE" a line.
 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

/* Prints one line of the report to the console, whole, in one write. */
void report(const char *key, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Copies the value of the first word "KEY=VALUE" of the kernel's command line
 * to value and returns 1; returns 0 (and an empty value) when there is none.
 */
int cmdline_value(const char *key, char *value, unsigned int size);

/*
 * Reads a small file, without its last newline, into text; returns the length,
 * or -1 (and an empty text) when it cannot be read.
 */
int read_text(const char *path, char *text, unsigned int size);

/* pvh.cpus=1: reports of each CPU apic_ids.CPU="INITIAL USED CPUID" and cpu.CPU: the figures of cpu_fault(), then what is
 * wrong, if anything is. */
void cpus_check(void);

/* Whether something that is pinned to the CPU runs there, and calculates right. */
int cpu_works(int cpu);

/* A calculation that depends on the CPU's number and takes about a millisecond. */
unsigned int do_work(int cpu);

/* The CPU that this process runs on, or -1. */
int current_cpu(void);

/* Moves this process to a CPU; 0 when it runs there. */
int run_on(int cpu);

/* pvh.clock=SECONDS: reports beat.0 and, so much later, beat.1, each "MONOTONIC REALTIME". */
void clock_check(int seconds);

/* pvh.life=1: obeys commands from the console; see life.h. */
void life(void);

/* pvh.xenstore=write or read: starts processes that keep xenstore busy with what does not fit into its ring. */
void xenstore_load(const char *what);

/* Panics; returns only when it failed, having reported why. */
void panic_now(void);

/* Loads the kernel of the initrd and starts it; HOW is kexec_load, kexec_file, kdump or kdump_load. Returns only when
 * it failed, having reported why. */
void kexec_start(const char *how);

/* How many kernels are still to be started, one after the other: pvh.kexecs=N. */
int kexecs_left(void);

/* In a crash kernel: reads all of /proc/vmcore; reports how many bytes of the first kernel's memory are in it, and
 * how many of the pages there that its init had marked. Reports nothing if it cannot be read. */
void vmcore_check(void);

/* Reports what the kernel's log says of its memory map, of CPUs and of faults. */
void report_log(void);

/* Reports what it says after that, or after the last call, line by line as "kernel". */
void report_new_log(void);

/* pvh.cycle=TIMES: takes CPUs away and brings them back, so often; reports as cycled how many times a CPU came back
 * whole, then what is wrong, if anything is. */
void cycle_check(int cycles);

#endif
