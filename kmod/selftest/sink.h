/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who feeds a reassemble.c in its tests, as its header tells to, and watches
 * what comes out.
 */
#ifndef _RTUN_SELFTEST_SINK_H
#define _RTUN_SELFTEST_SINK_H

#include "reassemble.h"
#include "selftest.h"

enum {
	/* limits of a new sink */
	LOSS	= 100,
	IDLE	= 1000,
	SLOTS	= 64,
	/* of most fragments */
	LEN	= 100,
	SIZE	= 256,
};

/**
 * struct sent - a fragment of a random stream
 * @packet: number of its packet
 * @flags: B and E
 * @link: over which it goes
 * @lost: it does not arrive
 * @copies: of it that are held
 * @out: how often it was part of a packet that came out
 * @len: its octets
 */
struct sent {
	u32 packet;
	u8 flags;
	u8 link;
	bool lost;
	u8 copies;
	u8 out;
	u16 len;
};

/**
 * struct sink - who feeds the core, and what came out of it
 * @r: it
 * @base: the number of item 0
 * @now: the clock
 * @lost: numbers given up
 * @in: items stored
 * @out: items that came out, in packets or not
 * @refused: items that were not taken
 * @packets: that came out
 * @octets: of them
 * @discarded: items of no use, by reason
 * @steps: how often a step was asked for
 * @drains: and how often all of them were
 * @resyncs: jumps believed
 * @from: item that the last packet began with
 * @beyond: item after the last packet
 * @bad: something came out that must not
 * @sent: what was sent, if that is known
 */
struct sink {
	struct rtun_mp_rx r;
	u32 base;
	u32 now;
	u64 lost;
	u32 in;
	u32 out;
	u32 refused;
	u32 packets;
	u32 octets;
	u32 discarded[3];
	u32 steps;
	u32 drains;
	u32 resyncs;
	u32 from;
	u32 beyond;
	bool bad;
	struct sent *sent;
};

/* A bundle of so many links, whose first number is @base. */
void rtun_sink_start(struct sink *k, unsigned int bits, u32 base,
		     unsigned int links);
/* Item @i comes. */
enum rtun_mp_verdict rtun_sink_feed(struct sink *k, unsigned int link, u32 i,
				    u8 flags, u32 len, u32 size);
void rtun_sink_drain(struct sink *k);
/* The timer fires, @ticks from now, if it is time. */
void rtun_sink_pass(struct sink *k, u32 ticks);
/* Nothing is left, and what went in came out. */
bool rtun_sink_finish(struct sink *k);

/* The half of rtun_selftest_reassemble() that is left to chance. */
bool rtun_sink_random(void);

#endif /* _RTUN_SELFTEST_SINK_H */
