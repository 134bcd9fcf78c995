// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared UDP sockets, see udp.h.  Packets find their session by what is in them, in
 * a table of our own, whichever socket they come to.  What comes to a socket never
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

static int make(const struct rtun_udp *u, const union rtun_addr *local,
		struct socket **sock)
{
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

	if (u->family == AF_INET6)
		port.local_ip6 = local->v6;
	else
		port.local_ip.s_addr = local->v4;
	return udp_sock_create(u->rn->net, &port, sock);
}

static void receive_on(struct rtun_udp *u, struct socket *sock)
{
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = u,
		.encap_type = UDP_ENCAP_L2TPINUDP,
		.encap_rcv = rtun_l2tp_udp_rcv,
		.encap_err_lookup = rtun_l2tp_udp_err,
		.gro_receive = rtun_l2tp_gro_receive,
		.gro_complete = rtun_l2tp_gro_complete,
	};

	setup_udp_tunnel_sock(u->rn->net, sock, &tunnel);
	/* packets that are many and numbered; lists UDP cuts nevertheless */
	rtun_udp_accept_fraglist(sock->sk);
}

static int open(struct rtun_udp *u, struct netlink_ext_ack *extack)
{
	int err = make(u, &u->local, &u->sock);

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
	receive_on(u, u->sock);
	return 0;
}

/* Two sockets cannot be bound to one address unless they tell that they share it, and
 * then others could share it, too.  So the second one is bound to a group that nobody
 * can be in: 224.0.0.0 (RFC 1112 section 4) or ff00:: (RFC 4291 section 2.7.1).
 */
static union rtun_addr nowhere(const struct rtun_udp *u)
{
	union rtun_addr addr = {};

	if (u->family == AF_INET6)
		addr.v6.s6_addr[0] = 0xff;
	else
		addr.v4 = htonl(INADDR_UNSPEC_GROUP);
	return addr;
}

/* Then it moves, as UDP itself does with a socket of any address that connects.  It
 * is not connected with a call, which would want a route: nothing is sent with it, the
 * route may come later, and may need the tunnel's mark.
 */
static void move(struct sock *sk, const struct rtun_tunnel *t)
{
	struct inet_sock *inet = inet_sk(sk);

	lock_sock(sk);
	inet->inet_dport = t->peer_port;
	sk->sk_state = TCP_ESTABLISHED;
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6) {
		sk->sk_v6_daddr = t->peer.addr.v6;
		inet6_sk(sk)->saddr = t->local.v6;
		sk->sk_v6_rcv_saddr = t->local.v6;
	}
#endif
	if (t->family == AF_INET) {
		inet->inet_daddr = t->peer.addr.v4;
		inet->inet_saddr = t->local.v4;
		inet->inet_rcv_saddr = t->local.v4;
	}
	sk->sk_prot->rehash(sk);
	release_sock(sk);
}

/* Is worth something only if both ends are known; without it, all works as well. */
static void connect_to(struct rtun_udp *u, const struct rtun_tunnel *t)
{
	const union rtun_addr local = nowhere(u);
	struct socket *sock;

	if (u->connected || u->dev || t->flags & RTUN_TUNNEL_F_PEER_FLOAT ||
	    !memcmp(&u->local, &any_addr, sizeof(any_addr)) ||
	    make(u, &local, &sock))
		return;
	receive_on(u, sock);
	move(sock->sk, t);
	u->connected = sock;
	u->peer_of = t;
}

static void unhash(struct sock *sk)
{
	lock_sock(sk);
	sk->sk_prot->unhash(sk);
	release_sock(sk);
}

/* What comes from now on comes to the other socket: nothing is lost. */
static void disconnect(struct rtun_udp *u)
{
	struct sock *sk = u->connected->sk;

	unhash(sk);
	synchronize_rcu();
	/* a route must not outlive its namespace, as the socket may */
	dst_release(unrcu_pointer(xchg(&sk->sk_rx_dst, NULL)));
	udp_tunnel_sock_release(u->connected);
	u->connected = NULL;
	u->peer_of = NULL;
}

/* Both, with one wait until nobody receives on them any more. */
static void close(struct rtun_udp *u)
{
	struct socket *connected = u->connected;

	if (connected) {
		unhash(connected->sk);
		rcu_assign_sk_user_data(connected->sk, NULL);
	}
	udp_tunnel_sock_release(u->sock);
	if (connected) {
		dst_release(unrcu_pointer(xchg(&connected->sk->sk_rx_dst,
					       NULL)));
		kernel_sock_shutdown(connected, SHUT_RDWR);
		sock_release(connected);
	}
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
		connect_to(u, t);
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
	connect_to(u, t);
	return u;
}

void rtun_udp_put(struct rtun_udp *u, const struct rtun_tunnel *t)
{
	lockdep_assert_held(&u->rn->cfg_lock);

	if (--u->users) {
		if (u->peer_of == t)
			disconnect(u);
		return;
	}
	list_del(&u->list);
	close(u);
	kfree(u);
}
