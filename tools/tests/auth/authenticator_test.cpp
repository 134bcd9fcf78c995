// SPDX-License-Identifier: GPL-2.0-or-later
//
// The engines that demand authentication, rule by rule: RFC 1994 section 4, RFC 1334 section 2,
// RFC 2433 section 8, RFC 2759 sections 5 and 6.
#include <tests/auth/authenticator_harness.h>

#include <gmock/gmock.h>

#include <set>

using namespace rtun;
using namespace rtun::auth;
using fake::hex;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

// -- CHAP, what is the same for all algorithms

class ChapAuthenticator : public AuthenticatorTest, public testing::WithParamInterface<Method> {
protected:
    void SetUp() override { create(GetParam(), {.name = "server"}); }
    [[nodiscard]] bool microsoft() const { return GetParam() != Method::Chap; }

    wire::ChapChallenge challenged() {
        start();
        return sent<wire::ChapChallenge>();
    }
    // Challenged, answered rightly and accepted.
    wire::ChapChallenge up(const std::string &user = "jack") {
        auto challenge = challenged();
        receive(answer(challenge, user, "secret"));
        static_cast<void>(next<Verify>());
        accept("welcome");
        static_cast<void>(sent<wire::ChapSuccess>());
        static_cast<void>(next<PeerSucceeded>());
        return challenge;
    }
};
INSTANTIATE_TEST_SUITE_P(All, ChapAuthenticator,
                         testing::Values(Method::Chap, Method::MsChap1, Method::MsChap2),
                         [](const auto &test) { return std::string(auth::info(test.param).name); });

TEST_P(ChapAuthenticator, sends_a_challenge_of_the_right_length_at_once) {
    const auto challenge = challenged();
    EXPECT_EQ(challenge.value.size(), GetParam() == Method::MsChap1 ? 8U : 16U);
    EXPECT_EQ(challenge.name, "server");
    EXPECT_TRUE(silent());
    EXPECT_EQ(engine_->deadline(), now_ + 3s);
}

TEST_P(ChapAuthenticator, asks_its_owner_what_a_response_is_worth_with_all_that_it_takes_to_know) {
    const auto challenge = challenged();
    receive(answer(challenge, "DOMAIN\\jack", "secret"));
    const Claim claim = next<Verify>().claim;
    EXPECT_EQ(claim.method, GetParam());
    EXPECT_EQ(claim.user, "DOMAIN\\jack");
    EXPECT_EQ(claim.id, challenge.id);
    EXPECT_EQ(claim.challenge, challenge.value);
    EXPECT_TRUE(std::holds_alternative<Accepted>(check(claim, base::Secret("secret"))));
    EXPECT_TRUE(silent()) << "nobody has decided yet";
    EXPECT_EQ(engine_->deadline(), std::nullopt) << "it is not the peer that is waited for";
}

TEST_P(ChapAuthenticator, says_success_with_the_responses_identifier_and_the_owners_message) {
    const auto challenge = challenged();
    receive(answer(challenge, "jack", "secret"));
    static_cast<void>(next<Verify>());
    wait(25s);  // the verdict may take its time
    accept("welcome");
    const auto success = sent<wire::ChapSuccess>();
    EXPECT_EQ(success.id, challenge.id);
    EXPECT_EQ(success.message, "welcome");
    const auto succeeded = next<PeerSucceeded>();
    EXPECT_EQ(succeeded.method, GetParam());
    EXPECT_EQ(succeeded.user, "jack");
    EXPECT_EQ(engine_->deadline(), std::nullopt);
}

TEST_P(ChapAuthenticator, passes_on_the_keys_of_the_verdict) {
    const auto challenge = challenged();
    receive(answer(challenge, "jack", "secret"));
    const Claim claim = next<Verify>().claim;
    engine_->verdict(check(claim, base::Secret("secret")), now_);
    static_cast<void>(sent<wire::ChapSuccess>());
    EXPECT_EQ(next<PeerSucceeded>().keys.has_value(), microsoft());
}

TEST_P(ChapAuthenticator, changes_identifier_and_value_with_every_challenge) {
    auto last = challenged();
    for (int i = 1; i < 10; ++i) {
        wait(3s);
        const auto challenge = sent<wire::ChapChallenge>();
        EXPECT_EQ(challenge.id, static_cast<std::uint8_t>(last.id + 1));
        EXPECT_NE(challenge.value, last.value);
        EXPECT_TRUE(engine_->is_ours(challenge.value));
        EXPECT_FALSE(engine_->is_ours(last.value));
        last = challenge;
    }
    wait(3s);
    const auto failed = next<PeerFailed>();
    EXPECT_EQ(failed.why, PeerFailed::Why::Timeout);
    EXPECT_EQ(failed.text, "no answer to 10 challenges");
    EXPECT_EQ(failed.user, "");
    EXPECT_EQ(engine_->deadline(), std::nullopt);
}

TEST_P(ChapAuthenticator, gives_up_after_its_timeout_however_many_challenges_are_left) {
    create(GetParam(), {.max_challenges = 1000, .timeout = 10s});
    start();
    wait(9s);
    static_cast<void>(engine_->take_outputs());
    wait(1s);
    EXPECT_EQ(next<PeerFailed>().why, PeerFailed::Why::Timeout);
}

TEST_P(ChapAuthenticator, discards_a_late_answer_to_an_earlier_challenge) {
    const auto first = challenged();
    wait(3s);
    const auto second = sent<wire::ChapChallenge>();
    receive(answer(first, "jack", "secret"));
    EXPECT_TRUE(silent());
    receive(answer(second, "jack", "secret"));
    static_cast<void>(next<Verify>());
}

TEST_P(ChapAuthenticator, asks_once_about_a_response_that_comes_twice) {
    const auto challenge = challenged();
    receive(answer(challenge, "jack", "secret"));
    receive(answer(challenge, "jack", "secret"));
    receive(answer(challenge, "jack", "guess"));
    static_cast<void>(next<Verify>());
    EXPECT_TRUE(silent());
}

TEST_P(ChapAuthenticator, repeats_its_success_for_a_repeated_response_whatever_that_says) {
    const auto challenge = up();
    for (const char *password : {"secret", "guess"}) {
        receive(answer(challenge, "jack", password));
        const auto success = sent<wire::ChapSuccess>();
        EXPECT_EQ(success.id, challenge.id);
        EXPECT_EQ(success.message, "welcome");
        EXPECT_TRUE(silent());
    }
    auto other = challenge;
    other.id++;
    receive(answer(other, "jack", "secret"));
    EXPECT_TRUE(silent());
}

TEST_P(ChapAuthenticator, ends_with_the_owners_words_when_there_is_no_other_try) {
    const auto challenge = challenged();
    receive(answer(challenge,
                   "ja\x1b"
                   "ck",
                   "guess"));
    static_cast<void>(next<Verify>());
    refuse(691, false, "no such user");
    const auto failure = sent<wire::ChapFailure>();
    EXPECT_EQ(failure.id, challenge.id);
    EXPECT_THAT(failure.message, HasSubstr("wrong user name or password"));
    EXPECT_THAT(failure.message, testing::Not(HasSubstr("no such"))) << "that is not for the peer";
    const auto failed = next<PeerFailed>();
    EXPECT_EQ(failed.why, PeerFailed::Why::Refused);
    EXPECT_EQ(failed.user, "ja?ck");
    EXPECT_EQ(failed.code, 691);
    EXPECT_EQ(failed.text, microsoft() ? "no such user (E=691)" : "no such user");
    receive(answer(challenge, "jack", "secret"));
    wait(1h);
    EXPECT_TRUE(silent());
}

TEST_P(ChapAuthenticator, ends_after_as_many_wrong_answers_as_are_allowed) {
    create(GetParam(), {.max_tries = 3});
    auto challenge = challenged();
    for (int i = 1; i <= 3; ++i) {
        SCOPED_TRACE(i);
        receive(answer(challenge, "jack", "guess" + std::to_string(i)));
        static_cast<void>(next<Verify>());
        refuse();
        const auto failure = sent<wire::ChapFailure>();
        const auto said = wire::parse_ms_chap_failure(failure.message);
        if (microsoft()) {
            EXPECT_EQ(said.error, 691U);
            EXPECT_EQ(said.retry, i < 3);
            challenge.value = said.challenge;
            challenge.id++;
        } else if (i < 3) {
            challenge = sent<wire::ChapChallenge>();
        }
    }
    EXPECT_EQ(next<PeerFailed>().why, PeerFailed::Why::Refused);
}

TEST_P(ChapAuthenticator, refuses_a_user_name_that_no_protocol_could_carry_without_asking) {
    const auto challenge = challenged();
    receive(answer(challenge, std::string(256, 'u'), "secret"));
    static_cast<void>(sent<wire::ChapFailure>());
    const auto failed = next<PeerFailed>();
    EXPECT_THAT(failed.text, StartsWith("the user name is too long"));
    EXPECT_LE(failed.user.size(), 255U);
}

TEST_P(ChapAuthenticator, challenges_again_while_the_link_is_up_and_says_nothing_of_it) {
    create(GetParam(), {.rechallenge = 1h});
    const auto first = up();
    EXPECT_EQ(engine_->deadline(), now_ + 1h);
    for (int i = 0; i < 3; ++i) {
        wait(1h);
        const auto again = sent<wire::ChapChallenge>();
        EXPECT_NE(again.value, first.value);
        receive(answer(first, "jack", "secret"));  // of long ago
        EXPECT_TRUE(silent());
        receive(answer(again, "jack", "secret"));
        const Claim claim = next<Verify>().claim;
        EXPECT_EQ(claim.challenge, again.value);
        engine_->verdict(check(claim, base::Secret("secret")), now_);
        EXPECT_EQ(sent<wire::ChapSuccess>().id, again.id);
        EXPECT_TRUE(silent());
        EXPECT_EQ(engine_->deadline(), now_ + 1h);
    }
}

TEST_P(ChapAuthenticator, ends_when_a_later_answer_is_wrong_missing_or_of_another_user) {
    for (const int what : {0, 1, 2}) {
        SCOPED_TRACE(what);
        create(GetParam(), {.rechallenge = 1h});
        static_cast<void>(up());
        wait(1h);
        const auto again = sent<wire::ChapChallenge>();
        if (what == 0) {
            receive(answer(again, "jack", "guess"));
            static_cast<void>(next<Verify>());
            refuse();
            const auto failure = sent<wire::ChapFailure>();
            EXPECT_FALSE(wire::parse_ms_chap_failure(failure.message).retry);
            EXPECT_EQ(next<PeerFailed>().why, PeerFailed::Why::Refused);
        } else if (what == 1) {
            wait(27s - 1ms);
            for (int i = 0; i < 8; ++i)
                static_cast<void>(sent<wire::ChapChallenge>());
            EXPECT_TRUE(silent());
            wait(3s + 1ms);
            static_cast<void>(sent<wire::ChapChallenge>());
            const auto failed = next<PeerFailed>();
            EXPECT_EQ(failed.why, PeerFailed::Why::Timeout);
            EXPECT_EQ(failed.user, "jack");
        } else {
            receive(answer(again, "john", "secret"));
            static_cast<void>(sent<wire::ChapFailure>());
            const auto failed = next<PeerFailed>();
            EXPECT_EQ(failed.why, PeerFailed::Why::Changed);
            EXPECT_EQ(failed.user, "john");
            EXPECT_EQ(failed.text, "challenged again, the peer is not \"jack\" any more");
        }
        EXPECT_TRUE(silent());
        EXPECT_EQ(engine_->deadline(), std::nullopt);
    }
}

TEST_P(ChapAuthenticator, goes_on_after_a_restart_without_a_word_until_a_challenge_is_due) {
    create(GetParam(), {.rechallenge = 10min});
    engine_->resume("jack", now_);
    EXPECT_TRUE(silent());
    receive(answer({5, base::Bytes(16, 1), ""}, "jack", "secret"));  // to the program before
    EXPECT_TRUE(silent());
    wait(10min);
    const auto again = sent<wire::ChapChallenge>();
    receive(answer(again, "jack", "secret"));
    static_cast<void>(next<Verify>());
    accept();
    static_cast<void>(sent<wire::ChapSuccess>());
    EXPECT_TRUE(silent());

    wait(10min);
    receive(answer(sent<wire::ChapChallenge>(), "john", "secret"));
    static_cast<void>(sent<wire::ChapFailure>());
    EXPECT_EQ(next<PeerFailed>().why, PeerFailed::Why::Changed);
}

TEST_P(ChapAuthenticator, goes_on_after_a_restart_for_ever_if_nothing_is_due) {
    create(GetParam());
    engine_->resume("jack", now_);
    EXPECT_EQ(engine_->deadline(), std::nullopt);
    wait(24h);
    EXPECT_TRUE(silent());
}

TEST_P(ChapAuthenticator, ignores_what_is_malformed_what_is_for_the_peer_and_verdicts_on_nothing) {
    const auto challenge = challenged();
    for (const char *packet : {"", "02", "02 01 0005 00", "02 01 00ff 01 02", "09 01 0004"})
        engine_->receive(chap, hex(packet), now_);
    receive(wire::ChapChallenge{challenge.id, challenge.value, "peer"});
    receive(wire::ChapSuccess{challenge.id, "S=" + std::string(40, '0')});
    receive(wire::ChapFailure{challenge.id, "E=691"});
    engine_->receive(pap, wire::encode(answer(challenge, "jack", "secret")), now_);
    accept();
    refuse();
    EXPECT_TRUE(silent());
}

TEST_P(ChapAuthenticator, believes_nobody_before_it_is_started) {
    receive(answer({0, base::Bytes(16, 0), ""}, "jack", "secret"));
    accept();
    engine_->expire(now_);
    EXPECT_TRUE(silent());
    EXPECT_FALSE(engine_->is_ours({}));
}

TEST(ChapAuthenticatorNames, are_cut_to_what_others_can_store) {
    fake::FakeRandom random;
    const auto engine =
        Authenticator::create(Method::Chap, {.name = std::string(1000, 'n')}, random);
    engine->start({});
    const auto outputs = engine->take_outputs();
    const auto packet = wire::decode_chap(std::get<Send>(outputs.at(0)).payload);
    EXPECT_EQ(std::get<wire::ChapChallenge>(packet.value()).name.size(), 255U);
}

TEST(ChapAuthenticatorNumbers, begin_anywhere) {
    std::set<std::uint8_t> ids;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        fake::FakeRandom random(seed);
        const auto engine = Authenticator::create(Method::Chap, {}, random);
        engine->start({});
        const auto outputs = engine->take_outputs();
        ids.insert(std::get<Send>(outputs.at(0)).payload.at(1));
    }
    EXPECT_GT(ids.size(), 4U);
}

// -- what is Microsoft's

class MsChapAuthenticator : public ChapAuthenticator {
protected:
    wire::MsChapFailure failure() {
        const auto packet = sent<wire::ChapFailure>();
        id_ = packet.id;
        text_ = packet.message;
        return wire::parse_ms_chap_failure(packet.message);
    }
    // Refused for the first time, with another try.
    wire::ChapChallenge refused() {
        const auto challenge = challenged();
        receive(answer(challenge, "jack", "guess"));
        static_cast<void>(next<Verify>());
        refuse();
        return {challenge.id, failure().challenge, ""};
    }
    std::uint8_t id_ = 0;
    std::string text_;
};
INSTANTIATE_TEST_SUITE_P(All, MsChapAuthenticator,
                         testing::Values(Method::MsChap1, Method::MsChap2),
                         [](const auto &test) { return std::string(auth::info(test.param).name); });

TEST_P(MsChapAuthenticator, says_failure_in_the_format_of_the_rfc) {
    const auto challenge = challenged();
    receive(answer(challenge, "jack", "guess"));
    static_cast<void>(next<Verify>());
    refuse(691, false);
    const auto said = failure();
    EXPECT_EQ(id_, challenge.id);
    const std::size_t digits = GetParam() == Method::MsChap1 ? 16 : 32;
    EXPECT_THAT(text_, testing::MatchesRegex("E=691 R=0 C=[0-9A-F]{" + std::to_string(digits) +
                                             "} V=3 M=wrong user name or password"));
    EXPECT_EQ(said.challenge.size(), challenge.value.size());
    EXPECT_NE(said.challenge, challenge.value);
}

TEST_P(MsChapAuthenticator, takes_another_try_for_the_challenge_of_its_failure) {
    for (const int step : {0, 1}) {  // the identifier of the Failure, or the next
        create(GetParam());
        auto challenge = refused();
        EXPECT_TRUE(silent()) << "a human may have to type: no challenge in between";
        EXPECT_EQ(engine_->deadline(), now_ + 30s);
        EXPECT_TRUE(engine_->is_ours(challenge.value));
        wait(20s);
        challenge.id = static_cast<std::uint8_t>(challenge.id + step);
        receive(answer(challenge, "jack", "secret"));
        const Claim claim = next<Verify>().claim;
        EXPECT_EQ(claim.challenge, challenge.value);
        engine_->verdict(check(claim, base::Secret("secret")), now_);
        EXPECT_EQ(sent<wire::ChapSuccess>().id, challenge.id);
        EXPECT_EQ(next<PeerSucceeded>().user, "jack");
    }
}

TEST_P(MsChapAuthenticator,
       answers_a_copy_of_the_refused_response_as_before_and_does_not_count_it) {
    create(GetParam(), {.max_tries = 2});
    const auto challenge = challenged();
    const auto wrong = answer(challenge, "jack", "guess");
    receive(wrong);
    static_cast<void>(next<Verify>());
    refuse();
    const auto first = failure();
    const std::string text = text_;
    for (int i = 0; i < 5; ++i) {
        receive(wrong);
        static_cast<void>(failure());
        EXPECT_EQ(text_, text);
    }
    EXPECT_TRUE(silent());
    receive(answer({challenge.id, first.challenge, ""}, "jack", "secret"));
    static_cast<void>(next<Verify>());
}

TEST_P(MsChapAuthenticator, ends_with_the_refusal_when_no_other_try_comes) {
    static_cast<void>(refused());
    wait(30s);
    const auto failed = next<PeerFailed>();
    EXPECT_EQ(failed.why, PeerFailed::Why::Refused);
    EXPECT_EQ(failed.text, "wrong password (E=691)");
    EXPECT_EQ(failed.user, "jack");
}

TEST_P(MsChapAuthenticator, refuses_to_change_a_password_that_has_expired) {
    for (const std::uint8_t version : std::initializer_list<std::uint8_t>{1, 2, 3}) {
        create(GetParam());
        const auto challenge = challenged();
        receive(answer(challenge, "jack", "secret"));
        static_cast<void>(next<Verify>());
        refuse(648, true, "the password has expired");
        const auto expired = failure();
        EXPECT_EQ(expired.error, 648U);
        EXPECT_EQ(expired.version, 3U);
        EXPECT_EQ(expired.message, "the password has expired");

        const auto next_id = static_cast<std::uint8_t>(challenge.id + 1);
        receive(wire::ChapChangePassword{version, next_id, base::Secret(base::Bytes(582, 1))});
        const auto cannot = failure();
        EXPECT_EQ(id_, next_id);
        EXPECT_EQ(cannot.error, 709U);
        EXPECT_FALSE(cannot.retry);
        EXPECT_EQ(cannot.message, "the password could not be changed");
        const auto failed = next<PeerFailed>();
        EXPECT_EQ(failed.why, PeerFailed::Why::Refused);
        EXPECT_EQ(failed.code, 709);
        EXPECT_EQ(failed.user, "jack");
        EXPECT_EQ(failed.text, "the peer wants to change its password (E=709)");
    }
}

TEST_P(MsChapAuthenticator, refuses_a_change_of_password_out_of_the_blue) {
    const auto challenge = challenged();
    receive(wire::ChapChangePassword{3, challenge.id, base::Secret(base::Bytes(582, 1))});
    EXPECT_EQ(failure().error, 709U);
    EXPECT_EQ(next<PeerFailed>().code, 709);
}

TEST_P(MsChapAuthenticator, does_not_hear_of_passwords_while_it_verifies_or_is_up) {
    const auto challenge = challenged();
    receive(answer(challenge, "jack", "secret"));
    static_cast<void>(next<Verify>());
    receive(wire::ChapChangePassword{3, challenge.id, {}});
    EXPECT_TRUE(silent());
    accept();
    static_cast<void>(sent<wire::ChapSuccess>());
    static_cast<void>(next<PeerSucceeded>());
    receive(wire::ChapChangePassword{3, challenge.id, {}});
    EXPECT_TRUE(silent());
}

// -- CHAP with MD5

class ChapMd5Authenticator : public AuthenticatorTest {
protected:
    void SetUp() override { create(Method::Chap); }
};

TEST_F(ChapMd5Authenticator, challenges_anew_after_a_wrong_answer) {
    start();
    const auto first = sent<wire::ChapChallenge>();
    receive(answer(first, "jack", "guess"));
    static_cast<void>(next<Verify>());
    refuse();
    EXPECT_EQ(sent<wire::ChapFailure>().message, "wrong user name or password");
    const auto second = sent<wire::ChapChallenge>();
    EXPECT_NE(second.id, first.id);
    receive(answer(first, "jack", "guess"));  // a copy
    EXPECT_TRUE(silent());
    receive(answer(second, "jack", "secret"));
    static_cast<void>(next<Verify>());
    accept();
    EXPECT_EQ(sent<wire::ChapSuccess>().id, second.id);
}

TEST_F(ChapMd5Authenticator, reports_the_refusal_if_nothing_follows_it) {
    start();
    receive(answer(sent<wire::ChapChallenge>(), "jack", "guess"));
    static_cast<void>(next<Verify>());
    refuse();
    static_cast<void>(sent<wire::ChapFailure>());
    for (int i = 2; i <= 10; ++i) {  // one for each that is left
        static_cast<void>(sent<wire::ChapChallenge>());
        wait(3s);
    }
    const auto failed = next<PeerFailed>();
    EXPECT_EQ(failed.why, PeerFailed::Why::Refused);
    EXPECT_EQ(failed.text, "wrong password");
}

TEST_F(ChapMd5Authenticator, knows_nothing_of_changing_passwords) {
    start();
    const auto challenge = sent<wire::ChapChallenge>();
    receive(wire::ChapChangePassword{3, challenge.id, {}});
    EXPECT_TRUE(silent());
}

// -- PAP

class PapAuthenticator : public AuthenticatorTest {
protected:
    void SetUp() override { create(Method::Pap); }
    void request(std::uint8_t id, const std::string &user = "jack",
                 std::string_view password = "secret") {
        receive(wire::PapRequest{id, user, base::Secret(password)});
    }
};

TEST_F(PapAuthenticator, waits_for_a_request_and_asks_what_it_is_worth) {
    start();
    EXPECT_TRUE(silent());
    request(7);
    const Claim claim = next<Verify>().claim;
    EXPECT_EQ(claim.method, Method::Pap);
    EXPECT_EQ(claim.user, "jack");
    EXPECT_TRUE(claim.password.same_as(base::as_bytes("secret")));
    EXPECT_EQ(engine_->deadline(), std::nullopt);
    accept();
    EXPECT_EQ(sent<wire::PapAck>().id, 7);
    const auto succeeded = next<PeerSucceeded>();
    EXPECT_EQ(succeeded.user, "jack");
    EXPECT_FALSE(succeeded.keys);
}

TEST_F(PapAuthenticator, gives_up_when_no_request_comes) {
    start();
    wait(30s - 1ms);
    EXPECT_TRUE(silent());
    wait(1ms);
    const auto failed = next<PeerFailed>();
    EXPECT_EQ(failed.why, PeerFailed::Why::Timeout);
    EXPECT_EQ(failed.text, "no authentication request within 30 s");
}

TEST_F(PapAuthenticator, answers_the_newest_copy_of_a_request) {
    start();
    request(1);
    static_cast<void>(next<Verify>());
    request(2);
    request(3);
    request(4, "jack", "other");  // another claim: not now
    EXPECT_TRUE(silent());
    accept();
    EXPECT_EQ(sent<wire::PapAck>().id, 3);
}

TEST_F(PapAuthenticator, acknowledges_every_later_request_whatever_it_says) {
    start();
    request(1);
    static_cast<void>(next<Verify>());
    accept();
    static_cast<void>(sent<wire::PapAck>());
    static_cast<void>(next<PeerSucceeded>());
    request(2);
    EXPECT_EQ(sent<wire::PapAck>().id, 2);
    request(3, "john", "guess");
    EXPECT_EQ(sent<wire::PapAck>().id, 3);
    EXPECT_TRUE(silent()) << "and nobody has become john";
}

TEST_F(PapAuthenticator, lets_the_peer_try_as_often_as_allowed_and_does_not_count_copies) {
    create(Method::Pap, {.max_tries = 2});
    start();
    request(1, "jack", "guess");
    static_cast<void>(next<Verify>());
    refuse();
    const auto nak = sent<wire::PapNak>();
    EXPECT_EQ(nak.id, 1);
    EXPECT_EQ(nak.message, "wrong user name or password");
    for (const std::uint8_t id : std::initializer_list<std::uint8_t>{2, 3, 4}) {
        request(id, "jack", "guess");
        EXPECT_EQ(sent<wire::PapNak>().id, id);
    }
    EXPECT_TRUE(silent());
    request(5, "jack", "another guess");
    static_cast<void>(next<Verify>());
    refuse(691, true, "no such user");
    static_cast<void>(sent<wire::PapNak>());
    const auto failed = next<PeerFailed>();
    EXPECT_EQ(failed.why, PeerFailed::Why::Refused);
    EXPECT_EQ(failed.text, "no such user");
    request(6);
    wait(1h);
    EXPECT_TRUE(silent());
}

TEST_F(PapAuthenticator, accepts_the_right_password_after_a_wrong_one) {
    start();
    request(1, "jack", "guess");
    static_cast<void>(next<Verify>());
    refuse();
    static_cast<void>(sent<wire::PapNak>());
    wait(20s);
    request(2);
    static_cast<void>(next<Verify>());
    accept();
    EXPECT_EQ(sent<wire::PapAck>().id, 2);
    static_cast<void>(next<PeerSucceeded>());
    wait(1h);
    EXPECT_TRUE(silent());
}

TEST_F(PapAuthenticator, reports_the_refusal_if_nothing_follows_it) {
    start();
    request(1, "jack", "guess");
    static_cast<void>(next<Verify>());
    refuse();
    static_cast<void>(sent<wire::PapNak>());
    wait(30s);
    const auto failed = next<PeerFailed>();
    EXPECT_EQ(failed.why, PeerFailed::Why::Refused);
    EXPECT_EQ(failed.text, "wrong user name or password");
}

TEST_F(PapAuthenticator, goes_on_after_a_restart) {
    engine_->resume("jack", now_);
    EXPECT_EQ(engine_->deadline(), std::nullopt);
    request(9);
    EXPECT_EQ(sent<wire::PapAck>().id, 9);
    EXPECT_TRUE(silent());
}

TEST_F(PapAuthenticator, ignores_what_is_malformed_what_is_for_the_peer_and_what_comes_too_early) {
    request(1);
    start();
    receive(wire::PapAck{1, ""});
    receive(wire::PapNak{1, ""});
    for (const char *packet : {"", "01", "01 01 0005 05", "01 01 00ff 00 00"})
        engine_->receive(pap, hex(packet), now_);
    engine_->receive(chap, wire::encode(wire::PapRequest{1, "jack", base::Secret("secret")}), now_);
    accept();
    EXPECT_TRUE(silent());
    EXPECT_FALSE(engine_->is_ours({}));
}

// -- against our own peer

class BothEnds : public testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(All, BothEnds,
                         testing::Values(Method::Pap, Method::Chap, Method::MsChap1,
                                         Method::MsChap2),
                         [](const auto &test) { return std::string(auth::info(test.param).name); });

TEST_P(BothEnds, agree_on_the_right_password_and_each_others_keys) {
    for (const char *password : {"secret", "p\xc3\xa4ss\xf0\x9f\x94\x91", ""}) {
        fake::FakeRandom random;
        const base::Time now{};
        const auto server = Authenticator::create(GetParam(), {}, random);
        const auto client =
            Peer::create(GetParam(), {"DOMAIN\\jack", base::Secret(password)}, {}, random);
        std::optional<Succeeded> mine;
        std::optional<PeerSucceeded> theirs;
        server->start(now);
        client->start(now);
        for (int i = 0; i < 10; ++i) {
            for (const AuthenticatorOutput &output : server->take_outputs()) {
                if (const auto *send = std::get_if<Send>(&output))
                    client->receive(send->protocol, send->payload, now);
                else if (const auto *verify = std::get_if<Verify>(&output))
                    server->verdict(check(verify->claim, base::Secret(password)), now);
                else if (const auto *done = std::get_if<PeerSucceeded>(&output))
                    theirs = *done;
            }
            for (const Output &output : client->take_outputs()) {
                if (const auto *send = std::get_if<Send>(&output))
                    server->receive(send->protocol, send->payload, now);
                else if (const auto *done = std::get_if<Succeeded>(&output))
                    mine = *done;
            }
        }
        ASSERT_TRUE(mine && theirs);
        EXPECT_EQ(theirs->user, "DOMAIN\\jack");
        ASSERT_EQ(mine->keys.has_value(), info(GetParam()).keys);
        ASSERT_EQ(theirs->keys.has_value(), info(GetParam()).keys);
        if (!mine->keys)
            continue;
        EXPECT_TRUE(mine->keys->send.bits128.same_as(theirs->keys->receive.bits128.reveal()));
        EXPECT_TRUE(mine->keys->receive.bits128.same_as(theirs->keys->send.bits128.reveal()));
        EXPECT_TRUE(mine->keys->send.bits40_56.same_as(theirs->keys->receive.bits40_56.reveal()));
        EXPECT_TRUE(mine->keys->receive.bits40_56.same_as(theirs->keys->send.bits40_56.reveal()));
    }
}

}  // namespace
