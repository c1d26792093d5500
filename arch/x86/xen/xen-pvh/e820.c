// SPDX-License-Identifier: GPL-2.0
/* Handing the memory map over. */

#include <linux/array_size.h>
#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/e820/types.h>
#include <asm/page_types.h>
#include <asm/setup.h>

#include "pvh.h"

/* Where the next entry goes: to boot_params, or else to a node. */
static struct boot_e820_entry * __init new_entry(struct pvh_boot *boot)
{
	struct boot_params *bp = boot->bp;
	struct boot_e820_entry *ext;

	boot->entries++;
	if (bp->e820_entries < ARRAY_SIZE(bp->e820_table))
		return &bp->e820_table[bp->e820_entries++];

	ext = (struct boot_e820_entry *)(boot->ext->data + boot->ext->len);
	boot->ext->len += sizeof(*ext);
	return ext;
}

static void __init add_entry(struct pvh_boot *boot, u64 addr, u64 size, u32 type)
{
	struct boot_e820_entry *last = boot->last;

	if (!size)
		return;
	if (last && last->type == type && last->addr + last->size == addr &&
	    pvh_mergeable(type)) {
		last->size += size;
		return;
	}

	last = new_entry(boot);
	last->addr = addr;
	last->size = size;
	last->type = type;
	boot->last = last;
}

/* A node for what may not fit into boot_params, the ISA area included. */
static struct setup_data * __init new_e820_node(struct pvh_boot *boot, u32 len)
{
	struct setup_data *node = pvh_new_node(boot, SETUP_E820_EXT, len);

	if (node)
		node->len = 0;
	return node;
}

/* Two ranges are left for the kernel to cut off page 0 and what else it reserves. */
#define MAX_RANGES	(E820_MAX_ENTRIES - 2)

/*
 * The kernel drops what its table has no room for, be it all the RAM there is:
 * it could not say so any more.  It settles the overlaps of what boot_params
 * holds, appends the others, and settles the overlaps of all.  Each entry makes
 * two ranges at most.
 */
static struct pvh_status __init check_complexity(const struct pvh_boot *boot)
{
	u32 first = boot->bp->e820_entries, count = boot->entries;

	if (count > MAX_RANGES / 2 && count <= MAX_RANGES) {
		count = pvh_count_ranges(boot, first) + boot->entries - first;
		if (boot->ext)
			count = max(count, pvh_count_ranges(boot, boot->entries));
	}

	return count > MAX_RANGES ? PVH_ERROR(PVH_MEMMAP_TOO_COMPLEX, count) :
				    PVH_SUCCESS;
}

/**
 * pvh_set_memmap() - hand the memory map over
 * @boot:	its @info has been read; without a map in there the table stays
 *		empty, for the kernel to ask Xen
 *
 * The types are those of E820, the order stays.  Empty entries are left out,
 * neighbours of one type are merged.  The kernel sorts the map and settles
 * overlaps, but gives up on a map in which an entry wraps around: here, such an
 * entry ends with the address space.  What boot_params cannot hold goes into a
 * SETUP_E820_EXT node.  Loaders may describe all low memory as RAM, so the ISA
 * area is reserved.
 *
 * Return: PVH_NO_ROOM if there is no free RAM for the node,
 * PVH_MEMMAP_TOO_COMPLEX if the kernel would have to drop a part of the map.
 */
struct pvh_status __init pvh_set_memmap(struct pvh_boot *boot)
{
	const struct hvm_memmap_table_entry *map = pvh_memmap(boot);
	u32 i, entries = boot->info.memmap_entries;

	if (!entries)
		return PVH_SUCCESS;

	if (entries >= ARRAY_SIZE(boot->bp->e820_table)) {
		u32 len = (entries + 1 - ARRAY_SIZE(boot->bp->e820_table)) *
			  sizeof(struct boot_e820_entry);

		boot->ext = new_e820_node(boot, len);
		if (!boot->ext)
			return PVH_ERROR(PVH_NO_ROOM, len);
	}

	for (i = 0; i < entries; i++) {
		u64 addr = map[i].addr, end = pvh_end(addr, map[i].size);

		if (end - addr != map[i].size)
			pvh_warn(boot, PVH_MEMMAP_WRAPS, addr);
		add_entry(boot, addr, end - addr, map[i].type);
	}
	add_entry(boot, ISA_START_ADDRESS,
		  ISA_END_ADDRESS - ISA_START_ADDRESS, E820_TYPE_RESERVED);

	return check_complexity(boot);
}
