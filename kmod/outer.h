/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outer IP header, of both families: route to the peer, limits of the path,
 * policy of the header, and the header itself.  Used by every transport.
 */
#ifndef _RTUN_OUTER_H
#define _RTUN_OUTER_H

#include "rtun.h"

#include <linux/types.h>

struct dst_entry;
struct net_device;
struct sk_buff;

/**
 * struct rtun_out - what all packets of a batch have in common
 * @dst: route, for as long as RCU is held; NULL: none, the packets are a bundle's
 * @saddr: what they are sent from
 * @df: IPv4: the don't-fragment bit for the header; IPv6: not 0 if we may not
 *	fragment either
 * @tos: or traffic class, with ECN bits
 * @ttl: never 0
 * @inner: TOS of the packet inside, if it has one, else 0
 */
struct rtun_out {
	struct dst_entry *dst;
	union rtun_addr saddr;
	__be16 df;
	u8 tos;
	u8 ttl;
	u8 inner;
};

/* All below with BH disabled and under RCU, which lasts until all packets are sent. */
int rtun_out_begin(struct rtun_tunnel *t, struct rtun_out *o);
/* Take TOS, ECN and DF from the IP packet inside as the policy says.
 * @skb's network header is set; what is no IP is left alone.
 */
void rtun_out_inherit(struct rtun_tunnel *t, struct rtun_out *o,
		      const struct sk_buff *skb);
/* The same of a fragment: TOS and ECN of what it is a part of. */
void rtun_out_inherit_tos(struct rtun_tunnel *t, struct rtun_out *o, u8 inner);
/* IP's number for what is in it. */
u8 rtun_out_protocol(const struct rtun_tunnel *t);
/* Octets of IP header */
unsigned int rtun_out_hlen(const struct rtun_tunnel *t);
/* Does the policy forbid fragments, and how much fits into the path then? */
static inline bool rtun_out_unfragmented(const struct rtun_out *o)
{
	return o->df;
}
unsigned int rtun_out_mtu(const struct rtun_out *o);
/* Octets a packet needs in front of the transport's header. */
unsigned int rtun_out_headroom(const struct rtun_tunnel *t,
			       const struct rtun_out *o);
/* Put the header in front and send; takes the skb.  Net errno. */
int rtun_out_send(struct rtun_tunnel *t, const struct rtun_out *o,
		  struct sk_buff *skb);

/* Nobody sends any more: give the routes back. */
void rtun_out_forget(struct rtun_tunnel *t);
/* Path MTU of a tunnel as known now, 0: no route.  Process context. */
u32 rtun_out_pmtu(struct rtun_tunnel *t);
/* An ICMP error about what @t sent; @skb->data is the IP header it quotes.
 * IPv4: @type and @code of ICMP, IPv6: those of ICMPv6; @info: MTU.
 */
void rtun_out_icmp(struct rtun_tunnel *t, struct sk_buff *skb, u8 protocol,
		   u8 type, u8 code, u32 info);

#endif /* _RTUN_OUTER_H */
