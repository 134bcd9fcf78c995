// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that are many, with one header of ours, see gso_whole.h.  The kernel cuts what is
 * inside, and copies what is in front of it to each; then the numbers are put right.
 */
#include "gso_whole.h"
#include "l2tp_wire.h"
#include "seq.h"

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip_tunnels.h>
#include <net/protocol.h>

unsigned int rtun_gso_whole_segs(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int off, len = sizeof(struct udphdr);
	const struct tcphdr *th;
	struct tcphdr tcp;

	if (skb->ip_summed != CHECKSUM_PARTIAL || !shinfo->gso_size)
		return 0;
	off = skb_checksum_start_offset(skb);
	if (shinfo->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) {
		th = skb_header_pointer(skb, off, sizeof(tcp), &tcp);
		len = th ? th->doff * 4 : skb->len;
	}
	if (off + len >= skb->len)
		return 0;
	return DIV_ROUND_UP(skb->len - off - len, shinfo->gso_size);
}

int rtun_gso_whole_mark(struct sk_buff *skb, u32 type)
{
	return iptunnel_handle_offloads(skb, type | SKB_GSO_FRAGLIST);
}

void rtun_gso_whole_numbered(struct sk_buff *skb, unsigned int offset,
			     enum rtun_gso_numbers numbers)
{
	skb_set_inner_mac_header(skb, offset);
	skb_set_inner_protocol(skb, htons(numbers));
}

/* As iptunnel_pull_offloads(), but a sender's TCP that keeps the packet, and sets the type
 * whenever it sends it, has not to be given a copy.
 */
int rtun_gso_whole_unmark(struct sk_buff *skb)
{
	int err = skb_header_unclone(skb, GFP_ATOMIC);

	if (err)
		return err;
	skb_shinfo(skb)->gso_type &= ~(NETIF_F_GSO_ENCAP_ALL >> NETIF_F_GSO_SHIFT |
				       SKB_GSO_FRAGLIST);
	skb->encapsulation = 0;
	return 0;
}

struct sk_buff *rtun_gso_whole_cut(struct sk_buff *skb)
{
	struct sk_buff *segs, *seg;

	__skb_push(skb, skb->data - skb_mac_header(skb));
	segs = __skb_gso_segment(skb, NETIF_F_SG, false);
	if (IS_ERR_OR_NULL(segs)) {
		kfree_skb(skb);
		return NULL;
	}
	consume_skb(skb);
	for (seg = segs; seg; seg = seg->next)
		__skb_pull(seg, skb_transport_offset(seg));
	return segs;
}

/* --- cutting ---------------------------------------------------------------- */

/* From the MAC header on, which is what each gets a copy of.  Nobody below knows where our
 * header ends: nothing is left to a device, not even a checksum.
 */
static struct sk_buff *segment_inner(struct sk_buff *skb,
				     netdev_features_t features)
{
	struct sk_buff *segs;

	/* clones have the type in common */
	if (skb_header_unclone(skb, GFP_ATOMIC))
		return ERR_PTR(-ENOMEM);
	/* to TCP and UDP it means a list, which this is not */
	skb_shinfo(skb)->gso_type &= ~SKB_GSO_FRAGLIST;
	segs = skb_mac_gso_segment(skb, features & ~(NETIF_F_GSO_MASK |
						     NETIF_F_CSUM_MASK));
	skb_shinfo(skb)->gso_type |= SKB_GSO_FRAGLIST;
	return segs ?: ERR_PTR(-EINVAL);
}

/* Called with the IP header inside in front, our header from the MAC header on.
 * @number: make the number of the segment with @hlen octets of header the @nth after the
 * one that is there.
 */
static struct sk_buff *segment(struct sk_buff *skb, netdev_features_t features,
			       void (*number)(struct sk_buff *seg,
					      unsigned int hlen, u32 nth))
{
	unsigned int hlen = skb->data - skb_mac_header(skb);
	__be16 protocol = skb->protocol;
	struct sk_buff *segs, *seg;
	u32 nth = 0;

	/* a frame that says it had such a type inside is none of ours */
	if (!(skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST) ||
	    skb->mac_len != hlen || !pskb_may_pull(skb, 1))
		return ERR_PTR(-EINVAL);
	skb->protocol = *skb->data >> 4 == 4 ? htons(ETH_P_IP) :
					       htons(ETH_P_IPV6);
	__skb_push(skb, hlen);
	segs = segment_inner(skb, features);
	skb->protocol = protocol;
	if (!IS_ERR(segs))
		for (seg = segs; seg; seg = seg->next)
			number(seg, hlen, nth++);
	return segs;
}

static void number_v2(struct sk_buff *seg, unsigned int hlen, u32 nth)
{
	u8 *ns = skb_mac_header(seg) + RTUN_L2TP_V2_HLEN;

	if (hlen >= RTUN_L2TP_V2_HLEN + 4)
		put_unaligned_be16(get_unaligned_be16(ns) + nth, ns);
}

/* @after: octets between the sublayer and IP. */
static void number_v3(struct sk_buff *seg, unsigned int hlen,
		      unsigned int after, u32 nth)
{
	u8 *sublayer = skb_mac_header(seg) + hlen - after -
		       RTUN_L2TP_L2SPEC_HLEN;
	u32 word;

	if (hlen < after + RTUN_L2TP_L2SPEC_HLEN)
		return;
	word = get_unaligned_be32(sublayer);
	put_unaligned_be32((word & ~RTUN_L2TP_L2SPEC_SEQ) |
			   ((word + nth) & RTUN_L2TP_L2SPEC_SEQ), sublayer);
}

static void number_v3_eth(struct sk_buff *seg, unsigned int hlen, u32 nth)
{
	number_v3(seg, hlen, ETH_HLEN, nth);
}

/* PPP has one octet to four, and all in front of it has a multiple of four. */
static void number_v3_ppp(struct sk_buff *seg, unsigned int hlen, u32 nth)
{
	number_v3(seg, hlen, hlen % 4 ?: 4, nth);
}

/* The payload's length, the call id, the number and maybe an acknowledgement, which is
 * repeated (RFC 2637 section 4.1).  The flags are in the base header, in front of the MAC
 * header.
 */
static void number_gre(struct sk_buff *seg, unsigned int hlen, u32 nth)
{
	u8 *h = skb_mac_header(seg);
	unsigned int own = h[-3] & 0x80 ? 12 : 8;

	if (hlen < own)
		return;
	put_unaligned_be16(seg->len - own, h);
	put_unaligned_be32(get_unaligned_be32(h + 4) + nth, h + 4);
}

static struct sk_buff *segment_v2(struct sk_buff *skb,
				  netdev_features_t features)
{
	return segment(skb, features, number_v2);
}

static struct sk_buff *segment_v3_eth(struct sk_buff *skb,
				      netdev_features_t features)
{
	return segment(skb, features, number_v3_eth);
}

static struct sk_buff *segment_v3_ppp(struct sk_buff *skb,
				      netdev_features_t features)
{
	return segment(skb, features, number_v3_ppp);
}

struct sk_buff *rtun_gso_whole_segment_gre(struct sk_buff *skb,
					   netdev_features_t features)
{
	return segment(skb, features, number_gre);
}

/* Does one of the functions above cut it? */
static bool is_numbered(__be16 protocol)
{
	return protocol == htons(RTUN_GSO_L2TPV3_ETH) ||
	       protocol == htons(RTUN_GSO_L2TPV3_PPP);
}

/* As the kernel does it for GRE: with the transport header in front, returns from the
 * outer MAC header on.
 */
struct sk_buff *rtun_gso_whole_segment_ip(struct sk_buff *skb,
					  netdev_features_t features)
{
	int hlen = skb_inner_mac_header(skb) - skb_transport_header(skb);
	u16 mac_offset = skb->mac_header, mac_len = skb->mac_len;
	__be16 protocol = skb->protocol;
	struct sk_buff *segs, *seg;
	unsigned int outer;

	if (hlen < 0 || !pskb_may_pull(skb, hlen))
		return ERR_PTR(-EINVAL);
	skb->encapsulation = 0;
	SKB_GSO_CB(skb)->encap_level = 0;
	__skb_pull(skb, hlen);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, skb_inner_network_offset(skb));
	skb->mac_len = skb_inner_network_offset(skb);
	skb->protocol = skb->inner_protocol;
	skb->encap_hdr_csum = 0;
	segs = is_numbered(skb->protocol) ? skb_mac_gso_segment(skb, features) :
					    segment_inner(skb, features);
	if (IS_ERR_OR_NULL(segs)) {
		skb_gso_error_unwind(skb, protocol, hlen, mac_offset, mac_len);
		return segs ?: ERR_PTR(-EINVAL);
	}
	outer = skb_tnl_header_len(skb);
	for (seg = segs; seg; seg = seg->next) {
		seg->mac_len = mac_len;
		seg->protocol = protocol;
		__skb_push(seg, outer);
		skb_reset_mac_header(seg);
		skb_set_network_header(seg, mac_len);
		skb_set_transport_header(seg, outer - hlen);
	}
	return segs;
}

static struct packet_offload offloads[] __read_mostly = {
	{
		.type = cpu_to_be16(RTUN_GSO_L2TPV2),
		.callbacks = { .gso_segment = segment_v2 },
	},
	{
		.type = cpu_to_be16(RTUN_GSO_L2TPV3_ETH),
		.callbacks = { .gso_segment = segment_v3_eth },
	},
	{
		.type = cpu_to_be16(RTUN_GSO_L2TPV3_PPP),
		.callbacks = { .gso_segment = segment_v3_ppp },
	},
};

void rtun_gso_whole_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offloads); i++)
		dev_add_offload(&offloads[i]);
}

/* Waits until nobody uses them. */
void rtun_gso_whole_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offloads); i++)
		dev_remove_offload(&offloads[i]);
}
