/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which link of a multilink bundle carries which part of a packet (RFC 1990
 * leaves that to the sender).  Each link has a virtual clock: when it will
 * have sent what it was given, if its rate is what it is said to be.  A packet
 * goes where it arrives first, or is divided so that all parts arrive at the
 * same time.
 *
 * If the rate of one link is not known there is no time: all links count as
 * equally fast and are given equal numbers of octets.
 *
 * The core knows neither packets nor locks: times are nanoseconds that do not
 * run backwards by much.  The same file builds on the host.  Who calls it
 * serialises the calls.  A packet costs O(links) if it is not divided, a sort
 * of the links if it is, and no more than O(links) for each part.
 *
 * A link leaves and comes in by rtun_mp_tx_del() and rtun_mp_tx_set(), under
 * the lock of the bundle; the one number space and the links' order need one
 * lock for rtun_mp_share() and what hands the parts to the links anyway.
 */
#ifndef _RTUN_SHARE_H
#define _RTUN_SHARE_H

#include "reassemble.h"

enum rtun_share_mode {
	RTUN_SHARE_WHOLE,		/* where it arrives first */
	RTUN_SHARE_BALANCE,	/* divided: all parts arrive together */
	RTUN_SHARE_ROUND_ROBIN,	/* where it is whose turn */
};

enum {
	/* a part of less than this costs more than it gains */
	RTUN_MP_MIN_FRAGMENT	= 128,
};

/**
 * struct rtun_mp_part - a part of a packet
 * @len: its octets
 * @link: where it goes
 */
struct rtun_mp_part {
	u32 len;
	u8 link;
};

/**
 * struct rtun_mp_path - what the caller knows of a link
 * @rate: bits a second, 0: not known
 * @latency: nanoseconds
 * @mtu: the most octets of a packet that one fragment carries, without its
 *	multilink header; 0: none, the link is not used
 * @overhead: octets on the wire besides these
 */
struct rtun_mp_path {
	u64 rate;
	u64 latency;
	u32 mtu;
	u32 overhead;
};

/**
 * struct rtun_mp_tx_link - a link as its sender sees it
 * @path: what it was told to be
 * @free: when it has sent all that it was given
 * @pace: nanoseconds for one octet, times 65536
 * @weight: its rate, scaled so that sums of products do not overflow
 * @octets: given to it, with overhead
 */
struct rtun_mp_tx_link {
	struct rtun_mp_path path;
	u64 free;
	u64 pace;
	u64 weight;
	u64 octets;
};

/**
 * struct rtun_mp_tx - the links of a bundle
 * @members: those which are part of it, a bit each
 * @min_fragment: no part is smaller, unless it must; may be set at any time
 * @mode: may be set at any time
 * @turn: the link whose turn it is
 * @shift: how many bits the weights were scaled down
 * @clockless: the rate of a member is not known
 * @link: by the caller's number
 */
struct rtun_mp_tx {
	u32 members;
	u32 min_fragment;
	enum rtun_share_mode mode;
	u8 turn;
	u8 shift;
	bool clockless;
	struct rtun_mp_tx_link link[RTUN_MP_LINKS_MAX];
};

void rtun_mp_tx_init(struct rtun_mp_tx *tx, enum rtun_share_mode mode);
/* A link joins, or what is known of it changes. */
void rtun_mp_tx_set(struct rtun_mp_tx *tx, unsigned int link,
		    const struct rtun_mp_path *path);
void rtun_mp_tx_del(struct rtun_mp_tx *tx, unsigned int link);

/* How to send @len octets over the members that have their bit in @usable:
 * parts in the order in which they are to be numbered and sent; the links'
 * clocks count them as given.  Returns how many; 0: there is no way.
 */
unsigned int rtun_mp_share(struct rtun_mp_tx *tx, u64 now, u32 len, u32 usable,
			   struct rtun_mp_part part[RTUN_MP_FRAGMENTS_MAX]);

#endif /* _RTUN_SHARE_H */
