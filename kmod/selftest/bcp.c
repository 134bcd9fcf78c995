// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of bcp_wire.h: headers as Wireshark reads them, each refusal, every first
 * octet with every length about the bounds; then random frames there and back
 * again, compressed where that is agreed on, with and without FCS and pads.
 */
#include "selftest.h"
#include "bcp_wire.h"

enum {
	FRAMES	= 5000,
	LEN_MAX	= 128,
	ROOM	= LEN_MAX + RTUN_BCP_HLEN + RTUN_BCP_FCS_LEN + RTUN_BCP_PADS,
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

static bool is(u8 bits, u8 type, u32 len, u8 agreed, enum rtun_bcp_verdict why)
{
	const u8 p[] = { bits, type };
	u32 have = len < sizeof(p) ? len : sizeof(p);
	struct rtun_bcp_frame f;

	return rtun_bcp_parse(&f, p, have, len, agreed) == why;
}

static bool refusals(void)
{
	const u8 Z = RTUN_BCP_Z;
	u32 type;

	SELFTEST(is(0, 1, 62, 0, RTUN_BCP_GOOD));
	SELFTEST(is(0, 1, 16, 0, RTUN_BCP_GOOD));
	SELFTEST(is(RTUN_BCP_B, 1, 62, 0, RTUN_BCP_GOOD));
	SELFTEST(is(0, 1, 0, 0, RTUN_BCP_TRUNCATED));
	SELFTEST(is(0, 1, 1, 0, RTUN_BCP_TRUNCATED));
	SELFTEST(is(0, 1, 2, 0, RTUN_BCP_LENGTH));
	SELFTEST(is(0, 1, 15, 0, RTUN_BCP_LENGTH));
	SELFTEST(is(RTUN_BCP_F, 1, 19, 0, RTUN_BCP_LENGTH));
	SELFTEST(is(RTUN_BCP_F, 1, 20, 0, RTUN_BCP_GOOD));
	SELFTEST(is(RTUN_BCP_F | 15, 1, 34, 0, RTUN_BCP_LENGTH));
	SELFTEST(is(RTUN_BCP_F | 15, 1, 35, 0, RTUN_BCP_GOOD));
	SELFTEST(is(RTUN_BCP_I, 1, 62, Z | RTUN_BCP_I, RTUN_BCP_LAN_ID));
	for (type = 0; type < 256; type++)
		SELFTEST(is(0, type, 62, 0, RTUN_BCP_MAC_TYPE) == (type != 1));
	SELFTEST(is(Z, 1, 40, 0, RTUN_BCP_TINYGRAM));
	SELFTEST(is(Z, 1, 40, Z, RTUN_BCP_GOOD));
	SELFTEST(is(Z, 1, 4, Z, RTUN_BCP_LENGTH));
	return true;
}

/* Nothing adds up to anything but what is there. */
static bool sums(void)
{
	struct rtun_bcp_frame f;
	u8 p[RTUN_BCP_HLEN] = { 0, RTUN_BCP_ETHERNET };
	u32 bits, len;

	for (bits = 0; bits < 256; bits++) {
		for (len = RTUN_BCP_HLEN; len < ROOM; len++) {
			p[0] = bits;
			if (rtun_bcp_parse(&f, p, 2, len, RTUN_BCP_Z) !=
			    RTUN_BCP_GOOD)
				continue;
			SELFTEST(!(bits & RTUN_BCP_I));
			SELFTEST(RTUN_BCP_HLEN + f.len + f.fcs + f.pads == len);
			SELFTEST(f.len >= RTUN_BCP_ETH_HLEN);
			SELFTEST(f.fcs == (bits & RTUN_BCP_F ? 4 : 0));
			SELFTEST(f.pads == (bits & 15));
			SELFTEST(!f.fill || f.len + f.fill == RTUN_BCP_ETH_MIN);
			SELFTEST(bits & RTUN_BCP_Z || !f.fill);
			SELFTEST(!(bits & RTUN_BCP_Z) || f.len + f.fill >= 60);
		}
	}
	/* as long as there can be */
	p[0] = 0;
	SELFTEST(rtun_bcp_parse(&f, p, 2, ~0U, 0) == RTUN_BCP_GOOD);
	SELFTEST(f.len == ~0U - RTUN_BCP_HLEN);
	return true;
}

static bool tinygrams(u8 *frame)
{
	u8 p[RTUN_BCP_HLEN];

	memset(frame, 0, LEN_MAX);
	/* never into the Ethernet header */
	SELFTEST(rtun_bcp_tinygram(frame, 60) == 14);
	frame[20] = 1;
	SELFTEST(rtun_bcp_tinygram(frame, 60) == 21);
	frame[59] = 1;
	SELFTEST(rtun_bcp_tinygram(frame, 60) == 60);
	/* no other length comes back */
	frame[59] = 0;
	SELFTEST(rtun_bcp_tinygram(frame, 59) == 59);
	SELFTEST(rtun_bcp_tinygram(frame, 61) == 61);
	SELFTEST(rtun_bcp_tinygram(frame, 14) == 14);

	rtun_bcp_build(p, 60, 60);
	SELFTEST(p[0] == 0 && p[1] == 1);
	rtun_bcp_build(p, 60, 21);
	SELFTEST(p[0] == 0x20 && p[1] == 1);
	return true;
}

static bool management(void)
{
	u8 to[6] = { 0x01, 0x80, 0xc2 };
	u32 i;

	for (i = 0; i < 256; i++) {
		to[5] = i;
		SELFTEST(rtun_bcp_management(to) ==
			 (i < 0x10 || (i >= 0x20 && i < 0x30)));
	}
	to[5] = 0;
	for (i = 0; i < 5; i++) {
		to[i] ^= 1;
		SELFTEST(!rtun_bcp_management(to));
		to[i] ^= 1;
	}
	return true;
}

/* A frame, sent and received, is the same frame; the FCS and pads are not it. */
static bool round_trip(u8 *frame, u8 *wire)
{
	u32 len = rnd(3) ? RTUN_BCP_ETH_MIN : RTUN_BCP_ETH_HLEN + rnd(115);
	u32 zeros = rnd(len - RTUN_BCP_ETH_HLEN + 1), tail, sent, i;
	u8 agreed = rnd(2) ? RTUN_BCP_Z : 0;
	struct rtun_bcp_frame f;

	for (i = 0; i < len; i++)
		frame[i] = i < len - zeros ? rnd(256) : 0;
	sent = agreed ? rtun_bcp_tinygram(frame, len) : len;
	SELFTEST(sent <= len && sent >= RTUN_BCP_ETH_HLEN);
	rtun_bcp_build(wire, len, sent);
	memcpy(wire + RTUN_BCP_HLEN, frame, sent);
	tail = rnd(16);
	wire[0] |= tail;
	if (rnd(2)) {
		wire[0] |= RTUN_BCP_F;
		tail += RTUN_BCP_FCS_LEN;
	}
	memset(wire + RTUN_BCP_HLEN + sent, 0xee, tail);

	SELFTEST(rtun_bcp_parse(&f, wire, RTUN_BCP_HLEN,
				RTUN_BCP_HLEN + sent + tail,
				agreed) == RTUN_BCP_GOOD);
	SELFTEST(f.len == sent && f.len + f.fill == len);
	memset(wire + RTUN_BCP_HLEN + f.len, 0, f.fill);
	SELFTEST(!memcmp(wire + RTUN_BCP_HLEN, frame, len));
	return true;
}

bool rtun_selftest_bcp(void)
{
	u8 *frame = selftest_alloc(1, LEN_MAX);
	u8 *wire = selftest_alloc(1, ROOM);
	bool ok = frame && wire && refusals() && sums() && tinygrams(frame) &&
		  management();
	u32 i;

	random_state = 0x3518;
	for (i = 0; ok && i < FRAMES; i++)
		ok = round_trip(frame, wire);
	selftest_free(frame);
	selftest_free(wire);
	return ok;
}
