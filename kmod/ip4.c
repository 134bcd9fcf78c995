// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outer IPv4, see ip4.h.  ECN follows RFC 6040, path MTU RFC 1191.
 */
#include "ip4.h"
#include "netlink.h"
#include "rtun.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dst_cache.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/route.h>

/* ECN is not part of the policy's TOS, so it cannot change the route. */
static struct rtable *route(struct rtun_tunnel *t)
{
	struct flowi4 fl4 = {
		.daddr = t->remote,
		.saddr = t->local,
		.flowi4_oif = READ_ONCE(t->outer.oif),
		.flowi4_mark = READ_ONCE(t->outer.fwmark),
		.flowi4_proto = IPPROTO_GRE,
	};

	rtun_flow4_set_tos(&fl4, READ_ONCE(t->outer.tos));
	return ip_route_output_key(t->rn->net, &fl4);
}

int rtun_ip4_begin(struct rtun_tunnel *t, struct rtun_ip4 *ip)
{
	struct rtable *rt;
	__be32 saddr;
	u32 mtu;

	rt = dst_cache_get_ip4(&t->dst_cache, &saddr);
	if (!rt) {
		rt = route(t);
		if (IS_ERR(rt))
			return PTR_ERR(rt);
		dst_cache_set_ip4(&t->dst_cache, &rt->dst, t->local);
	}
	mtu = dst_mtu(&rt->dst);
	if (unlikely(READ_ONCE(t->pmtu) != mtu)) {
		u32 old = xchg(&t->pmtu, mtu);

		if (old && old != mtu)
			rtun_notify_event(t->rn, RTUN_EVENT_PMTU, t->id, 0,
					  mtu, NULL, GFP_ATOMIC);
	}
	ip->rt = rt;
	ip->df = READ_ONCE(t->outer.df) == RTUN_DF_SET ? htons(IP_DF) : 0;
	ip->tos = READ_ONCE(t->outer.tos);
	ip->ttl = READ_ONCE(t->outer.ttl);
	if (!ip->ttl)
		ip->ttl = ip4_dst_hoplimit(&rt->dst);
	return 0;
}

void rtun_ip4_end(struct rtun_ip4 *ip)
{
	ip_rt_put(ip->rt);
}

void rtun_ip4_inherit(struct rtun_tunnel *t, struct rtun_ip4 *ip,
		      const struct sk_buff *skb)
{
	u8 inner = ip_tunnel_get_dsfield(ip_hdr(skb), skb);

	if (t->flags & RTUN_TUNNEL_F_TOS_INHERIT)
		ip->tos = inner & ~INET_ECN_MASK;
	ip->tos = INET_ECN_encapsulate(ip->tos, inner);
	if (READ_ONCE(t->outer.df) != RTUN_DF_INHERIT)
		return;
	/* routers do not fragment IPv6: its packets are as with DF */
	if (skb->protocol == htons(ETH_P_IP))
		ip->df = ip_hdr(skb)->frag_off & htons(IP_DF);
	else
		ip->df = htons(IP_DF);
}

bool rtun_ip4_fits(struct rtun_tunnel *t, struct rtun_ip4 *ip,
		   struct net_device *dev, struct sk_buff *skb,
		   unsigned int overhead)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	unsigned int least = v4 ? IPV4_MIN_MTU : IPV6_MIN_MTU;
	unsigned int mtu = dst_mtu(&ip->rt->dst);

	if (!ip->df)
		return true;	/* the outer packet may be fragmented */
	mtu = mtu > overhead ? mtu - overhead : 0;
	if (skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) :
			      skb->len <= mtu)
		return true;
	if (mtu < least) {
		/* no sender could be told of less than that: fragment */
		ip->df = 0;
		return true;
	}
	if (skb_valid_dst(skb))
		skb_dst_update_pmtu_no_confirm(skb, mtu);
	if (v4)
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	else if (IS_ENABLED(CONFIG_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	net_dbg_ratelimited("%s: %u octets do not fit into %u\n", dev->name,
			    skb->len, mtu);
	return false;
}

unsigned int rtun_ip4_headroom(const struct rtun_ip4 *ip)
{
	return LL_RESERVED_SPACE(ip->rt->dst.dev) + ip->rt->dst.header_len +
	       sizeof(struct iphdr);
}

int rtun_ip4_out(struct rtun_tunnel *t, const struct rtun_ip4 *ip,
		 struct sk_buff *skb, u8 protocol)
{
	struct net *net = t->rn->net;
	struct iphdr *iph;
	bool xnet;
	int err;

	xnet = skb->dev && !net_eq(net, dev_net(skb->dev));
	skb_scrub_packet(skb, xnet);
	skb_clear_hash_if_not_l4(skb);
	/* lasts as long as our reference and RCU; who queues it takes one */
	skb_dst_set_noref(skb, &ip->rt->dst);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb->mark = READ_ONCE(t->outer.fwmark);
	skb->protocol = htons(ETH_P_IP);

	skb_reset_transport_header(skb);
	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = ip->tos,
		.frag_off = ip->df,
		.ttl = ip->ttl,
		.protocol = protocol,
		.saddr = t->local,
		.daddr = t->remote,
	};
	ip_select_ident(net, skb, NULL);
	/* length and checksum are ip_local_out's business */
	err = ip_local_out(net, NULL, skb);
	return net_xmit_eval(err);	/* a macro that evaluates it twice */
}

u32 rtun_ip4_pmtu(struct rtun_tunnel *t)
{
	struct rtable *rt = route(t);
	u32 mtu;

	if (IS_ERR(rt))
		return 0;
	mtu = dst_mtu(&rt->dst);
	ip_rt_put(rt);
	return mtu;
}
