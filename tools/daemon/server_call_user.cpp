// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who the user of a call is. A claim is judged at once and counted at once, so that many guesses
// made at the same time do not each find a clean slate; only the answer waits. What somebody gets
// who is known is the matter of its session (user_session_terms.cpp), or of its bundle
// (server_bundle.h).
#include <daemon/server_call.h>

#include <daemon/server_bundle.h>
#include <daemon/server_bundles.h>
#include <daemon/server_events.h>

#include <fmt/format.h>

#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

namespace {

Reason other_user(const std::string &was, const std::string &is) {
    return {
        Layer::Ppp, Side::Peer, ErrorCode::AuthFailed,
        fmt::format("the link of {} was authenticated anew as {}", was, UserSession::legible(is)),
        Cause::AuthFailed};
}

// What a call is, it is from its first authentication on.
Reason other_kind() {
    return {Layer::Ppp, Side::Peer, ErrorCode::Refused,
            "the link has negotiated anew, and differently about multilink", Cause::Renegotiated};
}

}  // namespace

void ServerCall::on(ppp::Verify &output) {
    if (reason_)
        return;
    const base::Time now = ground_.world.now();
    const auth::Claim &claim = output.claim;
    user_.claim(claim.user);
    const base::Duration wait = ground_.throttle.delay(claim.user, plan_.caller, now);
    auth::Verdict verdict = ground_.users.verify(claim, config::Service::Pptp, plan_.caller.text());
    const std::string method(auth::info(claim.method).name);
    if (const auto *refused = std::get_if<auth::Refused>(&verdict)) {
        ground_.throttle.failed(claim.user, plan_.caller, now);
        tell(Level::Warning, server_id::AuthFailed,
             fmt::format("authentication failed ({}): {}", method, refused->text),
             {{"method", method}, {"code", std::to_string(refused->code)}});
    }
    pending_ = Pending{std::move(verdict), claim.user, now + wait};
    if (wait == base::Duration::zero())
        judge(now);
}

void ServerCall::judge(base::Time now) {
    Pending pending = std::move(*pending_);
    pending_.reset();
    if (std::holds_alternative<auth::Accepted>(pending.verdict))
        ground_.throttle.succeeded(pending.user, plan_.caller);
    if (!link_ended_)
        link_.verdict(pending.verdict, now);
}

void ServerCall::on(ppp::PeerRefused &output) {
    const auth::PeerFailed &failure = output.failure;
    if (!failure.user.empty())
        user_.claim(failure.user);
    const bool silent = failure.why == auth::PeerFailed::Why::Timeout;
    end({Layer::Ppp, Side::Peer, ErrorCode::AuthFailed, failure.text,
         silent ? Cause::AuthTimeout : Cause::AuthFailed});
}

void ServerCall::on(ppp::PeerAuthenticated &output) {
    if (reason_)
        return;
    const base::Time now = ground_.world.now();
    const bool link = lcp_.multilink.has_value();
    if (link ? user_.known() : bundle_ != nullptr)
        leave(now, other_kind());
    else if (link)
        link_of(output, now);
    else
        known_as(output, now);
}

void ServerCall::known_as(const ppp::PeerAuthenticated &who, base::Time now) {
    if (user_.known()) {  // the link has negotiated anew
        if (who.user == user_.session()->user)
            link_.grant(user_.grant(), now);
        else
            leave(now, other_user(user_.session()->user, who.user));
        return;
    }
    if (auto refused = user_.admit(who, now)) {
        leave(now, std::move(*refused));
        return;
    }
    known_by_.reset();
    plan_.half_open.release();
    user_.secure();
    link_.grant(user_.grant(), now);
}

void ServerCall::link_of(const ppp::PeerAuthenticated &who, base::Time now) {
    if (bundle_ != nullptr) {  // the link has negotiated anew
        const ServerBundle &is = *bundle_;
        if (who.user != is.user().session()->user)
            leave(now, other_user(is.user().session()->user, who.user));
        else if (auto refused = is.obstacle(*lcp_.multilink, who.user))
            leave(now, std::move(*refused));
        else
            link_.grant(is.user().grant(), now);
        return;
    }
    auto found = ground_.bundles.place(
        {.link = *this, .agreed = *lcp_.multilink, .who = who, .settings = plan_.settings}, now);
    if (found.refused) {
        leave(now, std::move(*found.refused));
        return;
    }
    bundle_ = found.bundle;
    known_by_.reset();
    plan_.half_open.release();
    const std::string method(auth::info(who.method).name);
    tell(Level::Debug, server_id::Verified,
         fmt::format("{} authenticated ({})", bundle_->user().session()->user, method),
         {{"authentication", method}, {"profile", bundle_->user().session()->terms.profile}});
    link_.grant(bundle_->user().grant(), now);
}

}  // namespace rtun::daemon
