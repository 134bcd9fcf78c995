// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of window.c: the RFC's formulas by example, its rules for the size of
 * the window, hostile acknowledgements, alarms, then a peer behind a bad
 * network against a model that counts in 64 bits and knows when each packet
 * was sent.
 */
#include "selftest.h"
#include "seq.h"
#include "window.h"

enum {
	MS	= 1000,
	SEC	= 1000 * MS,
	PACKETS	= 3000,
	ROUNDS	= 40,
};

static u32 random_state;

/* Seeded, so that a failure can be repeated (xorshift32). */
static u32 rnd(u32 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

static u32 rtt_of(const struct rtun_window *w)
{
	u32 us;

	return rtun_window_rtt(w, &us) ? us : ~0U;
}

/* What rtun_window_sent() and rtun_window_ack() must leave behind. */
static bool sane(const struct rtun_window *w)
{
	const struct rtun_window_sample *s, *last = NULL;
	u32 i;

	for (i = 0; i < w->count; i++, last = s) {
		s = &w->ring[(w->oldest + i) % RTUN_WINDOW_SAMPLES];
		SELFTEST(!last || s->when > last->when);
		SELFTEST(!last || rtun_seq_diff(s->seq, last->seq, 32) > 0);
	}
	SELFTEST(w->count <= RTUN_WINDOW_SAMPLES);
	SELFTEST(w->ato >= RTUN_WINDOW_ATO_MIN && w->ato <= RTUN_WINDOW_ATO_MAX);
	SELFTEST(w->rtt8 <= 8 * RTUN_WINDOW_ATO_MAX);
	SELFTEST(rtun_seq_diff(w->base, w->heard, 32) >= 0);
	SELFTEST(rtun_seq_diff(w->next, w->base, 32) >= 0);
	SELFTEST(!w->size || (w->open >= 1 && w->open <= w->size));
	SELFTEST(!w->size || w->credit < w->open);
	SELFTEST(w->size || rtun_window_deadline(w) == RTUN_WINDOW_NEVER);
	return true;
}

/* One packet is sent at @now and acknowledged @took later. */
static u64 exchange(struct rtun_window *w, u64 now, u32 took)
{
	u32 seq = w->next;

	rtun_window_sent(w, now);
	rtun_window_ack(w, seq, now + took);
	return now + took;
}

/* Section 4.4.1 and 4.4.2, computed by hand; then the limits. */
static bool formulas(void)
{
	struct rtun_window w;
	u64 now = SEC;
	u32 i;

	/* RTT = PPD, DEV = 0 */
	rtun_window_init(&w, 0, 8);
	rtun_window_set(&w, 10, 0);
	SELFTEST(w.ato == 800 * MS && rtt_of(&w) == ~0U);
	/* DIFF -400, DEV 0 + 400/4, RTT 800 - 400/8 */
	now = exchange(&w, now, 400 * MS);
	SELFTEST(rtt_of(&w) == 750 * MS && w.ato == (750 + 4 * 100) * MS);
	/* DIFF +250, DEV 100 + 150/4, RTT 750 + 250/8 */
	now = exchange(&w, now, 1000 * MS);
	SELFTEST(rtt_of(&w) == 781250 && w.ato == 781250 + 4 * 137500);
	/* RTT doubles, DEV stays */
	rtun_window_sent(&w, now);
	SELFTEST(rtun_window_deadline(&w) == now + 1331250);
	now += 1331250;
	SELFTEST(rtun_window_expire(&w, now) == 1);
	SELFTEST(rtt_of(&w) == 1562500 && w.ato == 1562500 + 4 * 137500);
	/* it goes down by steps, and ends where the packets say */
	for (i = 0; i < 400; i++) {
		u32 before = w.ato;

		now = exchange(&w, now, 150 * MS);
		SELFTEST(i < 20 || w.ato <= before);
	}
	SELFTEST(rtt_of(&w) == 150 * MS);
	SELFTEST(w.ato >= 150 * MS && w.ato < 151 * MS);

	/* MinTimeOut, MaxTimeOut */
	for (i = 0; i < 200; i++)
		now = exchange(&w, now, 50);
	SELFTEST(rtt_of(&w) == 50 && w.ato == RTUN_WINDOW_ATO_MIN);
	for (i = 0; i < 40; i++) {
		rtun_window_sent(&w, now);
		now = rtun_window_deadline(&w);
		SELFTEST(rtun_window_expire(&w, now) == 1 && sane(&w));
	}
	SELFTEST(rtt_of(&w) == RTUN_WINDOW_ATO_MAX);
	SELFTEST(w.ato == RTUN_WINDOW_ATO_MAX);
	rtun_window_init(&w, 0, 0xffff);
	SELFTEST(w.ato == RTUN_WINDOW_ATO_MAX && sane(&w));

	/* no promise: the first measurement counts alone */
	rtun_window_init(&w, 0, 0);
	SELFTEST(w.ato == RTUN_WINDOW_ATO_FIRST && rtt_of(&w) == ~0U);
	exchange(&w, now, 200 * MS);
	SELFTEST(rtt_of(&w) == 200 * MS && w.ato == (200 + 4 * 100) * MS);
	exchange(&w, now, 0);
	SELFTEST(rtt_of(&w) == 175 * MS);
	return true;
}

/* Fill the window; how many went. */
static u32 fill(struct rtun_window *w, u64 now)
{
	u32 n = 0;

	while (rtun_window_may_send(w)) {
		rtun_window_sent(w, now);
		n++;
	}
	return n;
}

static void ack_all(struct rtun_window *w, u64 now)
{
	rtun_window_ack(w, w->next - 1, now);
}

/* Sections 4.2.1 to 4.2.3: how wide it is. */
static bool widths(u32 first)
{
	struct rtun_window w;
	u64 now = 5;
	u32 i;

	rtun_window_init(&w, first, 0);
	rtun_window_set(&w, 7, 0);
	/* half of it, then one more for each window that was acknowledged */
	for (i = 3; i <= 7; i++) {
		SELFTEST(fill(&w, now) == i && !rtun_window_may_send(&w));
		ack_all(&w, now);
	}
	SELFTEST(fill(&w, now) == 7);
	/* in pieces: four and two are not enough, seven are */
	rtun_window_set(&w, 9, 0);
	SELFTEST(w.open == 7);
	rtun_window_ack(&w, w.base + 3, now);
	SELFTEST(w.open == 7 && fill(&w, now) == 4);
	rtun_window_ack(&w, w.base + 1, now);
	SELFTEST(w.open == 7 && fill(&w, now) == 2);
	rtun_window_ack(&w, w.base, now);
	SELFTEST(w.open == 8 && fill(&w, now) == 2 && sane(&w));
	/* half at an alarm, rounded up, never none */
	rtun_window_set(&w, 11, 0);
	w.open = 11;
	for (i = 11; i; i = i == 1 ? 0 : (i + 1) / 2) {
		SELFTEST(w.open == i);
		fill(&w, now);
		now = rtun_window_deadline(&w);
		SELFTEST(rtun_window_expire(&w, now) == i);
	}
	SELFTEST(w.open == 1 && fill(&w, now) == 1);
	ack_all(&w, now);
	SELFTEST(w.open == 2 && fill(&w, now) == 2);

	/* the least windows; a narrower one waits until enough is back */
	rtun_window_init(&w, first, 0);
	rtun_window_set(&w, 1, 0);
	SELFTEST(fill(&w, now) == 1);
	ack_all(&w, now);
	SELFTEST(w.open == 1 && fill(&w, now) == 1);
	rtun_window_set(&w, 0xffff, 0);
	w.open = 0xffff;
	SELFTEST(fill(&w, now) == 0xfffe && sane(&w));
	rtun_window_set(&w, 4, 0);
	SELFTEST(!rtun_window_may_send(&w) && w.open == 4 && sane(&w));
	rtun_window_ack(&w, w.next - 5, now);
	SELFTEST(!rtun_window_may_send(&w));
	rtun_window_ack(&w, w.next - 4, now);
	SELFTEST(fill(&w, now) == 1 && sane(&w));
	/* some go over a full window: they are waited for as well */
	rtun_window_sent(&w, now);
	rtun_window_sent(&w, now);
	SELFTEST(w.next - w.base == 6 && sane(&w));
	rtun_window_ack(&w, w.next - 3, now);
	SELFTEST(fill(&w, now) == 2);
	return true;
}

/* Acknowledgements nobody in his right mind would send, around @first. */
static bool hostile(u32 first)
{
	struct rtun_window w, before;
	u64 now = 77;
	u32 i;

	rtun_window_init(&w, first, 0);
	rtun_window_set(&w, 20, 0);
	/* nothing was sent yet */
	SELFTEST(rtun_window_ack(&w, first, now) == RTUN_WINDOW_BEYOND);
	SELFTEST(rtun_window_ack(&w, first - 1, now) == RTUN_WINDOW_OLD);
	SELFTEST(fill(&w, now) == 10);
	SELFTEST(rtun_window_ack(&w, first + 3, now) == RTUN_WINDOW_NEW);
	SELFTEST(w.next - w.base == 6);
	memcpy(&before, &w, sizeof(w));
	/* repeated, behind, ahead: by a little, by half of all numbers */
	SELFTEST(rtun_window_ack(&w, first + 3, now) == RTUN_WINDOW_OLD);
	SELFTEST(rtun_window_ack(&w, first + 2, now) == RTUN_WINDOW_OLD);
	SELFTEST(rtun_window_ack(&w, first - 9, now) == RTUN_WINDOW_OLD);
	SELFTEST(rtun_window_ack(&w, first + 10, now) == RTUN_WINDOW_BEYOND);
	SELFTEST(rtun_window_ack(&w, first + 0x7ffffff0, now) ==
		 RTUN_WINDOW_BEYOND);
	SELFTEST(rtun_window_ack(&w, first - 0x7ffffff0, now) ==
		 RTUN_WINDOW_OLD);
	for (i = 0; i < 1000; i++)
		SELFTEST(rtun_window_ack(&w, first + 10 + rnd(0xfffffff0),
					 now + i) != RTUN_WINDOW_NEW);
	SELFTEST(!memcmp(&w, &before, sizeof(w)));
	/* and go on as if nothing had been */
	SELFTEST(rtun_window_ack(&w, first + 9, now) == RTUN_WINDOW_NEW);
	SELFTEST(fill(&w, now) == 11 && sane(&w));
	return true;
}

static bool alarms(u32 first)
{
	struct rtun_window w;
	u64 now = 3 * SEC;

	rtun_window_init(&w, first, 0);
	rtun_window_set(&w, 8, 0);
	SELFTEST(rtun_window_deadline(&w) == RTUN_WINDOW_NEVER);
	SELFTEST(!rtun_window_expire(&w, RTUN_WINDOW_NEVER) && !w.congested);
	now = exchange(&w, now, 40 * MS);	/* RTT 40, DEV 20 ms */
	SELFTEST(rtun_window_deadline(&w) == RTUN_WINDOW_NEVER);
	/* the first that is sent begins the waiting, no later one */
	rtun_window_sent(&w, now);
	rtun_window_sent(&w, now + 30 * MS);
	SELFTEST(rtun_window_deadline(&w) == now + 120 * MS);
	/* and what is acknowledged begins it anew: RTT 41, DEV 17 ms */
	SELFTEST(rtun_window_ack(&w, first + 1, now + 48 * MS) ==
		 RTUN_WINDOW_NEW);
	SELFTEST(rtt_of(&w) == 41 * MS && w.ato == 109 * MS);
	SELFTEST(rtun_window_deadline(&w) == now + (48 + 109) * MS);
	now += (48 + 109) * MS;
	SELFTEST(!rtun_window_expire(&w, now - 1) && !w.congested);
	SELFTEST(rtun_window_expire(&w, now) == 1 && w.congested);
	/* once: nothing is under way any more */
	SELFTEST(!rtun_window_expire(&w, now + 100 * SEC));
	SELFTEST(rtun_window_deadline(&w) == RTUN_WINDOW_NEVER);
	SELFTEST(w.open == 2 && fill(&w, now) == 2);
	/* old news end nothing; late ones do, and can be measured */
	SELFTEST(rtun_window_ack(&w, first + 1, now) == RTUN_WINDOW_OLD);
	SELFTEST(w.congested);
	SELFTEST(rtun_window_ack(&w, first + 2, now + 53 * MS) ==
		 RTUN_WINDOW_NEW);
	/* RTT 82, sent 30 ms after the first: 180 ms */
	SELFTEST(!w.congested && rtt_of(&w) == 82 * MS + 98 * MS / 8);
	/* but they open nothing and do not begin the waiting anew */
	SELFTEST(!rtun_window_may_send(&w) && !w.credit && w.since == now);
	SELFTEST(sane(&w));
	/* no window, no alarm */
	now = rtun_window_deadline(&w);
	SELFTEST(rtun_window_expire(&w, now) == 2 && w.congested);
	fill(&w, now);
	rtun_window_set(&w, 0, 0);
	SELFTEST(!w.congested && sane(&w));
	SELFTEST(!rtun_window_expire(&w, now + 100 * SEC) && !w.congested);
	return true;
}

/* A time-out that is given is neither adapted nor backed off. */
static bool static_rtt(void)
{
	struct rtun_window w;
	u64 now = 0;
	u32 i;

	rtun_window_init(&w, 0, 0);
	rtun_window_set(&w, 16, 1500 * MS);
	for (i = 0; i < 3; i++) {
		rtun_window_sent(&w, now);
		SELFTEST(rtun_window_deadline(&w) == now + 1500 * MS);
		SELFTEST(!rtun_window_expire(&w, now + 1500 * MS - 1));
		now += 1500 * MS;
		SELFTEST(rtun_window_expire(&w, now) == 1 && w.congested);
	}
	SELFTEST(w.open == 1);
	/* the round trip is measured all the same */
	now = exchange(&w, now, 20 * MS);
	SELFTEST(rtt_of(&w) == 20 * MS && !w.congested);
	rtun_window_sent(&w, now);
	SELFTEST(rtun_window_deadline(&w) == now + 1500 * MS);
	/* adapted again */
	rtun_window_set(&w, 16, 0);
	SELFTEST(rtun_window_deadline(&w) == now + 100 * MS && sane(&w));
	return true;
}

/* Without a window: any number of packets under way is measured well. */
static bool measuring(u32 first)
{
	static const u32 delays[] = { 1 * MS, 10 * MS, 300 * MS, 7 * MS };
	const u32 behind = 1000;
	struct rtun_window w;
	u64 now = 0;
	u32 i, n;

	rtun_window_init(&w, first, 0);
	for (i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
		/* each eighth is acknowledged, with all before */
		for (n = 0; n < 50 * behind; n++, now += delays[i] / behind) {
			SELFTEST(rtun_window_may_send(&w));
			rtun_window_sent(&w, now);
			if (n >= behind && n % 8 == 3)
				rtun_window_ack(&w, w.next - 1 - behind, now);
			SELFTEST(w.count <= RTUN_WINDOW_SAMPLES);
		}
		SELFTEST(rtt_of(&w) >= delays[i] && sane(&w));
		SELFTEST(rtt_of(&w) <= delays[i] + delays[i] / 8);
		ack_all(&w, now);
		now += 20 * SEC;
	}
	/* bursts, of which the last is acknowledged while later are under way */
	for (n = 0; n < 2000; n++, now += 40 * MS) {
		for (i = 0; i < 20; i++)
			rtun_window_sent(&w, now + i * 10);
		if (n >= 3)
			rtun_window_ack(&w, w.next - 1 - 40, now + 20 * MS);
	}
	SELFTEST(rtt_of(&w) >= 100 * MS - 200 && rtt_of(&w) <= 101 * MS);
	ack_all(&w, now);
	/* at once, all at the same time, and by clocks that disagree */
	for (n = 0; n < 1000; n++) {
		for (i = 0; i < 100; i++)
			rtun_window_sent(&w, now);
		rtun_window_ack(&w, w.next - 1, now - 1);
		SELFTEST(sane(&w));
	}
	SELFTEST(rtt_of(&w) == 0);
	for (i = 0; i < 100; i++)
		rtun_window_sent(&w, now - i);
	SELFTEST(sane(&w));
	ack_all(&w, now - 200);
	SELFTEST(rtt_of(&w) == 0 && sane(&w));
	/* a peer that acknowledges when it has something to say itself: what
	 * it says hours later is about no round trip
	 */
	now = exchange(&w, now, 8 * MS);
	SELFTEST(rtt_of(&w) == 1 * MS);
	for (n = 0; n < 100000; n++, now += 100 * MS)
		rtun_window_sent(&w, now);
	rtun_window_ack(&w, w.next - 5000, now);
	now += 5ULL << 32;
	rtun_window_ack(&w, w.next - 1000, now);
	ack_all(&w, now);
	SELFTEST(rtt_of(&w) == 1 * MS && !w.count && sane(&w));
	exchange(&w, now, 9 * MS);
	SELFTEST(rtt_of(&w) == 2 * MS);
	return true;
}

/* A sample stands for others; it is not used where that is too vague. */
static bool samples(u32 first)
{
	struct rtun_window w;
	u64 now = SEC;
	u32 i;

	rtun_window_init(&w, first, 0);
	now = exchange(&w, now, 800 * MS);
	/* one for two, the second of which is acknowledged at once */
	rtun_window_sent(&w, now);
	rtun_window_sent(&w, now + 90 * MS);
	SELFTEST(w.count == 1);
	rtun_window_ack(&w, w.next - 1, now + 91 * MS);
	SELFTEST(rtt_of(&w) == 800 * MS);
	/* but that teaches to look closer */
	now += SEC;
	rtun_window_sent(&w, now);
	rtun_window_sent(&w, now + 90 * MS);
	SELFTEST(w.count == 2);
	rtun_window_ack(&w, w.next - 1, now + 98 * MS);
	SELFTEST(rtt_of(&w) == 701 * MS);
	/* the very packet of the sample is always good, whatever came later */
	now = exchange(&w, now + SEC, 701 * MS);
	rtun_window_sent(&w, now);
	rtun_window_sent(&w, now + 50 * MS);
	rtun_window_sent(&w, now + 40 * MS);	/* by another clock */
	SELFTEST(w.count == 1 && w.ring[w.oldest].span == 50 * MS);
	rtun_window_ack(&w, w.next - 3, now + 61 * MS);
	SELFTEST(rtt_of(&w) == 621 * MS);
	/* what was thinned out again and again is vague: the newest are not */
	rtun_window_init(&w, first, 0);
	for (i = 0; i < 100; i++, now += 10 * MS)
		rtun_window_sent(&w, now);
	rtun_window_ack(&w, first + 59, now);
	SELFTEST(rtt_of(&w) == ~0U || rtt_of(&w) <= 410 * MS * 4 / 3);
	rtun_window_ack(&w, first + 98, now);
	SELFTEST(rtt_of(&w) == 20 * MS && sane(&w));
	/* after so long a time none of them is of use */
	rtun_window_sent(&w, now + 20 * SEC);
	SELFTEST(w.count == 1);
	return true;
}

/* A window that comes and goes under traffic. */
static bool switched(u32 first)
{
	struct rtun_window w;
	u64 now = 10;
	u32 i;

	rtun_window_init(&w, first, 0);
	for (i = 0; i < 100; i++)
		rtun_window_sent(&w, now);
	rtun_window_set(&w, 6, 0);
	/* what went before is not waited for, but may be acknowledged */
	SELFTEST(rtun_window_deadline(&w) == RTUN_WINDOW_NEVER);
	SELFTEST(fill(&w, now) == 3);
	SELFTEST(rtun_window_ack(&w, first + 99, now) == RTUN_WINDOW_NEW);
	SELFTEST(!rtun_window_may_send(&w) && w.next - w.base == 3);
	SELFTEST(rtun_window_ack(&w, first + 100, now) == RTUN_WINDOW_NEW);
	SELFTEST(fill(&w, now) == 1);
	rtun_window_set(&w, 0, 0);
	SELFTEST(rtun_window_deadline(&w) == RTUN_WINDOW_NEVER);
	for (i = 0; i < 100; i++)
		rtun_window_sent(&w, now);
	SELFTEST(rtun_window_ack(&w, first + 150, now) == RTUN_WINDOW_NEW);
	SELFTEST(rtun_window_ack(&w, first + 204, now) == RTUN_WINDOW_BEYOND);
	rtun_window_set(&w, 6, 0);
	SELFTEST(w.open == 3 && fill(&w, now) == 3 && sane(&w));
	/* a peer that never acknowledges: half of all numbers and more */
	rtun_window_set(&w, 0, 0);
	w.next = w.heard + (1U << 30);
	w.base = w.next;
	for (i = 0; i < 10; i++) {
		rtun_window_sent(&w, now);
		SELFTEST(w.next - w.heard == 1U << 30 && sane(&w));
	}
	SELFTEST(rtun_window_ack(&w, w.heard - 1, now) == RTUN_WINDOW_OLD);
	SELFTEST(rtun_window_ack(&w, w.next, now) == RTUN_WINDOW_BEYOND);
	SELFTEST(rtun_window_ack(&w, w.next - 1, now) == RTUN_WINDOW_NEW);
	/* nor if there is a window nobody looks at */
	rtun_window_set(&w, 6, 0);
	w.heard = w.next - (1U << 30);
	w.base = w.heard;
	rtun_window_sent(&w, now);
	SELFTEST(w.next - w.base == 1U << 30 && sane(&w));
	return true;
}

/**
 * struct model - what the window should do, said in another way
 * @sent_at: of each packet
 * @sent: how many
 * @acked: how many of them the peer said it has
 * @given_up: how many of them are acknowledged or lost
 * @open: how many may be under way
 * @worth: when so many are acknowledged, one more may be
 * @waiting: since when
 */
struct model {
	u64 *sent_at;
	u64 waiting;
	u32 sent;
	u32 acked;
	u32 given_up;
	u32 open;
	u32 worth;
};

static void model_ack(struct model *m, u32 end, u32 size, u64 now)
{
	if (end <= m->acked)
		return;
	m->acked = end;
	if (end <= m->given_up)
		return;
	m->given_up = end;
	m->waiting = now;
	if (end >= m->worth) {
		if (m->open < size)
			m->open++;
		m->worth = end + m->open;
	}
}

/*
 * A sender that has always something to send, a network that takes from
 * @delay to @delay + @jitter for both ways together and loses some of the
 * acknowledgements, a peer that acknowledges one in @each, and somebody else
 * who makes up acknowledgements.
 */
static bool traffic(u32 first, u32 size, u32 delay, u32 jitter, u32 loss,
		    u32 each, u64 *sent_at)
{
	struct model m = { .sent_at = sent_at };
	u32 arrived = 0, alarms = 0, i;
	struct rtun_window w;
	u64 now = 12345;

	rtun_window_init(&w, first, 0);
	rtun_window_set(&w, size, 0);
	m.open = size / 2 ? size / 2 : 1;
	m.worth = m.open;
	while (m.sent < PACKETS) {
		u64 due = rtun_window_deadline(&w);
		u32 lost;

		/* send */
		SELFTEST(rtun_window_may_send(&w) ==
			 (m.sent - m.given_up < m.open));
		if (rtun_window_may_send(&w) && rnd(3)) {
			if (m.sent == m.given_up)
				m.waiting = now;
			m.sent_at[m.sent++] = now;
			rtun_window_sent(&w, now);
		}
		SELFTEST(m.sent - m.given_up <= m.open && m.open <= size);
		/* what has arrived meanwhile, in order */
		while (arrived < m.sent &&
		       m.sent_at[arrived] + delay + rnd(jitter + 1) <= now) {
			arrived++;
			if (arrived % each || rnd(100) < loss)
				continue;
			rtun_window_ack(&w, first + arrived - 1, now);
			model_ack(&m, arrived, size, now);
		}
		/* a stranger: nothing that was sent or is new */
		i = first + m.sent + rnd(0x7ffffff0);
		SELFTEST(rtun_window_ack(&w, i, now) == RTUN_WINDOW_BEYOND);
		i = first + m.acked - 1 - rnd(0x30000000);
		SELFTEST(rtun_window_ack(&w, i, now) == RTUN_WINDOW_OLD);
		/* alarms */
		due = rtun_window_deadline(&w);
		SELFTEST(due == (m.sent == m.given_up ? RTUN_WINDOW_NEVER :
							m.waiting + w.ato));
		lost = rtun_window_expire(&w, now);
		SELFTEST(lost == (now < due ? 0 : m.sent - m.given_up));
		if (lost) {
			SELFTEST(w.congested);
			alarms++;
			m.given_up = m.sent;
			m.open = m.open / 2 + m.open % 2;
			m.worth = m.sent + m.open;
		}
		SELFTEST(w.open == m.open);
		SELFTEST(w.next == first + m.sent);
		SELFTEST(w.next - w.base == m.sent - m.given_up);
		if (m.acked && !alarms && rtt_of(&w) != ~0U)
			SELFTEST(rtt_of(&w) >= delay);
		SELFTEST(sane(&w));
		now += 1 + rnd(delay / 8 + 1);
		/* nothing will happen until the alarm */
		due = rtun_window_deadline(&w);
		if (arrived == m.sent && !rtun_window_may_send(&w) && now < due)
			now = due;
	}
	/* each one is acknowledged in less than the shortest time-out, so the
	 * network is no reason for an alarm, and the window opens
	 */
	if (!loss && each == 1 && delay + jitter < RTUN_WINDOW_ATO_MIN / 2)
		SELFTEST(!alarms && (w.open == size || size > 64));
	/* a sample may be vague by a quarter, and it takes a step to see it */
	if (!alarms && (each <= 16 || rtt_of(&w) != ~0U))
		SELFTEST(rtt_of(&w) >= delay &&
			 rtt_of(&w) <= (delay + jitter) * 3 / 2 + 2);
	/* acknowledgements that never come do raise some */
	if (loss == 100)
		SELFTEST(alarms && w.open == 1 && rtt_of(&w) == ~0U);
	return true;
}

static bool networks(u64 *sent_at)
{
	static const u32 sizes[] = { 1, 2, 3, 16, 64, 1000 };
	static const u32 delays[] = { 200, 5 * MS, 40 * MS, 400 * MS };
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		u32 size = sizes[i % 6], delay = delays[i % 4];
		u32 loss = i % 5 == 4 ? 100 : i % 5 * 5;

		random_state = 0x2545f491 + i;
		/* a peer that waits for more than may be sent is a bad one */
		SELFTEST(traffic(0U - rnd(PACKETS), size, delay,
				 delay / (1 + i % 3), loss, 1, sent_at));
		SELFTEST(traffic(0x80000000 - rnd(PACKETS), size, delay, 0,
				 loss, 1 + rnd(size), sent_at));
	}
	return true;
}

bool rtun_selftest_window(void)
{
	u64 *sent_at;
	u32 i;
	bool ok;
	static const u32 firsts[] = { 0, 0U - 8, 0U - 1, 0x7ffffffa };

	random_state = 1;
	SELFTEST(formulas() && static_rtt());
	for (i = 0; i < sizeof(firsts) / sizeof(*firsts); i++)
		SELFTEST(widths(firsts[i]) && hostile(firsts[i]) &&
			 alarms(firsts[i]) && samples(firsts[i]) &&
			 switched(firsts[i]));
	SELFTEST(measuring(0U - 100000));
	sent_at = selftest_alloc(PACKETS, sizeof(*sent_at));
	SELFTEST(sent_at);
	ok = networks(sent_at);
	selftest_free(sent_at);
	return ok;
}
