// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests about tunnels.  The uAPI header says what they mean, policy.c what
 * may be in them.
 */
#include "link.h"
#include "netlink.h"
#include "owner.h"
#include "request.h"
#include "tunnel.h"

#include <net/sock.h>

/* GRE version 1 has one owner in the whole machine: who does not want users
 * with namespaces of their own to take it says so here.
 */
static bool userns = true;
module_param(userns, bool, 0644);
MODULE_PARM_DESC(userns,
		 "other user namespaces than the initial one may make tunnels (default: Y)");

static int tunnel_check_new(struct genl_info *info, struct nlattr **tb)
{
	const struct nlattr *nest = info->attrs[RTUN_A_TUNNEL];
	u8 xport;

	if (!tb[RTUN_A_TUNNEL_XPORT])
		return RTUN_NL_MISSING(info, nest, RTUN_A_TUNNEL_XPORT,
			       "the transport");
	xport = nla_get_u8(tb[RTUN_A_TUNNEL_XPORT]);
	if (xport == RTUN_XPORT_MLPPP)
		return 0;
	if (xport == RTUN_XPORT_L2TPV2 && !tb[RTUN_A_TUNNEL_LOCAL_ID])
		return RTUN_NL_MISSING(info, nest, RTUN_A_TUNNEL_LOCAL_ID,
			       "our tunnel id");
	if (xport == RTUN_XPORT_L2TPV2 && !tb[RTUN_A_TUNNEL_PEER_ID])
		return RTUN_NL_MISSING(info, nest, RTUN_A_TUNNEL_PEER_ID,
			       "the peer's tunnel id");
	if (xport == RTUN_XPORT_PPTP && !tb[RTUN_A_TUNNEL_LOCAL4])
		return RTUN_NL_MISSING(info, nest, RTUN_A_TUNNEL_LOCAL4,
			       "the local address");
	if (!tb[RTUN_A_TUNNEL_REMOTE4] && !tb[RTUN_A_TUNNEL_REMOTE6])
		return RTUN_NL_MISSING(info, nest, RTUN_A_TUNNEL_REMOTE4,
			       "the peer's address");
	return 0;
}

/* What a tunnel cannot be without, as nobody would get its control frames. */
static bool needs_owner(struct nlattr **tb)
{
	switch (nla_get_u8(tb[RTUN_A_TUNNEL_XPORT])) {
	case RTUN_XPORT_L2TPV2:
	case RTUN_XPORT_L2TPV3_UDP:
	case RTUN_XPORT_L2TPV3_IP:
	case RTUN_XPORT_MLPPP:
		break;
	default:
		return true;
	}
	return tb[RTUN_A_TUNNEL_FLAGS] &&
	       nla_get_bitfield32(tb[RTUN_A_TUNNEL_FLAGS]).value &
	       RTUN_TUNNEL_F_DIE_WITH_OWNER;
}

int rtun_nl_tunnel_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_TUNNEL_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_owner *owner;
	struct rtun_tunnel *t;
	struct sk_buff *msg;
	int err;

	if (!READ_ONCE(userns) && !netlink_capable(skb, CAP_NET_ADMIN)) {
		GENL_SET_ERR_MSG(info, "parameter userns=0: only the initial user namespace may make tunnels");
		return -EPERM;
	}
	err = RTUN_NL_PARSE(info, tb, RTUN_A_TUNNEL, "the tunnel");
	if (!err)
		err = tunnel_check_new(info, tb);
	if (err)
		return err;
	msg = rtun_answer_new(info);
	if (!msg)
		return -ENOMEM;

	mutex_lock(&rn->cfg_lock);
	owner = rtun_owner_of(rn, info->snd_portid);
	if (!owner && needs_owner(tb)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[RTUN_A_TUNNEL],
				    "this socket has no owner's name; bind one first");
		err = -ENOTCONN;
		goto free;
	}
	t = rtun_tunnel_new(rn, owner, tb, info->extack);
	if (IS_ERR(t)) {
		err = PTR_ERR(t);
		goto free;
	}
	err = rtun_fill_tunnel(msg, t, info->snd_portid, info->snd_seq, 0,
			       RTUN_CMD_TUNNEL_NEW);
	if (!err) {
		err = genlmsg_reply(msg, info);
		msg = NULL;
	}
	/* without its id, nobody could use or delete it */
	if (err)
		rtun_tunnel_kill(t, RTUN_DEL_REQUEST);
	else
		rtun_notify_tunnel(t, RTUN_CMD_TUNNEL_NEW);
free:
	mutex_unlock(&rn->cfg_lock);
	nlmsg_free(msg);
	return err;
}

int rtun_nl_tunnel_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_TUNNEL_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_tunnel *t;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_TUNNEL, "the tunnel");
	if (err)
		return err;
	mutex_lock(&rn->cfg_lock);
	t = rtun_nl_tunnel(info, info->attrs[RTUN_A_TUNNEL], tb[RTUN_A_TUNNEL_ID],
			   RTUN_A_TUNNEL_ID);
	err = PTR_ERR_OR_ZERO(t);
	if (!err)
		err = rtun_tunnel_set(t, tb, info->extack);
	if (!err) {
		rtun_net_changed(rn);
		rtun_notify_tunnel(t, RTUN_CMD_TUNNEL_SET);
	}
	mutex_unlock(&rn->cfg_lock);
	return err;
}

int rtun_nl_tunnel_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_TUNNEL_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_tunnel *t;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_TUNNEL, "the tunnel");
	if (err)
		return err;
	mutex_lock(&rn->cfg_lock);
	t = rtun_nl_tunnel(info, info->attrs[RTUN_A_TUNNEL], tb[RTUN_A_TUNNEL_ID],
			   RTUN_A_TUNNEL_ID);
	err = PTR_ERR_OR_ZERO(t);
	if (!err)
		rtun_tunnel_kill(t, RTUN_DEL_REQUEST);
	mutex_unlock(&rn->cfg_lock);
	rtun_link_reap();
	return err;
}

int rtun_nl_tunnel_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_TUNNEL_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_tunnel *t;
	struct sk_buff *msg;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_TUNNEL, "the tunnel");
	if (err)
		return err;
	msg = rtun_msg_new();
	if (!msg)
		return -ENOMEM;
	mutex_lock(&rn->cfg_lock);
	t = rtun_nl_tunnel(info, info->attrs[RTUN_A_TUNNEL], tb[RTUN_A_TUNNEL_ID],
			   RTUN_A_TUNNEL_ID);
	err = PTR_ERR_OR_ZERO(t);
	if (!err)
		err = rtun_fill_tunnel(msg, t, info->snd_portid,
				       info->snd_seq, 0, RTUN_CMD_TUNNEL_GET);
	mutex_unlock(&rn->cfg_lock);
	if (!err)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return err;
}

/* The largest object must fit, or the dump would end before it. */
int rtun_nl_tunnel_dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = RTUN_MSG_SIZE;
	return 0;
}

/* Not in start, which has no words on some kernels. */
static int dump_check(struct netlink_callback *cb)
{
	struct nlattr **attrs = rtun_dump_attrs(cb);

	if (attrs && attrs[RTUN_A_TUNNEL]) {
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[RTUN_A_TUNNEL],
				    "a dump lists all tunnels");
		return -EINVAL;
	}
	return 0;
}

/* args: next id, whether the request was checked */
int rtun_nl_tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct rtun_net *rn = rtun_net_of(sock_net(msg->sk));
	struct rtun_tunnel *t;
	unsigned long id;
	int err = 0;

	if (!cb->args[1]++)
		err = dump_check(cb);
	if (err)
		return err;
	cb->seq = atomic_read(&rn->generation);
	rcu_read_lock();
	xa_for_each_start(&rn->tunnels, id, t, cb->args[0]) {
		err = rtun_fill_tunnel(msg, t, NETLINK_CB(cb->skb).portid,
				       cb->nlh->nlmsg_seq, NLM_F_MULTI,
				       RTUN_CMD_TUNNEL_GET);
		if (err)
			break;
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	if (msg->len)
		nl_dump_check_consistent(cb, nlmsg_hdr(msg));
	return msg->len ?: err;
}
