/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that many sessions share: which of them an address belongs to.  Each
 * session has prefixes; the longest one decides, for what is sent by its
 * destination and for what is received by its source.
 *
 * A hash for all prefixes, asked once for each length that is in use: a
 * concentrator's subscribers have one address each, and perhaps a prefix.
 *
 * Writers are serialised by the attach lock (link.c), readers are under RCU.
 */
#ifndef _RTUN_MULTIPOINT_H
#define _RTUN_MULTIPOINT_H

#include "stats.h"

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct rtun_session;
struct sk_buff;

enum {
	RTUN_LENGTHS4 = 33,	/* of prefixes: 0 to 32 */
	RTUN_LENGTHS6 = 129,
};

/**
 * struct rtun_multipoint - what such a device has
 * @table: struct rtun_prefix_entry, by struct rtun_prefix_key
 * @lengths4: which lengths are in use; bit 0 is the longest, 32
 * @lengths6: likewise, bit 0 is 128
 * @count4: prefixes of each, by the same index; attach lock
 * @count6: likewise
 * @sessions: rtun_session::in_multipoint; attach lock
 * @reserved: entries of changes that are under way; attach lock
 * @stats: what the device counts
 */
struct rtun_multipoint {
	struct rhashtable table;
	DECLARE_BITMAP(lengths4, RTUN_LENGTHS4);
	DECLARE_BITMAP(lengths6, RTUN_LENGTHS6);
	u32 count4[RTUN_LENGTHS4];
	u32 count6[RTUN_LENGTHS6];
	struct list_head sessions;
	struct list_head reserved;
	struct rtun_stats __percpu *stats;
};

/* What SESSION_SET makes of PREFIXES, between check and apply. */
struct rtun_prefix_change {
	bool set;
	struct list_head entries;
};

struct rtun_multipoint *rtun_multipoint_new(void);
/* No session has it and no packet is in work. */
void rtun_multipoint_free(struct rtun_multipoint *mp);

/* A session joins, or leaves; attach lock.  -EEXIST: another one has one of its
 * prefixes; -ENOMEM.
 */
int rtun_multipoint_add(struct rtun_multipoint *mp, struct rtun_session *s);
void rtun_multipoint_remove(struct rtun_multipoint *mp, struct rtun_session *s);

/* Whose is the destination of an IP packet?  NULL: nobody's.  RCU. */
struct rtun_session *rtun_multipoint_find(struct rtun_multipoint *mp,
					  struct sk_buff *skb);
/* May an IP packet, whose header is in the linear part, come from this session?  RCU. */
bool rtun_multipoint_from(struct rtun_multipoint *mp,
			  const struct rtun_session *s,
			  const struct sk_buff *skb);

/* Read the attribute, which may be NULL; then it is either taken or freed. */
int rtun_prefixes_parse(struct rtun_session *s, const struct nlattr *attr,
			struct rtun_prefix_change *change,
			struct netlink_ext_ack *extack);
void rtun_prefixes_free(struct rtun_prefix_change *change);
/* Make the device, if the session has such a one, know of the new ones; attach lock.  Then
 * it is either taken, the old ones go, or given back.  Errors as above.
 */
int rtun_prefixes_reserve(struct rtun_session *s,
			  struct rtun_prefix_change *change);
void rtun_prefixes_take(struct rtun_session *s,
			struct rtun_prefix_change *change);
void rtun_prefixes_give_back(struct rtun_session *s,
			     struct rtun_prefix_change *change);
/* Put them into a dump; 0 or -EMSGSIZE.  RCU. */
int rtun_prefixes_fill(struct sk_buff *msg, const struct rtun_session *s);
/* The session is freed. */
void rtun_prefixes_forget(struct rtun_session *s);

#endif /* _RTUN_MULTIPOINT_H */
