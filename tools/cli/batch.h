// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file of commands, one a line; "-" is standard input. It is read as a whole before anything of
// it is done, so that a mistake in its last line changes nothing.
#pragma once

#include <base/result.h>
#include <config/grammar.h>

#include <string>
#include <vector>

namespace rtun::cli {

struct Batch {
    std::string name;  // for messages
    // Passwords may stand in it if only its owner can read it.
    config::Secrets secrets = config::Secrets::Refused;
    std::vector<std::vector<config::Word>> lines;  // those in which something stands
};

[[nodiscard]] base::Result<Batch> read_batch(const std::string &file);

}  // namespace rtun::cli
