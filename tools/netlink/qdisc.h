// SPDX-License-Identifier: GPL-2.0-or-later
//
// Traffic control (rtnetlink(7), tc(8)) as messages: a token bucket filter (tbf) for what leaves
// through a device, a policer at its ingress for what comes in. libnl-route 3.7 knows no policer,
// and the rest is as short without it.
#pragma once

#include <netlink/host.h>
#include <netlink/message.h>

#include <cstdint>

namespace rtun::netlink {

// Makes the root queue of the device a tbf, or gives the tbf that we made other numbers.
[[nodiscard]] Message build_tbf(LinkIndex link, const Bucket &bucket);

// Where classifiers of ingress are attached; there may be one already.
[[nodiscard]] Message build_clsact(LinkIndex link);

// A classifier that takes everything cannot be changed, only another one added: there are two
// places, so that the new one polices before the old one is removed. The number is tc's preference.
enum class Place : std::uint16_t { First = 174, Second = 175 };
[[nodiscard]] Message build_police(LinkIndex link, Place place, const Bucket &bucket);
[[nodiscard]] Message build_no_police(LinkIndex link, Place place);

}  // namespace rtun::netlink
