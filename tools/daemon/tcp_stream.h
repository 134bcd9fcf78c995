// SPDX-License-Identifier: GPL-2.0-or-later
//
// A TCP connection on the loop: connects without waiting, reads what comes, queues what cannot be
// written yet.
#pragma once

#include <base/result.h>
#include <daemon/world.h>
#include <event/loop.h>

#include <memory>

namespace rtun::daemon {

[[nodiscard]] base::Result<std::unique_ptr<Stream>>
open_tcp(event::Loop &loop, const StreamOptions &options, StreamHandlers handlers);

}  // namespace rtun::daemon
