// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, see stats.h.
 */
#include "stats.h"

#include <linux/skbuff.h>
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

void rtun_drop(struct rtun_stats __percpu *stats, struct sk_buff *skb,
	       enum rtun_drop why)
{
	rtun_stats_drop(stats, why);
	kfree_skb(skb);
}

/* The sum over all CPUs of one counter, which lies @off octets into a block. */
static u64 sum(struct rtun_stats __percpu *stats, size_t off)
{
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rtun_stats *s = per_cpu_ptr(stats, cpu);
		unsigned int start;
		u64 n;

		do {
			start = u64_stats_fetch_begin(&s->sync);
			n = u64_stats_read((u64_stats_t *)((char *)s + off));
		} while (u64_stats_fetch_retry(&s->sync, start));
		total += n;
	}
	return total;
}

int rtun_stats_fill(struct sk_buff *msg, int attr,
		    struct rtun_stats __percpu *stats)
{
	struct nlattr *nest, *drops;
	int i;

	nest = nla_nest_start(msg, attr);
	if (!nest)
		return -EMSGSIZE;
	for (i = RTUN_A_STATS_RX_PACKETS; i < __RTUN_A_STATS_MAX; i++)
		if (i != RTUN_A_STATS_DROPS &&
		    nla_put_u64_64bit(msg, i,
				      sum(stats, offsetof(struct rtun_stats,
							  count[i])),
				      RTUN_A_STATS_PAD))
			return -EMSGSIZE;
	drops = nla_nest_start(msg, RTUN_A_STATS_DROPS);
	if (!drops)
		return -EMSGSIZE;
	for (i = RTUN_DROP_UNSPEC + 1; i < __RTUN_DROP_MAX; i++) {
		u64 n = sum(stats, offsetof(struct rtun_stats, drop[i]));

		/* 0 is no reason, so it may pad */
		if (n && nla_put_u64_64bit(msg, i, n, RTUN_DROP_UNSPEC))
			return -EMSGSIZE;
	}
	nla_nest_end(msg, drops);
	nla_nest_end(msg, nest);
	return 0;
}
