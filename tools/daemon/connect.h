// SPDX-License-Identifier: GPL-2.0-or-later
//
// `rtun connect`: one client in the foreground, with no daemon. It says what it reaches, is ended
// by SIGINT, SIGTERM or SIGHUP (in order; a second one ends it at once), and its exit status says
// what happened. Whatever it has in the kernel dies with it, also by kill -9.
#pragma once

#include <base/log.h>
#include <config/model.h>

namespace rtun::daemon {

struct ConnectOptions {
    bool json = false;  // one JSON object a line instead of text: all that happens
    // Debug: every step; warning: only what somebody has to act on.
    base::log::Level most_verbose = base::log::Level::Info;
};

// The exit status: 0 ended by the user, 1 wrong settings, 2 refused by the kernel, 4 unreachable,
// 5 authentication failed, 6 closed by the peer.
[[nodiscard]] int run_connect(const config::Client &client, const ConnectOptions &options);

}  // namespace rtun::daemon
