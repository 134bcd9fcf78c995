// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-1, see sha1.h.  Vectors: FIPS 180-2 appendix A and RFC 3174, in
 * selftest/sha1.c; of the changes of a key those in selftest/crypt.c.
 */
#include "sha1.h"

#ifdef __KERNEL__
#include <linux/compiler.h>
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

static inline void put_be32(u8 *p, u32 x)
{
	p[0] = x >> 24;
	p[1] = x >> 16 & 0xff;
	p[2] = x >> 8 & 0xff;
	p[3] = x & 0xff;
}

static const u32 initial[5] = {
	0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0
};

/* --- rounds --------------------------------------------------------------- */

/* The functions and constants of FIPS 180-2 sections 4.1.1 and 4.2.1. */
#define CHOOSE(b, c, d) (((d) ^ ((b) & ((c) ^ (d)))) + 0x5a827999)
#define PARITY1(b, c, d) (((b) ^ (c) ^ (d)) + 0x6ed9eba1)
#define MAJORITY(b, c, d)						\
	(((b) & (c)) + ((d) & ((b) ^ (c))) + 0x8f1bbcdc)
#define PARITY2(b, c, d) (((b) ^ (c) ^ (d)) + 0xca62c1d6)

/* Word @i of the schedule (section 6.1.2): 0..15 are the text's, each of the
 * others takes the place of the one 16 before.
 */
#define WORD(i)								\
	((i) < 16 ? w[(i) & 15] :					\
		    (w[(i) & 15] = rol(w[((i) + 13) & 15] ^		\
				       w[((i) + 8) & 15] ^		\
				       w[((i) + 2) & 15] ^ w[(i) & 15], 1)))

/* In round @i, 0..79, the letters a to e of section 6.1.2 are these: they
 * change places instead of values.  Before round 0 and after 79 a is v[0].
 */
#define A(i) v[(80 - (i)) % 5]
#define B(i) v[(81 - (i)) % 5]
#define C(i) v[(82 - (i)) % 5]
#define D(i) v[(83 - (i)) % 5]
#define E(i) v[(84 - (i)) % 5]

/* All numbers of rounds are constants, and so is what is made of them: for the
 * compiler @v and @w are 21 variables.  Loops are not unrolled in a kernel.
 */
#define ROUND(i, mix, word) do {					\
	E(i) += rol(A(i), 5) + mix(B(i), C(i), D(i)) + (word);		\
	B(i) = rol(B(i), 30);						\
} while (0)
#define FIVE(i, mix) do {						\
	ROUND(i, mix, WORD(i));						\
	ROUND((i) + 1, mix, WORD((i) + 1));				\
	ROUND((i) + 2, mix, WORD((i) + 2));				\
	ROUND((i) + 3, mix, WORD((i) + 3));				\
	ROUND((i) + 4, mix, WORD((i) + 4));				\
} while (0)
#define TWENTY(i, mix) do {						\
	FIVE(i, mix);							\
	FIVE((i) + 5, mix);						\
	FIVE((i) + 10, mix);						\
	FIVE((i) + 15, mix);						\
} while (0)

/* Rounds 20 to 79. */
static __always_inline void rounds_20(u32 v[5], u32 w[16])
{
	TWENTY(20, PARITY1);
	TWENTY(40, MAJORITY);
	TWENTY(60, PARITY2);
}

/* The state @h after the block @w. */
static __always_inline void block(u32 h[5], u32 w[16])
{
	u32 v[5] = { h[0], h[1], h[2], h[3], h[4] };

	TWENTY(0, CHOOSE);
	rounds_20(v, w);
	h[0] += v[0];
	h[1] += v[1];
	h[2] += v[2];
	h[3] += v[3];
	h[4] += v[4];
}

/* Zero the stack below the caller's, where what it called just before had its
 * variables: the schedule is more than there are registers for.
 */
static __attribute__((__noinline__)) void wipe(void)
{
	u64 stack[32];

	memzero_explicit(stack, sizeof(stack));
}

/* --- any text ------------------------------------------------------------- */

static __attribute__((__noinline__)) void text_block(u32 h[5], const u8 *p)
{
	u32 w[16] = {
		be32(p), be32(p + 4), be32(p + 8), be32(p + 12),
		be32(p + 16), be32(p + 20), be32(p + 24), be32(p + 28),
		be32(p + 32), be32(p + 36), be32(p + 40), be32(p + 44),
		be32(p + 48), be32(p + 52), be32(p + 56), be32(p + 60),
	};

	block(h, w);
}

void rtun_sha1(const u8 *data, u32 len, u8 digest[RTUN_SHA1_DIGEST])
{
	u8 last[2 * RTUN_SHA1_BLOCK] = {};
	u64 bits = 8 * (u64)len;
	u32 h[5], rest, end, i;

	memcpy(h, initial, sizeof(h));
	for (rest = len; rest >= RTUN_SHA1_BLOCK; rest -= RTUN_SHA1_BLOCK) {
		text_block(h, data);
		data += RTUN_SHA1_BLOCK;
	}
	memcpy(last, data, rest);
	last[rest] = 0x80;
	end = rest < RTUN_SHA1_BLOCK - 8 ? RTUN_SHA1_BLOCK : sizeof(last);
	for (i = 1; i <= 8; i++, bits >>= 8)
		last[end - i] = bits & 0xff;
	for (i = 0; i < end; i += RTUN_SHA1_BLOCK)
		text_block(h, last + i);
	for (i = 0; i < 5; i++)
		put_be32(digest + 4 * i, h[i]);
	wipe();
	memzero_explicit(last, sizeof(last));
	memzero_explicit(h, sizeof(h));
}

/* --- changes of a key ----------------------------------------------------- */

/*
 * The text of RFC 3078 section 7.3 as words of the two blocks, the end as FIPS
 * 180-2 section 5.1.1 has it:
 *
 *	octets of a key	16			8
 *	first block	0-3   start key		0-1   start key
 *			4-13  zeros		2-11  zeros
 *			14-15 current key	12-13 current key
 *						14-15 0xf2
 *	second block	0-1   current key	0-7   0xf2
 *			2-11  0xf2
 *			12    end, 0x80...	8     end, 0x80...
 *			15    length, 896 bits	15    length, 768 bits
 *
 * What is constant here the compiler works out: with short keys the whole
 * schedule of the second block, with long ones parts of that.  And up to
 * @first, the first word of the current key, the first block is the same as
 * long as the start key is.
 */
enum {
	PAD2 = 0xf2f2f2f2,	/* SHSpad2 */
	END = 0x80000000,
};

/* Where the current key begins. */
static u32 first_word(u32 len)
{
	return len / 4 + 10;
}

void rtun_sha1_start(struct rtun_sha1_start *s, const u8 *start, u32 len)
{
	u32 a = initial[0], b = initial[1], c = initial[2], d = initial[3];
	u32 e = initial[4], first = first_word(len), next, i;

	for (i = 0; i < 4; i++)
		s->key[i] = i < len / 4 ? be32(start + 4 * i) : 0;
	for (i = 0; i < first; i++) {
		next = rol(a, 5) + CHOOSE(b, c, d) + e;
		if (i < 4)
			next += s->key[i];
		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = next;
	}
	/* round @first, all but its word */
	s->sum[0] = rol(a, 5) + CHOOSE(b, c, d) + e;
	b = rol(b, 30);
	/* the next, all but its word and what the result of that goes into */
	s->sum[1] = CHOOSE(a, b, c) + d;
	/* the one after that: its word is 16 of a long key, else 14 */
	s->sum[2] = c + (len == 16 ? rol(s->key[2] ^ s->key[0], 1) : PAD2);
	s->old[0] = rol(a, 30);
	s->old[1] = b;
}

/* Go on where rtun_sha1_start() stopped, to the end of round @i: the second
 * after that of the current key's first word.
 */
static __always_inline void resume(u32 v[5], const struct rtun_sha1_start *s,
				   const u32 w[16], u32 i)
{
	B(i) = s->sum[0] + w[i - 2];
	A(i) = s->sum[1] + rol(B(i), 5) + w[i - 1];
	C(i) = s->old[0];
	D(i) = s->old[1];
	E(i) = s->sum[2];
	ROUND(i, CHOOSE, 0);
}

static __always_inline void add_initial(u32 h[5])
{
	h[0] += 0x67452301;
	h[1] += 0xefcdab89;
	h[2] += 0x98badcfe;
	h[3] += 0x10325476;
	h[4] += 0xc3d2e1f0;
}

static __attribute__((__noinline__)) void
key_16(const struct rtun_sha1_start *s, const u8 *now, u8 *digest)
{
	u32 w[16] = {
		s->key[0], s->key[1], s->key[2], s->key[3],
		[14] = be32(now), be32(now + 4)
	};
	u32 next[16] = {
		be32(now + 8), be32(now + 12),
		PAD2, PAD2, PAD2, PAD2, PAD2, PAD2, PAD2, PAD2, PAD2, PAD2,
		END, [15] = 8 * 112
	};
	u32 v[5];

	resume(v, s, w, 16);
	(void)WORD(16);		/* which is in the sum, but goes on */
	ROUND(17, CHOOSE, WORD(17));
	ROUND(18, CHOOSE, WORD(18));
	ROUND(19, CHOOSE, WORD(19));
	rounds_20(v, w);
	add_initial(v);
	block(v, next);
	put_be32(digest, v[0]);
	put_be32(digest + 4, v[1]);
	put_be32(digest + 8, v[2]);
	put_be32(digest + 12, v[3]);
}

static __attribute__((__noinline__)) void
key_8(const struct rtun_sha1_start *s, const u8 *now, u8 *digest)
{
	u32 w[16] = {
		s->key[0], s->key[1],
		[12] = be32(now), be32(now + 4), PAD2, PAD2
	};
	u32 next[16] = {
		PAD2, PAD2, PAD2, PAD2, PAD2, PAD2, PAD2, PAD2,
		END, [15] = 8 * 96
	};
	u32 v[5];

	resume(v, s, w, 14);
	FIVE(15, CHOOSE);
	rounds_20(v, w);
	add_initial(v);
	block(v, next);
	put_be32(digest, v[0]);
	put_be32(digest + 4, v[1]);
}

void rtun_sha1_key(const struct rtun_sha1_start *s, const u8 *now, u32 len,
		   u8 *digest)
{
	if (len == 16)
		key_16(s, now, digest);
	else
		key_8(s, now, digest);
	wipe();
}
