/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the peer there?  Keepalives of ours, and the time since something came
 * from it.  Both are off unless asked for.
 */
#ifndef _RTUN_ALIVE_H
#define _RTUN_ALIVE_H

#include "rtun.h"

void rtun_alive_init(struct rtun_session *s);
/* KEEPALIVE or DEAD_TIME changed; cfg_lock. */
void rtun_alive_changed(struct rtun_session *s);
/* The session is dead and no packet of it is in work; may sleep. */
void rtun_alive_stop(struct rtun_session *s);

void __rtun_alive_heard(struct rtun_session *s);

/* Something came from the peer; RCU. */
static inline void rtun_alive_heard(struct rtun_session *s)
{
	if (unlikely(READ_ONCE(s->dead_time)))
		__rtun_alive_heard(s);
}

/* Something was sent; RCU. */
static inline void rtun_alive_sent(struct rtun_session *s)
{
	if (unlikely(READ_ONCE(s->keepalive)) &&
	    READ_ONCE(s->last_tx) != jiffies)
		WRITE_ONCE(s->last_tx, jiffies);
}

#endif /* _RTUN_ALIVE_H */
