// SPDX-License-Identifier: GPL-2.0-only
/*
 * The send window and the round trip of a PPTP session (RFC 2637 sections 4.2
 * and 4.4): window.c with its lock, clock and timer.  Without a window only the
 * round trip is estimated.
 */
#include "netlink.h"
#include "pptp.h"
#include "rtun.h"
#include "seq.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <net/netlink.h>

static u64 now_us(void)
{
	return ktime_to_us(ktime_get());
}

/* Ticks until @deadline, one at least. */
static unsigned long ticks_until(u64 deadline, u64 now)
{
	u64 us = deadline > now ? deadline - now : 0;

	return max(usecs_to_jiffies(min_t(u64, us, U32_MAX)), 1UL);
}

/* The timer is due when an acknowledgement is missing, or before.  Lock held. */
static void rearm(struct rtun_pptp *p, u64 now)
{
	u64 deadline = rtun_window_deadline(&p->window);

	if (p->window.size && deadline != RTUN_WINDOW_NEVER &&
	    READ_ONCE(p->session->state) != RTUN_SESSION_DEAD)
		timer_reduce(&p->timer, jiffies + ticks_until(deadline, now));
}

/* An alarm between this and the next one makes no harm of one packet more. */
bool rtun_pptp_window_room(struct rtun_session *s)
{
	struct rtun_pptp *p = s->pptp;
	bool room;

	if (likely(!READ_ONCE(p->window.size)))
		return true;
	spin_lock(&p->lock);
	room = rtun_window_may_send(&p->window);
	spin_unlock(&p->lock);
	return room;
}

u32 rtun_pptp_window_take(struct rtun_session *s, unsigned int n)
{
	struct rtun_pptp *p = s->pptp;
	struct rtun_window *w = &p->window;
	u64 now = now_us();
	u32 seq;

	spin_lock(&p->lock);
	seq = w->next;
	while (n--)
		rtun_window_sent(w, now);
	if (unlikely(w->size))
		rearm(p, now);
	spin_unlock(&p->lock);
	return seq;
}

void rtun_pptp_window_ack(struct rtun_session *s, u32 ack)
{
	struct rtun_pptp *p = s->pptp;
	enum rtun_window_verdict verdict;

	/* nothing new: most packets of a stream towards us */
	if (ack + 1 == READ_ONCE(p->window.heard))
		return;
	spin_lock(&p->lock);
	verdict = rtun_window_ack(&p->window, ack, now_us());
	spin_unlock(&p->lock);
	if (unlikely(verdict == RTUN_WINDOW_BEYOND))
		rtun_stats_inc(s->stats, RTUN_A_STATS_RX_ACKS_BEYOND);
}

/* The peer was silent for too long.  Softirq. */
static void timeout(struct timer_list *t)
{
	struct rtun_pptp *p = rtun_timer_of(p, t, timer);
	struct rtun_session *s = p->session;
	struct rtun_window *w = &p->window;
	u64 now = now_us();
	u32 lost;

	rcu_read_lock();
	spin_lock(&p->lock);
	lost = w->size ? rtun_window_expire(w, now) : 0;
	rearm(p, now);
	spin_unlock(&p->lock);
	if (lost) {
		rtun_stats_inc(s->stats, RTUN_A_STATS_TX_ALARMS);
		rtun_notify_event(s->tunnel->rn, RTUN_EVENT_ALARM, 0, s->id,
				  lost, NULL, GFP_ATOMIC);
	}
	rcu_read_unlock();
}

int rtun_pptp_window_new(struct rtun_session *s)
{
	struct rtun_pptp *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return -ENOMEM;
	p->session = s;
	spin_lock_init(&p->lock);
	rtun_window_init(&p->window, rtun_seq_first(32), 0);
	timer_setup(&p->timer, timeout, 0);
	rtun_pptp_disorder_init(&p->disorder);
	s->pptp = p;
	return 0;
}

void rtun_pptp_window_set(struct rtun_session *s, struct nlattr **tb)
{
	const struct nlattr *size = tb[RTUN_A_SESSION_TX_WINDOW];
	const struct nlattr *rtt = tb[RTUN_A_SESSION_STATIC_RTT];
	struct rtun_pptp *p = s->pptp;
	struct rtun_window *w = &p->window;

	if (!size && !rtt)
		return;
	spin_lock_bh(&p->lock);
	rtun_window_set(w, size ? nla_get_u32(size) : w->size,
			rtt ? nla_get_u32(rtt) * USEC_PER_MSEC :
			      w->static_rtt);
	rearm(p, now_us());
	spin_unlock_bh(&p->lock);
}

void rtun_pptp_window_stop(struct rtun_session *s)
{
	rtun_timer_shutdown(&s->pptp->timer);
}

void rtun_pptp_window_show(struct rtun_session *s, u32 *size, u32 *static_rtt,
			   u32 *rtt, bool *congested)
{
	struct rtun_pptp *p = s->pptp;

	spin_lock_bh(&p->lock);
	*size = p->window.size;
	*static_rtt = p->window.static_rtt / USEC_PER_MSEC;
	if (!rtun_window_rtt(&p->window, rtt))
		*rtt = 0;
	*congested = p->window.congested;
	spin_unlock_bh(&p->lock);
}
