/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel's linux/limits.h. */
#ifndef UNIT_LINUX_LIMITS_H
#define UNIT_LINUX_LIMITS_H

#include_next <linux/limits.h>
#include <stdint.h>

#define U64_MAX	UINT64_MAX

#endif
