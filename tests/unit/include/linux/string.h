/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the system's string.h, and what only the kernel has. */
#ifndef UNIT_LINUX_STRING_H
#define UNIT_LINUX_STRING_H

#include <string.h>

static inline const void *memchr_inv(const void *start, int c, size_t bytes)
{
	const unsigned char *p = start;

	for (; bytes; bytes--, p++)
		if (*p != (unsigned char)c)
			return p;
	return NULL;
}

#endif
