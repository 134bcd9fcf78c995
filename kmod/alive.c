// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the peer there?  See alive.h.  One piece of work per session does all of
 * it: the packet path only notes the time.
 */
#include "alive.h"
#include "eth.h"
#include "link.h"
#include "netlink.h"
#include "tx.h"

#include <linux/etherdevice.h>
#include <linux/jiffies.h>

void __rtun_alive_heard(struct rtun_session *s)
{
	if (READ_ONCE(s->last_rx) != jiffies) {
		WRITE_ONCE(s->last_rx, jiffies);
		/* pairs with the one in alive_work() */
		smp_mb();
	}
	if (unlikely(!READ_ONCE(s->alive)))
		mod_delayed_work(rtun_wq, &s->alive_work, 0);
}

/* Ticks until @ms after @since have passed, 0: they have. */
static unsigned long left(unsigned long since, u32 ms)
{
	unsigned long due = since + msecs_to_jiffies(ms);

	return time_after(due, jiffies) ? due - jiffies : 0;
}

static void set_alive(struct rtun_session *s, bool alive)
{
	if (s->alive == alive)
		return;
	WRITE_ONCE(s->alive, alive);
	rtun_notify_event(s->tunnel->rn, RTUN_EVENT_PEER_ALIVE, 0, s->id,
			  alive, NULL, GFP_KERNEL);
	rtun_link_carrier(s);
}

static void send_keepalive(struct rtun_session *s)
{
	struct net_device *dev;
	struct sk_buff *skb;

	local_bh_disable();
	rcu_read_lock();
	dev = rcu_dereference(s->dev);
	/* without an address of its own it has nothing to say */
	if (!dev)
		goto out;
	skb = rtun_eth_keepalive(s, dev->dev_addr);
	if (!skb)
		rtun_stats_drop(s, RTUN_DROP_TX_NOMEM);
	else if (!rtun_tx_frame(s, skb))
		rtun_stats_inc(s->stats, RTUN_A_STATS_TX_KEEPALIVE);
out:
	rcu_read_unlock();
	local_bh_enable();
}

static void alive_work(struct work_struct *work)
{
	struct rtun_session *s = container_of(to_delayed_work(work),
					      struct rtun_session, alive_work);
	u32 dead_time = READ_ONCE(s->dead_time);
	u32 keepalive = READ_ONCE(s->keepalive);
	unsigned long next = MAX_JIFFY_OFFSET;
	bool alive = true;

	if (dead_time) {
		unsigned long wait = left(READ_ONCE(s->last_rx), dead_time);

		alive = wait;
		/* the dead are heard of by the packet path */
		if (alive)
			next = wait;
	}
	set_alive(s, alive);
	if (!alive) {
		/* who was heard of meanwhile saw us alive and did nothing: look
		 * again.  Pairs with the one in __rtun_alive_heard().
		 */
		smp_mb();
		if (left(READ_ONCE(s->last_rx), dead_time))
			next = 1;
	}
	if (keepalive) {
		if (!left(READ_ONCE(s->last_tx), keepalive)) {
			send_keepalive(s);
			WRITE_ONCE(s->last_tx, jiffies);
		}
		next = min(next, max(left(READ_ONCE(s->last_tx), keepalive),
				     1UL));
	}
	if (next != MAX_JIFFY_OFFSET)
		mod_delayed_work(rtun_wq, &s->alive_work, next);
}

void rtun_alive_init(struct rtun_session *s)
{
	s->alive = true;
	INIT_DELAYED_WORK(&s->alive_work, alive_work);
}

void rtun_alive_changed(struct rtun_session *s)
{
	WRITE_ONCE(s->last_tx, jiffies);
	mod_delayed_work(rtun_wq, &s->alive_work, 0);
}

void rtun_alive_stop(struct rtun_session *s)
{
	cancel_delayed_work_sync(&s->alive_work);
}
