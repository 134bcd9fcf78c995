/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts numbered packets back in order, within bounds (RFC 2637 section 4.3 and
 * RFC 3931 section 4.6.1 allow it and forbid to deliver late ones).  A ring with one slot for each
 * number that may be awaited: no list is ever searched.
 *
 * The core knows neither packets nor locks nor clocks: an item is a pointer, a
 * tick is a number that grows.  The same file builds on the host.  Who calls
 * it serialises the calls.
 *
 * How to feed it:
 *
 *	for (;;)
 *		switch (rtun_reorder_put(r, seq, item, size, now, hold, &lost))
 *		RING:	r->ring = zeroed memory for r->slots; again
 *		MAKE_ROOM: while (rtun_reorder_slide(r, seq, &lost)) deliver;
 *			again
 *		RESYNC:	while (rtun_reorder_flush(r, &lost)) deliver;
 *			rtun_reorder_jump(r, seq); again
 *		NOW, EARLY: deliver the item
 *		HELD:	it is ours now
 *		others:	drop it
 *	while (rtun_reorder_pop(r)) deliver;
 *	if (!r->held) take the ring back
 */
#ifndef _RTUN_REORDER_H
#define _RTUN_REORDER_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

enum {
	/* a jump over this many numbers, in either direction, is not believed
	 * at once
	 */
	RTUN_REORDER_FAR	= 4096,
	/* but after this many consecutive numbers from there */
	RTUN_REORDER_BELIEVE	= 3,
	/* octets of memory (truesize) one session may hold: 1024 frames of
	 * 1500 octets in drivers that spend a page and more on each
	 */
	RTUN_REORDER_BYTES	= 4 << 20,
};

enum rtun_reorder_verdict {
	RTUN_REORDER_NOW,	/* in order */
	RTUN_REORDER_EARLY,	/* not in order, but nothing is to be held */
	RTUN_REORDER_HELD,	/* early; kept */
	RTUN_REORDER_RING,	/* needs memory first */
	RTUN_REORDER_MAKE_ROOM,	/* more ahead than there are slots */
	RTUN_REORDER_RESYNC,	/* a jump which is believed now */
	RTUN_REORDER_LATE,
	RTUN_REORDER_DUP,
	RTUN_REORDER_TOO_FAR,
	RTUN_REORDER_LIMIT,
};

struct rtun_reorder_slot {
	void *item;
	u32 size;
	u32 when;
};

/**
 * struct rtun_reorder - what is known of the order of one stream
 * @ring: slots, indexed by the low bits of the number; NULL while in order
 * @slots: how many; a power of two, or 0: hold nothing
 * @bits: width of the numbers
 * @next: the number that is awaited
 * @held: items in the ring
 * @bytes: sum of their sizes
 * @since: tick when the gap before the oldest held item was noticed
 * @last: tick when something was accepted
 * @idle: after so many ticks without anything a jump forward is believed
 * @cand: number after the last one of an unbelieved jump
 * @run: how many consecutive numbers led to @cand
 * @synced: something was received, @next is valid
 */
struct rtun_reorder {
	struct rtun_reorder_slot *ring;
	u32 slots;
	u32 next;
	u32 held;
	u32 bytes;
	u32 since;
	u32 last;
	u32 idle;
	u32 cand;
	u8 run;
	u8 bits;
	bool synced;
};

void rtun_reorder_init(struct rtun_reorder *r, u32 slots, u32 idle,
		       unsigned int bits);

/* May @size more octets of @item number @seq come in at tick @now?  Not @hold:
 * it is not to be held, and nothing is: as if there were no slots.  Numbers
 * that are given up are added to @lost, here and below.
 */
enum rtun_reorder_verdict rtun_reorder_put(struct rtun_reorder *r, u32 seq,
					   void *item, u32 size, u32 now,
					   bool hold, u64 *lost);
/* @n items that are one, the first with number @seq, come in at tick @now.  True: they
 * are in order, to be delivered now; false: nothing is changed.
 */
bool rtun_reorder_run(struct rtun_reorder *r, u32 seq, u32 n, u32 now);
/* The next item in order, or NULL. */
void *rtun_reorder_pop(struct rtun_reorder *r);
/* The next item that must go to make room for @seq, or NULL when there is. */
void *rtun_reorder_slide(struct rtun_reorder *r, u32 seq, u64 *lost);
/* Give up the gap at the front; the caller pops then. */
void rtun_reorder_skip(struct rtun_reorder *r, u64 *lost);
/* The next item over all gaps, or NULL when none is left. */
void *rtun_reorder_flush(struct rtun_reorder *r, u64 *lost);
/* Go on at @seq; nothing may be held. */
void rtun_reorder_jump(struct rtun_reorder *r, u32 seq);

#endif /* _RTUN_REORDER_H */
