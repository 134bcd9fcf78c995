// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of seq.h.
 */
#include "selftest.h"
#include "seq.h"

bool rtun_selftest_seq(void)
{
	u32 a;

	SELFTEST(rtun_seq32_diff(5, 5) == 0);
	SELFTEST(rtun_seq32_diff(6, 5) == 1);
	SELFTEST(rtun_seq32_diff(5, 6) == -1);
	/* across the wrap */
	SELFTEST(rtun_seq32_diff(0, 0xffffffff) == 1);
	SELFTEST(rtun_seq32_diff(0xffffffff, 0) == -1);
	SELFTEST(rtun_seq32_diff(100, 0xffffff00) == 356);
	/* as far apart as can be told */
	SELFTEST(rtun_seq32_diff(0x7fffffff, 0) == 0x7fffffff);
	SELFTEST(rtun_seq32_diff(0x80000001, 0) == -0x7fffffff);
	for (a = 0xfffffff0; a != 0x10; a++)
		SELFTEST(rtun_seq32_diff(a + 3, a) == 3 &&
			 rtun_seq32_diff(a, a + 3) == -3);
	/* a debug build begins so that every session wraps */
	SELFTEST(rtun_seq32_diff(rtun_seq32_first(), 0) <= 0);
	return true;
}
