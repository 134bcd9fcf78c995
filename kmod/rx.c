// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of the way in, see rx.h.
 */
#include "rx.h"
#include "cells.h"
#include "gso.h"
#include "multipoint.h"
#include "rtun.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>

bool rtun_rx_ecn_ok(struct sk_buff *skb, u8 outer)
{
	unsigned int hlen = skb_network_offset(skb) +
			    (skb->protocol == htons(ETH_P_IP) ?
			     sizeof(struct iphdr) : sizeof(struct ipv6hdr));

	/* a clone shares the header that may be changed */
	if (INET_ECN_is_ce(outer) && skb_cloned(skb) &&
	    skb_ensure_writable(skb, hlen))
		return false;
	return INET_ECN_decapsulate(skb, outer,
				    ip_tunnel_get_dsfield(ip_hdr(skb), skb)) <= 1;
}

/* Everything the outer packet left on the skb must go. */
static void clean(struct rtun_session *s, struct sk_buff *skb)
{
	skb_scrub_packet(skb, !net_eq(s->tunnel->rn->net, dev_net(skb->dev)));
	skb_clear_hash_if_not_l4(skb);
	skb_set_queue_mapping(skb, 0);
	__vlan_hwaccel_clear_tag(skb);
	skb_reset_mac_len(skb);
	rtun_skb_unset_transport(skb);
	skb->encapsulation = 0;
	/* "unnecessary" was said of the outermost packet */
	if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		skb->ip_summed = CHECKSUM_NONE;
	memset(skb->cb, 0, sizeof(skb->cb));
}

static void count(struct rtun_session *s, unsigned int n, unsigned int len)
{
	struct rtun_multipoint *mp = rcu_dereference(s->multipoint);

	rtun_stats_packets(s->stats, RTUN_A_STATS_RX_PACKETS, n, len);
	if (unlikely(mp))
		rtun_stats_packets(mp->stats, RTUN_A_STATS_RX_PACKETS, n, len);
}

void rtun_rx_device(struct rtun_session *s, struct sk_buff *skb, bool locked)
{
	struct net_device *dev = skb->dev;
	unsigned int link = skb->data - skb_mac_header(skb);
	unsigned int len = rtun_gso_len(skb, skb->len + link, link);
	unsigned int n = rtun_gso_segs(skb);
	u8 type = skb->pkt_type;
	bool ok;

	clean(s, skb);
	/* what eth_type_trans() saw is not what the outer packet was */
	if (dev->type == ARPHRD_ETHER)
		skb->pkt_type = type;
	if (!locked && rtun_cells_may_bypass(skb)) {
		count(s, n, len);
		rtun_cells_bypass(skb);
		return;
	}
	ok = locked ? rtun_cells_receive_ordered(skb, &s->rx_cpu) :
		      rtun_cells_receive(skb);
	if (likely(ok))
		count(s, n, len);
	else
		rtun_drop(s, skb, RTUN_DROP_RX_NOMEM);
}
