// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other half of the tests of reassemble.c: bundles with random delay, loss,
 * duplicates, disorder and links that die and join, against what must always
 * hold: packets come out whole, in order, each once; what went in comes out or
 * is refused; nothing stays.  Where nothing on the way breaks the increasing
 * sequence rule, exactly those packets come out whose fragments all came.
 */
#include "sink.h"
#include "seq.h"

enum {
	STREAM	= 2000,
	WAY	= 90,	/* the longest delay */
	TICKS	= 3 * STREAM + 4 * WAY + 1000,
#ifdef __KERNEL__
	ROUNDS	= 36,
#else
	ROUNDS	= 3000,
#endif
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

/**
 * struct bundle - a random stream, and what it travels over
 * @links: how many
 * @loss: percent of fragments lost
 * @twice: percent that arrive twice
 * @spread: ticks by which a link may delay one more than another
 * @parts: the most fragments of a packet
 * @pace: fragments a tick, or ticks a fragment if negative
 * @death: link 0 dies, leaves and comes back
 * @tight: little may be held
 * @sent: the fragments
 * @chain: by fragment and copy, the next one that arrives at the same tick
 * @arrives: by tick, the first one that does
 * @last: and the last
 */
struct bundle {
	u32 links;
	u32 loss;
	u32 twice;
	u32 spread;
	u32 parts;
	s32 pace;
	bool death;
	bool tight;
	struct sent *sent;
	u32 *chain;
	u32 *arrives;
	u32 *last;
};

/* Link 0 is dead in the second of five parts, gone in the third. */
static u32 fifth(u32 i)
{
	return i / (STREAM / 5);
}

static u32 sent_at(const struct bundle *b, u32 i)
{
	return b->pace > 0 ? i / b->pace : i * -b->pace;
}

static void arrive(struct bundle *b, u32 copy, u32 tick)
{
	if (b->arrives[tick])
		b->chain[b->last[tick]] = copy + 1;
	else
		b->arrives[tick] = copy + 1;
	b->chain[copy] = 0;
	b->last[tick] = copy;
}

static void send_all(struct bundle *b)
{
	u32 delay[RTUN_MP_LINKS_MAX], left = 0, number = 0, i;

	memset(b->arrives, 0, TICKS * sizeof(*b->arrives));
	for (i = 0; i < b->links; i++)
		delay[i] = rnd(WAY);
	for (i = 0; i < STREAM; i++) {
		struct sent *s = &b->sent[i];
		u32 tick = sent_at(b, i), copy;

		*s = (struct sent){ .len = 1 + rnd(100) };
		if (!left) {
			left = 1 + rnd(b->parts);
			if (left > STREAM - i)
				left = STREAM - i;
			s->flags = RTUN_MP_B;
			number++;
		}
		if (!--left)
			s->flags |= RTUN_MP_E;
		if (s->flags == (RTUN_MP_B | RTUN_MP_E) && !rnd(8))
			s->len = 0;
		s->packet = number;
		s->link = rnd(b->links);
		if (b->death && fifth(i) == 2 && !s->link)
			s->link = 1;
		s->lost = rnd(100) < b->loss ||
			  (b->death && fifth(i) == 1 && !s->link);
		if (s->lost)
			continue;
		tick += delay[s->link];
		for (copy = 0; copy < 2; copy++) {
			arrive(b, 2 * i + copy,
			       tick + (b->spread ? rnd(b->spread) : 0));
			if (rnd(100) >= b->twice)
				break;
		}
	}
}

/* All packets of which everything came were delivered, or none of others. */
static bool exact(const struct bundle *b)
{
	u32 i, j;

	for (i = 0; i < STREAM; i = j) {
		bool whole = b->sent[i].len;

		for (j = i; j < STREAM && b->sent[j].packet == b->sent[i].packet;
		     j++)
			whole = whole && !b->sent[j].lost;
		SELFTEST(b->sent[i].out == whole);
	}
	return true;
}

static bool stream(struct bundle *b, unsigned int bits, u32 base)
{
	u32 tick, i, came = 0, lost = 0;
	u32 refused = 0, guard;
	struct sink k;
	bool kept;

	send_all(b);
	rtun_sink_start(&k, bits, base, b->links);
	k.sent = b->sent;
	k.r.slots = RTUN_MP_SLOTS;
	k.r.mrru = RTUN_MP_FRAGMENTS_MAX * 100;
	if (b->tight)
		k.r.max_bytes = 16 * SIZE;
	for (tick = 0; tick < TICKS; tick++) {
		u32 copy = b->arrives[tick];

		rtun_sink_pass(&k, 1);
		if (b->death && tick == sent_at(b, STREAM / 5 * 2) + 2 * WAY) {
			rtun_mp_link_del(&k.r, 0);
			rtun_sink_drain(&k);
		}
		if (b->death && tick == sent_at(b, STREAM / 5 * 3) - 1)
			rtun_mp_link_add(&k.r, 0, k.now);
		for (; copy; copy = b->chain[copy - 1]) {
			struct sent *s = &b->sent[(copy - 1) / 2];

			rtun_sink_feed(&k, s->link, (copy - 1) / 2, s->flags,
				   s->len, SIZE);
			came++;
		}
	}
	for (guard = 0; k.r.held && guard < STREAM; guard++)
		rtun_sink_pass(&k, LOSS);
	for (i = 0; i < STREAM; i++) {
		lost += b->sent[i].lost;
		refused += b->sent[i].copies;
		SELFTEST(b->sent[i].out <= 1);
	}
	SELFTEST(!refused && k.refused <= came && rtun_sink_finish(&k));
	/* the oracle: where links keep their order and something is heard from
	 * each while another waits, what is given up is what did not come
	 */
	kept = !b->spread && !b->tight && !b->death && b->pace > 0;
	if (!kept)
		return true;
	SELFTEST(exact(b) && k.lost <= lost && !k.resyncs);
	return true;
}

static bool streams(struct bundle *b)
{
	static const u32 losses[] = { 0, 1, 0, 10, 40 };
	static const u32 spreads[] = { 0, 0, 3, 30 };
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		const unsigned int bits = i % 2 ? 24 : 12;

		random_state = 0x9e3779b9 + i;
		b->links = 1 + rnd(8);
		b->loss = losses[rnd(5)];
		b->spread = spreads[rnd(4)];
		b->twice = rnd(3) ? 0 : rnd(30);
		b->parts = rnd(2) ? 1 + rnd(4) : 1 + rnd(64);
		b->pace = rnd(3) ? (s32)rnd(3) + 3 : -(s32)rnd(3) - 1;
		b->death = b->links > 1 && !rnd(4);
		b->tight = !rnd(6);
		SELFTEST(stream(b, bits, rtun_seq_mask(bits) - rnd(STREAM)));
	}
	return true;
}

bool rtun_sink_random(void)
{
	struct bundle b = {
		.sent = selftest_alloc(STREAM, sizeof(*b.sent)),
		.chain = selftest_alloc(2 * STREAM, sizeof(*b.chain)),
		.arrives = selftest_alloc(TICKS, sizeof(*b.arrives)),
		.last = selftest_alloc(TICKS, sizeof(*b.last)),
	};
	bool ok = b.sent && b.chain && b.arrives && b.last && streams(&b);

	selftest_free(b.sent);
	selftest_free(b.chain);
	selftest_free(b.arrives);
	selftest_free(b.last);
	return ok;
}
