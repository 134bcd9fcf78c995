// SPDX-License-Identifier: GPL-2.0-or-later
//
// The keepalive: decides from the peer's silence when to send an LCP Echo-Request (RFC 1661 section
// 5.8) and when to give up. After the idle time one probe a second, five times; still silence one
// second after the fifth: dead. Anything heard from the peer starts the idle time again.
#pragma once

#include <base/time.h>

#include <cstdint>

namespace rtun::ppp {

class Keepalive {
public:
    enum class Step : std::uint8_t { Wait, Probe, Dead };

    static constexpr int probes = 5;
    static constexpr base::Duration interval = std::chrono::seconds(1);

    explicit Keepalive(base::Duration idle) : idle_(idle) {}  // zero: never

    void start(base::Time now);
    void stop();
    void heard(base::Time now);  // does nothing unless started
    [[nodiscard]] Step expire(base::Time now);

    [[nodiscard]] base::Deadline deadline() const { return deadline_; }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] std::uint64_t missed() const { return missed_; }

private:
    base::Duration idle_;
    base::Deadline deadline_;
    int unanswered_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t missed_ = 0;
};

}  // namespace rtun::ppp
