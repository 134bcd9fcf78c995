// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file of commands, one a line, read while it comes: "-" is standard input.
#pragma once

#include <base/result.h>
#include <config/grammar.h>

#include <functional>
#include <span>
#include <string>

namespace rtun::cli {

// Carries out one line; where: "FILE:LINE", for messages.
using BatchLine = std::function<base::Status(std::span<const config::Word> words,
                                             config::Secrets secrets, const std::string &file)>;

// Stops at the first line that fails. Passwords may stand in it if only its owner can read it.
[[nodiscard]] base::Status run_batch(const std::string &file, const BatchLine &line);

}  // namespace rtun::cli
