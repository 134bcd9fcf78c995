// SPDX-License-Identifier: GPL-2.0-only
/*
 * What L2TP puts in front of a payload.  RFC 2661 section 3.1 without the
 * optional length and offset, RFC 3931 sections 4.1 and 4.6.
 */
#include "l2tp.h"
#include "gso.h"
#include "gso_whole.h"
#include "outer.h"
#include "seq.h"
#include "session.h"

#include <linux/ip.h>
#include <linux/skbuff.h>
#include <net/ip6_checksum.h>
#include <net/ip_tunnels.h>
#include <net/udp.h>

/* Is what it sends numbered? */
static bool numbers(const struct rtun_session *s)
{
	return READ_ONCE(s->flags) & RTUN_SESSION_F_SEQ_TX;
}

unsigned int rtun_l2tp_hlen(const struct rtun_session *s)
{
	const struct rtun_l2tp *l;
	unsigned int len;

	if (s->key.kind == RTUN_XPORT_L2TPV2)
		return sizeof(struct udphdr) + RTUN_L2TP_V2_HLEN +
		       (numbers(s) ? 4 : 0);
	rcu_read_lock();
	l = rcu_dereference(s->l2tp);
	len = l->tx.len;
	rcu_read_unlock();
	if (s->l2spec == RTUN_L2SPEC_DEFAULT)
		len += RTUN_L2TP_L2SPEC_HLEN;
	if (s->key.kind == RTUN_XPORT_L2TPV3_IP)
		return len + RTUN_L2TP_IP_HLEN;
	return len + RTUN_L2TP_V3_HLEN + sizeof(struct udphdr);
}

/* The number of a packet, or of the first of those it will be cut into. */
static u32 next_seq(struct rtun_session *s, const struct sk_buff *skb)
{
	u32 seq = s->tx_seq;

	s->tx_seq = (seq + rtun_gso_segs(skb)) &
		    rtun_seq_mask(s->tunnel->ops->seq_bits);
	return seq;
}

static void push_v2(struct rtun_session *s, struct sk_buff *skb, bool numbered)
{
	u16 bits = 2;
	u8 *h;

	if (numbered) {
		h = skb_push(skb, 4);
		put_unaligned_be16(next_seq(s, skb), h);
		put_unaligned_be16(0, h + 2);	/* Nr: reserved */
		bits |= RTUN_L2TP_S;
	}
	h = skb_push(skb, RTUN_L2TP_V2_HLEN);
	put_unaligned_be16(bits, h);
	put_unaligned_be16(s->tunnel->peer_id, h + 2);
	put_unaligned_be16(s->peer_id, h + 4);
}

static void push_v3(struct rtun_session *s, struct sk_buff *skb, bool numbered)
{
	const struct rtun_l2tp *l = rcu_dereference(s->l2tp);
	u32 sublayer = 0;

	if (s->l2spec == RTUN_L2SPEC_DEFAULT) {
		if (numbered)
			sublayer = RTUN_L2TP_L2SPEC_S | next_seq(s, skb);
		put_unaligned_be32(sublayer, skb_push(skb, 4));
	}
	if (l->tx.len)
		memcpy(skb_push(skb, l->tx.len), l->tx.octets, l->tx.len);
	put_unaligned_be32(s->peer_id, skb_push(skb, 4));
	if (s->key.kind == RTUN_XPORT_L2TPV3_UDP)
		put_unaligned_be32(3U << 16, skb_push(skb, 4));
}

static void push_udp(const struct rtun_tunnel *t, const struct rtun_out *o,
		     struct sk_buff *skb)
{
	bool none = READ_ONCE(t->flags) & RTUN_TUNNEL_F_ZERO_CSUM_TX;
	struct udphdr *uh = skb_push(skb, sizeof(*uh));

	skb_reset_transport_header(skb);
	uh->source = t->local_port;
	uh->dest = t->peer_port;
	uh->len = htons(skb->len);
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6) {
		udp6_set_csum(none, skb, &o->saddr.v6, &t->peer.addr.v6,
			      skb->len);
		return;
	}
#endif
	udp_set_csum(none, skb, o->saddr.v4, t->peer.addr.v4, skb->len);
}

/* Who cuts a packet makes UDP's checksum of the one inside and of what is in front of that.
 * The kernel's way to do so (gso_make_checksum()) is wrong if the latter is odd.
 */
bool rtun_l2tp_may_whole(struct rtun_session *s, unsigned int extra)
{
	return s->key.kind == RTUN_XPORT_L2TPV3_IP || !(extra & 1) ||
	       READ_ONCE(s->tunnel->flags) & RTUN_TUNNEL_F_ZERO_CSUM_TX;
}

/* Over UDP without numbers as VXLAN's packets, which network cards can cut: version 2 has no
 * length of its own when we send it.
 */
int rtun_l2tp_whole(struct rtun_session *s, struct sk_buff *skb, bool numbered)
{
	bool none = READ_ONCE(s->tunnel->flags) & RTUN_TUNNEL_F_ZERO_CSUM_TX;
	u32 type = none ? SKB_GSO_UDP_TUNNEL : SKB_GSO_UDP_TUNNEL_CSUM;

	if (s->key.kind == RTUN_XPORT_L2TPV3_IP)
		return rtun_gso_whole_mark(skb, 0);
	return numbered ? rtun_gso_whole_mark(skb, type) :
			  iptunnel_handle_offloads(skb, type);
}

/* Where is the number of a packet that is many? */
static enum rtun_gso_numbers numbers_of(const struct rtun_session *s)
{
	if (s->key.kind == RTUN_XPORT_L2TPV2)
		return RTUN_GSO_L2TPV2;
	return rtun_session_eth(s) ? RTUN_GSO_L2TPV3_ETH : RTUN_GSO_L2TPV3_PPP;
}

void rtun_l2tp_push(struct rtun_session *s, const struct rtun_out *o,
		    struct sk_buff *skb, bool numbered)
{
	if (s->key.kind == RTUN_XPORT_L2TPV2)
		push_v2(s, skb, numbered);
	else
		push_v3(s, skb, numbered);
	if (unlikely(skb_is_gso(skb)) && numbered)
		rtun_gso_whole_numbered(skb, 0, numbers_of(s));
	if (s->key.kind != RTUN_XPORT_L2TPV3_IP)
		push_udp(s->tunnel, o, skb);
}

int rtun_l2tp_out(struct rtun_session *s, const struct rtun_out *o,
		  struct sk_buff *skb, bool numbered)
{
	rtun_l2tp_push(s, o, skb, numbered);
	return rtun_out_send(s->tunnel, o, skb);
}
