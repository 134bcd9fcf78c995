/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of the cores that know no packets.  The same files run on the host
 * (host_main.c) and, in a debug build, when the module is loaded, which fails
 * if one of them does, and as KUnit suites (../kunit/cores.c).
 */
#ifndef _RTUN_SELFTEST_H
#define _RTUN_SELFTEST_H

#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/types.h>
#define selftest_say(fmt, ...) pr_err("selftest: " fmt, ##__VA_ARGS__)
#define selftest_alloc(n, size) kcalloc(n, size, GFP_KERNEL)
#define selftest_free(p) kfree(p)
#else
#include "host.h"
#endif

/* A condition of a test; the first that fails ends it. */
#define SELFTEST(cond)							\
	do {								\
		if (!(cond)) {						\
			selftest_say("%s:%d: %s\n", __func__, __LINE__,	\
				     #cond);				\
			return false;					\
		}							\
	} while (0)

/* All of them: X(name, what it shows). */
#define RTUN_SELFTESTS(X)						\
	X(seq, "sequence numbers compare across the wrap")		\
	X(reorder, "reordering keeps order and bounds")			\
	X(window, "the send window keeps to RFC 2637")			\
	X(reassemble, "multilink packets are put together")		\
	X(share, "multilink packets are shared out")			\
	X(rc4, "RC4 is that of RFC 6229")				\
	X(sha1, "SHA-1 is that of FIPS 180-4")				\
	X(crypt, "MPPE keeps in step as RFC 3078 says")			\
	X(bcp, "bridged frames are those of RFC 3518")

#define RTUN_SELFTEST_DECLARE(name, what) bool rtun_selftest_##name(void);
RTUN_SELFTESTS(RTUN_SELFTEST_DECLARE)

#endif /* _RTUN_SELFTEST_H */
