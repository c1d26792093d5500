/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the types of memory, how much of it the kernel can hold, and the ISA area. */
#ifndef UNIT_ASM_E820_TYPES_H
#define UNIT_ASM_E820_TYPES_H

#include <asm/bootparam.h>

#define E820_TYPE_RAM		1
#define E820_TYPE_RESERVED	2
#define E820_TYPE_ACPI		3
#define E820_TYPE_NVS		4
#define E820_TYPE_UNUSABLE	5
#define E820_TYPE_PMEM		7
#define E820_TYPE_PRAM		12
#define E820_TYPE_SOFT_RESERVED	0xefffffff

/* MAX_NUMNODES is a matter of configuration, and the Makefile's. */
#define E820_MAX_ENTRIES	(128 + 3 * MAX_NUMNODES)

#define ISA_START_ADDRESS	0x000a0000
#define ISA_END_ADDRESS		0x00100000

#endif
