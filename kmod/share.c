// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core that shares packets out between links, see share.h.  RFC 1990
 * sections 3 and 4.1: whoever receives needs each link's numbers to rise, and
 * nothing else.
 */
#include "share.h"

#ifdef __KERNEL__
#include <linux/math64.h>
#endif

/* nanoseconds in the time of eight bits at one bit a second */
#define OCTET_NS	8000000000ULL
/* a rate that is wrong delays its link by no more than this */
#define AHEAD_MAX	1000000000ULL
/* longer differences do not matter, and would overflow */
#define START_MAX	(1ULL << 34)
#define RATE_MIN	1000ULL
#define RATE_MAX	10000000000000ULL
#define RATE_NOMINAL	1000000000ULL

enum {
	PACE_SHIFT	= 16,
	WEIGHT_BITS	= 24,
	LEN_MAX		= 1 << 20,
	OVERHEAD_MAX	= 65535,
};

/**
 * struct stake - one link when a packet is divided
 * @start: when the first octet arrives, if it is given any
 * @key: when the least part arrives
 * @end: when all parts arrive, with this link and those before it
 * @len: its part
 * @link: which it is
 */
struct stake {
	u64 start;
	u64 key;
	u64 end;
	u32 len;
	u8 link;
};

void rtun_mp_tx_init(struct rtun_mp_tx *tx, enum rtun_share_mode mode)
{
	*tx = (struct rtun_mp_tx){
		.mode = mode,
		.min_fragment = RTUN_MP_MIN_FRAGMENT,
	};
}

static bool is_in(u32 set, unsigned int link)
{
	return set >> link & 1;
}

static u64 rate_of(const struct rtun_mp_tx *tx, unsigned int i)
{
	u64 rate = tx->link[i].path.rate;

	if (tx->clockless)
		return RATE_NOMINAL;
	if (rate < RATE_MIN)
		return RATE_MIN;
	return rate < RATE_MAX ? rate : RATE_MAX;
}

/* The members or their rates changed. */
static void weigh(struct rtun_mp_tx *tx)
{
	const bool before = tx->clockless;
	unsigned int i;
	u64 most = 0;

	tx->clockless = false;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (is_in(tx->members, i) && !tx->link[i].path.rate)
			tx->clockless = true;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (is_in(tx->members, i) && rate_of(tx, i) > most)
			most = rate_of(tx, i);
	tx->shift = 0;
	while (most >> tx->shift >> WEIGHT_BITS)
		tx->shift++;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		struct rtun_mp_tx_link *l = &tx->link[i];

		if (!is_in(tx->members, i))
			continue;
		l->pace = div64_u64(OCTET_NS << PACE_SHIFT, rate_of(tx, i));
		l->weight = rate_of(tx, i) >> tx->shift;
		if (!l->weight)
			l->weight = 1;
		/* the clocks of one way mean nothing to the other */
		if (before != tx->clockless)
			l->free = 0;
	}
}

/* It joins: as if it had been given as much as the one with the least. */
static void level(struct rtun_mp_tx *tx, struct rtun_mp_tx_link *l)
{
	bool any = false;
	unsigned int i;

	l->free = 0;
	l->octets = 0;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		const struct rtun_mp_tx_link *other = &tx->link[i];

		if (!is_in(tx->members, i))
			continue;
		if (!any || other->free < l->free)
			l->free = other->free;
		if (!any || other->octets < l->octets)
			l->octets = other->octets;
		any = true;
	}
	if (!tx->clockless)
		l->free = 0;
}

void rtun_mp_tx_set(struct rtun_mp_tx *tx, unsigned int link,
		    const struct rtun_mp_path *path)
{
	struct rtun_mp_tx_link *l = &tx->link[link];

	if (!is_in(tx->members, link))
		level(tx, l);
	l->path = *path;
	if (l->path.latency > START_MAX / 2)
		l->path.latency = START_MAX / 2;
	if (l->path.overhead > OVERHEAD_MAX)
		l->path.overhead = OVERHEAD_MAX;
	tx->members |= 1U << link;
	weigh(tx);
}

void rtun_mp_tx_del(struct rtun_mp_tx *tx, unsigned int link)
{
	tx->members &= ~(1U << link);
	weigh(tx);
}

static u64 start_of(const struct rtun_mp_tx *tx, unsigned int i, u64 now)
{
	const struct rtun_mp_tx_link *l = &tx->link[i];

	return tx->clockless || l->free > now ? l->free : now;
}

static u64 cost_of(const struct rtun_mp_tx_link *l, u32 len)
{
	return (len + l->path.overhead) * l->pace >> PACE_SHIFT;
}

static u64 arrival(const struct rtun_mp_tx *tx, unsigned int i, u64 now,
		   u32 len)
{
	const struct rtun_mp_tx_link *l = &tx->link[i];
	u64 latency = tx->clockless ? 0 : l->path.latency;

	return start_of(tx, i, now) + latency + cost_of(l, len);
}

/* Where @len octets arrive first.  Of equals that which was given less, so
 * that none is idle (section 4.1: a receiver learns of losses from all links).
 */
static unsigned int earliest(const struct rtun_mp_tx *tx, u64 now, u32 len,
			     u32 usable)
{
	unsigned int i, best = RTUN_MP_LINKS_MAX;
	u64 when = 0;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		u64 then;

		if (!is_in(usable, i))
			continue;
		then = arrival(tx, i, now, len);
		if (best == RTUN_MP_LINKS_MAX || then < when ||
		    (then == when &&
		     tx->link[i].octets < tx->link[best].octets)) {
			best = i;
			when = then;
		}
	}
	return best;
}

static unsigned int whose_turn(const struct rtun_mp_tx *tx, u32 usable)
{
	unsigned int i = tx->turn;

	while (!is_in(usable, i))
		i = (i + 1) % RTUN_MP_LINKS_MAX;
	return i;
}

static unsigned int pick(const struct rtun_mp_tx *tx, u64 now, u32 len,
			 u32 usable)
{
	return tx->mode == RTUN_SHARE_ROUND_ROBIN ? whose_turn(tx, usable) :
						 earliest(tx, now, len, usable);
}

static struct rtun_mp_part give(struct rtun_mp_tx *tx, unsigned int link,
				u64 now, u32 len)
{
	struct rtun_mp_tx_link *l = &tx->link[link];
	unsigned int i;
	u64 excess;

	l->free = start_of(tx, link, now) + cost_of(l, len);
	l->octets += len + l->path.overhead;
	tx->turn = (link + 1) % RTUN_MP_LINKS_MAX;
	if (!tx->clockless && l->free > now + AHEAD_MAX) {
		/* all together, so that the proportion stays */
		excess = l->free - now - AHEAD_MAX;
		for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
			tx->link[i].free -= tx->link[i].free < excess ?
						    tx->link[i].free : excess;
	}
	return (struct rtun_mp_part){ .len = len, .link = link };
}

static u32 ceil_div(u32 a, u32 b)
{
	return a / b + !!(a % b);
}

/* Part @i of @n, which are about equal. */
static u32 nth(u32 len, u32 n, u32 i)
{
	return len / n + (i < len % n);
}

/*
 * It does not fit into one fragment of @mtu octets: as few as do, each where
 * it arrives first or where it is whose turn.
 */
static unsigned int chop(struct rtun_mp_tx *tx, u64 now, u32 len, u32 usable,
			 u32 mtu, struct rtun_mp_part *part)
{
	u32 n = ceil_div(len, mtu), fit = 0, i;

	for (i = 0; n > RTUN_MP_FRAGMENTS_MAX && i < RTUN_MP_LINKS_MAX; i++)
		if (is_in(usable, i) && tx->link[i].path.mtu > mtu) {
			mtu = tx->link[i].path.mtu;
			n = ceil_div(len, mtu);
		}
	if (n > RTUN_MP_FRAGMENTS_MAX)
		return 0;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (is_in(usable, i) && tx->link[i].path.mtu >= nth(len, n, 0))
			fit |= 1U << i;
	for (i = 0; i < n; i++) {
		u32 piece = nth(len, n, i);

		part[i] = give(tx, pick(tx, now, piece, fit), now, piece);
	}
	return n;
}

/* The usable links, by when they could have delivered @least octets. */
static unsigned int line_up(const struct rtun_mp_tx *tx, u64 now, u32 least,
			    u32 usable, u64 base, struct stake *stakes)
{
	unsigned int n = 0, i, k;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		struct stake s = { .link = i };

		if (!is_in(usable, i))
			continue;
		s.key = arrival(tx, i, now, least) - base;
		s.start = s.key - cost_of(&tx->link[i], least);
		if (s.start > START_MAX) {
			s.key -= s.start - START_MAX;
			s.start = START_MAX;
		}
		for (k = n++; k && stakes[k - 1].key > s.key; k--)
			stakes[k] = stakes[k - 1];
		stakes[k] = s;
	}
	return n;
}

/*
 * How many of the links to use.  With the first k of them all parts arrive at
 * the time at which what they can have carried until then is the packet: a sum
 * of (end - start) * rate.  One that would carry less than the least part by
 * then does not take part, nor do those after it.
 */
static unsigned int enough(const struct rtun_mp_tx *tx, u32 len,
			   struct stake *stakes, unsigned int n)
{
	u64 need = OCTET_NS * len >> tx->shift, rates = 0;
	unsigned int k;

	for (k = 0; k < n; k++) {
		const struct rtun_mp_tx_link *l = &tx->link[stakes[k].link];

		need += stakes[k].start * l->weight +
			(OCTET_NS * l->path.overhead >> tx->shift);
		rates += l->weight;
		stakes[k].end = div64_u64(need, rates);
		if (k && stakes[k].end < stakes[k].key)
			break;
	}
	return k;
}

/* Set the parts of the first @k links; false: one would be less than @least. */
static bool divide(const struct rtun_mp_tx *tx, u32 len, u32 least,
		   struct stake *stakes, unsigned int k)
{
	unsigned int most = 0, fastest = 0, i;
	u64 end = stakes[k - 1].end, sum = 0;

	for (i = 0; i < k; i++) {
		const struct rtun_mp_tx_link *l = &tx->link[stakes[i].link];
		u64 octets = 0;

		if (end > stakes[i].start)
			octets = div64_u64((end - stakes[i].start) << PACE_SHIFT,
					   l->pace);
		octets -= octets < l->path.overhead ? octets : l->path.overhead;
		if (octets < least)
			octets = least;
		stakes[i].len = octets < len ? octets : len;
		sum += stakes[i].len;
		if (stakes[i].len > stakes[most].len)
			most = i;
		if (l->pace < tx->link[stakes[fastest].link].pace)
			fastest = i;
	}
	/* what rounding left over costs the fastest least */
	if (sum < len)
		most = fastest;
	sum -= stakes[most].len;
	if (sum + least > len)
		return false;
	stakes[most].len = len - sum;
	return true;
}

static unsigned int balance(struct rtun_mp_tx *tx, u64 now, u32 len, u32 usable,
			    struct rtun_mp_part *part)
{
	u32 least = tx->min_fragment ? tx->min_fragment : 1;
	struct stake stakes[RTUN_MP_LINKS_MAX];
	unsigned int first, parts = 0, i, k;
	u64 base = ~0ULL;

	if (least > len)
		least = len;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (is_in(usable, i)) {
			u64 start = arrival(tx, i, now, 0) -
				    cost_of(&tx->link[i], 0);

			if (start < base)
				base = start;
		}
	k = line_up(tx, now, least, usable, base, stakes);
	k = enough(tx, len, stakes, k);
	while (!divide(tx, len, least, stakes, k))
		k--;
	/* one alone may be faster than many with the least part */
	first = earliest(tx, now, len, usable);
	if (arrival(tx, first, now, len) - base < stakes[k - 1].end)
		return 0;
	for (i = 0; i < k; i++)
		parts += ceil_div(stakes[i].len,
				  tx->link[stakes[i].link].path.mtu);
	if (parts > RTUN_MP_FRAGMENTS_MAX)
		return 0;
	parts = 0;
	for (i = 0; i < k; i++) {
		const struct stake *s = &stakes[i];
		u32 n = ceil_div(s->len, tx->link[s->link].path.mtu), j;

		for (j = 0; j < n; j++)
			part[parts++] = give(tx, s->link, now,
					     nth(s->len, n, j));
	}
	return parts;
}

/*
 * Without a clock a link that cannot be used falls back, and would then be
 * given everything until it has caught up: it goes with the others instead.
 */
static void take_along(struct rtun_mp_tx *tx, u32 usable)
{
	u64 least = ~0ULL;
	unsigned int i;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (is_in(usable, i) && tx->link[i].free < least)
			least = tx->link[i].free;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (is_in(tx->members & ~usable, i) &&
		    tx->link[i].free < least)
			tx->link[i].free = least;
}

unsigned int rtun_mp_share(struct rtun_mp_tx *tx, u64 now, u32 len, u32 usable,
			   struct rtun_mp_part part[RTUN_MP_FRAGMENTS_MAX])
{
	unsigned int i, n;
	u32 mtu;

	usable &= tx->members;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (!tx->link[i].path.mtu)
			usable &= ~(1U << i);
	if (!usable || len > LEN_MAX)
		return 0;
	if (tx->clockless)
		take_along(tx, usable);
	if (tx->mode == RTUN_SHARE_BALANCE && len) {
		n = balance(tx, now, len, usable, part);
		if (n)
			return n;
	}
	i = pick(tx, now, len, usable);
	mtu = tx->link[i].path.mtu;
	if (len > mtu)
		return chop(tx, now, len, usable, mtu, part);
	part[0] = give(tx, i, now, len);
	return 1;
}
