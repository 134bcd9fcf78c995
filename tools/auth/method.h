// SPDX-License-Identifier: GPL-2.0-or-later
//
// The authentication methods of PPP and the table that lists them: PAP (RFC 1334), CHAP with MD5
// (RFC 1994), MS-CHAPv1 (RFC 2433), MS-CHAPv2 (RFC 2759).
#pragma once

#include <base/result.h>
#include <base/secret.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rtun::auth {

enum class Method : std::uint8_t { Pap, Chap, MsChap1, MsChap2 };

// A set of methods, one bit each.
class MethodSet {
public:
    constexpr MethodSet() = default;
    [[nodiscard]] static constexpr MethodSet all() {
        MethodSet s;
        s.bits_ = 0x0f;
        return s;
    }
    constexpr void add(Method m) { bits_ |= bit(m); }
    constexpr void remove(Method m) { bits_ &= static_cast<std::uint8_t>(~bit(m)); }
    [[nodiscard]] constexpr bool has(Method m) const { return (bits_ & bit(m)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] MethodSet with_keys() const;  // those of it that lead to keys of MPPE
    constexpr bool operator==(const MethodSet &) const = default;

    // "mschap2,mschap1,chap,pap" in the manuals' words; the error names the wrong one.
    [[nodiscard]] static base::Result<MethodSet> parse(std::string_view list);
    [[nodiscard]] std::string text() const;  // strongest first, comma separated

private:
    static constexpr std::uint8_t bit(Method m) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(m));
    }
    std::uint8_t bits_ = 0;
};

// What a row of the table says of a method.
struct MethodInfo {
    Method method;
    std::string_view name;                  // the manuals' word: "mschap2"
    std::uint16_t protocol;                 // LCP option 3: 0xC023 PAP, 0xC223 CHAP
    std::optional<std::uint8_t> algorithm;  // CHAP algorithm octet: 5, 0x80, 0x81
    bool keys;                              // whether its success leads to keys of MPPE (RFC 3079)
};

[[nodiscard]] std::span<const MethodInfo> methods();  // strongest first
[[nodiscard]] const MethodInfo &info(Method method);

struct Credentials {
    std::string user;  // may carry a domain: "DOMAIN\\user"
    base::Secret password;
};

}  // namespace rtun::auth
