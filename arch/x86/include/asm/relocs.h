/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_RELOCS_H
#define _ASM_X86_RELOCS_H

#include <linux/types.h>

/*
 * The table of relocations of a 64-bit kernel consists of two lists, for 32-bit
 * and for 64-bit values. A list has the distances in bytes from each location to
 * the next one, starting at _text. RELOC_SKIP advances by RELOC_SKIP - 1 bytes
 * without relocating, and 0 ends the list. The table is read backwards, from its
 * end. It is written by arch/x86/tools/relocs.c.
 */
#define RELOC_SKIP	0xffff

static __always_inline const u16 *
apply_reloc_list(const u16 *step, void *pos, unsigned long delta, size_t size)
{
	while (*--step) {
		if (*step == RELOC_SKIP) {
			pos += RELOC_SKIP - 1;
			continue;
		}

		pos += *step;
		if (size == sizeof(u32))
			*(u32 *)pos += delta;
		else
			*(u64 *)pos += delta;
	}

	return step;
}

/**
 * apply_relocs() - relocate a 64-bit kernel to another virtual address
 * @end: end of the table of relocations
 * @text: where _text is loaded
 * @delta: distance from the virtual address that the kernel was linked at
 */
static __always_inline void apply_relocs(const u16 *end, void *text,
					 unsigned long delta)
{
	end = apply_reloc_list(end, text, delta, sizeof(u32));
	apply_reloc_list(end, text, delta, sizeof(u64));
}

#endif /* _ASM_X86_RELOCS_H */
