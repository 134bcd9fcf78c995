// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be in a request of the generic netlink family "rtun": types, ranges,
 * which attribute a command takes and which it refuses.  Handlers check only
 * what cannot be said here.  scripts/check-uapi compares this file with the
 * uAPI header and rtun.yaml.
 */
#include "policy.h"

#define READ_ONLY { .type = NLA_REJECT, .reject_message = "is read-only" }
#define AT_CREATION {							\
	.type = NLA_REJECT,						\
	.reject_message = "can be given at creation only"		\
}

#define TUNNEL_FLAGS							\
	(RTUN_TUNNEL_F_DIE_WITH_OWNER | RTUN_TUNNEL_F_TOS_INHERIT)
#define SESSION_FLAGS							\
	(RTUN_SESSION_F_PFC_RX | RTUN_SESSION_F_PFC_TX |		\
	 RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_ECHO_REPLY)
#define SESSION_NPS (RTUN_NP_IPV4 | RTUN_NP_IPV6)

/* A policy's own limits are of 16 bits with a sign.  Not const: 6.1 takes no
 * pointer to const.
 */
static struct netlink_range_validation call_id_range = {
	.max = U16_MAX,
};

static struct netlink_range_validation window_range = {
	.min = 1,
	.max = U16_MAX,
};

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
};

static const struct nla_policy tunnel_set_attrs[RTUN_A_TUNNEL_MAX + 1] = {
	[RTUN_A_TUNNEL_ID] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_OWNER] = READ_ONLY,
	[RTUN_A_TUNNEL_XPORT] = AT_CREATION,
	[RTUN_A_TUNNEL_LOCAL4] = AT_CREATION,
	[RTUN_A_TUNNEL_REMOTE4] = AT_CREATION,
	[RTUN_A_TUNNEL_FLAGS] = AT_CREATION,
	[RTUN_A_TUNNEL_FWMARK] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_OIF] = { .type = NLA_U32 },
	[RTUN_A_TUNNEL_TTL] = { .type = NLA_U8 },
	[RTUN_A_TUNNEL_TOS] = NLA_POLICY_MASK(NLA_U8, 0xfc),
	[RTUN_A_TUNNEL_DF] = NLA_POLICY_MAX(NLA_U8, RTUN_DF_MAX),
	[RTUN_A_TUNNEL_PMTU] = READ_ONLY,
	[RTUN_A_TUNNEL_SESSIONS] = READ_ONLY,
	[RTUN_A_TUNNEL_BLOB] = NLA_POLICY_MAX(NLA_BINARY, RTUN_BLOB_MAX),
};

static const struct nla_policy tunnel_id_attrs[] = {
	[RTUN_A_TUNNEL_ID] = { .type = NLA_U32 },
};

static const struct nla_policy session_new_attrs[RTUN_A_SESSION_MAX + 1] = {
	[RTUN_A_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_TUNNEL_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_LOCAL_ID] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &call_id_range),
	[RTUN_A_SESSION_PEER_ID] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &call_id_range),
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
};

static const struct nla_policy session_set_attrs[RTUN_A_SESSION_MAX + 1] = {
	[RTUN_A_SESSION_ID] = { .type = NLA_U32 },
	[RTUN_A_SESSION_TUNNEL_ID] = AT_CREATION,
	[RTUN_A_SESSION_LOCAL_ID] = AT_CREATION,
	[RTUN_A_SESSION_PEER_ID] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &call_id_range),
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
