// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out, see tx.h: a packet of the device is cut into what the wire can
 * carry, each piece gets the payload's header (PPP, or a tag) and the
 * transport's, and IP has it.  What is numbered or encrypted leaves under the
 * session's transmit lock, or the wire would see the numbers out of order.
 */
#include "tx.h"
#include "alive.h"
#include "bcp.h"
#include "capture.h"
#include "eth.h"
#include "mlppp.h"
#include "mppe.h"
#include "outer.h"
#include "ppp.h"
#include "rtun.h"
#include "session.h"

#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/ppp_defs.h>
#include <net/dst.h>
#include <net/ip.h>

unsigned int rtun_tx_headroom(void)
{
	return LL_MAX_HEADER + RTUN_OVERHEAD_MAX;
}

/**
 * struct shape - what a packet of the device, and each piece of it, becomes
 * @proto: of PPP; 0: Ethernet as it is
 * @encrypted: asked once, for the answer may change meanwhile
 * @extra: octets in front of it, but for the transport's
 */
struct shape {
	u16 proto;
	bool encrypted;
	unsigned int extra;
};

static unsigned int payload_overhead(const struct rtun_session *s,
				     bool encrypted, bool bridged)
{
	return rtun_session_eth(s) ? rtun_eth_overhead(s) :
	       rtun_ppp_overhead(s, encrypted) + (bridged ? RTUN_BCP_HLEN : 0);
}

static bool bridged(const struct shape *shape)
{
	return shape->proto == RTUN_PPP_BRIDGED;
}

/* The device's mode says it: network protocols may close any time. */
static struct shape shape_of(const struct rtun_session *s,
			     const struct net_device *dev,
			     const struct sk_buff *skb)
{
	struct shape shape = { .encrypted = rtun_mppe_sends(s) };

	if (!rtun_session_eth(s))
		shape.proto = dev->type == ARPHRD_ETHER ? RTUN_PPP_BRIDGED :
			      skb->protocol == htons(ETH_P_IP) ? PPP_IP :
								 PPP_IPV6;
	shape.extra = payload_overhead(s, shape.encrypted, bridged(&shape));
	return shape;
}

static unsigned int outer_overhead(const struct rtun_session *s)
{
	return s->tunnel->ops->hlen(s) + rtun_out_hlen(s->tunnel);
}

unsigned int rtun_tx_overhead(const struct rtun_session *s)
{
	return payload_overhead(s, rtun_mppe_sends(s),
				READ_ONCE(s->np) & RTUN_NP_BRIDGE) +
	       outer_overhead(s);
}

/* Take the transmit lock if packets must leave in order; else only notice a
 * tunnel in itself.  Sparse cannot follow a lock that depends.
 */
static bool enter(struct rtun_session *s, bool ordered)
{
	return ordered ? __rtun_session_tx_lock(s) : rtun_nesting_enter();
}

static void leave(struct rtun_session *s, bool ordered)
{
	if (!ordered) {
		rtun_nesting_leave();
		return;
	}
	__acquire(&s->tx_lock);
	rtun_session_tx_unlock(s);
}

/* @room: only if there is room for data. */
static int tx_frame(struct rtun_session *s, struct sk_buff *skb, bool room,
		    u8 inner)
{
	const struct rtun_xport_ops *ops = s->tunnel->ops;
	bool ordered = ops->ordered(s);
	struct rtun_out o;
	int err;

	if (!rtun_session_peer_known(s)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_NO_SESSION);
		return -ENOTCONN;
	}
	err = rtun_out_begin(s->tunnel, &o);
	if (err) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_NO_ROUTE);
		return err;
	}
	if (inner)
		rtun_out_inherit_tos(s->tunnel, &o, inner);
	err = -ENOBUFS;
	if (skb_cow_head(skb, rtun_out_headroom(s->tunnel, &o) +
			      ops->hlen_max)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_NOMEM);
		goto out;
	}
	err = -ELOOP;
	if (!enter(s, ordered)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_RECURSION);
		goto out;
	}
	if (room && ops->room && unlikely(!ops->room(s))) {
		leave(s, ordered);
		rtun_drop(s->stats, skb, ops->full);
		goto out;
	}
	err = ops->out(s, &o, skb, ordered);
	leave(s, ordered);
	if (err)
		rtun_stats_drop(s->stats, RTUN_DROP_TX_ERROR);
out:
	rtun_out_end(&o);
	return err;
}

int rtun_tx_frame(struct rtun_session *s, struct sk_buff *skb)
{
	return tx_frame(s, skb, false, 0);
}

int rtun_tx_fragment(struct rtun_session *s, struct sk_buff *skb, u8 inner)
{
	return tx_frame(s, skb, true, inner);
}

/*
 * Make one piece ready for the transport's header.  Its checksum is made now:
 * no device can be trusted to find it behind GRE version 1 or L2TP, and a peer
 * that is no kernel, or one that believes in no inner checksum, would get it
 * undone across a virtual link.  What is to be encrypted gets its header when
 * its turn is.
 */
static struct sk_buff *prepare(struct rtun_session *s, struct sk_buff *skb,
			       unsigned int headroom,
			       const struct shape *shape)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		goto drop;
	skb->ip_summed = CHECKSUM_NONE;
	/* a tunnel inside is no business of who sends ours */
	skb->encapsulation = 0;
	/* encrypted in place: TCP may still have a clone, and a page may be
	 * anybody's
	 */
	if (shape->encrypted && skb_linearize_cow(skb))
		goto drop;
	if (skb_cow_head(skb, headroom))
		goto drop;
	if (bridged(shape) && !rtun_bcp_push(s, skb))
		goto drop;
	if (shape->encrypted)
		return skb;
	if (shape->proto) {
		rtun_ppp_push_proto(s, skb, shape->proto);
		return skb;
	}
	skb = rtun_eth_push(s, skb);
	if (skb)
		return skb;
	rtun_stats_drop(s->stats, RTUN_DROP_TX_NOMEM);
	return NULL;

drop:
	rtun_drop(s->stats, skb, RTUN_DROP_TX_NOMEM);
	return NULL;
}

/* Headroom for what we put in front; never more than any link needs. */
static void want_headroom(struct net_device *dev, unsigned int headroom)
{
	headroom = min(headroom, 256U);
	if (headroom > READ_ONCE(dev->needed_headroom))
		WRITE_ONCE(dev->needed_headroom, headroom);
}

static void drop_one(struct rtun_session *s, struct net_device *dev,
		     struct sk_buff *skb, enum rtun_drop why)
{
	DEV_STATS_INC(dev, tx_dropped);
	rtun_drop(s->stats, skb, why);
}

/* Hand a list of ready payloads to IP.  Who is to be encrypted is so here: in the
 * order in which it leaves, and not before it is sure that it leaves, or the peer
 * would miss a count.
 */
static void send_list(struct rtun_session *s, struct net_device *dev,
		      const struct rtun_out *o, struct sk_buff *list,
		      const struct shape *shape)
{
	const struct rtun_xport_ops *ops = s->tunnel->ops;
	bool encrypted = shape->encrypted;
	bool numbered = ops->ordered(s), ordered = numbered || encrypted;
	/* octets that are ours already, and of these what is PPP's payload */
	unsigned int inside = bridged(shape) ? RTUN_BCP_HLEN : 0;
	unsigned int extra = encrypted ? inside : shape->extra;
	struct sk_buff *skb, *next;
	int err;

	if (unlikely(!enter(s, ordered))) {
		skb_list_walk_safe(list, skb, next) {
			skb_mark_not_on_list(skb);
			DEV_STATS_INC(dev, collisions);
			rtun_drop(s->stats, skb, RTUN_DROP_TX_RECURSION);
		}
		return;
	}
	skb_list_walk_safe(list, skb, next) {
		unsigned int len = skb->len - extra;

		skb_mark_not_on_list(skb);
		if (ops->room && unlikely(!ops->room(s))) {
			drop_one(s, dev, skb, ops->full);
			continue;
		}
		rtun_capture(s, skb, extra - inside, shape->proto,
			     RTUN_CAPTURE_TX);
		if (encrypted &&
		    unlikely(!rtun_ppp_seal(s, skb, shape->proto))) {
			drop_one(s, dev, skb, RTUN_DROP_TX_MPPE_CLEAR);
			continue;
		}
		err = ops->out(s, o, skb, numbered);
		if (unlikely(err)) {
			DEV_STATS_INC(dev, tx_errors);
			rtun_stats_drop(s->stats, RTUN_DROP_TX_ERROR);
			continue;
		}
		rtun_stats_packet(s->stats, RTUN_A_STATS_TX_PACKETS, len);
		dev_sw_netstats_tx_add(dev, 1, len);
	}
	leave(s, ordered);
	rtun_alive_sent(s);
}

/* Does it fit into the path, or into what a bundle's peer puts together?  If not,
 * its sender was told.
 */
static bool fits(struct rtun_session *s, struct rtun_out *o,
		 struct net_device *dev, struct sk_buff **skb,
		 unsigned int overhead, const struct shape *shape)
{
	unsigned int mtu;

	if (s->mp) {
		mtu = rtun_mp_mtu(s, shape->encrypted);
		return bridged(shape) ? rtun_bcp_fits(dev, *skb, mtu) :
					rtun_ppp_fits(o, dev, *skb, mtu);
	}
	if (likely(!rtun_out_unfragmented(o)))
		return true;
	if (!shape->proto || bridged(shape))
		return rtun_eth_fits(s, o, dev, skb, overhead);
	mtu = rtun_out_mtu(o);
	return rtun_ppp_fits(o, dev, *skb, mtu > overhead ? mtu - overhead : 0);
}

void rtun_tx_packet(struct rtun_session *s, struct net_device *dev,
		    struct sk_buff *skb)
{
	struct shape shape = shape_of(s, dev, skb);
	unsigned int overhead = shape.extra + outer_overhead(s);
	enum rtun_drop why = RTUN_DROP_TX_NO_SESSION;
	struct sk_buff *next, *ready = NULL, **tail = &ready;
	unsigned int headroom;
	struct rtun_out o;

	if (unlikely(!rtun_session_peer_known(s)))
		goto drop;
	why = RTUN_DROP_TX_MPPE_CLEAR;
	if (unlikely(!shape.encrypted &&
		     READ_ONCE(s->flags) & RTUN_SESSION_F_MPPE_REQUIRED))
		goto drop;
	why = RTUN_DROP_TX_NO_ROUTE;
	if (unlikely(rtun_out_begin(s->tunnel, &o))) {
		dst_link_failure(skb);
		goto drop;
	}
	why = RTUN_DROP_TX_RECURSION;
	if (unlikely(o.dst && o.dst->dev == dev))
		goto drop_end;
	rtun_out_inherit(s->tunnel, &o, skb);
	why = RTUN_DROP_TX_TOO_BIG;
	if (unlikely(!fits(s, &o, dev, &skb, overhead, &shape)))
		goto drop_end;
	if (!skb_is_gso(skb) && skb->len + overhead > IP_MAX_MTU)
		goto drop_end;
	headroom = rtun_out_headroom(s->tunnel, &o) +
		   s->tunnel->ops->hlen_max + shape.extra;
	want_headroom(dev, headroom);

	if (skb_is_gso(skb)) {
		struct sk_buff *segs;

		why = RTUN_DROP_TX_GSO;
		/* to be encrypted: linear ones, with the checksum made
		 * while they are copied
		 */
		segs = skb_gso_segment(skb, shape.encrypted ? 0 : NETIF_F_SG);
		if (IS_ERR_OR_NULL(segs))
			goto drop_end;
		consume_skb(skb);
		skb = segs;
	}
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		/* an odd segment size can make even one too big */
		if (unlikely(skb->len + overhead > IP_MAX_MTU)) {
			drop_one(s, dev, skb, RTUN_DROP_TX_TOO_BIG);
			continue;
		}
		skb = prepare(s, skb, headroom, &shape);
		if (unlikely(!skb)) {
			DEV_STATS_INC(dev, tx_dropped);
			continue;
		}
		*tail = skb;
		tail = &skb->next;
	}
	if (likely(ready))
		send_list(s, dev, &o, ready, &shape);
	rtun_out_end(&o);
	return;

drop_end:
	rtun_out_end(&o);
drop:
	drop_one(s, dev, skb, why);
}
