/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data headers of L2TP: version 2 over UDP (RFC 2661 section 3.1), version
 * 3 over UDP (RFC 3931 section 4.1.2.1) and over IP (section 4.1.1.1), up to the
 * cookie.  No kernel calls: the same file builds on the host.
 */
#ifndef _RTUN_L2TP_WIRE_H
#define _RTUN_L2TP_WIRE_H

#include <uapi/linux/rtun.h>

#ifndef __KERNEL__
#include "selftest/host.h"
#endif

enum rtun_l2tp_wire_sizes {
	RTUN_L2TP_IP_HLEN	= 4,	/* session id */
	RTUN_L2TP_V3_HLEN	= 8,	/* flags, reserved, session id */
	RTUN_L2TP_V2_HLEN	= 6,	/* flags, tunnel id, session id */
	RTUN_L2TP_V2_HLEN_MAX	= 14,	/* and length, Ns, Nr, offset size */
	RTUN_L2TP_L2SPEC_HLEN	= 4,	/* L2-specific sublayer, section 4.6 */
};

enum rtun_l2tp_wire_bits {
	/* of the first 16 bits */
	RTUN_L2TP_T		= 0x8000,
	RTUN_L2TP_L		= 0x4000,
	RTUN_L2TP_S		= 0x0800,
	RTUN_L2TP_O		= 0x0200,
	RTUN_L2TP_VERSION	= 0x000f,
	/* of the sublayer */
	RTUN_L2TP_L2SPEC_S	= 0x40000000,
	RTUN_L2TP_L2SPEC_SEQ	= 0x00ffffff,
};

/**
 * struct rtun_l2tp_header - what a header says
 * @version: 2 or 3
 * @numbered: there is a sequence number in it (version 2)
 * @ns: it
 * @tunnel_id: version 2
 * @session_id: of both
 * @hlen: octets up to the cookie, or the payload
 * @len: octets of the whole as the header says; the rest is padding
 */
struct rtun_l2tp_header {
	u8 version;
	u8 numbered;
	u16 ns;
	u16 tunnel_id;
	u32 session_id;
	u32 hlen;
	u32 len;
};

static inline u16 rtun_l2tp_be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline u32 rtun_l2tp_be32(const u8 *p)
{
	return (u32)rtun_l2tp_be16(p) << 16 | rtun_l2tp_be16(p + 2);
}

static inline enum rtun_drop
rtun_l2tp_parse_v2(struct rtun_l2tp_header *h, const u8 *p, u32 have, u32 len)
{
	u16 bits = rtun_l2tp_be16(p);
	u32 at = 2, need = RTUN_L2TP_V2_HLEN;

	need += bits & RTUN_L2TP_L ? 2 : 0;
	need += bits & RTUN_L2TP_S ? 4 : 0;
	need += bits & RTUN_L2TP_O ? 2 : 0;
	if (have < need)
		return RTUN_DROP_L2TP_TRUNCATED;
	if (bits & RTUN_L2TP_L) {
		h->len = rtun_l2tp_be16(p + at);
		at += 2;
		if (h->len > len || h->len < need)
			return RTUN_DROP_L2TP_LENGTH;
	}
	h->tunnel_id = rtun_l2tp_be16(p + at);
	h->session_id = rtun_l2tp_be16(p + at + 2);
	at += 4;
	if (bits & RTUN_L2TP_S) {
		h->numbered = 1;
		h->ns = rtun_l2tp_be16(p + at);
		at += 4;	/* Nr is reserved in data messages */
	}
	h->hlen = need;
	if (bits & RTUN_L2TP_O) {
		h->hlen += rtun_l2tp_be16(p + at);
		if (h->hlen > h->len)
			return RTUN_DROP_L2TP_OFFSET;
	}
	return RTUN_DROP_UNSPEC;
}

/*
 * The header behind UDP.  @have octets of it are at @p, RTUN_L2TP_V2_HLEN_MAX
 * or all of the @len octets that there are.  RTUN_DROP_UNSPEC: it is good.
 */
static inline enum rtun_drop
rtun_l2tp_parse_udp(struct rtun_l2tp_header *h, const u8 *p, u32 have, u32 len)
{
	u16 bits;

	*h = (struct rtun_l2tp_header){ .len = len };
	if (have < 2)
		return RTUN_DROP_L2TP_TRUNCATED;
	bits = rtun_l2tp_be16(p);
	h->version = bits & RTUN_L2TP_VERSION;
	if (h->version != 2 && h->version != 3)
		return RTUN_DROP_L2TP_VERSION;
	if (bits & RTUN_L2TP_T)
		return RTUN_DROP_L2TP_CONTROL;
	if (h->version == 2)
		return rtun_l2tp_parse_v2(h, p, have, len);
	if (have < RTUN_L2TP_V3_HLEN)
		return RTUN_DROP_L2TP_TRUNCATED;
	h->session_id = rtun_l2tp_be32(p + 4);
	h->hlen = RTUN_L2TP_V3_HLEN;
	return RTUN_DROP_UNSPEC;
}

/* The header behind IP. */
static inline enum rtun_drop
rtun_l2tp_parse_ip(struct rtun_l2tp_header *h, const u8 *p, u32 have, u32 len)
{
	*h = (struct rtun_l2tp_header){ .version = 3, .len = len };
	if (have < RTUN_L2TP_IP_HLEN)
		return RTUN_DROP_L2TP_TRUNCATED;
	h->session_id = rtun_l2tp_be32(p);
	if (!h->session_id)
		return RTUN_DROP_L2TP_CONTROL;
	h->hlen = RTUN_L2TP_IP_HLEN;
	return RTUN_DROP_UNSPEC;
}

#endif /* _RTUN_L2TP_WIRE_H */
