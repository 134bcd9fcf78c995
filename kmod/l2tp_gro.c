// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of a session that a network device receives one after the other become one
 * before IP and UDP have to handle each (GRO).  Only where no numbers are wanted, and
 * only if all that is in front of the inner packets is the same, octet for octet: so
 * whoever cuts the one again gets what came.
 */
#include "l2tp.h"
#include "session.h"
#include "udp.h"

#include <linux/etherdevice.h>
#include <linux/ppp_defs.h>
#include <net/gro.h>

enum {
	/* version 3 with all it can have, then PPP's header; any packet with an
	 * IP header behind these has as many octets
	 */
	PEEK = RTUN_L2TP_V3_HLEN + RTUN_COOKIE_MAX + RTUN_L2TP_L2SPEC_HLEN + 4,
};

/**
 * struct payload - what is inside
 * @hlen: octets of L2TP, its sublayer and PPP
 * @protocol: ETH_P_TEB, ETH_P_IP or ETH_P_IPV6
 */
struct payload {
	unsigned int hlen;
	__be16 protocol;
};

/* The headers of PPP, if it is an IP packet: with or without the address, and with one
 * octet for the protocol or two.
 */
static bool ppp_payload(const u8 *p, struct payload *in)
{
	unsigned int n = 0;

	if (p[0] == PPP_ALLSTATIONS && p[1] == PPP_UI)
		n = 2;
	if (!p[n])
		n++;
	if (p[n] == PPP_IP)
		in->protocol = htons(ETH_P_IP);
	else if (p[n] == PPP_IPV6)
		in->protocol = htons(ETH_P_IPV6);
	else
		return false;
	in->hlen += n + 1;
	return true;
}

/* @p: PEEK octets, of @len.  RCU. */
static bool parse(const struct rtun_udp *u, const u8 *p, unsigned int len,
		  struct payload *in)
{
	struct rtun_key key = { .kind = RTUN_XPORT_L2TPV3_UDP };
	struct rtun_l2tp_header h;
	const struct rtun_l2tp *l;
	struct rtun_session *s;

	if (rtun_l2tp_parse_udp(&h, p, PEEK, len) || h.numbered)
		return false;
	if (h.version == 2) {
		/* neither its own length, which would be the first one's, nor an
		 * offset
		 */
		if (h.hlen != RTUN_L2TP_V2_HLEN ||
		    rtun_l2tp_be16(p) & RTUN_L2TP_O)
			return false;
		key.kind = RTUN_XPORT_L2TPV2;
	}
	/* ids that need to know the peer */
	if (atomic_read(&u->rn->n_scoped))
		return false;
	key.local_id = h.session_id;
	key.local = h.tunnel_id;
	s = rtun_session_by_wire(u->rn, &key);
	if (!s || READ_ONCE(s->flags) & RTUN_SESSION_F_SEQ_RX)
		return false;
	in->hlen = h.hlen;
	if (h.version == 3) {
		l = rcu_dereference(s->l2tp);
		/* a change of cookies may be one of lengths */
		if (rtun_l2tp_grace(l) ||
		    !rtun_l2tp_same_cookie(&l->rx, p + in->hlen))
			return false;
		in->hlen += l->rx.len;
		if (s->l2spec == RTUN_L2SPEC_DEFAULT) {
			if (rtun_l2tp_be32(p + in->hlen) & RTUN_L2TP_L2SPEC_S)
				return false;
			in->hlen += RTUN_L2TP_L2SPEC_HLEN;
		}
	}
	if (!rtun_session_eth(s))
		return ppp_payload(p + in->hlen, in);
	in->protocol = htons(ETH_P_TEB);
	return s->pw != RTUN_PW_ETH_VLAN;
}

static struct sk_buff *receive_inner(struct list_head *head,
				     struct sk_buff *skb, __be16 protocol)
{
	const struct packet_offload *type;

	if (protocol == htons(ETH_P_TEB))
		return call_gro_receive(eth_gro_receive, head, skb);
	type = gro_find_receive_by_type(protocol);
	if (!type) {
		NAPI_GRO_CB(skb)->flush |= 1;
		return NULL;
	}
	return call_gro_receive(type->callbacks.gro_receive, head, skb);
}

struct sk_buff *rtun_l2tp_gro_receive(struct sock *sk, struct list_head *head,
				      struct sk_buff *skb)
{
	const struct rtun_udp *u = rcu_dereference_sk_user_data(sk);
	unsigned int off = skb_gro_offset(skb);
	struct sk_buff *held, *ready = NULL;
	struct payload in;
	int flush = 1;
	const u8 *p;

	if (!u)
		goto out;
	p = skb_gro_header(skb, off + PEEK, off);
	if (unlikely(!p) || !parse(u, p, skb_gro_len(skb), &in))
		goto out;
	list_for_each_entry(held, head, list)
		if (NAPI_GRO_CB(held)->same_flow &&
		    memcmp(held->data + off, p, in.hlen))
			NAPI_GRO_CB(held)->same_flow = 0;
	skb_gro_pull(skb, in.hlen);
	skb_gro_postpull_rcsum(skb, p, in.hlen);
	/* for who completes it: the session may be gone or have changed then */
	skb_set_inner_mac_header(skb, off + in.hlen);
	skb_set_inner_protocol(skb, in.protocol);
	ready = receive_inner(head, skb, in.protocol);
	flush = 0;
out:
	skb_gro_flush_final(skb, ready, flush);
	return ready;
}

int rtun_l2tp_gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff)
{
	int at = skb_inner_mac_header(skb) - skb->data, err = -EINVAL;
	__be16 protocol = skb->inner_protocol;
	const struct packet_offload *type;

	if (at <= nhoff || at > nhoff + PEEK)
		return err;
	if (protocol == htons(ETH_P_TEB))
		return eth_gro_complete(skb, at);
	type = gro_find_complete_by_type(protocol);
	if (type)
		err = type->callbacks.gro_complete(skb, at);
	skb_set_inner_mac_header(skb, at);
	return err;
}
