/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: where x86 kernels are linked by default. */
#ifndef UNIT_ASM_BOOT_H
#define UNIT_ASM_BOOT_H

#define LOAD_PHYSICAL_ADDR	0x1000000

#endif
