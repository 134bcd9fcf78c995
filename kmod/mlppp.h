/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multilink PPP, RFC 1990, with the classes of RFC 2686: a bundle is a session
 * whose transport are other sessions, its links.  So all that a session can do
 * above its transport, the PPP mux, encryption, the device, control frames to
 * the owner, is above the bundle; its links carry fragments.
 *
 *	mlppp.c		the bundle and its links: life, options, netlink
 *	mlppp_rx.c	fragments in: reassemble.c with packets, locks and time
 *	mlppp_tx.c	packets out: share.c likewise
 *	mlppp_watch.c	links that are idle, and those that are silent
 */
#ifndef _RTUN_MLPPP_H
#define _RTUN_MLPPP_H

#include "reassemble.h"
#include "rtun.h"
#include "share.h"

struct netlink_ext_ack;
struct nlattr;
struct sk_buff_head;

static_assert(RTUN_MP_LINKS_MAX == RTUN_BUNDLE_LINKS_MAX);

enum {
	/* headers of RFC 1990 section 3 */
	RTUN_MP_HLEN_SHORT	= 2,
	RTUN_MP_HLEN_LONG	= 4,
};

/**
 * struct rtun_mp_class - one class of a bundle
 * @core: order and fragments; rx_lock of the bundle
 * @charged: octets that the namespace was charged with; rx_lock
 * @rx_packets: put together; rx_lock
 * @rx_lost: numbers that never arrived; rx_lock
 * @tx_seq: next number; tx_lock of the bundle
 * @tx_packets: tx_lock
 */
struct rtun_mp_class {
	struct rtun_mp_rx core;
	long charged;
	u64 rx_packets;
	u64 rx_lost;
	u32 tx_seq;
	u64 tx_packets;
};

/**
 * struct rtun_mp_watch - when a link was sent on and heard
 * @last_tx: jiffies, the last fragment; tx_lock of the bundle
 * @since: jiffies, the first fragment since it was heard; tx_lock
 * @asked: jiffies, the last Echo-Request; tx_lock
 * @worst: jiffies, how long it was waited for it lately; no lock
 * @waiting: it was sent on since it was heard; no lock
 * @silent: for so long that it is not sent on; no lock
 */
struct rtun_mp_watch {
	unsigned long last_tx;
	unsigned long since;
	unsigned long asked;
	unsigned long worst;
	bool waiting;
	bool silent;
};

/**
 * struct rtun_mp_gathered - fragments of several packets that leave on a link together
 * @head: the first, NULL: none
 * @tail: the last
 * @n: how many
 * @octets: of these, without the headers of multilink and of what is below
 */
struct rtun_mp_gathered {
	struct sk_buff *head;
	struct sk_buff *tail;
	u32 n;
	u32 octets;
};

/**
 * struct rtun_bundle - what a session has that is a bundle
 * @session: itself
 * @links: by rtun_session::link_index; written under cfg_lock and both locks of
 *	the bundle, so each of the three is enough to read
 * @n_links: how many; cfg_lock; also read without
 * @classes_rx: that are received, 1 at the least; never changes
 * @classes_tx: likewise, that are sent
 * @classed_rx: headers have a class; never changes
 * @classed_tx: likewise
 * @short_rx: short headers; never changes
 * @short_tx: likewise
 * @mrru: what is received; never changes
 * @peer_mrru: what is sent; never changes
 * @loss_time: ms; cfg_lock
 * @memory: octets that may be held; cfg_lock
 * @idle: ms; cfg_lock; also read without
 * @probe: likewise
 * @cookie: what Echo-Requests carry; never changes
 * @rx_timer: a fragment is waited for
 * @lost: numbers since the last event about loss; rx_lock
 * @told: when that was, in jiffies; rx_lock
 * @share: which link is next; tx_lock
 * @gathers: several packets are sent at once; tx_lock, as the rest of it
 * @gathered: what they have become until now, of each link
 * @usable: links that can send them, as bits
 * @now: ns, when that began
 * @last_tx: jiffies, the last packet; tx_lock
 * @watch: of each link
 * @watch_timer: null fragments and Echo-Requests may be due
 * @class: as many as there are of either
 */
struct rtun_bundle {
	struct rtun_session *session;
	struct rtun_session *links[RTUN_MP_LINKS_MAX];
	u32 n_links;
	u8 classes_rx;
	u8 classes_tx;
	bool classed_rx;
	bool classed_tx;
	bool short_rx;
	bool short_tx;
	u32 mrru;
	u32 peer_mrru;
	u32 loss_time;
	u32 memory;
	u32 idle;
	u32 probe;
	u32 cookie;

	struct timer_list rx_timer;
	u64 lost;
	unsigned long told;

	struct rtun_mp_tx share;
	bool gathers;
	struct rtun_mp_gathered gathered[RTUN_MP_LINKS_MAX];
	u32 usable;
	u64 now;
	unsigned long last_tx;
	struct rtun_mp_watch watch[RTUN_MP_LINKS_MAX];
	struct timer_list watch_timer;

	struct rtun_mp_class class[];
};

extern const struct rtun_xport_ops rtun_mp_ops;

/* How many links has a bundle? */
static inline u32 rtun_mp_links(const struct rtun_session *s)
{
	return READ_ONCE(s->mp->n_links);
}

/* --- mlppp.c, under cfg_lock ----------------------------------------------- */

/* What SESSION_SET says of a link: can it be, then do it. */
int rtun_mp_check_link(struct rtun_session *s, struct nlattr **tb,
		       struct netlink_ext_ack *extack);
void rtun_mp_apply_link(struct rtun_session *s, struct nlattr **tb);
/* A session dies: it leaves its bundle, or all links leave it.  No packet finds
 * it from now on, but some may be on their way.
 */
void rtun_mp_leave(struct rtun_session *s);
/* No packet of it is in work. */
void rtun_mp_free(struct rtun_session *s);
/* Put what a link has into a dump; 0 or -EMSGSIZE.  RCU. */
int rtun_mp_fill_link(struct sk_buff *msg, struct rtun_session *s);

/* --- mlppp_rx.c; RCU, BH disabled ------------------------------------------ */

/* A fragment behind its protocol field, on any session; takes the skb.  @answers
 * as rtun_ppp_rx().
 */
void rtun_mp_rx(struct rtun_session *link, struct sk_buff *skb,
		struct sk_buff_head *answers);
/* A frame without multilink's header on a link, behind its protocol field: if
 * it is a network packet, it is the bundle's, and was taken.
 */
bool rtun_mp_rx_bare(struct rtun_session *link, struct sk_buff *skb, u16 proto,
		     struct sk_buff_head *answers);
void rtun_mp_rx_timeout(struct timer_list *t);
/* Give on what is complete of what is held, and the rest up; no lock. */
void rtun_mp_rx_deliver(struct rtun_session *b);
/* Give on what can be given on now, after links or limits changed; no lock. */
void rtun_mp_rx_settle(struct rtun_session *b);
/* The bundle is dead and no packet of it is in work. */
void rtun_mp_rx_stop(struct rtun_session *b);

/* --- mlppp_tx.c, mlppp_watch.c --------------------------------------------- */

/* A link was sent on, or a packet was sent; tx_lock of the bundle. */
void rtun_mp_watch_sent(struct rtun_session *b, unsigned int index);
void rtun_mp_watch_arm(struct rtun_session *b);

/* Can it be sent on?  tx_lock of the bundle, or RCU. */
bool rtun_mp_can_send(struct rtun_session *link);
/* A fragment with nothing in it; tx_lock of the bundle. */
void rtun_mp_send_null(struct rtun_session *b, struct rtun_session *link);
/* What is known of a link as it is now.  BH disabled, RCU. */
struct rtun_mp_path rtun_mp_path_of(const struct rtun_bundle *mp,
				    const struct rtun_session *link);
/* Octets of the longest packet that the peer puts together. */
unsigned int rtun_mp_mtu(const struct rtun_session *b, bool encrypted);
/* rtun_xport_ops::out, ::room and ::gather */
int rtun_mp_out(struct rtun_session *b, const struct rtun_out *o,
		struct sk_buff *skb, bool numbered);
bool rtun_mp_room(struct rtun_session *b);
unsigned int rtun_mp_gather(struct rtun_session *b, const struct rtun_out *o,
			    bool on);
void rtun_mp_watch_timeout(struct timer_list *t);

/* Something came over a link: RCU.  Is it the answer to an Echo-Request of ours,
 * from its code on?
 */
void __rtun_mp_heard(struct rtun_session *b, struct rtun_session *link);
bool rtun_mp_echo_reply(const struct rtun_session *link,
			const struct sk_buff *skb);

static inline void rtun_mp_heard(struct rtun_session *s)
{
	struct rtun_session *b = rcu_dereference(s->bundle);

	if (b && READ_ONCE(b->mp->watch[s->link_index].waiting))
		__rtun_mp_heard(b, s);
}

#endif /* _RTUN_MLPPP_H */
