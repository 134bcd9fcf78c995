/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cores of the module need of a kernel, for building them on the
 * host:
 *
 *	cc -O1 -g -fsanitize=address,undefined -I. -DRTUN_DEBUG \
 *		reorder.c window.c rc4.c crypt.c selftest/[!h]*.c selftest/host_*.c
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

#define __force
#define cpu_to_le64(x) htole64(x)
#define memzero_explicit(p, n) explicit_bzero(p, n)
#define selftest_say(...) fprintf(stderr, __VA_ARGS__)
#define selftest_alloc(n, size) calloc(n, size)
#define selftest_free(p) free(p)

#endif /* _RTUN_HOST_H */
