/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In place of the kernel's headers that programs of the host cannot include: what the stub and its suite use of them,
 * and CPUID as on Xen, behind another hypervisor's leaves, or as anywhere else. On Xen the processor has all features,
 * elsewhere none.
 */
#ifndef UNIT_HOST_H
#define UNIT_HOST_H

/* Headers that stay empty. */
#define _LINUX_MINMAX_H
#define _ASM_X86_CPUID_API_H
#define _ASM_X86_PAGE_DEFS_H
#define _ASM_X86_XEN_HYPERVISOR_H
#define ASM_X86_ARCHRANDOM_H
#define _ASM_X86_TSC_H
#define _ASM_X86_SETUP_H

/* min() and memchr_inv(), as the kernel's tools have them. */
#include <linux/kernel.h>
#include <../lib/ctype.c>
#include <../lib/string.c>

#define asmlinkage
#define U32_MAX			((u32)~0U)
#define U64_MAX			((u64)~0ULL)

/* As with 64 bits and with PAE, and by default. */
#define PMD_SIZE		(1UL << 21)
#define LOAD_PHYSICAL_ADDR	0x1000000
#define KERNEL_IMAGE_SIZE	(1UL << 30)
#define CONFIG_PHYSICAL_ALIGN	0x200000
#define COMMAND_LINE_SIZE	2048

#define XEN_LEAVES		0x40000100

/* Set by the test. */
static bool unit_on_xen;

static inline u32 xen_cpuid_base(void)
{
	return unit_on_xen ? XEN_LEAVES : 0;
}

#define for_each_possible_cpuid_base_hypervisor(function) \
	for (function = 0x40000000; function < 0x40010000; function += 0x100)

#define native_cpuid_reg(reg, word)				\
static inline u32 native_cpuid_##reg(u32 leaf)			\
{								\
	if (leaf < XEN_LEAVES)					\
		return unit_on_xen ? ~0U : 0;			\
	return unit_on_xen && leaf == XEN_LEAVES ? word : 0;	\
}
native_cpuid_reg(eax, 0)
native_cpuid_reg(ebx, 0x566e6558)
native_cpuid_reg(ecx, 0x65584d4d)
native_cpuid_reg(edx, 0x4d4d566e)

#ifdef CONFIG_X86_64
typedef unsigned __int128 u128;

static inline u64 ror64(u64 word, unsigned int shift)
{
	return word >> shift | word << (64 - shift);
}

static inline bool rdrand_long(unsigned long *value)
{
	*value = 0x123456789abcdef;
	return true;
}

static inline u64 rdtsc(void)
{
	return __builtin_ia32_rdtsc();
}
#endif

#endif
