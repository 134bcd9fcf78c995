// SPDX-License-Identifier: GPL-2.0-or-later
//
// Time as a value. Engines are told what time it is and say when they want to be called again;
// only event/ reads the clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace rtun::base {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;
using Deadline = std::optional<Time>;  // nothing: not until something arrives

// The earlier of the two, where "none" is later than everything.
[[nodiscard]] constexpr Deadline earlier(Deadline a, Deadline b) {
    if (!a)
        return b;
    if (!b)
        return a;
    return *a < *b ? a : b;
}

// "6m32s", "7h24m18s", "2d23h18m17s": days to seconds, units that are zero left out ("0s" for
// less than a second).
[[nodiscard]] std::string format_uptime(Duration duration);

}  // namespace rtun::base
