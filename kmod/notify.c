// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says about its objects: answers' contents, notifications,
 * events, control frames.  A notification that cannot be sent never changes
 * what came of the command.
 */
#include "link.h"
#include "mlppp.h"
#include "mppe.h"
#include "multipoint.h"
#include "netlink.h"
#include "outer.h"
#include "owner.h"
#include "rtun.h"
#include "tx.h"

#include <net/genetlink.h>

struct sk_buff *rtun_msg_new(void)
{
	return genlmsg_new(RTUN_MSG_SIZE, GFP_KERNEL);
}

struct sk_buff *rtun_answer_new(const struct genl_info *info)
{
	return genlmsg_new(1024 + info->nlhdr->nlmsg_len, GFP_KERNEL);
}

static int put_blob(struct sk_buff *msg, int attr,
		    const struct rtun_blob *blob)
{
	return blob ? nla_put(msg, attr, blob->len, blob->data) : 0;
}

static int put_bits(struct sk_buff *msg, int attr, u32 value, u32 valid)
{
	return nla_put_bitfield32(msg, attr, value, valid);
}

/* The address that is there, as an attribute of its family. */
static int put_addr(struct sk_buff *msg, u16 family, int attr4, int attr6,
		    const union rtun_addr *addr)
{
	static const union rtun_addr any;

	if (!memcmp(addr, &any, sizeof(any)))
		return 0;
	return family == AF_INET ? nla_put_in_addr(msg, attr4, addr->v4) :
				   nla_put_in6_addr(msg, attr6, &addr->v6);
}

static int put_wire(struct sk_buff *msg, const struct rtun_tunnel *t)
{
	if (put_addr(msg, t->family, RTUN_A_TUNNEL_LOCAL4,
		     RTUN_A_TUNNEL_LOCAL6, &t->local) ||
	    put_addr(msg, t->family, RTUN_A_TUNNEL_REMOTE4,
		     RTUN_A_TUNNEL_REMOTE6, &t->peer.addr) ||
	    (t->udp && (nla_put_u32(msg, RTUN_A_TUNNEL_LOCAL_PORT,
				    ntohs(t->local_port)) ||
			nla_put_u32(msg, RTUN_A_TUNNEL_PEER_PORT,
				    ntohs(t->peer_port)))) ||
	    (t->local_id &&
	     nla_put_u32(msg, RTUN_A_TUNNEL_LOCAL_ID, t->local_id)) ||
	    (t->peer_id &&
	     nla_put_u32(msg, RTUN_A_TUNNEL_PEER_ID, t->peer_id)))
		return -EMSGSIZE;
	return 0;
}

static int tunnel_attrs(struct sk_buff *msg, struct rtun_tunnel *t)
{
	struct nlattr *nest = nla_nest_start(msg, RTUN_A_TUNNEL);
	u32 pmtu = rtun_out_pmtu(t);

	if (!nest ||
	    nla_put_u32(msg, RTUN_A_TUNNEL_ID, t->id) ||
	    (t->owner &&
	     nla_put_string(msg, RTUN_A_TUNNEL_OWNER, t->owner->name)) ||
	    nla_put_u8(msg, RTUN_A_TUNNEL_XPORT, t->ops->kind) ||
	    put_wire(msg, t) ||
	    put_bits(msg, RTUN_A_TUNNEL_FLAGS, READ_ONCE(t->flags),
		     RTUN_TUNNEL_F_DIE_WITH_OWNER |
		     RTUN_TUNNEL_F_TOS_INHERIT | RTUN_TUNNEL_F_ZERO_CSUM_TX |
		     RTUN_TUNNEL_F_ZERO_CSUM6_RX | RTUN_TUNNEL_F_PEER_FLOAT |
		     RTUN_TUNNEL_F_SCOPED_IDS) ||
	    nla_put_u32(msg, RTUN_A_TUNNEL_FWMARK,
			READ_ONCE(t->outer.fwmark)) ||
	    nla_put_u32(msg, RTUN_A_TUNNEL_OIF, READ_ONCE(t->outer.oif)) ||
	    nla_put_u8(msg, RTUN_A_TUNNEL_TTL, READ_ONCE(t->outer.ttl)) ||
	    nla_put_u8(msg, RTUN_A_TUNNEL_TOS, READ_ONCE(t->outer.tos)) ||
	    nla_put_u8(msg, RTUN_A_TUNNEL_DF, READ_ONCE(t->outer.df)) ||
	    (pmtu && nla_put_u32(msg, RTUN_A_TUNNEL_PMTU, pmtu)) ||
	    nla_put_u32(msg, RTUN_A_TUNNEL_SESSIONS,
			READ_ONCE(t->n_sessions)) ||
	    put_blob(msg, RTUN_A_TUNNEL_BLOB, rcu_dereference(t->blob)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_payload(struct sk_buff *msg, struct rtun_session *s)
{
	if (rtun_session_eth(s))
		return nla_put_u32(msg, RTUN_A_SESSION_KEEPALIVE,
				   READ_ONCE(s->keepalive));
	return put_bits(msg, RTUN_A_SESSION_NP, READ_ONCE(s->np),
			RTUN_NP_IPV4 | RTUN_NP_IPV6 | RTUN_NP_BRIDGE) ?:
	       rtun_mppe_fill(msg, s) ?: rtun_mp_fill_link(msg, s);
}

/* @counters: a session that was just made has counted nothing. */
static int session_attrs(struct sk_buff *msg, struct rtun_session *s,
			 bool counters)
{
	struct nlattr *nest = nla_nest_start(msg, RTUN_A_SESSION);

	if (!nest ||
	    nla_put_u32(msg, RTUN_A_SESSION_ID, s->id) ||
	    nla_put_u32(msg, RTUN_A_SESSION_TUNNEL_ID, s->tunnel->id) ||
	    (!s->mp &&
	     nla_put_u32(msg, RTUN_A_SESSION_LOCAL_ID, s->key.local_id)) ||
	    (!s->mp && rtun_session_peer_known(s) &&
	     nla_put_u32(msg, RTUN_A_SESSION_PEER_ID, s->peer_id)) ||
	    put_bits(msg, RTUN_A_SESSION_FLAGS, READ_ONCE(s->flags),
		     RTUN_SESSION_F_PFC_RX | RTUN_SESSION_F_PFC_TX |
		     RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_ECHO_REPLY |
		     RTUN_SESSION_F_SEQ_TX | RTUN_SESSION_F_SEQ_RX |
		     RTUN_SESSION_F_MPPE_REQUIRED |
		     RTUN_SESSION_F_MP_SHORT_RX |
		     RTUN_SESSION_F_MP_SHORT_TX |
		     RTUN_SESSION_F_BCP_TINYGRAM_RX |
		     RTUN_SESSION_F_BCP_TINYGRAM_TX |
		     RTUN_SESSION_F_BCP_TAGGED_TX |
		     RTUN_SESSION_F_BCP_MANAGEMENT_TX |
		     RTUN_SESSION_F_PEER_OFFLOAD) ||
	    nla_put_u32(msg, RTUN_A_SESSION_PW_TYPE, s->pw) ||
	    nla_put_u32(msg, RTUN_A_SESSION_CIRCUIT, READ_ONCE(s->circuit)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_DEAD_TIME,
			READ_ONCE(s->dead_time)) ||
	    nla_put_u32(msg, RTUN_A_SESSION_OVERHEAD, rtun_tx_overhead(s)) ||
	    put_payload(msg, s) || s->tunnel->ops->session_fill(msg, s) ||
	    (!s->mp && (nla_put_u32(msg, RTUN_A_SESSION_REORDER_SLOTS,
				    READ_ONCE(s->reorder.slots)) ||
			nla_put_u32(msg, RTUN_A_SESSION_REORDER_TIMEOUT,
				    READ_ONCE(s->reorder_timeout)))) ||
	    rtun_link_fill(msg, s) || rtun_prefixes_fill(msg, s) ||
	    put_blob(msg, RTUN_A_SESSION_BLOB, rcu_dereference(s->blob)) ||
	    (counters && rtun_stats_fill(msg, RTUN_A_SESSION_STATS, s)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_generation(struct sk_buff *msg, struct rtun_net *rn)
{
	return nla_put_u32(msg, RTUN_A_GENERATION,
			   atomic_read(&rn->generation));
}

int rtun_fill_tunnel(struct sk_buff *msg, struct rtun_tunnel *t, u32 portid,
		     u32 seq, int flags, u8 cmd)
{
	void *h = genlmsg_put(msg, portid, seq, &rtun_genl, flags, cmd);
	int err;

	if (!h)
		return -EMSGSIZE;
	rcu_read_lock();
	err = tunnel_attrs(msg, t) ?: put_generation(msg, t->rn);
	rcu_read_unlock();
	if (err)
		genlmsg_cancel(msg, h);
	else
		genlmsg_end(msg, h);
	return err;
}

int rtun_fill_session(struct sk_buff *msg, struct rtun_session *s, u32 portid,
		      u32 seq, int flags, u8 cmd)
{
	void *h = genlmsg_put(msg, portid, seq, &rtun_genl, flags, cmd);
	int err;

	if (!h)
		return -EMSGSIZE;
	rcu_read_lock();
	err = session_attrs(msg, s, cmd != RTUN_CMD_SESSION_NEW) ?:
	      put_generation(msg, s->tunnel->rn);
	rcu_read_unlock();
	if (err)
		genlmsg_cancel(msg, h);
	else
		genlmsg_end(msg, h);
	return err;
}

static bool anybody(struct rtun_net *rn)
{
	return genl_has_listeners(&rtun_genl, rn->net, 0);
}

static void tell(struct rtun_net *rn, struct sk_buff *msg, gfp_t gfp)
{
	genlmsg_multicast_netns(&rtun_genl, rn->net, msg, 0, 0, gfp);
}

/* No memory for a message: who listens is told that one is missing, as when
 * there is no room in its socket.
 */
static void missed(struct rtun_net *rn, struct sk_buff *msg)
{
	nlmsg_free(msg);
	genl_set_err(&rtun_genl, rn->net, 0, 0, -ENOBUFS);
}

void rtun_notify_tunnel(struct rtun_tunnel *t, u8 cmd)
{
	struct sk_buff *msg;

	if (!anybody(t->rn))
		return;
	msg = rtun_msg_new();
	if (msg && !rtun_fill_tunnel(msg, t, 0, 0, 0, cmd))
		tell(t->rn, msg, GFP_KERNEL);
	else
		missed(t->rn, msg);
}

void rtun_notify_session(struct rtun_session *s, u8 cmd)
{
	struct rtun_net *rn = s->tunnel->rn;
	struct sk_buff *msg;

	if (!anybody(rn))
		return;
	msg = rtun_msg_new();
	if (msg && !rtun_fill_session(msg, s, 0, 0, 0, cmd))
		tell(rn, msg, GFP_KERNEL);
	else
		missed(rn, msg);
}

static void notify_del(struct rtun_net *rn, u8 cmd, int object, int id_attr,
		       u32 id, int parent_attr, u32 parent, u32 reason)
{
	struct sk_buff *msg;
	struct nlattr *nest;
	void *h;

	if (!anybody(rn))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	h = msg ? genlmsg_put(msg, 0, 0, &rtun_genl, 0, cmd) : NULL;
	nest = h ? nla_nest_start(msg, object) : NULL;
	if (!nest || nla_put_u32(msg, id_attr, id) ||
	    (parent_attr && nla_put_u32(msg, parent_attr, parent))) {
		missed(rn, msg);
		return;
	}
	nla_nest_end(msg, nest);
	if (nla_put_u32(msg, RTUN_A_REASON, reason) ||
	    put_generation(msg, rn)) {
		missed(rn, msg);
		return;
	}
	genlmsg_end(msg, h);
	tell(rn, msg, GFP_KERNEL);
}

void rtun_notify_tunnel_del(struct rtun_tunnel *t, u32 reason)
{
	notify_del(t->rn, RTUN_CMD_TUNNEL_DEL, RTUN_A_TUNNEL, RTUN_A_TUNNEL_ID,
		   t->id, 0, 0, reason);
}

void rtun_notify_session_del(struct rtun_session *s, u32 reason)
{
	notify_del(s->tunnel->rn, RTUN_CMD_SESSION_DEL, RTUN_A_SESSION,
		   RTUN_A_SESSION_ID, s->id, RTUN_A_SESSION_TUNNEL_ID,
		   s->tunnel->id, reason);
}

void rtun_notify_event(struct rtun_net *rn, u32 type, u32 tunnel_id,
		       u32 session_id, u32 value, const char *name, gfp_t gfp)
{
	struct sk_buff *msg;
	struct nlattr *nest;
	void *h;

	if (!anybody(rn))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, gfp);
	h = msg ? genlmsg_put(msg, 0, 0, &rtun_genl, 0, RTUN_CMD_EVENT) : NULL;
	nest = h ? nla_nest_start(msg, RTUN_A_EVENT) : NULL;
	if (!nest || nla_put_u32(msg, RTUN_A_EVENT_TYPE, type) ||
	    (tunnel_id &&
	     nla_put_u32(msg, RTUN_A_EVENT_TUNNEL_ID, tunnel_id)) ||
	    (session_id &&
	     nla_put_u32(msg, RTUN_A_EVENT_SESSION_ID, session_id)) ||
	    (!name && nla_put_u32(msg, RTUN_A_EVENT_VALUE, value)) ||
	    (name && nla_put_string(msg, RTUN_A_EVENT_NAME, name))) {
		missed(rn, msg);
		return;
	}
	nla_nest_end(msg, nest);
	genlmsg_end(msg, h);
	tell(rn, msg, gfp);
}

void rtun_notify_peer_addr(struct rtun_tunnel *t,
			   const struct rtun_peer_key *peer, __be16 port,
			   gfp_t gfp)
{
	struct rtun_net *rn = t->rn;
	struct sk_buff *msg;
	struct nlattr *nest;
	void *h;

	if (!anybody(rn))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, gfp);
	h = msg ? genlmsg_put(msg, 0, 0, &rtun_genl, 0, RTUN_CMD_EVENT) : NULL;
	nest = h ? nla_nest_start(msg, RTUN_A_EVENT) : NULL;
	if (!nest ||
	    nla_put_u32(msg, RTUN_A_EVENT_TYPE, RTUN_EVENT_PEER_ADDR) ||
	    nla_put_u32(msg, RTUN_A_EVENT_TUNNEL_ID, t->id) ||
	    put_addr(msg, peer->family, RTUN_A_EVENT_ADDR4, RTUN_A_EVENT_ADDR6,
		     &peer->addr) ||
	    (port && nla_put_u32(msg, RTUN_A_EVENT_PORT, ntohs(port)))) {
		missed(rn, msg);
		return;
	}
	nla_nest_end(msg, nest);
	genlmsg_end(msg, h);
	tell(rn, msg, gfp);
}

static struct sk_buff *frame_msg(struct rtun_session *s, struct sk_buff *skb,
				 u16 proto)
{
	struct nlattr *nest, *data;
	struct sk_buff *msg;
	void *h;

	msg = genlmsg_new(nla_total_size(nla_total_size(sizeof(u32)) * 2 +
					 nla_total_size(2 + skb->len)),
			  GFP_ATOMIC);
	if (!msg)
		return NULL;
	h = genlmsg_put(msg, 0, 0, &rtun_genl, 0, RTUN_CMD_FRAME);
	nest = h ? nla_nest_start(msg, RTUN_A_FRAME) : NULL;
	if (!nest || nla_put_u32(msg, RTUN_A_FRAME_SESSION_ID, s->id) ||
	    (s->overrun &&
	     nla_put_u32(msg, RTUN_A_FRAME_OVERRUN, s->overrun)))
		goto err;
	data = nla_reserve(msg, RTUN_A_FRAME_DATA, 2 + skb->len);
	if (!data)
		goto err;
	put_unaligned_be16(proto, nla_data(data));
	if (skb_copy_bits(skb, 0, nla_data(data) + 2, skb->len))
		goto err;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, h);
	return msg;

err:
	nlmsg_free(msg);
	return NULL;
}

int rtun_notify_frame(struct rtun_session *s, struct sk_buff *skb, u16 proto)
{
	const struct rtun_owner *owner = s->tunnel->owner;
	u32 portid = owner ? READ_ONCE(owner->portid) : 0;
	struct rtun_net *rn = s->tunnel->rn;
	int err = -ENOBUFS;
	struct sk_buff *msg;

	lockdep_assert_held(&s->rx_lock);

	if (!portid)
		return -ENOTCONN;
	msg = frame_msg(s, skb, proto);
	if (msg)
		err = genlmsg_unicast(rn->net, msg, portid);
	if (!err) {
		s->overrun = 0;
		return 0;
	}
	if (err == -ECONNREFUSED)
		return -ENOTCONN;
	s->overruns++;
	/* one event at the beginning of a congestion, not one for each */
	if (!s->overrun++)
		rtun_notify_event(rn, RTUN_EVENT_CTRL_OVERRUN, 0, s->id,
				  s->overruns, NULL, GFP_ATOMIC);
	return err;
}
