/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Captures: a program gets a copy of what PPP sends and receives on one session,
 * control and data, as PPP sees it: above encryption and above the transport.
 *
 * While nobody captures, it costs a branch that is patched out.  What is captured
 * is charged to the receive buffer of who asked for it, like any other netlink
 * message: that is its bound, and what finds no room there is counted and told.
 */
#ifndef _RTUN_CAPTURE_H
#define _RTUN_CAPTURE_H

#include "rtun.h"

#include <linux/jump_label.h>

struct genl_info;
struct sk_buff;

enum {
	/* at a time, in one namespace */
	RTUN_CAPTURES_MAX = 64,
};

/**
 * struct rtun_capture - one session's frames go to one socket
 * @list: in rtun_net::captures
 * @session: does not go before this does
 * @portid: of the socket
 * @full: when its receive buffer was last found full, in jiffies
 * @lost: frames that found no room since the last that did
 *
 * Made and ended under cfg_lock; the packet path finds it under RCU.
 */
struct rtun_capture {
	struct rcu_head rcu;
	struct list_head list;
	struct rtun_session *session;
	u32 portid;
	unsigned long full;
	atomic_t lost;
};

DECLARE_STATIC_KEY_FALSE(rtun_capturing);

void __rtun_capture(struct rtun_session *s, const struct sk_buff *skb,
		    unsigned int off, u16 proto, u32 direction);

/* A frame of @proto, what follows its protocol field being at @off of the skb.
 * RCU, BH disabled; any lock of the session may be held.
 */
static inline void rtun_capture(struct rtun_session *s,
				const struct sk_buff *skb, unsigned int off,
				u16 proto, u32 direction)
{
	if (static_branch_unlikely(&rtun_capturing) &&
	    rcu_access_pointer(s->capture))
		__rtun_capture(s, skb, off, proto, direction);
}

/* No packet of the session is in work: who captures it is told; cfg_lock. */
void rtun_capture_session_gone(struct rtun_session *s);
/* A socket was closed; cfg_lock. */
void rtun_capture_socket_gone(struct rtun_net *rn, u32 portid);

/* Requests. */
int rtun_nl_capture_start(struct sk_buff *skb, struct genl_info *info);
int rtun_nl_capture_stop(struct sk_buff *skb, struct genl_info *info);

#endif /* _RTUN_CAPTURE_H */
