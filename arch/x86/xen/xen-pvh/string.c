// SPDX-License-Identifier: GPL-2.0
/* What compilers call without being asked to. */

#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/types.h>
#include <linux/string.h>

#undef memcpy
#undef memset

__visible void * __init memcpy(void *dst, const void *src, size_t n)
{
	void *d = dst;

	asm volatile("rep movsb" : "+D" (d), "+S" (src), "+c" (n) : : "memory");
	return dst;
}

__visible void * __init memset(void *dst, int c, size_t n)
{
	void *d = dst;

	asm volatile("rep stosb" : "+D" (d), "+c" (n) : "a" (c) : "memory");
	return dst;
}
