/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In place of the kernel's headers that programs of the host cannot include: what the stub and its suite use of them,
 * and CPUID as on Xen, behind another hypervisor's leaves, or as anywhere else.
 */
#ifndef UNIT_HOST_H
#define UNIT_HOST_H

/* Headers that stay empty. */
#define _LINUX_MINMAX_H
#define _ASM_X86_CPUID_API_H
#define _ASM_X86_PAGE_DEFS_H
#define _ASM_X86_XEN_HYPERVISOR_H

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
	return unit_on_xen && leaf == XEN_LEAVES ? word : 0;	\
}
native_cpuid_reg(ebx, 0x566e6558)
native_cpuid_reg(ecx, 0x65584d4d)
native_cpuid_reg(edx, 0x4d4d566e)

#endif
