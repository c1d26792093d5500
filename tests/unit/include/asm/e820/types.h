/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: types of memory. */
#ifndef UNIT_ASM_E820_TYPES_H
#define UNIT_ASM_E820_TYPES_H

#include <asm/page_types.h>

#define E820_TYPE_RAM		1
#define E820_TYPE_RESERVED	2

#endif
