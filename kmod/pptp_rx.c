// SPDX-License-Identifier: GPL-2.0-only
/*
 * What PPTP receives: the header, the order of frames, when to acknowledge
 * them, and ICMP errors about what was sent (RFC 2637 sections 4.1 to 4.3).
 */
#include "netlink.h"
#include "ppp.h"
#include "pptp.h"
#include "rtun.h"
#include "session.h"
#include "tunnel.h"

#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

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
		rtun_pptp_ack(s);
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
	/* told at the rate of control frames, as strangers may cause it */
	if (rtun_bucket_take(&s->ctrl, RTUN_CTRL_BURST, RTUN_CTRL_RATE))
		rtun_notify_event(s->tunnel->rn, RTUN_EVENT_RESYNC, 0, s->id,
				  jump, NULL, GFP_ATOMIC);
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
	if (unlikely(first)) {
		WRITE_ONCE(s->ack_sent, seq);
	} else if (unlikely(seq != r->next) &&
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
int rtun_pptp_rcv(struct sk_buff *skb)
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
void rtun_pptp_err(struct sk_buff *skb, u32 info)
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

/* The oldest gap was waited for long enough.  Softirq. */
void rtun_pptp_gap_timeout(struct timer_list *t)
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

void rtun_pptp_set_reorder(struct rtun_session *s, u32 slots)
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
