// SPDX-License-Identifier: GPL-2.0-or-later
//
// The computations of MS-CHAPv1 (RFC 2433 appendix A) and MS-CHAPv2 (RFC 2759 section 8), with the
// RFCs' names.
//
// Passwords are UTF-8 and hashed as UTF-16, little endian. A password that is not valid UTF-8 as a
// whole is taken for ISO 8859-1, a character an octet, so that every file has one meaning and old
// password files keep working.
#pragma once

#include <base/bytes.h>
#include <crypto/octets.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace rtun::crypto {

using Challenge8 = std::span<const std::uint8_t, 8>;
using Challenge16 = std::span<const std::uint8_t, 16>;
using NtResponse = std::array<std::uint8_t, 24>;
using NtResponseView = std::span<const std::uint8_t, 24>;
using PasswordHash = Octets<16>;

// NtPasswordHash(): MD4 of the password in UTF-16.
[[nodiscard]] PasswordHash nt_password_hash(const base::Secret &password);
// HashNtPasswordHash()
[[nodiscard]] PasswordHash hash_nt_password_hash(const PasswordHash &hash);
// LmPasswordHash(), for the 40 and 56 bit MPPE keys of MS-CHAPv1 only. Upper case is that of
// ASCII; the octets of other characters are taken as they are.
[[nodiscard]] PasswordHash lm_password_hash(const base::Secret &password);

// ChallengeHash(). The user name is without its domain (RFC 2759 section 4).
[[nodiscard]] std::array<std::uint8_t, 8> challenge_hash(Challenge16 peer_challenge,
                                                         Challenge16 authenticator_challenge,
                                                         std::string_view user);

// ChallengeResponse(); with nt_password_hash() this is NtChallengeResponse() of RFC 2433.
[[nodiscard]] NtResponse challenge_response(Challenge8 challenge, const PasswordHash &hash);

// GenerateNTResponse()
[[nodiscard]] NtResponse generate_nt_response(Challenge16 authenticator_challenge,
                                              Challenge16 peer_challenge, std::string_view user,
                                              const base::Secret &password);

// GenerateAuthenticatorResponse(): the 20 octets that a Success packet carries as "S=" and 40
// hexadecimal digits.
[[nodiscard]] Octets<20> generate_authenticator_response(const base::Secret &password,
                                                         NtResponseView nt_response,
                                                         Challenge16 peer_challenge,
                                                         Challenge16 authenticator_challenge,
                                                         std::string_view user);

// "user" of "DOMAIN\user".
[[nodiscard]] std::string_view without_domain(std::string_view user);

}  // namespace rtun::crypto
