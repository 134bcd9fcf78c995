// SPDX-License-Identifier: GPL-2.0-or-later
//
// The keys of MPPE against the samples of RFC 3079 sections 2.5 and 3.5, down to the RC4 text.
#include <crypto/mppe_keys.h>
#include <tests/fake/hex.h>

#include <gtest/gtest.h>

#include <nettle/arcfour.h>

using namespace rtun;
using namespace rtun::crypto;
using fake::hex_array;
using enum MppeStrength;

namespace {

std::string hex_of(const base::Secret &secret) { return base::to_hex(secret.reveal()); }

// What a packet "test message" becomes under a session key.
std::string test_message(const base::Secret &key) {
    static constexpr std::string_view clear = "test message";
    arcfour_ctx rc4{};
    arcfour_set_key(&rc4, key.reveal().size(), key.reveal().data());
    base::Bytes out(clear.size());
    arcfour_crypt(&rc4, out.size(), out.data(), base::as_bytes(clear).data());
    return base::to_hex(out);
}

const base::Secret password(std::string_view("clientPass"));

Octets<16> master_key() {
    return mppe_master_key(
        hash_nt_password_hash(nt_password_hash(password)),
        hex_array<24>("82 30 9E CD 8D 70 8B 5E A0 8F AA 39 81 CD 83 54 42 33 11 4A 3D 85 D6 DF"));
}

base::Secret server_send(MppeStrength strength) {
    return mppe_start_key(master_key(), strength, MppeDirection::Send, MppeRole::Server);
}

TEST(MsChap2Keys, start_at_the_master_key) {
    EXPECT_EQ(base::to_hex(master_key().view()), "fdece3717a8c838cb388e527ae3cdd31");
}

TEST(MsChap2Keys, of_128_bits_match_section_3_5_3) {
    const base::Secret start = server_send(Bits128);
    EXPECT_EQ(hex_of(start), "8b7cdc149b993a1ba118cb153f56dccb");
    const base::Secret session = mppe_session_key(start, Bits128);
    EXPECT_EQ(hex_of(session), "405cb2247a7956e6e211007ae27b22d4");
    EXPECT_EQ(test_message(session), "81848317df68846272fb5abe");
}

// The RFC prints "58" for the last octet of the message: RC4 under its own key gives "b8".
TEST(MsChap2Keys, of_56_bits_match_section_3_5_2) {
    const base::Secret start = server_send(Bits56);
    EXPECT_EQ(hex_of(start), "8b7cdc149b993a1b");
    const base::Secret session = mppe_session_key(start, Bits56);
    EXPECT_EQ(hex_of(session), "d15c00c49fa62e3e");
    EXPECT_EQ(test_message(session), "3f106833fa448da842bc57b8");
}

TEST(MsChap2Keys, of_40_bits_match_section_3_5_1) {
    const base::Secret start = server_send(Bits40);
    EXPECT_EQ(hex_of(start), "8b7cdc149b993a1b");
    const base::Secret session = mppe_session_key(start, Bits40);
    EXPECT_EQ(hex_of(session), "d1269ec49fa62e3e");
    EXPECT_EQ(test_message(session), "929137917e5803d668d75898");
}

TEST(MsChap2Keys, of_one_side_for_sending_are_those_of_the_other_for_receiving) {
    using enum MppeDirection;
    using enum MppeRole;
    const Octets<16> master = master_key();
    const auto key = [&master](MppeDirection direction, MppeRole role) {
        return hex_of(mppe_start_key(master, Bits128, direction, role));
    };
    EXPECT_EQ(key(Send, Server), "8b7cdc149b993a1ba118cb153f56dccb");
    EXPECT_EQ(key(Receive, Client), "8b7cdc149b993a1ba118cb153f56dccb");
    EXPECT_EQ(key(Send, Client), "d5f0e9521e3ea9589645e86051c82226");
    EXPECT_EQ(key(Receive, Server), "d5f0e9521e3ea9589645e86051c82226");
}

const std::array<std::uint8_t, 8> challenge = hex_array<8>("10 2d b5 df 08 5d 30 41");

// The RFC prints "ac ca" in step 3 and "ac c1" in step 4 for the same key; the latter is right.
TEST(MsChap1Keys, of_128_bits_match_section_2_5_3) {
    const base::Secret start = mppe_start_key_v1(password, challenge, Bits128);
    EXPECT_EQ(hex_of(start), "a8947850cfc0acc1d1789fb62ddcddb0");
    EXPECT_EQ(hex_of(mppe_session_key(start, Bits128)), "59d159bc09f76f1da2a86a28ffec0b1e");
}

TEST(MsChap1Keys, of_56_and_40_bits_match_sections_2_5_2_and_2_5_1) {
    const base::Secret start = mppe_start_key_v1(password, challenge, Bits40);
    EXPECT_EQ(hex_of(start), "76a152936096d783");
    EXPECT_EQ(hex_of(mppe_new_key(start, start)), "d80801538cec4a08");
    EXPECT_EQ(hex_of(mppe_session_key(start, Bits40)), "d1269e538cec4a08");
    EXPECT_EQ(hex_of(mppe_session_key(start, Bits56)), "d10801538cec4a08");
    EXPECT_TRUE(mppe_start_key_v1(password, challenge, Bits56).same_as(start.reveal()));
}

}  // namespace
