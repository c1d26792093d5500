/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel's linux/minmax.h. */
#ifndef UNIT_LINUX_MINMAX_H
#define UNIT_LINUX_MINMAX_H

#define min(a, b)	((a) < (b) ? (a) : (b))

#endif
