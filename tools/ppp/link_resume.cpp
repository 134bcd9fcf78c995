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
    if (ended || reason || phase != Phase::Network || lcp.state() != State::Opened || !ipv4 ||
        negotiates(ccp.state()) || negotiates(ipv6cp.state()))
        return std::nullopt;
    LinkState state;
    state.lcp = lcp.agreed();
    state.peer_mru = lcp.peer_mru();
    state.authenticated = method;
    state.peer_authenticated = demanded;
    state.user = user;
    if (encrypted) {
        const Ccp::Agreed agreed = ccp.agreed();
        state.encryption_send = agreed.send;
        state.encryption_receive = agreed.receive;
    }
    state.ipv4 = ipcp.agreed();
    if (ipv6)
        state.ipv6 = ipv6cp.agreed();
    state.granted = granted;
    return state;
}

void Link::Impl::resume(const LinkState &state, Time now) {
    phase = Phase::Network;
    if (state.granted) {
        granted = state.granted;
        apply(*state.granted);
    }
    lcp.resume(state.lcp, state.peer_mru, state.peer_authenticated);
    ccp.set_peer_mru(lcp.peer_mru());
    ipcp.set_peer_mru(lcp.peer_mru());
    ipv6cp.set_peer_mru(lcp.peer_mru());

    method = state.authenticated;
    if (method) {
        authenticated = true;
        peer = auth::Peer::create(*method, options.credentials, auth::PeerOptions{}, random);
        peer->resume(now);
    }
    demanded = state.peer_authenticated;
    if (demanded) {
        peer_authenticated = true;
        user = state.user;
        authenticator = auth::Authenticator::create(*demanded, options.authenticator, random);
        authenticator->resume(user, now);
    }

    // What it carried in clear, or did not carry, stays so until LCP negotiates anew.
    encrypted = state.encryption_send || state.encryption_receive;
    encrypted_once = state.encryption_send && state.encryption_receive;
    if (encrypted)
        ccp.resume({state.encryption_send, state.encryption_receive});
    else if (options.encryption != Encryption::No)
        ccp.resume_closed();
    ipv4 = state.ipv4.has_value();
    ipcp.resume(state.ipv4.value_or(Ipv4Up{}));
    ipv6 = state.ipv6.has_value();
    if (ipv6)
        ipv6cp.resume(*state.ipv6);
    else if (options.ipv6)
        ipv6cp.resume_closed();
    keepalive.start(now);
}

}  // namespace rtun::ppp
