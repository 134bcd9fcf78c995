// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network devices of kind "rtun", see link.h and the end of the uAPI header's
 * comment.
 *
 * A device and a session point at each other.  Both pointers change together
 * under attach_lock and are read under RCU; the device holds a reference to
 * its session.  The session's namespace outlives the pair: its end parts them
 * first.  The device's namespace may be another one.
 */
#include "link.h"
#include "link_dev.h"
#include "mlppp.h"
#include "multipoint.h"
#include "netlink.h"
#include "rtun.h"
#include "session.h"

#include <linux/completion.h>
#include <linux/etherdevice.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/ip.h>
#include <net/rtnetlink.h>

static DEFINE_SPINLOCK(attach_lock);
static LIST_HEAD(doomed_links);
/* Some that were in that list still have their names; attach_lock. */
static bool reaping;
static struct rtnl_link_ops rtnl_ops;

static struct rtun_session *session_locked(struct rtun_link *link)
{
	return rcu_dereference_protected(link->session,
					 lockdep_is_held(&attach_lock));
}

static bool is_ours(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &rtnl_ops;
}

/* Could packets pass? */
static bool passable(const struct rtun_session *s)
{
	return READ_ONCE(s->circuit) && READ_ONCE(s->alive) &&
	       (rtun_session_eth(s) || READ_ONCE(s->np)) &&
	       (!s->mp || rtun_mp_links(s));
}

/* attach_lock: so neither the device nor the session's namespace can go. */
static void set_carrier(struct rtun_session *s, struct net_device *dev, bool on)
{
	const struct rtun_link *link = netdev_priv(dev);

	if (s->carrier == on)
		return;
	s->carrier = on;
	/* one that is shared has it without any */
	if (!link->multipoint && on)
		netif_carrier_on(dev);
	else if (!link->multipoint && !link->on_demand)
		netif_carrier_off(dev);
	rtun_notify_event(s->tunnel->rn, RTUN_EVENT_CARRIER, 0, s->id, on, NULL,
			  GFP_ATOMIC);
}

void rtun_link_carrier(struct rtun_session *s)
{
	struct net_device *dev;

	spin_lock_bh(&attach_lock);
	dev = rcu_dereference_protected(s->dev, lockdep_is_held(&attach_lock));
	if (dev)
		set_carrier(s, dev, passable(s));
	spin_unlock_bh(&attach_lock);
}

/* attach_lock.  The reference of the pair goes to the caller. */
static void part(struct rtun_link *link, struct rtun_session *s)
{
	set_carrier(s, link->dev, false);
	RCU_INIT_POINTER(s->dev, NULL);
	if (link->multipoint) {
		rtun_multipoint_remove(link->multipoint, s);
		RCU_INIT_POINTER(s->multipoint, NULL);
	} else {
		RCU_INIT_POINTER(link->session, NULL);
		rtun_stats_traffic(s->stats, &link->past, 1);
	}
	rtun_net_changed(s->tunnel->rn);
}

/* Why a device of this mode cannot carry a session; NULL: it can. */
static const char *wrong_mode(u8 mode, const struct rtun_session *s)
{
	bool eth = mode == RTUN_MODE_ETH;
	u32 np = READ_ONCE(s->np);

	if (rtun_session_eth(s))
		return eth ? NULL :
		       "the session carries Ethernet and needs a device of mode eth";
	if (np == RTUN_NP_BRIDGE)
		return eth ? NULL :
		       "the session carries bridged frames and needs a device of mode eth";
	return eth ? "the session carries PPP and needs a device of mode ppp or multipoint, or bridge for its network protocol" :
		     NULL;
}

const char *rtun_link_refuses(struct rtun_session *s, u32 np)
{
	const struct rtun_link *link;
	const char *why = NULL;
	struct net_device *dev;

	lockdep_assert_held(&s->tunnel->rn->cfg_lock);

	spin_lock_bh(&attach_lock);
	dev = rcu_dereference_protected(s->dev, lockdep_is_held(&attach_lock));
	link = dev ? netdev_priv(dev) : NULL;
	if (link && link->mode == RTUN_MODE_ETH && np & ~RTUN_NP_BRIDGE)
		why = "the session's device is of mode eth and takes no IP packets";
	else if (link && link->mode != RTUN_MODE_ETH && np & RTUN_NP_BRIDGE)
		why = "the session's device carries IP and takes no bridged frames";
	spin_unlock_bh(&attach_lock);
	return why;
}

static int attach(struct rtun_link *link, struct rtun_session *s, bool die,
		  struct netlink_ext_ack *extack)
{
	const char *why;
	int err = 0;

	spin_lock_bh(&attach_lock);
	why = wrong_mode(link->mode, s);
	if (link->gone) {
		NL_SET_ERR_MSG(extack, "the device is being deleted");
		err = -ENODEV;
	} else if (session_locked(link)) {
		NL_SET_ERR_MSG(extack, "the device carries a session already");
		err = -EBUSY;
	} else if (why) {
		rtun_nl_say(extack, NULL, why);
		err = -EPROTOTYPE;
	} else if (rcu_access_pointer(s->bundle)) {
		NL_SET_ERR_MSG(extack,
			       "the session is a link of a bundle, which carries the packets");
		err = -EBUSY;
	} else if (rcu_access_pointer(s->dev)) {
		NL_SET_ERR_MSG(extack, "the session has a device already");
		err = -EBUSY;
	} else if (link->multipoint) {
		err = rtun_multipoint_add(link->multipoint, s);
		if (err == -EEXIST)
			NL_SET_ERR_MSG(extack,
				       "another session of the device has one of its prefixes");
		else if (err)
			NL_SET_ERR_MSG(extack,
				       "no room in the device's table of prefixes");
	} else {
		WRITE_ONCE(link->die, die);
		rtun_stats_traffic(s->stats, &link->past, -1);
		rcu_assign_pointer(link->session, s);
	}
	if (!err) {
		rtun_session_get(s);
		rcu_assign_pointer(s->multipoint, link->multipoint);
		rcu_assign_pointer(s->dev, link->dev);
		rtun_net_changed(s->tunnel->rn);
		set_carrier(s, link->dev, passable(s));
	}
	spin_unlock_bh(&attach_lock);
	return err;
}

int rtun_link_attach(struct rtun_session *s, struct net *net,
		     const struct nlattr *ifindex,
		     struct netlink_ext_ack *extack)
{
	struct net_device *dev = NULL;
	int err;

	if (nla_get_u32(ifindex) <= INT_MAX)
		dev = dev_get_by_index(net, nla_get_u32(ifindex));
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(extack, ifindex,
				    "no device with this index");
		return -ENODEV;
	}
	if (!is_ours(dev)) {
		NL_SET_ERR_MSG_ATTR(extack, ifindex,
				    "not a device of kind rtun");
		err = -EOPNOTSUPP;
	} else {
		err = attach(netdev_priv(dev), s, false, extack);
		if (err)
			NL_SET_BAD_ATTR(extack, ifindex);
	}
	dev_put(dev);
	return err;
}

int rtun_link_check_prefixes(struct rtun_session *s, const struct nlattr *attr,
			     struct rtun_prefix_change *change,
			     struct netlink_ext_ack *extack)
{
	int err = rtun_prefixes_parse(s, attr, change, extack);

	if (err || !attr)
		return err;
	spin_lock_bh(&attach_lock);
	err = rtun_prefixes_reserve(s, change);
	spin_unlock_bh(&attach_lock);
	if (!err)
		return 0;
	rtun_nl_say(extack, attr, err == -EEXIST ?
		    "another session of the device has one of these prefixes" :
		    "no room in the device's table of prefixes");
	rtun_prefixes_free(change);
	return err;
}

void rtun_link_apply_prefixes(struct rtun_session *s,
			      struct rtun_prefix_change *change)
{
	if (!change->set)
		return;
	spin_lock_bh(&attach_lock);
	rtun_prefixes_take(s, change);
	spin_unlock_bh(&attach_lock);
}

void rtun_link_cancel_prefixes(struct rtun_session *s,
			       struct rtun_prefix_change *change)
{
	if (!change->set)
		return;
	spin_lock_bh(&attach_lock);
	rtun_prefixes_give_back(s, change);
	spin_unlock_bh(&attach_lock);
	rtun_prefixes_free(change);
}

bool rtun_link_detach(struct rtun_session *s)
{
	struct rtun_link *link;
	struct net_device *dev;

	spin_lock_bh(&attach_lock);
	dev = rcu_dereference_protected(s->dev, lockdep_is_held(&attach_lock));
	if (dev) {
		link = netdev_priv(dev);
		part(link, s);
		if (link->die && s->state == RTUN_SESSION_DEAD) {
			link->gone = true;
			dev_hold(dev);
			list_add_tail(&link->doomed, &doomed_links);
		}
	}
	spin_unlock_bh(&attach_lock);
	if (dev)
		rtun_session_put(s);
	return dev;
}

static struct rtun_link *next_doomed(void)
{
	struct rtun_link *link;

	spin_lock_bh(&attach_lock);
	link = list_first_entry_or_null(&doomed_links, struct rtun_link,
					doomed);
	if (link) {
		list_del_init(&link->doomed);
		reaping = true;
	}
	spin_unlock_bh(&attach_lock);
	return link;
}

/* @done: they have no name any more, what follows takes its time; may be NULL. */
static void reap_now(struct completion *done)
{
	struct rtun_link *link;
	LIST_HEAD(list);

	rtnl_lock();
	while ((link = next_doomed())) {
		if (link->dev->reg_state == NETREG_REGISTERED)
			unregister_netdevice_queue(link->dev, &list);
		dev_put(link->dev);
	}
	unregister_netdevice_many(&list);
	spin_lock_bh(&attach_lock);
	reaping = false;
	spin_unlock_bh(&attach_lock);
	if (done)
		complete(done);
	/* waits until RCU's callbacks have run, and for each who refers to them */
	rtnl_unlock();
}

static void reap_later_work(struct work_struct *work)
{
	reap_now(NULL);
}

static DECLARE_WORK(reap_later, reap_later_work);

void rtun_link_reap_later(void)
{
	queue_work(rtun_reap_wq, &reap_later);
}

/* Somebody waits for devices to be gone, but not for what comes after that. */
struct reap {
	struct work_struct work;
	struct completion *gone;
};

static void reap_work(struct work_struct *work)
{
	struct reap *reap = container_of(work, struct reap, work);

	reap_now(reap->gone);
	kfree(reap);
}

/* By others, as many at a time as there are: who deletes a thousand sessions one after the
 * other need not wait a thousand times for a grace period.
 */
void rtun_link_reap(void)
{
	DECLARE_COMPLETION_ONSTACK(gone);
	struct reap *reap;
	bool idle;

	spin_lock_bh(&attach_lock);
	idle = list_empty(&doomed_links) && !reaping;
	spin_unlock_bh(&attach_lock);
	if (idle)
		return;
	reap = kmalloc(sizeof(*reap), GFP_KERNEL);
	if (!reap) {
		reap_now(NULL);
		return;
	}
	INIT_WORK(&reap->work, reap_work);
	reap->gone = &gone;
	queue_work(rtun_reap_wq, &reap->work);
	wait_for_completion(&gone);
}

int rtun_link_fill(struct sk_buff *msg, struct rtun_session *s)
{
	struct net_device *dev = rcu_dereference(s->dev);
	struct net *net = s->tunnel->rn->net;

	if (!dev)
		return 0;
	if (nla_put_u32(msg, RTUN_A_SESSION_IFINDEX, READ_ONCE(dev->ifindex)))
		return -EMSGSIZE;
	if (!net_eq(net, dev_net(dev)) &&
	    nla_put_s32(msg, RTUN_A_SESSION_NETNSID,
			peernet2id_alloc(net, dev_net(dev), GFP_ATOMIC)))
		return -EMSGSIZE;
	return 0;
}

static struct rtun_session *any_session(struct rtun_link *link)
{
	return link->multipoint ?
	       list_first_entry_or_null(&link->multipoint->sessions,
					struct rtun_session, in_multipoint) :
	       session_locked(link);
}

void rtun_link_gone(struct rtun_link *link)
{
	struct rtun_session *s;
	bool doomed;

	spin_lock_bh(&attach_lock);
	link->gone = true;
	doomed = !list_empty(&link->doomed);
	list_del_init(&link->doomed);
	while ((s = any_session(link))) {
		part(link, s);
		spin_unlock_bh(&attach_lock);
		rtun_session_put(s);
		spin_lock_bh(&attach_lock);
	}
	spin_unlock_bh(&attach_lock);
	if (doomed)
		dev_put(link->dev);
}

void rtun_link_traffic(struct rtun_link *link, struct rtun_traffic *traffic)
{
	struct rtun_session *s;

	spin_lock_bh(&attach_lock);
	*traffic = link->past;
	s = session_locked(link);
	if (s)
		rtun_stats_traffic(s->stats, traffic, 1);
	spin_unlock_bh(&attach_lock);
}

/* --- rtnetlink ---------------------------------------------------------- */

static const struct nla_policy link_policy[IFLA_RTUN_MAX + 1] = {
	[IFLA_RTUN_MODE] = NLA_POLICY_RANGE(NLA_U8, RTUN_MODE_PPP,
					    RTUN_MODE_MAX),
	[IFLA_RTUN_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[IFLA_RTUN_DIE_WITH_SESSION] = { .type = NLA_FLAG },
	[IFLA_RTUN_XPORT] = {
		.type = NLA_REJECT,
		.reject_message = "the transport is read-only"
	},
	[IFLA_RTUN_PEER4] = {
		.type = NLA_REJECT,
		.reject_message = "the peer's address is read-only"
	},
	[IFLA_RTUN_PEER6] = {
		.type = NLA_REJECT,
		.reject_message = "the peer's address is read-only"
	},
	[IFLA_RTUN_ON_DEMAND] = { .type = NLA_FLAG },
};

static u8 mode_of(struct nlattr *data[])
{
	return data && data[IFLA_RTUN_MODE] ?
	       nla_get_u8(data[IFLA_RTUN_MODE]) : RTUN_MODE_PPP;
}

static int link_validate(struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	bool eth = mode_of(data) == RTUN_MODE_ETH;

	if (tb[IFLA_ADDRESS] && !eth) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
				    "a device that carries IP has no address on the link");
		return -EINVAL;
	}
	if (tb[IFLA_ADDRESS] &&
	    (nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN ||
	     !is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS])))) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
				    "not the Ethernet address of a station");
		return -EADDRNOTAVAIL;
	}
	if (data && data[IFLA_RTUN_DIE_WITH_SESSION] &&
	    !data[IFLA_RTUN_SESSION]) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_RTUN_DIE_WITH_SESSION],
				    "to die with a session, the device needs one");
		return -EINVAL;
	}
	if (data && data[IFLA_RTUN_DIE_WITH_SESSION] &&
	    mode_of(data) == RTUN_MODE_MULTIPOINT) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_RTUN_DIE_WITH_SESSION],
				    "a device of mode multipoint outlives its sessions");
		return -EINVAL;
	}
	if (data && data[IFLA_RTUN_ON_DEMAND] &&
	    (mode_of(data) != RTUN_MODE_PPP || data[IFLA_RTUN_DIE_WITH_SESSION])) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_RTUN_ON_DEMAND],
				    "a device on demand is of mode ppp and outlives its sessions");
		return -EINVAL;
	}
	return 0;
}

static int join(struct net *net, struct net_device *dev,
		struct nlattr *data[], struct netlink_ext_ack *extack)
{
	const struct nlattr *id = data[IFLA_RTUN_SESSION];
	struct rtun_net *rn = rtun_net_of(net);
	struct rtun_session *s;
	int err;

	mutex_lock(&rn->cfg_lock);
	s = rtun_session_find(rn, nla_get_u32(id));
	if (s) {
		err = attach(netdev_priv(dev), s,
			     data[IFLA_RTUN_DIE_WITH_SESSION], extack);
	} else {
		NL_SET_ERR_MSG(extack, "no such session");
		err = -ENOENT;
	}
	if (err)
		NL_SET_BAD_ATTR(extack, id);
	else
		rtun_notify_session(s, RTUN_CMD_SESSION_SET);
	mutex_unlock(&rn->cfg_lock);
	return err;
}

static int newlink(struct net *net, struct net_device *dev,
		   struct nlattr *tb[], struct nlattr *data[],
		   struct netlink_ext_ack *extack)
{
	int err;

	if (mode_of(data) == RTUN_MODE_ETH)
		rtun_eth_setup(dev, tb[IFLA_ADDRESS], tb[IFLA_MTU]);
	else if (mode_of(data) == RTUN_MODE_MULTIPOINT)
		rtun_multipoint_setup(dev);
	if (dev->mtu > dev->max_mtu) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_MTU],
				    "the MTU is more than an outer packet can carry");
		return -EINVAL;
	}
	if (data && data[IFLA_RTUN_ON_DEMAND]) {
		struct rtun_link *link = netdev_priv(dev);

		link->on_demand = true;
		link->told = jiffies - HZ;
	} else if (mode_of(data) != RTUN_MODE_MULTIPOINT) {
		netif_carrier_off(dev);
	}
	err = register_netdevice(dev);
	if (err)
		return err;
	if (data && data[IFLA_RTUN_SESSION]) {
		err = join(net, dev, data, extack);
		if (err)
			unregister_netdevice(dev);
	}
	return err;
}

RTUN_DEFINE_NEWLINK(link_newlink, newlink)

static size_t link_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u8)) +	/* IFLA_RTUN_MODE */
	       nla_total_size(sizeof(u32)) +	/* IFLA_RTUN_SESSION */
	       nla_total_size(0) +		/* IFLA_RTUN_DIE_WITH_SESSION */
	       nla_total_size(0) +		/* IFLA_RTUN_ON_DEMAND */
	       nla_total_size(sizeof(u8)) +	/* IFLA_RTUN_XPORT */
	       /* IFLA_RTUN_PEER4 or IFLA_RTUN_PEER6 */
	       nla_total_size(sizeof(struct in6_addr));
}

static int fill_session(struct sk_buff *msg, const struct rtun_link *link,
			const struct rtun_session *s)
{
	const struct rtun_tunnel *t = s->tunnel;

	if (nla_put_u32(msg, IFLA_RTUN_SESSION, s->id) ||
	    (READ_ONCE(link->die) &&
	     nla_put_flag(msg, IFLA_RTUN_DIE_WITH_SESSION)) ||
	    nla_put_u8(msg, IFLA_RTUN_XPORT, s->key.kind))
		return -EMSGSIZE;
	if (t->family == AF_UNSPEC)
		return 0;
	return t->family == AF_INET ?
	       nla_put_in_addr(msg, IFLA_RTUN_PEER4, t->peer.addr.v4) :
	       nla_put_in6_addr(msg, IFLA_RTUN_PEER6, &t->peer.addr.v6);
}

static int link_fill(struct sk_buff *msg, const struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);
	struct rtun_session *s;
	int err = 0;

	if (nla_put_u8(msg, IFLA_RTUN_MODE, link->mode) ||
	    (link->on_demand && nla_put_flag(msg, IFLA_RTUN_ON_DEMAND)))
		return -EMSGSIZE;
	rcu_read_lock();
	s = rcu_dereference(link->session);
	if (s)
		err = fill_session(msg, link, s);
	rcu_read_unlock();
	return err;
}

/* Where the session is; the answer is good as long as the caller has rtnl,
 * because a namespace takes it between parting the two and being freed.
 */
static struct net *link_net(const struct net_device *dev)
{
	struct rtun_link *link = netdev_priv(dev);
	struct rtun_session *s;
	struct net *net;

	rcu_read_lock();
	s = rcu_dereference(link->session);
	net = s ? s->tunnel->rn->net : dev_net(dev);
	rcu_read_unlock();
	return net;
}

/* Without it the kernel refuses without a word. */
static int link_change(struct net_device *dev, struct nlattr *tb[],
		       struct nlattr *data[], struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_LINKINFO],
			    "what a device is for is said at its creation; its session changes by SESSION_ATTACH");
	return -EOPNOTSUPP;
}

static struct rtnl_link_ops rtnl_ops = {
	.kind = RTUN_LINK_KIND,
	.priv_size = sizeof(struct rtun_link),
	.setup = rtun_link_setup,
	.maxtype = IFLA_RTUN_MAX,
	.policy = link_policy,
	.validate = link_validate,
	.newlink = link_newlink,
	.changelink = link_change,
	.get_size = link_size,
	.fill_info = link_fill,
	.get_link_net = link_net,
};

int rtun_link_init(void)
{
	return rtnl_link_register(&rtnl_ops);
}

void rtun_link_exit(void)
{
	rtnl_link_unregister(&rtnl_ops);
	flush_workqueue(rtun_reap_wq);
}

MODULE_ALIAS_RTNL_LINK(RTUN_LINK_KIND);
