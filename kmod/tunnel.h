/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tunnels: tables, life, outer policy.
 */
#ifndef _RTUN_TUNNEL_H
#define _RTUN_TUNNEL_H

#include "rtun.h"

#include <linux/netdevice.h>
#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct rtun_owner;

extern const struct rhashtable_params rtun_tunnel_params;

/* By id; cfg_lock or RCU. */
struct rtun_tunnel *rtun_tunnel_find(struct rtun_net *rn, u32 id);

/**
 * struct rtun_sent - what an ICMP error quotes of a packet
 * @kinds: bits of enum rtun_xport it may be of
 * @peer: where it went
 * @local: where it came from
 * @local_port: UDP, else 0
 * @peer_port: UDP, else 0
 * @vrf: where the error came in
 * @with_session: it names a session
 * @peer_id: which one
 */
struct rtun_sent {
	u32 kinds;
	struct rtun_peer_key peer;
	union rtun_addr local;
	__be16 local_port;
	__be16 peer_port;
	int vrf;
	bool with_session;
	u32 peer_id;
};

/* The tunnel that may have sent this, or NULL.  RCU. */
struct rtun_tunnel *rtun_tunnel_that_sent(struct rtun_net *rn,
					  const struct rtun_sent *sent);

/* The VRF a packet came in through, 0: none.  RCU. */
static inline int rtun_vrf_of(const struct sk_buff *skb)
{
	return netif_is_l3_master(skb->dev) ? skb->dev->ifindex : 0;
}

/* Did a packet come in where the tunnel is?  RCU. */
static inline bool rtun_tunnel_vrf_ok(const struct rtun_tunnel *t,
				      const struct sk_buff *skb)
{
	return likely(rtun_vrf_of(skb) == t->vrf);
}

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
