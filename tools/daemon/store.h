// SPDX-License-Identifier: GPL-2.0-or-later
//
// A configuration written to its file: whole or not at all, also if the power fails, and readable
// by nobody but its owner, for it may hold passwords.
#pragma once

#include <base/result.h>
#include <config/model.h>

#include <string>

namespace rtun::daemon {

[[nodiscard]] base::Status save_config(const config::Config &config, const std::string &path);

}  // namespace rtun::daemon
