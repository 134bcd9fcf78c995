// SPDX-License-Identifier: GPL-2.0-or-later
//
// CHAP as the side that is authenticated (RFC 1994 section 4), with MD5 and with MS-CHAPv1, whose
// vectors are those of RFC 2433 appendix B.2.
#include <tests/auth/harness.h>

#include <gmock/gmock.h>

using namespace rtun;
using namespace rtun::auth;
using fake::hex;
using testing::HasSubstr;

namespace {

class ChapMd5 : public PeerTest {
protected:
    void SetUp() override { create(Method::Chap, "user", "secret"); }
};

TEST_F(ChapMd5, waits_for_a_challenge_and_answers_it_with_the_digest) {
    start();
    EXPECT_TRUE(silent());
    receive(wire::ChapChallenge{0x17, hex("00112233445566778899aabbccddeeff"), "server"});
    const auto answer = response();
    EXPECT_EQ(answer.id, 0x17);
    EXPECT_EQ(answer.name, "user");
    // printf '\x17secret\x00\x11...\xff' | md5sum
    EXPECT_EQ(base::to_hex(answer.value), "31fed2ad12f810f0d37b5bbe33f61007");
}

TEST_F(ChapMd5, answers_challenges_of_any_length) {
    start();
    receive(wire::ChapChallenge{1, hex("01"), ""});
    EXPECT_EQ(response().value.size(), 16U);
    receive(wire::ChapChallenge{2, base::Bytes(255, 7), std::string(300, 'n')});
    EXPECT_EQ(response().value.size(), 16U);
}

TEST_F(ChapMd5, succeeds_when_the_answer_is_accepted) {
    start();
    receive(wire::ChapChallenge{9, hex("0102030405060708"), ""});
    static_cast<void>(response());
    receive(wire::ChapSuccess{9, "Hello\n"});
    EXPECT_EQ(only<Succeeded>().message, "Hello");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(ChapMd5, fails_when_the_answer_is_refused) {
    start();
    receive(wire::ChapChallenge{9, hex("0102030405060708"), ""});
    static_cast<void>(response());
    receive(wire::ChapFailure{9, "E=691 R=0"});  // MS-CHAP's codes mean nothing in plain CHAP
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.why, Failed::Why::Rejected);
    EXPECT_EQ(failed.code, 0);
    EXPECT_EQ(failed.text, "user name or password rejected: E=691 R=0");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(ChapMd5, believes_no_success_before_it_has_answered_a_challenge) {
    start();
    for (int id = 0; id < 256; id++)
        receive(wire::ChapSuccess{static_cast<std::uint8_t>(id), "come in"});
    receive(wire::ChapFailure{0, "go away"});
    EXPECT_TRUE(silent());
    EXPECT_TRUE(peer_->deadline());
}

TEST_F(ChapMd5, ignores_verdicts_with_another_identifier) {
    start();
    receive(wire::ChapChallenge{9, hex("0102"), ""});
    static_cast<void>(response());
    receive(wire::ChapSuccess{8, ""});
    receive(wire::ChapFailure{10, ""});
    EXPECT_TRUE(silent());
    receive(wire::ChapSuccess{9, ""});
    static_cast<void>(only<Succeeded>());
}

TEST_F(ChapMd5, takes_only_the_verdict_on_its_last_answer) {
    start();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    static_cast<void>(response());
    receive(wire::ChapChallenge{2, hex("0304"), ""});
    EXPECT_EQ(response().id, 2);
    receive(wire::ChapFailure{1, ""});
    EXPECT_TRUE(silent());
    receive(wire::ChapSuccess{2, ""});
    static_cast<void>(only<Succeeded>());
}

TEST_F(ChapMd5, has_no_keys_to_give) {
    start();
    receive(wire::ChapChallenge{5, hex("00112233445566778899aabbccddeeff"), "server"});
    static_cast<void>(response());
    receive(wire::ChapSuccess{5, "Welcome"});
    EXPECT_FALSE(only<Succeeded>().keys);
}

TEST_F(ChapMd5, answers_a_challenge_again_as_often_as_it_comes) {
    start();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    const auto first = response();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    EXPECT_EQ(response().value, first.value);
}

TEST_F(ChapMd5, answers_another_challenge_under_the_same_identifier_anew) {
    start();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    const auto first = response();
    receive(wire::ChapChallenge{1, hex("0103"), ""});
    EXPECT_NE(response().value, first.value);
}

TEST_F(ChapMd5, reports_success_once_however_often_it_is_said) {
    start();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    static_cast<void>(response());
    receive(wire::ChapSuccess{1, ""});
    static_cast<void>(only<Succeeded>());
    receive(wire::ChapSuccess{1, ""});
    receive(wire::ChapFailure{1, ""});  // the verdict has been given
    EXPECT_TRUE(silent());
}

TEST_F(ChapMd5, answers_challenges_while_the_link_is_up) {
    start();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    static_cast<void>(response());
    receive(wire::ChapSuccess{1, ""});
    static_cast<void>(only<Succeeded>());
    wait(1h);
    receive(wire::ChapChallenge{2, hex("0304"), ""});
    EXPECT_EQ(response().id, 2);
    EXPECT_EQ(peer_->deadline(), std::nullopt);  // it is the peer that wants to know something
    receive(wire::ChapSuccess{2, ""});
    EXPECT_TRUE(silent());
}

TEST_F(ChapMd5, fails_when_a_later_answer_is_refused) {
    start();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    static_cast<void>(response());
    receive(wire::ChapSuccess{1, ""});
    static_cast<void>(only<Succeeded>());
    receive(wire::ChapChallenge{2, hex("0304"), ""});
    static_cast<void>(response());
    receive(wire::ChapFailure{2, "expired"});
    EXPECT_EQ(only<Failed>().text, "user name or password rejected: expired");
}

TEST_F(ChapMd5, is_done_after_a_failure) {
    start();
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    static_cast<void>(response());
    receive(wire::ChapFailure{1, ""});
    static_cast<void>(only<Failed>());
    receive(wire::ChapChallenge{2, hex("0304"), ""});
    receive(wire::ChapSuccess{1, ""});
    wait(5min);
    EXPECT_TRUE(silent());
}

TEST_F(ChapMd5, gives_up_when_no_challenge_comes) {
    start();
    EXPECT_EQ(peer_->deadline(), now_ + 60s);
    wait(60s - 1ms);
    EXPECT_TRUE(silent());
    wait(1ms);
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.why, Failed::Why::Timeout);
    EXPECT_EQ(failed.text, "no usable challenge within 60 s");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(ChapMd5, gives_up_when_no_verdict_comes_however_often_it_is_challenged) {
    start();
    wait(10s);
    for (int i = 0; i < 20; i++) {
        receive(wire::ChapChallenge{static_cast<std::uint8_t>(i), hex("0102"), ""});
        wait(2s);
    }
    EXPECT_EQ(peer_->take_outputs().size(), 20U);
    wait(20s - 1ms);
    EXPECT_EQ(peer_->take_outputs().size(), 7U) << "the last answer, again and again";
    wait(1ms);
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.why, Failed::Why::Timeout);
    EXPECT_EQ(failed.text, "no verdict on our response within 60 s");
}

TEST_F(ChapMd5, repeats_its_response_until_there_is_a_verdict) {
    start();
    receive(wire::ChapChallenge{7, hex("0102"), ""});
    const auto first = response();
    for (int i = 1; i < 20; i++) {
        wait(3s);
        const auto again = response();
        EXPECT_EQ(again.id, 7);
        EXPECT_EQ(again.value, first.value);
    }
    receive(wire::ChapSuccess{7, ""});
    static_cast<void>(only<Succeeded>());
    wait(1h);
    EXPECT_TRUE(silent());

    receive(wire::ChapChallenge{8, hex("0102"), ""});
    static_cast<void>(response());
    wait(1h);
    EXPECT_TRUE(silent()) << "while the link is up it is the other side's business";
}

TEST_F(ChapMd5, ignores_malformed_packets_responses_and_other_protocols) {
    start();
    raw(chap, "");
    raw(chap, "01");
    raw(chap, "01 01 0005 00");
    raw(chap, "01 01 0008 09 01 02 03");
    raw(chap, "01 01 00ff 01 02");
    raw(chap, "09 01 0004");
    receive(wire::ChapResponse{1, base::Bytes(16), "user"});
    peer_->receive(pap, wire::encode(wire::ChapChallenge{1, hex("0102"), ""}), now_);
    EXPECT_TRUE(silent());
}

TEST_F(ChapMd5, says_nothing_before_it_is_started) {
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    peer_->expire(now_);
    EXPECT_TRUE(silent());
}

TEST_F(ChapMd5, refuses_a_user_name_that_is_too_long) {
    create(Method::Chap, std::string(256, 'u'), "secret");
    start();
    EXPECT_EQ(only<Failed>().text, "the user name is longer than 255 octets");
    receive(wire::ChapChallenge{1, hex("0102"), ""});
    EXPECT_TRUE(silent());
}

class MsChap1 : public PeerTest {
protected:
    void SetUp() override { create(Method::MsChap1, "BIGCO\\johndoe", "MyPw"); }
    void challenge() {
        start();
        receive(wire::ChapChallenge{5, hex("102DB5DF085D3041"), ""});
    }
    void refuse(const std::string &message) {
        challenge();
        static_cast<void>(response());
        receive(wire::ChapFailure{5, message});
    }
};

TEST_F(MsChap1, answers_as_in_rfc_2433_appendix_b_2_and_sends_no_lan_manager_response) {
    challenge();
    const auto answer = response();
    EXPECT_EQ(answer.id, 5);
    EXPECT_EQ(answer.name, "BIGCO\\johndoe");
    EXPECT_EQ(base::to_hex(answer.value),
              std::string(48, '0') + "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61" + "01");
}

TEST_F(MsChap1, ignores_a_challenge_that_is_not_eight_octets_long) {
    start();
    receive(wire::ChapChallenge{5, hex("102DB5DF085D30"), ""});
    receive(wire::ChapChallenge{5, hex("102DB5DF085D304100"), ""});
    EXPECT_TRUE(silent());
    wait(60s);
    EXPECT_EQ(only<Failed>().why, Failed::Why::Timeout);
}

TEST_F(MsChap1, succeeds_without_a_proof_by_the_peer_which_it_cannot_ask_for) {
    challenge();
    static_cast<void>(response());
    receive(wire::ChapSuccess{5, "Welcome"});
    EXPECT_EQ(only<Succeeded>().message, "Welcome");
}

// RFC 3079 sections 2.5.3 and 2.5.1.
TEST_F(MsChap1, hands_out_the_start_keys_of_rfc_3079_alike_for_both_directions) {
    create(Method::MsChap1, "User", "clientPass");
    start();
    receive(wire::ChapChallenge{5, hex("102db5df085d3041"), "server"});
    static_cast<void>(response());
    receive(wire::ChapSuccess{5, "Welcome"});
    const auto keys = only<Succeeded>().keys;
    ASSERT_TRUE(keys);
    EXPECT_EQ(base::to_hex(keys->send.bits128.reveal()), "a8947850cfc0acc1d1789fb62ddcddb0");
    EXPECT_EQ(base::to_hex(keys->send.bits40_56.reveal()), "76a152936096d783");
    EXPECT_TRUE(keys->receive.bits128.same_as(keys->send.bits128.reveal()));
    EXPECT_TRUE(keys->receive.bits40_56.same_as(keys->send.bits40_56.reveal()));
}

TEST_F(MsChap1, says_every_failure_code_of_the_rfc_in_words) {
    const std::pair<int, const char *> codes[] = {
        {646, "logging on is not allowed at this time (E=646)"},
        {647, "the account is disabled (E=647)"},
        {648, "the password has expired (E=648)"},
        {649, "the account has no permission to dial in (E=649)"},
        {691, "wrong user name or password (E=691)"},
        {709, "the password could not be changed (E=709)"},
        {700, "rejected (E=700)"},
    };
    for (const auto &[code, text] : codes) {
        refuse("E=" + std::to_string(code) + " R=0 V=2");
        const auto failed = only<Failed>();
        EXPECT_EQ(failed.why, Failed::Why::Rejected);
        EXPECT_EQ(failed.code, code);
        EXPECT_EQ(failed.text, text);
    }
}

TEST_F(MsChap1, takes_an_offer_to_try_again_for_a_failure) {
    refuse("E=691 R=1 C=0011223344556677 V=3 M=Try again");
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.code, 691);
    EXPECT_EQ(failed.text, "wrong user name or password (E=691): Try again");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(MsChap1, takes_a_failure_without_a_code_for_what_it_says) {
    refuse("Access\tdenied");
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.code, 0);
    EXPECT_EQ(failed.text, "user name or password rejected: Access?denied");
}

TEST_F(MsChap1, bounds_and_cleans_the_message_of_a_failure) {
    refuse("E=691 M=\x1b]0;" + std::string(1000, 'x'));
    EXPECT_EQ(only<Failed>().text,
              "wrong user name or password (E=691): ?]0;" + std::string(196, 'x'));
}

TEST_F(MsChap1, survives_a_code_that_no_int_can_hold) {
    refuse("E=4294967295");
    EXPECT_EQ(only<Failed>().code, 0);
}

}  // namespace
