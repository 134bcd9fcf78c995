// SPDX-License-Identifier: GPL-2.0-or-later
//
// IPv4 addresses to and from text.
#include <base/net.h>

#include <fmt/format.h>

#include <charconv>

namespace rtun::base {

std::string Ipv4::text() const {
    return fmt::format("{}.{}.{}.{}", value >> 24, (value >> 16) & 0xff, (value >> 8) & 0xff,
                       value & 0xff);
}

// Four decimal numbers without leading zeros, which other programs read as octal.
Result<Ipv4> Ipv4::parse(std::string_view text) {
    std::uint32_t value = 0;
    std::string_view rest = text;
    bool good = true;
    for (int i = 0; i < 4 && good; i++) {
        if (i > 0) {
            good = rest.starts_with('.');
            rest.remove_prefix(good ? 1 : 0);
        }
        std::uint8_t octet = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), octet);
        const auto digits = static_cast<std::size_t>(end - rest.data());
        good = good && error == std::errc{} && (digits == 1 || !rest.starts_with('0'));
        rest.remove_prefix(digits);
        value = value << 8 | octet;
    }
    if (!good || !rest.empty())
        return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not an IPv4 address", text));
    return Ipv4{value};
}

}  // namespace rtun::base
