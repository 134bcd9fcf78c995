// SPDX-License-Identifier: GPL-2.0-or-later
//
// What slows down those who guess: failures per user and per source, and how long the next answer
// to either waits. Bounded: MaxEntries of each kind, the one that has been quiet for the longest
// time goes first. And how many connections a source may make. No clock: the time is told.
#pragma once

#include <base/net.h>
#include <base/time.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

namespace rtun::aaa {

class Throttle {
public:
    static constexpr std::size_t MaxEntries = 4096;
    static constexpr base::Duration FirstDelay = std::chrono::seconds(1);  // after two failures
    static constexpr base::Duration LongestDelay = std::chrono::seconds(30);
    static constexpr base::Duration Forgotten = std::chrono::minutes(10);

    // How long the answer to this claim has to wait, whether it is right or wrong.
    [[nodiscard]] base::Duration delay(std::string_view user, base::Ipv4 source, base::Time now);
    void failed(std::string_view user, base::Ipv4 source, base::Time now);
    void succeeded(std::string_view user, base::Ipv4 source);
    // Failures of this user within Forgotten.
    [[nodiscard]] unsigned failures(std::string_view user, base::Time now) const;
};

// A token bucket a source. Bounded in the same way; beyond the bound new sources share one.
class ConnectionRate {
public:
    static constexpr std::size_t MaxSources = 4096;

    void set(std::uint32_t per_second) { per_second_ = per_second; }  // 0: any
    [[nodiscard]] bool admit(base::Ipv4 source, base::Time now);

private:
    std::uint32_t per_second_ = 20;
};

}  // namespace rtun::aaa
