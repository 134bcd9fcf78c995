// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers from octets, and octets from the kernel.
#include <base/random.h>

#include <base/bytes.h>
#include <base/result.h>

#include <sys/random.h>

#include <array>
#include <cerrno>

namespace rtun::base {

std::uint32_t Random::u32() {
    std::array<std::uint8_t, 4> octets{};
    fill(octets);
    return Reader(octets).be32();
}

std::uint32_t Random::below(std::uint32_t bound) {
    RTUN_ASSERT(bound > 0);
    // 2^32 mod bound values too many: leave the lowest ones out, the rest is a multiple of bound.
    const std::uint32_t surplus = (0U - bound) % bound;
    std::uint32_t number = u32();
    while (number < surplus)
        number = u32();
    return number % bound;
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        RTUN_ASSERT(got > 0);  // getrandom(2) without flags has no other error for a valid buffer
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace rtun::base
