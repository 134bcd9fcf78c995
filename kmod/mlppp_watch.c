// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links of a bundle that are idle, and those that are silent, see mlppp.h.  While
 * the bundle sends, a timer looks at each of its links.
 *
 * One that carries nothing keeps the receiver from knowing what is lost on the
 * others: it gets a null fragment (RFC 1990 section 4.1).
 *
 * One that is cut takes a share of each packet with it, and LCP's keepalive takes
 * a minute to find that.  So a link that was sent on and not heard of since is
 * asked soon (RFC 1661 section 5.8), and left out while it does not answer.
 */
#include "mlppp.h"
#include "netlink.h"
#include "ppp.h"
#include "session.h"
#include "tx.h"

#include <linux/jiffies.h>
#include <linux/ppp_defs.h>

enum {
	LCP_ECHO_REQUEST	= 9,
	LCP_ECHO_REPLY		= 10,
	ECHO_LEN		= 12,	/* code, id, length, magic, cookie */
	/* as often as a probe is waited for before the link is left out... */
	PATIENCE		= 3,
	/* ...but not less than so often as long as it took lately: a satellite
	 * answers late, and is not dead
	 */
	WORST			= 2,
	WORST_SHIFT		= 4,	/* what it took is forgotten slowly */
};

static unsigned long ticks(u32 ms)
{
	return max(msecs_to_jiffies(ms), 1UL);
}

void rtun_mp_watch_sent(struct rtun_session *b, unsigned int index)
{
	struct rtun_mp_watch *w = &b->mp->watch[index];

	w->last_tx = jiffies;
	if (READ_ONCE(w->waiting) || !READ_ONCE(b->mp->probe))
		return;
	WRITE_ONCE(w->since, jiffies);
	WRITE_ONCE(w->waiting, true);
}

void rtun_mp_watch_arm(struct rtun_session *b)
{
	u32 idle = READ_ONCE(b->mp->idle), probe = READ_ONCE(b->mp->probe);
	u32 ms = idle && probe ? min(idle, probe) : idle ?: probe;

	if (ms && !timer_pending(&b->mp->watch_timer) &&
	    READ_ONCE(b->state) != RTUN_SESSION_DEAD)
		mod_timer(&b->mp->watch_timer, jiffies + ticks(ms));
}

void __rtun_mp_heard(struct rtun_session *b, struct rtun_session *link)
{
	struct rtun_mp_watch *w = &b->mp->watch[link->link_index];
	unsigned long worst = READ_ONCE(w->worst);
	unsigned long took;

	/* the time that it was out of order is no delay */
	took = jiffies - (READ_ONCE(w->silent) ? READ_ONCE(w->asked) :
						 READ_ONCE(w->since));
	WRITE_ONCE(w->worst, max(took, worst - (worst >> WORST_SHIFT)));
	WRITE_ONCE(w->waiting, false);
	if (likely(!READ_ONCE(w->silent)))
		return;
	WRITE_ONCE(w->silent, false);
	rtun_notify_event(link->tunnel->rn, RTUN_EVENT_PEER_ALIVE, 0, link->id,
			  1, NULL, GFP_ATOMIC);
}

bool rtun_mp_echo_reply(const struct rtun_session *link,
			const struct sk_buff *skb)
{
	const struct rtun_session *b = rcu_dereference(link->bundle);
	u8 h[ECHO_LEN];

	return b && skb->len >= ECHO_LEN &&
	       !skb_copy_bits(skb, 0, h, sizeof(h)) &&
	       h[0] == LCP_ECHO_REPLY &&
	       get_unaligned_be16(h + 2) == ECHO_LEN &&
	       get_unaligned_be32(h + 8) == b->mp->cookie;
}

static void ask(const struct rtun_bundle *mp, struct rtun_session *link)
{
	unsigned int room = rtun_tx_headroom();
	struct sk_buff *skb = alloc_skb(room + 2 + ECHO_LEN, GFP_ATOMIC);
	u8 *lcp;

	if (!skb) {
		rtun_stats_drop(link, RTUN_DROP_TX_NOMEM);
		return;
	}
	skb_reserve(skb, room);
	put_unaligned_be16(PPP_LCP, skb_put(skb, 2));
	lcp = skb_put(skb, ECHO_LEN);
	lcp[0] = LCP_ECHO_REQUEST;
	lcp[1] = 0;
	put_unaligned_be16(ECHO_LEN, lcp + 2);
	put_unaligned_be32(READ_ONCE(link->magic), lcp + 4);
	put_unaligned_be32(mp->cookie, lcp + 8);
	rtun_ppp_send(link, skb);
}

/* tx_lock of the bundle. */
static void look(struct rtun_session *b, unsigned int index, bool active)
{
	struct rtun_bundle *mp = b->mp;
	struct rtun_mp_watch *w = &mp->watch[index];
	struct rtun_session *link = mp->links[index];
	u32 idle = READ_ONCE(mp->idle), probe = READ_ONCE(mp->probe);
	unsigned long pause;

	if (idle && active && !READ_ONCE(w->silent) &&
	    jiffies - w->last_tx >= ticks(idle) &&
	    rtun_mp_can_send(link))
		rtun_mp_send_null(b, link);
	if (!probe || !READ_ONCE(w->waiting) ||
	    jiffies - w->since < ticks(probe))
		return;
	if (!READ_ONCE(w->silent) &&
	    jiffies - w->since >= max(PATIENCE * ticks(probe),
				      WORST * READ_ONCE(w->worst))) {
		WRITE_ONCE(w->silent, true);
		rtun_notify_event(b->tunnel->rn, RTUN_EVENT_PEER_ALIVE, 0,
				  link->id, 0, NULL, GFP_ATOMIC);
	}
	pause = READ_ONCE(w->silent) ? max_t(unsigned long, ticks(probe), HZ) :
				       ticks(probe);
	if (jiffies - w->asked < pause)
		return;
	WRITE_ONCE(w->asked, jiffies);
	ask(mp, link);
}

void rtun_mp_watch_timeout(struct timer_list *t)
{
	struct rtun_bundle *mp = rtun_timer_of(mp, t, watch_timer);
	struct rtun_session *b = mp->session;
	bool active, waiting = false;
	unsigned int i;

	rcu_read_lock();
	if (!rtun_session_tx_lock(b))
		goto out;
	active = jiffies - mp->last_tx <=
		 ticks(max(READ_ONCE(mp->idle), READ_ONCE(mp->probe)));
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		if (!mp->links[i])
			continue;
		look(b, i, active);
		waiting |= READ_ONCE(mp->watch[i].waiting);
	}
	if (active || (waiting && READ_ONCE(mp->probe)))
		rtun_mp_watch_arm(b);
	rtun_session_tx_unlock(b);
out:
	rcu_read_unlock();
}
