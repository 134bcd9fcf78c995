// SPDX-License-Identifier: GPL-2.0-or-later
//
// The side that demands authentication ("the authenticator" in RFC 1994): an engine that waits for
// a PAP request or sends CHAP challenges, and asks its owner what a claim is worth. What a claim is
// checked against (a password of ours, a RADIUS server) is the owner's business: check() is the
// answer of one who has the password.
//
// A peer that says nothing, or the wrong thing too often, is a failure; a peer that is accepted may
// be challenged again while the link is up (RFC 1994 section 1), which its owner is not asked to
// know of unless it fails. Late answers to an earlier challenge are discarded. An answer that comes
// again gets the same verdict again, as RFC 1994 section 4.1 and RFC 1334 section 2.2 demand.
//
// Passwords are not changed over the link: of one that has expired the peer is told so (E=648), and
// its Change-Password is refused (E=709).
#pragma once

#include <auth/method.h>
#include <auth/peer.h>
#include <base/bytes.h>
#include <base/random.h>
#include <base/secret.h>
#include <base/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::auth {

// What the peer says to prove who it is.
struct Claim {
    Method method{};
    std::string user;       // as it was sent: may carry a domain, "DOMAIN\\user"
    base::Secret password;  // PAP
    std::uint8_t id = 0;    // CHAP: part of what is digested (RFC 1994 section 4.1)
    base::Bytes challenge;  // CHAP: ours
    base::Bytes response;   // CHAP: the value of the peer's Response
};

struct Accepted {
    std::string message;             // MS-CHAPv2: begins with "S=", RFC 2759 section 5
    std::optional<MppeKeys> keys{};  // as the authenticator has them
};
struct Refused {
    int code = 691;      // E= of MS-CHAP (RFC 2433 section 8): 646, 647, 648, 649, 691, 709
    bool retry = false;  // MS-CHAP R=1, CHAP and PAP: the peer may try again on the same link
    std::string text;    // for us, not for the peer: "no such user"
};
using Verdict = std::variant<Accepted, Refused>;

// Compares in constant time. MS-CHAPv2 has the user name without its domain (RFC 2759 section 4).
// A response that is malformed is refused like a wrong one.
[[nodiscard]] Verdict check(const Claim &claim, const base::Secret &password);

// The answer to this is verdict(), exactly once. The time it takes is not the peer's: no timeout of
// AuthenticatorOptions runs meanwhile.
struct Verify {
    Claim claim;
};
struct PeerSucceeded {
    Method method{};
    std::string user;
    std::optional<MppeKeys> keys{};
};
struct PeerFailed {
    enum class Why : std::uint8_t { Refused, Timeout, Changed /* another user on re-challenge */ };
    Why why = Why::Refused;
    std::string user;  // printable characters only; empty if it said none
    int code = 0;
    std::string text;  // "wrong password (E=691)"
};
using AuthenticatorOutput = std::variant<Send, Verify, PeerSucceeded, PeerFailed>;

struct AuthenticatorOptions {
    std::string name = "rtun";                       // what challenges call us
    base::Duration retry = std::chrono::seconds(3);  // CHAP challenge interval while unanswered
    int max_challenges = 10;
    base::Duration timeout = std::chrono::seconds(30);  // PAP: for the request; all: for the whole
    int max_tries = 3;                                  // wrong answers before it is over
    base::Duration rechallenge{0};                      // while the link is up; zero: never
};

class Authenticator {
public:
    virtual ~Authenticator() = default;
    virtual void start(base::Time now) = 0;
    virtual void receive(std::uint16_t protocol, base::View payload, base::Time now) = 0;
    // Of the last Verify. May come late: the engine answers the peer when it is there.
    virtual void verdict(const Verdict &verdict, base::Time now) = 0;
    // It has succeeded before, in a program that is no more: the peer may be challenged again.
    virtual void resume(const std::string &user, base::Time now) = 0;
    virtual void expire(base::Time now) = 0;
    [[nodiscard]] virtual base::Deadline deadline() const = 0;
    // Whether this is our challenge: one who sends it back to us wants an answer to give to us (RFC
    // 1994, Security Considerations).
    [[nodiscard]] virtual bool is_ours(base::View challenge) const = 0;
    [[nodiscard]] std::vector<AuthenticatorOutput> take_outputs() {
        return std::exchange(outputs_, {});
    }

    // random outlives the engine.
    [[nodiscard]] static std::unique_ptr<Authenticator>
    create(Method method, AuthenticatorOptions options, base::Random &random);

protected:
    std::vector<AuthenticatorOutput> outputs_;
};

}  // namespace rtun::auth
