// SPDX-License-Identifier: GPL-2.0-or-later
//
// Exponential back-off with jitter.
#include <daemon/backoff.h>

#include <algorithm>

namespace rtun::daemon {

base::Duration Backoff::next(After after, base::Random &random) {
    using std::chrono::milliseconds;
    const milliseconds step = step_;
    step_ = std::min(step_ * 2, Last);

    // Uniform in 80 % to 120 % of the step.
    const auto spread = static_cast<std::uint32_t>(step.count() * 2 / 5);
    milliseconds wait = step - milliseconds(spread / 2) + milliseconds(random.below(spread + 1));
    if (after == After::AuthFailure)
        wait = std::max<milliseconds>(wait, AfterAuthFailure);
    return wait;
}

}  // namespace rtun::daemon
