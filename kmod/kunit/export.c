// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites of rtun_kunit.ko need of rtun.ko; in a build with
 * RTUN_KUNIT=1 only.
 */
#include "netlink.h"
#include "selftest/selftest.h"

#include <linux/export.h>
#include <net/genetlink.h>

EXPORT_SYMBOL_GPL(rtun_genl);

#define EXPORT_TEST(name, what) EXPORT_SYMBOL_GPL(rtun_selftest_##name);
RTUN_SELFTESTS(EXPORT_TEST)
