// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a link is made of, for the files that implement it:
//     link.cpp          frames and timers in, LCP, how it ends
//     link_auth.cpp     who is who: either end, or both
//     link_network.cpp  CCP, IPCP and IPv6CP, and their order
//     link_bridge.cpp   BCP, beside or instead of the latter two
//     link_multilink.cpp  a link of a bundle, and the bundle
//     link_resume.cpp   going on with a link of another program
#pragma once

#include <auth/peer.h>
#include <ppp/bcp.h>
#include <ppp/ccp.h>
#include <ppp/echo.h>
#include <ppp/ipcp.h>
#include <ppp/ipv6cp.h>
#include <ppp/lcp.h>
#include <ppp/link.h>
#include <wire/ppp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtun::ppp {

// The visitor with one function for each kind of output.
template <typename... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

struct Link::Impl {
    Impl(LinkOptions given, base::Random &source);

    // Carries out what the engines said, until they have nothing more to say. take_*: whether they
    // had something to say.
    void settle(base::Time now);

    // -- link.cpp
    void open(base::Time now);
    void begin(base::Time now);
    void receive(const wire::PppFrame &frame, base::Time now);
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;
    void take_lcp(const ControlProtocol::Output &output, base::Time now);
    void lcp_up(base::Time now);
    void lcp_down(base::Time now);
    void lcp_finished(bool unanswered);
    void peer_terminated(const ControlProtocol::PeerTerminated &terminated);
    void peer_rejects(wire::PppProtocol protocol, base::Time now);
    void blame_encryption(EndReason &why, auth::MethodSet wanted) const;
    void fail(EndReason::Kind kind, std::string text, base::Time now);
    void end(base::Time now);
    void set_phase(Phase next);
    void send(wire::PppProtocol protocol, base::View information);
    void count();

    // -- link_auth.cpp
    void authentication_start(base::Time now);
    void authentication_stop();
    void receive_authentication(const wire::PppFrame &frame, base::Time now);
    bool take_authentication(base::Time now);
    void take_peer(const auth::Output &output, base::Time now);
    void take_authenticator(const auth::AuthenticatorOutput &output, base::Time now);
    void verdict(const auth::Verdict &verdict, base::Time now);
    void grant(const Grant &given, base::Time now);
    void apply(const Grant &given);
    void authentication_done(base::Time now);
    // The peer was refused and then went its way: that it was is the reason. False: it was not.
    bool blame_refusal();
    void remember(auth::PeerFailed failed);
    [[nodiscard]] std::string methods_text() const;  // "mschap2", of those that were used

    // -- link_network.cpp
    void receive_network(const wire::PppFrame &frame, base::Time now);
    void network_up(base::Time now);
    void network_down(base::Time now);
    void networks_start(base::Time now);  // all but CCP
    bool take_ccp(base::Time now);
    bool take_ipcp(base::Time now);
    bool take_ipv6cp(base::Time now);
    void ccp_start(base::Time now);
    // Whether the peer may begin with CCP, and this is how it does.
    [[nodiscard]] bool ccp_wakes(const wire::PppFrame &frame) const;
    void ccp_up(std::optional<std::string> &why);
    void ccp_down();
    // CCP leads to no encryption, for this reason: the end of the link, or it goes on without.
    void no_encryption(std::string text, base::Time now);
    // The keys are those of another program, and are needed again: others have to be made.
    void renew(base::Time now);
    [[nodiscard]] std::optional<EncryptionUp::Direction>
    direction(const std::optional<MppeMode> &mode, const auth::MppeKeys::Direction &given) const;
    [[nodiscard]] bool must_encrypt() const {
        return options.encryption == Encryption::Required || encrypted_once;
    }
    // Whether it has to be encrypted and is not, so that no network may be used.
    [[nodiscard]] bool exposed() const { return must_encrypt() && !encrypted; }
    void networks_encrypted();
    void ipcp_up(std::optional<EndReason> &why);
    void ipcp_down();
    void ipv6cp_up(base::Time now);
    void ipv6cp_down();

    // -- link_bridge.cpp
    bool take_bcp(base::Time now);
    void bcp_up();
    void bcp_down();
    // The network that the link is of no use without, and whether it is up.
    [[nodiscard]] const ControlProtocol &essential() const {
        return options.bridge ? static_cast<const ControlProtocol &>(bcp) : ipcp;
    }
    [[nodiscard]] bool useful() const { return options.bridge ? bridged : ipv4; }
    [[nodiscard]] bool speaks_ip() const { return !options.bridge || options.ip_beside_bridge; }
    [[nodiscard]] bool speaks_ipv6() const { return options.ipv6 && speaks_ip(); }

    // -- link_multilink.cpp
    void begin_bundle(const BundleStart &start, base::Time now);
    void member_up(base::Time now);
    void member_down();
    // Whether a frame that came on a link of a bundle is for the bundle to hear.
    [[nodiscard]] static bool concerns_bundle(const wire::PppFrame &frame);
    // Whether a packet of LCP may come on a bundle.
    [[nodiscard]] static bool allowed_on_bundle(base::View information);
    void tell_peer_mru();  // to what speaks above LCP

    // -- link_resume.cpp
    void resume(const LinkState &state, base::Time now);
    void resume_authentication(base::Time now);
    void resume_networks(const LinkState &state);
    [[nodiscard]] std::optional<LinkState> state() const;

    LinkOptions options;
    base::Random &random;
    Lcp lcp;
    Ccp ccp;
    Ipcp ipcp;
    Ipv6cp ipv6cp;
    Bcp bcp;
    Keepalive keepalive;

    Phase phase = Phase::Dead;
    bool bundle = false;       // not a link: see begin_bundle()
    bool member = false;       // MultilinkReady was said last, not MultilinkDown
    base::Deadline joining;    // until then the peer may not have done as much
    base::Deadline listening;  // for the peer's first frame of LCP, before we say anything

    // We prove who we are, if the peer wants to know.
    std::optional<auth::Method> method;
    std::unique_ptr<auth::Peer> peer;
    bool authenticated = false;
    std::optional<auth::MppeKeys> keys_as_peer;

    // The peer does, if we want to know.
    std::optional<auth::Method> demanded;
    std::unique_ptr<auth::Authenticator> authenticator;
    bool peer_authenticated = false;
    std::string user;
    std::optional<Grant> granted;
    std::optional<auth::MppeKeys> keys_as_authenticator;
    std::string claimant;                     // the user of the last Verify
    bool verifying = false;                   // verdict() is awaited
    bool overtaken = false;                   // but that claim is of an earlier negotiation
    std::optional<auth::Verify> held;         // until then
    int refusals = 0;                         // not forgotten when the link negotiates anew
    std::optional<auth::PeerFailed> refusal;  // the last one
    std::string refusal_words;                // with the method, for a reason

    std::optional<auth::MppeKeys> keys;   // of the link
    bool encrypted = false;               // EncryptionUp was said last, not EncryptionDown
    bool encrypted_once = false;          // in both directions
    base::Deadline answered_by;           // so long a peer repeats its first request of CCP
    std::string refused;                  // the text of the last EncryptionRefused
    std::optional<base::Bytes> early;     // the peer's last IPCP packet before ours began
    std::optional<base::Bytes> early_v6;  // and of IPv6CP
    std::optional<base::Bytes> early_bridge;
    bool ipv4 = false;  // Ipv4Up was said last, not Ipv4Down
    bool ipv6 = false;
    bool bridged = false;
    bool ipv4_waits = false;  // for encryption, which negotiates once more
    bool ipv6_waits = false;
    bool bridge_waits = false;

    std::optional<EndReason> reason;     // the link is ending, because
    std::optional<EndReason> suspicion;  // why it will turn out to have ended, if it does
    bool ended = false;

    LinkCounters counters;
    LinkCounters own;  // those not kept by the engines
    std::vector<Output> outputs;
};

// Whether its lower layer is up.
[[nodiscard]] inline bool started(const ControlProtocol &protocol) {
    return protocol.state() != State::Initial && protocol.state() != State::Starting;
}

[[nodiscard]] std::string with_quote(std::string text, const std::string &said);

}  // namespace rtun::ppp
