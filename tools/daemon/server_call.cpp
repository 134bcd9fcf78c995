// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a call goes up, and how it goes down. As in pptp_call.cpp every input ends in settle(), which
// lets the engine have its way until it is quiet; the handlers in between only feed. Who the user
// is and what it gets is in server_call_user.cpp, the device in server_call_device.cpp.
#include <daemon/server_call.h>

#include <daemon/drive.h>
#include <daemon/server_events.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

namespace {

std::string number(netlink::SessionId id) { return std::to_string(static_cast<std::uint32_t>(id)); }

}  // namespace

ServerCall::ServerCall(const ServerGround &ground, Plan plan, std::function<void()> wake)
    : ground_(ground), plan_(std::move(plan)), wake_(std::move(wake)),
      plumbing_(ground.kernel, ground.routes), link_(link_options(), ground.random),
      attempt_(fmt::format("{:08x}{:08x}", ground.random.u32(), ground.random.u32())) {}

// Whoever destroys it before it has ended wants nothing more than that nothing is left.
ServerCall::~ServerCall() {
    ground_.sessions.remove(*this);
    if (session_) {
        ground_.pools.release(session_->key);
        ground_.names.release(session_->interface);
    }
}

// -- up

base::Status ServerCall::open() {
    const config::PptpServer &settings = plan_.settings->server;
    netlink::SessionChange session;
    session.peer_id = static_cast<std::uint16_t>(plan_.request.peer);
    if (plan_.request.peer_window > 0)
        session.peer_window = plan_.request.peer_window;
    session.reorder_slots = settings.reorder_slots;
    session.reorder_timeout = static_cast<std::uint32_t>(settings.reorder_time.count());
    session.tx_window = tx_window();
    session.static_rtt = static_cast<std::uint32_t>(settings.static_rtt.count());
    TRY(plumbing_.open_in(plan_.tunnel, session));
    kernel_id_ = plumbing_.session_id();
    return {};
}

// Nothing is waited for unless the operator says how long: not every peer acknowledges on its own.
std::uint32_t ServerCall::tx_window() const {
    return plan_.settings->server.static_rtt.count() > 0 ? plan_.request.peer_window : 0;
}

void ServerCall::start(base::Time now) {
    known_by_ = now + KnownWithin;
    tell(Level::Debug, server_id::Call,
         fmt::format("call {}/{} from {}", plumbing_.call_id(),
                     static_cast<unsigned>(plan_.request.peer), plan_.caller.text()),
         {{"call_id", std::to_string(plumbing_.call_id())},
          {"peer_call_id", std::to_string(static_cast<unsigned>(plan_.request.peer))},
          {"host_name", plan_.host_name},
          {"vendor", plan_.vendor},
          {"phone", plan_.request.phone_number}});
    link_.open(now);
    settle(now);
}

ppp::LinkOptions ServerCall::link_options() const {
    const config::PptpServer &settings = plan_.settings->server;
    ppp::LinkOptions options;
    options.allow = {};  // nobody asks a server who it is
    options.require = settings.authentication;
    options.authenticator.name = ground_.world.host_name();
    options.authenticator.timeout = AuthTimeout;
    options.authenticator.rechallenge = settings.rechallenge;
    options.passive = Passive;
    options.mtu = link_mtu(settings.max_mtu);
    options.mru = settings.max_mru;
    if (settings.max_mru == 0) {
        // There is no session yet, but the tunnel is the connection's.
        const auto tunnel = ground_.kernel.tunnel(plan_.tunnel);
        options.mru = automatic_mru(tunnel ? tunnel->pmtu : 0);
    }
    options.encryption = ppp::Encryption::Auto;  // until it is known who it is
    options.mppe = settings.mppe;
    options.mppe_stateful = settings.mppe_stateful;
    options.keepalive = settings.keepalive;
    return options;
}

void ServerCall::set(const netlink::SessionChange &change) {
    if (const auto done = plumbing_.set(change); !done)
        end(kernel_reason(done.error()));
}

void ServerCall::on(ppp::SendFrame &output) {
    if (!plumbing_.session_id())
        return;
    // A full queue or a missing route is as a packet lost on the way: PPP repeats. A session that
    // is not there any more is the end.
    if (const auto sent = plumbing_.send(output.frame);
        !sent && sent.error().code == ErrorCode::NotFound)
        end({Layer::Kernel, Side::Local, ErrorCode::Refused, "the session is gone from the kernel",
             Cause::SessionDeleted});
}

void ServerCall::on(ppp::PhaseChanged &output) {
    if (output.phase == ppp::Phase::Establish && std::exchange(lcp_open_, false) && !reason_)
        set(nothing_agreed());
}

void ServerCall::on(ppp::LcpOpened &output) {
    if (reason_)
        return;
    lcp_ = output;
    link_mtu_ = output.mtu;
    encrypts_ = false;
    lcp_open_ = true;
    set(agreed(output));
    tell(Level::Debug, server_id::Lcp,
         fmt::format("lcp opened (mtu {}, mru {})", output.mtu, output.mru));
}

// Nobody asks us.
void ServerCall::on(ppp::Authenticated &) {}

void ServerCall::on(ppp::EncryptionUp &output) {
    if (reason_)
        return;
    const netlink::SessionChange change = encrypted(output, plan_.settings->server.mppe_resync);
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

void ServerCall::on(ppp::EncryptionDown &) {
    encoding_ = "none";
    insecure_ = false;
    if (plumbing_.session_id())
        set(not_encrypted());
}

void ServerCall::on(ppp::EncryptionRefused &output) {
    if (!reason_)
        tell(Level::Debug, server_id::Encryption, fmt::format("not encrypted: {}", output.text),
             {{"encoding", "none"}, {"insecure", "no"}});
}

// -- while it is up

void ServerCall::frame(const netlink::Frame &frame, base::Time now) {
    if (ended_ || link_ended_)
        return;
    link_.receive(frame.data, now);
    settle(now);
}

// Data goes past the engine. Only when its keepalive is about to ask the peer for a sign of life
// are the counters read, to see whether there was one.
void ServerCall::keepalive(base::Time now) {
    const auto session = plumbing_.session();
    if (!session)
        return;
    if (frames_seen(session->stats) != std::exchange(traffic_, frames_seen(session->stats)))
        link_.traffic_seen(now);
}

void ServerCall::restart_timeouts(base::Time now) {
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
void ServerCall::check_idle(base::Time now) {
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
        leave(now, local_reason(Cause::IdleTimeout,
                                fmt::format("no traffic for {}", base::format_uptime(timeout))));
        return;
    }
    idle_check_ = std::min(busy_ + timeout,
                           now + std::max<base::Duration>(timeout / 8, std::chrono::seconds(1)));
}

void ServerCall::session_gone(base::Time now) {
    if (ended_)
        return;
    end({Layer::Kernel, Side::Local, ErrorCode::Refused, "the session was deleted in the kernel",
         Cause::SessionDeleted});
    if (!link_ended_)
        link_.lower_down(now);
    settle(now);
}

// Somebody may have deleted the session, or the device, which detaches it. What an event said may
// be older than what we have done since, so the kernel is asked.
void ServerCall::check_session(base::Time now) {
    recheck_.asked();
    if (ended_ || reason_ || !plumbing_.session_id())
        return;
    const auto session = plumbing_.session();
    if (!session && session.error().code != ErrorCode::NotFound) {
        recheck_.failed(now);
        return;
    }
    recheck_.answered();
    if (!session) {
        session_gone(now);
        return;
    }
    if (session->device || !up())
        return;
    leave(now,
          {Layer::Kernel, Side::Local, ErrorCode::Refused,
           fmt::format("interface {} was deleted", session_->interface), Cause::InterfaceDeleted});
    settle(now);
}

void ServerCall::path_mtu_changed(std::uint32_t path) {
    if (!ended_ && up())
        fit_mtu(path);
}

// Cisco's switch. Where stateful mode alone is agreed to by our own wish, the other one is
// preferred once packets get lost, each of which costs stateful mode a round trip. CCP negotiated
// again would begin with the same keys, under which other packets have gone already: so
// authentication is negotiated again, too, which makes other keys.
void ServerCall::alarmed(base::Time now) {
    if (ended_ || reason_ || alarmed_ ||
        plan_.settings->server.mppe_stateful != ppp::StatefulMppe::Only)
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
    settle(now);
}

void ServerCall::settings_changed(std::shared_ptr<const ServerSettings> settings) {
    const config::PptpServer &old = plan_.settings->server;
    const config::PptpServer &fresh = settings->server;
    const bool kernel = old.reorder_slots != fresh.reorder_slots ||
                        old.reorder_time != fresh.reorder_time ||
                        old.static_rtt != fresh.static_rtt;
    plan_.settings = std::move(settings);
    if (kernel && !ended_ && plumbing_.session_id())
        apply_settings();
}

void ServerCall::apply_settings() {
    netlink::SessionChange change;
    change.reorder_slots = plan_.settings->server.reorder_slots;
    change.reorder_timeout =
        static_cast<std::uint32_t>(plan_.settings->server.reorder_time.count());
    change.tx_window = tx_window();
    change.static_rtt = static_cast<std::uint32_t>(plan_.settings->server.static_rtt.count());
    if (const auto done = plumbing_.set(change); !done)
        tell(Level::Warning, server_id::Setting,
             fmt::format("reorder-slots, reorder-time and static-rtt were not applied: {}",
                         done.error().text));
}

ServerCall::Shown ServerCall::shown(base::Time now) const {
    return {.uptime = lasted(now),
            .encoding = encoding_,
            .insecure = insecure_,
            .dynamic = !static_name_,
            .mtu = mtu_,
            .mru = lcp_.mru};
}

// -- down

void ServerCall::on(ppp::Ended &output) {
    link_ended_ = true;
    last_words_.reset();
    if (output.reason.kind == ppp::EndReason::Kind::LowerDown && control_reason_)
        end(*control_reason_);
    else
        end(reason_of(output.reason, link_.counters()));
}

void ServerCall::end(Reason reason) {
    if (!reason_) {
        reason_ = std::move(reason);
        pending_.reset();
    } else if (reason.by == Side::Peer && peer_words_.empty()) {
        peer_words_ = std::move(reason.text);
    }
}

// The peer is told what kind of reason it is; the rest is for our log.
void ServerCall::leave(base::Time now, Reason reason) {
    const std::string words(info(cause_of(reason)).words);
    const bool first = !reason_;
    end(std::move(reason));
    if (first && !link_ended_)
        link_.close(now, words);
}

void ServerCall::stop(base::Time now, Reason reason) {
    if (ended_)
        return;
    leave(now, std::move(reason));
    settle(now);
}

void ServerCall::abort(base::Time now, Reason reason) {
    if (ended_)
        return;
    leave(now, std::move(reason));
    settle(now);  // a Terminate-Request leaves
    if (!ended_) {
        link_.lower_down(now);
        settle(now);
    }
    RTUN_ASSERT(ended_);
    wake_();
}

void ServerCall::control_gone(base::Time now, Reason reason) {
    hung_up_ = true;
    if (ended_)
        return;
    if (!reason_ && !link_ended_ && link_.phase() != ppp::Phase::Dead) {
        // The link may know better, or learn it now.
        control_reason_ = std::move(reason);
        last_words_ = now + LastWords;
    } else {
        end(std::move(reason));
        if (!link_ended_)
            link_.lower_down(now);
    }
    settle(now);
}

void ServerCall::settle(base::Time now) {
    const auto handle = [this](auto &output) { on(output); };
    for (bool busy = true; busy && !ended_;) {
        busy = drain(link_, handle);
        if (reason_ && !busy)
            busy = wind_down(now);
    }
    save();
}

// True: the engine has something to do.
bool ServerCall::wind_down(base::Time now) {
    if (!link_ended_) {
        // Terminating, or there is nothing any more to terminate over.
        if (link_.phase() == ppp::Phase::Terminate && plumbing_.session_id())
            return false;
        link_.lower_down(now);
        return true;
    }
    finish();
    return false;
}

void ServerCall::finish() {
    if (std::exchange(ended_, true))
        return;
    plan_.half_open.release();
    ground_.sessions.remove(*this);
    undress(cause_of(*reason_));
    const netlink::Stats stats = plumbing_.close();
    if (session_) {
        end_record(stats);
        ground_.pools.release(session_->key);
        ground_.names.release(session_->interface);
    }
    tell_end(stats);
    up_since_.reset();
}

void ServerCall::end_record(const netlink::Stats &stats) {
    const auto last = counters(stats);
    if (!last)
        return;
    const auto kept = ground_.store.end(*last, ground_.world.epoch(), info(cause_of(*reason_)).name,
                                        reason_->text);
    ground_.written();
    if (!kept)
        tell(Level::Error, server_id::Accounting,
             fmt::format("the end of the session was not recorded: {}", kept.error().text));
}

void ServerCall::tell_end(const netlink::Stats &stats) {
    const bool was_up = first_up_.has_value();
    const base::Time now = ground_.world.now();
    const bool asked_for = reason_->by == Side::User;
    Fields fields{{"layer", std::string(name(reason_->layer))},
                  {"by", std::string(name(reason_->by))},
                  {"cause", std::string(info(cause_of(*reason_)).name)},
                  {"outcome", asked_for                    ? "terminated"
                              : was_up                     ? "disconnected"
                              : reason_->by == Side::Local ? "refused"
                                                           : "failed"},
                  {"reason", reason_->text}};
    if (!peer_words_.empty())
        fields["peer_reason"] = peer_words_;
    if (!was_up) {
        tell(Level::Info, server_id::Failed, reason_->text, std::move(fields));
        return;
    }
    const base::Duration uptime = lasted(now);
    fields["uptime"] =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
    fields["rx_bytes"] = std::to_string(stats.rx_bytes);
    fields["tx_bytes"] = std::to_string(stats.tx_bytes);
    tell(Level::Info, server_id::Down,
         fmt::format("{} disconnected after {}: {}", session_->user, base::format_uptime(uptime),
                     reason_->text),
         std::move(fields));
}

base::Duration ServerCall::lasted(base::Time now) const {
    return first_up_ ? now - *first_up_ : base::Duration::zero();
}

std::optional<aaa::Store::Counters> ServerCall::counters(const netlink::Stats &stats) const {
    if (!session_ || !session_->recorded)
        return std::nullopt;
    return aaa::Store::Counters{.id = session_->key,
                                .octets_in = stats.rx_bytes,
                                .octets_out = stats.tx_bytes,
                                .packets_in = stats.rx_packets,
                                .packets_out = stats.tx_packets};
}

void ServerCall::tell(Level level, std::string_view id, std::string text, Fields fields) {
    ctl::Event event;
    event.time = ground_.world.epoch();
    event.id = id;
    event.object = "call";
    event.name = session_ ? session_->user : plan_.caller.text();
    event.text = std::move(text);
    event.fields = std::move(fields);
    event.fields.emplace("attempt", attempt_);
    event.fields.emplace("peer", plan_.caller.text());
    if (session_)
        event.fields.emplace("user", session_->user);
    else if (!claimed_.empty())
        event.fields.emplace("user", claimed_);
    if (session_ && !session_->interface.empty())
        event.fields.emplace("interface", session_->interface);
    if (plumbing_.session_id())
        event.fields.emplace("session_id", number(*plumbing_.session_id()));
    ground_.sink(level, event);
}

// -- time

void ServerCall::expire(base::Time now) {
    if (ended_)
        return;
    if (due(known_by_, now)) {
        known_by_.reset();
        leave(now, {Layer::Ppp, Side::Peer, ErrorCode::AuthFailed,
                    fmt::format("not authenticated within {} s", KnownWithin.count()),
                    Cause::AuthTimeout});
    }
    if (pending_ && pending_->at <= now)
        judge(now);
    if (due(last_words_, now)) {
        last_words_.reset();
        if (!link_ended_)
            link_.lower_down(now);
    }
    if (due(recheck_.deadline(), now))
        check_session(now);
    if (due(session_end_, now)) {
        session_end_.reset();
        leave(now, local_reason(Cause::SessionTimeout,
                                fmt::format("session-timeout {} reached",
                                            base::format_uptime(session_->terms.session_timeout))));
    }
    if (due(idle_check_, now) && !reason_)
        check_idle(now);
    if (!ended_ && !link_ended_) {
        if (up() && due(link_.deadline(), now))
            keepalive(now);
        expire_if_due(link_, now);
        // RouterOS says it so, and operators look for it.
        for (const std::uint64_t missed = link_.counters().echo_missed; missed_ < missed; missed_++)
            tell(Level::Info, server_id::EchoMissed, "LCP missed echo reply");
    }
    settle(now);
}

base::Deadline ServerCall::deadline() const {
    if (ended_)
        return std::nullopt;
    base::Deadline next = base::earlier(last_words_, recheck_.deadline());
    next = base::earlier(next, session_end_);
    next = base::earlier(next, idle_check_);
    if (!known())
        next = base::earlier(next, known_by_);
    if (pending_)
        next = base::earlier(next, pending_->at);
    if (!link_ended_)
        next = base::earlier(next, link_.deadline());
    return next;
}

}  // namespace rtun::daemon
