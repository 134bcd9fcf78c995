/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-1 (FIPS 180-4 section 6.1), for the keys of MPPE (RFC 3078 section 7.3)
 * and nothing else: as a hash it is broken.  The kernel's takes more than twice
 * the instructions, and two blocks are due for each packet at each end.  No
 * kernel calls: the same file builds on the host.
 */
#ifndef _RTUN_SHA1_H
#define _RTUN_SHA1_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

enum {
	RTUN_SHA1_DIGEST = 20,	/* octets */
	RTUN_SHA1_BLOCK	 = 64,
};

/* Of @len octets.  What it was made of is not left on the stack. */
void rtun_sha1(const u8 *data, u32 len, u8 digest[RTUN_SHA1_DIGEST]);

/**
 * struct rtun_sha1_start - what a start key does to all keys that follow
 * @key: its words; 0 behind them
 * @sum: of the three rounds from the current key's first word on, what does
 *	not depend on that key
 * @old: what the third of them has as c and d
 */
struct rtun_sha1_start {
	u32 key[4];
	u32 sum[3];
	u32 old[2];
};

/* Begin with a start key of @len octets, 8 or 16. */
void rtun_sha1_start(struct rtun_sha1_start *s, const u8 *start, u32 len);
/* The first @len octets of SHA(start key | SHSpad1 | @now | SHSpad2), where
 * @len is that of both keys; @digest may be @now.  The stack is wiped.
 */
void rtun_sha1_key(const struct rtun_sha1_start *s, const u8 *now, u32 len,
		   u8 *digest);

#endif /* _RTUN_SHA1_H */
