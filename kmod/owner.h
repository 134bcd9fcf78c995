/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners: named programs, bound to a netlink socket, that come and go while
 * what they made stays.
 */
#ifndef _RTUN_OWNER_H
#define _RTUN_OWNER_H

#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct rtun_net;
struct rtun_owner;
struct work_struct;

/* All under cfg_lock. */
struct rtun_owner *rtun_owner_find(struct rtun_net *rn, const char *name);
struct rtun_owner *rtun_owner_of(struct rtun_net *rn, u32 portid);
int rtun_owner_bind(struct rtun_net *rn, const struct nlattr *name,
		    u32 portid, struct netlink_ext_ack *extack);
int rtun_owner_unbind(struct rtun_net *rn, const struct nlattr *name,
		      u32 portid, struct netlink_ext_ack *extack);
/* Forget it if it has neither socket nor tunnels. */
void rtun_owner_put(struct rtun_net *rn, struct rtun_owner *o);

/* Deletes what dies with owners that went. */
void rtun_owner_work(struct work_struct *work);

int rtun_owner_init(void);
void rtun_owner_exit(void);

#endif /* _RTUN_OWNER_H */
