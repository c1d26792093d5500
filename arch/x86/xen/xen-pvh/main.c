// SPDX-License-Identifier: GPL-2.0
/* The steps from the loader's world to the native entry's. */

#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/linkage.h>
#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/cpuid/api.h>
#include <asm/xen/cpuid.h>

#include <xen/interface/hvm/start_info.h>

#include "pvh.h"

/* Survives the native entry's clearing of .bss. */
static struct boot_params pvh_boot_params __initdata;

/* Memory is mapped one to one, up to 4 GiB: see entry.S. */
static const void * __init phys(u64 paddr)
{
	return (const void *)(unsigned long)paddr;
}

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
	}

	return false;
}

static void __init check(struct pvh_status status)
{
	if (status.error)
		pvh_fail(status);
}

/**
 * pvh_main() - make boot_params of start_info
 * @start_info_paddr: what the loader left in %ebx
 *
 * Return: the boot_params to enter the kernel with.  What cannot be handed
 * over, ends in pvh_fail().
 */
asmlinkage __visible struct boot_params * __init
pvh_main(unsigned long start_info_paddr)
{
	struct hvm_start_info info;
	bool xen = on_xen();

	check(pvh_copy_start_info(&info, phys(start_info_paddr)));
	check(pvh_check_start_info(&info, xen && IS_ENABLED(CONFIG_XEN_PVH)));

	pvh_init_boot_params(&pvh_boot_params, &info, xen);
	check(pvh_set_memmap(&pvh_boot_params, phys(info.memmap_paddr),
			     info.memmap_entries));
	if (info.nr_modules)
		check(pvh_set_initrd(&pvh_boot_params, phys(info.modlist_paddr)));
	check(pvh_set_cmdline(&pvh_boot_params, info.cmdline_paddr));

	return &pvh_boot_params;
}
