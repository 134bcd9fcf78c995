// SPDX-License-Identifier: GPL-2.0-or-later
//
// When to ask for a sign of life, and when to stop waiting for it.
#include <pptp/keepalive.h>

#include <pptp/common.h>

namespace rtun::pptp {

void Keepalive::start(std::uint32_t identifier, base::Time now) {
    running_ = true;
    next_ = identifier;
    heard(now);
}

void Keepalive::stop() {
    running_ = false;
    deadline_.reset();
}

void Keepalive::heard(base::Time now) {
    if (running_ && !pending_ && interval_ > base::Duration::zero())
        deadline_ = after(now, interval_);
}

bool Keepalive::answered(std::uint32_t identifier, base::Time now) {
    if (pending_ != identifier)
        return false;
    pending_.reset();
    heard(now);
    return true;
}

std::optional<std::uint32_t> Keepalive::expire(base::Time now) {
    deadline_.reset();
    if (pending_)
        return std::nullopt;
    pending_ = next_++;
    deadline_ = after(now, timeout_);
    return pending_;
}

}  // namespace rtun::pptp
