/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * rtun: PPP tunnels whose data plane is in the kernel.
 *
 * This header is the manual of the interface between rtun.ko and whoever
 * drives it.  uapi/rtun.yaml says the same for programs.
 *
 * There are two doors.  Tunnels, sessions and control frames go through the
 * generic netlink family "rtun"; network devices are of rtnetlink kind "rtun".
 *
 *
 * Objects
 * -------
 * owner    A named program that receives control frames (LCP, authentication,
 *          NCPs) and is told of events.  Bound to one netlink socket with
 *          OWNER_BIND.  When the socket closes, the slot is empty and nothing
 *          else happens to its objects, unless they were made with
 *          RTUN_TUNNEL_F_DIE_WITH_OWNER; binding the same name again takes
 *          them over.  A name held by a live socket is refused with EBUSY.
 * tunnel   One peer: transport, outer addresses, outer policy.
 * session  One call in a tunnel: wire ids, sequence state, PPP options.
 * device   A net_device of kind "rtun".  Carries one session.  A session
 *          without a device is legal: its data frames are dropped and counted.
 *
 * Tunnels and sessions have an id, unique in their network namespace, which
 * NEW returns (give 0 or nothing to have one picked).  Wire ids (call ids) are
 * attributes and never handles.  Everything belongs to the namespace of the
 * socket that made it; a device may be moved to another one afterwards.
 *
 *
 * Messages
 * --------
 * Every request needs CAP_NET_ADMIN in the user namespace that owns the
 * network namespace.  Unknown attributes and flags are refused.  SET is
 * atomic.  Errors carry an extended acknowledgement with text and offset.
 * "->" is a request, "<-" its reply, "!" a notification on group "events".
 * Each object stands in a nest of its own:
 *
 * INFO_GET        ->
 *                 <- RTUN_A_INFO { VERSION, GENERATION, TUNNELS, SESSIONS,
 *                                  STATS { ... }: what no session could be
 *                                  charged with, e.g. packets of strangers }
 * OWNER_BIND      -> RTUN_A_OWNER { NAME }
 * OWNER_UNBIND    -> RTUN_A_OWNER { NAME }: as closing the socket, but
 *                    DIE_WITH_OWNER objects stay
 * OWNER_GET       -> dump
 *                 <- RTUN_A_OWNER { NAME, PORTID (0: nobody), TUNNELS }
 * TUNNEL_NEW      -> RTUN_A_TUNNEL { XPORT, LOCAL4, REMOTE4 [ID] [FLAGS]
 *                    [FWMARK] [OIF] [TTL] [TOS] [DF] [BLOB] }
 *                    The sender must have bound an owner name.
 *                 <- RTUN_A_TUNNEL { ID, ... as in GET }
 *                 !  the same
 * TUNNEL_SET      -> RTUN_A_TUNNEL { ID [FWMARK] [OIF] [TTL] [TOS] [DF]
 *                    [BLOB] }
 *                 !  RTUN_A_TUNNEL { ... }
 * TUNNEL_DEL      -> RTUN_A_TUNNEL { ID }: with all its sessions
 *                 !  RTUN_A_TUNNEL { ID }, RTUN_A_REASON
 * TUNNEL_GET      -> RTUN_A_TUNNEL { ID }, or dump
 *                 <- RTUN_A_TUNNEL { ID, OWNER, XPORT, LOCAL4, REMOTE4, FLAGS,
 *                    FWMARK, OIF, TTL, TOS, DF, PMTU, SESSIONS, BLOB },
 *                    RTUN_A_GENERATION
 * SESSION_NEW     -> RTUN_A_SESSION { TUNNEL_ID [ID] [LOCAL_ID] [PEER_ID]
 *                    [and everything SET takes] }
 *                    LOCAL_ID absent or 0: one is picked at random.  Without
 *                    PEER_ID the session can receive only, until SET gives it.
 *                 <- RTUN_A_SESSION { ID, LOCAL_ID, ... as in GET }
 *                 !  the same
 * SESSION_SET     -> RTUN_A_SESSION { ID [PEER_ID] [FLAGS] [NP]
 *                    [REORDER_SLOTS] [REORDER_TIMEOUT] [PEER_WINDOW]
 *                    [ACK_DELAY] [MAGIC] [BLOB] }
 *                    PEER_ID: once, if it was not known before.
 *                 !  RTUN_A_SESSION { ... }
 * SESSION_DEL     -> RTUN_A_SESSION { ID }
 *                 !  RTUN_A_SESSION { ID, TUNNEL_ID }, RTUN_A_REASON
 * SESSION_GET     -> RTUN_A_SESSION { ID }, or dump; a dump with
 *                    RTUN_A_SESSION { TUNNEL_ID } lists that tunnel's
 *                 <- RTUN_A_SESSION { ID, TUNNEL_ID, LOCAL_ID, PEER_ID, FLAGS,
 *                    NP, REORDER_SLOTS, REORDER_TIMEOUT, PEER_WINDOW,
 *                    ACK_DELAY, [IFINDEX, [NETNSID]], BLOB,
 *                    STATS { ..., DROPS { ... } } }, RTUN_A_GENERATION
 * SESSION_ATTACH  -> RTUN_A_SESSION { ID, IFINDEX }: a device of kind "rtun"
 *                    in the caller's namespace without a session
 * SESSION_DETACH  -> RTUN_A_SESSION { ID }
 * FRAME           -> RTUN_A_FRAME { SESSION_ID, DATA }: send this PPP frame.
 *                    DATA begins with the two-octet protocol field; address
 *                    and control field and the transport's header (sequence
 *                    number, acknowledgement) are the kernel's business.
 *                    Only protocols 0x8000 and above (and 0x4000..0x7fff) may
 *                    be sent; data belongs to the device.
 *                 <- unicast to the owner: RTUN_A_FRAME { SESSION_ID, DATA,
 *                    [OVERRUN: so many frames of this session were lost before
 *                    this one because the owner did not read in time] }
 * FLUSH           -> [RTUN_A_OWNER { NAME }]: delete all tunnels (of an owner)
 * EVENT           !  RTUN_A_EVENT { TYPE, [TUNNEL_ID], [SESSION_ID], [VALUE],
 *                    [NAME] }
 *
 * GENERATION counts every change to the tunnels and sessions of a namespace:
 * equal values before and after a dump mean that nothing was missed.  BLOB is
 * up to RTUN_BLOB_MAX octets which the kernel keeps for the owner unread, so
 * that a new incarnation of it can go on where the old one ended.
 *
 *
 * Devices
 * -------
 * RTM_NEWLINK with IFLA_INFO_KIND "rtun" and in IFLA_INFO_DATA:
 *
 *  IFLA_RTUN_MODE      RTUN_MODE_PPP (default); only at creation
 *  IFLA_RTUN_SESSION   at creation: attach to this session of the caller's
 *                      namespace; in dumps: the attached session
 *  IFLA_RTUN_DIE_WITH_SESSION   flag, only together with the former: delete
 *                      the device when the session is deleted
 *  IFLA_RTUN_XPORT, IFLA_RTUN_PEER4   read-only
 *
 * Deleting a device detaches its session and does not delete it.  The carrier
 * is on while a session is attached and one of its network protocols is open.
 */
#ifndef _UAPI_LINUX_RTUN_H
#define _UAPI_LINUX_RTUN_H

#include <linux/types.h>

#define RTUN_GENL_NAME		"rtun"
#define RTUN_GENL_VERSION	1
#define RTUN_MCGRP_EVENTS	"events"
#define RTUN_LINK_KIND		"rtun"

#define RTUN_OWNER_NAME_MAX	31	/* octets, without the NUL */
#define RTUN_BLOB_MAX		4096	/* octets */
#define RTUN_FRAME_MAX		4096	/* octets, protocol field included */
#define RTUN_REORDER_SLOTS_MAX	1024	/* packets */
#define RTUN_REORDER_TIMEOUT_MAX 10000	/* ms */
#define RTUN_ACK_DELAY_MAX	5000	/* ms */

enum rtun_cmd {
	RTUN_CMD_UNSPEC,
	RTUN_CMD_INFO_GET,
	RTUN_CMD_OWNER_BIND,
	RTUN_CMD_OWNER_UNBIND,
	RTUN_CMD_OWNER_GET,
	RTUN_CMD_TUNNEL_NEW,
	RTUN_CMD_TUNNEL_SET,
	RTUN_CMD_TUNNEL_DEL,
	RTUN_CMD_TUNNEL_GET,
	RTUN_CMD_SESSION_NEW,
	RTUN_CMD_SESSION_SET,
	RTUN_CMD_SESSION_DEL,
	RTUN_CMD_SESSION_GET,
	RTUN_CMD_SESSION_ATTACH,
	RTUN_CMD_SESSION_DETACH,
	RTUN_CMD_FRAME,
	RTUN_CMD_FLUSH,
	RTUN_CMD_EVENT,		/* kernel to user only */

	__RTUN_CMD_MAX,
	RTUN_CMD_MAX = __RTUN_CMD_MAX - 1
};

enum rtun_attr {
	RTUN_A_UNSPEC,
	RTUN_A_PAD,
	RTUN_A_INFO,		/* nest, enum rtun_info_attr */
	RTUN_A_OWNER,		/* nest, enum rtun_owner_attr */
	RTUN_A_TUNNEL,		/* nest, enum rtun_tunnel_attr */
	RTUN_A_SESSION,		/* nest, enum rtun_session_attr */
	RTUN_A_FRAME,		/* nest, enum rtun_frame_attr */
	RTUN_A_EVENT,		/* nest, enum rtun_event_attr */
	RTUN_A_GENERATION,	/* u32 */
	RTUN_A_REASON,		/* u32, enum rtun_del_reason */

	__RTUN_A_MAX,
	RTUN_A_MAX = __RTUN_A_MAX - 1
};

enum rtun_info_attr {
	RTUN_A_INFO_UNSPEC,
	RTUN_A_INFO_VERSION,	/* string, of the module */
	RTUN_A_INFO_GENERATION,	/* u32 */
	RTUN_A_INFO_TUNNELS,	/* u32, how many in this namespace */
	RTUN_A_INFO_SESSIONS,	/* u32 */
	RTUN_A_INFO_STATS,	/* nest, enum rtun_stats_attr */

	__RTUN_A_INFO_MAX,
	RTUN_A_INFO_MAX = __RTUN_A_INFO_MAX - 1
};

enum rtun_owner_attr {
	RTUN_A_OWNER_UNSPEC,
	RTUN_A_OWNER_NAME,	/* string, 1..RTUN_OWNER_NAME_MAX */
	RTUN_A_OWNER_PORTID,	/* u32, 0: no live socket */
	RTUN_A_OWNER_TUNNELS,	/* u32 */

	__RTUN_A_OWNER_MAX,
	RTUN_A_OWNER_MAX = __RTUN_A_OWNER_MAX - 1
};

/* How a tunnel's packets travel. */
enum rtun_xport {
	RTUN_XPORT_UNSPEC,
	RTUN_XPORT_PPTP,	/* enhanced GRE, RFC 2637 section 4 */

	__RTUN_XPORT_MAX,
	RTUN_XPORT_MAX = __RTUN_XPORT_MAX - 1
};

/* The DF bit of outer IPv4 headers. */
enum rtun_df {
	RTUN_DF_UNSET,		/* default: the outer packet may be fragmented */
	RTUN_DF_SET,		/* path MTU discovery; too big packets are answered */
	RTUN_DF_INHERIT,	/* as the inner packet */

	__RTUN_DF_MAX,
	RTUN_DF_MAX = __RTUN_DF_MAX - 1
};

enum rtun_tunnel_flags {
	/* delete the tunnel, its sessions and their ephemeral devices when the
	 * owner's socket closes; given at creation only
	 */
	RTUN_TUNNEL_F_DIE_WITH_OWNER	= 1 << 0,
	/* outer TOS: copy the inner one (ECN always follows RFC 6040) */
	RTUN_TUNNEL_F_TOS_INHERIT	= 1 << 1,
};

enum rtun_tunnel_attr {
	RTUN_A_TUNNEL_UNSPEC,
	RTUN_A_TUNNEL_PAD,
	RTUN_A_TUNNEL_ID,	/* u32 */
	RTUN_A_TUNNEL_OWNER,	/* string, read-only */
	RTUN_A_TUNNEL_XPORT,	/* u8, enum rtun_xport; at creation */
	RTUN_A_TUNNEL_LOCAL4,	/* be32, an address of this host; at creation */
	RTUN_A_TUNNEL_REMOTE4,	/* be32; at creation */
	RTUN_A_TUNNEL_FLAGS,	/* bitfield32, enum rtun_tunnel_flags */
	RTUN_A_TUNNEL_FWMARK,	/* u32, on every outer packet */
	RTUN_A_TUNNEL_OIF,	/* u32, ifindex of a device or VRF; 0: any */
	RTUN_A_TUNNEL_TTL,	/* u8, 0: the namespace's default */
	RTUN_A_TUNNEL_TOS,	/* u8, outer TOS without the ECN bits */
	RTUN_A_TUNNEL_DF,	/* u8, enum rtun_df */
	RTUN_A_TUNNEL_PMTU,	/* u32, of the outer path as known now; read-only */
	RTUN_A_TUNNEL_SESSIONS,	/* u32, read-only */
	RTUN_A_TUNNEL_BLOB,	/* binary, 0..RTUN_BLOB_MAX */

	__RTUN_A_TUNNEL_MAX,
	RTUN_A_TUNNEL_MAX = __RTUN_A_TUNNEL_MAX - 1
};

enum rtun_session_flags {
	/* accept a one-octet protocol field (we offered PFC and got it) */
	RTUN_SESSION_F_PFC_RX		= 1 << 0,
	/* send a one-octet protocol field where possible */
	RTUN_SESSION_F_PFC_TX		= 1 << 1,
	/* leave FF 03 out, except before LCP */
	RTUN_SESSION_F_ACFC_TX		= 1 << 2,
	/* answer LCP Echo-Requests in the kernel, with MAGIC */
	RTUN_SESSION_F_ECHO_REPLY	= 1 << 3,
};

/* Network protocols a session may carry: bits of RTUN_A_SESSION_NP.  What is
 * not open is dropped, in both directions, and counted.
 */
enum rtun_np {
	RTUN_NP_IPV4	= 1 << 0,	/* 0x0021 */
	RTUN_NP_IPV6	= 1 << 1,	/* 0x0057 */
};

enum rtun_session_attr {
	RTUN_A_SESSION_UNSPEC,
	RTUN_A_SESSION_PAD,
	RTUN_A_SESSION_ID,	/* u32 */
	RTUN_A_SESSION_TUNNEL_ID, /* u32; at creation */
	RTUN_A_SESSION_LOCAL_ID, /* u32, PPTP: call id 1..65535 in what we
				  * receive; at creation, 0: pick one
				  */
	RTUN_A_SESSION_PEER_ID,	/* u32, PPTP: call id in what we send, 0..65535;
				 * a caller learns it from the
				 * Outgoing-Call-Reply and sets it then
				 */
	RTUN_A_SESSION_FLAGS,	/* bitfield32, enum rtun_session_flags */
	RTUN_A_SESSION_NP,	/* bitfield32, enum rtun_np */
	RTUN_A_SESSION_REORDER_SLOTS, /* u32, packets held for a gap; a power of
				  * two up to RTUN_REORDER_SLOTS_MAX; 0: hold
				  * nothing, early packets are delivered and
				  * what they overtook is lost; default 256
				  */
	RTUN_A_SESSION_REORDER_TIMEOUT, /* u32, ms, 1..RTUN_REORDER_TIMEOUT_MAX;
				  * default 50
				  */
	RTUN_A_SESSION_PEER_WINDOW, /* u32, packets the peer sends unacknowledged
				  * at the most, 1..65535: we acknowledge after
				  * half of it; default 16
				  */
	RTUN_A_SESSION_ACK_DELAY, /* u32, ms until a stand-alone
				  * acknowledgement, 1..RTUN_ACK_DELAY_MAX;
				  * default 100
				  */
	RTUN_A_SESSION_MAGIC,	/* u32, LCP magic number for ECHO_REPLY;
				 * write-only
				 */
	RTUN_A_SESSION_IFINDEX,	/* u32; absent: no device */
	RTUN_A_SESSION_NETNSID,	/* s32, where the device is; absent: here */
	RTUN_A_SESSION_BLOB,	/* binary, 0..RTUN_BLOB_MAX */
	RTUN_A_SESSION_STATS,	/* nest, enum rtun_stats_attr; read-only */

	__RTUN_A_SESSION_MAX,
	RTUN_A_SESSION_MAX = __RTUN_A_SESSION_MAX - 1
};

/* All u64, since the creation of the object. */
enum rtun_stats_attr {
	RTUN_A_STATS_UNSPEC,
	RTUN_A_STATS_PAD,
	RTUN_A_STATS_RX_PACKETS,	/* network frames handed to the device */
	RTUN_A_STATS_RX_BYTES,		/* octets of these, from the IP header on */
	RTUN_A_STATS_TX_PACKETS,
	RTUN_A_STATS_TX_BYTES,
	RTUN_A_STATS_RX_CONTROL,	/* control frames handed to the owner */
	RTUN_A_STATS_TX_CONTROL,	/* control frames sent for the owner */
	RTUN_A_STATS_RX_ACKS,		/* packets that were only acknowledgements */
	RTUN_A_STATS_TX_ACKS,
	RTUN_A_STATS_RX_ECHO,		/* LCP Echo-Requests answered in the kernel */
	RTUN_A_STATS_RX_BUFFERED,	/* arrived early, held (or let pass if
					 * nothing is held) */
	RTUN_A_STATS_RX_LOST,		/* never arrived: gaps given up */
	RTUN_A_STATS_RX_RESYNC,		/* jumps of the sequence believed at last */
	RTUN_A_STATS_DROPS,		/* nest: attribute type is an enum
					 * rtun_drop, payload u64; zeros are left
					 * out */

	__RTUN_A_STATS_MAX,
	RTUN_A_STATS_MAX = __RTUN_A_STATS_MAX - 1
};

/*
 * Why a packet was dropped.  Charged to the session when it is known, else to
 * the namespace (INFO_GET).  "show -s" prints these names in small letters.
 *
 * GRE packets of version 2 and up, or with bits set in the flags field (RFC
 * 2637 section 4.1, octet 1), are dropped by the kernel's own GRE demultiplexer
 * before rtun could see them.
 */
enum rtun_drop {
	RTUN_DROP_UNSPEC,
	/* receive: GRE header */
	RTUN_DROP_GRE_TRUNCATED,	/* shorter than its own header */
	RTUN_DROP_GRE_PROTO,		/* protocol type is not 0x880B */
	RTUN_DROP_GRE_FLAGS,		/* C, R, s or Recur set, or K clear */
	RTUN_DROP_GRE_LENGTH,		/* payload length beyond the datagram, or
					 * payload without a sequence number */
	RTUN_DROP_NO_SESSION,		/* nobody has this call id */
	RTUN_DROP_PEER_ADDR,		/* call id known, addresses are not its */
	/* receive: sequence */
	RTUN_DROP_SEQ_LATE,		/* older than what was delivered */
	RTUN_DROP_SEQ_DUP,		/* held already */
	RTUN_DROP_SEQ_FAR,		/* 4096 or more ahead, not yet believed */
	RTUN_DROP_REORDER_LIMIT,	/* too many octets held */
	/* receive: PPP */
	RTUN_DROP_PPP_TRUNCATED,	/* no room for the protocol field */
	RTUN_DROP_PPP_PROTO,		/* malformed protocol field, or compressed
					 * where that was not agreed */
	RTUN_DROP_NP_CLOSED,		/* network protocol not open */
	RTUN_DROP_NO_DEVICE,		/* session has no device */
	RTUN_DROP_DEVICE_DOWN,		/* the device is not up */
	RTUN_DROP_IP_HEADER,		/* no valid IP header inside */
	RTUN_DROP_ECN,			/* RFC 6040: CE outside, Not-ECT inside */
	/* receive: control frames */
	RTUN_DROP_CTRL_NO_OWNER,	/* nobody listens now */
	RTUN_DROP_CTRL_RATE,		/* over the session's rate */
	RTUN_DROP_CTRL_OVERRUN,		/* the owner's socket is full */
	RTUN_DROP_CTRL_TOO_LONG,	/* over RTUN_FRAME_MAX */
	RTUN_DROP_RX_NOMEM,
	/* transmit */
	RTUN_DROP_TX_NO_SESSION,	/* device without session */
	RTUN_DROP_TX_NP_CLOSED,
	RTUN_DROP_TX_PROTO,		/* neither IPv4 nor IPv6 */
	RTUN_DROP_TX_RECURSION,		/* tunnel routed into itself */
	RTUN_DROP_TX_NO_ROUTE,		/* no route to the peer */
	RTUN_DROP_TX_TOO_BIG,		/* over the path MTU, sender told */
	RTUN_DROP_TX_NOMEM,
	RTUN_DROP_TX_GSO,		/* could not be segmented */
	RTUN_DROP_TX_ERROR,		/* refused below (IP output, qdisc, filter) */

	__RTUN_DROP_MAX,
	RTUN_DROP_MAX = __RTUN_DROP_MAX - 1
};

enum rtun_frame_attr {
	RTUN_A_FRAME_UNSPEC,
	RTUN_A_FRAME_SESSION_ID,	/* u32 */
	RTUN_A_FRAME_DATA,		/* binary, 2..RTUN_FRAME_MAX */
	RTUN_A_FRAME_OVERRUN,		/* u32 */

	__RTUN_A_FRAME_MAX,
	RTUN_A_FRAME_MAX = __RTUN_A_FRAME_MAX - 1
};

enum rtun_event_type {
	RTUN_EVENT_UNSPEC,
	RTUN_EVENT_OWNER_GONE,		/* NAME */
	RTUN_EVENT_PMTU,		/* TUNNEL_ID, VALUE: new path MTU */
	RTUN_EVENT_RESYNC,		/* SESSION_ID, VALUE: packets jumped over */
	RTUN_EVENT_CTRL_OVERRUN,	/* SESSION_ID, VALUE: frames lost so far */
	RTUN_EVENT_CARRIER,		/* SESSION_ID, VALUE: 0 or 1 */

	__RTUN_EVENT_MAX,
	RTUN_EVENT_MAX = __RTUN_EVENT_MAX - 1
};

enum rtun_event_attr {
	RTUN_A_EVENT_UNSPEC,
	RTUN_A_EVENT_TYPE,		/* u32, enum rtun_event_type */
	RTUN_A_EVENT_TUNNEL_ID,		/* u32 */
	RTUN_A_EVENT_SESSION_ID,	/* u32 */
	RTUN_A_EVENT_VALUE,		/* u32 */
	RTUN_A_EVENT_NAME,		/* string */

	__RTUN_A_EVENT_MAX,
	RTUN_A_EVENT_MAX = __RTUN_A_EVENT_MAX - 1
};

/* Why an object was deleted. */
enum rtun_del_reason {
	RTUN_DEL_UNSPEC,
	RTUN_DEL_REQUEST,	/* somebody asked for it */
	RTUN_DEL_OWNER,		/* its owner's socket closed */
	RTUN_DEL_NETNS,		/* the namespace ends */
	RTUN_DEL_TUNNEL,	/* a session: its tunnel was deleted */

	__RTUN_DEL_MAX,
	RTUN_DEL_MAX = __RTUN_DEL_MAX - 1
};

enum rtun_mode {
	RTUN_MODE_UNSPEC,
	RTUN_MODE_PPP,		/* layer 3, point to point, ARPHRD_PPP */

	__RTUN_MODE_MAX,
	RTUN_MODE_MAX = __RTUN_MODE_MAX - 1
};

/* IFLA_INFO_DATA of kind "rtun" */
enum {
	IFLA_RTUN_UNSPEC,
	IFLA_RTUN_MODE,			/* u8, enum rtun_mode */
	IFLA_RTUN_SESSION,		/* u32 */
	IFLA_RTUN_DIE_WITH_SESSION,	/* flag */
	IFLA_RTUN_XPORT,		/* u8, enum rtun_xport; read-only */
	IFLA_RTUN_PEER4,		/* be32; read-only */

	__IFLA_RTUN_MAX,
};
#define IFLA_RTUN_MAX (__IFLA_RTUN_MAX - 1)

#endif /* _UAPI_LINUX_RTUN_H */
