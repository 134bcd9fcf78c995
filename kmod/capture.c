// SPDX-License-Identifier: GPL-2.0-only
/*
 * Captures, see capture.h.
 *
 * A frame goes to a socket in the namespace of the session, which is the one that
 * asked for it and so had CAP_NET_ADMIN there: rtun_nl_session() finds no other
 * namespace's sessions, and genlmsg_unicast() no other namespace's sockets.
 */
#include "capture.h"
#include "netlink.h"
#include "request.h"
#include "session.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <net/genetlink.h>

DEFINE_STATIC_KEY_FALSE(rtun_capturing);

static struct sk_buff *frame_msg(const struct rtun_session *s,
				 const struct sk_buff *skb, unsigned int off,
				 u16 proto, u32 direction, u32 lost)
{
	u32 len = skb->len - off;
	u32 kept = min_t(u32, len, RTUN_CAPTURE_MAX - sizeof(proto));
	struct nlattr *nest, *data;
	struct sk_buff *msg;
	void *h;

	/* the nest, TIME with its padding, the four numbers, DATA */
	msg = genlmsg_new(nla_total_size(nla_total_size_64bit(sizeof(u64)) +
					 nla_total_size(sizeof(u32)) * 4 +
					 nla_total_size(sizeof(proto) + kept)),
			  GFP_ATOMIC | __GFP_NOWARN);
	if (!msg)
		return NULL;
	h = genlmsg_put(msg, 0, 0, &rtun_genl, 0, RTUN_CMD_CAPTURE);
	nest = h ? nla_nest_start(msg, RTUN_A_CAPTURE) : NULL;
	if (!nest || nla_put_u32(msg, RTUN_A_CAPTURE_SESSION_ID, s->id) ||
	    nla_put_u64_64bit(msg, RTUN_A_CAPTURE_TIME, ktime_get_real_ns(),
			      RTUN_A_CAPTURE_PAD) ||
	    nla_put_u32(msg, RTUN_A_CAPTURE_DIRECTION, direction) ||
	    nla_put_u32(msg, RTUN_A_CAPTURE_LENGTH, sizeof(proto) + len) ||
	    (lost && nla_put_u32(msg, RTUN_A_CAPTURE_LOST, lost)))
		goto err;
	data = nla_reserve(msg, RTUN_A_CAPTURE_DATA, sizeof(proto) + kept);
	if (!data)
		goto err;
	put_unaligned_be16(proto, nla_data(data));
	if (skb_copy_bits(skb, off, nla_data(data) + sizeof(proto), kept))
		goto err;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, h);
	return msg;

err:
	nlmsg_free(msg);
	return NULL;
}

void __rtun_capture(struct rtun_session *s, const struct sk_buff *skb,
		    unsigned int off, u16 proto, u32 direction)
{
	struct rtun_capture *c;
	struct sk_buff *msg;
	u32 lost;

	c = rcu_dereference_check(s->capture, rcu_read_lock_bh_held());
	if (!c)
		return;
	/* a reader that does not keep up costs a copy a tick, not one a packet */
	if (READ_ONCE(c->full) == jiffies) {
		atomic_inc(&c->lost);
		return;
	}
	/* both directions may be here: each loss is told once */
	lost = atomic_xchg(&c->lost, 0);
	msg = frame_msg(s, skb, off, proto, direction, lost);
	if (msg && !genlmsg_unicast(s->tunnel->rn->net, msg, c->portid))
		return;
	WRITE_ONCE(c->full, jiffies);
	atomic_add(lost + 1, &c->lost);
}

/* The last message to who captures: what is not told yet.  It may find no room
 * either; who reads notices that the session is gone.
 */
static void tell_end(const struct rtun_capture *c)
{
	const struct rtun_session *s = c->session;
	struct sk_buff *msg;
	struct nlattr *nest;
	void *h;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return;
	h = genlmsg_put(msg, 0, 0, &rtun_genl, 0, RTUN_CMD_CAPTURE_STOP);
	nest = h ? nla_nest_start(msg, RTUN_A_CAPTURE) : NULL;
	if (!nest || nla_put_u32(msg, RTUN_A_CAPTURE_SESSION_ID, s->id) ||
	    nla_put_u32(msg, RTUN_A_CAPTURE_LOST, atomic_read(&c->lost))) {
		nlmsg_free(msg);
		return;
	}
	nla_nest_end(msg, nest);
	genlmsg_end(msg, h);
	genlmsg_unicast(s->tunnel->rn->net, msg, c->portid);
}

static void end(struct rtun_net *rn, struct rtun_capture *c)
{
	lockdep_assert_held(&rn->cfg_lock);

	RCU_INIT_POINTER(c->session->capture, NULL);
	list_del(&c->list);
	rn->n_captures--;
	static_branch_dec(&rtun_capturing);
	kfree_rcu(c, rcu);
}

static struct rtun_capture *capture_of(struct rtun_session *s)
{
	return rcu_dereference_protected(s->capture,
					 lockdep_is_held(&s->tunnel->rn->cfg_lock));
}

void rtun_capture_session_gone(struct rtun_session *s)
{
	struct rtun_capture *c = capture_of(s);

	if (!c)
		return;
	tell_end(c);
	end(s->tunnel->rn, c);
}

void rtun_capture_socket_gone(struct rtun_net *rn, u32 portid)
{
	struct rtun_capture *c, *next;

	list_for_each_entry_safe(c, next, &rn->captures, list)
		if (c->portid == portid)
			end(rn, c);
}

static int start(struct rtun_net *rn, struct rtun_session *s,
		 const struct nlattr *id, u32 portid,
		 struct netlink_ext_ack *extack)
{
	struct rtun_capture *c;

	if (rtun_session_eth(s)) {
		NL_SET_ERR_MSG_ATTR(extack, id,
				    "the session carries Ethernet: capture on its device");
		return -EOPNOTSUPP;
	}
	if (capture_of(s)) {
		NL_SET_ERR_MSG_ATTR(extack, id,
				    "the session is being captured already");
		return -EBUSY;
	}
	if (rn->n_captures >= RTUN_CAPTURES_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, id,
				    "this network namespace has all the captures it may have");
		return -ENOSPC;
	}
	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return -ENOMEM;
	c->session = s;
	c->portid = portid;
	c->full = jiffies - 1;
	list_add_tail(&c->list, &rn->captures);
	rn->n_captures++;
	rcu_assign_pointer(s->capture, c);
	static_branch_inc(&rtun_capturing);
	return 0;
}

static int stop(struct rtun_net *rn, struct rtun_session *s,
		const struct nlattr *id, u32 portid,
		struct netlink_ext_ack *extack)
{
	struct rtun_capture *c = capture_of(s);

	if (!c || c->portid != portid) {
		NL_SET_ERR_MSG_ATTR(extack, id,
				    "this socket does not capture the session");
		return -ENOENT;
	}
	/* what is in work may be told after the end, or be lost */
	tell_end(c);
	end(rn, c);
	return 0;
}

static int request(struct genl_info *info,
		   int (*what)(struct rtun_net *rn, struct rtun_session *s,
			       const struct nlattr *id, u32 portid,
			       struct netlink_ext_ack *extack))
{
	struct nlattr *tb[RTUN_A_CAPTURE_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_session *s;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_CAPTURE, "the capture");
	if (err)
		return err;
	mutex_lock(&rn->cfg_lock);
	s = rtun_nl_session(info, info->attrs[RTUN_A_CAPTURE],
			    tb[RTUN_A_CAPTURE_SESSION_ID],
			    RTUN_A_CAPTURE_SESSION_ID);
	err = PTR_ERR_OR_ZERO(s);
	if (!err)
		err = what(rn, s, tb[RTUN_A_CAPTURE_SESSION_ID],
			   info->snd_portid, info->extack);
	mutex_unlock(&rn->cfg_lock);
	return err;
}

int rtun_nl_capture_start(struct sk_buff *skb, struct genl_info *info)
{
	return request(info, start);
}

int rtun_nl_capture_stop(struct sk_buff *skb, struct genl_info *info)
{
	return request(info, stop);
}
