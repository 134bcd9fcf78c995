// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners, see owner.h.  Their death is told by the netlink core when their
 * socket is closed, by whatever end the program found.
 */
#include "owner.h"
#include "capture.h"
#include "link.h"
#include "netlink.h"
#include "rtun.h"
#include "tunnel.h"

#include <linux/ctype.h>
#include <linux/netlink.h>
#include <linux/notifier.h>

struct rtun_owner *rtun_owner_find(struct rtun_net *rn, const char *name)
{
	struct rtun_owner *o;

	lockdep_assert_held(&rn->cfg_lock);

	list_for_each_entry(o, &rn->owners, list)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

struct rtun_owner *rtun_owner_of(struct rtun_net *rn, u32 portid)
{
	struct rtun_owner *o;

	lockdep_assert_held(&rn->cfg_lock);

	list_for_each_entry(o, &rn->owners, list)
		if (portid && o->portid == portid)
			return o;
	return NULL;
}

void rtun_owner_put(struct rtun_net *rn, struct rtun_owner *o)
{
	lockdep_assert_held(&rn->cfg_lock);

	if (o->portid || o->n_tunnels)
		return;
	list_del(&o->list);
	/* the packet path reads o->portid */
	kfree_rcu(o, rcu);
}

/* Kill what dies with it; may free it. */
static void bury(struct rtun_net *rn, struct rtun_owner *o)
{
	o->gone = false;
	/* not freed with its last tunnel, but by us */
	o->n_tunnels++;
	rtun_tunnels_kill(rn, o, RTUN_TUNNEL_F_DIE_WITH_OWNER, RTUN_DEL_OWNER);
	o->n_tunnels--;
}

static int get_name(const struct nlattr *attr, char *name,
		    struct netlink_ext_ack *extack)
{
	const char *c;

	/* the policy limits the length */
	nla_strscpy(name, attr, RTUN_OWNER_NAME_MAX + 1);
	for (c = name; *c && isgraph(*c); c++)
		;
	if (c != name && !*c)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "an owner's name is made of printable characters, without blanks");
	return -EINVAL;
}

int rtun_owner_bind(struct rtun_net *rn, const struct nlattr *attr,
		    u32 portid, struct netlink_ext_ack *extack)
{
	char name[RTUN_OWNER_NAME_MAX + 1];
	struct rtun_owner *o;
	int err;

	err = get_name(attr, name, extack);
	if (err)
		return err;
	o = rtun_owner_of(rn, portid);
	if (o && strcmp(o->name, name)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "this socket is bound to another owner's name");
		return -EBUSY;
	}
	if (o)
		return 0;
	o = rtun_owner_find(rn, name);
	if (o && o->portid) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "this owner's name is held by a live socket");
		return -EBUSY;
	}
	if (!o) {
		o = kzalloc(sizeof(*o), GFP_KERNEL_ACCOUNT);
		if (!o)
			return -ENOMEM;
		strscpy(o->name, name, sizeof(o->name));
		list_add_tail(&o->list, &rn->owners);
	} else if (o->gone) {
		/* the one before died this moment */
		bury(rn, o);
	}
	WRITE_ONCE(o->portid, portid);
	return 0;
}

static void leave(struct rtun_net *rn, struct rtun_owner *o)
{
	WRITE_ONCE(o->portid, 0);
	rtun_notify_event(rn, RTUN_EVENT_OWNER_GONE, 0, 0, 0, o->name,
			  GFP_KERNEL);
}

int rtun_owner_unbind(struct rtun_net *rn, const struct nlattr *attr,
		      u32 portid, struct netlink_ext_ack *extack)
{
	char name[RTUN_OWNER_NAME_MAX + 1];
	struct rtun_owner *o;
	int err;

	err = get_name(attr, name, extack);
	if (err)
		return err;
	o = rtun_owner_find(rn, name);
	if (!o || o->portid != portid) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "this socket is not bound to this name");
		return -ENOENT;
	}
	leave(rn, o);
	rtun_owner_put(rn, o);
	return 0;
}

void rtun_owner_work(struct work_struct *work)
{
	struct rtun_net *rn = container_of(work, struct rtun_net, owner_work);
	struct rtun_owner *o, *next;

	mutex_lock(&rn->cfg_lock);
	list_for_each_entry_safe(o, next, &rn->owners, list) {
		if (!o->gone)
			continue;
		bury(rn, o);
		rtun_owner_put(rn, o);
	}
	mutex_unlock(&rn->cfg_lock);
	rtun_link_reap();
}

/* In the context of who closes the socket. */
static int socket_closed(struct notifier_block *nb, unsigned long what,
			 void *data)
{
	struct netlink_notify *n = data;
	struct rtun_owner *o;
	struct rtun_net *rn;

	if (what != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	rn = rtun_net_of(n->net);
	mutex_lock(&rn->cfg_lock);
	rtun_capture_socket_gone(rn, n->portid);
	o = rtun_owner_of(rn, n->portid);
	if (o) {
		leave(rn, o);
		/* rtnl may be wanted for the devices: not here */
		o->gone = true;
		queue_work(rtun_wq, &rn->owner_work);
	}
	mutex_unlock(&rn->cfg_lock);
	return NOTIFY_DONE;
}

static struct notifier_block owner_nb = { .notifier_call = socket_closed };

int rtun_owner_init(void)
{
	return netlink_register_notifier(&owner_nb);
}

void rtun_owner_exit(void)
{
	netlink_unregister_notifier(&owner_nb);
}
