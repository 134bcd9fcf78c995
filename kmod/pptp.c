// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data packets of PPTP (RFC 2637 section 4): GRE version 1 with a key that is
 * the payload's length and the receiver's call id, a sequence number if there
 * is a payload, and an acknowledgement if there is something to acknowledge.
 *
 * The kernel counts all of a session's sequence numbers, also those of frames
 * the owner sends.  There is no transmit window (section 4.4 calls it a means
 * against congestion of a slow link): the acknowledgements that come in are
 * read for the statistics only.
 */
#include "pptp.h"
#include "ip4.h"
#include "netlink.h"
#include "ppp.h"
#include "rtun.h"
#include "seq.h"
#include "session.h"
#include "tunnel.h"

#include <linux/icmp.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <net/gre.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

enum {
	GRE1_HLEN	= 8,	/* flags, protocol, key */
	GRE1_HLEN_MIN	= 12,	/* and one number at least: all that is valid */
	GRE1_HLEN_MAX	= 16,

	GRE1_PROTO	= 0x880b,
	/* octet 0 */
	GRE1_C = 0x80, GRE1_R = 0x40, GRE1_K = 0x20, GRE1_S = 0x10,
	GRE1_SRC = 0x08, GRE1_RECUR = 0x07,
	/* octet 1 */
	GRE1_A = 0x80, GRE1_VERSION = 0x01,

	CALL_ID_MAX	= 0xffff,
	CALL_ID_TRIES	= 64,	/* at random before walking */
};

/* --- transmit ---------------------------------------------------------- */

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
static void send_ack(struct rtun_session *s)
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
static int pptp_send(struct rtun_session *s, struct sk_buff *skb)
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

static void pptp_xmit(struct rtun_session *s, struct net_device *dev,
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

/* --- receive ----------------------------------------------------------- */

/* Send what the mux wants to say, now that rx_lock is released. */
static void send_answers(struct rtun_session *s, struct sk_buff_head *answers)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(answers)))
		rtun_ppp_send(s, skb);
}

/* Acknowledge soon: with the next data packet, after half the peer's window,
 * or when the timer fires.
 */
static void ack_later(struct rtun_session *s)
{
	u32 unacked = READ_ONCE(s->reorder.next) - READ_ONCE(s->ack_sent);

	if (!unacked)
		return;
	if (unacked >= DIV_ROUND_UP(READ_ONCE(s->peer_window), 2))
		send_ack(s);
	else if (!timer_pending(&s->ack_timer) &&
		 READ_ONCE(s->state) != RTUN_SESSION_DEAD)
		mod_timer(&s->ack_timer,
			  jiffies + msecs_to_jiffies(READ_ONCE(s->ack_delay)));
}

/* The ring held @before octets: tell the namespace what changed.  rx_lock. */
static void charge(struct rtun_session *s, u32 before)
{
	if (unlikely(s->reorder.bytes != before))
		atomic_long_add((long)s->reorder.bytes - before,
				&s->tunnel->rn->held);
}

/* Deliver what is in order; set the timer or give the ring back.  rx_lock. */
static void settle(struct rtun_session *s, struct sk_buff_head *answers)
{
	struct rtun_reorder *r = &s->reorder;
	struct sk_buff *skb;

	lockdep_assert_held(&s->rx_lock);

	while ((skb = rtun_reorder_pop(r)))
		rtun_ppp_rx(s, skb, answers);
	if (!r->held) {
		kfree(r->ring);
		r->ring = NULL;
	} else if (READ_ONCE(s->state) != RTUN_SESSION_DEAD) {
		u32 wait = msecs_to_jiffies(READ_ONCE(s->reorder_timeout));
		s32 left = r->since + wait - (u32)jiffies;

		mod_timer(&s->gap_timer, jiffies + max(left, 1));
	}
}

/* Deliver all that is held and give the ring back.  rx_lock. */
static void flush_ring(struct rtun_session *s, u64 *lost,
		       struct sk_buff_head *answers)
{
	struct sk_buff *skb;

	while ((skb = rtun_reorder_flush(&s->reorder, lost)))
		rtun_ppp_rx(s, skb, answers);
	kfree(s->reorder.ring);
	s->reorder.ring = NULL;
}

static void resync(struct rtun_session *s, u32 seq, u64 *lost,
		   struct sk_buff_head *answers)
{
	u32 jump;

	flush_ring(s, lost, answers);
	jump = seq - s->reorder.next;
	rtun_reorder_jump(&s->reorder, seq);
	/* nothing between was received, so there is nothing to acknowledge */
	WRITE_ONCE(s->ack_sent, seq);
	rtun_stats_inc(s->stats, RTUN_A_STATS_RX_RESYNC);
	rtun_notify_event(s->tunnel->rn, RTUN_EVENT_RESYNC, 0, s->id, jump,
			  NULL, GFP_ATOMIC);
}

/* Take a numbered frame: deliver it in order, hold it, or drop it. */
static void rx_ordered(struct rtun_session *s, struct sk_buff *skb, u32 seq)
{
	struct rtun_reorder *r = &s->reorder;
	enum rtun_drop why = RTUN_DROP_UNSPEC;
	struct sk_buff_head answers;
	struct sk_buff *out;
	bool again = true;
	u64 lost = 0;
	u32 before;
	bool first;

	__skb_queue_head_init(&answers);
	spin_lock(&s->rx_lock);
	before = r->bytes;
	first = !r->synced;
	if (unlikely(first))
		WRITE_ONCE(s->ack_sent, seq);
	else if (unlikely(seq != r->next) &&
		 atomic_long_read(&s->tunnel->rn->held) > RTUN_HELD_MAX) {
		/* the others hold too much: in order or not at all */
		why = RTUN_DROP_REORDER_LIMIT;
		again = false;
	}
	while (again) {
		again = false;
		switch (rtun_reorder_put(r, seq, skb, skb->truesize, jiffies,
					 &lost)) {
		case RTUN_REORDER_EARLY:
			rtun_stats_inc(s->stats, RTUN_A_STATS_RX_BUFFERED);
			fallthrough;
		case RTUN_REORDER_NOW:
			rtun_ppp_rx(s, skb, &answers);
			break;
		case RTUN_REORDER_HELD:
			rtun_stats_inc(s->stats, RTUN_A_STATS_RX_BUFFERED);
			break;
		case RTUN_REORDER_RING:
			r->ring = kcalloc(r->slots, sizeof(*r->ring),
					  GFP_ATOMIC | __GFP_NOWARN);
			if (r->ring)
				again = true;
			else
				why = RTUN_DROP_RX_NOMEM;
			break;
		case RTUN_REORDER_MAKE_ROOM:
			while ((out = rtun_reorder_slide(r, seq, &lost)))
				rtun_ppp_rx(s, out, &answers);
			again = true;
			break;
		case RTUN_REORDER_RESYNC:
			resync(s, seq, &lost, &answers);
			again = true;
			break;
		case RTUN_REORDER_LATE:
			why = RTUN_DROP_SEQ_LATE;
			break;
		case RTUN_REORDER_DUP:
			why = RTUN_DROP_SEQ_DUP;
			break;
		case RTUN_REORDER_TOO_FAR:
			why = RTUN_DROP_SEQ_FAR;
			break;
		case RTUN_REORDER_LIMIT:
			why = RTUN_DROP_REORDER_LIMIT;
			break;
		}
	}
	if (unlikely(first))
		/* pairs with the acquire in ack_due() */
		smp_store_release(&s->ack_known, true);
	if (unlikely(r->ring))
		settle(s, &answers);
	charge(s, before);
	spin_unlock(&s->rx_lock);

	if (unlikely(lost))
		rtun_stats_add(s->stats, RTUN_A_STATS_RX_LOST, lost);
	if (unlikely(why))
		rtun_drop(s->stats, skb, why);
	send_answers(s, &answers);
	ack_later(s);
}

static struct rtun_session *find(struct rtun_net *rn, const struct iphdr *iph,
				 u16 call_id, enum rtun_drop *why)
{
	struct rtun_key key = {
		.kind = RTUN_XPORT_PPTP,
		.local_id = call_id,
		.local = iph->daddr,
		.remote = iph->saddr,
	};
	struct rtun_session *s = rtun_session_by_wire(rn, &key);

	if (s)
		return s;
	*why = xa_load(&rn->call_ids, call_id) ? RTUN_DROP_PEER_ADDR :
						 RTUN_DROP_NO_SESSION;
	return NULL;
}

/* Called by the GRE demultiplexer for version 1, under RCU, in softirq. */
static int pptp_rcv(struct sk_buff *skb)
{
	struct rtun_net *rn = rtun_net_of(dev_net(skb->dev));
	struct rtun_stats __percpu *stats = rn->stats;
	enum rtun_drop why = RTUN_DROP_GRE_TRUNCATED;
	unsigned int hlen = GRE1_HLEN;
	struct rtun_session *s;
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

	s = find(rn, ip_hdr(skb), get_unaligned_be16(h + 6), &why);
	if (!s)
		goto drop;
	stats = s->stats;

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
	if (len > skb->len - hlen)
		goto drop;
	if (!(h[0] & GRE1_S)) {
		/* neither payload nor acknowledgement, or a payload without
		 * a place in the order
		 */
		if (len || !(h[1] & GRE1_A))
			goto drop;
		rtun_stats_inc(stats, RTUN_A_STATS_RX_ACKS);
		consume_skb(skb);
		return NET_RX_SUCCESS;
	}

	/* each packet has its number: what claims to be many is forged */
	if (unlikely(skb_is_gso(skb)))
		goto drop;
	why = RTUN_DROP_RX_NOMEM;
	skb_pull_rcsum(skb, hlen);
	if (pskb_trim_rcsum(skb, len))
		goto drop;
	rtun_cb(skb)->tos = ip_hdr(skb)->tos;
	/* It may be held for a while: it must not keep alive, or refer to
	 * unprotected, what belongs to the outer packet.
	 */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
	rx_ordered(s, skb, get_unaligned_be32(h + 8));
	return NET_RX_SUCCESS;

drop:
	rtun_drop(stats, skb, why);
	return NET_RX_DROP;
}

/*
 * An ICMP error about a packet which one of our sessions may have sent: the
 * quoted header must name one's addresses and call id.  In softirq, RCU.
 */
static void pptp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct rtun_net *rn = rtun_net_of(dev_net(skb->dev));
	int type = icmp_hdr(skb)->type;
	int code = icmp_hdr(skb)->code;
	u8 h[GRE1_HLEN];
	u32 oif;

	/* ICMP quotes eight octets behind the IP header at least */
	if (skb_copy_bits(skb, iph->ihl * 4, h, sizeof(h)) ||
	    !(h[0] & GRE1_K) || get_unaligned_be16(h + 2) != GRE1_PROTO)
		return;
	if (!rtun_tunnel_sends(rn, iph->saddr, iph->daddr,
			       get_unaligned_be16(h + 6), &oif))
		return;
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, rn->net, info, oif, IPPROTO_GRE);
	else if (type == ICMP_REDIRECT)
		ipv4_redirect(skb, rn->net, oif, IPPROTO_GRE);
}

/* --- timers: softirq --------------------------------------------------- */

static void gap_timeout(struct timer_list *t)
{
	struct rtun_session *s = rtun_timer_of(s, t, gap_timer);
	struct rtun_reorder *r = &s->reorder;
	struct sk_buff_head answers;
	u32 before, wait;
	u64 lost = 0;

	__skb_queue_head_init(&answers);
	wait = msecs_to_jiffies(READ_ONCE(s->reorder_timeout));
	rcu_read_lock();
	spin_lock(&s->rx_lock);
	before = r->bytes;
	while (r->held && (u32)jiffies - r->since >= wait) {
		struct sk_buff *skb;

		rtun_reorder_skip(r, &lost);
		while ((skb = rtun_reorder_pop(r)))
			rtun_ppp_rx(s, skb, &answers);
	}
	settle(s, &answers);
	charge(s, before);
	spin_unlock(&s->rx_lock);
	if (lost)
		rtun_stats_add(s->stats, RTUN_A_STATS_RX_LOST, lost);
	send_answers(s, &answers);
	ack_later(s);
	rcu_read_unlock();
}

static void ack_timeout(struct timer_list *t)
{
	struct rtun_session *s = rtun_timer_of(s, t, ack_timer);

	rcu_read_lock();
	send_ack(s);
	rcu_read_unlock();
}

/* --- configuration ------------------------------------------------------ */

/* How many sessions receive with this call id, plus @add.  cfg_lock. */
static int count_call_id(struct rtun_net *rn, u16 id, int add)
{
	void *entry = xa_load(&rn->call_ids, id);
	unsigned long n = (entry ? xa_to_value(entry) : 0) + add;

	if (!n) {
		xa_erase(&rn->call_ids, id);
		return 0;
	}
	return xa_err(xa_store(&rn->call_ids, id, xa_mk_value(n), GFP_KERNEL));
}

/* At random: a stranger who guesses it could disturb the session, and a
 * packet for the last one that had it would meet the next one.
 */
static u16 pick_call_id(struct rtun_net *rn)
{
	int i;
	u16 id;

	for (i = 0; i < CALL_ID_TRIES; i++) {
		id = get_random_u32() % CALL_ID_MAX + 1;
		if (!xa_load(&rn->call_ids, id))
			return id;
	}
	for (i = 0; i < CALL_ID_MAX; i++) {
		id = id % CALL_ID_MAX + 1;
		if (!xa_load(&rn->call_ids, id))
			return id;
	}
	return 0;
}

static int pptp_session_new(struct rtun_session *s,
			    const struct nlattr *local_id,
			    struct netlink_ext_ack *extack)
{
	u16 id = local_id ? nla_get_u32(local_id) : 0;
	struct rtun_net *rn = s->tunnel->rn;
	bool taken;

	lockdep_assert_held(&rn->cfg_lock);

	if (!id) {
		id = pick_call_id(rn);
		if (!id) {
			NL_SET_ERR_MSG(extack, "all 65535 call ids are in use");
			return -ENOSPC;
		}
	}
	s->key.local_id = id;
	/* the table may be growing, which RCU only makes safe */
	rcu_read_lock();
	taken = rtun_session_by_wire(rn, &s->key);
	rcu_read_unlock();
	if (taken) {
		NL_SET_ERR_MSG_ATTR(extack, local_id,
				    "a session between these addresses receives with this call id");
		return -EEXIST;
	}
	s->tx_seq = rtun_seq32_first();
	timer_setup(&s->gap_timer, gap_timeout, 0);
	timer_setup(&s->ack_timer, ack_timeout, 0);
	return count_call_id(rn, id, 1);
}

static void pptp_session_del(struct rtun_session *s)
{
	count_call_id(s->tunnel->rn, s->key.local_id, -1);
}

static void pptp_set_reorder(struct rtun_session *s, u32 slots)
{
	struct sk_buff_head answers;
	u64 lost = 0;

	__skb_queue_head_init(&answers);
	local_bh_disable();
	rcu_read_lock();
	spin_lock(&s->rx_lock);
	if (slots != s->reorder.slots) {
		u32 before = s->reorder.bytes;

		flush_ring(s, &lost, &answers);
		s->reorder.slots = slots;
		charge(s, before);
	}
	spin_unlock(&s->rx_lock);
	if (lost)
		rtun_stats_add(s->stats, RTUN_A_STATS_RX_LOST, lost);
	send_answers(s, &answers);
	rcu_read_unlock();
	local_bh_enable();
}

static const struct gre_protocol gre_v1 = {
	.handler = pptp_rcv,
	.err_handler = pptp_err,
};

/* Guards the number of tunnels, and with it the hook. */
static DEFINE_MUTEX(hook_lock);
static unsigned int hook_users;

/* GRE version 1 has one owner in a kernel: it is claimed with the first tunnel
 * and released with the last, so that others may have it meanwhile.
 */
static int pptp_open(struct netlink_ext_ack *extack)
{
	int err = 0;

	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		return -ENODEV;
	}
	mutex_lock(&hook_lock);
	if (!hook_users)
		err = gre_add_protocol(&gre_v1, GREPROTO_PPTP);
	if (!err)
		hook_users++;
	mutex_unlock(&hook_lock);
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "GRE version 1 is owned by the in-tree pptp module; unload it (modprobe -r pptp)");
		module_put(THIS_MODULE);
	}
	return err;
}

static void pptp_close(void)
{
	mutex_lock(&hook_lock);
	if (!--hook_users)
		gre_del_protocol(&gre_v1, GREPROTO_PPTP);
	mutex_unlock(&hook_lock);
	module_put(THIS_MODULE);
}

static_assert(sizeof(struct iphdr) + GRE1_HLEN_MAX + RTUN_PPP_HEADER_MAX <=
	      RTUN_OVERHEAD_MAX);

const struct rtun_xport_ops rtun_pptp_ops = {
	.kind = RTUN_XPORT_PPTP,
	.open = pptp_open,
	.close = pptp_close,
	.session_new = pptp_session_new,
	.session_del = pptp_session_del,
	.set_reorder = pptp_set_reorder,
	.xmit = pptp_xmit,
	.send = pptp_send,
};
