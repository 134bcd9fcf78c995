// SPDX-License-Identifier: GPL-2.0-or-later
//
// DES as MS-CHAP uses it: one block, with a key of 56 bits that has no parity bits (DesEncrypt() of
// RFC 2433 appendix A.4 and RFC 2759 section 8.6).
#pragma once

#include <crypto/octets.h>

namespace rtun::crypto {

using DesBlock = std::array<std::uint8_t, 8>;

// The 56 bits spread over eight octets, each with odd parity (RFC 2759 section 9.3).
[[nodiscard]] Octets<8> expand_des_key(std::span<const std::uint8_t, 7> key);

[[nodiscard]] DesBlock des_encrypt_block(std::span<const std::uint8_t, 7> key,
                                         std::span<const std::uint8_t, 8> clear);

}  // namespace rtun::crypto
