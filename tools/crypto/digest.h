// SPDX-License-Identifier: GPL-2.0-or-later
//
// The digests of the PPP authentication protocols: MD4 (RFC 1320), MD5 (RFC 1321), SHA-1
// (RFC 3174). Broken for signatures, all of them; prescribed by RFC 1994, 2433, 2759 and 3079.
// Each takes the parts of its input in order, so that nobody has to join secrets in a buffer.
#pragma once

#include <base/bytes.h>
#include <crypto/octets.h>

#include <initializer_list>

namespace rtun::crypto {

using Parts = std::initializer_list<base::View>;

[[nodiscard]] Octets<16> md4(Parts parts);
[[nodiscard]] Octets<16> md5(Parts parts);
[[nodiscard]] Octets<20> sha1(Parts parts);

}  // namespace rtun::crypto
