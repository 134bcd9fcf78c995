// SPDX-License-Identifier: GPL-2.0-or-later
//
// PAP as the side that is authenticated (RFC 1334 section 2).
#include <tests/auth/harness.h>

#include <gmock/gmock.h>

using namespace rtun;
using namespace rtun::auth;
using testing::HasSubstr;

namespace {

class Pap : public PeerTest {
protected:
    void SetUp() override { create(Method::Pap, "DOM\\user", "secret"); }
};

TEST_F(Pap, sends_name_and_password_at_once) {
    start();
    const auto send = only<Send>();
    EXPECT_EQ(send.protocol, pap);
    const auto request = std::get<wire::PapRequest>(wire::decode_pap(send.payload).value());
    EXPECT_EQ(request.id, 1);
    EXPECT_EQ(request.user, "DOM\\user");  // with the domain: PAP knows nothing of it
    EXPECT_TRUE(request.password.same_as(base::as_bytes("secret")));
    EXPECT_EQ(peer_->deadline(), now_ + 3s);
}

TEST_F(Pap, succeeds_on_an_ack_and_says_what_the_peer_said) {
    start_quietly();
    receive(wire::PapAck{1, "Welcome\x1b[1m\r\n"});
    const auto succeeded = only<Succeeded>();
    EXPECT_EQ(succeeded.message, "Welcome?[1m");
    EXPECT_FALSE(succeeded.keys);
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(Pap, succeeds_on_an_ack_without_any_message_field) {
    start_quietly();
    raw(pap, "02 01 0004");
    EXPECT_EQ(only<Succeeded>().message, "");
}

TEST_F(Pap, fails_on_a_nak) {
    start_quietly();
    receive(wire::PapNak{1, "Login incorrect"});
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.why, Failed::Why::Rejected);
    EXPECT_EQ(failed.code, 0);
    EXPECT_EQ(failed.text, "user name or password rejected: Login incorrect");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(Pap, bounds_the_message_of_the_peer) {
    start_quietly();
    receive(wire::PapNak{1, std::string(255, 'x')});
    EXPECT_EQ(only<Failed>().text, "user name or password rejected: " + std::string(200, 'x'));
}

TEST_F(Pap, repeats_its_request_with_a_new_identifier_each_time) {
    start_quietly();
    wait(3s - 1ms);
    EXPECT_TRUE(silent());
    wait(1ms);
    EXPECT_EQ(std::get<wire::PapRequest>(wire::decode_pap(only<Send>().payload).value()).id, 2);
    wait(3s);
    EXPECT_EQ(std::get<wire::PapRequest>(wire::decode_pap(only<Send>().payload).value()).id, 3);
}

TEST_F(Pap, gives_up_after_ten_requests) {
    start();
    wait(30s - 1ms);
    EXPECT_EQ(peer_->take_outputs().size(), 10U);
    wait(1ms);
    const auto failed = only<Failed>();
    EXPECT_EQ(failed.why, Failed::Why::Timeout);
    EXPECT_EQ(failed.text, "no reply to 10 authentication requests");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
    wait(1min);
    receive(wire::PapAck{10, ""});
    EXPECT_TRUE(silent());
}

TEST_F(Pap, takes_the_late_reply_to_an_earlier_request) {
    start();
    wait(7s);
    static_cast<void>(peer_->take_outputs());
    receive(wire::PapAck{1, "late"});
    EXPECT_EQ(only<Succeeded>().message, "late");
}

TEST_F(Pap, ignores_replies_to_requests_it_has_not_sent) {
    start_quietly();
    for (const int number : {0, 2, 3, 255}) {
        const auto id = static_cast<std::uint8_t>(number);
        receive(wire::PapAck{id, "forged"});
        receive(wire::PapNak{id, "forged"});
    }
    EXPECT_TRUE(silent());
    wait(3s);
    static_cast<void>(peer_->take_outputs());
    receive(wire::PapAck{3, "forged"});
    EXPECT_TRUE(silent());
}

TEST_F(Pap, keeps_matching_identifiers_when_they_wrap) {
    create(Method::Pap, "user", "secret", {.retry = 1s, .max_requests = 300});
    start();
    wait(299s);
    EXPECT_EQ(peer_->take_outputs().size(), 300U);
    receive(wire::PapAck{static_cast<std::uint8_t>(300), "wrapped"});
    EXPECT_EQ(only<Succeeded>().message, "wrapped");
}

TEST_F(Pap, ignores_everything_once_it_is_decided) {
    start_quietly();
    receive(wire::PapAck{1, ""});
    static_cast<void>(only<Succeeded>());
    receive(wire::PapAck{1, ""});
    receive(wire::PapNak{1, ""});
    wait(1min);
    EXPECT_TRUE(silent());
}

TEST_F(Pap, ignores_malformed_packets_requests_and_other_protocols) {
    start_quietly();
    raw(pap, "");
    raw(pap, "02 01");
    raw(pap, "02 01 0009 02 4f4b");
    raw(pap, "02 01 0006 05 4f");
    raw(pap, "07 01 0004");
    receive(wire::PapRequest{1, "you", base::Secret("too")});
    peer_->receive(chap, wire::encode(wire::PapAck{1, ""}), now_);
    EXPECT_TRUE(silent());
    EXPECT_TRUE(peer_->deadline());
}

TEST_F(Pap, says_nothing_before_it_is_started) {
    receive(wire::PapAck{1, ""});
    peer_->expire(now_);
    EXPECT_TRUE(silent());
    EXPECT_EQ(peer_->deadline(), std::nullopt);
}

TEST_F(Pap, does_not_expire_early) {
    start_quietly();
    peer_->expire(now_ + 1s);
    EXPECT_TRUE(silent());
}

TEST_F(Pap, refuses_credentials_that_do_not_fit_its_fields) {
    create(Method::Pap, std::string(256, 'u'), "secret");
    start();
    EXPECT_EQ(only<Failed>().text, "the user name is longer than 255 octets");
    create(Method::Pap, "user", std::string(256, 'p'));
    start();
    EXPECT_EQ(only<Failed>().text, "the password is longer than 255 octets");
    EXPECT_EQ(peer_->deadline(), std::nullopt);
    create(Method::Pap, std::string(255, 'u'), std::string(255, 'p'));
    start();
    EXPECT_EQ(only<Send>().payload.size(), 516U);
}

}  // namespace
