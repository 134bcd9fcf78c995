/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PPP mux: which frame goes to the device, which to the owner, and how a
 * frame looks on the wire (RFC 1661 sections 2 and 6.5, RFC 1662 section 3.1).
 */
#ifndef _RTUN_PPP_H
#define _RTUN_PPP_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct net_device;
struct rtun_out;
struct rtun_session;

enum rtun_ppp_limits {
	RTUN_PPP_HEADER_MAX = 4,	/* FF 03 and two octets of protocol */
	RTUN_PPP_OVERHEAD_MAX = 10,	/* and what encryption and bridging add */
};

/*
 * A frame came in.  Takes the skb; under RCU, BH disabled.  If rx_lock is held,
 * frames to be sent in answer are queued on @answers: for after it; if not,
 * @answers is NULL.
 */
void rtun_ppp_rx(struct rtun_session *s, struct sk_buff *skb,
		 struct sk_buff_head *answers);

/* No rx_lock is held any more: hand the stack what was set aside for that, send what
 * rtun_answer() has queued.  RCU and BH disabled since then.
 */
void rtun_ppp_unlocked(struct sk_buff_head *answers);

/* Put the protocol field in front, and address and control if they belong there;
 * the headroom is there.
 */
void rtun_ppp_push_proto(const struct rtun_session *s, struct sk_buff *skb,
			 u16 proto);

/* A packet leaves through the device.  Takes the skb; BH disabled, RCU. */
void rtun_ppp_xmit(struct rtun_session *s, struct net_device *dev,
		   struct sk_buff *skb);

/* Has a network packet no more than @mtu octets?  If it has, its sender was told. */
bool rtun_ppp_fits(struct rtun_out *o, struct net_device *dev,
		   struct sk_buff *skb, unsigned int mtu);
/* Octets that rtun_ppp_push_proto(), or the one below, will put in front of a
 * network packet.
 */
unsigned int rtun_ppp_overhead(const struct rtun_session *s, bool encrypted);
/* As rtun_ppp_push_proto(), but encrypt it first, so that its data must be linear
 * and its own.  tx_lock.  False: there is no key any more.
 */
bool rtun_ppp_seal(struct rtun_session *s, struct sk_buff *skb, u16 proto);

/* Send a frame that begins with its protocol field.  Takes the skb, which has
 * rtun_tx_headroom() octets in front; BH disabled, RCU.
 */
int rtun_ppp_send(struct rtun_session *s, struct sk_buff *skb);

#endif /* _RTUN_PPP_H */
