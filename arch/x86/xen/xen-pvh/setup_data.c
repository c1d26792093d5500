// SPDX-License-Identifier: GPL-2.0
/* Nodes of setup_data, and finding room for them in what the loader left free. */

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/e820/types.h>
#include <asm/page_types.h>
#include <asm/setup.h>

#include "pvh.h"

/*
 * What stands in the way of something new in a range, if anything: the address
 * after it.  Modules are freed by the page.
 */
static u64 __init obstacle(const struct pvh_boot *boot, u64 start, u64 end)
{
	const struct hvm_memmap_table_entry *map = pvh_memmap(boot);
	const struct hvm_start_info *info = &boot->info;
	const struct hvm_modlist_entry *modules;
	const struct { u64 start, size; } taken[] = {
		{ boot->env->kernel_start, boot->env->kernel_end - boot->env->kernel_start },
		{ boot->placed_start, boot->placed_end - boot->placed_start },
		{ boot->start_info_paddr, sizeof(*info) },
		{ info->memmap_paddr, info->memmap_entries * sizeof(*map) },
		{ info->modlist_paddr, info->nr_modules * sizeof(*modules) },
		{ info->cmdline_paddr, COMMAND_LINE_SIZE },
		{ info->rsdp_paddr, PAGE_SIZE },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(taken); i++)
		if (pvh_overlap(start, end, taken[i].start,
				pvh_end(taken[i].start, taken[i].size)))
			return pvh_end(taken[i].start, taken[i].size);

	modules = pvh_phys(boot->env, info->modlist_paddr);
	for (i = 0; i < info->nr_modules; i++)
		if (modules[i].paddr &&
		    pvh_overlap(start, end, modules[i].paddr,
				pvh_end(modules[i].paddr, modules[i].size)))
			return pvh_end(modules[i].paddr, modules[i].size);

	for (i = 0; i < info->memmap_entries; i++)
		if (map[i].type != E820_TYPE_RAM &&
		    pvh_overlap(start, end, map[i].addr,
				pvh_end(map[i].addr, map[i].size)))
			return pvh_end(map[i].addr, map[i].size);

	return 0;
}

/*
 * Find whole pages of RAM that nothing handed over overlaps, below 4 GiB, where
 * the stub can write, and above the first MiB, where firmware may have left
 * things that it did not mention.
 */
static u64 __init find_ram(const struct pvh_boot *boot, u64 size)
{
	const struct hvm_memmap_table_entry *map = pvh_memmap(boot);
	u32 i;

	for (i = 0; i < boot->info.memmap_entries; i++) {
		u64 end = min(pvh_end(map[i].addr, map[i].size), PVH_REACH);
		u64 start = max(map[i].addr, SZ_1M);

		while (map[i].type == E820_TYPE_RAM) {
			u64 next;

			/* What is in the way may end with the address space. */
			start = ALIGN(min(start, PVH_REACH), PAGE_SIZE);
			if (!pvh_within(start, size, end))
				break;
			next = obstacle(boot, start, start + size);
			if (!next)
				return start;
			start = next;
		}
	}

	return 0;
}

/**
 * pvh_new_node() - add a node to the list of setup_data
 * @boot:	its @info has been read, and nothing of what that points to will
 *		be overwritten
 * @type:	of the node
 * @len:	bytes of data
 *
 * Return: the node, with data still to be written, or NULL without room for it.
 */
struct setup_data * __init pvh_new_node(struct pvh_boot *boot, u32 type, u32 len)
{
	struct setup_data *node;
	u64 size, paddr;

	size = ALIGN(sizeof(*node) + len, PAGE_SIZE);
	paddr = find_ram(boot, size);
	if (!paddr)
		return NULL;

	node = pvh_phys(boot->env, paddr);
	node->next = boot->bp->hdr.setup_data;
	node->type = type;
	node->len = len;

	boot->bp->hdr.setup_data = paddr;
	boot->placed_start = paddr;
	boot->placed_end = paddr + size;

	return node;
}
