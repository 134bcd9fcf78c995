/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "rtun": requests (netlink.c), and what the kernel
 * says of its own accord (notify.c).
 */
#ifndef _RTUN_NETLINK_H
#define _RTUN_NETLINK_H

#include <linux/gfp.h>
#include <linux/netlink.h>
#include <linux/types.h>

struct genl_family;
struct rtun_net;
struct rtun_owner;
struct rtun_peer_key;
struct rtun_session;
struct rtun_tunnel;
struct sk_buff;

/* Say why a request is refused, where the words are not always the same ones:
 * NL_SET_ERR_MSG_ATTR() takes only one literal.  @why is never freed.
 */
static inline void rtun_nl_say(struct netlink_ext_ack *extack,
			       const struct nlattr *attr, const char *why)
{
	if (!extack)
		return;
	NL_SET_BAD_ATTR(extack, attr);
	extack->_msg = why;
}

extern struct genl_family rtun_genl;

int rtun_netlink_init(void);
void rtun_netlink_exit(void);

/* A message about an object, for a request (portid, seq), or 0, 0.  Objects
 * under cfg_lock or RCU.  Returns 0 or -EMSGSIZE.
 */
int rtun_fill_tunnel(struct sk_buff *msg, struct rtun_tunnel *t, u32 portid,
		     u32 seq, int flags, u8 cmd);
int rtun_fill_session(struct sk_buff *msg, struct rtun_session *s, u32 portid,
		      u32 seq, int flags, u8 cmd);
/* An skb with room for one such message. */
struct sk_buff *rtun_msg_new(void);
enum { RTUN_MSG_SIZE = 3072 + 2048 + 4096 }; /* with prefixes and a blob */
/* The same for an answer about what the request made: what is long in it, the
 * request had, and nothing was counted yet.
 */
struct sk_buff *rtun_answer_new(const struct genl_info *info);

/* To the group "events": what became of an object.  cfg_lock. */
void rtun_notify_tunnel(struct rtun_tunnel *t, u8 cmd);
void rtun_notify_session(struct rtun_session *s, u8 cmd);
void rtun_notify_tunnel_del(struct rtun_tunnel *t, u32 reason);
void rtun_notify_session_del(struct rtun_session *s, u32 reason);

/* To the group "events": something happened.  Zeros and NULL are left out,
 * but @value belongs to every event without a @name.
 */
void rtun_notify_event(struct rtun_net *rn, u32 type, u32 tunnel_id,
		       u32 session_id, u32 value, const char *name, gfp_t gfp);

/* Data comes from another address than the tunnel's peer. */
void rtun_notify_peer_addr(struct rtun_tunnel *t,
			   const struct rtun_peer_key *peer, __be16 port,
			   gfp_t gfp);

/* To the owner: a control frame, the skb being what follows its protocol
 * field.  rx_lock, RCU.  -ENOTCONN: there is none now.
 */
int rtun_notify_frame(struct rtun_session *s, struct sk_buff *skb, u16 proto);

#endif /* _RTUN_NETLINK_H */
