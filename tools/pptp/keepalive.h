// SPDX-License-Identifier: GPL-2.0-or-later
//
// The keepalive of a control connection (RFC 2637 section 3.1.4): after a while without a message
// an Echo-Request, and without its Echo-Reply the peer is dead. The owner sends and ends; this says
// when.
#pragma once

#include <base/time.h>

#include <cstdint>
#include <optional>

namespace rtun::pptp {

class Keepalive {
public:
    // interval: of silence; zero: never.
    Keepalive(base::Duration interval, base::Duration timeout)
        : interval_(interval), timeout_(timeout) {}

    // identifier: of the first request; those that follow count on.
    void start(std::uint32_t identifier, base::Time now);
    void stop();                 // no request any more, but a reply may still come
    void heard(base::Time now);  // a message, which puts the request off; not the wait for a reply
    // An Echo-Reply. False: there is no request that it would answer.
    [[nodiscard]] bool answered(std::uint32_t identifier, base::Time now);

    [[nodiscard]] base::Deadline deadline() const { return deadline_; }
    // The deadline has passed. The identifier of the request to send; nothing: the peer is dead.
    [[nodiscard]] std::optional<std::uint32_t> expire(base::Time now);

private:
    base::Duration interval_;
    base::Duration timeout_;
    base::Deadline deadline_;               // the end of the silence, or of the wait for the reply
    std::optional<std::uint32_t> pending_;  // the request that is not answered yet
    std::uint32_t next_ = 0;
    bool running_ = false;
};

}  // namespace rtun::pptp
