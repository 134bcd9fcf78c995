// SPDX-License-Identifier: GPL-2.0-only
/*
 * RC4, see rc4.h.  Vectors: RFC 6229, in selftest/rc4.c.
 */
#include "rc4.h"

#ifdef __KERNEL__
#include <asm/byteorder.h>
#include <linux/string.h>
#endif

/* Eight of @step in a row; loops are not unrolled in a kernel. */
#define EIGHT(step) do {					\
	step(0); step(1); step(2); step(3);			\
	step(4); step(5); step(6); step(7);			\
} while (0)

/* @x + @y modulo 256, of numbers below that: on x86 the upper part of the register is
 * left at zero, and what compilers add to make it so is not needed.
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

#define FOUR(n) (n), (n) + 1, (n) + 2, (n) + 3
#define SIXTEEN(n) FOUR(n), FOUR((n) + 4), FOUR((n) + 8), FOUR((n) + 12)
#define SIXTY_FOUR(n)							\
	SIXTEEN(n), SIXTEEN((n) + 16), SIXTEEN((n) + 32), SIXTEEN((n) + 48)
/* Each number in its own place. */
static const u32 places[256] = {
	SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)
};

void rtun_rc4_key(struct rtun_rc4 *c, const u8 *key, u32 len)
{
	unsigned long j = 0;
	u32 *s = c->s, i, k = 0;

	memcpy(s, places, sizeof(places));
#define SWAP(n, octet) do {					\
	u32 a = s[i + (n)];					\
	j = add(add(j, a), octet);				\
	s[i + (n)] = s[j];					\
	s[j] = a;						\
} while (0)
#define SWAP_EIGHT(n) SWAP(n, part[n])
	if (len == 8 || len == 16) {	/* those of MPPE */
		for (i = 0; i < 256; i += 8) {
			const u8 *part = key + (i & (len - 1));

			EIGHT(SWAP_EIGHT);
		}
	} else {
		for (i = 0; i < 256; i++) {
			SWAP(0, key[k]);
			if (++k == len)
				k = 0;
		}
	}
#undef SWAP_EIGHT
#undef SWAP
	c->i = 0;
	c->j = 0;
}

/* The next octet of the stream, which @i is the place of. */
static inline u8 next_octet(u32 *s, u32 i, unsigned long *j)
{
	u32 a = s[i], b;

	*j = add(*j, a);
	b = s[*j];
	s[i] = b;
	s[*j] = a;
	return s[add(a, b)];
}

void rtun_rc4(struct rtun_rc4 *c, u8 *out, const u8 *in, u32 len)
{
	u32 *s = c->s;
	unsigned long j = c->j;
	u8 i = c->i + 1;

	/* to where the table has eight in a row */
	for (; len && i & 7; len--)
		*out++ = *in++ ^ next_octet(s, i++, &j);

	/* eight octets of the stream, then all over the text at once */
	for (; len >= 8; len -= 8) {
		u32 *row = s + i;
		u64 stream = 0, text;

#define STEP(n) do {						\
	u32 a = row[n], b;					\
	j = add(j, a);						\
	b = s[j];						\
	row[n] = b;						\
	s[j] = a;						\
	stream |= (u64)s[add(a, b)] << (8 * (n));		\
} while (0)
		EIGHT(STEP);
#undef STEP
		/* of constant size: one load, one store */
		memcpy(&text, in, 8);
		text ^= (__force u64)cpu_to_le64(stream);
		memcpy(out, &text, 8);
		i += 8;
		in += 8;
		out += 8;
	}
	while (len--)
		*out++ = *in++ ^ next_octet(s, i++, &j);
	c->i = (u8)(i - 1);
	c->j = j;
}
