/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the kernel's names of fixed-width types, on top of the system's own. */
#ifndef UNIT_LINUX_TYPES_H
#define UNIT_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

#endif
