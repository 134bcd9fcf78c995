// SPDX-License-Identifier: GPL-2.0-only
/*
 * L2TP as a transport: ids, cookies, what a session may be asked for.
 *
 * Session ids of version 3 are random numbers of 32 bits unless they are given:
 * with a cookie they are all that keeps strangers out (RFC 3931 section 8.2).
 */
#include "l2tp.h"
#include "netlink.h"
#include "order.h"
#include "ppp.h"
#include "session.h"
#include "seq.h"
#include "udp.h"

#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/random.h>
#include <net/netlink.h>

enum {
	V2_ID_MAX	= 0xffff,
	ID_TRIES	= 64,	/* at random before walking */
	COOKIE_GRACE	= 30000, /* ms */
};

u32 rtun_l2tp_scope(const struct rtun_peer_key *peer, __be16 port)
{
	return jhash(peer, sizeof(*peer), (__force u16)port) | 1;
}

static bool v2(const struct rtun_session *s)
{
	return s->key.kind == RTUN_XPORT_L2TPV2;
}

/* An id that is free among those the key can tell apart. */
static bool pick_id(struct rtun_session *s)
{
	struct rtun_net *rn = s->tunnel->rn;
	int i;

	for (i = 0; i < ID_TRIES; i++) {
		u32 id = get_random_u32();

		s->key.local_id = v2(s) ? id % V2_ID_MAX + 1 : id;
		if (s->key.local_id && !rtun_session_taken(rn, &s->key))
			return true;
	}
	/* four thousand million are never all in use, 65535 may be */
	for (i = 0; v2(s) && i < V2_ID_MAX; i++) {
		s->key.local_id = s->key.local_id % V2_ID_MAX + 1;
		if (!rtun_session_taken(rn, &s->key))
			return true;
	}
	return false;
}

static int check_payload(struct rtun_session *s, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *pw = tb[RTUN_A_SESSION_PW_TYPE];
	const struct nlattr *vlan = tb[RTUN_A_SESSION_VLAN];

	if (pw)
		s->pw = nla_get_u32(pw);
	else
		s->pw = v2(s) ? RTUN_PW_PPP : RTUN_PW_ETH;
	if (v2(s) && s->pw != RTUN_PW_PPP) {
		NL_SET_ERR_MSG_ATTR(extack, pw,
				    "version 2 of L2TP carries PPP only");
		return -EINVAL;
	}
	if (s->pw != RTUN_PW_PPP && s->pw != RTUN_PW_ETH &&
	    s->pw != RTUN_PW_ETH_VLAN) {
		NL_SET_ERR_MSG_ATTR(extack, pw,
				    "no pseudowire type that is known: 4 is Ethernet VLAN, 5 Ethernet, 7 PPP");
		return -EINVAL;
	}
	if (vlan && s->pw != RTUN_PW_ETH_VLAN) {
		NL_SET_ERR_MSG_ATTR(extack, vlan,
				    "only a pseudowire of type 4 (Ethernet VLAN) has a tag");
		return -EINVAL;
	}
	s->vlan = vlan ? nla_get_u32(vlan) : 0;
	return 0;
}

static int session_new(struct rtun_session *s, struct nlattr **tb,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *local_id = tb[RTUN_A_SESSION_LOCAL_ID];
	const struct nlattr *l2spec = tb[RTUN_A_SESSION_L2SPEC];
	struct rtun_tunnel *t = s->tunnel;
	struct rtun_l2tp *l;
	int err;

	lockdep_assert_held(&t->rn->cfg_lock);

	err = check_payload(s, tb, extack);
	if (err)
		return err;
	if (l2spec && v2(s)) {
		NL_SET_ERR_MSG_ATTR(extack, l2spec,
				    "version 2 of L2TP has no L2-specific sublayer");
		return -EINVAL;
	}
	s->l2spec = l2spec ? nla_get_u32(l2spec) : RTUN_L2SPEC_NONE;
	s->cookie_grace = COOKIE_GRACE;

	s->key.local = v2(s) ? t->local_id : 0;
	if (t->flags & RTUN_TUNNEL_F_SCOPED_IDS)
		s->key.peer = rtun_l2tp_scope(&t->peer, t->peer_port);
	s->key.local_id = local_id ? nla_get_u32(local_id) : 0;
	if (v2(s) && s->key.local_id > V2_ID_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, local_id,
				    "session ids of version 2 go from 1 to 65535");
		return -ERANGE;
	}
	if (!s->key.local_id) {
		if (!pick_id(s)) {
			NL_SET_ERR_MSG(extack,
				       "all session ids of the tunnel are in use");
			return -ENOSPC;
		}
	} else if (rtun_session_taken(t->rn, &s->key)) {
		rtun_nl_say(extack, local_id, v2(s) ?
			    "a session of this tunnel receives with this id" :
			    "a session receives with this id");
		return -EEXIST;
	}
	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return -ENOMEM;
	RCU_INIT_POINTER(s->l2tp, l);
	if (s->key.peer)
		atomic_inc(&t->rn->n_scoped);
	return 0;
}

static void session_del(struct rtun_session *s)
{
	if (s->key.peer)
		atomic_dec(&s->tunnel->rn->n_scoped);
}

static int check_cookie(const struct rtun_session *s, const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	if (v2(s)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "version 2 of L2TP has no cookies");
		return -EINVAL;
	}
	switch (nla_len(attr)) {
	case 0:
	case 4:
	case 8:
		return 0;
	}
	NL_SET_ERR_MSG_ATTR(extack, attr, "a cookie has 4 or 8 octets, or none");
	return -EINVAL;
}

static int session_check(struct rtun_session *s, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *flags = tb[RTUN_A_SESSION_FLAGS];
	const struct nlattr *peer = tb[RTUN_A_SESSION_PEER_ID];
	struct nla_bitfield32 bits = {};
	int err;

	if (peer && (!nla_get_u32(peer) ||
		     (v2(s) && nla_get_u32(peer) > V2_ID_MAX))) {
		rtun_nl_say(extack, peer, v2(s) ?
			    "session ids of version 2 go from 1 to 65535" :
			    "0 is no session id: it is for control messages");
		return -ERANGE;
	}
	err = check_cookie(s, tb[RTUN_A_SESSION_COOKIE_TX], extack) ?:
	      check_cookie(s, tb[RTUN_A_SESSION_COOKIE_RX], extack);
	if (err)
		return err;
	if (flags)
		bits = nla_get_bitfield32(flags);
	if (bits.value & bits.selector &
	    (RTUN_SESSION_F_SEQ_TX | RTUN_SESSION_F_SEQ_RX) &&
	    !v2(s) && s->l2spec == RTUN_L2SPEC_NONE) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "sequencing needs the L2-specific sublayer, where the numbers are");
		return -EINVAL;
	}
	/* the only thing that applying needs memory for */
	if (tb[RTUN_A_SESSION_COOKIE_TX] || tb[RTUN_A_SESSION_COOKIE_RX] ||
	    tb[RTUN_A_SESSION_COOKIE_GRACE]) {
		s->l2tp_next = kzalloc(sizeof(*s->l2tp_next),
				       GFP_KERNEL_ACCOUNT);
		if (!s->l2tp_next)
			return -ENOMEM;
	}
	return 0;
}

static void get_cookie(struct rtun_cookie *c, const struct nlattr *attr)
{
	c->len = nla_len(attr);
	memset(c->octets, 0, sizeof(c->octets));
	memcpy(c->octets, nla_data(attr), c->len);
}

static void set_cookies(struct rtun_session *s, struct nlattr **tb)
{
	struct rtun_l2tp *old = rcu_dereference_protected(s->l2tp,
				lockdep_is_held(&s->tunnel->rn->cfg_lock));
	struct rtun_l2tp *l = s->l2tp_next;

	if (!l)
		return;
	s->l2tp_next = NULL;
	l->tx = old->tx;
	l->rx = old->rx;
	l->old = old->old;
	l->until = old->until;
	if (tb[RTUN_A_SESSION_COOKIE_TX])
		get_cookie(&l->tx, tb[RTUN_A_SESSION_COOKIE_TX]);
	if (tb[RTUN_A_SESSION_COOKIE_RX])
		get_cookie(&l->rx, tb[RTUN_A_SESSION_COOKIE_RX]);
	/* the same once more changes nothing about the one before */
	if (memcmp(&l->rx, &old->rx, sizeof(l->rx))) {
		l->old = old->rx;
		l->until = get_jiffies_64() + msecs_to_jiffies(s->cookie_grace);
	}
	/* no patience at all ends also what is under way */
	if (!s->cookie_grace)
		l->old.len = 0;
	rcu_assign_pointer(s->l2tp, l);
	kfree_rcu(old, rcu);
}

/* Before the new flags are seen. */
static void session_apply(struct rtun_session *s, struct nlattr **tb)
{
	struct nla_bitfield32 bits = {};

	if (tb[RTUN_A_SESSION_COOKIE_GRACE])
		s->cookie_grace = nla_get_u32(tb[RTUN_A_SESSION_COOKIE_GRACE]);
	set_cookies(s, tb);
	if (tb[RTUN_A_SESSION_FLAGS])
		bits = nla_get_bitfield32(tb[RTUN_A_SESSION_FLAGS]);
	if ((bits.value ^ s->flags) & bits.selector & RTUN_SESSION_F_SEQ_RX)
		rtun_order_restart(s);
}

static int session_fill(struct sk_buff *msg, struct rtun_session *s)
{
	const struct rtun_l2tp *l = rcu_dereference(s->l2tp);

	if (v2(s))
		return 0;
	if (nla_put_u32(msg, RTUN_A_SESSION_L2SPEC, s->l2spec) ||
	    (s->vlan && nla_put_u32(msg, RTUN_A_SESSION_VLAN, s->vlan)) ||
	    nla_put(msg, RTUN_A_SESSION_COOKIE_TX, l->tx.len, l->tx.octets) ||
	    nla_put(msg, RTUN_A_SESSION_COOKIE_RX, l->rx.len, l->rx.octets) ||
	    nla_put_u32(msg, RTUN_A_SESSION_COOKIE_GRACE,
			READ_ONCE(s->cookie_grace)))
		return -EMSGSIZE;
	return 0;
}

static bool ordered(const struct rtun_session *s)
{
	return READ_ONCE(s->flags) & RTUN_SESSION_F_SEQ_TX;
}

static int udp_open(struct rtun_tunnel *t, struct netlink_ext_ack *extack)
{
	struct rtun_udp *u = rtun_udp_get(t, extack);

	if (IS_ERR(u))
		return PTR_ERR(u);
	t->udp = u;
	return 0;
}

static void udp_close(struct rtun_tunnel *t)
{
	rtun_udp_put(t->udp, t);
	t->udp = NULL;
}

/* Who receives them on this machine takes them: UDP cuts them for its sockets, and
 * protocol 115 is ours in all namespaces.  (A raw socket for that sees them whole.)
 */
static bool lists(const struct rtun_session *s, const struct rtun_out *o)
{
	return true;
}

static_assert(sizeof(struct ipv6hdr) + RTUN_L2TP_HLEN_MAX +
	      RTUN_PPP_OVERHEAD_MAX <=
	      RTUN_OVERHEAD_MAX);

#define L2TP_OPS(k, bits, opened, closed) {			\
	.kind = (k),							\
	.seq_bits = (bits),						\
	.hlen_max = RTUN_L2TP_HLEN_MAX,					\
	.open = (opened),						\
	.close = (closed),						\
	.session_new = session_new,					\
	.session_del = session_del,					\
	.session_check = session_check,					\
	.session_apply = session_apply,					\
	.session_fill = session_fill,					\
	.hlen = rtun_l2tp_hlen,						\
	.ordered = ordered,						\
	.push = rtun_l2tp_push,						\
	.out = rtun_l2tp_out,						\
	.lists = lists,							\
	.may_whole = rtun_l2tp_may_whole,				\
	.whole = rtun_l2tp_whole,					\
}

const struct rtun_xport_ops rtun_l2tpv2_ops =
	L2TP_OPS(RTUN_XPORT_L2TPV2, 16, udp_open, udp_close);
const struct rtun_xport_ops rtun_l2tpv3_udp_ops =
	L2TP_OPS(RTUN_XPORT_L2TPV3_UDP, 24, udp_open, udp_close);
const struct rtun_xport_ops rtun_l2tpv3_ip_ops =
	L2TP_OPS(RTUN_XPORT_L2TPV3_IP, 24, rtun_l2tp_ip_open,
		 rtun_l2tp_ip_close);
