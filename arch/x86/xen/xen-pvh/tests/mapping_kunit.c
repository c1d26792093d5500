// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the PVH boot stub: options on the command line, choice of the
 * kernel's virtual address, and relocation of a mock kernel.
 */
#include <linux/array_size.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <kunit/test.h>

static void *pvh_test_va(u64 paddr);

/* Only the test's own command line counts. */
#undef CONFIG_CMDLINE_BOOL
#undef CONFIG_CMDLINE_OVERRIDE

/* The source under test, under names that do not clash with the stub's. */
#define pvh_va(paddr)		pvh_test_va(paddr)
#define pvh_kaslr		pvh_test_kaslr
#define pvh_use_la57		pvh_test_use_la57
#include "../mapping.c"

#define CMDLINE_PADDR		0x20000ULL

/* Size of an example kernel, and the number of possible offsets for it. */
#define IMAGE_SIZE		(14 * SZ_1M)
#define SLOTS			DIV_ROUND_UP(KERNEL_IMAGE_SIZE - LOAD_PHYSICAL_ADDR - IMAGE_SIZE, \
					     CONFIG_PHYSICAL_ALIGN)
#define SEEDS			SZ_64K

/* A mock kernel, larger than the longest step between relocations. */
#define MOCK_SIZE		(3 * SZ_64K)

static const char *cmdline;

static void *pvh_test_va(u64 paddr)
{
	return paddr == CMDLINE_PADDR ? (void *)cmdline : NULL;
}

static const struct {
	const char *cmdline;
	bool found;
} cmdlines[] = {
	{ "", false },
	{ "nokaslr", true },
	{ "nokaslr quiet", true },
	{ "quiet nokaslr", true },
	{ "quiet\tnokaslr\nro", true },
	{ "  quiet   nokaslr  ", true },
	{ "nokasl", false },
	{ "nokaslr=1", false },
	{ "nokaslrx", false },
	{ "xnokaslr", false },
	{ "nnokaslr", false },
	{ "nokaslrx nokaslr", true },
	{ "kaslr nokasl r", false },
	{ "init=nokaslr", false },
	{ "\"nokaslr\"", false },
	{ "nokaslr\xa0", false },
};

static void __init test_words(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(cmdlines); i++)
		KUNIT_EXPECT_EQ_MSG(test, pvh_has_word(cmdlines[i].cmdline, COMMAND_LINE_SIZE,
						       "nokaslr"),
				    cmdlines[i].found, "%s", cmdlines[i].cmdline);

	/* Nothing beyond the given size is read. */
	KUNIT_EXPECT_FALSE(test, pvh_has_word("quiet nokaslr", 12, "nokaslr"));
}

static void __init test_options(struct kunit *test)
{
	struct boot_params *bp = kunit_kzalloc(test, sizeof(*bp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bp);
	cmdline = "quiet nokaslr";

	KUNIT_EXPECT_FALSE(test, pvh_has_option(bp, "nokaslr"));
	bp->hdr.cmd_line_ptr = CMDLINE_PADDR;
	bp->ext_cmd_line_ptr = 1;
	KUNIT_EXPECT_FALSE(test, pvh_has_option(bp, "nokaslr"));
	bp->ext_cmd_line_ptr = 0;
	KUNIT_EXPECT_TRUE(test, pvh_has_option(bp, "nokaslr"));
	KUNIT_EXPECT_FALSE(test, pvh_has_option(bp, "no5lvl"));

	KUNIT_EXPECT_EQ(test, pvh_use_la57(bp),
			!!(native_cpuid_ecx(7) & BIT(X86_FEATURE_LA57 & 31)));
	cmdline = "no5lvl";
	KUNIT_EXPECT_FALSE(test, pvh_use_la57(bp));
}

/* A table as written by relocs, to be read backwards, and the locations in it */
static const u16 table[] = {
	0, 8, RELOC_SKIP, RELOC_SKIP, 9,
	0, RELOC_SKIP - 1, 1, RELOC_SKIP, 4, 1,
};

static const u32 places32[] = { 1, 5, 0x10004, 0x20002 };

static const u32 places64[] = { 9, 0x2000d };

/* Relocate @image by @delta, without using apply_relocs(). */
static void __init relocate(u8 *image, u64 delta)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(places32); i++)
		put_unaligned(get_unaligned((u32 *)(image + places32[i])) + (u32)delta,
			      (u32 *)(image + places32[i]));
	for (i = 0; i < ARRAY_SIZE(places64); i++)
		put_unaligned(get_unaligned((u64 *)(image + places64[i])) + delta,
			      (u64 *)(image + places64[i]));
}

static u8 * __init make_image(struct kunit *test)
{
	u8 *image = kunit_kzalloc(test, MOCK_SIZE, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, image);
	for (i = 0; i < MOCK_SIZE; i++)
		image[i] = i * 7 + (i >> 8);

	return image;
}

static void __init test_relocs(struct kunit *test)
{
	u8 *image = make_image(test), *expected = make_image(test);

	apply_relocs(table + ARRAY_SIZE(table), image, 0x123400000);
	relocate(expected, 0x123400000);
	KUNIT_EXPECT_MEMEQ(test, image, expected, MOCK_SIZE);
}

#ifdef CONFIG_RANDOMIZE_BASE
/*
 * All slots are used equally often: chi-squared is close to the number of slots,
 * 497 by default. Its standard deviation is 32: allow five of them.
 */
static void __init test_offsets(struct kunit *test)
{
	u16 *count = kunit_kzalloc(test, SLOTS * sizeof(*count), GFP_KERNEL);
	u64 sum = 0;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, count);

	for (i = 0; i < SEEDS; i++) {
		u64 offset = pvh_kaslr_offset(i, IMAGE_SIZE);

		KUNIT_ASSERT_EQ(test, offset % CONFIG_PHYSICAL_ALIGN, 0);
		KUNIT_ASSERT_LT(test, LOAD_PHYSICAL_ADDR + offset + IMAGE_SIZE, KERNEL_IMAGE_SIZE);
		count[offset / CONFIG_PHYSICAL_ALIGN]++;
	}

	for (i = 0; i < SLOTS; i++) {
		KUNIT_EXPECT_GT(test, count[i], 0);
		sum += count[i] * count[i];
	}
	KUNIT_EXPECT_LT(test, sum * SLOTS / SEEDS - SEEDS, SLOTS + 160);
}

static void __init test_mapping(struct kunit *test)
{
	static const u16 empty[] = { 0, 0 };
	struct boot_params *bp = kunit_kzalloc(test, sizeof(*bp), GFP_KERNEL);
	u8 *image = make_image(test), *expected = make_image(test);
	u32 delta;

	KUNIT_ASSERT_NOT_NULL(test, bp);
	bp->hdr.cmd_line_ptr = CMDLINE_PADDR;

	/* Without relocations, and with nokaslr, nothing changes. */
	cmdline = "quiet";
	pvh_kaslr(bp, image, image + MOCK_SIZE, empty + ARRAY_SIZE(empty));
	cmdline = "nokaslr";
	pvh_kaslr(bp, image, image + MOCK_SIZE, table + ARRAY_SIZE(table));
	KUNIT_EXPECT_EQ(test, bp->hdr.loadflags & KASLR_FLAG, 0);
	KUNIT_EXPECT_MEMEQ(test, image, expected, MOCK_SIZE);

	cmdline = "quiet";
	pvh_kaslr(bp, image, image + MOCK_SIZE, table + ARRAY_SIZE(table));
	KUNIT_EXPECT_EQ(test, bp->hdr.loadflags & KASLR_FLAG, KASLR_FLAG);
	delta = get_unaligned((u32 *)(image + 1)) - get_unaligned((u32 *)(expected + 1));
	KUNIT_EXPECT_LT(test, delta, KERNEL_IMAGE_SIZE);
	relocate(expected, delta);
	KUNIT_EXPECT_MEMEQ(test, image, expected, MOCK_SIZE);
}
#endif

/* Not __initdata, as the results are read after boot. */
static struct kunit_case __refdata mapping_test_cases[] = {
	KUNIT_CASE(test_words),
	KUNIT_CASE(test_options),
	KUNIT_CASE(test_relocs),
#ifdef CONFIG_RANDOMIZE_BASE
	KUNIT_CASE(test_offsets),
	KUNIT_CASE(test_mapping),
#endif
	{}
};

static struct kunit_suite mapping_test_suite = {
	.name		= "pvh_mapping",
	.test_cases	= mapping_test_cases,
};
kunit_test_init_section_suites(&mapping_test_suite);
