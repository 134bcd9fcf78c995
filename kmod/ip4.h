/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outer IPv4: route to the peer, limits of the path, policy of the header, and
 * the header itself.  Used by every transport over IPv4.
 */
#ifndef _RTUN_IP4_H
#define _RTUN_IP4_H

#include <linux/types.h>

struct net_device;
struct rtable;
struct rtun_tunnel;
struct sk_buff;

/**
 * struct rtun_ip4 - what all packets of a batch have in common
 * @rt: route; a reference is held
 * @df: don't-fragment bit for the header
 * @tos: with ECN bits
 * @ttl: never 0
 */
struct rtun_ip4 {
	struct rtable *rt;
	__be16 df;
	u8 tos;
	u8 ttl;
};

/*
 * All below with BH disabled and under RCU.  What rtun_ip4_begin() got,
 * rtun_ip4_end() gives back.
 */
int rtun_ip4_begin(struct rtun_tunnel *t, struct rtun_ip4 *ip);
/* Take TOS, ECN and DF from a network packet as the policy says. */
void rtun_ip4_inherit(struct rtun_tunnel *t, struct rtun_ip4 *ip,
		      const struct sk_buff *skb);
/* Does a network packet fit into the path?  If not, its sender was told. */
bool rtun_ip4_fits(struct rtun_tunnel *t, struct rtun_ip4 *ip,
		   struct net_device *dev, struct sk_buff *skb,
		   unsigned int overhead);
/* Octets a packet needs in front of the transport's header. */
unsigned int rtun_ip4_headroom(const struct rtun_ip4 *ip);
/* Put the header in front and send; takes the skb.  Net errno. */
int rtun_ip4_out(struct rtun_tunnel *t, const struct rtun_ip4 *ip,
		 struct sk_buff *skb, u8 protocol);
void rtun_ip4_end(struct rtun_ip4 *ip);

/* Path MTU of a tunnel as known now, 0: no route.  Process context. */
u32 rtun_ip4_pmtu(struct rtun_tunnel *t);

#endif /* _RTUN_IP4_H */
