/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a session, and of drops a namespace could charge no session with.
 * The index is the attribute that shows the counter, so that a new counter is
 * one line in the uAPI and one at the place that counts.
 *
 * There are many reasons for a drop and many CPUs, but most sessions drop
 * nothing: a session has the counters of its drops from its first one on, and
 * the CPUs share them.  A namespace's are per CPU, as strangers may use all.
 */
#ifndef _RTUN_STATS_H
#define _RTUN_STATS_H

#include <uapi/linux/rtun.h>

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

struct rtun_net;
struct rtun_session;
struct sk_buff;

/**
 * struct rtun_stats - a session's counters of one CPU
 * @sync: for readers on 32 bits
 * @count: by enum rtun_stats_attr
 *
 * Written on their own CPU with BH disabled.
 */
struct rtun_stats {
	struct u64_stats_sync sync;
	u64_stats_t count[__RTUN_A_STATS_MAX];
};

/* Network frames of a session, or of a device: RTUN_A_STATS_RX_PACKETS and so on. */
struct rtun_traffic {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
};

/**
 * struct rtun_net_drops - a namespace's counters of one CPU
 * @sync: for readers on 32 bits
 * @count: by enum rtun_drop
 *
 * Written on their own CPU with BH disabled.
 */
struct rtun_net_drops {
	struct u64_stats_sync sync;
	u64_stats_t count[__RTUN_DROP_MAX];
};

/**
 * struct rtun_drops - a session's, of all CPUs
 * @count: by enum rtun_drop
 */
struct rtun_drops {
	atomic64_t count[__RTUN_DROP_MAX];
};

struct rtun_stats __percpu *rtun_stats_alloc(void);
struct rtun_net_drops __percpu *rtun_net_drops_alloc(void);

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

/* Add what a session counts, of all CPUs, to @traffic: @times 1 or -1. */
void rtun_stats_traffic(const struct rtun_stats __percpu *stats,
			struct rtun_traffic *traffic, int times);

/* Packets that a session dropped.  Where there is no memory for its counters
 * the namespace's count.  BH disabled.
 */
void rtun_stats_drops(struct rtun_session *s, enum rtun_drop why,
		      unsigned int n);

static inline void rtun_stats_drop(struct rtun_session *s, enum rtun_drop why)
{
	rtun_stats_drops(s, why, 1);
}

/* Packets that no session can be charged with.  BH disabled. */
void rtun_net_drops(struct rtun_net *rn, enum rtun_drop why, unsigned int n);

/* Count a packet, or as many as it is, as dropped and free it. */
void rtun_drop(struct rtun_session *s, struct sk_buff *skb, enum rtun_drop why);
void rtun_net_drop(struct rtun_net *rn, struct sk_buff *skb,
		   enum rtun_drop why);

/* Put a nest @attr with all counters into a message. */
int rtun_stats_fill(struct sk_buff *msg, int attr,
		    const struct rtun_session *s);
int rtun_net_stats_fill(struct sk_buff *msg, int attr,
			const struct rtun_net *rn);

#endif /* _RTUN_STATS_H */
