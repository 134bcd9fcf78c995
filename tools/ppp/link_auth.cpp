// SPDX-License-Identifier: GPL-2.0-or-later
//
// The authentication phase (RFC 1661 section 3.5): the peer wants to know who we are, or we who it
// is, or both, each with a method of its own. The network phase begins when all of it is done, and
// the peer, if it is one that we have asked, has been granted what it gets.
#include <ppp/link_impl.h>

#include <wire/auth.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::ppp {

using base::Time;
using wire::PppProtocol;

void Link::Impl::authentication_start(Time now) {
    set_phase(Phase::Authenticate);
    if (method) {
        peer = auth::Peer::create(*method, options.credentials, auth::PeerOptions{}, random);
        peer->start(now);
    }
    if (demanded) {
        // "Counters used for authentication failure not be reset until after successful
        // authentication" (RFC 1994, Security Considerations): LCP negotiated anew is no new
        // chance.
        auth::AuthenticatorOptions patience = options.authenticator;
        patience.max_tries = std::max(1, patience.max_tries - refusals);
        authenticator = auth::Authenticator::create(*demanded, std::move(patience), random);
        authenticator->start(now);
    }
}

void Link::Impl::authentication_stop() {
    method.reset();
    peer.reset();
    authenticated = false;
    keys_as_peer.reset();
    demanded.reset();
    authenticator.reset();
    peer_authenticated = false;
    granted.reset();
    keys_as_authenticator.reset();
    overtaken = verifying;
    held.reset();
}

// Only a protocol that was agreed on reaches its parser, and only while it has something to say.
// Each engine passes over what is for the other.
void Link::Impl::receive_authentication(const wire::PppFrame &frame, Time now) {
    const auto protocol = static_cast<std::uint16_t>(frame.protocol);
    const bool ours = peer && auth::info(*method).protocol == protocol;
    const bool theirs = authenticator && auth::info(*demanded).protocol == protocol;
    if (!ours && !theirs) {
        ++own.unexpected;
        return;
    }
    if (ours && theirs) {
        // Our own challenge, sent back for us to answer: what we say would be the answer to it.
        const auto packet = wire::decode_chap(frame.information);
        const auto *challenge = packet ? std::get_if<wire::ChapChallenge>(&*packet) : nullptr;
        if (challenge != nullptr && authenticator->is_ours(challenge->value)) {
            ++own.unexpected;
            return;
        }
    }
    if (ours)
        peer->receive(protocol, frame.information, now);
    if (theirs)
        authenticator->receive(protocol, frame.information, now);
}

bool Link::Impl::take_authentication(Time now) {
    const auto of_peer = peer ? peer->take_outputs() : std::vector<auth::Output>{};
    for (const auth::Output &output : of_peer)
        take_peer(output, now);
    const auto of_authenticator =
        authenticator ? authenticator->take_outputs() : std::vector<auth::AuthenticatorOutput>{};
    for (const auth::AuthenticatorOutput &output : of_authenticator)
        take_authenticator(output, now);
    return !of_peer.empty() || !of_authenticator.empty();
}

void Link::Impl::take_peer(const auth::Output &output, Time now) {
    if (!method)
        return;  // the link ended for what was said before
    std::visit(
        Overloaded{
            [&](const auth::Send &it) { send(static_cast<PppProtocol>(it.protocol), it.payload); },
            [&](const auth::Succeeded &it) {
                if (reason || authenticated)
                    return;  // a later challenge, answered well
                authenticated = true;
                keys_as_peer = it.keys;
                outputs.emplace_back(Authenticated{*method, it.message});
                authentication_done(now);
            },
            [&](const auth::Failed &it) {
                fail(EndReason::Kind::AuthFailed,
                     fmt::format("authentication failed ({}): {}", auth::info(*method).name,
                                 it.text),
                     now);
            },
        },
        output);
}

void Link::Impl::take_authenticator(const auth::AuthenticatorOutput &output, Time now) {
    if (!demanded)
        return;
    std::visit(
        Overloaded{
            [&](const auth::Send &it) { send(static_cast<PppProtocol>(it.protocol), it.payload); },
            [&](const auth::Verify &it) {
                if (verifying) {  // the owner has still to say what an older claim is worth
                    held = it;
                    return;
                }
                verifying = true;
                claimant = it.claim.user;
                outputs.emplace_back(Verify{it.claim});
            },
            [&](const auth::PeerSucceeded &it) {
                if (reason || peer_authenticated)
                    return;
                peer_authenticated = true;
                user = it.user;
                keys_as_authenticator = it.keys;
                refusals = 0;
                refusal.reset();
                outputs.emplace_back(PeerAuthenticated{*demanded, it.user});
            },
            [&](const auth::PeerFailed &it) {
                remember(it);
                peer_authenticated = false;
                outputs.emplace_back(PeerRefused{it});
                fail(EndReason::Kind::AuthFailed, refusal_words, now);
            },
        },
        output);
}

void Link::Impl::remember(auth::PeerFailed failed) {
    const std::string who = failed.user.empty() ? "" : fmt::format(", user \"{}\"", failed.user);
    refusal_words = fmt::format("the peer did not prove who it is ({}{}): {}",
                                auth::info(*demanded).name, who, failed.text);
    refusal = std::move(failed);
}

bool Link::Impl::blame_refusal() {
    if (reason || !refusal || peer_authenticated)
        return false;
    reason = EndReason{EndReason::Kind::AuthFailed, refusal_words};
    outputs.emplace_back(PeerRefused{*refusal});
    return true;
}

void Link::Impl::verdict(const auth::Verdict &verdict, Time now) {
    if (!std::exchange(verifying, false) || ended)
        return;
    const bool late = std::exchange(overtaken, false);
    if (const auto *no = std::get_if<auth::Refused>(&verdict)) {
        ++refusals;
        if (!late && demanded)
            remember({auth::PeerFailed::Why::Refused,
                      base::printable(base::as_bytes(claimant), wire::auth_field_max), no->code,
                      no->text.empty() ? "refused" : no->text});
    }
    if (late) {
        // What it was about is over; now the claim that has waited.
        if (auto next = std::exchange(held, std::nullopt)) {
            verifying = true;
            claimant = next->claim.user;
            outputs.emplace_back(Verify{std::move(next->claim)});
        }
        return;
    }
    if (authenticator)
        authenticator->verdict(verdict, now);
}

void Link::Impl::grant(const Grant &given, Time now) {
    if (!peer_authenticated || granted || reason || ended)
        return;
    granted = given;
    apply(given);
    authentication_done(now);
}

void Link::Impl::apply(const Grant &given) {
    options.local_address = given.local_address;
    options.remote_address = given.remote_address;
    options.serve_dns = given.serve_dns;
    options.serve_wins = given.serve_wins;
    options.encryption = given.encryption;
    options.mppe = given.mppe;
    options.mppe_stateful = given.mppe_stateful;
    options.ipv6 = given.ipv6;
    options.local_interface_id = given.local_interface_id;
    options.remote_interface_id = given.remote_interface_id;
    options.bridge = given.bridge;
    ccp.configure(options);
    ipcp.configure(options);
    ipv6cp.configure(options);
    bcp.configure(options.bridge.value_or(BridgeOptions{}));
}

void Link::Impl::authentication_done(Time now) {
    const bool we = !method || authenticated;
    const bool it = !demanded || (peer_authenticated && granted);
    if (phase != Phase::Authenticate || !we || !it)
        return;
    // RFC 3079 sections 2 and 3: "derived from the credentials of the peer that initiated the
    // call".
    const bool peer_called = options.passive > base::Duration::zero();
    const auto &first = peer_called ? keys_as_authenticator : keys_as_peer;
    keys = first ? first : peer_called ? keys_as_peer : keys_as_authenticator;
    network_up(now);
}

std::string Link::Impl::methods_text() const {
    auth::MethodSet used;
    for (const auto &one : {method, demanded})
        if (one)
            used.add(*one);
    return used.text();
}

}  // namespace rtun::ppp
