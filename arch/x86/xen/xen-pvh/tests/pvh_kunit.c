// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the PVH boot stub's pure core: what it makes of a loader's
 * struct hvm_start_info, and what it refuses.
 *
 * A small block plays the physical memory around an address.  Most tests are
 * rows of a table: what a row changes in a good handover, and what comes of it.
 */

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/init.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/e820/types.h>
#include <asm/page_types.h>
#include <asm/setup.h>

#include <kunit/test.h>

#include "pvh.h"

#define MAX_ENTRIES	1024U
#define TABLE_ENTRIES	128

/* What the kernel's own table holds, with two left for what it cuts off itself. */
#define MAX_RANGES	(E820_MAX_ENTRIES - 2)

/* The memory that there is: pages from one of these addresses on. */
#define FAKE_PAGES	32
#define FAKE_SIZE	(FAKE_PAGES * PAGE_SIZE)
#define LOW		((u64)SZ_16M)
#define HIGH		(SZ_4G - FAKE_SIZE)
#define LOWEST		(SZ_1M - FAKE_SIZE / 2)

/* Where a good handover has its parts: the last half of the memory is RAM. */
#define INFO_PAGE	0
#define CMDLINE_PAGE	1
#define MODLIST_PAGE	2
#define MAP_PAGE	10
#define RAM_PAGE	16
#define INITRD_PAGE	28
#define AT(page)	(LOW + (page) * PAGE_SIZE)
#define HIGH_AT(page)	(HIGH + (page) * PAGE_SIZE)
#define RSDP_OFFSET	SZ_2K
#define RSDP		(AT(INFO_PAGE) + RSDP_OFFSET)
#define KERNEL		((u64)SZ_64M)
#define KERNEL_END	(KERNEL + SZ_16M)

/**
 * struct handover - what a loader leaves, and what the stub makes of it
 * @base: physical address of the first byte of @memory
 * @memory: all memory that there is
 * @before: its content before the stub's work
 * @info_paddr: address of start_info
 * @info: content of start_info
 * @map: content of the memory map
 * @modules: content of the module list
 * @rsdp: content of the RSDP
 * @cmdline_length: number of characters of the command line
 * @env: what the stub is told
 * @bp: what it makes
 * @boot: what it works on
 */
struct handover {
	u64 base;
	u8 *memory;
	u8 *before;
	u64 info_paddr;
	struct hvm_start_info info;
	struct hvm_memmap_table_entry map[MAX_ENTRIES];
	struct hvm_modlist_entry modules[MAX_ENTRIES];
	u8 rsdp[36];
	u64 cmdline_length;
	struct pvh_env env;
	struct boot_params bp;
	struct pvh_boot boot;
};

/**
 * struct change - a difference from the good handover
 * @offset: of a member of struct handover, or of neighbours
 * @size: of them, 0 for no change
 * @value: new content
 */
struct change {
	size_t offset;
	size_t size;
	u64 value[3];
};

#define SET(_member, _value) {						\
	.offset	= offsetof(struct handover, _member),			\
	.size	= sizeof_field(struct handover, _member),		\
	.value	= { (_value) },						\
}

#define SET_RANGE(_entry, _addr, _size, _type) {			\
	.offset	= offsetof(struct handover, map[_entry]),		\
	.size	= offsetofend(struct hvm_memmap_table_entry, type),	\
	.value	= { (_addr), (_size), (_type) },			\
}

#define SET_MODULE(_module, _paddr, _size) {				\
	.offset	= offsetof(struct handover, modules[_module]),		\
	.size	= offsetofend(struct hvm_modlist_entry, size),		\
	.value	= { (_paddr), (_size) },				\
}

#define SET_KERNEL(_start, _end) {					\
	.offset	= offsetof(struct handover, env.kernel_start),		\
	.size	= 2 * sizeof(u64),					\
	.value	= { (_start), (_end) },					\
}

/**
 * struct row - a handover and its outcome
 * @name: what it is about
 * @base: of the memory, 0 for LOW
 * @set: differences from the good handover
 * @error: expected
 * @value: expected with it
 * @warned: expected, one bit each
 * @node: address that the first setup_data node is expected at, 0 for none
 */
struct row {
	const char *name;
	u64 base;
	struct change set[6];
	enum pvh_error error;
	u64 value;
	u32 warned;
	u64 node;
};

static void make_good(struct handover *h, u64 base)
{
	h->base = base;
	h->info_paddr = base + INFO_PAGE * PAGE_SIZE;
	h->info = (struct hvm_start_info) {
		.magic		= XEN_HVM_START_MAGIC_VALUE,
		.version	= 1,
		.flags		= U32_MAX,
		.nr_modules	= 1,
		.modlist_paddr	= base + MODLIST_PAGE * PAGE_SIZE,
		.cmdline_paddr	= base + CMDLINE_PAGE * PAGE_SIZE,
		.rsdp_paddr	= base + INFO_PAGE * PAGE_SIZE + RSDP_OFFSET,
		.memmap_paddr	= base + MAP_PAGE * PAGE_SIZE,
		.memmap_entries	= 1,
		.reserved	= U32_MAX,
	};
	h->map[0] = (struct hvm_memmap_table_entry) {
		.addr		= base + RAM_PAGE * PAGE_SIZE,
		.size		= FAKE_SIZE - RAM_PAGE * PAGE_SIZE,
		.type		= E820_TYPE_RAM,
		.reserved	= U32_MAX,
	};
	h->modules[0] = (struct hvm_modlist_entry) {
		.paddr		= base + INITRD_PAGE * PAGE_SIZE,
		.size		= 2 * PAGE_SIZE + 5,
		.cmdline_paddr	= U64_MAX,
		.reserved	= U64_MAX,
	};
	/* The sum of the first 20 bytes is 0; what follows does not count. */
	memset(h->rsdp, U8_MAX, sizeof(h->rsdp));
	memcpy(h->rsdp, "RSD PTR \xc6XenPVH\2\0\0\0", 20);
	h->env = (struct pvh_env) {
		.kernel_start	= KERNEL,
		.kernel_end	= KERNEL_END,
		.native_reach	= SZ_64T,
		.cpu_reach	= 1ULL << 52,
	};
}

static void apply(struct handover *h, const struct change *set, size_t changes)
{
	for (; changes && set->size; changes--, set++)
		memcpy((u8 *)h + set->offset, set->value, set->size);
}

/* Writes what of something is inside the memory. */
static void put(struct handover *h, u64 paddr, const void *src, size_t size)
{
	u64 offset = paddr - h->base;

	if (offset < FAKE_SIZE)
		memcpy(h->memory + offset, src, min(size, FAKE_SIZE - offset));
}

static void put_cmdline(struct handover *h)
{
	u64 offset = h->info.cmdline_paddr - h->base;

	if (offset < FAKE_SIZE)
		memset(h->memory + offset, 'x', min(h->cmdline_length, FAKE_SIZE - offset));
	put(h, h->info.cmdline_paddr + h->cmdline_length, "", 1);
}

/* What the loader does. */
static void prepare(struct handover *h)
{
	size_t entries = min(h->info.memmap_entries, MAX_ENTRIES);
	size_t modules = min(h->info.nr_modules, MAX_ENTRIES);

	/* So that what is read without having been written makes a difference. */
	memset(h->memory, 0xa5, FAKE_SIZE);
	put_cmdline(h);
	put(h, h->info.rsdp_paddr, h->rsdp, sizeof(h->rsdp));
	put(h, h->info.modlist_paddr, h->modules, modules * sizeof(h->modules[0]));
	put(h, h->info.memmap_paddr, h->map, entries * sizeof(h->map[0]));
	put(h, h->info_paddr, &h->info, sizeof(h->info));
	memcpy(h->before, h->memory, FAKE_SIZE);

	h->env.memory = (unsigned long)h->memory - (unsigned long)h->base;
	h->boot = (struct pvh_boot) {
		.env			= &h->env,
		.bp			= &h->bp,
		.start_info_paddr	= h->info_paddr,
	};
}

static struct pvh_status __init hand_over(struct handover *h)
{
	prepare(h);
	memset(&h->bp, 0xff, sizeof(h->bp));
	return pvh_set_boot_params(&h->boot);
}

static u64 joined(u32 upper, u32 lower)
{
	return (u64)upper << 32 | lower;
}

static const struct setup_data *node_at(const struct handover *h, u64 paddr)
{
	return (const void *)(h->memory + (paddr - h->base));
}

static bool is_node(const struct handover *h, u64 paddr)
{
	return IS_ALIGNED(paddr, PAGE_SIZE) && paddr >= SZ_1M && paddr >= h->base &&
	       paddr - h->base < FAKE_SIZE;
}

/* Nothing has changed but what the nodes say that they are. */
static void expect_only_nodes(struct kunit *test, struct handover *h)
{
	unsigned int nodes = 0;
	u64 paddr;

	for (paddr = h->bp.hdr.setup_data; paddr; paddr = node_at(h, paddr)->next) {
		const struct setup_data *node = node_at(h, paddr);
		u64 offset = paddr - h->base;

		KUNIT_ASSERT_TRUE(test, is_node(h, paddr));
		KUNIT_ASSERT_LT(test, nodes++, 2U);
		KUNIT_ASSERT_LE(test, sizeof(*node) + node->len, FAKE_SIZE - offset);
		memcpy(h->before + offset, h->memory + offset, sizeof(*node) + node->len);
	}

	KUNIT_EXPECT_TRUE(test, !memcmp(h->before, h->memory, FAKE_SIZE));
}

/* What was handed over has arrived: initrd, command line, RSDP. */
static void expect_arrived(struct kunit *test, struct handover *h)
{
	const struct boot_params *bp = &h->bp;
	u64 initrd = 0, size = 0;

	if (h->info.nr_modules && h->info.modlist_paddr &&
	    h->modules[0].paddr && h->modules[0].size) {
		initrd = h->modules[0].paddr;
		size = h->modules[0].size;
	}

	KUNIT_EXPECT_EQ(test, joined(bp->ext_ramdisk_image, bp->hdr.ramdisk_image), initrd);
	KUNIT_EXPECT_EQ(test, joined(bp->ext_ramdisk_size, bp->hdr.ramdisk_size), size);
	KUNIT_EXPECT_EQ(test, joined(bp->ext_cmd_line_ptr, bp->hdr.cmd_line_ptr),
			h->info.cmdline_paddr);
}

/* A row whose initrd is not what the staged list says checks it by itself. */
static void __init run_row(struct kunit *test)
{
	const struct row *row = test->param_value;
	struct handover *h = test->priv;
	struct pvh_status status;

	make_good(h, row->base ?: LOW);
	apply(h, row->set, ARRAY_SIZE(row->set));
	status = hand_over(h);

	KUNIT_EXPECT_EQ(test, (int)status.error, (int)row->error);
	KUNIT_EXPECT_EQ(test, status.value, row->value);
	expect_only_nodes(test, h);
	if (status.error || row->error)
		return;

	expect_arrived(test, h);
	KUNIT_EXPECT_EQ(test, h->bp.hdr.setup_data, row->node);
	KUNIT_EXPECT_EQ(test, h->boot.warned, row->node ? 0 : row->warned);
}

/* start_info itself: where it is, what version says of its size. */
static const struct row start_info_rows[] = {
	{
		.name	= "good",
	}, {
		.name	= "version 0 ends at 4 GiB",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 40), SET(info.version, 0),
			    SET(env.map_from_xen, true) },
	}, {
		.name	= "version 0 ends above 4 GiB",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 39), SET(info.version, 0),
			    SET(env.map_from_xen, true) },
		.error	= PVH_START_INFO_OUT_OF_REACH,
		.value	= SZ_4G - 39,
	}, {
		.name	= "version 1 ends at 4 GiB",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 56) },
	}, {
		.name	= "version 1 ends above 4 GiB",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 55) },
		.error	= PVH_START_INFO_OUT_OF_REACH,
		.value	= SZ_4G - 55,
	}, {
		.name	= "version 2 is read as 1",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 56), SET(info.version, 2) },
	}, {
		.name	= "the last version is read as 1",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 56), SET(info.version, U32_MAX) },
	}, {
		.name	= "only magic and version below 4 GiB",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 8) },
		.error	= PVH_START_INFO_OUT_OF_REACH,
		.value	= SZ_4G - 8,
	}, {
		.name	= "no version below 4 GiB",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 7) },
		.error	= PVH_START_INFO_OUT_OF_REACH,
		.value	= SZ_4G - 7,
	}, {
		.name	= "at 4 GiB",
		.set	= { SET(info_paddr, SZ_4G) },
		.error	= PVH_START_INFO_OUT_OF_REACH,
		.value	= SZ_4G,
	}, {
		.name	= "at the end of the address space",
		.set	= { SET(info_paddr, U64_MAX) },
		.error	= PVH_START_INFO_OUT_OF_REACH,
		.value	= U64_MAX,
	}, {
		.name	= "bad magic",
		.set	= { SET(info.magic, XEN_HVM_START_MAGIC_VALUE ^ 1) },
		.error	= PVH_BAD_MAGIC,
		.value	= XEN_HVM_START_MAGIC_VALUE ^ 1,
	}, {
		.name	= "bad magic, nothing else to read",
		.base	= HIGH,
		.set	= { SET(info_paddr, SZ_4G - 8), SET(info.magic, 0) },
		.error	= PVH_BAD_MAGIC,
	}, {
		.name	= "bad magic, all ones",
		.set	= { SET(info.magic, U32_MAX) },
		.error	= PVH_BAD_MAGIC,
		.value	= U32_MAX,
	}, {
		.name	= "ends where the kernel starts",
		.set	= { SET_KERNEL(AT(INFO_PAGE) + 56, KERNEL_END), SET(info.nr_modules, 0),
			    SET(info.memmap_entries, 0), SET(env.map_from_xen, true),
			    SET(info.cmdline_paddr, 0), SET(info.rsdp_paddr, 0) },
	}, {
		.name	= "last byte in the kernel",
		.set	= { SET_KERNEL(AT(INFO_PAGE) + 55, KERNEL_END) },
		.error	= PVH_START_INFO_IN_KERNEL,
		.value	= AT(INFO_PAGE),
	}, {
		.name	= "version in the kernel",
		.set	= { SET_KERNEL(AT(INFO_PAGE) + 7, KERNEL_END) },
		.error	= PVH_START_INFO_IN_KERNEL,
		.value	= AT(INFO_PAGE),
	}, {
		.name	= "version 0 ends where the kernel starts",
		.set	= { SET_KERNEL(AT(INFO_PAGE) + 40, KERNEL_END), SET(info.version, 0),
			    SET(info.nr_modules, 0), SET(env.map_from_xen, true),
			    SET(info.cmdline_paddr, 0), SET(info.rsdp_paddr, 0) },
	}, {
		.name	= "version 0, last byte in the kernel",
		.set	= { SET_KERNEL(AT(INFO_PAGE) + 39, KERNEL_END), SET(info.version, 0) },
		.error	= PVH_START_INFO_IN_KERNEL,
		.value	= AT(INFO_PAGE),
	}, {
		.name	= "starts where the kernel ends",
		.set	= { SET_KERNEL(SZ_1M, AT(INFO_PAGE)) },
	}, {
		.name	= "first byte in the kernel",
		.set	= { SET_KERNEL(SZ_1M, AT(INFO_PAGE) + 1) },
		.error	= PVH_START_INFO_IN_KERNEL,
		.value	= AT(INFO_PAGE),
	},
};

KUNIT_ARRAY_PARAM_DESC(start_info, start_info_rows, name);

static void __init test_start_info(struct kunit *test)
{
	run_row(test);
}

/* Where the memory map is, and how long. */
static const struct row memmap_rows[] = {
	{
		.name	= "version 0 has none",
		.set	= { SET(info.version, 0) },
		.error	= PVH_NO_MEMMAP,
	}, {
		.name	= "version 1, no entries",
		.set	= { SET(info.memmap_entries, 0) },
		.error	= PVH_NO_MEMMAP,
		.value	= 1,
	}, {
		.name	= "version 2, address 0",
		.set	= { SET(info.version, 2), SET(info.memmap_paddr, 0) },
		.error	= PVH_NO_MEMMAP,
		.value	= 2,
	}, {
		.name	= "address 0, Xen can be asked",
		.set	= { SET(info.memmap_paddr, 0), SET(info.memmap_entries, U32_MAX),
			    SET(env.map_from_xen, true) },
	}, {
		.name	= "address unread without entries",
		.set	= { SET(info.memmap_paddr, U64_MAX), SET(info.memmap_entries, 0),
			    SET(env.map_from_xen, true) },
	}, {
		.name	= "Xen cannot be asked",
		.set	= { SET(info.memmap_entries, 0), SET(env.xen, true) },
		.error	= PVH_NO_MEMMAP,
		.value	= 1,
	}, {
		.name	= "too many entries",
		.set	= { SET(info.memmap_entries, MAX_ENTRIES + 1) },
		.error	= PVH_MEMMAP_TOO_LONG,
		.value	= MAX_ENTRIES + 1,
	}, {
		.name	= "size of all entries wraps around in 32 bits",
		.set	= { SET(info.memmap_entries, 0x0aaaaaab) },
		.error	= PVH_MEMMAP_TOO_LONG,
		.value	= 0x0aaaaaab,
	}, {
		.name	= "most entries",
		.set	= { SET(info.memmap_entries, U32_MAX), SET(env.map_from_xen, true) },
		.error	= PVH_MEMMAP_TOO_LONG,
		.value	= U32_MAX,
	}, {
		.name	= "ends at 4 GiB",
		.base	= HIGH,
		.set	= { SET(info.memmap_paddr, SZ_4G - 48), SET(info.memmap_entries, 2),
			    SET_RANGE(1, 0, SZ_64K, E820_TYPE_RAM) },
	}, {
		.name	= "ends above 4 GiB",
		.base	= HIGH,
		.set	= { SET(info.memmap_paddr, SZ_4G - 47), SET(info.memmap_entries, 2) },
		.error	= PVH_MEMMAP_OUT_OF_REACH,
		.value	= SZ_4G - 47,
	}, {
		.name	= "at 4 GiB",
		.set	= { SET(info.memmap_paddr, SZ_4G) },
		.error	= PVH_MEMMAP_OUT_OF_REACH,
		.value	= SZ_4G,
	}, {
		.name	= "low half of the address is good",
		.set	= { SET(info.memmap_paddr, SZ_4G + AT(MAP_PAGE)) },
		.error	= PVH_MEMMAP_OUT_OF_REACH,
		.value	= SZ_4G + AT(MAP_PAGE),
	}, {
		.name	= "wraps around",
		.set	= { SET(info.memmap_paddr, U64_MAX - 22), SET(env.map_from_xen, true) },
		.error	= PVH_MEMMAP_OUT_OF_REACH,
		.value	= U64_MAX - 22,
	}, {
		.name	= "ends where the kernel starts",
		.set	= { SET_KERNEL(AT(MAP_PAGE) + 24, AT(RAM_PAGE)) },
	}, {
		.name	= "last byte in the kernel",
		.set	= { SET_KERNEL(AT(MAP_PAGE) + 23, AT(RAM_PAGE)) },
		.error	= PVH_MEMMAP_IN_KERNEL,
		.value	= AT(MAP_PAGE),
	}, {
		.name	= "last entry in the kernel",
		.set	= { SET_KERNEL(AT(MAP_PAGE) + 24 * 1023, AT(RAM_PAGE)),
			    SET(info.memmap_entries, MAX_ENTRIES) },
		.error	= PVH_MEMMAP_IN_KERNEL,
		.value	= AT(MAP_PAGE),
	}, {
		.name	= "first byte in the kernel",
		.set	= { SET_KERNEL(AT(MAP_PAGE) - 1, AT(MAP_PAGE) + 1) },
		.error	= PVH_MEMMAP_IN_KERNEL,
		.value	= AT(MAP_PAGE),
	}, {
		.name	= "unaligned",
		.set	= { SET(info.memmap_paddr, AT(MAP_PAGE) + 1) },
	}, {
		.name	= "in the command line",
		.set	= { SET(info.memmap_paddr, AT(CMDLINE_PAGE) + 8) },
	},
};

KUNIT_ARRAY_PARAM_DESC(memmap, memmap_rows, name);

static void __init test_memmap(struct kunit *test)
{
	run_row(test);
}

/* Where the module list is, and how long. */
static const struct row modlist_rows[] = {
	{
		.name	= "no modules, address unread",
		.set	= { SET(info.nr_modules, 0), SET(info.modlist_paddr, U64_MAX) },
	}, {
		.name	= "address 0",
		.set	= { SET(info.nr_modules, U32_MAX), SET(info.modlist_paddr, 0) },
	}, {
		.name	= "two modules",
		.set	= { SET(info.nr_modules, 2) },
		.warned	= 1 << PVH_MODULES_IGNORED,
		.node	= AT(RAM_PAGE),
	}, {
		.name	= "1024 modules",
		.set	= { SET(info.nr_modules, MAX_ENTRIES) },
		.warned	= 1 << PVH_MODULES_IGNORED,
		.node	= AT(RAM_PAGE),
	}, {
		.name	= "1025 modules",
		.set	= { SET(info.nr_modules, MAX_ENTRIES + 1) },
		.error	= PVH_TOO_MANY_MODULES,
		.value	= MAX_ENTRIES + 1,
	}, {
		.name	= "size of all modules' entries wraps around in 32 bits",
		.set	= { SET(info.nr_modules, 0x08000001) },
		.error	= PVH_TOO_MANY_MODULES,
		.value	= 0x08000001,
	}, {
		.name	= "ends at 4 GiB",
		.base	= HIGH,
		.set	= { SET(info.modlist_paddr, SZ_4G - 64), SET(info.nr_modules, 2) },
		.warned	= 1 << PVH_MODULES_IGNORED,
		.node	= HIGH_AT(RAM_PAGE),
	}, {
		.name	= "ends above 4 GiB",
		.base	= HIGH,
		.set	= { SET(info.modlist_paddr, SZ_4G - 63), SET(info.nr_modules, 2) },
		.error	= PVH_MODLIST_OUT_OF_REACH,
		.value	= SZ_4G - 63,
	}, {
		.name	= "at 4 GiB",
		.set	= { SET(info.modlist_paddr, SZ_4G) },
		.error	= PVH_MODLIST_OUT_OF_REACH,
		.value	= SZ_4G,
	}, {
		.name	= "wraps around",
		.set	= { SET(info.modlist_paddr, U64_MAX) },
		.error	= PVH_MODLIST_OUT_OF_REACH,
		.value	= U64_MAX,
	}, {
		.name	= "ends where the kernel starts",
		.set	= { SET_KERNEL(AT(MODLIST_PAGE) + 32, AT(MAP_PAGE)) },
	}, {
		.name	= "last byte in the kernel",
		.set	= { SET_KERNEL(AT(MODLIST_PAGE) + 31, AT(MAP_PAGE)) },
		.error	= PVH_MODLIST_IN_KERNEL,
		.value	= AT(MODLIST_PAGE),
	}, {
		.name	= "last module's entry in the kernel",
		.set	= { SET_KERNEL(AT(MODLIST_PAGE) + 32 * 1023, AT(MAP_PAGE)),
			    SET(info.nr_modules, MAX_ENTRIES) },
		.error	= PVH_MODLIST_IN_KERNEL,
		.value	= AT(MODLIST_PAGE),
	}, {
		.name	= "first byte in the kernel",
		.set	= { SET_KERNEL(AT(MODLIST_PAGE) - 1, AT(MODLIST_PAGE) + 1) },
		.error	= PVH_MODLIST_IN_KERNEL,
		.value	= AT(MODLIST_PAGE),
	},
};

KUNIT_ARRAY_PARAM_DESC(modlist, modlist_rows, name);

static void __init test_modlist(struct kunit *test)
{
	run_row(test);
}

#define RAM_MIDDLE	AT(24)
#define RAM_END		AT(FAKE_PAGES)
#define RAM_SIZE	(RAM_END - AT(RAM_PAGE))

/* The first module is the initrd: within reach, not in the kernel, in RAM or to be moved. */
static const struct row initrd_rows[] = {
	{
		.name	= "address 0",
		.set	= { SET_MODULE(0, 0, SZ_4K) },
	}, {
		.name	= "size 0",
		.set	= { SET_MODULE(0, U64_MAX, 0) },
	}, {
		.name	= "all RAM",
		.set	= { SET_MODULE(0, AT(RAM_PAGE), RAM_SIZE) },
	}, {
		.name	= "last byte not in RAM, larger than half of that",
		.set	= { SET_MODULE(0, AT(RAM_PAGE), RAM_SIZE + 1) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= RAM_SIZE,
	}, {
		.name	= "first byte not in RAM, half as large as that",
		.set	= { SET_MODULE(0, AT(RAM_PAGE) - 1, RAM_SIZE / 2) },
	}, {
		.name	= "first byte not in RAM, larger than half of that",
		.set	= { SET_MODULE(0, AT(RAM_PAGE) - 1, RAM_SIZE / 2 + 1) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= RAM_SIZE,
	}, {
		.name	= "after RAM, larger than half of that",
		.set	= { SET_MODULE(0, RAM_END, RAM_SIZE / 2 + 1) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= RAM_SIZE,
	}, {
		.name	= "no RAM at all",
		.set	= { SET(map[0].type, E820_TYPE_RESERVED), SET_MODULE(0, AT(20), 1) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= 0,
	}, {
		.name	= "not in RAM, half of all its entries",
		.set	= { SET(info.memmap_entries, 3),
			    SET_MODULE(0, SZ_2G, SZ_1M / 2 + RAM_SIZE / 2),
			    SET_RANGE(1, SZ_2G, SZ_1G, E820_TYPE_RESERVED),
			    SET_RANGE(2, SZ_4G, SZ_1M, E820_TYPE_RAM) },
	}, {
		.name	= "not in RAM, larger than half of all its entries",
		.set	= { SET(info.memmap_entries, 3),
			    SET_MODULE(0, SZ_2G, SZ_1M / 2 + RAM_SIZE / 2 + 1),
			    SET_RANGE(1, SZ_2G, SZ_1G, E820_TYPE_RESERVED),
			    SET_RANGE(2, SZ_4G, SZ_1M, E820_TYPE_RAM) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= SZ_1M + RAM_SIZE,
	}, {
		.name	= "reserved, where another entry says RAM",
		.set	= { SET(info.memmap_entries, 2), SET_MODULE(0, RAM_MIDDLE, RAM_SIZE / 4),
			    SET_RANGE(1, AT(RAM_PAGE), RAM_SIZE - SZ_4K, E820_TYPE_RESERVED) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= SZ_4K,
	}, {
		.name	= "RAM for the kernel and the initrd",
		.set	= { SET(env.min_ram, RAM_SIZE - SZ_4K), SET_MODULE(0, RAM_MIDDLE, SZ_4K) },
	}, {
		.name	= "RAM for the kernel and the initrd, less one byte",
		.set	= { SET(env.min_ram, RAM_SIZE - SZ_4K + 1),
			    SET_MODULE(0, RAM_MIDDLE, SZ_4K) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= RAM_SIZE,
	}, {
		.name	= "RAM for the kernel, but above 4 GiB, the 32-bit entry's reach",
		.set	= { SET(env.native_reach, SZ_4G), SET(env.min_ram, RAM_SIZE - SZ_4K + 1),
			    SET_MODULE(0, RAM_MIDDLE, SZ_4K), SET(info.memmap_entries, 2),
			    SET_RANGE(1, SZ_4G, SZ_4G, E820_TYPE_RAM) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= RAM_SIZE,
	}, {
		.name	= "sum of RAM wraps around",
		.set	= { SET(info.memmap_entries, 3), SET_MODULE(0, SZ_2G, SZ_1G),
			    SET_RANGE(1, SZ_4G, U64_MAX - SZ_4G, E820_TYPE_RAM),
			    SET_RANGE(2, SZ_4G, SZ_4G, E820_TYPE_RAM) },
	}, {
		.name	= "RAM unknown",
		.set	= { SET(info.memmap_entries, 0), SET(env.map_from_xen, true),
			    SET_MODULE(0, SZ_2G, SZ_4G) },
	}, {
		.name	= "across two RAM entries",
		.set	= { SET(info.memmap_entries, 2),
			    SET_RANGE(0, AT(RAM_PAGE), RAM_MIDDLE - AT(RAM_PAGE), E820_TYPE_RAM),
			    SET_RANGE(1, RAM_MIDDLE, RAM_END - RAM_MIDDLE, E820_TYPE_RAM),
			    SET_MODULE(0, AT(RAM_PAGE), RAM_SIZE) },
	}, {
		.name	= "across two RAM entries, the upper one first",
		.set	= { SET(info.memmap_entries, 2),
			    SET_RANGE(0, RAM_MIDDLE, RAM_END - RAM_MIDDLE, E820_TYPE_RAM),
			    SET_RANGE(1, AT(RAM_PAGE), RAM_MIDDLE - AT(RAM_PAGE), E820_TYPE_RAM),
			    SET_MODULE(0, RAM_MIDDLE - 1, 2) },
	}, {
		.name	= "across two RAM entries that overlap",
		.set	= { SET(info.memmap_entries, 2),
			    SET_RANGE(0, RAM_MIDDLE - 5, RAM_END - RAM_MIDDLE, E820_TYPE_RAM),
			    SET_RANGE(1, AT(RAM_PAGE), RAM_MIDDLE - AT(RAM_PAGE), E820_TYPE_RAM),
			    SET_MODULE(0, AT(RAM_PAGE), RAM_SIZE - 5) },
	}, {
		.name	= "across a hole of a byte",
		.set	= { SET(info.memmap_entries, 2),
			    SET_RANGE(0, RAM_MIDDLE + 1, SZ_4K, E820_TYPE_RAM),
			    SET_RANGE(1, AT(RAM_PAGE), RAM_MIDDLE - AT(RAM_PAGE), E820_TYPE_RAM),
			    SET_MODULE(0, AT(RAM_PAGE), RAM_MIDDLE - AT(RAM_PAGE) + 2) },
		.error	= PVH_TOO_LITTLE_RAM,
		.value	= RAM_MIDDLE - AT(RAM_PAGE) + SZ_4K,
	}, {
		.name	= "in RAM that wraps around",
		.set	= { SET(map[0].size, U64_MAX) },
		.warned	= 1 << PVH_MEMMAP_WRAPS,
		.node	= AT(RAM_PAGE),
	}, {
		.name	= "ends at 4 GiB, the 32-bit entry's reach",
		.base	= HIGH,
		.set	= { SET(env.native_reach, SZ_4G), SET_MODULE(0, SZ_4G - 1, 1) },
	}, {
		.name	= "ends above 4 GiB, the 32-bit entry's reach",
		.base	= HIGH,
		.set	= { SET(env.native_reach, SZ_4G), SET_MODULE(0, SZ_4G - 1, 2) },
		.error	= PVH_INITRD_OUT_OF_REACH,
		.value	= SZ_4G - 1,
	}, {
		.name	= "both halves of address and size",
		.set	= { SET(info.memmap_entries, 2), SET_RANGE(1, 5, SZ_64T, E820_TYPE_RAM),
			    SET_MODULE(0, 5 * SZ_4G + 0x123, 6 * SZ_4G + 0x456) },
	}, {
		.name	= "ends at 64 TiB",
		.set	= { SET(info.memmap_entries, 2), SET_RANGE(1, 0, SZ_64T, E820_TYPE_RAM),
			    SET_MODULE(0, SZ_64T / 2, SZ_64T / 2) },
	}, {
		.name	= "ends above 64 TiB",
		.set	= { SET(info.memmap_entries, 2), SET_RANGE(1, 0, U64_MAX, E820_TYPE_RAM),
			    SET_MODULE(0, SZ_64T / 2, SZ_64T / 2 + 1) },
		.error	= PVH_INITRD_OUT_OF_REACH,
		.value	= SZ_64T / 2,
	}, {
		.name	= "at 64 TiB",
		.set	= { SET_MODULE(0, SZ_64T, 1) },
		.error	= PVH_INITRD_OUT_OF_REACH,
		.value	= SZ_64T,
	}, {
		.name	= "address at the end of the address space",
		.set	= { SET_MODULE(0, U64_MAX, 2) },
		.error	= PVH_INITRD_OUT_OF_REACH,
		.value	= U64_MAX,
	}, {
		.name	= "size wraps around",
		.set	= { SET_MODULE(0, 2, U64_MAX) },
		.error	= PVH_INITRD_OUT_OF_REACH,
		.value	= 2,
	}, {
		.name	= "ends where the kernel starts",
		.set	= { SET_KERNEL(AT(30), KERNEL_END), SET_MODULE(0, AT(29), SZ_4K) },
	}, {
		.name	= "last byte in the kernel",
		.set	= { SET_KERNEL(AT(30), KERNEL_END), SET_MODULE(0, AT(29), SZ_4K + 1) },
		.error	= PVH_INITRD_IN_KERNEL,
		.value	= AT(29),
	}, {
		.name	= "starts where the kernel ends",
		.set	= { SET_KERNEL(AT(20), AT(29)), SET_MODULE(0, AT(29), SZ_4K) },
	}, {
		.name	= "first byte in the kernel",
		.set	= { SET_KERNEL(AT(20), AT(29)), SET_MODULE(0, AT(29) - 1, SZ_4K) },
		.error	= PVH_INITRD_IN_KERNEL,
		.value	= AT(29) - 1,
	}, {
		.name	= "around the kernel",
		.set	= { SET_KERNEL(AT(30), AT(30) + 1), SET_MODULE(0, AT(29), SZ_8K) },
		.error	= PVH_INITRD_IN_KERNEL,
		.value	= AT(29),
	},
};

KUNIT_ARRAY_PARAM_DESC(initrd, initrd_rows, name);

static void __init test_initrd(struct kunit *test)
{
	run_row(test);
}

#define CMDLINE		AT(CMDLINE_PAGE)
#define CMDLINE_REACH	(SZ_64T - COMMAND_LINE_SIZE)

/* The kernel copies COMMAND_LINE_SIZE bytes, but what follows the NUL may be anything. */
static const struct row cmdline_rows[] = {
	{
		.name	= "address 0",
		.set	= { SET(info.cmdline_paddr, 0) },
	}, {
		.name	= "above 4 GiB",
		.set	= { SET(info.cmdline_paddr, 7 * SZ_4G + 0x123) },
	}, {
		.name	= "its memory ends at 64 TiB",
		.set	= { SET(info.cmdline_paddr, CMDLINE_REACH) },
	}, {
		.name	= "its memory ends above 64 TiB",
		.set	= { SET(info.cmdline_paddr, CMDLINE_REACH + 1) },
		.error	= PVH_CMDLINE_OUT_OF_REACH,
		.value	= CMDLINE_REACH + 1,
	}, {
		.name	= "its memory ends at 4 GiB, the 32-bit entry's reach",
		.set	= { SET(info.cmdline_paddr, SZ_4G - COMMAND_LINE_SIZE),
			    SET(env.native_reach, SZ_4G) },
	}, {
		.name	= "its memory ends above 4 GiB, the 32-bit entry's reach",
		.set	= { SET(info.cmdline_paddr, SZ_4G - COMMAND_LINE_SIZE + 1),
			    SET(env.native_reach, SZ_4G) },
		.error	= PVH_CMDLINE_OUT_OF_REACH,
		.value	= SZ_4G - COMMAND_LINE_SIZE + 1,
	}, {
		.name	= "at the end of the address space",
		.set	= { SET(info.cmdline_paddr, U64_MAX) },
		.error	= PVH_CMDLINE_OUT_OF_REACH,
		.value	= U64_MAX,
	}, {
		.name	= "no NUL",
		.set	= { SET(cmdline_length, SZ_4K) },
	}, {
		.name	= "no NUL, ends where the kernel starts",
		.set	= { SET(cmdline_length, SZ_4K),
			    SET_KERNEL(CMDLINE + COMMAND_LINE_SIZE, AT(MODLIST_PAGE)) },
	}, {
		.name	= "no NUL, last byte in the kernel",
		.set	= { SET(cmdline_length, SZ_4K),
			    SET_KERNEL(CMDLINE + COMMAND_LINE_SIZE - 1, AT(MODLIST_PAGE)) },
		.error	= PVH_CMDLINE_IN_KERNEL,
		.value	= CMDLINE,
	}, {
		.name	= "longest, NUL in the kernel",
		.set	= { SET(cmdline_length, COMMAND_LINE_SIZE - 1),
			    SET_KERNEL(CMDLINE + COMMAND_LINE_SIZE - 1, AT(MODLIST_PAGE)) },
		.error	= PVH_CMDLINE_IN_KERNEL,
		.value	= CMDLINE,
	}, {
		.name	= "NUL before the kernel",
		.set	= { SET(cmdline_length, 99), SET_KERNEL(CMDLINE + 100, AT(MODLIST_PAGE)) },
	}, {
		.name	= "NUL in the kernel",
		.set	= { SET(cmdline_length, 100), SET_KERNEL(CMDLINE + 100, AT(MODLIST_PAGE)) },
		.error	= PVH_CMDLINE_IN_KERNEL,
		.value	= CMDLINE,
	}, {
		.name	= "empty, before the kernel",
		.set	= { SET_KERNEL(CMDLINE + 1, AT(MODLIST_PAGE)) },
	}, {
		.name	= "empty, in the kernel",
		.set	= { SET_KERNEL(CMDLINE, AT(MODLIST_PAGE)) },
		.error	= PVH_CMDLINE_IN_KERNEL,
		.value	= CMDLINE,
	}, {
		.name	= "starts where the kernel ends",
		.set	= { SET_KERNEL(CMDLINE - 1, CMDLINE) },
	}, {
		.name	= "first byte in the kernel",
		.set	= { SET_KERNEL(CMDLINE - 1, CMDLINE + 1) },
		.error	= PVH_CMDLINE_IN_KERNEL,
		.value	= CMDLINE,
	},
};

KUNIT_ARRAY_PARAM_DESC(cmdline, cmdline_rows, name);

static void __init test_cmdline(struct kunit *test)
{
	run_row(test);
}

/* All of these have a second module, and so a message that looks for a page. */
#define MESSAGE		SET(info.nr_modules, 2)
#define NO_INITRD	SET(modules[0].paddr, 0)

/* Where a node finds room. */
static const struct row placement_rows[] = {
	{
		.name	= "in unaligned RAM",
		.set	= { MESSAGE, NO_INITRD,
			    SET_RANGE(0, AT(RAM_PAGE) + 1, 2 * SZ_4K - 1, E820_TYPE_RAM) },
		.node	= AT(RAM_PAGE + 1),
	}, {
		.name	= "no whole page",
		.set	= { MESSAGE, NO_INITRD,
			    SET_RANGE(0, AT(RAM_PAGE) + 1, 2 * SZ_4K - 2, E820_TYPE_RAM) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "RAM without a byte",
		.set	= { MESSAGE, NO_INITRD, SET(map[0].size, 0) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "only RAM of other types",
		.set	= { MESSAGE, NO_INITRD, SET(map[0].type, E820_TYPE_PRAM) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "in the second RAM entry",
		.set	= { MESSAGE, NO_INITRD, SET(info.memmap_entries, 3),
			    SET_RANGE(0, AT(RAM_PAGE), SZ_4K - 1, E820_TYPE_RAM),
			    SET_RANGE(1, 0, AT(RAM_PAGE), E820_TYPE_RESERVED),
			    SET_RANGE(2, AT(20), SZ_4K, E820_TYPE_RAM) },
		.node	= AT(20),
	}, {
		.name	= "not in the first MiB",
		.base	= LOWEST,
		.set	= { MESSAGE, NO_INITRD, SET_RANGE(0, LOWEST, FAKE_SIZE, E820_TYPE_RAM) },
		.node	= SZ_1M,
	}, {
		.name	= "nothing but the first MiB",
		.base	= LOWEST,
		.set	= { MESSAGE, NO_INITRD, SET_RANGE(0, 0, SZ_1M, E820_TYPE_RAM) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "in the last page below 4 GiB",
		.base	= HIGH,
		.set	= { MESSAGE, NO_INITRD, SET_RANGE(0, SZ_4G - SZ_4K, SZ_1M, E820_TYPE_RAM) },
		.node	= SZ_4G - SZ_4K,
	}, {
		.name	= "not across 4 GiB",
		.base	= HIGH,
		.set	= { MESSAGE, NO_INITRD,
			    SET_RANGE(0, SZ_4G - SZ_4K + 1, SZ_1M, E820_TYPE_RAM) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "not above 4 GiB",
		.set	= { MESSAGE, NO_INITRD, SET_RANGE(0, SZ_4G, SZ_4G, E820_TYPE_RAM) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "obstacle up to the end of the address space",
		.set	= { MESSAGE, SET_MODULE(1, AT(RAM_PAGE), U64_MAX) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "obstacle up to the last byte of RAM",
		.set	= { MESSAGE, NO_INITRD, SET_MODULE(1, 1, RAM_END - SZ_4K) },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "obstacle up to the last page of RAM",
		.set	= { MESSAGE, NO_INITRD, SET_MODULE(1, 1, RAM_END - SZ_4K - 1) },
		.node	= RAM_END - SZ_4K,
	}, {
		.name	= "obstacles one after the other, in any order",
		.set	= { MESSAGE, NO_INITRD, SET(info.memmap_entries, 3),
			    SET_RANGE(1, AT(RAM_PAGE + 1), SZ_4K, E820_TYPE_NVS),
			    SET_RANGE(2, AT(RAM_PAGE), SZ_4K, E820_TYPE_ACPI),
			    SET_MODULE(1, AT(RAM_PAGE + 2), SZ_4K) },
		.node	= AT(RAM_PAGE + 3),
	}, {
		.name	= "the last of 1024 modules in the way",
		.set	= { SET(info.nr_modules, MAX_ENTRIES), NO_INITRD,
			    SET_MODULE(1023, AT(RAM_PAGE), SZ_4K) },
		.node	= AT(RAM_PAGE + 1),
	}, {
		.name	= "RAM unknown",
		.set	= { SET(info.memmap_entries, 0), SET(env.map_from_xen, true), MESSAGE },
		.warned	= 1 << PVH_MODULES_IGNORED,
	}, {
		.name	= "no room for the rest of the map",
		.set	= { SET(info.memmap_entries, TABLE_ENTRIES), NO_INITRD,
			    SET(map[0].size, SZ_4K - 1) },
		.error	= PVH_NO_ROOM,
		.value	= 20,
	}, {
		.name	= "no room for the rest of the longest map",
		.set	= { SET(info.memmap_entries, MAX_ENTRIES), NO_INITRD,
			    SET(map[0].size, 4 * SZ_4K) },
		.error	= PVH_NO_ROOM,
		.value	= 897 * 20,
	}, {
		.name	= "no room for the rest of a map, its header included",
		.set	= { SET(info.memmap_entries, 536), NO_INITRD,
			    SET(map[0].size, 2 * SZ_4K) },
		.error	= PVH_NO_ROOM,
		.value	= 409 * 20,
	}, {
		.name	= "room for the rest of a map, its header included",
		.set	= { SET(info.memmap_entries, 536), NO_INITRD,
			    SET(map[0].size, 3 * SZ_4K) },
		.node	= AT(RAM_PAGE),
	}, {
		.name	= "room for the rest of the longest map",
		.set	= { SET(info.memmap_entries, MAX_ENTRIES), NO_INITRD,
			    SET(map[0].size, 5 * SZ_4K) },
		.node	= AT(RAM_PAGE),
	},
};

KUNIT_ARRAY_PARAM_DESC(placement, placement_rows, name);

static void __init test_placement(struct kunit *test)
{
	run_row(test);
}

/**
 * struct thing - something that no node may overlap
 * @name: what it is
 * @start: offset of its address in struct handover
 * @end: offset of the address after it, 0 if there is no such member
 * @size: its size
 * @type: of the third entry of the memory map
 */
struct thing {
	const char *name;
	size_t start;
	size_t end;
	u64 size;
	u32 type;
};

#define THING(_name, _member, _size) {					\
	.name	= (_name),						\
	.start	= offsetof(struct handover, _member),			\
	.size	= (_size),						\
}

#define THING_OF_MAP(_type) {						\
	.name	= "memory of type " #_type,				\
	.start	= offsetof(struct handover, map[2].addr),		\
	.size	= 0x1234,						\
	.type	= (_type),						\
}

static const struct thing things[] = {
	{
		.name	= "kernel",
		.start	= offsetof(struct handover, env.kernel_start),
		.end	= offsetof(struct handover, env.kernel_end),
		.size	= 3 * SZ_4K,
	},
	THING("start_info", info_paddr, 56),
	THING("memory map", info.memmap_paddr, 3 * 24),
	THING("module list", info.modlist_paddr, 3 * 32),
	THING("initrd", modules[0].paddr, 0x1234),
	THING("second module", modules[1].paddr, 0x1234),
	THING("last module", modules[2].paddr, 0x1234),
	THING("command line", info.cmdline_paddr, COMMAND_LINE_SIZE),
	THING("RSDP", info.rsdp_paddr, SZ_4K),
	THING_OF_MAP(0),
	THING_OF_MAP(E820_TYPE_RESERVED),
	THING_OF_MAP(E820_TYPE_ACPI),
	THING_OF_MAP(E820_TYPE_NVS),
	THING_OF_MAP(E820_TYPE_UNUSABLE),
	THING_OF_MAP(6),
	THING_OF_MAP(E820_TYPE_PMEM),
	THING_OF_MAP(E820_TYPE_PRAM),
	THING_OF_MAP(E820_TYPE_SOFT_RESERVED),
	THING_OF_MAP(U32_MAX),
};

KUNIT_ARRAY_PARAM_DESC(thing, things, name);

/* Where the node goes, with a thing at an address.  The search starts amid RAM. */
static u64 __init node_with(struct handover *h, const struct thing *thing, u64 addr)
{
	const struct change set[] = {
		SET(info.nr_modules, 3), SET(info.memmap_entries, 3),
		SET_RANGE(0, AT(18), 14 * SZ_4K, E820_TYPE_RAM),
		SET_RANGE(1, AT(16), 2 * SZ_4K, E820_TYPE_RAM),
		SET_RANGE(2, 0, 0x1234, thing->type),
		SET_MODULE(0, AT(28), 0x1234), SET_MODULE(1, 0, 0x1234), SET_MODULE(2, 0, 0x1234),
		{ thing->start, sizeof(addr), { addr } },
		{ thing->end, thing->end ? sizeof(addr) : 0, { addr + thing->size } },
	};

	make_good(h, LOW);
	apply(h, set, ARRAY_SIZE(set));
	if (hand_over(h).error)
		return 0;
	return h->bp.hdr.setup_data;
}

/* A node avoids whatever it would have a byte in common with, and nothing else. */
static void __init test_obstacles(struct kunit *test)
{
	const struct thing *thing = test->param_value;
	struct handover *h = test->priv;
	u64 page = AT(18), size = thing->size;

	KUNIT_EXPECT_EQ(test, node_with(h, thing, page - size), page);
	expect_only_nodes(test, h);
	KUNIT_EXPECT_EQ(test, node_with(h, thing, page - size + 1), page + SZ_4K);
	expect_only_nodes(test, h);
	KUNIT_EXPECT_EQ(test, node_with(h, thing, page), ALIGN(page + size, SZ_4K));
	expect_only_nodes(test, h);
	KUNIT_EXPECT_EQ(test, node_with(h, thing, page + SZ_4K - 1),
			ALIGN(page + SZ_4K - 1 + size, SZ_4K));
	expect_only_nodes(test, h);
	KUNIT_EXPECT_EQ(test, node_with(h, thing, page + SZ_4K), page);
	expect_only_nodes(test, h);
}

struct span {
	u64 addr;
	u64 size;
	u32 type;
};

#define RANGES	5

/**
 * struct e820_row - a memory map and what becomes of it
 * @name: what it is about
 * @in: the loader's map, its RAM aside, which comes first
 * @out: entries in boot_params, after that RAM
 * @grows: size that the entry of that RAM grows by
 * @wraps: address of the last entry that wraps around
 */
struct e820_row {
	const char *name;
	struct span in[RANGES];
	struct span out[RANGES];
	u64 grows;
	u64 wraps;
};

#define ISA	{ 0xa0000, 0x60000, 2 }

static const struct e820_row e820_rows[] = {
	{
		.name	= "ISA area",
		.in	= { { SZ_64M, SZ_1M, 2 } },
		.out	= { { SZ_64M, SZ_1M, 2 }, ISA },
	}, {
		.name	= "ISA area merged with what ends there",
		.in	= { { 0x9fc00, 0x400, 2 } },
		.out	= { { 0x9fc00, 0x60400, 2 } },
	}, {
		.name	= "ISA area not merged with what is not the last",
		.in	= { { 0x9fc00, 0x400, 2 }, { SZ_64M, 1, 5 } },
		.out	= { { 0x9fc00, 0x400, 2 }, { SZ_64M, 1, 5 }, ISA },
	}, {
		.name	= "adjacent, one type",
		.in	= { { SZ_64M, 5, 3 }, { SZ_64M + 5, 6, 3 }, { SZ_64M + 11, 7, 3 } },
		.out	= { { SZ_64M, 18, 3 }, ISA },
	}, {
		.name	= "adjacent to the first one, of one type with it",
		.in	= { { AT(FAKE_PAGES), 7, 1 } },
		.out	= { ISA },
		.grows	= 7,
	}, {
		.name	= "adjacent, two types",
		.in	= { { SZ_64M, 5, 3 }, { SZ_64M + 5, 6, 4 } },
		.out	= { { SZ_64M, 5, 3 }, { SZ_64M + 5, 6, 4 }, ISA },
	}, {
		.name	= "adjacent, the upper one first",
		.in	= { { SZ_64M + 5, 6, 3 }, { SZ_64M, 5, 3 } },
		.out	= { { SZ_64M + 5, 6, 3 }, { SZ_64M, 5, 3 }, ISA },
	}, {
		.name	= "adjacent, around 4 GiB",
		.in	= { { SZ_4G - 1, 1, 4 }, { SZ_4G, 1, 4 } },
		.out	= { { SZ_4G - 1, 2, 4 }, ISA },
	}, {
		.name	= "adjacent, types that stay as they are",
		.in	= { { SZ_64M, 5, 12 }, { SZ_64M + 5, 6, 12 },
			    { SZ_1G, 5, 0xefffffff }, { SZ_1G + 5, 6, 0xefffffff } },
		.out	= { { SZ_64M, 5, 12 }, { SZ_64M + 5, 6, 12 },
			    { SZ_1G, 5, 0xefffffff }, { SZ_1G + 5, 6, 0xefffffff }, ISA },
	}, {
		.name	= "a gap of one byte",
		.in	= { { SZ_64M, 5, 3 }, { SZ_64M + 6, 6, 3 } },
		.out	= { { SZ_64M, 5, 3 }, { SZ_64M + 6, 6, 3 }, ISA },
	}, {
		.name	= "empty entries between neighbours",
		.in	= { { SZ_64M, 5, 3 }, { 0, 0, 1 }, { SZ_64M + 5, 0, 2 },
			    { SZ_64M + 5, 6, 3 }, { U64_MAX, 0, 3 } },
		.out	= { { SZ_64M, 11, 3 }, ISA },
	}, {
		.name	= "overlaps",
		.in	= { { SZ_64M, 5, 3 }, { SZ_64M + 4, 6, 3 }, { SZ_64M, 5, 3 },
			    { 0, SZ_1G, 2 } },
		.out	= { { SZ_64M, 5, 3 }, { SZ_64M + 4, 6, 3 }, { SZ_64M, 5, 3 },
			    { 0, SZ_1G, 2 }, ISA },
	}, {
		.name	= "unknown types",
		.in	= { { SZ_64M, 5, 0 }, { SZ_1G, 5, 6 }, { SZ_2G, 5, U32_MAX } },
		.out	= { { SZ_64M, 5, 0 }, { SZ_1G, 5, 6 }, { SZ_2G, 5, U32_MAX }, ISA },
	}, {
		.name	= "as high as it gets",
		.in	= { { U64_MAX - 10, 10, 1 } },
		.out	= { { U64_MAX - 10, 10, 1 }, ISA },
	}, {
		.name	= "wraps around",
		.in	= { { U64_MAX - 10, 100, 1 } },
		.out	= { { U64_MAX - 10, 10, 1 }, ISA },
		.wraps	= U64_MAX - 10,
	}, {
		.name	= "wraps around at the last address",
		.in	= { { U64_MAX, U64_MAX, 2 } },
		.out	= { ISA },
		.wraps	= U64_MAX,
	}, {
		.name	= "two wrap around",
		.in	= { { 2, U64_MAX, 2 }, { 1, U64_MAX, 2 } },
		.out	= { { 2, U64_MAX - 2, 2 }, { 1, U64_MAX - 1, 2 }, ISA },
		.wraps	= 1,
	},
};

KUNIT_ARRAY_PARAM_DESC(e820, e820_rows, name);

static void expect_range(struct kunit *test, const struct boot_e820_entry *entry,
			 const struct span *range)
{
	KUNIT_EXPECT_EQ(test, (u64)entry->addr, range->addr);
	KUNIT_EXPECT_EQ(test, (u64)entry->size, range->size);
	KUNIT_EXPECT_EQ(test, (u32)entry->type, range->type);
}

/* What becomes of entries, with RAM for the initrd before them. */
static void __init test_e820(struct kunit *test)
{
	const struct e820_row *row = test->param_value;
	struct handover *h = test->priv;
	const struct span first = { AT(RAM_PAGE), FAKE_SIZE / 2 + row->grows, 1 };
	unsigned int i, entries = 1;

	make_good(h, LOW);
	for (i = 0; i < RANGES; i++) {
		h->map[i + 1].addr = row->in[i].addr;
		h->map[i + 1].size = row->in[i].size;
		h->map[i + 1].type = row->in[i].type;
	}
	h->info.memmap_entries = 1 + RANGES;

	/* The entries may leave no RAM for it. */
	h->info.nr_modules = 0;
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	expect_range(test, &h->bp.e820_table[0], &first);
	for (i = 0; i < RANGES && row->out[i].size; i++)
		expect_range(test, &h->bp.e820_table[entries++], &row->out[i]);
	KUNIT_EXPECT_EQ(test, h->bp.e820_entries, entries);
	KUNIT_EXPECT_EQ(test, h->boot.warning_value[PVH_MEMMAP_WRAPS], row->wraps);
	expect_only_nodes(test, h);
}

/**
 * struct count - a number of entries that cannot be merged
 * @name: what it is about
 * @entries: in the loader's map
 * @table: in boot_params
 * @ext: in the SETUP_E820_EXT node
 */
struct count {
	const char *name;
	unsigned int entries;
	unsigned int table;
	unsigned int ext;
};

static const struct count counts[] = {
	{ "1 entry",		1,	2,	0 },
	{ "127 entries",	127,	128,	0 },
	{ "128 entries",	128,	128,	1 },
	{ "129 entries",	129,	128,	2 },
	{ "1023 entries",	1023,	128,	896 },
	{ "1024 entries",	1024,	128,	897 },
};

KUNIT_ARRAY_PARAM_DESC(count, counts, name);

/* A map of which no entries are neighbours; the first is RAM. */
static void make_map(struct handover *h, unsigned int entries)
{
	unsigned int i;

	make_good(h, LOW);
	for (i = 1; i < entries; i++) {
		h->map[i].addr = (u64)i << 32;
		h->map[i].size = i;
		h->map[i].type = 2 + i % 9;
	}
	h->info.memmap_entries = entries;
}

static const struct boot_e820_entry *entry_at(const struct handover *h, unsigned int i)
{
	const struct setup_data *node;

	if (i < TABLE_ENTRIES)
		return &h->bp.e820_table[i];

	node = node_at(h, h->bp.hdr.setup_data);
	return (const void *)(node->data + (i - TABLE_ENTRIES) * 20);
}

/* All entries arrive, in order, and the ISA area after them. */
static void expect_map(struct kunit *test, const struct handover *h, unsigned int entries)
{
	static const struct span isa = ISA;
	unsigned int i, good = 0;

	for (i = 0; i < entries; i++) {
		const struct boot_e820_entry *entry = entry_at(h, i);

		good += entry->addr == h->map[i].addr && entry->size == h->map[i].size &&
			entry->type == h->map[i].type;
	}
	KUNIT_EXPECT_EQ(test, good, entries);
	expect_range(test, entry_at(h, entries), &isa);
}

/* What boot_params cannot hold goes into a node, if the kernel's own table can hold it. */
static void __init test_counts(struct kunit *test)
{
	const struct count *count = test->param_value;
	struct handover *h = test->priv;
	const struct setup_data *node;
	struct pvh_status status;

	make_map(h, count->entries);
	status = hand_over(h);
	expect_only_nodes(test, h);
	if (count->entries + 1 > MAX_RANGES) {
		KUNIT_EXPECT_EQ(test, (int)status.error, PVH_MEMMAP_TOO_COMPLEX);
		KUNIT_EXPECT_EQ(test, status.value, count->entries + 1);
		return;
	}

	KUNIT_EXPECT_EQ(test, (int)status.error, PVH_OK);
	KUNIT_EXPECT_EQ(test, h->bp.e820_entries, count->table);
	KUNIT_ASSERT_EQ(test, h->bp.hdr.setup_data, count->ext ? AT(RAM_PAGE) : 0);
	if (count->ext) {
		node = node_at(h, h->bp.hdr.setup_data);
		KUNIT_EXPECT_EQ(test, node->next, 0);
		KUNIT_EXPECT_EQ(test, node->type, SETUP_E820_EXT);
		KUNIT_ASSERT_EQ(test, node->len, count->ext * 20);
	}
	expect_map(test, h, count->entries);
	KUNIT_EXPECT_EQ(test, h->bp.eddbuf[0].device, 0);
}

/* RAM with holes in it: two ranges each, one more at the end, and the ISA area. */
static void make_holes(struct handover *h, unsigned int holes)
{
	unsigned int i;

	make_good(h, LOW);
	h->map[0].size = 1ULL << 40;
	for (i = 1; i <= holes; i++) {
		h->map[i].addr = (u64)i << 28;
		h->map[i].size = SZ_4K;
		h->map[i].type = E820_TYPE_RESERVED;
	}
	h->info.memmap_entries = 1 + holes;
}

/* Of fewer entries, too, there may become more ranges than the kernel can hold. */
static void __init test_complexity(struct kunit *test)
{
	unsigned int holes = min((MAX_RANGES - 2) / 2, MAX_ENTRIES - 1);
	struct handover *h = test->priv;
	struct pvh_status status;

	make_holes(h, holes);
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	KUNIT_EXPECT_EQ(test, pvh_count_ranges(&h->boot, holes + 2), 2 * holes + 2);
	expect_only_nodes(test, h);
	if (holes == MAX_ENTRIES - 1)
		return;

	make_holes(h, holes + 1);
	status = hand_over(h);
	KUNIT_EXPECT_EQ(test, (int)status.error, PVH_MEMMAP_TOO_COMPLEX);
	KUNIT_EXPECT_EQ(test, status.value, 2 * holes + 4);
	expect_only_nodes(test, h);
}

/*
 * The ISA area, which comes last, covers all the holes: but the kernel settles
 * the overlaps of the first entries before it gets to know that.
 */
static void __init test_first_pass(struct kunit *test)
{
	struct handover *h = test->priv;
	struct pvh_status status;
	unsigned int i;

	make_good(h, LOW);
	h->map[1].addr = 0;
	h->map[1].size = SZ_1M;
	h->map[1].type = E820_TYPE_RAM;
	for (i = 2; i < TABLE_ENTRIES; i++) {
		h->map[i].addr = 0xa0000 + i * 64;
		h->map[i].size = 16;
		h->map[i].type = E820_TYPE_RESERVED;
	}
	h->info.memmap_entries = TABLE_ENTRIES;
	status = hand_over(h);
	KUNIT_EXPECT_EQ(test, pvh_count_ranges(&h->boot, TABLE_ENTRIES + 1), 3);
	KUNIT_EXPECT_EQ(test, pvh_count_ranges(&h->boot, TABLE_ENTRIES), 2 * TABLE_ENTRIES - 2);
	if (2 * TABLE_ENTRIES - 1 <= MAX_RANGES) {
		KUNIT_EXPECT_EQ(test, (int)status.error, PVH_OK);
		return;
	}
	KUNIT_EXPECT_EQ(test, (int)status.error, PVH_MEMMAP_TOO_COMPLEX);
	KUNIT_EXPECT_EQ(test, status.value, 2 * TABLE_ENTRIES - 1);
}

/**
 * struct ranges_row - a memory map and how many ranges the kernel makes of it
 * @name: what it is about
 * @in: the loader's map
 * @ranges: expected
 */
struct ranges_row {
	const char *name;
	struct span in[RANGES];
	unsigned int ranges;
};

static const struct ranges_row ranges_rows[] = {
	{ "ISA area",			{ },						1 },
	{ "ISA area in RAM",		{ { 0, SZ_1G, 1 } },				3 },
	{ "ISA area at the end of RAM",	{ { 0, SZ_1M, 1 } },				2 },
	{ "ISA area in all there is",	{ { 0, U64_MAX, 1 } },				3 },
	{ "ISA area in ACPI's memory",	{ { 0, SZ_1G, 3 } },				1 },
	{ "ISA area grows",		{ { SZ_1M, 5, 2 }, { 0, 0xa0000, 2 } },		1 },
	{ "ISA area passed as such",	{ ISA, ISA },					1 },
	{ "without a byte",		{ { SZ_1G, 0, 1 }, { U64_MAX, 7, 1 } },		1 },
	{ "type 0 is none",		{ { SZ_1G, 5, 0 } },				1 },
	{ "adjacent, one type",		{ { SZ_1G, 5, 1 }, { SZ_1G + 5, 5, 1 } },	2 },
	{ "adjacent, in any order",	{ { SZ_1G + 5, 5, 1 }, { SZ_1G, 5, 1 } },	2 },
	{ "adjacent, two types",	{ { SZ_1G, 5, 1 }, { SZ_1G + 5, 5, 2 } },	3 },
	{ "adjacent, not merged",	{ { SZ_1G, 5, 12 }, { SZ_1G + 5, 5, 12 } },	3 },
	{ "apart, one type",		{ { SZ_1G, 5, 1 }, { SZ_1G + 6, 5, 1 } },	3 },
	{ "twice",			{ { SZ_1G, 5, 3 }, { SZ_1G, 5, 3 } },		2 },
	{ "larger type wins",		{ { SZ_1G, 9, 3 }, { SZ_1G, 9, 2 } },		2 },
	{ "smaller type at the end",	{ { SZ_1G, 5, 3 }, { SZ_1G, 9, 2 } },		3 },
	{ "larger type in the middle",	{ { SZ_1G, 9, 1 }, { SZ_1G + 3, 3, 2 } },	4 },
	{ "smaller type in the middle",	{ { SZ_1G, 9, 3 }, { SZ_1G + 3, 3, 2 } },	2 },
	{ "unmerged, overlapping",	{ { SZ_1G, 9, 12 }, { SZ_1G + 3, 3, 12 } },	4 },
	{ "unmerged, border of another", { { SZ_1G, 9, 12 }, { SZ_1G + 3, 3, 2 } },	4 },
	{ "at address 0, not merged",	{ { 0, 5, 12 } },				2 },
	{ "up to the last address",	{ { SZ_1G, U64_MAX, 1 }, { SZ_2G, U64_MAX, 2 } }, 3 },
};

KUNIT_ARRAY_PARAM_DESC(ranges, ranges_rows, name);

static void __init test_ranges(struct kunit *test)
{
	const struct ranges_row *row = test->param_value;
	struct handover *h = test->priv;
	unsigned int i;

	make_good(h, LOW);
	for (i = 0; i < RANGES; i++) {
		h->map[i].addr = row->in[i].addr;
		h->map[i].size = row->in[i].size;
		h->map[i].type = row->in[i].type;
	}
	h->info.memmap_entries = RANGES;

	prepare(h);
	memset(&h->bp, 0, sizeof(h->bp));
	KUNIT_EXPECT_EQ(test, (int)pvh_read_start_info(&h->boot).error, PVH_OK);
	KUNIT_EXPECT_EQ(test, (int)pvh_set_memmap(&h->boot).error, PVH_OK);
	KUNIT_EXPECT_EQ(test, pvh_count_ranges(&h->boot, h->bp.e820_entries), row->ranges);
}

/* The node is made before it is known that merging leaves nothing for it. */
static void __init test_merged_to_one(struct kunit *test)
{
	static const struct span all = { AT(RAM_PAGE), MAX_ENTRIES * 16, 1 };
	struct handover *h = test->priv;
	const struct setup_data *node;
	unsigned int i;

	make_good(h, LOW);
	for (i = 0; i < MAX_ENTRIES; i++) {
		h->map[i].addr = all.addr + i * 16;
		h->map[i].size = 16;
		h->map[i].type = 1;
	}
	h->map[0].addr = all.addr;
	h->info.memmap_entries = MAX_ENTRIES;
	h->info.nr_modules = 0;
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_NO_ROOM);

	/* Room for the node, elsewhere. */
	h->map[MAX_ENTRIES - 1].addr = AT(24);
	h->map[MAX_ENTRIES - 1].size = 5 * SZ_4K;
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	KUNIT_EXPECT_EQ(test, h->bp.e820_entries, 3);
	KUNIT_EXPECT_EQ(test, (u64)h->bp.e820_table[0].size, all.size - 16);
	KUNIT_ASSERT_EQ(test, h->bp.hdr.setup_data, AT(24));
	node = node_at(h, AT(24));
	KUNIT_EXPECT_EQ(test, node->len, 0);
	expect_only_nodes(test, h);
}

struct text {
	int number;
	u64 value;
	const char *line;
};

/* The numbers and what they say are an interface: none ever changes. */
static const struct text error_texts[] = {
	{ PVH_BAD_MAGIC, 0,
	  "xen-pvh: error 01: start_info: bad magic (0x0)\n" },
	{ PVH_NO_MEMMAP, 1,
	  "xen-pvh: error 02: start_info: no memory map, in version (0x1)\n" },
	{ PVH_MEMMAP_TOO_LONG, 0x401,
	  "xen-pvh: error 03: start_info: memmap_entries too large (0x401)\n" },
	{ PVH_MEMMAP_OUT_OF_REACH, U64_MAX,
	  "xen-pvh: error 04: start_info: memmap_paddr out of reach (0xffffffffffffffff)\n" },
	{ PVH_MODLIST_OUT_OF_REACH, 0x123456789abcdef0,
	  "xen-pvh: error 05: start_info: modlist_paddr out of reach (0x123456789abcdef0)\n" },
	{ PVH_INITRD_OUT_OF_REACH, 0xf,
	  "xen-pvh: error 06: module 0: initrd out of reach (0xf)\n" },
	{ PVH_CMDLINE_OUT_OF_REACH, 0x10,
	  "xen-pvh: error 07: start_info: cmdline_paddr out of reach (0x10)\n" },
	{ PVH_START_INFO_OUT_OF_REACH, SZ_4G,
	  "xen-pvh: error 09: start_info: out of reach (0x100000000)\n" },
	{ PVH_START_INFO_IN_KERNEL, 9,
	  "xen-pvh: error 10: start_info: overlaps the kernel (0x9)\n" },
	{ PVH_MEMMAP_IN_KERNEL, 0xfedcba9876,
	  "xen-pvh: error 11: start_info: memmap_paddr overlaps the kernel (0xfedcba9876)\n" },
	{ PVH_MODLIST_IN_KERNEL, 0xfedcba9876,
	  "xen-pvh: error 12: start_info: modlist_paddr overlaps the kernel (0xfedcba9876)\n" },
	{ PVH_INITRD_IN_KERNEL, 0xa,
	  "xen-pvh: error 13: module 0: initrd overlaps the kernel (0xa)\n" },
	{ PVH_CMDLINE_IN_KERNEL, 0xfedcba9876,
	  "xen-pvh: error 14: start_info: cmdline_paddr overlaps the kernel (0xfedcba9876)\n" },
	{ PVH_TOO_LITTLE_RAM, 0x1000000,
	  "xen-pvh: error 15: memory map: too little RAM, of size (0x1000000)\n" },
	{ PVH_TOO_MANY_MODULES, U32_MAX,
	  "xen-pvh: error 16: start_info: nr_modules too large (0xffffffff)\n" },
	{ PVH_NO_ROOM, 0xfedcba9876,
	  "xen-pvh: error 17: memory map: no free RAM for its rest, of size (0xfedcba9876)\n" },
	{ PVH_MEMMAP_TOO_COMPLEX, 0x82,
	  "xen-pvh: error 18: memory map: too many ranges for this kernel (0x82)\n" },
};

static const struct text warning_texts[] = {
	{ PVH_MODULES_IGNORED, 1,
	  "xen-pvh: warning 01: modules after the first ignored (0x1)\n" },
	{ PVH_MEMMAP_WRAPS, U64_MAX,
	  "xen-pvh: warning 02: memory map: entry wraps around (0xffffffffffffffff)\n" },
	{ PVH_RSDP_OUT_OF_REACH, 0xfedcba9876,
	  "xen-pvh: warning 03: start_info: rsdp_paddr out of reach, ignored (0xfedcba9876)\n" },
	{ PVH_NO_RSDP, 0x123456789ab,
	  "xen-pvh: warning 04: start_info: no RSDP at rsdp_paddr, ignored (0x123456789ab)\n" },
};

/* A line has its length, stays within its bound and writes nothing after it. */
static void expect_line(struct kunit *test, const char *line, unsigned int length,
			const char *expected)
{
	KUNIT_EXPECT_EQ(test, length, strlen(expected));
	KUNIT_EXPECT_LE(test, length, (unsigned int)PVH_LINE_SIZE);
	KUNIT_EXPECT_STREQ(test, line, expected);
}

static void __init test_error_texts(struct kunit *test)
{
	char *line = kunit_kzalloc(test, PVH_LINE_SIZE + 1, GFP_KERNEL);
	unsigned int i, length;

	KUNIT_ASSERT_NOT_NULL(test, line);
	/* No text: PVH_OK, and PVH_NO_LONG_MODE, which the entry prints itself. */
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(error_texts), PVH_NR_ERRORS - 2);
	for (i = 0; i < ARRAY_SIZE(error_texts); i++) {
		const struct text *text = &error_texts[i];
		const struct pvh_status status = { text->number, text->value };

		memset(line, 0, PVH_LINE_SIZE + 1);
		length = pvh_format_error(line, status);
		expect_line(test, line, length, text->line);
	}
}

static void __init test_warning_texts(struct kunit *test)
{
	char *line = kunit_kzalloc(test, PVH_LINE_SIZE + 1, GFP_KERNEL);
	unsigned int i, length;

	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(warning_texts), PVH_NR_WARNINGS - 1);
	for (i = 0; i < ARRAY_SIZE(warning_texts); i++) {
		const struct text *text = &warning_texts[i];

		memset(line, 0, PVH_LINE_SIZE + 1);
		length = pvh_format_warning(line, text->number, text->value);
		expect_line(test, line, length, text->line);
	}
}

/* A handover with all that there is to warn of, and a map that needs a node. */
static void make_warnings(struct handover *h)
{
	make_map(h, TABLE_ENTRIES);
	h->map[1].addr = U64_MAX - 1;
	h->map[1].size = 2;
	h->info.nr_modules = 3;
	h->info.rsdp_paddr = SZ_4G;
	h->env.cpu_reach = SZ_4G;
}

/* The kernel is told of all warnings, in a second node that follows the map's. */
static void __init test_messages(struct kunit *test)
{
	static const char expected[] =
		"xen-pvh: warning 01: modules after the first ignored (0x2)\n"
		"xen-pvh: warning 02: memory map: entry wraps around (0xfffffffffffffffe)\n"
		"xen-pvh: warning 03: start_info: rsdp_paddr out of reach, ignored (0x100000000)\n";
	struct handover *h = test->priv;
	const struct setup_data *node;

	make_warnings(h);
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	KUNIT_ASSERT_EQ(test, h->bp.hdr.setup_data, AT(RAM_PAGE + 1));
	node = node_at(h, h->bp.hdr.setup_data);
	KUNIT_EXPECT_EQ(test, node->type, SETUP_MESSAGES);
	KUNIT_ASSERT_EQ(test, node->len, sizeof(expected) - 1);
	KUNIT_EXPECT_TRUE(test, !memcmp(node->data, expected, sizeof(expected) - 1));
	KUNIT_ASSERT_EQ(test, node->next, AT(RAM_PAGE));
	node = node_at(h, AT(RAM_PAGE));
	KUNIT_EXPECT_EQ(test, node->type, SETUP_E820_EXT);
	KUNIT_EXPECT_EQ(test, node->next, 0);
	KUNIT_EXPECT_EQ(test, h->boot.warned, 0);
	expect_only_nodes(test, h);
}

/* Without room for the messages, the caller gets to know of the warnings. */
static void __init test_messages_lost(struct kunit *test)
{
	struct handover *h = test->priv;

	make_warnings(h);
	h->map[0].size = SZ_4K;
	h->modules[0].size = 0;
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	KUNIT_EXPECT_EQ(test, h->bp.hdr.setup_data, AT(RAM_PAGE));
	KUNIT_EXPECT_EQ(test, h->boot.warned, 1U << PVH_MODULES_IGNORED |
			1U << PVH_MEMMAP_WRAPS | 1U << PVH_RSDP_OUT_OF_REACH);
	KUNIT_EXPECT_EQ(test, h->boot.warning_value[PVH_MODULES_IGNORED], 2);
	KUNIT_EXPECT_EQ(test, h->boot.warning_value[PVH_MEMMAP_WRAPS], U64_MAX - 1);
	KUNIT_EXPECT_EQ(test, h->boot.warning_value[PVH_RSDP_OUT_OF_REACH], SZ_4G);
	expect_only_nodes(test, h);
}

/**
 * struct rsdp - an RSDP and whether it is handed over
 * @name: what it is about
 * @paddr: where it is said to be
 * @reach: of the CPU
 * @spoilt: which of its bytes is not what it should be, or NOT_SPOILT
 * @warning: expected, 0 for an RSDP that is handed over
 */
struct rsdp {
	const char *name;
	u64 paddr;
	u64 reach;
	unsigned int spoilt;
	enum pvh_warning warning;
};

#define NOT_SPOILT	36

static const struct rsdp rsdps[] = {
	{ "none",			0,		SZ_4G,	0,  0 },
	{ "good",			HIGH,		SZ_4G,	NOT_SPOILT, 0 },
	{ "byte without a checksum",	HIGH,		SZ_4G,	20, 0 },
	{ "first byte of signature",	HIGH,		SZ_4G,	0,  PVH_NO_RSDP },
	{ "last byte of signature",	HIGH,		SZ_4G,	7,  PVH_NO_RSDP },
	{ "checksum",			HIGH,		SZ_4G,	8,  PVH_NO_RSDP },
	{ "last byte with checksum",	HIGH,		SZ_4G,	19, PVH_NO_RSDP },
	{ "unaligned",			HIGH + 1,	SZ_4G,	NOT_SPOILT, 0 },
	{ "ends at 4 GiB",		SZ_4G - 36,	SZ_64T,	NOT_SPOILT, 0 },
	{ "ends at 4 GiB, bad",		SZ_4G - 36,	SZ_64T,	19, PVH_NO_RSDP },
	{ "ends above, unread",		SZ_4G - 35,	SZ_64T,	0,  0 },
	{ "at 4 GiB, unread",		SZ_4G,		SZ_64T,	0,  0 },
	{ "ends at the CPU's reach",	SZ_64T - 36,	SZ_64T,	0,  0 },
	{ "ends above it",		SZ_64T - 35,	SZ_64T,	0,  PVH_RSDP_OUT_OF_REACH },
	{ "starts there",		SZ_64T,		SZ_64T,	0,  PVH_RSDP_OUT_OF_REACH },
	{ "ends above 4 GiB's reach",	SZ_4G - 35,	SZ_4G,	0,  PVH_RSDP_OUT_OF_REACH },
	{ "wraps around",		U64_MAX - 34,	SZ_64T,	0,  PVH_RSDP_OUT_OF_REACH },
};

KUNIT_ARRAY_PARAM_DESC(rsdp, rsdps, name);

static void __init test_rsdp(struct kunit *test)
{
	const struct rsdp *rsdp = test->param_value;
	struct handover *h = test->priv;

	make_good(h, HIGH);
	/* The start of the memory is for the RSDP. */
	h->info_paddr = HIGH_AT(INFO_PAGE) + RSDP_OFFSET;
	h->info.rsdp_paddr = rsdp->paddr;
	h->map[0].size = RAM_SIZE - SZ_4K;
	h->modules[0].size = SZ_4K;
	h->env.cpu_reach = rsdp->reach;
	if (rsdp->spoilt < NOT_SPOILT)
		h->rsdp[rsdp->spoilt]++;
	/* With a good checksum, the signature alone is bad. */
	if (rsdp->spoilt < 8)
		h->rsdp[8]--;

	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	KUNIT_EXPECT_EQ(test, h->bp.acpi_rsdp_addr, rsdp->warning ? 0 : rsdp->paddr);
	KUNIT_EXPECT_EQ(test, h->bp.hdr.setup_data, rsdp->warning ? HIGH_AT(RAM_PAGE) : 0);
	KUNIT_EXPECT_EQ(test, h->boot.warning_value[PVH_RSDP_OUT_OF_REACH],
			rsdp->warning == PVH_RSDP_OUT_OF_REACH ? rsdp->paddr : 0);
	KUNIT_EXPECT_EQ(test, h->boot.warning_value[PVH_NO_RSDP],
			rsdp->warning == PVH_NO_RSDP ? rsdp->paddr : 0);
}

/* The kernel clears its .bss before it looks for the RSDP. */
static void __init test_rsdp_in_kernel(struct kunit *test)
{
	struct handover *h = test->priv;

	make_good(h, LOW);
	h->env.kernel_start = h->info.rsdp_paddr + 35;
	h->env.kernel_end = h->env.kernel_start + 1;
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	KUNIT_EXPECT_EQ(test, h->bp.acpi_rsdp_addr, 0);
	KUNIT_EXPECT_EQ(test, h->boot.warning_value[PVH_NO_RSDP], h->info.rsdp_paddr);
}

/* A module at address 0 is none, and takes no room from a node. */
static void __init test_module_at_0(struct kunit *test)
{
	struct handover *h = test->priv;

	make_good(h, LOW);
	h->modules[1].paddr = 0;
	h->modules[1].size = U64_MAX;
	h->info.nr_modules = 2;
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);
	KUNIT_EXPECT_TRUE(test, h->bp.hdr.setup_data != 0);
	KUNIT_EXPECT_EQ(test, h->boot.warned, 0);
}

/* The header is that of the boot protocol, and no byte more is set. */
static void __init expect_header(struct kunit *test, u64 info_paddr, bool xen, u8 loader)
{
	struct handover *h = test->priv;
	struct boot_params *bp = &h->bp;

	make_good(h, info_paddr < LOW ? LOWEST : LOW);
	h->info_paddr = info_paddr;
	h->env.xen = xen;
	h->env.map_from_xen = true;
	h->info.nr_modules = 0;
	h->info.memmap_entries = 0;
	h->info.rsdp_paddr = 0;
	h->info.cmdline_paddr = 0;
	KUNIT_EXPECT_EQ(test, (int)hand_over(h).error, PVH_OK);

	KUNIT_EXPECT_EQ(test, bp->hdr.type_of_loader, loader);
	KUNIT_EXPECT_EQ(test, bp->hdr.boot_flag, 0xaa55);
	KUNIT_EXPECT_EQ(test, bp->hdr.version, 0x020f);
	KUNIT_EXPECT_EQ(test, bp->hdr.loadflags, LOADED_HIGH);
	KUNIT_EXPECT_TRUE(test, !memcmp(&bp->hdr.header, "HdrS", 4));

	bp->hdr.type_of_loader = 0;
	bp->hdr.boot_flag = 0;
	bp->hdr.version = 0;
	bp->hdr.loadflags = 0;
	bp->hdr.header = 0;
	KUNIT_EXPECT_TRUE(test, !memchr_inv(bp, 0, sizeof(*bp)));
}

static void __init test_header(struct kunit *test)
{
	expect_header(test, AT(INFO_PAGE), true, 0x90);
	expect_header(test, AT(INFO_PAGE), false, 0xb0);
	expect_header(test, SZ_1M, true, 0x90);
	/* QEMU, in an HVM domain */
	expect_header(test, SZ_1M - 1, true, 0xb0);
}

static int pvh_test_init(struct kunit *test)
{
	struct handover *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->memory = kunit_kzalloc(test, FAKE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h->memory);
	h->before = kunit_kzalloc(test, FAKE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h->before);
	test->priv = h;

	return 0;
}

/* Results are read after boot, so this is no __initdata. */
static struct kunit_case __refdata pvh_test_cases[] = {
	KUNIT_CASE_PARAM(test_start_info, start_info_gen_params),
	KUNIT_CASE_PARAM(test_memmap, memmap_gen_params),
	KUNIT_CASE_PARAM(test_modlist, modlist_gen_params),
	KUNIT_CASE_PARAM(test_initrd, initrd_gen_params),
	KUNIT_CASE_PARAM(test_cmdline, cmdline_gen_params),
	KUNIT_CASE_PARAM(test_placement, placement_gen_params),
	KUNIT_CASE_PARAM(test_obstacles, thing_gen_params),
	KUNIT_CASE_PARAM(test_e820, e820_gen_params),
	KUNIT_CASE_PARAM(test_counts, count_gen_params),
	KUNIT_CASE_PARAM(test_ranges, ranges_gen_params),
	KUNIT_CASE_PARAM(test_rsdp, rsdp_gen_params),
	KUNIT_CASE(test_rsdp_in_kernel),
	KUNIT_CASE(test_module_at_0),
	KUNIT_CASE(test_complexity),
	KUNIT_CASE(test_first_pass),
	KUNIT_CASE(test_merged_to_one),
	KUNIT_CASE(test_error_texts),
	KUNIT_CASE(test_warning_texts),
	KUNIT_CASE(test_messages),
	KUNIT_CASE(test_messages_lost),
	KUNIT_CASE(test_header),
	{}
};

static struct kunit_suite pvh_test_suite = {
	.name		= "pvh",
	.init		= pvh_test_init,
	.test_cases	= pvh_test_cases,
};
kunit_test_init_section_suites(&pvh_test_suite);
