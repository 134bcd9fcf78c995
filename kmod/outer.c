// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outer IP, see outer.h.  ECN follows RFC 6040, path MTU RFC 1191 and RFC 8201.
 */
#include "outer.h"
#include "gso.h"
#include "gso_list.h"
#include "netlink.h"
#include "rtun.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/ipv6_stubs.h>
#include <net/route.h>

u8 rtun_out_protocol(const struct rtun_tunnel *t)
{
	switch (t->ops->kind) {
	case RTUN_XPORT_PPTP:
		return IPPROTO_GRE;
	case RTUN_XPORT_L2TPV3_IP:
		return IPPROTO_L2TP;
	default:
		return IPPROTO_UDP;
	}
}

/* ECN is not part of the policy's TOS, so it cannot change the route. */
static struct dst_entry *route4(struct rtun_tunnel *t, union rtun_addr *saddr)
{
	struct flowi4 fl4 = {
		.daddr = t->peer.addr.v4,
		.saddr = t->local.v4,
		.flowi4_oif = READ_ONCE(t->outer.oif),
		.flowi4_mark = READ_ONCE(t->outer.fwmark),
		.flowi4_proto = rtun_out_protocol(t),
		.fl4_sport = t->local_port,
		.fl4_dport = t->peer_port,
	};
	struct rtable *rt;

	rtun_flow4_set_tos(&fl4, READ_ONCE(t->outer.tos));
	rt = ip_route_output_key(t->rn->net, &fl4);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	saddr->v4 = fl4.saddr;
	return &rt->dst;
}

#if IS_ENABLED(CONFIG_IPV6)
static struct dst_entry *route6(struct rtun_tunnel *t, union rtun_addr *saddr)
{
	struct flowi6 fl6 = {
		.daddr = t->peer.addr.v6,
		.saddr = t->local.v6,
		.flowi6_oif = READ_ONCE(t->outer.oif),
		.flowi6_mark = READ_ONCE(t->outer.fwmark),
		.flowi6_proto = rtun_out_protocol(t),
		.fl6_sport = t->local_port,
		.fl6_dport = t->peer_port,
		.flowlabel = ip6_make_flowinfo(READ_ONCE(t->outer.tos), 0),
	};
	struct dst_entry *dst;

	dst = ipv6_stub->ipv6_dst_lookup_flow(t->rn->net, NULL, &fl6, NULL);
	if (!IS_ERR(dst))
		saddr->v6 = fl6.saddr;
	return dst;
}
#endif

static struct dst_entry *route(struct rtun_tunnel *t, union rtun_addr *saddr)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6)
		return route6(t, saddr);
#endif
	return route4(t, saddr);
}

/* As the kernel's own dst_cache, but for the reference that this takes for each packet. */
static struct dst_entry *cached(struct rtun_tunnel *t, union rtun_addr *saddr)
{
	struct rtun_path *path = this_cpu_ptr(t->path);
	struct dst_entry *dst = READ_ONCE(path->dst);
	/* pairs with the release in rtun_tunnel_set() */
	u32 routes = smp_load_acquire(&t->routes);

	if (likely(dst && path->routes == routes &&
		   (!dst->obsolete || dst->ops->check(dst, path->cookie)))) {
		*saddr = path->saddr;
		return dst;
	}
	dst = route(t, saddr);
	if (IS_ERR(dst)) {
		dst_release(xchg(&path->dst, NULL));
		return dst;
	}
	path->saddr = *saddr;
	path->routes = routes;
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6)
		path->cookie = rt6_get_cookie((struct rt6_info *)dst);
#endif
	dst_release(xchg(&path->dst, dst));
	return dst;
}

void rtun_out_forget(struct rtun_tunnel *t)
{
	int cpu;

	for_each_possible_cpu(cpu)
		dst_release(xchg(&per_cpu_ptr(t->path, cpu)->dst, NULL));
}

int rtun_out_begin(struct rtun_tunnel *t, struct rtun_out *o)
{
	u32 mtu;

	if (t->family == AF_UNSPEC) {
		*o = (struct rtun_out){};
		return 0;
	}
	o->inner = 0;
	o->dst = cached(t, &o->saddr);
	if (IS_ERR(o->dst))
		return PTR_ERR(o->dst);
	mtu = dst_mtu(o->dst);
	if (unlikely(READ_ONCE(t->pmtu) != mtu)) {
		u32 old = xchg(&t->pmtu, mtu);

		if (old && old != mtu)
			rtun_notify_event(t->rn, RTUN_EVENT_PMTU, t->id, 0,
					  mtu, NULL, GFP_ATOMIC);
	}
	o->df = READ_ONCE(t->outer.df) == RTUN_DF_SET ? htons(IP_DF) : 0;
	o->tos = READ_ONCE(t->outer.tos);
	o->ttl = READ_ONCE(t->outer.ttl);
	if (o->ttl)
		return 0;
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6) {
		o->ttl = ip6_dst_hoplimit(o->dst);
		return 0;
	}
#endif
	o->ttl = ip4_dst_hoplimit(o->dst);
	return 0;
}

void rtun_out_inherit_tos(struct rtun_tunnel *t, struct rtun_out *o, u8 inner)
{
	o->inner = inner;
	if (READ_ONCE(t->flags) & RTUN_TUNNEL_F_TOS_INHERIT)
		o->tos = inner & ~INET_ECN_MASK;
	o->tos = INET_ECN_encapsulate(o->tos, inner);
}

void rtun_out_inherit(struct rtun_tunnel *t, struct rtun_out *o,
		      const struct sk_buff *skb)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	unsigned int hlen = v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	if (!v4 && skb->protocol != htons(ETH_P_IPV6))
		return;
	if (skb_network_offset(skb) + hlen > skb_headlen(skb))
		return;
	rtun_out_inherit_tos(t, o, ip_tunnel_get_dsfield(ip_hdr(skb), skb));
	if (READ_ONCE(t->outer.df) != RTUN_DF_INHERIT)
		return;
	/* routers do not fragment IPv6: its packets are as with DF */
	o->df = v4 ? ip_hdr(skb)->frag_off & htons(IP_DF) : htons(IP_DF);
}

unsigned int rtun_out_hlen(const struct rtun_tunnel *t)
{
	switch (t->family) {
	case AF_INET:
		return sizeof(struct iphdr);
	case AF_INET6:
		return sizeof(struct ipv6hdr);
	default:
		return 0;
	}
}

unsigned int rtun_out_mtu(const struct rtun_out *o)
{
	return dst_mtu(o->dst);
}

unsigned int rtun_out_headroom(const struct rtun_tunnel *t,
			       const struct rtun_out *o)
{
	if (!o->dst)
		return LL_MAX_HEADER + RTUN_OVERHEAD_MAX;
	return LL_RESERVED_SPACE(o->dst->dev) + o->dst->header_len +
	       rtun_out_hlen(t);
}

/* The kernel's identifications, some at a time: they are counted in one place for all that
 * is sent from there to there with that protocol, by a hash and an atomic operation.
 * BH disabled.
 */
static void select_ident(struct rtun_tunnel *t, struct iphdr *iph,
			 unsigned int n)
{
	struct rtun_path *path = this_cpu_ptr(t->path);

	if (unlikely(n > path->idents || path->ident_saddr != iph->saddr)) {
		path->idents = max_t(unsigned int, n, RTUN_IDENT_BLOCK);
		path->ident_saddr = iph->saddr;
		__ip_select_ident(t->rn->net, iph, path->idents);
		path->ident = ntohs(iph->id);
	}
	iph->id = htons(path->ident);
	path->ident += n;
	path->idents -= n;
}

static int send4(struct rtun_tunnel *t, const struct rtun_out *o,
		 struct sk_buff *skb)
{
	struct net *net = t->rn->net;
	struct iphdr *iph;
	int err;

	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb->protocol = htons(ETH_P_IP);
	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = o->tos,
		.frag_off = o->df,
		.ttl = o->ttl,
		.protocol = rtun_out_protocol(t),
		.saddr = o->saddr.v4,
		.daddr = t->peer.addr.v4,
	};
	/* those that nobody may fragment have none */
	if (!o->df)
		select_ident(t, iph, rtun_gso_segs(skb));
	if (rtun_is_gso_list(skb))
		rtun_gso_list_copy_header(skb, sizeof(*iph));
	/* length and checksum are ip_local_out's business */
	err = ip_local_out(net, NULL, skb);
	return net_xmit_eval(err);	/* a macro that evaluates it twice */
}

#if IS_ENABLED(CONFIG_IPV6)
static int send6(struct rtun_tunnel *t, const struct rtun_out *o,
		 struct sk_buff *skb)
{
	struct ipv6hdr *ip6h;
	int err;

	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	skb->protocol = htons(ETH_P_IPV6);
	skb->ignore_df = !o->df;
	ip6h = skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, o->tos, 0);
	ip6h->payload_len = 0;	/* ip6_local_out's business */
	ip6h->nexthdr = rtun_out_protocol(t);
	ip6h->hop_limit = o->ttl;
	ip6h->saddr = o->saddr.v6;
	ip6h->daddr = t->peer.addr.v6;
	if (rtun_is_gso_list(skb))
		rtun_gso_list_copy_header(skb, sizeof(*ip6h));
	err = ip6_local_out(t->rn->net, NULL, skb);
	return net_xmit_eval(err);
}
#endif

int rtun_out_send(struct rtun_tunnel *t, const struct rtun_out *o,
		  struct sk_buff *skb)
{
	bool xnet = skb->dev && !net_eq(t->rn->net, dev_net(skb->dev));

	skb_scrub_packet(skb, xnet);
	skb_clear_hash_if_not_l4(skb);
	/* lasts as long as RCU; who queues it takes a reference */
	skb_dst_set_noref(skb, o->dst);
	skb->mark = READ_ONCE(t->outer.fwmark);
	skb_reset_transport_header(skb);
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6)
		return send6(t, o, skb);
#endif
	return send4(t, o, skb);
}

u32 rtun_out_pmtu(struct rtun_tunnel *t)
{
	union rtun_addr saddr;
	struct dst_entry *dst;
	u32 mtu;

	if (t->family == AF_UNSPEC)
		return 0;
	dst = route(t, &saddr);
	if (IS_ERR(dst))
		return 0;
	mtu = dst_mtu(dst);
	dst_release(dst);
	return mtu;
}

void rtun_out_icmp(struct rtun_tunnel *t, struct sk_buff *skb, u8 protocol,
		   u8 type, u8 code, u32 info)
{
	struct net *net = t->rn->net;
	u32 oif = READ_ONCE(t->outer.oif);

#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6) {
		if (type == ICMPV6_PKT_TOOBIG)
			ip6_update_pmtu(skb, net, htonl(info), oif,
					READ_ONCE(t->outer.fwmark),
					sock_net_uid(net, NULL));
		else if (type == NDISC_REDIRECT)
			ip6_redirect(skb, net, oif,
				     READ_ONCE(t->outer.fwmark),
				     sock_net_uid(net, NULL));
		return;
	}
#endif
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, net, info, oif, protocol);
	else if (type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, oif, protocol);
}
