// SPDX-License-Identifier: GPL-2.0
/* The end of a boot that cannot go on: one line that says why, then a halt. */

#include <linux/array_size.h>
#include <linux/compiler.h>
#include <linux/serial_reg.h>

#include <asm/shared/io.h>

#include "pvh.h"

/* The debug console of QEMU and, in a debug build or with guest_loglvl=all, Xen. */
#define DEBUG_PORT	0xe9

#define COM1_PORT	0x3f8
#define COM1_PATIENCE	100000
#define SCRATCH_ONE	0x5a
#define SCRATCH_TWO	0xa5

/* Arrays, not pointers: a pointer would depend on the link address. */
static const char texts[PVH_NR_ERRORS][48] __initconst = {
	[PVH_BAD_MAGIC]			= "start_info: bad magic",
	[PVH_NO_MEMMAP]			= "start_info: no memory map, in version",
	[PVH_MEMMAP_TOO_LONG]		= "start_info: memmap_entries too large",
	[PVH_MEMMAP_OUT_OF_REACH]	= "start_info: memmap_paddr out of reach",
	[PVH_MODLIST_OUT_OF_REACH]	= "start_info: modlist_paddr out of reach",
	[PVH_INITRD_OUT_OF_REACH]	= "module 0: initrd out of reach",
	[PVH_CMDLINE_OUT_OF_REACH]	= "start_info: cmdline_paddr out of reach",
};

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

static void __init put_string(const char *s, bool com1)
{
	for (; *s; s++) {
		outb(*s, DEBUG_PORT);
		if (com1)
			com1_put(*s);
	}
}

/* Two digits do for all errors. */
static void __init put_error(enum pvh_error error, bool com1)
{
	char digits[] = { '0' + error / 10, '0' + error % 10, '\0' };

	put_string(digits, com1);
}

static void __init put_hex(u64 value, bool com1)
{
	char digits[sizeof("0123456789abcdef")];
	int i = ARRAY_SIZE(digits) - 1;

	digits[i] = '\0';
	do {
		u8 nibble = value & 0xf;

		digits[--i] = nibble + (nibble < 10 ? '0' : 'a' - 10);
		value >>= 4;
	} while (value);

	put_string("0x", com1);
	put_string(&digits[i], com1);
}

/**
 * pvh_fail() - say what was wrong and stop
 * @status: an error and the value that caused it
 *
 * Prints to where someone may see it: port 0xe9, and COM1 where there is one.
 */
void __noreturn __init pvh_fail(struct pvh_status status)
{
	bool com1 = com1_present();

	put_string("xen-pvh: error ", com1);
	put_error(status.error, com1);
	put_string(": ", com1);
	put_string(texts[status.error], com1);
	put_string(" (", com1);
	put_hex(status.value, com1);
	put_string(")\r\n", com1);

	for (;;)
		asm volatile("cli; hlt");
}
