/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows one kernel from another.  Included before every
 * file of the module; what the kernel has was found out by probe.mk.  All
 * wrappers have names of our own, the kernel's are never redefined.
 */
#ifndef _RTUN_COMPAT_H
#define _RTUN_COMPAT_H

#include "generated.h"

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/udp.h>
#include <net/flow.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>

/* skb_gso_segment() and friends */
#ifdef RTUN_HAVE_NET_GSO_H
#include <net/gso.h>
#endif

#ifdef RTUN_HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#ifdef RTUN_HAVE_FLOWI4_DSCP
#include <net/inet_dscp.h>
#endif

static inline void rtun_dev_set_lltx(struct net_device *dev)
{
#ifdef RTUN_HAVE_LLTX_FIELD
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* A device nobody sees, for NAPI to hang on. */
static inline struct net_device *rtun_dummy_dev_alloc(void)
{
#ifdef RTUN_HAVE_DUMMY_NETDEV_ALLOC
	return alloc_netdev_dummy(0);
#else
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
#endif
}

static inline void rtun_dummy_dev_free(struct net_device *dev)
{
#ifdef RTUN_HAVE_DUMMY_NETDEV_ALLOC
	free_netdev(dev);
#else
	kfree(dev);
#endif
}

#ifdef RTUN_HAVE_TIMER_CONTAINER_OF
#define rtun_timer_of(ptr, timer, member) timer_container_of(ptr, timer, member)
#else
#define rtun_timer_of(ptr, timer, member) from_timer(ptr, timer, member)
#endif

/* Stop a timer for good: nothing can arm it again. */
static inline void rtun_timer_shutdown(struct timer_list *timer)
{
#ifdef RTUN_HAVE_TIMER_SHUTDOWN
	timer_shutdown_sync(timer);
#else
	/* our handlers and their callers look at the state before they
	 * arm, and whoever could have missed that has left RCU by now
	 */
	del_timer_sync(timer);
#endif
}

static inline void rtun_flow4_set_tos(struct flowi4 *fl4, u8 tos)
{
#ifdef RTUN_HAVE_FLOWI4_DSCP
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#else
	fl4->flowi4_tos = tos & 0x1c;	/* RT_TOS without the ECN bits */
#endif
}

static inline void rtun_skb_unset_transport(struct sk_buff *skb)
{
#ifdef RTUN_HAVE_SKB_UNSET_TRANSPORT
	skb_unset_transport_header(skb);
#else
	skb->transport_header = (typeof(skb->transport_header))~0U;
#endif
}

/* Packets that are many are not cut for a socket, if they say what this is about. */
static inline void rtun_udp_accept_fraglist(struct sock *sk)
{
#ifdef udp_set_bit
	udp_set_bit(ACCEPT_FRAGLIST, sk);
#else
	udp_sk(sk)->accept_udp_fraglist = 1;
#endif
}

/* Attributes of a dump request. */
static inline struct nlattr **rtun_dump_attrs(struct netlink_callback *cb)
{
#ifdef RTUN_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/* Where permission to listen to a multicast group can be asked for.  The flags
 * had the meaning of commands' flags first, and got their own in stable series.
 */
#if defined(GENL_MCAST_CAP_NET_ADMIN)
#define RTUN_MCGRP_PERM .flags = GENL_MCAST_CAP_NET_ADMIN,
#elif defined(RTUN_HAVE_MCGRP_FLAGS)
#define RTUN_MCGRP_PERM .flags = GENL_UNS_ADMIN_PERM,
#else
#define RTUN_MCGRP_PERM
#endif

/* rtnl_link_ops::newlink changed its arguments in 6.15. */
#ifdef RTUN_HAVE_NEWLINK_PARAMS
#define RTUN_DEFINE_NEWLINK(name, fn)					\
static int name(struct net_device *dev,					\
		struct rtnl_newlink_params *params,			\
		struct netlink_ext_ack *extack)				\
{									\
	return fn(rtnl_newlink_link_net(params), dev, params->tb,	\
		  params->data, extack);				\
}
#else
#define RTUN_DEFINE_NEWLINK(name, fn)					\
static int name(struct net *src_net, struct net_device *dev,		\
		struct nlattr *tb[], struct nlattr *data[],		\
		struct netlink_ext_ack *extack)				\
{									\
	return fn(src_net, dev, tb, data, extack);			\
}
#endif

#endif /* _RTUN_COMPAT_H */
