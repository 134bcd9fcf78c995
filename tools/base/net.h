// SPDX-License-Identifier: GPL-2.0-or-later
//
// Addresses as values.
#pragma once

#include <base/result.h>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rtun::base {

// An IPv4 address in host byte order.
struct Ipv4 {
    std::uint32_t value = 0;

    [[nodiscard]] bool unspecified() const { return value == 0; }
    [[nodiscard]] std::string text() const;  // "192.0.2.1"
    [[nodiscard]] static Result<Ipv4> parse(std::string_view text);
    auto operator<=>(const Ipv4 &) const = default;
};

}  // namespace rtun::base
