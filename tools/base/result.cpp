// SPDX-License-Identifier: GPL-2.0-or-later
//
// The end of a program that found a bug in itself.
#include <base/result.h>

#include <cstdio>
#include <cstdlib>

namespace rtun::base {

void assert_failed(const char *condition, const char *file, int line) {
    std::fprintf(stderr, "rtun: bug: %s does not hold at %s:%d\n", condition, file, line);
    std::abort();
}

}  // namespace rtun::base
