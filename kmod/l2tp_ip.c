// SPDX-License-Identifier: GPL-2.0-only
/*
 * IP protocol 115 (RFC 3931 section 4.1.1).  IPv4 and IPv6 have a slot each in
 * the whole machine: others may have them as long as no tunnel of ours needs
 * them.
 */
#include "l2tp.h"
#include "netlink.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <net/ipv6.h>
#include <net/protocol.h>

static int err4(struct sk_buff *skb, u32 info)
{
	rtun_l2tp_ip_err(skb, ((struct iphdr *)skb->data)->ihl * 4, AF_INET,
			 icmp_hdr(skb)->type, icmp_hdr(skb)->code, info);
	return 0;
}

static const struct net_protocol protocol4 = {
	.handler = rtun_l2tp_ip_rcv,
	.err_handler = err4,
};

#if IS_ENABLED(CONFIG_IPV6)
static int err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		u8 code, int offset, __be32 info)
{
	/* a fragment of ours has a header between */
	rtun_l2tp_ip_err(skb, offset, AF_INET6, type, code, ntohl(info));
	return 0;
}

static const struct inet6_protocol protocol6 = {
	.handler = rtun_l2tp_ip_rcv,
	.err_handler = err6,
	.flags = INET6_PROTO_FINAL,
};
#endif

/* Guards the numbers of tunnels, and with them the hooks. */
static DEFINE_MUTEX(hook_lock);
static unsigned int users4, users6;

static int claim(u16 family)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6)
		return users6++ ? 0 : inet6_add_protocol(&protocol6,
							 IPPROTO_L2TP);
#endif
	return users4++ ? 0 : inet_add_protocol(&protocol4, IPPROTO_L2TP);
}

int rtun_l2tp_ip_open(struct rtun_tunnel *t, struct netlink_ext_ack *extack)
{
	bool v6 = t->family == AF_INET6;
	int err;

	mutex_lock(&hook_lock);
	err = claim(t->family);
	if (err) {
		if (v6)
			users6--;
		else
			users4--;
		err = -EBUSY;
		rtun_nl_say(extack, NULL, v6 ?
			    "IP protocol 115 is owned by the in-tree l2tp_ip6 module; unload it (modprobe -r l2tp_ip6)" :
			    "IP protocol 115 is owned by the in-tree l2tp_ip module; unload it (modprobe -r l2tp_ip)");
	}
	mutex_unlock(&hook_lock);
	return err;
}

void rtun_l2tp_ip_close(struct rtun_tunnel *t)
{
	mutex_lock(&hook_lock);
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6) {
		if (!--users6)
			inet6_del_protocol(&protocol6, IPPROTO_L2TP);
	} else
#endif
	if (!--users4)
		inet_del_protocol(&protocol4, IPPROTO_L2TP);
	mutex_unlock(&hook_lock);
}
