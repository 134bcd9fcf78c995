// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and counts of MPPE, see crypt.h.
 */
#include "crypt.h"
#include "seq.h"

#ifdef __KERNEL__
#include <linux/string.h>
#endif

enum {
	COUNT_MASK	= RTUN_CRYPT_COUNTS - 1,
	/* protocols that are encrypted, RFC 3078 section 3 */
	PROTO_FIRST	= 0x21,
	PROTO_LAST	= 0xfa,
	PROTO_IP	= 0x21,
	PROTO_BRIDGED	= 0x31,
	/* the header of such a frame: flags for an FCS and for zeros, MAC type */
	BRIDGED_FLAGS	= 0xa0,
	BRIDGED_ETHERNET = 1,
	PROTO_IPV6	= 0x57,
};

/* --- keys ------------------------------------------------------------------ */

/* The known octets of the weaker strengths. */
static void weaken(struct rtun_crypt_keys *k)
{
	if (k->bits == 128)
		return;
	k->now[0] = 0xd1;
	if (k->bits == 40) {
		k->now[1] = 0x26;
		k->now[2] = 0x9e;
	}
}

/* The next session key.  @scratch: any cipher, which is spoilt. */
static void next_key(struct rtun_crypt_keys *k, struct rtun_rc4 *scratch)
{
	u8 interim[RTUN_CRYPT_KEY_MAX];

	/* GetNewKeyFromSHA() of RFC 3078 section 7.3 */
	rtun_sha1_key(&k->start, k->now, k->len, interim);
	rtun_rc4_key(scratch, interim, k->len);
	rtun_rc4(scratch, k->now, interim, k->len);
	weaken(k);
	memzero_explicit(interim, sizeof(interim));
}

static void change_key(struct rtun_crypt *c)
{
	next_key(&c->keys, &c->cipher);
	c->changes++;
}

/* Begin the stream of the current key. */
static void reset_cipher(struct rtun_crypt *c)
{
	rtun_rc4_key(&c->cipher, c->keys.now, c->keys.len);
}

void rtun_crypt_start(struct rtun_crypt *c, u32 bits, const u8 *key)
{
	struct rtun_crypt_keys *k = &c->keys;

	k->bits = bits;
	k->len = rtun_crypt_key_len(bits);
	rtun_sha1_start(&k->start, key, k->len);
	/* RFC 3079 section 3: the first session key is not encrypted */
	rtun_sha1_key(&k->start, key, k->len, k->now);
	weaken(k);
	reset_cipher(c);
	c->count = 0;
	c->changes = 0;
	/* the first packet is not marked as flushed: nobody needs that, and who
	 * takes a new key with each of those would not understand it
	 */
	c->flush = false;
}

/* --- send ------------------------------------------------------------------ */

/* Is this a "flag" packet of RFC 3078 section 7.2? */
static bool flag(u32 count)
{
	return (count & 0xff) == 0xff;
}

u16 rtun_crypt_send(struct rtun_crypt *c)
{
	u16 head = c->count | RTUN_CRYPT_D;

	if (!c->stateful || flag(c->count) || c->flush) {
		if (!c->stateful || flag(c->count) || c->rekey)
			change_key(c);
		reset_cipher(c);
		head |= RTUN_CRYPT_A;
		c->flush = false;
	}
	c->count = (c->count + 1) & COUNT_MASK;
	return head;
}

/* --- receive ---------------------------------------------------------------- */

/* The protocol field at @p, 0 if it is none; @first: where the packet begins. */
static u32 protocol(const u8 *p, bool pfc, u32 *first)
{
	if (p[0] & 1) {
		*first = 1;
		return pfc ? p[0] : 0;
	}
	*first = 2;
	return p[0] || !(p[1] & 1) ? 0 : p[1];
}

/* Is that how a packet of MPPE begins? */
static bool sensible(const u8 *plain, bool pfc)
{
	u32 first, proto = protocol(plain, pfc, &first);

	if (proto == PROTO_IP)
		return plain[first] >> 4 == 4;
	if (proto == PROTO_IPV6)
		return plain[first] >> 4 == 6;
	return proto >= PROTO_FIRST && proto <= PROTO_LAST;
}

/* Does this key make an IP packet of it, of the right length?  Once in 2^35 by
 * chance, in 2^27 with short protocol fields.  Or a bridged frame, whose length
 * nothing tells: without control bit and pads, which hardly anybody sends, once in
 * 2^29, in 2^21.
 */
static bool fits(struct rtun_rc4 *scratch, const u8 *key, u32 key_len,
		 const struct rtun_crypt_packet *p)
{
	u8 plain[RTUN_CRYPT_PEEK], *ip;
	u32 first, proto, len;

	if (p->len < RTUN_CRYPT_PEEK)
		return false;
	rtun_rc4_key(scratch, key, key_len);
	rtun_rc4(scratch, plain, p->peek, sizeof(plain));
	proto = protocol(plain, p->pfc, &first);
	ip = plain + first;
	len = p->len - first;
	if (p->bridged)
		return proto == PROTO_BRIDGED &&
		       !(ip[0] & ~BRIDGED_FLAGS) && ip[1] == BRIDGED_ETHERNET;
	if (proto == PROTO_IP)
		return ip[0] >> 4 == 4 && (ip[0] & 15) >= 5 &&
		       (u32)(ip[2] << 8 | ip[3]) == len;
	if (proto == PROTO_IPV6)
		return ip[0] >> 4 == 6 &&
		       (u32)(ip[4] << 8 | ip[5]) + 40 == len;
	return false;
}

/* --- stateless: RFC 3078 sections 7.1 and 8.1 -------------------------------- */

static void forget(struct rtun_crypt_rx *r, u32 count)
{
	u32 i = count % RTUN_CRYPT_KEPT;

	if (!r->kept[i].there)
		return;
	memzero_explicit(&r->kept[i], sizeof(r->kept[i]));
}

static void forget_far(struct rtun_crypt_rx *r)
{
	if (!r->far)
		return;
	r->far = 0;
	memzero_explicit(r->far_key, sizeof(r->far_key));
}

/* This packet is the last one now. */
static void moved(struct rtun_crypt_rx *r, const struct rtun_crypt_packet *p)
{
	r->c.count = (p->head + 1) & COUNT_MASK;
	r->seq = p->seq;
	r->seq_known = p->seq_bits;
}

/* @steps changes on: the awaited packet, or one whose key @k was tried.  @tail:
 * the key @left changes before it, to make those that are kept of.
 */
static void jump(struct rtun_crypt_rx *r, const struct rtun_crypt_keys *k,
		 u32 steps, struct rtun_crypt_keys *tail, u32 left, u32 count)
{
	u32 i;

	for (i = 0; i < RTUN_CRYPT_KEPT && i < steps; i++)
		forget(r, count - i);
	for (i = count - left + 1; i != count; i++) {
		u32 slot = i % RTUN_CRYPT_KEPT;

		next_key(tail, &r->c.cipher);
		r->kept[slot].there = true;
		memcpy(r->kept[slot].key, tail->now, tail->len);
	}
	r->c.keys = *k;
	r->c.changes += steps;
	forget_far(r);
}

/* In the backward half of the counts, where there are no numbers, it is rather
 * old than far: that a burst was lost is possible, but nothing is free then.
 */
static bool older(const struct rtun_crypt_packet *p, u32 ahead)
{
	return !p->seq_bits && ahead > RTUN_CRYPT_COUNTS / 2;
}

/* Try the keys @steps ahead, and a turn of the count further, up to @most.  In
 * one turn of the count all are tried for the price of the farthest.
 */
static bool search(struct rtun_crypt_rx *r, const struct rtun_crypt_packet *p,
		   u32 steps, u32 most, u32 *tokens, u64 *missed)
{
	struct rtun_crypt_keys k = r->c.keys, tail;
	u32 at = 0, from = 0, spare = older(p, steps) ? 0 : RTUN_CRYPT_FREE;
	u32 count = p->head & COUNT_MASK;
	bool found = false;

	/* where the last one had to stop is nearer, unless it is too far */
	if (r->far && r->far < most) {
		u32 beyond = steps;

		if (beyond <= r->far)
			beyond += (r->far - beyond) / RTUN_CRYPT_COUNTS *
				  RTUN_CRYPT_COUNTS + RTUN_CRYPT_COUNTS;
		if (beyond <= most) {
			steps = beyond;
			at = r->far;
			from = at;
			memcpy(k.now, r->far_key, k.len);
		}
	}
	tail = k;
	while (steps <= most) {
		if (at == steps) {
			found = fits(&r->c.cipher, k.now, k.len, p);
			if (found)
				break;
			if (most - steps < RTUN_CRYPT_COUNTS)
				break;
			steps += RTUN_CRYPT_COUNTS;
		}
		if (spare) {
			spare--;
		} else if (*tokens) {
			--*tokens;
		} else {
			r->far = at;
			memcpy(r->far_key, k.now, k.len);
			break;
		}
		next_key(&k, &r->c.cipher);
		at++;
		if (at + RTUN_CRYPT_KEPT == steps) {
			tail = k;
			from = at;
		}
	}
	if (found) {
		*missed += steps - 1;
		jump(r, &k, steps, &tail, steps - from, count);
		moved(r, p);
		reset_cipher(&r->c);
	}
	memzero_explicit(&k, sizeof(k));
	memzero_explicit(&tail, sizeof(tail));
	return found;
}

static enum rtun_crypt_verdict late(struct rtun_crypt_rx *r,
				    const struct rtun_crypt_packet *p)
{
	u32 slot = p->head % RTUN_CRYPT_KEPT, len = r->c.keys.len;

	/* what is there is of the last counts, of which this is one */
	if (!r->kept[slot].there ||
	    !fits(&r->c.cipher, r->kept[slot].key, len, p))
		return RTUN_CRYPT_LATE;
	rtun_rc4_key(&r->c.cipher, r->kept[slot].key, len);
	/* once: the same again is late */
	forget(r, slot);
	return RTUN_CRYPT_LATE_KEY;
}

/**
 * struct place - where a packet is
 * @ahead: so many counts after the last one, 1..4096
 * @most: it may be so many turns of the count further, in counts
 * @back: so many counts before the last one, 0..4095
 * @impossible: the transport's number says that it is not ahead...
 * @behind: ...because it is older
 */
struct place {
	u32 ahead;
	u32 most;
	u32 back;
	bool impossible;
	bool behind;
};

static struct place place(const struct rtun_crypt_rx *r,
			  const struct rtun_crypt_packet *p)
{
	u32 distance = (p->head - r->c.count) & COUNT_MASK;
	struct place at = {
		.ahead = distance + 1,
		.most = distance + 1,
		.back = COUNT_MASK - distance,
	};
	s32 gap;

	if (!p->seq_bits || !r->seq_known) {
		at.behind = at.back < RTUN_CRYPT_KEPT;
		return at;
	}
	gap = rtun_seq_diff(p->seq, r->seq, p->seq_bits);
	at.behind = gap <= 0;
	at.impossible = gap < (s32)at.ahead;
	if (!at.impossible)
		at.most = gap;
	return at;
}

static enum rtun_crypt_verdict stateless(struct rtun_crypt_rx *r,
					 const struct rtun_crypt_packet *p,
					 u32 *tokens, u64 *missed)
{
	struct place at = place(r, p);

	if (!(p->head & RTUN_CRYPT_A))
		return RTUN_CRYPT_HEADER;
	if (at.behind)
		return at.back < RTUN_CRYPT_KEPT ? late(r, p) :
						   RTUN_CRYPT_LATE;
	if (at.impossible)
		return RTUN_CRYPT_FAR;
	if (at.ahead == 1 && at.most <= RTUN_CRYPT_COUNTS) {
		forget(r, p->head);
		forget_far(r);
		change_key(&r->c);
		reset_cipher(&r->c);
		moved(r, p);
		return RTUN_CRYPT_KEY;
	}
	if (search(r, p, at.ahead, at.most, tokens, missed))
		return RTUN_CRYPT_KEY;
	return older(p, at.ahead) ? RTUN_CRYPT_LATE : RTUN_CRYPT_FAR;
}

/* --- stateful: RFC 3078 sections 7.2 and 8.2 ---------------------------------- */

/* How many flag packets are among @n from @count on? */
static u32 flags(u32 count, u32 n)
{
	return ((count + n) >> 8) - (count >> 8);
}

/* A packet with which the stream begins anew, wherever it is: find its key.  The
 * changes that are known of come first, then those which nobody saw.  In order
 * or not, a key is believed only if it fits: the chain does not go back.
 */
static bool resync(struct rtun_crypt_rx *r, const struct rtun_crypt_packet *p,
		   u32 ahead, u64 *missed)
{
	struct rtun_crypt_keys k = r->c.keys;
	struct rtun_crypt *c = &r->c;
	bool found = false;
	u32 steps, n;

	n = flags(c->count, ahead - 1) +
	    (flag(p->head) || c->rekey);
	for (steps = 0; steps < n; steps++)
		next_key(&k, &c->cipher);
	for (; steps <= n + RTUN_CRYPT_UNSEEN; steps++) {
		found = fits(&c->cipher, k.now, k.len, p);
		if (found)
			break;
		next_key(&k, &c->cipher);
	}
	if (found) {
		*missed += ahead - 1;
		c->keys = k;
		c->changes += steps;
		moved(r, p);
		reset_cipher(c);
		r->lost = false;
	}
	memzero_explicit(&k, sizeof(k));
	return found;
}

static enum rtun_crypt_verdict stateful(struct rtun_crypt_rx *r,
					const struct rtun_crypt_packet *p,
					u64 *missed)
{
	struct place at = place(r, p);

	if (at.behind && (p->seq_bits || !r->lost))
		return RTUN_CRYPT_LATE;
	if (at.impossible)
		return RTUN_CRYPT_FAR;
	if (flag(p->head) || p->head & RTUN_CRYPT_A) {
		if (resync(r, p, at.ahead, missed))
			return RTUN_CRYPT_KEY;
	} else if (!r->lost && at.ahead == 1 && at.most <= RTUN_CRYPT_COUNTS) {
		moved(r, p);
		return RTUN_CRYPT_KEY;
	}
	r->lost = true;
	return RTUN_CRYPT_DESYNC;
}

enum rtun_crypt_verdict rtun_crypt_receive(struct rtun_crypt_rx *r,
					   const struct rtun_crypt_packet *p,
					   u32 *tokens, u64 *missed)
{
	if (!(p->head & RTUN_CRYPT_D) || p->len < RTUN_CRYPT_LEN_MIN)
		return RTUN_CRYPT_HEADER;
	return r->c.stateful ? stateful(r, p, missed) :
			       stateless(r, p, tokens, missed);
}

bool rtun_crypt_opened(struct rtun_crypt_rx *r, const u8 *plain, bool pfc)
{
	if (!r->c.stateful || sensible(plain, pfc))
		return true;
	/* the streams have come apart, and without a new one stay so */
	r->lost = true;
	return false;
}
