// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of share.c: the modes by example, proportions over many packets, what
 * a link that joins, leaves or lies about its rate does to the others, then
 * random bundles against what must always hold: the parts are the packet, each
 * fits its link, and dividing a packet never makes it later.
 */
#include "selftest.h"
#include "share.h"

enum {
	MBIT	= 1000000,
	MS	= 1000000,
	MTU	= 1500,
#ifdef __KERNEL__
	ROUNDS	= 2000,
#else
	ROUNDS	= 300000,
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

static void path(struct rtun_mp_tx *tx, unsigned int link, u64 rate,
		 u64 latency, u32 mtu)
{
	const struct rtun_mp_path p = {
		.rate = rate, .latency = latency, .mtu = mtu, .overhead = 40,
	};

	rtun_mp_tx_set(tx, link, &p);
}

/* What must hold of any answer. */
static bool adds_up(const struct rtun_mp_tx *tx, u32 len, u32 usable,
		    const struct rtun_mp_part *part, unsigned int n)
{
	unsigned int i;
	u64 sum = 0;

	SELFTEST(n <= RTUN_MP_FRAGMENTS_MAX);
	for (i = 0; i < n; i++) {
		SELFTEST((usable & tx->members) >> part[i].link & 1);
		SELFTEST(part[i].len || (!len && n == 1));
		SELFTEST(part[i].len <= tx->link[part[i].link].path.mtu);
		sum += part[i].len;
	}
	SELFTEST(!n || sum == len);
	return true;
}

/**
 * struct flow - many packets over one bundle
 * @tx: it
 * @part: of the last packet
 * @n: how many
 * @octets: of packets, by link
 * @now: the clock
 */
struct flow {
	struct rtun_mp_tx tx;
	struct rtun_mp_part part[RTUN_MP_FRAGMENTS_MAX];
	unsigned int n;
	u64 octets[RTUN_MP_LINKS_MAX];
	u64 now;
};

static void begin(struct flow *f, enum rtun_share_mode mode)
{
	*f = (struct flow){ .now = 1000 * MS };
	rtun_mp_tx_init(&f->tx, mode);
}

static bool send(struct flow *f, u32 len, u32 usable)
{
	unsigned int i;

	f->n = rtun_mp_share(&f->tx, f->now, len, usable, f->part);
	for (i = 0; i < f->n; i++)
		f->octets[f->part[i].link] += f->part[i].len;
	return adds_up(&f->tx, len, usable, f->part, f->n);
}

/* Is it one part on @link? */
static bool goes_to(const struct flow *f, unsigned int link)
{
	return f->n == 1 && f->part[0].link == link;
}

static bool whole(struct flow *f)
{
	unsigned int i;

	begin(f, RTUN_SHARE_WHOLE);
	SELFTEST(send(f, 100, ~0U) && !f->n);
	path(&f->tx, 2, 20 * MBIT, 10 * MS, MTU);
	path(&f->tx, 5, 5 * MBIT, 2 * MS, MTU);
	/* a single packet goes where it arrives first */
	for (i = 0; i < 10; i++, f->now += 100 * MS)
		SELFTEST(send(f, 1400, ~0U) && goes_to(f, 5));
	/* unless that cannot be used */
	SELFTEST(send(f, 1400, ~(1U << 5)) && goes_to(f, 2));
	SELFTEST(send(f, 1400, 3) && !f->n);
	f->now += 100 * MS;
	/* many, until the slower one would be later: 2.304 ms each and 2 */
	for (i = 0; i < 3; i++)
		SELFTEST(send(f, 1400, ~0U) && goes_to(f, 5));
	SELFTEST(send(f, 1400, ~0U) && goes_to(f, 2));
	/* nothing is something too */
	SELFTEST(send(f, 0, ~0U) && f->n == 1);
	return true;
}

/* Busy links carry what their rates are to each other. */
static bool proportions(struct flow *f, enum rtun_share_mode mode, u32 divisor)
{
	u64 fast, slow;
	u32 i;

	begin(f, mode);
	path(&f->tx, 0, 20 * MBIT / divisor, 10 * MS, MTU);
	path(&f->tx, 1, 5 * MBIT / divisor, 30 * MS, MTU);
	for (i = 0; i < 20000; i++) {
		u32 len = 40 + rnd(1400);

		SELFTEST(send(f, len, 3));
		/* a tenth more than they can */
		f->now += (len + 40) * 8 * 1000 / 25 * 10 / 11;
	}
	/* with what each packet costs besides: the slower one gets more small
	 * ones
	 */
	fast = f->tx.link[0].octets * 100;
	slow = f->tx.link[1].octets;
	SELFTEST(fast > slow * 395 && fast < slow * 410);
	SELFTEST(f->tx.link[0].free <= f->now + 1000 * MS);
	return true;
}

static u64 apart(u64 a, u64 b)
{
	return a > b ? a - b : b - a;
}

/* Equal links, whether the rate is known or not: no more than a packet apart,
 * busy or idle.
 */
static bool equals(struct flow *f, u64 rate, u64 gap)
{
	u32 i, j;

	begin(f, RTUN_SHARE_WHOLE);
	for (i = 0; i < 3; i++)
		path(&f->tx, i, rate, i && rate ? MS : (rate ? MS : i * MS),
		     MTU);
	for (i = 0; i < 3000; i++) {
		SELFTEST(send(f, 1 + rnd(MTU), 7) && f->n == 1);
		f->now += gap;
		for (j = 1; j < 3; j++)
			SELFTEST(apart(f->tx.link[0].octets,
				       f->tx.link[j].octets) <= MTU + 40);
	}
	return true;
}

/* One that is not known makes all equal. */
static bool clockless(struct flow *f)
{
	u32 i;

	begin(f, RTUN_SHARE_WHOLE);
	path(&f->tx, 0, 1000 * MBIT, MS, MTU);
	path(&f->tx, 1, MBIT, 500 * MS, MTU);
	/* what is under way now does not count then */
	for (i = 0; i < 20; i++)
		SELFTEST(send(f, 1000, 2) && goes_to(f, 1));
	f->octets[1] = 0;
	SELFTEST(!f->tx.clockless);
	path(&f->tx, 2, 0, 0, MTU);
	SELFTEST(f->tx.clockless);
	for (i = 0; i < 300; i++, f->now += MS)
		SELFTEST(send(f, 1000, 7) && goes_to(f, f->part[0].link));
	for (i = 0; i < 3; i++)
		SELFTEST(f->octets[i] == 100 * 1000 &&
			 f->tx.link[i].free == 100 * 1040 * 8);
	/* who could not be used has nothing to make up for */
	for (i = 0; i < 300; i++)
		SELFTEST(send(f, 1000, 6) && f->part[0].link);
	for (i = 0; i < 300; i++)
		SELFTEST(send(f, 1000, 7) && f->n == 1);
	SELFTEST(f->octets[0] <= 201 * 1000 && f->octets[0] >= 199 * 1000);
	/* nor has who joins */
	path(&f->tx, 9, 0, 0, MTU);
	for (i = 0; i < 400; i++)
		SELFTEST(send(f, 1000, ~0U) && f->n == 1);
	SELFTEST(f->octets[9] <= 101 * 1000 && f->octets[9] >= 99 * 1000);
	/* when it is gone there is time again */
	rtun_mp_tx_del(&f->tx, 2);
	rtun_mp_tx_del(&f->tx, 9);
	SELFTEST(!f->tx.clockless && send(f, 1000, ~0U) && goes_to(f, 0));
	f->now += 100 * MS;
	SELFTEST(send(f, 1000, ~0U) && goes_to(f, 0));
	return true;
}

/* A rate that is wrong: its link is used again, and does not starve others. */
static bool wrong_rate(struct flow *f)
{
	u32 i;

	begin(f, RTUN_SHARE_WHOLE);
	path(&f->tx, 0, 1000, 0, MTU);
	path(&f->tx, 1, 100 * MBIT, 0, MTU);
	for (i = 0; i < 1000; i++)
		SELFTEST(send(f, MTU, 1) && goes_to(f, 0));
	SELFTEST(f->tx.link[0].free == f->now + 1000 * MS);
	SELFTEST(send(f, MTU, 3) && goes_to(f, 1));
	path(&f->tx, 0, 100 * MBIT, 0, MTU);
	f->now += 1001 * MS;
	SELFTEST(send(f, MTU, 3) && send(f, MTU, 3));
	SELFTEST(f->tx.link[0].free > f->now && f->tx.link[1].free > f->now);
	return true;
}

/* When the last octet of what @link was given arrives. */
static u64 arrives(const struct flow *f, unsigned int link)
{
	return f->tx.link[link].free + f->tx.link[link].path.latency;
}

static bool balanced(struct flow *f)
{
	u32 i;

	begin(f, RTUN_SHARE_BALANCE);
	path(&f->tx, 0, 10 * MBIT, MS, MTU);
	path(&f->tx, 1, 10 * MBIT, MS, MTU);
	SELFTEST(send(f, 1000, ~0U) && f->n == 2);
	SELFTEST(f->part[0].len == 500 && f->part[1].len == 500);
	/* three to one; 40 octets of overhead on each */
	begin(f, RTUN_SHARE_BALANCE);
	path(&f->tx, 0, 30 * MBIT, MS, MTU);
	path(&f->tx, 1, 10 * MBIT, MS, MTU);
	SELFTEST(send(f, 1400, ~0U) && f->n == 2);
	SELFTEST(apart(f->octets[0], 1070) <= 1 &&
		 apart(f->octets[1], 330) <= 1);
	SELFTEST(apart(arrives(f, 0), arrives(f, 1)) < 1000);
	/* small ones are not divided: a part is 128 at least */
	f->now += 100 * MS;
	SELFTEST(send(f, 255, ~0U) && goes_to(f, 0));
	f->now += 100 * MS;
	f->tx.min_fragment = 10;
	SELFTEST(send(f, 255, ~0U) && f->n == 2);
	f->tx.min_fragment = 0;
	SELFTEST(send(f, 2, ~0U) && f->n);
	/* too late to help, until the first one has enough to do */
	begin(f, RTUN_SHARE_BALANCE);
	path(&f->tx, 0, 10 * MBIT, MS, MTU);
	path(&f->tx, 1, 10 * MBIT, 6 * MS, MTU);
	for (i = 0; i < 4; i++)
		SELFTEST(send(f, 1400, ~0U) && goes_to(f, 0));
	SELFTEST(send(f, 1400, ~0U) && f->n == 2);
	SELFTEST(apart(arrives(f, 0), arrives(f, 1)) < 2000);
	/* one that is fast but far may be better than many that share */
	begin(f, RTUN_SHARE_BALANCE);
	path(&f->tx, 0, MBIT, 0, MTU);
	path(&f->tx, 1, 1000 * MBIT, 1500000, MTU);
	SELFTEST(send(f, 200, ~0U) && goes_to(f, 1));
	return true;
}

/* What does not fit: as few parts as do, about equal. */
static bool chopped(struct flow *f)
{
	unsigned int mode, i;

	begin(f, RTUN_SHARE_WHOLE);
	path(&f->tx, 0, 20 * MBIT, 0, 500);
	path(&f->tx, 1, 20 * MBIT, 0, 400);
	SELFTEST(send(f, 500, ~0U) && goes_to(f, 0));
	f->now += 100 * MS;
	/* 350 each fit both */
	SELFTEST(send(f, 1400, 1) && f->n == 3 && f->part[0].len == 467);
	f->now += 100 * MS;
	SELFTEST(send(f, 700, ~0U) && f->n == 2 && f->part[0].len == 350);
	SELFTEST(f->part[0].link != f->part[1].link);
	/* no more than may be */
	SELFTEST(send(f, 64 * 500, 1) && f->n == 64);
	SELFTEST(send(f, 64 * 500 + 1, 1) && !f->n);
	for (mode = RTUN_SHARE_WHOLE; mode <= RTUN_SHARE_ROUND_ROBIN; mode++) {
		begin(f, mode);
		path(&f->tx, 0, MBIT, 0, 1);
		path(&f->tx, 1, MBIT, 0, 0);
		SELFTEST(send(f, 65, ~0U) && !f->n);
		SELFTEST(send(f, 64, ~0U) && f->n == 64);
		SELFTEST(send(f, 1, 2) && !f->n);
		SELFTEST(send(f, ~0U, ~0U) && !f->n);
		/* another one is wide enough */
		path(&f->tx, 1, MBIT / 10, 0, MTU);
		f->now += 1000 * MS;
		SELFTEST(send(f, 65, ~0U) && f->n);
		SELFTEST(send(f, 0, ~0U) && f->n == 1 && !f->part[0].len);
	}
	/* those of one link are its share, each within its bound */
	begin(f, RTUN_SHARE_BALANCE);
	path(&f->tx, 0, 30 * MBIT, 0, 300);
	path(&f->tx, 1, 10 * MBIT, 0, 1500);
	SELFTEST(send(f, 1400, ~0U) && f->n == 5);
	for (i = 0; i < 4; i++)
		SELFTEST(f->part[i].link == 0 && f->part[i].len > 260);
	return true;
}

static bool turns(struct flow *f)
{
	u32 i;

	begin(f, RTUN_SHARE_ROUND_ROBIN);
	path(&f->tx, 3, MBIT, 0, MTU);
	path(&f->tx, 7, 100 * MBIT, 0, MTU);
	path(&f->tx, 15, 0, 0, 700);
	for (i = 0; i < 30; i++) {
		static const u8 order[] = { 3, 7, 15 };

		SELFTEST(send(f, 600, ~0U) && goes_to(f, order[i % 3]));
	}
	SELFTEST(send(f, 600, ~(1U << 3)) && goes_to(f, 7));
	/* one that does not fit goes on where the others stopped */
	SELFTEST(send(f, 1400, ~0U) && f->n == 2 && f->part[0].link == 15);
	SELFTEST(f->part[1].link == 3);
	SELFTEST(send(f, 1400, ~0U) && goes_to(f, 7));
	return true;
}

static u64 random_rate(void)
{
	static const u32 ranges[] = { 64000, 20 * MBIT, 1000 * MBIT };
	u64 rate = 1 + rnd(ranges[rnd(3)]);

	return rnd(20) ? rate : rate * 100;
}

/* With its links' clocks @before, the packet would have arrived by this. */
static u64 at_once(const struct rtun_mp_tx *before, u64 now, u32 len,
		   u32 usable)
{
	u64 best = ~0ULL;
	unsigned int i;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		const struct rtun_mp_tx_link *l = &before->link[i];
		u64 rate = l->path.rate, then;

		if (!((usable & before->members) >> i & 1))
			continue;
		then = (l->free > now ? l->free : now) + l->path.latency +
		       div64_u64((len + l->path.overhead) * 8000000000ULL,
				 rate < 1000 ? 1000 : rate);
		if (then < best)
			best = then;
	}
	return best;
}

/* A packet of a random bundle, against what must hold. */
static bool divided(struct flow *f, struct rtun_mp_tx *before, u32 len,
		    u32 usable, bool roomy)
{
	u32 least = f->tx.min_fragment < len ? f->tx.min_fragment : len;
	unsigned int i;
	u64 limit, last = 0;

	*before = f->tx;
	SELFTEST(send(f, len, usable));
	SELFTEST(f->n || !roomy || !(usable & f->tx.members));
	if (!roomy || !f->n)
		return true;
	SELFTEST(f->tx.mode == RTUN_SHARE_BALANCE || f->n == 1);
	for (i = 0; i < f->n; i++)
		SELFTEST(f->part[i].len >= least);
	if (f->tx.clockless || f->tx.mode == RTUN_SHARE_ROUND_ROBIN)
		return true;
	for (i = 0; i < f->n; i++) {
		const struct rtun_mp_tx_link *l = &f->tx.link[f->part[i].link];

		/* the clocks were set back */
		if (l->free + 10 * MS >= f->now + 1000 * MS)
			return true;
		if (arrives(f, f->part[i].link) > last)
			last = arrives(f, f->part[i].link);
	}
	limit = at_once(before, f->now, len, usable);
	/* what rounding costs */
	SELFTEST(last <= limit + ((limit - f->now) >> 9) + 1000);
	return true;
}

static bool random_bundles(struct flow *f)
{
	struct rtun_mp_tx *before = selftest_alloc(1, sizeof(*before));
	bool ok = before, roomy = true;
	u32 i;

	random_state = 0x9e3779b9;
	begin(f, RTUN_SHARE_WHOLE);
	for (i = 0; ok && i < ROUNDS; i++) {
		if (!(i % 200)) {
			begin(f, rnd(3));
			roomy = rnd(2);
			f->tx.min_fragment = rnd(2) ? 128 : rnd(300);
		}
		if (!(i % 200) || !rnd(20)) {
			struct rtun_mp_path p = {
				.rate = rnd(40) ? random_rate() : 0,
				.latency = rnd(2) ? rnd(100 * MS) : rnd(MS),
				.mtu = roomy ? 70000 : rnd(2000),
				.overhead = rnd(100),
			};

			rtun_mp_tx_set(&f->tx, rnd(16), &p);
		}
		if (!rnd(100))
			rtun_mp_tx_del(&f->tx, rnd(16));
		if (!rnd(100))
			f->tx.mode = rnd(3);
		f->now += rnd(2) ? rnd(MS) : rnd(20 * MS);
		ok = divided(f, before, rnd(20) ? rnd(1600) : rnd(66000),
			     rnd(2) ? ~0U : rnd(65536), roomy);
	}
	selftest_free(before);
	return ok;
}

/* Anything may be said of a link: nothing overflows or is divided by zero. */
static bool extremes(struct flow *f)
{
	static const u64 values[] = { 0, 1, 999, 1000, 1ULL << 40, ~0ULL };
	u32 i, mode;

	for (i = 0; i < 6 * 6 * 6; i++)
		for (mode = RTUN_SHARE_WHOLE; mode <= RTUN_SHARE_ROUND_ROBIN;
		     mode++) {
			struct rtun_mp_path p = {
				.rate = values[i % 6],
				.latency = values[i / 6 % 6],
				.mtu = values[i / 36],
				.overhead = values[i / 6 % 6],
			};

			begin(f, mode);
			rtun_mp_tx_set(&f->tx, 0, &p);
			path(&f->tx, 1, 100000 * (u64)MBIT, 0, MTU);
			SELFTEST(send(f, 1, ~0U) && send(f, 1500, ~0U));
			SELFTEST(send(f, 65535, ~0U) && send(f, 1 << 20, ~0U));
			SELFTEST(send(f, 700, 1) && send(f, 64000, 3));
		}
	return true;
}

bool rtun_selftest_share(void)
{
	struct flow *f = selftest_alloc(1, sizeof(*f));
	bool ok = false;

	SELFTEST(f);
	random_state = 1;
	if (whole(f) && proportions(f, RTUN_SHARE_WHOLE, 1) &&
	    proportions(f, RTUN_SHARE_BALANCE, 1) &&
	    /* all rates too low by the same: nobody starves */
	    proportions(f, RTUN_SHARE_WHOLE, 10) &&
	    equals(f, 0, MS) && equals(f, 10 * MBIT, 100) &&
	    equals(f, 10 * MBIT, 10 * MS) && clockless(f) && wrong_rate(f) &&
	    balanced(f) && chopped(f) && turns(f) && extremes(f) &&
	    random_bundles(f))
		ok = true;
	selftest_free(f);
	return ok;
}
