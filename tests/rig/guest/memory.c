// SPDX-License-Identifier: GPL-2.0
/*
 * Whether memory is there and keeps what is written to it.
 */
#include <stddef.h>
#include <sys/mman.h>
#include "life.h"

#define WORD_STEP	(4096 / sizeof(unsigned long))

const char *memory_fault(int mib)
{
	unsigned long words = ((unsigned long)mib << 20) / sizeof(long), i;
	const char *why = NULL;
	volatile unsigned long *memory;

	memory = mmap(NULL, words * sizeof(long), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return "not so much memory";
	for (i = 0; i < words; i += WORD_STEP)
		memory[i] = ~i;
	for (i = 0; i < words && !why; i += WORD_STEP)
		if (memory[i] != ~i)
			why = "a page has lost what was written to it";
	munmap((void *)memory, words * sizeof(long));
	return why;
}
