// SPDX-License-Identifier: GPL-2.0-or-later
//
// The network namespaces that "ip netns" names.
#pragma once

#include <base/result.h>

#include <string>

namespace rtun::cli {

// From now on this process works in that namespace.
[[nodiscard]] base::Status enter_netns(const std::string &name);

}  // namespace rtun::cli
