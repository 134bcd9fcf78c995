// SPDX-License-Identifier: GPL-2.0-or-later
//
// A bundle that outlives its program, as a call does (pptp_call_resume.cpp): its own state is in
// the blob of its session, that of each link in the link's. The next program goes on with those
// links whose control connections were kept, and dials the others anew.
#include <daemon/client_bundle.h>

#include <daemon/call_state.h>
#include <daemon/ppp_kernel.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

std::optional<BundleState> ClientBundle::state() const {
    if (!up_ || reason_ || !network_)
        return std::nullopt;
    auto network = network_->state();
    if (!network)
        return std::nullopt;
    return BundleState{.settings = settings_line(plan_.client),
                       .since = up_since_,
                       .discriminator = discriminator_,
                       .network = std::move(*network)};
}

void ClientBundle::save() {
    if (!kept_ || ended_ || !plumbing_.session_id())
        return;
    base::Bytes blob;
    if (const auto now = state())
        if (auto text = encode(*now))
            blob = std::move(*text);
    // Refused: it is tried again with the next event.
    if (blob != saved_ && plumbing_.set({.blob = blob}))
        saved_ = std::move(blob);
}

bool ClientBundle::leave() {
    if (ended_)
        return false;
    if (plain_ != nullptr)
        ended_ = plain_->call() != nullptr && plain_->call()->leave();
    if (plain_ != nullptr || !network_ || !kept_)
        return ended_;
    save();
    if (saved_.empty())
        return false;
    bool any = false;
    for (const auto &link : links_)
        if (link->is_joined() && link->call()->leave())
            any = true;
    if (!any)
        return false;
    plumbing_.release();
    pinned_.clear();
    ended_ = true;
    // What was not a link yet, or cannot be left.
    links_.clear();
    return true;
}

base::Status ClientBundle::resume(const Leftover &leftover) {
    if (leftover.bundle)
        return resume_bundle(leftover);
    // The peer did not want multilink, so which link it was does not matter: the first will do.
    ClientLink &link = *links_.front();
    ClientLink::Dial how = dial_of(link);
    how.plan.multilink.reset();
    TRY(link.resume(std::move(how), *leftover.state, leftover.tunnel, *leftover.session));
    plain_ = told_ = &link;
    refused_ = "the peer did not want multilink when this was dialed";
    for (const auto &other : links_)
        if (other.get() != plain_)
            other->rest(refused_);
    settle(ground_.world.now());
    return {};
}

base::Status ClientBundle::resume_bundle(const Leftover &leftover) {
    const base::Time now = ground_.world.now();
    const BundleState &state = *leftover.bundle;
    const ppp::LinkState &network = state.network;
    if (network.bridge.has_value() == plan_.client.port.bridge.empty())
        return base::fail(ErrorCode::Refused, "the client's settings have changed");
    TRY(plumbing_.adopt_bundle(leftover.tunnel, *leftover.session, networks_of(network)));
    mtu_ = TRY(ground_.kernel.link_status(plumbing_.device()->index)).mtu;
    discriminator_ = state.discriminator;
    first_ = ppp::MultilinkReady{.agreed = *network.lcp.multilink,
                                 .authenticated = network.authenticated,
                                 .peer_authenticated = network.peer_authenticated,
                                 .user = network.user};
    if (resume_links(leftover) == 0)
        return base::fail(ErrorCode::NotFound, "nobody kept the control connection of a link");
    network_.emplace(network_options(), ground_.random);
    network_->resume(network, now);
    began_ = tcp_connected_ = up_ = kept_ = true;
    up_since_ = state.since;
    saved_ = leftover.session->blob;
    carried_at_ = now;
    tell_resumed(state, *leftover.session);
    // A bridge that is gone for a moment is no reason to end it.
    if (network.bridge)
        if (const auto set = plumbing_.set_port(plan_.client.port); !set)
            outputs_.emplace_back(PortFailed{set.error().text});
    TRY(plumbing_.set(sharing_of(plan_.client)));
    route_by_default();
    check_idle(now);
    dial_others(now);
    heard_ = true;
    settle(now);
    return {};
}

// Those that are links of ours no more go; how many go on.
std::size_t ClientBundle::resume_links(const Leftover &leftover) {
    const base::Time now = ground_.world.now();
    std::size_t resumed = 0;
    for (const Leftover &left : leftover.links) {
        const auto ours = std::find_if(links_.begin(), links_.end(), [&](const auto &link) {
            return !link->busy() && left.state->way && left.state->way->same_way(link->settings());
        });
        if (ours != links_.end() &&
            (*ours)->resume(dial_of(**ours), *left.state, left.tunnel, *left.session)) {
            (*ours)->joined(now);
            (void)(*ours)->call()->set_rate((*ours)->kbits());
            resumed++;
        } else {
            (void)ground_.kernel.tunnel_del(left.tunnel.id);
            ground_.routes.tunnel_gone(left.state->server);
        }
    }
    return resumed;
}

void ClientBundle::tell_resumed(const BundleState &state, const netlink::Session &session) {
    const auto send = netlink::mode_of(session.mppe_tx);
    const auto receive = netlink::mode_of(session.mppe_rx);
    const ppp::LinkState &network = state.network;
    const ppp::Ipv4Up ipv4 = network.ipv4.value_or(ppp::Ipv4Up{});
    outputs_.emplace_back(Resumed{
        .method = network.authenticated,
        .encoding = {netlink::encoding(send, receive), netlink::insecure(send, receive), {}},
        .up = {plumbing_.device()->name, ipv4.local, ipv4.remote, ipv4.dns, mtu_,
               network.lcp.multilink->mrru, network.bridge, plan_.client.port.bridge},
        .since = state.since});
}

}  // namespace rtun::daemon
