/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects of the data plane and who guards what in them.
 *
 * Lock order: rtnl > rtun_net::cfg_lock > attach lock (link.c) > rx_lock >
 * rx_lock of a bundle > tx_lock of a bundle > tx_lock.  The packet path takes no references: it finds objects under RCU
 * and is done with them before it leaves it.  Configuration holds cfg_lock.
 *
 * Life of a tunnel or session: made complete, then published (id table, then
 * wire table).  Teardown is in one place, the end of session.c: dead, out of
 * the tables, off the device, one grace period for as many as there are, timers
 * shut down, ring emptied, told, creation reference dropped.  Who deletes one
 * session does not wait for the grace period; who deletes a tunnel does.  The
 * last reference frees it from process context after another grace period.
 */
#ifndef _RTUN_RTUN_H
#define _RTUN_RTUN_H

#include "reorder.h"
#include "stats.h"

#include <uapi/linux/rtun.h>

#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

struct netlink_ext_ack;
struct rtun_bundle;
struct rtun_capture;
struct rtun_crypt;
struct rtun_mppe_rx;
struct rtun_multipoint;
struct rtun_out;
struct rtun_pptp;
struct rtun_session;
struct rtun_tunnel;
struct rtun_udp;

enum rtun_limits {
	/* control frames to the owner: a session may send a burst of an
	 * authentication with retries, then a keepalive's pace
	 */
	RTUN_CTRL_BURST		= 32,
	RTUN_CTRL_RATE		= 50,	/* per second */
	RTUN_CTRL_NET_BURST	= 4096,
	RTUN_CTRL_NET_RATE	= 8192,
	/* of a namespace */
	RTUN_TUNNELS_MAX	= 1 << 18,
	RTUN_SESSIONS_MAX	= 1 << 18,
	/* octets (truesize) that all sessions of a namespace may hold */
	RTUN_HELD_MAX		= 64 << 20,
	/* octets of owners' blobs in one namespace */
	RTUN_BLOBS_MAX		= 64 << 20,
	/* tunnels through tunnels through tunnels... */
	RTUN_NESTING_MAX	= 4,
	/* identifications of outer packets that a processor takes at once */
	RTUN_IDENT_BLOCK	= 256,
	/* octets any transport and the payload's header put around a packet:
	 * IPv6, UDP, L2TPv3, cookie, sublayer, encrypted PPP, bridging
	 */
	RTUN_OVERHEAD_MAX	= 78,
};

/* An address of a tunnel's family; the rest of it is zero. */
union rtun_addr {
	__be32 v4;
	struct in6_addr v6;
};

/* Who a tunnel's packets go to, for ICMP errors: no padding in it. */
struct rtun_peer_key {
	u32 family;
	union rtun_addr addr;
};

/* Tokens that come back with time; the caller serialises. */
struct rtun_bucket {
	unsigned long stamp;
	u32 tokens;
};

/* What the owner wants to find again: RCU, replaced under cfg_lock. */
struct rtun_blob {
	struct rcu_head rcu;
	u16 len;
	u8 data[];
};

/**
 * struct rtun_net - what one network namespace has
 * @net: the namespace; it does not go before this does
 * @cfg_lock: serialises all changes
 * @tunnels: by id; written under cfg_lock, read under RCU
 * @sessions: likewise
 * @by_wire: sessions by struct rtun_key
 * @by_peer: tunnels by their peer's address (for ICMP errors)
 * @call_ids: PPTP call id to the number of sessions that receive with it
 * @tunnel_ids: L2TP tunnels by LOCAL_ID, version 2 and version 3
 * @sockets: struct rtun_udp, cfg_lock
 * @n_scoped: sessions whose ids are scoped by their peer
 * @owners: struct rtun_owner, cfg_lock
 * @captures: struct rtun_capture, cfg_lock
 * @n_captures: how many these are
 * @n_tunnels: cfg_lock
 * @n_sessions: cfg_lock
 * @blob_bytes: octets of blobs, cfg_lock
 * @held: octets in the rings of all sessions, and of what leaves late on purpose
 * @generation: counts changes
 * @drops: what no session can be charged with
 * @ctrl_lock: guards @ctrl
 * @ctrl: rate of control frames of all sessions
 * @owner_work: deletes what dies with its owner
 * @dead: sessions in their grace period, by rtun_session::death; cfg_lock
 * @n_dead: how many these are
 * @deaths: sessions that ever died
 * @dead_work: what comes after the grace period
 */
struct rtun_net {
	struct net *net;
	struct mutex cfg_lock;
	struct xarray tunnels;
	struct xarray sessions;
	struct rhashtable by_wire;
	struct rhltable by_peer;
	struct xarray call_ids;
	struct xarray tunnel_ids[2];
	struct list_head sockets;
	atomic_t n_scoped;
	struct list_head owners;
	struct list_head captures;
	u32 n_captures;
	u32 next_tunnel_id;
	u32 next_session_id;
	u32 n_tunnels;
	u32 n_sessions;
	u32 blob_bytes;
	atomic_long_t held;
	atomic_t generation;
	struct rtun_net_drops __percpu *drops;
	spinlock_t ctrl_lock;
	struct rtun_bucket ctrl;
	struct work_struct owner_work;
	struct list_head dead;
	u32 n_dead;
	u64 deaths;
	struct work_struct dead_work;
};

/**
 * struct rtun_owner - a named program
 * @list: in rtun_net::owners
 * @name: given with OWNER_BIND
 * @portid: its socket, 0: nobody; written under cfg_lock, read under RCU
 * @gone: its socket was closed, and what dies with it is still there
 * @n_tunnels: cfg_lock; an owner without socket and tunnels is freed
 */
struct rtun_owner {
	struct list_head list;
	char name[RTUN_OWNER_NAME_MAX + 1];
	u32 portid;
	bool gone;
	u32 n_tunnels;
	struct rcu_head rcu;
};

/**
 * struct rtun_xport_ops - how the packets of a kind of tunnel travel
 * @kind: enum rtun_xport
 * @seq_bits: width of its sequence numbers; L2TP: of the only ones it can have
 * @open: claim the protocol, or the socket, for one more tunnel; cfg_lock
 * @close: give it back; cfg_lock
 * @session_new: pick or check the wire ids; cfg_lock
 * @session_del: forget them; cfg_lock
 * @session_stop: no packet of it is in work any more: stop what else is; may
 *	sleep; may be NULL
 * @session_check: can these attributes of SESSION_SET be applied? NULL: it has
 *	none of its own; cfg_lock
 * @session_apply: after @session_check, cannot fail; cfg_lock
 * @session_fill: put its own attributes into a dump; RCU; 0 or -EMSGSIZE
 * @hlen: octets of its header at the most as the session is now, without the
 *	IP header
 * @hlen_max: ... whatever the session will be
 * @ordered: are packets numbered, and so must leave under the transmit lock?
 * @room: may a packet of the device be sent now?  tx_lock; NULL: always
 * @full: enum rtun_drop, if @room says no
 * @push: put the header in front of a payload, but for IP's; @numbered: as @ordered
 *	said, tx_lock is held then
 * @out: that, and hand it to IP; takes the skb; net errno
 * @lists: may packets leave as a list, see gso_list.h?  NULL: never
 * @may_whole: may a packet that is many leave with one header now, with @extra octets
 *	of ours between its network header, or Ethernet's, and the transport's own?
 *	NULL: always
 * @whole: mark such a packet (GSO) so that who sends the outer packet cuts it and
 *	each gets our headers, @numbered or not, then @out takes it; 0 or errno
 * @gather: several packets follow, @out may keep them back; not @on: they have
 *	followed, all leave now.  Returns how many of these were lost; tx_lock; NULL: it
 *	keeps none back
 * @received: something in order was delivered, maybe it is to be acknowledged;
 *	no lock held; may be NULL
 */
struct rtun_xport_ops {
	u8 kind;
	u8 seq_bits;
	u8 hlen_max;
	u8 full;
	int (*open)(struct rtun_tunnel *t, struct netlink_ext_ack *extack);
	void (*close)(struct rtun_tunnel *t);
	int (*session_new)(struct rtun_session *s, struct nlattr **tb,
			   struct netlink_ext_ack *extack);
	void (*session_del)(struct rtun_session *s);
	void (*session_stop)(struct rtun_session *s);
	int (*session_check)(struct rtun_session *s, struct nlattr **tb,
			     struct netlink_ext_ack *extack);
	void (*session_apply)(struct rtun_session *s, struct nlattr **tb);
	int (*session_fill)(struct sk_buff *msg, struct rtun_session *s);
	unsigned int (*hlen)(const struct rtun_session *s);
	bool (*ordered)(const struct rtun_session *s);
	bool (*room)(struct rtun_session *s);
	void (*push)(struct rtun_session *s, const struct rtun_out *o,
		     struct sk_buff *skb, bool numbered);
	int (*out)(struct rtun_session *s, const struct rtun_out *o,
		   struct sk_buff *skb, bool numbered);
	bool (*lists)(const struct rtun_session *s, const struct rtun_out *o);
	bool (*may_whole)(struct rtun_session *s, unsigned int extra);
	int (*whole)(struct rtun_session *s, struct sk_buff *skb,
		     bool numbered);
	unsigned int (*gather)(struct rtun_session *s, const struct rtun_out *o,
			       bool on);
	void (*received)(struct rtun_session *s);
};

/* Outer policy of a tunnel: single words, read with READ_ONCE. */
struct rtun_outer {
	u32 fwmark;
	u32 oif;
	u8 ttl;
	u8 tos;
	u8 df;
};

/**
 * struct rtun_path - what a CPU knows of the way to a peer
 * @dst: route, with a reference that is given up under RCU: so who uses it needs none;
 *	xchg()
 * @saddr: what is sent from
 * @cookie: of the route; IPv6
 * @routes: rtun_tunnel::routes when it was looked up
 * @ident_saddr: what identifications were taken for
 * @ident: the next of them; IPv4
 * @idents: how many are left
 *
 * Used by its CPU alone, BH disabled; only the route may be taken away by others.
 */
struct rtun_path {
	struct dst_entry *dst;
	union rtun_addr saddr;
	u32 cookie;
	u32 routes;
	__be32 ident_saddr;
	u16 ident;
	u16 idents;
};

/**
 * struct rtun_tunnel - one peer
 * @rn: its namespace
 * @ops: its transport
 * @owner: who gets its control frames; never changes; NULL: nobody
 * @family: of the addresses; AF_UNSPEC: it has none, and no outer packet (MLPPP)
 * @local: our address; zero: any
 * @peer: the peer's address, and what it is found by
 * @local_port: UDP
 * @peer_port: UDP
 * @local_id: L2TP, 0: none
 * @peer_id: L2TP, 0: none
 * @vrf: index of the VRF its packets belong to, 0: none
 * @on_link: the device its link-local peer is behind, 0: it is not link-local
 * @udp: its socket; cfg_lock
 * @outer: policy; written under cfg_lock
 * @path: the way to the peer
 * @routes: how often routes have become invalid by what we are asked for; cfg_lock, and read
 *	without
 * @pmtu: what was last known of the path, for the event
 * @seen_lock: guards @seen, @seen_port, @seen_rate
 * @seen: where data came from last (PEER_FLOAT)
 * @ref: creation and one per session
 * @sessions: cfg_lock, and RCU for readers
 */
struct rtun_tunnel {
	struct rtun_net *rn;
	const struct rtun_xport_ops *ops;
	struct rtun_owner *owner;
	u32 flags;
	u16 family;
	__be16 local_port;
	__be16 peer_port;
	union rtun_addr local;
	struct rtun_peer_key peer;
	u32 local_id;
	u32 peer_id;
	int vrf;
	int on_link;
	struct rtun_udp *udp;
	struct rtun_outer outer;
	u32 pmtu;
	struct rtun_path __percpu *path;
	u32 routes;
	spinlock_t seen_lock;
	union rtun_addr seen;
	__be16 seen_port;
	struct rtun_bucket seen_rate;
	u32 id;
	u32 n_sessions;
	struct rhlist_head by_peer;
	struct list_head sessions;
	struct list_head kill;
	struct rtun_blob __rcu *blob;
	refcount_t ref;
	struct rcu_work free_work;
};

/* Where packets of a session are found: filled with zeros where not used. */
struct rtun_key {
	u32 kind;	/* enum rtun_xport */
	u32 local_id;
	u32 local;	/* PPTP: our address, L2TPv2: our tunnel id */
	u32 peer;	/* PPTP: peer's address, L2TPv3: scope, if it has one */
};

struct rtun_cookie {
	u8 len;
	u8 octets[8];
};

/**
 * struct rtun_l2tp - what L2TP puts in front, and expects; replaced whole
 * @tx: cookie we send
 * @rx: cookie we expect
 * @old: the one before, accepted until @until (of 64 bits: it is compared
 *	for as long as the session lives)
 */
struct rtun_l2tp {
	struct rcu_head rcu;
	struct rtun_cookie tx;
	struct rtun_cookie rx;
	struct rtun_cookie old;
	u64 until;
};

/**
 * struct rtun_session - one call or pseudowire
 *
 * Receive, read-mostly:
 * @by_wire: in rtun_net::by_wire
 * @key: what it is found by
 * @flags: enum rtun_session_flags
 * @np: enum rtun_np; both written under cfg_lock
 * @pw: enum rtun_pw
 * @l2spec: enum rtun_l2spec
 * @vlan: tag on the wire of RTUN_PW_ETH_VLAN
 * @state: enum rtun_session_state
 * @circuit: it is up; cfg_lock
 * @alive: its peer was heard in time; the work of alive.c
 * @dev: RCU; written under the attach lock (link.c)
 * @multipoint: of @dev, which it shares with others; likewise; NULL: it does not
 * @l2tp: RCU; written under cfg_lock; NULL: PPTP
 * @pptp: what PPTP has besides; NULL: not PPTP; lives as long as the session
 * @mp: what a bundle has besides; NULL: no bundle; lives as long as the session
 * @bundle: what it is a link of; RCU; written under cfg_lock; NULL: of none
 * @link_index: which one; see struct rtun_bundle
 * @capture: RCU; written under cfg_lock; both directions look at it; NULL: nobody
 *	captures
 * @drops: NULL until the first one; then the same until the end
 * @tunnel: holds a reference
 *
 * Receive, written per packet, under @rx_lock:
 * @reorder: order of what comes in
 * @rx_cpu: whose cell has the last packets, if they are in order
 * @ctrl: rate of control frames
 * @overrun: control frames lost since the last one the owner got
 * @overruns: in all
 * @magic: of LCP, for echo replies
 * @mppe_rx: decrypts; NULL: nothing
 *
 * Transmit, under @tx_lock:
 * @tx_seq: next number, L2TP
 * @tx_cpu: who holds @tx_lock, to notice a tunnel in itself
 * @ack_sent: last acknowledgement, plus one
 * @ack_known: something was received, there is what to acknowledge
 * @mppe_tx: encrypts; NULL: nothing; whether it is there is asked without a lock
 *
 * Without a lock:
 * @mppe_flush: the peer asked for a flushed packet
 *
 * Without a lock, only if asked for (alive.c):
 * @last_rx: when something came from the peer
 * @last_tx: when something was sent
 *
 * Rest: cfg_lock.
 */
struct rtun_session {
	struct rhash_head by_wire;
	struct rtun_key key;
	u32 flags;
	u32 np;
	u8 state;
	u8 pw;
	u8 l2spec;
	bool peer_known;
	bool circuit;
	bool alive;
	u8 link_index;
	u16 vlan;
	u32 peer_id;
	struct net_device __rcu *dev;
	struct rtun_multipoint __rcu *multipoint;
	struct rtun_l2tp __rcu *l2tp;
	struct rtun_pptp *pptp;
	struct rtun_bundle *mp;
	struct rtun_session __rcu *bundle;
	struct rtun_capture __rcu *capture;
	struct rtun_tunnel *tunnel;
	struct rtun_stats __percpu *stats;
	struct rtun_drops *drops;
	u32 keepalive;		/* ms */
	u32 dead_time;		/* ms */

	spinlock_t rx_lock ____cacheline_aligned_in_smp;
	struct rtun_reorder reorder;
	int rx_cpu;
	struct rtun_bucket ctrl;
	u32 overrun;
	u32 overruns;
	u32 magic;
	struct rtun_mppe_rx *mppe_rx;
	struct timer_list gap_timer;
	struct timer_list ack_timer;

	spinlock_t tx_lock ____cacheline_aligned_in_smp;
	int tx_cpu;
	u32 tx_seq;
	u32 ack_sent;
	bool ack_known;
	bool mppe_flush;
	struct rtun_crypt *mppe_tx;

	unsigned long last_rx;
	unsigned long last_tx;
	struct delayed_work alive_work;

	u32 id;
	u32 reorder_timeout;	/* ms */
	u32 peer_window;	/* packets */
	u32 ack_delay;		/* ms */
	u32 cookie_grace;	/* ms */
	u32 link_rate;		/* kbit/s */
	u32 link_latency;	/* us */
	u32 link_mtu;		/* octets */
	struct rtun_l2tp *l2tp_next; /* between check and apply */
	bool carrier;		/* attach lock */
	struct list_head in_multipoint; /* attach lock */
	struct list_head prefixes; /* attach lock, and RCU for dumps */
	struct list_head in_tunnel;
	struct list_head kill;
	u64 death;		/* which one of rtun_net::deaths */
	u32 del_reason;
	struct rtun_blob __rcu *blob;
	refcount_t ref;
	struct rcu_work free_work;
};

/* Is its payload Ethernet? */
static inline bool rtun_session_eth(const struct rtun_session *s)
{
	return s->pw != RTUN_PW_PPP;
}

/* Can it send?  The peer's id is to be read after this was asked. */
#define rtun_session_peer_known(s)					\
	/* pairs with the release in rtun_session_set() */		\
	smp_load_acquire(&(s)->peer_known)

enum rtun_session_state {
	RTUN_SESSION_NEW,	/* its maker does not know its id yet */
	RTUN_SESSION_LIVE,
	RTUN_SESSION_DEAD,
};

extern unsigned int rtun_net_id;
extern struct workqueue_struct *rtun_wq;
/* Deletes devices: apart, as work of the other waits for that. */
extern struct workqueue_struct *rtun_reap_wq;

struct rtun_net *rtun_net_of(const struct net *net);

/* Something in the configuration changed. */
static inline void rtun_net_changed(struct rtun_net *rn)
{
	atomic_inc(&rn->generation);
}

/* What came back since the last time; then also: take one, if there is one. */
void rtun_bucket_fill(struct rtun_bucket *b, u32 burst, u32 per_second);
bool rtun_bucket_take(struct rtun_bucket *b, u32 burst, u32 per_second);

/* Make a blob of an attribute, charge the namespace and free the old one's
 * charge when set; cfg_lock.
 */
struct rtun_blob *rtun_blob_new(struct rtun_net *rn, const struct nlattr *attr,
				const struct rtun_blob *old,
				struct netlink_ext_ack *extack);
void rtun_blob_set(struct rtun_net *rn, struct rtun_blob __rcu **where,
		   struct rtun_blob *blob);

#endif /* _RTUN_RTUN_H */
