// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of seq.h.
 */
#include "selftest.h"
#include "seq.h"

static bool width(unsigned int bits)
{
	const u32 mask = rtun_seq_mask(bits), half = 1U << (bits - 1);
	u32 a;

	SELFTEST(mask == (half - 1) * 2 + 1);
	SELFTEST(rtun_seq_diff(5, 5, bits) == 0);
	SELFTEST(rtun_seq_diff(6, 5, bits) == 1);
	SELFTEST(rtun_seq_diff(5, 6, bits) == -1);
	/* across the wrap */
	SELFTEST(rtun_seq_diff(0, mask, bits) == 1);
	SELFTEST(rtun_seq_diff(mask, 0, bits) == -1);
	SELFTEST(rtun_seq_diff(100, mask - 0xff, bits) == 356);
	/* as far apart as can be told */
	SELFTEST(rtun_seq_diff(half - 1, 0, bits) == (s32)(half - 1));
	SELFTEST(rtun_seq_diff(half + 1, 0, bits) == -(s32)(half - 1));
	/* what is beyond the width does not count */
	for (a = mask - 0xf; a != mask + 0x10; a++)
		SELFTEST(rtun_seq_diff((a + 3) & mask, a & mask, bits) == 3 &&
			 rtun_seq_diff(a & mask, (a + 3) & mask, bits) == -3 &&
			 rtun_seq_diff(a + 3, a & mask, bits) == 3);
	/* a debug build begins so that every session wraps */
	SELFTEST(rtun_seq_first(bits) <= mask);
	SELFTEST(rtun_seq_diff(rtun_seq_first(bits), 0, bits) == -8);
	return true;
}

bool rtun_selftest_seq(void)
{
	return width(12) && width(16) && width(24) && width(32);
}
