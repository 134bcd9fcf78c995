// SPDX-License-Identifier: GPL-2.0-or-later
//
// A call that an earlier program has taken. What the user has of it is gone on with first
// (user_session_resume.cpp), or it is a link again of the bundle that it was of
// (server_bundle_resume.cpp).
#include <daemon/server_call.h>

#include <daemon/server_bundle.h>
#include <daemon/server_bundles.h>
#include <daemon/server_events.h>

#include <utility>

namespace rtun::daemon {

std::optional<Reason> ServerCall::resume(const SessionState &state, const netlink::Session &session,
                                         base::Time now) {
    kernel_id_ = session.id;
    traffic_ = frames_seen(session.stats);
    auto why = user_.resume(state, session, now);
    if (why) {
        link_ended_ = true;  // there is no link that could be closed
        return why;
    }
    lcp_ = state.link->lcp;
    lcp_open_ = true;
    stale_settings_ = stale(session);
    return std::nullopt;
}

std::optional<Reason> ServerCall::resume(const BundleLinkState &state,
                                         const netlink::Session &session, base::Time now) {
    kernel_id_ = session.id;
    traffic_ = frames_seen(session.stats);
    saved_ = session.blob;
    plumbing_.adopt_link(session);
    joined_epoch_ = state.since;
    joined_at_ = now - since(state.since, ground_.world.epoch());
    bundle_ = session.bundle ? ground_.bundles.resumed(state.key, *session.bundle) : nullptr;
    if (bundle_ != nullptr)
        user_.claim(bundle_->user().session()->user);
    if (!state.link || bundle_ == nullptr) {
        bundle_ = nullptr;
        link_ended_ = true;
        return UserSession::not_resumable(state.link ? "its bundle is not there any more"
                                                     : "its link was negotiating, or ending");
    }
    link_.resume(*state.link, now);
    lcp_ = state.link->lcp;
    lcp_open_ = true;
    stale_settings_ = stale(session);
    bundle_->link_resumed(*this);
    return std::nullopt;
}

bool ServerCall::stale(const netlink::Session &session) const {
    const config::PptpServer &settings = plan_.settings->server;
    return session.reorder_slots != settings.reorder_slots ||
           session.reorder_timeout != static_cast<std::uint32_t>(settings.reorder_time.count()) ||
           session.tx_window != tx_window() ||
           session.static_rtt != static_cast<std::uint32_t>(settings.static_rtt.count());
}

// The control connection is there as well. What may have changed meanwhile is seen to: the path,
// and settings that need no new call.
void ServerCall::begin_resumed(std::uint32_t path,
                               const std::optional<std::set<std::string>> &records,
                               base::Time now) {
    if (ended_ || reason_)
        return;
    if (user_.known())
        user_.begin_resumed(path, records, now);
    if (stale_settings_)
        apply_settings();
    settle(now);
}

}  // namespace rtun::daemon
