/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel's linux/align.h. */
#ifndef UNIT_LINUX_ALIGN_H
#define UNIT_LINUX_ALIGN_H

#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)

#endif
