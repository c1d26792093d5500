// SPDX-License-Identifier: GPL-2.0
/* Where the loader's world ends: finds out where it runs, and calls the core. */

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/linkage.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/cpuid/api.h>
#include <asm/xen/cpuid.h>

#include "pvh.h"

/*
 * A kernel that runs out of memory before it has a console dies without a word.
 * None gets that far with less RAM than this, besides itself and its initrd.
 */
#define MIN_FREE_RAM	SZ_4M

/* Survives the native entry's clearing of .bss. */
static struct boot_params pvh_boot_params __initdata;

/* xen_cpuid_base() may be a call into the kernel, with CONFIG_PARAVIRT_XXL. */
static bool __init on_xen(void)
{
	u32 base, eax, ebx, ecx, edx;

	for_each_possible_cpuid_base_hypervisor(base) {
		eax = base;
		ecx = 0;
		native_cpuid(&eax, &ebx, &ecx, &edx);
		if (ebx == XEN_CPUID_SIGNATURE_EBX &&
		    ecx == XEN_CPUID_SIGNATURE_ECX &&
		    edx == XEN_CPUID_SIGNATURE_EDX && eax - base >= 2)
			return true;

		/* Behind the last hypervisor, as in cpuid_base_hypervisor(). */
		if (eax < base || eax >= CPUID_HYPERVISOR_END)
			break;
	}

	return false;
}

/* The first physical address that the kernel cannot use, or its CPU does not have. */
static u64 __init cpu_reach(void)
{
	u32 eax = 0x80000000, ebx, ecx = 0, edx;

	if (!IS_ENABLED(CONFIG_X86_64) && !IS_ENABLED(CONFIG_X86_PAE))
		return SZ_4G;

	native_cpuid(&eax, &ebx, &ecx, &edx);
	if (eax < 0x80000008)
		return SZ_64G;

	eax = 0x80000008;
	ecx = 0;
	native_cpuid(&eax, &ebx, &ecx, &edx);
	return BIT_ULL(clamp(eax & 0xff, 36, 52));
}

/**
 * pvh_main() - make boot_params of start_info
 * @start_info_paddr: what the loader left in %ebx
 *
 * Memory is mapped one to one, up to 4 GiB: see entry.S.  boot_params holds
 * addresses and sizes in two halves.  startup_32 knows the lower one of the
 * command line's only, so a 32-bit kernel gets nothing from above 4 GiB;
 * startup_64 maps what 4-level paging can map.
 *
 * Return: the boot_params to enter the kernel with.  What cannot be handed
 * over, ends in pvh_fail().
 */
asmlinkage __visible struct boot_params * __init
pvh_main(unsigned long start_info_paddr)
{
	u64 reach = cpu_reach();
	bool xen = on_xen();
	const struct pvh_env env = {
		.kernel_start		= (unsigned long)kernel_start,
		.kernel_end		= (unsigned long)kernel_end,
		.native_reach		= IS_ENABLED(CONFIG_X86_64) ? min(reach, SZ_64T) : SZ_4G,
		.cpu_reach		= reach,
		.min_ram		= kernel_end - kernel_start + MIN_FREE_RAM,
		.xen			= xen,
		.map_from_xen		= xen && IS_ENABLED(CONFIG_XEN_PVH),
	};
	struct pvh_boot boot = {
		.env			= &env,
		.bp			= &pvh_boot_params,
		.start_info_paddr	= start_info_paddr,
	};
	struct pvh_status status;
	unsigned int i;

	status = pvh_set_boot_params(&boot);
	if (status.error)
		pvh_fail(status, xen);

	for (i = 0; i < PVH_NR_WARNINGS; i++) {
		char line[PVH_LINE_SIZE];

		if (boot.warned & BIT(i))
			pvh_print(line, pvh_format_warning(line, i, boot.warning_value[i]));
	}

	return &pvh_boot_params;
}
