// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels, see tunnel.h and the lifetime rules in rtun.h.
 */
#include "tunnel.h"
#include "netlink.h"
#include "owner.h"
#include "pptp.h"
#include "rtun.h"
#include "session.h"

#include <linux/rhashtable.h>
#include <net/l3mdev.h>
#include <net/route.h>

struct addr_key {
	__be32 local;
	__be32 remote;
};

static_assert(offsetof(struct rtun_tunnel, remote) ==
	      offsetof(struct rtun_tunnel, local) + sizeof(__be32));

const struct rhashtable_params rtun_tunnel_params = {
	.key_len = sizeof(struct addr_key),
	.key_offset = offsetof(struct rtun_tunnel, local),
	.head_offset = offsetof(struct rtun_tunnel, by_addr),
	.automatic_shrinking = true,
};

/* By enum rtun_xport. */
static const struct rtun_xport_ops *const xports[] = {
	[RTUN_XPORT_PPTP] = &rtun_pptp_ops,
};

struct rtun_tunnel *rtun_tunnel_find(struct rtun_net *rn, u32 id)
{
	return xa_load(&rn->tunnels, id);
}

bool rtun_tunnel_sends(struct rtun_net *rn, __be32 local, __be32 remote,
		       u32 peer_id, u32 *oif)
{
	struct addr_key key = { local, remote };
	struct rhlist_head *list, *pos;
	struct rtun_session *s;
	struct rtun_tunnel *t;

	list = rhltable_lookup(&rn->by_addr, &key, rtun_tunnel_params);
	rhl_for_each_entry_rcu(t, pos, list, by_addr) {
		list_for_each_entry_rcu(s, &t->sessions, in_tunnel) {
			if (rtun_session_peer_known(s) &&
			    s->peer_id == peer_id) {
				*oif = READ_ONCE(t->outer.oif);
				return true;
			}
		}
	}
	return false;
}

static void tunnel_free(struct work_struct *work)
{
	struct rtun_tunnel *t = container_of(to_rcu_work(work),
					     struct rtun_tunnel, free_work);

	dst_cache_destroy(&t->dst_cache);
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

static int check_local(struct net *net, const struct nlattr *attr, u32 oif,
		       struct netlink_ext_ack *extack)
{
	u32 table = 0;
	unsigned int type;

	if (oif)
		table = l3mdev_fib_table_by_index(net, oif);
	type = table ? inet_addr_type_table(net, nla_get_be32(attr), table) :
		       inet_addr_type(net, nla_get_be32(attr));
	if (type == RTN_LOCAL)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "not an address of this host");
	return -EADDRNOTAVAIL;
}

static int check_remote(const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	__be32 a = nla_get_be32(attr);

	if (!ipv4_is_zeronet(a) && !ipv4_is_multicast(a) && !ipv4_is_lbcast(a))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "not the address of a host");
	return -EINVAL;
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

int rtun_tunnel_set(struct rtun_tunnel *t, struct nlattr **tb,
		    struct netlink_ext_ack *extack)
{
	struct rtun_outer outer = outer_of(&t->outer, tb);
	struct rtun_net *rn = t->rn;
	struct rtun_blob *blob = NULL;
	int err;

	lockdep_assert_held(&rn->cfg_lock);

	err = check_oif(rn->net, tb[RTUN_A_TUNNEL_OIF], extack);
	if (err)
		return err;
	if (tb[RTUN_A_TUNNEL_BLOB]) {
		blob = rtun_blob_new(rn, tb[RTUN_A_TUNNEL_BLOB],
				     rcu_dereference_protected(t->blob,
							       lockdep_is_held(&rn->cfg_lock)),
				     extack);
		if (IS_ERR(blob))
			return PTR_ERR(blob);
		rtun_blob_set(rn, &t->blob, blob);
	}
	WRITE_ONCE(t->outer.fwmark, outer.fwmark);
	WRITE_ONCE(t->outer.oif, outer.oif);
	WRITE_ONCE(t->outer.ttl, outer.ttl);
	WRITE_ONCE(t->outer.tos, outer.tos);
	WRITE_ONCE(t->outer.df, outer.df);
	dst_cache_reset(&t->dst_cache);
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
	err = rhltable_insert(&rn->by_addr, &t->by_addr, rtun_tunnel_params);
	if (err) {
		xa_erase(&rn->tunnels, t->id);
		/* dumps may have found it */
		synchronize_rcu();
		NL_SET_ERR_MSG(extack, "no room in the table of tunnels");
		return err;
	}
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

	err = check_remote(tb[RTUN_A_TUNNEL_REMOTE4], extack);
	if (err)
		return ERR_PTR(err);
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
	t->local = nla_get_be32(tb[RTUN_A_TUNNEL_LOCAL4]);
	t->remote = nla_get_be32(tb[RTUN_A_TUNNEL_REMOTE4]);
	if (tb[RTUN_A_TUNNEL_FLAGS])
		t->flags = nla_get_bitfield32(tb[RTUN_A_TUNNEL_FLAGS]).value;
	INIT_LIST_HEAD(&t->sessions);
	INIT_LIST_HEAD(&t->kill);
	refcount_set(&t->ref, 1);
	INIT_RCU_WORK(&t->free_work, tunnel_free);
	err = dst_cache_init(&t->dst_cache, GFP_KERNEL);
	if (err)
		goto free;
	err = rtun_tunnel_set(t, tb, extack);
	if (err)
		goto free_dst;
	err = check_local(rn->net, tb[RTUN_A_TUNNEL_LOCAL4], t->outer.oif,
			  extack);
	if (err)
		goto free_blob;
	err = t->ops->open(extack);
	if (err)
		goto free_blob;
	err = publish(t, tb[RTUN_A_TUNNEL_ID], extack);
	if (err)
		goto close;
	return t;

close:
	t->ops->close();
free_blob:
	rtun_blob_set(rn, &t->blob, NULL);
free_dst:
	dst_cache_destroy(&t->dst_cache);
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
		rhltable_remove(&rn->by_addr, &t->by_addr, rtun_tunnel_params);
		list_for_each_entry(s, &t->sessions, in_tunnel)
			list_add_tail(&s->kill, &sessions);
	}
	rtun_sessions_kill(rn, &sessions, RTUN_DEL_TUNNEL);
	list_for_each_entry_safe(t, next, tunnels, kill) {
		list_del_init(&t->kill);
		/* nobody sends any more; a route must not outlive its namespace */
		dst_cache_reset_now(&t->dst_cache);
		rn->n_tunnels--;
		rtun_net_changed(rn);
		t->ops->close();
		rtun_notify_tunnel_del(t, reason);
		rtun_blob_set(rn, &t->blob, NULL);
		t->owner->n_tunnels--;
		rtun_owner_put(rn, t->owner);
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
