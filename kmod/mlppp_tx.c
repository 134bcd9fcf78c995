// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of a bundle out, see mlppp.h: share.c says which link gets which part,
 * each part gets its header (RFC 1990 section 3, RFC 2686 section 3.1) and is a
 * frame of that link.  All under the transmit lock of the bundle, so that on
 * each link numbers increase, as the receiver's rule wants it (section 4.1).
 */
#include "mlppp.h"
#include "capture.h"
#include "outer.h"
#include "ppp.h"
#include "seq.h"
#include "session.h"
#include "tx.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/ppp_defs.h>
#include <net/inet_ecn.h>

enum {
	MPPE_OCTETS	= 4,	/* what it adds to a packet */
	/* a link whose path is not known yet: what any carries */
	MTU_UNKNOWN	= 1280,
};

unsigned int rtun_mp_mtu(const struct rtun_session *b, bool encrypted)
{
	return b->mp->peer_mrru - (encrypted ? MPPE_OCTETS : 0);
}

static unsigned int header_len(const struct rtun_bundle *mp)
{
	return mp->short_tx ? RTUN_MP_HLEN_SHORT : RTUN_MP_HLEN_LONG;
}

/* A fragment has what the outer path carries without cutting it again, and what
 * the peer takes in a frame.
 */
struct rtun_mp_path rtun_mp_path_of(const struct rtun_bundle *mp,
				    const struct rtun_session *link)
{
	unsigned int mtu = READ_ONCE(link->tunnel->pmtu) ?: MTU_UNKNOWN;
	unsigned int frame = READ_ONCE(link->link_mtu) ?: U32_MAX;
	struct rtun_mp_path path = {
		.rate = (u64)READ_ONCE(link->link_rate) * 1000,
		.latency = (u64)READ_ONCE(link->link_latency) * NSEC_PER_USEC,
		.overhead = rtun_out_hlen(link->tunnel) +
			    link->tunnel->ops->hlen(link) +
			    rtun_ppp_overhead(link, false) + header_len(mp),
	};

	mtu = mtu > path.overhead ? mtu - path.overhead : 1;
	frame = frame > header_len(mp) ? frame - header_len(mp) : 1;
	path.mtu = min(mtu, frame);
	return path;
}

bool rtun_mp_can_send(struct rtun_session *link)
{
	const struct rtun_xport_ops *ops = link->tunnel->ops;

	return rtun_session_peer_known(link) && READ_ONCE(link->circuit) &&
	       READ_ONCE(link->alive) && (!ops->room || ops->room(link));
}

/* Links that can send now, as bits, without those that are silent if there are
 * others; what they carry is told to the core.  tx_lock of the bundle.
 */
static u32 usable(struct rtun_bundle *mp)
{
	u32 bits = 0, silent = 0, i;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
		const struct rtun_mp_path *old = &mp->share.link[i].path;
		struct rtun_session *link = mp->links[i];
		struct rtun_mp_path path;

		if (!link || !rtun_mp_can_send(link))
			continue;
		path = rtun_mp_path_of(mp, link);
		if (unlikely(path.mtu != old->mtu ||
			     path.overhead != old->overhead))
			rtun_mp_tx_set(&mp->share, i, &path);
		bits |= BIT(i);
		if (unlikely(READ_ONCE(mp->watch[i].silent)))
			silent |= BIT(i);
	}
	return bits & ~silent ?: bits;
}

bool rtun_mp_room(struct rtun_session *b)
{
	struct rtun_bundle *mp = b->mp;
	u32 i;

	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (mp->links[i] && rtun_mp_can_send(mp->links[i]))
			return true;
	return false;
}

static void push_header(const struct rtun_bundle *mp, struct sk_buff *skb,
			u8 bits, u8 class, u32 seq)
{
	if (mp->short_tx)
		put_unaligned_be16(bits << 8 | class << 12 | seq,
				   skb_push(skb, RTUN_MP_HLEN_SHORT));
	else
		put_unaligned_be32((u32)(bits | class << 2) << 24 | seq,
				   skb_push(skb, RTUN_MP_HLEN_LONG));
}

static void gather(struct rtun_mp_gathered *g, struct sk_buff *skb,
		   unsigned int octets)
{
	if (g->head)
		g->tail->next = skb;
	else
		g->head = skb;
	g->tail = skb;
	g->n++;
	g->octets += octets;
}

/* What was gathered for a link leaves; returns how much of it was lost. */
static unsigned int send_gathered(struct rtun_session *b,
				  struct rtun_session *link,
				  struct rtun_mp_gathered *g, u8 inner)
{
	unsigned int lost = rtun_tx_fragments(link, g->head, inner);
	unsigned int sent = g->n - lost;

	if (sent) {
		rtun_stats_packets(link->stats, RTUN_A_STATS_TX_FRAGMENTS,
				   sent, g->octets);
		rtun_stats_packets(b->stats, RTUN_A_STATS_TX_FRAGMENTS, sent,
				   g->octets);
	}
	*g = (struct rtun_mp_gathered){};
	return lost;
}

/* Each link has its fragments in the order of their numbers, and this is the order in which
 * they leave.
 */
unsigned int rtun_mp_gather(struct rtun_session *b, const struct rtun_out *o,
			    bool on)
{
	struct rtun_bundle *mp = b->mp;
	unsigned int lost = 0, i;

	lockdep_assert_held(&b->tx_lock);

	mp->gathers = on;
	if (on) {
		mp->usable = usable(mp);
		mp->now = ktime_get_ns();
		return 0;
	}
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (mp->gathered[i].n)
			lost += send_gathered(b, mp->links[i],
					      &mp->gathered[i], o->inner);
	return lost;
}

/* One part with all its headers; takes the skb.  tx_lock of the bundle. */
static int send_part(struct rtun_session *b, struct rtun_session *link,
		     struct sk_buff *skb, u8 bits, u8 class, u8 inner)
{
	struct rtun_bundle *mp = b->mp;
	struct rtun_mp_class *c = &mp->class[class];
	unsigned int len = skb->len;
	int err;

	push_header(mp, skb, bits, class, c->tx_seq);
	/* a number that is lost with its packet is a loss like any other */
	c->tx_seq = (c->tx_seq + 1) & rtun_seq_mask(mp->short_tx ? 12 : 24);
	rtun_capture(link, skb, 0, PPP_MP, RTUN_CAPTURE_TX);
	rtun_ppp_push_proto(link, skb, PPP_MP);
	rtun_mp_watch_sent(b, link->link_index);
	if (mp->gathers && (!link->tunnel->ops->may_whole ||
			    link->tunnel->ops->may_whole(link, 0))) {
		gather(&mp->gathered[link->link_index], skb, len);
		return 0;
	}
	err = rtun_tx_fragment(link, skb, inner);
	if (err)
		return err;
	rtun_stats_packet(link->stats, RTUN_A_STATS_TX_FRAGMENTS, len);
	rtun_stats_packet(b->stats, RTUN_A_STATS_TX_FRAGMENTS, len);
	return 0;
}

/* A packet's class, from its DSCP: its precedence, spread over all classes. */
static u8 class_of(const struct rtun_bundle *mp, u8 tos)
{
	return (tos >> 5) * mp->classes_tx / 8;
}

/* Copies of all parts but the first, which becomes the skb itself; false: no
 * memory, nothing changed.
 */
static bool cut(struct sk_buff *skb, const struct rtun_mp_part *part,
		unsigned int n, struct sk_buff **copy)
{
	unsigned int room = rtun_tx_headroom();
	unsigned int off = part[0].len, i;

	for (i = 1; i < n; i++) {
		copy[i] = alloc_skb(room + part[i].len, GFP_ATOMIC);
		if (!copy[i])
			goto err;
		skb_reserve(copy[i], room);
		if (skb_copy_bits(skb, off, skb_put(copy[i], part[i].len),
				  part[i].len)) {
			i++;
			goto err;
		}
		copy[i]->dev = skb->dev;
		copy[i]->priority = skb->priority;
		off += part[i].len;
	}
	if (pskb_trim(skb, part[0].len))
		goto err;
	copy[0] = skb;
	return true;

err:
	while (--i)
		kfree_skb(copy[i]);
	return false;
}

int rtun_mp_out(struct rtun_session *b, const struct rtun_out *o,
		struct sk_buff *skb, bool numbered)
{
	struct rtun_mp_part part[RTUN_MP_FRAGMENTS_MAX];
	struct sk_buff *copy[RTUN_MP_FRAGMENTS_MAX];
	struct rtun_bundle *mp = b->mp;
	u8 class = class_of(mp, o->inner);
	unsigned int n, i;
	int err = 0;

	lockdep_assert_held(&b->tx_lock);

	n = rtun_mp_share(&mp->share, mp->gathers ? mp->now : ktime_get_ns(),
			  skb->len, mp->gathers ? mp->usable : usable(mp),
			  part);
	if (unlikely(!n)) {
		kfree_skb(skb);
		return -ENOLINK;
	}
	if (likely(n == 1)) {
		copy[0] = skb;
	} else if (!cut(skb, part, n, copy)) {
		kfree_skb(skb);
		return -ENOBUFS;
	}
	for (i = 0; i < n; i++) {
		u8 bits = (i ? 0 : RTUN_MP_B) | (i < n - 1 ? 0 : RTUN_MP_E);
		int one;

		one = send_part(b, mp->links[part[i].link], copy[i], bits,
				class, o->inner);
		if (one)
			err = one;
	}
	mp->class[class].tx_packets++;
	mp->last_tx = jiffies;
	rtun_mp_watch_arm(b);
	return err;
}

/* A fragment with nothing in it carries only its number (section 4.1). */
void rtun_mp_send_null(struct rtun_session *b, struct rtun_session *link)
{
	unsigned int room = rtun_tx_headroom();
	struct sk_buff *skb = alloc_skb(room, GFP_ATOMIC);

	if (!skb) {
		rtun_stats_drop(b, RTUN_DROP_TX_NOMEM);
		return;
	}
	skb_reserve(skb, room);
	if (send_part(b, link, skb, RTUN_MP_B | RTUN_MP_E, 0, 0))
		return;
	rtun_stats_inc(link->stats, RTUN_A_STATS_TX_NULL_FRAGMENTS);
	rtun_stats_inc(b->stats, RTUN_A_STATS_TX_NULL_FRAGMENTS);
}
