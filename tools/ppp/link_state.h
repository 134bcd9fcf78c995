// SPDX-License-Identifier: GPL-2.0-or-later
//
// LinkState as text, a line a value, for the blob that the kernel keeps of a session:
//
//     ppp 1
//     lcp mtu 1450 mru 1450 peer-mru 1500 magic 5e0a31c7 pfc-rx pfc-tx acfc-tx
//     peer mschap2
//     user jack
//     send 128 stateless
//     receive 128 stateless
//     ipv4 10.0.0.1 10.0.0.2
//
// A link that bridges has a line "bridge", and maybe none that is "ipv4". A link of a bundle has a
// line "multilink" and no networks; a bundle has "bundle" at the end of
// its line "lcp", too, where a program that does not know it takes offence.
//
// Never longer than MaxLinkState. There is nothing secret in it. Lines whose first word is not
// known are passed over, so that a later version may say more under the same number; one that is
// known and does not make sense makes nonsense of all.
#pragma once

#include <base/bytes.h>
#include <base/result.h>
#include <ppp/link.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace rtun::ppp {

inline constexpr std::size_t MaxLinkState = 1440;

[[nodiscard]] std::string encode(const LinkState &state);
// The error names the line. Everything in the text may be wrong.
[[nodiscard]] base::Result<LinkState> decode_link_state(std::string_view text);

}  // namespace rtun::ppp
