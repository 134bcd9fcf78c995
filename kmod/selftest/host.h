/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cores of the module need of a kernel, for building them on the
 * host:
 *
 *	cc -O1 -g -fsanitize=address,undefined -I. -DRTUN_DEBUG \
 *		reorder.c window.c reassemble.c share.c rc4.c sha1.c crypt.c \
 *		selftest/[!h]*.c selftest/host_*.c
 *
 * tools/tests/kmod does the same as part of the unit tests.
 */
#ifndef _RTUN_HOST_H
#define _RTUN_HOST_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;

#define BITS_PER_LONG (8 * (int)sizeof(long))
#define __force
#define cpu_to_le64(x) htole64(x)
#define memzero_explicit(p, n) explicit_bzero(p, n)
#define selftest_say(...) fprintf(stderr, __VA_ARGS__)
#define selftest_alloc(n, size) calloc(n, size)
#define selftest_free(p) free(p)

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline bool test_bit(u32 nr, const unsigned long *map)
{
	return map[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG & 1;
}

static inline void __set_bit(u32 nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] |= 1UL << nr % BITS_PER_LONG;
}

static inline void __clear_bit(u32 nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] &= ~(1UL << nr % BITS_PER_LONG);
}

static inline unsigned long find_next_bit(const unsigned long *map,
					  unsigned long size, unsigned long nr)
{
	unsigned long word;

	while (nr < size) {
		word = map[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG;
		if (word) {
			nr += __builtin_ctzl(word);
			return nr < size ? nr : size;
		}
		nr += BITS_PER_LONG - nr % BITS_PER_LONG;
	}
	return size;
}

#endif /* _RTUN_HOST_H */
