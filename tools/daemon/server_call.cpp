// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a call goes up, and how it goes down. As in pptp_call.cpp every input ends in settle(), which
// lets the engine have its way until it is quiet; the handlers in between only feed. Who the user
// is is in server_call_user.cpp, the call as a link of a bundle in server_call_bundle.cpp.
#include <daemon/server_call.h>

#include <daemon/drive.h>
#include <daemon/server_bundle.h>
#include <daemon/server_events.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

ServerCall::ServerCall(const ServerGround &ground, Plan plan, std::function<void()> wake)
    : ground_(ground), plan_(std::move(plan)), wake_(std::move(wake)),
      plumbing_(ground.kernel, ground.routes), link_(link_options(), ground.random),
      user_(ground,
            {.kind = UserSession::Kind::Call,
             .plumbing = plumbing_,
             .link = link_,
             .caller = plan_.caller,
             .attempt = fmt::format("{:08x}{:08x}", ground.random.u32(), ground.random.u32()),
             .end = [this](Reason reason) { end(std::move(reason)); },
             .leave = [this](base::Time now, Reason reason) { leave(now, std::move(reason)); },
             .abort = [this](base::Time now, Reason reason) { abort(now, std::move(reason)); }},
            plan_.settings) {}

ServerCall::~ServerCall() {
    if (bundle_ != nullptr)
        bundle_->forget(*this);
}

// -- up

base::Status ServerCall::open() {
    const config::PptpServer &settings = plan_.settings->server;
    netlink::SessionChange session;
    session.peer_id = static_cast<std::uint16_t>(plan_.request.peer);
    if (plan_.request.peer_window > 0)
        session.peer_window = plan_.request.peer_window;
    if (plan_.vendor == pptp::OwnVendor)
        session.peer_offload = true;
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
    if (settings.mrru > 0)
        options.multilink =
            ppp::Multilink{.mrru = settings.mrru, .discriminator = plan_.settings->discriminator};
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
    lcp_open_ = true;
    user_.on(output);
    set(agreed(output));
    const std::string multilink = output.multilink ? ", multilink: " + output.multilink->text()
                                  : output.multilink_refused.empty()
                                      ? ""
                                      : ", no multilink: " + output.multilink_refused;
    tell(Level::Debug, server_id::Lcp,
         fmt::format("lcp opened (mtu {}, mru {}){}", output.mtu, output.mru, multilink));
}

// Nobody asks us.
void ServerCall::on(ppp::Authenticated &) {}

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
    if (auto why = user_.missing_in(*session)) {
        leave(now, std::move(*why));
        settle(now);
    }
}

void ServerCall::path_mtu_changed(std::uint32_t path) {
    if (!ended_)
        user_.path_mtu_changed(path);
}

void ServerCall::alarmed(base::Time now) {
    if (ended_)
        return;
    user_.alarmed(now);
    settle(now);
}

void ServerCall::terms_changed(base::Time now) {
    if (ended_)
        return;
    user_.terms_changed(now);
    settle(now);
}

void ServerCall::settings_changed(std::shared_ptr<const ServerSettings> settings) {
    const config::PptpServer &old = plan_.settings->server;
    const config::PptpServer &fresh = settings->server;
    const bool kernel = old.reorder_slots != fresh.reorder_slots ||
                        old.reorder_time != fresh.reorder_time ||
                        old.static_rtt != fresh.static_rtt;
    plan_.settings = std::move(settings);
    user_.settings_changed(plan_.settings);
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
        user_.ending();
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
    if (joined()) {
        (void)plumbing_.close();
        tell_link_ended();
    } else {
        user_.finish(*reason_, peer_words_);
    }
    if (auto *const bundle = std::exchange(bundle_, nullptr); bundle != nullptr)
        bundle->gone(*this, *reason_, ground_.world.now());
}

// -- time

void ServerCall::expire(base::Time now) {
    if (ended_)
        return;
    if (due(prodded_, now))
        prodded_.reset();
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
    user_.expire(now);
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
    next = base::earlier(next, prodded_);
    next = base::earlier(next, user_.deadline());
    next = base::earlier(next, known_by_);
    if (pending_)
        next = base::earlier(next, pending_->at);
    if (!link_ended_)
        next = base::earlier(next, link_.deadline());
    return next;
}

}  // namespace rtun::daemon
