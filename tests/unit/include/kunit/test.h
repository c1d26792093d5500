/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host stand-in for KUnit: as much of it as the suite of the stub uses, and a main() that runs that suite, on Xen if
 * main() gets an argument.
 *
 * Each case counts as one test, each of its parameters if it has some. kunit_kzalloc() gives heap blocks of exactly
 * the size that is asked for, so that the address sanitizer sees every byte read or written too much.
 */
#ifndef UNIT_KUNIT_TEST_H
#define UNIT_KUNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/init.h>
#include <linux/minmax.h>

#include <asm/cpuid/api.h>

#define KUNIT_PARAM_DESC_SIZE	128
#define KUNIT_MAX_BLOCKS	16
#define GFP_KERNEL		0

struct kunit {
	void *priv;
	const void *param_value;
	bool failed;
	jmp_buf stop;
	void *blocks[KUNIT_MAX_BLOCKS];
	unsigned int nr_blocks;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(struct kunit *test, const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(test)			{ .run_case = test, .name = #test }
#define KUNIT_CASE_PARAM(test, generator)	{ .run_case = test, .name = #test, .generate_params = generator }

#define KUNIT_ARRAY_PARAM_DESC(name, array, member)						\
	static void name##_member_desc(__typeof__((array)[0]) *param, char *desc)		\
	{											\
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", param->member);			\
	}											\
	KUNIT_ARRAY_PARAM(name, array, name##_member_desc)

#define KUNIT_ARRAY_PARAM(name, array, describe)						\
	static const void *name##_gen_params(struct kunit *test, const void *prev, char *desc)	\
	{											\
		__typeof__((array)[0]) *next = prev ? (__typeof__(next))prev + 1 : (array);	\
												\
		if (next == (array) + sizeof(array) / sizeof((array)[0]))			\
			return NULL;								\
		describe(next, desc);								\
		return next;									\
	}

static inline void kunit_fail(struct kunit *test, bool stop, const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	test->failed = true;
	if (stop)
		longjmp(test->stop, 1);
}

#define KUNIT_COMPARE(test, stop, left, op, right, format, ...) do {				\
	__typeof__(left) left_ = (left);							\
	__typeof__(right) right_ = (right);							\
												\
	if (!(left_ op right_))									\
		kunit_fail(test, stop, __FILE__, __LINE__, "%s %s %s: 0x%llx, 0x%llx " format,	\
			   #left, #op, #right, (unsigned long long)left_,			\
			   (unsigned long long)right_, ##__VA_ARGS__);				\
} while (0)

#define KUNIT_CHECK(test, stop, good, text) do {						\
	if (!(good))										\
		kunit_fail(test, stop, __FILE__, __LINE__, "%s", text);				\
} while (0)

#define KUNIT_EXPECT_EQ(test, left, right)	KUNIT_COMPARE(test, false, left, ==, right, "")
#define KUNIT_EXPECT_GE(test, left, right)	KUNIT_COMPARE(test, false, left, >=, right, "")
#define KUNIT_ASSERT_EQ(test, left, right)	KUNIT_COMPARE(test, true, left, ==, right, "")
#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...)	KUNIT_COMPARE(test, false, left, ==, right, __VA_ARGS__)
#define KUNIT_EXPECT_NULL(test, pointer)	KUNIT_CHECK(test, false, !(pointer), #pointer " is not NULL")
#define KUNIT_ASSERT_NOT_NULL(test, pointer)	KUNIT_CHECK(test, true, pointer, #pointer " is NULL")
#define KUNIT_EXPECT_MEMEQ(test, left, right, size)						\
	KUNIT_CHECK(test, false, !memcmp(left, right, size), #left " is not " #right)

static inline void *kunit_kzalloc(struct kunit *test, size_t size, int flags)
{
	void *block = calloc(1, size);

	if (!block || test->nr_blocks == KUNIT_MAX_BLOCKS)
		abort();
	return test->blocks[test->nr_blocks++] = block;
}

/* Returns whether the case has failed. */
static inline bool kunit_run_once(struct kunit_suite *suite, struct kunit_case *test_case, const void *param,
				  const char *desc)
{
	struct kunit test = { .param_value = param };

	if (!setjmp(test.stop) && !(suite->init && suite->init(&test)))
		test_case->run_case(&test);
	while (test.nr_blocks)
		free(test.blocks[--test.nr_blocks]);
	if (test.failed)
		fprintf(stderr, "FAILED: %s: %s %s\n", suite->name, test_case->name, desc);
	return test.failed;
}

/* Prints the count and returns main()'s status. */
static inline int kunit_run_suite(struct kunit_suite *suite)
{
	unsigned int count[2] = { 0, 0 };
	struct kunit_case *test_case;

	for (test_case = suite->test_cases; test_case->run_case; test_case++) {
		char desc[KUNIT_PARAM_DESC_SIZE] = "";
		const void *param = NULL;

		if (!test_case->generate_params) {
			count[kunit_run_once(suite, test_case, NULL, desc)]++;
			continue;
		}
		while ((param = test_case->generate_params(NULL, param, desc)))
			count[kunit_run_once(suite, test_case, param, desc)]++;
	}

	printf("%u passed, %u failed, 0 skipped\n", count[false], count[true]);
	return count[true] ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define kunit_test_init_section_suites(suite)	\
	bool unit_on_xen;			\
						\
	int main(int argc, char **argv)		\
	{					\
		unit_on_xen = argc > 1;		\
		return kunit_run_suite(suite);	\
	}

#endif
