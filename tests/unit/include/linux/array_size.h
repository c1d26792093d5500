/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel's linux/array_size.h. */
#ifndef UNIT_LINUX_ARRAY_SIZE_H
#define UNIT_LINUX_ARRAY_SIZE_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif
