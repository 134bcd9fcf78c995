/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RC4, the cipher of MPPE (RFC 3078 sections 5 and 6).  It is broken and serves
 * nothing else here.  The kernel has it in a library that only others can
 * select.  No kernel calls: the same file builds on the host.
 */
#ifndef _RTUN_RC4_H
#define _RTUN_RC4_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

/* Words are faster than octets where a store is followed by a load, and have
 * zeros between the octets.  @before is zero and right before them: rtun_rc4()
 * reads from up to three octets before a word on.
 */
struct rtun_rc4 {
	u32 before;
	u32 s[256];
	u32 i;
	u32 j;
};

/* Begin the stream of a key of @len octets, 1..256. */
void rtun_rc4_key(struct rtun_rc4 *c, const u8 *key, u32 len);
/* The next @len octets of it over those at @in; @out may be @in. */
void rtun_rc4(struct rtun_rc4 *c, u8 *out, const u8 *in, u32 len);

#endif /* _RTUN_RC4_H */
