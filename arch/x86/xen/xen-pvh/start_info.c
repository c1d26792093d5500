// SPDX-License-Identifier: GPL-2.0
/* Reading struct hvm_start_info: nothing in it is believed unchecked. */

#include <linux/sizes.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <xen/interface/hvm/start_info.h>

#include "pvh.h"

/* The stub reads what the loader left below this address, no more. */
#define PVH_REACH	SZ_4G

static bool __init within_reach(u64 paddr, u32 count, size_t size)
{
	return paddr < PVH_REACH && (u64)count * size <= PVH_REACH - paddr;
}

/* The bytes that a start_info of this version has, as far as they are known. */
static size_t __init start_info_size(u32 version)
{
	return version ? sizeof(struct hvm_start_info) :
			 offsetof(struct hvm_start_info, memmap_paddr);
}

/**
 * pvh_copy_start_info() - take the loader's start_info over
 * @info:	filled in; fields that the version handed over lacks are zero
 * @src:	where the loader put it: the first eight bytes are there, the
 *		rest as the version says
 *
 * All versions after 1 are read as far as version 1 goes.
 *
 * Return: PVH_BAD_MAGIC if this is no start_info.
 */
struct pvh_status __init pvh_copy_start_info(struct hvm_start_info *info,
					     const void *src)
{
	__builtin_memset(info, 0, sizeof(*info));
	__builtin_memcpy(info, src, offsetofend(struct hvm_start_info, version));

	if (info->magic != XEN_HVM_START_MAGIC_VALUE)
		return PVH_ERROR(PVH_BAD_MAGIC, info->magic);

	__builtin_memcpy(info, src, start_info_size(info->version));

	return PVH_SUCCESS;
}

/**
 * pvh_check_start_info() - check that everything it points to can be read
 * @info:	start_info, as pvh_copy_start_info() left it
 * @map_from_xen: the kernel can ask Xen for a memory map
 *
 * Return: PVH_NO_MEMMAP, PVH_MEMMAP_OUT_OF_REACH, PVH_MODLIST_OUT_OF_REACH
 */
struct pvh_status __init pvh_check_start_info(const struct hvm_start_info *info,
					      bool map_from_xen)
{
	if (!info->memmap_entries && !map_from_xen)
		return PVH_ERROR(PVH_NO_MEMMAP, info->version);

	if (info->memmap_entries &&
	    !within_reach(info->memmap_paddr, info->memmap_entries,
			  sizeof(struct hvm_memmap_table_entry)))
		return PVH_ERROR(PVH_MEMMAP_OUT_OF_REACH, info->memmap_paddr);

	/* Of the list only the first entry is read, the initrd. */
	if (info->nr_modules &&
	    !within_reach(info->modlist_paddr, 1,
			  sizeof(struct hvm_modlist_entry)))
		return PVH_ERROR(PVH_MODLIST_OUT_OF_REACH, info->modlist_paddr);

	return PVH_SUCCESS;
}
