// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bundles of multilink PPP and their links, see mlppp.h: life, options and what
 * netlink says of them.
 *
 * A link finds its bundle by a pointer under RCU, and is found by it in an array
 * that both locks of the bundle guard.  Neither holds a reference: who dies
 * leaves, under cfg_lock, before the grace period that ends its life.
 */
#include "mlppp.h"
#include "link.h"
#include "netlink.h"
#include "outer.h"
#include "session.h"

#include <linux/random.h>
#include <linux/slab.h>
#include <net/netlink.h>

enum {
	/* defaults, as the uAPI says them */
	MRRU		= 1500,
	LOSS_TIME	= 100,		/* ms */
	MEMORY		= 1 << 20,	/* octets */
	BITS_SHORT	= 12,
	BITS_LONG	= 24,
};

static u32 pick(u32 old, const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : old;
}

/* --- the bundle ------------------------------------------------------------ */

static u32 ticks(u32 ms)
{
	return max(msecs_to_jiffies(ms), 1UL);
}

static void set_limits(const struct rtun_bundle *mp, struct rtun_mp_rx *r)
{
	r->max_bytes = mp->memory;
	r->loss = ticks(mp->loss_time);
}

static int check_classes(const struct nlattr *attr, bool short_header,
			 struct netlink_ext_ack *extack)
{
	u32 n = attr ? nla_get_u32(attr) : 0;

	if (n == 1) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "one class is none: 0, or 2 and more");
		return -ERANGE;
	}
	if (short_header && n > RTUN_MP_CLASSES_SHORT_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "short headers have room for 4 classes");
		return -ERANGE;
	}
	return 0;
}

static u32 flags_of(const struct nlattr *attr)
{
	struct nla_bitfield32 bf = {};

	if (attr)
		bf = nla_get_bitfield32(attr);
	return bf.value & bf.selector;
}

/* Two locks of one kind are held at once: a link's, then its bundle's. */
static struct lock_class_key rx_key, tx_key;

static int mp_session_new(struct rtun_session *s, struct nlattr **tb,
			  struct netlink_ext_ack *extack)
{
	u32 flags = flags_of(tb[RTUN_A_SESSION_FLAGS]);
	u32 rx = pick(0, tb[RTUN_A_SESSION_MP_CLASSES_RX]);
	u32 tx = pick(0, tb[RTUN_A_SESSION_MP_CLASSES_TX]);
	struct rtun_mp_limits limits;
	struct rtun_bundle *mp;
	u32 n, i;
	int err;

	lockdep_assert_held(&s->tunnel->rn->cfg_lock);

	err = check_classes(tb[RTUN_A_SESSION_MP_CLASSES_RX],
			    flags & RTUN_SESSION_F_MP_SHORT_RX, extack) ?:
	      check_classes(tb[RTUN_A_SESSION_MP_CLASSES_TX],
			    flags & RTUN_SESSION_F_MP_SHORT_TX, extack);
	if (err)
		return err;
	n = max3(rx, tx, 1U);
	mp = kzalloc(struct_size(mp, class, n), GFP_KERNEL_ACCOUNT);
	if (!mp)
		return -ENOMEM;
	mp->session = s;
	mp->classed_rx = rx;
	mp->classed_tx = tx;
	mp->classes_rx = max(rx, 1U);
	mp->classes_tx = max(tx, 1U);
	mp->short_rx = flags & RTUN_SESSION_F_MP_SHORT_RX;
	mp->short_tx = flags & RTUN_SESSION_F_MP_SHORT_TX;
	mp->mrru = pick(MRRU, tb[RTUN_A_SESSION_MRRU]);
	mp->peer_mrru = pick(MRRU, tb[RTUN_A_SESSION_PEER_MRRU]);
	mp->loss_time = LOSS_TIME;
	mp->memory = MEMORY;
	mp->told = jiffies - HZ;
	limits = (struct rtun_mp_limits){
		.slots = RTUN_MP_SLOTS,
		.mrru = mp->mrru,
		.max_bytes = mp->memory,
		.loss = ticks(mp->loss_time),
		.idle = HZ,
	};
	for (i = 0; i < mp->classes_rx; i++)
		rtun_mp_init(&mp->class[i].core,
			     mp->short_rx ? BITS_SHORT : BITS_LONG, 0, &limits);
	rtun_mp_tx_init(&mp->share, RTUN_SHARE_WHOLE);
	timer_setup(&mp->rx_timer, rtun_mp_rx_timeout, 0);
	timer_setup(&mp->watch_timer, rtun_mp_watch_timeout, 0);
	mp->cookie = get_random_u32();
	s->mp = mp;
	lockdep_set_class(&s->rx_lock, &rx_key);
	lockdep_set_class(&s->tx_lock, &tx_key);

	/* it is in no packet: only in the table where sessions are found */
	do
		s->key.local_id = get_random_u32();
	while (rtun_session_taken(s->tunnel->rn, &s->key));
	s->peer_known = true;
	/* inside there is no address and control field, and the protocol field
	 * may be short whatever LCP led to (RFC 1990 section 2)
	 */
	s->flags |= RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_PFC_RX;
	return 0;
}

static void mp_session_del(struct rtun_session *s)
{
}

static int mp_session_check(struct rtun_session *s, struct nlattr **tb,
			    struct netlink_ext_ack *extack)
{
	const u32 headers = RTUN_SESSION_F_MP_SHORT_RX |
			    RTUN_SESSION_F_MP_SHORT_TX;
	const struct nlattr *flags = tb[RTUN_A_SESSION_FLAGS];
	struct nla_bitfield32 bf = {};

	if (flags)
		bf = nla_get_bitfield32(flags);
	if (~bf.value & bf.selector &
	    (RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_PFC_RX)) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "a bundle has no address and control field, and takes short protocol fields");
		return -EOPNOTSUPP;
	}
	if (s->state != RTUN_SESSION_NEW && bf.selector & headers &&
	    (bf.value ^ s->flags) & bf.selector & headers) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "a bundle's headers can be given at creation only");
		return -EBUSY;
	}
	return 0;
}

static void mp_session_apply(struct rtun_session *s, struct nlattr **tb)
{
	struct rtun_bundle *mp = s->mp;
	u32 i;

	WRITE_ONCE(mp->loss_time,
		   pick(mp->loss_time, tb[RTUN_A_SESSION_MP_LOSS_TIME]));
	WRITE_ONCE(mp->memory, pick(mp->memory, tb[RTUN_A_SESSION_MP_MEMORY]));
	WRITE_ONCE(mp->idle, pick(mp->idle, tb[RTUN_A_SESSION_MP_IDLE]));
	WRITE_ONCE(mp->probe, pick(mp->probe, tb[RTUN_A_SESSION_MP_PROBE]));
	if (!mp->probe) {
		/* nobody would hear what is left out now */
		spin_lock_bh(&s->tx_lock);
		for (i = 0; i < RTUN_MP_LINKS_MAX; i++) {
			WRITE_ONCE(mp->watch[i].waiting, false);
			WRITE_ONCE(mp->watch[i].silent, false);
		}
		spin_unlock_bh(&s->tx_lock);
	}
	if (tb[RTUN_A_SESSION_MP_LOSS_TIME] || tb[RTUN_A_SESSION_MP_MEMORY]) {
		spin_lock_bh(&s->rx_lock);
		for (i = 0; i < mp->classes_rx; i++)
			set_limits(mp, &mp->class[i].core);
		spin_unlock_bh(&s->rx_lock);
		rtun_mp_rx_settle(s);
	}
	if (tb[RTUN_A_SESSION_MP_MODE] || tb[RTUN_A_SESSION_MP_MIN_FRAGMENT]) {
		spin_lock_bh(&s->tx_lock);
		mp->share.mode = pick(mp->share.mode,
				      tb[RTUN_A_SESSION_MP_MODE]);
		mp->share.min_fragment =
			pick(mp->share.min_fragment,
			     tb[RTUN_A_SESSION_MP_MIN_FRAGMENT]);
		spin_unlock_bh(&s->tx_lock);
	}
}

static void mp_session_stop(struct rtun_session *s)
{
	rtun_timer_shutdown(&s->mp->watch_timer);
	rtun_timer_shutdown(&s->mp->rx_timer);
	rtun_mp_rx_stop(s);
}

void rtun_mp_free(struct rtun_session *s)
{
	kfree(s->mp);
}

static int mp_open(struct rtun_tunnel *t, struct netlink_ext_ack *extack)
{
	return 0;
}

static void mp_close(struct rtun_tunnel *t)
{
}

static unsigned int mp_hlen(const struct rtun_session *s)
{
	return s->mp->short_tx ? RTUN_MP_HLEN_SHORT : RTUN_MP_HLEN_LONG;
}

static bool mp_ordered(const struct rtun_session *s)
{
	return true;
}

/* --- links ----------------------------------------------------------------- */

static struct rtun_session *bundle_of(const struct rtun_session *s)
{
	return rcu_dereference_protected(s->bundle,
					 lockdep_is_held(&s->tunnel->rn->cfg_lock));
}

int rtun_mp_check_link(struct rtun_session *s, struct nlattr **tb,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[RTUN_A_SESSION_BUNDLE];
	u32 id = attr ? nla_get_u32(attr) : 0;
	const char *why = NULL;
	struct rtun_session *b;

	lockdep_assert_held(&s->tunnel->rn->cfg_lock);

	if (!id || (bundle_of(s) && bundle_of(s)->id == id))
		return 0;
	b = rtun_session_find(s->tunnel->rn, id);
	if (s->state != RTUN_SESSION_LIVE)
		why = "a session joins a bundle when it exists";
	else if (!b)
		why = "no such bundle";
	else if (!b->mp)
		why = "not a bundle: its tunnel is not of transport mlppp";
	else if (b->tunnel->owner != s->tunnel->owner)
		why = "a bundle and its links have one owner";
	else if (bundle_of(s))
		why = "the session is a link of another bundle";
	else if (rcu_access_pointer(s->dev))
		why = "the session has a device of its own; detach it first";
	else if (b->mp->n_links == RTUN_MP_LINKS_MAX)
		why = "the bundle has all the links it may have";
	if (!why)
		return 0;
	rtun_nl_say(extack, attr, why);
	return b ? -EBUSY : -ENOENT;
}

static void join(struct rtun_session *b, struct rtun_session *s)
{
	struct rtun_bundle *mp = b->mp;
	struct rtun_mp_path path;
	u32 index = 0, i;

	while (mp->links[index])
		index++;
	/* what fits into a fragment is asked before the first one is sent */
	WRITE_ONCE(s->tunnel->pmtu, rtun_out_pmtu(s->tunnel));
	s->link_index = index;
	path = rtun_mp_path_of(mp, s);
	spin_lock_bh(&b->rx_lock);
	for (i = 0; i < mp->classes_rx; i++)
		rtun_mp_link_add(&mp->class[i].core, index, jiffies);
	spin_lock(&b->tx_lock);
	mp->links[index] = s;
	rtun_mp_tx_set(&mp->share, index, &path);
	mp->watch[index] = (struct rtun_mp_watch){ .last_tx = jiffies };
	spin_unlock(&b->tx_lock);
	spin_unlock_bh(&b->rx_lock);
	WRITE_ONCE(mp->n_links, mp->n_links + 1);
	rcu_assign_pointer(s->bundle, b);
	rtun_notify_event(b->tunnel->rn, RTUN_EVENT_LINK_JOINED, 0, b->id,
			  s->id, NULL, GFP_KERNEL);
}

static void leave(struct rtun_session *b, struct rtun_session *s)
{
	struct rtun_bundle *mp = b->mp;
	u32 i;

	RCU_INIT_POINTER(s->bundle, NULL);
	WRITE_ONCE(mp->n_links, mp->n_links - 1);
	spin_lock_bh(&b->rx_lock);
	for (i = 0; i < mp->classes_rx; i++)
		rtun_mp_link_del(&mp->class[i].core, s->link_index);
	spin_lock(&b->tx_lock);
	mp->links[s->link_index] = NULL;
	rtun_mp_tx_del(&mp->share, s->link_index);
	spin_unlock(&b->tx_lock);
	spin_unlock_bh(&b->rx_lock);
	/* it was maybe the one that others had to wait for */
	if (b->state != RTUN_SESSION_DEAD)
		rtun_mp_rx_settle(b);
	rtun_notify_event(b->tunnel->rn, RTUN_EVENT_LINK_LEFT, 0, b->id,
			  s->id, NULL, GFP_KERNEL);
}

void rtun_mp_apply_link(struct rtun_session *s, struct nlattr **tb)
{
	struct rtun_session *old = bundle_of(s), *b = old;

	s->link_rate = pick(s->link_rate, tb[RTUN_A_SESSION_LINK_RATE]);
	s->link_latency = pick(s->link_latency,
			       tb[RTUN_A_SESSION_LINK_LATENCY]);
	WRITE_ONCE(s->link_mtu, pick(s->link_mtu, tb[RTUN_A_SESSION_LINK_MTU]));
	if (tb[RTUN_A_SESSION_BUNDLE]) {
		u32 id = nla_get_u32(tb[RTUN_A_SESSION_BUNDLE]);

		b = id ? rtun_session_find(s->tunnel->rn, id) : NULL;
	}
	if (b != old) {
		if (old)
			leave(old, s);
		if (b)
			join(b, s);
		rtun_link_carrier(old ?: b);
	} else if (b && (tb[RTUN_A_SESSION_LINK_RATE] ||
			 tb[RTUN_A_SESSION_LINK_LATENCY])) {
		struct rtun_mp_path path = rtun_mp_path_of(b->mp, s);

		spin_lock_bh(&b->tx_lock);
		rtun_mp_tx_set(&b->mp->share, s->link_index, &path);
		spin_unlock_bh(&b->tx_lock);
	}
}

void rtun_mp_leave(struct rtun_session *s)
{
	struct rtun_session *b = bundle_of(s);
	u32 i;

	if (b) {
		leave(b, s);
		rtun_link_carrier(b);
	}
	if (!s->mp)
		return;
	for (i = 0; i < RTUN_MP_LINKS_MAX; i++)
		if (s->mp->links[i])
			leave(s, s->mp->links[i]);
}

/* --- netlink --------------------------------------------------------------- */

int rtun_mp_fill_link(struct sk_buff *msg, struct rtun_session *s)
{
	const struct rtun_session *b = rcu_dereference(s->bundle);

	if (s->mp)
		return 0;
	if ((b && nla_put_u32(msg, RTUN_A_SESSION_BUNDLE, b->id)) ||
	    (s->link_rate &&
	     nla_put_u32(msg, RTUN_A_SESSION_LINK_RATE, s->link_rate)) ||
	    (s->link_latency &&
	     nla_put_u32(msg, RTUN_A_SESSION_LINK_LATENCY, s->link_latency)) ||
	    (s->link_mtu &&
	     nla_put_u32(msg, RTUN_A_SESSION_LINK_MTU, s->link_mtu)))
		return -EMSGSIZE;
	return 0;
}

static int fill_class(struct sk_buff *msg, struct rtun_session *s, u32 index)
{
	struct rtun_mp_class *c = &s->mp->class[index];
	u64 rx_packets, rx_lost, tx_packets;
	struct nlattr *nest;
	u32 held;

	spin_lock_bh(&s->rx_lock);
	rx_packets = c->rx_packets;
	rx_lost = c->rx_lost;
	held = c->core.bytes;
	spin_unlock_bh(&s->rx_lock);
	spin_lock_bh(&s->tx_lock);
	tx_packets = c->tx_packets;
	spin_unlock_bh(&s->tx_lock);
	nest = nla_nest_start(msg, RTUN_A_SESSION_MP_CLASS);
	if (!nest || nla_put_u32(msg, RTUN_A_MP_CLASS_INDEX, index) ||
	    nla_put_u64_64bit(msg, RTUN_A_MP_CLASS_RX_PACKETS, rx_packets,
			      RTUN_A_MP_CLASS_PAD) ||
	    nla_put_u64_64bit(msg, RTUN_A_MP_CLASS_RX_LOST, rx_lost,
			      RTUN_A_MP_CLASS_PAD) ||
	    nla_put_u32(msg, RTUN_A_MP_CLASS_RX_HELD, held) ||
	    nla_put_u64_64bit(msg, RTUN_A_MP_CLASS_TX_PACKETS, tx_packets,
			      RTUN_A_MP_CLASS_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int mp_session_fill(struct sk_buff *msg, struct rtun_session *s)
{
	struct rtun_bundle *mp = s->mp;
	u32 i;

	if (nla_put_u32(msg, RTUN_A_SESSION_MRRU, mp->mrru) ||
	    nla_put_u32(msg, RTUN_A_SESSION_PEER_MRRU, mp->peer_mrru) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_CLASSES_RX,
			mp->classed_rx ? mp->classes_rx : 0) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_CLASSES_TX,
			mp->classed_tx ? mp->classes_tx : 0) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_MODE,
			READ_ONCE(mp->share.mode)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_MIN_FRAGMENT,
			READ_ONCE(mp->share.min_fragment)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_LOSS_TIME,
			READ_ONCE(mp->loss_time)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_MEMORY,
			READ_ONCE(mp->memory)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_IDLE, READ_ONCE(mp->idle)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_MP_PROBE, READ_ONCE(mp->probe)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_LINKS, READ_ONCE(mp->n_links)))
		return -EMSGSIZE;
	for (i = 0; i < max(mp->classes_rx, mp->classes_tx); i++)
		if (fill_class(msg, s, i))
			return -EMSGSIZE;
	return 0;
}

const struct rtun_xport_ops rtun_mp_ops = {
	.kind = RTUN_XPORT_MLPPP,
	.seq_bits = BITS_LONG,
	.hlen_max = RTUN_MP_HLEN_LONG,
	.full = RTUN_DROP_TX_NO_LINK,
	.open = mp_open,
	.close = mp_close,
	.session_new = mp_session_new,
	.session_del = mp_session_del,
	.session_stop = mp_session_stop,
	.session_check = mp_session_check,
	.session_apply = mp_session_apply,
	.session_fill = mp_session_fill,
	.hlen = mp_hlen,
	.ordered = mp_ordered,
	.room = rtun_mp_room,
	.out = rtun_mp_out,
	.gather = rtun_mp_gather,
};
