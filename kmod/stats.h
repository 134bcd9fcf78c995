/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU counters of a session, and of what a namespace could charge no
 * session with.  The index is the attribute that shows the counter, so that a
 * new counter is one line in the uAPI and one at the place that counts.
 */
#ifndef _RTUN_STATS_H
#define _RTUN_STATS_H

#include <uapi/linux/rtun.h>

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

struct sk_buff;

/**
 * struct rtun_stats - counters of one CPU
 * @sync: for readers on 32 bits
 * @count: by enum rtun_stats_attr
 * @drop: by enum rtun_drop; apart, as they seldom change
 *
 * Written on their own CPU with BH disabled.
 */
struct rtun_stats {
	struct u64_stats_sync sync;
	u64_stats_t count[__RTUN_A_STATS_MAX];
	u64_stats_t drop[__RTUN_DROP_MAX];
};

struct rtun_stats __percpu *rtun_stats_alloc(void);

static inline void rtun_stats_add(struct rtun_stats __percpu *stats,
				  enum rtun_stats_attr what, u64 n)
{
	struct rtun_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->sync);
	u64_stats_add(&s->count[what], n);
	u64_stats_update_end(&s->sync);
}

static inline void rtun_stats_inc(struct rtun_stats __percpu *stats,
				  enum rtun_stats_attr what)
{
	rtun_stats_add(stats, what, 1);
}

/* @n packets and their octets; @packets is followed by its octets in the enum. */
static inline void rtun_stats_packets(struct rtun_stats __percpu *stats,
				      enum rtun_stats_attr packets,
				      unsigned int n, unsigned int len)
{
	struct rtun_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->sync);
	u64_stats_add(&s->count[packets], n);
	u64_stats_add(&s->count[packets + 1], len);
	u64_stats_update_end(&s->sync);
}

static inline void rtun_stats_packet(struct rtun_stats __percpu *stats,
				     enum rtun_stats_attr packets,
				     unsigned int len)
{
	rtun_stats_packets(stats, packets, 1, len);
}

static inline void rtun_stats_drop(struct rtun_stats __percpu *stats,
				   enum rtun_drop why)
{
	struct rtun_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->sync);
	u64_stats_inc(&s->drop[why]);
	u64_stats_update_end(&s->sync);
}

/* Count a packet as dropped and free it. */
void rtun_drop(struct rtun_stats __percpu *stats, struct sk_buff *skb,
	       enum rtun_drop why);
/* Put a nest @attr with all counters into a message. */
int rtun_stats_fill(struct sk_buff *msg, int attr,
		    struct rtun_stats __percpu *stats);

#endif /* _RTUN_STATS_H */
