// SPDX-License-Identifier: GPL-2.0-only
/*
 * RC4, see rc4.h.  Vectors: RFC 6229, in selftest/rc4.c.
 */
#include "rc4.h"

#ifdef __KERNEL__
#include <linux/string.h>
#endif

void rtun_rc4_key(struct rtun_rc4 *c, const u8 *key, u32 len)
{
	u32 i, j = 0, k = 0;

	for (i = 0; i < 256; i++)
		c->s[i] = i;
	for (i = 0; i < 256; i++) {
		u32 a = c->s[i];

		j = (j + a + key[k]) & 0xff;
		c->s[i] = c->s[j];
		c->s[j] = a;
		if (++k == len)
			k = 0;
	}
	c->i = 0;
	c->j = 0;
}

void rtun_rc4(struct rtun_rc4 *c, u8 *out, const u8 *in, u32 len)
{
	u32 *s = c->s, i = c->i, j = c->j;

	while (len) {
		u32 n = len < 8 ? len : 8, k;
		u64 stream = 0, text = 0;

		/* eight octets of the stream, then all over the text at once */
		for (k = 0; k < n; k++) {
			u32 a, b;

			i = (i + 1) & 0xff;
			a = s[i];
			j = (j + a) & 0xff;
			b = s[j];
			s[i] = b;
			s[j] = a;
			((u8 *)&stream)[k] = s[(a + b) & 0xff];
		}
		if (n == 8) {
			/* of constant size: one load, one store */
			memcpy(&text, in, 8);
			text ^= stream;
			memcpy(out, &text, 8);
		} else {
			memcpy(&text, in, n);
			text ^= stream;
			memcpy(out, &text, n);
		}
		in += n;
		out += n;
		len -= n;
	}
	c->i = i;
	c->j = j;
}
