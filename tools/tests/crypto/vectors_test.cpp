// SPDX-License-Identifier: GPL-2.0-or-later
//
// Digests, DES and MS-CHAP against the examples of the RFCs, typed from them with their section.
#include <crypto/des.h>
#include <crypto/digest.h>
#include <crypto/mschap.h>
#include <tests/fake/hex.h>

#include <gtest/gtest.h>

using namespace rtun;
using namespace rtun::crypto;
using fake::hex_array;

namespace {

std::string hex_of(base::View octets) { return base::to_hex(octets); }

TEST(Md4, matches_rfc_1320_appendix_a_5) {
    EXPECT_EQ(hex_of(md4({}).view()), "31d6cfe0d16ae931b73c59d7e0c089c0");
    EXPECT_EQ(hex_of(md4({base::as_bytes("abc")}).view()), "a448017aaf21d8525fc10ae87aa6729d");
}

TEST(Md5, matches_rfc_1321_appendix_a_5) {
    EXPECT_EQ(hex_of(md5({}).view()), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex_of(md5({base::as_bytes("message digest")}).view()),
              "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Sha1, matches_rfc_3174_section_7_3) {
    EXPECT_EQ(hex_of(sha1({base::as_bytes("abc")}).view()),
              "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_of(sha1({base::as_bytes("abcdbcdecdefdefgefghfghighijhi"),
                           base::as_bytes("jkijkljklmklmnlmnomnopnopq")})
                         .view()),
              "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

TEST(Digest, of_parts_is_that_of_the_whole) {
    EXPECT_EQ(hex_of(md5({base::as_bytes("message"), {}, base::as_bytes(" digest")}).view()),
              hex_of(md5({base::as_bytes("message digest")}).view()));
}

TEST(Des, spreads_keys_as_in_rfc_2759_section_9_3) {
    const auto first = hex_array<7>("FC 15 6A F7 ED CD 6C");
    const auto second = hex_array<7>("0E DD E3 33 7D 42 7F");
    EXPECT_EQ(hex_of(expand_des_key(first).view()), "fd0b5b5e7f6e34d9");
    EXPECT_EQ(hex_of(expand_des_key(second).view()), "0e6e796737ea08fe");
}

// FIPS 46 test values as in NBS special publication 500-20: the key 01..01 is all zero bits, and
// one of DES's weak keys.
TEST(Des, encrypts_under_a_weak_key_too) {
    const std::array<std::uint8_t, 7> zero{};
    const auto clear = hex_array<8>("95F8A5E5DD31D900");
    EXPECT_EQ(hex_of(expand_des_key(zero).view()), "0101010101010101");
    EXPECT_EQ(hex_of(des_encrypt_block(zero, clear)), "8000000000000000");
}

TEST(MsChap1, matches_rfc_2433_appendix_b_2) {
    const base::Secret password("MyPw");
    const PasswordHash hash = nt_password_hash(password);
    EXPECT_EQ(hex_of(hash.view()), "fc156af7edcd6c0edde3337d427f4eac");
    const auto challenge = hex_array<8>("10 2D B5 DF 08 5D 30 41");
    EXPECT_EQ(hex_of(challenge_response(challenge, hash)),
              "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61");
}

class MsChap2 : public testing::Test {
protected:
    // RFC 2759 section 9.2
    const base::Secret password{std::string_view("clientPass")};
    const std::array<std::uint8_t, 16> authenticator =
        hex_array<16>("5B 5D 7C 7D 7B 3F 2F 3E 3C 2C 60 21 32 26 26 28");
    const std::array<std::uint8_t, 16> peer =
        hex_array<16>("21 40 23 24 25 5E 26 2A 28 29 5F 2B 3A 33 7C 7E");
    const NtResponse nt_response =
        hex_array<24>("82 30 9E CD 8D 70 8B 5E A0 8F AA 39 81 CD 83 54 42 33 11 4A 3D 85 D6 DF");
};

TEST_F(MsChap2, hashes_the_challenges) {
    EXPECT_EQ(hex_of(challenge_hash(peer, authenticator, "User")), "d02e4386bce91226");
}

TEST_F(MsChap2, hashes_the_password_once_and_twice) {
    const PasswordHash hash = nt_password_hash(password);
    EXPECT_EQ(hex_of(hash.view()), "44ebba8d5312b8d611474411f56989ae");
    EXPECT_EQ(hex_of(hash_nt_password_hash(hash).view()), "41c00c584bd2d91c4017a2a12fa59f3f");
}

TEST_F(MsChap2, responds) {
    EXPECT_EQ(generate_nt_response(authenticator, peer, "User", password), nt_response);
}

TEST_F(MsChap2, knows_what_the_authenticator_must_say) {
    EXPECT_EQ(
        hex_of(generate_authenticator_response(password, nt_response, peer, authenticator, "User")
                   .view()),
        "407a5589115fd0d6209f510fe9c04566932cda56");
}

TEST(Domain, is_what_stands_before_the_last_backslash) {
    EXPECT_EQ(without_domain("BIGCO\\johndoe"), "johndoe");
    EXPECT_EQ(without_domain("johndoe"), "johndoe");
    EXPECT_EQ(without_domain("A\\B\\c"), "c");
    EXPECT_EQ(without_domain("BIGCO\\"), "");
    EXPECT_EQ(without_domain(""), "");
}

// MD4 of UTF-16LE, the octets of which each test spells out.
std::string hash_of(std::string_view password) {
    return hex_of(nt_password_hash(base::Secret(password)).view());
}
std::string md4_of(std::string_view digits) { return hex_of(md4({fake::hex(digits)}).view()); }

TEST(Password, is_converted_from_utf_8_to_utf_16) {
    EXPECT_EQ(hash_of(""), md4_of(""));
    EXPECT_EQ(hash_of("a\xc3\xa9"), md4_of("6100 e900"));             // e acute
    EXPECT_EQ(hash_of("\xe2\x82\xac"), md4_of("ac20"));               // euro sign
    EXPECT_EQ(hash_of("\xf0\x9f\x94\x91"), md4_of("3dd8 11dd"));      // U+1F511 KEY
    EXPECT_EQ(hash_of("\xf4\x8f\xbf\xbf"), md4_of("ffdb ffdf"));      // U+10FFFF
    EXPECT_EQ(hash_of("\xef\xbf\xbf\x7f"), md4_of("ffff 7f00"));      // U+FFFF, U+007F
    EXPECT_EQ(hash_of("\xdf\xbf\xe0\xa0\x80"), md4_of("ff07 0008"));  // U+07FF, U+0800
}

TEST(Password, that_is_not_utf_8_is_taken_for_iso_8859_1_as_a_whole) {
    EXPECT_EQ(hash_of("\xe9t\xe9"), md4_of("e900 7400 e900"));
    EXPECT_EQ(hash_of("\xc3\xa9\xe9"), md4_of("c300 a900 e900"));  // the first two alone are UTF-8
    EXPECT_EQ(hash_of("\xc0\x80"), md4_of("c000 8000"));           // overlong
    EXPECT_EQ(hash_of("\xe0\x9f\xbf"), md4_of("e000 9f00 bf00"));  // overlong
    EXPECT_EQ(hash_of("\xf0\x8f\xbf\xbf"), md4_of("f000 8f00 bf00 bf00"));
    EXPECT_EQ(hash_of("\xed\xa0\x80"), md4_of("ed00 a000 8000"));           // a surrogate
    EXPECT_EQ(hash_of("\xf4\x90\x80\x80"), md4_of("f400 9000 8000 8000"));  // above U+10FFFF
    EXPECT_EQ(hash_of("\xf8\x90\x80\x80"), md4_of("f800 9000 8000 8000"));  // no lead octet
    EXPECT_EQ(hash_of("\xff"), md4_of("ff00"));
    EXPECT_EQ(hash_of("\x80"), md4_of("8000"));
    EXPECT_EQ(hash_of("ab\xe2\x82"), md4_of("6100 6200 e200 8200"));  // cut short
}

TEST(LmPasswordHash, matches_rfc_3079_section_2_5_1) {
    EXPECT_EQ(hex_of(lm_password_hash(base::Secret("clientPass")).view()),
              "76a152936096d7830e2390227404afd2");
}

}  // namespace
