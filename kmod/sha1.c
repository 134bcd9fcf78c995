// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-1, see sha1.h.  Vectors: FIPS 180-2 appendix A and RFC 3174, in selftest/sha1.c.
 */
#include "sha1.h"

#ifdef __KERNEL__
#include <linux/string.h>
#endif

static inline u32 rol(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static inline u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* Words 0..15 are the text's, each of the others takes the place of the one 16 before. */
#define TEXT(i) (w[i] = be32(p + 4 * (i)))
#define MIXED(i)							\
	(w[(i) & 15] = rol(w[((i) + 13) & 15] ^ w[((i) + 8) & 15] ^	\
			   w[((i) + 2) & 15] ^ w[(i) & 15], 1))

#define CHOOSE(b, c, d) (((d) ^ ((b) & ((c) ^ (d)))) + 0x5a827999)
#define PARITY1(b, c, d) (((b) ^ (c) ^ (d)) + 0x6ed9eba1)
#define MAJORITY(b, c, d)						\
	(((b) & (c)) + ((d) & ((b) ^ (c))) + 0x8f1bbcdc)
#define PARITY2(b, c, d) (((b) ^ (c) ^ (d)) + 0xca62c1d6)

/* Names change places instead of values; loops are not unrolled in a kernel. */
#define STEP(a, b, c, d, e, mix, word) do {				\
	e += rol(a, 5) + mix(b, c, d) + (word);				\
	b = rol(b, 30);							\
} while (0)
#define FIVE(mix, word, i) do {						\
	STEP(a, b, c, d, e, mix, word(i));				\
	STEP(e, a, b, c, d, mix, word((i) + 1));			\
	STEP(d, e, a, b, c, mix, word((i) + 2));			\
	STEP(c, d, e, a, b, mix, word((i) + 3));			\
	STEP(b, c, d, e, a, mix, word((i) + 4));			\
} while (0)
#define TWENTY(mix, i) do {						\
	FIVE(mix, MIXED, i);						\
	FIVE(mix, MIXED, (i) + 5);					\
	FIVE(mix, MIXED, (i) + 10);					\
	FIVE(mix, MIXED, (i) + 15);					\
} while (0)

static void block(u32 h[5], const u8 *p, u32 w[16])
{
	u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	FIVE(CHOOSE, TEXT, 0);
	FIVE(CHOOSE, TEXT, 5);
	FIVE(CHOOSE, TEXT, 10);
	STEP(a, b, c, d, e, CHOOSE, TEXT(15));
	STEP(e, a, b, c, d, CHOOSE, MIXED(16));
	STEP(d, e, a, b, c, CHOOSE, MIXED(17));
	STEP(c, d, e, a, b, CHOOSE, MIXED(18));
	STEP(b, c, d, e, a, CHOOSE, MIXED(19));
	TWENTY(PARITY1, 20);
	TWENTY(MAJORITY, 40);
	TWENTY(PARITY2, 60);
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void rtun_sha1(const u8 *data, u32 len, u8 digest[RTUN_SHA1_DIGEST])
{
	u32 h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
		     0xc3d2e1f0 };
	u8 last[2 * RTUN_SHA1_BLOCK] = {};
	u32 w[16], rest, end, i;
	u64 bits = 8 * (u64)len;

	for (rest = len; rest >= RTUN_SHA1_BLOCK; rest -= RTUN_SHA1_BLOCK) {
		block(h, data, w);
		data += RTUN_SHA1_BLOCK;
	}
	memcpy(last, data, rest);
	last[rest] = 0x80;
	end = rest < RTUN_SHA1_BLOCK - 8 ? RTUN_SHA1_BLOCK : sizeof(last);
	for (i = 1; i <= 8; i++, bits >>= 8)
		last[end - i] = bits & 0xff;
	for (i = 0; i < end; i += RTUN_SHA1_BLOCK)
		block(h, last + i, w);
	for (i = 0; i < RTUN_SHA1_DIGEST; i++)
		digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
	memzero_explicit(last, sizeof(last));
	memzero_explicit(w, sizeof(w));
	memzero_explicit(h, sizeof(h));
}
