// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything ends in turn(): the engine is drained, calls that have ended are told to it and put
// away, and the alarm is set to what comes first.
#include <daemon/server_connection.h>

#include <daemon/drive.h>
#include <daemon/server_bundles.h>
#include <daemon/server_events.h>
#include <daemon/server_sessions.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

namespace {

// What we tell of our end's speed if the peer names none.
constexpr std::uint32_t DefaultSpeed = 100000000;

pptp::ServerOptions control_options(const ServerGround &ground, const config::PptpServer &server) {
    pptp::ServerOptions options;
    options.host_name = ground.world.host_name();
    options.receive_window = server.receive_window;
    options.echo_interval = server.echo_interval;
    options.echo_timeout = server.echo_timeout;
    return options;
}

}  // namespace

ServerConnection::ServerConnection(const ServerGround &ground,
                                   std::shared_ptr<const ServerSettings> settings, Place place,
                                   std::function<void()> over)
    : ground_(ground), settings_(std::move(settings)), place_(place), over_(std::move(over)),
      alarm_(ground.world.alarm([this] { woken(); })),
      control_(control_options(ground, settings_->server), ground.random) {}

ServerConnection::~ServerConnection() {
    for (const auto &call : calls_)
        forget(*call);
    calls_.clear();
    if (tunnel_) {
        ground_.index.tunnels.erase(static_cast<std::uint32_t>(*tunnel_));
        (void)ground_.kernel.tunnel_del(*tunnel_);
    }
}

StreamHandlers ServerConnection::handlers() {
    StreamHandlers handlers;
    handlers.connected = [] {};
    handlers.received = [this](base::View octets) { received(octets); };
    handlers.closed = [this](const base::Error &error) { closed(error); };
    handlers.drained = [this] { turn(); };
    return handlers;
}

void ServerConnection::begin(std::unique_ptr<Stream> stream, HalfOpen half_open) {
    stream_ = std::move(stream);
    peer_ = stream_->remote();
    local_ = stream_->local();
    half_open_ = std::move(half_open);
    control_.start(ground_.world.now());
    turn();
}

void ServerConnection::received(base::View octets) {
    if (!control_ended_)
        control_.receive(octets, ground_.world.now());
    turn();
}

void ServerConnection::closed(const base::Error &error) {
    tcp_closed_ = true;
    if (!control_ended_)
        control_.connection_lost(ground_.world.now(), error.text);
    turn();
}

// -- the control connection

void ServerConnection::on(pptp::SendBytes &output) {
    if (tcp_closed_ || stream_->send(output.bytes))
        return;
    // Who does not read what it asks for is told nothing more.
    tcp_closed_ = true;
    control_.connection_lost(
        ground_.world.now(),
        fmt::format("the client does not read what is sent to it ({} octets wait)",
                    stream_->queued()));
}

void ServerConnection::on(pptp::PeerUp &output) {
    host_name_ = output.host_name;
    vendor_ = output.vendor;
}

base::Status ServerConnection::make_tunnel() {
    if (tunnel_)
        return {};
    netlink::TunnelSpec spec;
    spec.local = local_;
    spec.remote = peer_;
    spec.lifetime = netlink::Lifetime::OutlivesOwner;
    spec.fwmark = settings_->server.fwmark;
    spec.oif = place_.device;
    spec.blob = encode_connection(std::nullopt);
    saved_ = spec.blob;
    tunnel_ = TRY(ground_.kernel.tunnel_add(spec));
    ground_.index.tunnels.emplace(static_cast<std::uint32_t>(*tunnel_), this);
    return {};
}

std::optional<Reason> ServerConnection::refuse(HalfOpen &half_open) {
    const config::PptpServer &server = settings_->server;
    if (stopping_)
        return *stopping_;
    // One that will take another's place is let in (UserSession::refuse_more).
    const bool replaces = server.one_session_per_host && !ground_.sessions.of_host(peer_).empty();
    // So is one that may be another link of a session that is there.
    const bool may_join = server.mrru > 0 && ground_.bundles.any();
    if (server.max_sessions > 0 && ground_.sessions.size() >= server.max_sessions && !replaces &&
        !may_join)
        return local_reason(Cause::MaxSessions,
                            fmt::format("there are {} sessions, the most that max-sessions allows",
                                        server.max_sessions));
    if (half_open_) {
        half_open = std::move(half_open_);
    } else {
        if (const auto full = ground_.admission.another(peer_))
            return local_reason(*full, std::string(info(*full).words));
        half_open = ground_.admission.take(peer_);
    }
    if (const auto made = make_tunnel(); !made)
        return kernel_reason(made.error());
    return std::nullopt;
}

void ServerConnection::refused(const pptp::CallRequested &request, pptp::Server::Refusal how,
                               Reason reason) {
    control_.refuse(request.peer, how, ground_.world.now());
    ctl::Event event;
    event.time = ground_.world.epoch();
    event.id = server_id::Refused;
    event.object = "server";
    event.name = "pptp";
    event.text = fmt::format("call from {} refused: {}", peer_.text(), reason.text);
    event.fields = {{"peer", peer_.text()},
                    {"outcome", "refused"},
                    {"layer", std::string(name(reason.layer))},
                    {"by", std::string(name(reason.by))},
                    {"cause", std::string(info(cause_of(reason)).name)},
                    {"reason", reason.text}};
    ground_.sink(Level::Info, event);
}

void ServerConnection::on(pptp::CallRequested &output) {
    using Refusal = pptp::Server::Refusal;
    HalfOpen half_open;
    if (auto why = refuse(half_open)) {
        const Refusal how = cause_of(*why) == Cause::Kernel ? Refusal::NoResources : Refusal::Busy;
        if (calls_.empty() && half_open)
            half_open_ = std::move(half_open);
        refused(output, how, std::move(*why));
        return;
    }
    auto call = std::make_unique<ServerCall>(ground_,
                                             ServerCall::Plan{.settings = settings_,
                                                              .caller = peer_,
                                                              .local = local_,
                                                              .tunnel = *tunnel_,
                                                              .request = output,
                                                              .host_name = host_name_,
                                                              .vendor = vendor_,
                                                              .half_open = std::move(half_open)},
                                             [this] { alarm_->arm(ground_.world.now()); });
    if (const auto opened = call->open(); !opened) {
        refused(output, Refusal::NoResources, kernel_reason(opened.error()));
        return;
    }
    const base::Time now = ground_.world.now();
    ground_.index.sessions.emplace(static_cast<std::uint32_t>(*call->kernel_id()), this);
    control_.accept(output.peer, pptp::CallId{call->plumbing().call_id()},
                    output.maximum_bps > 0 ? output.maximum_bps : DefaultSpeed, now);
    calls_.push_back(std::move(call));
    calls_.back()->start(now);
}

void ServerConnection::forget(const ServerCall &call) {
    if (const auto id = call.kernel_id())
        ground_.index.sessions.erase(static_cast<std::uint32_t>(*id));
}

// The kernel maps no characters, so there is nothing to set.
void ServerConnection::on(pptp::LinkInfo &) {}

void ServerConnection::on(pptp::CallEnded &output) {
    if (ServerCall *ended = call(output.peer); ended != nullptr)
        ended->control_gone(ground_.world.now(), reason_of(output.reason));
}

void ServerConnection::on(pptp::Ended &output) {
    control_ended_ = true;
    flush_by_ = ground_.world.now() + FlushTimeout;
    // The engine has told it to each call that it knows; the others end as well.
    for (const auto &call : calls_)
        if (!call->hung_up())
            call->control_gone(ground_.world.now(), reason_of(output.reason));
}

// -- calls

ServerCall *ServerConnection::call(pptp::CallId peer) {
    const auto found = std::find_if(calls_.begin(), calls_.end(), [peer](const auto &call) {
        return call->peer_call() == peer && !call->hung_up() && !call->ended();
    });
    return found == calls_.end() ? nullptr : found->get();
}

ServerCall *ServerConnection::call(netlink::SessionId session) {
    const auto found = std::find_if(calls_.begin(), calls_.end(), [session](const auto &call) {
        return call->plumbing().owns(session);
    });
    return found == calls_.end() ? nullptr : found->get();
}

unsigned ServerConnection::stop_calls(const std::function<bool(const ServerCall &)> &which,
                                      const Reason &reason) {
    unsigned stopped = 0;
    for (const auto &call : calls_) {
        if (!which(*call))
            continue;
        stopped++;
        call->stop(ground_.world.now(), reason);
    }
    if (stopped > 0)
        turn();
    return stopped;
}

std::optional<aaa::Store::Counters> ServerConnection::counters(const netlink::Session &session) {
    const ServerCall *of = call(session.id);
    return of == nullptr ? std::nullopt : of->counters(session.stats);
}

void ServerConnection::kernel_event(const netlink::Event &event) {
    const base::Time now = ground_.world.now();
    if (const auto *arrived = std::get_if<netlink::Frame>(&event)) {
        if (ServerCall *to = call(arrived->session); to != nullptr)
            to->frame(*arrived, now);
    } else if (const auto *session = std::get_if<netlink::SessionGone>(&event)) {
        if (ServerCall *of = call(session->id); of != nullptr)
            of->session_gone(now);
    } else if (std::holds_alternative<netlink::TunnelGone>(event)) {
        // Each of its sessions was told of before.
        ground_.index.tunnels.erase(static_cast<std::uint32_t>(*tunnel_));
        tunnel_.reset();
        // What the next program needs stood in it. The client may come again.
        if (kept_) {
            stop({Layer::Kernel, Side::Local, ErrorCode::Refused,
                  "its tunnel was deleted in the kernel", Cause::SessionDeleted});
            return;
        }
    } else if (const auto *changed = std::get_if<netlink::SessionChanged>(&event)) {
        if (ServerCall *of = call(changed->session.id);
            of != nullptr && of->user().up() && !changed->session.device)
            of->check_session(now);
    } else if (const auto *notice = std::get_if<netlink::Notice>(&event)) {
        if (notice->type == "pmtu" && notice->value) {
            for (const auto &call : calls_)
                call->path_mtu_changed(*notice->value);
        } else if (notice->type == "alarm" && notice->session) {
            if (ServerCall *of = call(*notice->session); of != nullptr)
                of->alarmed(now);
        } else if (notice->type == "peer_alive" && notice->session && notice->value) {
            if (ServerCall *of = call(*notice->session); of != nullptr)
                of->heard(*notice->value != 0);
        } else if (notice->type == "carrier" && notice->session) {
            if (ServerCall *of = call(*notice->session); of != nullptr && of->user().up())
                of->check_session(now);
        }
    }
    turn();
}

void ServerConnection::compare(const std::function<bool(netlink::SessionId, bool device)> &there) {
    for (const auto &call : calls_)
        if (const auto id = call->plumbing().session_id(); id && !there(*id, call->user().up()))
            call->check_session(ground_.world.now());
    turn();
}

void ServerConnection::settings_changed(const std::shared_ptr<const ServerSettings> &settings) {
    if (tunnel_ && settings_->server.fwmark != settings->server.fwmark) {
        netlink::TunnelChange change;
        change.fwmark = settings->server.fwmark;
        (void)ground_.kernel.tunnel_set(*tunnel_, change);  // a tunnel that is gone is told of
    }
    settings_ = settings;
    for (const auto &call : calls_)
        call->settings_changed(settings);
}

void ServerConnection::terms_changed() {
    for (const auto &call : calls_)
        call->terms_changed(ground_.world.now());
    turn();
}

// -- down

void ServerConnection::stop(Reason reason) {
    if (ended_)
        return;
    for (const auto &call : calls_)
        call->stop(ground_.world.now(), reason);
    stopping_ = std::move(reason);
    turn();
}

void ServerConnection::abort(Reason reason) {
    if (ended_)
        return;
    for (const auto &call : calls_)
        call->abort(ground_.world.now(), reason);
    stopping_ = std::move(reason);
    turn();
    finish();
}

bool ServerConnection::bury() {
    bool any = false;
    for (const auto &call : calls_) {
        if (!call->ended())
            continue;
        any = true;
        forget(*call);
        if (!control_ended_ && !call->hung_up())
            control_.clear(call->peer_call(), info(cause_of(*call->reason())).words,
                           ground_.world.now());
    }
    if (!any)
        return false;
    std::erase_if(calls_, [](const auto &call) { return call->ended(); });
    if (calls_.empty() && !control_ended_)
        half_open_ = ground_.admission.take(peer_);
    return true;
}

void ServerConnection::turn() {
    if (ended_)
        return;
    const auto handle = [this](auto &output) { on(output); };
    while (drain(control_, handle) || bury()) {
    }
    wind_down();
    save();
    base::Deadline next = flush_by_;
    if (!control_ended_)
        next = base::earlier(next, control_.deadline());
    for (const auto &call : calls_)
        next = base::earlier(next, call->deadline());
    if (!ended_)
        alarm_->arm(next);
}

void ServerConnection::wind_down() {
    if (stopping_ && calls_.empty() && !control_ended_ && !std::exchange(control_stopped_, true)) {
        const auto handle = [this](auto &output) { on(output); };
        control_.stop(ground_.world.now(), info(cause_of(*stopping_)).words);
        while (drain(control_, handle)) {
        }
    }
    if (control_ended_ && calls_.empty() && (tcp_closed_ || stream_->queued() == 0))
        finish();
}

void ServerConnection::finish() {
    if (ended_)
        return;
    // Calls do not outlive their control connection by more than its last words.
    for (const auto &call : calls_) {
        call->abort(ground_.world.now(),
                    {Layer::Tcp, Side::Peer, ErrorCode::Closed, "the control connection has ended",
                     Cause::ConnectionLost});
        forget(*call);
    }
    calls_.clear();
    ended_ = true;
    half_open_.release();
    stream_.reset();
    alarm_->arm(std::nullopt);
    if (tunnel_) {
        ground_.index.tunnels.erase(static_cast<std::uint32_t>(*tunnel_));
        if (const auto deleted = ground_.kernel.tunnel_del(*tunnel_);
            !deleted && deleted.error().code != ErrorCode::NotFound)
            base::log::warning("tunnel.left",
                               {{"RTUN_TUNNEL", std::to_string(static_cast<unsigned>(*tunnel_))}},
                               "tunnel {} could not be deleted: {}",
                               static_cast<unsigned>(*tunnel_), deleted.error().text);
        tunnel_.reset();
    }
    over_();
}

void ServerConnection::woken() {
    if (ended_)
        return;
    const base::Time now = ground_.world.now();
    if (due(flush_by_, now)) {
        finish();
        return;
    }
    if (!control_ended_)
        expire_if_due(control_, now);
    for (const auto &call : calls_)
        if (due(call->deadline(), now))
            call->expire(now);
    turn();
}

}  // namespace rtun::daemon
