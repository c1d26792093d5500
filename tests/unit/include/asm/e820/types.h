/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the type of E820 entries that the core makes. */
#ifndef UNIT_ASM_E820_TYPES_H
#define UNIT_ASM_E820_TYPES_H

#define E820_TYPE_RESERVED	2

#endif
