/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UDP sockets of the kernel's own, shared by all tunnels of a namespace with the
 * same local address and port.
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
};

/* What a tunnel receives on: found, or made; cfg_lock. */
struct rtun_udp *rtun_udp_get(struct rtun_tunnel *t,
			      struct netlink_ext_ack *extack);
void rtun_udp_put(struct rtun_udp *u);

#endif /* _RTUN_UDP_H */
