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
#include <variant>

namespace rtun::base {

// An IPv4 address in host byte order.
struct Ipv4 {
    std::uint32_t value = 0;

    [[nodiscard]] bool unspecified() const { return value == 0; }
    [[nodiscard]] std::string text() const;  // "192.0.2.1"
    [[nodiscard]] static Result<Ipv4> parse(std::string_view text);
    auto operator<=>(const Ipv4 &) const = default;
};

// An IPv6 address, its octets as on the wire.
struct Ipv6 {
    std::array<std::uint8_t, 16> octets{};

    [[nodiscard]] bool unspecified() const { return octets == decltype(octets){}; }
    [[nodiscard]] std::string text() const;  // "2001:db8::1"
    [[nodiscard]] static Result<Ipv6> parse(std::string_view text);
    auto operator<=>(const Ipv6 &) const = default;
};

// An address of either family, or none, which it is until one is assigned.
class Address {
public:
    Address() = default;
    // An address of a family is an address: no cast to say so.
    Address(Ipv4 address) : value_(address) {}         // NOLINT(google-explicit-constructor)
    Address(const Ipv6 &address) : value_(address) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] const Ipv4 *v4() const { return std::get_if<Ipv4>(&value_); }
    [[nodiscard]] const Ipv6 *v6() const { return std::get_if<Ipv6>(&value_); }
    [[nodiscard]] bool unspecified() const;  // none, or all zeros
    [[nodiscard]] std::string text() const;  // "any" if unspecified
    [[nodiscard]] static Result<Address> parse(std::string_view text);
    bool operator==(const Address &) const = default;

private:
    std::variant<std::monostate, Ipv4, Ipv6> value_;
};

// An Ethernet address.
struct Mac {
    std::array<std::uint8_t, 6> octets{};

    [[nodiscard]] std::string text() const;  // "02:00:5e:10:00:01"
    [[nodiscard]] static Result<Mac> parse(std::string_view text);
    // Of one station: neither a group's (the lowest bit of the first octet) nor all zeros.
    [[nodiscard]] bool unicast() const;
    auto operator<=>(const Mac &) const = default;
};

}  // namespace rtun::base
