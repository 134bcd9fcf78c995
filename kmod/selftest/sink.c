// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feeding reassemble.c under test, see sink.h.
 */
#include "sink.h"
#include "seq.h"

/* An item is its index plus one, so that no item is NULL. */
#define ITEM(i) ((void *)((unsigned long)(u32)(i) + 1))
#define INDEX(item) ((u32)((unsigned long)(item) - 1))

static const struct rtun_mp_limits limits = {
	.slots = SLOTS,
	.mrru = 1500,
	.max_bytes = 1 << 20,
	.loss = LOSS,
	.idle = IDLE,
};

static void packet(struct sink *k, u32 from, u32 count)
{
	u32 i;

	if ((s32)(from - k->beyond) < 0)
		k->bad = true;
	k->from = from;
	k->beyond = from + count;
	k->packets++;
	if (!k->sent)
		return;
	for (i = from; i < from + count; i++) {
		const struct sent *s = &k->sent[i];

		if (!(s->flags & RTUN_MP_B) != (i != from) || k->sent[i].out++ ||
		    !(s->flags & RTUN_MP_E) != (i != from + count - 1))
			k->bad = true;
	}
}

void rtun_sink_drain(struct sink *k)
{
	enum rtun_mp_step step;

	k->drains++;
	while (k->steps++, (step = rtun_mp_step(&k->r, k->now, &k->lost)) !=
				   RTUN_MP_WAIT) {
		u32 count = k->r.count, from = 0, octets = 0, i;

		if (!count)
			k->bad = true;
		for (i = 0; i < count; i++) {
			u32 item = INDEX(rtun_mp_take(&k->r));

			if (!i)
				from = item;
			else if (item != from + i)
				k->bad = true;
			if (k->sent && !k->sent[item].copies--)
				k->bad = true;
			if (k->sent)
				octets += k->sent[item].len;
			k->out++;
		}
		if (rtun_mp_take(&k->r))
			k->bad = true;
		if (step == RTUN_MP_DISCARD) {
			k->discarded[k->r.why] += count;
			continue;
		}
		if (k->sent && k->r.length != octets)
			k->bad = true;
		k->octets += k->r.length;
		packet(k, from, count);
	}
}

enum rtun_mp_verdict rtun_sink_feed(struct sink *k, unsigned int link, u32 i,
				       u8 flags, u32 len, u32 size)
{
	enum rtun_mp_verdict v;

	for (;;) {
		v = rtun_mp_put(&k->r, link, k->base + i, flags, ITEM(i), len,
				size, k->now);
		if (v == RTUN_MP_RING) {
			k->r.ring = selftest_alloc(1, rtun_mp_ring_size(&k->r));
			if (!k->r.ring)
				return v;
		} else if (v == RTUN_MP_LIMIT) {
			if (!rtun_mp_abandon(&k->r))
				break;
			rtun_sink_drain(k);
		} else if (v == RTUN_MP_RESYNC) {
			rtun_mp_flush(&k->r);
			rtun_sink_drain(k);
			if (k->r.held)
				k->bad = true;
			rtun_mp_jump(&k->r, k->base + i);
			k->beyond = i;
			k->resyncs++;
		} else {
			break;
		}
	}
	if (v == RTUN_MP_NOW) {
		k->octets += len;
		packet(k, i, 1);
	} else if (v == RTUN_MP_STORED) {
		k->in++;
		if (k->sent)
			k->sent[i].copies++;
	} else if (v != RTUN_MP_NULL) {
		k->refused++;
	}
	if (k->r.held)
		rtun_sink_drain(k);
	if (k->r.bytes > 2 * k->r.max_bytes || k->in - k->out > k->r.held)
		k->bad = true;
	return v;
}

void rtun_sink_pass(struct sink *k, u32 ticks)
{
	k->now += ticks;
	if (k->r.held && (s32)(k->now - k->r.deadline) >= 0)
		rtun_sink_drain(k);
}

void rtun_sink_start(struct sink *k, unsigned int bits, u32 base,
		  unsigned int links)
{
	unsigned int i;

	*k = (struct sink){ .now = 0xfffffff0, .base = base };
	rtun_mp_init(&k->r, bits, base, &limits);
	for (i = 0; i < links; i++)
		rtun_mp_link_add(&k->r, i, k->now);
}

bool rtun_sink_finish(struct sink *k)
{
	bool empty = !k->r.ring || find_next_bit(k->r.ring->taken, k->r.slots,
						 0) == k->r.slots;

	selftest_free(k->r.ring);
	k->r.ring = NULL;
	SELFTEST(empty && !k->r.held && !k->r.bytes);
	SELFTEST(k->in == k->out && !k->bad);
	/* each step but the last of a drain brings something to light */
	SELFTEST(k->steps <= k->drains + k->in);
	return true;
}
