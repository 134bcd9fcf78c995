/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-1 (FIPS 180-4 section 6.1), for the keys of MPPE (RFC 3078 section 7.3) and nothing
 * else: as a hash it is broken.  The kernel's takes twice the instructions, and two blocks
 * are due for each packet at each end.  No kernel calls: the same file builds on the host.
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

#endif /* _RTUN_SHA1_H */
