// SPDX-License-Identifier: GPL-2.0-or-later
//
// RFC 3079 sections 2.4 and 3.4.
#include <crypto/mppe_keys.h>

#include <base/result.h>
#include <crypto/digest.h>

#include <algorithm>

namespace rtun::crypto {

namespace {

constexpr std::array<std::uint8_t, 40> pad1{};
constexpr std::array<std::uint8_t, 40> pad2 = [] {
    std::array<std::uint8_t, 40> pad{};
    pad.fill(0xf2);
    return pad;
}();

constexpr std::string_view magic1 = "This is the MPPE Master Key";
constexpr std::string_view magic2 =
    "On the client side, this is the send key; on the server side, it is the receive key.";
constexpr std::string_view magic3 =
    "On the client side, this is the receive key; on the server side, it is the send key.";
static_assert(magic1.size() == 27 && magic2.size() == 84 && magic3.size() == 84);

}  // namespace

std::size_t mppe_key_length(MppeStrength strength) {
    return strength == MppeStrength::Bits128 ? 16 : 8;
}

Octets<16> mppe_master_key(const PasswordHash &password_hash_hash, NtResponseView nt_response) {
    const Octets<20> digest =
        sha1({password_hash_hash.view(), nt_response, base::as_bytes(magic1)});
    Octets<16> out;
    std::copy_n(digest.octets.begin(), out.octets.size(), out.octets.begin());
    return out;
}

base::Secret mppe_start_key(const Octets<16> &master_key, MppeStrength strength,
                            MppeDirection direction, MppeRole role) {
    const bool server_to_client = (direction == MppeDirection::Send) == (role == MppeRole::Server);
    const std::string_view magic = server_to_client ? magic3 : magic2;
    const Octets<20> digest = sha1({master_key.view(), pad1, base::as_bytes(magic), pad2});
    return base::Secret(base::View(digest.view()).first(mppe_key_length(strength)));
}

base::Secret mppe_start_key_v1(const base::Secret &password, Challenge8 challenge,
                               MppeStrength strength) {
    if (strength != MppeStrength::Bits128)
        return base::Secret(
            base::View(lm_password_hash(password).view()).first(mppe_key_length(strength)));
    const PasswordHash hash_hash = hash_nt_password_hash(nt_password_hash(password));
    const Octets<20> digest = sha1({hash_hash.view(), hash_hash.view(), challenge});
    return base::Secret(base::View(digest.view()).first(mppe_key_length(strength)));
}

base::Secret mppe_new_key(const base::Secret &start_key, const base::Secret &session_key) {
    const std::size_t length = start_key.reveal().size();
    RTUN_ASSERT(session_key.reveal().size() == length && length <= 16);
    const Octets<20> digest = sha1({start_key.reveal(), pad1, session_key.reveal(), pad2});
    return base::Secret(base::View(digest.view()).first(length));
}

base::Secret mppe_reduce(const base::Secret &key, MppeStrength strength) {
    RTUN_ASSERT(key.reveal().size() == mppe_key_length(strength));
    if (strength == MppeStrength::Bits128)
        return key;
    Octets<8> out;
    std::copy(key.reveal().begin(), key.reveal().end(), out.octets.begin());
    out.octets[0] = 0xd1;
    if (strength == MppeStrength::Bits40) {
        out.octets[1] = 0x26;
        out.octets[2] = 0x9e;
    }
    return base::Secret(base::View(out.view()));
}

base::Secret mppe_session_key(const base::Secret &start_key, MppeStrength strength) {
    return mppe_reduce(mppe_new_key(start_key, start_key), strength);
}

}  // namespace rtun::crypto
