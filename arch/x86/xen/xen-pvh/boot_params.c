// SPDX-License-Identifier: GPL-2.0
/* Writing struct boot_params, as Documentation/arch/x86/boot.rst has it. */

#include <linux/array_size.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/wordpart.h>

#include <asm/bootparam.h>
#include <asm/e820/types.h>
#include <asm/pvh.h>
#include <asm/setup.h>

#include <xen/interface/hvm/start_info.h>

#include "pvh.h"

#define BOOT_FLAG		0xaa55
#define HEADER_MAGIC		0x53726448
#define PROTOCOL_VERSION	0x020f

/*
 * boot_params holds addresses and sizes in two halves.  The 32-bit entry knows
 * the lower ones only, the 64-bit one maps what 4-level paging can map.
 */
#define NATIVE_REACH		(IS_ENABLED(CONFIG_X86_64) ? SZ_64T : SZ_4G)

static bool __init native_entry_reaches(u64 paddr, u64 size)
{
	return paddr < NATIVE_REACH && size <= NATIVE_REACH - paddr;
}

/**
 * pvh_init_boot_params() - set what does not point to the loader's data
 * @bp:		all of it is overwritten
 * @info:	start_info, checked
 * @xen:	the hypervisor is Xen
 *
 * The hardware subarchitecture stays that of a PC: what else there is to know
 * of a PVH guest, the kernel asks the hypervisor.
 */
void __init pvh_init_boot_params(struct boot_params *bp,
				 const struct hvm_start_info *info, bool xen)
{
	__builtin_memset(bp, 0, sizeof(*bp));

	bp->hdr.boot_flag = BOOT_FLAG;
	bp->hdr.header = HEADER_MAGIC;
	bp->hdr.version = PROTOCOL_VERSION;
	bp->hdr.type_of_loader = (xen ? X86_LOADER_XEN : X86_LOADER_QEMU) << 4;
	bp->hdr.loadflags = LOADED_HIGH;
	bp->acpi_rsdp_addr = info->rsdp_paddr;
}

static void __init add_e820(struct boot_params *bp, u64 addr, u64 size, u32 type)
{
	struct boot_e820_entry *e = &bp->e820_table[bp->e820_entries++];

	e->addr = addr;
	e->size = size;
	e->type = type;
}

/**
 * pvh_set_memmap() - hand the memory map over
 * @bp:		its e820_table is empty yet
 * @map:	the loader's map
 * @entries:	entries of @map; none leaves the table empty, for Xen to fill
 *
 * The types are those of E820.  The kernel sorts the map, settles overlaps and
 * drops empty entries, but gives up on a map in which one wraps around: such an
 * entry ends with the address space here.  Loaders may describe all low memory
 * as RAM, so the ISA area is reserved where there is room for another entry.
 *
 * Return: PVH_MEMMAP_TOO_LONG if boot_params cannot hold it.
 */
struct pvh_status __init pvh_set_memmap(struct boot_params *bp,
					const struct hvm_memmap_table_entry *map,
					u32 entries)
{
	u32 i;

	if (!entries)
		return PVH_SUCCESS;
	if (entries > ARRAY_SIZE(bp->e820_table))
		return PVH_ERROR(PVH_MEMMAP_TOO_LONG, entries);

	for (i = 0; i < entries; i++)
		add_e820(bp, map[i].addr, min(map[i].size, U64_MAX - map[i].addr),
			 map[i].type);

	if (bp->e820_entries < ARRAY_SIZE(bp->e820_table))
		add_e820(bp, ISA_START_ADDRESS,
			 ISA_END_ADDRESS - ISA_START_ADDRESS,
			 E820_TYPE_RESERVED);

	return PVH_SUCCESS;
}

/**
 * pvh_set_initrd() - hand the initrd over
 * @bp:		boot_params
 * @module:	first entry of the module list, which always is the initrd
 *
 * Return: PVH_INITRD_OUT_OF_REACH if the native entry cannot reach it.
 */
struct pvh_status __init pvh_set_initrd(struct boot_params *bp,
					const struct hvm_modlist_entry *module)
{
	if (!native_entry_reaches(module->paddr, module->size))
		return PVH_ERROR(PVH_INITRD_OUT_OF_REACH, module->paddr);

	bp->hdr.ramdisk_image = lower_32_bits(module->paddr);
	bp->hdr.ramdisk_size = lower_32_bits(module->size);
	bp->ext_ramdisk_image = upper_32_bits(module->paddr);
	bp->ext_ramdisk_size = upper_32_bits(module->size);

	return PVH_SUCCESS;
}

/**
 * pvh_set_cmdline() - hand the command line over
 * @bp:		boot_params
 * @paddr:	physical address of the command line, 0 for none
 *
 * Return: PVH_CMDLINE_OUT_OF_REACH if the native entry cannot reach it.
 */
struct pvh_status __init pvh_set_cmdline(struct boot_params *bp, u64 paddr)
{
	if (!native_entry_reaches(paddr, COMMAND_LINE_SIZE))
		return PVH_ERROR(PVH_CMDLINE_OUT_OF_REACH, paddr);

	bp->hdr.cmd_line_ptr = lower_32_bits(paddr);
	bp->ext_cmd_line_ptr = upper_32_bits(paddr);

	return PVH_SUCCESS;
}
