/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: see asm/cpuid/api.h. */
#ifndef UNIT_ASM_XEN_HYPERVISOR_H
#define UNIT_ASM_XEN_HYPERVISOR_H

#include <asm/cpuid/api.h>

static inline u32 xen_cpuid_base(void)
{
	return unit_on_xen ? 0x40000100 : 0;
}

#endif
