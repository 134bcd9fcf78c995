// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the engines of this room share: how Peer::create() and Authenticator::create() make them,
// the seam between CHAP and its three algorithms, and how a peer's words become ours and ours a
// peer's.
#pragma once

#include <auth/authenticator.h>
#include <auth/peer.h>
#include <wire/auth.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rtun::auth {

// What CHAP's algorithms differ in (RFC 1994 leaves it to them).
class ChapAlgorithm {
public:
    virtual ~ChapAlgorithm() = default;

    // The value of the Response, or nothing if the algorithm allows no such challenge.
    [[nodiscard]] virtual std::optional<base::Bytes> respond(const wire::ChapChallenge &challenge,
                                                             const Credentials &credentials) = 0;
    // What the verdict on the last Response means.
    [[nodiscard]] virtual Output judge(const wire::ChapSuccess &success) const = 0;
    [[nodiscard]] virtual Failed judge(const wire::ChapFailure &failure) const = 0;
};

[[nodiscard]] std::unique_ptr<ChapAlgorithm> make_chap_md5();
[[nodiscard]] std::unique_ptr<ChapAlgorithm> make_ms_chap1();
[[nodiscard]] std::unique_ptr<ChapAlgorithm> make_ms_chap2(base::Random &random);

[[nodiscard]] std::unique_ptr<Peer> make_chap(Credentials credentials, PeerOptions options,
                                              std::unique_ptr<ChapAlgorithm> algorithm);
[[nodiscard]] std::unique_ptr<Peer> make_pap(Credentials credentials, PeerOptions options);

[[nodiscard]] std::unique_ptr<Authenticator>
make_chap_authenticator(Method method, AuthenticatorOptions options, base::Random &random);
[[nodiscard]] std::unique_ptr<Authenticator> make_pap_authenticator(AuthenticatorOptions options);

// A code of RFC 2433 section 8 in words: "the password has expired"; "rejected" if it is none.
[[nodiscard]] std::string_view words_of(std::uint32_t code);
// A peer that was refused, with what its owner said of it; with: the code that the peer was told.
[[nodiscard]] PeerFailed peer_refused(std::string_view user, const Refused &refused, bool with);

// A refusal in the words of RFC 2433 section 8 and RFC 2759 section 6.
[[nodiscard]] Failed ms_chap_failed(std::string_view message);
// A refusal by a method that gives no reason but, perhaps, a text.
[[nodiscard]] Failed plainly_rejected(std::string_view message);

// Why these credentials cannot be sent at all, if so.
[[nodiscard]] std::optional<Failed> unusable(const Credentials &credentials, Method method);

// A message of the peer, fit to be shown.
[[nodiscard]] std::string shown(std::string_view message);

}  // namespace rtun::auth
