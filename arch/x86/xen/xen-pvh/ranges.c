// SPDX-License-Identifier: GPL-2.0
/* How many ranges the kernel makes of the memory map that it is handed. */

#include <linux/array_size.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/e820/types.h>

#include "pvh.h"

/**
 * pvh_mergeable() - may two neighbours of this type become one?
 * @type:	of E820
 *
 * Return: false for those that may have been cut in pieces for a reason. The
 * kernel leaves them alone, too.
 */
bool __init pvh_mergeable(u32 type)
{
	return type != E820_TYPE_PRAM && type != E820_TYPE_SOFT_RESERVED;
}

static const struct boot_e820_entry * __init
get_entry(const struct pvh_boot *boot, u32 i)
{
	const u32 max = ARRAY_SIZE(boot->bp->e820_table);

	if (i < max)
		return &boot->bp->e820_table[i];

	return (const struct boot_e820_entry *)boot->ext->data + i - max;
}

/*
 * The type of an address and of what follows up to *@next, where an entry begins
 * or ends: of several entries the kernel takes the largest type, of none 0.
 */
static u32 __init type_at(const struct pvh_boot *boot, u32 entries, u64 addr,
			  u64 *next)
{
	u32 i, type = 0;

	*next = U64_MAX;
	for (i = 0; i < entries; i++) {
		const struct boot_e820_entry *e = get_entry(boot, i);
		u64 end = e->addr + e->size;

		if (addr < e->addr) {
			*next = min(*next, e->addr);
		} else if (addr < end) {
			*next = min(*next, end);
			type = max(type, e->type);
		}
	}

	return type;
}

/**
 * pvh_count_ranges() - how many ranges does the kernel make of the map?
 * @boot:	its map has been handed over
 * @entries:	how many of its entries to count
 *
 * Entries may overlap and have any order.  With many of them that takes time,
 * but no memory.
 *
 * Return: the number.
 */
u32 __init pvh_count_ranges(const struct pvh_boot *boot, u32 entries)
{
	u32 type, last = 0, count = 0;
	u64 addr = 0, next;

	for (; addr < U64_MAX; addr = next) {
		type = type_at(boot, entries, addr, &next);
		if (type && (type != last || !pvh_mergeable(type)))
			count++;
		last = type;
	}

	return count;
}

/**
 * pvh_is_ram() - does the kernel find a range to be RAM, all of it?
 * @boot:	its map has been handed over
 * @start:	physical address
 * @size:	in bytes; the sum must not wrap around
 *
 * What is reserved is no RAM, even where another entry says so.
 *
 * Return: false if a byte of it is not.
 */
bool __init pvh_is_ram(const struct pvh_boot *boot, u64 start, u64 size)
{
	u64 addr = start, next;

	for (; addr < start + size; addr = next)
		if (type_at(boot, boot->entries, addr, &next) != E820_TYPE_RAM)
			return false;

	return true;
}

/**
 * pvh_ram_size() - how much RAM does the kernel find?
 * @boot:	its map has been handed over
 * @enough:	bytes after which to stop counting
 *
 * Only what the native entry can map counts.
 *
 * Return: bytes, at least @enough if there is that much.
 */
u64 __init pvh_ram_size(const struct pvh_boot *boot, u64 enough)
{
	u64 addr = 0, next, sum = 0;

	for (; addr < boot->env->native_reach && sum < enough; addr = next)
		if (type_at(boot, boot->entries, addr, &next) == E820_TYPE_RAM)
			sum += min(next, boot->env->native_reach) - addr;

	return sum;
}
