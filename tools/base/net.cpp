// SPDX-License-Identifier: GPL-2.0-or-later
//
// Addresses to and from text.
#include <base/net.h>

#include <fmt/format.h>

#include <arpa/inet.h>

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

// RFC 5952, which is how inet_ntop() writes.
std::string Ipv6::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    RTUN_ASSERT(::inet_ntop(AF_INET6, octets.data(), buffer.data(), buffer.size()) != nullptr);
    return buffer.data();
}

Result<Ipv6> Ipv6::parse(std::string_view text) {
    Ipv6 address;
    const std::string terminated(text);
    // A NUL in the text would end it early.
    if (text.find('\0') != std::string_view::npos ||
        ::inet_pton(AF_INET6, terminated.c_str(), address.octets.data()) != 1)
        return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not an IPv6 address", text));
    return address;
}

bool Address::unspecified() const {
    return (v4() == nullptr || v4()->unspecified()) && (v6() == nullptr || v6()->unspecified());
}

std::string Address::text() const {
    if (unspecified())
        return "any";
    return v4() != nullptr ? v4()->text() : v6()->text();
}

Result<Address> Address::parse(std::string_view text) {
    if (const auto address = Ipv4::parse(text))
        return *address;
    if (const auto address = Ipv6::parse(text))
        return *address;
    return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not an IP address", text));
}

std::string Mac::text() const { return fmt::format("{:02x}", fmt::join(octets, ":")); }

// Six pairs of hexadecimal digits with ":" or "-" between them.
Result<Mac> Mac::parse(std::string_view text) {
    Mac mac;
    constexpr std::size_t length = 6 * 3 - 1;
    bool good = text.size() == length && (text[2] == ':' || text[2] == '-');
    for (std::size_t i = 0; i < mac.octets.size() && good; i++) {
        const char *begin = text.data() + i * 3;
        const auto [end, error] = std::from_chars(begin, begin + 2, mac.octets[i], 16);
        good = error == std::errc{} && end == begin + 2 &&
               (i + 1 == mac.octets.size() || *end == text[2]);
    }
    if (!good)
        return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not an Ethernet address", text));
    return mac;
}

bool Mac::unicast() const { return (octets[0] & 1U) == 0 && *this != Mac{}; }

}  // namespace rtun::base
