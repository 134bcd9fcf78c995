/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data packets of PPTP: enhanced GRE, RFC 2637 section 4.
 */
#ifndef _RTUN_PPTP_H
#define _RTUN_PPTP_H

#include <linux/types.h>

struct net_device;
struct rtun_session;
struct rtun_xport_ops;
struct sk_buff;
struct timer_list;

enum {
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

extern const struct rtun_xport_ops rtun_pptp_ops;

/* pptp_tx.c: all with BH disabled and under RCU, no lock held */
int rtun_pptp_send(struct rtun_session *s, struct sk_buff *skb);
void rtun_pptp_xmit(struct rtun_session *s, struct net_device *dev,
		    struct sk_buff *skb);
void rtun_pptp_ack(struct rtun_session *s);
void rtun_pptp_ack_timeout(struct timer_list *t);

/* pptp_rx.c */
int rtun_pptp_rcv(struct sk_buff *skb);
void rtun_pptp_err(struct sk_buff *skb, u32 info);
void rtun_pptp_gap_timeout(struct timer_list *t);
void rtun_pptp_set_reorder(struct rtun_session *s, u32 slots);

#endif /* _RTUN_PPTP_H */
