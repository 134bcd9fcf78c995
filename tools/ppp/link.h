// SPDX-License-Identifier: GPL-2.0-or-later
//
// One PPP link from the first Configure-Request to the last Terminate-Ack: the phases of RFC 1661
// section 3.2 over LCP, authentication (in either direction or in both), CCP, IPCP, IPv6CP, BCP and
// the LCP echo keepalive. An engine: frames and time in, outputs and a deadline out.
//
// A server demands authentication (LinkOptions::require). It is asked what a claim is worth
// (Verify, answered by verdict()), and when the peer is known, what it gets (PeerAuthenticated,
// answered by grant()); no network protocol begins before that.
//
// A link carries IP, and is of no use without IPv4; or it carries Ethernet frames, and is of no use
// without BCP. In the second case IPCP and IPv6CP are rejected as if they were not known, unless
// they are asked for: then they run beside BCP, and may fail.
//
// Where encryption is wanted, networks wait until CCP has come to an end, so that nothing
// that could be encrypted leaves in clear. A link that was encrypted once stays so or ends. Its
// keys are those of the first authentication of the end that called; the other one's are taken if
// that gave none (RFC 3079 section 2).
//
// A link that is up can be gone on with by another object, in another program: state() and
// resume(). The keys are not there then; where CCP wants them again, LCP negotiates anew, which
// leads to others.
//
// With multilink (RFC 1990) one object is a link and another the bundle. A link on which both ends
// agreed to it carries LCP and authentication only: it says MultilinkReady, where it would else
// begin with CCP and IPCP, and MultilinkDown when that is over. The bundle begins with
// begin_bundle(), from what its first link has said, and outlives that link. It has CCP, IPCP and
// IPv6CP, no authentication and no keepalive, and of LCP nothing that would change the link
// (section 2): it cannot negotiate anew, and has nobody to say goodbye to when it ends.
//
// Frames are PPP frames from the two-octet protocol field on, without address and control field
// and without compression of the protocol field, which are the transport's business.
#pragma once

#include <auth/authenticator.h>
#include <auth/method.h>
#include <base/bytes.h>
#include <base/net.h>
#include <base/random.h>
#include <base/time.h>
#include <ppp/bridging.h>
#include <ppp/mppe.h>
#include <ppp/multilink.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtun::ppp {

struct LinkOptions {
    auth::MethodSet allow = auth::MethodSet::all();  // methods we agree to be authenticated with
    auth::Credentials credentials;
    // Methods that we demand of the peer, the strongest first; empty: we do not ask who it is.
    // (With Encryption::Required only those of them that lead to keys.)
    auth::MethodSet require{};
    auth::AuthenticatorOptions authenticator{};
    // The peer calls: wait for its first Configure-Request, but not longer than this, before we
    // send ours. Zero: we call, and begin at once.
    base::Duration passive{0};
    std::uint16_t mtu = 1450;   // largest packet we want to send (max-mtu)
    std::uint16_t mru = 1450;   // largest packet we want to receive (max-mru), LCP option 1
    bool request_pfc = true;    // LCP option 7
    bool request_acfc = true;   // LCP option 8
    base::Ipv4 local_address;   // asked for in IPCP; unspecified: let the peer choose
    base::Ipv4 remote_address;  // what the peer has to be; unspecified: whatever it says
    bool request_dns = false;   // RFC 1877 options 129 and 131
    std::vector<base::Ipv4> serve_dns{};   // told to a peer that asks; at most two
    std::vector<base::Ipv4> serve_wins{};  // RFC 1877 options 130 and 132
    // IPv6CP (RFC 5072). The interface identifiers that we want, and that the peer has to have;
    // zero: ours is random, the peer's what it says, or one of ours if it asks for one.
    bool ipv6 = false;
    std::uint64_t local_interface_id = 0;
    std::uint64_t remote_interface_id = 0;

    // BCP (RFC 3518); nothing: it is not known.
    std::optional<BridgeOptions> bridge{};
    bool ip_beside_bridge = false;  // with it: IPCP as well, and IPv6CP if ipv6

    // CCP. Required leaves no methods of authentication but those that lead to keys.
    Encryption encryption = Encryption::No;
    MppeStrengths mppe = MppeStrength::Bits128;  // key lengths that are allowed
    StatefulMppe mppe_stateful = StatefulMppe::No;

    // Nothing: none of its options is known.
    std::optional<Multilink> multilink{};

    // The keepalive: after this long without any frame from the peer an LCP Echo-Request is sent
    // every second, five times; no reply: the link is dead. Zero: never.
    base::Duration keepalive = std::chrono::seconds(60);

    base::Duration restart = std::chrono::seconds(3);  // RFC 1661 section 4.6
    int max_configure = 10;
    int max_terminate = 2;
    int max_failure = 5;
};

enum class Phase : std::uint8_t { Dead, Establish, Authenticate, Network, Terminate };
[[nodiscard]] std::string_view name(Phase phase);

// Why a link ended, and who ended it.
struct EndReason {
    enum class Kind : std::uint8_t {
        Requested,          // close() was called
        PeerTerminated,     // Terminate-Request
        AuthFailed,         // wrong password and the like, also no common method
        NegotiationFailed,  // no agreement, or no answer to Configure-Requests
        EchoTimeout,        // the keepalive found the peer dead
        ProtocolRejected,   // the peer does not speak something we cannot do without
        LowerDown,          // the transport went away
        Looped,             // the peer is ourselves (same magic number)
        EncryptionFailed,   // it is required, or was there, and cannot be had
    };
    Kind kind = Kind::Requested;
    std::string
        text;  // one line: "authentication failed (mschap2): wrong user name or password (E=691)"
};
[[nodiscard]] std::string_view name(EndReason::Kind kind);  // "requested", "peer-terminated", ...

// Outputs, in the order in which they have to be carried out.
struct SendFrame {
    base::Bytes frame;
};
struct PhaseChanged {
    Phase phase;
};
// LCP has opened: what was agreed.
struct LcpOpened {
    std::uint16_t mtu = 1500;            // what the peer receives, and at most LinkOptions::mtu
    std::uint16_t mru = 1500;            // what we said we receive
    std::uint32_t magic = 0;             // ours; 0: none agreed
    bool pfc_rx = false;                 // the peer may compress the protocol field
    bool pfc_tx = false;                 // we may
    bool acfc_tx = false;                // we may leave address and control out
    std::optional<auth::Method> method;  // how the peer wants us to authenticate
    std::optional<MultilinkAgreed> multilink{};
    std::string multilink_refused{};  // why there is none though we asked; else empty
};
struct Authenticated {
    auth::Method method;
    std::string message;
};
// What the peer says to prove who it is: verdict() has to follow, exactly once, also if the link
// negotiates anew meanwhile. There is no other Verify before.
struct Verify {
    auth::Claim claim;
};
// The peer has proved who it is: grant() has to follow. Not after a re-challenge, but again when
// the link has negotiated anew.
struct PeerAuthenticated {
    auth::Method method;
    std::string user;
};
// The peer has failed to; Ended follows, with the kind AuthFailed.
struct PeerRefused {
    auth::PeerFailed failure;
};
// What a peer gets once it is known who it is; replaces what LinkOptions say of the same.
struct Grant {
    base::Ipv4 local_address;
    base::Ipv4 remote_address;
    std::vector<base::Ipv4> serve_dns{};
    std::vector<base::Ipv4> serve_wins{};
    Encryption encryption = Encryption::No;
    MppeStrengths mppe = MppeStrength::Bits128;
    StatefulMppe mppe_stateful = StatefulMppe::No;
    bool ipv6 = false;
    std::uint64_t local_interface_id = 0;
    std::uint64_t remote_interface_id = 0;
    std::optional<BridgeOptions> bridge{};
};
// CCP has opened with MPPE: packets have to be encrypted, and decrypted, from these keys on. Comes
// before the frame that lets the peer begin. Nothing: this direction stays in clear.
struct EncryptionUp {
    struct Direction {
        MppeMode mode;
        base::Secret start_key;  // RFC 3079: 16 octets for 128 bits, else 8
    };
    std::optional<Direction> send;
    std::optional<Direction> receive;
    std::uint16_t mtu = 1500;  // as of LcpOpened, where MPPE needs its octets
};
// The keys are of no use any more. Until there are others nothing may leave in clear.
struct EncryptionDown {};
// There is none, and the link goes on without: why.
struct EncryptionRefused {
    std::string text;
};
// IPCP has opened: the link carries IPv4.
struct Ipv4Up {
    base::Ipv4 local;
    base::Ipv4 remote;            // unspecified if the peer did not say
    std::vector<base::Ipv4> dns;  // in the order 129, 131; only if requested
};
struct Ipv4Down {};
// IPv6CP has opened: the link carries IPv6 between fe80::/64 addresses with these identifiers.
struct Ipv6Up {
    std::uint64_t local_interface_id = 0;
    std::uint64_t remote_interface_id = 0;
};
struct Ipv6Down {};
// The link can be one of a bundle from now on: its packets, and the control packets of networks,
// may come in multilink headers. There are no networks of its own.
struct MultilinkReady {
    MultilinkAgreed agreed;
    std::optional<auth::Method> authenticated{};       // we
    std::optional<auth::Method> peer_authenticated{};  // the peer
    std::string user{};                                // of the peer; empty: it was not asked
    // Those that the authentication led to; for a bundle that begins with this link.
    std::optional<auth::MppeKeys> keys{};
    bool pfc_rx = false;  // as of LcpOpened
    bool pfc_tx = false;
};
// No longer, because LCP negotiates anew or the link ends.
struct MultilinkDown {};
// What came on a link and is the bundle's: a control packet without a multilink header.
struct BundleFrame {
    base::Bytes frame;  // for its receive()
};
// The last output: the link is finished and the object may be destroyed.
struct Ended {
    EndReason reason;
};
using Output = std::variant<SendFrame, PhaseChanged, LcpOpened, Authenticated, Verify,
                            PeerAuthenticated, PeerRefused, EncryptionUp, EncryptionDown,
                            EncryptionRefused, Ipv4Up, Ipv4Down, Ipv6Up, Ipv6Down, BridgeUp,
                            BridgeDown, MultilinkReady, MultilinkDown, BundleFrame, Ended>;

// What a bundle begins with.
struct BundleStart {
    MultilinkReady first;            // what its first link said
    std::optional<Grant> granted{};  // what the peer got there, if it was asked who it is
};

// A link that is up, as another program needs it to go on: everything that was agreed and nothing
// secret. The keys of MPPE are in the kernel. A link of a bundle has no networks, the bundle itself
// nothing that proves who is who.
struct LinkState {
    LcpOpened lcp;  // with multilink: a link of a bundle, or the bundle
    bool bundle = false;
    std::uint16_t peer_mru = 1500;                   // what the peer receives
    std::optional<auth::Method> authenticated;       // we
    std::optional<auth::Method> peer_authenticated;  // the peer
    std::string user;                                // of the peer
    std::optional<MppeMode> encryption_send;
    std::optional<MppeMode> encryption_receive;
    std::optional<Ipv4Up> ipv4;
    std::optional<Ipv6Up> ipv6;
    std::optional<BridgeUp> bridge{};
    std::optional<Grant> granted;  // what the peer got, for a renegotiation's sake
};

// What "show" prints of a link, besides what the outputs said.
struct LinkCounters {
    std::uint64_t frames_in = 0;
    std::uint64_t frames_out = 0;
    std::uint64_t malformed = 0;   // silently discarded, as the RFCs want
    std::uint64_t unexpected = 0;  // well-formed, but not now (wrong phase, id or protocol)
    std::uint64_t echo_sent = 0;
    std::uint64_t echo_missed = 0;
    std::uint64_t rejected = 0;  // Code-, Protocol- and Configure-Rejects sent
};

class Link {
public:
    // random outlives the link.
    Link(LinkOptions options, base::Random &random);
    ~Link();
    Link(Link &&) noexcept;
    Link &operator=(Link &&) noexcept;

    void open(base::Time now);  // the transport is up: start negotiating
    // Instead of open(): a bundle. Of the options those of networks and encryption count, and mtu.
    void begin_bundle(const BundleStart &start, base::Time now);
    // Instead of open(): goes on with a link that is up. Nothing is sent and nothing is output for
    // what the state says already. What was granted replaces the options, as grant() does.
    void resume(const LinkState &state, base::Time now);
    // Nothing: the link is not in a state to be gone on with (it negotiates, or ends).
    [[nodiscard]] std::optional<LinkState> state() const;
    void verdict(const auth::Verdict &verdict, base::Time now);  // of the last Verify
    void grant(const Grant &grant, base::Time now);              // of PeerAuthenticated
    // In the network phase: negotiates anew from LCP on, with authentication, so that there are
    // other keys. In another: nothing. A bundle cannot and ends.
    void renegotiate(base::Time now);
    // Orderly termination; Ended follows, of a bundle at once: its links are closed for themselves.
    void close(base::Time now, std::string_view why);
    void lower_down(base::Time now);  // the transport is gone; Ended follows at once
    void receive(base::View frame, base::Time now);
    // Data has arrived from the peer up to now (the kernel's counters say so): postpones the
    // keepalive.
    void traffic_seen(base::Time now);
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;
    [[nodiscard]] std::vector<Output> take_outputs();

    [[nodiscard]] Phase phase() const;
    [[nodiscard]] const LinkCounters &counters() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rtun::ppp
