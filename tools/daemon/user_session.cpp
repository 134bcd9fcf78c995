// SPDX-License-Identifier: GPL-2.0-or-later
//
// Encryption, timeouts, and the end. Who the user is and what it gets is in user_session_terms.cpp,
// the device in user_session_device.cpp.
#include <daemon/user_session.h>

#include <daemon/drive.h>
#include <daemon/server_events.h>
#include <daemon/server_sessions.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

UserSession::UserSession(const ServerGround &ground, Carrier carrier,
                         std::shared_ptr<const ServerSettings> settings)
    : ground_(ground), carrier_(std::move(carrier)), plumbing_(carrier_.plumbing),
      link_(carrier_.link), settings_(std::move(settings)) {}

// Whoever destroys it before it has ended wants nothing more than that nothing is left.
UserSession::~UserSession() {
    ground_.sessions.remove(*this);
    if (session_) {
        ground_.pools.release(session_->key);
        ground_.names.release(session_->interface);
    }
}

void UserSession::set(const netlink::SessionChange &change) {
    if (const auto done = plumbing_.set(change); !done)
        carrier_.end(kernel_reason(done.error()));
}

void UserSession::settings_changed(std::shared_ptr<const ServerSettings> settings) {
    settings_ = std::move(settings);
}

void UserSession::on(ppp::LcpOpened &output) {
    lcp_ = output;
    link_mtu_ = output.mtu;
    encrypts_ = false;
}

void UserSession::on(ppp::EncryptionUp &output) {
    if (ending_)
        return;
    const netlink::SessionChange change = encrypted(output, settings_->server.mppe_resync);
    set(change);
    link_mtu_ = output.mtu;
    encrypts_ = output.send.has_value();
    encoding_ = netlink::encoding(change.mppe_tx->mode, change.mppe_rx->mode);
    insecure_ = netlink::insecure(change.mppe_tx->mode, change.mppe_rx->mode);
    if (up())
        fit_mtu(plumbing_.path_mtu());
    tell(insecure_ ? Level::Info : Level::Debug, server_id::Encryption,
         fmt::format("encryption {}{}", encoding_, insecure_ ? " (insecure)" : ""),
         {{"encoding", encoding_}, {"insecure", insecure_ ? "yes" : "no"}});
}

void UserSession::on(ppp::EncryptionDown &) {
    encoding_ = "none";
    insecure_ = false;
    if (plumbing_.session_id())
        set(not_encrypted());
}

void UserSession::on(ppp::EncryptionRefused &output) {
    if (!ending_)
        tell(Level::Debug, server_id::Encryption, fmt::format("not encrypted: {}", output.text),
             {{"encoding", "none"}, {"insecure", "no"}});
}

// Cisco's switch. Where stateful mode alone is agreed to by our own wish, the other one is
// preferred once packets get lost, each of which costs stateful mode a round trip. CCP negotiated
// again would begin with the same keys, under which other packets have gone already: so
// authentication is negotiated again, too, which makes other keys.
void UserSession::alarmed(base::Time now) {
    if (ending_ || alarmed_ || settings_->server.mppe_stateful != ppp::StatefulMppe::Only)
        return;
    const auto state = link_.state();
    const auto stateful = [](const std::optional<ppp::MppeMode> &mode) {
        return mode && mode->state == ppp::MppeState::Stateful;
    };
    if (!state || !(stateful(state->encryption_send) || stateful(state->encryption_receive)))
        return;
    alarmed_ = true;
    tell(Level::Info, server_id::Encryption,
         "no acknowledgement came within static-rtt: negotiating anew, for stateless encryption",
         {{"encoding", encoding_}, {"insecure", insecure_ ? "yes" : "no"}});
    link_.renegotiate(now);
}

std::optional<Reason> UserSession::missing_in(const netlink::Session &session) const {
    if (session.device || !up())
        return std::nullopt;
    return Reason{Layer::Kernel, Side::Local, ErrorCode::Refused,
                  fmt::format("interface {} was deleted", session_->interface),
                  Cause::InterfaceDeleted};
}

// -- time

void UserSession::restart_timeouts(base::Time now) {
    session_end_.reset();
    idle_check_.reset();
    if (!first_up_ || !session_)
        return;
    if (session_->terms.session_timeout.count() > 0)
        session_end_ = *first_up_ + session_->terms.session_timeout;
    if (session_->terms.idle_timeout.count() > 0) {
        busy_ = now;
        busy_epoch_ = ground_.world.epoch();
        check_idle(now);
    }
}

// The kernel counts and does not tell when it last did, so it is asked now and then: never too
// early, and an eighth too late at most.
void UserSession::check_idle(base::Time now) {
    const base::Duration timeout = session_->terms.idle_timeout;
    idle_check_.reset();
    if (const auto session = plumbing_.session()) {
        const std::uint64_t packets = packets_carried(session->stats);
        if (packets != std::exchange(packets_, packets)) {
            busy_ = now;
            busy_epoch_ = ground_.world.epoch();
        }
    }
    if (now - busy_ >= timeout) {
        carrier_.leave(
            now, local_reason(Cause::IdleTimeout,
                              fmt::format("no traffic for {}", base::format_uptime(timeout))));
        return;
    }
    idle_check_ = std::min(busy_ + timeout,
                           now + std::max<base::Duration>(timeout / 8, std::chrono::seconds(1)));
}

void UserSession::expire(base::Time now) {
    if (due(session_end_, now)) {
        session_end_.reset();
        carrier_.leave(
            now, local_reason(Cause::SessionTimeout,
                              fmt::format("session-timeout {} reached",
                                          base::format_uptime(session_->terms.session_timeout))));
    }
    if (due(idle_check_, now) && !ending_)
        check_idle(now);
}

base::Deadline UserSession::deadline() const { return base::earlier(session_end_, idle_check_); }

// -- what is known of it

UserSession::Shown UserSession::shown(base::Time now) const {
    return {.uptime = lasted(now),
            .encoding = encoding_,
            .insecure = insecure_,
            .dynamic = !static_name_,
            .mtu = mtu_,
            .mru = lcp_.mru,
            .multilink = lcp_.multilink ? lcp_.multilink->text() : "",
            .multilink_refused = lcp_.multilink_refused,
            .bridging = bridging_};
}

base::Duration UserSession::lasted(base::Time now) const {
    return first_up_ ? now - *first_up_ : base::Duration::zero();
}

std::optional<aaa::Store::Counters> UserSession::counters(const netlink::Stats &stats) const {
    if (!session_ || !session_->recorded)
        return std::nullopt;
    return aaa::Store::Counters{.id = session_->key,
                                .octets_in = stats.rx_bytes,
                                .octets_out = stats.tx_bytes,
                                .packets_in = stats.rx_packets,
                                .packets_out = stats.tx_packets};
}

// -- down

void UserSession::finish(const Reason &reason, const std::string &peer_words) {
    ground_.sessions.remove(*this);
    undress(cause_of(reason));
    const netlink::Stats stats = plumbing_.close();
    if (session_) {
        end_record(stats, reason);
        ground_.pools.release(session_->key);
        ground_.names.release(session_->interface);
    }
    tell_end(stats, reason, peer_words);
    up_since_.reset();
}

void UserSession::end_record(const netlink::Stats &stats, const Reason &reason) {
    const auto last = counters(stats);
    if (!last)
        return;
    const auto kept =
        ground_.store.end(*last, ground_.world.epoch(), info(cause_of(reason)).name, reason.text);
    ground_.written();
    if (!kept)
        tell(Level::Error, server_id::Accounting,
             fmt::format("the end of the session was not recorded: {}", kept.error().text));
}

UserSession::Fields UserSession::end_fields(const Reason &reason, bool was_up) {
    const bool asked_for = reason.by == Side::User;
    return {{"layer", std::string(name(reason.layer))},
            {"by", std::string(name(reason.by))},
            {"cause", std::string(info(cause_of(reason)).name)},
            {"outcome", asked_for                  ? "terminated"
                        : was_up                   ? "disconnected"
                        : reason.by == Side::Local ? "refused"
                                                   : "failed"},
            {"reason", reason.text}};
}

void UserSession::tell_end(const netlink::Stats &stats, const Reason &reason,
                           const std::string &peer_words) {
    const bool was_up = first_up_.has_value();
    Fields fields = end_fields(reason, was_up);
    if (!peer_words.empty())
        fields["peer_reason"] = peer_words;
    if (!was_up) {
        tell(Level::Info, server_id::Failed, reason.text, std::move(fields));
        return;
    }
    const base::Duration uptime = lasted(ground_.world.now());
    fields["uptime"] =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
    fields["rx_bytes"] = std::to_string(stats.rx_bytes);
    fields["tx_bytes"] = std::to_string(stats.tx_bytes);
    tell(Level::Info, server_id::Down,
         fmt::format("{} disconnected after {}: {}", session_->user, base::format_uptime(uptime),
                     reason.text),
         std::move(fields));
}

void UserSession::tell(Level level, std::string_view id, std::string text, Fields fields) const {
    ctl::Event event;
    event.time = ground_.world.epoch();
    event.id = id;
    event.object = "call";
    event.name = session_ ? session_->user : carrier_.caller.text();
    event.text = std::move(text);
    event.fields = std::move(fields);
    event.fields.emplace("attempt", carrier_.attempt);
    event.fields.emplace("peer", carrier_.caller.text());
    if (session_)
        event.fields.emplace("user", session_->user);
    else if (!claimed_.empty())
        event.fields.emplace("user", claimed_);
    if (session_ && !session_->interface.empty())
        event.fields.emplace("interface", session_->interface);
    if (const auto id_of = plumbing_.session_id())
        event.fields.emplace("session_id", std::to_string(static_cast<std::uint32_t>(*id_of)));
    ground_.sink(level, event);
}

}  // namespace rtun::daemon
