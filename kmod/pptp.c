// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data packets of PPTP (RFC 2637 section 4): GRE version 1 with a key that is
 * the payload's length and the receiver's call id, a sequence number if there
 * is a payload, and an acknowledgement if there is something to acknowledge.
 *
 * The kernel counts all of a session's sequence numbers, also those of frames
 * the owner sends.  A transmit window (section 4.4, a means against congestion of
 * a slow link) is there for whoever asks for it.
 */
#include "pptp.h"
#include "order.h"
#include "ppp.h"
#include "rtun.h"
#include "session.h"

#include <linux/ip.h>
#include <linux/module.h>
#include <linux/random.h>
#include <net/gre.h>
#include <net/netlink.h>

enum {
	CALL_ID_MAX	= 0xffff,
	CALL_ID_TRIES	= 64,	/* at random before walking */
};

/* How many sessions receive with this call id, plus @add.  cfg_lock. */
static int count_call_id(struct rtun_net *rn, u16 id, int add)
{
	void *entry = xa_load(&rn->call_ids, id);
	unsigned long n = (entry ? xa_to_value(entry) : 0) + add;

	if (!n) {
		xa_erase(&rn->call_ids, id);
		return 0;
	}
	return xa_err(xa_store(&rn->call_ids, id, xa_mk_value(n), GFP_KERNEL));
}

/* At random: a stranger who guesses it could disturb the session, and a
 * packet for the last one that had it would meet the next one.
 */
static u16 pick_call_id(struct rtun_net *rn)
{
	int i;
	u16 id;

	for (i = 0; i < CALL_ID_TRIES; i++) {
		id = get_random_u32() % CALL_ID_MAX + 1;
		if (!xa_load(&rn->call_ids, id))
			return id;
	}
	for (i = 0; i < CALL_ID_MAX; i++) {
		id = id % CALL_ID_MAX + 1;
		if (!xa_load(&rn->call_ids, id))
			return id;
	}
	return 0;
}

static int pptp_session_new(struct rtun_session *s, struct nlattr **tb,
			    struct netlink_ext_ack *extack)
{
	const struct nlattr *local_id = tb[RTUN_A_SESSION_LOCAL_ID];
	u32 id = local_id ? nla_get_u32(local_id) : 0;
	struct rtun_net *rn = s->tunnel->rn;
	int err;

	lockdep_assert_held(&rn->cfg_lock);

	if (id > CALL_ID_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, local_id,
				    "call ids go from 1 to 65535");
		return -ERANGE;
	}

	if (!id) {
		id = pick_call_id(rn);
		if (!id) {
			NL_SET_ERR_MSG(extack, "all 65535 call ids are in use");
			return -ENOSPC;
		}
	}
	s->key.local_id = id;
	s->key.local = (__force u32)s->tunnel->local.v4;
	s->key.peer = (__force u32)s->tunnel->peer.addr.v4;
	if (rtun_session_taken(rn, &s->key)) {
		NL_SET_ERR_MSG_ATTR(extack, local_id,
				    "a session between these addresses receives with this call id");
		return -EEXIST;
	}
	timer_setup(&s->ack_timer, rtun_pptp_ack_timeout, 0);
	err = rtun_pptp_window_new(s);
	if (err)
		return err;
	return count_call_id(rn, id, 1);
}

static void pptp_session_del(struct rtun_session *s)
{
	rtun_pptp_disorder_end(s);
	count_call_id(s->tunnel->rn, s->key.local_id, -1);
}

static void pptp_session_stop(struct rtun_session *s)
{
	rtun_timer_shutdown(&s->ack_timer);
	rtun_pptp_window_stop(s);
	rtun_timer_shutdown(&s->pptp->disorder.timer);
}

static void pptp_session_apply(struct rtun_session *s, struct nlattr **tb)
{
	rtun_pptp_window_set(s, tb);
	rtun_pptp_disorder_set(s, tb);
}

static int pptp_session_fill(struct sk_buff *msg, struct rtun_session *s)
{
	const struct rtun_pptp_disorder *d = &s->pptp->disorder;
	u32 window, static_rtt, rtt, disorder = READ_ONCE(d->type);
	bool congested;

	rtun_pptp_window_show(s, &window, &static_rtt, &rtt, &congested);
	if (nla_put_u32(msg, RTUN_A_SESSION_PEER_WINDOW,
			READ_ONCE(s->peer_window)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_ACK_DELAY,
			READ_ONCE(s->ack_delay)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_TX_WINDOW, window) ||
	    nla_put_u32(msg, RTUN_A_SESSION_STATIC_RTT, static_rtt) ||
	    (rtt && nla_put_u32(msg, RTUN_A_SESSION_RTT, rtt)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_CONGESTED, congested) ||
	    (disorder &&
	     (nla_put_u32(msg, RTUN_A_SESSION_DISORDER, disorder) ||
	      nla_put_u32(msg, RTUN_A_SESSION_DISORDER_RATE,
			  READ_ONCE(d->rate)))))
		return -EMSGSIZE;
	return 0;
}

static const struct gre_protocol gre_v1 = {
	.handler = rtun_pptp_rcv,
	.err_handler = rtun_pptp_err,
};

/* Guards the number of tunnels, and with it the hook. */
static DEFINE_MUTEX(hook_lock);
static unsigned int hook_users;

/* GRE version 1 has one owner in a kernel: it is claimed with the first tunnel
 * and released with the last, so that others may have it meanwhile.
 */
static int pptp_open(struct rtun_tunnel *t, struct netlink_ext_ack *extack)
{
	int err = 0;

	mutex_lock(&hook_lock);
	if (!hook_users)
		err = gre_add_protocol(&gre_v1, GREPROTO_PPTP);
	if (!err)
		hook_users++;
	mutex_unlock(&hook_lock);
	if (err)
		NL_SET_ERR_MSG(extack,
			       "GRE version 1 is owned by the in-tree pptp module; unload it (modprobe -r pptp)");
	return err;
}

static void pptp_close(struct rtun_tunnel *t)
{
	mutex_lock(&hook_lock);
	if (!--hook_users)
		gre_del_protocol(&gre_v1, GREPROTO_PPTP);
	mutex_unlock(&hook_lock);
}

static unsigned int pptp_hlen(const struct rtun_session *s)
{
	return GRE1_HLEN_MAX;
}

static bool pptp_ordered(const struct rtun_session *s)
{
	return true;
}

static_assert(sizeof(struct iphdr) + GRE1_HLEN_MAX + RTUN_PPP_OVERHEAD_MAX <=
	      RTUN_OVERHEAD_MAX);

const struct rtun_xport_ops rtun_pptp_ops = {
	.kind = RTUN_XPORT_PPTP,
	.seq_bits = 32,
	.hlen_max = GRE1_HLEN_MAX,
	.full = RTUN_DROP_TX_WINDOW,
	.open = pptp_open,
	.close = pptp_close,
	.session_new = pptp_session_new,
	.session_del = pptp_session_del,
	.session_stop = pptp_session_stop,
	.session_apply = pptp_session_apply,
	.session_fill = pptp_session_fill,
	.hlen = pptp_hlen,
	.ordered = pptp_ordered,
	.room = rtun_pptp_window_room,
	.push = rtun_pptp_push,
	.out = rtun_pptp_out,
	.lists = rtun_pptp_lists,
	.may_whole = rtun_pptp_may_whole,
	.whole = rtun_pptp_whole,
	.received = rtun_pptp_received,
};
