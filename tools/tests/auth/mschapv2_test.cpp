// SPDX-License-Identifier: GPL-2.0-or-later
//
// MS-CHAPv2 as the side that is authenticated, with the values of RFC 2759 section 9.2: the peer's
// challenge comes from the random numbers that the test chooses.
#include <crypto/mschap.h>
#include <tests/auth/harness.h>

#include <gmock/gmock.h>

using namespace rtun;
using namespace rtun::auth;
using fake::hex;
using testing::HasSubstr;

namespace {

class MsChap2 : public PeerTest {
protected:
    const base::Bytes authenticator_challenge = hex("5B5D7C7D7B3F2F3E3C2C602132262628");
    const base::Bytes peer_challenge = hex("21402324255E262A28295F2B3A337C7E");
    const std::string good = "S=407A5589115FD0D6209F510FE9C04566932CDA56";

    void SetUp() override { create(Method::MsChap2, "User", "clientPass"); }
    void challenge(std::uint8_t id = 5) {
        random_.queue(peer_challenge);
        receive(wire::ChapChallenge{id, authenticator_challenge, "server"});
    }
    void answered() {
        start();
        challenge();
        static_cast<void>(response());
    }
};

TEST_F(MsChap2, answers_as_in_rfc_2759_section_9_2) {
    start();
    challenge();
    const auto answer = response();
    EXPECT_EQ(answer.id, 5);
    EXPECT_EQ(answer.name, "User");
    EXPECT_EQ(base::to_hex(answer.value), "21402324255e262a28295f2b3a337c7e"
                                          "0000000000000000"
                                          "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
                                          "00");
}

TEST_F(MsChap2, names_the_domain_but_leaves_it_out_of_the_hash) {
    create(Method::MsChap2, "BIGCO\\User", "clientPass");
    start();
    challenge();
    const auto answer = response();
    EXPECT_EQ(answer.name, "BIGCO\\User");
    EXPECT_EQ(base::to_hex(wire::decode_ms_chap2_response(answer.value).value().nt),
              "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
    receive(wire::ChapSuccess{5, good});
    static_cast<void>(only<Succeeded>());
}

TEST_F(MsChap2, succeeds_when_the_authenticator_proves_that_it_knows_the_password) {
    answered();
    receive(wire::ChapSuccess{5, good + " M=Welcome\r\n"});
    EXPECT_EQ(only<Succeeded>().message, "Welcome");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(MsChap2, fails_when_any_digit_of_the_proof_is_wrong) {
    for (std::size_t digit = 2; digit < good.size(); digit++) {
        std::string wrong = good;
        wrong[digit] = wrong[digit] == '0' ? '1' : '0';
        answered();
        receive(wire::ChapSuccess{5, wrong + " M=Welcome"});
        const auto failed = only<Failed>();
        EXPECT_EQ(failed.why, Failed::Why::BadAuthenticator) << digit;
        EXPECT_EQ(failed.text, "the peer does not know the password (wrong S=)");
        EXPECT_EQ(peer_->deadline(), std::nullopt);
    }
}

TEST_F(MsChap2, fails_when_the_proof_is_missing_or_cut_short) {
    for (const std::string &message :
         {std::string(), std::string("Welcome"), std::string("M=Welcome"), std::string("S="),
          good.substr(0, good.size() - 1), good.substr(2), " " + good}) {
        answered();
        receive(wire::ChapSuccess{5, message});
        const auto failed = only<Failed>();
        EXPECT_EQ(failed.why, Failed::Why::BadAuthenticator) << message;
        EXPECT_THAT(failed.text, HasSubstr("no S="));
    }
}

TEST_F(MsChap2, believes_no_success_before_it_has_answered_a_challenge) {
    start();
    for (int id = 0; id < 256; id++) {
        receive(wire::ChapSuccess{static_cast<std::uint8_t>(id), good});
        receive(wire::ChapSuccess{static_cast<std::uint8_t>(id), "S=" + std::string(40, '0')});
    }
    EXPECT_TRUE(silent());
}

TEST_F(MsChap2, is_done_after_a_bad_proof) {
    answered();
    receive(wire::ChapSuccess{5, "S=" + std::string(40, '0')});
    static_cast<void>(only<Failed>());
    receive(wire::ChapSuccess{5, good});
    EXPECT_TRUE(silent());
}

TEST_F(MsChap2, answers_a_repeated_challenge_with_the_same_octets_so_that_either_proof_holds) {
    start();
    challenge();
    const auto first = response();
    receive(wire::ChapChallenge{5, authenticator_challenge, "server"});
    EXPECT_EQ(response().value, first.value);
    receive(wire::ChapSuccess{5, good});
    static_cast<void>(only<Succeeded>());
}

TEST_F(MsChap2, draws_a_new_number_for_a_new_challenge) {
    answered();
    receive(wire::ChapChallenge{6, authenticator_challenge, "server"});
    const auto second = wire::decode_ms_chap2_response(response().value).value();
    EXPECT_NE(base::to_hex(second.peer_challenge), base::to_hex(peer_challenge));
    // The proof for the first answer does not hold for the second.
    receive(wire::ChapSuccess{6, good});
    EXPECT_EQ(only<Failed>().why, Failed::Why::BadAuthenticator);
}

TEST_F(MsChap2, checks_the_proof_again_when_challenged_while_the_link_is_up) {
    answered();
    receive(wire::ChapSuccess{5, good});
    static_cast<void>(only<Succeeded>());
    receive(wire::ChapSuccess{5, good});
    receive(wire::ChapSuccess{5, "no proof"});  // a verdict on nothing
    EXPECT_TRUE(silent());

    challenge(6);
    EXPECT_EQ(response().id, 6);
    receive(wire::ChapSuccess{6, good});
    EXPECT_TRUE(silent());

    challenge(7);
    EXPECT_EQ(response().id, 7);
    receive(wire::ChapSuccess{7, "S=" + std::string(40, 'A')});
    EXPECT_EQ(only<Failed>().why, Failed::Why::BadAuthenticator);
}

// The program before may have answered the same challenge, with a number of its own.
TEST_F(MsChap2, does_not_know_after_a_restart_whose_answer_a_proof_is_for_but_does_the_next_time) {
    peer_->resume(now_);
    receive(wire::ChapChallenge{5, authenticator_challenge, "server"});
    static_cast<void>(response());
    receive(wire::ChapSuccess{5, "S=" + std::string(40, 'A')});
    EXPECT_TRUE(silent());
    challenge(6);
    static_cast<void>(response());
    receive(wire::ChapSuccess{6, good});
    EXPECT_TRUE(silent());
    challenge(7);
    static_cast<void>(response());
    receive(wire::ChapSuccess{7, "S=" + std::string(40, 'A')});
    EXPECT_EQ(only<Failed>().why, Failed::Why::BadAuthenticator);
}

TEST_F(MsChap2, is_refused_after_a_restart_as_before) {
    peer_->resume(now_);
    challenge();
    static_cast<void>(response());
    receive(wire::ChapFailure{5, "E=691 R=0"});
    EXPECT_EQ(only<Failed>().code, 691);
}

TEST_F(MsChap2, ignores_a_challenge_that_is_not_sixteen_octets_long) {
    start();
    receive(wire::ChapChallenge{5, base::Bytes(15, 1), ""});
    receive(wire::ChapChallenge{5, base::Bytes(17, 1), ""});
    receive(wire::ChapChallenge{5, base::Bytes(8, 1), ""});
    EXPECT_TRUE(silent());
    // Nor has the unanswered challenge opened the door to a verdict.
    receive(wire::ChapSuccess{5, good});
    EXPECT_TRUE(silent());
}

TEST_F(MsChap2, fails_with_code_and_words_also_when_offered_another_try) {
    answered();
    receive(wire::ChapFailure{
        5, "E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=Authentication failed"});
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.why, Failed::Why::Rejected);
    EXPECT_EQ(failed.code, 691);
    EXPECT_EQ(failed.text, "wrong user name or password (E=691): Authentication failed");
}

TEST_F(MsChap2, agrees_with_an_authenticator_on_a_password_beyond_ascii) {
    const std::string password = "p\xc3\xa4ss\xf0\x9f\x94\x91";
    create(Method::MsChap2, "User", password);
    start();
    challenge();
    const auto response_value = wire::decode_ms_chap2_response(response().value).value();
    EXPECT_EQ(response_value.nt,
              crypto::generate_nt_response(base::View(authenticator_challenge).first<16>(),
                                           response_value.peer_challenge, "User",
                                           base::Secret(password)));
}

// RFC 3079 section 3.5 prints the server's send key, which is our receive key, for exactly these
// names, challenges and password; the other direction is in tests/crypto.
TEST_F(MsChap2, hands_out_the_start_keys_of_rfc_3079_for_both_directions) {
    answered();
    receive(wire::ChapSuccess{5, good});
    const auto keys = only<Succeeded>().keys;
    ASSERT_TRUE(keys);
    EXPECT_EQ(base::to_hex(keys->receive.bits128.reveal()), "8b7cdc149b993a1ba118cb153f56dccb");
    EXPECT_EQ(base::to_hex(keys->receive.bits40_56.reveal()), "8b7cdc149b993a1b");
    EXPECT_EQ(base::to_hex(keys->send.bits128.reveal()), "d5f0e9521e3ea9589645e86051c82226");
    EXPECT_EQ(base::to_hex(keys->send.bits40_56.reveal()), "d5f0e9521e3ea958");
}

}  // namespace
