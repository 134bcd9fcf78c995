// SPDX-License-Identifier: GPL-2.0-or-later
//
// The network phase (RFC 1661 section 3.6): first CCP, where encryption is wanted, then IPCP and,
// beside it, IPv6CP; where it is left to the peer, CCP begins beside them when the peer does. A
// link without IPv4 is of no use and ends; one without IPv6 goes on, and so does one that bridges,
// without either.
#include <ppp/link_impl.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::ppp {

using base::Time;
using wire::PppProtocol;

namespace {

// What MPPE adds to a packet inside the information field: its header and the protocol field of the
// packet (RFC 3078 section 3.1).
constexpr std::uint16_t mppe_overhead = 4;

template <typename T>
bool any(const std::vector<ControlProtocol::Output> &said) {
    return std::any_of(said.begin(), said.end(), [](const ControlProtocol::Output &output) {
        return std::holds_alternative<T>(output);
    });
}

}  // namespace

// In the network phase, neither LCP nor authentication. A peer may begin with IPCP while this side
// waits for CCP. What it said last is kept: it would say it again, but only after its Restart
// timer.
void Link::Impl::receive_network(const wire::PppFrame &frame, Time now) {
    const auto hear = [&](ControlProtocol &protocol, std::optional<base::Bytes> &early_one) {
        if (started(protocol)) {
            protocol.receive(frame.information, now);
        } else {
            own.unexpected += early_one ? 1 : 0;
            early_one.emplace(frame.information.begin(), frame.information.end());
        }
    };
    switch (frame.protocol) {
    case PppProtocol::Ipcp:
        if (!speaks_ip())
            break;
        return hear(ipcp, early);
    case PppProtocol::Ipv6cp:
        if (!speaks_ipv6())
            break;
        return hear(ipv6cp, early_v6);
    case PppProtocol::Bcp:
        if (!options.bridge)
            break;
        return hear(bcp, early_bridge);
    case PppProtocol::Ccp:
        if (ccp_wakes(frame))
            ccp_start(now);
        if (ccp.state() == State::Initial)
            break;
        return ccp.receive(frame.information, now);
    case PppProtocol::Ipv6:
        if (!speaks_ipv6())
            break;
        ++own.unexpected;
        return;
    case PppProtocol::Bridged:
    case PppProtocol::OldBpdu:
        if (!options.bridge)
            break;
        ++own.unexpected;
        return;
    case PppProtocol::Multilink:
        if (!member && !bundle)
            break;
        ++own.unexpected;
        return;
    case PppProtocol::Ipv4:
        if (!speaks_ip())
            break;
        ++own.unexpected;
        return;
    case PppProtocol::Compressed:
        ++own.unexpected;  // data is the transport's; supported, so not rejected (section 3.6)
        return;
    case PppProtocol::Lcp:
    case PppProtocol::Pap:
    case PppProtocol::Chap:
    case PppProtocol::Eap:
        break;
    }
    lcp.reject_protocol(frame);
}

// Keys have to be there before the peer hears that it may use them, so that the layer comes up
// before its last packet leaves. What CCP has to say is sent before the link ends for it.
bool Link::Impl::take_ccp(Time now) {
    using Cp = ControlProtocol;
    std::optional<std::string> why;
    const auto said = ccp.take_outputs();
    // Of a bundle they have been used: begun with again, RC4 would give the same octets once more,
    // and a peer that has begun anew has others. First it may be an answer that was lost.
    const bool other_keys = !keys || (bundle && answered_by && now >= *answered_by);
    if (encrypted && other_keys && any<Cp::LayerDown>(said) && !any<Cp::PeerTerminated>(said)) {
        renew(now);
        return true;
    }
    for (const Cp::Output &output : said)
        if (std::holds_alternative<Cp::LayerUp>(output))
            ccp_up(why);
    if (encrypted && !answered_by)
        answered_by = now + options.restart * options.max_configure;
    for (const Cp::Output &output : said)
        std::visit(Overloaded{
                       [&](const Cp::Send &it) { send(PppProtocol::Ccp, it.information); },
                       [](const Cp::LayerUp &) {},  // above
                       [&](const Cp::LayerDown &) { ccp_down(); },
                       [&](const Cp::LayerFinished &it) {
                           // It may believe that we agreed, and encrypt from now on.
                           if (it.unanswered && ccp.agreed().send)
                               encrypted_once = true;
                           why = why.value_or(
                               it.unanswered ? "the peer does not answer CCP Configure-Requests"
                                             : "CCP was closed");
                       },
                       [&](const Cp::PeerTerminated &it) {
                           why = with_quote("the peer closed CCP", it.text);
                       },
                       [&](const Cp::Failed &it) {
                           why = it.reason.text;
                           ccp.close(now, it.reason.text);
                       },
                       [](const Cp::PeerRejects &) {},  // LCP's
                       [](const Cp::EchoRefused &) {},
                   },
                   output);
    if (why)
        no_encryption(*why, now);
    if (!why && ccp.state() == State::Opened && phase == Phase::Network && !started(essential()))
        networks_start(now);
    return !said.empty();
}

// RFC 1661 section 4.3, Down and Up: everything is negotiated anew, and the peer is none the wiser.
// On a bundle there is nothing to negotiate (RFC 1990 section 2), and its first link, whose keys it
// had, may be gone.
void Link::Impl::renew(Time now) {
    if (bundle)
        return fail(EndReason::Kind::EncryptionFailed,
                    "encryption needs other keys, and a bundle cannot authenticate for them", now);
    lcp.down(now);
    lcp.up(now);
}

// A link without a network protocol is of no use: when IPCP cannot open, all of it ends, if it does
// not bridge. What IPCP has to say is sent first.
bool Link::Impl::take_ipcp(Time now) {
    using Cp = ControlProtocol;
    std::optional<EndReason> why;
    const auto said = ipcp.take_outputs();
    for (const Cp::Output &output : said)
        std::visit(Overloaded{
                       [&](const Cp::Send &it) { send(PppProtocol::Ipcp, it.information); },
                       [&](const Cp::LayerUp &) { ipcp_up(why); },
                       [&](const Cp::LayerDown &) { ipcp_down(); },
                       [&](const Cp::LayerFinished &) {
                           why = why.value_or(
                               EndReason{EndReason::Kind::NegotiationFailed,
                                         "the peer does not answer IPCP Configure-Requests"});
                       },
                       [&](const Cp::PeerTerminated &it) {
                           why = ipv4 ? EndReason{EndReason::Kind::PeerTerminated,
                                                  with_quote("the peer closed IPCP", it.text)}
                                      : EndReason{EndReason::Kind::NegotiationFailed,
                                                  with_quote("the peer refuses IPv4 (it closed "
                                                             "IPCP)",
                                                             it.text)};
                       },
                       [&](const Cp::Failed &it) { why = it.reason; },
                       [](const Cp::PeerRejects &) {},  // LCP's
                       [](const Cp::EchoRefused &) {},
                   },
                   output);
    if (why && options.bridge)
        ipcp.close(now, why->text);
    else if (why)
        fail(why->kind, std::move(why->text), now);
    return !said.empty();
}

bool Link::Impl::take_ipv6cp(Time now) {
    using Cp = ControlProtocol;
    const auto said = ipv6cp.take_outputs();
    for (const Cp::Output &output : said)
        std::visit(Overloaded{
                       [&](const Cp::Send &it) { send(PppProtocol::Ipv6cp, it.information); },
                       [&](const Cp::LayerUp &) { ipv6cp_up(now); },
                       [&](const Cp::LayerDown &) { ipv6cp_down(); },
                       [](const Cp::LayerFinished &) {},
                       [](const Cp::PeerTerminated &) {},
                       [&](const Cp::Failed &it) { ipv6cp.close(now, it.reason.text); },
                       [](const Cp::PeerRejects &) {},  // LCP's
                       [](const Cp::EchoRefused &) {},
                   },
                   output);
    return !said.empty();
}

void Link::Impl::network_up(Time now) {
    set_phase(Phase::Network);
    early.reset();
    early_v6.reset();
    early_bridge.reset();
    if (!bundle && lcp.agreed().multilink)
        return member_up(now);
    const bool unasked =
        options.encryption == Encryption::No || options.encryption == Encryption::Passive;
    if (unasked && !encrypted_once)
        return networks_start(now);
    if (keys)
        return ccp_start(now);
    if (method || demanded)
        return no_encryption(
            fmt::format("authentication with {} gives no keys for it", methods_text()), now);
    no_encryption(lcp.no_method().empty()
                      ? "the peer asked for no authentication, which gives the keys for it"
                      : fmt::format("{}, and then asked for none; only mschap2 and mschap1 give "
                                    "keys for it",
                                    lcp.no_method()),
                  now);
}

void Link::Impl::network_down(Time now) {
    early.reset();
    early_v6.reset();
    early_bridge.reset();
    for (ControlProtocol *protocol :
         {static_cast<ControlProtocol *>(&ipcp), static_cast<ControlProtocol *>(&ipv6cp),
          static_cast<ControlProtocol *>(&bcp), static_cast<ControlProtocol *>(&ccp)})
        if (started(*protocol)) {
            protocol->down(now);
            static_cast<void>(protocol->take_outputs());  // LayerDown; Down sends nothing
        }
    ipcp_down();
    ipv6cp_down();
    bcp_down();
    ccp_down();
    member_down();
}

void Link::Impl::networks_start(Time now) {
    const auto start = [now](ControlProtocol &protocol, std::optional<base::Bytes> &early_one) {
        if (protocol.state() == State::Initial)
            protocol.open(now);
        protocol.up(now);
        if (const auto said = std::exchange(early_one, std::nullopt))
            protocol.receive(*said, now);
    };
    if (options.bridge)
        start(bcp, early_bridge);
    if (speaks_ip())
        start(ipcp, early);
    if (speaks_ipv6())
        start(ipv6cp, early_v6);
}

// With the rest of CCP there would be nothing to begin: it is rejected as if it were not spoken.
bool Link::Impl::ccp_wakes(const wire::PppFrame &frame) const {
    return options.encryption == Encryption::Passive && keys && !started(ccp) &&
           !frame.information.empty() &&
           frame.information[0] == static_cast<std::uint8_t>(wire::CpCode::ConfigureRequest);
}

void Link::Impl::ccp_start(Time now) {
    if (ccp.state() == State::Initial)
        ccp.open(now);
    ccp.up(now);
}

std::optional<EncryptionUp::Direction>
Link::Impl::direction(const std::optional<MppeMode> &mode,
                      const auth::MppeKeys::Direction &given) const {
    if (!mode)
        return std::nullopt;
    return EncryptionUp::Direction{
        *mode, mode->strength == MppeStrength::Bits128 ? given.bits128 : given.bits40_56};
}

// RFC 3079 has no other keys than those of the authentication: each time that CCP opens, both sides
// begin with them again.
void Link::Impl::ccp_up(std::optional<std::string> &why) {
    const Ccp::Agreed agreed = ccp.agreed();
    if (!agreed.send || !agreed.receive) {
        if (must_encrypt() || (!agreed.send && !agreed.receive)) {
            why = agreed.receive ? "the peer does not ask for encrypted packets"
                                 : "the peer agreed to CCP without MPPE";
            return;
        }
    } else {
        encrypted_once = true;
    }
    encrypted = true;
    refused.clear();
    EncryptionUp up;
    up.send = direction(agreed.send, keys->send);
    up.receive = direction(agreed.receive, keys->receive);
    up.mtu = lcp.agreed().mtu;
    if (up.send)
        up.mtu = std::min<std::uint16_t>(
            up.mtu, static_cast<std::uint16_t>(lcp.peer_mru() - mppe_overhead));
    outputs.emplace_back(std::move(up));
    networks_encrypted();
}

// What has opened while CCP negotiated once more.
void Link::Impl::networks_encrypted() {
    if (std::exchange(ipv4_waits, false)) {
        ipv4 = true;
        outputs.emplace_back(ipcp.agreed());
    }
    if (std::exchange(ipv6_waits, false))
        if (const auto agreed = ipv6cp.agreed()) {
            ipv6 = true;
            outputs.emplace_back(*agreed);
        }
    if (std::exchange(bridge_waits, false)) {
        bridged = true;
        outputs.emplace_back(bcp.agreed());
    }
}

void Link::Impl::ccp_down() {
    if (std::exchange(encrypted, false))
        outputs.emplace_back(EncryptionDown{});
}

void Link::Impl::no_encryption(std::string text, Time now) {
    if (reason || phase != Phase::Network)
        return;
    if (must_encrypt())
        return fail(EndReason::Kind::EncryptionFailed,
                    fmt::format("{}: {}",
                                options.encryption == Encryption::Required
                                    ? "encryption is required and cannot be had"
                                    : "encryption was lost",
                                text),
                    now);
    if (refused.empty()) {  // what follows from it, that CCP ends, is no news
        refused = text;
        outputs.emplace_back(EncryptionRefused{std::move(text)});
    }
    if (!started(essential()))
        networks_start(now);
}

void Link::Impl::ipcp_up(std::optional<EndReason> &why) {
    Ipv4Up agreed = ipcp.agreed();
    if (agreed.local.unspecified()) {
        why = {EndReason::Kind::NegotiationFailed, "the peer did not give an IP address"};
        return;
    }
    if (exposed()) {
        ipv4_waits = true;
        return;
    }
    ipv4 = true;
    outputs.emplace_back(std::move(agreed));
}

void Link::Impl::ipcp_down() {
    ipv4_waits = false;
    if (std::exchange(ipv4, false))
        outputs.emplace_back(Ipv4Down{});
}

void Link::Impl::ipv6cp_up(Time now) {
    const std::optional<Ipv6Up> agreed = ipv6cp.agreed();
    if (!agreed)
        return ipv6cp.close(now, "an interface identifier is missing");
    if (exposed()) {
        ipv6_waits = true;
        return;
    }
    ipv6 = true;
    outputs.emplace_back(*agreed);
}

void Link::Impl::ipv6cp_down() {
    ipv6_waits = false;
    if (std::exchange(ipv6, false))
        outputs.emplace_back(Ipv6Down{});
}

}  // namespace rtun::ppp
