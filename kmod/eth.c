// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ethernet as the payload, see eth.h.  RFC 4719: type 5 carries frames as they
 * are, tagged or not; type 4 carries frames of one VLAN, whose tag is on the
 * wire only: each end has its own number for it.
 *
 * Keepalives are frames of the Ethernet configuration testing protocol (type
 * 0x9000, Ethernet 2.0 section 8): a "reply" to the loopback multicast address,
 * which no station answers and a peer that is no rtun ignores.
 */
#include "eth.h"
#include "outer.h"
#include "rtun.h"
#include "rx.h"
#include "tx.h"

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/if_vlan.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/ip_tunnels.h>

enum {
	ECTP_REPLY	= 1,		/* function: nobody answers it */
	ECTP_RECEIPT	= 0x7274,	/* receipt number of our keepalives */
};

/* All of it in the byte order of its inventors: little endian. */
struct ectp {
	__le16 skip;
	__le16 function;
	__le16 receipt;
} __packed;

static const u8 loopback_address[ETH_ALEN] = { 0xcf };

unsigned int rtun_eth_overhead(const struct rtun_session *s)
{
	return s->pw == RTUN_PW_ETH_VLAN ? VLAN_HLEN : 0;
}

struct sk_buff *rtun_eth_push(const struct rtun_session *s,
			      struct sk_buff *skb)
{
	if (s->pw != RTUN_PW_ETH_VLAN)
		return skb;
	return vlan_insert_tag(skb, htons(ETH_P_8021Q), s->vlan);
}

struct sk_buff *rtun_eth_keepalive(const struct rtun_session *s,
				   const u8 *source)
{
	struct sk_buff *skb = alloc_skb(rtun_tx_headroom() + ETH_ZLEN,
					GFP_ATOMIC);
	struct ethhdr *eth;
	struct ectp *ectp;

	if (!skb)
		return NULL;
	skb_reserve(skb, rtun_tx_headroom());
	eth = skb_put_zero(skb, ETH_ZLEN);
	ether_addr_copy(eth->h_dest, loopback_address);
	ether_addr_copy(eth->h_source, source);
	eth->h_proto = htons(ETH_P_LOOPBACK);
	ectp = (struct ectp *)(eth + 1);
	ectp->function = cpu_to_le16(ECTP_REPLY);
	ectp->receipt = cpu_to_le16(ECTP_RECEIPT);
	skb->priority = TC_PRIO_CONTROL;
	return rtun_eth_push(s, skb);
}

static bool is_keepalive(const struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct ectp e;

	return eth->h_proto == htons(ETH_P_LOOPBACK) &&
	       ether_addr_equal(eth->h_dest, loopback_address) &&
	       !skb_copy_bits(skb, ETH_HLEN, &e, sizeof(e)) && !e.skip &&
	       e.function == cpu_to_le16(ECTP_REPLY) &&
	       e.receipt == cpu_to_le16(ECTP_RECEIPT);
}

/* --- transmit ----------------------------------------------------------- */

void rtun_eth_tell_sender(struct sk_buff *skb, unsigned int mtu)
{
	if (skb->protocol == htons(ETH_P_IP) && pskb_inet_may_pull(skb)) {
		if (ip_hdr(skb)->frag_off & htons(IP_DF))
			icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
				      htonl(mtu));
	} else if (IS_ENABLED(CONFIG_IPV6) &&
		   skb->protocol == htons(ETH_P_IPV6) &&
		   pskb_inet_may_pull(skb)) {
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	}
}

bool rtun_eth_fits(struct rtun_session *s, struct rtun_out *o,
		   struct net_device *dev, struct sk_buff **skb,
		   unsigned int overhead)
{
	unsigned int mtu = rtun_out_mtu(o), len = (*skb)->len;
	unsigned int link = skb_network_offset(*skb);
	int err;

	if (skb_is_gso(*skb) ?
	    mtu > overhead + link &&
	    skb_gso_validate_network_len(*skb, mtu - overhead - link) :
	    len + overhead <= mtu)
		return true;
	if (mtu <= overhead + link + IPV6_MIN_MTU) {
		/* no sender could be told of less than that: fragment */
		o->df = 0;
		return true;
	}
	/* tells the route, or answers a host behind the bridge */
	err = skb_tunnel_check_pmtu(*skb, o->dst, overhead + link,
				    netif_is_any_bridge_port(dev));
	if (err > 0) {
		/* the packet has become the answer */
		if (pskb_may_pull(*skb, ETH_HLEN)) {
			(*skb)->protocol = eth_type_trans(*skb, dev);
			netif_rx(*skb);
		} else {
			kfree_skb(*skb);
		}
		*skb = NULL;
	} else if (!err && !netif_is_any_bridge_port(dev))
		rtun_eth_tell_sender(*skb, mtu - overhead - link);
	net_dbg_ratelimited("%s: a frame of %u octets does not fit into %u\n",
			    dev->name, len, mtu - overhead);
	return false;
}

void rtun_eth_xmit(struct rtun_session *s, struct net_device *dev,
		   struct sk_buff *skb)
{
	enum rtun_drop why = RTUN_DROP_TX_CIRCUIT_DOWN;

	if (unlikely(!READ_ONCE(s->circuit)))
		goto drop;
	why = RTUN_DROP_TX_PROTO;
	if (unlikely(!pskb_may_pull(skb, ETH_HLEN)))
		goto drop;
	skb_reset_mac_header(skb);
	/* who made it may have left the network header anywhere */
	if (unlikely(skb_network_offset(skb) < ETH_HLEN))
		skb_set_network_header(skb, ETH_HLEN);
	/* what the outer header copies must be at hand; a frame that only says
	 * it were IP is carried like any other
	 */
	pskb_inet_may_pull(skb);
	rtun_tx_packet(s, dev, skb);
	return;

drop:
	DEV_STATS_INC(dev, tx_dropped);
	rtun_drop(s, skb, why);
}

/* --- receive ------------------------------------------------------------ */

/* Take the tag off, whatever its number is: that is each end's own business
 * (RFC 4719 section 3.2).
 */
static enum rtun_drop pop_tag(struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;

	if (!eth_type_vlan(eth->h_proto))
		return RTUN_DROP_VLAN_TAG;
	if (!pskb_may_pull(skb, VLAN_ETH_HLEN))
		return RTUN_DROP_ETH_TRUNCATED;
	if (skb_ensure_writable(skb, VLAN_ETH_HLEN))
		return RTUN_DROP_RX_NOMEM;
	skb_postpull_rcsum(skb, skb->data + 2 * ETH_ALEN, VLAN_HLEN);
	memmove(skb->data + VLAN_HLEN, skb->data, 2 * ETH_ALEN);
	__skb_pull(skb, VLAN_HLEN);
	return RTUN_DROP_UNSPEC;
}

/* Congestion marks can go only into IP that is there. */
static bool ecn_ok(struct sk_buff *skb, u8 tos)
{
	unsigned int hlen;
	u8 version;

	if (skb->protocol == htons(ETH_P_IP)) {
		hlen = sizeof(struct iphdr);
		version = 4;
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		hlen = sizeof(struct ipv6hdr);
		version = 6;
	} else {
		return true;
	}
	if (!pskb_network_may_pull(skb, hlen) ||
	    ip_hdr(skb)->version != version)
		return true;
	return rtun_rx_ecn_ok(skb, tos);
}

void rtun_eth_deliver(struct rtun_session *s, struct sk_buff *skb)
{
	bool locked = rtun_cb(skb)->locked;
	u8 tos = rtun_cb(skb)->tos;
	struct net_device *dev;
	enum rtun_drop why;

	why = RTUN_DROP_ETH_TRUNCATED;
	if (!pskb_may_pull(skb, ETH_HLEN))
		goto drop;
	why = RTUN_DROP_CIRCUIT_DOWN;
	if (unlikely(!READ_ONCE(s->circuit)))
		goto drop;
	why = RTUN_DROP_NO_DEVICE;
	dev = rcu_dereference(s->dev);
	/* one of mode ppp may just have taken its place */
	if (!dev || unlikely(dev->type != ARPHRD_ETHER))
		goto drop;
	why = RTUN_DROP_DEVICE_DOWN;
	if (!(dev->flags & IFF_UP))
		goto drop;
	why = RTUN_DROP_ETH_LOOP;
	if (ether_addr_equal(((struct ethhdr *)skb->data)->h_source,
			     dev->dev_addr))
		goto drop;

	/* not what the link below found of the outer one */
	skb->pkt_type = PACKET_HOST;
	skb->protocol = eth_type_trans(skb, dev);
	skb_postpull_rcsum(skb, eth_hdr(skb), ETH_HLEN);
	skb_reset_network_header(skb);
	why = RTUN_DROP_ECN;
	if (!ecn_ok(skb, tos))
		goto drop;
	rtun_rx_device(s, skb, locked);
	return;

drop:
	rtun_drop(s, skb, why);
}

void rtun_eth_rx(struct rtun_session *s, struct sk_buff *skb)
{
	enum rtun_drop why;

	why = RTUN_DROP_ETH_TRUNCATED;
	if (!pskb_may_pull(skb, ETH_HLEN))
		goto drop;
	if (s->pw == RTUN_PW_ETH_VLAN) {
		why = pop_tag(skb);
		if (why)
			goto drop;
	}
	if (unlikely(is_keepalive(skb))) {
		rtun_stats_inc(s->stats, RTUN_A_STATS_RX_KEEPALIVE);
		consume_skb(skb);
		return;
	}
	rtun_eth_deliver(s, skb);
	return;

drop:
	rtun_drop(s, skb, why);
}
