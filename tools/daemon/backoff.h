// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long to wait before dialing again: 1 s, doubled with every failure up to 60 s, each varied by
// a fifth up or down so that a thousand clients of one server do not come back as one. A wrong
// password is tried again no faster than every 30 s, or servers lock the account.
#pragma once

#include <base/random.h>
#include <base/time.h>

#include <chrono>
#include <cstdint>

namespace rtun::daemon {

class Backoff {
public:
    static constexpr std::chrono::seconds First{1};
    static constexpr std::chrono::seconds Last{60};
    static constexpr std::chrono::seconds AfterAuthFailure{30};
    // A connection that lasted this long ends a series of failures.
    static constexpr std::chrono::seconds Lasting{60};

    enum class After : std::uint8_t { Failure, AuthFailure };

    [[nodiscard]] base::Duration next(After after, base::Random &random);
    void reset() { step_ = First; }

private:
    std::chrono::seconds step_ = First;
};

}  // namespace rtun::daemon
