// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, see stats.h.
 */
#include "stats.h"

#include "rtun.h"

#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/netlink.h>

struct rtun_stats __percpu *rtun_stats_alloc(void)
{
	struct rtun_stats __percpu *stats;
	int cpu;

	stats = alloc_percpu_gfp(struct rtun_stats, GFP_KERNEL_ACCOUNT);
	if (!stats)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(stats, cpu)->sync);
	return stats;
}

struct rtun_net_drops __percpu *rtun_net_drops_alloc(void)
{
	struct rtun_net_drops __percpu *drops;
	int cpu;

	drops = alloc_percpu_gfp(struct rtun_net_drops, GFP_KERNEL_ACCOUNT);
	if (!drops)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(drops, cpu)->sync);
	return drops;
}

void rtun_net_drops(struct rtun_net *rn, enum rtun_drop why, unsigned int n)
{
	struct rtun_net_drops *drops = this_cpu_ptr(rn->drops);

	u64_stats_update_begin(&drops->sync);
	u64_stats_add(&drops->count[why], n);
	u64_stats_update_end(&drops->sync);
}

/* The first drop: several CPUs may be here, and one of them is it. */
static struct rtun_drops *first_drop(struct rtun_session *s)
{
	struct rtun_drops *drops, *other;

	drops = kzalloc(sizeof(*drops), GFP_ATOMIC | __GFP_NOWARN);
	if (!drops)
		return NULL;
	other = cmpxchg(&s->drops, NULL, drops);
	if (!other)
		return drops;
	kfree(drops);
	return other;
}

void rtun_stats_drops(struct rtun_session *s, enum rtun_drop why,
		      unsigned int n)
{
	struct rtun_drops *drops = READ_ONCE(s->drops) ?: first_drop(s);

	if (likely(drops))
		atomic64_add(n, &drops->count[why]);
	else
		rtun_net_drops(s->tunnel->rn, why, n);
}

static unsigned int packets(const struct sk_buff *skb)
{
	return max_t(unsigned int, 1, skb_shinfo(skb)->gso_segs);
}

void rtun_drop(struct rtun_session *s, struct sk_buff *skb, enum rtun_drop why)
{
	rtun_stats_drops(s, why, packets(skb));
	kfree_skb(skb);
}

void rtun_net_drop(struct rtun_net *rn, struct sk_buff *skb, enum rtun_drop why)
{
	rtun_net_drops(rn, why, packets(skb));
	kfree_skb(skb);
}

/* Add the counters of one CPU to those of others. */
static void add(u64 *total, const u64_stats_t *counters, unsigned int n,
		const struct u64_stats_sync *sync)
{
	unsigned int start, i;
	u64 one;

	for (i = 0; i < n; i++) {
		do {
			start = u64_stats_fetch_begin(sync);
			one = u64_stats_read(&counters[i]);
		} while (u64_stats_fetch_retry(sync, start));
		total[i] += one;
	}
}

/* @n counters from @first on */
static void add_all_cpus(u64 *total, const struct rtun_stats __percpu *stats,
			 enum rtun_stats_attr first, unsigned int n)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct rtun_stats *one = per_cpu_ptr(stats, cpu);

		add(total, &one->count[first], n, &one->sync);
	}
}

void rtun_stats_traffic(const struct rtun_stats __percpu *stats,
			struct rtun_traffic *traffic, int times)
{
	enum { RX_PACKETS, RX_BYTES, TX_PACKETS, TX_BYTES, N };
	u64 count[N] = {};

	BUILD_BUG_ON(RTUN_A_STATS_TX_BYTES != RTUN_A_STATS_RX_PACKETS + TX_BYTES);
	add_all_cpus(count, stats, RTUN_A_STATS_RX_PACKETS, N);
	traffic->rx_packets += (u64)times * count[RX_PACKETS];
	traffic->rx_bytes += (u64)times * count[RX_BYTES];
	traffic->tx_packets += (u64)times * count[TX_PACKETS];
	traffic->tx_bytes += (u64)times * count[TX_BYTES];
}

/* @drop: NULL: none */
static int fill(struct sk_buff *msg, int attr, const u64 *count,
		const u64 *drop)
{
	struct nlattr *nest, *drops;
	int i;

	nest = nla_nest_start(msg, attr);
	if (!nest)
		return -EMSGSIZE;
	for (i = RTUN_A_STATS_RX_PACKETS; i < __RTUN_A_STATS_MAX; i++)
		if (i != RTUN_A_STATS_DROPS &&
		    nla_put_u64_64bit(msg, i, count[i], RTUN_A_STATS_PAD))
			return -EMSGSIZE;
	drops = nla_nest_start(msg, RTUN_A_STATS_DROPS);
	if (!drops)
		return -EMSGSIZE;
	for (i = RTUN_DROP_UNSPEC + 1; drop && i < __RTUN_DROP_MAX; i++)
		/* 0 is no reason, so it may pad */
		if (drop[i] && nla_put_u64_64bit(msg, i, drop[i], RTUN_DROP_UNSPEC))
			return -EMSGSIZE;
	nla_nest_end(msg, drops);
	nla_nest_end(msg, nest);
	return 0;
}

int rtun_stats_fill(struct sk_buff *msg, int attr, const struct rtun_session *s)
{
	const struct rtun_drops *drops = READ_ONCE(s->drops);
	u64 count[__RTUN_A_STATS_MAX] = {}, drop[__RTUN_DROP_MAX];
	int i;

	add_all_cpus(count, s->stats, 0, __RTUN_A_STATS_MAX);
	for (i = 0; drops && i < __RTUN_DROP_MAX; i++)
		drop[i] = (u64)atomic64_read(&drops->count[i]);
	return fill(msg, attr, count, drops ? drop : NULL);
}

int rtun_net_stats_fill(struct sk_buff *msg, int attr,
			const struct rtun_net *rn)
{
	u64 count[__RTUN_A_STATS_MAX] = {}, drop[__RTUN_DROP_MAX] = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct rtun_net_drops *one = per_cpu_ptr(rn->drops, cpu);

		add(drop, one->count, ARRAY_SIZE(drop), &one->sync);
	}
	return fill(msg, attr, count, drop);
}
