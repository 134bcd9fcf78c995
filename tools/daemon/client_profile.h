// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a client takes from its profile: of which bridge it is a port, and whether to encrypt, and
// how long to stay up with nothing to carry, where the client itself says nothing of it. The rest
// of a profile is for users of a server.
#pragma once

#include <base/result.h>
#include <config/model.h>

#include <optional>
#include <string_view>

namespace rtun::daemon {

// The two that are there without having been made: "default", which does not encrypt, and
// "default-encryption", which does where the server agrees to it.
[[nodiscard]] std::optional<config::Profile> builtin_profile(std::string_view name);

[[nodiscard]] config::Client with_profile(config::Client client, const config::Profile &profile);

}  // namespace rtun::daemon
