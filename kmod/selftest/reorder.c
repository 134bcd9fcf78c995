// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of reorder.c: the table of decisions, then streams with random loss,
 * reordering and duplicates against what must always hold: items come out in
 * rising order, each once, each that went in comes out or is refused, and
 * what came out and what was given up add up to what was sent.
 */
#include "selftest.h"
#include "reorder.h"
#include "seq.h"

enum {
	SLOTS	= 16,
	STREAM	= 2000,
	ROUNDS	= 60,
	SPREAD	= 12,	/* how far a number may stray */
	IDLE	= 1000,
};

/* An item is its number plus one, so that no item is NULL. */
#define ITEM(seq) ((void *)((unsigned long)(u32)(seq) + 1))
#define SEQ(item) ((u32)((unsigned long)(item) - 1))

/**
 * struct sink - who feeds a reorderer, and what came out of it
 * @r: it
 * @bits: width of the numbers
 * @now: the clock
 * @next: the least number that may come out now
 * @lost: numbers given up
 * @out: items that came out
 * @dropped: items refused
 * @resyncs: jumps believed
 * @started: @next is valid
 * @disorder: something came out that must not
 * @hurried: nothing may be held
 */
struct sink {
	struct rtun_reorder r;
	unsigned int bits;
	u32 now;
	u32 next;
	u64 lost;
	u32 out;
	u32 dropped;
	u32 resyncs;
	bool started;
	bool disorder;
	bool hurried;
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

static void deliver(struct sink *k, void *item)
{
	if (SEQ(item) & ~rtun_seq_mask(k->bits))
		k->disorder = true;
	if (k->started && rtun_seq_diff(SEQ(item), k->next, k->bits) < 0)
		k->disorder = true;
	k->started = true;
	k->next = SEQ(item) + 1;
	k->out++;
}

static enum rtun_reorder_verdict feed_sized(struct sink *k, u32 seq, u32 size)
{
	enum rtun_reorder_verdict v;
	void *item;

	seq &= rtun_seq_mask(k->bits);
	for (;;) {
		v = rtun_reorder_put(&k->r, seq, ITEM(seq), size, k->now,
				     !k->hurried, &k->lost);
		if (v == RTUN_REORDER_RING) {
			k->r.ring = selftest_alloc(k->r.slots,
						   sizeof(*k->r.ring));
			if (!k->r.ring)
				return v;
		} else if (v == RTUN_REORDER_MAKE_ROOM) {
			while ((item = rtun_reorder_slide(&k->r, seq,
							  &k->lost)))
				deliver(k, item);
		} else if (v == RTUN_REORDER_RESYNC) {
			while ((item = rtun_reorder_flush(&k->r, &k->lost)))
				deliver(k, item);
			rtun_reorder_jump(&k->r, seq);
			k->started = false;
			k->resyncs++;
		} else {
			break;
		}
	}
	if (v == RTUN_REORDER_NOW || v == RTUN_REORDER_EARLY)
		deliver(k, ITEM(seq));
	else if (v != RTUN_REORDER_HELD)
		k->dropped++;
	while ((item = rtun_reorder_pop(&k->r)))
		deliver(k, item);
	if (!k->r.held) {
		selftest_free(k->r.ring);
		k->r.ring = NULL;
	}
	return v;
}

static enum rtun_reorder_verdict feed(struct sink *k, u32 seq)
{
	return feed_sized(k, seq, 100);
}

/* The gap timer fires. */
static void expire(struct sink *k)
{
	void *item;

	rtun_reorder_skip(&k->r, &k->lost);
	while ((item = rtun_reorder_pop(&k->r)))
		deliver(k, item);
	if (!k->r.held) {
		selftest_free(k->r.ring);
		k->r.ring = NULL;
	}
}

static void drain(struct sink *k)
{
	while (k->r.held)
		expire(k);
}

static void start(struct sink *k, u32 slots, unsigned int bits)
{
	*k = (struct sink){ .now = 0xfffffff0, .bits = bits };
	rtun_reorder_init(&k->r, slots, IDLE, bits);
}

/* Is @seq awaited? */
static bool awaits(const struct sink *k, u32 seq)
{
	return k->r.next == (seq & rtun_seq_mask(k->bits));
}

/* One line of the table after the other, across the wrap. */
static bool table(u32 base, unsigned int bits)
{
	struct sink k;

	start(&k, SLOTS, bits);
	/* whatever comes first is the beginning */
	SELFTEST(feed(&k, base) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, base + 1) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, base + 1) == RTUN_REORDER_LATE);
	SELFTEST(feed(&k, base) == RTUN_REORDER_LATE);
	SELFTEST(!k.r.ring && k.out == 2);
	/* a gap is waited for, and closed */
	SELFTEST(feed(&k, base + 3) == RTUN_REORDER_HELD);
	SELFTEST(feed(&k, base + 5) == RTUN_REORDER_HELD);
	SELFTEST(feed(&k, base + 3) == RTUN_REORDER_DUP);
	SELFTEST(k.r.held == 2 && k.out == 2);
	SELFTEST(feed(&k, base + 2) == RTUN_REORDER_NOW && k.out == 4);
	SELFTEST(feed(&k, base + 4) == RTUN_REORDER_NOW && k.out == 6);
	SELFTEST(!k.r.ring && !k.lost);
	/* a gap is given up, once; late packets do no harm to the held ones */
	SELFTEST(feed(&k, base + 8) == RTUN_REORDER_HELD);
	SELFTEST(feed(&k, base + 10) == RTUN_REORDER_HELD);
	expire(&k);
	SELFTEST(k.lost == 2 && k.out == 7 && k.r.held == 1);
	SELFTEST(feed(&k, base + 6) == RTUN_REORDER_LATE && k.r.held == 1);
	expire(&k);
	SELFTEST(k.lost == 3 && k.out == 8 && !k.r.ring);
	/* next is base + 11: more ahead than slots slides */
	SELFTEST(feed(&k, base + 12) == RTUN_REORDER_HELD);
	SELFTEST(feed(&k, base + 11 + SLOTS + 4) == RTUN_REORDER_HELD);
	SELFTEST(k.out == 9 && awaits(&k, base + 16));
	SELFTEST(k.lost == 3 + 4);
	drain(&k);
	SELFTEST(k.out == 10 && awaits(&k, base + 12 + SLOTS + 4));
	SELFTEST(!k.disorder && k.resyncs == 0);
	return true;
}

static bool run(struct sink *k, u32 seq, u32 n)
{
	return rtun_reorder_run(&k->r, seq & rtun_seq_mask(k->bits), n, k->now);
}

/* Items that are one: in order, or nothing has changed. */
static bool runs(u32 base, unsigned int bits)
{
	struct sink k;

	start(&k, SLOTS, bits);
	SELFTEST(!run(&k, base, 3) && !k.r.synced);
	SELFTEST(feed(&k, base) == RTUN_REORDER_NOW);
	SELFTEST(run(&k, base + 1, 3) && awaits(&k, base + 4));
	/* late, early, and more than is ever believed */
	SELFTEST(!run(&k, base + 1, 3) && !run(&k, base + 5, 3));
	SELFTEST(!run(&k, base + 4, RTUN_REORDER_FAR));
	/* they do not pass by what is held */
	SELFTEST(feed(&k, base + 6) == RTUN_REORDER_HELD);
	SELFTEST(!run(&k, base + 4, 2) && awaits(&k, base + 4));
	SELFTEST(k.r.held == 1);
	SELFTEST(feed(&k, base + 4) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, base + 5) == RTUN_REORDER_NOW && !k.r.held);
	SELFTEST(run(&k, base + 7, 2 * SLOTS));
	SELFTEST(awaits(&k, base + 7 + 2 * SLOTS) && !k.lost);
	return true;
}

/* Jumps are believed after three in a row, or in front after a pause. */
static bool jumps(u32 base, unsigned int bits)
{
	u32 far = base + (1U << (bits - 2));
	struct sink k;

	start(&k, SLOTS, bits);
	SELFTEST(feed(&k, base) == RTUN_REORDER_NOW);
	/* a single one, and many that are not consecutive */
	SELFTEST(feed(&k, base + RTUN_REORDER_FAR + 1) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, far) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, far + 7) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, far + 9) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, far + 10) == RTUN_REORDER_TOO_FAR);
	/* what is in order makes the next one begin anew */
	SELFTEST(feed(&k, base + 1) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, far + 11) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, far + 12) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, far + 13) == RTUN_REORDER_NOW && k.resyncs == 1);
	SELFTEST(feed(&k, far + 14) == RTUN_REORDER_NOW);
	/* backwards too: a peer that began anew */
	SELFTEST(feed(&k, base) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, base + 1) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, base + 2) == RTUN_REORDER_NOW && k.resyncs == 2);
	/* after a pause one in front is enough, one behind is not */
	k.now += IDLE + 1;
	SELFTEST(feed(&k, base - RTUN_REORDER_FAR - 1) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, base + RTUN_REORDER_FAR + 3) == RTUN_REORDER_NOW);
	SELFTEST(k.resyncs == 3 && !k.disorder);
	return true;
}

/* A peer that began anew not far behind: late as long as others are in order,
 * believed after three in a row when it alone is heard.
 */
static bool restarts(u32 base, unsigned int bits)
{
	struct sink k;
	u32 i;

	start(&k, SLOTS, bits);
	for (i = 0; i < 100; i++)
		SELFTEST(feed(&k, base + i) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, base) == RTUN_REORDER_LATE);
	SELFTEST(feed(&k, base + 1) == RTUN_REORDER_LATE);
	SELFTEST(feed(&k, base + 2) == RTUN_REORDER_LATE);
	k.now += IDLE + 1;
	SELFTEST(feed(&k, base + 3) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, base + 4) == RTUN_REORDER_TOO_FAR);
	/* not consecutive */
	SELFTEST(feed(&k, base + 6) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, base + 7) == RTUN_REORDER_TOO_FAR);
	SELFTEST(feed(&k, base + 8) == RTUN_REORDER_NOW && k.resyncs == 1);
	SELFTEST(feed(&k, base + 9) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, base + 3) == RTUN_REORDER_LATE);
	return true;
}

static bool bounds(void)
{
	struct sink k;
	u32 seq;

	/* octets */
	start(&k, 1024, 32);
	SELFTEST(feed(&k, 0) == RTUN_REORDER_NOW);
	for (seq = 2; (seq - 1) * 65536 <= RTUN_REORDER_BYTES; seq++)
		SELFTEST(feed_sized(&k, seq, 65536) == RTUN_REORDER_HELD);
	SELFTEST(feed_sized(&k, seq, 65536) == RTUN_REORDER_LIMIT);
	SELFTEST(feed_sized(&k, seq, 0xffffffff) == RTUN_REORDER_LIMIT);
	SELFTEST(feed(&k, 1) == RTUN_REORDER_NOW && !k.r.bytes && !k.r.ring);
	/* no slots: early ones pass, what they overtook is late */
	start(&k, 0, 32);
	SELFTEST(feed(&k, 5) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, 8) == RTUN_REORDER_EARLY && k.lost == 2);
	SELFTEST(feed(&k, 7) == RTUN_REORDER_LATE);
	SELFTEST(feed(&k, 9) == RTUN_REORDER_NOW && !k.r.ring);
	/* the same for a while, and then not: the slots stay what they are */
	start(&k, SLOTS, 32);
	k.hurried = true;
	SELFTEST(feed(&k, 5) == RTUN_REORDER_NOW);
	SELFTEST(feed(&k, 8) == RTUN_REORDER_EARLY && k.lost == 2 && !k.r.ring);
	k.hurried = false;
	SELFTEST(feed(&k, 10) == RTUN_REORDER_HELD && k.r.slots == SLOTS);
	SELFTEST(feed(&k, 9) == RTUN_REORDER_NOW && !k.r.held);
	return true;
}

/* The age of the gap in front is that of what came first behind it. */
static bool ages(void)
{
	struct sink k;

	start(&k, SLOTS, 32);
	k.now = 100;
	feed(&k, 0);
	feed(&k, 3);
	SELFTEST(k.r.since == 100);
	k.now = 140;
	feed(&k, 6);
	SELFTEST(k.r.since == 100);
	expire(&k);
	SELFTEST(k.r.held == 1 && k.r.since == 140);
	drain(&k);
	return true;
}

/*
 * A stream of STREAM numbers, each displaced by less than SPREAD, some lost,
 * some sent twice.
 */
static bool stream(u32 base, unsigned int bits, u32 loss, u32 twice, u32 slots,
		   u32 *order)
{
	u32 i, sent = 0;
	struct sink k;

	for (i = 0; i < STREAM; i++)
		order[i] = i;
	/* the first and the last stay, so that the sums are simple */
	for (i = 1; i + SPREAD < STREAM - 1; i += SPREAD) {
		u32 j;

		for (j = SPREAD - 1; j; j--) {
			u32 a = i + j, b = i + rnd(j + 1), t = order[a];

			order[a] = order[b];
			order[b] = t;
		}
	}
	start(&k, slots, bits);
	for (i = 0; i < STREAM; i++) {
		u32 times = 1;

		k.now++;
		if (i && i < STREAM - 1) {
			if (rnd(100) < loss)
				continue;
			times += rnd(100) < twice;
		}
		while (times--) {
			feed(&k, base + order[i]);
			sent++;
		}
		SELFTEST(k.r.held <= slots && k.r.bytes == k.r.held * 100);
		/* the timer, now and then */
		if (loss && !rnd(50))
			expire(&k);
	}
	drain(&k);
	SELFTEST(!k.disorder && !k.resyncs);
	SELFTEST(awaits(&k, base + STREAM));
	SELFTEST(k.out + k.dropped == sent);
	SELFTEST(k.out + k.lost == STREAM);
	/* the oracle: without loss, and with slots for every displacement,
	 * nothing is lost
	 */
	if (!loss && slots >= 2 * SPREAD)
		SELFTEST(k.out == STREAM && !k.lost);
	return true;
}

static bool streams(u32 *order)
{
	static const u32 losses[] = { 0, 1, 10, 60 };
	static const u32 slots[] = { 0, 4, 16, 32, 1024 };
	static const u8 widths[] = { 32, 24, 16 };
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		random_state = 0x9e3779b9 + i;
		/* 3, 4, 5 and 7 have no common factor: all that may meet does */
		SELFTEST(stream(0U - rnd(STREAM), widths[i % 3], losses[i % 4],
				i % 7 * 5, slots[i % 5], order));
	}
	return true;
}

bool rtun_selftest_reorder(void)
{
	static const u8 widths[] = { 16, 24, 32 };
	u32 *order, i;
	bool ok;

	for (i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		unsigned int bits = widths[i];
		u32 half = 1U << (bits - 1);

		SELFTEST(table(0, bits) && table(0U - 2, bits) &&
			 table(half - 6, bits));
		SELFTEST(jumps(0, bits) && jumps(0U - 2, bits) &&
			 jumps(half - 1, bits));
		SELFTEST(runs(0, bits) && runs(0U - 5, bits) &&
			 runs(half - 3, bits));
		SELFTEST(restarts(0, bits) && restarts(0U - 4, bits));
	}
	SELFTEST(bounds() && ages());
	order = selftest_alloc(STREAM, sizeof(*order));
	SELFTEST(order);
	ok = streams(order);
	selftest_free(order);
	return ok;
}
