// SPDX-License-Identifier: GPL-2.0-or-later
//
// What there is to agree on about MPPE (RFC 3078): whether it has to be, which lengths of key, and
// the mode of one direction.
#pragma once

#include <base/result.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rtun::ppp {

enum class Encryption : std::uint8_t {
    No,        // CCP is not spoken
    Auto,      // if the peer agrees to it, else the link goes on in clear
    Required,  // or there is no link
    Passive,   // as Auto, but not before the peer asks for it
};

// Effective bits of a key.
enum class MppeStrength : std::uint8_t { Bits40 = 40, Bits56 = 56, Bits128 = 128 };

// A set of strengths. 40 and 56 bits can be searched: they are only in it when they were named.
class MppeStrengths {
public:
    constexpr MppeStrengths() = default;
    constexpr MppeStrengths(MppeStrength one) { add(one); }  // NOLINT(google-explicit-constructor)
    constexpr void add(MppeStrength s) { bits_ |= bit(s); }
    [[nodiscard]] constexpr bool has(MppeStrength s) const { return (bits_ & bit(s)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr MppeStrengths among(MppeStrengths other) const {
        MppeStrengths both;
        both.bits_ = bits_ & other.bits_;
        return both;
    }
    constexpr bool operator==(const MppeStrengths &) const = default;

    [[nodiscard]] MppeStrength strongest() const;  // not of an empty set
    [[nodiscard]] std::size_t size() const;

    // "auto" or a list: "128,56". The error is the reason only.
    [[nodiscard]] static base::Result<MppeStrengths> parse(std::string_view words);
    // "auto" for what that means, else strongest first: "128,56".
    [[nodiscard]] std::string text() const;

private:
    static constexpr std::uint8_t bit(MppeStrength s) {
        return s == MppeStrength::Bits128 ? 4 : s == MppeStrength::Bits56 ? 2 : 1;
    }
    std::uint8_t bits_ = 0;
};
[[nodiscard]] std::span<const MppeStrength> mppe_strengths();  // strongest first

enum class MppeState : std::uint8_t {
    Stateless,  // a new key for each packet
    Stateful,   // when the count's low octet is 255; a loss takes a Reset-Request
};
// Whether there may be stateful mode: not at all, if the peer insists on it, or nothing else.
enum class StatefulMppe : std::uint8_t { No, Yes, Only };

struct MppeMode {
    MppeStrength strength = MppeStrength::Bits128;
    MppeState state = MppeState::Stateless;
    bool operator==(const MppeMode &) const = default;
};

}  // namespace rtun::ppp
