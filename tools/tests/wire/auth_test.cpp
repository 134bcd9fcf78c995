// SPDX-License-Identifier: GPL-2.0-or-later
//
// PAP, CHAP and MS-CHAP packets: octets laid out by hand after the diagrams of RFC 1334, 1994, 2433
// and 2759.
#include <tests/fake/hex.h>
#include <wire/auth.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace rtun;
using namespace rtun::wire;
using fake::hex;
using testing::HasSubstr;

namespace {

// The packet with octets of padding behind it (RFC 1661 section 2).
base::Bytes padded(base::Bytes packet) {
    packet.insert(packet.end(), 3, 0xaa);
    return packet;
}

template <typename T>
T pap(const base::Bytes &packet) {
    auto decoded = decode_pap(packet);
    EXPECT_TRUE(decoded) << base::to_hex(packet);
    return std::get<T>(decoded.value());
}

template <typename T>
T chap(const base::Bytes &packet) {
    auto decoded = decode_chap(packet);
    EXPECT_TRUE(decoded) << base::to_hex(packet);
    return std::get<T>(decoded.value());
}

// id 7, "user", "pass"
const base::Bytes pap_request = hex("01 07 000e 04 75736572 04 70617373");
const base::Bytes chap_challenge = hex("01 2a 0009 03 a1a2a3 7a");

TEST(Pap, request_is_code_id_length_and_two_counted_fields) {
    EXPECT_EQ(encode(PapRequest{7, "user", base::Secret("pass")}), pap_request);
    const auto request = pap<PapRequest>(pap_request);
    EXPECT_EQ(request.id, 7);
    EXPECT_EQ(request.user, "user");
    EXPECT_TRUE(request.password.same_as(base::as_bytes("pass")));
}

TEST(Pap, fields_may_be_empty_or_255_octets_long) {
    EXPECT_EQ(encode(PapRequest{1, "", base::Secret()}), hex("01 01 0006 00 00"));
    const std::string longest(auth_field_max, 'x');
    const auto packet = encode(PapRequest{1, longest, base::Secret(longest)});
    EXPECT_EQ(packet.size(), 516U);
    EXPECT_EQ(pap<PapRequest>(packet).user, longest);
}

TEST(PapDeathTest, takes_a_field_above_255_octets_for_a_bug) {
    EXPECT_DEATH(static_cast<void>(encode(PapRequest{1, std::string(256, 'x'), {}})), "bug: ");
}

TEST(Pap, ack_and_nak_carry_a_message_an_empty_one_or_none) {
    EXPECT_EQ(pap<PapAck>(hex("02 07 0007 02 4f4b")).message, "OK");
    EXPECT_EQ(pap<PapNak>(hex("03 08 0005 00")).message, "");
    EXPECT_EQ(pap<PapNak>(hex("03 08 0004")).message, std::nullopt);
    EXPECT_EQ(pap<PapNak>(hex("03 08 0004")).id, 8);
    EXPECT_EQ(encode(PapAck{7, "OK"}), hex("02 07 0007 02 4f4b"));
    EXPECT_EQ(encode(PapNak{8, ""}), hex("03 08 0005 00"));
    EXPECT_EQ(encode(PapNak{8, std::nullopt}), hex("03 08 0004"));
}

TEST(Pap, padding_behind_the_length_is_ignored) {
    EXPECT_EQ(pap<PapRequest>(padded(pap_request)).user, "user");
    EXPECT_EQ(pap<PapAck>(padded(hex("02 07 0007 02 4f4b"))).message, "OK");
    EXPECT_EQ(pap<PapAck>(padded(hex("02 07 0004"))).message, std::nullopt);
}

TEST(Pap, refuses_every_truncation_of_a_packet) {
    for (std::size_t size = 0; size < pap_request.size(); size++)
        EXPECT_FALSE(decode_pap(base::View(pap_request).first(size))) << size;
}

TEST(Pap, refuses_lengths_that_contradict_each_other) {
    EXPECT_THAT(decode_pap(hex("02 07 0003")).error().text, HasSubstr("below the length"));
    EXPECT_THAT(decode_pap(hex("02 07 0000")).error().text, HasSubstr("below the length"));
    EXPECT_THAT(decode_pap(hex("02 07 0005")).error().text, HasSubstr("beyond the end"));
    EXPECT_FALSE(decode_pap(hex("02 07 0006 02 4f4b")));     // message beyond the length
    EXPECT_FALSE(decode_pap(hex("02 07 0008 02 4f4b 21")));  // octets behind the message
    EXPECT_FALSE(decode_pap(hex("01 07 000e 05 75736572 04 70617373")));
    EXPECT_FALSE(decode_pap(hex("01 07 000e 04 75736572 03 70617373")));
    EXPECT_FALSE(decode_pap(hex("01 07 0009 04 75736572")));  // no password at all
}

TEST(Pap, refuses_codes_that_rfc_1334_does_not_know) {
    EXPECT_THAT(decode_pap(hex("00 07 0004")).error().text, HasSubstr("unknown PAP code"));
    EXPECT_FALSE(decode_pap(hex("04 07 0004")));
    EXPECT_FALSE(decode_pap(hex("ff 07 0004")));
}

TEST(Chap, challenge_and_response_split_into_value_and_name) {
    const auto challenge = chap<ChapChallenge>(chap_challenge);
    EXPECT_EQ(challenge.id, 0x2a);
    EXPECT_EQ(challenge.value, hex("a1a2a3"));
    EXPECT_EQ(challenge.name, "z");
    EXPECT_EQ(encode(ChapChallenge{0x2a, hex("a1a2a3"), "z"}), chap_challenge);
    EXPECT_EQ(encode(ChapResponse{0x2a, hex("ff"), ""}), hex("02 2a 0006 01 ff"));
    EXPECT_EQ(chap<ChapResponse>(hex("02 2a 0006 01 ff")).name, "");
}

TEST(Chap, success_and_failure_are_all_message) {
    EXPECT_EQ(chap<ChapSuccess>(hex("03 01 0006 4869")).message, "Hi");
    EXPECT_EQ(chap<ChapFailure>(hex("04 01 0004")).message, "");
    EXPECT_EQ(encode(ChapSuccess{1, "Hi"}), hex("03 01 0006 4869"));
    EXPECT_EQ(encode(ChapFailure{1, ""}), hex("04 01 0004"));
}

TEST(Chap, padding_is_not_part_of_a_name_or_message) {
    EXPECT_EQ(chap<ChapChallenge>(padded(chap_challenge)).name, "z");
    EXPECT_EQ(chap<ChapSuccess>(padded(hex("03 01 0006 4869"))).message, "Hi");
}

TEST(Chap, refuses_every_truncation_of_a_packet) {
    for (std::size_t size = 0; size < chap_challenge.size(); size++)
        EXPECT_FALSE(decode_chap(base::View(chap_challenge).first(size))) << size;
}

TEST(Chap, refuses_a_value_that_is_empty_or_larger_than_the_packet) {
    EXPECT_THAT(decode_chap(hex("01 2a 0005 00")).error().text, HasSubstr("empty value"));
    EXPECT_FALSE(decode_chap(hex("01 2a 0004")));
    EXPECT_FALSE(decode_chap(hex("01 2a 0007 03 a1a2 a3a4a5")));  // within the padding only
    EXPECT_FALSE(decode_chap(hex("01 2a 0003 03 a1a2")));
}

TEST(Chap, refuses_codes_that_rfc_1994_does_not_know) {
    EXPECT_FALSE(decode_chap(hex("00 07 0004")));
    EXPECT_FALSE(decode_chap(hex("08 07 0004")));  // 5 to 7 are MS-CHAP's
}

TEST(MsChap1Response, is_49_octets_with_zeros_for_lan_manager) {
    MsChap1Response response;
    response.nt.fill(0x11);
    const base::Bytes value = encode(response);
    EXPECT_EQ(base::to_hex(value),
              std::string(48, '0') + "111111111111111111111111111111111111111111111111" + "01");
    EXPECT_EQ(decode_ms_chap1_response(value).value().nt, response.nt);
    EXPECT_TRUE(decode_ms_chap1_response(value).value().use_nt);
}

TEST(MsChap1Response, is_refused_with_another_length_or_flag) {
    base::Bytes value = encode(MsChap1Response{});
    value.back() = 2;
    EXPECT_FALSE(decode_ms_chap1_response(value));
    value.back() = 0;
    EXPECT_FALSE(decode_ms_chap1_response(value).value().use_nt);
    value.push_back(0);
    EXPECT_FALSE(decode_ms_chap1_response(value));
    value.resize(48);
    EXPECT_FALSE(decode_ms_chap1_response(value));
}

TEST(MsChap2Response, is_challenge_eight_zeros_response_and_flags) {
    MsChap2Response response;
    response.peer_challenge.fill(0x22);
    response.nt.fill(0x33);
    const base::Bytes value = encode(response);
    ASSERT_EQ(value.size(), 49U);
    EXPECT_EQ(base::to_hex(value), "22222222222222222222222222222222"
                                   "0000000000000000"
                                   "333333333333333333333333333333333333333333333333"
                                   "00");
    const auto decoded = decode_ms_chap2_response(value).value();
    EXPECT_EQ(decoded.peer_challenge, response.peer_challenge);
    EXPECT_EQ(decoded.nt, response.nt);
}

TEST(MsChap2Response, is_refused_with_another_length) {
    EXPECT_FALSE(decode_ms_chap2_response(base::Bytes(48)));
    EXPECT_FALSE(decode_ms_chap2_response(base::Bytes(50)));
}

TEST(MsChapFailure, gives_all_fields_of_rfc_2759_section_6) {
    const auto failure = parse_ms_chap_failure(
        "E=691 R=1 C=000102030405060708090A0B0c0d0e0f V=3 M=Access denied, M=try R=0 again");
    EXPECT_EQ(failure.error, 691U);
    EXPECT_TRUE(failure.retry);
    EXPECT_EQ(failure.challenge, hex("000102030405060708090a0b0c0d0e0f"));
    EXPECT_EQ(failure.version, 3U);
    EXPECT_EQ(failure.message, "Access denied, M=try R=0 again");
}

TEST(MsChapFailure, gives_the_fields_of_rfc_2433_section_8) {
    const auto failure = parse_ms_chap_failure("E=0000000648 R=0 C=0011223344556677 V=2");
    EXPECT_EQ(failure.error, 648U);
    EXPECT_FALSE(failure.retry);
    EXPECT_EQ(failure.challenge, hex("0011223344556677"));
    EXPECT_EQ(failure.message, "");
}

TEST(MsChapFailure, passes_over_what_it_does_not_know) {
    const auto failure =
        parse_ms_chap_failure("  V=x Q=1  E=647  C=12 C=zz11223344556677 hm =  R=2");
    EXPECT_EQ(failure.error, 647U);
    EXPECT_FALSE(failure.retry);
    EXPECT_TRUE(failure.challenge.empty());
    EXPECT_EQ(failure.version, std::nullopt);
    EXPECT_EQ(failure.message, "");
}

TEST(MsChapFailure, takes_a_number_too_large_for_none) {
    EXPECT_EQ(parse_ms_chap_failure("E=4294967295").error, 4294967295U);
    EXPECT_EQ(parse_ms_chap_failure("E=4294967296").error, std::nullopt);
    EXPECT_EQ(parse_ms_chap_failure("E=99999999999999999999999").error, std::nullopt);
    EXPECT_EQ(parse_ms_chap_failure("E=-691").error, std::nullopt);
    EXPECT_EQ(parse_ms_chap_failure("E=").error, std::nullopt);
}

TEST(MsChapFailure, without_any_field_is_a_message) {
    EXPECT_EQ(parse_ms_chap_failure("Go away").message, "Go away");
    EXPECT_EQ(parse_ms_chap_failure("").message, "");
    EXPECT_EQ(parse_ms_chap_failure("M=").message, "");
}

const std::string digits = "407A5589115FD0D6209F510FE9C04566932CDA56";

base::Bytes pap_frame(base::Bytes before, const PapRequest &request) {
    const base::Bytes packet = encode(PapPacket(request));
    before.insert(before.end(), packet.begin(), packet.end());
    return before;
}

TEST(HidePapPassword, puts_stars_in_its_place_and_leaves_the_rest) {
    const PapRequest request{.id = 7, .user = "jack", .password = base::Secret("secret")};
    base::Bytes frame = pap_frame({0xc0, 0x23}, request);
    const base::Bytes before = frame;
    hide_pap_password(frame);
    ASSERT_EQ(frame.size(), before.size());
    const auto decoded = decode_pap(base::View(frame).subspan(2));
    ASSERT_TRUE(decoded);
    const auto *hidden = std::get_if<PapRequest>(&*decoded);
    ASSERT_NE(hidden, nullptr);
    EXPECT_EQ(hidden->user, "jack");
    EXPECT_TRUE(std::equal(frame.begin(), frame.end() - 6, before.begin()));
    EXPECT_EQ(std::count(frame.end() - 6, frame.end(), '*'), 6);
}

TEST(HidePapPassword, finds_it_in_a_protocol_reject) {
    const PapRequest request{.id = 7, .user = "jack", .password = base::Secret("secret")};
    base::Bytes frame = pap_frame({0xc0, 0x21, 8, 1, 0, 22, 0xc0, 0x23}, request);
    hide_pap_password(frame);
    EXPECT_EQ(std::count(frame.end() - 6, frame.end(), '*'), 6);
    EXPECT_EQ(frame[8], 1);
    EXPECT_EQ(frame[frame.size() - 8], 'k');
}

TEST(HidePapPassword, hides_also_padding_and_what_was_cut_off) {
    const PapRequest request{.id = 7, .user = "jack", .password = base::Secret("secret")};
    base::Bytes padded = pap_frame({0xc0, 0x23}, request);
    padded.push_back('s');
    hide_pap_password(padded);
    EXPECT_EQ(padded.back(), '*');
    base::Bytes cut = pap_frame({0xc0, 0x23}, request);
    cut.resize(cut.size() - 2);
    hide_pap_password(cut);
    EXPECT_EQ(std::count(cut.end() - 4, cut.end(), '*'), 4);
}

TEST(HidePapPassword, hides_all_where_the_lengths_lead_nowhere) {
    base::Bytes frame{0xc0, 0x23, 1, 7, 0, 16, 200, 'j', 'a', 'c', 'k', 6, 's', 'e'};
    hide_pap_password(frame);
    EXPECT_EQ(std::count(frame.begin() + 6, frame.end(), '*'), 8);
}

TEST(HidePapPassword, leaves_every_other_frame_as_it_is) {
    for (const base::Bytes &other :
         {base::Bytes{}, base::Bytes{0xc0}, base::Bytes{0xc0, 0x23}, base::Bytes{0xc0, 0x23, 1, 7},
          base::Bytes{0xc0, 0x23, 2, 7, 0, 6, 1, 'x'}, base::Bytes{0xc0, 0x23, 3, 7, 0, 6, 1, 'x'},
          base::Bytes{0xc2, 0x23, 1, 7, 0, 9, 4, 1, 2, 3, 4}, base::Bytes{0xc0, 0x21, 8, 1, 0, 6},
          base::Bytes{0xc0, 0x21, 9, 1, 0, 8, 0xc0, 0x23, 1, 7, 0, 9, 1, 'a', 1, 'b'},
          base::Bytes{0x00, 0x21, 0x45, 0, 0, 1, 2, 3, 4, 5, 6, 7}}) {
        base::Bytes frame = other;
        hide_pap_password(frame);
        EXPECT_EQ(frame, other);
    }
}

TEST(MsChapSuccess, gives_the_authenticator_response_and_the_message) {
    const auto success = parse_ms_chap_success("S=" + digits + " M=Welcome M=home");
    EXPECT_EQ(success.authenticator_response, fake::hex_array<20>(digits));
    EXPECT_EQ(success.message, "Welcome M=home");
}

TEST(MsChapSuccess, may_lack_the_message_or_the_space_before_it) {
    EXPECT_EQ(parse_ms_chap_success("S=" + digits).message, "");
    EXPECT_TRUE(parse_ms_chap_success("S=" + digits).authenticator_response);
    EXPECT_EQ(parse_ms_chap_success("S=" + digits + "M=hi").message, "hi");
    EXPECT_EQ(parse_ms_chap_success("S=" + digits + " hi").message, "hi");
}

TEST(MsChapSuccess, accepts_lower_case_digits) {
    EXPECT_EQ(
        parse_ms_chap_success("S=407a5589115fd0d6209f510fe9c04566932cda56").authenticator_response,
        fake::hex_array<20>(digits));
}

TEST(MsChapSuccess, has_no_authenticator_response_unless_it_is_40_digits_in_front) {
    for (const std::string &text :
         {std::string(), std::string("S="), "S=" + digits.substr(1), "S=" + digits.substr(1) + "G",
          "S=+" + digits.substr(1), " S=" + digits, "M=S=" + digits, digits, "s=" + digits})
        EXPECT_EQ(parse_ms_chap_success(text).authenticator_response, std::nullopt) << text;
}

TEST(Chap, change_password_packets_of_all_versions_are_read_and_not_looked_into) {
    for (const std::uint8_t version : std::initializer_list<std::uint8_t>{1, 2, 3}) {
        base::Bytes packet = hex("00 09 0007 a1a2a3");
        packet[0] = static_cast<std::uint8_t>(4 + version);
        const auto change = chap<ChapChangePassword>(padded(packet));
        EXPECT_EQ(change.version, version);
        EXPECT_EQ(change.id, 9);
        EXPECT_TRUE(change.body.same_as(hex("a1a2a3")));
        EXPECT_EQ(encode(change), packet);
    }
    EXPECT_FALSE(decode_chap(hex("08 09 0004")));
}

TEST(MsChapFailureText, is_written_in_the_order_of_the_rfcs) {
    MsChapFailure failure;
    failure.error = 691;
    failure.retry = true;
    failure.challenge = hex("00112233445566778899aabbccddeeff");
    failure.version = 3;
    failure.message = "Try again";
    EXPECT_EQ(text(failure), "E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=Try again");
    const MsChapFailure read = parse_ms_chap_failure(text(failure));
    EXPECT_EQ(read.error, 691U);
    EXPECT_TRUE(read.retry);
    EXPECT_EQ(read.challenge, failure.challenge);
    EXPECT_EQ(read.version, 3U);
    EXPECT_EQ(read.message, "Try again");
}

TEST(MsChapFailureText, is_the_message_alone_where_there_are_no_fields) {
    MsChapFailure failure;
    failure.message = "wrong";
    EXPECT_EQ(text(failure), "wrong");
    failure.version = 2;
    EXPECT_EQ(text(failure), "V=2 M=wrong");
}

TEST(MsChapSuccessText, has_upper_case_digits_and_is_read_again) {
    MsChapSuccess success;
    success.message = "hello";
    EXPECT_EQ(text(success), "hello");
    success.authenticator_response.emplace().fill(0xab);
    std::string forty;
    for (int i = 0; i < 20; ++i)
        forty += "AB";
    EXPECT_EQ(text(success), "S=" + forty + " M=hello");
    EXPECT_EQ(parse_ms_chap_success(text(success)).authenticator_response,
              success.authenticator_response);
    success.message = "";
    EXPECT_EQ(text(success), "S=" + forty);
}

}  // namespace
