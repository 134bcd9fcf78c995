// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PPP mux, see ppp.h.
 */
#include "ppp.h"
#include "bcp.h"
#include "capture.h"
#include "cells.h"
#include "mlppp.h"
#include "mppe.h"
#include "multipoint.h"
#include "netlink.h"
#include "outer.h"
#include "rtun.h"
#include "rx.h"
#include "tx.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/ppp_defs.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>

enum {
	LCP_ECHO_REQUEST	= 9,	/* RFC 1661 section 5.8 */
	LCP_ECHO_REPLY		= 10,
	LCP_ECHO_MIN		= 8,	/* code, id, length, magic */

	/* what may be encrypted, RFC 3078 section 3 */
	MPPE_PROTO_FIRST	= 0x0021,
	MPPE_PROTO_LAST		= 0x00fa,
};

/* Before protocol 0x0100 a field of one octet is enough (RFC 1661, 6.5). */
static bool short_proto(const struct rtun_session *s)
{
	return READ_ONCE(s->flags) & RTUN_SESSION_F_PFC_TX;
}

unsigned int rtun_ppp_overhead(const struct rtun_session *s, bool encrypted)
{
	return (READ_ONCE(s->flags) & RTUN_SESSION_F_ACFC_TX ? 0 : 2) +
	       (short_proto(s) ? 1 : 2) +
	       (encrypted ? RTUN_MPPE_OVERHEAD : 0);
}

void rtun_ppp_push_proto(const struct rtun_session *s, struct sk_buff *skb,
			 u16 proto)
{
	if (short_proto(s))
		*(u8 *)skb_push(skb, 1) = proto;
	else
		put_unaligned_be16(proto, skb_push(skb, 2));
	if (!(READ_ONCE(s->flags) & RTUN_SESSION_F_ACFC_TX))
		put_unaligned_be16(PPP_ALLSTATIONS << 8 | PPP_UI,
				   skb_push(skb, 2));
}

bool rtun_ppp_seal(struct rtun_session *s, struct sk_buff *skb, u16 proto)
{
	/* two octets, though one was enough: so they stand aligned */
	put_unaligned_be16(proto, skb_push(skb, 2));
	if (!rtun_mppe_seal(s, skb))
		return false;
	rtun_ppp_push_proto(s, skb, PPP_COMP);
	return true;
}

int rtun_ppp_send(struct rtun_session *s, struct sk_buff *skb)
{
	u16 proto = get_unaligned_be16(skb->data);
	/* it is never inside multilink (RFC 1990 section 3) */
	bool lcp = proto == PPP_LCP && !s->mp;
	int err;

	rtun_capture(s, skb, 2, proto, RTUN_CAPTURE_TX);
	/* LCP must be understood whatever was agreed (RFC 1661, 6.6) */
	if (lcp || !(READ_ONCE(s->flags) & RTUN_SESSION_F_ACFC_TX))
		put_unaligned_be16(PPP_ALLSTATIONS << 8 | PPP_UI,
				   skb_push(skb, 2));
	err = rtun_tx_frame(s, skb);
	if (!err)
		rtun_stats_inc(s->stats, RTUN_A_STATS_TX_CONTROL);
	return err;
}

void rtun_ppp_unlocked(struct sk_buff_head *answers)
{
	struct sk_buff *skb;

	rtun_cells_pass();
	while ((skb = __skb_dequeue(answers)))
		rtun_ppp_send(rtun_answer_cb(skb)->session, skb);
}

bool rtun_ppp_fits(struct rtun_out *o, struct net_device *dev,
		   struct sk_buff *skb, unsigned int mtu)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	unsigned int least = v4 ? IPV4_MIN_MTU : IPV6_MIN_MTU;

	if (skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) :
			      skb->len <= mtu)
		return true;
	if (mtu < least) {
		/* no sender could be told of less than that: fragment */
		o->df = 0;
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

void rtun_ppp_xmit(struct rtun_session *s, struct net_device *dev,
		   struct sk_buff *skb)
{
	u8 version;
	u32 np;

	if (!pskb_inet_may_pull(skb))
		goto malformed;
	version = ip_hdr(skb)->version;
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		if (version != 4)
			goto malformed;
		np = RTUN_NP_IPV4;
		break;
	case htons(ETH_P_IPV6):
		if (version != 6)
			goto malformed;
		np = RTUN_NP_IPV6;
		break;
	default:
		goto malformed;
	}
	if (unlikely(!(READ_ONCE(s->np) & np))) {
		DEV_STATS_INC(dev, tx_dropped);
		rtun_drop(s, skb, RTUN_DROP_TX_NP_CLOSED);
		return;
	}
	rtun_tx_packet(s, dev, skb);
	return;

malformed:
	DEV_STATS_INC(dev, tx_dropped);
	rtun_drop(s, skb, RTUN_DROP_TX_PROTO);
}

/* The address and control field and an odd protocol field move the IP header
 * off its alignment.  Some processors mind.
 */
static struct sk_buff *realign(struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) ||
	    IS_ALIGNED((unsigned long)skb->data, 4))
		return skb;
	copy = skb_copy_expand(skb, ALIGN(NET_SKB_PAD, 4), 0, GFP_ATOMIC);
	if (copy)
		consume_skb(skb);
	return copy;
}

/* On a device that it shares with others, a session speaks for its own addresses only. */
static bool is_its(const struct rtun_session *s, const struct sk_buff *skb)
{
	struct rtun_multipoint *mp = rcu_dereference(s->multipoint);

	return mp && rtun_multipoint_from(mp, s, skb);
}

static void rx_ip(struct rtun_session *s, struct sk_buff *skb, u16 proto)
{
	u8 version = proto == PPP_IP ? 4 : 6;
	u32 np = proto == PPP_IP ? RTUN_NP_IPV4 : RTUN_NP_IPV6;
	bool locked = rtun_cb(skb)->locked;
	u8 tos = rtun_cb(skb)->tos;
	enum rtun_drop why;
	struct net_device *dev;
	struct sk_buff *copy;
	unsigned int hlen;

	why = RTUN_DROP_NP_CLOSED;
	if (!(READ_ONCE(s->np) & np))
		goto drop;
	why = RTUN_DROP_NO_DEVICE;
	dev = rcu_dereference(s->dev);
	/* one of mode eth may just have taken its place */
	if (!dev || unlikely(dev->type == ARPHRD_ETHER))
		goto drop;
	why = RTUN_DROP_DEVICE_DOWN;
	if (!(dev->flags & IFF_UP))
		goto drop;

	why = RTUN_DROP_RX_NOMEM;
	copy = realign(skb);
	if (!copy)
		goto drop;
	skb = copy;

	why = RTUN_DROP_IP_HEADER;
	skb->protocol = htons(proto == PPP_IP ? ETH_P_IP : ETH_P_IPV6);
	skb_reset_network_header(skb);
	hlen = version == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	if (!pskb_network_may_pull(skb, hlen) ||
	    ip_hdr(skb)->version != version)
		goto drop;
	if (version == 4 && ip_hdr(skb)->ihl < 5)
		goto drop;
	why = RTUN_DROP_ECN;
	if (!rtun_rx_ecn_ok(skb, tos))
		goto drop;
	why = RTUN_DROP_SOURCE;
	if (unlikely(!(dev->flags & IFF_POINTOPOINT)) && !is_its(s, skb))
		goto drop;
	skb->dev = dev;
	skb_reset_mac_header(skb);
	rtun_rx_device(s, skb, locked);
	return;

drop:
	rtun_drop(s, skb, why);
}

static bool is_network(u16 proto)
{
	return proto == PPP_IP || proto == PPP_IPV6 ||
	       proto == RTUN_PPP_BRIDGED;
}

static void rx_network(struct rtun_session *s, struct sk_buff *skb, u16 proto)
{
	if (proto == RTUN_PPP_BRIDGED)
		rtun_bcp_rx(s, skb);
	else
		rx_ip(s, skb, proto);
}

/*
 * Answer an LCP Echo-Request, if that was asked for.  One that carries our own
 * magic number is our own and tells of a loop: the owner shall see it.
 */
static bool echo(struct rtun_session *s, struct sk_buff *skb,
		 struct sk_buff_head *answers)
{
	unsigned int room = rtun_tx_headroom();
	u8 h[LCP_ECHO_MIN], *lcp;
	struct sk_buff *answer;
	u16 len;

	if (!(READ_ONCE(s->flags) & RTUN_SESSION_F_ECHO_REPLY))
		return false;
	if (skb_copy_bits(skb, 0, h, sizeof(h)) || h[0] != LCP_ECHO_REQUEST)
		return false;
	len = get_unaligned_be16(h + 2);
	if (len < LCP_ECHO_MIN || len > skb->len || len > RTUN_FRAME_MAX - 2)
		return false;
	if (s->magic && get_unaligned_be32(h + 4) == s->magic)
		return false;

	answer = alloc_skb(room + 2 + len, GFP_ATOMIC);
	if (!answer) {
		rtun_stats_drop(s, RTUN_DROP_RX_NOMEM);
		return true;
	}
	skb_reserve(answer, room);
	put_unaligned_be16(PPP_LCP, skb_put(answer, 2));
	lcp = skb_put(answer, len);
	/* cannot fail: the length was compared */
	if (skb_copy_bits(skb, 0, lcp, len)) {
		kfree_skb(answer);
		return false;
	}
	lcp[0] = LCP_ECHO_REPLY;
	put_unaligned_be32(s->magic, lcp + 4);
	rtun_answer(s, answers, answer);
	rtun_stats_inc(s->stats, RTUN_A_STATS_RX_ECHO);
	return true;
}

/* Tokens of the session and of the namespace. */
static bool ctrl_allowed(struct rtun_session *s)
{
	struct rtun_net *rn = s->tunnel->rn;
	bool ok;

	if (!rtun_bucket_take(&s->ctrl, RTUN_CTRL_BURST, RTUN_CTRL_RATE))
		return false;
	spin_lock(&rn->ctrl_lock);
	ok = rtun_bucket_take(&rn->ctrl, RTUN_CTRL_NET_BURST,
			      RTUN_CTRL_NET_RATE);
	spin_unlock(&rn->ctrl_lock);
	return ok;
}

static void rx_control_locked(struct rtun_session *s, struct sk_buff *skb,
			      u16 proto, struct sk_buff_head *answers)
{
	enum rtun_drop why;
	int err;

	why = RTUN_DROP_CTRL_TOO_LONG;
	if (skb->len > RTUN_FRAME_MAX - 2)
		goto drop;
	/* an answer to what the kernel asks by itself costs no more than a
	 * fragment, and must not take the room of others
	 */
	if (proto == PPP_LCP && rtun_mp_echo_reply(s, skb)) {
		consume_skb(skb);
		return;
	}
	why = RTUN_DROP_CTRL_RATE;
	if (!ctrl_allowed(s))
		goto drop;
	if ((proto == PPP_LCP && echo(s, skb, answers)) ||
	    (proto == PPP_CCP && rtun_mppe_ccp(s, skb, answers))) {
		consume_skb(skb);
		return;
	}
	err = rtun_notify_frame(s, skb, proto);
	if (err) {
		why = err == -ENOTCONN ? RTUN_DROP_CTRL_NO_OWNER :
					 RTUN_DROP_CTRL_OVERRUN;
		goto drop;
	}
	rtun_stats_inc(s->stats, RTUN_A_STATS_RX_CONTROL);
	consume_skb(skb);
	return;

drop:
	rtun_drop(s, skb, why);
}

/* Take the protocol field off, and the address and control field if it may be
 * there; RTUN_DROP_UNSPEC: it was well-formed.
 */
static enum rtun_drop pull_proto(struct rtun_session *s, struct sk_buff *skb,
				 bool address, u16 *proto)
{
	unsigned int off = 0, have;
	u8 h[RTUN_PPP_HEADER_MAX];

	have = min_t(unsigned int, skb->len, sizeof(h));
	if (!have || !pskb_may_pull(skb, have))
		return RTUN_DROP_PPP_TRUNCATED;
	memcpy(h, skb->data, have);
	/* strip it if it is there, whatever was agreed */
	if (address && have >= 2 && h[0] == PPP_ALLSTATIONS && h[1] == PPP_UI)
		off = 2;
	if (have - off < 1)
		return RTUN_DROP_PPP_TRUNCATED;
	if (h[off] & 1) {
		/* only ever short: LCP and all above 0x00ff cannot be here */
		if (!(READ_ONCE(s->flags) & RTUN_SESSION_F_PFC_RX))
			return RTUN_DROP_PPP_PROTO;
		*proto = h[off];
		off += 1;
	} else {
		if (have - off < 2)
			return RTUN_DROP_PPP_TRUNCATED;
		*proto = get_unaligned_be16(h + off);
		if (!(*proto & 1))
			return RTUN_DROP_PPP_PROTO;
		off += 2;
	}
	rtun_rx_pull(skb, off);
	return RTUN_DROP_UNSPEC;
}

/* Network packets only: what else is encrypted is nobody's, and nothing of it may
 * do what a control frame does.  It is delivered before the lock is released, in
 * the order in which it was decrypted.
 */
static void rx_encrypted_locked(struct rtun_session *s, struct sk_buff *skb,
				struct sk_buff_head *answers)
{
	enum rtun_drop why;
	u16 proto;

	skb = rtun_mppe_open(s, skb, answers);
	if (!skb)
		return;
	why = pull_proto(s, skb, false, &proto);
	if (unlikely(why))
		goto drop;
	rtun_capture(s, skb, 0, proto, RTUN_CAPTURE_RX);
	if (likely(is_network(proto))) {
		rx_network(s, skb, proto);
		return;
	}
	why = proto >= MPPE_PROTO_FIRST && proto <= MPPE_PROTO_LAST ?
	      RTUN_DROP_NP_CLOSED : RTUN_DROP_PPP_PROTO;
drop:
	rtun_drop(s, skb, why);
}

static void rx_locked(struct rtun_session *s, struct sk_buff *skb, u16 proto,
		      struct sk_buff_head *answers)
{
	if (proto == PPP_COMP)
		rx_encrypted_locked(s, skb, answers);
	else
		rx_control_locked(s, skb, proto, answers);
}

/* What needs rx_lock, which is held if there are @answers. */
static void rx_with_lock(struct rtun_session *s, struct sk_buff *skb, u16 proto,
			 struct sk_buff_head *answers)
{
	struct sk_buff_head mine;

	if (answers) {
		rx_locked(s, skb, proto, answers);
		return;
	}
	__skb_queue_head_init(&mine);
	spin_lock(&s->rx_lock);
	rtun_cb(skb)->locked = true;
	rx_locked(s, skb, proto, &mine);
	spin_unlock(&s->rx_lock);
	rtun_ppp_unlocked(&mine);
}

void rtun_ppp_rx(struct rtun_session *s, struct sk_buff *skb,
		 struct sk_buff_head *answers)
{
	enum rtun_drop why;
	u16 proto;

	rtun_mp_heard(s);
	why = pull_proto(s, skb, true, &proto);
	if (unlikely(why))
		goto drop;
	/* what is encrypted is shown when it is not any more */
	if (proto != PPP_COMP)
		rtun_capture(s, skb, 0, proto, RTUN_CAPTURE_RX);
	/* on a session that is no link it is like any other protocol that is not
	 * known: the owner may reject it
	 */
	if (proto == PPP_MP && rcu_access_pointer(s->bundle)) {
		rtun_mp_rx(s, skb, answers);
		return;
	}
	/* a link may carry what is the bundle's without a header (RFC 1990
	 * section 3)
	 */
	if (rtun_mp_rx_bare(s, skb, proto, answers))
		return;
	if (!is_network(proto)) {
		rx_with_lock(s, skb, proto, answers);
		return;
	}
	why = RTUN_DROP_MPPE_CLEAR;
	if (unlikely(READ_ONCE(s->flags) & RTUN_SESSION_F_MPPE_REQUIRED))
		goto drop;
	rx_network(s, skb, proto);
	return;

drop:
	rtun_drop(s, skb, why);
}
