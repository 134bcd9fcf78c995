/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames for the sessions that fuzzpackets.py makes, good ones and, with lies in them,
 * bad ones; and whether the kernel has to give one to rtun.  For fuzzpackets.c.
 *
 * A frame is made from the inside: the payload, the transport's header, UDP, IP.  What
 * lies is said before in a struct lies; what is changed afterwards, octet by octet, is
 * the program's own business, which then calls frame_sums().
 */
#ifndef _FUZZFRAMES_H
#define _FUZZFRAMES_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAME_MAX	= 66000,
	ETHER		= 14,
	KEYS		= 512,		/* of MPPE, after so many changes */
	PROTO_PROBE	= 253,		/* of IP, for experiments: RFC 3692 */
	CE		= 3,
};

/* --- random numbers: SplitMix64, the same everywhere ----------------------------- */

static uint64_t dice;

static uint32_t roll(void)
{
	uint64_t z = dice += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(uint32_t n) { return n ? roll() % n : 0; }
static bool one_in(uint32_t n) { return !below(n); }

/* --- sessions -------------------------------------------------------------------- */

enum xport { PPTP, V2, V3_UDP, V3_IP };
enum carries { PPP, ETH, VLAN, BCP };

/* Of a bundle what counts is the numbers of its classes. */
struct bundle {
	bool small;		/* headers of two octets */
	unsigned int classes;	/* 0: none */
	uint32_t seq[16];
};

static struct bundle bundles[2] = { { .small = false, .classes = 4 },
				    { .small = true } };

struct rc4 { uint8_t s[256], i, j; };

struct session {
	uint16_t id;
	uint8_t xport, v6, carries;
	uint8_t peer;		/* last octet of its address */
	uint16_t tunnel;	/* version 2 */
	uint16_t port;		/* ours */
	uint8_t cookie_len;
	bool sublayer, numbered;
	uint8_t mppe;		/* 0, 1: stateless, 2: stateful */
	bool tinygram;
	bool dead;		/* nothing of it gets to a device, by configuration */
	struct bundle *bundle;
	/* how far it is */
	uint32_t seq, count;
	struct rc4 stream;
	uint8_t key[KEYS][16];
	uint8_t key_len;
};

/* As fuzzpackets.py makes them: the wire's session id is the id, cookies are of 0xc0. */
static struct session sessions[] = {
	{ .id = 10, .xport = PPTP, .numbered = true },
	{ .id = 11, .xport = PPTP, .numbered = true, .mppe = 1 },
	{ .id = 12, .xport = PPTP, .numbered = true, .mppe = 2 },
	{ .id = 13, .xport = PPTP, .numbered = true, .carries = BCP, .tinygram = true },
	{ .id = 14, .xport = PPTP, .numbered = true, .carries = BCP },
	{ .id = 15, .xport = PPTP, .numbered = true, .bundle = &bundles[0] },
	{ .id = 16, .xport = V2, .tunnel = 2000, .port = 1701 },
	{ .id = 17, .xport = V2, .tunnel = 2000, .port = 1701, .numbered = true },
	{ .id = 18, .xport = V2, .tunnel = 2000, .port = 1701, .bundle = &bundles[0] },
	{ .id = 20, .xport = V3_UDP, .port = 1703, .carries = ETH, .cookie_len = 8 },
	{ .id = 21, .xport = V3_UDP, .port = 1703, .carries = VLAN, .cookie_len = 4,
	  .sublayer = true, .numbered = true },
	{ .id = 22, .xport = V3_UDP, .port = 1703 },
	{ .id = 23, .xport = V3_UDP, .port = 1703, .carries = ETH, .dead = true },
	{ .id = 24, .xport = V3_UDP, .port = 1703, .dead = true },
	{ .id = 25, .xport = V3_UDP, .port = 1703, .dead = true },
	{ .id = 26, .xport = V3_UDP, .port = 1703, .dead = true },
	{ .id = 27, .xport = V3_UDP, .port = 1703, .bundle = &bundles[1] },
	{ .id = 28, .xport = V3_UDP, .port = 1703, .bundle = &bundles[1], .cookie_len = 4 },
	{ .id = 29, .xport = V3_UDP, .port = 1703, .mppe = 1 },
	{ .id = 30, .xport = V3_UDP, .v6 = 1, .port = 1704, .carries = ETH, .cookie_len = 8 },
	{ .id = 31, .xport = V3_UDP, .v6 = 1, .port = 1704, .sublayer = true, .numbered = true },
	{ .id = 40, .xport = V3_IP, .carries = ETH, .cookie_len = 4, .sublayer = true,
	  .numbered = true },
	{ .id = 41, .xport = V3_IP },
	{ .id = 50, .xport = V3_IP, .v6 = 1, .carries = ETH, .cookie_len = 8 },
	{ .id = 70, .xport = PPTP, .numbered = true, .peer = 3 },
	{ .id = 71, .xport = PPTP, .numbered = true, .peer = 4 },
};

enum { SESSIONS = sizeof(sessions) / sizeof(sessions[0]) };

static uint32_t seq_mask(const struct session *s)
{
	return s->xport == PPTP ? 0xffffffff : s->xport == V2 ? 0xffff : 0xffffff;
}

/* --- MPPE: keys come from mppe.py, this is the cipher ---------------------------- */

static void rc4_key(struct rc4 *c, const uint8_t *key, unsigned int len)
{
	uint8_t t, j = 0;

	for (int i = 0; i < 256; i++)
		c->s[i] = i;
	for (int i = 0; i < 256; i++) {
		j += c->s[i] + key[i % len];
		t = c->s[i], c->s[i] = c->s[j], c->s[j] = t;
	}
	c->i = c->j = 0;
}

static void rc4(struct rc4 *c, uint8_t *p, unsigned int len)
{
	while (len--) {
		uint8_t t = c->s[++c->i];

		c->j += t;
		c->s[c->i] = c->s[c->j], c->s[c->j] = t;
		*p++ ^= c->s[(uint8_t)(c->s[c->i] + t)];
	}
}

/* --- what lies ------------------------------------------------------------------- */

/* Of one kind of packet; "like a peer" is all of it 0. */
struct lies {
	int32_t seq;		/* added to the number */
	bool stay;		/* the number is not used up */
	bool no_seq;
	uint8_t gre0, gre1;	/* these bits turned */
	int32_t length;		/* added to the transport's length, or the offset */
	uint16_t l2tp;		/* bits of the first 16 turned */
	bool bad_cookie, stranger, bad_peer, zero_csum, bad_csum, ce;
	uint8_t peer_port;	/* added */
	bool ack, l_bit, offset;
	/* PPP */
	bool no_address, one_octet;
	int32_t count;
	uint8_t mppe;		/* bits of the head turned, from the top */
	bool bad_key;
	/* multilink: as it is, if said */
	bool mp, bare;
	uint8_t mp_bits, mp_class;
	int32_t mp_seq;
	bool clear, sealed;	/* not encrypted, where it should be, and the other way */
	bool flush;
	/* bridged, Ethernet */
	uint8_t bcp, mac_type;
	bool tagged, untagged, looped;
	bool forged;		/* the inner source is another's */
};

enum kind {
	IP4, IP6, TCP, ECHO, LCP, CCP, RESET_REQUEST, RESET_ACK, UNKNOWN, EMPTY,
	ARP, KEEPALIVE, BPDU, RUNT, KINDS
};

struct frame {
	uint8_t b[FRAME_MAX];
	uint32_t len;
	uint32_t l4;		/* where IP's payload begins, */
	uint32_t payload;	/* and the transport's */
	uint32_t said;		/* where its length stands, 0: it has none */
	uint32_t since;		/* from where on that counts */
	bool v6, zero_csum, bad_csum;
};

static void put8(struct frame *f, uint8_t v) { f->b[f->len++] = v; }
static void put16(struct frame *f, uint16_t v) { put8(f, v >> 8); put8(f, v); }
static void put32(struct frame *f, uint32_t v) { put16(f, v >> 16); put16(f, v); }

static void put(struct frame *f, const void *p, uint32_t n)
{
	memcpy(f->b + f->len, p, n);
	f->len += n;
}

static void zeros(struct frame *f, uint32_t n)
{
	memset(f->b + f->len, 0, n);
	f->len += n;
}

static uint16_t get16(const uint8_t *p) { return p[0] << 8 | p[1]; }
static void set16(uint8_t *p, uint16_t v) { p[0] = v >> 8; p[1] = v; }

static uint32_t sum(uint32_t total, const uint8_t *p, uint32_t n)
{
	for (; n > 1; p += 2, n -= 2)
		total += get16(p);
	return total + (n ? *p << 8 : 0);
}

static uint16_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return ~total;
}

/* --- payloads -------------------------------------------------------------------- */

/* What a probe is told by: behind the header of an IP packet of PROTO_PROBE. */
struct mark { uint8_t magic[4]; uint16_t session, number, round; };

/* @proto: PROTO_PROBE with @number, or TCP */
static void ip4_packet(struct frame *f, const struct session *s, uint32_t round,
		       uint32_t number, uint8_t proto, const struct lies *l, uint32_t size)
{
	struct mark m = { "fuzz", htons(s->id), htons(number), htons(round) };
	uint32_t at = f->len;
	static uint32_t tcp_seq;

	put16(f, 0x4500);
	put16(f, 0);
	put32(f, 0x00014000);
	put16(f, 64 << 8 | proto);
	put16(f, 0);
	put32(f, (l->forged ? 0xac100002 : 0xc0a80002) | s->id << 8);	/* 192.168.ID.2 */
	put32(f, 0xc6336401);			/* 198.51.100.1 */
	if (proto == 6) {
		put32(f, 0x04d20050);
		put32(f, tcp_seq);
		put32(f, 1);
		put32(f, 0x50100400);
		put32(f, 0);
		zeros(f, size);
		tcp_seq += size;
		uint32_t total = sum(6 + 20 + size, f->b + at + 12, 8);
		set16(f->b + at + 36, fold(sum(total, f->b + at + 20, 20 + size)));
	} else {
		put(f, &m, sizeof(m));
		zeros(f, size);
	}
	set16(f->b + at + 2, f->len - at);
	set16(f->b + at + 10, fold(sum(0, f->b + at, 20)));
}

static void ip6_packet(struct frame *f, const struct session *s, uint32_t round,
		       uint32_t number, uint32_t size)
{
	struct mark m = { "fuzz", htons(s->id), htons(number), htons(round) };

	put32(f, 0x60000000);
	put16(f, sizeof(m) + size);
	put16(f, PROTO_PROBE << 8 | 64);
	put32(f, 0xfd090000);
	put32(f, 0);
	put32(f, s->id);
	put32(f, 2);
	put32(f, 0x20010db8);
	zeros(f, 8);
	put32(f, 1);
	put(f, &m, sizeof(m));
	zeros(f, size);
}

static void ethernet(struct frame *f, const struct session *s, enum kind kind, uint32_t round,
		     uint32_t number, const struct lies *l, uint32_t size)
{
	static const uint8_t loop[] = { 0xcf, 0, 0, 0, 0, 0 }, bpdu[] = { 1, 0x80, 0xc2, 0, 0, 0 };
	uint8_t to[] = { 2, 0, 0, 0, 0x10, s->id }, from[] = { 2, 0, 0, 0, 0x20, s->id };

	put(f, kind == KEEPALIVE ? loop : kind == BPDU ? bpdu : to, 6);
	put(f, l->looped ? to : from, 6);
	if (l->tagged || (s->carries == VLAN && !l->untagged))
		put32(f, 0x81000005);
	switch (kind) {
	case KEEPALIVE:
		put16(f, 0x9000);
		put32(f, 0x00000100);
		put16(f, 0x7472);
		zeros(f, 40);
		break;
	case ARP:
		put16(f, 0x0806);
		put32(f, 0x00010800);
		put32(f, 0x06040001);
		put(f, from, 6);
		put32(f, 0xc0a80002);
		zeros(f, 6);
		put32(f, 0xc6336401);
		break;
	case BPDU:
		put16(f, 38);
		put32(f, 0x42420300);
		zeros(f, 42);
		break;
	case RUNT:
		put16(f, 0x88b5);
		zeros(f, below(8));
		break;
	case IP6:
		put16(f, 0x86dd);
		ip6_packet(f, s, round, number, size);
		break;
	default:
		put16(f, 0x0800);
		ip4_packet(f, s, round, number, kind == TCP ? 6 : PROTO_PROBE, l, size);
	}
}

static void ppp_proto(struct frame *f, const struct lies *l, uint16_t proto)
{
	if (l->one_octet && proto < 0x100)
		put8(f, proto);
	else
		put16(f, proto);
}

/* From the protocol field on. */
static void ppp_packet(struct frame *f, struct session *s, enum kind kind, uint32_t round,
		       uint32_t number, const struct lies *l, uint32_t size)
{
	switch (kind) {
	case ECHO:
		put16(f, 0xc021);
		put32(f, 0x09010000 | (8 + size));
		put32(f, 0x12345678);
		zeros(f, size);
		return;
	case LCP:
		put16(f, 0xc021);
		put32(f, 0x01010000 | (4 + size));
		zeros(f, size);
		return;
	case CCP:
		put16(f, 0x80fd);
		put32(f, 0x0101000a);
		put32(f, 0x12060100);
		put16(f, 0x0040);
		return;
	case RESET_REQUEST:
		put16(f, 0x80fd);
		put32(f, 0x0e010004);
		return;
	case RESET_ACK:
		put16(f, 0x80fd);
		put32(f, 0x0f010004);
		return;
	case UNKNOWN:
		put16(f, 0xc223);
		put32(f, 0x01010004);
		return;
	default:
		break;
	}
	if (s->carries == BCP) {
		ppp_proto(f, l, 0x0031);
		put8(f, l->bcp);
		put8(f, 1 ^ l->mac_type);
		ethernet(f, s, kind, round, number, l, size);
		if (l->bcp & 0x80)
			put32(f, 0xdeadbeef);
		zeros(f, l->bcp & 0x0f);
	} else if (kind == IP6) {
		ppp_proto(f, l, 0x0057);
		ip6_packet(f, s, round, number, size);
	} else {
		ppp_proto(f, l, 0x0021);
		ip4_packet(f, s, round, number, kind == TCP ? 6 : PROTO_PROBE, l, size);
	}
}

/* Encrypt what is from @at on, which begins with its protocol field. */
static void seal(struct frame *f, struct session *s, uint32_t at, const struct lies *l)
{
	uint32_t count = s->count + l->count, n = f->len - at;
	uint16_t head = 0x1000 | (count & 0xfff);
	struct rc4 c = s->stream;

	if (s->mppe == 1) {
		head |= 0x8000;
		rc4_key(&c, s->key[(count + 1) % KEYS], s->key_len);
	} else if ((count & 0xff) == 0xff) {
		head |= 0x8000;
		rc4_key(&c, s->key[(count / 256 + 1) % KEYS], s->key_len);
	} else if (l->flush) {
		/* the current key from its start: RFC 3078 section 7.3 */
		head |= 0x8000;
		rc4_key(&c, s->key[count / 256 % KEYS], s->key_len);
	}
	if (l->bad_key)
		rc4(&c, (uint8_t[1]){ 0 }, 1);
	memmove(f->b + at + 4, f->b + at, n);
	rc4(&c, f->b + at + 4, n);
	set16(f->b + at, 0x00fd);
	set16(f->b + at + 2, head ^ l->mppe << 8);
	f->len += 4;
	if (!l->stay) {
		s->count = (s->count + 1) & 0xfff;
		s->stream = c;
	}
}

/* The header of a fragment. */
static void mp_header(struct frame *f, struct session *s, const struct lies *l)
{
	struct bundle *b = s->bundle;
	uint8_t class = l->mp_class, bits = l->mp ? l->mp_bits : 0xc0;
	uint32_t seq = b->seq[class & 15] + l->mp_seq;

	ppp_proto(f, l, 0x003d);
	if (b->small)
		put16(f, bits << 8 | (class & 3) << 12 | (seq & 0xfff));
	else
		put32(f, (uint32_t)(bits | (class & 15) << 2) << 24 | (seq & 0xffffff));
	if (!l->stay)
		b->seq[class & 15]++;
}

static bool is_network(enum kind kind)
{
	return kind == IP4 || kind == IP6 || kind == TCP || kind >= ARP;
}

static void payload(struct frame *f, struct session *s, enum kind kind, uint32_t round,
		    uint32_t number, const struct lies *l, uint32_t size)
{
	uint32_t at;

	if (kind == EMPTY)
		return;
	if (s->carries == ETH || s->carries == VLAN) {
		ethernet(f, s, kind, round, number, l, size);
		return;
	}
	if (!l->no_address)
		put16(f, 0xff03);
	if (s->bundle && !l->bare && kind != LCP && kind != ECHO)
		mp_header(f, s, l);
	at = f->len;
	ppp_packet(f, s, kind, round, number, l, size);
	if ((s->mppe && is_network(kind) && !l->clear) || (l->sealed && s->key_len))
		seal(f, s, at, l);
	else if (l->sealed)
		set16(f->b + at, 0x00fd);
}

/* --- transports ------------------------------------------------------------------ */

static void transport(struct frame *f, struct session *s, const struct lies *l)
{
	uint32_t seq = s->seq + l->seq, at, rest = l->stranger ? below(65536) | 0x8000 : s->id;
	uint16_t bits;

	if (!l->stay && s->numbered)
		s->seq = (s->seq + 1) & seq_mask(s);
	f->l4 = f->len;
	if (s->xport != PPTP && s->xport != V3_IP) {
		put16(f, 1701 + l->peer_port);
		put16(f, s->port);
		put32(f, 0);
	}
	at = f->len;
	switch (s->xport) {
	case PPTP:
		put8(f, (l->no_seq ? 0x20 : 0x30) ^ l->gre0);
		put8(f, (l->ack ? 0x81 : 0x01) ^ l->gre1);
		put16(f, 0x880b);
		put16(f, 0);
		put16(f, rest);
		if (!l->no_seq)
			put32(f, seq);
		if (l->ack)
			put32(f, roll());
		break;
	case V2:
		bits = (l->l_bit ? 0x4000 : 0) | (l->offset ? 0x0200 : 0) | 2;
		if (s->numbered && !l->no_seq)
			bits |= 0x0800;
		put16(f, bits ^ l->l2tp);
		if (l->l_bit)
			put16(f, 0);
		put16(f, s->tunnel);
		put16(f, rest);
		if (s->numbered && !l->no_seq)
			put32(f, seq << 16);
		if (l->offset) {
			put16(f, 3 + l->length);
			zeros(f, 3);
		}
		break;
	default:
		if (s->xport == V3_UDP)
			put32(f, (uint32_t)(3 ^ l->l2tp) << 16);
		put32(f, rest);
		for (int i = 0; i < s->cookie_len; i++)
			put8(f, l->bad_cookie ? 0xc1 : 0xc0);
		if (s->sublayer)
			put32(f, l->no_seq || !s->numbered ? 0 : 0x40000000 | (seq & 0xffffff));
	}
	f->payload = f->len;
	f->b[FRAME_MAX - 1] = at - f->l4;	/* until the length is known */
}

static void ip_header(struct frame *f, const struct session *s, const struct lies *l)
{
	uint8_t proto = s->xport == PPTP ? 47 : s->xport == V3_IP ? 115 : 17;
	uint8_t peer = l->bad_peer ? 9 : s->peer ? s->peer : 2;
	static const uint8_t macs[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	uint8_t tos = l->ce ? CE : 0;
	static uint16_t ip_id;

	f->v6 = s->v6;
	put(f, macs, sizeof(macs));
	if (s->v6) {
		put16(f, 0x86dd);
		put32(f, 0x60000000 | (uint32_t)tos << 20);
		put16(f, 0);
		put16(f, proto << 8 | 64);
		for (int i = 0; i < 2; i++) {
			put32(f, 0xfd660000);
			zeros(f, 8);
			put32(f, i ? 1 : peer);
		}
		return;
	}
	put16(f, 0x0800);
	put16(f, 0x4500 | tos);
	put16(f, 0);
	put16(f, ++ip_id);
	put16(f, 0);
	put16(f, 64 << 8 | proto);
	put16(f, 0);
	put32(f, 0x0a420000 | peer);
	put32(f, 0x0a420001);
}

/* Lengths and checksums as they should be, whatever was changed. */
static void frame_sums(struct frame *f)
{
	uint32_t l3 = ETHER, n = f->len - f->l4, total;
	uint8_t *p = f->b, proto = f->v6 ? p[l3 + 6] : p[l3 + 9];

	if (f->len < f->l4)
		return;
	if (f->v6) {
		set16(p + l3 + 4, n);
	} else {
		set16(p + l3 + 2, f->len - l3);
		set16(p + l3 + 10, 0);
		set16(p + l3 + 10, fold(sum(0, p + l3, f->l4 - l3)));
	}
	if (proto != 17 || n < 8)
		return;
	set16(p + f->l4 + 4, n);
	set16(p + f->l4 + 6, 0);
	if (f->zero_csum)
		return;
	total = f->v6 ? sum(17 + n, p + l3 + 8, 32) : sum(17 + n, p + l3 + 12, 8);
	total = fold(sum(total, p + f->l4, n));
	set16(p + f->l4 + 6, (total ? total : 0xffff) ^ (f->bad_csum ? 0x5555 : 0));
}

/* The transport's length as it should be, whatever was cut or added. */
static void frame_fit(struct frame *f)
{
	if (f->said && f->len >= f->payload)
		set16(f->b + f->said, f->len - f->since);
}

static void frame_make(struct frame *f, struct session *s, enum kind kind, uint32_t round,
		       uint32_t number, const struct lies *l, uint32_t size)
{
	uint32_t at;

	f->len = 0;
	f->zero_csum = l->zero_csum;
	f->bad_csum = l->bad_csum;
	ip_header(f, s, l);
	transport(f, s, l);
	at = f->l4 + f->b[FRAME_MAX - 1];
	payload(f, s, kind, round, number, l, size);
	f->said = s->xport == PPTP ? at + 4 : s->xport == V2 && l->l_bit ? at + 2 : 0;
	f->since = s->xport == PPTP ? f->payload : at;
	frame_fit(f);
	if (f->said && !l->offset)
		set16(f->b + f->said, f->len - f->since + l->length);
	frame_sums(f);
}

/* --- what has to get there ---------------------------------------------------- */

enum arrives { NEVER, SURELY, PERHAPS };

static enum arrives arrives_l4(const uint8_t *p, uint32_t n, uint8_t proto, uint32_t pseudo,
			       bool v6)
{
	uint32_t size;

	switch (proto) {
	case 47:
		/* the demultiplexer's own look; GRE is not for IPv6 */
		return !v6 && n >= 12 && (p[1] & 0x7f) == 1 ? SURELY : NEVER;
	case 115:
		return SURELY;
	case 17:
		if (n < 8)
			return NEVER;
		size = get16(p + 4);
		/* of an IPv6 jumbogram */
		if (!size && v6)
			return PERHAPS;
		if (size < 8 || size > n)
			return NEVER;
		if (get16(p + 2) != (v6 ? 1704 : 1701) && (v6 || get16(p + 2) != 1703))
			return NEVER;
		/* without a port nobody is answered, but it is there */
		if (!get16(p + 6))
			return SURELY;
		return fold(sum(pseudo + 17 + size, p, size)) ? NEVER : SURELY;
	}
	return NEVER;
}

/* Is this for rtun?  Where that depends on more than its own octets, PERHAPS. */
static enum arrives arrives(const struct frame *f)
{
	const uint8_t *p = f->b + ETHER;
	uint32_t n = f->len - ETHER, hlen, size;
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 1 }, own6[16] = { 0xfd, 0x66, [15] = 1 };

	if (f->len < ETHER + 20 || memcmp(f->b, mac, 6))
		return NEVER;
	if (get16(f->b + 12) == 0x0800) {
		hlen = (p[0] & 15) * 4;
		size = get16(p + 2);
		if (p[0] >> 4 != 4 || hlen < 20 || size < hlen || size > n ||
		    fold(sum(0, p, hlen)))
			return NEVER;
		if (hlen > 20 || get16(p + 6) & 0x3fff || get16(p + 12) != 0x0a42 ||
		    memcmp(p + 16, "\x0a\x42\x00\x01", 4) || p[14] || p[15] < 2 || p[15] > 9)
			return PERHAPS;
		return arrives_l4(p + hlen, size - hlen, p[9], sum(0, p + 12, 8), false);
	}
	if (get16(f->b + 12) != 0x86dd || n < 40)
		return NEVER;
	size = get16(p + 4);
	if (p[0] >> 4 != 6 || size > n - 40)
		return NEVER;
	if (p[6] != 17 && p[6] != 47 && p[6] != 115)
		return PERHAPS;
	/* a length of 0 may be a jumbogram's */
	if (!size || memcmp(p + 24, own6, 16) || memcmp(p + 8, own6, 15) || p[23] < 2 || p[23] > 9)
		return PERHAPS;
	return arrives_l4(p + 40, size, p[6], sum(0, p + 8, 32), true);
}

#endif /* _FUZZFRAMES_H */
