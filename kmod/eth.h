/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ethernet as the payload: pseudowires of RFC 4719, and what these have in common
 * with bridged frames in PPP (bcp.h).
 */
#ifndef _RTUN_ETH_H
#define _RTUN_ETH_H

#include <linux/types.h>

struct net_device;
struct rtun_out;
struct rtun_session;
struct sk_buff;

/* All below with BH disabled and under RCU. */

/* A frame came in.  Takes the skb. */
void rtun_eth_rx(struct rtun_session *s, struct sk_buff *skb);
/* A frame that begins with its Ethernet header goes to the device, if it may.
 * Takes the skb.
 */
void rtun_eth_deliver(struct rtun_session *s, struct sk_buff *skb);

/* A frame leaves through the device.  Takes the skb. */
void rtun_eth_xmit(struct rtun_session *s, struct net_device *dev,
		   struct sk_buff *skb);
/* Does a frame fit into the path?  If not, its sender was told if that was
 * possible; *@skb is NULL if it became the answer.
 */
bool rtun_eth_fits(struct rtun_session *s, struct rtun_out *o,
		   struct net_device *dev, struct sk_buff **skb,
		   unsigned int overhead);
/* Tell who had a packet routed through the device how much it may have; a host
 * behind a bridge is not told like this.
 */
void rtun_eth_tell_sender(struct sk_buff *skb, unsigned int mtu);
/* Octets rtun_eth_push() will insert. */
unsigned int rtun_eth_overhead(const struct rtun_session *s);
/* Insert the tag, if the wire has one; NULL: no memory, and the skb is gone. */
struct sk_buff *rtun_eth_push(const struct rtun_session *s,
			      struct sk_buff *skb);

/* A frame that says "I am alive" and that nobody answers; NULL: no memory. */
struct sk_buff *rtun_eth_keepalive(const struct rtun_session *s,
				   const u8 *source);

#endif /* _RTUN_ETH_H */
