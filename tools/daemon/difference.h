// SPDX-License-Identifier: GPL-2.0-or-later
//
// What has to happen to a running client when its settings change: nothing that is not necessary.
// An option that the peer has been told, or that an engine was made with, needs a new call; the
// rest is applied to the call that is there.
#pragma once

#include <config/model.h>

namespace rtun::daemon {

struct Difference {
    bool any = false;      // at all
    bool redial = false;   // needs a new call
    bool enabled = false;  // was enabled or disabled
    bool route = false;    // default route or its distance
    bool reorder = false;  // the order of the session's packets
    bool links = false;    // of a bundle: which they are, or how packets are shared out
};
[[nodiscard]] Difference difference(const config::Client &a, const config::Client &b);

}  // namespace rtun::daemon
