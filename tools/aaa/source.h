// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which sources may connect at all.
#pragma once

#include <base/net.h>
#include <config/model.h>

#include <vector>

namespace rtun::aaa {

// Whether one of the prefixes holds the address, or there is none: then everybody may.
[[nodiscard]] bool allowed(const std::vector<config::Prefix> &prefixes, base::Ipv4 source);

}  // namespace rtun::aaa
