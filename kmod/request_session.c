// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests about sessions.  The uAPI header says what they mean, policy.c what
 * may be in them.
 */
#include "link.h"
#include "mppe.h"
#include "netlink.h"
#include "request.h"
#include "session.h"
#include "tunnel.h"

#include <net/sock.h>

static int session_new(struct genl_info *info, struct nlattr **tb)
{
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_session *s;
	struct rtun_tunnel *t;
	struct sk_buff *msg;
	int err;

	if (tb[RTUN_A_SESSION_PW_TYPE] && !tb[RTUN_A_SESSION_VLAN] &&
	    nla_get_u32(tb[RTUN_A_SESSION_PW_TYPE]) == RTUN_PW_ETH_VLAN)
		return RTUN_NL_MISSING(info, info->attrs[RTUN_A_SESSION],
			       RTUN_A_SESSION_VLAN,
			       "the VLAN of a pseudowire of type 4");
	msg = rtun_answer_new(info);
	if (!msg)
		return -ENOMEM;

	mutex_lock(&rn->cfg_lock);
	t = rtun_nl_tunnel(info, info->attrs[RTUN_A_SESSION],
			   tb[RTUN_A_SESSION_TUNNEL_ID], RTUN_A_SESSION_TUNNEL_ID);
	err = PTR_ERR_OR_ZERO(t);
	if (err)
		goto free;
	s = rtun_session_new(t, tb, info->extack);
	err = PTR_ERR_OR_ZERO(s);
	if (err)
		goto free;
	err = rtun_fill_session(msg, s, info->snd_portid, info->snd_seq, 0,
				RTUN_CMD_SESSION_NEW);
	if (!err) {
		err = genlmsg_reply(msg, info);
		msg = NULL;
	}
	if (err) {
		rtun_session_kill(s, RTUN_DEL_REQUEST);
	} else {
		/* not before the answer is in the socket: so its frames come
		 * after it
		 */
		rtun_session_live(s);
		rtun_notify_session(s, RTUN_CMD_SESSION_NEW);
	}
free:
	mutex_unlock(&rn->cfg_lock);
	nlmsg_free(msg);
	return err;
}

int rtun_nl_session_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_SESSION_MAX + 1];
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_SESSION, "the session");
	if (err)
		return err;
	err = session_new(info, tb);
	rtun_mppe_forget(tb);
	return err;
}

int rtun_nl_session_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_SESSION_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_session *s;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_SESSION, "the session");
	if (err)
		return err;
	mutex_lock(&rn->cfg_lock);
	s = rtun_nl_session(info, info->attrs[RTUN_A_SESSION],
			    tb[RTUN_A_SESSION_ID], RTUN_A_SESSION_ID);
	err = PTR_ERR_OR_ZERO(s);
	if (!err)
		err = rtun_session_set(s, tb, info->extack);
	if (!err) {
		rtun_net_changed(rn);
		rtun_notify_session(s, RTUN_CMD_SESSION_SET);
	}
	mutex_unlock(&rn->cfg_lock);
	rtun_mppe_forget(tb);
	return err;
}

int rtun_nl_session_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_SESSION_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_session *s;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_SESSION, "the session");
	if (err)
		return err;
	mutex_lock(&rn->cfg_lock);
	s = rtun_nl_session(info, info->attrs[RTUN_A_SESSION],
			    tb[RTUN_A_SESSION_ID], RTUN_A_SESSION_ID);
	err = PTR_ERR_OR_ZERO(s);
	if (!err)
		rtun_session_kill(s, RTUN_DEL_REQUEST);
	mutex_unlock(&rn->cfg_lock);
	rtun_link_reap();
	return err;
}

int rtun_nl_session_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_SESSION_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_session *s;
	struct sk_buff *msg;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_SESSION, "the session");
	if (err)
		return err;
	if (tb[RTUN_A_SESSION_TUNNEL_ID]) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[RTUN_A_SESSION_TUNNEL_ID],
				    "a tunnel's sessions are listed by a dump");
		return -EINVAL;
	}
	msg = rtun_msg_new();
	if (!msg)
		return -ENOMEM;
	mutex_lock(&rn->cfg_lock);
	s = rtun_nl_session(info, info->attrs[RTUN_A_SESSION],
			    tb[RTUN_A_SESSION_ID], RTUN_A_SESSION_ID);
	err = PTR_ERR_OR_ZERO(s);
	if (!err)
		err = rtun_fill_session(msg, s, info->snd_portid,
					info->snd_seq, 0,
					RTUN_CMD_SESSION_GET);
	mutex_unlock(&rn->cfg_lock);
	if (!err)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return err;
}

/* The largest object must fit, or the dump would end before it. */
int rtun_nl_session_dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = RTUN_MSG_SIZE;
	return 0;
}

/* Which tunnel's?  Not in start, which has no words on some kernels. */
static int dump_check(struct netlink_callback *cb)
{
	struct nlattr *tb[RTUN_A_SESSION_MAX + 1];
	struct nlattr **attrs = rtun_dump_attrs(cb);
	int err;

	if (!attrs || !attrs[RTUN_A_SESSION])
		return 0;
	err = nla_parse_nested(tb, ARRAY_SIZE(tb) - 1, attrs[RTUN_A_SESSION],
			       NULL, cb->extack);
	if (err)
		return err;
	if (tb[RTUN_A_SESSION_ID]) {
		NL_SET_ERR_MSG_ATTR(cb->extack, tb[RTUN_A_SESSION_ID],
				    "a dump lists all sessions, or a tunnel's");
		return -EINVAL;
	}
	if (!tb[RTUN_A_SESSION_TUNNEL_ID])
		return 0;
	cb->args[1] = nla_get_u32(tb[RTUN_A_SESSION_TUNNEL_ID]);
	if (rtun_tunnel_find(rtun_net_of(sock_net(cb->skb->sk)), cb->args[1]))
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, tb[RTUN_A_SESSION_TUNNEL_ID],
			    "no such tunnel");
	return -ENOENT;
}

/* args: next id, tunnel to list or 0, whether the request was checked */
int rtun_nl_session_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct rtun_net *rn = rtun_net_of(sock_net(msg->sk));
	struct rtun_session *s;
	unsigned long id;
	int err = 0;

	if (!cb->args[2]++)
		err = dump_check(cb);
	if (err)
		return err;
	cb->seq = atomic_read(&rn->generation);
	rcu_read_lock();
	xa_for_each_start(&rn->sessions, id, s, cb->args[0]) {
		if (cb->args[1] && s->tunnel->id != cb->args[1])
			continue;
		err = rtun_fill_session(msg, s, NETLINK_CB(cb->skb).portid,
					cb->nlh->nlmsg_seq, NLM_F_MULTI,
					RTUN_CMD_SESSION_GET);
		if (err)
			break;
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	if (msg->len)
		nl_dump_check_consistent(cb, nlmsg_hdr(msg));
	return msg->len ?: err;
}

int rtun_nl_session_attach(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_SESSION_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_session *s;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_SESSION, "the session");
	if (err)
		return err;
	if (!tb[RTUN_A_SESSION_IFINDEX])
		return RTUN_NL_MISSING(info, info->attrs[RTUN_A_SESSION],
			       RTUN_A_SESSION_IFINDEX, "the device's index");
	mutex_lock(&rn->cfg_lock);
	s = rtun_nl_session(info, info->attrs[RTUN_A_SESSION],
			    tb[RTUN_A_SESSION_ID], RTUN_A_SESSION_ID);
	err = PTR_ERR_OR_ZERO(s);
	if (!err)
		err = rtun_link_attach(s, rn->net, tb[RTUN_A_SESSION_IFINDEX],
				       info->extack);
	if (!err)
		rtun_notify_session(s, RTUN_CMD_SESSION_SET);
	mutex_unlock(&rn->cfg_lock);
	return err;
}

int rtun_nl_session_detach(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[RTUN_A_SESSION_MAX + 1];
	struct rtun_net *rn = rtun_nl_net(info);
	struct rtun_session *s;
	int err;

	err = RTUN_NL_PARSE(info, tb, RTUN_A_SESSION, "the session");
	if (err)
		return err;
	mutex_lock(&rn->cfg_lock);
	s = rtun_nl_session(info, info->attrs[RTUN_A_SESSION],
			    tb[RTUN_A_SESSION_ID], RTUN_A_SESSION_ID);
	err = PTR_ERR_OR_ZERO(s);
	if (!err && !rtun_link_detach(s)) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[RTUN_A_SESSION_ID],
				    "the session has no device");
		err = -ENODEV;
	}
	if (!err)
		rtun_notify_session(s, RTUN_CMD_SESSION_SET);
	mutex_unlock(&rn->cfg_lock);
	return err;
}
