// SPDX-License-Identifier: GPL-2.0-or-later
//
// The messages of sd_notify(3). A failure to deliver one is nobody's concern: the manager has its
// own time-outs.
#include <event/notify.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include <algorithm>
#include <string>

namespace rtun::event::notify {

void ready() { (void)sd_notify(0, "READY=1"); }

void stopping() { (void)sd_notify(0, "STOPPING=1"); }

void status(std::string_view text) {
    // The protocol is a list of lines, so a line feed in the text would begin another assignment.
    std::string message = "STATUS=";
    std::transform(text.begin(), text.end(), std::back_inserter(message), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    });
    (void)sd_notify(0, message.c_str());
}

base::Result<bool> watchdog(Loop &loop) {
    const int enabled = sd_event_set_watchdog(loop.native(), 1);
    if (enabled < 0)
        return base::fail(base::system_error("cannot serve the watchdog", -enabled));
    return enabled > 0;
}

}  // namespace rtun::event::notify
