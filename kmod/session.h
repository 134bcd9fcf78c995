/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions: table, life, options.
 */
#ifndef _RTUN_SESSION_H
#define _RTUN_SESSION_H

#include <linux/types.h>

struct genl_info;
struct list_head;
struct netlink_ext_ack;
struct nlattr;
struct rtun_key;
struct rtun_net;
struct rtun_session;
struct rtun_tunnel;
struct work_struct;

extern const struct rhashtable_params rtun_session_params;

int rtun_sessions_init(void);
void rtun_sessions_exit(void);

/* By id; cfg_lock or RCU. */
struct rtun_session *rtun_session_find(struct rtun_net *rn, u32 id);
/* By what the wire says; RCU.  Only one that is live. */
struct rtun_session *rtun_session_by_wire(struct rtun_net *rn,
					  const struct rtun_key *key);

/* Does any session, live or not, receive with this?  cfg_lock. */
bool rtun_session_taken(struct rtun_net *rn, const struct rtun_key *key);

/*
 * All of the following under cfg_lock.
 *
 * rtun_session_new() makes a session of the attributes of SESSION_NEW and
 * publishes it, but it receives only after rtun_session_live(): its maker must
 * hear of its id before it hears of its frames.
 */
struct rtun_session *rtun_session_new(struct rtun_tunnel *t,
				      struct nlattr **tb,
				      struct netlink_ext_ack *extack);
void rtun_session_live(struct rtun_session *s);
/* Apply the attributes of SESSION_SET: all or none. */
int rtun_session_set(struct rtun_session *s, struct nlattr **tb,
		     struct netlink_ext_ack *extack);
/* The end of the sessions on the list (by rtun_session::kill), and of all that
 * died before: when it returns, no packet of theirs is in work.
 */
void rtun_sessions_kill(struct rtun_net *rn, struct list_head *list,
			u32 reason);
/* The end of one.  Its ids and its device are free at once, what it holds after
 * a grace period for which nobody waits: that is told then, too.
 */
void rtun_session_kill(struct rtun_session *s, u32 reason);
/* rtun_net::dead_work */
void rtun_sessions_dead_work(struct work_struct *work);

void rtun_session_get(struct rtun_session *s);
void rtun_session_put(struct rtun_session *s);

/* The transmit lock, or false where taking it would lock up: the packet came
 * from inside this very tunnel.  BH disabled.
 */
#define rtun_session_tx_lock(s) \
	__cond_lock(&(s)->tx_lock, __rtun_session_tx_lock(s))
bool __rtun_session_tx_lock(struct rtun_session *s);
void rtun_session_tx_unlock(struct rtun_session *s) __releases(&s->tx_lock);

/* Without a lock: one more tunnel around a packet, or false when there are too
 * many, which is a tunnel in itself.  BH disabled.
 */
bool rtun_nesting_enter(void);
void rtun_nesting_leave(void);

#endif /* _RTUN_SESSION_H */
