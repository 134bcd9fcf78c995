// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way in, see order.h: the glue between the core that knows no packets
 * (reorder.c) and packets, locks and time.  RFC 2637 section 4.3, RFC 3931
 * section 4.6.1, RFC 2661 section 5.4.
 */
#include "order.h"
#include "eth.h"
#include "gso_whole.h"
#include "netlink.h"
#include "ppp.h"
#include "rtun.h"
#include "rx.h"
#include "seq.h"
#include "session.h"

#include <linux/jiffies.h>
#include <linux/skbuff.h>

/* Give a payload to what it is of.  @answers: NULL if rx_lock is not held. */
static void deliver(struct rtun_session *s, struct sk_buff *skb,
		    struct sk_buff_head *answers)
{
	if (rtun_session_eth(s))
		rtun_eth_rx(s, skb);
	else
		rtun_ppp_rx(s, skb, answers);
}

/* Octets of what is held and of the ring it is held in.  rx_lock. */
static long held(const struct rtun_reorder *r)
{
	return r->ring ? r->bytes + r->slots * sizeof(*r->ring) : 0;
}

/* There were @before octets: tell the namespace what changed.  rx_lock. */
static void charge(struct rtun_session *s, long before)
{
	long now = held(&s->reorder);

	if (unlikely(now != before))
		atomic_long_add(now - before, &s->tunnel->rn->held);
}

/* Deliver what is in order; set the timer or give the ring back.  rx_lock. */
static void settle(struct rtun_session *s, struct sk_buff_head *answers)
{
	struct rtun_reorder *r = &s->reorder;
	struct sk_buff *skb;

	lockdep_assert_held(&s->rx_lock);

	while ((skb = rtun_reorder_pop(r)))
		deliver(s, skb, answers);
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
		deliver(s, skb, answers);
	kfree(s->reorder.ring);
	s->reorder.ring = NULL;
}

static void resync(struct rtun_session *s, u32 seq, u64 *lost,
		   struct sk_buff_head *answers)
{
	u32 jump;

	flush_ring(s, lost, answers);
	jump = (seq - s->reorder.next) & rtun_seq_mask(s->reorder.bits);
	rtun_reorder_jump(&s->reorder, seq);
	/* nothing between was received, so there is nothing to acknowledge */
	WRITE_ONCE(s->ack_sent, seq);
	rtun_stats_inc(s->stats, RTUN_A_STATS_RX_RESYNC);
	/* told at the rate of control frames, as strangers may cause it */
	if (rtun_bucket_take(&s->ctrl, RTUN_CTRL_BURST, RTUN_CTRL_RATE))
		rtun_notify_event(s->tunnel->rn, RTUN_EVENT_RESYNC, 0, s->id,
				  jump, NULL, GFP_ATOMIC);
}

/* It may be held for a while: it must not keep alive, or refer to unprotected, what
 * belongs to the outer packet.
 */
static void take(struct sk_buff *skb, u32 seq)
{
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
	rtun_cb(skb)->locked = true;
	rtun_cb(skb)->numbered = true;
	rtun_cb(skb)->seq = seq;
}

bool rtun_order_rx_whole(struct rtun_session *s, struct sk_buff *skb, u32 seq,
			 u8 tos)
{
	unsigned int n = rtun_gso_whole_segs(skb);
	struct sk_buff_head answers;
	bool ok = false;

	/* a bundle looks at the number of each */
	if (!n || rcu_access_pointer(s->bundle))
		return false;
	__skb_queue_head_init(&answers);
	spin_lock(&s->rx_lock);
	if (!rtun_reorder_run(&s->reorder, seq, n, jiffies))
		goto out;
	ok = true;
	if (unlikely(rtun_gso_whole_unmark(skb))) {
		rtun_stats_drops(s, RTUN_DROP_RX_NOMEM, n);
		kfree_skb(skb);
		goto out;
	}
	rtun_cb(skb)->tos = tos;
	take(skb, seq);
	deliver(s, skb, &answers);
out:
	spin_unlock(&s->rx_lock);
	rtun_ppp_unlocked(&answers);
	if (ok && s->tunnel->ops->received)
		s->tunnel->ops->received(s);
	return ok;
}

void rtun_order_rx(struct rtun_session *s, struct sk_buff *skb, u32 seq)
{
	struct rtun_reorder *r = &s->reorder;
	/* fragments are put in order by their bundle, which sees all links: a
	 * loss on one of them must not keep back what it has
	 */
	bool link = rcu_access_pointer(s->bundle);
	enum rtun_drop why = RTUN_DROP_UNSPEC;
	struct sk_buff_head answers;
	struct sk_buff *out;
	bool again = true;
	bool hold = !link;
	u64 lost = 0;
	long before;
	bool first;

	take(skb, seq);
	__skb_queue_head_init(&answers);
	spin_lock(&s->rx_lock);
	before = held(r);
	first = !r->synced;
	if (unlikely(first)) {
		WRITE_ONCE(s->ack_sent, seq);
	} else if (unlikely(seq != r->next) &&
		   (link ||
		    atomic_long_read(&s->tunnel->rn->held) > RTUN_HELD_MAX)) {
		/* all together hold too much: go on without holding */
		flush_ring(s, &lost, &answers);
		hold = false;
	}
	while (again) {
		again = false;
		switch (rtun_reorder_put(r, seq, skb, skb->truesize, jiffies,
					 hold, &lost)) {
		case RTUN_REORDER_EARLY:
			rtun_stats_inc(s->stats, RTUN_A_STATS_RX_BUFFERED);
			fallthrough;
		case RTUN_REORDER_NOW:
			deliver(s, skb, &answers);
			break;
		case RTUN_REORDER_HELD:
			rtun_stats_inc(s->stats, RTUN_A_STATS_RX_BUFFERED);
			break;
		case RTUN_REORDER_RING:
			r->ring = kcalloc(r->slots, sizeof(*r->ring),
					  GFP_ATOMIC | __GFP_NOWARN |
					  __GFP_ACCOUNT);
			if (r->ring)
				again = true;
			else
				why = RTUN_DROP_RX_NOMEM;
			break;
		case RTUN_REORDER_MAKE_ROOM:
			while ((out = rtun_reorder_slide(r, seq, &lost)))
				deliver(s, out, &answers);
			again = true;
			break;
		case RTUN_REORDER_RESYNC:
			resync(s, seq, &lost, &answers);
			again = true;
			break;
		case RTUN_REORDER_LATE:
			if (link)
				deliver(s, skb, &answers);
			else
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
		rtun_drop(s, skb, why);
	rtun_ppp_unlocked(&answers);
	if (s->tunnel->ops->received)
		s->tunnel->ops->received(s);
}

/* The oldest gap was waited for long enough.  Softirq. */
void rtun_order_timeout(struct timer_list *t)
{
	struct rtun_session *s = rtun_timer_of(s, t, gap_timer);
	struct rtun_reorder *r = &s->reorder;
	struct sk_buff_head answers;
	long before;
	u64 lost = 0;
	u32 wait;

	__skb_queue_head_init(&answers);
	wait = msecs_to_jiffies(READ_ONCE(s->reorder_timeout));
	rcu_read_lock();
	spin_lock(&s->rx_lock);
	before = held(r);
	while (r->held && (u32)jiffies - r->since >= wait) {
		struct sk_buff *skb;

		rtun_reorder_skip(r, &lost);
		while ((skb = rtun_reorder_pop(r)))
			deliver(s, skb, &answers);
	}
	settle(s, &answers);
	charge(s, before);
	spin_unlock(&s->rx_lock);
	if (lost)
		rtun_stats_add(s->stats, RTUN_A_STATS_RX_LOST, lost);
	rtun_ppp_unlocked(&answers);
	if (s->tunnel->ops->received)
		s->tunnel->ops->received(s);
	rcu_read_unlock();
}

/* Deliver what is held, then set the order up anew; nothing if there are as many
 * @slots already.  @slots: NULL: as before.  @synced: go on from here; not: the
 * next number is the first.
 */
static void change(struct rtun_session *s, const u32 *slots, bool synced)
{
	struct sk_buff_head answers;
	u64 lost = 0;
	long before;

	__skb_queue_head_init(&answers);
	local_bh_disable();
	rcu_read_lock();
	spin_lock(&s->rx_lock);
	if (!slots || *slots != s->reorder.slots) {
		before = held(&s->reorder);
		flush_ring(s, &lost, &answers);
		if (slots)
			s->reorder.slots = *slots;
		s->reorder.synced &= synced;
		charge(s, before);
	}
	spin_unlock(&s->rx_lock);
	if (lost)
		rtun_stats_add(s->stats, RTUN_A_STATS_RX_LOST, lost);
	rtun_ppp_unlocked(&answers);
	rcu_read_unlock();
	local_bh_enable();
}

void rtun_order_set_slots(struct rtun_session *s, u32 slots)
{
	change(s, &slots, true);
}

void rtun_order_deliver(struct rtun_session *s)
{
	change(s, NULL, true);
}

void rtun_order_restart(struct rtun_session *s)
{
	change(s, NULL, false);
}

void rtun_order_stop(struct rtun_session *s)
{
	struct rtun_reorder *r = &s->reorder;
	struct sk_buff *skb;
	u64 lost = 0;

	rtun_timer_shutdown(&s->gap_timer);
	atomic_long_sub(held(r), &s->tunnel->rn->held);
	while ((skb = rtun_reorder_flush(r, &lost)))
		kfree_skb(skb);
	kfree(r->ring);
	r->ring = NULL;
}

void rtun_order_rx_unnumbered(struct rtun_session *s, struct sk_buff *skb)
{
	rtun_cb(skb)->locked = false;
	rtun_cb(skb)->numbered = false;
	deliver(s, skb, NULL);
}
