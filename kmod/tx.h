/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way out of a session, the same for every transport and payload.
 */
#ifndef _RTUN_TX_H
#define _RTUN_TX_H

#include <linux/types.h>

struct net_device;
struct rtun_session;
struct sk_buff;

/* All below with BH disabled and under RCU, no lock held. */

/* A packet of the device, maybe GSO: IP, or an Ethernet frame. */
void rtun_tx_packet(struct rtun_session *s, struct net_device *dev,
		    struct sk_buff *skb);
/* A payload that is complete: a frame of the owner, or an answer of the
 * kernel.  Takes the skb.  Net errno; -ENOTCONN: the peer's id is not known.
 */
int rtun_tx_frame(struct rtun_session *s, struct sk_buff *skb);

/* A fragment of a bundle, on its link @s, if it has room for data; @inner: TOS of
 * the packet inside.  The rest as rtun_tx_frame().
 */
int rtun_tx_fragment(struct rtun_session *s, struct sk_buff *skb, u8 inner);

/* Several of them, linked by next and not empty, which leave together if that is possible:
 * how many were lost.
 */
unsigned int rtun_tx_fragments(struct rtun_session *s, struct sk_buff *list,
			       u8 inner);

/* Octets in front of a payload that rtun_tx_frame() needs as headroom. */
unsigned int rtun_tx_headroom(void);
/* Octets a packet of the device grows by at the most. */
unsigned int rtun_tx_overhead(const struct rtun_session *s);

#endif /* _RTUN_TX_H */
