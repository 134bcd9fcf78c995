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

void rtun_rc4_key(struct rtun_rc4 *c, const u8 *key, u32 len)
{
	u32 *s = c->s, i, k = 0;
	u8 j = 0;

#define FILL(n) (s[i + (n)] = i + (n))
	for (i = 0; i < 256; i += 8)
		EIGHT(FILL);
#undef FILL

#define SWAP(n, octet) do {					\
	u32 a = s[i + (n)];					\
	j += a + (octet);					\
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
static inline u8 next_octet(u32 *s, u32 i, u8 *j)
{
	u32 a = s[i], b;

	*j += a;
	b = s[*j];
	s[i] = b;
	s[*j] = a;
	return s[(u8)(a + b)];
}

void rtun_rc4(struct rtun_rc4 *c, u8 *out, const u8 *in, u32 len)
{
	u32 *s = c->s;
	u8 i = c->i + 1, j = c->j;

	/* to where the table has eight in a row */
	for (; len && i & 7; len--)
		*out++ = *in++ ^ next_octet(s, i++, &j);

	/* eight octets of the stream, then all over the text at once */
	for (; len >= 8; len -= 8) {
		u32 *row = s + i;
		u64 stream = 0, text;

#define STEP(n) do {						\
	u32 a = row[n], b;					\
	j += a;							\
	b = s[j];						\
	row[n] = b;						\
	s[j] = a;						\
	stream |= (u64)s[(u8)(a + b)] << (8 * (n));		\
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
