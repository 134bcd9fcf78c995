// SPDX-License-Identifier: GPL-2.0-or-later
//
// Multilink (RFC 1990): the link that is one of a bundle and carries LCP and authentication only,
// and the bundle, which is a link without them.
#include <ppp/link_impl.h>

#include <chrono>
#include <utility>

namespace rtun::ppp {

using base::Time;
using wire::CpCode;
using wire::PppProtocol;

namespace {

// pppd hears the last word of the authentication, and only then looks for the bundle and makes its
// kernel take fragments; until it has, it rejects them.
constexpr std::chrono::seconds PeerJoins{10};

}  // namespace

// Section 2: on a bundle it is "as if" LCP had agreed to the compressions, and to no magic number.
// Whether we leave out the leading zero of the protocol field is decided by the first link.
void Link::Impl::begin_bundle(const BundleStart &start, Time now) {
    const MultilinkReady &first = start.first;
    bundle = true;
    if (start.granted) {
        granted = start.granted;
        apply(*start.granted);
    }
    LcpOpened opened;
    opened.mru = first.agreed.mrru;
    opened.pfc_rx = true;
    opened.pfc_tx = first.pfc_tx;
    opened.acfc_tx = true;
    opened.method = first.authenticated;
    opened.multilink = first.agreed;
    lcp.resume(opened, first.agreed.peer_mrru, first.peer_authenticated);
    tell_peer_mru();

    method = first.authenticated;
    authenticated = method.has_value();
    demanded = first.peer_authenticated;
    peer_authenticated = demanded.has_value();
    user = first.user;
    keys = first.keys;
    outputs.emplace_back(lcp.agreed());
    network_up(now);
}

void Link::Impl::member_up(Time now) {
    const LcpOpened opened = lcp.agreed();
    member = true;
    joining = now + PeerJoins;
    outputs.emplace_back(MultilinkReady{.agreed = *opened.multilink,
                                        .authenticated = method,
                                        .peer_authenticated = demanded,
                                        .user = demanded ? user : "",
                                        .keys = keys,
                                        .pfc_rx = opened.pfc_rx,
                                        .pfc_tx = opened.pfc_tx});
}

void Link::Impl::member_down() {
    if (std::exchange(member, false))
        outputs.emplace_back(MultilinkDown{});
}

// Everything that is neither this link's nor a fragment, which the transport has to take. What the
// peer rejects of a network's, it rejects for the bundle.
bool Link::Impl::concerns_bundle(const wire::PppFrame &frame) {
    switch (frame.protocol) {
    case PppProtocol::Lcp: {
        const auto packet = wire::decode_cp(frame.information);
        if (!packet || packet->code != CpCode::ProtocolReject)
            return false;
        const auto reject = wire::decode_protocol_reject(packet->data);
        return reject && concerns_bundle({reject->protocol, {}});
    }
    case PppProtocol::Pap:
    case PppProtocol::Chap:
    case PppProtocol::Eap:
    case PppProtocol::Multilink:
        return false;
    case PppProtocol::Ipv4:
    case PppProtocol::Ipv6:
    case PppProtocol::Bridged:
    case PppProtocol::OldBpdu:
    case PppProtocol::Compressed:
    case PppProtocol::Ipcp:
    case PppProtocol::Ipv6cp:
    case PppProtocol::Bcp:
    case PppProtocol::Ccp:
        break;
    }
    return true;
}

// Section 2: what would negotiate or end LCP is silently discarded, and so is what could only
// refuse that.
bool Link::Impl::allowed_on_bundle(base::View information) {
    const auto packet = wire::decode_cp(information);
    if (!packet)
        return true;  // malformed, which LCP counts
    switch (packet->code) {
    case CpCode::ConfigureRequest:
    case CpCode::ConfigureAck:
    case CpCode::ConfigureNak:
    case CpCode::ConfigureReject:
    case CpCode::TerminateRequest:
    case CpCode::TerminateAck:
        return false;
    case CpCode::CodeReject: {
        const auto code = wire::decode_code_reject(packet->data);
        return !code || *code > CpCode::CodeReject;
    }
    case CpCode::ProtocolReject: {
        const auto reject = wire::decode_protocol_reject(packet->data);
        return !reject || reject->protocol != PppProtocol::Lcp;
    }
    case CpCode::EchoRequest:
    case CpCode::EchoReply:
    case CpCode::DiscardRequest:
    case CpCode::Identification:
    case CpCode::TimeRemaining:
    case CpCode::ResetRequest:
    case CpCode::ResetAck:
        break;
    }
    return true;
}

void Link::Impl::tell_peer_mru() {
    ccp.set_peer_mru(lcp.peer_mru());
    ipcp.set_peer_mru(lcp.peer_mru());
    ipv6cp.set_peer_mru(lcp.peer_mru());
    bcp.set_peer_mru(lcp.peer_mru());
}

}  // namespace rtun::ppp
