/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the stub's suite uses, for the host, and a main() that runs the suite: as on any machine, then
 * as on Xen.
 *
 * Each case counts as one test, each of its parameters if it has some. kunit_kzalloc() gives heap blocks of exactly
 * the size that is asked for, so that the address sanitizer sees every byte read or written too much.
 */
#ifndef _KUNIT_TEST_H
#define _KUNIT_TEST_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define KUNIT_PARAM_DESC_SIZE	128
/* As many as a case asks for. */
#define KUNIT_BLOCKS		3

struct kunit {
	const void *param_value;
	void *blocks[KUNIT_BLOCKS];
	int count;
	bool failed;
	jmp_buf stop;
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

#define KUNIT_ARRAY_PARAM_DESC(name, array, member) \
	KUNIT_PARAMS(name, array, snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", next->member))
#define KUNIT_ARRAY_PARAM(name, array, describe)	KUNIT_PARAMS(name, array, describe(next, desc))
#define KUNIT_PARAMS(name, array, describe)							\
	static const void *name##_gen_params(struct kunit *test, const void *prev, char *desc)	\
	{											\
		__typeof__((array)[0]) *next = prev ? (__typeof__(next))prev + 1 : (array);	\
												\
		if (next == (array) + ARRAY_SIZE(array))					\
			return NULL;								\
		describe;									\
		return next;									\
	}

#define KUNIT_CHECK(test, fatal, left, op, right, format, ...) do {				\
	__typeof__(left) left_ = (left);							\
	__typeof__(right) right_ = (right);							\
												\
	if (left_ op right_)									\
		break;										\
	fprintf(stderr, "%s:%d: %s %s %s: 0x%llx, 0x%llx " format "\n", __FILE__, __LINE__,	\
		#left, #op, #right, (unsigned long long)left_, (unsigned long long)right_,	\
		##__VA_ARGS__);									\
	(test)->failed = true;									\
	if (fatal)										\
		longjmp((test)->stop, 1);							\
} while (0)

#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...)	KUNIT_CHECK(test, false, left, ==, right, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, left, right)		KUNIT_CHECK(test, false, left, ==, right, "")
#define KUNIT_EXPECT_GE(test, left, right)		KUNIT_CHECK(test, false, left, >=, right, "")
#define KUNIT_EXPECT_GT(test, left, right)		KUNIT_CHECK(test, false, left, >, right, "")
#define KUNIT_EXPECT_LT(test, left, right)		KUNIT_CHECK(test, false, left, <, right, "")
#define KUNIT_ASSERT_LT(test, left, right)		KUNIT_CHECK(test, true, left, <, right, "")
#define KUNIT_EXPECT_TRUE(test, value)			KUNIT_CHECK(test, false, value, ==, true, "")
#define KUNIT_EXPECT_FALSE(test, value)			KUNIT_CHECK(test, false, value, ==, false, "")
#define KUNIT_ASSERT_EQ(test, left, right)		KUNIT_CHECK(test, true, left, ==, right, "")
#define KUNIT_EXPECT_NULL(test, pointer)		KUNIT_CHECK(test, false, (long)(pointer), ==, 0, "")
#define KUNIT_ASSERT_NOT_NULL(test, pointer)		KUNIT_CHECK(test, true, (long)(pointer), !=, 0, "")
#define KUNIT_EXPECT_MEMEQ(test, left, right, size)	KUNIT_CHECK(test, false, memcmp(left, right, size), ==, 0, "")

static inline void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t flags)
{
	if (test->count == KUNIT_BLOCKS)
		abort();
	return test->blocks[test->count++] = calloc(1, size);
}

/* Returns whether the case has failed. */
static inline bool kunit_run_once(const struct kunit_suite *suite, const struct kunit_case *test_case,
				  const void *param, const char *desc)
{
	struct kunit test = { .param_value = param };

	if (!setjmp(test.stop)) {
		KUNIT_ASSERT_EQ(&test, suite->init ? suite->init(&test) : 0, 0);
		test_case->run_case(&test);
	}
	while (test.count)
		free(test.blocks[--test.count]);
	if (test.failed)
		fprintf(stderr, "FAILED: %s%s: %s %s\n", suite->name, unit_on_xen ? " on Xen" : "",
			test_case->name, desc);
	return test.failed;
}

/* Adds to the numbers of those that have passed and failed. */
static inline void kunit_run_suite(const struct kunit_suite *suite, unsigned int count[2])
{
	const struct kunit_case *test_case;

	for (test_case = suite->test_cases; test_case->run_case; test_case++) {
		char desc[KUNIT_PARAM_DESC_SIZE] = "";
		const void *param = NULL;

		do {
			if (test_case->generate_params && !(param = test_case->generate_params(NULL, param, desc)))
				break;
			count[kunit_run_once(suite, test_case, param, desc)]++;
		} while (param);
	}
}

#define kunit_test_init_section_suites(suite)					\
	int main(void)								\
	{									\
		unsigned int count[2] = { 0, 0 };				\
										\
		kunit_run_suite(suite, count);					\
		unit_on_xen = true;						\
		kunit_run_suite(suite, count);					\
		printf("%u passed, %u failed, 0 skipped\n", count[0], count[1]); \
		return count[1] ? EXIT_FAILURE : EXIT_SUCCESS;			\
	}

#endif
