// SPDX-License-Identifier: GPL-2.0-or-later
//
// A bundle that outlives its program: what it is stands in the blob of its session, as with any
// other, and each of its links says in its own whose it is (server_state.h). Bundles are adopted
// before connections, so that links find theirs; one that no link came for ends.
#include <daemon/server_bundle.h>

#include <daemon/server_call.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

bool ServerBundle::save() { return !ended_ && user_.save(); }

void ServerBundle::left(ServerCall &link) {
    forget(link);
    left_ = true;
}

bool ServerBundle::leave() {
    if (ended_ || !left_)
        return false;
    user_.release();
    unindex();
    tunnel_.reset();
    ended_ = true;
    alarm_->arm(std::nullopt);
    const Reason stopped{Layer::Config, Side::User, base::ErrorCode::Closed,
                         "the daemon was stopped", Cause::DaemonStopped};
    for (const Member &one : std::exchange(members_, {}))
        one.link->bundle_ended(ground_.world.now(), stopped);
    over_();
    return true;
}

void ServerBundle::adopt(const Found &found) {
    tunnel_ = found.tunnel.id;
    kernel_id_ = found.session.id;
    ground_.index.bundles.emplace(static_cast<std::uint32_t>(*kernel_id_), this);
    begun_ = true;
    if (auto why = user_.resume(found.state, found.session, ground_.world.now()))
        end(std::move(*why));
}

void ServerBundle::link_resumed(ServerCall &link) {
    members_.push_back({.link = &link, .carries = true});
}

void ServerBundle::begin_resumed(const std::optional<std::set<std::string>> &records,
                                 base::Time now) {
    if (ended_)
        return;
    if (members_.empty())
        end(UserSession::not_resumable("none of its links is left"));
    if (!reason_)
        user_.begin_resumed(0, records, now);
    settle(now);
}

}  // namespace rtun::daemon
