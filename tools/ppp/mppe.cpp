// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sets of key lengths, and as words.
#include <ppp/mppe.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::ppp {

namespace {

using enum MppeStrength;

constexpr std::array strengths{Bits128, Bits56, Bits40};
constexpr std::string_view automatic = "auto";
constexpr MppeStrengths automatically = Bits128;

}  // namespace

std::span<const MppeStrength> mppe_strengths() { return strengths; }

MppeStrength MppeStrengths::strongest() const {
    const auto found = std::find_if(strengths.begin(), strengths.end(),
                                    [this](MppeStrength strength) { return has(strength); });
    RTUN_ASSERT(found != strengths.end());
    return *found;
}

std::size_t MppeStrengths::size() const {
    return static_cast<std::size_t>(
        std::count_if(strengths.begin(), strengths.end(),
                      [this](MppeStrength strength) { return has(strength); }));
}

base::Result<MppeStrengths> MppeStrengths::parse(std::string_view words) {
    if (words == automatic)
        return automatically;
    MppeStrengths set;
    for (bool more = true; more;) {
        const std::size_t comma = words.find(',');
        const std::string_view word = words.substr(0, comma);
        const auto found =
            std::find_if(strengths.begin(), strengths.end(), [word](MppeStrength strength) {
                return fmt::format("{}", static_cast<unsigned>(strength)) == word;
            });
        if (found == strengths.end())
            return base::fail(base::ErrorCode::Invalid,
                              "expected auto, or some of 128,56,40 separated by commas");
        set.add(*found);
        more = comma != std::string_view::npos;
        words.remove_prefix(more ? comma + 1 : words.size());
    }
    return set;
}

std::string MppeStrengths::text() const {
    if (*this == automatically)
        return std::string(automatic);
    std::string text;
    for (const MppeStrength strength : strengths)
        if (has(strength))
            text += fmt::format("{}{}", text.empty() ? "" : ",", static_cast<unsigned>(strength));
    return text;
}

}  // namespace rtun::ppp
