// SPDX-License-Identifier: GPL-2.0-or-later
//
// A control connection to our server that outlives its program, with its calls. It is kept from the
// moment when its first call is up: what strangers open dies with us.
//
// The next program adopts everything first and ends nothing, so that whatever belongs to sessions
// that go on is known before anybody tidies up. Then it goes on with a connection that was kept and
// makes sense. Calls of it that cannot be gone on with are cleared; without the connection all are.
//
// A program that is killed between reading a part of a message and writing the blob leaves a stream
// that begins in the middle of a message: the engine ends the connection as garbage.
#include <daemon/server_connection.h>

#include <daemon/server_events.h>
#include <daemon/server_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

// Unique as long as the kernel has the tunnel.
std::string stream_name(netlink::TunnelId tunnel) {
    return fmt::format("server-{}", static_cast<std::uint32_t>(tunnel));
}

Reason unfit(std::string_view why) {
    return {Layer::Tcp, Side::Local, ErrorCode::Closed,
            fmt::format("the daemon was started anew and could not go on with it: {}", why),
            Cause::DaemonRestarted};
}

}  // namespace

// -- what is kept

void ServerConnection::save() {
    if (!tunnel_ || ended_)
        return;
    if (!keeping_) {
        if (tcp_closed_ ||
            std::none_of(calls_.begin(), calls_.end(), [](const auto &call) { return call->up(); }))
            return;
        keeping_ = true;
        kept_ = stream_->keep(stream_name(*tunnel_));
    }
    base::Bytes blob =
        encode_connection(control_ended_ || stopping_ ? std::nullopt : control_.state());
    if (blob == saved_)
        return;
    netlink::TunnelChange change;
    change.blob = blob;
    // Refused: what stands there may be old, so it is tried again with the next event.
    if (ground_.kernel.tunnel_set(*tunnel_, change))
        saved_ = std::move(blob);
}

std::size_t ServerConnection::leave() {
    const auto lasting = [](const auto &call) { return call->lasts() && call->save(); };
    if (ended_ || !kept_ || stopping_ || control_ended_ || tcp_closed_ || !tunnel_ ||
        std::none_of(calls_.begin(), calls_.end(), lasting))
        return 0;
    auto last = control_.state();
    if (!last)
        return 0;
    last->unsent = stream_->unsent();
    netlink::TunnelChange change;
    change.blob = encode_connection(last);
    // What does not fit is left out, and then there is nothing to go on with.
    if (!decode_connection(*change.blob) || !ground_.kernel.tunnel_set(*tunnel_, change))
        return 0;
    std::size_t left = 0;
    for (const auto &call : calls_) {
        const bool own = call->known();
        if (call->leave())
            left += own ? 1U : 0U;
        else
            // The next program clears it: our engine must not say anything any more.
            call->abort(ground_.world.now(), {Layer::Config, Side::User, ErrorCode::Closed,
                                              "the daemon was stopped", Cause::DaemonStopped});
        forget(*call);
    }
    calls_.clear();
    ground_.index.tunnels.erase(static_cast<std::uint32_t>(*tunnel_));
    tunnel_.reset();
    half_open_.release();
    stream_->leave();
    stream_.reset();
    alarm_->arm(std::nullopt);
    ended_ = true;
    over_();
    return left;
}

// -- taken over

void ServerConnection::adopt(const Found &found) {
    const netlink::Tunnel &tunnel = found.tunnel;
    tunnel_ = tunnel.id;
    ground_.index.tunnels.emplace(static_cast<std::uint32_t>(*tunnel_), this);
    peer_ = tunnel.spec.remote.v4() != nullptr ? *tunnel.spec.remote.v4() : base::Ipv4{};
    local_ = tunnel.spec.local.v4() != nullptr ? *tunnel.spec.local.v4() : base::Ipv4{};
    path_mtu_ = tunnel.pmtu;
    saved_ = tunnel.spec.blob;
    keeping_ = true;
    unfit_ = adopt_control(tunnel);
    for (const netlink::Session &session : found.sessions)
        adopt_call(session);
    if (settings_->server.fwmark != tunnel.spec.fwmark) {
        netlink::TunnelChange change;
        change.fwmark = settings_->server.fwmark;
        (void)ground_.kernel.tunnel_set(*tunnel_, change);
    }
}

// The stream first: whatever is wrong with the rest, it is closed then.
std::optional<Reason> ServerConnection::adopt_control(const netlink::Tunnel &tunnel) {
    stream_ = ground_.world.adopt(stream_name(tunnel.id), handlers());
    kept_ = stream_ != nullptr;
    auto state = decode_connection(tunnel.spec.blob);
    if (state) {
        host_name_ = state->peer.host_name;
        vendor_ = state->peer.vendor;
    }
    if (!stream_)
        return unfit("nobody kept its control connection");
    if (stream_->remote() != peer_ || stream_->local() != local_)
        return unfit("the control connection that was kept is another one");
    if (!state)
        return unfit(state.error().text);
    unsent_ = std::move(state->unsent);
    control_.resume(*state, ground_.world.now());
    return std::nullopt;
}

void ServerConnection::adopt_call(const netlink::Session &session) {
    auto state = decode_session_state(session.blob);
    const auto link = decode_link_of_bundle(session.blob);
    if ((!state && !link) || !session.peer_id) {
        // Not up yet, most of the time.
        strange_.push_back(session);
        (void)ground_.kernel.session_del(session.id);
        return;
    }
    pptp::CallRequested request;
    request.peer = pptp::CallId{static_cast<std::uint16_t>(*session.peer_id)};
    const auto control = control_.state();
    const auto known = control ? control->calls : std::vector<pptp::ServerState::Call>{};
    const auto agreed = std::find_if(known.begin(), known.end(), [&](const auto &one) {
        return one.peer == request.peer &&
               static_cast<std::uint16_t>(one.local) == session.local_id;
    });
    if (agreed != known.end())
        request.peer_window = agreed->peer_window;
    auto call = std::make_unique<ServerCall>(ground_,
                                             ServerCall::Plan{.settings = settings_,
                                                              .caller = peer_,
                                                              .local = local_,
                                                              .tunnel = *tunnel_,
                                                              .request = std::move(request),
                                                              .host_name = host_name_,
                                                              .vendor = vendor_,
                                                              .half_open = {}},
                                             [this] { alarm_->arm(ground_.world.now()); });
    ground_.index.sessions.emplace(static_cast<std::uint32_t>(session.id), this);
    const base::Time now = ground_.world.now();
    auto why = state ? call->resume(*state, session, now) : call->resume(*link, session, now);
    if (!unfit_ && agreed == known.end()) {
        // The peer may have given the number to another call by now.
        call->hang_up();
        if (!why)
            why = unfit("its control connection has no such call");
    }
    if (why)
        unfit_calls_.emplace_back(call.get(), std::move(*why));
    calls_.push_back(std::move(call));
}

// Calls that were not up when the other program ended, or are not in the kernel any more.
void ServerConnection::clear_orphans() {
    const auto control = control_.state();
    if (!control)
        return;
    for (const pptp::ServerState::Call &one : control->calls)
        if (call(one.peer) == nullptr)
            control_.clear(one.peer, info(Cause::DaemonRestarted).words, ground_.world.now());
}

void ServerConnection::begin_resumed(const std::optional<std::set<std::string>> &records) {
    if (!unfit_ && !unsent_.empty() && !stream_->send(unsent_))
        unfit_ = unfit("the client does not read what is sent to it");
    const auto unfit_calls = std::exchange(unfit_calls_, {});
    if (unfit_) {
        control_ended_ = true;
        tcp_closed_ = true;
        for (const auto &[call, why] : unfit_calls)
            call->abort(ground_.world.now(), why);
        abort(*std::exchange(unfit_, std::nullopt));
        return;
    }
    clear_orphans();
    for (const auto &[call, why] : unfit_calls)
        call->abort(ground_.world.now(), why);
    for (const auto &call : calls_)
        if (!call->ended())
            call->begin_resumed(path_mtu_, records, ground_.world.now());
    if (calls_.empty())
        half_open_ = ground_.admission.take(peer_);
    turn();
}

}  // namespace rtun::daemon
