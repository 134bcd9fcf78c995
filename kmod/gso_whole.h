/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet that is many (GSO) crosses the stack with one header of ours.  Where packets
 * are numbered that header has the number of the first, and the others are counted on from
 * it when it is cut: by us, whoever asks for it, be it the network card's queue, IP
 * where it must fragment, or a tunnel that cannot take them at once.  No network card is
 * ever asked to: SKB_GSO_FRAGLIST, which none has, is part of the type.
 */
#ifndef _RTUN_GSO_WHOLE_H
#define _RTUN_GSO_WHOLE_H

#include <linux/skbuff.h>

/* Where the number is: inner protocols of such packets.  As types of Ethernet they are
 * lengths, so no frame has them.
 */
enum rtun_gso_numbers {
	RTUN_GSO_L2TPV2		= 0x00d2,
	RTUN_GSO_L2TPV3_ETH	= 0x00d3,
	RTUN_GSO_L2TPV3_PPP	= 0x00d4,
	RTUN_GSO_GRE_PPP	= 0x880b,	/* what GRE itself says */
};

/* Is it one, with a header of ours in front?  There are others whose copies of the
 * header are all the same: those of UDP that any device may cut.
 */
static inline bool rtun_is_gso_whole(const struct sk_buff *skb)
{
	const u32 inside = SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_UDP_L4;

	return skb_is_gso(skb) && skb->encapsulation &&
	       skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST &&
	       skb_shinfo(skb)->gso_type & inside;
}

/* How many packets will it be cut into, by its octets?  0: that cannot be known.  It is one
 * whose checksums are to be made (CHECKSUM_PARTIAL).
 */
unsigned int rtun_gso_whole_segs(const struct sk_buff *skb);
/* Mark one that has no header of ours yet; @type: what else it is.  0 or errno. */
int rtun_gso_whole_mark(struct sk_buff *skb, u32 type);
/* Its header begins with skb->data, and @offset octets behind that begins what is no
 * other protocol's; the number is that of the first.
 */
void rtun_gso_whole_numbered(struct sk_buff *skb, unsigned int offset,
			     enum rtun_gso_numbers numbers);

/* One was received, and its headers are off: it is as its sender made it.  0 or errno. */
int rtun_gso_whole_unmark(struct sk_buff *skb);
/* One was received, with all headers: the packets of it from their transport header on,
 * linked by next; NULL: no memory, or it is none of ours.  Takes the skb.
 */
struct sk_buff *rtun_gso_whole_cut(struct sk_buff *skb);

/* Callbacks of the kernel for protocol 115, and behind GRE's base header. */
struct sk_buff *rtun_gso_whole_segment_ip(struct sk_buff *skb,
					  netdev_features_t features);
struct sk_buff *rtun_gso_whole_segment_gre(struct sk_buff *skb,
					   netdev_features_t features);

/* With the module: who cuts them behind UDP's header, or protocol 115's. */
void rtun_gso_whole_init(void);
void rtun_gso_whole_exit(void);

#endif /* _RTUN_GSO_WHOLE_H */
