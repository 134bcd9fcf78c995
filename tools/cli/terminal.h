// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asking a human at the terminal.
#pragma once

#include <base/result.h>
#include <base/secret.h>

#include <string>

namespace rtun::cli {

// Asks on the controlling terminal (not standard input) without showing what is typed. An error if
// there is no terminal or nothing was typed.
[[nodiscard]] base::Result<base::Secret> ask_password(const std::string &prompt);

}  // namespace rtun::cli
