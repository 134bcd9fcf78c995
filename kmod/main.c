// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtun: PPP tunnels whose data plane is in the kernel.  Start and end of the
 * module and of its part of each network namespace.
 */
#include "cells.h"
#include "gso_list.h"
#include "gso_whole.h"
#include "link.h"
#include "netlink.h"
#include "owner.h"
#include "rtun.h"
#include "session.h"
#include "tunnel.h"
#ifdef RTUN_DEBUG
#include "selftest/selftest.h"
#endif

#include <linux/module.h>
#include <linux/rhashtable.h>
#include <net/netns/generic.h>

unsigned int rtun_net_id __read_mostly;
struct workqueue_struct *rtun_wq;
struct workqueue_struct *rtun_reap_wq;

struct rtun_net *rtun_net_of(const struct net *net)
{
	return net_generic(net, rtun_net_id);
}

void rtun_bucket_fill(struct rtun_bucket *b, u32 burst, u32 per_second)
{
	unsigned long ticks = jiffies - b->stamp;
	u32 more;

	/* after a second, any burst has come back */
	more = min_t(unsigned long, ticks, HZ) * per_second / HZ;
	if (more) {
		b->tokens = min(b->tokens + more, burst);
		b->stamp = jiffies;
	}
}

bool rtun_bucket_take(struct rtun_bucket *b, u32 burst, u32 per_second)
{
	rtun_bucket_fill(b, burst, per_second);
	if (!b->tokens)
		return false;
	b->tokens--;
	return true;
}

struct rtun_blob *rtun_blob_new(struct rtun_net *rn, const struct nlattr *attr,
				const struct rtun_blob *old,
				struct netlink_ext_ack *extack)
{
	u32 others = rn->blob_bytes - (old ? old->len : 0);
	struct rtun_blob *blob;

	lockdep_assert_held(&rn->cfg_lock);

	if (!nla_len(attr))
		return NULL;
	if (others + nla_len(attr) > RTUN_BLOBS_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the blobs of this network namespace take too much memory");
		return ERR_PTR(-ENOSPC);
	}
	blob = kmalloc(struct_size(blob, data, nla_len(attr)),
		       GFP_KERNEL_ACCOUNT);
	if (!blob)
		return ERR_PTR(-ENOMEM);
	blob->len = nla_len(attr);
	memcpy(blob->data, nla_data(attr), blob->len);
	return blob;
}

void rtun_blob_set(struct rtun_net *rn, struct rtun_blob __rcu **where,
		   struct rtun_blob *blob)
{
	struct rtun_blob *old;

	old = rcu_replace_pointer(*where, blob,
				  lockdep_is_held(&rn->cfg_lock));
	if (blob)
		rn->blob_bytes += blob->len;
	if (old) {
		rn->blob_bytes -= old->len;
		kfree_rcu(old, rcu);
	}
}

static int __net_init net_init(struct net *net)
{
	struct rtun_net *rn = rtun_net_of(net);
	int err;

	rn->net = net;
	mutex_init(&rn->cfg_lock);
	xa_init_flags(&rn->tunnels, XA_FLAGS_ALLOC1);
	xa_init_flags(&rn->sessions, XA_FLAGS_ALLOC1);
	xa_init(&rn->call_ids);
	xa_init(&rn->tunnel_ids[0]);
	xa_init(&rn->tunnel_ids[1]);
	INIT_LIST_HEAD(&rn->sockets);
	INIT_LIST_HEAD(&rn->owners);
	INIT_LIST_HEAD(&rn->captures);
	atomic_set(&rn->generation, 1);
	spin_lock_init(&rn->ctrl_lock);
	rn->ctrl.tokens = RTUN_CTRL_NET_BURST;
	rn->ctrl.stamp = jiffies;
	INIT_WORK(&rn->owner_work, rtun_owner_work);
	INIT_LIST_HEAD(&rn->dead);
	INIT_WORK(&rn->dead_work, rtun_sessions_dead_work);
	rn->drops = rtun_net_drops_alloc();
	if (!rn->drops)
		return -ENOMEM;
	err = rhashtable_init(&rn->by_wire, &rtun_session_params);
	if (err)
		goto free_drops;
	err = rhltable_init(&rn->by_peer, &rtun_tunnel_params);
	if (err)
		goto free_wire;
	return 0;

free_wire:
	rhashtable_destroy(&rn->by_wire);
free_drops:
	free_percpu(rn->drops);
	return err;
}

/* The namespace ends: no rtnl here.  Its devices are still there. */
static void __net_exit net_pre_exit(struct net *net)
{
	struct rtun_net *rn = rtun_net_of(net);

	mutex_lock(&rn->cfg_lock);
	rtun_tunnels_kill(rn, NULL, 0, RTUN_DEL_NETNS);
	mutex_unlock(&rn->cfg_lock);
	rtun_link_reap_later();
}

/* Its devices are gone, and with them all packets. */
static void __net_exit net_exit(struct net *net)
{
	struct rtun_net *rn = rtun_net_of(net);
	struct rtun_owner *o, *next;

	/* its sockets were closed long ago, nobody queues it again */
	cancel_work_sync(&rn->owner_work);
	/* with its tunnels nothing was left for this one to do */
	cancel_work_sync(&rn->dead_work);
	list_for_each_entry_safe(o, next, &rn->owners, list) {
		list_del(&o->list);
		kfree(o);
	}
	WARN_ON_ONCE(rn->n_tunnels || rn->n_sessions || rn->n_dead ||
		     rn->n_captures ||
		     rn->blob_bytes ||
		     atomic_long_read(&rn->held) || atomic_read(&rn->n_scoped) ||
		     !list_empty(&rn->sockets));
	rhltable_destroy(&rn->by_peer);
	rhashtable_destroy(&rn->by_wire);
	xa_destroy(&rn->tunnel_ids[1]);
	xa_destroy(&rn->tunnel_ids[0]);
	xa_destroy(&rn->call_ids);
	xa_destroy(&rn->sessions);
	xa_destroy(&rn->tunnels);
	free_percpu(rn->drops);
	mutex_destroy(&rn->cfg_lock);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &rtun_net_id,
	.size = sizeof(struct rtun_net),
};

#ifdef RTUN_DEBUG
#define AND_HOLDS(name, what) && rtun_selftest_##name()
#endif

static int __init rtun_init(void)
{
	int err;

#ifdef RTUN_DEBUG
	err = -ENOTRECOVERABLE;
	if (!(true RTUN_SELFTESTS(AND_HOLDS)))
		goto err;
#endif
	err = -ENOMEM;
	rtun_wq = alloc_workqueue("rtun", WQ_UNBOUND, 0);
	if (!rtun_wq)
		goto err;
	rtun_reap_wq = alloc_workqueue("rtun_reap", WQ_UNBOUND, 0);
	if (!rtun_reap_wq)
		goto err_wq;
	err = rtun_sessions_init();
	if (err)
		goto err_reap;
	err = rtun_cells_init();
	if (err)
		goto err_sessions;
	err = rtun_gso_list_init();
	if (err)
		goto err_cells;
	rtun_gso_whole_init();
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_gso;
	err = rtun_owner_init();
	if (err)
		goto err_net;
	err = rtun_link_init();
	if (err)
		goto err_owner;
	err = rtun_netlink_init();
	if (err)
		goto err_link;
	return 0;

err_link:
	rtun_link_exit();
err_owner:
	rtun_owner_exit();
err_net:
	unregister_pernet_subsys(&net_ops);
err_gso:
	rtun_gso_whole_exit();
	rtun_gso_list_exit();
err_cells:
	rtun_cells_exit();
err_sessions:
	rtun_sessions_exit();
err_reap:
	destroy_workqueue(rtun_reap_wq);
err_wq:
	destroy_workqueue(rtun_wq);
err:
	return err;
}

static void __exit rtun_exit(void)
{
	rtun_netlink_exit();
	rtun_link_exit();
	rtun_owner_exit();
	unregister_pernet_subsys(&net_ops);
	/* the last references were dropped: the sessions' callbacks and work,
	 * which drops the tunnels' references: their callbacks and work
	 */
	rcu_barrier();
	flush_workqueue(rtun_wq);
	rcu_barrier();
	rtun_gso_whole_exit();
	rtun_gso_list_exit();
	rtun_cells_exit();
	destroy_workqueue(rtun_reap_wq);
	destroy_workqueue(rtun_wq);
	/* after the last work, which frees them */
	rtun_sessions_exit();
}

module_init(rtun_init);
module_exit(rtun_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("PPP tunnels with a kernel data plane");
MODULE_AUTHOR("The rtun authors");
MODULE_VERSION(RTUN_VERSION);
