// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every fuzz target shares: the entry point that libFuzzer and replay.cpp call, and a check
// that ends the run when a property does not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace rtun::fuzz {

inline void check(bool holds, const char *property) {
    if (holds)
        return;
    std::fprintf(stderr, "property broken: %s\n", property);
    std::abort();
}

}  // namespace rtun::fuzz
