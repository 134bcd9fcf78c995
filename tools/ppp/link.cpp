// SPDX-License-Identifier: GPL-2.0-or-later
//
// The phases of RFC 1661 section 3: which protocol may speak when, and what the end of one means
// for the others. The reason to end is kept from the moment it is known until Ended is said, so
// that what follows from it (the peer hangs up after a wrong password) does not hide it.
#include <ppp/link.h>

#include <ppp/link_impl.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::ppp {

namespace {

using base::Time;
using wire::PppProtocol;

// A password is not shown to a peer, nor asked for, where it leads to nothing.
LinkOptions for_lcp(LinkOptions options) {
    if (options.encryption == Encryption::Required) {
        options.allow = options.allow.with_keys();
        options.require = options.require.with_keys();
    }
    return options;
}

}  // namespace

std::string with_quote(std::string text, const std::string &said) {
    return said.empty() ? text : fmt::format("{}: \"{}\"", text, said);
}

Link::Impl::Impl(LinkOptions given, base::Random &source)
    : options(std::move(given)), random(source), lcp(for_lcp(options), source), ccp(options),
      ipcp(options), ipv6cp(options, source),
      bcp(options, options.bridge.value_or(BridgeOptions{}), source), keepalive(options.keepalive) {
}

Link::Link(LinkOptions options, base::Random &random)
    : impl_(std::make_unique<Impl>(std::move(options), random)) {}
Link::~Link() = default;
Link::Link(Link &&) noexcept = default;
Link &Link::operator=(Link &&) noexcept = default;

void Link::open(Time now) {
    if (impl_->ended || impl_->phase != Phase::Dead)
        return;
    impl_->open(now);
    impl_->settle(now);
}

void Link::begin_bundle(const BundleStart &start, Time now) {
    if (impl_->ended || impl_->phase != Phase::Dead)
        return;
    impl_->begin_bundle(start, now);
    impl_->settle(now);
}

void Link::resume(const LinkState &state, Time now) {
    if (!impl_->ended && impl_->phase == Phase::Dead)
        impl_->resume(state, now);
}

std::optional<LinkState> Link::state() const { return impl_->state(); }

void Link::verdict(const auth::Verdict &verdict, Time now) {
    impl_->verdict(verdict, now);
    impl_->settle(now);
}

void Link::grant(const Grant &grant, Time now) {
    impl_->grant(grant, now);
    impl_->settle(now);
}

void Link::renegotiate(Time now) {
    if (impl_->phase != Phase::Network || impl_->reason || impl_->ended)
        return;
    impl_->renew(now);
    impl_->settle(now);
}

void Link::close(Time now, std::string_view why) {
    impl_->fail(EndReason::Kind::Requested, std::string(why), now);
    impl_->settle(now);
}

void Link::lower_down(Time now) {
    if (impl_->ended)
        return;
    impl_->blame_refusal();
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
    return impl_->ended ? base::Deadline{} : impl_->deadline();
}

std::vector<Output> Link::take_outputs() { return std::exchange(impl_->outputs, {}); }

Phase Link::phase() const { return impl_->phase; }

const LinkCounters &Link::counters() const { return impl_->counters; }

void Link::Impl::open(Time now) {
    set_phase(Phase::Establish);
    if (for_lcp(options).require.empty() && !options.require.empty())
        return fail(EndReason::Kind::EncryptionFailed,
                    fmt::format("encryption is required, and none of the methods of authentication "
                                "that are demanded ({}) gives keys for it",
                                options.require.text()),
                    now);
    lcp.open(now);
    if (options.passive > base::Duration::zero())
        listening = now + options.passive;
    else
        lcp.up(now);
}

// What we have waited for has come, or did not.
void Link::Impl::begin(Time now) {
    listening.reset();
    lcp.up(now);
}

void Link::Impl::receive(const wire::PppFrame &frame, Time now) {
    if (member && concerns_bundle(frame)) {
        keepalive.heard(now);
        outputs.emplace_back(BundleFrame{wire::encode(frame)});
        return;
    }
    if (frame.protocol == PppProtocol::Lcp) {
        if (bundle && !allowed_on_bundle(frame.information)) {
            ++own.unexpected;
            return;
        }
        if (lcp.own_echo(frame.information)) {
            ++own.unexpected;  // an echo of ourselves is no sign of the peer
            return;
        }
        keepalive.heard(now);
        if (listening)
            begin(now);
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
    case PppProtocol::Ipv6cp:
    case PppProtocol::Ccp:
    case PppProtocol::Ipv4:
    case PppProtocol::Ipv6:
    case PppProtocol::Multilink:
    case PppProtocol::Compressed:
    case PppProtocol::Eap:
    case PppProtocol::Bcp:
    case PppProtocol::Bridged:
    case PppProtocol::OldBpdu:
        break;
    }
    if (phase == Phase::Network)
        receive_network(frame, now);
    else
        ++own.unexpected;
}

void Link::Impl::expire(Time now) {
    if (listening && *listening <= now)
        begin(now);
    for (ControlProtocol *protocol :
         {static_cast<ControlProtocol *>(&lcp), static_cast<ControlProtocol *>(&ccp),
          static_cast<ControlProtocol *>(&ipcp), static_cast<ControlProtocol *>(&ipv6cp),
          static_cast<ControlProtocol *>(&bcp)}) {
        protocol->expire(now);
        settle(now);
    }
    if (peer && peer->deadline() && *peer->deadline() <= now)
        peer->expire(now);
    settle(now);
    if (authenticator && authenticator->deadline() && *authenticator->deadline() <= now)
        authenticator->expire(now);
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

base::Deadline Link::Impl::deadline() const {
    base::Deadline next = base::earlier(listening, keepalive.deadline());
    for (const base::Deadline &one :
         {lcp.deadline(), ccp.deadline(), ipcp.deadline(), ipv6cp.deadline(), bcp.deadline(),
          peer ? peer->deadline() : base::Deadline{},
          authenticator ? authenticator->deadline() : base::Deadline{}})
        next = base::earlier(next, one);
    return next;
}

void Link::Impl::settle(Time now) {
    for (bool more = true; more && !ended;) {
        const auto said = lcp.take_outputs();
        for (const ControlProtocol::Output &output : said)
            take_lcp(output, now);
        const bool authentication = take_authentication(now);
        const bool encryption = take_ccp(now);
        const bool network = take_ipcp(now);
        const bool network_v6 = take_ipv6cp(now);
        const bool bridging = take_bcp(now);
        more = !said.empty() || authentication || encryption || network || network_v6 || bridging;
    }
    const State state = lcp.state();
    if (reason &&
        (bundle || state == State::Initial || state == State::Closed || state == State::Stopped))
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

void Link::Impl::lcp_up(Time now) {
    if (reason)
        return;  // it opened just as it had to close
    suspicion.reset();
    const LcpOpened agreed = lcp.agreed();
    outputs.emplace_back(agreed);
    if (options.multilink && options.multilink->required && !agreed.multilink)
        return fail(EndReason::Kind::NegotiationFailed,
                    fmt::format("the link cannot join its bundle: {}", agreed.multilink_refused),
                    now);
    tell_peer_mru();
    keepalive.start(now);
    method = agreed.method;
    demanded = lcp.demanded();
    if (method || demanded)
        authentication_start(now);
    else
        network_up(now);
}

// Section 3.4: a Configure-Request while the link is up leads back to Establish, and everything
// that was agreed on top has to be agreed on again.
void Link::Impl::lcp_down(Time now) {
    keepalive.stop();
    network_down(now);
    authentication_stop();
    keys.reset();
    refused.clear();
    set_phase(reason ? Phase::Terminate : Phase::Establish);
}

void Link::Impl::lcp_finished(bool unanswered) {
    if (reason || blame_refusal())
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
    if (reason || (phase == Phase::Authenticate && blame_refusal()))
        return;
    EndReason why{EndReason::Kind::PeerTerminated, "the peer closed the link"};
    if (phase == Phase::Authenticate)
        why.text += " during authentication";
    else if (!useful() && !member && !lcp.no_method().empty())
        why = {EndReason::Kind::AuthFailed,
               fmt::format("no common authentication method: {}; the peer closed the link",
                           lcp.no_method())};
    // It gave up before we did: what CCP came to is the reason.
    if (phase == Phase::Network && !encrypted && !useful() && !member &&
        options.encryption == Encryption::Required)
        why = {EndReason::Kind::EncryptionFailed,
               fmt::format("encryption is required and cannot be had: {}{}",
                           ccp.disagreement().empty() ? "" : ccp.disagreement() + "; ", why.text)};
    if (why.kind == EndReason::Kind::AuthFailed)
        blame_encryption(why, options.allow);
    why.text = with_quote(std::move(why.text), terminated.text);
    if (!useful() && !refused.empty())
        why.text += fmt::format(" (the link was not encrypted: {})", refused);

    // Only an open link is closed by it; before, the peer may still change its mind (section 4.3,
    // RTR), and if it does not, this was why.
    if (terminated.in == State::Opened)
        reason = std::move(why);
    else
        suspicion = std::move(why);
}

void Link::Impl::peer_rejects(PppProtocol protocol, Time now) {
    const auto is = [protocol](const std::optional<auth::Method> &one) {
        return one && auth::info(*one).protocol == static_cast<std::uint16_t>(protocol);
    };
    switch (protocol) {
    case PppProtocol::Ipcp:
    case PppProtocol::Ipv4:
        if (options.bridge) {
            if (started(ipcp))
                ipcp.down(now);
            return;
        }
        return fail(EndReason::Kind::ProtocolRejected,
                    fmt::format("the peer refuses IPv4 (Protocol-Reject of {})",
                                protocol == PppProtocol::Ipcp ? "IPCP" : "IP"),
                    now);
    case PppProtocol::Ipv6cp:
    case PppProtocol::Ipv6:
        if (started(ipv6cp))
            ipv6cp.down(now);  // RFC 1661 section 5.7: to be sent no more
        return;
    case PppProtocol::Pap:
    case PppProtocol::Chap:
        if (is(method))
            fail(EndReason::Kind::ProtocolRejected,
                 fmt::format("the peer rejects {}, which it asked for itself",
                             auth::info(*method).name),
                 now);
        else if (is(demanded))
            fail(EndReason::Kind::ProtocolRejected,
                 fmt::format("the peer rejects {}, which it agreed to", auth::info(*demanded).name),
                 now);
        return;
    case PppProtocol::Ccp:
    case PppProtocol::Compressed:
        if (!started(ccp))
            return;
        ccp.down(now);
        ccp_down();
        return no_encryption(fmt::format("the peer does not speak {} (Protocol-Reject)",
                                         protocol == PppProtocol::Ccp ? "CCP" : "MPPE"),
                             now);
    case PppProtocol::Multilink:
        if (member && !(joining && now < *joining))
            fail(EndReason::Kind::ProtocolRejected,
                 "the peer rejects multilink packets, which it agreed to", now);
        return;
    case PppProtocol::Bcp:
    case PppProtocol::Bridged:
        if (options.bridge)
            fail(EndReason::Kind::ProtocolRejected,
                 fmt::format("the peer refuses bridging (Protocol-Reject of {})",
                             protocol == PppProtocol::Bcp ? "BCP" : "bridged frames"),
                 now);
        return;
    case PppProtocol::Lcp:  // LCP has dealt with that
    case PppProtocol::Eap:  // never sent
    case PppProtocol::OldBpdu:
        return;
    }
}

// The two would have had a method, but for the keys that it does not lead to.
void Link::Impl::blame_encryption(EndReason &why, auth::MethodSet wanted) const {
    if (options.encryption != Encryption::Required || wanted == wanted.with_keys())
        return;
    why.kind = EndReason::Kind::EncryptionFailed;
    why.text += "; encryption is required, and only mschap2 and mschap1 give keys for it";
}

void Link::Impl::fail(EndReason::Kind kind, std::string text, Time now) {
    if (reason || ended)
        return;
    reason = EndReason{kind, std::move(text)};
    if (kind == EndReason::Kind::AuthFailed && phase == Phase::Establish)
        blame_encryption(*reason, lcp.no_method().empty() ? options.require : options.allow);
    listening.reset();
    authentication_stop();
    network_down(now);
    if (phase != Phase::Dead)
        set_phase(Phase::Terminate);
    if (!bundle)
        lcp.close(now, reason->text);
}

void Link::Impl::end(Time now) {
    if (std::exchange(ended, true))
        return;
    listening.reset();
    authentication_stop();
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
          static_cast<const ControlProtocol *>(&ipcp),
          static_cast<const ControlProtocol *>(&ipv6cp),
          static_cast<const ControlProtocol *>(&bcp)}) {
        const ControlProtocol::Counters &kept = protocol->counters();
        counters.malformed += kept.malformed;
        counters.unexpected += kept.unexpected + kept.illegal;
        counters.rejected += kept.rejected;
    }
}

}  // namespace rtun::ppp
