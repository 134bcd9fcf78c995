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
#include "gso.h"
#include "gso_list.h"
#include "gso_whole.h"
#include "mlppp.h"
#include "mppe.h"
#include "multipoint.h"
#include "outer.h"
#include "ppp.h"
#include "rtun.h"
#include "session.h"

#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/ppp_defs.h>
#include <net/checksum.h>
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
 * @numbered: by its transport; likewise
 * @whole: it is many that are cut further down, see rtun_xport_ops::whole
 * @extra: octets in front of it, but for the transport's
 */
struct shape {
	u16 proto;
	bool encrypted;
	bool numbered;
	bool whole;
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
	struct shape shape = {
		.encrypted = rtun_mppe_sends(s),
		.numbered = s->tunnel->ops->ordered(s),
	};

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
		rtun_drop(s, skb, RTUN_DROP_TX_NO_SESSION);
		return -ENOTCONN;
	}
	err = rtun_out_begin(s->tunnel, &o);
	if (err) {
		rtun_drop(s, skb, RTUN_DROP_TX_NO_ROUTE);
		return err;
	}
	if (inner)
		rtun_out_inherit_tos(s->tunnel, &o, inner);
	if (skb_cow_head(skb, rtun_out_headroom(s->tunnel, &o) +
			      ops->hlen_max)) {
		rtun_drop(s, skb, RTUN_DROP_TX_NOMEM);
		return -ENOBUFS;
	}
	if (!enter(s, ordered)) {
		rtun_drop(s, skb, RTUN_DROP_TX_RECURSION);
		return -ELOOP;
	}
	if (room && ops->room && unlikely(!ops->room(s))) {
		leave(s, ordered);
		rtun_drop(s, skb, ops->full);
		return -ENOBUFS;
	}
	err = ops->out(s, &o, skb, ordered);
	leave(s, ordered);
	if (err)
		rtun_stats_drop(s, RTUN_DROP_TX_ERROR);
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

/* Can who sends the outer packet cut it?  Then all in front of the inner packet is copied
 * to each piece; there is one set of offsets, so nothing inside may be a tunnel.  A virtual
 * device leaves the inner checksums to the receiver, even if it cuts.
 */
static bool goes_whole(struct rtun_session *s, const struct rtun_out *o,
		       const struct sk_buff *skb, const struct shape *shape,
		       unsigned int overhead)
{
	const u32 known = SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_ECN |
			  SKB_GSO_TCP_FIXEDID | SKB_GSO_UDP_L4 | SKB_GSO_DODGY;
	const struct rtun_xport_ops *ops = s->tunnel->ops;
	bool ip = skb->protocol == htons(ETH_P_IP) ||
		  skb->protocol == htons(ETH_P_IPV6);
	unsigned int link = shape->proto ? 0 : ETH_HLEN;

	if (!ops->whole || s->mp)
		return false;
	/* the kernel forgets UDP's header where it looks whether each fits */
	if (unlikely(skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4) && !o->df &&
	    !(rtun_out_mtu(o) > overhead + link &&
	      skb_gso_validate_network_len(skb, rtun_out_mtu(o) - overhead -
						link)))
		return false;
	return (!ops->may_whole || ops->may_whole(s, shape->extra)) &&
	       (!shape->numbered ||
		rtun_gso_whole_segs(skb) == skb_shinfo(skb)->gso_segs) &&
	       (READ_ONCE(s->flags) & RTUN_SESSION_F_PEER_OFFLOAD ||
		(o->dst->dev->dev.parent &&
		 !(o->dst->dev->features & NETIF_F_GSO_FRAGLIST))) &&
	       !shape->encrypted && ip && s->pw != RTUN_PW_ETH_VLAN && !bridged(shape) &&
	       skb_network_offset(skb) == link && !skb->encapsulation &&
	       skb->ip_summed == CHECKSUM_PARTIAL &&
	       !(skb_shinfo(skb)->gso_type & ~known) &&
	       skb->len + overhead <= IP_MAX_MTU &&
	       !rcu_access_pointer(s->capture);
}

/* Make it ready for the transport's header.  Its checksums are made where it is cut. */
static struct sk_buff *prepare_whole(struct rtun_session *s,
				     struct sk_buff *skb, unsigned int headroom,
				     const struct shape *shape)
{
	__be16 inner = shape->proto ? skb->protocol : htons(ETH_P_TEB);

	if (skb_cow_head(skb, headroom))
		goto drop;
	/* a packet without a link has its own header in that place */
	if (shape->proto)
		skb_reset_mac_header(skb);
	if (s->tunnel->ops->whole(s, skb, shape->numbered))
		goto drop;
	skb_set_inner_protocol(skb, inner);
	if (shape->proto)
		rtun_ppp_push_proto(s, skb, shape->proto);
	return skb;

drop:
	rtun_drop(s, skb, RTUN_DROP_TX_NOMEM);
	return NULL;
}

/* skb_checksum_help(), with a short way for what is in one piece and may be written to */
static bool make_checksum(struct sk_buff *skb)
{
	unsigned int len = skb_headlen(skb);
	int start = skb_checksum_start_offset(skb);
	unsigned int end = start + skb->csum_offset + sizeof(__sum16);
	__sum16 *sum;

	if (unlikely(skb_is_nonlinear(skb) || start < 0 || end > len ||
		     (skb_cloned(skb) && !skb_clone_writable(skb, end))))
		return !skb_checksum_help(skb);
	sum = (__sum16 *)(skb->data + end) - 1;
	*sum = csum_fold(csum_partial(skb->data + start, len - start, 0)) ?:
	       CSUM_MANGLED_0;
	skb->ip_summed = CHECKSUM_NONE;
	return true;
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
	if (skb->ip_summed == CHECKSUM_PARTIAL && !make_checksum(skb))
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
	rtun_stats_drop(s, RTUN_DROP_TX_NOMEM);
	return NULL;

drop:
	rtun_drop(s, skb, RTUN_DROP_TX_NOMEM);
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
	rtun_drop(s, skb, why);
}

/**
 * struct batch - packets that leave together, where that is possible
 * @wanted: is it possible?
 * @sums: the device makes UDP's checksums after it has cut them, see sums_lists()
 * @list: those that wait for the others
 * @waiting: octets of these, without our headers, as below
 * @n: packets that have left
 * @octets: of these
 * @lost: packets that IP refused
 */
struct batch {
	bool wanted;
	bool sums;
	struct rtun_gso_list list;
	unsigned int waiting;
	unsigned int n;
	unsigned int octets;
	unsigned int lost;
};

/* Nobody makes the sums of what was cut out of a list but a device that can, at once. */
static bool sums_lists(const struct rtun_session *s, const struct rtun_out *o)
{
	netdev_features_t can = NETIF_F_HW_CSUM |
				(s->tunnel->family == AF_INET6 ?
				 NETIF_F_IPV6_CSUM : NETIF_F_IP_CSUM);
	netdev_features_t has = o->dst->dev->features;

	return !(has & NETIF_F_GSO_FRAGLIST) && has & can && !dst_xfrm(o->dst);
}

static void sent(struct batch *b, int err, unsigned int n, unsigned int len)
{
	if (unlikely(err)) {
		b->lost += n;
		return;
	}
	b->n += n;
	b->octets += len;
}

static void batch_send(struct rtun_session *s, const struct rtun_out *o,
		       struct batch *b)
{
	struct rtun_tunnel *t = s->tunnel;
	unsigned int n = b->list.n;
	struct sk_buff *skb;

	if (!n)
		return;
	skb = rtun_gso_list_seal(&b->list, rtun_out_hlen(t),
				 rtun_out_protocol(t));
	sent(b, rtun_out_send(t, o, skb), n, b->waiting);
	b->waiting = 0;
}

/* A payload of @len octets, before our headers, gets the transport's and leaves with the
 * others.
 */
static void batch_add(struct rtun_session *s, const struct rtun_out *o,
		      struct batch *b, struct sk_buff *skb, bool numbered,
		      unsigned int len)
{
	s->tunnel->ops->push(s, o, skb, numbered);
	if (skb->ip_summed == CHECKSUM_PARTIAL && !b->sums &&
	    !make_checksum(skb)) {
		b->lost++;
		kfree_skb(skb);
		return;
	}
	if (!rtun_gso_list_add(&b->list, skb)) {
		batch_send(s, o, b);
		if (!rtun_gso_list_add(&b->list, skb)) {
			sent(b, rtun_out_send(s->tunnel, o, skb), 1, len);
			return;
		}
	}
	b->waiting += len;
}

static unsigned int drop_list(struct rtun_session *s, struct sk_buff *list,
			      enum rtun_drop why)
{
	struct sk_buff *skb, *next;
	unsigned int n = 0;

	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		rtun_drop(s, skb, why);
		n++;
	}
	return n;
}

unsigned int rtun_tx_fragments(struct rtun_session *s, struct sk_buff *list,
			       u8 inner)
{
	const struct rtun_xport_ops *ops = s->tunnel->ops;
	bool ordered = ops->ordered(s);
	struct sk_buff *skb, *next;
	unsigned int headroom, lost = 0;
	struct batch batch = {};
	struct rtun_out o;

	if (!rtun_session_peer_known(s))
		return drop_list(s, list, RTUN_DROP_TX_NO_SESSION);
	if (rtun_out_begin(s->tunnel, &o))
		return drop_list(s, list, RTUN_DROP_TX_NO_ROUTE);
	rtun_out_inherit_tos(s->tunnel, &o, inner);
	headroom = rtun_out_headroom(s->tunnel, &o) + ops->hlen_max;
	batch.wanted = list->next && ops->lists && ops->lists(s, &o);
	batch.sums = batch.wanted && sums_lists(s, &o);
	if (!enter(s, ordered))
		return drop_list(s, list, RTUN_DROP_TX_RECURSION);
	skb_list_walk_safe(list, skb, next) {
		unsigned int len = skb->len;

		skb_mark_not_on_list(skb);
		if (unlikely(skb_cow_head(skb, headroom))) {
			rtun_drop(s, skb, RTUN_DROP_TX_NOMEM);
			lost++;
		} else if (ops->room && unlikely(!ops->room(s))) {
			rtun_drop(s, skb, ops->full);
			lost++;
		} else if (batch.wanted) {
			batch_add(s, &o, &batch, skb, ordered, len);
		} else {
			sent(&batch, ops->out(s, &o, skb, ordered), 1, len);
		}
	}
	batch_send(s, &o, &batch);
	leave(s, ordered);
	if (unlikely(batch.lost))
		rtun_stats_drops(s, RTUN_DROP_TX_ERROR, batch.lost);
	return lost + batch.lost;
}

static void count(struct rtun_session *s, struct net_device *dev,
		  const struct batch *b)
{
	struct rtun_multipoint *mp = rcu_dereference(s->multipoint);

	if (likely(b->n))
		rtun_stats_packets(s->stats, RTUN_A_STATS_TX_PACKETS, b->n,
				   b->octets);
	if (unlikely(mp))
		rtun_stats_packets(mp->stats, RTUN_A_STATS_TX_PACKETS, b->n,
				   b->octets);
	if (unlikely(b->lost)) {
		DEV_STATS_ADD(dev, tx_errors, b->lost);
		rtun_stats_drops(s, RTUN_DROP_TX_ERROR, b->lost);
	}
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
	bool numbered = shape->numbered, ordered = numbered || encrypted;
	/* octets that are ours already, and of these what is PPP's payload */
	unsigned int inside = bridged(shape) ? RTUN_BCP_HLEN : 0;
	unsigned int extra = encrypted ? inside : shape->extra;
	struct batch batch = {
		.wanted = list->next && ops->lists && ops->lists(s, o),
	};
	bool gathers = list->next && ops->gather;
	struct sk_buff *skb, *next;

	batch.sums = batch.wanted && sums_lists(s, o);
	if (unlikely(!enter(s, ordered))) {
		skb_list_walk_safe(list, skb, next) {
			skb_mark_not_on_list(skb);
			DEV_STATS_INC(dev, collisions);
			rtun_drop(s, skb, RTUN_DROP_TX_RECURSION);
		}
		return;
	}
	if (gathers)
		ops->gather(s, o, true);
	skb_list_walk_safe(list, skb, next) {
		unsigned int n = rtun_gso_segs(skb), len = skb->len - extra;

		/* the network header is not in the way of IP's yet */
		if (shape->whole)
			len = rtun_gso_len(skb, len, shape->proto ? 0 : ETH_HLEN);
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
		if (batch.wanted)
			batch_add(s, o, &batch, skb, numbered, len);
		else
			sent(&batch, ops->out(s, o, skb, numbered), n, len);
	}
	batch_send(s, o, &batch);
	if (gathers) {
		unsigned int lost = min(ops->gather(s, o, false), batch.n);

		batch.lost += lost;
		batch.n -= lost;
	}
	leave(s, ordered);
	count(s, dev, &batch);
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
		goto drop;
	rtun_out_inherit(s->tunnel, &o, skb);
	why = RTUN_DROP_TX_TOO_BIG;
	if (unlikely(!fits(s, &o, dev, &skb, overhead, &shape)))
		goto drop;
	if (!skb_is_gso(skb) && skb->len + overhead > IP_MAX_MTU)
		goto drop;
	headroom = rtun_out_headroom(s->tunnel, &o) +
		   s->tunnel->ops->hlen_max + shape.extra;
	want_headroom(dev, headroom);

	shape.whole = skb_is_gso(skb) &&
		      goes_whole(s, &o, skb, &shape, overhead);
	if (skb_is_gso(skb) && !shape.whole) {
		struct sk_buff *segs;

		/* whoever is below may put more in front of each piece */
		why = RTUN_DROP_TX_NOMEM;
		if (s->tunnel->ops->lists || s->mp) {
			headroom += LL_MAX_HEADER;
			if (skb_cow_head(skb, headroom))
				goto drop;
		}
		why = RTUN_DROP_TX_GSO;
		/* to be encrypted: linear ones, with the checksum made
		 * while they are copied
		 */
		segs = skb_gso_segment(skb, shape.encrypted ? 0 : NETIF_F_SG);
		if (IS_ERR_OR_NULL(segs))
			goto drop;
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
		skb = shape.whole ? prepare_whole(s, skb, headroom, &shape) :
				    prepare(s, skb, headroom, &shape);
		if (unlikely(!skb)) {
			DEV_STATS_INC(dev, tx_dropped);
			continue;
		}
		*tail = skb;
		tail = &skb->next;
	}
	if (likely(ready))
		send_list(s, dev, &o, ready, &shape);
	return;

drop:
	drop_one(s, dev, skb, why);
}
