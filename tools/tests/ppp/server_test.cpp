// SPDX-License-Identifier: GPL-2.0-or-later
//
// A link that demands to know who the peer is: what it asks for, what it asks its owner, what the
// peer gets, and how all of it ends when something is wrong.
#include <tests/ppp/server_bench.h>

#include <wire/auth.h>

namespace rtun::ppp {
namespace {

using auth::Method;
using testing::HasSubstr;
using testing::StartsWith;

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol ipcp = PppProtocol::Ipcp;
constexpr PppProtocol ccp = PppProtocol::Ccp;
constexpr std::uint32_t H = 0x01000000, S = 0x40, M = 0x80, L = 0x20, C = 0x01;

// The method that the last Configure-Request demands; empty: none.
std::string asked(const Bench &bench) {
    for (const CpOption &option : bench.last(lcp, CpCode::ConfigureRequest).options())
        for (const auth::MethodInfo &row : auth::methods())
            if (option == method_option(row.method))
                return std::string(row.name);
    return "";
}

void refuse(Bench &bench, CpCode code, const CpOption &option) {
    bench.lcp(code, bench.last(lcp, CpCode::ConfigureRequest).id, {option});
}

// -- LCP

TEST(Server, AsksForTheStrongestMethodThatItDemands) {
    for (const auto &[set, name] :
         {std::pair(auth::MethodSet::all(), "mschap2"),
          std::pair(only({Method::Pap, Method::Chap}), "chap"),
          std::pair(only({Method::Pap}), "pap"), std::pair(auth::MethodSet{}, "")}) {
        Bench bench(demanding(set));
        bench.open();
        EXPECT_EQ(asked(bench), name);
    }
}

TEST(Server, FollowsThePeersNakAmongWhatItDemands) {
    Bench bench(demanding(auth::MethodSet::all()));
    bench.open();
    refuse(bench, CpCode::ConfigureNak, method_option(Method::Chap));
    EXPECT_EQ(asked(bench), "chap");
    // What it has refused before is not asked for again, and what it names now is.
    refuse(bench, CpCode::ConfigureNak, method_option(Method::Pap));
    EXPECT_EQ(asked(bench), "pap");
}

TEST(Server, GoesOnToTheNextWeakerOneWhenThePeerNamesOneThatIsNotDemanded) {
    Bench bench(demanding(only({Method::MsChap2, Method::MsChap1, Method::Chap})));
    bench.open();
    refuse(bench, CpCode::ConfigureNak, method_option(Method::Pap));
    EXPECT_EQ(asked(bench), "mschap1");
    refuse(bench, CpCode::ConfigureNak, authentication(0xc227));
    EXPECT_EQ(asked(bench), "chap");
    refuse(bench, CpCode::ConfigureNak, method_option(Method::MsChap2));  // refused by itself
    bench.pass(10s);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_EQ(bench.reason().text,
              "no common authentication method: the peer would prove who it is with mschap2, "
              "demanded is mschap2,mschap1,chap");
}

TEST(Server, SaysWhatThePeerOfferedWhenNothingIsLeft) {
    Bench bench(demanding());
    bench.open();
    refuse(bench, CpCode::ConfigureNak, method_option(Method::Pap));
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_EQ(bench.reason().text,
              "no common authentication method: the peer would prove who it is with pap, demanded "
              "is mschap2");
}

TEST(Server, APeerThatRejectsTheOptionIsNotLetIn) {
    Bench bench(demanding());
    bench.open();
    refuse(bench, CpCode::ConfigureReject, method_option(Method::MsChap2));
    for (const Sent &sent : bench.sent)
        if (sent.code == CpCode::ConfigureRequest) {
            EXPECT_THAT(sent.options(), testing::Contains(method_option(Method::MsChap2)));
        }
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_EQ(bench.reason().text,
              "the peer refuses to prove who it is (it rejects mschap2), demanded is mschap2");
}

TEST(Server, WithEncryptionRequiredAsksOnlyForMethodsThatGiveKeys) {
    LinkOptions options = demanding(auth::MethodSet::all());
    options.encryption = Encryption::Required;
    Bench bench(options);
    bench.open();
    refuse(bench, CpCode::ConfigureNak, method_option(Method::Pap));
    EXPECT_EQ(asked(bench), "mschap1");
    refuse(bench, CpCode::ConfigureNak, method_option(Method::Pap));
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_THAT(bench.reason().text, HasSubstr("only mschap2 and mschap1 give keys"));
}

TEST(Server, WithEncryptionRequiredAndNoMethodForItNobodyIsLetInUnasked) {
    LinkOptions options = demanding(only({Method::Pap, Method::Chap}));
    options.encryption = Encryption::Required;
    Bench bench(options);
    bench.open();
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_THAT(bench.reason().text, HasSubstr("(chap,pap)"));
    EXPECT_TRUE(bench.sent.empty());
}

TEST(Server, WaitsForThePeerToBeginIfItIsTheOneThatCalled) {
    LinkOptions options = demanding();
    options.passive = 2s;
    Bench bench(options);
    bench.open();
    EXPECT_EQ(bench.phases(), "establish");
    EXPECT_TRUE(bench.sent.empty());
    bench.hear(ipcp, CpCode::ConfigureRequest, 1, {});
    bench.pass(1s);
    EXPECT_TRUE(bench.sent.empty());
    bench.lcp(CpCode::ConfigureRequest, 1, {mru(1400)});
    ASSERT_EQ(bench.sent.size(), 2U);
    EXPECT_EQ(bench.sent[0].code, CpCode::ConfigureRequest);
    EXPECT_EQ(bench.sent[1].code, CpCode::ConfigureAck);
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
}

TEST(Server, BeginsItselfWhenThePeerDoesNot) {
    LinkOptions options = demanding();
    options.passive = 2s;
    Bench bench(options);
    bench.open();
    bench.pass(2s - 1ms);
    EXPECT_TRUE(bench.sent.empty());
    bench.pass(1ms);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 1U);
    bench.pass(1min);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
}

TEST(Server, CanBeClosedWhileItWaits) {
    LinkOptions options = demanding();
    options.passive = 2s;
    Bench closed(options);
    closed.open();
    closed.close("enough");
    EXPECT_EQ(closed.reason().text, "enough");
    Bench down(options);
    down.open();
    down.lower_down();
    EXPECT_EQ(down.reason().kind, EndReason::Kind::LowerDown);
}

// -- authentication

class ServerMethod : public testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(All, ServerMethod,
                         testing::Values(Method::Pap, Method::Chap, Method::MsChap1,
                                         Method::MsChap2),
                         [](const auto &test) { return std::string(auth::info(test.param).name); });

TEST_P(ServerMethod, LetsInWhoeverTheOwnerAcceptsAndGivesWhatTheOwnerGrants) {
    ServerBench bench(demanding(only({GetParam()})));
    bench.open_lcp();
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
    bench.client(GetParam());
    EXPECT_EQ(bench.count<Verify>(), 1U);
    EXPECT_EQ(bench.get<Verify>().claim.user, "jack");
    ASSERT_EQ(bench.count<PeerAuthenticated>(), 1U);
    EXPECT_EQ(bench.get<PeerAuthenticated>().user, "jack");
    EXPECT_EQ(bench.get<PeerAuthenticated>().method, GetParam());
    EXPECT_EQ(bench.count<Authenticated>(), 0U) << "nobody asked us";

    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 0U) << "nothing is granted yet";
    bench.grant(usual_grant());
    EXPECT_EQ(bench.phases(), "establish authenticate network");
    bench.ipv4();
    EXPECT_EQ(bench.get<Ipv4Up>().local.value, server_address);
    EXPECT_EQ(bench.get<Ipv4Up>().remote.value, client_address);
    EXPECT_EQ(bench.client_failed, "");
}

TEST_P(ServerMethod, AWrongPasswordIsToldToTheOwnerAndIsTheReason) {
    LinkOptions options = demanding(only({GetParam()}));
    options.authenticator.max_tries = 1;
    ServerBench bench(options);
    bench.open_lcp();
    bench.client(GetParam(), "jack", "guess");
    ASSERT_EQ(bench.count<PeerRefused>(), 1U);
    EXPECT_EQ(bench.get<PeerRefused>().failure.user, "jack");
    EXPECT_EQ(bench.get<PeerRefused>().failure.why, auth::PeerFailed::Why::Refused);
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 0U);
    EXPECT_NE(bench.client_failed, "");
    EXPECT_EQ(bench.link.phase(), Phase::Terminate);
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_THAT(bench.reason().text, StartsWith("the peer did not prove who it is (" +
                                                std::string(auth::info(GetParam()).name) +
                                                ", user \"jack\"): wrong password"));
}

TEST_P(ServerMethod, APeerThatLeavesAfterAWrongPasswordLeftBecauseOfThat) {
    for (const bool orderly : {true, false}) {
        ServerBench bench(demanding(only({GetParam()})));
        bench.open_lcp();
        bench.client(GetParam(), "jack", "guess");
        EXPECT_EQ(bench.link.phase(), Phase::Authenticate) << "it may try again";
        if (orderly) {
            bench.terminate("Authentication failed");
            bench.pass(10s);
        } else {
            bench.lower_down();
        }
        EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
        EXPECT_THAT(bench.reason().text, HasSubstr("user \"jack\"): wrong password"));
        EXPECT_EQ(bench.count<PeerRefused>(), 1U);
    }
}

TEST_P(ServerMethod, APeerThatSaysNothingIsGivenUp) {
    ServerBench bench(demanding(only({GetParam()})));
    bench.open_lcp();
    bench.pass(1min);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.get<PeerRefused>().failure.why, auth::PeerFailed::Why::Timeout);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
}

TEST_P(ServerMethod, NoNetworkProtocolIsHeardBeforeTheGrant) {
    ServerBench bench(demanding(only({GetParam()})));
    bench.open_lcp();
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(client_address)});
    bench.client(GetParam());
    bench.ipcp(CpCode::ConfigureRequest, 2, {address(client_address)});
    bench.ccp(CpCode::ConfigureRequest, 2, {mppe(H | S)});
    bench.hear(PppProtocol::Ipv4, Bytes(40));
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureAck), 0U);
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 0U);
    EXPECT_EQ(bench.link.counters().unexpected, 4U);
}

TEST_P(ServerMethod, AuthenticatesAgainAfterARenegotiationAndAsksForAnotherGrant) {
    ServerBench bench(demanding(only({GetParam()})));
    bench.authenticated(GetParam());
    bench.ipv4();
    bench.lcp(CpCode::ConfigureRequest, 99);
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
    bench.grant(usual_grant());
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate) << "a grant for nobody";
    bench.client(GetParam());
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 2U);
    Grant other = usual_grant();
    other.remote_address = {0x0a000063};
    bench.grant(other);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(client_address)});
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureNak).options(), CpOptions{address(0x0a000063)});
}

TEST(Server, AVerdictMayComeLate) {
    ServerBench bench;
    bench.decides = false;
    bench.open_lcp();
    bench.client(Method::MsChap2);
    bench.pass(50s);  // the keepalive is not yet due
    EXPECT_FALSE(bench.ended());
    bench.verdict(auth::check(bench.get<Verify>().claim, base::Secret("secret")));
    bench.exchange();
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 1U);
    EXPECT_EQ(bench.client_failed, "");
}

TEST(Server, AVerdictOnAClaimOfAnEarlierNegotiationLetsNobodyIn) {
    ServerBench bench;
    bench.decides = false;
    bench.open_lcp();
    bench.client(Method::MsChap2);
    const auth::Claim first = bench.get<Verify>().claim;
    bench.lcp(CpCode::ConfigureRequest, 99);
    bench.acknowledge(lcp);
    bench.client(Method::MsChap2, "mallory", "guess");
    EXPECT_EQ(bench.count<Verify>(), 1U) << "one at a time";
    bench.verdict(auth::check(first, base::Secret("secret")));
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 0U);
    ASSERT_EQ(bench.count<Verify>(), 2U) << "now the other one";
    EXPECT_EQ(bench.get<Verify>().claim.user, "mallory");
    bench.verdict(auth::check(bench.get<Verify>().claim, base::Secret("secret")));
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 0U);
}

TEST(Server, AnswersThatNobodyAskedForAreOfNoConsequence) {
    ServerBench bench;
    bench.verdict(auth::Accepted{});
    bench.grant(usual_grant());
    bench.open_lcp();
    bench.verdict(auth::Accepted{});
    bench.grant(usual_grant());
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 0U);
    bench.lower_down();
    const std::size_t outputs = bench.outputs.size();
    bench.verdict(auth::Accepted{});
    bench.grant(usual_grant());
    EXPECT_EQ(bench.outputs.size(), outputs);
}

// RFC 1994, Security Considerations.
TEST(Server, NegotiatingAnewIsNoNewChanceToGuess) {
    ServerBench bench;  // three tries
    bench.open_lcp();
    bench.client(Method::MsChap2, "jack", "guess");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(bench.count<PeerRefused>(), 0U);
        bench.lcp(CpCode::ConfigureRequest, static_cast<std::uint8_t>(90 + i));
        bench.acknowledge(lcp);
        bench.client(Method::MsChap2, "jack", "guess");
    }
    EXPECT_EQ(bench.count<PeerRefused>(), 1U);
    EXPECT_EQ(bench.link.phase(), Phase::Terminate);
}

TEST(Server, ChallengesAgainWhileTheLinkIsUp) {
    LinkOptions options = demanding();
    options.authenticator.rechallenge = 1min;
    options.keepalive = {};
    ServerBench bench(options);
    bench.authenticated(Method::MsChap2);
    bench.ipv4();
    for (unsigned i = 2; i <= 4; ++i) {
        bench.pass(1min);
        bench.exchange();
        EXPECT_EQ(bench.count<Verify>(), i);
    }
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 1U);
    EXPECT_EQ(bench.count<Ipv4Down>(), 0U);
    bench.password = "changed";
    bench.pass(1min);
    bench.exchange();
    EXPECT_EQ(bench.count<PeerRefused>(), 1U);
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
}

TEST(Server, RepeatsItsSuccessForAPeerThatDidNotHearIt) {
    ServerBench bench;
    bench.authenticated(Method::MsChap2);
    Bytes success;
    for (const Output &output : bench.outputs)
        if (const auto *send = std::get_if<SendFrame>(&output); send && send->frame[0] == 0xc2)
            success = send->frame;
    // Any Response with the identifier will do.
    const wire::ChapResponse again{success[3], Bytes(49, 1), "jack"};
    bench.hear(PppProtocol::Chap, wire::encode(again));
    EXPECT_EQ(std::get<SendFrame>(bench.outputs.back()).frame, success);
    EXPECT_EQ(bench.count<Verify>(), 1U);
}

TEST(Server, APeerThatRejectsWhatItAgreedToEndsTheLink) {
    ServerBench bench;
    bench.open_lcp();
    bench.hear(lcp, CpCode::ProtocolReject, 1, Bytes{0xc2, 0x23, 1, 1, 0, 4});
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::ProtocolRejected);
    EXPECT_EQ(bench.reason().text, "the peer rejects mschap2, which it agreed to");
}

// -- both directions

TEST(Mutual, BothProveWhoTheyAreAndTheNetworkWaitsForBoth) {
    LinkOptions options = demanding();
    options.allow = only({Method::MsChap2});
    options.credentials = {"server", base::Secret("other secret")};
    ServerBench bench(options);
    bench.open_lcp({method_option(Method::MsChap2)});
    bench.client(Method::MsChap2);
    EXPECT_EQ(bench.count<PeerAuthenticated>(), 1U);
    bench.grant(usual_grant());
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate) << "we have not proved who we are";

    // The peer's challenge, our response, its verdict.
    fake::FakeRandom random(5);
    const auto peer = auth::Authenticator::create(Method::MsChap2, {}, random);
    peer->start(bench.now);
    std::size_t seen = bench.outputs.size();
    for (int i = 0; i < 5; ++i) {
        for (const auth::AuthenticatorOutput &output : peer->take_outputs()) {
            if (const auto *send = std::get_if<auth::Send>(&output))
                bench.hear(PppProtocol::Chap, send->payload);
            else if (const auto *verify = std::get_if<auth::Verify>(&output))
                peer->verdict(auth::check(verify->claim, base::Secret("other secret")), bench.now);
        }
        for (; seen < bench.outputs.size(); ++seen)
            if (const auto *send = std::get_if<SendFrame>(&bench.outputs[seen]))
                peer->receive(0xc223, base::View(send->frame).subspan(2), bench.now);
    }
    EXPECT_EQ(bench.count<Authenticated>(), 1U);
    EXPECT_EQ(bench.link.phase(), Phase::Network);
}

TEST(Mutual, OurOwnChallengeSentBackToUsIsNotAnswered) {
    LinkOptions options = demanding();
    options.allow = only({Method::MsChap2});
    options.credentials = {"jack", base::Secret("secret")};
    ServerBench bench(options);
    bench.open_lcp({method_option(Method::MsChap2)});
    const Bytes challenge = std::get<SendFrame>(bench.outputs.back()).frame;
    const std::size_t before = bench.outputs.size();
    bench.hear(challenge);
    EXPECT_EQ(bench.outputs.size(), before);
    Bytes other = challenge;
    other.back() ^= 1;  // of the name
    bench.hear(other);
    EXPECT_EQ(bench.outputs.size(), before);
    other[7] ^= 1;  // of the value: a challenge like any other
    bench.hear(other);
    EXPECT_EQ(bench.outputs.size(), before + 1);
}

// -- CCP

class ServerEncryption : public testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(WithKeys, ServerEncryption,
                         testing::Values(Method::MsChap1, Method::MsChap2),
                         [](const auto &test) { return std::string(auth::info(test.param).name); });

TEST_P(ServerEncryption, EncryptsWithTheKeysAsTheServerHasThem) {
    for (const auto &[strength, bits] :
         {std::pair(MppeStrength::Bits128, H | S), std::pair(MppeStrength::Bits56, H | M),
          std::pair(MppeStrength::Bits40, H | L)}) {
        Grant grant = usual_grant(Encryption::Required);
        grant.mppe = strength;
        ServerBench bench(demanding(only({GetParam()})));
        bench.authenticated(GetParam(), grant);
        bench.ccp(CpCode::ConfigureRequest, 1, {mppe(bits)});
        bench.acknowledge(ccp);
        ASSERT_EQ(bench.count<EncryptionUp>(), 1U);
        const auto up = bench.get<EncryptionUp>();
        ASSERT_TRUE(up.send && up.receive && bench.client_keys);
        const auto of = [strength = strength](const auth::MppeKeys::Direction &keys) {
            return (strength == MppeStrength::Bits128 ? keys.bits128 : keys.bits40_56).reveal();
        };
        EXPECT_TRUE(up.send->start_key.same_as(of(bench.client_keys->receive)));
        EXPECT_TRUE(up.receive->start_key.same_as(of(bench.client_keys->send)));
        bench.ipv4();
    }
}

// What Windows asks for, and what it gets (RFC 3078 section 2.1).
TEST(ServerCcp, AnswersAllBitsWithTheOneKeyLengthThatItAllows) {
    ServerBench bench;
    bench.authenticated(Method::MsChap2, usual_grant(Encryption::Auto));
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | M | S | L | C)});
    EXPECT_EQ(bench.last(ccp, CpCode::ConfigureNak).options(), CpOptions{mppe(H | S)});
    bench.ccp(CpCode::ConfigureRequest, 2, {mppe(H | S)});
    EXPECT_EQ(bench.last(ccp, CpCode::ConfigureAck).options(), CpOptions{mppe(H | S)});
}

TEST(ServerCcp, NeverAgreesToNoBitAtAll) {
    for (const auto encryption : {Encryption::Auto, Encryption::Required}) {
        ServerBench bench;
        bench.authenticated(Method::MsChap2, usual_grant(encryption));
        for (std::uint8_t id = 1; id < 20 && bench.link.phase() == Phase::Network; ++id)
            bench.ccp(CpCode::ConfigureRequest, id, {mppe(0)});
        EXPECT_EQ(bench.count(ccp, CpCode::ConfigureAck), 0U);
        EXPECT_EQ(bench.last(ccp, CpCode::ConfigureNak).options(), CpOptions{mppe(H | S)});
        EXPECT_EQ(bench.count<EncryptionUp>(), 0U);
        if (encryption == Encryption::Auto) {
            EXPECT_THAT(bench.get<EncryptionRefused>().text, HasSubstr("no key length at all"));
            bench.ipv4();
        } else {
            bench.pass(10s);
            EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
        }
    }
}

TEST(ServerCcp, WhatIsGrantedDecidesNotWhatTheOptionsSaid) {
    LinkOptions options = demanding(only({Method::Chap}));
    ServerBench refused(options);
    refused.open_lcp();
    refused.client(Method::Chap);
    refused.grant(usual_grant(Encryption::Required));
    refused.pass(10s);
    EXPECT_EQ(refused.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(refused.reason().text, "encryption is required and cannot be had: authentication "
                                     "with chap gives no keys for it");
    options.encryption = Encryption::Auto;
    ServerBench clear(options);
    clear.authenticated(Method::Chap, usual_grant(Encryption::No));
    EXPECT_EQ(clear.count<EncryptionRefused>(), 0U);
    clear.ipv4();
}

// Neither side knows that the other has lost a frame: CCP may negotiate once more while IPCP opens.
TEST(ServerCcp, NoNetworkIsUpUntilEncryptionIs) {
    Grant grant = usual_grant(Encryption::Required);
    grant.ipv6 = true;
    ServerBench bench;
    bench.authenticated(Method::MsChap2, grant);
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    bench.acknowledge(ccp);
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});  // our Ack was lost
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(client_address)});
    bench.acknowledge(ipcp);
    bench.ipv6cp(CpCode::ConfigureRequest, 1, {interface_id(2)});
    bench.acknowledge(PppProtocol::Ipv6cp);
    EXPECT_EQ(bench.count<Ipv4Up>() + bench.count<Ipv6Up>(), 0U);
    EXPECT_FALSE(bench.link.state());
    bench.acknowledge(ccp);
    EXPECT_EQ(bench.count<EncryptionUp>(), 2U);
    EXPECT_EQ(bench.count<Ipv4Up>(), 1U);
    EXPECT_EQ(bench.count<Ipv6Up>(), 1U);
    EXPECT_TRUE(bench.link.state());
}

// One that asks for encryption is not silent, so the link does not go on in clear behind its back.
TEST(ServerCcp, IsPatientWithAPeerThatAsksForEncryptionEvenIfItIsOptional) {
    ServerBench silent;
    silent.authenticated(Method::MsChap2, usual_grant(Encryption::Auto));
    silent.pass(20s);
    EXPECT_EQ(silent.count(ccp, CpCode::ConfigureRequest), 4U);
    EXPECT_EQ(silent.count<EncryptionRefused>(), 1U);

    ServerBench asking;
    asking.authenticated(Method::MsChap2, usual_grant(Encryption::Auto));
    asking.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    asking.pass(20s);
    EXPECT_GT(asking.count(ccp, CpCode::ConfigureRequest), 4U);
    asking.acknowledge(ccp);
    EXPECT_EQ(asking.count<EncryptionUp>(), 1U);
}

// -- IPCP

TEST(ServerAddresses, NaksEveryOtherAddressWithTheOneThatWasGranted) {
    ServerBench bench;
    bench.authenticated(Method::MsChap2);
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureRequest).options(),
              CpOptions{address(server_address)});
    for (const std::uint32_t wrong : {0U, 0xc0a80107U, server_address}) {
        bench.ipcp(CpCode::ConfigureRequest, 1, {address(wrong)});
        EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureNak).options(),
                  CpOptions{address(client_address)});
    }
    bench.ipcp(CpCode::ConfigureRequest, 2);  // and one that names none is told
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureNak).options(), CpOptions{address(client_address)});
    bench.ipv4();
}

TEST(ServerAddresses, APeerThatInsistsOnAWrongAddressIsTheEnd) {
    ServerBench bench;
    bench.authenticated(Method::MsChap2);
    for (std::uint8_t id = 1; id < 20 && bench.link.phase() == Phase::Network; ++id)
        bench.ipcp(CpCode::ConfigureRequest, id, {address(0xc0a80107)});
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureAck), 0U);
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_EQ(bench.reason().text,
              "the peer insists on address 192.168.1.7, it has to be 10.0.0.2");
}

TEST(ServerAddresses, NameServersAreServedAndThoseThatThereAreNotAreRejected) {
    Grant grant = usual_grant();
    grant.serve_dns = {{0x08080808}, {0x08080404}};
    grant.serve_wins = {{0x0a000005}};
    ServerBench bench;
    bench.authenticated(Method::MsChap2, grant);
    const CpOption secondary_wins = address(0, 132);
    bench.ipcp(CpCode::ConfigureRequest, 1,
               {address(0), address(0, 129), address(0, 130), address(0, 131), secondary_wins});
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureReject).options(), CpOptions{secondary_wins});
    bench.ipcp(CpCode::ConfigureRequest, 2,
               {address(0), address(0, 129), address(0, 130), address(0, 131)});
    const CpOptions right = {address(client_address), address(0x08080808, 129),
                             address(0x0a000005, 130), address(0x08080404, 131)};
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureNak).options(), right);
    bench.ipcp(CpCode::ConfigureRequest, 3, right);
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureAck).options(), right);
    bench.acknowledge(ipcp);
    EXPECT_EQ(bench.get<Ipv4Up>().remote.value, client_address);
    EXPECT_TRUE(bench.get<Ipv4Up>().dns.empty()) << "these are for the peer";
}

TEST(ServerAddresses, WithoutNameServersAllOfThemAreRejected) {
    ServerBench bench;
    bench.authenticated(Method::MsChap2);
    const CpOptions all = {address(0, 129), address(0, 130), address(0, 131), address(0, 132)};
    bench.ipcp(CpCode::ConfigureRequest, 1, all);
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureReject).options(), all);
}

}  // namespace
}  // namespace rtun::ppp
