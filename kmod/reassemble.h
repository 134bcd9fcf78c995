/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core of multilink reassembly (RFC 1990 sections 3 and 4.1): fragments
 * that came over several links become packets again, in order, or are given
 * up.  One object is one class of one bundle (RFC 2686 has several, each with
 * its own numbers).
 *
 * What is missing counts as lost when every link has passed its number (the
 * increasing sequence rule of section 4.1), or when what came behind it has
 * waited for @loss ticks, or when room is needed.  Then what remains of its
 * packet goes too, as it is there or as it comes.
 *
 * The core knows neither packets nor locks nor clocks: an item is a pointer, a
 * tick is a number of 32 bits that grows and wraps.  The same file builds on
 * the host.  Who calls it serialises the calls.  Each fragment costs O(1) on
 * average, and while something is missing O(links); a gap that is given up a
 * look at the bitmap of the ring.
 *
 * How to feed it:
 *
 *	again:
 *	switch (rtun_mp_put(r, link, seq, flags, item, len, size, now)) {
 *	RING:	r->ring = zeroed memory, rtun_mp_ring_size(r); goto again
 *	LIMIT:	if (!rtun_mp_abandon(r)) drop the item
 *		else drain(); goto again
 *	RESYNC:	rtun_mp_flush(r); drain(); rtun_mp_jump(r, seq); goto again
 *	NOW:	deliver the item
 *	STORED:	it is ours now
 *	others:	drop the item (NULL: without counting it)
 *	}
 *	if (r->held) drain();
 *
 * where drain is, and the timer does too, as does who removed a link or changed
 * a limit:
 *
 *	while ((step = rtun_mp_step(r, now, &lost)) != RTUN_MP_WAIT)
 *		for (i = r->count; i; i--) rtun_mp_take(r), to put together
 *			(PACKET) or to drop (DISCARD, r->why)
 *	if (r->held) timer at r->deadline
 *	else r->ring may be freed, or kept as it is for the next time
 */
#ifndef _RTUN_REASSEMBLE_H
#define _RTUN_REASSEMBLE_H

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

enum {
	RTUN_MP_LINKS_MAX	= 16,
	/* under half of the 4096 numbers of the short header */
	RTUN_MP_SLOTS		= 1024,
	/* of one packet */
	RTUN_MP_FRAGMENTS_MAX	= 64,
	/* so many different numbers near to each other make a jump believed */
	RTUN_MP_BELIEVE		= 3,
	/* a link that was seen to reorder is trusted by one more number after
	 * so many fragments in order
	 */
	RTUN_MP_CALM		= 512,

	/* section 3: as they stand in the first octet of the header */
	RTUN_MP_B		= 0x80,
	RTUN_MP_E		= 0x40,
};

enum rtun_mp_verdict {
	RTUN_MP_NOW,	/* a whole packet, and the next one; not stored */
	RTUN_MP_STORED,
	RTUN_MP_NULL,	/* a null fragment: its number is noted, that is all */
	RTUN_MP_RING,	/* needs memory first */
	RTUN_MP_LATE,	/* behind what was delivered or given up */
	RTUN_MP_DUP,
	RTUN_MP_FAR,	/* a jump that is not believed yet */
	RTUN_MP_RESYNC,	/* a jump that is believed now */
	RTUN_MP_LIMIT,	/* more octets, or more ahead, than may be held */
};

enum rtun_mp_step {
	RTUN_MP_WAIT,	/* for the next fragment, or @deadline if @held */
	RTUN_MP_PACKET,	/* the next @count items are a packet of @length */
	RTUN_MP_DISCARD,	/* the next @count items are of no use: @why */
};

enum rtun_mp_why {
	RTUN_MP_WHY_INCOMPLETE,	/* others of their packet were given up */
	RTUN_MP_WHY_ORPHAN,	/* no B before them, or no E behind them */
	RTUN_MP_WHY_OVERSIZE,	/* more than MRRU, or too many fragments */
};

/**
 * struct rtun_mp_slot - a fragment that waits
 * @item: it, or NULL: a null fragment
 * @size: what it takes of the limit
 * @when: tick when it came
 * @len: its octets
 * @first: it has the B bit
 * @final: it has the E bit
 * @older: index of the one that came before it, if it is behind a gap
 * @newer: of the one that came after it
 */
struct rtun_mp_slot {
	void *item;
	u32 size;
	u32 when;
	u32 len : 30;
	u32 first : 1;
	u32 final : 1;
	u16 older;
	u16 newer;
};

/**
 * struct rtun_mp_ring - a place for each number that may be awaited
 * @taken: which slots are; when nothing is held, none
 * @slot: indexed by the low bits of the number
 */
struct rtun_mp_ring {
	unsigned long taken[RTUN_MP_SLOTS / BITS_PER_LONG];
	struct rtun_mp_slot slot[];
};

/**
 * struct rtun_mp_link - what one link says about what is lost
 * @last: place of the highest number that came over it
 * @heard: tick when something did
 * @until: tick until which it is taken for dead, if it is @mute
 * @depth: twice as far as it was seen to put numbers behind each other
 * @calm: fragments in order since @depth changed
 * @mute: nothing came over it while a gap ran out of time
 */
struct rtun_mp_link {
	u64 last;
	u32 heard;
	u32 until;
	u16 depth;
	u16 calm;
	bool mute;
};

/**
 * struct rtun_mp_rx - one class of a bundle as it arrives
 * @ring: memory for what is held; NULL until it is needed
 * @next: place of the number that is awaited.  A place has no wrap: its low
 *	@bits are the number
 * @scan: the first place that is missing; all from @next to there is held, and
 *	is the beginning of one packet
 * @hi: beyond the highest place that was ever held
 * @floor: what is missing before this place is given up
 * @slots: of the ring; a power of two, RTUN_MP_SLOTS at most
 * @mrru: of the information field of a packet.  This, @max_bytes, @loss and
 *	@idle may be set at any time
 * @max_bytes: the most that @bytes may be, or twice that with what is awaited;
 *	under 2^31
 * @loss: ticks to wait for what is missing, 1 at least
 * @idle: after so many ticks without anything a jump is believed sooner
 * @held: slots taken
 * @bytes: sum of the sizes of what is held
 * @deadline: tick for the timer, after RTUN_MP_WAIT, if @held
 * @last: tick when something was accepted
 * @length: octets in front of @scan; after RTUN_MP_PACKET, of the packet
 * @count: items to take after RTUN_MP_PACKET and RTUN_MP_DISCARD
 * @why: of RTUN_MP_DISCARD
 * @members: links that are part of the bundle, a bit each
 * @oldest: slot of what came first of all behind the gap, if any is there
 * @newest: slot of what came last
 * @cand: the numbers of an unbelieved jump
 * @run: how many of them
 * @bits: width of the numbers, 24 or 12
 * @broken: the packet before @next did not end: rest of it may come
 * @rest: and why it is of no use
 * @synced: something was received
 * @drop: what is in front of @scan is given up although nothing is behind it
 * @link: by the caller's number
 */
struct rtun_mp_rx {
	struct rtun_mp_ring *ring;
	u64 next;
	u64 scan;
	u64 hi;
	u64 floor;
	u32 slots;
	u32 mrru;
	u32 max_bytes;
	u32 loss;
	u32 idle;
	u32 held;
	u32 bytes;
	u32 deadline;
	u32 last;
	u32 length;
	u32 count;
	enum rtun_mp_why why;
	u32 members;
	u16 oldest;
	u16 newest;
	u32 cand[RTUN_MP_BELIEVE];
	u8 run;
	u8 bits;
	bool broken;
	bool synced;
	bool drop;
	enum rtun_mp_why rest;
	struct rtun_mp_link link[RTUN_MP_LINKS_MAX];
};

/**
 * struct rtun_mp_limits - what rtun_mp_init() is told
 * See struct rtun_mp_rx.
 */
struct rtun_mp_limits {
	u32 slots;
	u32 mrru;
	u32 max_bytes;
	u32 loss;
	u32 idle;
};

/* @first: the number that is expected first, 0 by section 4.1. */
void rtun_mp_init(struct rtun_mp_rx *r, unsigned int bits, u32 first,
		  const struct rtun_mp_limits *limits);

static inline size_t rtun_mp_ring_size(const struct rtun_mp_rx *r)
{
	return sizeof(struct rtun_mp_ring) +
	       r->slots * sizeof(struct rtun_mp_slot);
}

/* The number that is awaited. */
static inline u32 rtun_mp_awaited(const struct rtun_mp_rx *r)
{
	return (u32)r->next & ((1U << r->bits) - 1);
}

/* A link joins.  Nothing is lost by the rule until it was heard. */
void rtun_mp_link_add(struct rtun_mp_rx *r, unsigned int link, u32 now);
/* A link leaves: what only it could still have brought may be lost now. */
void rtun_mp_link_del(struct rtun_mp_rx *r, unsigned int link);

/* Fragment @seq of @len octets, which takes @size octets of memory, came over
 * @link.  @flags: RTUN_MP_B and RTUN_MP_E, other bits do not matter.
 */
enum rtun_mp_verdict rtun_mp_put(struct rtun_mp_rx *r, unsigned int link,
				 u32 seq, u8 flags, void *item, u32 len,
				 u32 size, u32 now);
/* What is to be done now?  Numbers that are given up are added to @lost. */
enum rtun_mp_step rtun_mp_step(struct rtun_mp_rx *r, u32 now, u64 *lost);
/* The next of @count items. */
void *rtun_mp_take(struct rtun_mp_rx *r);
/* Give up the oldest packet that is incomplete; false: nothing is held. */
bool rtun_mp_abandon(struct rtun_mp_rx *r);
/* Give up all that is missing: after the next steps nothing is held. */
void rtun_mp_flush(struct rtun_mp_rx *r);
/* Go on at @seq; nothing may be held. */
void rtun_mp_jump(struct rtun_mp_rx *r, u32 seq);

#endif /* _RTUN_REASSEMBLE_H */
