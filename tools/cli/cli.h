// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line: options and words in, text or JSON out, an exit status back. What lives in the
// kernel is asked of the kernel, what lives in the daemon is asked of the daemon. The two programs
// that are more than a question, `connect` and `daemon`, are given by main(), so that this room
// need not know theirs.
#pragma once

#include <cli/args.h>
#include <config/grammar.h>

#include <functional>
#include <string_view>

namespace rtun::cli {

struct Programs {
    std::string_view version;
    // Both return the exit status. They run inside the network namespace of -n already. The client
    // of connect has a password or a password-file (else it came from the terminal or standard
    // input).
    std::function<int(const config::Connect &, const Options &)> connect;
    std::function<int(const config::Daemon &, const Options &)> daemon;
};

[[nodiscard]] int run(int argc, char **argv, const Programs &programs);

}  // namespace rtun::cli
