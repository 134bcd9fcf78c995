/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that differ in their headers, but cross the stack as one: the others hang
 * on the first one (SKB_GSO_FRAGLIST), each with all its headers.  Numbers make each packet
 * another, so that no header could be copied to all; in a list they leave in their
 * order with one pass through IP, its filters and its queues.  They are taken apart where a
 * device cannot carry the list, or where a tunnel receives it.
 */
#ifndef _RTUN_GSO_LIST_H
#define _RTUN_GSO_LIST_H

#include "gso_whole.h"

#include <linux/skbuff.h>

/**
 * struct rtun_gso_list - packets for the same peer
 * @head: the first, the longest of them; NULL: none
 * @tail: the last one
 * @size: octets of @head at the beginning
 * @n: how many
 */
struct rtun_gso_list {
	struct sk_buff *head;
	struct sk_buff *tail;
	unsigned int size;
	unsigned int n;
};

/* Add a packet that begins with its transport header and has room for IP's in front.
 * False: it does not go with the others, and still is the caller's.
 */
bool rtun_gso_list_add(struct rtun_gso_list *l, struct sk_buff *skb);
/* It is complete: mark what is in it for those who take it apart, and leave @l empty.
 * @hlen: of IP; @protocol: IP's for them.  What comes out may be a single packet.
 */
struct sk_buff *rtun_gso_list_seal(struct rtun_gso_list *l, unsigned int hlen,
				   u8 protocol);
/* All of them have the first one's IP header of @hlen octets. */
void rtun_gso_list_copy_header(struct sk_buff *skb, unsigned int hlen);

static inline bool rtun_is_gso_list(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST &&
	       !rtun_is_gso_whole(skb);
}

/* One was received, and begins with its transport header: the packets of it, linked by
 * next; NULL: no memory, or it is none of ours.  Takes the skb.  BH disabled.
 */
struct sk_buff *rtun_gso_list_cut(struct sk_buff *skb);

/* With the module: who cuts them below IP. */
int rtun_gso_list_init(void);
void rtun_gso_list_exit(void);

#endif /* _RTUN_GSO_LIST_H */
