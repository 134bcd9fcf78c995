/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data messages of L2TP: version 2 (RFC 2661) and version 3 (RFC 3931) over UDP,
 * version 3 over IP.
 */
#ifndef _RTUN_L2TP_H
#define _RTUN_L2TP_H

#include "l2tp_wire.h"
#include "rtun.h"

#include <linux/jiffies.h>
#include <linux/udp.h>

struct netlink_ext_ack;
struct sk_buff;
struct sock;

enum rtun_l2tp_sizes {
	RTUN_COOKIE_MAX		= 8,
	/* what we send has neither length nor offset */
	RTUN_L2TP_HLEN_MAX	= sizeof(struct udphdr) + RTUN_L2TP_V3_HLEN +
				  RTUN_COOKIE_MAX + RTUN_L2TP_L2SPEC_HLEN,
};

extern const struct rtun_xport_ops rtun_l2tpv2_ops;
extern const struct rtun_xport_ops rtun_l2tpv3_udp_ops;
extern const struct rtun_xport_ops rtun_l2tpv3_ip_ops;

/* Where the ids of sessions of a tunnel are looked for; 0: anywhere. */
u32 rtun_l2tp_scope(const struct rtun_peer_key *peer, __be16 port);

/* Does it begin with this cookie?  In constant time. */
static inline bool rtun_l2tp_same_cookie(const struct rtun_cookie *c,
					 const u8 *octets)
{
	switch (c->len) {
	case 4:
		return get_unaligned((u32 *)octets) ==
		       get_unaligned((u32 *)c->octets);
	case 8:
		return get_unaligned((u64 *)octets) ==
		       get_unaligned((u64 *)c->octets);
	default:
		return true;
	}
}

/* Is the cookie that was replaced still good? */
static inline bool rtun_l2tp_grace(const struct rtun_l2tp *l)
{
	return unlikely(l->old.len) &&
	       time_before64(get_jiffies_64(), l->until);
}

/* l2tp_tx.c */
unsigned int rtun_l2tp_hlen(const struct rtun_session *s);
void rtun_l2tp_push(struct rtun_session *s, const struct rtun_out *o,
		    struct sk_buff *skb, bool numbered);
int rtun_l2tp_out(struct rtun_session *s, const struct rtun_out *o,
		  struct sk_buff *skb, bool numbered);
bool rtun_l2tp_may_whole(struct rtun_session *s, unsigned int extra);
int rtun_l2tp_whole(struct rtun_session *s, struct sk_buff *skb, bool numbered);

/* l2tp_rx.c: called by the socket; 0: it is taken */
int rtun_l2tp_udp_rcv(struct sock *sk, struct sk_buff *skb);
int rtun_l2tp_udp_err(struct sock *sk, struct sk_buff *skb);
/* l2tp_gro.c: before that, see udp_tunnel_sock_cfg */
struct sk_buff *rtun_l2tp_gro_receive(struct sock *sk, struct list_head *head,
				      struct sk_buff *skb);
int rtun_l2tp_gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff);
/* l2tp_rx.c again: called by IP, of both families */
int rtun_l2tp_ip_rcv(struct sk_buff *skb);
/* @hlen: octets in front of L2TP in what is quoted */
void rtun_l2tp_ip_err(struct sk_buff *skb, unsigned int hlen, u16 family,
		      u8 type, u8 code, u32 info);

/* l2tp_ip.c: protocol 115 has one owner in a kernel; claimed with the first
 * tunnel and released with the last.
 */
int rtun_l2tp_ip_open(struct rtun_tunnel *t, struct netlink_ext_ack *extack);
void rtun_l2tp_ip_close(struct rtun_tunnel *t);

#endif /* _RTUN_L2TP_H */
