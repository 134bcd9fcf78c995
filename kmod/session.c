// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions, see session.h and the lifetime rules in rtun.h.
 */
#include "multipoint.h"
#include "session.h"
#include "alive.h"
#include "capture.h"
#include "link.h"
#include "mlppp.h"
#include "mppe.h"
#include "netlink.h"
#include "order.h"
#include "rtun.h"
#include "seq.h"
#include "tunnel.h"

#include <linux/jiffies.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>

enum {
	/* defaults, as the uAPI says them */
	REORDER_SLOTS	= 256,
	REORDER_TIMEOUT	= 50,	/* ms */
	PEER_WINDOW	= 16,
	ACK_DELAY	= 100,	/* ms */
	/* rounds of waiting for another CPU from within a tunnel: some
	 * milliseconds, a thousand times what it holds the lock for
	 */
	NESTED_SPINS	= 1 << 16,
	/* sessions that wait for the end of a grace period */
	DEAD_MAX	= 1024,
};

/* Ids are of our own choice, or the operator's: nobody else can make them collide. */
static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct rtun_key *key = data;
	u32 from = key->local ^ key->peer * GOLDEN_RATIO_32 ^ key->kind;

	return (((u64)from << 32 | (key->local_id ^ seed)) *
		GOLDEN_RATIO_64) >> 32;
}

static int compare_key(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct rtun_key *wanted = arg->key;
	const struct rtun_key *key = &((const struct rtun_session *)obj)->key;

	return key->local_id != wanted->local_id || key->kind != wanted->kind ||
	       key->local != wanted->local || key->peer != wanted->peer;
}

const struct rhashtable_params rtun_session_params = {
	.hashfn = hash_key,
	.obj_cmpfn = compare_key,
	.key_len = sizeof(struct rtun_key),
	.key_offset = offsetof(struct rtun_session, key),
	.head_offset = offsetof(struct rtun_session, by_wire),
	.automatic_shrinking = true,
};

static struct kmem_cache *sessions;

int __init rtun_sessions_init(void)
{
	sessions = KMEM_CACHE(rtun_session, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	return sessions ? 0 : -ENOMEM;
}

void rtun_sessions_exit(void)
{
	kmem_cache_destroy(sessions);
}

/* How deep this CPU is in tunnels. */
static DEFINE_PER_CPU(unsigned int, nesting);

bool rtun_nesting_enter(void)
{
	unsigned int *depth = this_cpu_ptr(&nesting);

	if (unlikely(*depth >= RTUN_NESTING_MAX))
		return false;
	++*depth;
	return true;
}

void rtun_nesting_leave(void)
{
	--*this_cpu_ptr(&nesting);
}

/* Is @s a link, and the only lock of this CPU that of its bundle?  That order is
 * fixed: who holds a link's lock does not wait for its bundle's.
 */
static bool below_bundle(const struct rtun_session *s, unsigned int depth,
			 int cpu)
{
	/* who sends is under RCU of either kind */
	const struct rtun_session *b = rcu_dereference_raw(s->bundle);

	return depth == 1 && b && READ_ONCE(b->tx_cpu) == cpu;
}

bool __rtun_session_tx_lock(struct rtun_session *s)
{
	unsigned int *depth = this_cpu_ptr(&nesting);
	unsigned int spins = NESTED_SPINS;
	int cpu = smp_processor_id();

	if (unlikely(READ_ONCE(s->tx_cpu) == cpu || *depth >= RTUN_NESTING_MAX))
		return false;
	if (likely(!*depth || below_bundle(s, *depth, cpu))) {
		spin_lock(&s->tx_lock);
	} else {
		/*
		 * We hold the lock of the tunnel around this one.  Where
		 * routes make two tunnels carry each other, another CPU may
		 * do so the other way round: wait, but not for ever.
		 */
		while (!spin_trylock(&s->tx_lock)) {
			if (!--spins)
				return false;
			cpu_relax();
		}
	}
	WRITE_ONCE(s->tx_cpu, cpu);
	++*depth;
	__release(&s->tx_lock);	/* for sparse: __cond_lock() acquires it */
	return true;
}

void rtun_session_tx_unlock(struct rtun_session *s)
	__releases(&s->tx_lock)
{
	--*this_cpu_ptr(&nesting);
	WRITE_ONCE(s->tx_cpu, -1);
	spin_unlock(&s->tx_lock);
}

struct rtun_session *rtun_session_find(struct rtun_net *rn, u32 id)
{
	return xa_load(&rn->sessions, id);
}

struct rtun_session *rtun_session_by_wire(struct rtun_net *rn,
					  const struct rtun_key *key)
{
	struct rtun_session *s;

	s = rhashtable_lookup(&rn->by_wire, key, rtun_session_params);
	if (s && likely(READ_ONCE(s->state) == RTUN_SESSION_LIVE))
		return s;
	return NULL;
}

bool rtun_session_taken(struct rtun_net *rn, const struct rtun_key *key)
{
	bool taken;

	lockdep_assert_held(&rn->cfg_lock);

	/* the table may be growing, which RCU only makes safe */
	rcu_read_lock();
	taken = rhashtable_lookup(&rn->by_wire, key, rtun_session_params);
	rcu_read_unlock();
	return taken;
}

static void session_free(struct work_struct *work)
{
	struct rtun_session *s = container_of(to_rcu_work(work),
					      struct rtun_session, free_work);

	rtun_tunnel_put(s->tunnel);
	free_percpu(s->stats);
	kfree(s->drops);
	kfree(rcu_access_pointer(s->blob));
	kfree(rcu_access_pointer(s->l2tp));
	kfree(s->pptp);
	rtun_mp_free(s);
	rtun_mppe_free(s);
	rtun_prefixes_forget(s);
	kmem_cache_free(sessions, s);
}

void rtun_session_get(struct rtun_session *s)
{
	refcount_inc(&s->ref);
}

void rtun_session_put(struct rtun_session *s)
{
	if (refcount_dec_and_test(&s->ref))
		queue_rcu_work(rtun_wq, &s->free_work);
}

/* @old with the bits that @attr selects as @attr says. */
static u32 merge(u32 old, const struct nlattr *attr)
{
	struct nla_bitfield32 bf;

	if (!attr)
		return old;
	bf = nla_get_bitfield32(attr);
	return (old & ~bf.selector) | (bf.value & bf.selector);
}

static u32 pick(u32 old, const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : old;
}

/* What a session of this kind cannot be asked for. */
static int check_kind(const struct rtun_session *s, struct nlattr **tb,
		      struct netlink_ext_ack *extack)
{
	enum { PPTP = 1, L2TP = 2, MP = 4 };
	static const struct {
		u16 attr;
		u8 not;		/* who has not */
		const char *why;
	} only[] = {
		{ RTUN_A_SESSION_PW_TYPE, PPTP | MP,
		  "only L2TP carries something else than PPP" },
		{ RTUN_A_SESSION_L2SPEC, PPTP | MP,
		  "only L2TP has an L2-specific sublayer" },
		{ RTUN_A_SESSION_VLAN, PPTP | MP,
		  "only L2TP carries something else than PPP, which has no VLAN tag" },
		{ RTUN_A_SESSION_COOKIE_TX, PPTP | MP,
		  "only L2TP has cookies" },
		{ RTUN_A_SESSION_COOKIE_RX, PPTP | MP,
		  "only L2TP has cookies" },
		{ RTUN_A_SESSION_COOKIE_GRACE, PPTP | MP,
		  "only L2TP has cookies" },
		{ RTUN_A_SESSION_PEER_WINDOW, L2TP | MP,
		  "only PPTP has a window for data" },
		{ RTUN_A_SESSION_ACK_DELAY, L2TP | MP,
		  "only PPTP acknowledges data" },
		{ RTUN_A_SESSION_TX_WINDOW, L2TP | MP,
		  "only PPTP has a window for data" },
		{ RTUN_A_SESSION_STATIC_RTT, L2TP | MP,
		  "only PPTP acknowledges data: there is no round trip to wait for" },
		{ RTUN_A_SESSION_DISORDER, L2TP | MP,
		  "only PPTP can be sent out of order on purpose" },
		{ RTUN_A_SESSION_DISORDER_RATE, L2TP | MP,
		  "only PPTP can be sent out of order on purpose" },
		{ RTUN_A_SESSION_LOCAL_ID, MP,
		  "a bundle has no id on the wire" },
		{ RTUN_A_SESSION_PEER_ID, MP,
		  "a bundle has no id on the wire" },
		{ RTUN_A_SESSION_REORDER_SLOTS, MP,
		  "a bundle has no slots: its fragments may take MP_MEMORY octets" },
		{ RTUN_A_SESSION_REORDER_TIMEOUT, MP,
		  "a bundle waits for MP_LOSS_TIME" },
		{ RTUN_A_SESSION_BUNDLE, MP,
		  "a bundle is no link of another one" },
		{ RTUN_A_SESSION_LINK_RATE, MP,
		  "a bundle is no link: give the rate to its links" },
		{ RTUN_A_SESSION_LINK_LATENCY, MP,
		  "a bundle is no link: give the latency to its links" },
		{ RTUN_A_SESSION_LINK_MTU, MP,
		  "a bundle is no link: give the MTU to its links" },
		{ RTUN_A_SESSION_DEAD_TIME, MP,
		  "a bundle is heard over its links: watch those" },
		{ RTUN_A_SESSION_MRRU, PPTP | L2TP,
		  "only a bundle puts packets together" },
		{ RTUN_A_SESSION_PEER_MRRU, PPTP | L2TP,
		  "only a bundle cuts packets" },
		{ RTUN_A_SESSION_MP_CLASSES_RX, PPTP | L2TP,
		  "only a bundle has classes" },
		{ RTUN_A_SESSION_MP_CLASSES_TX, PPTP | L2TP,
		  "only a bundle has classes" },
		{ RTUN_A_SESSION_MP_MODE, PPTP | L2TP,
		  "only a bundle has several links" },
		{ RTUN_A_SESSION_MP_MIN_FRAGMENT, PPTP | L2TP,
		  "only a bundle cuts packets" },
		{ RTUN_A_SESSION_MP_LOSS_TIME, PPTP | L2TP,
		  "only a bundle puts packets together" },
		{ RTUN_A_SESSION_MP_MEMORY, PPTP | L2TP,
		  "only a bundle puts packets together" },
		{ RTUN_A_SESSION_MP_PROBE, PPTP | L2TP,
		  "only a bundle has several links" },
		{ RTUN_A_SESSION_MP_IDLE, PPTP | L2TP,
		  "only a bundle has several links" },
	};
	u8 kind = s->key.kind == RTUN_XPORT_PPTP ? PPTP :
		  s->key.kind == RTUN_XPORT_MLPPP ? MP : L2TP;
	int i;

	for (i = 0; i < ARRAY_SIZE(only); i++) {
		if (!tb[only[i].attr] || !(only[i].not & kind))
			continue;
		rtun_nl_say(extack, tb[only[i].attr], only[i].why);
		return -EOPNOTSUPP;
	}
	return 0;
}

static u32 bits_of(const struct nlattr *attr)
{
	struct nla_bitfield32 bf = {};

	if (attr)
		bf = nla_get_bitfield32(attr);
	return bf.value & bf.selector;
}

/* What its payload cannot be asked for. */
static int check_payload(const struct rtun_session *s, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	const u32 numbers = RTUN_SESSION_F_SEQ_TX | RTUN_SESSION_F_SEQ_RX;
	const struct nlattr *flags = tb[RTUN_A_SESSION_FLAGS];
	const struct nlattr *link = tb[RTUN_A_SESSION_BUNDLE] ?:
				    tb[RTUN_A_SESSION_LINK_RATE] ?:
				    tb[RTUN_A_SESSION_LINK_LATENCY] ?:
				    tb[RTUN_A_SESSION_LINK_MTU];

	if (s->key.kind == RTUN_XPORT_PPTP && bits_of(flags) & numbers) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "PPTP always numbers its packets");
		return -EOPNOTSUPP;
	}
	if (s->mp && bits_of(flags) & numbers) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "a bundle always numbers its fragments");
		return -EOPNOTSUPP;
	}
	if (!s->mp && bits_of(flags) & (RTUN_SESSION_F_MP_SHORT_RX |
					RTUN_SESSION_F_MP_SHORT_TX)) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "only a bundle has headers of multilink");
		return -EOPNOTSUPP;
	}
	if (s->mp && bits_of(flags) & RTUN_SESSION_F_PEER_OFFLOAD) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "a bundle leaves what its links are to hand over to them");
		return -EOPNOTSUPP;
	}
	if (!rtun_session_eth(s)) {
		if (!tb[RTUN_A_SESSION_KEEPALIVE])
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, tb[RTUN_A_SESSION_KEEPALIVE],
				    "PPP has its own keepalive, LCP's");
		return -EOPNOTSUPP;
	}
	if (bits_of(flags) & ~(numbers | RTUN_SESSION_F_PEER_OFFLOAD)) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "Ethernet has no options of PPP");
		return -EOPNOTSUPP;
	}
	if (tb[RTUN_A_SESSION_NP] || tb[RTUN_A_SESSION_MAGIC]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[RTUN_A_SESSION_NP] ?:
				    tb[RTUN_A_SESSION_MAGIC],
				    "Ethernet has no options of PPP");
		return -EOPNOTSUPP;
	}
	if (link) {
		NL_SET_ERR_MSG_ATTR(extack, link,
				    "links of a bundle carry PPP, and this session carries Ethernet");
		return -EOPNOTSUPP;
	}
	if (tb[RTUN_A_SESSION_PREFIXES]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[RTUN_A_SESSION_PREFIXES],
				    "Ethernet shares no device by IP addresses");
		return -EOPNOTSUPP;
	}
	if (tb[RTUN_A_SESSION_MPPE_TX] || tb[RTUN_A_SESSION_MPPE_RX]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[RTUN_A_SESSION_MPPE_TX] ?:
				    tb[RTUN_A_SESSION_MPPE_RX],
				    "MPPE is of PPP, and this session carries Ethernet");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Bridged frames need a device of another kind than IP packets do. */
static int check_np(struct rtun_session *s, struct nlattr **tb,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[RTUN_A_SESSION_NP];
	u32 np = merge(s->np, attr);
	const char *why;

	if (!attr)
		return 0;
	if (np & RTUN_NP_BRIDGE && np & ~RTUN_NP_BRIDGE) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a session carries bridged frames or IP packets, not both");
		return -EINVAL;
	}
	why = rtun_link_refuses(s, np);
	if (!why)
		return 0;
	rtun_nl_say(extack, attr, why);
	return -EPROTOTYPE;
}

static int check_common(const struct rtun_session *s, struct nlattr **tb,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *slots = tb[RTUN_A_SESSION_REORDER_SLOTS];
	const struct nlattr *peer = tb[RTUN_A_SESSION_PEER_ID];

	if (slots && nla_get_u32(slots) && !is_power_of_2(nla_get_u32(slots))) {
		NL_SET_ERR_MSG_ATTR(extack, slots,
				    "the number of slots must be a power of two, or 0");
		return -EINVAL;
	}
	if (peer && s->peer_known && nla_get_u32(peer) != s->peer_id) {
		NL_SET_ERR_MSG_ATTR(extack, peer,
				    "the peer's id is known already and does not change");
		return -EBUSY;
	}
	if (peer && s->key.kind == RTUN_XPORT_PPTP &&
	    nla_get_u32(peer) > U16_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, peer,
				    "call ids go up to 65535");
		return -ERANGE;
	}
	return 0;
}

static void apply_common(struct rtun_session *s, struct nlattr **tb)
{
	const struct nlattr *peer = tb[RTUN_A_SESSION_PEER_ID];

	if (peer && !s->peer_known) {
		s->peer_id = nla_get_u32(peer);
		/* pairs with the acquire in rtun_session_peer_known() */
		smp_store_release(&s->peer_known, true);
	}
	WRITE_ONCE(s->reorder_timeout,
		   pick(s->reorder_timeout, tb[RTUN_A_SESSION_REORDER_TIMEOUT]));
	WRITE_ONCE(s->peer_window,
		   pick(s->peer_window, tb[RTUN_A_SESSION_PEER_WINDOW]));
	WRITE_ONCE(s->ack_delay,
		   pick(s->ack_delay, tb[RTUN_A_SESSION_ACK_DELAY]));
	if (tb[RTUN_A_SESSION_MAGIC]) {
		spin_lock_bh(&s->rx_lock);
		s->magic = nla_get_u32(tb[RTUN_A_SESSION_MAGIC]);
		spin_unlock_bh(&s->rx_lock);
	}
	if (tb[RTUN_A_SESSION_REORDER_SLOTS])
		rtun_order_set_slots(s, nla_get_u32(tb[RTUN_A_SESSION_REORDER_SLOTS]));
	WRITE_ONCE(s->flags, merge(s->flags, tb[RTUN_A_SESSION_FLAGS]));
	WRITE_ONCE(s->np, merge(s->np, tb[RTUN_A_SESSION_NP]));
	WRITE_ONCE(s->circuit, pick(s->circuit, tb[RTUN_A_SESSION_CIRCUIT]));
	/* a peer that is waited for anew was heard of now; one that is dead
	 * already stays so
	 */
	if (tb[RTUN_A_SESSION_DEAD_TIME] && !s->dead_time)
		WRITE_ONCE(s->last_rx, jiffies);
	WRITE_ONCE(s->keepalive,
		   pick(s->keepalive, tb[RTUN_A_SESSION_KEEPALIVE]));
	WRITE_ONCE(s->dead_time,
		   pick(s->dead_time, tb[RTUN_A_SESSION_DEAD_TIME]));
}

/* To what check_kind() lets pass */
static int change(struct rtun_session *s, struct nlattr **tb,
		  struct netlink_ext_ack *extack)
{
	const struct rtun_xport_ops *ops = s->tunnel->ops;
	struct rtun_net *rn = s->tunnel->rn;
	struct rtun_prefix_change prefixes;
	struct rtun_mppe_change mppe;
	struct rtun_blob *blob = NULL;
	int err;

	lockdep_assert_held(&rn->cfg_lock);

	/* first all that can be refused... */
	err = check_payload(s, tb, extack) ?: check_np(s, tb, extack) ?:
	      check_common(s, tb, extack) ?:
	      rtun_mp_check_link(s, tb, extack);
	if (err)
		return err;
	if (tb[RTUN_A_SESSION_BLOB]) {
		blob = rtun_blob_new(rn, tb[RTUN_A_SESSION_BLOB],
				     rcu_dereference_protected(s->blob,
							       lockdep_is_held(&rn->cfg_lock)),
				     extack);
		if (IS_ERR(blob))
			return PTR_ERR(blob);
	}
	err = rtun_mppe_check(tb, &mppe, extack);
	if (err)
		goto free_blob;
	err = rtun_link_check_prefixes(s, tb[RTUN_A_SESSION_PREFIXES],
				       &prefixes, extack);
	if (err)
		goto cancel_mppe;
	err = ops->session_check ? ops->session_check(s, tb, extack) : 0;
	if (err)
		goto cancel_prefixes;

	/* ...then all is done */
	if (tb[RTUN_A_SESSION_BLOB])
		rtun_blob_set(rn, &s->blob, blob);
	if (ops->session_apply)
		ops->session_apply(s, tb);
	/* what is held was encrypted before the peer knew of these keys */
	if (mppe.set_rx) {
		rtun_order_deliver(s);
		if (s->mp)
			rtun_mp_rx_deliver(s);
	}
	/* before the flags: what is required is there when it is demanded */
	rtun_mppe_apply(s, &mppe);
	apply_common(s, tb);
	rtun_mp_apply_link(s, tb);
	rtun_link_apply_prefixes(s, &prefixes);
	/* a new session has nobody yet to be heard of */
	if (s->state == RTUN_SESSION_LIVE &&
	    (tb[RTUN_A_SESSION_KEEPALIVE] || tb[RTUN_A_SESSION_DEAD_TIME]))
		rtun_alive_changed(s);
	rtun_link_carrier(s);
	return 0;

cancel_prefixes:
	rtun_link_cancel_prefixes(s, &prefixes);
cancel_mppe:
	rtun_mppe_cancel(&mppe);
free_blob:
	kfree(blob);
	return err;
}

int rtun_session_set(struct rtun_session *s, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	return check_kind(s, tb, extack) ?: change(s, tb, extack);
}

/* No packet of it is in work: end what else runs, and what it holds. */
static void stop(struct rtun_session *s)
{
	rtun_order_stop(s);
	rtun_alive_stop(s);
	if (s->tunnel->ops->session_stop)
		s->tunnel->ops->session_stop(s);
	rtun_capture_session_gone(s);
}

static void bury_all(struct rtun_net *rn);

/* Who listens must not hear of the end of a session after another one that has
 * its id has come.
 */
static void bury_namesake(struct rtun_net *rn, u32 id)
{
	const struct rtun_session *s;

	list_for_each_entry(s, &rn->dead, kill) {
		if (s->id == id) {
			bury_all(rn);
			return;
		}
	}
}

/* Take its id, its place in the tables; the creation is complete before. */
static int publish(struct rtun_session *s, struct nlattr **tb,
		   struct netlink_ext_ack *extack)
{
	const struct nlattr *id = tb[RTUN_A_SESSION_ID];
	struct rtun_tunnel *t = s->tunnel;
	struct rtun_net *rn = t->rn;
	int err;

	if (id && nla_get_u32(id) > S32_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, id,
				    "ids go from 1 to 2147483647");
		return -ERANGE;
	}
	if (id && nla_get_u32(id)) {
		s->id = nla_get_u32(id);
		err = xa_insert(&rn->sessions, s->id, s, GFP_KERNEL);
		if (err == -EBUSY) {
			NL_SET_ERR_MSG_ATTR(extack, id,
					    "a session with this id exists");
			err = -EEXIST;
		} else if (!err) {
			bury_namesake(rn, s->id);
		}
	} else {
		err = xa_alloc_cyclic(&rn->sessions, &s->id, s, xa_limit_31b,
				      &rn->next_session_id, GFP_KERNEL);
		if (err > 0)
			err = 0;
	}
	if (err)
		return err;
	err = rhashtable_lookup_insert_fast(&rn->by_wire, &s->by_wire,
					    rtun_session_params);
	if (err) {
		xa_erase(&rn->sessions, s->id);
		/* dumps and FRAME may have found it */
		synchronize_rcu();
		stop(s);
		NL_SET_ERR_MSG(extack, "no room in the table of sessions");
		return err;
	}
	list_add_tail_rcu(&s->in_tunnel, &t->sessions);
	t->n_sessions++;
	rn->n_sessions++;
	rtun_net_changed(rn);
	return 0;
}

struct rtun_session *rtun_session_new(struct rtun_tunnel *t,
				      struct nlattr **tb,
				      struct netlink_ext_ack *extack)
{
	struct rtun_session *s;
	int err = -ENOMEM;

	lockdep_assert_held(&t->rn->cfg_lock);

	if (t->rn->n_sessions >= RTUN_SESSIONS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "this network namespace has all the sessions it may have");
		return ERR_PTR(-ENOSPC);
	}
	s = kmem_cache_zalloc(sessions, GFP_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	s->stats = rtun_stats_alloc();
	if (!s->stats)
		goto free;
	s->tunnel = t;
	s->key.kind = t->ops->kind;
	s->pw = RTUN_PW_PPP;
	s->circuit = true;
	s->state = RTUN_SESSION_NEW;
	s->tx_cpu = -1;
	s->reorder_timeout = REORDER_TIMEOUT;
	s->peer_window = PEER_WINDOW;
	s->ack_delay = ACK_DELAY;
	s->ctrl.tokens = RTUN_CTRL_BURST;
	s->ctrl.stamp = jiffies;
	spin_lock_init(&s->rx_lock);
	spin_lock_init(&s->tx_lock);
	rtun_reorder_init(&s->reorder, REORDER_SLOTS, HZ, t->ops->seq_bits);
	s->tx_seq = rtun_seq_first(t->ops->seq_bits);
	timer_setup(&s->gap_timer, rtun_order_timeout, 0);
	rtun_alive_init(s);
	INIT_LIST_HEAD(&s->kill);
	INIT_LIST_HEAD(&s->prefixes);
	refcount_set(&s->ref, 1);
	INIT_RCU_WORK(&s->free_work, session_free);

	err = check_kind(s, tb, extack) ?: t->ops->session_new(s, tb, extack);
	if (err)
		goto free_stats;
	err = change(s, tb, extack);
	if (err)
		goto forget;
	err = publish(s, tb, extack);
	if (err)
		goto forget_blob;
	rtun_tunnel_get(t);
	return s;

forget_blob:
	rtun_blob_set(t->rn, &s->blob, NULL);
forget:
	t->ops->session_del(s);
free_stats:
	kfree(rcu_access_pointer(s->l2tp));
	kfree(s->pptp);
	rtun_mp_free(s);
	rtun_mppe_free(s);
	rtun_prefixes_forget(s);
	free_percpu(s->stats);
free:
	kmem_cache_free(sessions, s);
	return ERR_PTR(err);
}

void rtun_session_live(struct rtun_session *s)
{
	WRITE_ONCE(s->state, RTUN_SESSION_LIVE);
	if (s->keepalive || s->dead_time)
		rtun_alive_changed(s);
}

/* --- the end --------------------------------------------------------------- */

/* Nobody finds it any more; its place is in rtun_net::dead. */
static void die(struct rtun_session *s, u32 reason)
{
	struct rtun_net *rn = s->tunnel->rn;

	WRITE_ONCE(s->state, RTUN_SESSION_DEAD);
	rhashtable_remove_fast(&rn->by_wire, &s->by_wire, rtun_session_params);
	xa_erase(&rn->sessions, s->id);
	s->tunnel->ops->session_del(s);
	list_del_rcu(&s->in_tunnel);
	s->tunnel->n_sessions--;
	rn->n_sessions--;
	rtun_net_changed(rn);
	rtun_mp_leave(s);
	rtun_link_detach(s);
	s->del_reason = reason;
	s->death = ++rn->deaths;
	rn->n_dead++;
}

/* All up to this death: a grace period is over since, no packet of theirs is in
 * work any more, and none can come.
 */
static void bury(struct rtun_net *rn, u64 last)
{
	struct rtun_session *s, *next;

	lockdep_assert_held(&rn->cfg_lock);

	list_for_each_entry_safe(s, next, &rn->dead, kill) {
		if (s->death > last)
			break;
		stop(s);
		rtun_blob_set(rn, &s->blob, NULL);
		rtun_notify_session_del(s, s->del_reason);
		list_del_init(&s->kill);
		rn->n_dead--;
		rtun_session_put(s);
	}
}

static void bury_all(struct rtun_net *rn)
{
	lockdep_assert_held(&rn->cfg_lock);

	if (list_empty(&rn->dead))
		return;
	synchronize_net();
	bury(rn, rn->deaths);
}

void rtun_sessions_kill(struct rtun_net *rn, struct list_head *list,
			u32 reason)
{
	struct rtun_session *s;

	lockdep_assert_held(&rn->cfg_lock);

	list_for_each_entry(s, list, kill)
		die(s, reason);
	list_splice_tail_init(list, &rn->dead);
	bury_all(rn);
}

void rtun_session_kill(struct rtun_session *s, u32 reason)
{
	struct rtun_net *rn = s->tunnel->rn;

	lockdep_assert_held(&rn->cfg_lock);

	die(s, reason);
	list_add_tail(&s->kill, &rn->dead);
	if (rn->n_dead < DEAD_MAX)
		queue_work(rtun_wq, &rn->dead_work);
	else
		bury_all(rn);
}

void rtun_sessions_dead_work(struct work_struct *work)
{
	struct rtun_net *rn = container_of(work, struct rtun_net, dead_work);
	u64 last;

	mutex_lock(&rn->cfg_lock);
	last = rn->deaths;
	mutex_unlock(&rn->cfg_lock);
	synchronize_rcu();
	mutex_lock(&rn->cfg_lock);
	bury(rn, last);
	if (!list_empty(&rn->dead))
		queue_work(rtun_wq, work);
	mutex_unlock(&rn->cfg_lock);
}
