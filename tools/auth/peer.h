// SPDX-License-Identifier: GPL-2.0-or-later
//
// The side that is authenticated ("the peer" in RFC 1994): an engine that answers the
// authenticator with one method until it succeeds or fails. PAP repeats its request; CHAP answers
// every challenge, also later re-challenges while the link is up. MS-CHAPv2 checks the
// authenticator's "S=" (RFC 2759 section 8.7): a wrong one is a failure of the authenticator. The
// keys of the first success are the link's: what a later challenge would lead to is nobody's.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/random.h>
#include <base/time.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::auth {

// PPP information field for this protocol (0xC023 or 0xC223).
struct Send {
    std::uint16_t protocol;
    base::Bytes payload;
};
// The start keys of MPPE (RFC 3079), as the authenticated side has them. The one of 40 and 56 bits
// is not always the beginning of the longer one.
struct MppeKeys {
    struct Direction {
        base::Secret bits128;    // 16 octets
        base::Secret bits40_56;  // 8 octets
    };
    Direction send;
    Direction receive;
};
struct Succeeded {
    std::string message;             // what the authenticator said, printable characters only
    std::optional<MppeKeys> keys{};  // of MS-CHAP; the other methods have none to give
};
// Every way to fail; code is the E= number of MS-CHAP (691 wrong password, 648 expired, ...) or 0.
struct Failed {
    enum class Why : std::uint8_t {
        Rejected,          // the authenticator said no
        Timeout,           // it said nothing
        BadAuthenticator,  // MS-CHAPv2: it does not know the password either
    };
    Why why = Why::Rejected;
    int code = 0;
    std::string text;  // "wrong user name or password (E=691)"
};
using Output = std::variant<Send, Succeeded, Failed>;

struct PeerOptions {
    base::Duration retry = std::chrono::seconds(3);     // PAP requests, CHAP responses: until heard
    int max_requests = 10;                              // PAP requests
    base::Duration timeout = std::chrono::seconds(60);  // CHAP: challenge or verdict missing
};

class Peer {
public:
    virtual ~Peer() = default;
    virtual void start(base::Time now) = 0;
    // Instead of start(): it has succeeded before, in a program that is no more. There may be more
    // challenges.
    virtual void resume(base::Time now) = 0;
    virtual void receive(std::uint16_t protocol, base::View payload, base::Time now) = 0;
    virtual void expire(base::Time now) = 0;
    [[nodiscard]] virtual base::Deadline deadline() const = 0;
    [[nodiscard]] std::vector<Output> take_outputs() { return std::exchange(outputs_, {}); }

    // random outlives the engine.
    [[nodiscard]] static std::unique_ptr<Peer> create(Method method, Credentials credentials,
                                                      PeerOptions options, base::Random &random);

protected:
    std::vector<Output> outputs_;
};

}  // namespace rtun::auth
