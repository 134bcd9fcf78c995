/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tunnels: tables, life, outer policy.
 */
#ifndef _RTUN_TUNNEL_H
#define _RTUN_TUNNEL_H

#include <linux/types.h>

struct list_head;
struct netlink_ext_ack;
struct nlattr;
struct rtun_net;
struct rtun_owner;
struct rtun_tunnel;

extern const struct rhashtable_params rtun_tunnel_params;

/* By id; cfg_lock or RCU. */
struct rtun_tunnel *rtun_tunnel_find(struct rtun_net *rn, u32 id);
/* Is there a session between these addresses which sends with @peer_id?  Says
 * the device its packets are bound to.  RCU.
 */
bool rtun_tunnel_sends(struct rtun_net *rn, __be32 local, __be32 remote,
		       u32 peer_id, u32 *oif);

/* All of the following under cfg_lock. */
struct rtun_tunnel *rtun_tunnel_new(struct rtun_net *rn,
				    struct rtun_owner *owner,
				    struct nlattr **tb,
				    struct netlink_ext_ack *extack);
int rtun_tunnel_set(struct rtun_tunnel *t, struct nlattr **tb,
		    struct netlink_ext_ack *extack);
/* The end of a tunnel and its sessions. */
void rtun_tunnel_kill(struct rtun_tunnel *t, u32 reason);
/* The end of all, or all of one owner, or those that die with it. */
void rtun_tunnels_kill(struct rtun_net *rn, const struct rtun_owner *owner,
		       u32 flags, u32 reason);

void rtun_tunnel_get(struct rtun_tunnel *t);
void rtun_tunnel_put(struct rtun_tunnel *t);

#endif /* _RTUN_TUNNEL_H */
