/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: CPUID as on Xen, behind another hypervisor's leaves, or as anywhere else. */
#ifndef UNIT_ASM_CPUID_API_H
#define UNIT_ASM_CPUID_API_H

#include <linux/types.h>

#define for_each_possible_cpuid_base_hypervisor(function) \
	for (function = 0x40000000; function < 0x40010000; function += 0x100)

/* Set by the test. */
extern bool unit_on_xen;

#define native_cpuid_reg(reg, word)				\
static inline u32 native_cpuid_##reg(u32 leaf)			\
{								\
	return unit_on_xen && leaf == 0x40000100 ? word : 0;	\
}
native_cpuid_reg(ebx, 0x566e6558)
native_cpuid_reg(ecx, 0x65584d4d)
native_cpuid_reg(edx, 0x4d4d566e)

#endif
