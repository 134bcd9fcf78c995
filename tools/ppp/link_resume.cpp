// SPDX-License-Identifier: GPL-2.0-or-later
//
// Handing a link over: what another program needs to go on with it, and going on. The peer notices
// nothing: echoes are answered, challenges too, timers run from now on, and whatever it wants to
// negotiate anew is negotiated.
#include <ppp/link_impl.h>

#include <algorithm>

namespace rtun::ppp {

using base::Time;

namespace {

bool negotiates(State state) {
    return state == State::ReqSent || state == State::AckRcvd || state == State::AckSent ||
           state == State::Closing || state == State::Stopping;
}

}  // namespace

std::optional<LinkState> Link::Impl::state() const {
    if (ended || reason || phase != Phase::Network || lcp.state() != State::Opened ||
        (!useful() && !member) || negotiates(ccp.state()) || negotiates(ipcp.state()) ||
        negotiates(ipv6cp.state()) || negotiates(bcp.state()))
        return std::nullopt;
    LinkState state;
    state.lcp = lcp.agreed();
    state.peer_mru = lcp.peer_mru();
    state.authenticated = method;
    state.peer_authenticated = demanded;
    state.user = user;
    state.bundle = bundle;
    state.granted = granted;
    if (member)
        return state;
    if (encrypted) {
        const Ccp::Agreed agreed = ccp.agreed();
        state.encryption_send = agreed.send;
        state.encryption_receive = agreed.receive;
    }
    if (ipv4)
        state.ipv4 = ipcp.agreed();
    if (bridged)
        state.bridge = bcp.agreed();
    if (ipv6)
        state.ipv6 = ipv6cp.agreed();
    return state;
}

void Link::Impl::resume(const LinkState &state, Time now) {
    phase = Phase::Network;
    bundle = state.bundle;
    member = !bundle && state.lcp.multilink;
    if (state.granted) {
        granted = state.granted;
        apply(*state.granted);
    }
    lcp.resume(state.lcp, state.peer_mru, state.peer_authenticated);
    tell_peer_mru();

    method = state.authenticated;
    authenticated = method.has_value();
    demanded = state.peer_authenticated;
    peer_authenticated = demanded.has_value();
    if (demanded)
        user = state.user;
    if (!bundle)
        resume_authentication(now);
    if (!member)
        resume_networks(state);
    if (!bundle)
        keepalive.start(now);
}

void Link::Impl::resume_authentication(Time now) {
    if (method) {
        peer = auth::Peer::create(*method, options.credentials, auth::PeerOptions{}, random);
        peer->resume(now);
    }
    if (demanded) {
        authenticator = auth::Authenticator::create(*demanded, options.authenticator, random);
        authenticator->resume(user, now);
    }
}

// What it carried in clear, or did not carry, stays so until LCP negotiates anew.
void Link::Impl::resume_networks(const LinkState &state) {
    encrypted = state.encryption_send || state.encryption_receive;
    encrypted_once = state.encryption_send && state.encryption_receive;
    if (encrypted)
        ccp.resume({state.encryption_send, state.encryption_receive});
    else if (options.encryption != Encryption::No)
        ccp.resume_closed();
    bridged = state.bridge.has_value();
    if (!bridged)
        options.bridge.reset();
    else if (!options.bridge)
        options.bridge = BridgeOptions{state.bridge->local};
    if (bridged)
        bcp.resume(*state.bridge);
    ipv4 = state.ipv4.has_value();
    if (ipv4)
        ipcp.resume(*state.ipv4);
    else if (speaks_ip())
        ipcp.resume_closed();
    ipv6 = state.ipv6.has_value();
    if (ipv6)
        ipv6cp.resume(*state.ipv6);
    else if (speaks_ipv6())
        ipv6cp.resume_closed();
}

}  // namespace rtun::ppp
