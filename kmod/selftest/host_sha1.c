// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-1 (FIPS 180-4 section 6.1) for the cores on the host: in the kernel it is
 * the kernel's own (compat/).
 */
#include "crypt.h"

static u32 rol(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static void block(u32 *h, const u8 *p)
{
	u32 w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], i;

	for (i = 0; i < 16; i++)
		w[i] = (u32)p[4 * i] << 24 | p[4 * i + 1] << 16 |
		       p[4 * i + 2] << 8 | p[4 * i + 3];
	for (; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (i = 0; i < 80; i++) {
		u32 f, k, next;

		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5a827999;
		} else if (i < 40) {
			f = b ^ c ^ d;
			k = 0x6ed9eba1;
		} else if (i < 60) {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8f1bbcdc;
		} else {
			f = b ^ c ^ d;
			k = 0xca62c1d6;
		}
		next = rol(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void rtun_crypt_sha1(const u8 *data, u32 len, u8 digest[20])
{
	u32 h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	u64 bits = (u64)len * 8;
	u8 last[128] = { 0 };
	u32 end, i;

	for (; len >= 64; data += 64, len -= 64)
		block(h, data);
	memcpy(last, data, len);
	last[len] = 0x80;
	end = len < 56 ? 64 : 128;
	for (i = 1; i <= 8; i++, bits >>= 8)
		last[end - i] = bits & 0xff;
	for (i = 0; i < end; i += 64)
		block(h, last + i);
	for (i = 0; i < 20; i++)
		digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}
