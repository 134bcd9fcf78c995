/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The header of a bridged frame in PPP (RFC 3518 sections 4.2 and 4.3), behind the
 * protocol field 0x0031, and tinygram compression (section 3.3):
 *
 *	|F|I|Z|B| pads  |   MAC type    |  frame ...  | LAN FCS if F | pads |
 *
 * I, of RFC 1638, says that a LAN identification of four octets follows the MAC
 * type.  It has to be agreed on, and never is.  B marks bridge control packets,
 * which their address does as well: it is not looked at, and never set.  Flags,
 * MAC types, and the FCS before the pads, are as Wireshark reads them.
 *
 * No kernel calls: the same file builds on the host.
 */
#ifndef _RTUN_BCP_WIRE_H
#define _RTUN_BCP_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

enum rtun_bcp_sizes {
	RTUN_BCP_HLEN		= 2,
	RTUN_BCP_FCS_LEN	= 4,
	RTUN_BCP_ETH_HLEN	= 14,
	RTUN_BCP_ETH_MIN	= 60,	/* of a frame on a LAN, without FCS */
};

enum rtun_bcp_bits {
	RTUN_BCP_F		= 0x80,	/* the LAN's frame check sequence is there */
	RTUN_BCP_I		= 0x40,	/* a LAN identification is there */
	RTUN_BCP_Z		= 0x20,	/* fill up with zeros to the minimum */
	RTUN_BCP_B		= 0x10,	/* bridge control packet */
	RTUN_BCP_PADS		= 0x0f,	/* octets behind it all to strip */
};

enum rtun_bcp_mac_type {
	RTUN_BCP_ETHERNET	= 1,
};

/* Why a frame is refused. */
enum rtun_bcp_verdict {
	RTUN_BCP_GOOD,
	RTUN_BCP_TRUNCATED,	/* shorter than its header */
	RTUN_BCP_LAN_ID,	/* for a LAN of which there are several */
	RTUN_BCP_MAC_TYPE,	/* of another kind of LAN than Ethernet */
	RTUN_BCP_TINYGRAM,	/* compressed, which was not agreed on */
	RTUN_BCP_LENGTH,	/* without pads and FCS no Ethernet header is left */
};

/**
 * struct rtun_bcp_frame - where the frame is
 * @len: its octets behind the RTUN_BCP_HLEN of the header
 * @fcs: octets of the FCS behind it, 0 or RTUN_BCP_FCS_LEN.  It is of the
 *	frame as it was on the LAN, filled up.
 * @pads: octets behind that
 * @fill: zeros that belong behind @len, once the rest is stripped
 */
struct rtun_bcp_frame {
	u32 len;
	u32 fcs;
	u32 pads;
	u32 fill;
};

/*
 * The header at @p, of which @have octets are at hand, RTUN_BCP_HLEN or all of the
 * @len that there are.  @agreed: RTUN_BCP_Z, if the peer may compress.
 */
static inline enum rtun_bcp_verdict
rtun_bcp_parse(struct rtun_bcp_frame *f, const u8 *p, u32 have, u32 len,
	       u8 agreed)
{
	*f = (struct rtun_bcp_frame){};
	if (have < RTUN_BCP_HLEN)
		return RTUN_BCP_TRUNCATED;
	if (p[0] & RTUN_BCP_I)
		return RTUN_BCP_LAN_ID;
	if (p[1] != RTUN_BCP_ETHERNET)
		return RTUN_BCP_MAC_TYPE;
	if (p[0] & RTUN_BCP_Z & ~agreed)
		return RTUN_BCP_TINYGRAM;
	f->fcs = p[0] & RTUN_BCP_F ? RTUN_BCP_FCS_LEN : 0;
	f->pads = p[0] & RTUN_BCP_PADS;
	len -= RTUN_BCP_HLEN;
	if (len < RTUN_BCP_ETH_HLEN + f->fcs + f->pads)
		return RTUN_BCP_LENGTH;
	f->len = len - f->fcs - f->pads;
	if (p[0] & RTUN_BCP_Z && f->len < RTUN_BCP_ETH_MIN)
		f->fill = RTUN_BCP_ETH_MIN - f->len;
	return RTUN_BCP_GOOD;
}

/*
 * How many octets of a frame have to be sent to a peer that fills up: of one that
 * is just as long as a LAN wants it, all but the zeros at its end.
 */
static inline u32 rtun_bcp_tinygram(const u8 *frame, u32 len)
{
	if (len == RTUN_BCP_ETH_MIN)
		while (len > RTUN_BCP_ETH_HLEN && !frame[len - 1])
			len--;
	return len;
}

/* The header for a frame of @len octets of which @sent are sent. */
static inline void rtun_bcp_build(u8 *p, u32 len, u32 sent)
{
	p[0] = sent < len ? RTUN_BCP_Z : 0;
	p[1] = RTUN_BCP_ETHERNET;
}

/*
 * Whether a frame to this address is of a protocol between bridges (IEEE 802.1D:
 * 01-80-C2-00-00-00 to 0F, such as BPDUs, and 20 to 2F, of GARP).  A peer gets them
 * only if Management-Inline says that it takes them.
 */
static inline bool rtun_bcp_management(const u8 *to)
{
	return to[0] == 0x01 && to[1] == 0x80 && to[2] == 0xc2 && !to[3] &&
	       !to[4] && ((to[5] & 0xf0) == 0x00 || (to[5] & 0xf0) == 0x20);
}

#endif /* _RTUN_BCP_WIRE_H */
