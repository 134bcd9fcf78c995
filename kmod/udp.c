// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared UDP sockets, see udp.h.  None is connected: packets find their session
 * by what is in them, in a table of our own.  What comes to a socket never
 * enters its queue.
 */
#include "udp.h"
#include "l2tp.h"

#include <linux/net.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/sock.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

static const union rtun_addr any_addr;

/* A socket that hears what goes to the tunnel: bound to its address, or to all.
 * Receiving looks at the tunnel's address again.
 */
static struct rtun_udp *find(const struct rtun_tunnel *t)
{
	struct rtun_udp *u;

	list_for_each_entry(u, &t->rn->sockets, list)
		if (u->family == t->family && u->port == t->local_port &&
		    u->dev == (t->on_link ?: t->vrf) &&
		    (!memcmp(&u->local, &t->local, sizeof(u->local)) ||
		     !memcmp(&u->local, &any_addr, sizeof(any_addr))))
			return u;
	return NULL;
}

/* Is it another tunnel that is in the way? */
static bool our_own(const struct rtun_udp *wanted)
{
	const struct rtun_udp *u;

	list_for_each_entry(u, &wanted->rn->sockets, list)
		if (u->family == wanted->family && u->port == wanted->port)
			return true;
	return false;
}

static int open(struct rtun_udp *u, struct netlink_ext_ack *extack)
{
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = u,
		.encap_type = UDP_ENCAP_L2TPINUDP,
		.encap_rcv = rtun_l2tp_udp_rcv,
		.encap_err_lookup = rtun_l2tp_udp_err,
	};
	struct udp_port_cfg port = {
		.family = u->family,
		.local_udp_port = u->port,
		.bind_ifindex = u->dev,
		/* the checksum of what is sent is each tunnel's own policy,
		 * and so is whether none is accepted over IPv6
		 */
		.use_udp_checksums = true,
		.use_udp6_tx_checksums = true,
		.use_udp6_rx_checksums = false,
		.ipv6_v6only = true,
	};
	int err;

	if (u->family == AF_INET6)
		port.local_ip6 = u->local.v6;
	else
		port.local_ip.s_addr = u->local.v4;
	err = udp_sock_create(u->rn->net, &port, &u->sock);
	if (err == -EADDRINUSE && our_own(u))
		NL_SET_ERR_MSG(extack,
			       "another tunnel has this local UDP port, and one has it for all addresses: give both a local address, or another port");
	else if (err == -EADDRINUSE)
		NL_SET_ERR_MSG(extack,
			       "this local UDP port is in use by another program or by the in-tree l2tp module");
	else if (err)
		NL_SET_ERR_MSG(extack, "the UDP socket could not be made");
	if (err)
		return err;
	setup_udp_tunnel_sock(u->rn->net, u->sock, &tunnel);
	return 0;
}

struct rtun_udp *rtun_udp_get(struct rtun_tunnel *t,
			      struct netlink_ext_ack *extack)
{
	struct rtun_udp *u;
	int err;

	lockdep_assert_held(&t->rn->cfg_lock);

	u = find(t);
	if (u) {
		u->users++;
		return u;
	}
	u = kzalloc(sizeof(*u), GFP_KERNEL_ACCOUNT);
	if (!u)
		return ERR_PTR(-ENOMEM);
	u->rn = t->rn;
	u->family = t->family;
	u->port = t->local_port;
	u->local = t->local;
	u->dev = t->on_link ?: t->vrf;
	u->users = 1;
	err = open(u, extack);
	if (err) {
		kfree(u);
		return ERR_PTR(err);
	}
	list_add_tail(&u->list, &t->rn->sockets);
	return u;
}

void rtun_udp_put(struct rtun_udp *u)
{
	lockdep_assert_held(&u->rn->cfg_lock);

	if (--u->users)
		return;
	list_del(&u->list);
	/* waits until nobody receives on it any more */
	udp_tunnel_sock_release(u->sock);
	kfree(u);
}
