// SPDX-License-Identifier: GPL-2.0-only
/*
 * What PPTP receives: the header, when to acknowledge frames, and ICMP errors
 * about what was sent (RFC 2637 sections 4.1 to 4.3).
 */
#include "alive.h"
#include "gso.h"
#include "gso_list.h"
#include "gso_whole.h"
#include "order.h"
#include "outer.h"
#include "pptp.h"
#include "rtun.h"
#include "rx.h"
#include "session.h"
#include "tunnel.h"

#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/ip.h>

/* Acknowledge soon: with the next data packet, after half the peer's window,
 * or when the timer fires.
 */
void rtun_pptp_received(struct rtun_session *s)
{
	u32 unacked = READ_ONCE(s->reorder.next) - READ_ONCE(s->ack_sent);

	if (!unacked)
		return;
	if (unacked >= DIV_ROUND_UP(READ_ONCE(s->peer_window), 2))
		rtun_pptp_ack(s);
	else if (!timer_pending(&s->ack_timer) &&
		 READ_ONCE(s->state) != RTUN_SESSION_DEAD)
		mod_timer(&s->ack_timer,
			  jiffies + msecs_to_jiffies(READ_ONCE(s->ack_delay)));
}

static struct rtun_session *find(struct rtun_net *rn, const struct sk_buff *skb,
				 u16 call_id, enum rtun_drop *why)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct rtun_key key = {
		.kind = RTUN_XPORT_PPTP,
		.local_id = call_id,
		.local = (__force u32)iph->daddr,
		.peer = (__force u32)iph->saddr,
	};
	struct rtun_session *s = rtun_session_by_wire(rn, &key);

	if (s && likely(rtun_tunnel_vrf_ok(s->tunnel, skb)))
		return s;
	*why = xa_load(&rn->call_ids, call_id) ? RTUN_DROP_PEER_ADDR :
						 RTUN_DROP_NO_SESSION;
	return NULL;
}

/* @whole: it is many with one header; false afterwards: it is to be cut, and as it was. */
static int rcv(struct rtun_net *rn, struct sk_buff *skb, bool *whole)
{
	enum rtun_drop why = RTUN_DROP_GRE_TRUNCATED;
	unsigned int hlen = GRE1_HLEN;
	struct rtun_session *s = NULL;
	u8 h[GRE1_HLEN_MAX];
	u16 len;

	if (!pskb_may_pull(skb, GRE1_HLEN_MIN))
		goto drop;
	memcpy(h, skb->data, GRE1_HLEN_MIN);
	why = RTUN_DROP_GRE_PROTO;
	if (get_unaligned_be16(h + 2) != GRE1_PROTO)
		goto drop;
	why = RTUN_DROP_GRE_FLAGS;
	if (h[0] & (GRE1_C | GRE1_R | GRE1_SRC | GRE1_RECUR) ||
	    !(h[0] & GRE1_K))
		goto drop;

	s = find(rn, skb, get_unaligned_be16(h + 6), &why);
	if (!s)
		goto drop;

	if (h[0] & GRE1_S)
		hlen += 4;
	if (h[1] & GRE1_A)
		hlen += 4;
	why = RTUN_DROP_GRE_TRUNCATED;
	if (!pskb_may_pull(skb, hlen))
		goto drop;
	memcpy(h, skb->data, hlen);
	why = RTUN_DROP_GRE_LENGTH;
	len = get_unaligned_be16(h + 4);
	if (likely(!*whole) && len > skb->len - hlen)
		goto drop;
	rtun_alive_heard(s);
	if (h[1] & GRE1_A)
		rtun_pptp_window_ack(s, get_unaligned_be32(h + hlen - 4));
	if (!(h[0] & GRE1_S)) {
		/* neither payload nor acknowledgement, or a payload without
		 * a place in the order
		 */
		if (len || !(h[1] & GRE1_A))
			goto drop;
		rtun_stats_inc(s->stats, RTUN_A_STATS_RX_ACKS);
		consume_skb(skb);
		return NET_RX_SUCCESS;
	}

	if (unlikely(*whole)) {
		__skb_pull(skb, hlen);
		*whole = rtun_order_rx_whole(s, skb,
					     get_unaligned_be32(h + 8),
					     ip_hdr(skb)->tos);
		return NET_RX_SUCCESS;
	}
	skb_pull_rcsum(skb, hlen);
	why = rtun_rx_trim(skb, len, RTUN_DROP_GRE_LENGTH);
	if (unlikely(why))
		goto drop;
	rtun_cb(skb)->tos = ip_hdr(skb)->tos;
	rtun_order_rx(s, skb, get_unaligned_be32(h + 8));
	return NET_RX_SUCCESS;

drop:
	if (s)
		rtun_drop(s, skb, why);
	else
		rtun_net_drop(rn, skb, why);
	return NET_RX_DROP;
}

/* A packet that is many: its packets, linked by next; NULL: it was taken, or dropped. */
static struct sk_buff *cut(struct rtun_net *rn, struct sk_buff *skb)
{
	/* who made it up need not have said how many */
	unsigned int n = rtun_gso_segs(skb);
	bool whole = rtun_is_gso_whole(skb);

	if (whole) {
		rcv(rn, skb, &whole);
		if (whole)
			return NULL;
		skb = rtun_gso_whole_cut(skb);
	} else {
		skb = rtun_gso_list_cut(skb);
	}
	if (!skb)
		rtun_net_drops(rn, RTUN_DROP_GSO, n);
	return skb;
}

/* Called by the GRE demultiplexer for version 1, under RCU, in softirq. */
int rtun_pptp_rcv(struct sk_buff *skb)
{
	struct rtun_net *rn = rtun_net_of(dev_net(skb->dev));
	int ret = NET_RX_SUCCESS;
	struct sk_buff *next;
	bool whole = false;

	if (unlikely(skb_is_gso(skb)))
		skb = cut(rn, skb);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		ret = rcv(rn, skb, &whole);
	}
	return ret;
}

/*
 * An ICMP error about a packet which one of our sessions may have sent: the
 * quoted header must name one's addresses and call id.  In softirq, RCU.
 */
void rtun_pptp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct rtun_sent sent = {
		.kinds = BIT(RTUN_XPORT_PPTP),
		.peer.family = AF_INET,
		.peer.addr.v4 = iph->daddr,
		.local.v4 = iph->saddr,
		.vrf = rtun_vrf_of(skb),
		.with_session = true,
	};
	struct rtun_tunnel *t;
	u8 h[GRE1_HLEN];

	/* ICMP quotes eight octets behind the IP header at least */
	if (skb_copy_bits(skb, iph->ihl * 4, h, sizeof(h)) ||
	    !(h[0] & GRE1_K) || get_unaligned_be16(h + 2) != GRE1_PROTO)
		return;
	sent.peer_id = get_unaligned_be16(h + 6);
	t = rtun_tunnel_that_sent(rtun_net_of(dev_net(skb->dev)), &sent);
	if (t)
		rtun_out_icmp(t, skb, IPPROTO_GRE, icmp_hdr(skb)->type,
			      icmp_hdr(skb)->code, info);
}
