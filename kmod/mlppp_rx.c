// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments in, see mlppp.h: reassemble.c with packets, locks, memory and time.
 * RFC 1990 sections 3 and 4.1, RFC 2686 section 3.1.
 *
 * A link's packets come under its own lock if they are numbered; the bundle's
 * is taken inside it.
 */
#include "mlppp.h"
#include "bcp.h"
#include "netlink.h"
#include "ppp.h"
#include "rx.h"
#include "session.h"

#include <linux/jiffies.h>
#include <linux/ppp_defs.h>
#include <linux/skbuff.h>
#include <net/inet_ecn.h>

enum {
	/* a packet in pieces that cannot be joined is copied into one up to
	 * this, so that GRO takes it; a longer one is a list of them
	 */
	COPY_MAX = 8192,
	/* what a class may hold even when all of the namespace hold too much:
	 * the pieces of a packet that come one after the other
	 */
	ALWAYS = 16384,
	/* a ring that held nothing for so many seconds is freed */
	RING_IDLE = 2,
};

/* Octets in the ring, and of it while there is something in it, of a class.
 * rx_lock.
 */
static long held(const struct rtun_mp_rx *r)
{
	return r->held ? r->bytes + rtun_mp_ring_size(r) : 0;
}

static void charge(struct rtun_session *b, struct rtun_mp_class *c)
{
	long now = held(&c->core);

	if (likely(now == c->charged))
		return;
	atomic_long_add(now - c->charged, &b->tunnel->rn->held);
	c->charged = now;
}

/* The classes share the bundle's memory: half of it is for who comes first, half
 * has a part for each, so that none starves the others.  rx_lock.
 */
static void share_memory(const struct rtun_bundle *mp, struct rtun_mp_class *c)
{
	u32 memory = READ_ONCE(mp->memory);
	u32 own = memory / 2 / mp->classes_rx;
	u32 left = memory / 2;
	u32 i;

	for (i = 0; i < mp->classes_rx; i++) {
		const struct rtun_mp_class *other = &mp->class[i];
		u32 bytes = other->core.bytes;

		if (other != c && bytes > own)
			left -= min(left, bytes - own);
	}
	c->core.max_bytes = own + left;
}

/* --- putting together ------------------------------------------------------- */

/* @head grows by @skb, which is taken; false: it could not be joined. */
static bool join(struct sk_buff *head, struct sk_buff *skb)
{
	bool stolen;
	int delta;

	if (!skb_try_coalesce(head, skb, &stolen, &delta))
		return false;
	kfree_skb_partial(skb, stolen);
	return true;
}

/* All of @list behind each other in a new one of @len octets; the list stays.
 * @head: the first of it.
 */
static struct sk_buff *copy(struct sk_buff_head *list, struct sk_buff *head,
			    unsigned int len)
{
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + len, GFP_ATOMIC);
	struct sk_buff *part;

	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	skb_queue_walk(list, part)
		if (skb_copy_bits(part, 0, skb_put(skb, part->len), part->len)) {
			kfree_skb(skb);
			return NULL;
		}
	*rtun_cb(skb) = *rtun_cb(head);
	skb->mark = head->mark;
	skb->priority = head->priority;
	return skb;
}

/* The first of @list with all the others in its list of fragments. */
static struct sk_buff *chain(struct sk_buff_head *list)
{
	struct sk_buff *head = __skb_dequeue(list), *skb, **tail;

	if (skb_has_frag_list(head) || skb_cloned(head)) {
		struct sk_buff *one = skb_copy(head, GFP_ATOMIC);

		if (!one) {
			__skb_queue_head(list, head);
			return NULL;
		}
		consume_skb(head);
		head = one;
	}
	tail = &skb_shinfo(head)->frag_list;
	while ((skb = __skb_dequeue(list))) {
		head->len += skb->len;
		head->data_len += skb->len;
		head->truesize += skb->truesize;
		*tail = skb;
		tail = &skb->next;
	}
	return head;
}

/* One packet of all in @list, @len octets; NULL: no memory, and they are gone. */
static struct sk_buff *together(struct rtun_session *b,
				struct sk_buff_head *list, unsigned int len)
{
	struct sk_buff *head = skb_peek(list), *skb;
	bool ce = false;

	skb_queue_walk(list, skb)
		ce |= INET_ECN_is_ce(rtun_cb(skb)->tos);
	/* congestion that one of them met was met by the packet */
	if (ce)
		rtun_cb(head)->tos |= INET_ECN_CE;
	while (!skb_queue_is_last(list, head)) {
		skb = skb_queue_next(list, head);
		__skb_unlink(skb, list);
		if (join(head, skb))
			continue;
		__skb_queue_after(list, head, skb);
		break;
	}
	if (skb_queue_len(list) == 1) {
		skb = __skb_dequeue(list);
	} else if (len <= COPY_MAX) {
		skb = copy(list, head, len);
	} else {
		skb = chain(list);
	}
	/* what was copied */
	while ((head = __skb_dequeue(list)))
		if (skb)
			consume_skb(head);
		else
			kfree_skb(head);
	if (!skb) {
		rtun_stats_drop(b, RTUN_DROP_RX_NOMEM);
		return NULL;
	}
	/* what was known of a sum was known of a part */
	skb->ip_summed = CHECKSUM_NONE;
	return skb;
}

static void deliver(struct rtun_session *b, struct rtun_mp_class *c,
		    struct sk_buff *skb, struct sk_buff_head *answers)
{
	c->rx_packets++;
	rtun_cb(skb)->locked = true;
	rtun_ppp_rx(b, skb, answers);
}

/* --- order ------------------------------------------------------------------ */

static const u8 why_dropped[] = {
	[RTUN_MP_WHY_INCOMPLETE] = RTUN_DROP_MP_INCOMPLETE,
	[RTUN_MP_WHY_ORPHAN] = RTUN_DROP_MP_ORPHAN,
	[RTUN_MP_WHY_OVERSIZE] = RTUN_DROP_MP_OVERSIZE,
};

static void count_lost(struct rtun_session *b, struct rtun_mp_class *c,
		       u64 lost)
{
	struct rtun_bundle *mp = b->mp;

	c->rx_lost += lost;
	mp->lost += lost;
	rtun_stats_add(b->stats, RTUN_A_STATS_RX_LOST, lost);
	if (time_before(jiffies, mp->told + HZ))
		return;
	mp->told = jiffies;
	rtun_notify_event(b->tunnel->rn, RTUN_EVENT_MP_LOSS, 0, b->id,
			  min_t(u64, mp->lost, U32_MAX), NULL, GFP_ATOMIC);
	mp->lost = 0;
}

/* Give on all that is complete or given up.  rx_lock of the bundle. */
static void drain(struct rtun_session *b, struct rtun_mp_class *c,
		  struct sk_buff_head *answers)
{
	struct rtun_mp_rx *r = &c->core;
	struct sk_buff_head list;
	enum rtun_mp_step step;
	struct sk_buff *skb;
	u64 lost = 0;
	u32 n;

	__skb_queue_head_init(&list);
	while ((step = rtun_mp_step(r, jiffies, &lost)) != RTUN_MP_WAIT) {
		u32 len = r->length;

		for (n = r->count; n; n--) {
			skb = rtun_mp_take(r);
			if (skb && step == RTUN_MP_PACKET)
				__skb_queue_tail(&list, skb);
			else if (skb)
				rtun_drop(b, skb, why_dropped[r->why]);
		}
		if (skb_queue_empty(&list))
			continue;
		skb = together(b, &list, len);
		if (skb)
			deliver(b, c, skb, answers);
	}
	if (unlikely(lost))
		count_lost(b, c, lost);
	if (READ_ONCE(b->state) == RTUN_SESSION_DEAD)
		return;
	if (r->held) {
		s32 left = r->deadline - (u32)jiffies;

		timer_reduce(&b->mp->rx_timer, jiffies + max(left, 1));
	} else if (r->ring && !timer_pending(&b->mp->rx_timer)) {
		mod_timer(&b->mp->rx_timer, jiffies + RING_IDLE * HZ);
	}
}

/* Nothing is held: is the ring needed yet? */
static void rest(struct rtun_session *b, struct rtun_mp_rx *r)
{
	u32 idle = jiffies - r->last;

	if (!r->ring)
		return;
	if (idle >= RING_IDLE * HZ) {
		kfree(r->ring);
		r->ring = NULL;
	} else if (READ_ONCE(b->state) != RTUN_SESSION_DEAD) {
		timer_reduce(&b->mp->rx_timer,
			     jiffies + RING_IDLE * HZ - idle);
	}
}

static void resync(struct rtun_session *b, struct rtun_mp_class *c, u32 seq,
		   struct sk_buff_head *answers)
{
	u32 mask = (1U << c->core.bits) - 1;
	u32 jump;

	rtun_mp_flush(&c->core);
	drain(b, c, answers);
	jump = (seq - rtun_mp_awaited(&c->core)) & mask;
	rtun_mp_jump(&c->core, seq);
	rtun_stats_inc(b->stats, RTUN_A_STATS_RX_RESYNC);
	if (rtun_bucket_take(&b->ctrl, RTUN_CTRL_BURST, RTUN_CTRL_RATE))
		rtun_notify_event(b->tunnel->rn, RTUN_EVENT_RESYNC, 0, b->id,
				  jump, NULL, GFP_ATOMIC);
}

/* rx_lock of the bundle.  Takes the skb. */
static void put(struct rtun_session *b, struct rtun_mp_class *c,
		unsigned int link, u32 seq, u8 bits, struct sk_buff *skb,
		struct sk_buff_head *answers)
{
	struct rtun_mp_rx *r = &c->core;
	enum rtun_drop why;

again:
	switch (rtun_mp_put(r, link, seq, bits, skb, skb->len, skb->truesize,
			    jiffies)) {
	case RTUN_MP_NOW:
		deliver(b, c, skb, answers);
		return;
	case RTUN_MP_STORED:
		rtun_stats_inc(b->stats, RTUN_A_STATS_RX_BUFFERED);
		return;
	case RTUN_MP_NULL:
		consume_skb(skb);
		return;
	case RTUN_MP_RING:
		r->ring = kzalloc(rtun_mp_ring_size(r),
				  GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
		if (r->ring)
			goto again;
		why = RTUN_DROP_RX_NOMEM;
		break;
	case RTUN_MP_LIMIT:
		if (rtun_mp_abandon(r)) {
			drain(b, c, answers);
			goto again;
		}
		why = RTUN_DROP_MP_LIMIT;
		break;
	case RTUN_MP_RESYNC:
		resync(b, c, seq, answers);
		goto again;
	case RTUN_MP_LATE:
		why = RTUN_DROP_MP_LATE;
		break;
	case RTUN_MP_DUP:
		why = RTUN_DROP_MP_DUP;
		break;
	case RTUN_MP_FAR:
		why = RTUN_DROP_MP_FAR;
		break;
	default:
		why = RTUN_DROP_MP_ORPHAN;
		break;
	}
	rtun_drop(b, skb, why);
}

/* Bits, class and number, taken off; RTUN_DROP_UNSPEC: they are well-formed. */
static enum rtun_drop pull_header(const struct rtun_bundle *mp,
				  struct sk_buff *skb, u8 *bits, u8 *class,
				  u32 *seq)
{
	unsigned int hlen = mp->short_rx ? RTUN_MP_HLEN_SHORT :
					   RTUN_MP_HLEN_LONG;

	if (!pskb_may_pull(skb, hlen))
		return RTUN_DROP_MP_TRUNCATED;
	*bits = skb->data[0] & (RTUN_MP_B | RTUN_MP_E);
	if (mp->short_rx) {
		*class = skb->data[0] >> 4 & 0x3;
		*seq = get_unaligned_be16(skb->data) & 0xfff;
	} else {
		*class = skb->data[0] >> 2 & 0xf;
		*seq = get_unaligned_be32(skb->data) & 0xffffff;
	}
	/* without classes these bits are zeros that do not matter */
	if (!mp->classed_rx)
		*class = 0;
	else if (*class >= mp->classes_rx)
		return RTUN_DROP_MP_CLASS;
	rtun_rx_pull(skb, hlen);
	return RTUN_DROP_UNSPEC;
}

/* Answers of the bundle leave when no lock is held: with the link's own if its
 * lock is.
 */
static void answer(struct sk_buff_head *mine, struct sk_buff_head *answers)
{
	if (answers)
		skb_queue_splice_tail(mine, answers);
	else
		rtun_ppp_unlocked(mine);
}

void rtun_mp_rx(struct rtun_session *link, struct sk_buff *skb,
		struct sk_buff_head *answers)
{
	struct rtun_session *b = rcu_dereference(link->bundle);
	struct rtun_bundle *mp;
	struct sk_buff_head mine;
	struct rtun_mp_class *c;
	enum rtun_drop why;
	u8 bits, class;
	u32 seq;

	why = RTUN_DROP_MP_NO_BUNDLE;
	if (unlikely(!b))
		goto drop;
	mp = b->mp;
	/* each fragment has its number */
	why = RTUN_DROP_GSO;
	if (unlikely(skb_is_gso(skb)))
		goto drop;
	why = pull_header(mp, skb, &bits, &class, &seq);
	if (unlikely(why))
		goto drop;
	/* it may be held for a while: it must not keep alive, or refer to
	 * unprotected, what belongs to the outer packet
	 */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
	rtun_stats_packet(link->stats, RTUN_A_STATS_RX_FRAGMENTS, skb->len);
	rtun_stats_packet(b->stats, RTUN_A_STATS_RX_FRAGMENTS, skb->len);
	if (!skb->len) {
		rtun_stats_inc(link->stats, RTUN_A_STATS_RX_NULL_FRAGMENTS);
		rtun_stats_inc(b->stats, RTUN_A_STATS_RX_NULL_FRAGMENTS);
	}
	c = &mp->class[class];
	__skb_queue_head_init(&mine);
	spin_lock(&b->rx_lock);
	why = RTUN_DROP_MP_NO_BUNDLE;
	if (unlikely(mp->links[link->link_index] != link))
		goto unlock;
	why = RTUN_DROP_MP_LIMIT;
	if (unlikely(c->core.bytes > ALWAYS &&
		     atomic_long_read(&b->tunnel->rn->held) > RTUN_HELD_MAX)) {
		/* all together hold too much: what is held here goes */
		rtun_mp_flush(&c->core);
		drain(b, c, &mine);
	}
	if (mp->classed_rx)
		share_memory(mp, c);
	put(b, c, link->link_index, seq, bits, skb, &mine);
	skb = NULL;
	if (c->core.held)
		drain(b, c, &mine);
	charge(b, c);
unlock:
	spin_unlock(&b->rx_lock);
	answer(&mine, answers);
	if (likely(!skb))
		return;
drop:
	rtun_drop(b ?: link, skb, why);
}

bool rtun_mp_rx_bare(struct rtun_session *link, struct sk_buff *skb, u16 proto,
		     struct sk_buff_head *answers)
{
	struct rtun_session *b = rcu_dereference(link->bundle);
	struct sk_buff_head mine;

	if (likely(!b) ||
	    (proto != PPP_IP && proto != PPP_IPV6 && proto != RTUN_PPP_BRIDGED &&
	     proto != PPP_COMP))
		return false;
	/* the mux begins at the protocol field */
	if (skb_cow_head(skb, 2)) {
		rtun_drop(b, skb, RTUN_DROP_RX_NOMEM);
		return true;
	}
	put_unaligned_be16(proto, skb_push(skb, 2));
	skb->ip_summed = CHECKSUM_NONE;
	__skb_queue_head_init(&mine);
	spin_lock(&b->rx_lock);
	rtun_cb(skb)->locked = true;
	rtun_ppp_rx(b, skb, &mine);
	spin_unlock(&b->rx_lock);
	answer(&mine, answers);
	return true;
}

static void settle(struct rtun_session *b)
{
	struct rtun_bundle *mp = b->mp;
	struct sk_buff_head mine;
	u32 i;

	__skb_queue_head_init(&mine);
	spin_lock(&b->rx_lock);
	for (i = 0; i < mp->classes_rx; i++) {
		struct rtun_mp_class *c = &mp->class[i];

		if (c->core.held)
			drain(b, c, &mine);
		else
			rest(b, &c->core);
		charge(b, c);
	}
	spin_unlock(&b->rx_lock);
	rtun_ppp_unlocked(&mine);
}

void rtun_mp_rx_deliver(struct rtun_session *b)
{
	struct rtun_bundle *mp = b->mp;
	struct sk_buff_head mine;
	u32 i;

	__skb_queue_head_init(&mine);
	local_bh_disable();
	rcu_read_lock();
	spin_lock(&b->rx_lock);
	for (i = 0; i < mp->classes_rx; i++) {
		struct rtun_mp_class *c = &mp->class[i];

		if (!c->core.held)
			continue;
		rtun_mp_flush(&c->core);
		drain(b, c, &mine);
		charge(b, c);
	}
	spin_unlock(&b->rx_lock);
	rtun_ppp_unlocked(&mine);
	rcu_read_unlock();
	local_bh_enable();
}

void rtun_mp_rx_settle(struct rtun_session *b)
{
	local_bh_disable();
	rcu_read_lock();
	settle(b);
	rcu_read_unlock();
	local_bh_enable();
}

/* Softirq. */
void rtun_mp_rx_timeout(struct timer_list *t)
{
	struct rtun_bundle *mp = rtun_timer_of(mp, t, rx_timer);

	rcu_read_lock();
	settle(mp->session);
	rcu_read_unlock();
}

void rtun_mp_rx_stop(struct rtun_session *b)
{
	struct rtun_bundle *mp = b->mp;
	u64 lost = 0;
	u32 i;

	for (i = 0; i < mp->classes_rx; i++) {
		struct rtun_mp_class *c = &mp->class[i];

		rtun_mp_flush(&c->core);
		while (rtun_mp_step(&c->core, jiffies, &lost) != RTUN_MP_WAIT) {
			u32 n = c->core.count;

			while (n--)
				kfree_skb(rtun_mp_take(&c->core));
		}
		kfree(c->core.ring);
		c->core.ring = NULL;
		charge(b, c);
	}
}
