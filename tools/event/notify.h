// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the service manager is told (sd_notify(3)). Without a service manager these do nothing.
#pragma once

#include <base/result.h>
#include <event/loop.h>

#include <string_view>

namespace rtun::event::notify {

void ready();
void stopping();
void status(std::string_view text);  // one line, as in "systemctl status"

// Has the loop tell the watchdog that it turns, if the unit asks for that. True: it does.
[[nodiscard]] base::Result<bool> watchdog(Loop &loop);

}  // namespace rtun::event::notify
