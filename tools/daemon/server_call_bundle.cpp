// SPDX-License-Identifier: GPL-2.0-or-later
//
// A call as a link of a bundle: it joins when it is authenticated, carries what the kernel gives
// it, and leaves when it negotiates anew or ends. The bundle may end first; then the call does,
// too.
//
// It is fed from outside then, perhaps from the middle of its own settle(): so nothing is drained
// here, and it is looked at again with the next turn of the loop.
#include <daemon/server_call.h>

#include <daemon/server_bundle.h>
#include <daemon/server_events.h>

#include <fmt/format.h>

#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

void ServerCall::on(ppp::MultilinkReady &output) {
    if (reason_ || bundle_ == nullptr)
        return;
    const base::Time now = ground_.world.now();
    if (auto refused = bundle_->join(*this, output, now))
        leave(now, std::move(*refused));
}

base::Status ServerCall::join(netlink::SessionId bundle, base::Time now) {
    netlink::SessionChange change;
    change.bundle = bundle;
    change.link_mtu = lcp_.mtu;
    TRY(plumbing_.set(change));
    silent_ = false;
    if (!joined_at_) {
        joined_at_ = now;
        joined_epoch_ = ground_.world.epoch();
    }
    return {};
}

void ServerCall::heard(bool any) {
    if (bundle_ != nullptr && joined() && std::exchange(silent_, !any) == any)
        bundle_->link_heard(*this, any);
}

// What the bundle has agreed to and its keys are of its first links. Where there is none left, the
// peer begins another bundle, with other keys and numbers.
void ServerCall::on(ppp::MultilinkDown &) {
    if (bundle_ == nullptr)
        return;
    netlink::SessionChange change;
    change.bundle = netlink::SessionId{};
    if (plumbing_.session_id())
        (void)plumbing_.set(change);
    const bool anew = !reason_ && link_.phase() == ppp::Phase::Establish;
    bundle_->link_down(*this, anew);
    if (anew && !bundle_->carries())
        leave(ground_.world.now(),
              {Layer::Ppp, Side::Peer, ErrorCode::Closed,
               "the only link of the bundle negotiates anew", Cause::Renegotiated});
}

void ServerCall::on(ppp::BundleFrame &output) {
    if (bundle_ != nullptr && joined())
        bundle_->receive(output.frame, ground_.world.now());
}

void ServerCall::bundle_ended(base::Time now, const Reason &reason) {
    bundle_ = nullptr;
    leave(now, reason);
    prodded_ = now;
    wake_();
}

void ServerCall::tell_link_ended() {
    const base::Time now = ground_.world.now();
    UserSession::Fields fields = UserSession::end_fields(*reason_, true);
    if (!peer_words_.empty())
        fields["peer_reason"] = peer_words_;
    fields["uptime"] =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - *joined_at_).count());
    tell(Level::Debug, server_id::LinkEnded, reason_->text, std::move(fields));
}

// -- for the next program

bool ServerCall::lasts() const {
    if (ended_ || reason_)
        return false;
    return bundle_ != nullptr ? joined() && bundle_->lasts() && link_.state() : user_.lasts();
}

bool ServerCall::save() {
    if (ended_)
        return false;
    return joined() ? save_link() : user_.save();
}

bool ServerCall::save_link() {
    if (bundle_ == nullptr || !plumbing_.session_id())
        return false;
    BundleLinkState state{.key = bundle_->user().session()->key, .since = joined_epoch_};
    if (!reason_)
        state.link = link_.state();
    const base::Bytes blob = encode(state);
    // Refused: what stands there may be old, so it is tried again with the next event.
    if (blob != saved_ && plumbing_.set({.blob = blob}))
        saved_ = blob;
    return blob == saved_;
}

bool ServerCall::leave() {
    if (!lasts() || !save() || (bundle_ != nullptr && !bundle_->save()))
        return false;
    if (auto *const bundle = std::exchange(bundle_, nullptr); bundle != nullptr) {
        bundle->left(*this);
        plumbing_.release();
    } else {
        user_.release();
    }
    ended_ = true;
    return true;
}

}  // namespace rtun::daemon
