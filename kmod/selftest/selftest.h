/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of the cores that know no packets.  The same files run on the host
 * (host_main.c) and, in a debug build, when the module is loaded, which fails
 * if one of them does.
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

bool rtun_selftest_seq(void);
bool rtun_selftest_reorder(void);
bool rtun_selftest_window(void);
bool rtun_selftest_reassemble(void);
bool rtun_selftest_share(void);
bool rtun_selftest_rc4(void);
bool rtun_selftest_sha1(void);
bool rtun_selftest_crypt(void);
bool rtun_selftest_bcp(void);

#endif /* _RTUN_SELFTEST_H */
