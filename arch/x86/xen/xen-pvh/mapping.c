// SPDX-License-Identifier: GPL-2.0
/*
 * KASLR and 5-level paging for kernels that start at the PVH entry. Otherwise,
 * the decompressor or the EFI stub sets them up.
 *
 * 64-bit only. This runs at its physical address, see boot_params.c.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <asm/archrandom.h>
#include <asm/boot.h>
#include <asm/cpufeatures.h>
#include <asm/cpuid/api.h>
#include <asm/page_types.h>
#include <asm/relocs.h>
#include <asm/setup.h>
#include <asm/tsc.h>

#include "pvh.h"

/* As in arch/x86/lib/cmdline.c, control characters separate words, too. */
static bool __init pvh_is_space(u8 c)
{
	return c <= ' ';
}

static bool __init pvh_has_word(const char *line, u64 size, const char *word)
{
	const char *end = line + size, *next = word;

	for (; line < end && *line; line++) {
		if (pvh_is_space(*line)) {
			if (next && !*next)
				return true;
			next = word;
		} else if (next) {
			next = *line == *next ? next + 1 : NULL;
		}
	}

	return next && !*next;
}

/*
 * Check CONFIG_CMDLINE and the command line, as the EFI stub does. Only the first
 * 4 GiB are mapped.
 */
static bool __init pvh_has_option(const struct boot_params *bp, const char *option)
{
	u64 paddr = bp->hdr.cmd_line_ptr | (u64)bp->ext_cmd_line_ptr << 32;

#ifdef CONFIG_CMDLINE_BOOL
	if (pvh_has_word(CONFIG_CMDLINE, sizeof(CONFIG_CMDLINE), option))
		return true;
#endif
	if (IS_ENABLED(CONFIG_CMDLINE_OVERRIDE) || !paddr || paddr >= SZ_4G)
		return false;

	return pvh_has_word(pvh_va(paddr), min(COMMAND_LINE_SIZE, SZ_4G - paddr), option);
}

#ifdef CONFIG_RANDOMIZE_BASE
/*
 * kaslr_get_random_long() cannot be used: the CPU feature flags that it checks
 * are not set up yet. It would fall back to the i8254, and poll it forever if
 * there is none.
 */
static u64 __init pvh_random(const struct boot_params *bp)
{
	const u64 *words = (const u64 *)bp;
	unsigned long raw, random = 0;
	int i;

	for (i = 0; i < sizeof(*bp) / sizeof(*words); i++)
		random = ror64(random, 7) ^ words[i];

	if ((native_cpuid_ecx(1) & BIT(X86_FEATURE_RDRAND & 31)) && rdrand_long(&raw))
		random ^= raw;

	return random ^ rdtsc();
}

/*
 * Return a random multiple of CONFIG_PHYSICAL_ALIGN by which to move the kernel
 * up. It has to end less than KERNEL_IMAGE_SIZE above __START_KERNEL_map: for
 * __startup_64(), _end must be in the range that level2_kernel_pgt maps.
 */
static u64 __init pvh_kaslr_offset(u64 random, u64 image_size)
{
	u64 slots = DIV_ROUND_UP(KERNEL_IMAGE_SIZE - LOAD_PHYSICAL_ADDR - image_size,
				 CONFIG_PHYSICAL_ALIGN);
	/* Circular multiply, as in kaslr_get_random_long() */
	u128 product = (u128)random * 0x5d6008cbf3848dd3;

	random = (u64)product + (u64)(product >> 64);

	return random % slots * CONFIG_PHYSICAL_ALIGN;
}

/**
 * pvh_kaslr() - relocate the kernel to a random virtual address
 * @bp: boot_params, otherwise complete
 * @text: load address of _text
 * @end: load address of _end
 * @relocs_end: end of the table of relocations
 *
 * Sets KASLR_FLAG, so that the kernel also randomizes its memory regions. Does
 * nothing with "nokaslr". The stub has no absolute addresses, so it can relocate
 * the image that it is part of.
 */
asmlinkage void __init pvh_kaslr(struct boot_params *bp, void *text, void *end,
				 const u16 *relocs_end)
{
	/* The table is empty if the build has not filled it in. */
	if (!relocs_end[-1] || pvh_has_option(bp, "nokaslr"))
		return;

	bp->hdr.loadflags |= KASLR_FLAG;
	apply_relocs(relocs_end, text, pvh_kaslr_offset(pvh_random(bp), end - text));
}
#endif

/**
 * pvh_use_la57() - whether to start the kernel with 5-level paging
 * @bp: boot_params, otherwise complete
 *
 * Return: true if the CPU supports it and it is not disabled.
 */
asmlinkage bool __init pvh_use_la57(const struct boot_params *bp)
{
	return native_cpuid_eax(0) >= 7 &&
	       (native_cpuid_ecx(7) & BIT(X86_FEATURE_LA57 & 31)) &&
	       !pvh_has_option(bp, "no5lvl");
}
