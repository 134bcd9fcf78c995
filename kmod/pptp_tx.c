// SPDX-License-Identifier: GPL-2.0-only
/*
 * What PPTP puts in front of a payload, and bare acknowledgements (RFC 2637
 * sections 4.1 and 4.2).
 */
#include "gso.h"
#include "gso_whole.h"
#include "outer.h"
#include "pptp.h"
#include "rtun.h"
#include "session.h"

#include <linux/netdevice.h>
#include <linux/skbuff.h>

/* Is there something the peer has not been told of yet? */
static bool ack_due(const struct rtun_session *s)
{
	/* pairs with the release when the first packet was taken */
	return smp_load_acquire(&s->ack_known) &&
	       READ_ONCE(s->reorder.next) != READ_ONCE(s->ack_sent);
}

/* Number a frame, or as many as it will be cut into, or make a bare acknowledgement of an empty one.  Under tx_lock until
 * IP has it: numbers must leave in order.
 */
void rtun_pptp_push(struct rtun_session *s, const struct rtun_out *o,
		    struct sk_buff *skb, bool numbered)
{
	u32 len = skb->len;
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
		put_unaligned_be32(rtun_pptp_window_take(s, rtun_gso_segs(skb)), skb_push(skb, 4));
		flags |= GRE1_S;
	}
	h = skb_push(skb, GRE1_HLEN);
	h[0] = flags;
	h[1] = more;
	put_unaligned_be16(GRE1_PROTO, h + 2);
	put_unaligned_be16(len, h + 4);
	put_unaligned_be16(s->peer_id, h + 6);
	if (skb_is_gso(skb))
		rtun_gso_whole_numbered(skb, GRE1_HLEN_BASE, RTUN_GSO_GRE_PPP);
}

static bool disorderly(const struct rtun_session *s)
{
	return static_branch_unlikely(&rtun_pptp_disorderly) &&
	       s->pptp->disorder.type;
}

/* A window, or disorder, is of single packets. */
bool rtun_pptp_may_whole(struct rtun_session *s, unsigned int extra)
{
	return !disorderly(s) && !READ_ONCE(s->pptp->window.size);
}

int rtun_pptp_whole(struct rtun_session *s, struct sk_buff *skb, bool numbered)
{
	return rtun_gso_whole_mark(skb, 0);
}

/* Peers in user space have a raw socket for GRE: on this machine, behind virtual links, it
 * would get them in one piece.  Where the first device cuts them anyway, all is well.
 */
bool rtun_pptp_lists(const struct rtun_session *s, const struct rtun_out *o)
{
	return !disorderly(s) &&
	       (READ_ONCE(s->flags) & RTUN_SESSION_F_PEER_OFFLOAD ||
		!(o->dst->dev->features & NETIF_F_GSO_FRAGLIST));
}

int rtun_pptp_out(struct rtun_session *s, const struct rtun_out *o,
		  struct sk_buff *skb, bool numbered)
{
	bool empty = !skb->len;

	rtun_pptp_push(s, o, skb, numbered);
	if (disorderly(s) && !empty)
		return rtun_pptp_disorder(s, o, skb);
	return rtun_out_send(s->tunnel, o, skb);
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
		rtun_stats_drop(s, RTUN_DROP_TX_NO_ROUTE);
		return;
	}
	headroom = rtun_out_headroom(s->tunnel, &o) + GRE1_HLEN_MAX;
	skb = alloc_skb(headroom, GFP_ATOMIC);
	if (!skb) {
		rtun_stats_drop(s, RTUN_DROP_TX_NOMEM);
		return;
	}
	skb_reserve(skb, headroom);
	if (!rtun_session_tx_lock(s)) {
		rtun_drop(s, skb, RTUN_DROP_TX_RECURSION);
		return;
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
		rtun_stats_drop(s, RTUN_DROP_TX_ERROR);
	else
		rtun_stats_inc(s->stats, RTUN_A_STATS_TX_ACKS);
}

void rtun_pptp_ack_timeout(struct timer_list *t)
{
	struct rtun_session *s = rtun_timer_of(s, t, ack_timer);

	rcu_read_lock();
	rtun_pptp_ack(s);
	rcu_read_unlock();
}
