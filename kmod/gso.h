/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that are many, with one header (GSO): what they are on the wire.
 */
#ifndef _RTUN_GSO_H
#define _RTUN_GSO_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>

/* How many? */
static inline unsigned int rtun_gso_segs(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? max_t(unsigned int, 1,
				       skb_shinfo(skb)->gso_segs) : 1;
}

/* Octets of all of them, of a packet of @len octets that is counted from
 * @before octets in front of its network header on: each has the headers.
 */
static inline unsigned int rtun_gso_len(const struct sk_buff *skb,
					unsigned int len, unsigned int before)
{
	unsigned int off = skb_network_offset(skb), hlen;
	const struct tcphdr *th;
	const struct iphdr *iph;
	struct tcphdr tcp;
	struct iphdr ip;

	if (likely(!skb_is_gso(skb)))
		return len;
	if (skb->protocol == htons(ETH_P_IP)) {
		iph = skb_header_pointer(skb, off, sizeof(ip), &ip);
		hlen = iph ? iph->ihl * 4 : 0;
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		hlen = sizeof(struct ipv6hdr);
	} else {
		return len;
	}
	if (skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) {
		th = skb_header_pointer(skb, off + hlen, sizeof(tcp), &tcp);
		hlen += th ? th->doff * 4 : 0;
	} else {
		hlen += sizeof(struct udphdr);
	}
	return len + (rtun_gso_segs(skb) - 1) * (before + hlen);
}

#endif /* _RTUN_GSO_H */
