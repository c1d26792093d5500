// SPDX-License-Identifier: GPL-2.0
/* The end of a boot that cannot go on: one line that says why, then no more. */

#include <linux/compiler.h>
#include <linux/serial_reg.h>

#include <asm/cpuid/api.h>
#include <asm/shared/io.h>

#include <xen/interface/sched.h>
#include <xen/interface/xen.h>

#include "pvh.h"

#define COM1_PATIENCE	100000
#define SCRATCH_ONE	0x5a
#define SCRATCH_TWO	0xa5

/*
 * A scratch register that keeps what is written to it makes a UART: an absent
 * one reads as all ones.
 */
static bool __init com1_present(void)
{
	outb(SCRATCH_ONE, COM1_PORT + UART_SCR);
	if (inb(COM1_PORT + UART_SCR) != SCRATCH_ONE)
		return false;
	outb(SCRATCH_TWO, COM1_PORT + UART_SCR);
	return inb(COM1_PORT + UART_SCR) == SCRATCH_TWO;
}

static void __init com1_put(char c)
{
	int i;

	for (i = 0; i < COM1_PATIENCE; i++)
		if (inb(COM1_PORT + UART_LSR) & UART_LSR_THRE)
			break;
	outb(c, COM1_PORT + UART_TX);
}

static void __init put(char c, bool com1)
{
	outb(c, DEBUG_PORT);
	if (com1)
		com1_put(c);
}

/**
 * pvh_print() - print a line to where someone may see it
 * @line:	ends with '\n'
 * @length:	number of characters
 *
 * That is port 0xe9, the debug console of QEMU and, in a debug build or with
 * guest_loglvl=all, of Xen; and COM1 where there is one.
 */
void __init pvh_print(const char *line, unsigned int length)
{
	bool com1 = com1_present();
	unsigned int i;

	for (i = 0; i < length; i++) {
		if (line[i] == '\n')
			put('\r', com1);
		put(line[i], com1);
	}
}

/* AMD's instruction for hypercalls is not Intel's, and Hygon's CPUs are AMD's. */
static bool __init has_vmmcall(void)
{
	u32 eax = 0, ebx, ecx = 0, edx;

	native_cpuid(&eax, &ebx, &ecx, &edx);
	return ecx == VENDOR_AMD_ECX || ecx == VENDOR_HYGON_ECX;
}

/* Xen may change the registers that hold what it is given. */
static void __init xen_crash(void)
{
	struct sched_shutdown shutdown = { .reason = SHUTDOWN_crash };
	unsigned long op = __HYPERVISOR_sched_op;
	unsigned long cmd = SCHEDOP_shutdown;
	void *arg = &shutdown;

#ifdef CONFIG_X86_64
#define REGISTERS	: "+a" (op), "+D" (cmd), "+S" (arg) : : "memory"
#else
#define REGISTERS	: "+a" (op), "+b" (cmd), "+c" (arg) : : "memory"
#endif
	if (has_vmmcall())
		asm volatile("vmmcall" REGISTERS);
	else
		asm volatile("vmcall" REGISTERS);
#undef REGISTERS
}

/**
 * pvh_fail() - say what was wrong and stop
 * @status:	an error and the value that caused it
 * @xen:	the hypervisor is Xen, which is told that the domain has crashed
 */
void __noreturn __init pvh_fail(struct pvh_status status, bool xen)
{
	char line[PVH_LINE_SIZE];

	pvh_print(line, pvh_format_error(line, status));
	if (xen)
		xen_crash();

	for (;;)
		asm volatile("cli; hlt");
}
