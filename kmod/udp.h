/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UDP sockets of the kernel's own, shared by all tunnels of a namespace with the
 * same local address and port.
 *
 * A tunnel that finds, or makes, one without a second socket gets that: connected to
 * its peer.  The kernel looks at that before it looks for a route, and keeps in it the
 * route of what came last, which spares the next packet the search.  What all other
 * tunnels receive comes to the first socket, and so does what comes from elsewhere.
 * Both hand over to the same, so that it never matters which one gets a packet.
 *
 * It has the price of every connected UDP socket: rp_filter does not ask each packet
 * of the peer which device it came from, only the first after a change of routes; and
 * if the address leaves this host before the tunnel goes, packets of the two ends are
 * not forwarded.
 */
#ifndef _RTUN_UDP_H
#define _RTUN_UDP_H

#include "rtun.h"

struct netlink_ext_ack;
struct sk_buff;

/**
 * struct rtun_udp - a socket; cfg_lock
 * @list: in rtun_net::sockets
 * @rn: its namespace
 * @family: of the address
 * @local: zero: any
 * @port: local
 * @dev: VRF, or link of link-local addresses, it is bound to, 0: none
 * @users: tunnels
 * @sock: receives what comes to the address
 * @connected: receives what the peer of one tunnel sends there; NULL: none
 * @peer_of: that tunnel
 */
struct rtun_udp {
	struct list_head list;
	struct rtun_net *rn;
	u16 family;
	__be16 port;
	union rtun_addr local;
	int dev;
	unsigned int users;
	struct socket *sock;
	struct socket *connected;
	const struct rtun_tunnel *peer_of;
};

/* What a tunnel receives on: found, or made; cfg_lock. */
struct rtun_udp *rtun_udp_get(struct rtun_tunnel *t,
			      struct netlink_ext_ack *extack);
void rtun_udp_put(struct rtun_udp *u, const struct rtun_tunnel *t);

#endif /* _RTUN_UDP_H */
