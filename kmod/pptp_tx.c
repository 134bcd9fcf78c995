// SPDX-License-Identifier: GPL-2.0-only
/*
 * What PPTP puts in front of a payload, and bare acknowledgements (RFC 2637
 * sections 4.1 and 4.2).
 */
#include "outer.h"
#include "pptp.h"
#include "rtun.h"
#include "session.h"

#include <linux/in.h>
#include <linux/skbuff.h>

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
int rtun_pptp_out(struct rtun_session *s, const struct rtun_out *o,
		  struct sk_buff *skb, bool numbered)
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
		put_unaligned_be32(rtun_pptp_window_take(s), skb_push(skb, 4));
		flags |= GRE1_S;
	}
	h = skb_push(skb, GRE1_HLEN);
	h[0] = flags;
	h[1] = more;
	put_unaligned_be16(GRE1_PROTO, h + 2);
	put_unaligned_be16(len, h + 4);
	put_unaligned_be16(s->peer_id, h + 6);
	if (static_branch_unlikely(&rtun_pptp_disorderly) && len &&
	    s->pptp->disorder.type)
		return rtun_pptp_disorder(s, o, skb);
	return rtun_out_send(s->tunnel, o, skb, IPPROTO_GRE);
}

/* A bare acknowledgement.  BH disabled, RCU, no lock held. */
void rtun_pptp_ack(struct rtun_session *s)
{
	struct rtun_out o;
	unsigned int headroom;
	struct sk_buff *skb;
	bool sent = false;
	int err = 0;

	if (!rtun_session_peer_known(s) || !ack_due(s))
		return;
	if (rtun_out_begin(s->tunnel, &o)) {
		rtun_stats_drop(s->stats, RTUN_DROP_TX_NO_ROUTE);
		return;
	}
	headroom = rtun_out_headroom(s->tunnel, &o) + GRE1_HLEN_MAX;
	skb = alloc_skb(headroom, GFP_ATOMIC);
	if (!skb) {
		rtun_stats_drop(s->stats, RTUN_DROP_TX_NOMEM);
		goto out;
	}
	skb_reserve(skb, headroom);
	if (!rtun_session_tx_lock(s)) {
		rtun_drop(s->stats, skb, RTUN_DROP_TX_RECURSION);
		goto out;
	}
	/* data may have taken it along meanwhile */
	if (ack_due(s)) {
		err = rtun_pptp_out(s, &o, skb, true);
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
	rtun_out_end(&o);
}

void rtun_pptp_ack_timeout(struct timer_list *t)
{
	struct rtun_session *s = rtun_timer_of(s, t, ack_timer);

	rcu_read_lock();
	rtun_pptp_ack(s);
	rcu_read_unlock();
}
