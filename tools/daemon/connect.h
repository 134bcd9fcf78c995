// SPDX-License-Identifier: GPL-2.0-or-later
//
// `rtun connect`: one client in the foreground, with no daemon. It says what it reaches, is ended
// by SIGINT, SIGTERM or SIGHUP (in order; a second one ends it at once), and its exit status says
// what happened. Whatever it has in the kernel dies with it, also by kill -9.
#pragma once

#include <config/model.h>

namespace rtun::daemon {

struct ConnectOptions {
    bool json = false;  // one JSON object a line instead of text
};

// The exit status: 0 ended by the user, 1 wrong settings, 2 refused by the kernel, 4 unreachable,
// 5 authentication failed, 6 closed by the peer.
[[nodiscard]] int run_connect(const config::Client &client, const ConnectOptions &options);

}  // namespace rtun::daemon
