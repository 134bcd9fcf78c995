/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices of kind "rtun", and which session each carries.
 */
#ifndef _RTUN_LINK_H
#define _RTUN_LINK_H

#include <linux/types.h>

struct net;
struct netlink_ext_ack;
struct nlattr;
struct rtun_prefix_change;
struct rtun_session;
struct sk_buff;

/* Join a session and a device of the namespace @net; cfg_lock. */
int rtun_link_attach(struct rtun_session *s, struct net *net,
		     const struct nlattr *ifindex,
		     struct netlink_ext_ack *extack);
/* Why these network protocols (enum rtun_np) do not go with the device that the
 * session has; NULL: they do; cfg_lock.
 */
const char *rtun_link_refuses(struct rtun_session *s, u32 np);
/* Part them, if they are joined.  A device that dies with its session is
 * deleted by the next rtun_link_reap().  cfg_lock.
 */
bool rtun_link_detach(struct rtun_session *s);
/* What SESSION_SET makes of PREFIXES, which may be NULL: then it is either applied
 * or cancelled.  cfg_lock.
 */
int rtun_link_check_prefixes(struct rtun_session *s, const struct nlattr *attr,
			     struct rtun_prefix_change *change,
			     struct netlink_ext_ack *extack);
void rtun_link_apply_prefixes(struct rtun_session *s,
			      struct rtun_prefix_change *change);
void rtun_link_cancel_prefixes(struct rtun_session *s,
			       struct rtun_prefix_change *change);
/* Set the carrier by what the session's state is; cfg_lock. */
void rtun_link_carrier(struct rtun_session *s);
/* Put IFINDEX and NETNSID of the session's device into a message; RCU. */
int rtun_link_fill(struct sk_buff *msg, struct rtun_session *s);
/* Delete the devices that are to go.  No lock held. */
void rtun_link_reap(void);
/* The same, where rtnl must not be taken. */
void rtun_link_reap_later(void);

int rtun_link_init(void);
void rtun_link_exit(void);

#endif /* _RTUN_LINK_H */
