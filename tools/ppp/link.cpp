// SPDX-License-Identifier: GPL-2.0-or-later
//
// The phases of RFC 1661 section 3: which protocol may speak when, and what the end of one means
// for the others. The reason to end is kept from the moment it is known until Ended is said, so
// that what follows from it (the peer hangs up after a wrong password) does not hide it.
#include <ppp/link.h>

#include <auth/peer.h>
#include <ppp/ccp.h>
#include <ppp/echo.h>
#include <ppp/ipcp.h>
#include <ppp/lcp.h>
#include <wire/ppp.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::ppp {

namespace {

using base::Time;
using wire::PppProtocol;

// What MPPE adds to a packet inside the information field: its header and the protocol field of the
// packet (RFC 3078 section 3.1).
constexpr std::uint16_t mppe_overhead = 4;

// The visitor with one function for each kind of output.
template <typename... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

std::string with_quote(std::string text, const std::string &said) {
    return said.empty() ? text : fmt::format("{}: \"{}\"", text, said);
}

}  // namespace

std::string_view name(Phase phase) {
    switch (phase) {
    case Phase::Dead:
        return "dead";
    case Phase::Establish:
        return "establish";
    case Phase::Authenticate:
        return "authenticate";
    case Phase::Network:
        return "network";
    case Phase::Terminate:
        return "terminate";
    }
    return "?";
}

std::string_view name(EndReason::Kind kind) {
    switch (kind) {
    case EndReason::Kind::Requested:
        return "requested";
    case EndReason::Kind::PeerTerminated:
        return "peer-terminated";
    case EndReason::Kind::AuthFailed:
        return "auth-failed";
    case EndReason::Kind::NegotiationFailed:
        return "negotiation-failed";
    case EndReason::Kind::EchoTimeout:
        return "echo-timeout";
    case EndReason::Kind::ProtocolRejected:
        return "protocol-rejected";
    case EndReason::Kind::LowerDown:
        return "lower-down";
    case EndReason::Kind::Looped:
        return "looped";
    case EndReason::Kind::EncryptionFailed:
        return "encryption-failed";
    }
    return "?";
}

struct Link::Impl {
    Impl(LinkOptions given, base::Random &source)
        : options(std::move(given)), random(source), lcp(for_lcp(options), source), ccp(options),
          ipcp(options), keepalive(options.keepalive) {}

    // A password is not shown to a peer that then cannot be talked to.
    static LinkOptions for_lcp(LinkOptions options) {
        if (options.encryption == Encryption::Required)
            options.allow = options.allow.with_keys();
        return options;
    }

    void receive(const wire::PppFrame &frame, Time now);
    void receive_authentication(const wire::PppFrame &frame, Time now);
    void receive_ipcp(const wire::PppFrame &frame, Time now);
    void expire(Time now);

    // Carries out what the engines said, until they have nothing more to say. take_*: whether they
    // had something to say.
    void settle(Time now);
    void take_lcp(const ControlProtocol::Output &output, Time now);
    bool take_ccp(Time now);
    bool take_ipcp(Time now);
    bool take_authentication(Time now);

    void lcp_up(Time now);
    void lcp_down(Time now);
    void lcp_finished(bool unanswered);
    void peer_terminated(const ControlProtocol::PeerTerminated &terminated);
    void peer_rejects(PppProtocol protocol, Time now);
    void network_up(Time now);
    void network_down(Time now);
    void ipcp_start(Time now);
    [[nodiscard]] bool ipcp_started() const;

    void ccp_start(Time now);
    void ccp_up(std::optional<std::string> &why);
    void ccp_down();
    // CCP leads to no encryption, for this reason: the end of the link, or it goes on without.
    void no_encryption(std::string text, Time now);
    [[nodiscard]] std::optional<EncryptionUp::Direction>
    direction(const std::optional<MppeMode> &mode, const auth::MppeKeys::Direction &keys) const;
    [[nodiscard]] bool must_encrypt() const {
        return options.encryption == Encryption::Required || encrypted_once;
    }

    void ipcp_up(std::optional<EndReason> &why);
    void ipcp_down();

    void blame_encryption(EndReason &why) const;
    void fail(EndReason::Kind kind, std::string text, Time now);
    void end(Time now);

    void set_phase(Phase next);
    void send(PppProtocol protocol, base::View information);
    void count();

    LinkOptions options;
    base::Random &random;
    Lcp lcp;
    Ccp ccp;
    Ipcp ipcp;
    std::unique_ptr<auth::Peer> peer;  // from the Authenticate phase on, if there is a method
    std::optional<auth::Method> method;
    Keepalive keepalive;

    Phase phase = Phase::Dead;
    bool authenticated = false;
    std::optional<auth::MppeKeys> keys;  // that it led to
    bool encrypted = false;              // EncryptionUp was said last, not EncryptionDown
    bool encrypted_once = false;         // in both directions
    std::string refused;                 // the text of the last EncryptionRefused
    std::optional<base::Bytes> early;    // the peer's last IPCP packet before ours began
    bool ipv4 = false;                   // Ipv4Up was said last, not Ipv4Down
    std::optional<EndReason> reason;     // the link is ending, because
    std::optional<EndReason> suspicion;  // why it will turn out to have ended, if it does
    bool ended = false;

    LinkCounters counters;
    LinkCounters own;  // those not kept by the engines
    std::vector<Output> outputs;
};

Link::Link(LinkOptions options, base::Random &random)
    : impl_(std::make_unique<Impl>(std::move(options), random)) {}
Link::~Link() = default;
Link::Link(Link &&) noexcept = default;
Link &Link::operator=(Link &&) noexcept = default;

void Link::open(Time now) {
    if (impl_->ended || impl_->lcp.state() != State::Initial)
        return;
    impl_->set_phase(Phase::Establish);
    impl_->lcp.open(now);
    impl_->lcp.up(now);
    impl_->settle(now);
}

void Link::close(Time now, std::string_view why) {
    impl_->fail(EndReason::Kind::Requested, std::string(why), now);
    impl_->settle(now);
}

void Link::lower_down(Time now) {
    if (impl_->ended)
        return;
    if (!impl_->reason)
        impl_->reason = impl_->suspicion;
    if (!impl_->reason)
        impl_->reason = EndReason{EndReason::Kind::LowerDown,
                                  impl_->phase == Phase::Authenticate
                                      ? "the transport went down during authentication"
                                      : "the transport went down"};
    impl_->end(now);
    impl_->count();
}

void Link::receive(base::View bytes, Time now) {
    if (impl_->ended || impl_->phase == Phase::Dead)
        return;
    ++impl_->own.frames_in;
    if (const auto frame = wire::decode_ppp(bytes))
        impl_->receive(*frame, now);
    else
        ++impl_->own.malformed;
    impl_->settle(now);
}

void Link::traffic_seen(Time now) { impl_->keepalive.heard(now); }

void Link::expire(Time now) {
    if (!impl_->ended)
        impl_->expire(now);
}

base::Deadline Link::deadline() const {
    if (impl_->ended)
        return {};
    const base::Deadline control = base::earlier(
        impl_->lcp.deadline(), base::earlier(impl_->ccp.deadline(), impl_->ipcp.deadline()));
    const base::Deadline other = base::earlier(
        impl_->keepalive.deadline(), impl_->peer ? impl_->peer->deadline() : base::Deadline{});
    return base::earlier(control, other);
}

std::vector<Output> Link::take_outputs() { return std::exchange(impl_->outputs, {}); }

Phase Link::phase() const { return impl_->phase; }

const LinkCounters &Link::counters() const { return impl_->counters; }

void Link::Impl::receive(const wire::PppFrame &frame, Time now) {
    if (frame.protocol == PppProtocol::Lcp) {
        if (lcp.own_echo(frame.information)) {
            ++own.unexpected;  // an echo of ourselves is no sign of the peer
            return;
        }
        keepalive.heard(now);
        return lcp.receive(frame.information, now);
    }
    keepalive.heard(now);

    // Sections 3.4, 3.5 and 3.7: until the network phase, and after it, nothing but LCP and what
    // authenticates; all else is discarded without a word and without being parsed.
    switch (frame.protocol) {
    case PppProtocol::Lcp:
        return;  // above
    case PppProtocol::Pap:
    case PppProtocol::Chap:
        return receive_authentication(frame, now);
    case PppProtocol::Ipcp:
        return receive_ipcp(frame, now);
    case PppProtocol::Ccp:
        if (phase != Phase::Network || ccp.state() == State::Initial)
            break;
        return ccp.receive(frame.information, now);
    case PppProtocol::Ipv4:
    case PppProtocol::Compressed:
        ++own.unexpected;  // data is the transport's; supported, so not rejected (section 3.6)
        return;
    case PppProtocol::Eap:
        break;
    }
    if (phase == Phase::Network)
        lcp.reject_protocol(frame);
    else
        ++own.unexpected;
}

// Only the protocol that was agreed on reaches its parser, and only while it has something to say.
void Link::Impl::receive_authentication(const wire::PppFrame &frame, Time now) {
    const auto protocol = static_cast<std::uint16_t>(frame.protocol);
    if (peer && method && auth::info(*method).protocol == protocol)
        peer->receive(protocol, frame.information, now);
    else
        ++own.unexpected;
}

// A peer may begin with IPCP while this side waits for CCP. What it said last is kept: it would say
// it again, but only after its Restart timer.
void Link::Impl::receive_ipcp(const wire::PppFrame &frame, Time now) {
    if (phase != Phase::Network) {
        ++own.unexpected;
    } else if (ipcp_started()) {
        ipcp.receive(frame.information, now);
    } else {
        own.unexpected += early ? 1 : 0;
        early.emplace(frame.information.begin(), frame.information.end());
    }
}

void Link::Impl::expire(Time now) {
    lcp.expire(now);
    settle(now);
    ccp.expire(now);
    settle(now);
    ipcp.expire(now);
    settle(now);
    if (peer && peer->deadline() && *peer->deadline() <= now)
        peer->expire(now);
    settle(now);
    switch (keepalive.expire(now)) {
    case Keepalive::Step::Wait:
        break;
    case Keepalive::Step::Probe:
        lcp.send_echo_request();
        break;
    case Keepalive::Step::Dead:
        fail(EndReason::Kind::EchoTimeout,
             fmt::format("the peer is silent: {} LCP echo requests without a reply",
                         Keepalive::probes),
             now);
        break;
    }
    settle(now);
}

void Link::Impl::settle(Time now) {
    for (bool more = true; more && !ended;) {
        const auto said = lcp.take_outputs();
        for (const ControlProtocol::Output &output : said)
            take_lcp(output, now);
        const bool authentication = take_authentication(now);
        const bool encryption = take_ccp(now);
        const bool network = take_ipcp(now);
        more = !said.empty() || authentication || encryption || network;
    }
    const State state = lcp.state();
    if (reason && (state == State::Initial || state == State::Closed || state == State::Stopped))
        end(now);
    count();
}

void Link::Impl::take_lcp(const ControlProtocol::Output &output, Time now) {
    using Cp = ControlProtocol;
    std::visit(Overloaded{
                   [&](const Cp::Send &it) { send(PppProtocol::Lcp, it.information); },
                   [&](const Cp::LayerUp &) { lcp_up(now); },
                   [&](const Cp::LayerDown &) { lcp_down(now); },
                   [&](const Cp::LayerFinished &it) { lcp_finished(it.unanswered); },
                   [&](const Cp::PeerTerminated &it) { peer_terminated(it); },
                   [&](const Cp::Failed &it) { fail(it.reason.kind, it.reason.text, now); },
                   [&](const Cp::PeerRejects &it) { peer_rejects(it.protocol, now); },
                   [&](const Cp::EchoRefused &) { keepalive.stop(); },
               },
               output);
}

// Keys have to be there before the peer hears that it may use them, so that the layer comes up
// before its last packet leaves. What CCP has to say is sent before the link ends for it.
bool Link::Impl::take_ccp(Time now) {
    using Cp = ControlProtocol;
    std::optional<std::string> why;
    const auto said = ccp.take_outputs();
    for (const Cp::Output &output : said)
        if (std::holds_alternative<Cp::LayerUp>(output))
            ccp_up(why);
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
        no_encryption(std::move(*why), now);
    else if (ccp.state() == State::Opened && phase == Phase::Network && !ipcp_started())
        ipcp_start(now);
    return !said.empty();
}

// A link without a network protocol is of no use: when IPCP cannot open, all of it ends. What IPCP
// has to say is sent first.
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
    if (why)
        fail(why->kind, std::move(why->text), now);
    return !said.empty();
}

bool Link::Impl::take_authentication(Time now) {
    if (!peer)
        return false;
    const auto said = peer->take_outputs();
    for (const auth::Output &output : said)
        std::visit(Overloaded{
                       [&](const auth::Send &it) {
                           send(static_cast<PppProtocol>(it.protocol), it.payload);
                       },
                       [&](const auth::Succeeded &it) {
                           if (reason || authenticated)
                               return;  // a later challenge, answered well
                           authenticated = true;
                           keys = it.keys;
                           outputs.emplace_back(Authenticated{*method, it.message});
                           network_up(now);
                       },
                       [&](const auth::Failed &it) {
                           fail(EndReason::Kind::AuthFailed,
                                fmt::format("authentication failed ({}): {}",
                                            auth::info(*method).name, it.text),
                                now);
                       },
                   },
                   output);
    return !said.empty();
}

void Link::Impl::lcp_up(Time now) {
    if (reason)
        return;  // it opened just as it had to close
    suspicion.reset();
    const LcpOpened agreed = lcp.agreed();
    outputs.emplace_back(agreed);
    ccp.set_peer_mru(lcp.peer_mru());
    ipcp.set_peer_mru(lcp.peer_mru());
    keepalive.start(now);
    method = agreed.method;
    if (!method)
        return network_up(now);

    set_phase(Phase::Authenticate);
    peer = auth::Peer::create(*method, options.credentials, auth::PeerOptions{}, random);
    peer->start(now);
}

// Section 3.4: a Configure-Request while the link is up leads back to Establish, and everything
// that was agreed on top has to be agreed on again.
void Link::Impl::lcp_down(Time now) {
    keepalive.stop();
    network_down(now);
    authenticated = false;
    keys.reset();
    refused.clear();
    method.reset();
    peer.reset();
    set_phase(reason ? Phase::Terminate : Phase::Establish);
}

void Link::Impl::lcp_finished(bool unanswered) {
    if (reason)
        return;
    if (suspicion)
        reason = suspicion;
    else if (own.frames_in == 0)
        reason = {EndReason::Kind::NegotiationFailed,
                  "not one PPP frame came from the peer: something on the way may block the "
                  "tunnel's data"};
    else
        reason = {EndReason::Kind::NegotiationFailed,
                  unanswered ? "the peer does not answer LCP Configure-Requests"
                             : "LCP was closed"};
}

void Link::Impl::peer_terminated(const ControlProtocol::PeerTerminated &terminated) {
    if (reason)
        return;
    EndReason why{EndReason::Kind::PeerTerminated, "the peer closed the link"};
    if (phase == Phase::Authenticate)
        why.text += " during authentication";
    else if (!ipv4 && !lcp.no_method().empty())
        why = {EndReason::Kind::AuthFailed,
               fmt::format("no common authentication method: {}; the peer closed the link",
                           lcp.no_method())};
    // It gave up before we did: what CCP came to is the reason.
    if (phase == Phase::Network && !encrypted && !ipv4 &&
        options.encryption == Encryption::Required)
        why = {EndReason::Kind::EncryptionFailed,
               fmt::format("encryption is required and cannot be had: {}{}",
                           ccp.disagreement().empty() ? "" : ccp.disagreement() + "; ", why.text)};
    if (why.kind == EndReason::Kind::AuthFailed)
        blame_encryption(why);
    why.text = with_quote(std::move(why.text), terminated.text);
    if (!ipv4 && !refused.empty())
        why.text += fmt::format(" (the link was not encrypted: {})", refused);

    // Only an open link is closed by it; before, the peer may still change its mind (section 4.3,
    // RTR), and if it does not, this was why.
    if (terminated.in == State::Opened)
        reason = std::move(why);
    else
        suspicion = std::move(why);
}

void Link::Impl::peer_rejects(PppProtocol protocol, Time now) {
    switch (protocol) {
    case PppProtocol::Ipcp:
    case PppProtocol::Ipv4:
        return fail(EndReason::Kind::ProtocolRejected,
                    fmt::format("the peer refuses IPv4 (Protocol-Reject of {})",
                                protocol == PppProtocol::Ipcp ? "IPCP" : "IP"),
                    now);
    case PppProtocol::Pap:
    case PppProtocol::Chap:
        if (method && auth::info(*method).protocol == static_cast<std::uint16_t>(protocol))
            fail(EndReason::Kind::ProtocolRejected,
                 fmt::format("the peer rejects {}, which it asked for itself",
                             auth::info(*method).name),
                 now);
        return;
    case PppProtocol::Ccp:
    case PppProtocol::Compressed:
        if (ccp.state() == State::Initial || ccp.state() == State::Starting)
            return;
        ccp.down(now);  // RFC 1661 section 5.7: to be sent no more
        ccp_down();
        return no_encryption(fmt::format("the peer does not speak {} (Protocol-Reject)",
                                         protocol == PppProtocol::Ccp ? "CCP" : "MPPE"),
                             now);
    case PppProtocol::Lcp:  // LCP has dealt with that
    case PppProtocol::Eap:
        return;
    }
}

void Link::Impl::network_up(Time now) {
    set_phase(Phase::Network);
    early.reset();
    if (options.encryption == Encryption::No)
        return ipcp_start(now);
    if (keys)
        return ccp_start(now);
    if (method)
        return no_encryption(
            fmt::format("authentication with {} gives no keys for it", auth::info(*method).name),
            now);
    no_encryption(lcp.no_method().empty()
                      ? "the peer asked for no authentication, which gives the keys for it"
                      : fmt::format("{}, and then asked for none; only mschap2 and mschap1 give "
                                    "keys for it",
                                    lcp.no_method()),
                  now);
}

void Link::Impl::network_down(Time now) {
    early.reset();
    if (ipcp_started()) {
        ipcp.down(now);
        static_cast<void>(ipcp.take_outputs());  // LayerDown; Down sends nothing
        ipcp_down();
    }
    if (ccp.state() != State::Initial && ccp.state() != State::Starting) {
        ccp.down(now);
        static_cast<void>(ccp.take_outputs());
    }
    ccp_down();
}

bool Link::Impl::ipcp_started() const {
    return ipcp.state() != State::Initial && ipcp.state() != State::Starting;
}

void Link::Impl::ipcp_start(Time now) {
    if (ipcp.state() == State::Initial)
        ipcp.open(now);
    ipcp.up(now);
    if (const auto said = std::exchange(early, std::nullopt))
        ipcp.receive(*said, now);
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
    if (!ipcp_started())
        ipcp_start(now);
}

void Link::Impl::ipcp_up(std::optional<EndReason> &why) {
    Ipv4Up agreed = ipcp.agreed();
    if (agreed.local.unspecified()) {
        why = {EndReason::Kind::NegotiationFailed, "the peer did not give an IP address"};
        return;
    }
    ipv4 = true;
    outputs.emplace_back(std::move(agreed));
}

void Link::Impl::ipcp_down() {
    if (std::exchange(ipv4, false))
        outputs.emplace_back(Ipv4Down{});
}

// The peer would have had its method, but for the keys that it does not lead to.
void Link::Impl::blame_encryption(EndReason &why) const {
    if (options.encryption != Encryption::Required || options.allow == options.allow.with_keys())
        return;
    why.kind = EndReason::Kind::EncryptionFailed;
    why.text += "; encryption is required, and only mschap2 and mschap1 give keys for it";
}

void Link::Impl::fail(EndReason::Kind kind, std::string text, Time now) {
    if (reason || ended)
        return;
    reason = EndReason{kind, std::move(text)};
    if (kind == EndReason::Kind::AuthFailed && !lcp.no_method().empty())
        blame_encryption(*reason);
    peer.reset();
    network_down(now);
    if (phase != Phase::Dead)
        set_phase(Phase::Terminate);
    lcp.close(now, reason->text);
}

void Link::Impl::end(Time now) {
    if (std::exchange(ended, true))
        return;
    peer.reset();
    network_down(now);
    keys.reset();
    keepalive.stop();
    set_phase(Phase::Dead);
    outputs.emplace_back(Ended{*reason});
}

void Link::Impl::set_phase(Phase next) {
    if (std::exchange(phase, next) != next)
        outputs.emplace_back(PhaseChanged{next});
}

void Link::Impl::send(PppProtocol protocol, base::View information) {
    ++own.frames_out;
    outputs.emplace_back(SendFrame{wire::encode(wire::PppFrame{protocol, information})});
}

void Link::Impl::count() {
    counters = own;
    counters.echo_sent = keepalive.sent();
    counters.echo_missed = keepalive.missed();
    for (const ControlProtocol *protocol :
         {static_cast<const ControlProtocol *>(&lcp), static_cast<const ControlProtocol *>(&ccp),
          static_cast<const ControlProtocol *>(&ipcp)}) {
        const ControlProtocol::Counters &kept = protocol->counters();
        counters.malformed += kept.malformed;
        counters.unexpected += kept.unexpected + kept.illegal;
        counters.rejected += kept.rejected;
    }
}

}  // namespace rtun::ppp
