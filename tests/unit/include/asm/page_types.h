/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: sizes of pages, as on 64 bit and with PAE. */
#ifndef UNIT_ASM_PAGE_TYPES_H
#define UNIT_ASM_PAGE_TYPES_H

#define PAGE_SIZE	4096UL
#define PMD_SIZE	(1UL << 21)

#define ISA_START_ADDRESS	0x000a0000
#define ISA_END_ADDRESS		0x00100000

#endif
