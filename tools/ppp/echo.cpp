// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/echo.h>

namespace rtun::ppp {

void Keepalive::start(base::Time now) {
    unanswered_ = 0;
    if (idle_ > base::Duration::zero())
        deadline_ = now + idle_;
}

void Keepalive::stop() {
    deadline_.reset();
    unanswered_ = 0;
}

void Keepalive::heard(base::Time now) {
    if (deadline_)
        start(now);
}

// The next deadline counts from now, not from the last one: a machine that slept must not find five
// probes overdue at once.
Keepalive::Step Keepalive::expire(base::Time now) {
    if (!deadline_ || now < *deadline_)
        return Step::Wait;
    if (unanswered_ > 0)
        ++missed_;
    if (unanswered_ == probes) {
        stop();
        return Step::Dead;
    }
    ++unanswered_;
    ++sent_;
    deadline_ = now + interval;
    return Step::Probe;
}

}  // namespace rtun::ppp
