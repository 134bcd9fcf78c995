// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core of reordering, see reorder.h.  RFC 2637 section 4.3.
 */
#include "reorder.h"
#include "seq.h"

void rtun_reorder_init(struct rtun_reorder *r, u32 slots, u32 idle,
		       unsigned int bits)
{
	*r = (struct rtun_reorder){
		.slots = slots,
		.idle = idle,
		.bits = bits,
	};
}

static u32 plus(const struct rtun_reorder *r, u32 seq, u32 n)
{
	return (seq + n) & rtun_seq_mask(r->bits);
}

static struct rtun_reorder_slot *slot_of(struct rtun_reorder *r, u32 seq)
{
	return &r->ring[seq & (r->slots - 1)];
}

static void *take(struct rtun_reorder *r)
{
	struct rtun_reorder_slot *slot = slot_of(r, r->next);
	void *item = slot->item;

	slot->item = NULL;
	r->bytes -= slot->size;
	r->held--;
	r->next = plus(r, r->next, 1);
	return item;
}

/* A new gap is at the front: its age is that of the packet behind it. */
static void note_gap(struct rtun_reorder *r)
{
	u32 seq = r->next;

	/* one of the slots is taken, so this ends */
	while (!slot_of(r, seq)->item)
		seq++;
	r->since = slot_of(r, seq)->when;
}

/*
 * A number far from what is awaited: a peer that started anew, or somebody
 * who wants the session to stop.  A single packet never moves it, unless
 * nothing else has come for long and it is in front.
 */
static enum rtun_reorder_verdict suspect(struct rtun_reorder *r, u32 seq,
					 bool forward, u32 now)
{
	if (forward && now - r->last > r->idle)
		return RTUN_REORDER_RESYNC;
	r->run = r->run && seq == r->cand ? r->run + 1 : 1;
	r->cand = plus(r, seq, 1);
	return r->run < RTUN_REORDER_BELIEVE ? RTUN_REORDER_TOO_FAR :
					       RTUN_REORDER_RESYNC;
}

enum rtun_reorder_verdict rtun_reorder_put(struct rtun_reorder *r, u32 seq,
					   void *item, u32 size, u32 now,
					   bool hold, u64 *lost)
{
	struct rtun_reorder_slot *slot;
	s32 d;

	if (!r->synced) {
		/* some begin with 0, some with 1 */
		r->synced = true;
		r->next = seq;
		r->last = now;
	}
	d = rtun_seq_diff(seq, r->next, r->bits);
	if (d >= RTUN_REORDER_FAR || d <= -RTUN_REORDER_FAR)
		return suspect(r, seq, d > 0, now);
	if (d < 0)
		/* after a silence it may be a peer that started anew */
		return now - r->last > r->idle ? suspect(r, seq, false, now) :
						 RTUN_REORDER_LATE;
	r->last = now;
	r->run = 0;
	if (!d) {
		r->next = plus(r, seq, 1);
		return RTUN_REORDER_NOW;
	}
	if (!r->slots || !hold) {
		*lost += d;
		r->next = plus(r, seq, 1);
		return RTUN_REORDER_EARLY;
	}
	if (!r->ring)
		return RTUN_REORDER_RING;
	if ((u32)d >= r->slots)
		return RTUN_REORDER_MAKE_ROOM;
	slot = slot_of(r, seq);
	if (slot->item)
		return RTUN_REORDER_DUP;
	if (size > RTUN_REORDER_BYTES - r->bytes)
		return RTUN_REORDER_LIMIT;
	*slot = (struct rtun_reorder_slot){ item, size, now };
	r->bytes += size;
	if (!r->held++)
		r->since = now;
	return RTUN_REORDER_HELD;
}

bool rtun_reorder_run(struct rtun_reorder *r, u32 seq, u32 n, u32 now)
{
	if (!r->synced || r->held || seq != r->next || n >= RTUN_REORDER_FAR)
		return false;
	r->last = now;
	r->run = 0;
	r->next = plus(r, seq, n);
	return true;
}

void *rtun_reorder_pop(struct rtun_reorder *r)
{
	void *item;

	if (!r->held || !slot_of(r, r->next)->item)
		return NULL;
	item = take(r);
	if (r->held && !slot_of(r, r->next)->item)
		note_gap(r);
	return item;
}

void *rtun_reorder_slide(struct rtun_reorder *r, u32 seq, u64 *lost)
{
	u32 to = plus(r, seq, 1 - r->slots);

	while (rtun_seq_diff(to, r->next, r->bits) > 0) {
		if (!r->held) {
			*lost += rtun_seq_diff(to, r->next, r->bits);
			r->next = to;
			return NULL;
		}
		if (slot_of(r, r->next)->item)
			return take(r);
		++*lost;
		r->next = plus(r, r->next, 1);
	}
	if (r->held && !slot_of(r, r->next)->item)
		note_gap(r);
	return NULL;
}

void rtun_reorder_skip(struct rtun_reorder *r, u64 *lost)
{
	if (!r->held)
		return;
	while (!slot_of(r, r->next)->item) {
		++*lost;
		r->next = plus(r, r->next, 1);
	}
}

void *rtun_reorder_flush(struct rtun_reorder *r, u64 *lost)
{
	if (!r->held)
		return NULL;
	rtun_reorder_skip(r, lost);
	return take(r);
}

void rtun_reorder_jump(struct rtun_reorder *r, u32 seq)
{
	r->next = seq;
	r->run = 0;
}
