// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel asks of a device of kind "rtun", see link_dev.h.
 */
#include "link_dev.h"
#include "bcp.h"
#include "cells.h"
#include "eth.h"
#include "multipoint.h"
#include "netlink.h"
#include "ppp.h"
#include "rtun.h"

#include <linux/etherdevice.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

/* How often the cells were flushed; rtnl. */
static u32 flushes;

/* Is it for somebody?  What hosts say to all on the link, as they do when an
 * interface comes up, is no reason to dial.
 */
static bool for_a_host(struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return pskb_network_may_pull(skb, sizeof(struct iphdr)) &&
		       !ipv4_is_multicast(ip_hdr(skb)->daddr) &&
		       !ipv4_is_lbcast(ip_hdr(skb)->daddr);
	case htons(ETH_P_IPV6):
		return pskb_network_may_pull(skb, sizeof(struct ipv6hdr)) &&
		       !ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr);
	default:
		return false;
	}
}

static void tell_demand(struct rtun_link *link, struct sk_buff *skb)
{
	unsigned long told = READ_ONCE(link->told);

	if (!link->on_demand || time_before(jiffies, told + HZ) ||
	    !for_a_host(skb) || cmpxchg(&link->told, told, jiffies) != told)
		return;
	rtun_notify_event(rtun_net_of(dev_net(link->dev)), RTUN_EVENT_DEMAND, 0,
			  0, link->dev->ifindex, NULL, GFP_ATOMIC);
}

static netdev_tx_t link_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);
	struct rtun_session *s;

	rcu_read_lock();
	s = rcu_dereference(link->session);
	if (likely(s)) {
		if (link->mode == RTUN_MODE_PPP)
			rtun_ppp_xmit(s, dev, skb);
		else if (rtun_session_eth(s))
			rtun_eth_xmit(s, dev, skb);
		else
			rtun_bcp_xmit(s, dev, skb);
	} else {
		tell_demand(link, skb);
		DEV_STATS_INC(dev, tx_dropped);
		rtun_net_drop(rtun_net_of(dev_net(dev)), skb,
			      RTUN_DROP_TX_NO_SESSION);
	}
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/* Nobody has this address: its sender is told. */
static void refuse(struct sk_buff *skb, struct net_device *dev)
{
	DEV_STATS_INC(dev, tx_dropped);
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else if (IS_ENABLED(CONFIG_IPV6) &&
		 skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
	rtun_net_drop(rtun_net_of(dev_net(dev)), skb, RTUN_DROP_TX_NO_PREFIX);
}

static netdev_tx_t multipoint_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);
	struct rtun_session *s;

	rcu_read_lock();
	s = rtun_multipoint_find(link->multipoint, skb);
	if (likely(s))
		rtun_ppp_xmit(s, dev, skb);
	else
		refuse(skb, dev);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

static int link_init(struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);

	netdev_lockdep_set_classes(dev);
	if (link->mode != RTUN_MODE_MULTIPOINT)
		return 0;
	link->multipoint = rtun_multipoint_new();
	return link->multipoint ? 0 : -ENOMEM;
}

/* No packet is in work any more. */
static void link_destructor(struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);

	rtun_multipoint_free(link->multipoint);
}

static int link_stop(struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);

	link->stopped = flushes;
	return 0;
}

/* The device is closed, and a grace period over: no packet comes any more. */
static void link_uninit(struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);

	rtun_link_gone(link);
	/* Devices that go together are all closed before the first comes here:
	 * one flush since then serves them all.
	 */
	if (link->stopped == flushes) {
		rtun_cells_flush();
		flushes++;
	}
}

static void link_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct rtun_link *link = netdev_priv(dev);
	struct rtun_traffic traffic = {};

	netdev_stats_to_stats64(stats, &dev->stats);
	if (link->multipoint)
		rtun_stats_traffic(link->multipoint->stats, &traffic, 1);
	else
		rtun_link_traffic(link, &traffic);
	stats->rx_packets = traffic.rx_packets;
	stats->rx_bytes = traffic.rx_bytes;
	stats->tx_packets = traffic.tx_packets;
	stats->tx_bytes = traffic.tx_bytes;
}

#define LINK_OPS							\
	.ndo_init = link_init,						\
	.ndo_uninit = link_uninit,					\
	.ndo_stop = link_stop,						\
	.ndo_get_stats64 = link_stats

static const struct net_device_ops ppp_ops = {
	LINK_OPS,
	.ndo_start_xmit = link_xmit,
};

static const struct net_device_ops multipoint_ops = {
	LINK_OPS,
	.ndo_start_xmit = multipoint_xmit,
};

static const struct net_device_ops eth_ops = {
	LINK_OPS,
	.ndo_start_xmit = link_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static const struct device_type link_type = { .name = RTUN_LINK_KIND };

void rtun_link_setup(struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);
	netdev_features_t features = NETIF_F_SG | NETIF_F_FRAGLIST |
				     NETIF_F_HIGHDMA | NETIF_F_HW_CSUM |
				     NETIF_F_RXCSUM | NETIF_F_GSO_SOFTWARE;

	link->dev = dev;
	/* never opened, nothing to flush */
	link->stopped = READ_ONCE(flushes) - 1;
	INIT_LIST_HEAD(&link->doomed);

	link->mode = RTUN_MODE_PPP;
	dev->netdev_ops = &ppp_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	/* not NONE: IPv6CP gives the interface identifier, not addrconf */
	dev->type = ARPHRD_PPP;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->priv_flags |= IFF_NO_QUEUE;
	/* GRO compares that many octets in front of the IP header */
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = LL_MAX_HEADER + RTUN_OVERHEAD_MAX;
	dev->mtu = ETH_DATA_LEN - 40;	/* IP, GRE and PPP: what PPTP leaves */
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - RTUN_OVERHEAD_MAX;
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->vlan_features |= features;
	dev->needs_free_netdev = true;
	dev->priv_destructor = link_destructor;
	rtun_dev_set_lltx(dev);
	/* answers to too big packets want to know where they came from */
	netif_keep_dst(dev);
	SET_NETDEV_DEVTYPE(dev, &link_type);
}

void rtun_eth_setup(struct net_device *dev, bool has_address, bool has_mtu)
{
	struct rtun_link *link = netdev_priv(dev);
	unsigned int mtu = dev->mtu;
	u8 address[ETH_ALEN];

	ether_addr_copy(address, dev->dev_addr);
	ether_setup(dev);
	link->mode = RTUN_MODE_ETH;
	dev->netdev_ops = &eth_ops;
	/* frames are written to */
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - RTUN_OVERHEAD_MAX - ETH_HLEN;
	if (has_mtu)
		dev->mtu = mtu;
	if (has_address)
		eth_hw_addr_set(dev, address);
	else
		eth_hw_addr_random(dev);
}

void rtun_multipoint_setup(struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);

	link->mode = RTUN_MODE_MULTIPOINT;
	dev->netdev_ops = &multipoint_ops;
	/* what tells it apart where packets pass */
	dev->flags &= ~IFF_POINTOPOINT;
}
