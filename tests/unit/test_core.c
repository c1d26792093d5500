// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the stub's pure core: reading hvm_start_info, writing boot_params.
 *
 * What the loader hands over is put into heap blocks of exactly its size, so
 * that the address sanitizer sees every byte read too much.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/pvh.h>

#include <xen/interface/hvm/start_info.h>

#include "pvh.h"

#define GIB	0x40000000ULL

static unsigned int passed, failed;

static void check(bool good, const char *what, unsigned int line)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	fprintf(stderr, "test_core.c:%u: %s\n", line, what);
}

#define CHECK(condition)	check(condition, #condition, __LINE__)

static void *copy_of(const void *src, size_t size)
{
	void *block = malloc(size);

	if (!block)
		abort();
	return memcpy(block, src, size);
}

static struct hvm_start_info good_info(void)
{
	return (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.flags = 3,
		.nr_modules = 1,
		.modlist_paddr = 0x1000,
		.cmdline_paddr = 0x2000,
		.rsdp_paddr = 0x3000,
		.memmap_paddr = 0x4000,
		.memmap_entries = 2,
	};
}

/* A version says how long the structure is: version 0 has 40 bytes, later ones at least 56. */
static void test_versions(void)
{
	static const struct { u32 version; size_t size; u64 memmap_paddr; u32 entries; } cases[] = {
		{ 0, 40, 0, 0 },
		{ 1, 56, 0x4000, 2 },
		{ 2, 64, 0x4000, 2 },
		{ UINT32_MAX, 4096, 0x4000, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char bytes[4096];
		struct hvm_start_info in = good_info(), out;
		void *src;

		memset(bytes, 0xff, sizeof(bytes));
		in.version = cases[i].version;
		memcpy(bytes, &in, sizeof(in));
		src = copy_of(bytes, cases[i].size);
		memset(&out, 0xaa, sizeof(out));

		CHECK(pvh_copy_start_info(&out, src).error == PVH_OK);
		CHECK(out.version == in.version && out.flags == in.flags);
		CHECK(out.cmdline_paddr == in.cmdline_paddr && out.rsdp_paddr == in.rsdp_paddr);
		CHECK(out.memmap_paddr == cases[i].memmap_paddr);
		CHECK(out.memmap_entries == cases[i].entries);
		free(src);
	}
}

/* Of something that is no start_info, nothing but magic and version is read. */
static void test_magic(void)
{
	static const u32 magics[] = { 0, UINT32_MAX, 0x336ec578 ^ 1, 0x78c56e33 };

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		u32 bytes[2] = { magics[i], 1 };
		void *src = copy_of(bytes, sizeof(bytes));
		struct hvm_start_info out;
		struct pvh_status status = pvh_copy_start_info(&out, src);

		CHECK(status.error == PVH_BAD_MAGIC && status.value == magics[i]);
		free(src);
	}
}

/* Table and list must end below 4 GiB, and sums must not wrap. */
static void test_reach(void)
{
	static const struct {
		u64 memmap; u32 entries; u64 modlist; u32 modules; bool xen;
		enum pvh_error error; u64 value;
	} cases[] = {
		{ 0x1000, 2, 0x2000, 1, false, PVH_OK, 0 },
		{ 0x1000, 2, 0, 0, false, PVH_OK, 0 },
		{ 4 * GIB - 48, 2, 4 * GIB - 32, 1, false, PVH_OK, 0 },
		{ 4 * GIB - 47, 2, 0, 0, false, PVH_MEMMAP_OUT_OF_REACH, 4 * GIB - 47 },
		{ 4 * GIB, 1, 0, 0, false, PVH_MEMMAP_OUT_OF_REACH, 4 * GIB },
		{ UINT64_MAX, 1, 0, 0, false, PVH_MEMMAP_OUT_OF_REACH, UINT64_MAX },
		{ UINT64_MAX - 23, 1, 0, 0, true, PVH_MEMMAP_OUT_OF_REACH, UINT64_MAX - 23 },
		{ 0x1000, UINT32_MAX, 0, 0, false, PVH_MEMMAP_OUT_OF_REACH, 0x1000 },
		{ 0x1000, 2, 4 * GIB - 31, 1, false, PVH_MODLIST_OUT_OF_REACH, 4 * GIB - 31 },
		{ 0x1000, 2, UINT64_MAX, 1, true, PVH_MODLIST_OUT_OF_REACH, UINT64_MAX },
		{ 0x1000, 2, 0x2000, UINT32_MAX, false, PVH_OK, 0 },
		{ 0, 0, 0, 0, true, PVH_OK, 0 },
		{ 0, 0, 0, 0, false, PVH_NO_MEMMAP, 1 },
		{ UINT64_MAX, 0, UINT64_MAX, 0, true, PVH_OK, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hvm_start_info info = good_info();
		struct pvh_status status;

		info.memmap_paddr = cases[i].memmap;
		info.memmap_entries = cases[i].entries;
		info.modlist_paddr = cases[i].modlist;
		info.nr_modules = cases[i].modules;
		status = pvh_check_start_info(&info, cases[i].xen);
		CHECK(status.error == cases[i].error);
		CHECK(!status.error || status.value == cases[i].value);
	}
}

/* The header is that of the boot protocol; no byte of what was there before is left. */
static void test_header(void)
{
	struct hvm_start_info info = good_info();
	struct boot_params bp, zero;

	memset(&zero, 0, sizeof(zero));
	for (int xen = 0; xen <= 1; xen++) {
		memset(&bp, 0xff, sizeof(bp));
		pvh_init_boot_params(&bp, &info, xen);
		CHECK(bp.hdr.type_of_loader == (xen ? 0x90 : 0xb0));
		CHECK(bp.hdr.boot_flag == 0xaa55 && bp.hdr.version == 0x020f);
		CHECK(!memcmp(&bp.hdr.header, "HdrS", 4));
		CHECK(bp.acpi_rsdp_addr == info.rsdp_paddr);
		CHECK(!bp.sentinel && !bp.e820_entries && !bp.hdr.setup_data);

		memset(&bp.hdr, 0, sizeof(bp.hdr));
		bp.acpi_rsdp_addr = 0;
		CHECK(!memcmp(&bp, &zero, sizeof(bp)));
	}
}

static struct hvm_memmap_table_entry *new_map(u32 entries)
{
	struct hvm_memmap_table_entry *map = calloc(entries, sizeof(*map));

	if (!map)
		abort();
	for (u32 i = 0; i < entries; i++) {
		map[i].addr = (u64)i << 32 | 0x1000;
		map[i].size = i + 1;
		map[i].type = i % 9;
		map[i].reserved = UINT32_MAX;
	}
	return map;
}

static bool same_entries(const struct boot_params *bp, const struct hvm_memmap_table_entry *map, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (bp->e820_table[i].addr != map[i].addr ||
		    bp->e820_table[i].size != map[i].size ||
		    bp->e820_table[i].type != map[i].type)
			return false;
	return true;
}

/* Every entry arrives, in order; the ISA area follows if there is room; what follows the table stays. */
static void test_memmap(void)
{
	static const struct { u32 entries, e820_entries; enum pvh_error error; } cases[] = {
		{ 0, 0, PVH_OK }, { 1, 2, PVH_OK }, { 2, 3, PVH_OK }, { 127, 128, PVH_OK },
		{ 128, 128, PVH_OK }, { 129, 0, PVH_MEMMAP_TOO_LONG },
		{ 300, 0, PVH_MEMMAP_TOO_LONG },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hvm_memmap_table_entry *map = new_map(cases[i].entries);
		struct boot_params bp;
		struct pvh_status status;

		memset(&bp, 0, sizeof(bp));
		status = pvh_set_memmap(&bp, map, cases[i].entries);
		CHECK(status.error == cases[i].error);
		CHECK(!status.error || status.value == cases[i].entries);
		CHECK(bp.e820_entries == cases[i].e820_entries);
		CHECK(!bp.eddbuf[0].device);
		if (!status.error)
			CHECK(same_entries(&bp, map, cases[i].entries));
		if (bp.e820_entries > cases[i].entries) {
			struct boot_e820_entry *isa = &bp.e820_table[cases[i].entries];

			CHECK(isa->addr == 0xa0000 && isa->size == 0x60000 && isa->type == 2);
		}
		free(map);
	}
}

/* An entry that wraps around ends with the address space. */
static void test_wrapping_entry(void)
{
	struct hvm_memmap_table_entry map = { .addr = UINT64_MAX - 10, .size = 100, .type = 1 };
	struct boot_params bp;

	memset(&bp, 0, sizeof(bp));
	CHECK(pvh_set_memmap(&bp, &map, 1).error == PVH_OK);
	CHECK(bp.e820_table[0].addr == UINT64_MAX - 10 && bp.e820_table[0].size == 10);
}

/* Above 4 GiB: the ext_ fields on 64-bit, an error on 32-bit, where the native entry ignores them. */
static void test_initrd(void)
{
	static const struct { u64 paddr, size; bool fits32, unmappable; } cases[] = {
		{ 0x1000000, 0x2000, true, false },
		{ 0, 0, true, false },
		{ 4 * GIB - 0x1000, 0xfff, true, false },
		{ 4 * GIB - 0x1000, 0x2000, false, false },
		{ 5 * GIB + 0x123, 6 * GIB + 0x456, false, false },
		{ 1ULL << 45, 1ULL << 45, false, false },
		{ 1ULL << 46, 1, false, true },
		{ 1ULL << 45, (1ULL << 45) + 1, false, true },
		{ UINT64_MAX, 2, false, true },
		{ 2, UINT64_MAX, false, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hvm_modlist_entry module = { .paddr = cases[i].paddr, .size = cases[i].size };
		struct boot_params bp;
		struct pvh_status status;
		bool good = !cases[i].unmappable && (CONFIG_X86_64 || cases[i].fits32);

		memset(&bp, 0, sizeof(bp));
		status = pvh_set_initrd(&bp, &module);
		CHECK(status.error == (good ? PVH_OK : PVH_INITRD_OUT_OF_REACH));
		if (!good) {
			CHECK(status.value == module.paddr && !bp.hdr.ramdisk_size);
			continue;
		}
		CHECK(((u64)bp.ext_ramdisk_image << 32 | bp.hdr.ramdisk_image) == module.paddr);
		CHECK(((u64)bp.ext_ramdisk_size << 32 | bp.hdr.ramdisk_size) == module.size);
	}
}

/* The kernel copies COMMAND_LINE_SIZE bytes, so all of them must be within reach. */
static void test_cmdline(void)
{
	static const struct { u64 paddr; bool fits32, fits64; } cases[] = {
		{ 0, true, true }, { 0x2000, true, true }, { 4 * GIB - 2048, true, true },
		{ 4 * GIB - 2047, false, true }, { 4 * GIB, false, true },
		{ (1ULL << 46) - 2048, false, true }, { (1ULL << 46) - 2047, false, false },
		{ UINT64_MAX, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct boot_params bp;
		struct pvh_status status;
		bool good = CONFIG_X86_64 ? cases[i].fits64 : cases[i].fits32;

		memset(&bp, 0, sizeof(bp));
		status = pvh_set_cmdline(&bp, cases[i].paddr);
		CHECK(status.error == (good ? PVH_OK : PVH_CMDLINE_OUT_OF_REACH));
		if (good)
			CHECK(((u64)bp.ext_cmd_line_ptr << 32 | bp.hdr.cmd_line_ptr) == cases[i].paddr);
	}
}

int main(void)
{
	test_versions();
	test_magic();
	test_reach();
	test_header();
	test_memmap();
	test_wrapping_entry();
	test_initrd();
	test_cmdline();

	printf("%u passed, %u failed\n", passed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
