/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the kernel's names of fixed-width types, on top of the system's own. */
#ifndef UNIT_LINUX_TYPES_H
#define UNIT_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#endif
