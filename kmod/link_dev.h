/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network device of kind "rtun": link.c pairs it with sessions, link_dev.c is what
 * the kernel sees.
 */
#ifndef _RTUN_LINK_DEV_H
#define _RTUN_LINK_DEV_H

#include "stats.h"

#include <linux/list.h>
#include <linux/types.h>

struct net_device;
struct rtun_multipoint;
struct rtun_session;

/**
 * struct rtun_link - a device
 * @dev: itself
 * @session: what it carries; RCU, written under attach_lock
 * @multipoint: of mode multipoint, instead of @session; never changes
 * @mode: enum rtun_mode
 * @die: delete it when its session is deleted
 * @on_demand: tell who waits for it when it has something to send and no
 *	session; never changes
 * @told: when that was told last, in jiffies; cmpxchg()
 * @gone: takes no session any more; attach_lock
 * @stopped: of flushes, when it was last closed; rtnl
 * @doomed: in the list of devices to be deleted, with a reference to @dev;
 *	attach_lock
 * @past: what it counted, less what its session counts in all: with that, what
 *	the device counts, at no cost to a packet; attach_lock
 */
struct rtun_link {
	struct net_device *dev;
	struct rtun_session __rcu *session;
	struct rtun_multipoint *multipoint;
	u8 mode;
	bool die;
	bool gone;
	bool on_demand;
	u32 stopped;
	unsigned long told;
	struct list_head doomed;
	struct rtun_traffic past;
};

/* As the kernel makes it: of mode ppp. */
void rtun_link_setup(struct net_device *dev);
/* Make an Ethernet device of it, or one of many sessions; not registered yet.  What
 * the request gave, address and MTU, is there already.
 */
void rtun_eth_setup(struct net_device *dev, bool has_address, bool has_mtu);
void rtun_multipoint_setup(struct net_device *dev);

/* The device goes: it has no session any more, and takes none. */
void rtun_link_gone(struct rtun_link *link);
/* What it counts, but for one of mode multipoint. */
void rtun_link_traffic(struct rtun_link *link, struct rtun_traffic *traffic);

#endif /* _RTUN_LINK_DEV_H */
