// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core of multilink reassembly, see reassemble.h.  RFC 1990 sections 3 and
 * 4.1.
 *
 * From @next to @scan lies the beginning of a packet whose end has not come,
 * or nothing.  At @scan is a gap, once the steps were taken, and what is held
 * behind it is a list in the order in which it came: the oldest of it tells how
 * long the gap has been there.
 */
#include "reassemble.h"
#include "seq.h"

enum {
	LEN_MAX		= (1 << 30) - 1,	/* of struct rtun_mp_slot */
	PROTOCOL	= 2,	/* octets of a packet before its information */
};

void rtun_mp_init(struct rtun_mp_rx *r, unsigned int bits, u32 first,
		  const struct rtun_mp_limits *limits)
{
	/* far from 0, so that what is behind has a place too */
	const u64 next = (1ULL << 32) + (first & rtun_seq_mask(bits));

	*r = (struct rtun_mp_rx){
		.next = next,
		.scan = next,
		.slots = limits->slots,
		.mrru = limits->mrru,
		.max_bytes = limits->max_bytes,
		.loss = limits->loss,
		.idle = limits->idle,
		.bits = bits,
	};
}

static u32 index_of(const struct rtun_mp_rx *r, u64 place)
{
	return (u32)place & (r->slots - 1);
}

/* The place behind @next that slot @index stands for. */
static u64 place_of(const struct rtun_mp_rx *r, u32 index)
{
	return r->next + index_of(r, index - r->next);
}

static bool taken(const struct rtun_mp_rx *r, u64 place)
{
	return place - r->next < r->slots &&
	       test_bit(index_of(r, place), r->ring->taken);
}

/* How many are held behind the gap. */
static u32 behind(const struct rtun_mp_rx *r)
{
	return r->held - (u32)(r->scan - r->next);
}

/* What is held behind the gap begins here; something is. */
static u64 after_gap(const struct rtun_mp_rx *r)
{
	unsigned long from = index_of(r, r->scan), i;

	i = find_next_bit(r->ring->taken, r->slots, from);
	if (i == r->slots)
		i = find_next_bit(r->ring->taken, from, 0);
	return r->scan + index_of(r, i - from);
}

static bool too_long(const struct rtun_mp_rx *r, u32 length)
{
	return length > r->mrru && length - r->mrru > PROTOCOL;
}

void rtun_mp_link_add(struct rtun_mp_rx *r, unsigned int link, u32 now)
{
	r->members |= 1U << link;
	r->link[link] = (struct rtun_mp_link){ .heard = now };
}

void rtun_mp_link_del(struct rtun_mp_rx *r, unsigned int link)
{
	r->members &= ~(1U << link);
}

/* @place came over @link: what does that say about the link? */
static void hear(struct rtun_mp_rx *r, unsigned int link, u64 place, u32 now)
{
	struct rtun_mp_link *l = &r->link[link];
	u64 deep;

	l->heard = now;
	l->mute = false;
	if (place > l->last) {
		l->last = place;
		if (l->depth && ++l->calm == RTUN_MP_CALM) {
			l->depth--;
			l->calm = 0;
		}
		return;
	}
	/* it breaks the increasing sequence rule: trust it less, for the next
	 * one may be later still
	 */
	deep = l->last - place;
	if (deep > l->depth) {
		deep *= 2;
		l->depth = deep < r->slots / 2 ? deep : r->slots / 2;
		l->calm = 0;
	}
}

/*
 * M of section 4.1: all links have passed what is before it.  A link that
 * reorders may still bring what is as far behind as it was seen to.  One that
 * nothing came from yet holds it down, whether it is slow or idle.
 */
static u64 passed(struct rtun_mp_rx *r, u32 now)
{
	u64 least = ~0ULL;
	unsigned int i;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		struct rtun_mp_link *l = &r->link[i];
		u64 sure;

		if (!(r->members >> i & 1))
			continue;
		if (l->mute) {
			if ((s32)(now - l->until) < 0)
				continue;
			l->mute = false;
		}
		sure = l->last > l->depth ? l->last - l->depth : 0;
		if (sure < least)
			least = sure;
	}
	return least == ~0ULL ? 0 : least;
}

/*
 * A gap is there since @since and ran out of time: links that were not heard
 * meanwhile are not waited for, for some time.  Silence alone says nothing, as
 * a slow link may be idle until there is much to send.
 */
static void mute_silent(struct rtun_mp_rx *r, u32 since, u32 now)
{
	unsigned int i;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		struct rtun_mp_link *l = &r->link[i];

		if (!(r->members >> i & 1) || (s32)(l->heard - since) >= 0)
			continue;
		l->mute = true;
		l->until = now + r->idle;
	}
}

/*
 * Are there enough that speak for a jump to about there?  Links differ in
 * delay, so the numbers need not be consecutive, but different: one that was
 * forged and sent again is one.
 */
static bool believed(struct rtun_mp_rx *r, u32 seq)
{
	u8 i;

	if (r->run) {
		s32 d = rtun_seq_diff(seq, r->cand[0], r->bits);

		if (d >= (s32)r->slots || d <= -(s32)r->slots)
			r->run = 0;
	}
	for (i = 0; i < r->run; i++)
		if (r->cand[i] == seq)
			return r->run == RTUN_MP_BELIEVE;
	if (r->run < RTUN_MP_BELIEVE)
		r->cand[r->run++] = seq;
	return r->run == RTUN_MP_BELIEVE;
}

/* A number that is not among those awaited. */
static enum rtun_mp_verdict stray(struct rtun_mp_rx *r, unsigned int link,
				  u32 seq, u64 place, u32 now)
{
	u32 quiet = now - r->last;
	bool far;

	if (place > r->next) {
		/* the stream goes on, only the gap is still there */
		if (r->held && place < r->hi + r->slots / 4)
			return RTUN_MP_LIMIT;
		if (quiet > r->idle || believed(r, seq))
			return RTUN_MP_RESYNC;
		return RTUN_MP_FAR;
	}
	far = r->next - place >= r->slots;
	if (!far && quiet <= r->idle) {
		hear(r, link, place, now);
		return RTUN_MP_LATE;
	}
	/* Behind: a peer that started anew, or a link with a long queue, which
	 * must not take back what the others brought.  So only when they bring
	 * nothing more.
	 */
	if (believed(r, seq) && quiet > r->loss)
		return RTUN_MP_RESYNC;
	return RTUN_MP_FAR;
}

static void accept(struct rtun_mp_rx *r, unsigned int link, u64 place, u32 now)
{
	r->synced = true;
	r->last = now;
	r->run = 0;
	hear(r, link, place, now);
}

static void store(struct rtun_mp_rx *r, u64 place,
		  const struct rtun_mp_slot *fragment)
{
	u32 i = index_of(r, place);

	r->ring->slot[i] = *fragment;
	if (behind(r)) {
		r->ring->slot[r->newest].newer = i;
		r->ring->slot[i].older = r->newest;
	} else {
		r->oldest = i;
	}
	r->newest = i;
	__set_bit(i, r->ring->taken);
	r->held++;
	r->bytes += fragment->size;
	if (r->hi <= place)
		r->hi = place + 1;
}

/* What the others wait for has room of its own: with it they go. */
static bool has_room(const struct rtun_mp_rx *r, u64 place, u32 size)
{
	u32 most = place == r->scan ? 2 * r->max_bytes : r->max_bytes;

	return r->bytes <= most && size <= most - r->bytes;
}

enum rtun_mp_verdict rtun_mp_put(struct rtun_mp_rx *r, unsigned int link,
				 u32 seq, u8 flags, void *item, u32 len,
				 u32 size, u32 now)
{
	const bool first = flags & RTUN_MP_B, final = flags & RTUN_MP_E;
	const bool null = first && final && !len;
	u64 place;

	seq &= rtun_seq_mask(r->bits);
	place = r->next + rtun_seq_diff(seq, r->next, r->bits);
	if (place - r->next >= r->slots) {
		if (r->synced)
			return stray(r, link, seq, place, now);
		/* some begin elsewhere than at 0 */
		if (!first)
			return RTUN_MP_FAR;
		rtun_mp_jump(r, seq);
		place = r->next;
	}
	if (place == r->next && r->scan == r->next && first && final &&
	    !too_long(r, len)) {
		accept(r, link, place, now);
		r->next = place + 1;
		r->scan = place + 1;
		r->broken = false;
		return null ? RTUN_MP_NULL : RTUN_MP_NOW;
	}
	if (!r->ring)
		return RTUN_MP_RING;
	if (taken(r, place))
		return RTUN_MP_DUP;
	if (!null && !has_room(r, place, size))
		return RTUN_MP_LIMIT;
	accept(r, link, place, now);
	store(r, place, &(struct rtun_mp_slot){
		.item = null ? NULL : item,
		.size = null ? 0 : size,
		.when = now,
		.len = len < LEN_MAX ? len : LEN_MAX,
		.first = first,
		.final = final,
	});
	return null ? RTUN_MP_NULL : RTUN_MP_STORED;
}

/* Slot @i is no longer behind the gap. */
static void unlist(struct rtun_mp_rx *r, u32 i)
{
	struct rtun_mp_slot *slot = r->ring->slot;

	if (i == r->oldest)
		r->oldest = slot[i].newer;
	else
		slot[slot[i].older].newer = slot[i].newer;
	if (i == r->newest)
		r->newest = slot[i].older;
	else
		slot[slot[i].newer].older = slot[i].older;
}

/* Take slot @next out. */
static void *release(struct rtun_mp_rx *r)
{
	u32 i = index_of(r, r->next);

	__clear_bit(i, r->ring->taken);
	r->bytes -= r->ring->slot[i].size;
	r->held--;
	r->next++;
	return r->ring->slot[i].item;
}

static void set_broken(struct rtun_mp_rx *r, bool broken, enum rtun_mp_why why)
{
	r->broken = broken;
	r->rest = why;
}

/* All in front of @scan is of no use. */
static enum rtun_mp_step discard(struct rtun_mp_rx *r, enum rtun_mp_why why)
{
	r->count = r->scan - r->next;
	r->why = why;
	return RTUN_MP_DISCARD;
}

/* What is at @scan joins what is in front of it; RTUN_MP_WAIT: go on. */
static enum rtun_mp_step advance(struct rtun_mp_rx *r)
{
	const struct rtun_mp_slot *slot = &r->ring->slot[index_of(r, r->scan)];
	u32 run = r->scan - r->next;

	/* section 4.1: the one before a B counts as if it bore an E */
	if (slot->first && run)
		return discard(r, RTUN_MP_WHY_ORPHAN);
	unlist(r, index_of(r, r->scan));
	r->scan++;
	if (!slot->item) {
		release(r);
		r->broken = false;
		return RTUN_MP_WAIT;
	}
	if (!slot->first && !run) {
		enum rtun_mp_why why = r->broken ? r->rest :
						   RTUN_MP_WHY_ORPHAN;

		if (slot->final)
			r->broken = false;
		return discard(r, why);
	}
	r->length = run ? r->length + slot->len : slot->len;
	r->broken = false;
	if (too_long(r, r->length) || run == RTUN_MP_FRAGMENTS_MAX) {
		set_broken(r, !slot->final, RTUN_MP_WHY_OVERSIZE);
		return discard(r, RTUN_MP_WHY_OVERSIZE);
	}
	if (!slot->final)
		return RTUN_MP_WAIT;
	r->count = run + 1;
	return RTUN_MP_PACKET;
}

/* Is what is missing at @scan to be given up? */
static bool hopeless(struct rtun_mp_rx *r, u32 now)
{
	u64 least;

	if (!behind(r)) {
		/* the rest of a packet is awaited, and may be on its way as
		 * long as something comes
		 */
		r->deadline = r->last + r->loss;
		return r->drop || (s32)(now - r->deadline) >= 0;
	}
	least = passed(r, now);
	if (r->floor < least)
		r->floor = least;
	if (r->floor <= r->scan) {
		u32 since = r->ring->slot[r->oldest].when;

		r->deadline = since + r->loss;
		if ((s32)(now - r->deadline) < 0)
			return false;
		r->floor = place_of(r, r->oldest);
		mute_silent(r, since, now);
	}
	return true;
}

/* Nothing is in front of the gap: go to its end, or as far as it is lost. */
static void skip(struct rtun_mp_rx *r, u64 *lost)
{
	u64 to = after_gap(r);

	if (to > r->floor)
		to = r->floor;
	*lost += to - r->next;
	r->next = to;
	r->scan = to;
	set_broken(r, true, RTUN_MP_WHY_INCOMPLETE);
}

enum rtun_mp_step rtun_mp_step(struct rtun_mp_rx *r, u32 now, u64 *lost)
{
	while (r->held) {
		if (taken(r, r->scan)) {
			enum rtun_mp_step step = advance(r);

			if (step != RTUN_MP_WAIT)
				return step;
		} else if (!hopeless(r, now)) {
			return RTUN_MP_WAIT;
		} else if (r->scan != r->next) {
			set_broken(r, true, RTUN_MP_WHY_INCOMPLETE);
			return discard(r, RTUN_MP_WHY_INCOMPLETE);
		} else {
			skip(r, lost);
		}
	}
	r->drop = false;
	return RTUN_MP_WAIT;
}

void *rtun_mp_take(struct rtun_mp_rx *r)
{
	if (!r->count)
		return NULL;
	r->count--;
	return release(r);
}

bool rtun_mp_abandon(struct rtun_mp_rx *r)
{
	if (!r->held)
		return false;
	if (behind(r))
		r->floor = after_gap(r);
	else
		r->drop = true;
	return true;
}

void rtun_mp_flush(struct rtun_mp_rx *r)
{
	if (!r->held)
		return;
	r->floor = r->hi;
	r->drop = true;
}

void rtun_mp_jump(struct rtun_mp_rx *r, u32 seq)
{
	/* forward: no place comes again, and the links' are behind */
	r->next += (seq - (u32)r->next) & rtun_seq_mask(r->bits);
	r->scan = r->next;
	r->synced = true;
	r->run = 0;
	set_broken(r, true, RTUN_MP_WHY_INCOMPLETE);
}
