/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serial number arithmetic for sequence numbers of 32 bits (PPTP, RFC 2637
 * section 4.1).  No kernel calls: the same file builds on the host.
 */
#ifndef _RTUN_SEQ_H
#define _RTUN_SEQ_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

/*
 * How far @a is ahead of @b: negative if it is behind.  Right as long as they
 * are less than half of the number space apart.
 */
static inline s32 rtun_seq32_diff(u32 a, u32 b)
{
	return (s32)(a - b);
}

/* Where the numbers of a new session begin. */
static inline u32 rtun_seq32_first(void)
{
#ifdef RTUN_DEBUG
	return 0U - 8;	/* wraps at once, so that every test passes there */
#else
	return 0;
#endif
}

#endif /* _RTUN_SEQ_H */
