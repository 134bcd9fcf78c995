// SPDX-License-Identifier: GPL-2.0-or-later
//
// Durations for people.
#include <base/time.h>

#include <fmt/format.h>

namespace rtun::base {

std::string format_uptime(Duration duration) {
    using namespace std::chrono;
    const auto total = duration_cast<seconds>(duration).count();
    if (total <= 0)
        return "0s";

    struct Unit {
        long long seconds;
        char letter;
    };
    std::string out;
    auto left = static_cast<long long>(total);
    for (const Unit unit : {Unit{86400, 'd'}, Unit{3600, 'h'}, Unit{60, 'm'}, Unit{1, 's'}}) {
        if (left >= unit.seconds)
            out += fmt::format("{}{}", left / unit.seconds, unit.letter);
        left %= unit.seconds;
    }
    return out;
}

}  // namespace rtun::base
