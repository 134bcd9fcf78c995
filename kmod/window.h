/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many packets a PPTP session may have under way, how long to wait for
 * their acknowledgement, and how long that takes: the send window of RFC 2637
 * section 4.2, the adaptive time-out of section 4.4.  Nothing is ever sent
 * again: when the time is over, what was under way counts as lost, an alarm
 * is raised and the window is halved.
 *
 * The round trip is estimated also while there is no window.  A packet that
 * is sent is noted with its time in a small ring; when the ring is full of
 * packets which are still under way, older neighbours become one, so that any
 * number of packets and any delay are covered.
 *
 * The core knows neither packets nor locks nor clocks: a time is a count of
 * microseconds that does not run backwards by more than what two processors
 * disagree about.  The same file builds on the host.  Who calls it serialises
 * the calls.  Each costs O(1): at most one packet in four makes the ring be
 * thinned out, four steps each time.
 *
 * How to use it in a session
 *
 *   Lock: a spinlock of its own for struct rtun_window, innermost (rx_lock >
 *   tx_lock > this), BH disabled.  Not tx_lock: that is held while IP works,
 *   and acknowledgements come in on other processors.
 *
 *   Birth: rtun_window_init(w, rtun_seq_first(32), 0).  It has the number
 *   that is sent next (@next): the session needs no tx_seq besides.
 *
 *   Configuration: rtun_window_set(), then look at the timer as below.
 *
 *   Send, under tx_lock, when a numbered packet gets its header:
 *
 *	lock
 *	if (data of the device && !rtun_window_may_send(w))
 *		unlock, drop and count it: it must not take a number
 *	the packet's number is w->next
 *	rtun_window_sent(w, now)
 *	if (w->size)
 *		timer_reduce(timer, until rtun_window_deadline(w))
 *	unlock
 *
 *   Read the clock once for all segments of a packet, before the lock.  Frames
 *   of the owner may go out over a full window (an echo must not starve behind
 *   data), but are noted like the others; that more is under way than the
 *   window allows is harmless here.  timer_reduce() starts the timer, or makes
 *   a time-out earlier that was longer when it was started, and mostly does
 *   nothing.  It is called under the lock: either the callback comes later and
 *   sees the packet, or it has gone and the timer is started anew.
 *   Acknowledgements do not touch it: when it fires early it is set again.
 *
 *   Receive, any packet of the session with the A bit, after its lengths were
 *   checked and before its place in the order is; rx_lock is not needed:
 *
 *	if (ack + 1 == READ_ONCE(w->heard))
 *		nothing new, no need to lock
 *	lock
 *	verdict = rtun_window_ack(w, ack, now)
 *	unlock
 *
 *   RTUN_WINDOW_BEYOND is to be counted; the rest of the packet is not worse
 *   for it.
 *
 *   Timer:
 *
 *	lock
 *	lost = rtun_window_expire(w, now)
 *	if (rtun_window_deadline(w) != RTUN_WINDOW_NEVER && session not dead)
 *		timer_reduce(timer, until then, one tick at least)
 *	unlock
 *	if (lost)
 *		count the alarm, tell of it with its number of packets, at the
 *		rate of control frames; stateful encryption becomes stateless
 *
 *   Round up where a time becomes ticks.  The timer ends where the session's
 *   other timers do.
 *
 *   Dumps: under the lock rtun_window_rtt(), w->congested.
 */
#ifndef _RTUN_WINDOW_H
#define _RTUN_WINDOW_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "selftest/host.h"
#endif

enum {
	RTUN_WINDOW_SAMPLES	= 16,

	/* Section 4.4.1, MinTimeOut and MaxTimeOut, in microseconds.  A peer
	 * may delay acknowledgements; less than the minimum would only find
	 * out about that, again after each burst that was acknowledged at once.
	 */
	RTUN_WINDOW_ATO_MIN	= 100 * 1000,
	RTUN_WINDOW_ATO_MAX	= 10 * 1000 * 1000,
	/* before anything was measured, when the peer said nothing */
	RTUN_WINDOW_ATO_FIRST	= 1500 * 1000,
};

/* No deadline. */
#define RTUN_WINDOW_NEVER	(~0ULL)

enum rtun_window_verdict {
	RTUN_WINDOW_NEW,	/* the peer has got more than was known */
	RTUN_WINDOW_OLD,	/* nothing new, or overtaken */
	RTUN_WINDOW_BEYOND,	/* of what was never sent: ignored */
};

/**
 * struct rtun_window_sample - when packets left that are under way
 * @when: when the first of them did
 * @seq: its number
 * @span: how much later the last one did that has no sample of its own
 */
struct rtun_window_sample {
	u64 when;
	u32 seq;
	u32 span;
};

/**
 * struct rtun_window - what is under way to the peer
 * @since: when waiting for an acknowledgement began, or went on after one
 * @size: the most that may be under way, 0: no window
 * @open: how much may be now, 1..@size
 * @credit: acknowledged since @open last changed
 * @next: number of the packet that is sent next
 * @base: all before it is acknowledged or counts as lost; @next if no window
 * @heard: number after the last one which the peer acknowledged
 * @static_rtt: how long to wait, 0: @ato
 * @rtt8: estimated round trip, times 8
 * @dev4: its mean deviation, times 4
 * @ato: adaptive time-out
 * @gap: no closer than this are two samples
 * @oldest: index into @ring
 * @count: samples in @ring
 * @seeded: there is an @rtt8 to adapt, be it from the peer's promise
 * @measured: something was measured
 * @congested: an alarm, and no acknowledgement since
 * @ring: samples by rising number and time
 */
struct rtun_window {
	u64 since;
	u32 size;
	u32 open;
	u32 credit;
	u32 next;
	u32 base;
	u32 heard;
	u32 static_rtt;
	u32 rtt8;
	u32 dev4;
	u32 ato;
	u32 gap;
	u8 oldest;
	u8 count;
	bool seeded;
	bool measured;
	bool congested;
	struct rtun_window_sample ring[RTUN_WINDOW_SAMPLES];
};

/* The first number, and the peer's Packet Processing Delay as it stands in
 * the Outgoing-Call-Reply (tenths of a second), 0: not known.
 */
void rtun_window_init(struct rtun_window *w, u32 first, u16 ppd);

/* A window of @size packets, 0: none; wait @static_rtt microseconds for an
 * acknowledgement, 0: adapt.  A new window counts what is sent from now on; a
 * narrower one stops until enough is acknowledged.
 */
void rtun_window_set(struct rtun_window *w, u32 size, u32 static_rtt);

static inline bool rtun_window_may_send(const struct rtun_window *w)
{
	return !w->size || w->next - w->base < w->open;
}

/* Packet number @next was sent; the number is taken. */
void rtun_window_sent(struct rtun_window *w, u64 now);

/* The peer has got @ack, and what came before it. */
enum rtun_window_verdict rtun_window_ack(struct rtun_window *w, u32 ack,
					 u64 now);

/* When to call rtun_window_expire(), or RTUN_WINDOW_NEVER.  What is sent and
 * what is acknowledged may move it, in both directions.
 */
u64 rtun_window_deadline(const struct rtun_window *w);

/* Is it time?  How many packets count as lost: an alarm, unless 0. */
u32 rtun_window_expire(struct rtun_window *w, u64 now);

/* The estimated round trip in microseconds, if something was measured. */
static inline bool rtun_window_rtt(const struct rtun_window *w, u32 *us)
{
	*us = w->rtt8 >> 3;
	return w->measured;
}

#endif /* _RTUN_WINDOW_H */
