// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the PVH boot stub: validation of the start info and its
 * translation to boot_params. Only that and the loader's memory map is written.
 */
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <kunit/test.h>

#include <asm/xen/hypervisor.h>

static void *pvh_test_va(u64 paddr);

/* The source under test, under a name that does not clash with the stub's. */
#define pvh_va(paddr)		pvh_test_va(paddr)
#define pvh_fill_boot_params	pvh_test_fill_boot_params
#include "../boot_params.c"

/* An address at which kernels of 32 and 64 bits may be loaded. */
#define KERNEL			((u64)LOAD_PHYSICAL_ADDR)
#define KERNEL_END		(KERNEL + SZ_16M)

#define INFO_PADDR		0x6000ULL
#define MAP_PADDR		0x7000ULL
#define MODLIST_PADDR		0x6040ULL
#define INITRD_PADDR		(KERNEL_END + SZ_2M)
#define INITRD_SIZE		0x123456ULL
#define CMDLINE_PADDR		0x20000ULL
#define RSDP_PADDR		0xf5b40ULL

#define TABLE_ENTRIES		E820_MAX_ENTRIES_ZEROPAGE
#define MAX_ENTRIES		300
#define MAX_MODULES		3

#define INFO_SIZE		sizeof(struct hvm_start_info)
#define ENTRY_SIZE		sizeof(struct hvm_memmap_table_entry)
#define MODULE_SIZE		sizeof(struct hvm_modlist_entry)
/* Bytes around the memory map that must keep their content. */
#define GUARD_SIZE		256
#define GUARD_BYTE		0xa5
#define MAP_AREA_SIZE		(2 * GUARD_SIZE + MAX_ENTRIES * ENTRY_SIZE)

/**
 * struct pvh_loader - input and output of pvh_fill_boot_params()
 * @info: start_info
 * @info_paddr: physical address of @info
 * @modules: module list, at info.modlist_paddr
 * @map_area: the memory map, at info.memmap_paddr, between two guards
 * @map: the memory map in @map_area
 * @kernel: physical address at which the kernel is loaded
 * @kernel_end: physical address of its end
 * @bp: result
 */
struct pvh_loader {
	struct hvm_start_info info;
	u64 info_paddr;
	struct hvm_modlist_entry modules[MAX_MODULES];
	u8 map_area[MAP_AREA_SIZE];
	struct hvm_memmap_table_entry *map;
	unsigned long kernel;
	unsigned long kernel_end;
	struct boot_params bp;
};

/* The test that is running. */
static struct pvh_loader *loader;

static void *pvh_test_va(u64 paddr)
{
	if (paddr == loader->info_paddr)
		return &loader->info;
	if (paddr == loader->info.memmap_paddr)
		return loader->map;
	if (paddr == loader->info.modlist_paddr)
		return loader->modules;

	/* The stub must not read there. */
	return NULL;
}

static int __init fill(void)
{
	memset(&loader->bp, 0, sizeof(loader->bp));

	return pvh_fill_boot_params(&loader->bp, loader->info_paddr, loader->kernel,
				    loader->kernel_end);
}

/* Distinct entries, with all bits of all fields in use somewhere. */
static struct boot_e820_entry make_entry(u32 i)
{
	return (struct boot_e820_entry) {
		.addr	= (i + 1) * 0x0123456789abcdefULL,
		.size	= ~(i * 0x0fedcba987654321ULL),
		.type	= (i + 1) * 0x89abcdefU,
	};
}

static void make_map(u32 entries)
{
	u32 i;

	memset(loader->map_area, GUARD_BYTE, sizeof(loader->map_area));
	loader->info.memmap_entries = entries;

	for (i = 0; i < min(entries, MAX_ENTRIES); i++) {
		struct boot_e820_entry entry = make_entry(i);

		loader->map[i].addr = entry.addr;
		loader->map[i].size = entry.size;
		loader->map[i].type = entry.type;
	}
}

static void expect_entry(struct kunit *test, const struct boot_e820_entry *entry, u32 i)
{
	struct boot_e820_entry expected = make_entry(i);

	KUNIT_EXPECT_EQ_MSG(test, entry->addr, expected.addr, "entry %u", i);
	KUNIT_EXPECT_EQ_MSG(test, entry->size, expected.size, "entry %u", i);
	KUNIT_EXPECT_EQ_MSG(test, entry->type, expected.type, "entry %u", i);
}

static void __init test_boot_params(struct kunit *test)
{
	struct boot_params *bp = &loader->bp;
	struct hvm_start_info info = loader->info;

	KUNIT_ASSERT_EQ(test, fill(), 0);

	KUNIT_EXPECT_GE(test, bp->hdr.version, 0x020c);
	KUNIT_EXPECT_EQ(test, bp->hdr.type_of_loader, 0xb0);
	KUNIT_EXPECT_EQ(test, bp->hdr.cmd_line_ptr, CMDLINE_PADDR);
	KUNIT_EXPECT_EQ(test, bp->hdr.ramdisk_image, INITRD_PADDR);
	KUNIT_EXPECT_EQ(test, bp->hdr.ramdisk_size, INITRD_SIZE);
	KUNIT_EXPECT_EQ(test, bp->acpi_rsdp_addr, RSDP_PADDR);
	KUNIT_EXPECT_EQ(test, bp->e820_entries, 2);
	KUNIT_EXPECT_EQ(test, bp->e820_table[0].addr, ISA_START_ADDRESS);
	KUNIT_EXPECT_EQ(test, bp->e820_table[0].size, ISA_END_ADDRESS - ISA_START_ADDRESS);
	KUNIT_EXPECT_EQ(test, bp->e820_table[0].type, E820_TYPE_RESERVED);
	expect_entry(test, &bp->e820_table[1], 0);

	/* Nothing else is set, and start_info is only read. */
	bp->hdr.version = 0;
	bp->hdr.type_of_loader = 0;
	bp->hdr.cmd_line_ptr = 0;
	bp->hdr.ramdisk_image = 0;
	bp->hdr.ramdisk_size = 0;
	bp->acpi_rsdp_addr = 0;
	bp->e820_entries = 0;
	memset(bp->e820_table, 0, 2 * sizeof(bp->e820_table[0]));
	KUNIT_EXPECT_NULL(test, memchr_inv(bp, 0, sizeof(*bp)));
	KUNIT_EXPECT_MEMEQ(test, &loader->info, &info, sizeof(info));
}

static void __init test_upper_halves(struct kunit *test)
{
	struct boot_params *bp = &loader->bp;

	loader->info.rsdp_paddr = 0x1122334455667788ULL;
	loader->modules[0].paddr = 0x2233445566778899ULL;
	loader->modules[0].size = 0x33445566778899aaULL;
	if (IS_ENABLED(CONFIG_X86_64))
		loader->info.cmdline_paddr = 0x445566778899aabbULL;

	KUNIT_ASSERT_EQ(test, fill(), 0);

	KUNIT_EXPECT_EQ(test, bp->acpi_rsdp_addr, 0x1122334455667788ULL);
	KUNIT_EXPECT_EQ(test, bp->ext_ramdisk_image, 0x22334455);
	KUNIT_EXPECT_EQ(test, bp->hdr.ramdisk_image, 0x66778899);
	KUNIT_EXPECT_EQ(test, bp->ext_ramdisk_size, 0x33445566);
	KUNIT_EXPECT_EQ(test, bp->hdr.ramdisk_size, 0x778899aa);
	if (!IS_ENABLED(CONFIG_X86_64))
		return;
	KUNIT_EXPECT_EQ(test, bp->ext_cmd_line_ptr, 0x44556677);
	KUNIT_EXPECT_EQ(test, bp->hdr.cmd_line_ptr, 0x8899aabb);
}

static void __init test_magic(struct kunit *test)
{
	u32 bit;

	for (bit = 0; bit < 32; bit++) {
		loader->info.magic = XEN_HVM_START_MAGIC_VALUE ^ (1U << bit);
		KUNIT_EXPECT_EQ_MSG(test, fill(), PVH_BAD_MAGIC, "bit %u", bit);
	}
}

static void __init test_later_versions(struct kunit *test)
{
	loader->info.version = 2;
	loader->info.flags = U32_MAX;
	KUNIT_EXPECT_EQ(test, fill(), 0);

	loader->info.version = U32_MAX;
	loader->info.reserved = U32_MAX;
	KUNIT_EXPECT_EQ(test, fill(), 0);
	KUNIT_EXPECT_EQ(test, loader->bp.e820_entries, 2);
}

static void __init test_load_address(struct kunit *test)
{
	unsigned long offset;

	/* Not a multiple of 2 MiB, and not where a 32-bit kernel is linked. */
	for (offset = 1; offset < PMD_SIZE; offset <<= 1) {
		loader->kernel = KERNEL + offset;
		KUNIT_EXPECT_EQ_MSG(test, fill(), PVH_BAD_LOAD_ADDR, "offset 0x%lx", offset);
	}

	/* 32-bit kernels have to be where they are linked. */
	loader->kernel = KERNEL + SZ_4M;
	KUNIT_EXPECT_EQ(test, fill(), IS_ENABLED(CONFIG_X86_64) ? 0 : PVH_BAD_LOAD_ADDR);
}

/* Without a map the kernel asks Xen. Version 0 ends before the map's fields. */
static void __init test_no_map(struct kunit *test)
{
	int ret = IS_ENABLED(CONFIG_XEN_PVH) && xen_cpuid_base() ? 0 : PVH_NO_MEMMAP;

	make_map(0);
	KUNIT_EXPECT_EQ(test, fill(), ret);
	KUNIT_EXPECT_EQ(test, loader->bp.e820_entries, 0);

	loader->info.version = 0;
	loader->info.memmap_paddr = U64_MAX;
	loader->info.memmap_entries = U32_MAX;
	KUNIT_EXPECT_EQ(test, fill(), ret);
	KUNIT_EXPECT_EQ(test, loader->bp.e820_entries, 0);
}

static void __init test_no_modules(struct kunit *test)
{
	loader->info.nr_modules = 0;
	loader->info.modlist_paddr = U64_MAX;
	KUNIT_ASSERT_EQ(test, fill(), 0);
	KUNIT_EXPECT_EQ(test, loader->bp.hdr.ramdisk_image, 0);
	KUNIT_EXPECT_EQ(test, loader->bp.hdr.ramdisk_size, 0);
}

/* The first module is the initrd; the kernel does not use the others. */
static void __init test_several_modules(struct kunit *test)
{
	loader->modules[1].paddr = KERNEL;
	loader->modules[1].size = SZ_4K;
	loader->modules[2].paddr = U64_MAX;
	loader->modules[2].size = U64_MAX;
	loader->info.nr_modules = MAX_MODULES;
	KUNIT_ASSERT_EQ(test, fill(), 0);
	KUNIT_EXPECT_EQ(test, loader->bp.hdr.ramdisk_image, INITRD_PADDR);
	KUNIT_EXPECT_EQ(test, loader->bp.hdr.ramdisk_size, INITRD_SIZE);
}

/**
 * struct place - the place of one object of the loader's
 * @name: description
 * @part: which object
 * @paddr: its physical address
 * @size: of the map in entries, of the initrd in bytes
 * @ret: expected return value of pvh_fill_boot_params()
 */
struct place {
	const char *name;
	enum { INFO, MAP, MODLIST, INITRD, CMDLINE } part;
	u64 paddr;
	u64 size;
	int ret;
};

/* startup_32 ignores the upper half of the command line's address. */
#define HIGH_CMDLINE	(IS_ENABLED(CONFIG_X86_64) ? 0 : PVH_BAD_CMDLINE)

static const struct place places[] = {
	{ "start_info ends at the kernel", INFO, KERNEL - INFO_SIZE, 0, 0 },
	{ "start_info ends in the kernel", INFO, KERNEL - INFO_SIZE + 1, 0, PVH_BAD_START_INFO },
	{ "start_info in the kernel", INFO, KERNEL_END - 1, 0, PVH_BAD_START_INFO },
	{ "start_info behind the kernel", INFO, KERNEL_END, 0, 0 },
	{ "start_info ends at 4 GiB", INFO, SZ_4G - INFO_SIZE, 0, 0 },
	{ "start_info ends above 4 GiB", INFO, SZ_4G - INFO_SIZE + 1, 0, PVH_BAD_START_INFO },

	{ "map at 0", MAP, 0, TABLE_ENTRIES - 1, 0 },
	{ "map at 0 needs a node", MAP, 0, TABLE_ENTRIES, PVH_BAD_MEMMAP },
	{ "map ends at the kernel", MAP, KERNEL - 4 * ENTRY_SIZE, 4, 0 },
	{ "map ends in the kernel", MAP, KERNEL - 4 * ENTRY_SIZE + 1, 4, PVH_BAD_MEMMAP },
	{ "map at the kernel", MAP, KERNEL, 1, PVH_BAD_MEMMAP },
	{ "map in the kernel", MAP, KERNEL_END - 1, 1, PVH_BAD_MEMMAP },
	{ "map behind the kernel", MAP, KERNEL_END, 4, 0 },
	{ "map ends at 4 GiB", MAP, SZ_4G - 4 * ENTRY_SIZE, 4, 0 },
	{ "map ends above 4 GiB", MAP, SZ_4G - 4 * ENTRY_SIZE + 1, 4, PVH_BAD_MEMMAP },
	{ "map wraps around", MAP, U64_MAX - ENTRY_SIZE + 2, 1, PVH_BAD_MEMMAP },
	{ "map size wraps in 32 bits", MAP, KERNEL_END, SZ_4G / ENTRY_SIZE + 1, PVH_BAD_MEMMAP },
	{ "map larger than 256 KiB", MAP, KERNEL_END, SZ_256K / ENTRY_SIZE + 1, PVH_BAD_MEMMAP },

	{ "modlist at 0", MODLIST, 0, 0, 0 },
	{ "modlist ends at the kernel", MODLIST, KERNEL - MODULE_SIZE, 0, 0 },
	{ "modlist ends in the kernel", MODLIST, KERNEL - MODULE_SIZE + 1, 0, PVH_BAD_MODLIST },
	{ "modlist in the kernel", MODLIST, KERNEL_END - 1, 0, PVH_BAD_MODLIST },
	{ "modlist behind the kernel", MODLIST, KERNEL_END, 0, 0 },
	{ "modlist ends at 4 GiB", MODLIST, SZ_4G - MODULE_SIZE, 0, 0 },
	{ "modlist ends above 4 GiB", MODLIST, SZ_4G - MODULE_SIZE + 1, 0, PVH_BAD_MODLIST },
	{ "modlist wraps around", MODLIST, U64_MAX, 0, PVH_BAD_MODLIST },

	{ "initrd ends at the kernel", INITRD, KERNEL - SZ_4K, SZ_4K, 0 },
	{ "initrd ends in the kernel", INITRD, KERNEL - SZ_4K, SZ_4K + 1, PVH_BAD_INITRD },
	{ "initrd at the kernel", INITRD, KERNEL, 1, PVH_BAD_INITRD },
	{ "initrd in the kernel", INITRD, KERNEL_END - 1, SZ_4K, PVH_BAD_INITRD },
	{ "initrd behind the kernel", INITRD, KERNEL_END, SZ_4K, 0 },
	{ "initrd around the kernel", INITRD, KERNEL - 1, KERNEL_END - KERNEL + 2, PVH_BAD_INITRD },
	{ "initrd of size 0 in the kernel", INITRD, KERNEL, 0, 0 },
	{ "initrd across 4 GiB", INITRD, SZ_4G - SZ_4K, SZ_8K, 0 },
	{ "initrd above 4 GiB", INITRD, SZ_4G + KERNEL, SZ_4K, 0 },
	{ "initrd of the largest size", INITRD, KERNEL - 1, U64_MAX, PVH_BAD_INITRD },

	{ "no command line", CMDLINE, 0, 0, 0 },
	{ "command line before the kernel", CMDLINE, KERNEL - 1, 0, 0 },
	{ "command line at the kernel", CMDLINE, KERNEL, 0, PVH_BAD_CMDLINE },
	{ "command line in the kernel", CMDLINE, KERNEL_END - 1, 0, PVH_BAD_CMDLINE },
	{ "command line behind the kernel", CMDLINE, KERNEL_END, 0, 0 },
	{ "command line below 4 GiB", CMDLINE, SZ_4G - 1, 0, 0 },
	{ "command line at 4 GiB", CMDLINE, SZ_4G, 0, HIGH_CMDLINE },
	{ "command line above 4 GiB", CMDLINE, SZ_4G + KERNEL, 0, HIGH_CMDLINE },
};

KUNIT_ARRAY_PARAM_DESC(place, places, name);

static void __init test_place(struct kunit *test)
{
	const struct place *place = test->param_value;

	switch (place->part) {
	case INFO:
		loader->info_paddr = place->paddr;
		break;
	case MAP:
		loader->info.memmap_paddr = place->paddr;
		make_map(place->size);
		break;
	case MODLIST:
		loader->info.modlist_paddr = place->paddr;
		break;
	case INITRD:
		loader->modules[0].paddr = place->paddr;
		loader->modules[0].size = place->size;
		break;
	case CMDLINE:
		loader->info.cmdline_paddr = place->paddr;
		break;
	}

	KUNIT_EXPECT_EQ(test, fill(), place->ret);
}

/* One entry of boot_params is the ISA area: 127 of the loader's fit. */
static const u32 map_lengths[] = { 1, 2, 126, 127, 128, 129, 130, 200, MAX_ENTRIES };

static void length_desc(const u32 *length, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u entries", *length);
}

KUNIT_ARRAY_PARAM(map_length, map_lengths, length_desc);

static void __init test_map_length(struct kunit *test)
{
	u32 length = *(const u32 *)test->param_value;
	u32 fit = min(length, TABLE_ENTRIES - 1);
	const struct boot_e820_entry *rest;
	struct boot_params *bp = &loader->bp;
	const struct setup_data *node;
	u32 i;

	make_map(length);
	KUNIT_ASSERT_EQ(test, fill(), 0);

	KUNIT_ASSERT_EQ(test, bp->e820_entries, fit + 1);
	KUNIT_EXPECT_EQ(test, bp->e820_table[0].addr, ISA_START_ADDRESS);
	for (i = 0; i < fit; i++)
		expect_entry(test, &bp->e820_table[i + 1], i);
	KUNIT_EXPECT_NULL(test, memchr_inv(&bp->e820_table[fit + 1], 0,
					   (TABLE_ENTRIES - fit - 1) * sizeof(bp->e820_table[0])));
	KUNIT_EXPECT_NULL(test, memchr_inv(bp->_pad8, 0, sizeof(bp->_pad8)));

	/* The rest is where the loader's map was, and only there. */
	KUNIT_EXPECT_NULL(test, memchr_inv(loader->map_area, GUARD_BYTE, GUARD_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(loader->map + length, GUARD_BYTE,
					   MAP_AREA_SIZE - GUARD_SIZE - length * ENTRY_SIZE));
	if (length == fit) {
		KUNIT_EXPECT_EQ(test, bp->hdr.setup_data, 0);
		return;
	}

	KUNIT_ASSERT_EQ(test, bp->hdr.setup_data, MAP_PADDR);
	node = (const struct setup_data *)loader->map;
	KUNIT_EXPECT_EQ(test, node->next, 0);
	KUNIT_EXPECT_EQ(test, node->type, SETUP_E820_EXT);
	KUNIT_ASSERT_EQ(test, node->len, (length - fit) * sizeof(*rest));
	rest = (const struct boot_e820_entry *)node->data;
	for (i = fit; i < length; i++)
		expect_entry(test, &rest[i - fit], i);
}

static int pvh_test_init(struct kunit *test)
{
	loader = kunit_kzalloc(test, sizeof(*loader), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, loader);

	loader->map = (struct hvm_memmap_table_entry *)(loader->map_area + GUARD_SIZE);
	loader->info_paddr = INFO_PADDR;
	loader->kernel = KERNEL;
	loader->kernel_end = KERNEL_END;
	loader->modules[0].paddr = INITRD_PADDR;
	loader->modules[0].size = INITRD_SIZE;
	loader->info = (struct hvm_start_info) {
		.magic		= XEN_HVM_START_MAGIC_VALUE,
		.version	= 1,
		.nr_modules	= 1,
		.modlist_paddr	= MODLIST_PADDR,
		.cmdline_paddr	= CMDLINE_PADDR,
		.rsdp_paddr	= RSDP_PADDR,
		.memmap_paddr	= MAP_PADDR,
	};
	make_map(1);

	return 0;
}

/* Not __initdata, as the results are read after boot. */
static struct kunit_case __refdata pvh_test_cases[] = {
	KUNIT_CASE(test_boot_params),
	KUNIT_CASE(test_upper_halves),
	KUNIT_CASE(test_magic),
	KUNIT_CASE(test_later_versions),
	KUNIT_CASE(test_load_address),
	KUNIT_CASE(test_no_map),
	KUNIT_CASE(test_no_modules),
	KUNIT_CASE(test_several_modules),
	KUNIT_CASE_PARAM(test_place, place_gen_params),
	KUNIT_CASE_PARAM(test_map_length, map_length_gen_params),
	{}
};

static struct kunit_suite pvh_test_suite = {
	.name		= "pvh",
	.init		= pvh_test_init,
	.test_cases	= pvh_test_cases,
};
kunit_test_init_section_suites(&pvh_test_suite);
