// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the stub's pure core: whatever a loader hands over, pvh_set_boot_params() either refuses it for a reason that
 * is true, or hands all of it over and changes nothing but its own nodes.
 *
 * The input is decoded into a handover: a list of small choices (which window, how far from its end, after what), so
 * that few bytes lead deep. A region of 4 GiB with guard pages around it plays the memory; what is written there is
 * zeroed after each run. What the outcome must be is worked out from scratch in wide integers, see expect_*().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <asm/bootparam.h>
#include <asm/e820/types.h>
#include <asm/setup.h>

#include "pvh.h"

#define PAGE		4096ULL
#define GUARD		SZ_64K
#define TABLE		128
#define MOST		1024
#define MAX_RANGES	(E820_MAX_ENTRIES - 2)
#define FULL_CHECK	1024

/* One more than there are: the numbers begin with 1. */
#define WARNINGS	5

typedef unsigned __int128 u128;

/* Where a handover's parts are. The core may find RAM elsewhere, too. */
static const struct { u64 start, size; } windows[] = {
	{ 0, SZ_64K }, { SZ_1M - SZ_64K / 2, SZ_64K }, { SZ_16M, SZ_64K }, { SZ_4G - SZ_64K, SZ_64K },
};

static u8 *memory;

/* What the loader hands over, as the core finds it: read back after all has been written. */
static struct hvm_start_info info;
static struct hvm_memmap_table_entry map[MOST];
static struct hvm_modlist_entry modules[MOST];
static u64 info_paddr, info_size;
static bool rsdp_unread, rsdp_good;
static struct pvh_env env;

/* What the core works on: blocks of their own, so that the address sanitizer knows where they end. */
static struct boot_params *bp;
static struct pvh_boot *boot;

/* What has been written to the memory, and has to be zeroed. */
static struct { u64 start, size; } written[16];
static unsigned int nr_written;

#define REQUIRE(condition) do {							\
	if (!(condition)) {							\
		fprintf(stderr, "fuzz.c:%d: %s\n", __LINE__, #condition);	\
		abort();							\
	}									\
} while (0)

/* Decoding: what the input has no more bytes for is zero. */
static const u8 *input, *input_end;
static u64 last_end;

static u64 take(unsigned int bytes)
{
	u64 value = 0;

	for (; bytes && input < input_end; bytes--)
		value = value << 8 | *input++;
	return value;
}

static u64 take_addr(void)
{
	u8 kind = take(1);
	unsigned int w = kind >> 4 & 3;

	switch (kind & 15) {
	case 0: case 1: case 2: return windows[w].start + (take(1) % 16) * PAGE;
	case 3: case 4: return windows[w].start + take(2) % windows[w].size;
	case 5: return windows[w].start + windows[w].size - take(1);
	case 6: case 7: case 8: return last_end;
	case 9: return last_end + (__s8)take(1);
	case 10: return ALIGN(last_end, PAGE);
	case 11: return env.kernel_start - take(1);
	case 12: return env.kernel_end - take(1);
	case 13: return (u64)w << 32 | take(4);
	case 14: return take(8);
	default: return env.native_reach - take(2);
	}
}

static u64 take_size(u64 addr)
{
	u8 kind = take(1);

	switch (kind & 7) {
	case 0: case 1: return (take(1) % 16) * PAGE;
	case 2: return take(1);
	case 3: return take(2);
	case 4: return env.native_reach - addr - (__s8)take(1);
	case 5: return (u64)(kind >> 3) << 32 | take(4);
	case 6: return -addr - (__s8)take(1);
	default: return take(8);
	}
}

struct range {
	u64 addr, size;
};

static struct range take_range(void)
{
	u64 addr = take_addr(), size = take_size(addr);

	last_end = addr + size;
	return (struct range){ addr, size };
}

/* Writes to the memory, if it is in one of the windows as a whole. */
static void put(u64 paddr, const void *src, size_t size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++) {
		if (paddr < windows[i].start || (u128)paddr + size > (u128)windows[i].start + windows[i].size)
			continue;
		memcpy(memory + paddr, src, size);
		written[nr_written].start = paddr;
		written[nr_written++].size = size;
	}
}

static bool below(u64 addr, u128 size, u64 limit)
{
	return addr < limit && addr + size <= limit;
}

static void get(void *dst, u64 paddr, u64 size)
{
	if (below(paddr, size, SZ_4G))
		memcpy(dst, memory + paddr, size);
	else
		memset(dst, 0, size);
}

static void take_env(void)
{
	static const u64 reaches[] = { SZ_4G, SZ_64T, 1ULL << 36, 1ULL << 52 };
	u8 flags = take(1);
	u64 size;

	env.memory = (unsigned long)memory;
	env.xen = flags & 1;
	env.map_from_xen = flags & 2;
	env.cpu_reach = reaches[flags >> 2 & 3];
	env.native_reach = flags & 16 ? SZ_4G : min(env.cpu_reach, SZ_64T);
	env.min_ram = flags & 128 ? 1ULL << 2 * (flags & 15) : 0;
	env.kernel_start = env.kernel_end = 0;
	env.kernel_start = SZ_1M - SZ_64K / 2 + (flags & 32 ? take(2) : SZ_64M);
	/* The kernel is never at the very end: KERNEL_IMAGE_SIZE limits where it is loaded. */
	size = flags & 64 ? take(4) : SZ_4K;
	env.kernel_end = min(env.kernel_start + size, SZ_1G + 0ULL);
}

/*
 * A handover of many entries takes a hundred times as long as one of few: only one input in 64 may have more than fit
 * into boot_params, and only one in 1024 the most.
 */
static u32 most_entries(const u8 *data, size_t size)
{
	u32 hash = 2166136261;

	while (size--)
		hash = (hash ^ *data++) * 16777619;
	hash ^= hash >> 16;
	return hash % 1024 == 0 ? MOST : hash % 64 == 0 ? TABLE + 32 : 12;
}

/* One choice may make many entries. */
static u32 take_map(u32 most)
{
	static const u8 types[] = { 1, 1, 1, 2, 3, 12, 7, 0 };
	u32 n = 0;

	while (n < most && input < input_end) {
		u8 kind = take(1);
		u32 repeat = kind & 64 ? take(2) % MOST : 1;
		u32 type = kind & 8 ? take(4) : types[kind & 7];
		struct range r = take_range();
		struct hvm_memmap_table_entry e = { .addr = r.addr, .size = r.size, .type = type };
		u64 stride = kind & 32 ? e.size : e.size + 1;

		for (; repeat && n < most; repeat--, e.addr += stride)
			map[n++] = e;
		last_end = e.addr;
		if (kind & 128)
			break;
	}

	return n;
}

static u32 take_modules(void)
{
	u8 count = take(1);
	u32 i, n = count & 128 ? take(2) % (MOST + 1) : count % 5;

	for (i = 0; i < n; i++) {
		struct range r = i < 4 ? take_range() : (struct range){ modules[i - 4].paddr, modules[i - 4].size };

		modules[i] = (struct hvm_modlist_entry){ .paddr = r.addr, .size = r.size, .cmdline_paddr = U64_MAX };
	}

	return n;
}

static void put_cmdline(u64 paddr)
{
	static char text[4096];
	u32 length = take(2) % sizeof(text);

	memset(text, 'x', sizeof(text));
	put(paddr, text, length & 1 ? length : length % 64);
}

/* Mostly a good one. */
static void put_rsdp(u64 paddr)
{
	char rsdp[36] = "RSD PTR \xc6XenPVH\2";
	u32 spoilt = take(1);
	u8 by = 1;

	if (spoilt % 64 < sizeof(rsdp)) {
		by = take(1);
		rsdp[spoilt % 64] += by;
	}
	if (spoilt & 64)
		rsdp[8] -= by;
	put(paddr, rsdp, sizeof(rsdp));
}

/* What counts and addresses claim need not be what has been written. */
static void take_handover(u32 most)
{
	u8 flags = take(1), odd = take(1);

	memset(&info, 0, sizeof(info));
	info_paddr = take_addr();
	info.magic = odd == 1 ? take(4) : XEN_HVM_START_MAGIC_VALUE;
	info.version = flags & 1 ? take(4) : 1;
	info.modlist_paddr = take_addr();
	info.cmdline_paddr = take_addr();
	info.rsdp_paddr = take_addr();
	info.memmap_paddr = take_addr();
	put_cmdline(info.cmdline_paddr);
	put_rsdp(info.rsdp_paddr);
	info.nr_modules = take_modules();
	info.memmap_entries = take_map(most);

	put(info.modlist_paddr, modules, info.nr_modules * sizeof(modules[0]));
	put(info.memmap_paddr, map, info.memmap_entries * sizeof(map[0]));
	if (odd == 2)
		info.nr_modules = take(4);
	if (odd == 3)
		info.memmap_entries = take(4);
	if (odd == 4)
		info.memmap_entries = take(2);
	if (odd == 5)
		info.nr_modules = MOST + (__s8)take(1);
	if (odd == 6)
		info.memmap_entries = MOST + (__s8)take(1);
	put(info_paddr, &info, sizeof(info));
}

/* Above 4 GiB, and without one, none is looked at. */
static void read_rsdp(void)
{
	u8 rsdp[20], sum = 0;

	rsdp_unread = !info.rsdp_paddr || !below(info.rsdp_paddr, 36, SZ_4G);
	if (rsdp_unread)
		return;
	get(rsdp, info.rsdp_paddr, sizeof(rsdp));
	for (unsigned int i = 0; i < sizeof(rsdp); i++)
		sum += rsdp[i];
	rsdp_good = !sum && !memcmp(rsdp, "RSD PTR ", 8);
}

/* The handover as the core is to see it: parts of it may have been written over others. */
static void read_back(void)
{
	memset(&info, 0, sizeof(info));
	get(&info, info_paddr, 8);
	info_size = info.version ? 56 : 40;
	if (below(info_paddr, info_size, SZ_4G))
		get(&info, info_paddr, info_size);
	if (!info.memmap_paddr)
		info.memmap_entries = 0;
	if (!info.modlist_paddr)
		info.nr_modules = 0;
	get(map, info.memmap_paddr, min(info.memmap_entries, MOST + 0U) * sizeof(map[0]));
	get(modules, info.modlist_paddr, min(info.nr_modules, MOST + 0U) * sizeof(modules[0]));
	read_rsdp();
}

/* The oracle's arithmetic: sums cannot wrap around. */
static bool overlaps(u64 a, u128 a_size, u64 b, u128 b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

static bool in_kernel(u64 addr, u128 size)
{
	return env.kernel_start < env.kernel_end &&
	       overlaps(addr, size, env.kernel_start, env.kernel_end - env.kernel_start);
}

/* What is there of an RSDP that the core could have a look at. */
static bool rsdp_taken(void)
{
	return rsdp_unread || (rsdp_good && !in_kernel(info.rsdp_paddr, 36));
}

/* The last byte of the address space is nobody's. */
static u64 clamped(u64 addr, u64 size)
{
	return (u128)addr + size > U64_MAX ? U64_MAX - addr : size;
}

/* The map that was handed over, as entries of the kernel, and what has become of it. */
static struct boot_e820_entry in[MOST + 1], out[MOST + 1];

/* The kernel's own table: cut the address space at all borders, take the largest type of each piece, merge. */
static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static u32 kernel_ranges(const struct boot_e820_entry *e, u32 entries)
{
	static u64 borders[2 * MOST + 2];
	u32 i, b, n = 0, count = 0, type, last = 0;

	for (i = 0; i < entries; i++) {
		borders[n++] = e[i].addr;
		borders[n++] = e[i].addr + e[i].size;
	}
	qsort(borders, n, sizeof(borders[0]), compare);

	for (b = 0; b < n; b++) {
		if (b && borders[b] == borders[b - 1])
			continue;
		type = 0;
		for (i = 0; i < entries; i++)
			if (overlaps(borders[b], 1, e[i].addr, e[i].size))
				type = max(type, e[i].type);
		count += type && (type != last || type == 12 || type == 0xefffffff);
		last = type;
	}

	return count;
}

/* How much of a range is RAM for the kernel. */
static u64 ram_in(u64 start, u64 end, u32 nr_out)
{
	static u64 borders[2 * MOST + 4];
	u32 i, b, n = 0, type;
	u64 sum = 0;

	borders[n++] = start;
	borders[n++] = end;
	for (i = 0; i < nr_out; i++) {
		borders[n++] = out[i].addr;
		borders[n++] = out[i].addr + out[i].size;
	}
	qsort(borders, n, sizeof(borders[0]), compare);

	for (b = 0; b + 1 < n; b++) {
		if (borders[b] < start || borders[b] >= end || borders[b] == borders[b + 1])
			continue;
		type = 0;
		for (i = 0; i < nr_out; i++)
			if (overlaps(borders[b], 1, out[i].addr, out[i].size))
				type = max(type, out[i].type);
		sum += type == 1 ? borders[b + 1] - borders[b] : 0;
	}

	return sum;
}

/* Is there anything in the way of a node? The node before it aside. */
static bool is_free(u64 addr, u64 size)
{
	if (in_kernel(addr, size) || overlaps(addr, size, info_paddr, 56) ||
	    overlaps(addr, size, info.memmap_paddr, info.memmap_entries * 24ULL) ||
	    overlaps(addr, size, info.modlist_paddr, info.nr_modules * 32ULL) ||
	    overlaps(addr, size, info.cmdline_paddr, 2048) || overlaps(addr, size, info.rsdp_paddr, PAGE))
		return false;
	for (u32 i = 0; i < info.nr_modules; i++)
		if (modules[i].paddr && overlaps(addr, size, modules[i].paddr, modules[i].size))
			return false;
	for (u32 i = 0; i < info.memmap_entries; i++)
		if (map[i].type != 1 && overlaps(addr, size, map[i].addr, map[i].size))
			return false;
	return true;
}

static bool in_one_ram(u64 addr, u64 size)
{
	for (u32 i = 0; i < info.memmap_entries; i++)
		if (map[i].type == 1 && addr >= map[i].addr &&
		    (u128)addr + size <= (u128)map[i].addr + clamped(map[i].addr, map[i].size))
			return true;
	return false;
}

/* Where there is nothing must have been no room: looked at page by page, as far as that takes no time. */
static void expect_no_room(u64 size, u64 taken, u64 taken_size)
{
	unsigned int patience = 64;

	for (u32 i = 0; i < info.memmap_entries; i++) {
		u64 addr = ALIGN(max(min(map[i].addr, SZ_4G), SZ_1M + 0ULL), PAGE);

		for (; map[i].type == 1 && below(addr, size, SZ_4G) && in_one_ram(addr, size); addr += PAGE) {
			if (!patience--)
				return;
			REQUIRE(!is_free(addr, size) || overlaps(addr, size, taken, taken_size));
		}
	}
}

static void expect_room(u64 addr, u64 size)
{
	REQUIRE(addr % PAGE == 0 && addr >= SZ_1M && below(addr, size, SZ_4G));
	REQUIRE(is_free(addr, size));
	REQUIRE(in_one_ram(addr, size));
}

/* How many bytes of data the map's node must have room for, 0 for no node. */
static u32 ext_len(void)
{
	return info.memmap_entries < TABLE ? 0 : (info.memmap_entries + 1 - TABLE) * 20;
}

static u64 node_size(u64 len)
{
	return ALIGN(16 + len, PAGE);
}

static const struct setup_data *node_at(u64 paddr)
{
	REQUIRE(paddr && below(paddr, PAGE, SZ_4G));
	return (const void *)(memory + paddr);
}

/* A byte may have been written for a handover that then claims less. */
static bool was_put(u64 addr)
{
	for (unsigned int i = 0; i < nr_written; i++)
		if (overlaps(addr, 1, written[i].start, written[i].size))
			return true;
	return false;
}

/* The node that the core has put first, if it is of this type; checked, and cleaned up after the run. */
static const struct setup_data *expect_node(u64 paddr, u32 type, u64 room)
{
	const struct setup_data *node;
	u64 i, size = node_size(room);

	if (!paddr || node_at(paddr)->type != type)
		return NULL;
	node = node_at(paddr);
	expect_room(paddr, size);
	REQUIRE(node->len <= room);
	for (i = 16 + node->len; i < size; i++)
		REQUIRE(!memory[paddr + i] || was_put(paddr + i));
	written[nr_written].start = paddr;
	written[nr_written++].size = size;
	return node;
}

static u32 expected_warnings(u64 *values)
{
	u32 warned = 0;

	if (info.nr_modules > 1) {
		warned |= 2;
		values[1] = info.nr_modules - 1;
	}
	for (u32 i = 0; i < info.memmap_entries; i++)
		if (clamped(map[i].addr, map[i].size) != map[i].size) {
			warned |= 4;
			values[2] = map[i].addr;
		}
	if (!below(info.rsdp_paddr, 36, env.cpu_reach)) {
		warned |= 8;
		values[3] = info.rsdp_paddr;
	} else if (!rsdp_taken()) {
		warned |= 16;
		values[4] = info.rsdp_paddr;
	}
	return warned;
}

static void expect_messages(const struct setup_data *node)
{
	static const char * const texts[] = { NULL, "modules after the first ignored",
		"memory map: entry wraps around", "start_info: rsdp_paddr out of reach, ignored",
		"start_info: no RSDP at rsdp_paddr, ignored" };
	u64 values[WARNINGS] = { 0 };
	u32 warned = expected_warnings(values);
	char expected[WARNINGS * PVH_LINE_SIZE];
	u32 len = 0;

	REQUIRE(warned);
	for (u32 i = 1; i < WARNINGS; i++)
		if (warned & 1U << i)
			len += snprintf(expected + len, sizeof(expected) - len, "xen-pvh: warning %02u: %s (0x%llx)\n",
					i, texts[i], values[i]);
	REQUIRE(node->len == len && !memcmp(node->data, expected, len));
	REQUIRE(!boot->warned);
}

static void expect_nodes(void)
{
	const struct setup_data *messages, *ext;
	u64 values[WARNINGS] = { 0 }, paddr = bp->hdr.setup_data, ext_paddr;
	u32 warned = expected_warnings(values);

	messages = expect_node(paddr, SETUP_MESSAGES, WARNINGS * PVH_LINE_SIZE);
	ext_paddr = messages ? messages->next : paddr;
	ext = ext_len() ? expect_node(ext_paddr, SETUP_E820_EXT, ext_len()) : NULL;
	REQUIRE(ext ? !ext->next : !ext_paddr && !ext_len());

	if (messages) {
		expect_messages(messages);
		REQUIRE(!ext || !overlaps(paddr, PAGE, ext_paddr, node_size(ext_len())));
		return;
	}
	REQUIRE(boot->warned == warned && !memcmp(boot->warning_value + 1, values + 1, sizeof(values) - 8));
	if (warned)
		expect_no_room(PAGE, ext_paddr, ext ? node_size(ext_len()) : 0);
}

/* What must arrive, but for merging: the ISA area comes last. */

static u32 get_in(void)
{
	u32 i, n = 0;

	for (i = 0; i < info.memmap_entries; i++) {
		in[n].addr = map[i].addr;
		in[n].size = clamped(map[i].addr, map[i].size);
		in[n].type = map[i].type;
		n += !!in[n].size;
	}
	if (info.memmap_entries)
		in[n++] = (struct boot_e820_entry){ 0xa0000, 0x60000, 2 };
	return n;
}

static u32 get_out(void)
{
	u64 ext = bp->hdr.setup_data;
	u32 n = bp->e820_entries, len = 0;

	if (ext && node_at(ext)->type == SETUP_MESSAGES)
		ext = node_at(ext)->next;
	if (ext)
		len = node_at(ext)->len;
	REQUIRE(n <= TABLE && len % 20 == 0 && n + len / 20 <= ARRAY_SIZE(out) && (n == TABLE || !len));
	memcpy(out, bp->e820_table, n * 20);
	if (ext)
		memcpy(out + n, node_at(ext)->data, len);
	return n + len / 20;
}

/* Each entry that arrives is made of as many of the loader's as follow one another, of one type. */
static void expect_map(u32 nr_in, u32 nr_out)
{
	u32 i, o = 0;
	u64 size;

	for (i = 0; i < nr_in; o++) {
		bool kept = in[i].type == 12 || in[i].type == 0xefffffff;

		REQUIRE(o < nr_out && out[o].addr == in[i].addr && out[o].type == in[i].type);
		for (size = in[i++].size; !kept && i < nr_in && in[i].type == out[o].type; i++) {
			if (in[i].addr != out[o].addr + size)
				break;
			size += in[i].size;
		}
		REQUIRE(out[o].size == size);
	}
	REQUIRE(o == nr_out);
}

/* The most that the kernel holds at a time: it settles the first ones, takes the others to them, and settles all. */
static u32 most_ranges(u32 nr_out)
{
	u32 first = min(nr_out, TABLE + 0U);

	return max(kernel_ranges(out, first) + nr_out - first, kernel_ranges(out, nr_out));
}

static void expect_simple(u32 nr_out)
{
	REQUIRE(nr_out <= MAX_RANGES);
	if (nr_out > MAX_RANGES / 4)
		REQUIRE(most_ranges(nr_out) <= MAX_RANGES);
}

static void expect_complex(u64 value, u32 nr_out)
{
	REQUIRE(value > MAX_RANGES);
	REQUIRE(value == (nr_out > MAX_RANGES ? nr_out : most_ranges(nr_out)));
}

static u64 joined(u32 upper, u32 lower)
{
	return (u64)upper << 32 | lower;
}

/* Everything in boot_params but the map. */
static void expect_fields(void)
{
	static struct boot_params rest, zero;
	bool initrd = info.nr_modules && modules[0].paddr && modules[0].size;

	REQUIRE(joined(bp->ext_ramdisk_image, bp->hdr.ramdisk_image) == (initrd ? modules[0].paddr : 0));
	REQUIRE(joined(bp->ext_ramdisk_size, bp->hdr.ramdisk_size) == (initrd ? modules[0].size : 0));
	REQUIRE(joined(bp->ext_cmd_line_ptr, bp->hdr.cmd_line_ptr) == info.cmdline_paddr);
	REQUIRE(bp->acpi_rsdp_addr == (below(info.rsdp_paddr, 36, env.cpu_reach) && rsdp_taken() ?
				       info.rsdp_paddr : 0));
	REQUIRE(bp->hdr.type_of_loader == (env.xen && info_paddr >= 0x100000 ? 0x90 : 0xb0) && bp->hdr.boot_flag == 0xaa55 &&
		bp->hdr.header == 0x53726448 && bp->hdr.version == 0x020f && bp->hdr.loadflags == 1);

	rest = *bp;
	memset(rest.e820_table, 0, bp->e820_entries * sizeof(bp->e820_table[0]));
	rest.e820_entries = 0;
	rest.ext_ramdisk_image = rest.ext_ramdisk_size = rest.ext_cmd_line_ptr = 0;
	rest.acpi_rsdp_addr = 0;
	memset(&rest.hdr, 0, sizeof(rest.hdr));
	REQUIRE(!memcmp(&rest, &zero, sizeof(rest)));
}

static u32 cmdline_length(void)
{
	const char *text = (const char *)memory + info.cmdline_paddr;

	return strnlen(text, min((u64)COMMAND_LINE_SIZE - 1, SZ_4G - info.cmdline_paddr)) + 1;
}

static bool cmdline_in_kernel(void)
{
	return info.cmdline_paddr < SZ_4G && in_kernel(info.cmdline_paddr, cmdline_length());
}

/* What must be wrong before the memory map is handed over. */
static enum pvh_error first_error(u64 *value)
{
	u64 entries = info.memmap_entries, n = info.nr_modules;

	*value = info_paddr;
	if (!below(info_paddr, 8, SZ_4G))
		return PVH_START_INFO_OUT_OF_REACH;
	if (in_kernel(info_paddr, 8))
		return PVH_START_INFO_IN_KERNEL;
	*value = info.magic;
	if (info.magic != 0x336ec578)
		return PVH_BAD_MAGIC;
	*value = info_paddr;
	if (!below(info_paddr, info_size, SZ_4G))
		return PVH_START_INFO_OUT_OF_REACH;
	if (in_kernel(info_paddr, info_size))
		return PVH_START_INFO_IN_KERNEL;
	*value = info.version;
	if (!entries && !env.map_from_xen)
		return PVH_NO_MEMMAP;
	*value = entries;
	if (entries > MOST)
		return PVH_MEMMAP_TOO_LONG;
	*value = info.memmap_paddr;
	if (entries && !below(info.memmap_paddr, entries * 24, SZ_4G))
		return PVH_MEMMAP_OUT_OF_REACH;
	if (entries && in_kernel(info.memmap_paddr, entries * 24))
		return PVH_MEMMAP_IN_KERNEL;
	*value = n;
	if (n > MOST)
		return PVH_TOO_MANY_MODULES;
	*value = info.modlist_paddr;
	if (n && !below(info.modlist_paddr, n * 32, SZ_4G))
		return PVH_MODLIST_OUT_OF_REACH;
	if (n && in_kernel(info.modlist_paddr, n * 32))
		return PVH_MODLIST_IN_KERNEL;
	return PVH_OK;
}

/* The RAM that there is, if that is not enough for the kernel and its initrd. */
static bool too_little_ram(u64 *ram, u32 nr_out)
{
	bool initrd = info.nr_modules && modules[0].paddr;
	u64 start = modules[0].paddr, size = initrd ? modules[0].size : 0;
	u128 need = env.min_ram;

	*ram = ram_in(0, env.native_reach, nr_out);
	need += initrd && ram_in(start, start + size, nr_out) < size ? (u128)size * 2 : size;

	return info.memmap_entries && *ram < need;
}

/* And after that. */
static enum pvh_error last_error(u64 *value, u32 nr_out)
{
	*value = modules[0].paddr;
	if (info.nr_modules && modules[0].paddr && modules[0].size) {
		if (!below(modules[0].paddr, modules[0].size, env.native_reach))
			return PVH_INITRD_OUT_OF_REACH;
		if (in_kernel(modules[0].paddr, modules[0].size))
			return PVH_INITRD_IN_KERNEL;
	}
	if (too_little_ram(value, nr_out))
		return PVH_TOO_LITTLE_RAM;
	*value = info.cmdline_paddr;
	if (!below(info.cmdline_paddr, COMMAND_LINE_SIZE, env.native_reach))
		return PVH_CMDLINE_OUT_OF_REACH;
	if (cmdline_in_kernel())
		return PVH_CMDLINE_IN_KERNEL;
	*value = 0;
	return PVH_OK;
}

static void expect_line(struct pvh_status status)
{
	char line[PVH_LINE_SIZE], start[32];
	unsigned int i, length = pvh_format_error(line, status);

	snprintf(start, sizeof(start), "xen-pvh: error %02d: ", status.error);
	REQUIRE(length > strlen(start) && length <= sizeof(line) && line[length - 1] == '\n');
	REQUIRE(!memcmp(line, start, strlen(start)));
	for (i = 0; i < length - 1; i++)
		REQUIRE(line[i] >= ' ' && line[i] < 127);
}

/* With an error the map's node may have been made already. */
static void expect_error(struct pvh_status status)
{
	u64 value;
	u32 nr_in, nr_out;
	enum pvh_error error = first_error(&value);

	expect_line(status);
	if (error) {
		REQUIRE(status.error == error && status.value == value && !bp->hdr.setup_data);
		return;
	}
	if (status.error == PVH_NO_ROOM) {
		REQUIRE(ext_len() && status.value == ext_len());
		expect_no_room(node_size(ext_len()), 0, 0);
		return;
	}
	REQUIRE(!ext_len() == !bp->hdr.setup_data);
	if (ext_len())
		REQUIRE(expect_node(bp->hdr.setup_data, SETUP_E820_EXT, ext_len()));
	nr_in = get_in();
	nr_out = get_out();
	expect_map(nr_in, nr_out);
	if (status.error == PVH_MEMMAP_TOO_COMPLEX) {
		expect_complex(status.value, nr_out);
		return;
	}
	expect_simple(nr_out);
	REQUIRE(status.error == last_error(&value, nr_out) && status.value == value);
}

static void expect_success(struct pvh_status status)
{
	u32 nr_out;
	u64 value;

	REQUIRE(!status.value && !first_error(&value));
	expect_nodes();
	nr_out = get_out();
	REQUIRE(!last_error(&value, nr_out));
	expect_map(get_in(), nr_out);
	expect_simple(nr_out);
	expect_fields();
}

/* What was handed over must be as it was. */
static void expect_unchanged(void)
{
	static struct hvm_memmap_table_entry map_now[MOST];
	static struct hvm_modlist_entry modules_now[MOST];
	struct hvm_start_info info_now = info;
	size_t map_size = min(info.memmap_entries, MOST + 0U) * sizeof(map[0]);
	size_t modules_size = min(info.nr_modules, MOST + 0U) * sizeof(modules[0]);

	if (below(info_paddr, info_size, SZ_4G))
		get(&info_now, info_paddr, info_size);
	get(map_now, info.memmap_paddr, map_size);
	get(modules_now, info.modlist_paddr, modules_size);
	REQUIRE(info_now.magic == info.magic && info_now.cmdline_paddr == info.cmdline_paddr &&
		info_now.rsdp_paddr == info.rsdp_paddr);
	REQUIRE(!memcmp(map_now, map, map_size) && !memcmp(modules_now, modules, modules_size));
}

static bool in_window(u64 start, u64 size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++)
		if (start >= windows[i].start && below(start, size, windows[i].start + windows[i].size))
			return true;
	return false;
}

/* After that, nothing may be left in the memory: now and then all windows are looked at. */
static void clean_up(void)
{
	static unsigned int runs;

	while (nr_written) {
		u64 start = written[--nr_written].start, size = written[nr_written].size;

		if (in_window(start, size))
			memset(memory + start, 0, size);
		else
			madvise(memory + (start & -PAGE), size, MADV_DONTNEED);
	}
	if (runs++ % FULL_CHECK)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++) {
		const u8 *w = memory + windows[i].start;

		REQUIRE(!w[0] && !memcmp(w, w + 1, windows[i].size - 1));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	u8 *region = mmap(NULL, SZ_4G + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (region == MAP_FAILED || mprotect(region + GUARD, SZ_4G, PROT_READ | PROT_WRITE)) {
		perror("fuzz: error: no 4 GiB of address space");
		exit(1);
	}
	memory = region + GUARD;
	bp = malloc(sizeof(*bp));
	boot = malloc(sizeof(*boot));
	REQUIRE(bp && boot);
	madvise(memory, SZ_4G, MADV_NOHUGEPAGE);
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pvh_status status;

	input = data;
	input_end = data + size;
	last_end = SZ_16M;
	take_env();
	take_handover(most_entries(data, size));
	read_back();

	memset(bp, 0xff, sizeof(*bp));
	memset(boot, 0, sizeof(*boot));
	boot->env = &env;
	boot->bp = bp;
	boot->start_info_paddr = info_paddr;
	status = pvh_set_boot_params(boot);

	if (status.error)
		expect_error(status);
	else
		expect_success(status);
	expect_unchanged();
	clean_up();
	return 0;
}
