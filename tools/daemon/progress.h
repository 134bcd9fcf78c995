// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `rtun connect` prints of a client's events: one line a phase, begun when the phase begins
// and finished when it is over. Where nobody watches (not a terminal), lines are printed whole.
#pragma once

#include <ctl/message.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rtun::daemon {

class Progress {
public:
    enum class Style : std::uint8_t { Terminal, Lines };
    enum class Steps : std::uint8_t { Usual, All };
    using Print = std::function<void(std::string_view)>;

    // what: the name at the beginning of every line. print gets pieces that are to be seen at once.
    Progress(std::string what, Style style, Print print, Steps steps = Steps::Usual)
        : what_(std::move(what)), style_(style), steps_(steps), print_(std::move(print)) {}

    void show(const ctl::Event &event);

private:
    void begin(std::string_view text);   // of a line
    void finish(std::string_view text);  // of the line that was begun
    void line(std::string_view text);    // whole; breaks a line that was begun

    std::string what_;
    Style style_;
    Steps steps_;
    Print print_;
    std::string open_;  // what was begun
};

// "12.3 MiB", "512 B".
[[nodiscard]] std::string format_octets(std::uint64_t octets);

}  // namespace rtun::daemon
