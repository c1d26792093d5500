// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the stub's C source: whatever a loader hands over, pvh_fill_boot_params() accepts exactly what it should, hands
 * the loader's memory map over entry by entry, and writes nothing but boot_params and that map.
 *
 * Each part is a block of the heap of its exact size, so the address sanitizer sees every byte read or written beyond.
 */
#include <stdlib.h>

static void *part_at(unsigned long long paddr);
#define pvh_va(paddr)	part_at(paddr)
#include "boot_params.c"

#define MAX_ENTRIES	2000
#define TABLE		E820_MAX_ENTRIES_ZEROPAGE
#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

typedef unsigned _BitInt(72) u72;	/* Wide enough for sums of addresses. */

static struct hvm_start_info *info;
static struct hvm_modlist_entry *modules;
static struct hvm_memmap_table_entry *map;
static u64 start_info, kernel, kernel_end;

static void *part_at(unsigned long long paddr)
{
	return paddr == start_info ? (void *)info : paddr == info->modlist_paddr ? (void *)modules :
	       paddr == info->memmap_paddr ? (void *)map : NULL;
}

/* What the input has no more bytes for is zero. */
static const u8 *input, *input_end;

static u64 take(unsigned int bytes)
{
	u64 value = 0;

	for (; bytes && input < input_end; bytes--)
		value = value << 8 | *input++;
	return value;
}

/* Somewhere for a part, most often near where it becomes wrong. */
static u64 take_place(u64 size)
{
	switch (take(1) % 8) {
	case 0: return kernel + (signed char)take(1);
	case 1: return kernel - size + (signed char)take(1);
	case 2: return kernel_end + (signed char)take(1);
	case 3: return SZ_4G + (signed char)take(1);
	case 4: return SZ_4G - size + (signed char)take(1);
	case 5: return -size + (signed char)take(1);
	case 6: return take(4);
	default: return take(8);
	}
}

static u32 take_count(void)
{
	switch (take(1) % 4) {
	case 0: return take(1) % 4;
	case 1: return 120 + take(1) % 16;
	case 2: return take(2) % MAX_ENTRIES;
	default: return take(4);
	}
}

static bool in_kernel(u64 addr, u64 size)
{
	return size && addr < kernel_end && (u72)addr + size > kernel;
}

static bool reachable(u64 addr, u64 size)
{
	return (u72)addr + size <= SZ_4G && !in_kernel(addr, size);
}

static bool acceptable(u32 entries)
{
	bool runs = sizeof(long) == 8 ? kernel % PMD_SIZE == 0 : kernel == LOAD_PHYSICAL_ADDR;
	bool has_map = entries ? entries * 24ULL <= SZ_256K && reachable(info->memmap_paddr, entries * 24ULL) &&
				 (info->memmap_paddr || entries < TABLE) :
				 unit_on_xen && IS_ENABLED(CONFIG_XEN_PVH);
	bool initrd = !info->nr_modules || (reachable(info->modlist_paddr, sizeof(*modules)) &&
					    !in_kernel(modules->paddr, modules->size));
	bool cmdline = !in_kernel(info->cmdline_paddr, 1) && (sizeof(long) == 8 || info->cmdline_paddr < SZ_4G);

	return reachable(start_info, sizeof(*info)) && info->magic == XEN_HVM_START_MAGIC_VALUE && runs && has_map &&
	       initrd && cmdline;
}

/* The map that the kernel finds is the ISA area and the loader's map, in order. */
static void check_map(const struct boot_params *bp, const struct hvm_memmap_table_entry *before, u32 entries)
{
	const struct setup_data *node = (void *)map;
	u32 i, fit = entries < TABLE ? entries : TABLE - 1;

	REQUIRE(bp->e820_entries == (entries ? fit + 1 : 0));
	REQUIRE(bp->hdr.setup_data == (entries > fit ? info->memmap_paddr : 0));
	if (entries > fit)
		REQUIRE(!node->next && node->type == SETUP_E820_EXT && node->len == (entries - fit) * 20);
	else if (entries)
		REQUIRE(!memcmp(map, before, entries * sizeof(*map)));
	if (entries)
		REQUIRE(bp->e820_table[0].addr == 0xa0000 && bp->e820_table[0].size == 0x60000 &&
			bp->e820_table[0].type == E820_TYPE_RESERVED);
	for (i = 0; i < entries; i++)
		REQUIRE(!memcmp(i < fit ? &bp->e820_table[i + 1] : (void *)(node->data + 20 * (i - fit)), before + i, 20));
	REQUIRE(!memchr_inv(&bp->e820_table[bp->e820_entries], 0,
			    (u8 *)(bp + 1) - (u8 *)&bp->e820_table[bp->e820_entries]));
}

static void check_fields(const struct boot_params *bp)
{
	u64 initrd = info->nr_modules ? modules->paddr : 0, size = info->nr_modules ? modules->size : 0;

	REQUIRE(((u64)bp->ext_ramdisk_image << 32 | bp->hdr.ramdisk_image) == initrd);
	REQUIRE(((u64)bp->ext_ramdisk_size << 32 | bp->hdr.ramdisk_size) == size);
	REQUIRE(((u64)bp->ext_cmd_line_ptr << 32 | bp->hdr.cmd_line_ptr) == info->cmdline_paddr);
	REQUIRE(bp->acpi_rsdp_addr == info->rsdp_paddr && bp->hdr.type_of_loader == 0xb0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct hvm_modlist_entry modules_before = { 0 };
	struct boot_params *bp;
	struct hvm_start_info full = { .magic = XEN_HVM_START_MAGIC_VALUE };
	u32 entries, backed, version, i;
	bool accept;
	void *before;

	input = data;
	input_end = data + size;
	unit_on_xen = take(1) & 1;
	kernel = LOAD_PHYSICAL_ADDR + (take(1) % 8 ? 0 : take(4) % SZ_1G);
	kernel_end = kernel + take(3) + 1;
	version = full.version = take(1) % 4 ? 1 : take(4);
	full.magic ^= take(1) % 16 ? 0 : take(4);
	full.nr_modules = take(1) % 4;
	full.modlist_paddr = take_place(sizeof(*modules));
	full.rsdp_paddr = take(8);
	full.cmdline_paddr = take_place(1);
	entries = full.memmap_entries = take_count();
	full.memmap_paddr = take_place(entries * sizeof(*map));
	modules_before.size = take(take(1) % 9);
	modules_before.paddr = take_place(modules_before.size);
	start_info = take(1) % 4 ? (u32)take_place(sizeof(full)) : SZ_4K;
	/* part_at() could not tell these apart. */
	if (full.modlist_paddr == full.memmap_paddr || full.modlist_paddr == start_info ||
	    full.memmap_paddr == start_info)
		return 0;

	bp = calloc(1, sizeof(*bp));
	modules = malloc(sizeof(*modules));
	*modules = modules_before;

	/* Version 0 ends before the map's fields. */
	info = malloc(version ? sizeof(*info) : offsetof(struct hvm_start_info, memmap_paddr));
	memcpy(info, &full, version ? sizeof(*info) : offsetof(struct hvm_start_info, memmap_paddr));
	entries = version ? entries : 0;
	accept = acceptable(entries);
	if (entries > MAX_ENTRIES && accept)
		entries = info->memmap_entries = MAX_ENTRIES;
	backed = accept ? entries : 0;
	map = malloc(backed * sizeof(*map));
	before = malloc(backed * sizeof(*map));
	for (i = 0; i < backed; i++)
		map[i] = (struct hvm_memmap_table_entry){ i * 0x123456789abcdefULL, ~(i * 0xfedcba987ULL), i * 77777 };
	memcpy(before, map, backed * sizeof(*map));

	REQUIRE(accept == !pvh_fill_boot_params(bp, start_info, kernel, kernel_end));
	if (accept) {
		check_map(bp, before, entries);
		check_fields(bp);
	}
	REQUIRE(!memcmp(modules, &modules_before, sizeof(*modules)));
	free(bp);
	free(info);
	free(modules);
	free(map);
	free(before);
	return 0;
}
