// SPDX-License-Identifier: GPL-2.0
/* Reading struct hvm_start_info: nothing in it is believed unchecked. */

#include <linux/stddef.h>
#include <linux/types.h>

#include "pvh.h"

/* Loaders pass a handful of each; Xen keeps no more than that of a map. */
#define MAX_MEMMAP	1024
#define MAX_MODULES	1024

/* The bytes that a start_info of this version has, as far as they are known. */
static size_t __init start_info_size(u32 version)
{
	return version ? sizeof(struct hvm_start_info) :
			 offsetof(struct hvm_start_info, memmap_paddr);
}

/* Copy the first bytes of start_info, if they can be there. */
static struct pvh_status __init copy_start_info(struct pvh_boot *boot, size_t size)
{
	u64 paddr = boot->start_info_paddr;

	if (!pvh_within(paddr, size, PVH_REACH))
		return PVH_ERROR(PVH_START_INFO_OUT_OF_REACH, paddr);
	if (pvh_in_kernel(boot->env, paddr, size))
		return PVH_ERROR(PVH_START_INFO_IN_KERNEL, paddr);

	__builtin_memcpy(&boot->info, pvh_phys(boot->env, paddr), size);

	return PVH_SUCCESS;
}

static struct pvh_status __init check_memmap(const struct pvh_boot *boot)
{
	const struct hvm_start_info *info = &boot->info;
	u64 size = info->memmap_entries * sizeof(struct hvm_memmap_table_entry);

	if (!info->memmap_entries)
		return boot->env->map_from_xen ? PVH_SUCCESS :
		       PVH_ERROR(PVH_NO_MEMMAP, info->version);
	if (info->memmap_entries > MAX_MEMMAP)
		return PVH_ERROR(PVH_MEMMAP_TOO_LONG, info->memmap_entries);
	if (!pvh_within(info->memmap_paddr, size, PVH_REACH))
		return PVH_ERROR(PVH_MEMMAP_OUT_OF_REACH, info->memmap_paddr);
	if (pvh_in_kernel(boot->env, info->memmap_paddr, size))
		return PVH_ERROR(PVH_MEMMAP_IN_KERNEL, info->memmap_paddr);

	return PVH_SUCCESS;
}

static struct pvh_status __init read_modlist(struct pvh_boot *boot)
{
	const struct hvm_start_info *info = &boot->info;
	u64 size = info->nr_modules * sizeof(struct hvm_modlist_entry);

	if (!info->nr_modules)
		return PVH_SUCCESS;
	if (info->nr_modules > MAX_MODULES)
		return PVH_ERROR(PVH_TOO_MANY_MODULES, info->nr_modules);
	if (!pvh_within(info->modlist_paddr, size, PVH_REACH))
		return PVH_ERROR(PVH_MODLIST_OUT_OF_REACH, info->modlist_paddr);
	if (pvh_in_kernel(boot->env, info->modlist_paddr, size))
		return PVH_ERROR(PVH_MODLIST_IN_KERNEL, info->modlist_paddr);

	boot->initrd = *(const struct hvm_modlist_entry *)
			pvh_phys(boot->env, info->modlist_paddr);
	if (!boot->initrd.paddr)
		boot->initrd.size = 0;
	if (info->nr_modules > 1)
		pvh_warn(boot, PVH_MODULES_IGNORED, info->nr_modules - 1);

	return PVH_SUCCESS;
}

/**
 * pvh_read_start_info() - take over what the loader's start_info says
 * @boot:	@boot->start_info_paddr says where it is; @boot->info and
 *		@boot->initrd are filled in, all else has been set to zero
 *
 * Of a version after 1 is read what version 1 has.  An address of 0 says that
 * there is nothing.
 *
 * Return: an error if it is no start_info, or if the memory map or the module
 * list cannot be read.
 */
struct pvh_status __init pvh_read_start_info(struct pvh_boot *boot)
{
	struct hvm_start_info *info = &boot->info;
	struct pvh_status status;

	status = copy_start_info(boot, offsetofend(struct hvm_start_info, version));
	if (status.error)
		return status;
	if (info->magic != XEN_HVM_START_MAGIC_VALUE)
		return PVH_ERROR(PVH_BAD_MAGIC, info->magic);

	status = copy_start_info(boot, start_info_size(info->version));
	if (status.error)
		return status;
	if (!info->memmap_paddr)
		info->memmap_entries = 0;
	if (!info->modlist_paddr)
		info->nr_modules = 0;

	status = check_memmap(boot);
	if (status.error)
		return status;

	return read_modlist(boot);
}
