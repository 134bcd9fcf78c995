// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data packets of PPTP (RFC 2637 section 4): GRE version 1 with a key that is
 * the payload's length and the receiver's call id, a sequence number if there
 * is a payload, and an acknowledgement if there is something to acknowledge.
 *
 * The kernel counts all of a session's sequence numbers, also those of frames
 * the owner sends.  There is no transmit window (section 4.4 calls it a means
 * against congestion of a slow link): the acknowledgements that come in are
 * read for the statistics only.
 */
#include "pptp.h"
#include "ppp.h"
#include "rtun.h"
#include "seq.h"
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

static int pptp_session_new(struct rtun_session *s,
			    const struct nlattr *local_id,
			    struct netlink_ext_ack *extack)
{
	u16 id = local_id ? nla_get_u32(local_id) : 0;
	struct rtun_net *rn = s->tunnel->rn;
	bool taken;

	lockdep_assert_held(&rn->cfg_lock);

	if (!id) {
		id = pick_call_id(rn);
		if (!id) {
			NL_SET_ERR_MSG(extack, "all 65535 call ids are in use");
			return -ENOSPC;
		}
	}
	s->key.local_id = id;
	/* the table may be growing, which RCU only makes safe */
	rcu_read_lock();
	taken = rtun_session_by_wire(rn, &s->key);
	rcu_read_unlock();
	if (taken) {
		NL_SET_ERR_MSG_ATTR(extack, local_id,
				    "a session between these addresses receives with this call id");
		return -EEXIST;
	}
	s->tx_seq = rtun_seq32_first();
	timer_setup(&s->gap_timer, rtun_pptp_gap_timeout, 0);
	timer_setup(&s->ack_timer, rtun_pptp_ack_timeout, 0);
	return count_call_id(rn, id, 1);
}

static void pptp_session_del(struct rtun_session *s)
{
	count_call_id(s->tunnel->rn, s->key.local_id, -1);
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
static int pptp_open(struct netlink_ext_ack *extack)
{
	int err = 0;

	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		return -ENODEV;
	}
	mutex_lock(&hook_lock);
	if (!hook_users)
		err = gre_add_protocol(&gre_v1, GREPROTO_PPTP);
	if (!err)
		hook_users++;
	mutex_unlock(&hook_lock);
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "GRE version 1 is owned by the in-tree pptp module; unload it (modprobe -r pptp)");
		module_put(THIS_MODULE);
	}
	return err;
}

static void pptp_close(void)
{
	mutex_lock(&hook_lock);
	if (!--hook_users)
		gre_del_protocol(&gre_v1, GREPROTO_PPTP);
	mutex_unlock(&hook_lock);
	module_put(THIS_MODULE);
}

static_assert(sizeof(struct iphdr) + GRE1_HLEN_MAX + RTUN_PPP_HEADER_MAX <=
	      RTUN_OVERHEAD_MAX);

const struct rtun_xport_ops rtun_pptp_ops = {
	.kind = RTUN_XPORT_PPTP,
	.open = pptp_open,
	.close = pptp_close,
	.session_new = pptp_session_new,
	.session_del = pptp_session_del,
	.set_reorder = rtun_pptp_set_reorder,
	.xmit = rtun_pptp_xmit,
	.send = rtun_pptp_send,
};
