// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of crypt.c: the sample derivations of RFC 3079, chains of keys that were
 * computed by another program, the headers of RFC 3078, what a jump costs, what a
 * stranger cannot do; then two ends over a network that loses, reorders and
 * repeats, for each strength and each way to be in step.
 */
#include "selftest.h"
#include "crypt.h"

enum {
	PACKETS	= 1000,
	SPREAD	= 48,	/* fewer than there are keys kept */
	LEN_MAX	= 80,
	HEADER	= 22,	/* protocol field and IP header */
	A	= RTUN_CRYPT_A,
	D	= RTUN_CRYPT_D,
	RICH	= 1 << 20,
};

#define NOBODY (~0U)

enum mode { STATELESS, STATEFUL_RFC, STATEFUL_LINUX, MODES };

static const u32 strengths[] = { 40, 56, 128 };

static const u8 start_key[16] = {
	0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99, 0x3a, 0x1b,
	0xa1, 0x18, 0xcb, 0x15, 0x3f, 0x56, 0xdc, 0xcb,
};

static u32 random_state;

/* Seeded, so that a failure can be repeated (xorshift32). */
static u32 rnd(u32 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

/* Two ends, and what is under way. */
struct pair {
	struct rtun_crypt tx;
	struct rtun_crypt_rx rx;
	struct rtun_crypt_packet p;
	u8 wire[LEN_MAX];
	u8 plain[LEN_MAX];
	u32 tokens;
	u64 missed;
	u32 seq;
	bool numbered;
};

static void start(struct pair *e, u32 bits, enum mode mode)
{
	memset(e, 0, sizeof(*e));
	e->tx.stateful = mode != STATELESS;
	e->tx.rekey = mode == STATEFUL_LINUX;
	e->rx.c = e->tx;
	rtun_crypt_start(&e->tx, bits, start_key);
	rtun_crypt_start(&e->rx.c, bits, start_key);
	e->tokens = RICH;
}

/* What packets are: bridged frames, not IP. */
static bool bridged;

/* Packet @n as IP would make it, or a bridge, of a length that differs. */
static u32 text(u8 *p, u32 n)
{
	u32 len = HEADER + 8 + n % 24, i;

	memset(p, 0, HEADER);
	if (bridged) {
		p[1] = 0x31;
		p[2] = n % 3 ? 0 : 0x20;
		p[3] = 1;
	} else if (n % 5) {
		p[1] = 0x21;
		p[2] = 0x45;
		p[5] = len - 2;
	} else {
		len += 20;	/* the header is longer */
		p[1] = 0x57;
		p[2] = 0x60;
		p[7] = len - 42;
	}
	for (i = 8; i < len; i++)
		p[i] = n >> 8 * (i % 4);
	return len;
}

/* Send packet @n: it is in @p, @wire then. */
static void send(struct pair *e, u32 n)
{
	e->p.len = text(e->wire, n);
	e->p.head = rtun_crypt_send(&e->tx);
	rtun_rc4(&e->tx.cipher, e->wire, e->wire, e->p.len);
	memcpy(e->p.peek, e->wire, sizeof(e->p.peek));
	e->p.seq = e->seq++;
	e->p.seq_bits = e->numbered ? 32 : 0;
	e->p.bridged = bridged;
}

static enum rtun_crypt_verdict receive(struct pair *e)
{
	enum rtun_crypt_verdict v;

	v = rtun_crypt_receive(&e->rx, &e->p, &e->tokens, &e->missed);
	if (v == RTUN_CRYPT_KEY || v == RTUN_CRYPT_LATE_KEY) {
		rtun_rc4(&e->rx.c.cipher, e->plain, e->wire, e->p.len);
		if (!rtun_crypt_opened(&e->rx, e->plain, false))
			v = RTUN_CRYPT_DESYNC;
	}
	return v;
}

/* Was it packet @n that was decrypted? */
static bool is(const struct pair *e, u32 n)
{
	u8 want[LEN_MAX];

	return text(want, n) == e->p.len &&
	       !memcmp(e->plain, want, e->p.len);
}

static enum rtun_crypt_verdict pass(struct pair *e, u32 n)
{
	send(e, n);
	return receive(e);
}

static void skip(struct pair *e, u32 n)
{
	while (n--)
		send(e, 1);
}

/* --- keys -------------------------------------------------------------------- */

static bool derivations(struct rtun_crypt *c)
{
	static const u8 message[12] = "test message";
	static const struct {
		u32 bits;
		u8 start[16];
		u8 session[16];
		u8 cipher[12];
	} samples[] = {
		/* sections 3.5.1 to 3.5.3, and 2.5.1 to 2.5.3 for MS-CHAP-1 */
		{ 40, { 0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99, 0x3a, 0x1b },
		  { 0xd1, 0x26, 0x9e, 0xc4, 0x9f, 0xa6, 0x2e, 0x3e },
		  { 0x92, 0x91, 0x37, 0x91, 0x7e, 0x58, 0x03, 0xd6, 0x68,
		    0xd7, 0x58, 0x98 } },
		{ 56, { 0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99, 0x3a, 0x1b },
		  { 0xd1, 0x5c, 0x00, 0xc4, 0x9f, 0xa6, 0x2e, 0x3e },
		  { 0x3f, 0x10, 0x68, 0x33, 0xfa, 0x44, 0x8d, 0xa8, 0x42,
		    0xbc, 0x57, 0xb8 } },
		{ 128, { 0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99, 0x3a, 0x1b, 0xa1,
			 0x18, 0xcb, 0x15, 0x3f, 0x56, 0xdc, 0xcb },
		  { 0x40, 0x5c, 0xb2, 0x24, 0x7a, 0x79, 0x56, 0xe6, 0xe2,
		    0x11, 0x00, 0x7a, 0xe2, 0x7b, 0x22, 0xd4 },
		  { 0x81, 0x84, 0x83, 0x17, 0xdf, 0x68, 0x84, 0x62, 0x72,
		    0xfb, 0x5a, 0xbe } },
		{ 40, { 0x76, 0xa1, 0x52, 0x93, 0x60, 0x96, 0xd7, 0x83 },
		  { 0xd1, 0x26, 0x9e, 0x53, 0x8c, 0xec, 0x4a, 0x08 },
		  { 0 } },
		{ 56, { 0x76, 0xa1, 0x52, 0x93, 0x60, 0x96, 0xd7, 0x83 },
		  { 0xd1, 0x08, 0x01, 0x53, 0x8c, 0xec, 0x4a, 0x08 },
		  { 0 } },
		{ 128, { 0xa8, 0x94, 0x78, 0x50, 0xcf, 0xc0, 0xac, 0xc1, 0xd1,
			 0x78, 0x9f, 0xb6, 0x2d, 0xdc, 0xdd, 0xb0 },
		  { 0x59, 0xd1, 0x59, 0xbc, 0x09, 0xf7, 0x6f, 0x1d, 0xa2,
		    0xa8, 0x6a, 0x28, 0xff, 0xec, 0x0b, 0x1e },
		  { 0 } },
	};
	u8 out[12];
	u32 i;

	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		memset(c, 0, sizeof(*c));
		rtun_crypt_start(c, samples[i].bits, samples[i].start);
		SELFTEST(!memcmp(c->keys.now, samples[i].session,
				 rtun_crypt_key_len(samples[i].bits)));
		rtun_rc4(&c->cipher, out, message, sizeof(out));
		SELFTEST(!samples[i].cipher[0] ||
			 !memcmp(out, samples[i].cipher, sizeof(out)));
	}
	SELFTEST(!rtun_crypt_key_len(0) && !rtun_crypt_key_len(64));
	return true;
}

/* After one, two and 300 changes, from the start key of section 3.5. */
static bool chains(struct rtun_crypt *c)
{
	static const struct {
		u32 bits;
		u8 first[8];
		u8 second[8];
		u8 last[8];
	} chain[] = {
		{ 40, { 0xd1, 0x26, 0x9e, 0xce, 0x4d, 0x98, 0xd1, 0x81 },
		  { 0xd1, 0x26, 0x9e, 0xde, 0xef, 0xbd, 0x8a, 0xff },
		  { 0xd1, 0x26, 0x9e, 0x5c, 0xc3, 0x89, 0x84, 0xf6 } },
		{ 56, { 0xd1, 0x61, 0x82, 0xa2, 0xab, 0x48, 0x14, 0x07 },
		  { 0xd1, 0x78, 0xcc, 0x27, 0x4f, 0x63, 0xfa, 0xf1 },
		  { 0xd1, 0x3a, 0x01, 0xc2, 0x95, 0x18, 0xfa, 0x6b } },
		{ 128, { 0x72, 0x6f, 0x10, 0x50, 0x0e, 0x2b, 0x54, 0x13 },
		  { 0x28, 0x05, 0xbc, 0x78, 0x69, 0xbe, 0xc8, 0x25 },
		  { 0xa0, 0x01, 0x36, 0xec, 0xc4, 0xa1, 0xf1, 0x16 } },
	};
	u32 i, n;

	for (i = 0; i < sizeof(chain) / sizeof(*chain); i++) {
		memset(c, 0, sizeof(*c));
		rtun_crypt_start(c, chain[i].bits, start_key);
		for (n = 1; n <= 300; n++) {
			SELFTEST(rtun_crypt_send(c) == (A | D | (n - 1)));
			SELFTEST(n != 1 ||
				 !memcmp(c->keys.now, chain[i].first, 8));
			SELFTEST(n != 2 ||
				 !memcmp(c->keys.now, chain[i].second, 8));
		}
		SELFTEST(!memcmp(c->keys.now, chain[i].last, 8));
		SELFTEST(c->changes == 300 && c->count == 300);
	}
	return true;
}

/* RFC 3078 sections 3.1 and 7.2, and what Linux does instead. */
static bool headers(struct pair *e)
{
	u32 i;

	start(e, 128, STATEFUL_RFC);
	for (i = 0; i < 2 * RTUN_CRYPT_COUNTS; i++) {
		u16 a = (i & 0xff) == 0xff ? A : 0;

		SELFTEST(rtun_crypt_send(&e->tx) == (a | D | (i & 0xfff)));
	}
	SELFTEST(e->tx.changes == 32);
	e->tx.flush = true;
	SELFTEST(rtun_crypt_send(&e->tx) == (A | D));
	SELFTEST(rtun_crypt_send(&e->tx) == (D | 1) && e->tx.changes == 32);

	start(e, 128, STATEFUL_LINUX);
	for (i = 0; i < 300; i++)
		SELFTEST(rtun_crypt_send(&e->tx) ==
			 ((i == 255 ? A : 0) | D | i));
	e->tx.flush = true;
	SELFTEST(rtun_crypt_send(&e->tx) == (A | D | 300));
	SELFTEST(e->tx.changes == 2);
	/* one change, for whatever reason */
	start(e, 128, STATEFUL_LINUX);
	skip(e, 255);
	e->tx.flush = true;
	SELFTEST(rtun_crypt_send(&e->tx) == (A | D | 255));
	SELFTEST(e->tx.changes == 1);
	return true;
}

/* --- what is refused ----------------------------------------------------------- */

static bool malformed(struct pair *e)
{
	u32 i;

	for (i = 0; i < MODES; i++) {
		start(e, 56, i);
		SELFTEST(pass(e, 1) == RTUN_CRYPT_KEY && is(e, 1));
		send(e, 2);
		e->p.head &= ~D;
		SELFTEST(receive(e) == RTUN_CRYPT_HEADER);
		e->p.head |= D;
		e->p.len = 2;
		SELFTEST(receive(e) == RTUN_CRYPT_HEADER);
		e->p.len = text(e->plain, 2);
		SELFTEST(receive(e) == RTUN_CRYPT_KEY && is(e, 2));
	}
	start(e, 56, STATELESS);
	send(e, 1);
	e->p.head &= ~A;
	SELFTEST(receive(e) == RTUN_CRYPT_HEADER);
	e->p.head |= A;
	SELFTEST(receive(e) == RTUN_CRYPT_KEY && is(e, 1));
	/* what has no meaning does not matter */
	send(e, 2);
	e->p.head |= 0x6000;
	SELFTEST(receive(e) == RTUN_CRYPT_KEY && is(e, 2));
	/* octets that are no packet do not make a jump believed */
	send(e, 3);
	send(e, 4);
	e->p.len = RTUN_CRYPT_PEEK - 1;
	SELFTEST(receive(e) == RTUN_CRYPT_FAR);
	/* nor does a packet that is longer than it says */
	e->p.len = text(e->plain, 4) + 1;
	SELFTEST(receive(e) == RTUN_CRYPT_FAR);
	e->p.len--;
	SELFTEST(receive(e) == RTUN_CRYPT_KEY && is(e, 4));
	return true;
}

static u32 keys_kept(const struct pair *e)
{
	u32 i, n = 0;

	for (i = 0; i < RTUN_CRYPT_KEPT; i++)
		n += e->rx.kept[i].there;
	return n;
}

static bool overtaken(struct pair *e)
{
	struct rtun_crypt_packet kept[3];
	u8 wire[3][LEN_MAX];
	u32 i;

	start(e, 40, STATELESS);
	for (i = 0; i < 3; i++) {
		send(e, i);
		kept[i] = e->p;
		memcpy(wire[i], e->wire, LEN_MAX);
	}
#define AGAIN(n) (e->p = kept[n], memcpy(e->wire, wire[n], LEN_MAX), receive(e))
	SELFTEST(AGAIN(2) == RTUN_CRYPT_KEY && is(e, 2) && e->missed == 2);
	SELFTEST(AGAIN(0) == RTUN_CRYPT_LATE_KEY && is(e, 0));
	/* each packet once */
	SELFTEST(AGAIN(0) == RTUN_CRYPT_LATE);
	SELFTEST(AGAIN(2) == RTUN_CRYPT_LATE);
	/* 63 later the key is there, 64 later it is not */
	skip(e, 61);
	SELFTEST(pass(e, 9) == RTUN_CRYPT_KEY && is(e, 9));
	SELFTEST(e->rx.c.count == 65);
	/* one that is forged does not use it up */
	e->p = kept[1];
	memset(e->p.peek, 0, sizeof(e->p.peek));
	SELFTEST(receive(e) == RTUN_CRYPT_LATE);
	SELFTEST(AGAIN(1) == RTUN_CRYPT_LATE_KEY && is(e, 1));
	start(e, 40, STATELESS);
	for (i = 0; i < 3; i++) {
		send(e, i);
		kept[i] = e->p;
		memcpy(wire[i], e->wire, LEN_MAX);
	}
	SELFTEST(AGAIN(2) == RTUN_CRYPT_KEY);
	skip(e, 62);
	SELFTEST(pass(e, 9) == RTUN_CRYPT_KEY && is(e, 9));
	SELFTEST(AGAIN(1) == RTUN_CRYPT_LATE);
	/* a turn of the count later it is no key of the former one */
	while (e->tx.count != 2)
		SELFTEST(pass(e, 5) == RTUN_CRYPT_KEY && is(e, 5));
	/* nor is one left of what nobody may decrypt any more */
	SELFTEST(!keys_kept(e));
	SELFTEST(AGAIN(1) == RTUN_CRYPT_LATE);
	skip(e, 200);
	SELFTEST(pass(e, 6) == RTUN_CRYPT_KEY && is(e, 6));
	SELFTEST(keys_kept(e) == RTUN_CRYPT_KEPT - 1);
#undef AGAIN
	return true;
}

/* --- jumps ----------------------------------------------------------------------- */

static bool costs(struct pair *e)
{
	start(e, 128, STATELESS);
	SELFTEST(pass(e, 1) == RTUN_CRYPT_KEY);
	/* 256 keys are free */
	e->tokens = 0;
	skip(e, 255);
	SELFTEST(pass(e, 2) == RTUN_CRYPT_KEY && is(e, 2));
	SELFTEST(e->missed == 255 && e->rx.c.changes == 257);
	/* more are paid for */
	e->tokens = 1000;
	skip(e, 999);
	SELFTEST(pass(e, 3) == RTUN_CRYPT_KEY && is(e, 3));
	SELFTEST(e->tokens == 256 && e->missed == 255 + 999);
	/* an empty bucket refuses the packet, not the session: it goes on
	 * from where it had to stop
	 */
	e->tokens = 44;
	skip(e, 699);
	SELFTEST(pass(e, 4) == RTUN_CRYPT_FAR && !e->tokens);
	SELFTEST(e->rx.c.changes == 1257 && e->rx.far == 300);
	SELFTEST(pass(e, 5) == RTUN_CRYPT_FAR && e->rx.far == 556);
	SELFTEST(pass(e, 6) == RTUN_CRYPT_KEY && is(e, 6) && !e->rx.far);
	SELFTEST(e->rx.c.changes == 1257 + 702);
	SELFTEST(pass(e, 7) == RTUN_CRYPT_KEY && is(e, 7));
	/* all that a count can tell */
	e->tokens = RICH;
	skip(e, RTUN_CRYPT_COUNTS - RTUN_CRYPT_KEPT - 1);
	SELFTEST(pass(e, 8) == RTUN_CRYPT_KEY && is(e, 8));
	return true;
}

/* Where packets are numbered, the number tells how far a count can be. */
static bool numbered(struct pair *e)
{
	u64 missed;

	start(e, 128, STATELESS);
	e->numbered = true;
	e->seq = (u32)-5;
	SELFTEST(pass(e, 1) == RTUN_CRYPT_KEY && is(e, 1));
	/* some numbers were of frames that are not encrypted */
	e->seq += 3;
	SELFTEST(pass(e, 2) == RTUN_CRYPT_KEY && is(e, 2));
	/* ten counts with nine numbers: no key is made for that */
	skip(e, 9);
	send(e, 3);
	e->p.seq -= 1;
	SELFTEST(receive(e) == RTUN_CRYPT_FAR && e->tokens == RICH);
	SELFTEST(e->rx.c.changes == 2);
	e->p.seq += 1;
	SELFTEST(receive(e) == RTUN_CRYPT_KEY && is(e, 3));
	/* the same again is late */
	SELFTEST(receive(e) == RTUN_CRYPT_LATE);
	/* more than a turn of the count was lost */
	missed = e->missed;
	skip(e, 2 * RTUN_CRYPT_COUNTS + 100);
	SELFTEST(pass(e, 4) == RTUN_CRYPT_KEY && is(e, 4));
	SELFTEST(e->missed == missed + 2 * RTUN_CRYPT_COUNTS + 100);
	/* a whole one, so that the count is the awaited one */
	skip(e, RTUN_CRYPT_COUNTS);
	SELFTEST(pass(e, 5) == RTUN_CRYPT_KEY && is(e, 5));
	/* or nothing, but many numbers */
	e->seq += 10000;
	SELFTEST(pass(e, 6) == RTUN_CRYPT_KEY && is(e, 6));
	/* more than may be paid at once: catches up packet by packet */
	e->tokens = 1000;
	skip(e, 3 * RTUN_CRYPT_COUNTS);
	while (pass(e, 7) == RTUN_CRYPT_FAR)
		SELFTEST(e->tx.count < 200 || e->tx.count > 4000);
	SELFTEST(is(e, 7));
	SELFTEST(pass(e, 8) == RTUN_CRYPT_KEY && is(e, 8));
	return true;
}

/* --- strangers ------------------------------------------------------------------- */

/* Octets from nowhere under any count but the awaited one change no key. */
static bool forged(struct pair *e, u32 bits, enum mode mode)
{
	u32 i, j;

	start(e, bits, mode);
	for (i = 0; i < 40; i++) {
		SELFTEST(pass(e, i) == RTUN_CRYPT_KEY && is(e, i));
		for (j = 0; j < sizeof(e->p.peek); j++)
			e->p.peek[j] = rnd(256);
		e->tokens = 100;
		e->p.head = A | D | ((e->rx.c.count + 1 + rnd(4095)) & 0xfff);
		SELFTEST(receive(e) > RTUN_CRYPT_LATE_KEY);
		/* stateful, that was what a loss looks like */
		e->tx.flush = true;
	}
	return true;
}

/* --- stateful -------------------------------------------------------------------- */

static bool resyncs(struct pair *e, enum mode mode)
{
	struct rtun_crypt_packet p;
	u8 wire[LEN_MAX];
	u32 i;

	start(e, 128, mode);
	for (i = 0; i < 600; i++)
		SELFTEST(pass(e, i) == RTUN_CRYPT_KEY && is(e, i));
	/* one is lost: all are discarded until one is flushed */
	skip(e, 1);
	for (i = 0; i < 10; i++)
		SELFTEST(pass(e, i) == RTUN_CRYPT_DESYNC);
	e->tx.flush = true;
	SELFTEST(pass(e, 11) == RTUN_CRYPT_KEY && is(e, 11) && e->missed == 11);
	SELFTEST(pass(e, 12) == RTUN_CRYPT_KEY && is(e, 12));
	/* what comes twice is no loss */
	p = e->p;
	memcpy(wire, e->wire, LEN_MAX);
	SELFTEST(receive(e) == RTUN_CRYPT_LATE && !e->rx.lost);
	SELFTEST(pass(e, 13) == RTUN_CRYPT_KEY && is(e, 13));
	/* flushed ones are lost too */
	for (i = 0; i < 20; i++) {
		e->tx.flush = true;
		skip(e, 2);
		SELFTEST(pass(e, i) == RTUN_CRYPT_DESYNC);
	}
	e->tx.flush = true;
	SELFTEST(pass(e, 14) == RTUN_CRYPT_KEY && is(e, 14));
	/* what is old and was flushed is not believed */
	e->rx.lost = true;
	p.head |= A;
	e->p = p;
	memcpy(e->wire, wire, LEN_MAX);
	SELFTEST(receive(e) == RTUN_CRYPT_DESYNC);
	e->tx.flush = true;
	SELFTEST(pass(e, 15) == RTUN_CRYPT_KEY && is(e, 15));
	/* a flag packet is lost, or several */
	for (i = 0; i < 8; i++) {
		skip(e, 255 + 256 * i);
		e->tx.flush = true;
		SELFTEST(pass(e, i) == RTUN_CRYPT_KEY && is(e, i));
	}
	/* a whole turn of the count is: nothing is missing, nothing fits */
	skip(e, RTUN_CRYPT_COUNTS);
	while (pass(e, 16) == RTUN_CRYPT_KEY)
		SELFTEST(!is(e, 16));
	SELFTEST(e->rx.lost);
	e->tx.flush = true;
	SELFTEST(pass(e, 17) == RTUN_CRYPT_KEY && is(e, 17));
	SELFTEST(pass(e, 18) == RTUN_CRYPT_KEY && is(e, 18));
	SELFTEST(e->rx.c.changes == e->tx.changes);
	/* a flag packet has a new key, be it marked as flushed or not */
	while ((e->tx.count & 0xff) != 0xff)
		SELFTEST(pass(e, 19) == RTUN_CRYPT_KEY && is(e, 19));
	send(e, 20);
	e->p.head &= ~A;
	SELFTEST(receive(e) == RTUN_CRYPT_KEY && is(e, 20));
	return true;
}

/* --- a bad network ----------------------------------------------------------------- */

struct flight {
	struct rtun_crypt_packet p;
	u8 wire[LEN_MAX];
	u32 n;
	bool seen;
};

/* What stateless packet @n must be, when @newest has been the last one. */
static enum rtun_crypt_verdict oracle(u32 n, u32 newest)
{
	if (n > newest || newest == NOBODY)
		return RTUN_CRYPT_KEY;
	return newest - n < RTUN_CRYPT_KEPT ? RTUN_CRYPT_LATE_KEY :
					      RTUN_CRYPT_LATE;
}

/*
 * Some packets are lost, some come twice; stateless, each waits at random for so
 * long that some keys are gone.  The oracle: stateless, it is known of each what
 * becomes of it.  Stateful, what is decrypted is right, and all is well as soon
 * as one that was flushed arrives; who asks for one is heard after some packets.
 */
static bool network(struct pair *e, struct flight *f, u32 bits, enum mode mode)
{
	u32 i, n, newest = NOBODY, got = 0, ask = 0, silence = 0;

	start(e, bits, mode);
	e->tokens = 0;
	for (i = 0; i < SPREAD; i++)
		f[i].seen = true;
	for (n = 0; n < PACKETS; n++) {
		struct flight *a = &f[mode == STATELESS ? rnd(SPREAD) : 0], b;
		enum rtun_crypt_verdict v;

		if (ask && !--ask)
			e->tx.flush = true;
		send(e, n);
		if (!rnd(60))
			continue;
		/* who waits there goes now, and this one waits */
		b = *a;
		a->p = e->p;
		memcpy(a->wire, e->wire, LEN_MAX);
		a->n = n;
		a->seen = false;
		if (b.seen)
			continue;
		e->p = b.p;
		memcpy(e->wire, b.wire, LEN_MAX);
		v = receive(e);
		if (mode == STATELESS)
			SELFTEST(v == oracle(b.n, newest));
		if (v == RTUN_CRYPT_KEY || v == RTUN_CRYPT_LATE_KEY) {
			SELFTEST(is(e, b.n));
			got++;
			silence = 0;
			if (v == RTUN_CRYPT_KEY)
				newest = b.n;
		} else if (mode != STATELESS) {
			/* it takes a few to be heard, and some are lost */
			SELFTEST(++silence < 100);
			if (!ask)
				ask = 10;
		}
		if (!rnd(20)) {
			u64 changes = e->rx.c.changes;

			v = receive(e);
			SELFTEST(v == RTUN_CRYPT_LATE ||
				 (v == RTUN_CRYPT_DESYNC && mode != STATELESS));
			SELFTEST(changes == e->rx.c.changes);
		}
	}
	SELFTEST(got > PACKETS / 2);
	return true;
}

/* In blocks that are shuffled, nothing waits longer than a key is kept. */
static bool shuffled(struct pair *e, struct flight *f, u32 bits)
{
	u32 n = 0, i, got = 0, sent = 0;

	start(e, bits, STATELESS);
	while (n < PACKETS) {
		for (i = 0; i < SPREAD; i++, n++) {
			send(e, n);
			f[i].p = e->p;
			memcpy(f[i].wire, e->wire, LEN_MAX);
			f[i].n = n;
			f[i].seen = false;
		}
		for (i = 0; i < SPREAD; i++) {
			struct flight *a = &f[rnd(SPREAD)];

			if (a->seen)
				continue;
			e->p = a->p;
			memcpy(e->wire, a->wire, LEN_MAX);
			a->seen = true;
			sent++;
			got += receive(e) <= RTUN_CRYPT_LATE_KEY && is(e, a->n);
			SELFTEST(receive(e) == RTUN_CRYPT_LATE);
		}
	}
	SELFTEST(got == sent && sent > PACKETS / 3);
	/* what was passed over and has not come, is missing for good */
	SELFTEST(e->missed + got >= e->rx.c.changes);
	return true;
}

/* A jump is believed for a packet of the kind that is carried only. */
static bool kinds(struct pair *e)
{
	start(e, 128, STATELESS);
	SELFTEST(pass(e, 1) == RTUN_CRYPT_KEY && is(e, 1));
	skip(e, 3);
	send(e, 5);
	e->p.bridged = !bridged;
	SELFTEST(receive(e) == RTUN_CRYPT_FAR);
	e->p.bridged = bridged;
	SELFTEST(receive(e) == RTUN_CRYPT_KEY && is(e, 5));
	return true;
}

static bool all(struct pair *e, struct flight *f)
{
	u32 i, mode;

	if (!overtaken(e) || !costs(e) || !numbered(e) || !kinds(e) ||
	    !resyncs(e, STATEFUL_RFC) || !resyncs(e, STATEFUL_LINUX))
		return false;
	random_state = 0x3078;
	for (i = 0; i < sizeof(strengths) / sizeof(*strengths); i++) {
		if (!shuffled(e, f, strengths[i]))
			return false;
		for (mode = 0; mode < MODES; mode++)
			if (!network(e, f, strengths[i], mode) ||
			    !forged(e, strengths[i], mode))
				return false;
	}
	return true;
}

bool rtun_selftest_crypt(void)
{
	struct flight *f = selftest_alloc(SPREAD, sizeof(*f));
	struct pair *e = selftest_alloc(1, sizeof(*e));
	bool ok = e && f;

	bridged = false;
	ok = ok && derivations(&e->tx) && chains(&e->tx) && headers(e) &&
	     malformed(e) && all(e, f);
	bridged = true;
	ok = ok && all(e, f);
	selftest_free(e);
	selftest_free(f);
	return ok;
}
