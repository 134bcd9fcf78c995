// SPDX-License-Identifier: GPL-2.0-or-later
//
// A session of the server that outlives its program. From the moment it is up, what the next
// program needs stands in the session's blob, written anew whenever it changes, also if nobody
// keeps the control connection: the next program then knows at least whose session it has to end,
// which record to close and which script to run. The kernel carries data all the while and is not
// touched.
#include <daemon/user_session.h>

#include <daemon/server_events.h>
#include <daemon/server_sessions.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

// -- what is kept

Reason UserSession::not_resumable(std::string_view why) {
    return {Layer::Config, Side::Local, ErrorCode::Closed,
            fmt::format("the daemon was started anew and could not go on with it: {}", why),
            Cause::DaemonRestarted};
}

// Without a link while that negotiates anew or ends: there is something to end properly, and
// nothing to go on with.
SessionState UserSession::state() const {
    SessionState state{.session = *session_, .static_name = static_name_};
    if (session_->terms.idle_timeout.count() > 0)
        state.idle = {.busy = busy_epoch_, .packets = packets_};
    if (carrier_.kind == Kind::Bundle)
        state.caller = carrier_.caller;
    if (lasts())
        state.link = link_.state();
    return state;
}

bool UserSession::save() {
    if (!first_up_ || !plumbing_.session_id())
        return false;
    if (terms_text_.empty())
        terms_text_ = terms_lines(session_->terms);
    base::Bytes blob;
    if (auto text = encode(state(), terms_text_))
        blob = std::move(*text);
    else if (!std::exchange(too_long_, true))
        tell(Level::Warning, server_id::Setting,
             fmt::format("it will not outlive the daemon: {}", text.error().text));
    // Refused: what stands there may be old, so it is tried again with the next event.
    if (blob != saved_ && plumbing_.set({.blob = blob}))
        saved_ = blob;
    return !blob.empty() && blob == saved_;
}

void UserSession::release() {
    tell(Level::Info, server_id::Left,
         fmt::format("{} left connected, for the next daemon to go on with", session_->user));
    ground_.sessions.remove(*this);
    plumbing_.release();
    // The lease, the record and what it wears are the session's, not this program's.
    dressed_.reset();
    session_.reset();
    up_since_.reset();
}

// -- taken over

std::optional<Reason> UserSession::resume(const SessionState &state,
                                          const netlink::Session &session, base::Time now) {
    take_over(state, session, now);
    const auto adopted =
        plumbing_.adopt_in(session, state.link ? networks_of(*state.link) : Plumbing::Networks{});
    std::optional<Reason> why;
    // One that is ending may have lost its interface to that already.
    if (!state.link)
        why = not_resumable("its link was negotiating, or ending");
    else if (!adopted)
        why = Reason{Layer::Kernel, Side::Local, ErrorCode::Refused, adopted.error().text,
                     Cause::InterfaceDeleted};
    // Whatever becomes of it, it came up once: on-up has run, and on-down has to.
    dressed_ = dressed();
    if (adopted) {
        const auto status = ground_.kernel.link_status(plumbing_.device()->index);
        dressed_->mtu = mtu_ = status ? status->mtu : 0;
        ground_.dressing.resume(*dressed_, session_->terms);
        if (!why)
            why = resume_link(*state.link, session, now);
    }
    tell_found(server_id::Found, Level::Debug, "was left connected");
    return why;
}

// Everything that has to be given back at its end, whether it goes on or not.
void UserSession::take_over(const SessionState &state, const netlink::Session &session,
                            base::Time now) {
    const double epoch = ground_.world.epoch();
    saved_ = session.blob;
    session_ = state.session;
    static_name_ = state.static_name;
    first_up_ = now - since(session_->since, epoch);
    busy_ = now;
    busy_epoch_ = epoch;
    packets_ = packets_carried(session.stats);
    if (state.idle) {
        busy_ = now - since(state.idle->busy, epoch);
        busy_epoch_ = state.idle->busy;
        packets_ = state.idle->packets;
    }
    const auto send = netlink::mode_of(session.mppe_tx);
    const auto receive = netlink::mode_of(session.mppe_rx);
    encoding_ = netlink::encoding(send, receive);
    insecure_ = netlink::insecure(send, receive);
    (void)ground_.names.take(session_->interface);
    if (!bridges())
        for (const base::Ipv4 leased : {session_->remote, session_->local})
            ground_.pools.take(leased, session_->key);
    ground_.sessions.add(*this, session_->user, carrier_.caller, session_->remote);
}

std::optional<Reason> UserSession::resume_link(const ppp::LinkState &link,
                                               const netlink::Session &session, base::Time now) {
    const bool same = link.bundle == (carrier_.kind == Kind::Bundle) && link.granted &&
                      (bridges() ? link.bridge.has_value() : link.ipv4.has_value()) &&
                      link.peer_authenticated && link.user == session_->user &&
                      link.granted->local_address == session_->local &&
                      link.granted->remote_address == session_->remote &&
                      link.encryption_send.has_value() == session.mppe_tx.has_value() &&
                      link.encryption_receive.has_value() == session.mppe_rx.has_value();
    if (!same)
        return not_resumable("its state is not that of the kernel's session");
    link_.resume(link, now);
    lcp_ = link.lcp;
    link_mtu_ = lcp_.mtu;
    encrypts_ = link.encryption_send.has_value();
    if (encrypts_)
        link_mtu_ = std::min<std::uint32_t>(link_mtu_, link.peer_mru - MppeOverhead);
    ipv6_ = link.ipv6;
    bridging_ = link.bridge;
    up_since_ = first_up_;
    alarmed_ = link.granted->mppe_stateful == ppp::StatefulMppe::Yes;
    return std::nullopt;
}

// What may have changed meanwhile is seen to: the path, and whether there is a record; whether the
// user may stay, terms_changed() says.
void UserSession::begin_resumed(std::uint32_t path,
                                const std::optional<std::set<std::string>> &records,
                                base::Time now) {
    tell_found(server_id::Resumed, Level::Info, "still connected");
    if (session_->recorded && records && !records->contains(session_->key)) {
        session_->recorded = false;
        begin_record();
    }
    fit_mtu(path);
    // Somebody may have made the bridge anew meanwhile.
    if (bridges())
        if (const auto set = plumbing_.set_port(session_->terms.port); !set)
            tell(Level::Warning, server_id::Setting, set.error().text);
    resume_timeouts(now);
}

void UserSession::resume_timeouts(base::Time now) {
    if (session_->terms.session_timeout.count() > 0)
        session_end_ = *first_up_ + session_->terms.session_timeout;
    if (session_->terms.idle_timeout.count() > 0)
        check_idle(now);
}

void UserSession::tell_found(std::string_view id, Level level, std::string_view words) {
    const base::Duration uptime = lasted(ground_.world.now());
    Fields fields = fields_of_ends();
    fields.merge(
        Fields{{"mtu", std::to_string(mtu_)},
               {"mru", std::to_string(lcp_.mru)},
               {"encoding", encoding_},
               {"insecure", insecure_ ? "yes" : "no"},
               {"authentication", std::string(auth::info(session_->method).name)},
               {"profile", session_->terms.profile},
               {"uptime",
                std::to_string(std::chrono::duration_cast<std::chrono::seconds>(uptime).count())}});
    tell(level, id,
         fmt::format("{} {} from {}: {} {} mtu {}, for {}", session_->user, words,
                     carrier_.caller.text(), session_->interface, ends(), mtu_,
                     base::format_uptime(uptime)),
         std::move(fields));
}

}  // namespace rtun::daemon
