// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes of sessions that share a device, see multipoint.h.
 */
#include "multipoint.h"
#include "netlink.h"
#include "rtun.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/netlink.h>

/* Without padding: it is hashed. */
struct rtun_prefix_key {
	u32 family;
	u32 len;
	__be32 addr[4];		/* IPv4: the first one */
};

/**
 * struct rtun_prefix_entry - one prefix of a session
 * @node: in rtun_multipoint::table while the session is on that device
 * @key: what it is found by
 * @session: whose it is
 * @list: in rtun_session::prefixes, or in a change; attach lock, and RCU for dumps
 * @reserved: in rtun_multipoint::reserved, or empty; attach lock
 * @kept: the change that is under way has it, too; attach lock
 * @rcu: frees it
 */
struct rtun_prefix_entry {
	struct rhash_head node;
	struct rtun_prefix_key key;
	struct rtun_session *session;
	struct list_head list;
	struct list_head reserved;
	bool kept;
	struct rcu_head rcu;
};

static const struct rhashtable_params table_params = {
	.key_len = sizeof(struct rtun_prefix_key),
	.key_offset = offsetof(struct rtun_prefix_entry, key),
	.head_offset = offsetof(struct rtun_prefix_entry, node),
	.automatic_shrinking = true,
};

struct rtun_multipoint *rtun_multipoint_new(void)
{
	struct rtun_multipoint *mp = kzalloc(sizeof(*mp),
					     GFP_KERNEL_ACCOUNT);

	if (!mp)
		return NULL;
	INIT_LIST_HEAD(&mp->sessions);
	INIT_LIST_HEAD(&mp->reserved);
	mp->stats = rtun_stats_alloc();
	if (!mp->stats)
		goto free;
	if (rhashtable_init(&mp->table, &table_params))
		goto free_stats;
	return mp;

free_stats:
	free_percpu(mp->stats);
free:
	kfree(mp);
	return NULL;
}

void rtun_multipoint_free(struct rtun_multipoint *mp)
{
	if (!mp)
		return;
	rhashtable_destroy(&mp->table);
	free_percpu(mp->stats);
	kfree(mp);
}

/* --- the table ------------------------------------------------------------- */

/* The first so many bits of an address; the others are zero. */
static void mask(__be32 *addr, unsigned int words, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < words; i++, len -= min(len, 32U))
		addr[i] &= htonl(len >= 32 ? ~0U : len ? ~0U << (32 - len) : 0);
}

static struct rtun_session *lookup(struct rtun_multipoint *mp, u32 family,
				   const void *addr)
{
	unsigned int words = family == AF_INET ? 1 : 4;
	unsigned int lengths = family == AF_INET ? RTUN_LENGTHS4 : RTUN_LENGTHS6;
	const unsigned long *used = family == AF_INET ? mp->lengths4 :
							mp->lengths6;
	const struct rtun_prefix_entry *e;
	unsigned int i;

	for_each_set_bit(i, used, lengths) {
		struct rtun_prefix_key key = {
			.family = family,
			.len = lengths - 1 - i,
		};

		memcpy(key.addr, addr, words * sizeof(*key.addr));
		mask(key.addr, words, key.len);
		e = rhashtable_lookup(&mp->table, &key, table_params);
		if (e)
			return e->session;
	}
	return NULL;
}

struct rtun_session *rtun_multipoint_find(struct rtun_multipoint *mp,
					  struct sk_buff *skb)
{
	if (!pskb_inet_may_pull(skb))
		return NULL;
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return lookup(mp, AF_INET, &ip_hdr(skb)->daddr);
	case htons(ETH_P_IPV6):
		return lookup(mp, AF_INET6, &ipv6_hdr(skb)->daddr);
	default:
		return NULL;
	}
}

bool rtun_multipoint_from(struct rtun_multipoint *mp,
			  const struct rtun_session *s,
			  const struct sk_buff *skb)
{
	return s == (skb->protocol == htons(ETH_P_IP) ?
		     lookup(mp, AF_INET, &ip_hdr(skb)->saddr) :
		     lookup(mp, AF_INET6, &ipv6_hdr(skb)->saddr));
}

/* One more, or less, of this length. */
static void count(struct rtun_multipoint *mp, const struct rtun_prefix_key *key,
		  bool more)
{
	bool v4 = key->family == AF_INET;
	unsigned int i = (v4 ? RTUN_LENGTHS4 : RTUN_LENGTHS6) - 1 - key->len;
	unsigned long *used = v4 ? mp->lengths4 : mp->lengths6;
	u32 *n = v4 ? &mp->count4[i] : &mp->count6[i];

	if (more ? !(*n)++ : !--*n)
		change_bit(i, used);
}

static int insert(struct rtun_multipoint *mp, struct rtun_prefix_entry *e)
{
	int err = rhashtable_lookup_insert_fast(&mp->table, &e->node,
						table_params);

	if (!err)
		count(mp, &e->key, true);
	return err;
}

static void extract(struct rtun_multipoint *mp, struct rtun_prefix_entry *e)
{
	rhashtable_remove_fast(&mp->table, &e->node, table_params);
	count(mp, &e->key, false);
}

/* The table has it, its session not yet. */
static int reserve(struct rtun_multipoint *mp, struct rtun_prefix_entry *e)
{
	int err = insert(mp, e);

	if (!err)
		list_add(&e->reserved, &mp->reserved);
	return err;
}

static void release(struct rtun_multipoint *mp, struct rtun_prefix_entry *e)
{
	extract(mp, e);
	list_del_init(&e->reserved);
}

int rtun_multipoint_add(struct rtun_multipoint *mp, struct rtun_session *s)
{
	struct rtun_prefix_entry *e;
	int err;

	list_for_each_entry(e, &s->prefixes, list) {
		err = insert(mp, e);
		if (err)
			goto undo;
	}
	list_add_tail(&s->in_multipoint, &mp->sessions);
	return 0;

undo:
	list_for_each_entry_continue_reverse(e, &s->prefixes, list)
		extract(mp, e);
	return err;
}

void rtun_multipoint_remove(struct rtun_multipoint *mp, struct rtun_session *s)
{
	struct rtun_prefix_entry *e, *next;

	list_for_each_entry(e, &s->prefixes, list)
		extract(mp, e);
	/* the device may go while a change of its session is under way */
	list_for_each_entry_safe(e, next, &mp->reserved, reserved)
		if (e->session == s)
			release(mp, e);
	list_del(&s->in_multipoint);
}

/* --- a session's prefixes --------------------------------------------------- */

static const char *read_prefix(const struct rtun_prefix *p,
			       struct rtun_prefix_key *key)
{
	unsigned int octets = p->family == AF_INET ? 4 : 16;
	__be32 masked[4];

	if (p->family != AF_INET && p->family != AF_INET6)
		return "a prefix is of IPv4 or IPv6";
	if (p->len > octets * 8)
		return "a prefix is not longer than an address";
	if (memchr_inv(p->zero, 0, sizeof(p->zero)) ||
	    memchr_inv(p->addr + octets, 0, sizeof(p->addr) - octets))
		return "what follows a prefix must be zero";
	*key = (struct rtun_prefix_key){ .family = p->family, .len = p->len };
	memcpy(key->addr, p->addr, octets);
	memcpy(masked, key->addr, sizeof(masked));
	mask(masked, ARRAY_SIZE(masked), key->len);
	return memcmp(masked, key->addr, sizeof(masked)) ?
	       "a prefix has bits behind its length" : NULL;
}

static struct rtun_prefix_entry *find(struct list_head *list,
				      const struct rtun_prefix_key *key)
{
	struct rtun_prefix_entry *e;

	list_for_each_entry(e, list, list)
		if (!memcmp(&e->key, key, sizeof(*key)))
			return e;
	return NULL;
}

int rtun_prefixes_parse(struct rtun_session *s, const struct nlattr *attr,
			struct rtun_prefix_change *change,
			struct netlink_ext_ack *extack)
{
	const struct rtun_prefix *p = attr ? nla_data(attr) : NULL;
	unsigned int n = attr ? nla_len(attr) / sizeof(*p) : 0;
	struct rtun_prefix_entry *e;
	struct rtun_prefix_key key;
	const char *why = NULL;
	int err = -EINVAL;

	change->set = attr;
	INIT_LIST_HEAD(&change->entries);
	if (attr && nla_len(attr) % sizeof(*p))
		why = "not a number of prefixes";
	for (; n && !why; n--, p++) {
		why = read_prefix(p, &key);
		if (!why && find(&change->entries, &key))
			why = "a prefix is there twice";
		if (why)
			break;
		e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
		if (!e) {
			err = -ENOMEM;
			why = "no memory for prefixes";
			break;
		}
		e->key = key;
		e->session = s;
		INIT_LIST_HEAD(&e->reserved);
		list_add_tail(&e->list, &change->entries);
	}
	if (!why)
		return 0;
	rtun_nl_say(extack, attr, why);
	rtun_prefixes_free(change);
	return err;
}

void rtun_prefixes_free(struct rtun_prefix_change *change)
{
	struct rtun_prefix_entry *e, *next;

	list_for_each_entry_safe(e, next, &change->entries, list)
		kfree_rcu(e, rcu);
	INIT_LIST_HEAD(&change->entries);
}

/* Under the attach lock that protects the pointer. */
static struct rtun_multipoint *device_of(const struct rtun_session *s)
{
	return rcu_dereference_raw(s->multipoint);
}

/* Up to @end, which is not among them */
static void unreserve(struct rtun_session *s, struct rtun_prefix_change *change,
		      const struct rtun_prefix_entry *end)
{
	struct rtun_multipoint *mp = device_of(s);
	struct rtun_prefix_entry *e, *old;

	list_for_each_entry(e, &change->entries, list) {
		if (e == end)
			break;
		old = find(&s->prefixes, &e->key);
		if (old)
			old->kept = false;
		else if (mp)
			release(mp, e);
	}
}

int rtun_prefixes_reserve(struct rtun_session *s,
			  struct rtun_prefix_change *change)
{
	struct rtun_multipoint *mp = device_of(s);
	struct rtun_prefix_entry *e, *old;
	int err;

	list_for_each_entry(e, &change->entries, list) {
		old = find(&s->prefixes, &e->key);
		if (old)
			old->kept = true;
		err = mp && !old ? reserve(mp, e) : 0;
		if (err) {
			unreserve(s, change, e);
			return err;
		}
	}
	return 0;
}

void rtun_prefixes_give_back(struct rtun_session *s,
			     struct rtun_prefix_change *change)
{
	unreserve(s, change, NULL);
}

void rtun_prefixes_take(struct rtun_session *s,
			struct rtun_prefix_change *change)
{
	struct rtun_multipoint *mp = device_of(s);
	struct rtun_prefix_entry *e, *next;

	list_for_each_entry_safe(e, next, &s->prefixes, list) {
		if (e->kept) {
			e->kept = false;
			continue;
		}
		if (mp)
			extract(mp, e);
		list_del_rcu(&e->list);
		kfree_rcu(e, rcu);
	}
	list_for_each_entry_safe(e, next, &change->entries, list) {
		list_del(&e->list);
		list_del_init(&e->reserved);
		if (find(&s->prefixes, &e->key))
			kfree(e);
		else
			list_add_tail_rcu(&e->list, &s->prefixes);
	}
}

int rtun_prefixes_fill(struct sk_buff *msg, const struct rtun_session *s)
{
	const struct rtun_prefix_entry *e;
	struct rtun_prefix *p;
	struct nlattr *attr;
	unsigned int n = 0;

	list_for_each_entry_rcu(e, &s->prefixes, list)
		n++;
	if (!n)
		return 0;
	/* who has no more than RCU may find fewer or more of them a moment later */
	n = min_t(unsigned int, n, RTUN_PREFIXES_MAX);
	attr = nla_reserve(msg, RTUN_A_SESSION_PREFIXES, n * sizeof(*p));
	if (!attr)
		return -EMSGSIZE;
	p = nla_data(attr);
	memset(p, 0, n * sizeof(*p));
	list_for_each_entry_rcu(e, &s->prefixes, list) {
		if (!n)
			break;
		n--;
		p->family = e->key.family;
		p->len = e->key.len;
		memcpy(p->addr, e->key.addr, sizeof(p->addr));
		p++;
	}
	attr->nla_len -= n * sizeof(*p);
	skb_trim(msg, msg->len - n * sizeof(*p));
	return 0;
}

void rtun_prefixes_forget(struct rtun_session *s)
{
	struct rtun_prefix_entry *e, *next;

	list_for_each_entry_safe(e, next, &s->prefixes, list)
		kfree(e);
}
