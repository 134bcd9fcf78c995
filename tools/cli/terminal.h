// SPDX-License-Identifier: GPL-2.0-or-later
//
// Passwords from a human at the terminal, or from whoever feeds standard input.
#pragma once

#include <base/result.h>
#include <base/secret.h>

#include <string>

namespace rtun::cli {

// The password: if standard input is no terminal its first line (what follows is left unread), else
// what is typed, unseen, on the controlling terminal. An error if there is none.
[[nodiscard]] base::Result<base::Secret> ask_password(const std::string &prompt);

}  // namespace rtun::cli
