/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encryption of network packets, MPPE (RFC 3078): crypt.c with its locks, memory
 * and netlink.  What CCP would say while it is open (Reset-Request, Reset-Ack; RFC
 * 1962 section 5.3) is said here, as it must not wait for the owner; the owner
 * negotiates, and gives the start keys (RFC 3079).
 *
 * Each direction is set up apart.  Sending is serialised by tx_lock, or counts
 * would not be in order on the wire; receiving by rx_lock.
 */
#ifndef _RTUN_MPPE_H
#define _RTUN_MPPE_H

#include "rtun.h"

#include <linux/skbuff.h>

struct netlink_ext_ack;
struct nlattr;
struct rtun_mppe_rx;

enum {
	/* bits and count, and a protocol field that is encrypted too */
	RTUN_MPPE_OVERHEAD	= 4,
};

/* What SESSION_SET makes of the two directions, between check and apply. */
struct rtun_mppe_change {
	bool set_tx;
	bool set_rx;
	struct rtun_crypt *tx;
	struct rtun_mppe_rx *rx;
};

/* Look at the attributes and make what they ask for; cfg_lock.  Then it is either
 * applied or cancelled.
 */
int rtun_mppe_check(struct nlattr **tb, struct rtun_mppe_change *change,
		    struct netlink_ext_ack *extack);
void rtun_mppe_apply(struct rtun_session *s, struct rtun_mppe_change *change);
void rtun_mppe_cancel(struct rtun_mppe_change *change);
/* Wipe the keys of a request that is done. */
void rtun_mppe_forget(struct nlattr **tb);
/* The session goes, and no packet of it is in work. */
void rtun_mppe_free(struct rtun_session *s);
/* Put it into a dump; 0 or -EMSGSIZE. */
int rtun_mppe_fill(struct sk_buff *msg, struct rtun_session *s);

/* Does what the session sends leave encrypted? */
static inline bool rtun_mppe_sends(const struct rtun_session *s)
{
	return READ_ONCE(s->mppe_tx);
}

/* Encrypt a packet that begins with its protocol field, and put bits and count
 * in front.  Its data is linear and nobody else's; tx_lock.  False: there is no
 * key any more.
 */
bool rtun_mppe_seal(struct rtun_session *s, struct sk_buff *skb);
/* Decrypt one that begins with bits and count: NULL, it was dropped, or it begins
 * with its protocol field now, and is maybe another skb.  rx_lock.  @answers: as
 * in ppp.h.
 */
struct sk_buff *rtun_mppe_open(struct rtun_session *s, struct sk_buff *skb,
			       struct sk_buff_head *answers);
/* Is this frame of CCP, from its code on, dealt with?  rx_lock. */
bool rtun_mppe_ccp(struct rtun_session *s, const struct sk_buff *skb,
		   struct sk_buff_head *answers);

#endif /* _RTUN_MPPE_H */
