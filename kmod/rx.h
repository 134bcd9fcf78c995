/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every payload does when it hands a packet to the device.
 */
#ifndef _RTUN_RX_H
#define _RTUN_RX_H

#include <uapi/linux/rtun.h>

#include <linux/skbuff.h>
#include <linux/types.h>

struct rtun_session;

/* What a packet carries in skb->cb from the transport to the payload. */
struct rtun_cb {
	u8 tos;		/* of the outer header */
	bool locked;	/* rx_lock is held, and the order is to be kept */
	bool numbered;	/* by its transport */
	u32 seq;	/* its number */
};

static inline struct rtun_cb *rtun_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rtun_cb) > sizeof(skb->cb));
	return (struct rtun_cb *)skb->cb;
}

/* What a frame carries that is to be sent in answer, until no rx_lock is held. */
struct rtun_answer_cb {
	struct rtun_session *session;
};

static inline struct rtun_answer_cb *rtun_answer_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rtun_answer_cb) > sizeof(skb->cb));
	return (struct rtun_answer_cb *)skb->cb;
}

/* A frame of @s, from its protocol field on, for rtun_ppp_unlocked(). */
static inline void rtun_answer(struct rtun_session *s,
			       struct sk_buff_head *answers,
			       struct sk_buff *skb)
{
	rtun_answer_cb(skb)->session = s;
	__skb_queue_tail(answers, skb);
}

/* Take @len octets off the front; the checksum is kept if that is simple. */
static inline void rtun_rx_pull(struct sk_buff *skb, unsigned int len)
{
	if (likely(skb->ip_summed != CHECKSUM_COMPLETE)) {
		__skb_pull(skb, len);
		/* what was to be made was the outer packet's */
		if (skb->ip_summed == CHECKSUM_PARTIAL &&
		    skb_checksum_start_offset(skb) < 0)
			skb->ip_summed = CHECKSUM_NONE;
		return;
	}
	skb_pull_rcsum(skb, len);
	/* after an odd number of octets all others have changed places */
	if (unlikely(len & 1) && skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

/* Leave the first @len octets.  @forged: what it is if a checksum that is yet to be made
 * lies behind these, which only who makes up packets can bring about.
 */
static inline enum rtun_drop rtun_rx_trim(struct sk_buff *skb, unsigned int len,
					  enum rtun_drop forged)
{
	int err = pskb_trim_rcsum(skb, len);

	if (likely(!err))
		return RTUN_DROP_UNSPEC;
	return err == -ENOMEM ? RTUN_DROP_RX_NOMEM : forged;
}

/* Outer congestion marks go inside (RFC 6040 section 4.2); false: they cannot,
 * the packet is to be dropped.  The network header and protocol are those of
 * the IP packet inside, whose header is in the linear part.
 */
bool rtun_rx_ecn_ok(struct sk_buff *skb, u8 outer);

/* Hand a packet to its device (skb->dev), whose link header is at the mac
 * header; it is counted from there on.  @locked as in struct rtun_cb: rtun_ppp_unlocked()
 * comes after the lock.  Takes the skb; BH disabled, RCU.
 */
void rtun_rx_device(struct rtun_session *s, struct sk_buff *skb, bool locked);

#endif /* _RTUN_RX_H */
