// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests of the cores (../selftest) as a KUnit suite, a case for each.  What
 * does not hold is in the kernel's log, before the case that fails.
 */
#include "selftest/selftest.h"

#include <kunit/test.h>
#include <linux/module.h>

#define HOLDS(core, shows)						\
static void core_##core(struct kunit *test)				\
{									\
	KUNIT_EXPECT_TRUE_MSG(test, rtun_selftest_##core(), shows);	\
}

RTUN_SELFTESTS(HOLDS)

#define CASE(core, shows) KUNIT_CASE(core_##core),

static struct kunit_case cases[] = {
	RTUN_SELFTESTS(CASE)
	{}
};

static struct kunit_suite suite = {
	.name = "rtun_cores",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit suites of rtun");
MODULE_AUTHOR("The rtun authors");
MODULE_VERSION(RTUN_VERSION);
