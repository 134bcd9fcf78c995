// SPDX-License-Identifier: GPL-2.0-or-later
//
// A call that outlives its program. While it is up and its control connection is kept, what the
// next program needs stands in the session's blob, written anew whenever it changes; when this
// program ends on purpose it lets go of the call (leave), and the next one goes on with it
// (resume). The kernel carries data all the while and is not touched.
//
// A program that is killed between reading a part of a control message and writing the blob leaves
// a stream that begins in the middle of a message: the next one ends the call as garbage, and the
// client dials anew. Control messages come whole and seldom, so that is rare.
#include <daemon/pptp_call.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

// Unique as long as the kernel has the session.
std::string stream_name(netlink::SessionId session) {
    return fmt::format("client-{}", static_cast<std::uint32_t>(session));
}

}  // namespace

// Nothing: it is not up, negotiates anew, or ends.
std::optional<CallState> PptpCall::state() const {
    if ((!up_ && !member_) || reason_ || control_ended_ || link_ended_ || tcp_closed_)
        return std::nullopt;
    auto control = control_->state();
    auto link = link_->state();
    if (!control || !link)
        return std::nullopt;
    return CallState{.settings = settings_line_,
                     .server = plan_.server,
                     .port = plan_.port,
                     .since = up_since_,
                     .way = member_ ? plan_.way : std::nullopt,
                     .control = std::move(*control),
                     .link = std::move(*link)};
}

// The call has come up: from now on it may outlive us, if there is somebody to keep its TCP
// connection.
void PptpCall::begin_keeping() {
    up_since_ = ground_.world.epoch();
    if (kept_ || plan_.lifetime == netlink::Lifetime::DiesWithOwner)
        return;
    kept_ = stream_->keep(stream_name(*plumbing_.session_id()));
    settings_line_ = settings_line(plan_.client);
}

void PptpCall::save() {
    if (!kept_ || ended_ || !plumbing_.session_id())
        return;
    base::Bytes blob;
    if (const auto now = state())
        if (auto text = encode(*now))
            blob = std::move(*text);
    if (blob == saved_)
        return;
    // Refused: what stands there may be old, so it is tried again with the next event.
    if (plumbing_.set({.blob = blob}))
        saved_ = std::move(blob);
}

bool PptpCall::leave() {
    if (ended_ || !kept_)
        return false;
    auto last = state();
    if (!last)
        return false;
    last->control.unsent = stream_->unsent();
    auto blob = encode(*last);
    if (!blob || !plumbing_.set({.blob = std::move(*blob)}))
        return false;
    stream_->leave();
    stream_.reset();
    plumbing_.release();
    limit_.reset();
    ended_ = true;
    return true;
}

base::Status PptpCall::adopt(const CallState &state, const netlink::Tunnel &tunnel,
                             const netlink::Session &session) {
    TRY(plumbing_.adopt(tunnel, session, networks_of(state.link)));
    mtu_ = TRY(ground_.kernel.link_status(plumbing_.device()->index)).mtu;
    return {};
}

base::Status PptpCall::resume(const CallState &state, const netlink::Tunnel &tunnel,
                              const netlink::Session &session) {
    const base::Time now = ground_.world.now();
    const auto &call = state.control.call;
    const bool link = state.link.lcp.multilink.has_value();
    const bool bridges = !plan_.client.port.bridge.empty();
    if (link != plan_.multilink.has_value() ||
        (!link && !(bridges ? state.link.bridge.has_value() : state.link.ipv4.has_value())) ||
        session.local_id != static_cast<std::uint16_t>(call.local) ||
        session.peer_id != static_cast<std::uint16_t>(call.peer))
        return base::fail(ErrorCode::Invalid, "the kernel's session is another one");
    // Taken first: whatever is wrong with the rest, it is closed then.
    stream_ = ground_.world.adopt(stream_name(session.id), handlers());
    if (!stream_)
        return base::fail(ErrorCode::NotFound, "nobody kept its control connection");
    tcp_connected_ = true;
    kept_ = true;
    if (link)
        TRY(plumbing_.adopt_link(tunnel, session));
    else
        TRY(adopt(state, tunnel, session));

    control_.emplace(control_options(), call.local, ground_.random);
    control_->resume(state.control, now);
    if (!state.control.unsent.empty() && !stream_->send(state.control.unsent))
        return base::fail(ErrorCode::Closed, "the server does not read what is sent to it");
    link_.emplace(link_options(), ground_.random);
    link_->resume(state.link, now);

    server_host_ = state.control.server.host_name;
    server_vendor_ = state.control.server.vendor;
    settings_line_ = settings_line(plan_.client);
    up_since_ = state.since;
    saved_ = session.blob;
    lcp_ = state.link.lcp;
    lcp_open_ = true;
    link_mtu_ = lcp_.mtu;
    encrypts_ = state.link.encryption_send.has_value();
    if (encrypts_)
        link_mtu_ = std::min<std::uint32_t>(link_mtu_, state.link.peer_mru - MppeOverhead);
    peer_call_ = static_cast<std::uint16_t>(call.peer);
    up_ = !link;
    member_ = link;
    if (up_)
        tell_resumed(state, session);

    // What may have changed meanwhile: the path, and settings that need no new call.
    if (up_)
        fit_mtu(plumbing_.path_mtu());
    // A bridge that is gone for a moment is no reason to end it.
    if (up_ && bridges)
        if (const auto set = plumbing_.set_port(plan_.client.port); !set)
            outputs_.emplace_back(PortFailed{set.error().text});
    if (session.reorder_slots != plan_.client.reorder_slots ||
        session.reorder_timeout != static_cast<std::uint32_t>(plan_.client.reorder_time.count()) ||
        session.disorder != plan_.client.test_type ||
        (session.disorder != 0 && session.disorder_rate != plan_.client.test_rate)) {
        // What the kernel has is what it is changed from.
        const config::Client wanted = plan_.client;
        plan_.client.test_type = static_cast<std::uint8_t>(session.disorder);
        TRY(set_order(wanted));
    }
    set_default_route(wanted_route_);
    heard_ = true;  // what was unsent is on its way, and must not be sent by yet another program
    settle(now);
    return {};
}

void PptpCall::tell_resumed(const CallState &state, const netlink::Session &session) {
    const auto send = netlink::mode_of(session.mppe_tx);
    const auto receive = netlink::mode_of(session.mppe_rx);
    const ppp::Ipv4Up ipv4 = state.link.ipv4.value_or(ppp::Ipv4Up{});
    outputs_.emplace_back(Resumed{
        .local = static_cast<std::uint16_t>(state.control.call.local),
        .peer = static_cast<std::uint16_t>(state.control.call.peer),
        .method = state.link.authenticated,
        .encoding = {netlink::encoding(send, receive), netlink::insecure(send, receive), {}},
        .up = {plumbing_.device()->name, ipv4.local, ipv4.remote, ipv4.dns, mtu_, lcp_.mru,
               state.link.bridge, plan_.client.port.bridge},
        .since = state.since});
}

}  // namespace rtun::daemon
