/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handlers of requests share: the attributes of the request's object,
 * the objects it names, and words for what is wrong.
 */
#ifndef _RTUN_REQUEST_H
#define _RTUN_REQUEST_H

#include "rtun.h"

#include <net/genetlink.h>

static inline struct rtun_net *rtun_nl_net(struct genl_info *info)
{
	return rtun_net_of(genl_info_net(info));
}

/* Say which attribute is missing, in words too. */
#define RTUN_NL_MISSING(info, nest, type, what) ({				\
	NL_SET_ERR_ATTR_MISS((info)->extack, nest, type);		\
	NL_SET_ERR_MSG((info)->extack, what " is missing");		\
	-EINVAL;							\
})

/* The attributes of the request's object.  They have passed the policy. */
#define RTUN_NL_PARSE(info, tb, attr, what) ({					\
	const struct nlattr *__nest = (info)->attrs[attr];		\
									\
	__nest ? nla_parse_nested(tb, ARRAY_SIZE(tb) - 1, __nest, NULL,	\
				  (info)->extack) :			\
		 RTUN_NL_MISSING(info, NULL, attr, what);			\
})

/* The object a request names, or an error that was explained.  cfg_lock or
 * RCU.
 */
struct rtun_tunnel *rtun_nl_tunnel(struct genl_info *info,
				   const struct nlattr *nest,
				   const struct nlattr *id, int type);
struct rtun_session *rtun_nl_session(struct genl_info *info,
				     const struct nlattr *nest,
				     const struct nlattr *id, int type);

/* request_tunnel.c */
int rtun_nl_tunnel_new(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_tunnel_set(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_tunnel_del(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_tunnel_get(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_tunnel_dump_start(struct netlink_callback *cb);
int rtun_nl_tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* request_session.c */
int rtun_nl_session_new(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_session_set(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_session_del(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_session_get(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_session_dump_start(struct netlink_callback *cb);
int rtun_nl_session_dump(struct sk_buff *msg, struct netlink_callback *cb);
int rtun_nl_session_attach(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_session_detach(struct sk_buff *skb, struct genl_info *info);

#endif /* _RTUN_REQUEST_H */
