// SPDX-License-Identifier: GPL-2.0-or-later
//
// The messages of sd_notify(3). A failure to deliver one is nobody's concern: the manager has its
// own time-outs.
#include <event/notify.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

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

bool store(int fd, const std::string &name) {
    const std::string message = "FDSTORE=1\nFDNAME=" + name;
    return sd_pid_notify_with_fds(0, 0, message.c_str(), &fd, 1) > 0;
}

void unstore(const std::string &name) {
    (void)sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + name).c_str());
}

bool has_store() {
    const auto says = [](const char *variable, bool (*yes)(std::string_view)) {
        const char *value = std::getenv(variable);
        return value != nullptr && yes(value);
    };
    return says("FDSTORE", [](std::string_view max) { return !max.empty() && max != "0"; }) ||
           says("RTUN_FDSTORE", [](std::string_view word) { return word == "1"; });
}

std::vector<Stored> stored() {
    std::vector<Stored> result;
    char **names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; i++) {
        base::Fd fd(SD_LISTEN_FDS_START + i);
        (void)::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
        result.push_back({names != nullptr ? names[i] : "", std::move(fd)});
    }
    for (int i = 0; names != nullptr && names[i] != nullptr; i++)
        std::free(names[i]);  // NOLINT(cppcoreguidelines-no-malloc): as the library made them
    std::free(names);         // NOLINT(cppcoreguidelines-no-malloc)
    return result;
}

base::Result<bool> watchdog(Loop &loop) {
    const int enabled = sd_event_set_watchdog(loop.native(), 1);
    if (enabled < 0)
        return base::fail(base::system_error("cannot serve the watchdog", -enabled));
    return enabled > 0;
}

}  // namespace rtun::event::notify
