/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: what the core needs to reserve the ISA area. */
#ifndef UNIT_ASM_E820_TYPES_H
#define UNIT_ASM_E820_TYPES_H

#define E820_TYPE_RESERVED	2
#define ISA_START_ADDRESS	0x000a0000
#define ISA_END_ADDRESS		0x00100000

#endif
