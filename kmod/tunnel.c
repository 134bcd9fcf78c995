// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels, see tunnel.h and the lifetime rules in rtun.h.
 */
#include "tunnel.h"
#include "l2tp.h"
#include "mlppp.h"
#include "netlink.h"
#include "outer.h"
#include "owner.h"
#include "pptp.h"
#include "rtun.h"
#include "session.h"

#include <linux/module.h>
#include <linux/rhashtable.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>

static_assert(sizeof(struct rtun_peer_key) ==
	      sizeof(u32) + sizeof(union rtun_addr));

const struct rhashtable_params rtun_tunnel_params = {
	.key_len = sizeof(struct rtun_peer_key),
	.key_offset = offsetof(struct rtun_tunnel, peer),
	.head_offset = offsetof(struct rtun_tunnel, by_peer),
	.automatic_shrinking = true,
};

static const union rtun_addr any_addr;

/* By enum rtun_xport. */
static const struct rtun_xport_ops *const xports[] = {
	[RTUN_XPORT_PPTP] = &rtun_pptp_ops,
	[RTUN_XPORT_L2TPV2] = &rtun_l2tpv2_ops,
	[RTUN_XPORT_L2TPV3_UDP] = &rtun_l2tpv3_udp_ops,
	[RTUN_XPORT_L2TPV3_IP] = &rtun_l2tpv3_ip_ops,
	[RTUN_XPORT_MLPPP] = &rtun_mp_ops,
};

struct rtun_tunnel *rtun_tunnel_find(struct rtun_net *rn, u32 id)
{
	return xa_load(&rn->tunnels, id);
}

static bool sends_with(const struct rtun_tunnel *t, u32 peer_id)
{
	const struct rtun_session *s;

	list_for_each_entry_rcu(s, &t->sessions, in_tunnel)
		if (rtun_session_peer_known(s) && s->peer_id == peer_id)
			return true;
	return false;
}

struct rtun_tunnel *rtun_tunnel_that_sent(struct rtun_net *rn,
					  const struct rtun_sent *sent)
{
	struct rhlist_head *list, *pos;
	struct rtun_tunnel *t;

	list = rhltable_lookup(&rn->by_peer, &sent->peer, rtun_tunnel_params);
	rhl_for_each_entry_rcu(t, pos, list, by_peer) {
		if (!(BIT(t->ops->kind) & sent->kinds) ||
		    t->local_port != sent->local_port ||
		    t->peer_port != sent->peer_port || t->vrf != sent->vrf)
			continue;
		if (memcmp(&t->local, &any_addr, sizeof(any_addr)) &&
		    memcmp(&t->local, &sent->local, sizeof(sent->local)))
			continue;
		if (!sent->with_session || sends_with(t, sent->peer_id))
			return t;
	}
	return NULL;
}

static void tunnel_free(struct work_struct *work)
{
	struct rtun_tunnel *t = container_of(to_rcu_work(work),
					     struct rtun_tunnel, free_work);

	rtun_out_forget(t);
	free_percpu(t->path);
	kfree(rcu_access_pointer(t->blob));
	kfree(t);
}

void rtun_tunnel_get(struct rtun_tunnel *t)
{
	refcount_inc(&t->ref);
}

void rtun_tunnel_put(struct rtun_tunnel *t)
{
	if (refcount_dec_and_test(&t->ref))
		queue_rcu_work(rtun_wq, &t->free_work);
}

static int check_local4(struct net *net, __be32 addr, int vrf)
{
	u32 table = 0;
	unsigned int type;

	if (vrf)
		table = l3mdev_fib_table_by_index(net, vrf);
	type = table ? inet_addr_type_table(net, addr, table) :
		       inet_addr_type(net, addr);
	return type == RTN_LOCAL ? 0 : -EADDRNOTAVAIL;
}

#if IS_ENABLED(CONFIG_IPV6)
static int check_local6(const struct rtun_tunnel *t)
{
	struct net *net = t->rn->net;
	struct net_device *dev = NULL;
	bool found;

	rcu_read_lock();
	/* the device tells which VRF to look in, and which link */
	if (t->outer.oif)
		dev = dev_get_by_index_rcu(net, t->outer.oif);
	found = ipv6_chk_addr(net, &t->local.v6, dev, t->on_link);
	rcu_read_unlock();
	return found ? 0 : -EADDRNOTAVAIL;
}
#endif

/* Is the local address one of this host's? */
static int check_local(struct rtun_tunnel *t, struct nlattr **tb,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[RTUN_A_TUNNEL_LOCAL4] ?:
				    tb[RTUN_A_TUNNEL_LOCAL6];
	int err = 0;

	if (!attr)
		return 0;
	if (t->family == AF_INET)
		err = check_local4(t->rn->net, t->local.v4, t->vrf);
#if IS_ENABLED(CONFIG_IPV6)
	else
		err = check_local6(t);
#endif
	if (err)
		NL_SET_ERR_MSG_ATTR(extack, attr, "not an address of this host");
	return err;
}

/* Addresses of a link mean something only together with it. */
static int set_link(struct rtun_tunnel *t, struct nlattr **tb,
		    struct netlink_ext_ack *extack)
{
	if (t->family != AF_INET6 ||
	    !((ipv6_addr_type(&t->peer.addr.v6) |
	       ipv6_addr_type(&t->local.v6)) & IPV6_ADDR_LINKLOCAL))
		return 0;
	if (!t->outer.oif) {
		NL_SET_ERR_MSG_ATTR(extack, tb[RTUN_A_TUNNEL_REMOTE6],
				    "a link-local address needs the device of its link");
		return -EINVAL;
	}
	t->on_link = t->outer.oif;
	return 0;
}

static bool is_host4(__be32 a)
{
	return !ipv4_is_zeronet(a) && !ipv4_is_multicast(a) &&
	       !ipv4_is_lbcast(a);
}

static bool is_host6(const struct in6_addr *a)
{
	return !ipv6_addr_any(a) && !ipv6_addr_is_multicast(a) &&
	       !ipv6_addr_v4mapped(a);
}

/* Families and addresses; the request handler saw to it that the peer's is
 * there.
 */
static int set_addresses(struct rtun_tunnel *t, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *local4 = tb[RTUN_A_TUNNEL_LOCAL4];
	const struct nlattr *local6 = tb[RTUN_A_TUNNEL_LOCAL6];
	const struct nlattr *remote4 = tb[RTUN_A_TUNNEL_REMOTE4];
	const struct nlattr *remote6 = tb[RTUN_A_TUNNEL_REMOTE6];
	bool host;

	if (t->ops->kind == RTUN_XPORT_MLPPP)
		return 0;
	if (remote6 && t->ops->kind == RTUN_XPORT_PPTP) {
		NL_SET_ERR_MSG_ATTR(extack, remote6,
				    "PPTP has no standard for IPv6");
		return -EAFNOSUPPORT;
	}
	if (remote6 && (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled())) {
		NL_SET_ERR_MSG_ATTR(extack, remote6,
				    "this kernel has no IPv6");
		return -EAFNOSUPPORT;
	}
	if (remote4 && remote6) {
		NL_SET_ERR_MSG_ATTR(extack, remote6,
				    "a tunnel has one peer: an IPv4 or an IPv6 address");
		return -EINVAL;
	}
	if (remote4 ? !!local6 : !!local4) {
		NL_SET_ERR_MSG_ATTR(extack, local4 ?: local6,
				    "the local address must be of the peer's family");
		return -EINVAL;
	}
	if (remote4) {
		t->family = AF_INET;
		t->peer.addr.v4 = nla_get_be32(remote4);
		if (local4)
			t->local.v4 = nla_get_be32(local4);
		host = is_host4(t->peer.addr.v4);
	} else {
		t->family = AF_INET6;
		t->peer.addr.v6 = nla_get_in6_addr(remote6);
		if (local6)
			t->local.v6 = nla_get_in6_addr(local6);
		host = is_host6(&t->peer.addr.v6);
	}
	t->peer.family = t->family;
	if (host)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, remote4 ?: remote6,
			    "not the address of a host");
	return -EINVAL;
}

enum {
	L2TP_PORT	= 1701,
	V2_ID_MAX	= 0xffff,
};

static bool over_udp(const struct rtun_tunnel *t)
{
	return t->ops->kind == RTUN_XPORT_L2TPV2 ||
	       t->ops->kind == RTUN_XPORT_L2TPV3_UDP;
}

static int set_ports(struct rtun_tunnel *t, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *local = tb[RTUN_A_TUNNEL_LOCAL_PORT];
	const struct nlattr *peer = tb[RTUN_A_TUNNEL_PEER_PORT];

	if ((local || peer) && !over_udp(t)) {
		NL_SET_ERR_MSG_ATTR(extack, local ?: peer,
				    "only tunnels over UDP have ports");
		return -EINVAL;
	}
	if (!over_udp(t))
		return 0;
	t->local_port = htons(local ? nla_get_u32(local) : L2TP_PORT);
	t->peer_port = htons(peer ? nla_get_u32(peer) : L2TP_PORT);
	return 0;
}

static const char no_outer[] =
	"multilink has no outer packets: give that to the tunnels of its links";

/* The flags with the attribute's bits in them, if they mean something for this
 * kind of tunnel, which has an id once it exists.
 */
static int flags_of(const struct rtun_tunnel *t, const struct nlattr *attr,
		    u32 *flags, struct netlink_ext_ack *extack)
{
	const u32 udp = RTUN_TUNNEL_F_ZERO_CSUM_TX | RTUN_TUNNEL_F_ZERO_CSUM6_RX;
	const u32 both = RTUN_TUNNEL_F_PEER_FLOAT | RTUN_TUNNEL_F_SCOPED_IDS;
	const u32 fixed = RTUN_TUNNEL_F_DIE_WITH_OWNER |
			  RTUN_TUNNEL_F_SCOPED_IDS;
	const char *why = NULL;
	struct nla_bitfield32 bf;

	*flags = t->flags;
	if (!attr)
		return 0;
	bf = nla_get_bitfield32(attr);
	*flags = (*flags & ~bf.selector) | (bf.value & bf.selector);
	if (t->id && (*flags ^ t->flags) & fixed)
		why = "how a tunnel ends and what its ids belong to can be given at creation only";
	else if (*flags & udp && !over_udp(t))
		why = "only tunnels over UDP have checksums of their own";
	else if (*flags && t->family == AF_UNSPEC &&
		 *flags != RTUN_TUNNEL_F_DIE_WITH_OWNER)
		why = no_outer;
	else if (*flags & both && t->ops->kind == RTUN_XPORT_PPTP)
		why = "a peer of PPTP cannot float: its call ids belong to its addresses";
	else if (*flags & RTUN_TUNNEL_F_SCOPED_IDS &&
		 t->ops->kind == RTUN_XPORT_L2TPV2)
		why = "session ids of version 2 are scoped by their tunnel";
	else if ((*flags & both) == both)
		why = "ids that are scoped by the peer's address cannot float";
	if (!why)
		return 0;
	rtun_nl_say(extack, attr, why);
	return -EINVAL;
}

static int check_id(const struct rtun_tunnel *t, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	if (t->ops->kind == RTUN_XPORT_PPTP ||
	    t->ops->kind == RTUN_XPORT_MLPPP) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "only L2TP has tunnel ids");
		return -EINVAL;
	}
	if (!nla_get_u32(attr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "0 is no tunnel id");
		return -ERANGE;
	}
	if (t->ops->kind == RTUN_XPORT_L2TPV2 &&
	    nla_get_u32(attr) > V2_ID_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "tunnel ids of version 2 go from 1 to 65535");
		return -ERANGE;
	}
	return 0;
}

static struct xarray *tunnel_ids(struct rtun_tunnel *t)
{
	return &t->rn->tunnel_ids[t->ops->kind != RTUN_XPORT_L2TPV2];
}

static int set_ids(struct rtun_tunnel *t, struct nlattr **tb,
		   struct netlink_ext_ack *extack)
{
	const struct nlattr *local = tb[RTUN_A_TUNNEL_LOCAL_ID];
	const struct nlattr *peer = tb[RTUN_A_TUNNEL_PEER_ID];
	int err;

	err = check_id(t, local, extack) ?: check_id(t, peer, extack);
	if (err)
		return err;
	if (local)
		t->local_id = nla_get_u32(local);
	if (peer)
		t->peer_id = nla_get_u32(peer);
	return 0;
}

/* Nobody else of its version may have its id; undone by free_id(). */
static int take_id(struct rtun_tunnel *t, const struct nlattr *attr,
		   struct netlink_ext_ack *extack)
{
	int err;

	if (!t->local_id)
		return 0;
	err = xa_insert(tunnel_ids(t), t->local_id, t, GFP_KERNEL);
	if (err == -EBUSY) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a tunnel of this version has this local id");
		err = -EEXIST;
	}
	return err;
}

static void free_id(struct rtun_tunnel *t)
{
	if (t->local_id)
		xa_erase(tunnel_ids(t), t->local_id);
}

static int vrf_of(struct net *net, u32 oif)
{
	return oif ? l3mdev_master_ifindex_by_index(net, oif) : 0;
}

static int check_oif(struct net *net, const struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	bool found;

	if (!attr || !nla_get_u32(attr))
		return 0;
	rcu_read_lock();
	found = nla_get_u32(attr) <= INT_MAX &&
		dev_get_by_index_rcu(net, nla_get_u32(attr));
	rcu_read_unlock();
	if (found)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "no device with this index");
	return -ENODEV;
}

/* The policy with the attributes' values in it. */
static struct rtun_outer outer_of(const struct rtun_outer *old,
				  struct nlattr **tb)
{
	struct rtun_outer outer = *old;

	if (tb[RTUN_A_TUNNEL_FWMARK])
		outer.fwmark = nla_get_u32(tb[RTUN_A_TUNNEL_FWMARK]);
	if (tb[RTUN_A_TUNNEL_OIF])
		outer.oif = nla_get_u32(tb[RTUN_A_TUNNEL_OIF]);
	if (tb[RTUN_A_TUNNEL_TTL])
		outer.ttl = nla_get_u8(tb[RTUN_A_TUNNEL_TTL]);
	if (tb[RTUN_A_TUNNEL_TOS])
		outer.tos = nla_get_u8(tb[RTUN_A_TUNNEL_TOS]);
	if (tb[RTUN_A_TUNNEL_DF])
		outer.df = nla_get_u8(tb[RTUN_A_TUNNEL_DF]);
	return outer;
}

/* Multilink has no address, no port, no id and no policy. */
static int check_outer(const struct rtun_tunnel *t, struct nlattr **tb,
		       struct netlink_ext_ack *extack)
{
	int i;

	if (t->family != AF_UNSPEC)
		return 0;
	for (i = RTUN_A_TUNNEL_LOCAL4; i <= RTUN_A_TUNNEL_MAX; i++) {
		if (!tb[i] || i == RTUN_A_TUNNEL_FLAGS ||
		    i == RTUN_A_TUNNEL_BLOB)
			continue;
		rtun_nl_say(extack, tb[i], no_outer);
		return -EINVAL;
	}
	return 0;
}

int rtun_tunnel_set(struct rtun_tunnel *t, struct nlattr **tb,
		    struct netlink_ext_ack *extack)
{
	struct rtun_outer outer = outer_of(&t->outer, tb);
	struct rtun_net *rn = t->rn;
	struct rtun_blob *blob = NULL;
	u32 flags;
	int err;

	lockdep_assert_held(&rn->cfg_lock);

	err = check_outer(t, tb, extack) ?:
	      flags_of(t, tb[RTUN_A_TUNNEL_FLAGS], &flags, extack) ?:
	      check_oif(rn->net, tb[RTUN_A_TUNNEL_OIF], extack);
	if (err)
		return err;
	if (t->id && t->on_link && outer.oif != t->on_link) {
		NL_SET_ERR_MSG_ATTR(extack, tb[RTUN_A_TUNNEL_OIF],
				    "a link-local address stays on its link");
		return -EBUSY;
	}
	if (tb[RTUN_A_TUNNEL_OIF] && t->id &&
	    vrf_of(rn->net, outer.oif) != t->vrf) {
		NL_SET_ERR_MSG_ATTR(extack, tb[RTUN_A_TUNNEL_OIF],
				    "a tunnel stays in the VRF it was made in");
		return -EBUSY;
	}
	if (tb[RTUN_A_TUNNEL_BLOB]) {
		blob = rtun_blob_new(rn, tb[RTUN_A_TUNNEL_BLOB],
				     rcu_dereference_protected(t->blob,
							       lockdep_is_held(&rn->cfg_lock)),
				     extack);
		if (IS_ERR(blob))
			return PTR_ERR(blob);
		rtun_blob_set(rn, &t->blob, blob);
	}
	WRITE_ONCE(t->flags, flags);
	WRITE_ONCE(t->outer.fwmark, outer.fwmark);
	WRITE_ONCE(t->outer.oif, outer.oif);
	WRITE_ONCE(t->outer.ttl, outer.ttl);
	WRITE_ONCE(t->outer.tos, outer.tos);
	WRITE_ONCE(t->outer.df, outer.df);
	/* pairs with the acquire in cached() */
	smp_store_release(&t->routes, t->routes + 1);
	return 0;
}

static int publish(struct rtun_tunnel *t, const struct nlattr *id,
		   struct netlink_ext_ack *extack)
{
	struct rtun_net *rn = t->rn;
	int err;

	if (id && nla_get_u32(id) > S32_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, id,
				    "ids go from 1 to 2147483647");
		return -ERANGE;
	}
	if (id && nla_get_u32(id)) {
		t->id = nla_get_u32(id);
		err = xa_insert(&rn->tunnels, t->id, t, GFP_KERNEL);
		if (err == -EBUSY) {
			NL_SET_ERR_MSG_ATTR(extack, id,
					    "a tunnel with this id exists");
			err = -EEXIST;
		}
	} else {
		err = xa_alloc_cyclic(&rn->tunnels, &t->id, t, xa_limit_31b,
				      &rn->next_tunnel_id, GFP_KERNEL);
		if (err > 0)
			err = 0;
	}
	if (err)
		return err;
	/* ICMP errors are of those who have a peer */
	err = t->family == AF_UNSPEC ? 0 :
	      rhltable_insert(&rn->by_peer, &t->by_peer, rtun_tunnel_params);
	if (err) {
		xa_erase(&rn->tunnels, t->id);
		/* dumps may have found it */
		synchronize_rcu();
		NL_SET_ERR_MSG(extack, "no room in the table of tunnels");
		return err;
	}
	if (t->owner)
		t->owner->n_tunnels++;
	rn->n_tunnels++;
	rtun_net_changed(rn);
	return 0;
}

struct rtun_tunnel *rtun_tunnel_new(struct rtun_net *rn,
				    struct rtun_owner *owner,
				    struct nlattr **tb,
				    struct netlink_ext_ack *extack)
{
	struct rtun_tunnel *t;
	int err;

	lockdep_assert_held(&rn->cfg_lock);

	if (rn->n_tunnels >= RTUN_TUNNELS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "this network namespace has all the tunnels it may have");
		return ERR_PTR(-ENOSPC);
	}
	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return ERR_PTR(-ENOMEM);
	t->rn = rn;
	t->owner = owner;
	/* the policy admits no other kind */
	t->ops = xports[nla_get_u8(tb[RTUN_A_TUNNEL_XPORT])];
	spin_lock_init(&t->seen_lock);
	t->seen_rate = (struct rtun_bucket){ .stamp = jiffies, .tokens = 4 };
	INIT_LIST_HEAD(&t->sessions);
	INIT_LIST_HEAD(&t->kill);
	refcount_set(&t->ref, 1);
	INIT_RCU_WORK(&t->free_work, tunnel_free);
	err = set_addresses(t, tb, extack) ?: set_ports(t, tb, extack) ?:
	      set_ids(t, tb, extack);
	if (err)
		goto free;
	err = -ENOMEM;
	t->path = alloc_percpu_gfp(struct rtun_path, GFP_KERNEL_ACCOUNT);
	if (!t->path)
		goto free;
	err = rtun_tunnel_set(t, tb, extack);
	if (err)
		goto free_path;
	t->vrf = vrf_of(rn->net, t->outer.oif);
	err = set_link(t, tb, extack) ?: check_local(t, tb, extack);
	if (err)
		goto free_blob;
	err = take_id(t, tb[RTUN_A_TUNNEL_LOCAL_ID], extack);
	if (err)
		goto free_blob;
	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		err = -ENODEV;
		goto free_id;
	}
	err = t->ops->open(t, extack);
	if (err)
		goto put_module;
	err = publish(t, tb[RTUN_A_TUNNEL_ID], extack);
	if (err)
		goto close;
	return t;

close:
	t->ops->close(t);
put_module:
	module_put(THIS_MODULE);
free_id:
	free_id(t);
free_blob:
	rtun_blob_set(rn, &t->blob, NULL);
free_path:
	free_percpu(t->path);
free:
	kfree(t);
	return ERR_PTR(err);
}

static void kill_list(struct rtun_net *rn, struct list_head *tunnels,
		      u32 reason)
{
	struct rtun_tunnel *t, *next;
	struct rtun_session *s;
	LIST_HEAD(sessions);

	lockdep_assert_held(&rn->cfg_lock);

	list_for_each_entry(t, tunnels, kill) {
		xa_erase(&rn->tunnels, t->id);
		if (t->family != AF_UNSPEC)
			rhltable_remove(&rn->by_peer, &t->by_peer,
					rtun_tunnel_params);
		list_for_each_entry(s, &t->sessions, in_tunnel)
			list_add_tail(&s->kill, &sessions);
	}
	rtun_sessions_kill(rn, &sessions, RTUN_DEL_TUNNEL);
	list_for_each_entry_safe(t, next, tunnels, kill) {
		list_del_init(&t->kill);
		/* nobody sends any more; a route must not outlive its namespace */
		rtun_out_forget(t);
		rn->n_tunnels--;
		rtun_net_changed(rn);
		t->ops->close(t);
		module_put(THIS_MODULE);
		free_id(t);
		rtun_notify_tunnel_del(t, reason);
		rtun_blob_set(rn, &t->blob, NULL);
		if (t->owner) {
			t->owner->n_tunnels--;
			rtun_owner_put(rn, t->owner);
		}
		rtun_tunnel_put(t);
	}
}

void rtun_tunnel_kill(struct rtun_tunnel *t, u32 reason)
{
	LIST_HEAD(list);

	list_add(&t->kill, &list);
	kill_list(t->rn, &list, reason);
}

void rtun_tunnels_kill(struct rtun_net *rn, const struct rtun_owner *owner,
		       u32 flags, u32 reason)
{
	struct rtun_tunnel *t;
	unsigned long id;
	LIST_HEAD(list);

	xa_for_each(&rn->tunnels, id, t)
		if ((!owner || t->owner == owner) &&
		    (t->flags & flags) == flags)
			list_add_tail(&t->kill, &list);
	kill_list(rn, &list, reason);
}
