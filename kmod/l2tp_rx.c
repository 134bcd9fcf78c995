// SPDX-License-Identifier: GPL-2.0-only
/*
 * What L2TP receives: the header, whose session it is, whether it comes from the
 * peer (address, then cookie: RFC 3931 section 8.2), the sublayer; and ICMP
 * errors about what was sent.
 */
#include "l2tp.h"
#include "alive.h"
#include "gso.h"
#include "gso_list.h"
#include "gso_whole.h"
#include "netlink.h"
#include "order.h"
#include "outer.h"
#include "rx.h"
#include "session.h"
#include "tunnel.h"
#include "udp.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip_tunnels.h>
#include <net/sock.h>

/**
 * struct arrival - what is known of a packet from below L2TP
 * @peer: who sent it
 * @local: to which of our addresses
 * @peer_port: UDP
 * @local_port: UDP
 * @no_csum: UDP without a checksum
 */
struct arrival {
	struct rtun_peer_key peer;
	union rtun_addr local;
	__be16 peer_port;
	__be16 local_port;
	bool no_csum;
};

/* @family: not what the packet itself says it were */
static void addresses(struct arrival *a, const struct sk_buff *skb, u16 family)
{
	*a = (struct arrival){};
	if (family == AF_INET) {
		a->peer.family = AF_INET;
		a->peer.addr.v4 = ip_hdr(skb)->saddr;
		a->local.v4 = ip_hdr(skb)->daddr;
	} else {
		a->peer.family = AF_INET6;
		a->peer.addr.v6 = ipv6_hdr(skb)->saddr;
		a->local.v6 = ipv6_hdr(skb)->daddr;
	}
}

/* Data of a peer that may float: tell where it comes from if that is new, but
 * not at the rate of packets.  Only once its cookie was right.
 */
static void note_origin(struct rtun_tunnel *t, const struct arrival *a)
{
	bool tell = false;

	if (t->seen_port == a->peer_port &&
	    !memcmp(&t->seen, &a->peer.addr, sizeof(t->seen)))
		return;
	spin_lock(&t->seen_lock);
	if (t->seen_port != a->peer_port ||
	    memcmp(&t->seen, &a->peer.addr, sizeof(t->seen))) {
		tell = rtun_bucket_take(&t->seen_rate, 4, 1);
		if (tell) {
			t->seen = a->peer.addr;
			t->seen_port = a->peer_port;
		}
	}
	spin_unlock(&t->seen_lock);
	if (tell)
		rtun_notify_peer_addr(t, &a->peer, a->peer_port, GFP_ATOMIC);
}

/* Does it come from where it should, to where it should? */
static bool from_peer(struct rtun_tunnel *t, const struct arrival *a,
		      const struct sk_buff *skb)
{
	static const union rtun_addr any;

	if (a->peer.family != t->family || a->local_port != t->local_port ||
	    (memcmp(&t->local, &any, sizeof(any)) &&
	     memcmp(&t->local, &a->local, sizeof(any))) ||
	    !rtun_tunnel_vrf_ok(t, skb))
		return false;
	/* a link-local peer is another one on each link */
	if (unlikely(t->on_link) && inet6_iif(skb) != t->on_link)
		return false;
	if (likely(!memcmp(&a->peer, &t->peer, sizeof(a->peer)) &&
		   a->peer_port == t->peer_port))
		return true;
	return READ_ONCE(t->flags) & RTUN_TUNNEL_F_PEER_FLOAT;
}

static struct rtun_session *find(struct rtun_net *rn, u32 kind,
				 const struct rtun_l2tp_header *h,
				 const struct arrival *a)
{
	struct rtun_key key = {
		.kind = kind,
		.local_id = h->session_id,
		.local = h->tunnel_id,
	};
	struct rtun_session *s;

	/* a peer that scopes its ids may use one that is another's */
	if (unlikely(atomic_read(&rn->n_scoped)) &&
	    kind != RTUN_XPORT_L2TPV2) {
		key.peer = rtun_l2tp_scope(&a->peer, a->peer_port);
		s = rtun_session_by_wire(rn, &key);
		if (s)
			return s;
		key.peer = 0;
	}
	return rtun_session_by_wire(rn, &key);
}

static bool begins_with(struct sk_buff *skb, const struct rtun_cookie *c)
{
	return pskb_may_pull(skb, c->len) &&
	       rtun_l2tp_same_cookie(c, skb->data);
}

/* Check the cookie, or the one that it replaced, and take it off.  No cookie
 * fits everything: it comes after one that was there before.
 */
static enum rtun_drop pull_cookie(struct rtun_session *s, struct sk_buff *skb)
{
	const struct rtun_l2tp *l = rcu_dereference(s->l2tp);
	const struct rtun_cookie *fits = NULL;
	bool grace = rtun_l2tp_grace(l);

	if (likely(!grace && !l->rx.len))
		return RTUN_DROP_UNSPEC;
	if (grace && !l->rx.len && begins_with(skb, &l->old))
		fits = &l->old;
	else if (begins_with(skb, &l->rx))
		fits = &l->rx;
	else if (grace && begins_with(skb, &l->old))
		fits = &l->old;
	if (likely(fits)) {
		rtun_rx_pull(skb, fits->len);
		return RTUN_DROP_UNSPEC;
	}
	return skb->len < l->rx.len ? RTUN_DROP_L2TP_TRUNCATED :
				      RTUN_DROP_COOKIE;
}

/* What follows the header of version 3. */
static enum rtun_drop pull_v3(struct rtun_session *s, struct sk_buff *skb,
			      bool *numbered, u32 *seq)
{
	enum rtun_drop why = pull_cookie(s, skb);
	u32 sublayer;

	if (why || s->l2spec == RTUN_L2SPEC_NONE)
		return why;
	if (!pskb_may_pull(skb, RTUN_L2TP_L2SPEC_HLEN))
		return RTUN_DROP_L2TP_TRUNCATED;
	sublayer = get_unaligned_be32(skb->data);
	*numbered = sublayer & RTUN_L2TP_L2SPEC_S;
	*seq = sublayer & RTUN_L2TP_L2SPEC_SEQ;
	rtun_rx_pull(skb, RTUN_L2TP_L2SPEC_HLEN);
	return RTUN_DROP_UNSPEC;
}

/* A packet that is many goes on as it is where no number is wanted, or its is the next.
 * False: it is to be cut, and as it was.
 */
static bool rcv_whole(struct rtun_session *s, struct sk_buff *skb, bool ordered,
		      u32 seq, u8 tos)
{
	const u32 tunnel = SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM;

	if (ordered && rtun_is_gso_whole(skb))
		return rtun_order_rx_whole(s, skb, seq, tos);
	rtun_cb(skb)->tos = tos;
	/* with the same number in each it is forged */
	if (ordered || (!rtun_is_gso_whole(skb) &&
			!(skb_shinfo(skb)->gso_type & tunnel)))
		rtun_drop(s, skb, RTUN_DROP_GSO);
	else if (rtun_gso_whole_unmark(skb))
		rtun_drop(s, skb, RTUN_DROP_RX_NOMEM);
	else
		rtun_order_rx_unnumbered(s, skb);
	return true;
}

/* The session is known: the rest of the headers, then the payload.  False: it is many, to
 * be cut, and as it was.
 */
static bool rcv_session(struct rtun_session *s, struct sk_buff *skb,
			const struct rtun_l2tp_header *h,
			const struct arrival *a)
{
	struct rtun_tunnel *t = s->tunnel;
	bool numbered = h->numbered;
	enum rtun_drop why;
	u32 seq = h->ns;
	bool ordered;
	u8 tos;

	why = RTUN_DROP_PEER_ADDR;
	if (unlikely(!from_peer(t, a, skb)))
		goto drop;
	why = RTUN_DROP_UDP_CSUM;
	if (unlikely(a->no_csum && a->peer.family == AF_INET6 &&
		     !(READ_ONCE(t->flags) & RTUN_TUNNEL_F_ZERO_CSUM6_RX)))
		goto drop;
	tos = a->peer.family == AF_INET ? ip_hdr(skb)->tos :
					  ipv6_get_dsfield(ipv6_hdr(skb));
	why = RTUN_DROP_RX_NOMEM;
	if (!pskb_may_pull(skb, h->hlen))
		goto drop;
	rtun_rx_pull(skb, h->hlen);
	if (h->version == 2) {
		why = rtun_rx_trim(skb, h->len - h->hlen, RTUN_DROP_L2TP_LENGTH);
		if (unlikely(why))
			goto drop;
	} else {
		why = pull_v3(s, skb, &numbered, &seq);
		if (unlikely(why))
			goto drop;
	}

	ordered = READ_ONCE(s->flags) & RTUN_SESSION_F_SEQ_RX;
	why = RTUN_DROP_SEQ_MISSING;
	if (unlikely(ordered && !numbered))
		goto drop;
	if (unlikely(READ_ONCE(t->flags) & RTUN_TUNNEL_F_PEER_FLOAT))
		note_origin(t, a);
	rtun_alive_heard(s);
	if (unlikely(skb_is_gso(skb)))
		return rcv_whole(s, skb, ordered, seq, tos);
	rtun_cb(skb)->tos = tos;
	if (ordered)
		rtun_order_rx(s, skb, seq);
	else
		rtun_order_rx_unnumbered(s, skb);
	return true;

drop:
	rtun_drop(s, skb, why);
	return true;
}

/* A packet that is many: its packets, linked by next; NULL: it was dropped. */
static struct sk_buff *cut(struct rtun_net *rn, struct sk_buff *skb)
{
	/* who made it up need not have said how many */
	unsigned int n = rtun_gso_segs(skb);

	skb = rtun_is_gso_list(skb) ? rtun_gso_list_cut(skb) :
				      rtun_gso_whole_cut(skb);
	if (!skb)
		rtun_net_drops(rn, RTUN_DROP_GSO, n);
	return skb;
}

int rtun_l2tp_udp_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct rtun_udp *u = rcu_dereference_sk_user_data(sk);
	const struct udphdr *uh = udp_hdr(skb);
	u8 octets[RTUN_L2TP_V2_HLEN_MAX];
	struct rtun_l2tp_header h;
	struct rtun_session *s;
	struct sk_buff *next;
	struct arrival a;
	enum rtun_drop why;
	const u8 *head;
	u32 have;

	/* UDP walks the list that it cut a packet of many into */
	skb_mark_not_on_list(skb);
	if (!u) {
		/* it is being closed */
		kfree_skb(skb);
		return 0;
	}
	addresses(&a, skb, u->family);
	a.peer_port = uh->source;
	a.local_port = uh->dest;
	a.no_csum = !uh->check;
	rtun_rx_pull(skb, sizeof(*uh));

	have = min_t(u32, skb->len, sizeof(octets));
	why = RTUN_DROP_RX_NOMEM;
	head = skb_header_pointer(skb, 0, have, octets);
	if (unlikely(!head))
		goto drop;
	why = rtun_l2tp_parse_udp(&h, head, have, skb->len);
	if (unlikely(why))
		goto drop;
	why = RTUN_DROP_NO_SESSION;
	s = find(u->rn, h.version == 2 ? RTUN_XPORT_L2TPV2 :
					 RTUN_XPORT_L2TPV3_UDP, &h, &a);
	if (unlikely(!s))
		goto drop;
	if (likely(rcv_session(s, skb, &h, &a)))
		return 0;
	skb = cut(u->rn, skb);
	skb_list_walk_safe(skb, skb, next)
		rtun_l2tp_udp_rcv(sk, skb);
	return 0;

drop:
	rtun_net_drop(u->rn, skb, why);
	return 0;
}

/* False: it is many, to be cut, and as it was. */
static bool ip_rcv(struct rtun_net *rn, struct sk_buff *skb)
{
	u8 octets[RTUN_L2TP_IP_HLEN];
	struct rtun_l2tp_header h;
	struct rtun_session *s;
	struct arrival a;
	enum rtun_drop why;
	const u8 *head;
	u32 have;

	addresses(&a, skb,
		  skb->protocol == htons(ETH_P_IP) ? AF_INET : AF_INET6);
	have = min_t(u32, skb->len, sizeof(octets));
	why = RTUN_DROP_RX_NOMEM;
	head = skb_header_pointer(skb, 0, have, octets);
	if (unlikely(!head))
		goto drop;
	why = rtun_l2tp_parse_ip(&h, head, have, skb->len);
	if (unlikely(why))
		goto drop;
	why = RTUN_DROP_NO_SESSION;
	s = find(rn, RTUN_XPORT_L2TPV3_IP, &h, &a);
	if (unlikely(!s))
		goto drop;
	return rcv_session(s, skb, &h, &a);

drop:
	rtun_net_drop(rn, skb, why);
	return true;
}

int rtun_l2tp_ip_rcv(struct sk_buff *skb)
{
	struct rtun_net *rn = rtun_net_of(dev_net(skb->dev));
	struct sk_buff *next;

	if (unlikely(skb_is_gso(skb))) {
		if (rtun_is_gso_whole(skb) && ip_rcv(rn, skb))
			return 0;
		skb = cut(rn, skb);
	}
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		ip_rcv(rn, skb);
	}
	return 0;
}

/* --- ICMP errors: the packet that is quoted must be one of ours ------------ */

/* The ICMP header lies right before what it quotes, where the network header
 * points to while the question is asked; the ports are at the transport header.
 */
int rtun_l2tp_udp_err(struct sock *sk, struct sk_buff *skb)
{
	struct rtun_udp *u = rcu_dereference_sk_user_data(sk);
	struct rtun_sent sent = {
		.kinds = BIT(RTUN_XPORT_L2TPV2) | BIT(RTUN_XPORT_L2TPV3_UDP),
		.local_port = udp_hdr(skb)->source,
		.peer_port = udp_hdr(skb)->dest,
		.vrf = rtun_vrf_of(skb),
	};
	const u8 *icmp = skb_network_header(skb) - sizeof(struct icmphdr);
	struct rtun_tunnel *t;
	struct arrival a;

	static_assert(sizeof(struct icmphdr) == 8 &&
		      sizeof(struct icmp6hdr) == 8);
	if (!u)
		return -ENOENT;
	addresses(&a, skb, u->family);
	/* it is our packet: its source is local */
	sent.peer.family = a.peer.family;
	sent.peer.addr = a.local;
	sent.local = a.peer.addr;
	t = rtun_tunnel_that_sent(u->rn, &sent);
	if (t)
		rtun_out_icmp(t, skb, IPPROTO_UDP, icmp[0], icmp[1],
			      t->family == AF_INET ?
			      get_unaligned_be16(icmp + 6) :
			      get_unaligned_be32(icmp + 4));
	/* a tunnel of ours is a reason for the socket to learn it, too */
	return t ? 0 : -ENOENT;
}

void rtun_l2tp_ip_err(struct sk_buff *skb, unsigned int hlen, u16 family,
		      u8 type, u8 code, u32 info)
{
	struct rtun_sent sent = {
		.kinds = BIT(RTUN_XPORT_L2TPV3_IP),
		.peer.family = family,
		.vrf = rtun_vrf_of(skb),
		.with_session = true,
	};
	struct rtun_tunnel *t;
	u8 octets[4];

	if (family == AF_INET) {
		const struct iphdr *iph = (const struct iphdr *)skb->data;

		sent.peer.addr.v4 = iph->daddr;
		sent.local.v4 = iph->saddr;
	} else {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

		sent.peer.addr.v6 = ip6h->daddr;
		sent.local.v6 = ip6h->saddr;
	}
	if (skb_copy_bits(skb, hlen, octets, sizeof(octets)))
		return;
	sent.peer_id = get_unaligned_be32(octets);
	t = rtun_tunnel_that_sent(rtun_net_of(dev_net(skb->dev)), &sent);
	if (t)
		rtun_out_icmp(t, skb, IPPROTO_L2TP, type, code, info);
}
