// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "rtun": its commands, and the requests that are
 * about neither tunnels nor sessions.
 *
 * Commands run in parallel; those that change something hold cfg_lock.  Dumps
 * walk the id tables under RCU and hold nothing between calls.
 */
#include "netlink.h"
#include "capture.h"
#include "link.h"
#include "owner.h"
#include "policy.h"
#include "ppp.h"
#include "request.h"
#include "rtun.h"
#include "session.h"
#include "tunnel.h"
#include "tx.h"

#include <linux/module.h>
#include <linux/ppp_defs.h>
#include <net/genetlink.h>
#include <net/sock.h>

struct rtun_tunnel *rtun_nl_tunnel(struct genl_info *info,
				   const struct nlattr *nest,
				     const struct nlattr *id, int type)
{
	struct rtun_tunnel *t;

	if (!id)
		return ERR_PTR(RTUN_NL_MISSING(info, nest, type, "the tunnel's id"));
	t = rtun_tunnel_find(rtun_nl_net(info), nla_get_u32(id));
	if (t)
		return t;
	NL_SET_ERR_MSG_ATTR(info->extack, id, "no such tunnel");
	return ERR_PTR(-ENOENT);
}

struct rtun_session *rtun_nl_session(struct genl_info *info,
				     const struct nlattr *nest,
				       const struct nlattr *id, int type)
{
	struct rtun_session *s;

	if (!id)
		return ERR_PTR(RTUN_NL_MISSING(info, nest, type, "the session's id"));
	s = rtun_session_find(rtun_nl_net(info), nla_get_u32(id));
	if (s)
		return s;
	NL_SET_ERR_MSG_ATTR(info->extack, id, "no such session");
	return ERR_PTR(-ENOENT);
}

/* --- owners ------------------------------------------------------------- */

static int owner_bind(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_OWNER_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_OWNER, "the owner");
	if (err)
		return err;
	if (!tb[RTUN_A_OWNER_NAME])
		return RTUN_NL_MISSING(info, info->attrs[RTUN_A_OWNER],
			       RTUN_A_OWNER_NAME, "the owner's name");
	mutex_lock(&rn->cfg_lock);
	if (info->genlhdr->cmd == RTUN_CMD_OWNER_BIND)
		err = rtun_owner_bind(rn, tb[RTUN_A_OWNER_NAME],
				      info->snd_portid, info->extack);
	else
		err = rtun_owner_unbind(rn, tb[RTUN_A_OWNER_NAME],
					info->snd_portid, info->extack);
	mutex_unlock(&rn->cfg_lock);
	rtun_link_reap();
	return err;
}

static int owner_fill(struct sk_buff *msg, struct netlink_callback *cb,
		      const struct rtun_owner *o)
{
	struct nlattr *nest;
	void *h;

	h = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			&rtun_genl, NLM_F_MULTI, RTUN_CMD_OWNER_GET);
	if (!h)
		return -EMSGSIZE;
	nest = nla_nest_start(msg, RTUN_A_OWNER);
	if (!nest || nla_put_string(msg, RTUN_A_OWNER_NAME, o->name) ||
	    nla_put_u32(msg, RTUN_A_OWNER_PORTID, o->portid) ||
	    nla_put_u32(msg, RTUN_A_OWNER_TUNNELS, o->n_tunnels)) {
		genlmsg_cancel(msg, h);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	genlmsg_end(msg, h);
	return 0;
}

static int owner_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct rtun_net *rn = rtun_net_of(sock_net(msg->sk));
	struct rtun_owner *o;
	long i = 0;

	mutex_lock(&rn->cfg_lock);
	list_for_each_entry(o, &rn->owners, list) {
		if (i++ < cb->args[0])
			continue;
		if (owner_fill(msg, cb, o))
			break;
		cb->args[0] = i;
	}
	mutex_unlock(&rn->cfg_lock);
	return msg->len;
}

/* --- the rest ----------------------------------------------------------- */

static int frame_check(struct genl_info *info, const struct nlattr *data)
{
	u16 proto = get_unaligned_be16(nla_data(data));

	/* even, then odd: RFC 1661 section 2 */
	if (proto & 0x0100 || !(proto & 1)) {
		NL_SET_ERR_MSG_ATTR(info->extack, data,
				    "the frame does not begin with a PPP protocol field of two octets");
		return -EINVAL;
	}
	if (proto < 0x4000) {
		NL_SET_ERR_MSG_ATTR(info->extack, data,
				    "data protocols (below 0x4000) belong to the device");
		return -EPERM;
	}
	return 0;
}

static int frame_send(struct sk_buff *req, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_FRAME_MAX + 1];
	struct rtun_session *s;
	struct nlattr *data;
	struct sk_buff *skb;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_FRAME, "the frame");
	if (err)
		return err;
	data = tb[RTUN_A_FRAME_DATA];
	if (!data)
		return RTUN_NL_MISSING(info, info->attrs[RTUN_A_FRAME],
			       RTUN_A_FRAME_DATA, "the frame's data");
	err = frame_check(info, data);
	if (err)
		return err;
	skb = alloc_skb(rtun_tx_headroom() + nla_len(data), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, rtun_tx_headroom());
	skb_put_data(skb, nla_data(data), nla_len(data));
	skb->priority = TC_PRIO_CONTROL;

	/* without cfg_lock: a change must not hold up keepalives */
	local_bh_disable();
	rcu_read_lock();
	s = rtun_nl_session(info, info->attrs[RTUN_A_FRAME],
			    tb[RTUN_A_FRAME_SESSION_ID], RTUN_A_FRAME_SESSION_ID);
	err = PTR_ERR_OR_ZERO(s);
	if (!err && rtun_session_eth(s)) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[RTUN_A_FRAME_SESSION_ID],
				    "the session carries Ethernet, it has no control frames");
		err = -EOPNOTSUPP;
	}
	if (err) {
		kfree_skb(skb);
	} else {
		err = rtun_ppp_send(s, skb);
		if (err == -ENOTCONN)
			GENL_SET_ERR_MSG(info, "the peer's id is not known yet");
		else if (err)
			GENL_SET_ERR_MSG(info, "the frame could not be sent to the peer");
	}
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

static int flush(struct sk_buff *skb, struct genl_info *info)
{
	char name[RTUN_OWNER_NAME_MAX + 1];
	struct nlattr *tb[RTUN_A_OWNER_MAX + 1] = {};
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_owner *o = NULL;
	int err = 0;

	if (info->attrs[RTUN_A_OWNER]) {
		err = RTUN_NL_PARSE(info, tb, RTUN_A_OWNER, "the owner");
		if (err)
			return err;
		if (!tb[RTUN_A_OWNER_NAME])
			return RTUN_NL_MISSING(info, info->attrs[RTUN_A_OWNER],
				       RTUN_A_OWNER_NAME, "the owner's name");
		nla_strscpy(name, tb[RTUN_A_OWNER_NAME], sizeof(name));
	}
	mutex_lock(&rn->cfg_lock);
	if (tb[RTUN_A_OWNER_NAME]) {
		o = rtun_owner_find(rn, name);
		if (!o) {
			NL_SET_ERR_MSG_ATTR(info->extack,
					    tb[RTUN_A_OWNER_NAME],
					    "no such owner");
			err = -ENOENT;
		}
	}
	if (!err)
		rtun_tunnels_kill(rn, o, 0, RTUN_DEL_REQUEST);
	mutex_unlock(&rn->cfg_lock);
	rtun_link_reap();
	return err;
}

static int info_get(struct sk_buff *skb, struct genl_info *info)
{
	struct rtun_net *rn = rtun_nl_net(info);
	struct nlattr *nest;
	struct sk_buff *msg;
	void *h;

	msg = rtun_msg_new();
	if (!msg)
		return -ENOMEM;
	h = genlmsg_put_reply(msg, info, &rtun_genl, 0, RTUN_CMD_INFO_GET);
	nest = h ? nla_nest_start(msg, RTUN_A_INFO) : NULL;
	if (!nest || nla_put_string(msg, RTUN_A_INFO_VERSION, RTUN_VERSION) ||
	    nla_put_u32(msg, RTUN_A_INFO_GENERATION,
			atomic_read(&rn->generation)) ||
	    nla_put_u32(msg, RTUN_A_INFO_TUNNELS, READ_ONCE(rn->n_tunnels)) ||
	    nla_put_u32(msg, RTUN_A_INFO_SESSIONS,
			READ_ONCE(rn->n_sessions)) ||
	    rtun_net_stats_fill(msg, RTUN_A_INFO_STATS, rn)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	genlmsg_end(msg, h);
	return genlmsg_reply(msg, info);
}

#define OP(command, op_policy, handler) {				\
	.cmd = RTUN_CMD_##command,					\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.policy = op_policy,						\
	.maxattr = ARRAY_SIZE(op_policy) - 1,				\
	.doit = handler,						\
}

/* Without any policy attributes would pass unseen. */
static const struct nla_policy no_attrs[RTUN_A_PAD + 1] = {
	[RTUN_A_PAD] = { .type = NLA_REJECT,
			 .reject_message = "this command takes no attribute" },
};

static const struct genl_ops ops[] = {
	OP(INFO_GET, no_attrs, info_get),
	OP(OWNER_BIND, rtun_owner_policy, owner_bind),
	OP(OWNER_UNBIND, rtun_owner_policy, owner_bind),
	{
		.cmd = RTUN_CMD_OWNER_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = no_attrs,
		.maxattr = ARRAY_SIZE(no_attrs) - 1,
		.dumpit = owner_dump,
	},
	OP(TUNNEL_NEW, rtun_tunnel_new_policy, rtun_nl_tunnel_new),
	OP(TUNNEL_SET, rtun_tunnel_set_policy, rtun_nl_tunnel_set),
	OP(TUNNEL_DEL, rtun_tunnel_id_policy, rtun_nl_tunnel_del),
	{
		.cmd = RTUN_CMD_TUNNEL_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = rtun_tunnel_id_policy,
		.maxattr = ARRAY_SIZE(rtun_tunnel_id_policy) - 1,
		.doit = rtun_nl_tunnel_get,
		.start = rtun_nl_tunnel_dump_start,
		.dumpit = rtun_nl_tunnel_dump,
	},
	OP(SESSION_NEW, rtun_session_new_policy, rtun_nl_session_new),
	OP(SESSION_SET, rtun_session_set_policy, rtun_nl_session_set),
	OP(SESSION_DEL, rtun_session_id_policy, rtun_nl_session_del),
	{
		.cmd = RTUN_CMD_SESSION_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = rtun_session_get_policy,
		.maxattr = ARRAY_SIZE(rtun_session_get_policy) - 1,
		.doit = rtun_nl_session_get,
		.start = rtun_nl_session_dump_start,
		.dumpit = rtun_nl_session_dump,
	},
	OP(SESSION_ATTACH, rtun_session_attach_policy, rtun_nl_session_attach),
	OP(SESSION_DETACH, rtun_session_id_policy, rtun_nl_session_detach),
	OP(FRAME, rtun_frame_policy, frame_send),
	OP(FLUSH, rtun_owner_policy, flush),
	OP(CAPTURE_START, rtun_capture_policy, rtun_nl_capture_start),
	OP(CAPTURE_STOP, rtun_capture_policy, rtun_nl_capture_stop),
};

static const struct genl_multicast_group mcgrps[] = {
	{ .name = RTUN_MCGRP_EVENTS, RTUN_MCGRP_PERM },
};

struct genl_family rtun_genl __ro_after_init = {
	.name = RTUN_GENL_NAME,
	.version = RTUN_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = RTUN_CMD_INFO_GET,
	.mcgrps = mcgrps,
	.n_mcgrps = ARRAY_SIZE(mcgrps),
};

int __init rtun_netlink_init(void)
{
	return genl_register_family(&rtun_genl);
}

void rtun_netlink_exit(void)
{
	genl_unregister_family(&rtun_genl);
}

MODULE_ALIAS_GENL_FAMILY(RTUN_GENL_NAME);
