// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fixed number of octets that are a key or a hash of a password, or lead to one. Wiped when they
// go, so that no step of a derivation leaves anything behind.
#pragma once

#include <base/secret.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rtun::crypto {

template <std::size_t N>
struct Octets {
    std::array<std::uint8_t, N> octets{};

    Octets() = default;
    Octets(const Octets &) = default;
    Octets &operator=(const Octets &) = default;
    ~Octets() { base::wipe(octets); }

    [[nodiscard]] std::span<const std::uint8_t, N> view() const { return octets; }
};

}  // namespace rtun::crypto
