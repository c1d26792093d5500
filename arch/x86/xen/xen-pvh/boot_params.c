// SPDX-License-Identifier: GPL-2.0
/*
 * Translate the start info of the x86/HVM direct boot ABI to boot_params, see
 * Documentation/arch/x86/pvh.rst.
 *
 * This runs at its physical address, without exception handlers and before .bss
 * is cleared. 32-bit code is not position independent: use no static data here.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/wordpart.h>

#include <asm/boot.h>
#include <asm/cpuid/api.h>
#include <asm/e820/types.h>
#include <asm/page_types.h>
#include <asm/setup_data.h>
#include <asm/xen/cpuid.h>

#include "pvh.h"

/* The kernel from _text to _end, including .bss and .brk */
struct pvh_image {
	unsigned long start, end;
};

static bool __init pvh_overlaps(const struct pvh_image *image, u64 paddr, u64 size)
{
	return size && paddr < image->end &&
	       (paddr >= image->start || size > image->start - paddr);
}

/* Only the first 4 GiB are mapped. The ABI does not promise this limit. */
static bool __init pvh_readable(const struct pvh_image *image, u64 paddr, u64 size)
{
	return paddr < SZ_4G && size <= SZ_4G - paddr &&
	       !pvh_overlaps(image, paddr, size);
}

/* xen_cpuid_base() may call into the kernel, with CONFIG_PARAVIRT_XXL. */
static bool __init pvh_on_xen(void)
{
	u32 base;

	for_each_possible_cpuid_base_hypervisor(base) {
		if (native_cpuid_ebx(base) == XEN_CPUID_SIGNATURE_EBX &&
		    native_cpuid_ecx(base) == XEN_CPUID_SIGNATURE_ECX &&
		    native_cpuid_edx(base) == XEN_CPUID_SIGNATURE_EDX)
			return true;
	}

	return false;
}

/*
 * Entries that do not fit in boot_params become a SETUP_E820_EXT node in place
 * of the loader's table. The node's entries are smaller than the table's, and
 * 127 entries have gone to boot_params before the node is started, so writing
 * never overtakes reading.
 */
static void __init pvh_set_memmap(struct boot_params *bp, u64 paddr, u32 entries)
{
	const struct hvm_memmap_table_entry *map = pvh_va(paddr);
	struct boot_e820_entry *to = bp->e820_table;
	struct setup_data *ext = pvh_va(paddr);
	u32 i;

	/* Loaders may describe all low memory as RAM. */
	to->addr = ISA_START_ADDRESS;
	to->size = ISA_END_ADDRESS - ISA_START_ADDRESS;
	to->type = E820_TYPE_RESERVED;

	for (i = 0; i < entries; i++, map++) {
		if (++to == bp->e820_table + ARRAY_SIZE(bp->e820_table))
			to = (struct boot_e820_entry *)ext->data;
		to->addr = map->addr;
		to->size = map->size;
		to->type = map->type;
	}

	bp->e820_entries = min(entries + 1, ARRAY_SIZE(bp->e820_table));
	if (entries < ARRAY_SIZE(bp->e820_table))
		return;

	ext->next = 0;
	ext->type = SETUP_E820_EXT;
	ext->len = (u8 *)(to + 1) - ext->data;
	bp->hdr.setup_data = paddr;
}

/**
 * pvh_fill_boot_params() - translate hvm_start_info to boot_params
 * @bp: zeroed boot_params to fill in
 * @start_info: physical address of the start info
 * @kernel: physical address of _text
 * @kernel_end: physical address of _end
 *
 * Return: 0 on success, or one of the errors in pvh.h.
 */
asmlinkage int __init pvh_fill_boot_params(struct boot_params *bp,
					   unsigned long start_info,
					   unsigned long kernel,
					   unsigned long kernel_end)
{
	const struct pvh_image image = { kernel, kernel_end };
	const struct hvm_start_info *info = pvh_va(start_info);
	u32 entries;

	if (!pvh_readable(&image, start_info, sizeof(*info)))
		return PVH_BAD_START_INFO;
	if (info->magic != XEN_HVM_START_MAGIC_VALUE)
		return PVH_BAD_MAGIC;

	/* startup_64 hangs otherwise; 32-bit kernels run where they are linked. */
	if ((IS_ENABLED(CONFIG_X86_64) && !IS_ALIGNED(kernel, PMD_SIZE)) ||
	    (IS_ENABLED(CONFIG_X86_32) && kernel != LOAD_PHYSICAL_ADDR))
		return PVH_BAD_LOAD_ADDR;

	/* Without a memory map the kernel asks Xen. */
	entries = info->version ? info->memmap_entries : 0;
	if (!entries && !(IS_ENABLED(CONFIG_XEN_PVH) && pvh_on_xen()))
		return PVH_NO_MEMMAP;

	/* The length is not known. startup_32 ignores the upper half. */
	if (pvh_overlaps(&image, info->cmdline_paddr, 1) ||
	    (IS_ENABLED(CONFIG_X86_32) && upper_32_bits(info->cmdline_paddr)))
		return PVH_BAD_CMDLINE;
	bp->hdr.cmd_line_ptr = lower_32_bits(info->cmdline_paddr);
	bp->ext_cmd_line_ptr = upper_32_bits(info->cmdline_paddr);

	/* The first module is the initrd. */
	if (info->nr_modules) {
		const struct hvm_modlist_entry *initrd = pvh_va(info->modlist_paddr);

		if (!pvh_readable(&image, info->modlist_paddr, sizeof(*initrd)))
			return PVH_BAD_MODLIST;
		if (pvh_overlaps(&image, initrd->paddr, initrd->size))
			return PVH_BAD_INITRD;

		bp->hdr.ramdisk_image = lower_32_bits(initrd->paddr);
		bp->ext_ramdisk_image = upper_32_bits(initrd->paddr);
		bp->hdr.ramdisk_size = lower_32_bits(initrd->size);
		bp->ext_ramdisk_size = upper_32_bits(initrd->size);
	}

	bp->acpi_rsdp_addr = info->rsdp_paddr;

	/*
	 * Boot protocol 2.12, and QEMU's boot loader ID, see
	 * Documentation/arch/x86/boot.rst. Xen's ID is set later.
	 */
	bp->hdr.version = (2 << 8) | 12;
	bp->hdr.type_of_loader = 0xb << 4;

	/* Last, since it may write to the loader's table. */
	if (entries) {
		u64 size = (u64)entries * sizeof(struct hvm_memmap_table_entry);

		/*
		 * early_memremap() maps at most NR_FIX_BTMAPS pages, 256 KiB;
		 * the node is smaller than the table. At address 0 the kernel
		 * would not find it.
		 */
		if (size > SZ_256K || !pvh_readable(&image, info->memmap_paddr, size) ||
		    (!info->memmap_paddr && entries >= ARRAY_SIZE(bp->e820_table)))
			return PVH_BAD_MEMMAP;
		pvh_set_memmap(bp, info->memmap_paddr, entries);
	}

	return 0;
}
