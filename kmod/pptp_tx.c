// SPDX-License-Identifier: GPL-2.0-only
/*
 * What PPTP sends: frames of the owner, packets of the device, bare
 * acknowledgements (RFC 2637 sections 4.1 and 4.2).
 */
#include "ip4.h"
#include "ppp.h"
#include "pptp.h"
#include "rtun.h"
#include "session.h"

#include <linux/ip.h>
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/route.h>

/* Is there something the peer has not been told of yet? */
static bool ack_due(const struct rtun_session *s)
{
	/* pairs with the release when the first packet was taken */
	return smp_load_acquire(&s->ack_known) &&
	       READ_ONCE(s->reorder.next) != READ_ONCE(s->ack_sent);
}

/*
 * Number a frame, or make a bare acknowledgement of an empty one, and hand it
 * to IP.  Under tx_lock until IP has it: numbers must leave in order.
 */
static int gre_out(struct rtun_session *s, const struct rtun_ip4 *ip,
		   struct sk_buff *skb)
{
	u16 len = skb->len;
	u8 flags = GRE1_K, more = GRE1_VERSION;
	u8 *h;

	/* what is empty is an acknowledgement, and be it of the same again */
	if (!len || ack_due(s)) {
		u32 next = READ_ONCE(s->reorder.next);

		put_unaligned_be32(next - 1, skb_push(skb, 4));
		WRITE_ONCE(s->ack_sent, next);
		more |= GRE1_A;
	}
	if (len) {
		put_unaligned_be32(s->tx_seq++, skb_push(skb, 4));
		flags |= GRE1_S;
	}
	h = skb_push(skb, GRE1_HLEN);
	h[0] = flags;
	h[1] = more;
	put_unaligned_be16(GRE1_PROTO, h + 2);
	put_unaligned_be16(len, h + 4);
	put_unaligned_be16(s->peer_id, h + 6);
	return rtun_ip4_out(s->tunnel, ip, skb, IPPROTO_GRE);
}

/* A bare acknowledgement.  BH disabled, RCU, no lock held. */
void rtun_pptp_ack(struct rtun_session *s)
{
	struct rtun_ip4 ip;
	struct sk_buff *skb;
	bool sent = false;
	int err = 0;

	if (!rtun_session_peer_known(s) || !ack_due(s))
		return;
	if (rtun_ip4_begin(s->tunnel, &ip)) {
		rtun_stats_drop(s->stats, RTUN_DROP_TX_NO_ROUTE);
		return;
	}
	skb = alloc_skb(rtun_ip4_headroom(&ip) + GRE1_HLEN_MAX, GFP_ATOMIC);
	if (!skb) {
		rtun_stats_drop(s->stats, RTUN_DROP_TX_NOMEM);
		goto out;
	}
	skb_reserve(skb, rtun_ip4_headroom(&ip) + GRE1_HLEN_MAX);
	if (!rtun_session_tx_lock(s)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_RECURSION);
		goto out;
	}
	/* data may have taken it along meanwhile */
	if (ack_due(s)) {
		err = gre_out(s, &ip, skb);
		sent = true;
	}
	rtun_session_tx_unlock(s);
	if (!sent)
		kfree_skb(skb);
	else if (err)
		rtun_stats_drop(s->stats, RTUN_DROP_TX_ERROR);
	else
		rtun_stats_inc(s->stats, RTUN_A_STATS_TX_ACKS);
out:
	rtun_ip4_end(&ip);
}

/* The owner's frame, or the kernel's answer to one of the peer's. */
int rtun_pptp_send(struct rtun_session *s, struct sk_buff *skb)
{
	struct rtun_ip4 ip;
	int err;

	if (!rtun_session_peer_known(s)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_NO_SESSION);
		return -ENOTCONN;
	}
	err = rtun_ip4_begin(s->tunnel, &ip);
	if (err) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_NO_ROUTE);
		return err;
	}
	err = -ENOBUFS;
	if (skb_cow_head(skb, rtun_ip4_headroom(&ip) + GRE1_HLEN_MAX)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_NOMEM);
		goto out;
	}
	err = -ELOOP;
	if (!rtun_session_tx_lock(s)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_RECURSION);
		goto out;
	}
	err = gre_out(s, &ip, skb);
	rtun_session_tx_unlock(s);
	if (err)
		rtun_stats_drop(s->stats, RTUN_DROP_TX_ERROR);
	else
		rtun_stats_inc(s->stats, RTUN_A_STATS_TX_CONTROL);
out:
	rtun_ip4_end(&ip);
	return err;
}

/*
 * Make one packet of the device ready for its header.  Its checksum is made
 * now: no device can be trusted to find it behind GRE version 1, and a peer
 * that reads GRE from a raw socket across a virtual link would get it undone.
 */
static int prepare(struct rtun_session *s, struct sk_buff *skb,
		   unsigned int headroom)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return -ENOMEM;
	skb->ip_summed = CHECKSUM_NONE;
	if (skb_cow_head(skb, headroom))
		return -ENOMEM;
	rtun_ppp_push(s, skb);
	return 0;
}

/* Headroom for what we put in front; never more than any link needs. */
static void want_headroom(struct net_device *dev, unsigned int headroom)
{
	headroom = min(headroom, 256U);
	if (headroom > READ_ONCE(dev->needed_headroom))
		WRITE_ONCE(dev->needed_headroom, headroom);
}

void rtun_pptp_xmit(struct rtun_session *s, struct net_device *dev,
		    struct sk_buff *skb)
{
	unsigned int overhead = rtun_ppp_overhead(s) + GRE1_HLEN_MAX +
				sizeof(struct iphdr);
	enum rtun_drop why = RTUN_DROP_TX_NO_SESSION;
	struct sk_buff *next, *ready = NULL, **tail = &ready;
	unsigned int headroom;
	struct rtun_ip4 ip;

	if (unlikely(!rtun_session_peer_known(s)))
		goto drop;
	why = RTUN_DROP_TX_NO_ROUTE;
	if (unlikely(rtun_ip4_begin(s->tunnel, &ip))) {
		dst_link_failure(skb);
		goto drop;
	}
	why = RTUN_DROP_TX_RECURSION;
	if (unlikely(ip.rt->dst.dev == dev))
		goto drop_end;
	rtun_ip4_inherit(s->tunnel, &ip, skb);
	why = RTUN_DROP_TX_TOO_BIG;
	if (!rtun_ip4_fits(s->tunnel, &ip, dev, skb, overhead))
		goto drop_end;
	if (!skb_is_gso(skb) && skb->len + overhead > IP_MAX_MTU)
		goto drop_end;
	headroom = rtun_ip4_headroom(&ip) + GRE1_HLEN_MAX +
		   RTUN_PPP_HEADER_MAX;
	want_headroom(dev, headroom);

	if (skb_is_gso(skb)) {
		struct sk_buff *segs;

		why = RTUN_DROP_TX_GSO;
		segs = skb_gso_segment(skb, NETIF_F_SG);
		if (IS_ERR_OR_NULL(segs))
			goto drop_end;
		consume_skb(skb);
		skb = segs;
	}
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		/* an odd segment size can make even one too big */
		if (unlikely(skb->len + overhead > IP_MAX_MTU)) {
			DEV_STATS_INC(dev, tx_dropped);
			rtun_drop(s->stats, skb, RTUN_DROP_TX_TOO_BIG);
			continue;
		}
		if (unlikely(prepare(s, skb, headroom))) {
			DEV_STATS_INC(dev, tx_dropped);
			rtun_drop(s->stats, skb, RTUN_DROP_TX_NOMEM);
			continue;
		}
		*tail = skb;
		tail = &skb->next;
	}

	if (likely(rtun_session_tx_lock(s))) {
		unsigned int ppp = rtun_ppp_overhead(s);

		skb_list_walk_safe(ready, skb, next) {
			unsigned int len = skb->len - ppp;

			skb_mark_not_on_list(skb);
			if (unlikely(gre_out(s, &ip, skb))) {
				DEV_STATS_INC(dev, tx_errors);
				rtun_stats_drop(s->stats, RTUN_DROP_TX_ERROR);
				continue;
			}
			rtun_stats_packet(s->stats, RTUN_A_STATS_TX_PACKETS,
					  len);
			dev_sw_netstats_tx_add(dev, 1, len);
		}
		rtun_session_tx_unlock(s);
	} else {
		skb_list_walk_safe(ready, skb, next) {
			skb_mark_not_on_list(skb);
			DEV_STATS_INC(dev, collisions);
			rtun_drop(s->stats, skb, RTUN_DROP_TX_RECURSION);
		}
	}
	rtun_ip4_end(&ip);
	return;

drop_end:
	rtun_ip4_end(&ip);
drop:
	DEV_STATS_INC(dev, tx_dropped);
	rtun_drop(s->stats, skb, why);
}

void rtun_pptp_ack_timeout(struct timer_list *t)
{
	struct rtun_session *s = rtun_timer_of(s, t, ack_timer);

	rcu_read_lock();
	rtun_pptp_ack(s);
	rcu_read_unlock();
}
