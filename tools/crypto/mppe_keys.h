// SPDX-License-Identifier: GPL-2.0-or-later
//
// From credentials to the keys of MPPE (RFC 3079). Both protocols lead to a start key a direction;
// from that the first session key, and later ones, come by one function (RFC 3078 section 7.3,
// RFC 3079 sections 2.4 and 3).
#pragma once

#include <crypto/mschap.h>
#include <crypto/octets.h>

#include <cstddef>
#include <cstdint>

namespace rtun::crypto {

enum class MppeStrength : std::uint8_t { Bits40, Bits56, Bits128 };
enum class MppeDirection : std::uint8_t { Send, Receive };
enum class MppeRole : std::uint8_t { Client, Server };

// Octets of a key: 8 for 40 and 56 bits, 16 for 128.
[[nodiscard]] std::size_t mppe_key_length(MppeStrength strength);

// MS-CHAPv2: GetMasterKey() and GetAsymmetricStartKey().
[[nodiscard]] Octets<16> mppe_master_key(const PasswordHash &password_hash_hash,
                                         NtResponseView nt_response);
[[nodiscard]] base::Secret mppe_start_key(const Octets<16> &master_key, MppeStrength strength,
                                          MppeDirection direction, MppeRole role);

// MS-CHAPv1, where both directions share a key: for 128 bits Get_Start_Key() with the challenge
// of the authenticator, for less the LAN Manager hash (and always the same).
[[nodiscard]] base::Secret mppe_start_key_v1(const base::Secret &password, Challenge8 challenge,
                                             MppeStrength strength);

// Get_Key() alias GetNewKeyFromSHA(); both keys have the length of the result.
[[nodiscard]] base::Secret mppe_new_key(const base::Secret &start_key,
                                        const base::Secret &session_key);
// Sets the octets that a weak key has in common with all others of its strength.
[[nodiscard]] base::Secret mppe_reduce(const base::Secret &key, MppeStrength strength);
// The first session key.
[[nodiscard]] base::Secret mppe_session_key(const base::Secret &start_key, MppeStrength strength);

}  // namespace rtun::crypto
