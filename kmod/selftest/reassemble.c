// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of reassemble.c: the rules one by one, in both widths and across the
 * wrap.  sink_random.c has those that are left to chance.
 */
#include "sink.h"
#include "seq.h"

enum {
	B	= RTUN_MP_B,
	E	= RTUN_MP_E,
	BE	= B | E,
};

static enum rtun_mp_verdict feed(struct sink *k, unsigned int link, u32 i,
				 u8 flags)
{
	return rtun_sink_feed(k, link, i, flags, LEN, SIZE);
}

static enum rtun_mp_verdict feed_null(struct sink *k, unsigned int link, u32 i)
{
	return rtun_sink_feed(k, link, i, BE, 0, SIZE);
}

static bool awaits(const struct sink *k, u32 i)
{
	return rtun_mp_awaited(&k->r) ==
	       ((k->base + i) & rtun_seq_mask(k->r.bits));
}

/* Whole packets in order need no memory, whatever the link. */
static bool in_order(unsigned int bits, u32 base)
{
	struct sink k;
	u32 i;

	rtun_sink_start(&k, bits, base, 2);
	for (i = 0; i < 100; i++)
		SELFTEST(feed(&k, i % 2, i, BE) == RTUN_MP_NOW);
	SELFTEST(!k.r.ring && k.packets == 100 && !k.steps && awaits(&k, 100));
	SELFTEST(feed(&k, 0, 99, BE) == RTUN_MP_LATE);
	/* a gap that the slower link closes */
	SELFTEST(feed(&k, 0, 101, BE) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 0, 103, BE) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 0, 103, BE) == RTUN_MP_DUP);
	SELFTEST(feed(&k, 1, 100, BE) == RTUN_MP_NOW && k.packets == 102);
	SELFTEST(k.r.held == 1);
	SELFTEST(feed(&k, 1, 102, BE) == RTUN_MP_NOW && k.packets == 104);
	SELFTEST(!k.lost);
	return rtun_sink_finish(&k);
}

/* Section 3: a packet in parts, in any order between the links. */
static bool parts(unsigned int bits, u32 base)
{
	struct sink k;

	rtun_sink_start(&k, bits, base, 3);
	SELFTEST(feed(&k, 1, 1, 0) == RTUN_MP_STORED && k.r.held == 1);
	SELFTEST(feed(&k, 2, 2, E) == RTUN_MP_STORED && !k.packets);
	SELFTEST(feed(&k, 0, 0, B) == RTUN_MP_STORED);
	SELFTEST(k.packets == 1 && k.octets == 3 * LEN && k.beyond == 3);
	SELFTEST(feed(&k, 0, 3, B) == RTUN_MP_STORED && k.r.held == 1);
	SELFTEST(feed(&k, 2, 3, BE) == RTUN_MP_DUP);
	SELFTEST(feed(&k, 1, 5, BE) == RTUN_MP_STORED && k.r.held == 2);
	SELFTEST(feed(&k, 0, 4, E) == RTUN_MP_STORED && k.packets == 3);
	/* bits that are not the core's */
	SELFTEST(feed(&k, 0, 6, BE | 0x3f) == RTUN_MP_NOW);
	return rtun_sink_finish(&k);
}

/* Section 4.1: what all links have passed is lost. */
static bool sequence_rule(unsigned int bits, u32 base)
{
	struct sink k;

	rtun_sink_start(&k, bits, base, 3);
	SELFTEST(feed(&k, 0, 0, B) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 1, 2, E) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 0, 3, BE) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 1, 4, BE) == RTUN_MP_STORED && k.r.held == 4);
	/* M is 5 only now: the packet of 1 goes, through its E; M jumped into
	 * a chain of packets that can be completed
	 */
	SELFTEST(feed(&k, 2, 5, B) == RTUN_MP_STORED);
	SELFTEST(k.lost == 1 && k.packets == 2 && k.r.held == 1);
	SELFTEST(k.discarded[RTUN_MP_WHY_INCOMPLETE] == 2);
	SELFTEST(feed(&k, 0, 6, E) == RTUN_MP_STORED && k.packets == 3);
	/* the lost one bore an E: the B behind it is kept */
	SELFTEST(feed(&k, 0, 7, B) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 0, 9, B) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 1, 10, 0) == RTUN_MP_STORED && k.lost == 1);
	SELFTEST(feed(&k, 2, 11, E) == RTUN_MP_STORED);
	SELFTEST(k.lost == 2 && k.packets == 4 && k.from == 9);
	/* rest of a packet that comes after its loss was known */
	feed(&k, 0, 13, 0);
	feed(&k, 1, 14, 0);
	feed(&k, 2, 15, 0);
	SELFTEST(k.lost == 3 && !k.r.held && awaits(&k, 16));
	feed(&k, 2, 16, E);
	SELFTEST(k.discarded[RTUN_MP_WHY_INCOMPLETE] == 7 && !k.r.held);
	SELFTEST(feed(&k, 2, 17, BE) == RTUN_MP_NOW);
	SELFTEST(feed(&k, 2, 12, B) == RTUN_MP_LATE);
	SELFTEST(!k.discarded[RTUN_MP_WHY_ORPHAN]);
	return rtun_sink_finish(&k);
}

/* Joining resets nothing and loses nothing; a link that leaves may. */
static bool membership(void)
{
	struct sink k;

	rtun_sink_start(&k, 24, 0, 1);
	feed(&k, 0, 0, BE);
	rtun_mp_link_add(&k.r, 5, k.now);
	SELFTEST(feed(&k, 0, 2, BE) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 0, 3, BE) == RTUN_MP_STORED && k.r.held == 2);
	SELFTEST(feed(&k, 5, 1, BE) == RTUN_MP_NOW && k.packets == 4);
	SELFTEST(feed(&k, 0, 5, BE) == RTUN_MP_STORED && k.r.held == 1);
	rtun_mp_link_del(&k.r, 5);
	rtun_sink_drain(&k);
	SELFTEST(k.lost == 1 && !k.r.held);
	/* alone: at once */
	SELFTEST(feed(&k, 0, 7, BE) == RTUN_MP_STORED && k.lost == 2);
	/* no link at all: time */
	rtun_mp_link_del(&k.r, 0);
	SELFTEST(feed(&k, 0, 9, BE) == RTUN_MP_STORED && k.r.held == 1);
	rtun_sink_pass(&k, LOSS);
	SELFTEST(k.lost == 3);
	return rtun_sink_finish(&k);
}

static bool timer(unsigned int bits, u32 base)
{
	struct sink k;

	rtun_sink_start(&k, bits, base, 2);
	feed(&k, 0, 0, BE);
	feed(&k, 0, 3, BE);
	rtun_sink_pass(&k, 40);
	feed(&k, 0, 5, BE);
	SELFTEST(k.r.deadline == k.now - 40 + LOSS);
	/* what was sent before 3 is lost when 3 has waited; 4 is not */
	rtun_sink_pass(&k, LOSS - 41);
	SELFTEST(k.r.held == 2);
	rtun_sink_pass(&k, 1);
	SELFTEST(k.lost == 2 && k.r.held == 1 && k.r.deadline == k.now + 40);
	SELFTEST(feed(&k, 0, 1, BE) == RTUN_MP_LATE);
	/* a slot that is still open */
	SELFTEST(feed(&k, 1, 4, BE) == RTUN_MP_NOW && !k.r.held);
	/* the age is that of what came first, wherever it is */
	feed(&k, 0, 9, BE);
	rtun_sink_pass(&k, 30);
	feed(&k, 1, 8, BE);
	rtun_sink_pass(&k, LOSS - 31);
	SELFTEST(k.r.held == 2 && k.lost == 2);
	rtun_sink_pass(&k, 1);
	SELFTEST(k.lost == 4 && !k.r.held);
	/* nothing is missing but the rest: as long as it comes, it may */
	feed(&k, 0, 10, B);
	rtun_sink_pass(&k, LOSS - 1);
	feed(&k, 0, 11, 0);
	rtun_sink_pass(&k, LOSS - 1);
	SELFTEST(k.r.held == 2);
	rtun_sink_pass(&k, 1);
	SELFTEST(!k.r.held && k.discarded[RTUN_MP_WHY_INCOMPLETE] == 2);
	SELFTEST(k.lost == 4 && awaits(&k, 12));
	feed(&k, 0, 12, E);
	SELFTEST(k.discarded[RTUN_MP_WHY_INCOMPLETE] == 3);
	/* a shorter time counts from now on, for what is held too */
	feed(&k, 0, 14, BE);
	rtun_sink_pass(&k, 20);
	k.r.loss = 10;
	rtun_sink_drain(&k);
	SELFTEST(k.lost == 5);
	return rtun_sink_finish(&k);
}

/* Idle is not dead: but who is silent while a gap runs out of time is. */
static bool silence(void)
{
	struct sink k;
	u32 i;

	rtun_sink_start(&k, 24, 0, 2);
	feed(&k, 1, 0, BE);
	for (i = 1; i < 500; i++) {
		feed(&k, 0, i, BE);
		rtun_sink_pass(&k, 10);
	}
	/* 500 goes over the slow one, as the first for long */
	feed(&k, 0, 501, BE);
	feed(&k, 0, 502, BE);
	SELFTEST(k.r.held == 2);
	SELFTEST(feed(&k, 1, 500, BE) == RTUN_MP_NOW && !k.lost);
	/* now it is dead */
	for (i = 503; i < 600; i++) {
		feed(&k, 0, i, BE);
		rtun_sink_pass(&k, 1);
	}
	feed(&k, 0, 601, BE);
	rtun_sink_pass(&k, LOSS - 1);
	SELFTEST(k.r.held);
	rtun_sink_pass(&k, 1);
	SELFTEST(!k.r.held && k.lost == 1);
	SELFTEST(feed(&k, 0, 603, BE) == RTUN_MP_STORED && k.lost == 2);
	SELFTEST(feed(&k, 0, 605, BE) == RTUN_MP_STORED && k.lost == 3);
	/* until it is heard */
	SELFTEST(feed(&k, 1, 606, BE) == RTUN_MP_NOW);
	SELFTEST(feed(&k, 0, 608, BE) == RTUN_MP_STORED && k.r.held == 1);
	SELFTEST(feed(&k, 1, 607, BE) == RTUN_MP_NOW && k.lost == 3);
	/* or for some time */
	rtun_sink_pass(&k, 1);
	feed(&k, 0, 610, BE);
	rtun_sink_pass(&k, LOSS);
	SELFTEST(feed(&k, 0, 612, BE) == RTUN_MP_STORED && k.lost == 5);
	k.now += IDLE;
	SELFTEST(feed(&k, 0, 614, BE) == RTUN_MP_STORED && k.r.held == 1);
	feed(&k, 1, 613, BE);
	SELFTEST(k.lost == 5 && k.packets == 615 - 5);
	/* who is heard meanwhile is only slow */
	feed(&k, 0, 617, BE);
	rtun_sink_pass(&k, 50);
	feed(&k, 1, 615, BE);
	rtun_sink_pass(&k, 50);
	SELFTEST(k.lost == 6 && feed(&k, 0, 619, BE) == RTUN_MP_STORED);
	SELFTEST(k.r.held == 1 && feed(&k, 1, 618, BE) == RTUN_MP_NOW);
	return rtun_sink_finish(&k);
}

/* Who puts its own numbers behind each other is given time for that. */
static bool tolerance(void)
{
	struct sink k;
	u32 i;

	rtun_sink_start(&k, 24, 0, 1);
	feed(&k, 0, 0, BE);
	SELFTEST(feed(&k, 0, 2, BE) == RTUN_MP_STORED && k.lost == 1);
	feed(&k, 0, 3, BE);
	SELFTEST(feed(&k, 0, 1, BE) == RTUN_MP_LATE && k.r.link[0].depth == 4);
	for (i = 5; i < 9; i++)
		SELFTEST(feed(&k, 0, i, BE) == RTUN_MP_STORED);
	SELFTEST(k.r.held == 4);
	SELFTEST(feed(&k, 0, 4, BE) == RTUN_MP_NOW && k.lost == 1);
	for (i = 10; i < 14; i++)
		SELFTEST(feed(&k, 0, i, BE) == RTUN_MP_STORED);
	SELFTEST(k.r.held == 4);
	SELFTEST(feed(&k, 0, 14, BE) == RTUN_MP_STORED && k.lost == 2);
	/* a wide gap: what may still come is waited for */
	feed(&k, 0, 15, BE);
	SELFTEST(feed(&k, 0, 22, BE) == RTUN_MP_STORED && k.lost == 4);
	SELFTEST(awaits(&k, 18) && k.r.held == 1);
	SELFTEST(feed(&k, 0, 18, BE) == RTUN_MP_NOW);
	rtun_sink_pass(&k, LOSS);
	SELFTEST(k.lost == 7 && awaits(&k, 23));
	/* no more than half of the ring */
	for (i = 23; i < 200; i++)
		feed(&k, 0, i, BE);
	feed(&k, 0, 201 - SLOTS, BE);
	SELFTEST(k.r.link[0].depth == SLOTS / 2);
	/* and it is forgotten */
	for (; i < 200 + SLOTS / 2 * RTUN_MP_CALM; i++)
		feed(&k, 0, i, BE);
	SELFTEST(!k.r.link[0].depth && k.lost == 7);
	SELFTEST(feed(&k, 0, i + 1, BE) == RTUN_MP_STORED && k.lost == 8);
	return rtun_sink_finish(&k);
}

static bool orphans(unsigned int bits, u32 base)
{
	struct sink k;

	rtun_sink_start(&k, bits, base, 1);
	/* E and middle without B */
	feed(&k, 0, 0, 0);
	feed(&k, 0, 1, E);
	SELFTEST(k.discarded[RTUN_MP_WHY_ORPHAN] == 2 && !k.r.held);
	/* B without E */
	feed(&k, 0, 2, B);
	feed(&k, 0, 3, 0);
	feed(&k, 0, 4, B);
	SELFTEST(k.discarded[RTUN_MP_WHY_ORPHAN] == 4 && k.r.held == 1);
	SELFTEST(feed(&k, 0, 5, BE) == RTUN_MP_STORED);
	SELFTEST(k.discarded[RTUN_MP_WHY_ORPHAN] == 5 && k.packets == 1);
	/* a null fragment is a packet of its own */
	feed(&k, 0, 6, B);
	SELFTEST(feed_null(&k, 0, 7) == RTUN_MP_NULL);
	SELFTEST(k.discarded[RTUN_MP_WHY_ORPHAN] == 6 && !k.r.held);
	SELFTEST(!k.lost && !k.discarded[RTUN_MP_WHY_INCOMPLETE]);
	return rtun_sink_finish(&k);
}

static bool oversize(void)
{
	struct sink k;
	u32 i;

	rtun_sink_start(&k, 24, 0, 1);
	k.r.mrru = 3 * LEN - 2;
	/* with its protocol field it is exactly as long as may be */
	feed(&k, 0, 0, B);
	feed(&k, 0, 1, 0);
	feed(&k, 0, 2, E);
	SELFTEST(k.packets == 1);
	rtun_sink_feed(&k, 0, 3, BE, 3 * LEN, SIZE);
	SELFTEST(k.packets == 2);
	rtun_sink_feed(&k, 0, 4, BE, 3 * LEN + 1, SIZE);
	SELFTEST(k.packets == 2 && k.discarded[RTUN_MP_WHY_OVERSIZE] == 1);
	SELFTEST(feed(&k, 0, 5, BE) == RTUN_MP_NOW);
	/* as soon as it is too long, and all that belongs to it */
	for (i = 6; i < 9; i++)
		feed(&k, 0, i, i == 6 ? B : 0);
	SELFTEST(k.r.held == 3);
	for (; i < 200; i++) {
		feed(&k, 0, i, 0);
		SELFTEST(!k.r.held);
	}
	feed(&k, 0, 200, E);
	SELFTEST(k.discarded[RTUN_MP_WHY_OVERSIZE] == 1 + 195);
	SELFTEST(feed(&k, 0, 201, BE) == RTUN_MP_NOW);
	SELFTEST(rtun_sink_finish(&k));
	/* too many fragments */
	rtun_sink_start(&k, 24, 0, 1);
	k.r.slots = 2 * SLOTS;
	for (i = 0; i < RTUN_MP_FRAGMENTS_MAX; i++)
		rtun_sink_feed(&k, 0, i, !i ? B : i == 63 ? E : 0, 1, SIZE);
	SELFTEST(k.packets == 1);
	for (; i < 128; i++)
		rtun_sink_feed(&k, 0, i, i == 64 ? B : 0, 0, SIZE);
	SELFTEST(k.r.held == 64);
	feed(&k, 0, 128, 0);
	SELFTEST(!k.r.held && k.discarded[RTUN_MP_WHY_OVERSIZE] == 65);
	feed(&k, 0, 129, B);
	feed(&k, 0, 130, E);
	SELFTEST(k.packets == 2);
	/* a length that is a lie, and the greatest bound */
	k.r.mrru = ~0U;
	rtun_sink_feed(&k, 0, 131, B, ~0U, SIZE);
	rtun_sink_feed(&k, 0, 132, 0, ~0U, SIZE);
	rtun_mp_flush(&k.r);
	rtun_sink_drain(&k);
	return rtun_sink_finish(&k);
}

static bool nulls(void)
{
	struct sink k;
	u32 i;

	rtun_sink_start(&k, 24, 0, 2);
	for (i = 0; i < 1000; i++)
		SELFTEST(feed_null(&k, 1, i) == RTUN_MP_NULL && !k.r.ring);
	/* they carry M forward */
	SELFTEST(feed(&k, 0, 1001, BE) == RTUN_MP_STORED && k.r.held == 1);
	SELFTEST(feed_null(&k, 1, 1002) == RTUN_MP_NULL);
	SELFTEST(k.lost == 1 && !k.r.held && k.packets == 1);
	/* out of order they cost a slot and nothing else */
	for (i = 1; i < SLOTS; i++)
		SELFTEST(feed_null(&k, 1, 1003 + i) == RTUN_MP_NULL);
	SELFTEST(k.r.held == SLOTS - 1 && !k.r.bytes && k.in == 1);
	SELFTEST(feed_null(&k, 1, 1004) == RTUN_MP_DUP);
	SELFTEST(feed(&k, 0, 1003, BE) == RTUN_MP_NOW);
	SELFTEST(!k.r.held && awaits(&k, 1003 + SLOTS) && k.packets == 2);
	/* even if nothing may be held */
	k.r.max_bytes = 0;
	SELFTEST(feed_null(&k, 1, 1004 + SLOTS) == RTUN_MP_NULL && k.r.held);
	SELFTEST(feed(&k, 0, 1003 + SLOTS, BE) == RTUN_MP_NOW && !k.r.held);
	SELFTEST(k.lost == 1);
	return rtun_sink_finish(&k);
}

/* Where it begins. */
static bool beginnings(void)
{
	struct sink k;

	/* 0 travels on the slower link */
	rtun_sink_start(&k, 12, 0, 2);
	SELFTEST(feed(&k, 0, 1, BE) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 1, 0, BE) == RTUN_MP_NOW && k.packets == 2);
	SELFTEST(rtun_sink_finish(&k));
	/* elsewhere, with the beginning of a packet */
	rtun_sink_start(&k, 24, 0, 1);
	SELFTEST(feed(&k, 0, 70000, E) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 0, 70001, BE) == RTUN_MP_NOW && !k.lost);
	SELFTEST(feed(&k, 0, 70002, BE) == RTUN_MP_NOW && !k.resyncs);
	SELFTEST(rtun_sink_finish(&k));
	rtun_sink_start(&k, 12, 0, 1);
	k.beyond = 0U - 1;
	SELFTEST(feed(&k, 0, 0U - 1, B) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 0, 0, E) == RTUN_MP_STORED && k.packets == 1);
	return rtun_sink_finish(&k);
}

/* Far ahead: believed after three that are different and near each other. */
static bool jumps(unsigned int bits, u32 base)
{
	const u32 far = 1U << (bits - 2);
	struct sink k;
	u32 i;

	rtun_sink_start(&k, bits, base, 2);
	for (i = 0; i < 10; i++)
		feed(&k, i % 2, i, BE);
	feed(&k, 0, 11, BE);
	/* one, however often; and many that have nothing to do with each other */
	for (i = 0; i < 10; i++)
		SELFTEST(feed(&k, 0, far, BE) == RTUN_MP_FAR);
	for (i = 0; i < 10; i++)
		SELFTEST(feed(&k, 0, far / 2 + i * (SLOTS + 9), BE) ==
			 RTUN_MP_FAR);
	SELFTEST(feed(&k, 0, far, BE) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 1, far - 5, BE) == RTUN_MP_FAR);
	/* what is in order makes the next ones begin anew */
	SELFTEST(feed(&k, 1, 10, BE) == RTUN_MP_NOW && k.packets == 12);
	SELFTEST(feed(&k, 0, 13, BE) == RTUN_MP_STORED);
	SELFTEST(feed(&k, 0, far + 9, BE) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 1, far + 2, BE) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 0, far + 10, BE) == RTUN_MP_NOW && k.resyncs == 1);
	/* what was held came out before */
	SELFTEST(k.packets == 14 && k.lost == 1 && !k.r.held);
	/* after a pause one is enough in front, and three behind are needed */
	k.now += IDLE + 1;
	SELFTEST(feed(&k, 0, 5, BE) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 0, far + 11 + SLOTS, BE) == RTUN_MP_NOW);
	SELFTEST(k.resyncs == 2);
	return rtun_sink_finish(&k);
}

/* A peer that started anew, and a queue that was forgotten. */
static bool restarts(unsigned int bits, u32 base)
{
	struct sink k;
	u32 i;

	rtun_sink_start(&k, bits, base, 2);
	for (i = 0; i < 500; i++)
		feed(&k, i % 2, i, BE);
	/* far behind, while the others go on */
	for (i = 0; i < 100; i++) {
		SELFTEST(feed(&k, 0, i, BE) == RTUN_MP_FAR);
		k.now++;
		if (!(i % 10))
			feed(&k, 1, 500 + i / 10, BE);
	}
	k.now += LOSS;
	SELFTEST(feed(&k, 0, 0, BE) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 0, 1, B) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 1, 2, E) == RTUN_MP_STORED && k.resyncs == 1);
	SELFTEST(feed(&k, 0, 3, BE) == RTUN_MP_NOW);
	/* not far: only when nothing came for long */
	for (i = 4; i < 20; i++)
		feed(&k, 0, i, BE);
	k.now += IDLE;
	for (i = 0; i < 5; i++)
		SELFTEST(feed(&k, 0, i, BE) == RTUN_MP_LATE);
	k.now++;
	SELFTEST(feed(&k, 0, 0, BE) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 0, 1, BE) == RTUN_MP_FAR);
	SELFTEST(feed(&k, 0, 2, BE) == RTUN_MP_NOW && k.resyncs == 2);
	return rtun_sink_finish(&k);
}

/* More is lost than the ring has slots, once in a while. */
static bool bursts(unsigned int bits, u32 base)
{
	u32 i, n = 0, burst;
	struct sink k;

	rtun_sink_start(&k, bits, base, 2);
	for (burst = 1; burst < 1U << (bits - 2); burst *= 3) {
		u32 before = k.packets;

		for (i = 0; i < 50; i++, n++)
			feed(&k, n % 2, n, BE);
		/* no more than those that make it believe */
		SELFTEST(k.packets - before >= 48 && !k.r.held);
		n += burst;
	}
	return rtun_sink_finish(&k);
}

static bool memory(void)
{
	struct sink k;
	u32 i;

	rtun_sink_start(&k, 24, 0, 2);
	k.r.max_bytes = 4 * SIZE;
	feed(&k, 0, 0, B);
	feed(&k, 0, 2, B);
	feed(&k, 0, 3, 0);
	feed(&k, 0, 5, BE);
	SELFTEST(k.r.bytes == 4 * SIZE);
	/* the oldest packet goes */
	SELFTEST(feed(&k, 0, 6, BE) == RTUN_MP_STORED && k.lost == 1);
	SELFTEST(k.r.held == 4 && k.discarded[RTUN_MP_WHY_INCOMPLETE] == 1);
	SELFTEST(feed(&k, 0, 7, BE) == RTUN_MP_NOW && k.lost == 2);
	SELFTEST(!k.r.held && k.packets == 3);
	/* more than all: everything goes, and it is not taken */
	feed(&k, 0, 9, B);
	SELFTEST(rtun_sink_feed(&k, 0, 11, B, LEN, 4 * SIZE + 1) == RTUN_MP_LIMIT);
	SELFTEST(rtun_sink_feed(&k, 0, 12, B, LEN, ~0U) == RTUN_MP_LIMIT);
	SELFTEST(!k.r.held);
	/* less than is held */
	for (i = 14; i < 18; i++)
		feed(&k, 0, i, B);
	k.r.max_bytes = SIZE;
	feed(&k, 0, 18, B);
	SELFTEST(k.r.bytes <= SIZE);
	rtun_mp_flush(&k.r);
	rtun_sink_drain(&k);
	SELFTEST(!k.r.held);
	SELFTEST(rtun_sink_finish(&k));
	/* full, and what all wait for comes */
	rtun_sink_start(&k, 24, 0, 2);
	k.r.max_bytes = 4 * SIZE;
	feed(&k, 0, 0, B);
	feed(&k, 0, 2, B);
	feed(&k, 0, 3, 0);
	feed(&k, 0, 4, E);
	SELFTEST(k.r.bytes == 4 * SIZE);
	SELFTEST(feed(&k, 1, 1, E) == RTUN_MP_STORED);
	SELFTEST(k.packets == 2 && !k.lost && !k.r.held);
	SELFTEST(rtun_sink_finish(&k));
	/* slots: the stream goes on, so the gap is given up */
	rtun_sink_start(&k, 24, 0, 2);
	feed(&k, 0, 0, BE);
	for (i = 2; i < 1000; i++)
		SELFTEST(feed(&k, 0, i, BE) <= RTUN_MP_STORED);
	SELFTEST(k.packets == 999 && k.lost == 1 && !k.resyncs);
	SELFTEST(rtun_sink_finish(&k));
	/* a packet of more fragments than slots */
	rtun_sink_start(&k, 24, 0, 1);
	k.r.slots = 16;
	k.r.mrru = 20 * LEN;
	for (i = 0; i < 20; i++)
		feed(&k, 0, i, i ? 0 : B);
	SELFTEST(!k.r.held && k.discarded[RTUN_MP_WHY_INCOMPLETE] == 20);
	return rtun_sink_finish(&k);
}

/* Whole packets come out of a flush, in order, and nothing stays. */
static bool flushes(void)
{
	struct sink k;

	rtun_sink_start(&k, 24, 0, 2);
	feed(&k, 0, 0, B);
	feed(&k, 0, 2, B);
	feed(&k, 0, 3, E);
	feed(&k, 0, 5, BE);
	feed(&k, 0, 7, E);
	feed(&k, 0, 9, B);
	rtun_mp_flush(&k.r);
	rtun_sink_drain(&k);
	SELFTEST(k.packets == 2 && k.lost == 4 && !k.r.held);
	SELFTEST(k.discarded[RTUN_MP_WHY_INCOMPLETE] == 3);
	SELFTEST(awaits(&k, 10));
	/* and the next one is not hurried */
	feed(&k, 0, 11, B);
	SELFTEST(k.r.held == 1);
	SELFTEST(feed(&k, 1, 10, BE) == RTUN_MP_NOW && k.r.held == 1);
	SELFTEST(feed(&k, 1, 12, E) == RTUN_MP_STORED && !k.r.held);
	/* nothing to give up */
	SELFTEST(!rtun_mp_abandon(&k.r));
	rtun_mp_flush(&k.r);
	feed(&k, 0, 13, B);
	SELFTEST(k.r.held == 1);
	feed(&k, 0, 14, E);
	SELFTEST(k.packets == 5);
	return rtun_sink_finish(&k);
}

bool rtun_selftest_reassemble(void)
{
	static const u8 widths[] = { 12, 24 };
	u32 i, j;

	for (i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		const unsigned int bits = widths[i];
		const u32 bases[] = { 0, 0U - 3, (1U << (bits - 1)) - 2 };

		for (j = 0; j < sizeof(bases) / sizeof(*bases); j++) {
			u32 base = bases[j] & rtun_seq_mask(bits);

			SELFTEST(in_order(bits, base) && parts(bits, base));
			SELFTEST(sequence_rule(bits, base));
			SELFTEST(timer(bits, base) && orphans(bits, base));
			SELFTEST(jumps(bits, base) && restarts(bits, base));
			SELFTEST(bursts(bits, base));
		}
	}
	SELFTEST(membership() && silence() && tolerance() && oversize());
	SELFTEST(nulls() && beginnings() && memory() && flushes());
	SELFTEST(rtun_sink_random());
	return true;
}
