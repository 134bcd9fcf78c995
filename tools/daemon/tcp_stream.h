// SPDX-License-Identifier: GPL-2.0-or-later
//
// TCP on the loop: connects without waiting, listens, takes over what an earlier program left;
// reads what comes, queues what cannot be written yet.
#pragma once

#include <base/fd.h>
#include <base/result.h>
#include <daemon/world.h>
#include <event/loop.h>

#include <memory>
#include <string>

namespace rtun::daemon {

[[nodiscard]] base::Result<std::unique_ptr<Stream>>
open_tcp(event::Loop &loop, const StreamOptions &options, StreamHandlers handlers);
// A connection that is there already, and the name it is kept under.
[[nodiscard]] base::Result<std::unique_ptr<Stream>>
adopt_tcp(event::Loop &loop, base::Fd fd, const std::string &name, StreamHandlers handlers);
[[nodiscard]] base::Result<std::unique_ptr<Listener>>
listen_tcp(event::Loop &loop, const ListenOptions &options, ListenHandlers handlers);

}  // namespace rtun::daemon
