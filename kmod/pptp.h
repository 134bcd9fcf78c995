/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data packets of PPTP: enhanced GRE, RFC 2637 section 4.
 */
#ifndef _RTUN_PPTP_H
#define _RTUN_PPTP_H

#include "window.h"

#include <linux/jump_label.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>

struct nlattr;
struct rtun_out;
struct rtun_session;
struct rtun_xport_ops;

enum {
	GRE1_HLEN_BASE	= 4,	/* flags, protocol: what any GRE has */
	GRE1_HLEN	= 8,	/* flags, protocol, key */
	GRE1_HLEN_MIN	= 12,	/* and one number at least: all that is valid */
	GRE1_HLEN_MAX	= 16,

	GRE1_PROTO	= 0x880b,
	/* octet 0 */
	GRE1_C = 0x80, GRE1_R = 0x40, GRE1_K = 0x20, GRE1_S = 0x10,
	GRE1_SRC = 0x08, GRE1_RECUR = 0x07,
	/* octet 1 */
	GRE1_A = 0x80, GRE1_VERSION = 0x01,
};

/**
 * struct rtun_pptp_disorder - sending out of order on purpose
 * @type: enum rtun_disorder; written under cfg_lock and tx_lock
 * @rate: packets in order between two tests; likewise
 * @passed: since the last one; tx_lock, as the rest
 * @held: what leaves late; empty where @type is NONE
 * @timer: nothing has come to let them go
 */
struct rtun_pptp_disorder {
	u8 type;
	u32 rate;
	u32 passed;
	struct sk_buff_head held;
	struct timer_list timer;
};

/**
 * struct rtun_pptp - what is under way to the peer
 * @session: of whom
 * @lock: guards @window and the timer; innermost; BH disabled
 * @window: sent and acknowledged; has the number that is sent next
 * @timer: no acknowledgement came
 * @disorder: has locks of its own
 */
struct rtun_pptp {
	struct rtun_session *session;
	spinlock_t lock;
	struct rtun_window window;
	struct timer_list timer;
	struct rtun_pptp_disorder disorder;
};

extern const struct rtun_xport_ops rtun_pptp_ops;

/* pptp_tx.c: all with BH disabled and under RCU */
void rtun_pptp_push(struct rtun_session *s, const struct rtun_out *o,
		    struct sk_buff *skb, bool numbered);
bool rtun_pptp_may_whole(struct rtun_session *s, unsigned int extra);
int rtun_pptp_whole(struct rtun_session *s, struct sk_buff *skb, bool numbered);
bool rtun_pptp_lists(const struct rtun_session *s, const struct rtun_out *o);
int rtun_pptp_out(struct rtun_session *s, const struct rtun_out *o,
		  struct sk_buff *skb, bool numbered);
void rtun_pptp_ack(struct rtun_session *s);
void rtun_pptp_ack_timeout(struct timer_list *t);

/* pptp_window.c: BH disabled but for the first two, which need cfg_lock */
int rtun_pptp_window_new(struct rtun_session *s);
void rtun_pptp_window_set(struct rtun_session *s, struct nlattr **tb);
void rtun_pptp_window_stop(struct rtun_session *s);
/* Under tx_lock: may data be sent?  Take the next @n numbers, for whatever it is: the
 * first of them.
 */
bool rtun_pptp_window_room(struct rtun_session *s);
u32 rtun_pptp_window_take(struct rtun_session *s, unsigned int n);
void rtun_pptp_window_ack(struct rtun_session *s, u32 ack);
/* For dumps: @rtt in us, 0: not known. */
void rtun_pptp_window_show(struct rtun_session *s, u32 *size, u32 *static_rtt,
			   u32 *rtt, bool *congested);

/* pptp_disorder.c: while no session wants it, a branch that is patched out */
DECLARE_STATIC_KEY_FALSE(rtun_pptp_disorderly);
/* Under tx_lock: a packet with its header leaves now, or later. */
int rtun_pptp_disorder(struct rtun_session *s, const struct rtun_out *o,
		       struct sk_buff *skb);
/* These with cfg_lock. */
void rtun_pptp_disorder_init(struct rtun_pptp_disorder *d);
void rtun_pptp_disorder_set(struct rtun_session *s, struct nlattr **tb);
/* The session ends: what is held leaves, and nothing is held from now on. */
void rtun_pptp_disorder_end(struct rtun_session *s);

/* pptp_rx.c */
int rtun_pptp_rcv(struct sk_buff *skb);
void rtun_pptp_err(struct sk_buff *skb, u32 info);
void rtun_pptp_received(struct rtun_session *s);

#endif /* _RTUN_PPTP_H */
