/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * rtun: PPP tunnels whose data plane is in the kernel.
 *
 * This header is the manual of the interface between rtun.ko and whoever
 * drives it.  uapi/rtun.yaml says the same for programs.  It is one interface,
 * so it is one file, of more than 800 lines.
 *
 * There are two doors.  Tunnels, sessions and control frames go through the
 * generic netlink family "rtun"; network devices are of rtnetlink kind "rtun".
 *
 *
 * Objects
 * -------
 * owner    A named program that receives control frames (LCP, authentication,
 *          NCPs).  Bound to one netlink socket with
 *          OWNER_BIND.  When the socket closes, the slot is empty and nothing
 *          else happens to its objects, unless they were made with
 *          RTUN_TUNNEL_F_DIE_WITH_OWNER; binding the same name again takes
 *          them over.  A name held by a live socket is refused with EBUSY.
 *          Static L2TP tunnels (pseudowires without a control channel) may be
 *          made without an owner: they belong to nobody and stay until they are
 *          deleted.
 * tunnel   One peer: transport, outer addresses, outer policy.
 * session  One call or pseudowire in a tunnel: wire ids, cookies, sequence
 *          state, PPP options.
 * bundle   Multilink PPP (RFC 1990): a session of a tunnel of transport MLPPP,
 *          whose packets travel in fragments over other sessions of its owner,
 *          its links.  What is said of a PPP session (network protocols,
 *          control frames, encryption, device, blob) holds for it; its links
 *          carry LCP and authentication, and have no device.  They join and
 *          leave at any time.
 * device   A net_device of kind "rtun".  Carries one session.  A session
 *          without a device is legal: its data frames are dropped and counted.
 *
 * Tunnels and sessions have an id, unique in their network namespace, which
 * NEW returns (give 0 or nothing to have one picked).  Wire ids (call ids,
 * tunnel ids, session ids, cookies) are attributes and never handles.  Everything belongs to the namespace of the
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
 *                    L2TP: LOCAL6 and REMOTE6 instead of LOCAL4 and REMOTE4,
 *                    or no local address: any of this host's is received on,
 *                    and the route picks the one that is sent from.
 *                    [LOCAL_ID] [PEER_ID] (version 2: both are needed), and
 *                    over UDP [LOCAL_PORT] [PEER_PORT].
 *                    MLPPP: no addresses, and nothing of the outer policy.
 *                    The sender must have bound an owner name, except for
 *                    L2TP and MLPPP, where the tunnel has no owner then.
 *                 <- RTUN_A_TUNNEL { ID, ... as in GET }
 *                 !  the same
 * TUNNEL_SET      -> RTUN_A_TUNNEL { ID [FLAGS] [FWMARK] [OIF] [TTL] [TOS]
 *                    [DF] [BLOB] }
 *                 !  RTUN_A_TUNNEL { ... }
 * TUNNEL_DEL      -> RTUN_A_TUNNEL { ID }: with all its sessions
 *                 !  RTUN_A_TUNNEL { ID }, RTUN_A_REASON
 * TUNNEL_GET      -> RTUN_A_TUNNEL { ID }, or dump
 *                 <- RTUN_A_TUNNEL { ID, [OWNER], XPORT, addresses, ids, ports,
 *                    FLAGS, FWMARK, OIF, TTL, TOS, DF, PMTU, SESSIONS, BLOB },
 *                    RTUN_A_GENERATION
 * SESSION_NEW     -> RTUN_A_SESSION { TUNNEL_ID [ID] [LOCAL_ID] [PEER_ID]
 *                    [and everything SET takes] }
 *                    LOCAL_ID absent or 0: one is picked at random.  Without
 *                    PEER_ID the session can receive only, until SET gives it.
 *                    L2TP: [PW_TYPE] [L2SPEC] [VLAN].
 *                    MLPPP, a bundle: neither LOCAL_ID nor PEER_ID; [MRRU]
 *                    [PEER_MRRU] [MP_CLASSES_RX] [MP_CLASSES_TX] and the flags
 *                    of its headers.
 *                 <- RTUN_A_SESSION { ID, LOCAL_ID, ... as in GET, but
 *                    no STATS: all are 0 }
 *                 !  the same
 * SESSION_SET     -> RTUN_A_SESSION { ID [PEER_ID] [FLAGS] [NP]
 *                    [REORDER_SLOTS] [REORDER_TIMEOUT] [PEER_WINDOW]
 *                    [ACK_DELAY] [MAGIC] [BLOB] [COOKIE_TX] [COOKIE_RX]
 *                    [COOKIE_GRACE] [CIRCUIT] [KEEPALIVE] [DEAD_TIME]
 *                    [TX_WINDOW] [STATIC_RTT] [DISORDER] [DISORDER_RATE]
 *                    [MPPE_TX { BITS [FLAGS] [KEY] }] [MPPE_RX { ... }]
 *                    [BUNDLE] [LINK_RATE] [LINK_LATENCY] [LINK_MTU]
 *                    [MP_MODE] [MP_MIN_FRAGMENT] [MP_LOSS_TIME] [MP_MEMORY]
 *                    [MP_IDLE] [MP_PROBE] [PREFIXES] }
 *                    PEER_ID: once, if it was not known before.
 *                 !  RTUN_A_SESSION { ... }
 * SESSION_DEL     -> RTUN_A_SESSION { ID }: what it holds goes, and is told of,
 *                    after the answer
 *                 !  RTUN_A_SESSION { ID, TUNNEL_ID }, RTUN_A_REASON
 * SESSION_GET     -> RTUN_A_SESSION { ID }, or dump; a dump with
 *                    RTUN_A_SESSION { TUNNEL_ID } lists that tunnel's
 *                 <- RTUN_A_SESSION { ID, TUNNEL_ID, LOCAL_ID, PEER_ID,
 *                    PW_TYPE, FLAGS, OVERHEAD, what SET takes and the session
 *                    has, [IFINDEX, [NETNSID]], BLOB,
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
 *                    [NAME], [ADDR4 or ADDR6, [PORT]] }
 * CAPTURE_START   -> RTUN_A_CAPTURE { SESSION_ID }: from now on CAPTURE to this
 *                    socket, until CAPTURE_STOP, the session's end or the
 *                    socket's.  One capture a session, 64 in a namespace; not
 *                    of sessions that carry Ethernet.
 * CAPTURE_STOP    -> RTUN_A_CAPTURE { SESSION_ID }
 *                 <- unicast to who captured, also when the session ends:
 *                    RTUN_A_CAPTURE { SESSION_ID, LOST }
 * CAPTURE         <- unicast to who captures: RTUN_A_CAPTURE { SESSION_ID, TIME,
 *                    DIRECTION, LENGTH, DATA, [LOST] }: a PPP frame, control or
 *                    data, as PPP sees it: not encrypted, no field compressed, no
 *                    address and control field.  What finds no room in the
 *                    socket's receive buffer is lost and counted.
 *
 * With MP_PROBE, Echo-Replies to the kernel's own Echo-Requests are the kernel's.
 *
 * Encrypted packets (protocol 0x00FD) are the kernel's once MPPE_RX is there; so
 * are Reset-Request and Reset-Ack of CCP.  Without MPPE_RX they are dropped.  All
 * else of CCP is the owner's.
 *
 * GENERATION counts every change to the tunnels and sessions of a namespace:
 * equal values before and after a dump mean that nothing was missed.  BLOB is
 * up to RTUN_BLOB_MAX octets which the kernel keeps for the owner unread, so
 * that a new incarnation of it can go on where the old one ended.
 *
 * Who listens to "events" and reads ENOBUFS has missed notifications: its
 * receive buffer was full, or there was no memory for one.
 *
 *
 * Devices
 * -------
 * RTM_NEWLINK with IFLA_INFO_KIND "rtun" and in IFLA_INFO_DATA:
 *
 *  IFLA_RTUN_MODE      RTUN_MODE_PPP (default) for sessions whose payload is
 *                      PPP, RTUN_MODE_ETH for Ethernet, and for bridged frames
 *                      in PPP, RTUN_MODE_MULTIPOINT for many sessions of PPP;
 *                      only at creation
 *  IFLA_RTUN_SESSION   at creation: attach to this session of the caller's
 *                      namespace; in dumps: the attached session
 *  IFLA_RTUN_DIE_WITH_SESSION   flag, only together with the former: delete
 *                      the device when the session is deleted
 *  IFLA_RTUN_ON_DEMAND flag, of mode PPP, only at creation: a device that waits
 *                      for a session.  Its carrier is always on.  An IP packet
 *                      to one host that it is to send while it has no session is
 *                      dropped (TX_NO_SESSION) and told of: event DEMAND, once a
 *                      second at the most
 *  IFLA_RTUN_XPORT, IFLA_RTUN_PEER4, IFLA_RTUN_PEER6   read-only
 *
 * A device of mode multipoint has as many sessions as are attached to it, and
 * its carrier is always on.  What it sends goes to the session that has the
 * longest of the PREFIXES with the destination in them; what a session receives
 * must come from one of its own.  No two sessions of a device have the same.
 *
 * Deleting a device detaches its session and does not delete it.  The carrier
 * is on while a session is attached, its circuit is up, its peer is not dead
 * (DEAD_TIME) and, if its payload is PPP, one of its network protocols is open.
 *
 * PPP may carry Ethernet frames, too (BCP, RFC 3518).  Its device is of mode eth
 * then, and BRIDGE the only network protocol there is: it is open when the device
 * is attached, and may be closed and opened while it is.
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
#define RTUN_CAPTURE_MAX	16384	/* likewise; more of a frame is not captured */
#define RTUN_REORDER_SLOTS_MAX	1024	/* packets */
#define RTUN_REORDER_TIMEOUT_MAX 10000	/* ms */
#define RTUN_ACK_DELAY_MAX	5000	/* ms */
#define RTUN_COOKIE_GRACE_MAX	3600000	/* ms */
#define RTUN_DEAD_TIME_MAX	3600000	/* ms */
#define RTUN_STATIC_RTT_MAX	60000	/* ms */
#define RTUN_DISORDER_RATE	100	/* packets, if nothing else is asked for */
#define RTUN_DISORDER_RATE_MAX	1000000	/* packets */
#define RTUN_DISORDER_HOLD	1000	/* ms that a packet is held at the most */
#define RTUN_BUNDLE_LINKS_MAX	16	/* links of a bundle */
#define RTUN_MP_CLASSES_MAX	16	/* RFC 2686, with long headers */
#define RTUN_MP_CLASSES_SHORT_MAX 4	/* with short ones */
#define RTUN_MRRU_MIN	512	/* octets */
#define RTUN_FRAGMENT_MIN	64	/* octets; the least that can be asked for */
#define RTUN_LOSS_TIME_MAX	10000	/* ms */
#define RTUN_MP_MEMORY_MAX	4194304	/* octets; the most that can be asked for */
#define RTUN_PREFIXES_MAX	64	/* of a session */
#define RTUN_LINK_LATENCY_MAX	10000000 /* us */

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
	RTUN_CMD_CAPTURE_START,
	RTUN_CMD_CAPTURE_STOP,
	RTUN_CMD_CAPTURE,	/* kernel to user only */

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
	RTUN_A_CAPTURE,		/* nest, enum rtun_capture_attr */

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
	RTUN_XPORT_L2TPV2,	/* version 2 over UDP, RFC 2661 section 3.1 */
	RTUN_XPORT_L2TPV3_UDP,	/* version 3 over UDP, RFC 3931 section 4.1.2 */
	RTUN_XPORT_L2TPV3_IP,	/* IP protocol 115, RFC 3931 section 4.1.1 */
	RTUN_XPORT_MLPPP,	/* fragments over other sessions, RFC 1990 */

	__RTUN_XPORT_MAX,
	RTUN_XPORT_MAX = __RTUN_XPORT_MAX - 1
};

/* May the outer packet be fragmented?  In IPv6 by us only, never on its way. */
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
	/* UDP: send data with a checksum of zero */
	RTUN_TUNNEL_F_ZERO_CSUM_TX	= 1 << 2,
	/* UDP over IPv6: accept a checksum of zero (RFC 6936); over IPv4 it
	 * always is
	 */
	RTUN_TUNNEL_F_ZERO_CSUM6_RX	= 1 << 3,
	/* L2TP: accept data from other addresses and ports than the peer's, and
	 * tell of them; what we send still goes where it went
	 */
	RTUN_TUNNEL_F_PEER_FLOAT	= 1 << 4,
	/* L2TPv3: local session ids are unique only together with the peer's
	 * address (and port): for peers that pick ours.  Not with PEER_FLOAT;
	 * given at creation only.
	 */
	RTUN_TUNNEL_F_SCOPED_IDS	= 1 << 5,
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
	RTUN_A_TUNNEL_LOCAL6,	/* binary, an IPv6 address of this host; at
				 * creation
				 */
	RTUN_A_TUNNEL_REMOTE6,	/* binary, an IPv6 address; at creation */
	RTUN_A_TUNNEL_LOCAL_PORT, /* u32, UDP, 1..65535, default 1701; at creation */
	RTUN_A_TUNNEL_PEER_PORT, /* u32, likewise */
	RTUN_A_TUNNEL_LOCAL_ID,	/* u32, L2TP: tunnel id (version 2, 1..65535) or
				 * control connection id in what we receive;
				 * unique in the namespace among the tunnels of
				 * its version; at creation
				 */
	RTUN_A_TUNNEL_PEER_ID,	/* u32, in what we send; at creation */

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
	/* L2TP: number what we send (version 3: needs the sublayer) */
	RTUN_SESSION_F_SEQ_TX		= 1 << 4,
	/* L2TP: take only numbered packets, in order */
	RTUN_SESSION_F_SEQ_RX		= 1 << 5,
	/* PPP: network packets leave and are taken only encrypted */
	RTUN_SESSION_F_MPPE_REQUIRED	= 1 << 6,
	/* MLPPP: short headers (12-bit numbers) are received; at creation */
	RTUN_SESSION_F_MP_SHORT_RX	= 1 << 7,
	/* MLPPP: short headers are sent; at creation */
	RTUN_SESSION_F_MP_SHORT_TX	= 1 << 8,
	/* BRIDGE: take frames whose zeros at the end were left out (RFC 3518
	 * section 3.3)
	 */
	RTUN_SESSION_F_BCP_TINYGRAM_RX	= 1 << 9,
	/* BRIDGE: leave them out */
	RTUN_SESSION_F_BCP_TINYGRAM_TX	= 1 << 10,
	/* BRIDGE: send frames with a tag of IEEE 802.1Q */
	RTUN_SESSION_F_BCP_TAGGED_TX	= 1 << 11,
	/* BRIDGE: send BPDUs and the like, what is to 01:80:c2:00:00:00..0f and
	 * ..20..2f
	 */
	RTUN_SESSION_F_BCP_MANAGEMENT_TX = 1 << 12,
	/* the peer is one of these modules: over a virtual link inside a machine, packets
	 * may reach it many at once, with inner checksums that nobody has made
	 */
	RTUN_SESSION_F_PEER_OFFLOAD	= 1 << 13,
};

/* How a bundle spreads what it sends over its links.  What does not fit into one
 * frame of a link is always cut.
 */
enum rtun_mp_mode {
	RTUN_MP_MODE_WHOLE,		/* each packet on the link where it is there first
				 * (default)
				 */
	RTUN_MP_MODE_BALANCE,	/* in fragments that are all there at the same time */
	RTUN_MP_MODE_ROUND_ROBIN,	/* one packet a link, in turn */

	__RTUN_MP_MODE_MAX,
	RTUN_MP_MODE_MAX = __RTUN_MP_MODE_MAX - 1
};

/* One class of a bundle (RFC 2686); a bundle without them has class 0. */
enum rtun_mp_class_attr {
	RTUN_A_MP_CLASS_UNSPEC,
	RTUN_A_MP_CLASS_PAD,
	RTUN_A_MP_CLASS_INDEX,		/* u32, 0..15 */
	RTUN_A_MP_CLASS_RX_PACKETS,	/* u64, put together */
	RTUN_A_MP_CLASS_RX_LOST,	/* u64, numbers that never arrived */
	RTUN_A_MP_CLASS_RX_HELD,	/* u32, octets held now */
	RTUN_A_MP_CLASS_TX_PACKETS,	/* u64 */

	__RTUN_A_MP_CLASS_MAX,
	RTUN_A_MP_CLASS_MAX = __RTUN_A_MP_CLASS_MAX - 1
};

/* How MPPE (RFC 3078) works in one direction. */
enum rtun_mppe_flags {
	/* the key changes when the count's low octet is 255, and what is lost
	 * takes a Reset-Request; without it the key changes with each packet
	 */
	RTUN_MPPE_F_STATEFUL		= 1 << 0,
	/* stateful: a flushed packet has a new key, as Linux's ppp_mppe does
	 * it; without it the current one from its start (RFC 3078 section 7.3)
	 */
	RTUN_MPPE_F_REKEY_ON_FLUSH	= 1 << 1,
};

enum rtun_mppe_attr {
	RTUN_A_MPPE_UNSPEC,
	RTUN_A_MPPE_PAD,
	RTUN_A_MPPE_BITS,	/* u32, 40, 56 or 128; 0: no encryption, and
				 * nothing else is given
				 */
	RTUN_A_MPPE_FLAGS,	/* bitfield32, enum rtun_mppe_flags; default 0 */
	RTUN_A_MPPE_KEY,	/* binary, 8 octets for 40 and 56 bits, 16 for
				 * 128: the start key of this direction (RFC
				 * 3079); write-only
				 */
	RTUN_A_MPPE_COUNT,	/* u32, coherency count of the next packet,
				 * 0..4095; read-only
				 */
	RTUN_A_MPPE_KEY_CHANGES, /* u64; read-only */

	__RTUN_A_MPPE_MAX,
	RTUN_A_MPPE_MAX = __RTUN_A_MPPE_MAX - 1
};

/* What a session carries: the pseudowire types of RFC 3931 and RFC 4719. */
enum rtun_pw {
	RTUN_PW_ETH_VLAN	= 4,	/* Ethernet with a tag on the wire, without
					 * it at the device
					 */
	RTUN_PW_ETH		= 5,	/* Ethernet, tagged or not */
	RTUN_PW_PPP		= 7,
};

/* The L2-specific sublayer of RFC 3931 section 4.6. */
enum rtun_l2spec {
	RTUN_L2SPEC_NONE,
	RTUN_L2SPEC_DEFAULT,	/* four octets: S bit, 24-bit sequence number */

	__RTUN_L2SPEC_MAX,
	RTUN_L2SPEC_MAX = __RTUN_L2SPEC_MAX - 1
};

/* Sending PPTP's packets out of order on purpose, to test a peer: what leaves in
 * place of 5 6 7 ..., where 5 is the first one after DISORDER_RATE others.  Only
 * packets with a number count; what is held leaves in order after
 * RTUN_DISORDER_HOLD, with the session's end, when this is changed, and when it
 * fills the send window.
 */
enum rtun_disorder {
	RTUN_DISORDER_NONE,
	RTUN_DISORDER_SWAP,	/* 6 5 7 ... */
	RTUN_DISORDER_EARLY,	/* one overtakes ten: 15 5 6 ... 13 14 16 ... */
	RTUN_DISORDER_REVERSE,	/* ... and they leave backwards: 15 14 ... 5 16 */

	__RTUN_DISORDER_MAX,
	RTUN_DISORDER_MAX = __RTUN_DISORDER_MAX - 1
};

/* Network protocols a session may carry: bits of RTUN_A_SESSION_NP.  What is
 * not open is dropped, in both directions, and counted.
 */
enum rtun_np {
	RTUN_NP_IPV4	= 1 << 0,	/* 0x0021 */
	RTUN_NP_IPV6	= 1 << 1,	/* 0x0057 */
	RTUN_NP_BRIDGE	= 1 << 2,	/* 0x0031, Ethernet frames; without the others */
};

/* One of RTUN_A_SESSION_PREFIXES. */
struct rtun_prefix {
	__u8 family;		/* AF_INET or AF_INET6 */
	__u8 len;		/* bits */
	__u8 zero[2];
	__u8 addr[16];		/* bits behind len, octets behind an address of
				 * IPv4 are zero
				 */
};

enum rtun_session_attr {
	RTUN_A_SESSION_UNSPEC,
	RTUN_A_SESSION_PAD,
	RTUN_A_SESSION_ID,	/* u32 */
	RTUN_A_SESSION_TUNNEL_ID, /* u32; at creation */
	RTUN_A_SESSION_LOCAL_ID, /* u32, call id (PPTP, L2TPv2: 1..65535) or
				  * session id in what we receive; at creation,
				  * 0: pick one at random
				  */
	RTUN_A_SESSION_PEER_ID,	/* u32, in what we send, PPTP 0..65535, L2TPv2
				 * 1..65535, L2TPv3 not 0; a caller learns it
				 * from the peer's reply and sets it then
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
	RTUN_A_SESSION_PW_TYPE,	/* u32, enum rtun_pw; at creation; default: ETH
				 * for L2TPv3, else PPP
				 */
	RTUN_A_SESSION_L2SPEC,	/* u32, enum rtun_l2spec, L2TPv3, both directions;
				 * at creation; default NONE
				 */
	RTUN_A_SESSION_VLAN,	/* u32, 1..4094, ETH_VLAN: the tag of what we send;
				 * at creation
				 */
	RTUN_A_SESSION_COOKIE_TX, /* binary, 0, 4 or 8 octets, L2TPv3: put into what
				   * we send
				   */
	RTUN_A_SESSION_COOKIE_RX, /* binary, likewise: expected from the peer */
	RTUN_A_SESSION_COOKIE_GRACE, /* u32, ms for which the cookie that COOKIE_RX
				   * replaces is accepted too,
				   * 0..RTUN_COOKIE_GRACE_MAX; default 30000
				   */
	RTUN_A_SESSION_CIRCUIT,	/* u32, 1: up (default), 0: down, the carrier is
				 * off
				 */
	RTUN_A_SESSION_KEEPALIVE, /* u32, ms, Ethernet: send a frame of Ethernet
				   * configuration testing (type 0x9000) when
				   * nothing was sent for so long; 0: never
				   * (default)
				   */
	RTUN_A_SESSION_DEAD_TIME, /* u32, ms without anything from the peer after
				   * which it is dead: carrier off, until it is
				   * heard; 0: never (default)
				   */
	RTUN_A_SESSION_OVERHEAD, /* u32, octets that a packet of the device grows by
				  * at the most, outer IP header included;
				  * read-only
				  */
	RTUN_A_SESSION_TX_WINDOW, /* u32, PPTP: packets that may be sent and not be
				   * acknowledged, 0..65535; 0: no window (default)
				   */
	RTUN_A_SESSION_STATIC_RTT, /* u32, ms, PPTP with a window: time to wait for
				    * an acknowledgement, 0: adapt it (RFC 2637
				    * section 4.4; default)
				    */
	RTUN_A_SESSION_RTT,	/* u32, us, PPTP: estimated round trip; absent: not
				 * known; read-only
				 */
	RTUN_A_SESSION_CONGESTED, /* u32, PPTP: 1 since the last alarm until an
				   * acknowledgement; read-only
				   */
	RTUN_A_SESSION_MPPE_TX,	/* nest, enum rtun_mppe_attr, PPP: encrypt network
				 * packets from now on, from the start key and
				 * count 0; absent: they are sent in clear
				 */
	RTUN_A_SESSION_MPPE_RX,	/* nest, likewise: decrypt what arrives */
	RTUN_A_SESSION_DISORDER, /* u32, enum rtun_disorder, PPTP: send out of order
				  * on purpose; absent: it does not
				  */
	RTUN_A_SESSION_DISORDER_RATE, /* u32, 1..RTUN_DISORDER_RATE_MAX, packets
				  * in order between two such tests; default
				  * RTUN_DISORDER_RATE
				  */
	RTUN_A_SESSION_BUNDLE,	/* u32, the id of the bundle that the session is a
				 * link of, 0: of none (default)
				 */
	RTUN_A_SESSION_LINK_RATE, /* u32, kbit/s that a link can carry, 0: not known
				  * (default), then all links get the same
				  */
	RTUN_A_SESSION_LINK_LATENCY, /* u32, us, 0..RTUN_LINK_LATENCY_MAX, until what
				  * is sent on a link is there; default 0
				  */
	RTUN_A_SESSION_LINK_MTU, /* u32, octets that a PPP frame of a link has at the
				  * most behind its protocol field, 0: what the
				  * outer path carries (default)
				  */
	RTUN_A_SESSION_MRRU,	/* u32, MLPPP: octets of the longest packet that is
				 * put together, RTUN_MRRU_MIN..65535, default
				 * 1500; at creation
				 */
	RTUN_A_SESSION_PEER_MRRU, /* u32, likewise of what is sent */
	RTUN_A_SESSION_MP_CLASSES_RX, /* u32, MLPPP: classes that are received (RFC
				  * 2686), 2..16, with short headers 2..4; 0: the
				  * headers have none (default); at creation
				  */
	RTUN_A_SESSION_MP_CLASSES_TX, /* u32, likewise of what is sent: a packet's
				  * comes from its DSCP
				  */
	RTUN_A_SESSION_MP_MODE,	/* u32, enum rtun_mp_mode */
	RTUN_A_SESSION_MP_MIN_FRAGMENT, /* u32, octets, RTUN_FRAGMENT_MIN..65535,
				  * a packet is not cut into less to spread it;
				  * default 128
				  */
	RTUN_A_SESSION_MP_LOSS_TIME, /* u32, ms, 1..RTUN_LOSS_TIME_MAX, that a
				  * missing fragment is waited for, more than the
				  * links differ by; default 100
				  */
	RTUN_A_SESSION_MP_MEMORY, /* u32, octets of memory that fragments may take
				  * that wait for others, of all classes
				  * together, up to RTUN_MP_MEMORY_MAX;
				  * default 1048576.  What they wait for may
				  * take as much again
				  */
	RTUN_A_SESSION_MP_IDLE,	/* u32, ms, 0..RTUN_LOSS_TIME_MAX, after which a
				 * link that carries nothing while the bundle does
				 * gets a null fragment; 0: never (default).  Not
				 * for Linux's ppp_generic: it throws them away with
				 * their number, and then waits for that
				 */
	RTUN_A_SESSION_MP_PROBE, /* u32, ms, 0..RTUN_LOSS_TIME_MAX, after which a
				  * link that was sent on and not heard of since
				  * is asked by an LCP Echo-Request; when it is
				  * not heard for three times as long, it is not
				  * sent on until it is, unless there is no other;
				  * 0: never (default)
				  */
	RTUN_A_SESSION_LINKS,	/* u32, links that a bundle has; read-only */
	RTUN_A_SESSION_MP_CLASS, /* nest, enum rtun_mp_class_attr, one a class;
				  * read-only
				  */
	RTUN_A_SESSION_PREFIXES, /* binary, struct rtun_prefix, up to
				  * RTUN_PREFIXES_MAX of them, PPP: addresses of
				  * the peer, for a device of mode multipoint; all
				  * of them, those that it had before and are not
				  * there are taken away
				  */

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
	RTUN_A_STATS_RX_KEEPALIVE,	/* frames of configuration testing */
	RTUN_A_STATS_TX_KEEPALIVE,
	RTUN_A_STATS_RX_ACKS_BEYOND,	/* acknowledgements of what was never sent */
	RTUN_A_STATS_TX_ALARMS,		/* times no acknowledgement came (PPTP with
					 * a window) */
	RTUN_A_STATS_RX_ENCRYPTED,	/* packets decrypted */
	RTUN_A_STATS_TX_ENCRYPTED,
	RTUN_A_STATS_RX_MPPE_LATE,	/* of these, with a key kept for it */
	RTUN_A_STATS_RX_MPPE_MISSED,	/* counts that were passed over */
	RTUN_A_STATS_RX_RESET_REQUESTS,	/* of CCP, answered in the kernel */
	RTUN_A_STATS_TX_RESET_REQUESTS,
	RTUN_A_STATS_TX_HELD,		/* sent late on purpose (DISORDER) */
	RTUN_A_STATS_RX_FRAGMENTS,	/* of multilink, with or without all of a
					 * packet in them; of a link and of its
					 * bundle */
	RTUN_A_STATS_RX_FRAGMENT_BYTES,	/* octets of these, without headers */
	RTUN_A_STATS_TX_FRAGMENTS,
	RTUN_A_STATS_TX_FRAGMENT_BYTES,
	RTUN_A_STATS_RX_NULL_FRAGMENTS,	/* of RX_FRAGMENTS: with nothing in them */
	RTUN_A_STATS_TX_NULL_FRAGMENTS,
	RTUN_A_STATS_RX_RESET_ACKS,	/* of CCP, which the kernel asked for and
					 * keeps */

	__RTUN_A_STATS_MAX,
	RTUN_A_STATS_MAX = __RTUN_A_STATS_MAX - 1
};

/*
 * Why a packet was dropped.  Charged to the session when it is known, else to
 * the namespace (INFO_GET).  "show -s" prints these names in small letters.
 *
 * GRE packets of version 2 and up, or with bits set in the flags field (RFC
 * 2637 section 4.1, octet 1), are dropped by the kernel's own GRE demultiplexer
 * before rtun could see them.  UDP packets with a wrong checksum, or fragments
 * that never become a packet, are the kernel's own to count likewise.
 */
enum rtun_drop {
	RTUN_DROP_UNSPEC,
	/* receive: GRE header */
	RTUN_DROP_GRE_TRUNCATED,	/* shorter than its own header */
	RTUN_DROP_GRE_PROTO,		/* protocol type is not 0x880B */
	RTUN_DROP_GRE_FLAGS,		/* C, R, s or Recur set, or K clear */
	RTUN_DROP_GRE_LENGTH,		/* payload length beyond the datagram, or
					 * payload without a sequence number */
	RTUN_DROP_NO_SESSION,		/* nobody has this call id or session id */
	RTUN_DROP_PEER_ADDR,		/* id known, addresses or ports are not its */
	/* receive: L2TP header */
	RTUN_DROP_L2TP_TRUNCATED,	/* shorter than its own header */
	RTUN_DROP_L2TP_VERSION,		/* neither version 2 nor 3, or not the
					 * tunnel's */
	RTUN_DROP_L2TP_LENGTH,		/* version 2: length beyond the datagram */
	RTUN_DROP_L2TP_OFFSET,		/* version 2: offset beyond the end */
	RTUN_DROP_L2TP_CONTROL,		/* a control message, and no control
					 * channel */
	RTUN_DROP_COOKIE,		/* not the cookie that is expected */
	RTUN_DROP_UDP_CSUM,		/* none over IPv6, where it is needed */
	RTUN_DROP_GSO,			/* claims to be many, where each needs its
					 * number */
	/* receive: sequence */
	RTUN_DROP_SEQ_MISSING,		/* not numbered, and numbers are demanded */
	RTUN_DROP_SEQ_LATE,		/* older than what was delivered */
	RTUN_DROP_SEQ_DUP,		/* held already */
	RTUN_DROP_SEQ_FAR,		/* a jump that is not believed yet: 4096 or
					 * more, or backwards after a silence */
	RTUN_DROP_REORDER_LIMIT,	/* too many octets held */
	/* receive: PPP */
	RTUN_DROP_PPP_TRUNCATED,	/* no room for the protocol field */
	RTUN_DROP_PPP_PROTO,		/* malformed protocol field, or compressed
					 * where that was not agreed */
	RTUN_DROP_NP_CLOSED,		/* network protocol not open */
	RTUN_DROP_MPPE_CLOSED,		/* encrypted, and there is no key */
	RTUN_DROP_MPPE_CLEAR,		/* not encrypted, and it must be */
	RTUN_DROP_MPPE_HEADER,		/* too short, or bits that cannot be */
	RTUN_DROP_MPPE_LATE,		/* its key is no longer kept */
	RTUN_DROP_MPPE_FAR,		/* a jump that is not believed, or costs
					 * too many keys */
	RTUN_DROP_MPPE_DESYNC,		/* stateful: until the peer has flushed */
	/* receive: multilink */
	RTUN_DROP_MP_NO_BUNDLE,		/* a fragment on a link that has just left */
	RTUN_DROP_MP_TRUNCATED,		/* shorter than its own header */
	RTUN_DROP_MP_CLASS,		/* of a class that was not agreed on */
	RTUN_DROP_MP_LATE,		/* what it belongs to was given up */
	RTUN_DROP_MP_DUP,		/* its number is there already */
	RTUN_DROP_MP_FAR,		/* a jump that is not believed yet */
	RTUN_DROP_MP_LIMIT,		/* too many octets held */
	RTUN_DROP_MP_INCOMPLETE,	/* another fragment of its packet is lost */
	RTUN_DROP_MP_ORPHAN,		/* belongs to no packet that began */
	RTUN_DROP_MP_OVERSIZE,		/* its packet is over the MRRU, or in more
					 * fragments than are put together */
	/* receive: bridged frames in PPP */
	RTUN_DROP_BCP_TRUNCATED,	/* shorter than its own header */
	RTUN_DROP_BCP_LAN_ID,		/* with a LAN identification, which is not
					 * agreed on */
	RTUN_DROP_BCP_MAC_TYPE,		/* of another kind of LAN than Ethernet */
	RTUN_DROP_BCP_TINYGRAM,		/* compressed, where that was not agreed */
	RTUN_DROP_BCP_LENGTH,		/* without pads and FCS no Ethernet header is
					 * left */
	/* receive: Ethernet */
	RTUN_DROP_ETH_TRUNCATED,	/* shorter than an Ethernet header */
	RTUN_DROP_ETH_LOOP,		/* from our own address */
	RTUN_DROP_VLAN_TAG,		/* ETH_VLAN: no tag */
	RTUN_DROP_CIRCUIT_DOWN,		/* the circuit is down */
	/* receive */
	RTUN_DROP_NO_DEVICE,		/* session has no device */
	RTUN_DROP_DEVICE_DOWN,		/* the device is not up */
	RTUN_DROP_IP_HEADER,		/* no valid IP header inside */
	RTUN_DROP_ECN,			/* RFC 6040: CE outside, Not-ECT inside */
	RTUN_DROP_SOURCE,		/* a device of mode multipoint: not from one of
					 * the session's prefixes */
	/* receive: control frames */
	RTUN_DROP_CTRL_NO_OWNER,	/* nobody listens now */
	RTUN_DROP_CTRL_RATE,		/* over the session's rate */
	RTUN_DROP_CTRL_OVERRUN,		/* the owner's socket is full */
	RTUN_DROP_CTRL_TOO_LONG,	/* over RTUN_FRAME_MAX */
	RTUN_DROP_RX_NOMEM,
	/* transmit */
	RTUN_DROP_TX_NO_SESSION,	/* device without session */
	RTUN_DROP_TX_NO_PREFIX,		/* a device of mode multipoint: to none of its
					 * sessions, sender told */
	RTUN_DROP_TX_NP_CLOSED,
	RTUN_DROP_TX_PROTO,		/* neither IPv4 nor IPv6 */
	RTUN_DROP_TX_RECURSION,		/* tunnel routed into itself */
	RTUN_DROP_TX_NO_ROUTE,		/* no route to the peer */
	RTUN_DROP_TX_TOO_BIG,		/* over the path MTU, sender told */
	RTUN_DROP_TX_NOMEM,
	RTUN_DROP_TX_GSO,		/* could not be segmented */
	RTUN_DROP_TX_ERROR,		/* refused below (IP output, qdisc, filter) */
	RTUN_DROP_TX_CIRCUIT_DOWN,
	RTUN_DROP_TX_WINDOW,		/* PPTP: the peer's window is full */
	RTUN_DROP_TX_MPPE_CLEAR,	/* must be encrypted, and there is no key */
	RTUN_DROP_TX_NO_LINK,		/* a bundle without a link that can send now */
	RTUN_DROP_TX_BCP_TAGGED,	/* a tagged frame, which the peer does not take */
	RTUN_DROP_TX_BCP_MANAGEMENT,	/* a BPDU or its like, likewise */

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

/* Which way a captured frame goes. */
enum rtun_capture_direction {
	RTUN_CAPTURE_UNSPEC,
	RTUN_CAPTURE_RX,		/* from the peer */
	RTUN_CAPTURE_TX,		/* to the peer */

	__RTUN_CAPTURE_DIRECTION_MAX,
	RTUN_CAPTURE_DIRECTION_MAX = __RTUN_CAPTURE_DIRECTION_MAX - 1
};

enum rtun_capture_attr {
	RTUN_A_CAPTURE_UNSPEC,
	RTUN_A_CAPTURE_PAD,
	RTUN_A_CAPTURE_SESSION_ID,	/* u32 */
	RTUN_A_CAPTURE_TIME,		/* u64, ns since the epoch; read-only */
	RTUN_A_CAPTURE_DIRECTION,	/* u32, enum rtun_capture_direction;
					 * read-only
					 */
	RTUN_A_CAPTURE_LENGTH,		/* u32, of the whole frame, protocol field
					 * included; read-only
					 */
	RTUN_A_CAPTURE_LOST,		/* u32, frames lost before this one, because
					 * they were not read in time; read-only
					 */
	RTUN_A_CAPTURE_DATA,		/* binary, two octets of protocol and what
					 * follows, RTUN_CAPTURE_MAX at the most;
					 * read-only
					 */

	__RTUN_A_CAPTURE_MAX,
	RTUN_A_CAPTURE_MAX = __RTUN_A_CAPTURE_MAX - 1
};

enum rtun_event_type {
	RTUN_EVENT_UNSPEC,
	RTUN_EVENT_OWNER_GONE,		/* NAME */
	RTUN_EVENT_PMTU,		/* TUNNEL_ID, VALUE: new path MTU */
	RTUN_EVENT_RESYNC,		/* SESSION_ID, VALUE: packets jumped over */
	RTUN_EVENT_CTRL_OVERRUN,	/* SESSION_ID, VALUE: frames lost so far */
	RTUN_EVENT_CARRIER,		/* SESSION_ID, VALUE: 0 or 1 */
	RTUN_EVENT_PEER_ADDR,		/* TUNNEL_ID, ADDR4 or ADDR6, PORT: data comes
					 * from there now (PEER_FLOAT) */
	RTUN_EVENT_PEER_ALIVE,		/* SESSION_ID, VALUE: 0 dead, 1 heard again
					 * (DEAD_TIME, and MP_PROBE of a link) */
	RTUN_EVENT_ALARM,		/* SESSION_ID, VALUE: packets not acknowledged
					 * in time */
	RTUN_EVENT_DEMAND,		/* VALUE: ifindex of an IFLA_RTUN_ON_DEMAND
					 * device that had something to send and no
					 * session; in the device's namespace */
	RTUN_EVENT_LINK_JOINED,		/* SESSION_ID: bundle, VALUE: the link's
					 * session */
	RTUN_EVENT_LINK_LEFT,		/* likewise */
	RTUN_EVENT_MP_LOSS,		/* SESSION_ID: bundle, VALUE: numbers that
					 * never arrived, since the last such event;
					 * once a second at the most */

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
	RTUN_A_EVENT_ADDR4,		/* be32 */
	RTUN_A_EVENT_ADDR6,		/* binary */
	RTUN_A_EVENT_PORT,		/* u32 */

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
	RTUN_MODE_ETH,		/* layer 2, ARPHRD_ETHER */
	RTUN_MODE_MULTIPOINT,	/* layer 3, of many sessions, ARPHRD_PPP */

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
	IFLA_RTUN_PEER6,		/* binary; read-only */
	IFLA_RTUN_ON_DEMAND,		/* flag */

	__IFLA_RTUN_MAX,
};
#define IFLA_RTUN_MAX (__IFLA_RTUN_MAX - 1)

#endif /* _UAPI_LINUX_RTUN_H */
