// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core of the send window, see window.h.  RFC 2637 sections 4.2 and 4.4.
 */
#include "window.h"
#include "seq.h"

enum {
	/* so many numbers behind the next one acknowledgements are remembered:
	 * a peer that never sends any must not confuse the arithmetic
	 */
	FAR_BEHIND	= 1 << 30,
};

static s32 ahead(u32 a, u32 b)
{
	return rtun_seq_diff(a, b, 32);
}

/* ATO = MAX(MinTimeOut, MIN(RTT + chi * DEV, MaxTimeOut)), chi = 4 */
static void set_ato(struct rtun_window *w)
{
	w->ato = (w->rtt8 >> 3) + w->dev4;
	if (w->ato < RTUN_WINDOW_ATO_MIN)
		w->ato = RTUN_WINDOW_ATO_MIN;
	else if (w->ato > RTUN_WINDOW_ATO_MAX)
		w->ato = RTUN_WINDOW_ATO_MAX;
}

void rtun_window_init(struct rtun_window *w, u32 first, u16 ppd)
{
	const u32 tenth = 100 * 1000, most = RTUN_WINDOW_ATO_MAX / tenth;

	*w = (struct rtun_window){ .next = first, .base = first,
				   .heard = first, .seeded = ppd };
	if (ppd)
		w->rtt8 = (ppd < most ? ppd : most) * tenth * 8;
	else
		w->rtt8 = RTUN_WINDOW_ATO_FIRST * 8;
	set_ato(w);
}

void rtun_window_set(struct rtun_window *w, u32 size, u32 static_rtt)
{
	if (!size) {
		w->base = w->next;
		w->congested = false;
	} else if (!w->size) {
		/* section 4.2.1: half, one at least */
		w->open = size > 1 ? size / 2 : 1;
	} else if (w->open > size) {
		w->open = size;
	}
	w->credit = 0;
	w->size = size;
	w->static_rtt = static_rtt;
}

static struct rtun_window_sample *sample(struct rtun_window *w, u32 i)
{
	return &w->ring[(w->oldest + i) % RTUN_WINDOW_SAMPLES];
}

static void forget_oldest(struct rtun_window *w)
{
	w->oldest = (w->oldest + 1) % RTUN_WINDOW_SAMPLES;
	w->count--;
}

static u64 end_of(const struct rtun_window_sample *s)
{
	return s->when + s->span;
}

/*
 * Make neighbours one in the older half.  That makes room for a quarter, and
 * what is older becomes coarser, as fits a longer round trip.
 */
static void thin_out(struct rtun_window *w)
{
	const u32 room = RTUN_WINDOW_SAMPLES / 4;
	u32 i = room;

	/* from the end, as the room is in front */
	while (i--) {
		struct rtun_window_sample s = *sample(w, 2 * i);

		s.span = end_of(sample(w, 2 * i + 1)) - s.when;
		*sample(w, room + i) = s;
	}
	w->oldest = (w->oldest + room) % RTUN_WINDOW_SAMPLES;
	w->count -= room;
}

static void note(struct rtun_window *w, u32 seq, u64 now)
{
	/* no measurement will come of what is under way for so long */
	while (w->count && now > end_of(sample(w, 0)) + RTUN_WINDOW_ATO_MAX)
		forget_oldest(w);
	if (w->count) {
		struct rtun_window_sample *newest = sample(w, w->count - 1);

		if (now <= newest->when)
			return;
		if (now - newest->when <= w->gap) {
			if (end_of(newest) < now)
				newest->span = now - newest->when;
			return;
		}
		if (w->count == RTUN_WINDOW_SAMPLES)
			thin_out(w);
	}
	*sample(w, w->count++) = (struct rtun_window_sample){ now, seq, 0 };
}

void rtun_window_sent(struct rtun_window *w, u64 now)
{
	if (w->next == w->base)
		w->since = now;
	note(w, w->next++, now);
	if (!w->size)
		w->base = w->next;
	if (w->next - w->heard > FAR_BEHIND) {
		w->heard = w->next - FAR_BEHIND;
		if (ahead(w->heard, w->base) > 0)
			w->base = w->heard;
	}
}

/*
 * Section 4.4.1 with alpha = 1/8 and beta = 1/4.  If the peer promised nothing
 * there is no RTT[0] to start with: the first measurement is it, and half of
 * it the deviation, as in RFC 6298 section 2.2.
 */
static void learn(struct rtun_window *w, u32 took)
{
	if (w->seeded) {
		s32 diff = took - (w->rtt8 >> 3);

		w->rtt8 += diff;
		w->dev4 += (diff < 0 ? -diff : diff) - (w->dev4 >> 2);
	} else {
		w->rtt8 = took * 8;
		w->dev4 = took * 2;
	}
	w->seeded = true;
	w->measured = true;
	set_ato(w);
}

/*
 * All before @end has arrived.  What counts is when the last of it was sent
 * (section 4.2.5), or the sample which stands for that one, if it is not vague.
 */
static void measure(struct rtun_window *w, u32 end, u64 now)
{
	struct rtun_window_sample s = {};
	bool found = false;
	u64 took = 0;

	while (w->count && ahead(sample(w, 0)->seq, end) < 0) {
		s = *sample(w, 0);
		forget_oldest(w);
		found = true;
	}
	/* the clock may have been read before the packet's was */
	if (now > s.when)
		took = now - s.when;
	if (!found || took > RTUN_WINDOW_ATO_MAX)
		return;
	/* one round trip fits into the newer half of the ring */
	w->gap = took >> 3;
	if (s.seq == end - 1 || s.span <= took >> 2)
		learn(w, took);
}

enum rtun_window_verdict rtun_window_ack(struct rtun_window *w, u32 ack,
					 u64 now)
{
	u32 end = ack + 1;
	s32 fresh;

	if (end - w->heard - 1 >= w->next - w->heard)
		return ahead(end, w->next) > 0 ? RTUN_WINDOW_BEYOND :
							   RTUN_WINDOW_OLD;
	w->heard = end;
	w->congested = false;
	measure(w, end, now);
	/* else it is about what counts as lost already, or there is no window */
	fresh = ahead(end, w->base);
	if (fresh > 0) {
		w->base = end;
		w->since = now;
		/* sections 4.2.1 and 4.2.3: one more for each window's worth */
		w->credit += fresh;
		if (w->credit >= w->open) {
			w->credit = 0;
			if (w->open < w->size)
				w->open++;
		}
	}
	return RTUN_WINDOW_NEW;
}

u64 rtun_window_deadline(const struct rtun_window *w)
{
	if (w->next == w->base)
		return RTUN_WINDOW_NEVER;
	return w->since + (w->static_rtt ? w->static_rtt : w->ato);
}

u32 rtun_window_expire(struct rtun_window *w, u64 now)
{
	u32 lost = w->next - w->base;

	if (now < rtun_window_deadline(w) || !lost)
		return 0;
	/* as if it were acknowledged; if it is yet, that can be measured */
	w->base = w->next;
	w->congested = true;
	/* section 4.2.2: half, fractions rounded up */
	w->open = (w->open + 1) / 2;
	w->credit = 0;
	/* section 4.4.2: RTT = delta * RTT, delta = 2; DEV stays */
	w->rtt8 = w->rtt8 < RTUN_WINDOW_ATO_MAX * 4 ? w->rtt8 * 2 :
						      RTUN_WINDOW_ATO_MAX * 8;
	set_ato(w);
	return lost;
}
