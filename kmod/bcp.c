// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bridged frames, see bcp.h.  RFC 3518 sections 3.3, 4.2 and 4.3.
 *
 * A LAN's frame check sequence is never sent: it protects what bridges on the way
 * may change, and we are a bridge's port, which makes a new one.  One that comes
 * is taken off unread; the outer packet has its own sums.
 */
#include "bcp.h"
#include "eth.h"
#include "rtun.h"
#include "rx.h"

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>

/* --- transmit ----------------------------------------------------------- */

void rtun_bcp_xmit(struct rtun_session *s, struct net_device *dev,
		   struct sk_buff *skb)
{
	u32 flags = READ_ONCE(s->flags);
	const struct ethhdr *eth;
	enum rtun_drop why;

	why = RTUN_DROP_TX_NP_CLOSED;
	if (unlikely(!(READ_ONCE(s->np) & RTUN_NP_BRIDGE)))
		goto drop;
	why = RTUN_DROP_TX_PROTO;
	if (unlikely(!pskb_may_pull(skb, ETH_HLEN)))
		goto drop;
	eth = (const struct ethhdr *)skb->data;
	why = RTUN_DROP_TX_BCP_MANAGEMENT;
	if (unlikely(rtun_bcp_management(eth->h_dest) &&
		     !(flags & RTUN_SESSION_F_BCP_MANAGEMENT_TX)))
		goto drop;
	why = RTUN_DROP_TX_BCP_TAGGED;
	if (unlikely(eth_type_vlan(eth->h_proto) &&
		     !(flags & RTUN_SESSION_F_BCP_TAGGED_TX)))
		goto drop;
	rtun_eth_xmit(s, dev, skb);
	return;

drop:
	DEV_STATS_INC(dev, tx_dropped);
	rtun_drop(s, skb, why);
}

bool rtun_bcp_fits(struct net_device *dev, struct sk_buff *skb,
		   unsigned int room)
{
	room -= RTUN_BCP_HLEN;
	if (skb_is_gso(skb) ? skb_gso_validate_mac_len(skb, room) :
			      skb->len <= room)
		return true;
	/* a bridge drops what is over its port's MTU, and tells nobody either */
	if (!netif_is_any_bridge_port(dev))
		rtun_eth_tell_sender(skb, room - skb_network_offset(skb));
	net_dbg_ratelimited("%s: a frame of %u octets does not fit into %u\n",
			    dev->name, skb->len, room);
	return false;
}

bool rtun_bcp_push(const struct rtun_session *s, struct sk_buff *skb)
{
	u32 len = skb->len, sent = len;

	if (len == RTUN_BCP_ETH_MIN &&
	    READ_ONCE(s->flags) & RTUN_SESSION_F_BCP_TINYGRAM_TX) {
		if (!pskb_may_pull(skb, len))
			return false;
		sent = rtun_bcp_tinygram(skb->data, len);
		skb_trim(skb, sent);
	}
	rtun_bcp_build(skb_push(skb, RTUN_BCP_HLEN), len, sent);
	return true;
}

/* --- receive ------------------------------------------------------------ */

static enum rtun_drop refusal(enum rtun_bcp_verdict verdict)
{
	switch (verdict) {
	case RTUN_BCP_GOOD:
		break;
	case RTUN_BCP_TRUNCATED:
		return RTUN_DROP_BCP_TRUNCATED;
	case RTUN_BCP_LAN_ID:
		return RTUN_DROP_BCP_LAN_ID;
	case RTUN_BCP_MAC_TYPE:
		return RTUN_DROP_BCP_MAC_TYPE;
	case RTUN_BCP_TINYGRAM:
		return RTUN_DROP_BCP_TINYGRAM;
	case RTUN_BCP_LENGTH:
		return RTUN_DROP_BCP_LENGTH;
	}
	return RTUN_DROP_UNSPEC;
}

/* Leave nothing but the frame, as long as it was on its LAN. */
static enum rtun_drop unwrap(struct rtun_session *s, struct sk_buff *skb)
{
	bool tinygram = READ_ONCE(s->flags) & RTUN_SESSION_F_BCP_TINYGRAM_RX;
	u32 have = min_t(u32, skb->len, RTUN_BCP_HLEN);
	struct rtun_bcp_frame f;
	enum rtun_drop why;

	if (!pskb_may_pull(skb, have))
		return RTUN_DROP_RX_NOMEM;
	why = refusal(rtun_bcp_parse(&f, skb->data, have, skb->len,
				     tinygram ? RTUN_BCP_Z : 0));
	if (why)
		return why;
	rtun_rx_pull(skb, RTUN_BCP_HLEN);
	why = rtun_rx_trim(skb, f.len, RTUN_DROP_BCP_LENGTH);
	if (why)
		return why;
	/* zeros do not change a checksum */
	if (f.fill && __skb_put_padto(skb, f.len + f.fill, false))
		return RTUN_DROP_RX_NOMEM;
	return RTUN_DROP_UNSPEC;
}

void rtun_bcp_rx(struct rtun_session *s, struct sk_buff *skb)
{
	enum rtun_drop why;

	why = RTUN_DROP_NP_CLOSED;
	if (!(READ_ONCE(s->np) & RTUN_NP_BRIDGE))
		goto drop;
	why = unwrap(s, skb);
	if (unlikely(why))
		goto drop;
	rtun_eth_deliver(s, skb);
	return;

drop:
	rtun_drop(s, skb, why);
}
