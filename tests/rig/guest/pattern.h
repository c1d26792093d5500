/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of the load's blocks, on disk and connection: a xorshift
 * generator, which tests/rig/xen/xenhost.py has too, written a second time.
 */
#ifndef GUEST_PATTERN_H
#define GUEST_PATTERN_H

#include <stdint.h>
#include <string.h>

/* Fills size bytes and moves the state on; a state starts as a non-zero seed. */
static inline void pattern_fill(uint32_t *state, unsigned char *bytes, unsigned int size)
{
	uint32_t x = *state;
	unsigned int i;

	for (i = 0; i < size; i += 4) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		memcpy(bytes + i, &x, 4);
	}
	*state = x;
}

#endif
