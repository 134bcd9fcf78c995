// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of hosts to addresses, by everything that this host does to find a name (getaddrinfo(3)).
// It waits for the answer: a program with a loop asks from a thread of its own.
#pragma once

#include <base/net.h>
#include <base/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rtun::base {

enum class Families : std::uint8_t { Inet, Any };

// At least one address, each once, in the order of the name service.
[[nodiscard]] Result<std::vector<Address>> resolve(const std::string &name, Families families);

}  // namespace rtun::base
