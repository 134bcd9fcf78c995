// SPDX-License-Identifier: GPL-2.0-or-later
//
// One PPP link from the first Configure-Request to the last Terminate-Ack: the phases of RFC 1661
// section 3.2 over LCP, authentication (as the authenticated side), CCP, IPCP and the LCP echo
// keepalive. An engine: frames and time in, outputs and a deadline out.
//
// Where encryption is wanted, IPCP waits until CCP has come to an end, so that nothing that could
// be encrypted leaves in clear. A link that was encrypted once stays so or ends.
//
// Frames are PPP frames from the two-octet protocol field on, without address and control field
// and without compression of the protocol field, which are the transport's business.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/net.h>
#include <base/random.h>
#include <base/time.h>
#include <ppp/mppe.h>

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
    std::uint16_t mtu = 1450;   // largest packet we want to send (max-mtu)
    std::uint16_t mru = 1450;   // largest packet we want to receive (max-mru), LCP option 1
    bool request_pfc = true;    // LCP option 7
    bool request_acfc = true;   // LCP option 8
    base::Ipv4 local_address;   // asked for in IPCP; unspecified: let the peer choose
    base::Ipv4 remote_address;  // what the peer has to be; unspecified: whatever it says
    bool request_dns = false;   // RFC 1877 options 129 and 131

    // CCP. Required leaves no methods of authentication but those that lead to keys.
    Encryption encryption = Encryption::No;
    MppeStrengths mppe = MppeStrength::Bits128;  // key lengths that are allowed
    bool mppe_stateful = false;                  // if the peer insists on it

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
};
struct Authenticated {
    auth::Method method;
    std::string message;
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
// The last output: the link is finished and the object may be destroyed.
struct Ended {
    EndReason reason;
};
using Output = std::variant<SendFrame, PhaseChanged, LcpOpened, Authenticated, EncryptionUp,
                            EncryptionDown, EncryptionRefused, Ipv4Up, Ipv4Down, Ended>;

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

    void open(base::Time now);                         // the transport is up: start negotiating
    void close(base::Time now, std::string_view why);  // orderly termination; Ended follows
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
