// SPDX-License-Identifier: GPL-2.0-or-later
//
// Test vectors as the RFCs print them: hexadecimal digits, white space between them ignored.
#pragma once

#include <base/bytes.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rtun::fake {

inline base::Bytes hex(std::string_view digits) {
    std::string nibbles;
    for (const char c : digits)
        if (c != ' ' && c != '\n')
            nibbles.push_back(c);
    base::Bytes out;
    for (std::size_t i = 0; i + 1 < nibbles.size(); i += 2)
        out.push_back(
            static_cast<std::uint8_t>(std::strtoul(nibbles.substr(i, 2).c_str(), nullptr, 16)));
    return out;
}

template <std::size_t N>
std::array<std::uint8_t, N> hex_array(std::string_view digits) {
    const base::Bytes bytes = hex(digits);
    std::array<std::uint8_t, N> out{};
    std::copy_n(bytes.begin(), std::min(N, bytes.size()), out.begin());
    return out;
}

}  // namespace rtun::fake
