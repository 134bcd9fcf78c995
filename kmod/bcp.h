/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ethernet frames as the payload of PPP: what BCP (RFC 3518) has opened.  The
 * session is one of PPP, a call or a bundle, and its device one of Ethernet; what
 * is between the two is eth.c's, and the frame's header bcp_wire.h's.
 */
#ifndef _RTUN_BCP_H
#define _RTUN_BCP_H

#include "bcp_wire.h"

struct net_device;
struct rtun_session;
struct sk_buff;

enum {
	RTUN_PPP_BRIDGED	= 0x0031,	/* RFC 3518 section 4.1 */
};

/* All below with BH disabled and under RCU. */

/* A frame came in, behind the protocol field.  Takes the skb. */
void rtun_bcp_rx(struct rtun_session *s, struct sk_buff *skb);

/* A frame leaves through the device.  Takes the skb. */
void rtun_bcp_xmit(struct rtun_session *s, struct net_device *dev,
		   struct sk_buff *skb);
/* Is a frame with its header no more than the @room that a bundle's peer has?  If
 * it is, its sender was told, unless that is a host behind a bridge.
 */
bool rtun_bcp_fits(struct net_device *dev, struct sk_buff *skb,
		   unsigned int room);
/* Put the header in front of a frame; the headroom is there.  False: no memory. */
bool rtun_bcp_push(const struct rtun_session *s, struct sk_buff *skb);

#endif /* _RTUN_BCP_H */
