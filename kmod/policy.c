// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be in a request of the generic netlink family "rtun": types, ranges,
 * which attribute a command takes and which it refuses.  Handlers check only
 * what cannot be said here.  scripts/check-uapi compares this file with the
 * uAPI header and rtun.yaml.
 */
#include "policy.h"

#include <linux/in6.h>

#define READ_ONLY { .type = NLA_REJECT, .reject_message = "is read-only" }
#define AT_CREATION {							\
	.type = NLA_REJECT,						\
	.reject_message = "can be given at creation only"		\
}

#define TUNNEL_FLAGS							\
	(RTUN_TUNNEL_F_DIE_WITH_OWNER | RTUN_TUNNEL_F_TOS_INHERIT |	\
	 RTUN_TUNNEL_F_ZERO_CSUM_TX | RTUN_TUNNEL_F_ZERO_CSUM6_RX |	\
	 RTUN_TUNNEL_F_PEER_FLOAT | RTUN_TUNNEL_F_SCOPED_IDS)
#define SESSION_FLAGS							\
	(RTUN_SESSION_F_PFC_RX | RTUN_SESSION_F_PFC_TX |		\
	 RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_ECHO_REPLY |		\
	 RTUN_SESSION_F_SEQ_TX | RTUN_SESSION_F_SEQ_RX |		\
	 RTUN_SESSION_F_MPPE_REQUIRED |					\
	 RTUN_SESSION_F_MP_SHORT_RX | RTUN_SESSION_F_MP_SHORT_TX |	\
	 RTUN_SESSION_F_BCP_TINYGRAM_RX |				\
	 RTUN_SESSION_F_BCP_TINYGRAM_TX |				\
	 RTUN_SESSION_F_BCP_TAGGED_TX |					\
	 RTUN_SESSION_F_BCP_MANAGEMENT_TX |				\
	 RTUN_SESSION_F_PEER_OFFLOAD)
#define SESSION_NPS (RTUN_NP_IPV4 | RTUN_NP_IPV6 | RTUN_NP_BRIDGE)
#define MPPE_FLAGS							\
	(RTUN_MPPE_F_STATEFUL | RTUN_MPPE_F_REKEY_ON_FLUSH)

/* A policy's own limits are of 16 bits with a sign.  Not const: 6.1 takes no
 * pointer to const.
 */
static struct netlink_range_validation port_range = {
	.min = 1,
	.max = U16_MAX,
};

static struct netlink_range_validation window_range = {
	.min = 1,
	.max = U16_MAX,
};

static struct netlink_range_validation tx_window_range = {
	.max = U16_MAX,
};

static struct netlink_range_validation cookie_grace_range = {
	.max = RTUN_COOKIE_GRACE_MAX,
};

static struct netlink_range_validation dead_time_range = {
	.max = RTUN_DEAD_TIME_MAX,
};

static struct netlink_range_validation static_rtt_range = {
	.max = RTUN_STATIC_RTT_MAX,
};

static struct netlink_range_validation disorder_rate_range = {
	.min = 1,
	.max = RTUN_DISORDER_RATE_MAX,
};

static struct netlink_range_validation latency_range = {
	.max = RTUN_LINK_LATENCY_MAX,
};

static struct netlink_range_validation mrru_range = {
	.min = RTUN_MRRU_MIN,
	.max = U16_MAX,
};

static struct netlink_range_validation fragment_range = {
	.min = RTUN_FRAGMENT_MIN,
	.max = U16_MAX,
};

static struct netlink_range_validation memory_range = {
	.max = RTUN_MP_MEMORY_MAX,
};

/* The longest cookie of RFC 3931 section 4.1; none, and half of it, are the
 * others, for which handlers look.
 */
#define COOKIE_LEN_MAX 8
#define PREFIXES_OCTETS 1280 /* RTUN_PREFIXES_MAX of struct rtun_prefix */
#define VLAN_MAX 4094 /* 0 and 4095 are no VLANs: IEEE 802.1Q table 9-2 */

static const struct nla_policy owner_attrs[RTUN_A_OWNER_MAX + 1] = {
	[RTUN_A_OWNER_NAME] = { .type = NLA_STRING,
				.len = RTUN_OWNER_NAME_MAX },
	[RTUN_A_OWNER_PORTID] = READ_ONLY,
	[RTUN_A_OWNER_TUNNELS] = READ_ONLY,
};

static const struct nla_policy tunnel_new_attrs[RTUN_A_TUNNEL_MAX + 1] = {
	[RTUN_A_TUNNEL_ID] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_OWNER] = READ_ONLY,
	[RTUN_A_TUNNEL_XPORT] = NLA_POLICY_RANGE(NLA_U8, RTUN_XPORT_PPTP,
						 RTUN_XPORT_MAX),
	[RTUN_A_TUNNEL_LOCAL4] = { .type = NLA_BE32 },
	[RTUN_A_TUNNEL_REMOTE4] = { .type = NLA_BE32 },
	[RTUN_A_TUNNEL_FLAGS] = NLA_POLICY_BITFIELD32(TUNNEL_FLAGS),
	[RTUN_A_TUNNEL_FWMARK] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_OIF] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_TTL] = { .type = NLA_U8 },
	[RTUN_A_TUNNEL_TOS] = NLA_POLICY_MASK(NLA_U8, 0xfc),
	[RTUN_A_TUNNEL_DF] = NLA_POLICY_MAX(NLA_U8, RTUN_DF_MAX),
	[RTUN_A_TUNNEL_PMTU] = READ_ONLY,
	[RTUN_A_TUNNEL_SESSIONS] = READ_ONLY,
	[RTUN_A_TUNNEL_BLOB] = NLA_POLICY_MAX(NLA_BINARY, RTUN_BLOB_MAX),
	[RTUN_A_TUNNEL_LOCAL6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[RTUN_A_TUNNEL_REMOTE6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[RTUN_A_TUNNEL_LOCAL_PORT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &port_range),
	[RTUN_A_TUNNEL_PEER_PORT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &port_range),
	[RTUN_A_TUNNEL_LOCAL_ID] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_PEER_ID] = { .type = NLA_U32 },
};

static const struct nla_policy tunnel_set_attrs[RTUN_A_TUNNEL_MAX + 1] = {
	[RTUN_A_TUNNEL_ID] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_OWNER] = READ_ONLY,
	[RTUN_A_TUNNEL_XPORT] = AT_CREATION,
	[RTUN_A_TUNNEL_LOCAL4] = AT_CREATION,
	[RTUN_A_TUNNEL_REMOTE4] = AT_CREATION,
	[RTUN_A_TUNNEL_FLAGS] = NLA_POLICY_BITFIELD32(TUNNEL_FLAGS),
	[RTUN_A_TUNNEL_FWMARK] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_OIF] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_TTL] = { .type = NLA_U8 },
	[RTUN_A_TUNNEL_TOS] = NLA_POLICY_MASK(NLA_U8, 0xfc),
	[RTUN_A_TUNNEL_DF] = NLA_POLICY_MAX(NLA_U8, RTUN_DF_MAX),
	[RTUN_A_TUNNEL_PMTU] = READ_ONLY,
	[RTUN_A_TUNNEL_SESSIONS] = READ_ONLY,
	[RTUN_A_TUNNEL_BLOB] = NLA_POLICY_MAX(NLA_BINARY, RTUN_BLOB_MAX),
	[RTUN_A_TUNNEL_LOCAL6] = AT_CREATION,
	[RTUN_A_TUNNEL_REMOTE6] = AT_CREATION,
	[RTUN_A_TUNNEL_LOCAL_PORT] = AT_CREATION,
	[RTUN_A_TUNNEL_PEER_PORT] = AT_CREATION,
	[RTUN_A_TUNNEL_LOCAL_ID] = AT_CREATION,
	[RTUN_A_TUNNEL_PEER_ID] = AT_CREATION,
};

static const struct nla_policy tunnel_id_attrs[] = {
	[RTUN_A_TUNNEL_ID] = { .type = NLA_U32 },
};

/* Which strengths there are, and how long their keys, is for the handler. */
static const struct nla_policy mppe_attrs[RTUN_A_MPPE_MAX + 1] = {
	[RTUN_A_MPPE_BITS] = NLA_POLICY_MAX(NLA_U32, 128),
	[RTUN_A_MPPE_FLAGS] = NLA_POLICY_BITFIELD32(MPPE_FLAGS),
	[RTUN_A_MPPE_KEY] = NLA_POLICY_RANGE(NLA_BINARY, 8, 16),
	[RTUN_A_MPPE_COUNT] = READ_ONLY,
	[RTUN_A_MPPE_KEY_CHANGES] = READ_ONLY,
};

static const struct nla_policy session_new_attrs[RTUN_A_SESSION_MAX + 1] = {
	[RTUN_A_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_TUNNEL_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_LOCAL_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_PEER_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_FLAGS] = NLA_POLICY_BITFIELD32(SESSION_FLAGS),
	[RTUN_A_SESSION_NP] = NLA_POLICY_BITFIELD32(SESSION_NPS),
	[RTUN_A_SESSION_REORDER_SLOTS] =
		NLA_POLICY_MAX(NLA_U32, RTUN_REORDER_SLOTS_MAX),
	[RTUN_A_SESSION_REORDER_TIMEOUT] =
		NLA_POLICY_RANGE(NLA_U32, 1, RTUN_REORDER_TIMEOUT_MAX),
	[RTUN_A_SESSION_PEER_WINDOW] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &window_range),
	[RTUN_A_SESSION_ACK_DELAY] =
		NLA_POLICY_RANGE(NLA_U32, 1, RTUN_ACK_DELAY_MAX),
	[RTUN_A_SESSION_MAGIC] = { .type = NLA_U32 },
	[RTUN_A_SESSION_IFINDEX] = READ_ONLY,
	[RTUN_A_SESSION_NETNSID] = READ_ONLY,
	[RTUN_A_SESSION_BLOB] = NLA_POLICY_MAX(NLA_BINARY, RTUN_BLOB_MAX),
	[RTUN_A_SESSION_STATS] = READ_ONLY,
	[RTUN_A_SESSION_PW_TYPE] =
		NLA_POLICY_RANGE(NLA_U32, RTUN_PW_ETH_VLAN, RTUN_PW_PPP),
	[RTUN_A_SESSION_L2SPEC] = NLA_POLICY_MAX(NLA_U32, RTUN_L2SPEC_MAX),
	[RTUN_A_SESSION_VLAN] = NLA_POLICY_RANGE(NLA_U32, 1, VLAN_MAX),
	[RTUN_A_SESSION_COOKIE_TX] = NLA_POLICY_MAX(NLA_BINARY, COOKIE_LEN_MAX),
	[RTUN_A_SESSION_COOKIE_RX] = NLA_POLICY_MAX(NLA_BINARY, COOKIE_LEN_MAX),
	[RTUN_A_SESSION_COOKIE_GRACE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &cookie_grace_range),
	[RTUN_A_SESSION_CIRCUIT] = NLA_POLICY_MAX(NLA_U32, 1),
	[RTUN_A_SESSION_KEEPALIVE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &dead_time_range),
	[RTUN_A_SESSION_DEAD_TIME] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &dead_time_range),
	[RTUN_A_SESSION_OVERHEAD] = READ_ONLY,
	[RTUN_A_SESSION_TX_WINDOW] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &tx_window_range),
	[RTUN_A_SESSION_STATIC_RTT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &static_rtt_range),
	[RTUN_A_SESSION_RTT] = READ_ONLY,
	[RTUN_A_SESSION_CONGESTED] = READ_ONLY,
	[RTUN_A_SESSION_MPPE_TX] = NLA_POLICY_NESTED(mppe_attrs),
	[RTUN_A_SESSION_MPPE_RX] = NLA_POLICY_NESTED(mppe_attrs),
	[RTUN_A_SESSION_DISORDER] = NLA_POLICY_MAX(NLA_U32, RTUN_DISORDER_MAX),
	[RTUN_A_SESSION_DISORDER_RATE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &disorder_rate_range),
	[RTUN_A_SESSION_BUNDLE] = { .type = NLA_U32 },
	[RTUN_A_SESSION_LINK_RATE] = { .type = NLA_U32 },
	[RTUN_A_SESSION_LINK_LATENCY] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &latency_range),
	[RTUN_A_SESSION_LINK_MTU] = { .type = NLA_U32 },
	[RTUN_A_SESSION_MRRU] = NLA_POLICY_FULL_RANGE(NLA_U32, &mrru_range),
	[RTUN_A_SESSION_PEER_MRRU] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &mrru_range),
	[RTUN_A_SESSION_MP_CLASSES_RX] =
		NLA_POLICY_MAX(NLA_U32, RTUN_MP_CLASSES_MAX),
	[RTUN_A_SESSION_MP_CLASSES_TX] =
		NLA_POLICY_MAX(NLA_U32, RTUN_MP_CLASSES_MAX),
	[RTUN_A_SESSION_MP_MODE] = NLA_POLICY_MAX(NLA_U32, RTUN_MP_MODE_MAX),
	[RTUN_A_SESSION_MP_MIN_FRAGMENT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &fragment_range),
	[RTUN_A_SESSION_MP_LOSS_TIME] =
		NLA_POLICY_RANGE(NLA_U32, 1, RTUN_LOSS_TIME_MAX),
	[RTUN_A_SESSION_MP_MEMORY] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &memory_range),
	[RTUN_A_SESSION_MP_IDLE] = NLA_POLICY_MAX(NLA_U32, RTUN_LOSS_TIME_MAX),
	[RTUN_A_SESSION_MP_PROBE] = NLA_POLICY_MAX(NLA_U32, RTUN_LOSS_TIME_MAX),
	[RTUN_A_SESSION_LINKS] = READ_ONLY,
	[RTUN_A_SESSION_MP_CLASS] = READ_ONLY,
	[RTUN_A_SESSION_PREFIXES] =
		NLA_POLICY_MAX(NLA_BINARY, PREFIXES_OCTETS),
};

static const struct nla_policy session_set_attrs[RTUN_A_SESSION_MAX + 1] = {
	[RTUN_A_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_TUNNEL_ID] = AT_CREATION,
	[RTUN_A_SESSION_LOCAL_ID] = AT_CREATION,
	[RTUN_A_SESSION_PEER_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_FLAGS] = NLA_POLICY_BITFIELD32(SESSION_FLAGS),
	[RTUN_A_SESSION_NP] = NLA_POLICY_BITFIELD32(SESSION_NPS),
	[RTUN_A_SESSION_REORDER_SLOTS] =
		NLA_POLICY_MAX(NLA_U32, RTUN_REORDER_SLOTS_MAX),
	[RTUN_A_SESSION_REORDER_TIMEOUT] =
		NLA_POLICY_RANGE(NLA_U32, 1, RTUN_REORDER_TIMEOUT_MAX),
	[RTUN_A_SESSION_PEER_WINDOW] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &window_range),
	[RTUN_A_SESSION_ACK_DELAY] =
		NLA_POLICY_RANGE(NLA_U32, 1, RTUN_ACK_DELAY_MAX),
	[RTUN_A_SESSION_MAGIC] = { .type = NLA_U32 },
	[RTUN_A_SESSION_IFINDEX] = READ_ONLY,
	[RTUN_A_SESSION_NETNSID] = READ_ONLY,
	[RTUN_A_SESSION_BLOB] = NLA_POLICY_MAX(NLA_BINARY, RTUN_BLOB_MAX),
	[RTUN_A_SESSION_STATS] = READ_ONLY,
	[RTUN_A_SESSION_PW_TYPE] = AT_CREATION,
	[RTUN_A_SESSION_L2SPEC] = AT_CREATION,
	[RTUN_A_SESSION_VLAN] = AT_CREATION,
	[RTUN_A_SESSION_COOKIE_TX] = NLA_POLICY_MAX(NLA_BINARY, COOKIE_LEN_MAX),
	[RTUN_A_SESSION_COOKIE_RX] = NLA_POLICY_MAX(NLA_BINARY, COOKIE_LEN_MAX),
	[RTUN_A_SESSION_COOKIE_GRACE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &cookie_grace_range),
	[RTUN_A_SESSION_CIRCUIT] = NLA_POLICY_MAX(NLA_U32, 1),
	[RTUN_A_SESSION_KEEPALIVE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &dead_time_range),
	[RTUN_A_SESSION_DEAD_TIME] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &dead_time_range),
	[RTUN_A_SESSION_OVERHEAD] = READ_ONLY,
	[RTUN_A_SESSION_TX_WINDOW] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &tx_window_range),
	[RTUN_A_SESSION_STATIC_RTT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &static_rtt_range),
	[RTUN_A_SESSION_RTT] = READ_ONLY,
	[RTUN_A_SESSION_CONGESTED] = READ_ONLY,
	[RTUN_A_SESSION_MPPE_TX] = NLA_POLICY_NESTED(mppe_attrs),
	[RTUN_A_SESSION_MPPE_RX] = NLA_POLICY_NESTED(mppe_attrs),
	[RTUN_A_SESSION_DISORDER] = NLA_POLICY_MAX(NLA_U32, RTUN_DISORDER_MAX),
	[RTUN_A_SESSION_DISORDER_RATE] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &disorder_rate_range),
	[RTUN_A_SESSION_BUNDLE] = { .type = NLA_U32 },
	[RTUN_A_SESSION_LINK_RATE] = { .type = NLA_U32 },
	[RTUN_A_SESSION_LINK_LATENCY] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &latency_range),
	[RTUN_A_SESSION_LINK_MTU] = { .type = NLA_U32 },
	[RTUN_A_SESSION_MRRU] = AT_CREATION,
	[RTUN_A_SESSION_PEER_MRRU] = AT_CREATION,
	[RTUN_A_SESSION_MP_CLASSES_RX] = AT_CREATION,
	[RTUN_A_SESSION_MP_CLASSES_TX] = AT_CREATION,
	[RTUN_A_SESSION_MP_MODE] = NLA_POLICY_MAX(NLA_U32, RTUN_MP_MODE_MAX),
	[RTUN_A_SESSION_MP_MIN_FRAGMENT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &fragment_range),
	[RTUN_A_SESSION_MP_LOSS_TIME] =
		NLA_POLICY_RANGE(NLA_U32, 1, RTUN_LOSS_TIME_MAX),
	[RTUN_A_SESSION_MP_MEMORY] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &memory_range),
	[RTUN_A_SESSION_MP_IDLE] = NLA_POLICY_MAX(NLA_U32, RTUN_LOSS_TIME_MAX),
	[RTUN_A_SESSION_MP_PROBE] = NLA_POLICY_MAX(NLA_U32, RTUN_LOSS_TIME_MAX),
	[RTUN_A_SESSION_LINKS] = READ_ONLY,
	[RTUN_A_SESSION_MP_CLASS] = READ_ONLY,
	[RTUN_A_SESSION_PREFIXES] =
		NLA_POLICY_MAX(NLA_BINARY, PREFIXES_OCTETS),
};

static const struct nla_policy session_id_attrs[] = {
	[RTUN_A_SESSION_ID] = { .type = NLA_U32 },
};

static const struct nla_policy session_get_attrs[] = {
	[RTUN_A_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_TUNNEL_ID] = { .type = NLA_U32 },
};

static const struct nla_policy session_attach_attrs[RTUN_A_SESSION_MAX + 1] = {
	[RTUN_A_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy frame_attrs[RTUN_A_FRAME_MAX + 1] = {
	[RTUN_A_FRAME_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_FRAME_DATA] = NLA_POLICY_RANGE(NLA_BINARY, 2, RTUN_FRAME_MAX),
	[RTUN_A_FRAME_OVERRUN] = READ_ONLY,
};

static const struct nla_policy capture_attrs[RTUN_A_CAPTURE_MAX + 1] = {
	[RTUN_A_CAPTURE_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_CAPTURE_TIME] = READ_ONLY,
	[RTUN_A_CAPTURE_DIRECTION] = READ_ONLY,
	[RTUN_A_CAPTURE_LENGTH] = READ_ONLY,
	[RTUN_A_CAPTURE_LOST] = READ_ONLY,
	[RTUN_A_CAPTURE_DATA] = READ_ONLY,
};

/* Each request has one object, in a nest of its own. */
#define OBJECT(name, attr, attrs)					\
const struct nla_policy name[attr + 1] = {				\
	[attr] = NLA_POLICY_NESTED(attrs),				\
}

OBJECT(rtun_owner_policy, RTUN_A_OWNER, owner_attrs);
OBJECT(rtun_tunnel_new_policy, RTUN_A_TUNNEL, tunnel_new_attrs);
OBJECT(rtun_tunnel_set_policy, RTUN_A_TUNNEL, tunnel_set_attrs);
OBJECT(rtun_tunnel_id_policy, RTUN_A_TUNNEL, tunnel_id_attrs);
OBJECT(rtun_session_new_policy, RTUN_A_SESSION, session_new_attrs);
OBJECT(rtun_session_set_policy, RTUN_A_SESSION, session_set_attrs);
OBJECT(rtun_session_id_policy, RTUN_A_SESSION, session_id_attrs);
OBJECT(rtun_session_get_policy, RTUN_A_SESSION, session_get_attrs);
OBJECT(rtun_session_attach_policy, RTUN_A_SESSION, session_attach_attrs);
OBJECT(rtun_frame_policy, RTUN_A_FRAME, frame_attrs);
OBJECT(rtun_capture_policy, RTUN_A_CAPTURE, capture_attrs);
