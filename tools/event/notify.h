// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the service manager is told (sd_notify(3)). Without a service manager these do nothing.
#pragma once

#include <base/fd.h>
#include <base/result.h>
#include <event/loop.h>

#include <string>
#include <string_view>
#include <vector>

namespace rtun::event::notify {

void ready();
void stopping();
void status(std::string_view text);  // one line, as in "systemctl status"

// The manager's store of file descriptors (sd_notify(3), FDSTORE=1), which hands them to the next
// start of the service. Names: at most 200 of [a-z0-9.-]. False: there is no manager, or it did
// not take the message; one that stores nothing (FileDescriptorStoreMax=0) takes it and is silent.
[[nodiscard]] bool store(int fd, const std::string &name);
void unstore(const std::string &name);
// Whether the unit has such a store ($FDSTORE, systemd 254 and later, or our own word for it in
// the unit's environment, RTUN_FDSTORE=1).
[[nodiscard]] bool has_store();
// What the store has handed to this start, once: later calls find nothing.
struct Stored {
    std::string name;
    base::Fd fd;
};
[[nodiscard]] std::vector<Stored> stored();

// Has the loop tell the watchdog that it turns, if the unit asks for that. True: it does.
[[nodiscard]] base::Result<bool> watchdog(Loop &loop);

}  // namespace rtun::event::notify
