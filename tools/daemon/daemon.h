// SPDX-License-Identifier: GPL-2.0-or-later
//
// `rtun daemon`: the composition root. Builds the loop, the kernel, the control socket and the
// clients of the configuration, and runs until SIGTERM or SIGINT, which end all calls in order.
// SIGHUP reads the configuration again. After kill -9 the tunnels stay in the kernel until a daemon
// is started again, which deletes them and lets their clients dial.
#pragma once

#include <base/log.h>

#include <string>

namespace rtun::daemon {

// The exit status: 0 stopped, 1 wrong configuration, 2 something was refused. A file that does not
// exist is an empty configuration. netns: of the control socket's name; we are in it already.
[[nodiscard]] int run_daemon(const std::string &config_file, const std::string &netns,
                             base::log::Level most_verbose);

}  // namespace rtun::daemon
