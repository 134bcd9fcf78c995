/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serial number arithmetic for sequence numbers of 32 bits (PPTP, RFC 2637
 * section 4.1), 24 bits (L2TPv3, RFC 3931 section 4.6.1; multilink, RFC 1990
 * section 3), 16 bits (L2TPv2, RFC 2661 section 5.8) and 12 bits (multilink with
 * the short header).  No kernel calls: the same file builds on the host.
 */
#ifndef _RTUN_SEQ_H
#define _RTUN_SEQ_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

/* The numbers of a space of @bits (12 to 32). */
static inline u32 rtun_seq_mask(unsigned int bits)
{
	return 0xffffffffU >> (32 - bits);
}

/*
 * How far @a is ahead of @b in a space of @bits: negative if it is behind.
 * Right as long as they are less than half of the space apart.
 */
static inline s32 rtun_seq_diff(u32 a, u32 b, unsigned int bits)
{
	return (s32)((a - b) << (32 - bits)) >> (32 - bits);
}

/* Where the numbers of a new session begin. */
static inline u32 rtun_seq_first(unsigned int bits)
{
#ifdef RTUN_DEBUG
	/* wraps at once, so that every test passes there */
	return (0U - 8) & rtun_seq_mask(bits);
#else
	return 0;
#endif
}

#endif /* _RTUN_SEQ_H */
