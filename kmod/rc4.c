// SPDX-License-Identifier: GPL-2.0-only
/*
 * RC4, see rc4.h.  Vectors: RFC 6229, in selftest/rc4.c.
 */
#include "rc4.h"

#ifdef __KERNEL__
#include <linux/string.h>
#endif

/* @x + @y modulo 256, of numbers below that: on x86 the upper part of the
 * register is left at zero, and what compilers add to make it so is not
 * needed.
 */
static inline unsigned long add(unsigned long x, u8 y)
{
#ifdef __x86_64__
	asm("addb %1, %b0" : "+q" (x) : "qm" (y) : "cc");
	return x;
#else
	return (u8)(x + y);
#endif
}

#define IN_4(n) (n), (n) + 1, (n) + 2, (n) + 3
#define IN_16(n) IN_4(n), IN_4((n) + 4), IN_4((n) + 8), IN_4((n) + 12)
#define IN_64(n) IN_16(n), IN_16((n) + 16), IN_16((n) + 32), IN_16((n) + 48)
/* Each number in its own place. */
static const u32 places[256] = {
	IN_64(0), IN_64(64), IN_64(128), IN_64(192)
};

/*
 * Loops are not unrolled in a kernel, so the steps are written in a row.  They
 * name the table as c->s[], never by a pointer to it: gcc then makes addresses
 * part of loads and stores, which else are an instruction more for each step.
 */

/* --- key schedule --------------------------------------------------------- */

#define SWAP(at, octet) do {					\
	u32 a = c->s[at];					\
	j = add(add(j, a), octet);				\
	c->s[at] = c->s[j];					\
	c->s[j] = a;						\
} while (0)
/* Eight steps from place @at on, with as many octets. */
#define SWAP_EIGHT(at, octets) do {				\
	SWAP(at, (octets)[0]);					\
	SWAP((at) + 1, (octets)[1]);				\
	SWAP((at) + 2, (octets)[2]);				\
	SWAP((at) + 3, (octets)[3]);				\
	SWAP((at) + 4, (octets)[4]);				\
	SWAP((at) + 5, (octets)[5]);				\
	SWAP((at) + 6, (octets)[6]);				\
	SWAP((at) + 7, (octets)[7]);				\
} while (0)

void rtun_rc4_key(struct rtun_rc4 *c, const u8 *key, u32 len)
{
	unsigned long i, j = 0;

	memcpy(c->s, places, sizeof(places));
	if (len == 8 || len == 16) {	/* those of MPPE */
		/* 8: the same again */
		const u8 *second = key + (len - 8);

		for (i = 0; i < 256; i += 32) {
			SWAP_EIGHT(i, key);
			SWAP_EIGHT(i + 8, second);
			SWAP_EIGHT(i + 16, key);
			SWAP_EIGHT(i + 24, second);
		}
	} else {
		u32 k = 0;

		for (i = 0; i < 256; i++) {
			SWAP(i, key[k]);
			if (++k == len)
				k = 0;
		}
	}
	c->before = 0;
	c->i = 0;
	c->j = 0;
}

/* --- stream --------------------------------------------------------------- */

/* A step, the one of place @at: where the next octet of the stream is. */
#define NEXT(at) ({						\
	u32 a = c->s[at], b;					\
	j = add(j, a);						\
	b = c->s[j];						\
	c->s[at] = b;						\
	c->s[j] = a;						\
	add(a, b);						\
})

/* Four octets of a text or of the table, wherever they begin. */
struct four {
	u32 word;
} __attribute__((packed, may_alias));

static inline u32 load(const u8 *p)
{
	return ((const struct four *)p)->word;
}

static inline void store(u8 *p, u32 word)
{
	((struct four *)p)->word = word;
}

/* The octet in place @at of the table, shifted to where load() has octet @n of
 * a text, 0..3.  In its word the three above it are zero, and so are those of
 * the word before it (for place 0 see struct rtun_rc4): there a shift to the
 * left is no instruction, but a matter of where one begins to read.
 */
static inline u32 shifted(const struct rtun_rc4 *c, unsigned long at, u32 n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return load((const u8 *)&c->s[at] - n);
#else
	return c->s[at] << (24 - 8 * n);
#endif
}

/* Four octets from @n on, with the steps of places i + @n to i + @n + 2 and of
 * @last.  The text comes in third because gcc makes it part of an instruction
 * there, while it loads it apart as first or last.
 */
#define FOUR(n, last) do {					\
	u32 x = shifted(c, NEXT(i + (n)), 0);			\
	x ^= shifted(c, NEXT(i + (n) + 1), 1);			\
	x ^= shifted(c, NEXT(i + (n) + 2), 2);			\
	x ^= load(in + (n));					\
	x ^= shifted(c, NEXT(last), 3);				\
	store(out + (n), x);					\
} while (0)

void rtun_rc4(struct rtun_rc4 *c, u8 *out, const u8 *in, u32 len)
{
	/* the place of the next step, 1 after the key */
	unsigned long i = (u8)(c->i + 1), j = c->j;

	/* to where of 32 places only the last can be 256, which is 0 */
	for (; len && (i & 31) != 1; len--) {
		*out++ = *in++ ^ c->s[NEXT(i)];
		i = (u8)(i + 1);
	}
	for (; len >= 32; len -= 32) {
		unsigned long last = (u8)(i + 31);

		FOUR(0, i + 3);
		FOUR(4, i + 7);
		FOUR(8, i + 11);
		FOUR(12, i + 15);
		FOUR(16, i + 19);
		FOUR(20, i + 23);
		FOUR(24, i + 27);
		FOUR(28, last);
		i = last + 1;
		in += 32;
		out += 32;
	}
	/* fewer than 32, if any: they end before 256 */
	for (; len >= 4; len -= 4) {
		FOUR(0, i + 3);
		i += 4;
		in += 4;
		out += 4;
	}
	for (; len; len--) {
		*out++ = *in++ ^ c->s[NEXT(i)];
		i++;
	}
	c->i = (u8)(i - 1);
	c->j = j;
}
