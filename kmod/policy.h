/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies of the requests, see policy.c.
 */
#ifndef _RTUN_POLICY_H
#define _RTUN_POLICY_H

#include <uapi/linux/rtun.h>

#include <net/netlink.h>

extern const struct nla_policy rtun_owner_policy[RTUN_A_OWNER + 1];
extern const struct nla_policy rtun_tunnel_new_policy[RTUN_A_TUNNEL + 1];
extern const struct nla_policy rtun_tunnel_set_policy[RTUN_A_TUNNEL + 1];
extern const struct nla_policy rtun_tunnel_id_policy[RTUN_A_TUNNEL + 1];
extern const struct nla_policy rtun_session_new_policy[RTUN_A_SESSION + 1];
extern const struct nla_policy rtun_session_set_policy[RTUN_A_SESSION + 1];
extern const struct nla_policy rtun_session_id_policy[RTUN_A_SESSION + 1];
extern const struct nla_policy rtun_session_get_policy[RTUN_A_SESSION + 1];
extern const struct nla_policy rtun_session_attach_policy[RTUN_A_SESSION + 1];
extern const struct nla_policy rtun_frame_policy[RTUN_A_FRAME + 1];
extern const struct nla_policy rtun_capture_policy[RTUN_A_CAPTURE + 1];

#endif /* _RTUN_POLICY_H */
