// SPDX-License-Identifier: GPL-2.0-or-later
//
// Addresses against prefixes.
#include <aaa/source.h>

#include <algorithm>

namespace rtun::aaa {

bool allowed(const std::vector<config::Prefix> &prefixes, base::Ipv4 source) {
    const auto holds = [source](const config::Prefix &prefix) {
        // A shift by the width of the type is not defined, and a length beyond it holds nothing.
        if (prefix.length > 32)
            return false;
        const std::uint32_t mask =
            prefix.length == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix.length);
        return (source.value & mask) == (prefix.address.value & mask);
    };
    return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), holds);
}

}  // namespace rtun::aaa
