// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one loop body that all engines share: feed, drain, re-arm. An engine has been fed (received
// something, expired, was told to close) by whoever had the input; drain() carries out what it
// wants now, and when every engine of a group is quiet the owner asks deadline() and arms its
// timer.
//
// A handler may feed any engine of the group, also the one that is being drained: what that makes
// it want comes in a later round, in order. So handlers feed, and only the owner of the group
// drains.
#pragma once

#include <base/time.h>

#include <variant>

namespace rtun::daemon {

// One round over one engine. True: there was something to do, so another round is due.
template <typename Engine, typename Handler>
bool drain(Engine &engine, Handler &&handler) {
    auto outputs = engine.take_outputs();
    for (auto &output : outputs)
        std::visit(handler, output);
    return !outputs.empty();
}

[[nodiscard]] inline bool due(base::Deadline deadline, base::Time now) {
    return deadline && *deadline <= now;
}

// Lets the engine know that its deadline has passed, if it has.
template <typename Engine>
void expire_if_due(Engine &engine, base::Time now) {
    if (due(engine.deadline(), now))
        engine.expire(now);
}

}  // namespace rtun::daemon
