/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel's linux/limits.h. */
#ifndef UNIT_LINUX_LIMITS_H
#define UNIT_LINUX_LIMITS_H

#include_next <linux/limits.h>

#define U8_MAX	0xff
#define U32_MAX	0xffffffffU
#define U64_MAX	0xffffffffffffffffULL

#endif
