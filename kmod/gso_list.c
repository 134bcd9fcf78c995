// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of packets, see gso_list.h.  UDP's are cut by the kernel itself.  Protocol 115 has
 * nobody who would: we do.  GRE is cut by the kernel's own code, which has its base header
 * copied and asks for the rest by the protocol that is in it; a network card is
 * never asked to, for it carries no list.
 */
#include "gso_list.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/protocol.h>

enum {
	/* what gre_gso_segment() takes for the whole header */
	GRE_BASE_HLEN	= 4,
};

static bool fits(const struct rtun_gso_list *l, const struct sk_buff *skb)
{
	const struct sk_buff *head = l->head;

	/* headers are written into each: nobody else may see them */
	if (skb_cloned(skb) || skb_has_frag_list(skb))
		return false;
	/* and those of whoever is below are put in front of each */
	if (skb_headroom(skb) < sizeof(struct ipv6hdr) + LL_MAX_HEADER)
		return false;
	if (!head)
		return true;
	/* who waits for the memory of one waits for that of all */
	/* the first one's place of a sum that is to be made is all the others' */
	if (skb->ip_summed != head->ip_summed ||
	    (skb->ip_summed == CHECKSUM_PARTIAL &&
	     (skb->csum_offset != head->csum_offset ||
	      skb_checksum_start_offset(skb) !=
	      skb_checksum_start_offset(head))))
		return false;
	return skb->len <= l->size && skb->sk == head->sk && skb->destructor == head->destructor &&
	       head->len + skb->len + sizeof(struct ipv6hdr) <= IP_MAX_MTU;
}

bool rtun_gso_list_add(struct rtun_gso_list *l, struct sk_buff *skb)
{
	if (!fits(l, skb))
		return false;
	l->n++;
	if (!l->head) {
		l->head = skb;
		l->tail = NULL;
		l->size = skb->len;
		return true;
	}
	/* nothing of the inner packet's way: only the first is looked at from now on */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	/* its share of the owner's memory becomes the first one's */
	skb->sk = NULL;
	skb->destructor = NULL;
	if (l->tail)
		l->tail->next = skb;
	else
		skb_shinfo(l->head)->frag_list = skb;
	l->tail = skb;
	l->head->len += skb->len;
	l->head->data_len += skb->len;
	l->head->truesize += skb->truesize;
	return true;
}

struct sk_buff *rtun_gso_list_seal(struct rtun_gso_list *l, unsigned int hlen,
				   u8 protocol)
{
	struct sk_buff *head = l->head, *skb;
	unsigned int n = l->n, size = l->size;
	struct skb_shared_info *shinfo;

	*l = (struct rtun_gso_list){};
	if (n < 2)
		return head;
	skb_walk_frags(head, skb) {
		skb_reset_transport_header(skb);
		skb_set_network_header(skb, -(int)hlen);
	}
	shinfo = skb_shinfo(head);
	shinfo->gso_type = SKB_GSO_FRAGLIST;
	shinfo->gso_segs = n;
	switch (protocol) {
	case IPPROTO_UDP:
		/* cut by UDP, which in older kernels takes the share of the others
		 * off what the owner gets back
		 */
		skb_orphan(head);
		shinfo->gso_type |= SKB_GSO_UDP_L4;
		size -= sizeof(struct udphdr);
		/* as UDP's own: the others begin with what is in them */
		skb_walk_frags(head, skb) {
			__skb_pull(skb, sizeof(struct udphdr));
			head->len -= sizeof(struct udphdr);
			head->data_len -= sizeof(struct udphdr);
		}
		/* of all, as UDP's own lists have it; who cuts them sets it right,
		 * and the sum is already that of the first alone
		 */
		((struct udphdr *)head->data)->len = htons(head->len);
		break;
	case IPPROTO_GRE:
		size -= GRE_BASE_HLEN;
		head->encapsulation = 1;
		skb_set_inner_protocol(head, htons(RTUN_GSO_GRE_PPP));
		skb_set_inner_mac_header(head, GRE_BASE_HLEN);
		skb_set_inner_network_header(head, GRE_BASE_HLEN);
		skb_set_inner_transport_header(head, GRE_BASE_HLEN);
		break;
	}
	shinfo->gso_size = size;
	/* all sums are made, or the device that cuts them makes those of UDP */
	if (head->ip_summed != CHECKSUM_PARTIAL)
		head->ip_summed = CHECKSUM_UNNECESSARY;
	return head;
}

void rtun_gso_list_copy_header(struct sk_buff *skb, unsigned int hlen)
{
	struct sk_buff *other;

	skb_walk_frags(skb, other)
		memcpy(skb_network_header(other), skb_network_header(skb),
		       hlen);
}

/* --- taking them apart ------------------------------------------------------ */

/* The packets of a list, each from @offset octets before its IP header on.  That of the
 * first is the one that filters and routers have worked on.
 */
static struct sk_buff *cut(struct sk_buff *skb, netdev_features_t features,
			   unsigned int offset)
{
	unsigned int hlen = skb_network_header_len(skb);
	unsigned int truesize = skb->truesize;
	struct sk_buff *segs, *other;
	bool gre;

	if (!rtun_is_gso_list(skb) || !skb_has_frag_list(skb))
		return ERR_PTR(-EINVAL);
	segs = skb_segment_list(skb, features, offset);
	if (IS_ERR(segs))
		return segs;
	/* its owner gets back all of it with the first, whatever the kernel thinks */
	if (segs->destructor)
		segs->truesize = truesize;
	gre = ip_hdr(segs)->version == 4 &&
	      ip_hdr(segs)->protocol == IPPROTO_GRE;
	for (other = segs->next; other; other = other->next) {
		if (skb_network_header_len(other) == hlen)
			memcpy(skb_network_header(other),
			       skb_network_header(segs), hlen);
		/* the call id, which NAT may have changed as well */
		if (gre)
			memcpy(skb_transport_header(other) + 6,
			       skb_transport_header(segs) + 6, 2);
	}
	return segs;
}

struct sk_buff *rtun_gso_list_cut(struct sk_buff *skb)
{
	unsigned int hlen = skb_network_header_len(skb);
	struct sk_buff *segs, *other;

	/* no headers of another tunnel are in front */
	SKB_GSO_CB(skb)->mac_offset = skb_mac_header(skb) - skb->head;
	segs = cut(skb, NETIF_F_SG, 0);
	/* the first of them is a reference more to the same */
	kfree_skb(skb);
	if (IS_ERR(segs))
		return NULL;
	for (other = segs; other; other = other->next)
		__skb_pull(other, hlen);
	return segs;
}

/* Called with the transport header in front, returns from the MAC header on. */
static struct sk_buff *segment(struct sk_buff *skb, netdev_features_t features)
{
	if (rtun_is_gso_whole(skb))
		return rtun_gso_whole_segment_ip(skb, features);
	return cut(skb, features, skb_mac_header_len(skb));
}

/* gre_gso_segment() has made what is behind the base header a packet of its own, with
 * that for its MAC and network header.
 */
static struct sk_buff *segment_gre(struct sk_buff *skb,
				   netdev_features_t features)
{
	u16 mac_header = skb->mac_header;
	struct sk_buff *segs, *other;
	unsigned int outer;

	/* a frame of this type, or what else says so, is none of ours */
	if (!(skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST) ||
	    skb_transport_header(skb) + GRE_BASE_HLEN != skb_mac_header(skb))
		return ERR_PTR(-EINVAL);
	/* gre_gso_segment() leaves no other sign */
	if (skb_shinfo(skb)->gso_type != SKB_GSO_FRAGLIST)
		return rtun_gso_whole_segment_gre(skb, features);
	skb->mac_header = SKB_GSO_CB(skb)->mac_offset;
	skb_set_network_header(skb, skb_transport_offset(skb) -
				    (int)sizeof(struct iphdr));
	outer = skb->data - skb_mac_header(skb);
	segs = cut(skb, features, skb_mac_header_len(skb));
	if (!IS_ERR(segs))
		for (other = segs; other; other = other->next)
			__skb_pull(other, outer);
	skb->mac_header = mac_header;
	skb_reset_network_header(skb);
	return segs;
}

static const struct net_offload l2tp_offload = {
	.callbacks = {
		.gso_segment = segment,
	},
};

static struct packet_offload gre1_offload __read_mostly = {
	.type = cpu_to_be16(RTUN_GSO_GRE_PPP),
	.callbacks = {
		.gso_segment = segment_gre,
	},
};

int rtun_gso_list_init(void)
{
	int err;

	err = inet_add_offload(&l2tp_offload, IPPROTO_L2TP);
	if (err)
		return err;
	if (IS_ENABLED(CONFIG_IPV6)) {
		err = inet6_add_offload(&l2tp_offload, IPPROTO_L2TP);
		if (err) {
			inet_del_offload(&l2tp_offload, IPPROTO_L2TP);
			return err;
		}
	}
	dev_add_offload(&gre1_offload);
	return 0;
}

/* Waits until nobody uses them. */
void rtun_gso_list_exit(void)
{
	dev_remove_offload(&gre1_offload);
	if (IS_ENABLED(CONFIG_IPV6))
		inet6_del_offload(&l2tp_offload, IPPROTO_L2TP);
	inet_del_offload(&l2tp_offload, IPPROTO_L2TP);
}
