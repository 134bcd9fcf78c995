/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way in of a session, behind the transport's header: in order where
 * packets are numbered, then to the payload.
 */
#ifndef _RTUN_ORDER_H
#define _RTUN_ORDER_H

#include <linux/types.h>

struct rtun_session;
struct sk_buff;
struct timer_list;

/* Receive: softirq, RCU, no lock held.  Take the skb, which begins with the
 * payload; rtun_cb() says what the outer packet was.
 */
void rtun_order_rx(struct rtun_session *s, struct sk_buff *skb, u32 seq);
/* The same for packets that are many, the first with this number, behind a header with @tos;
 * rtun_cb() is not set.  False: they are not the next ones, nothing has changed; they are to be
 * cut.
 */
bool rtun_order_rx_whole(struct rtun_session *s, struct sk_buff *skb, u32 seq,
			 u8 tos);
void rtun_order_rx_unnumbered(struct rtun_session *s, struct sk_buff *skb);

/* The oldest gap was waited for long enough. */
void rtun_order_timeout(struct timer_list *t);
/* Hold @slots packets at the most from now on; process context. */
void rtun_order_set_slots(struct rtun_session *s, u32 slots);
/* Deliver what is held, whatever is missing; process context. */
void rtun_order_deliver(struct rtun_session *s);
/* Numbers are demanded from now on, or no more: the next is the first. */
void rtun_order_restart(struct rtun_session *s);
/* The session is dead and no packet of it is in work; may sleep. */
void rtun_order_stop(struct rtun_session *s);

#endif /* _RTUN_ORDER_H */
