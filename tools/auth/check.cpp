// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a claim is worth to one who has the password, and what it leads to: the proof of MS-CHAPv2
// (RFC 2759 section 8.7) and the keys of MPPE as the authenticator has them (RFC 3079).
//
// All comparisons take the same time wherever the two differ; those of a password in clear also
// whatever their lengths, as digests are compared.
#include <auth/authenticator.h>

#include <crypto/digest.h>
#include <crypto/mppe_keys.h>
#include <crypto/mschap.h>
#include <wire/auth.h>

namespace rtun::auth {

namespace {

constexpr int wrong = 691;  // ERROR_AUTHENTICATION_FAILURE

Verdict refused(std::string text) { return Refused{wrong, true, std::move(text)}; }
Verdict wrong_password() { return refused("wrong password"); }

Verdict check_pap(const Claim &claim, const base::Secret &password) {
    const auto theirs = crypto::sha1({claim.password.reveal()});
    const auto ours = crypto::sha1({password.reveal()});
    if (!base::equal_constant_time(theirs.view(), ours.view()))
        return wrong_password();
    return Accepted{};
}

// RFC 1994 section 4.1.
Verdict check_chap(const Claim &claim, const base::Secret &password) {
    const auto right =
        crypto::md5({base::View(&claim.id, 1), password.reveal(), base::View(claim.challenge)});
    if (!base::equal_constant_time(claim.response, right.view()))
        return wrong_password();
    return Accepted{};
}

// RFC 2433 section 6. The LAN Manager response is not worth looking at.
Verdict check_ms_chap1(const Claim &claim, const base::Secret &password) {
    const auto response = wire::decode_ms_chap1_response(claim.response);
    if (!response || claim.challenge.size() != 8)
        return refused("a malformed response");
    if (!response->use_nt)
        return refused("a LAN Manager response only");
    const crypto::Challenge8 challenge = base::View(claim.challenge).first<8>();
    const auto right = crypto::challenge_response(challenge, crypto::nt_password_hash(password));
    if (!base::equal_constant_time(response->nt, right))
        return wrong_password();
    const auto key = [&](crypto::MppeStrength strength) {
        return crypto::mppe_start_key_v1(password, challenge, strength);
    };
    MppeKeys keys;
    keys.send = {key(crypto::MppeStrength::Bits128), key(crypto::MppeStrength::Bits56)};
    keys.receive = keys.send;
    return Accepted{{}, std::move(keys)};
}

// RFC 3079 section 3: a key a direction, seen from the server.
MppeKeys keys_of(const base::Secret &password, crypto::NtResponseView response) {
    using enum crypto::MppeDirection;
    using enum crypto::MppeStrength;
    const crypto::Octets<16> master = crypto::mppe_master_key(
        crypto::hash_nt_password_hash(crypto::nt_password_hash(password)), response);
    const auto key = [&master](crypto::MppeStrength strength, crypto::MppeDirection direction) {
        return crypto::mppe_start_key(master, strength, direction, crypto::MppeRole::Server);
    };
    MppeKeys keys;
    keys.send = {key(Bits128, Send), key(Bits56, Send)};
    keys.receive = {key(Bits128, Receive), key(Bits56, Receive)};
    return keys;
}

// RFC 2759 sections 4, 5 and 8.
Verdict check_ms_chap2(const Claim &claim, const base::Secret &password) {
    const auto response = wire::decode_ms_chap2_response(claim.response);
    if (!response || claim.challenge.size() != 16)
        return refused("a malformed response");
    const crypto::Challenge16 challenge = base::View(claim.challenge).first<16>();
    const std::string_view user = crypto::without_domain(claim.user);
    const auto right =
        crypto::generate_nt_response(challenge, response->peer_challenge, user, password);
    if (!base::equal_constant_time(response->nt, right))
        return wrong_password();
    const auto proof = crypto::generate_authenticator_response(
        password, response->nt, response->peer_challenge, challenge, user);
    return Accepted{wire::text(wire::MsChapSuccess{proof.octets, "Access granted"}),
                    keys_of(password, response->nt)};
}

}  // namespace

Verdict check(const Claim &claim, const base::Secret &password) {
    switch (claim.method) {
    case Method::Pap:
        return check_pap(claim, password);
    case Method::Chap:
        return check_chap(claim, password);
    case Method::MsChap1:
        return check_ms_chap1(claim, password);
    case Method::MsChap2:
        return check_ms_chap2(claim, password);
    }
    base::assert_failed("a method of the table", __FILE__, __LINE__);
}

}  // namespace rtun::auth
