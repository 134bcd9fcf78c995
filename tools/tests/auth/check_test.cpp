// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a claim is worth: the vectors of RFC 2759 section 9.2, RFC 2433 appendix B.2 and RFC 3079
// sections 2.5 and 3.5, seen from the authenticator; and everything that is nearly right.
#include <auth/authenticator.h>
#include <auth/peer.h>
#include <tests/fake/fake_random.h>
#include <tests/fake/hex.h>
#include <wire/auth.h>

#include <gtest/gtest.h>

using namespace rtun;
using namespace rtun::auth;
using fake::hex;

namespace {

const base::Secret secret(std::string_view password) { return base::Secret(password); }

const Accepted *accepted(const Verdict &verdict) { return std::get_if<Accepted>(&verdict); }

void expect_refused(const Verdict &verdict, std::string_view text = "wrong password") {
    const auto *refused = std::get_if<Refused>(&verdict);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->code, 691);
    EXPECT_TRUE(refused->retry);
    EXPECT_EQ(refused->text, text);
}

// RFC 2759 section 9.2.
Claim rfc2759(const std::string &user = "User") {
    Claim claim;
    claim.method = Method::MsChap2;
    claim.user = user;
    claim.challenge = hex("5B5D7C7D7B3F2F3E3C2C602132262628");
    claim.response = hex("21402324255e262a28295f2b3a337c7e"
                         "0000000000000000"
                         "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
                         "00");
    return claim;
}

Claim rfc2433() {
    Claim claim;
    claim.method = Method::MsChap1;
    claim.user = "BIGCO\\johndoe";
    claim.challenge = hex("102DB5DF085D3041");
    claim.response =
        hex(std::string(48, '0') + "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61" + "01");
    return claim;
}

TEST(Check, accepts_the_response_of_rfc_2759_and_answers_with_its_proof) {
    const Verdict verdict = check(rfc2759(), secret("clientPass"));
    ASSERT_NE(accepted(verdict), nullptr);
    EXPECT_EQ(accepted(verdict)->message,
              "S=407A5589115FD0D6209F510FE9C04566932CDA56 M=Access granted");
}

TEST(Check, leaves_the_domain_out_of_the_hash_of_ms_chap_v2) {
    for (const char *user : {"BIGCO\\User", "\\User"})
        EXPECT_NE(accepted(check(rfc2759(user), secret("clientPass"))), nullptr) << user;
    expect_refused(check(rfc2759("user"), secret("clientPass")));
    expect_refused(check(rfc2759("BIGCO/User"), secret("clientPass")));
}

// RFC 3079 section 3.5: what the server sends with, and the other direction; 40 and 56 bits are the
// first octets.
TEST(Check, hands_out_the_keys_of_rfc_3079_as_the_server_has_them) {
    const Verdict verdict = check(rfc2759(), secret("clientPass"));
    ASSERT_NE(accepted(verdict), nullptr);
    const auto &keys = accepted(verdict)->keys;
    ASSERT_TRUE(keys);
    EXPECT_EQ(base::to_hex(keys->send.bits128.reveal()), "8b7cdc149b993a1ba118cb153f56dccb");
    EXPECT_EQ(base::to_hex(keys->send.bits40_56.reveal()), "8b7cdc149b993a1b");
    EXPECT_EQ(base::to_hex(keys->receive.bits128.reveal()), "d5f0e9521e3ea9589645e86051c82226");
    EXPECT_EQ(base::to_hex(keys->receive.bits40_56.reveal()), "d5f0e9521e3ea958");
}

TEST(Check, accepts_the_response_of_rfc_2433) {
    const Verdict verdict = check(rfc2433(), secret("MyPw"));
    ASSERT_NE(accepted(verdict), nullptr);
    EXPECT_EQ(accepted(verdict)->message, "");
}

TEST(Check, hands_out_the_keys_of_rfc_3079_for_ms_chap_v1_alike_for_both_directions) {
    fake::FakeRandom random;
    const auto peer = Peer::create(Method::MsChap1, {"User", secret("clientPass")}, {}, random);
    peer->start({});
    Claim claim;
    claim.method = Method::MsChap1;
    claim.user = "User";
    claim.challenge = hex("102db5df085d3041");
    peer->receive(0xc223, wire::encode(wire::ChapChallenge{1, claim.challenge, ""}), {});
    const auto said = peer->take_outputs();
    ASSERT_EQ(said.size(), 1U);
    const auto packet = wire::decode_chap(std::get<Send>(said[0]).payload);
    claim.response = std::get<wire::ChapResponse>(packet.value()).value;

    const Verdict verdict = check(claim, secret("clientPass"));
    ASSERT_NE(accepted(verdict), nullptr);
    const auto &keys = accepted(verdict)->keys;
    ASSERT_TRUE(keys);
    EXPECT_EQ(base::to_hex(keys->send.bits128.reveal()), "a8947850cfc0acc1d1789fb62ddcddb0");
    EXPECT_EQ(base::to_hex(keys->send.bits40_56.reveal()), "76a152936096d783");
    EXPECT_TRUE(keys->receive.bits128.same_as(keys->send.bits128.reveal()));
    EXPECT_TRUE(keys->receive.bits40_56.same_as(keys->send.bits40_56.reveal()));
}

// RFC 1994 section 4.1: the identifier, the secret and the challenge, digested.
TEST(Check, accepts_the_digest_of_rfc_1994_of_this_identifier_and_challenge_only) {
    Claim claim;
    claim.method = Method::Chap;
    claim.user = "user";
    claim.id = 1;
    claim.challenge = hex("0102030405060708090a0b0c0d0e0f10");
    // printf '\x01secret\x01\x02...\x10' | md5sum
    claim.response = hex("bb84a7f2e418de521cf8e784e3597d7e");
    const Verdict right = check(claim, secret("secret"));
    ASSERT_NE(accepted(right), nullptr);
    EXPECT_FALSE(accepted(right)->keys);
    expect_refused(check(claim, secret("Secret")));
    Claim other = claim;
    other.id = 2;
    expect_refused(check(other, secret("secret")));
    other = claim;
    other.challenge[15] ^= 1;
    expect_refused(check(other, secret("secret")));
}

TEST(Check, accepts_the_password_in_clear_that_is_the_password) {
    Claim claim;
    claim.method = Method::Pap;
    claim.user = "user";
    claim.password = secret("secret");
    const Verdict right = check(claim, secret("secret"));
    ASSERT_NE(accepted(right), nullptr);
    EXPECT_FALSE(accepted(right)->keys);
    for (const char *wrong : {"", "Secret", "secre", "secretx"})
        expect_refused(check(claim, secret(wrong)));
}

TEST(Check, refuses_a_response_of_which_any_octet_is_wrong) {
    for (const Claim &claim : {rfc2759(), rfc2433()}) {
        const bool second = claim.method == Method::MsChap2;
        const base::Secret password = secret(second ? "clientPass" : "MyPw");
        // Not the octets that a receiver does not look at.
        const std::size_t first = second ? 0 : 24;
        for (std::size_t i = first; i < 48; ++i) {
            if (second && i >= 16 && i < 24)
                continue;
            Claim wrong = claim;
            wrong.response[i] ^= 0x10;
            expect_refused(check(wrong, password));
        }
    }
}

TEST(Check, refuses_a_wrong_password_for_every_method) {
    expect_refused(check(rfc2759(), secret("clientpass")));
    expect_refused(check(rfc2433(), secret("mypw")));
    expect_refused(check(rfc2759(), secret("")));
}

TEST(Check, refuses_a_response_that_is_malformed_like_a_wrong_one) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{48}, std::size_t{50}, std::size_t{255}}) {
        Claim claim = rfc2759();
        claim.response.resize(size);
        expect_refused(check(claim, secret("clientPass")), "a malformed response");
        claim = rfc2433();
        claim.response.resize(size);
        expect_refused(check(claim, secret("MyPw")), "a malformed response");
        claim.method = Method::Chap;
        expect_refused(check(claim, secret("MyPw")));
    }
}

TEST(Check, does_not_look_at_a_lan_manager_response) {
    Claim claim = rfc2433();
    claim.response[48] = 0;  // "use the LAN Manager response"
    expect_refused(check(claim, secret("MyPw")), "a LAN Manager response only");
}

}  // namespace
