// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending out of order on purpose: what pptp(8) calls --test-type, to see what a
 * peer makes of it (RFC 2637 section 4.3 lets packets come in any order).  The
 * numbers are given before, so the peer can put back in order what it gets.
 *
 * After each RATE numbered packets one or ten are held, and leave behind the one
 * that follows them: as soon as there is one, or in order, when none comes for
 * long or the send window has no room for one, the test is called off or the
 * session ends.  So nothing is ever lost by it.
 */
#include "outer.h"
#include "pptp.h"
#include "rtun.h"
#include "session.h"

#include <linux/in.h>
#include <linux/jiffies.h>
#include <linux/skbuff.h>
#include <net/netlink.h>

enum {
	HELD_MAX	= 10,
};

DEFINE_STATIC_KEY_FALSE(rtun_pptp_disorderly);

/* Of the packet inside, which is not looked for again. */
struct held_cb {
	__be16 df;
	u8 tos;
};

static struct held_cb *held_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct held_cb) > sizeof(skb->cb));
	return (struct held_cb *)skb->cb;
}

/* One that was held leaves; it may go another way than was there when it came,
 * but has a TOS and DF of its own.
 */
static void release(struct rtun_session *s, const struct rtun_out *o,
		    struct sk_buff *skb)
{
	struct rtun_out own = *o;	/* the caller's goes on */

	own.df = held_cb(skb)->df;
	own.tos = held_cb(skb)->tos;
	if (skb_cow_head(skb, rtun_out_headroom(s->tunnel, &own)))
		rtun_drop(s, skb, RTUN_DROP_TX_NOMEM);
	else if (rtun_out_send(s->tunnel, &own, skb))
		rtun_stats_drop(s, RTUN_DROP_TX_ERROR);
}

/* All sessions of a namespace together hold no more than RTUN_HELD_MAX. */
static bool may_hold(const struct rtun_session *s, unsigned int most)
{
	return skb_queue_len(&s->pptp->disorder.held) < most &&
	       atomic_long_read(&s->tunnel->rn->held) <= RTUN_HELD_MAX;
}

/* What is held is nobody's: its device may go, TCP waits for it to leave. */
static void hold(struct rtun_session *s, const struct rtun_out *o,
		 struct sk_buff *skb)
{
	struct rtun_pptp_disorder *d = &s->pptp->disorder;

	skb_scrub_packet(skb, true);
	skb_orphan(skb);
	skb->dev = NULL;
	held_cb(skb)->df = o->df;
	held_cb(skb)->tos = o->tos;
	atomic_long_add(skb->truesize, &s->tunnel->rn->held);
	if (skb_queue_empty(&d->held))
		mod_timer(&d->timer,
			  jiffies + msecs_to_jiffies(RTUN_DISORDER_HOLD));
	__skb_queue_tail(&d->held, skb);
	rtun_stats_inc(s->stats, RTUN_A_STATS_TX_HELD);
}

/* The first that is held, or the @last; NULL: none is. */
static struct sk_buff *take(struct rtun_session *s, bool last)
{
	struct sk_buff_head *held = &s->pptp->disorder.held;
	struct sk_buff *skb = last ? __skb_dequeue_tail(held) :
				     __skb_dequeue(held);

	/* before room is made in front of it, which counts too */
	if (skb)
		atomic_long_sub(skb->truesize, &s->tunnel->rn->held);
	return skb;
}

/* All that is held leaves in order, by a route of now.  tx_lock. */
static void flush(struct rtun_session *s)
{
	struct rtun_pptp_disorder *d = &s->pptp->disorder;
	struct sk_buff *skb;
	struct rtun_out o;
	bool route;

	lockdep_assert_held(&s->tx_lock);

	/* the timer may be of some that left behind another since: it is no
	 * reason to count anew
	 */
	if (skb_queue_empty(&d->held))
		return;
	d->passed = 0;
	route = !rtun_out_begin(s->tunnel, &o);
	while ((skb = take(s, false))) {
		if (route)
			release(s, &o, skb);
		else
			rtun_drop(s, skb, RTUN_DROP_TX_NO_ROUTE);
	}
}

int rtun_pptp_disorder(struct rtun_session *s, const struct rtun_out *o,
		       struct sk_buff *skb)
{
	struct rtun_pptp_disorder *d = &s->pptp->disorder;
	unsigned int most = d->type == RTUN_DISORDER_SWAP ? 1 : HELD_MAX;
	int err;

	lockdep_assert_held(&s->tx_lock);

	if (d->passed < d->rate) {
		d->passed++;
		return rtun_out_send(s->tunnel, o, skb);
	}
	if (may_hold(s, most)) {
		hold(s, o, skb);
		/* nothing follows where the window is full */
		if (!rtun_pptp_window_room(s))
			flush(s);
		return 0;
	}
	d->passed = 0;
	err = rtun_out_send(s->tunnel, o, skb);
	while ((skb = take(s, d->type == RTUN_DISORDER_REVERSE)))
		release(s, o, skb);
	return err;
}

/* No packet has come to let them go.  Softirq. */
static void timeout(struct timer_list *t)
{
	struct rtun_pptp_disorder *d = rtun_timer_of(d, t, timer);
	struct rtun_pptp *p = container_of(d, struct rtun_pptp, disorder);

	rcu_read_lock();
	if (rtun_session_tx_lock(p->session)) {
		flush(p->session);
		rtun_session_tx_unlock(p->session);
	}
	rcu_read_unlock();
}

/* No packet is in work inside of itself here, so the lock is to be had. */
static void change(struct rtun_session *s, u8 type, u32 rate)
{
	struct rtun_pptp_disorder *d = &s->pptp->disorder;

	rcu_read_lock();
	local_bh_disable();
	if (rtun_session_tx_lock(s)) {
		flush(s);
		d->passed = 0;
		WRITE_ONCE(d->type, type);
		WRITE_ONCE(d->rate, rate);
		rtun_session_tx_unlock(s);
	}
	local_bh_enable();
	rcu_read_unlock();
}

void rtun_pptp_disorder_init(struct rtun_pptp_disorder *d)
{
	d->rate = RTUN_DISORDER_RATE;
	__skb_queue_head_init(&d->held);
	timer_setup(&d->timer, timeout, 0);
}

void rtun_pptp_disorder_set(struct rtun_session *s, struct nlattr **tb)
{
	const struct nlattr *type = tb[RTUN_A_SESSION_DISORDER];
	const struct nlattr *rate = tb[RTUN_A_SESSION_DISORDER_RATE];
	struct rtun_pptp_disorder *d = &s->pptp->disorder;
	u8 old = d->type, next = type ? nla_get_u32(type) : old;

	if (!type && !rate)
		return;
	if (!old && next)
		static_branch_inc(&rtun_pptp_disorderly);
	change(s, next, rate ? nla_get_u32(rate) : d->rate);
	if (old && !next)
		static_branch_dec(&rtun_pptp_disorderly);
}

void rtun_pptp_disorder_end(struct rtun_session *s)
{
	struct rtun_pptp_disorder *d = &s->pptp->disorder;

	if (!d->type)
		return;
	change(s, RTUN_DISORDER_NONE, d->rate);
	static_branch_dec(&rtun_pptp_disorderly);
}
