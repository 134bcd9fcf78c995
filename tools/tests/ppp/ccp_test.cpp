// SPDX-License-Identifier: GPL-2.0-or-later
//
// CCP and MPPE: what is agreed to, and what a link makes of a peer that does not.
#include <tests/ppp/bench.h>

namespace rtun::ppp {
namespace {

using enum MppeStrength;
using enum MppeState;

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr PppProtocol ccp = PppProtocol::Ccp;
constexpr PppProtocol ipcp = PppProtocol::Ipcp;

// Bits of option 18.
constexpr std::uint32_t H = 0x01000000, M = 0x80, S = 0x40, L = 0x20, D = 0x10, C = 0x01;

LinkOptions encrypting(Encryption encryption, MppeStrengths strengths = Bits128) {
    LinkOptions options = with_password("secret", auth::MethodSet::all());
    options.encryption = encryption;
    options.mppe = strengths;
    return options;
}

MppeStrengths all_strengths() {
    MppeStrengths all = Bits128;
    all.add(Bits56);
    all.add(Bits40);
    return all;
}

// Authenticated with MS-CHAPv2, and CCP has begun.
class CcpBench : public Bench {
public:
    explicit CcpBench(LinkOptions options, auth::Method method = auth::Method::MsChap2)
        : Bench(std::move(options)) {
        fake::FakePppPeer::Options peer;
        peer.method = method;
        fake::FakePppPeer server(peer);
        open_network(server);
    }
    explicit CcpBench(Encryption encryption) : CcpBench(encrypting(encryption)) {}

    // The bits of our last request.
    [[nodiscard]] std::uint32_t asked() const {
        const CpOptions options = last(PppProtocol::Ccp, CpCode::ConfigureRequest).options();
        if (options.size() != 1)
            return 0xdeadbeef;
        return std::get<wire::CcpMppe>(wire::ccp_option(options[0])).bits;
    }
    void answer(CpCode code, std::uint32_t bits) {
        Bench::ccp(code, last(PppProtocol::Ccp, CpCode::ConfigureRequest).id, {mppe(bits)});
    }
    // Both agree to this.
    void agree(std::uint32_t bits) {
        Bench::ccp(CpCode::ConfigureRequest, 1, {mppe(bits)});
        acknowledge(PppProtocol::Ccp);
    }
    // What this request of the peer gets: its code and bits.
    std::pair<CpCode, CpOptions> say(const CpOptions &options) {
        const std::size_t before = sent.size();
        Bench::ccp(CpCode::ConfigureRequest, ++id_, options);
        for (std::size_t i = before; i < sent.size(); ++i)
            if (sent[i].protocol == PppProtocol::Ccp && sent[i].id == id_ &&
                sent[i].code != CpCode::ConfigureRequest)
                return {sent[i].code, sent[i].options()};
        return {};
    }
    [[nodiscard]] std::pair<CpCode, CpOptions> say(std::uint32_t bits) {
        return say(CpOptions{mppe(bits)});
    }
    void ipv4() {
        Bench::ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000001)});
        Bench::ipcp(CpCode::ConfigureNak, last(PppProtocol::Ipcp, CpCode::ConfigureRequest).id,
                    {address(0x0a000002)});
        acknowledge(PppProtocol::Ipcp);
        ASSERT_EQ(count<Ipv4Up>(), 1U);
    }

private:
    std::uint8_t id_ = 10;
};

using Answer = std::pair<CpCode, CpOptions>;
Answer nak(std::uint32_t bits) { return {CpCode::ConfigureNak, {mppe(bits)}}; }
Answer ack(std::uint32_t bits) { return {CpCode::ConfigureAck, {mppe(bits)}}; }

template <typename T>
std::size_t position(const Bench &bench) {
    const auto it = std::find_if(bench.outputs.begin(), bench.outputs.end(),
                                 [](const Output &o) { return std::holds_alternative<T>(o); });
    return static_cast<std::size_t>(it - bench.outputs.begin());
}

TEST(Ccp, AsksForAllAllowedKeyLengthsAndStatelessMode) {
    EXPECT_EQ(CcpBench(Encryption::Auto).asked(), H | S);
    EXPECT_EQ(CcpBench(encrypting(Encryption::Required, Bits40)).asked(), H | L);
    EXPECT_EQ(CcpBench(encrypting(Encryption::Required, all_strengths())).asked(), H | S | M | L);
}

TEST(Ccp, IsNotSpokenWithoutBeingWanted) {
    CcpBench bench(Encryption::No);
    EXPECT_EQ(bench.count(ccp, CpCode::ConfigureRequest), 0U);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 1U);
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 1U);
}

// `passive` of IOS: never offered, taken if asked for.
TEST(CcpPassive, IsNotSpokenUntilThePeerBegins) {
    CcpBench bench(Encryption::Passive);
    EXPECT_EQ(bench.count(ccp, CpCode::ConfigureRequest), 0U);
    bench.ipv4();
    bench.pass(1min);
    EXPECT_EQ(bench.count(ccp, CpCode::ConfigureRequest), 0U);
    EXPECT_EQ(bench.count<EncryptionRefused>(), 0U);
}

TEST(CcpPassive, APeerThatAsksIsAgreedWithBeforeIpv4AndAfterIt) {
    for (const bool late : {false, true}) {
        CcpBench bench(Encryption::Passive);
        if (late)
            bench.ipv4();
        EXPECT_EQ(bench.say(H | S), ack(H | S));
        EXPECT_EQ(bench.asked(), H | S);
        EXPECT_EQ(bench.count<EncryptionUp>(), 0U);
        bench.acknowledge(ccp);
        ASSERT_EQ(bench.count<EncryptionUp>(), 1U);
        const auto up = bench.get<EncryptionUp>();
        ASSERT_TRUE(up.send && up.receive);
        EXPECT_EQ(up.send->mode, (MppeMode{Bits128, Stateless}));
        EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 0U);
        if (!late)
            bench.ipv4();
        EXPECT_EQ(bench.count<Ipv4Down>(), 0U);
        EXPECT_FALSE(bench.ended());
    }
}

TEST(CcpPassive, OnlyAConfigureRequestBeginsIt) {
    CcpBench bench(Encryption::Passive);
    for (const CpCode code : {CpCode::ConfigureAck, CpCode::ConfigureNak, CpCode::TerminateRequest,
                              CpCode::TerminateAck, CpCode::ResetRequest})
        bench.ccp(code, 1);
    bench.hear(ccp, Bytes{});
    EXPECT_EQ(bench.count(ccp, CpCode::ConfigureRequest), 0U);
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 6U);
    bench.agree(H | S);
    EXPECT_EQ(bench.count<EncryptionUp>(), 1U);
}

TEST(CcpPassive, APeerThatWantsWhatIsNotAllowedGoesOnInClear) {
    CcpBench bench(Encryption::Passive);
    EXPECT_EQ(bench.say(H | L), nak(H | S));
    bench.hear(ccp, CpCode::TerminateRequest, 90, {});
    EXPECT_EQ(bench.count<EncryptionUp>(), 0U);
    bench.ipv4();
    EXPECT_FALSE(bench.ended());
}

TEST(CcpPassive, WithoutKeysItIsNotSpokenAtAll) {
    CcpBench bench(encrypting(Encryption::Passive), auth::Method::Chap);
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    EXPECT_EQ(bench.count(lcp, CpCode::ProtocolReject), 1U);
    EXPECT_EQ(bench.count(ccp, CpCode::ConfigureRequest), 0U);
    EXPECT_EQ(bench.count<EncryptionRefused>(), 0U);
    bench.ipv4();
}

TEST(CcpPassive, ALinkThatWasEncryptedDoesNotStartOverInClear) {
    CcpBench bench(Encryption::Passive);
    bench.agree(H | S);
    bench.ipv4();
    bench.lcp(CpCode::ConfigureRequest, 99);
    bench.acknowledge(lcp);
    bench.pass(10s);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
}

TEST(Ccp, EncryptsWithTheKeysOfTheAuthenticationBeforeIpv4Begins) {
    CcpBench bench(Encryption::Required);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 0U);
    bench.agree(H | S);
    ASSERT_EQ(bench.count<EncryptionUp>(), 1U);
    const auto up = bench.get<EncryptionUp>();
    ASSERT_TRUE(up.send && up.receive);
    EXPECT_EQ(up.send->mode, (MppeMode{Bits128, Stateless}));
    EXPECT_EQ(up.receive->mode, (MppeMode{Bits128, Stateless}));
    EXPECT_EQ(up.send->start_key.reveal().size(), 16U);
    EXPECT_FALSE(up.send->start_key.same_as(up.receive->start_key.reveal()));
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 1U);
    bench.ipv4();
    EXPECT_LT(position<EncryptionUp>(bench), position<Ipv4Up>(bench));
}

TEST(Ccp, HasTheKeysReadyBeforeThePeerHearsThatItMayUseThem) {
    CcpBench bench(Encryption::Required);
    bench.acknowledge(ccp);
    const std::size_t before = bench.outputs.size();
    bench.ccp(CpCode::ConfigureRequest, 1, {mppe(H | S)});
    ASSERT_GT(bench.outputs.size(), before + 1);
    EXPECT_TRUE(std::holds_alternative<EncryptionUp>(bench.outputs[before]));
    EXPECT_TRUE(std::holds_alternative<SendFrame>(bench.outputs[before + 1]));
}

TEST(Ccp, GivesShortKeysToShortLengths) {
    for (const auto &[strength, bits] : {std::pair(Bits40, H | L), std::pair(Bits56, H | M)}) {
        for (const auto method : {auth::Method::MsChap1, auth::Method::MsChap2}) {
            CcpBench bench(encrypting(Encryption::Required, strength), method);
            bench.agree(bits);
            const auto up = bench.get<EncryptionUp>();
            EXPECT_EQ(up.send->mode.strength, strength);
            EXPECT_EQ(up.send->start_key.reveal().size(), 8U);
            EXPECT_EQ(up.send->start_key.same_as(up.receive->start_key.reveal()),
                      method == auth::Method::MsChap1);
        }
    }
}

TEST(Ccp, LeavesRoomForItsOctetsInTheMtu) {
    LinkOptions options = encrypting(Encryption::Auto);
    options.mtu = 1500;
    CcpBench narrow(options);  // the peer receives 1500
    narrow.agree(H | S);
    EXPECT_EQ(narrow.get<LcpOpened>().mtu, 1500);
    EXPECT_EQ(narrow.get<EncryptionUp>().mtu, 1496);
    CcpBench wide(Encryption::Auto);  // and 1450 is all that is wanted
    wide.agree(H | S);
    EXPECT_EQ(wide.get<EncryptionUp>().mtu, 1450);
}

TEST(Ccp, AcknowledgesExactlyOneAllowedKeyLength) {
    for (const std::uint32_t other : {M, L, D, C, M | L, M | L | D | C, 0x02000000U, 0x08U}) {
        CcpBench bench(Encryption::Auto);
        EXPECT_EQ(bench.say(H | S | other), nak(H | S)) << std::hex << other;
        EXPECT_EQ(bench.say(H | S), ack(H | S));
    }
    CcpBench any(encrypting(Encryption::Auto, all_strengths()));
    EXPECT_EQ(any.say(H | S | M | L), nak(H | S));
    EXPECT_EQ(any.say(H | M | L), nak(H | M));
    EXPECT_EQ(any.say(H | L), ack(H | L));
}

TEST(Ccp, NeverAcknowledgesWhatHasNoKeyLength) {
    for (const std::uint32_t bits : {0U, H, D, C, H | C, H | D}) {
        CcpBench bench(Encryption::Auto);
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(bench.say(bits), nak(H | S)) << std::hex << bits;
        for (int i = 0; i < 20; ++i)
            EXPECT_NE(bench.say(bits).first, CpCode::ConfigureAck) << std::hex << bits;
        EXPECT_EQ(bench.count<EncryptionUp>(), 0U);
        EXPECT_EQ(bench.count<EncryptionRefused>(), 1U);
    }
}

TEST(Ccp, DoesNotTakeAShorterKeyThanAllowed) {
    CcpBench bench(Encryption::Required);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(bench.say(H | L), nak(H | S));
    EXPECT_FALSE(bench.ended());
    static_cast<void>(bench.say(H | L));
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(bench.reason().text,
              "encryption is required and cannot be had: the peer wants MPPE with 40 bit, "
              "stateless; allowed is 128 bit, stateless");
}

TEST(Ccp, TakesStatefulModeOnlyWhereAllowedAndThenNotAtFirst) {
    CcpBench no(Encryption::Auto);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(no.say(S), nak(H | S));
    EXPECT_NE(no.say(S).first, CpCode::ConfigureAck);

    LinkOptions options = encrypting(Encryption::Auto);
    options.mppe_stateful = StatefulMppe::Yes;
    CcpBench yes(options);
    EXPECT_EQ(yes.asked(), H | S);
    EXPECT_EQ(yes.say(S), nak(H | S));
    EXPECT_EQ(yes.say(S), ack(S));
    yes.answer(CpCode::ConfigureNak, S);
    EXPECT_EQ(yes.asked(), S);
    yes.acknowledge(ccp);
    EXPECT_EQ(yes.get<EncryptionUp>().send->mode.state, Stateful);
    EXPECT_EQ(yes.get<EncryptionUp>().receive->mode.state, Stateful);
}

TEST(Ccp, AsksForStatefulModeAloneWhereNothingElseIsAllowed) {
    LinkOptions options = encrypting(Encryption::Required);
    options.mppe_stateful = StatefulMppe::Only;
    CcpBench bench(options);
    EXPECT_EQ(bench.asked(), S);
    EXPECT_EQ(bench.say(H | S), nak(S));
    EXPECT_EQ(bench.say(S), ack(S));
    // One that would rather have the other mode is asked again, but not for ever.
    for (int i = 0; i < options.max_failure; ++i) {
        bench.answer(CpCode::ConfigureNak, H | S);
        EXPECT_EQ(bench.asked(), S);
    }
    EXPECT_FALSE(bench.ended());
    bench.answer(CpCode::ConfigureNak, H | S);
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_THAT(
        bench.reason().text,
        testing::HasSubstr("offers MPPE with 128 bit, stateless; allowed is 128 bit, stateful"));
}

// pppd ends the link when a Nak shows a length that it has not asked for.
TEST(Ccp, ANakForTheOtherModeKeepsToTheLengthsThatWereAskedFor) {
    LinkOptions options = encrypting(Encryption::Required, all_strengths());
    options.mppe_stateful = StatefulMppe::Only;
    CcpBench bench(options);
    EXPECT_EQ(bench.say(H | L), nak(L));
    EXPECT_EQ(bench.say(H | L | M), nak(M));
    EXPECT_EQ(bench.say(H), nak(S));
    EXPECT_EQ(bench.say(L), ack(L));
}

TEST(Ccp, TheDirectionsMayDiffer) {
    LinkOptions options = encrypting(Encryption::Required, all_strengths());
    options.mppe_stateful = StatefulMppe::Yes;
    CcpBench bench(options);
    static_cast<void>(bench.say(L));
    EXPECT_EQ(bench.say(L), ack(L));
    bench.answer(CpCode::ConfigureNak, H | M);
    bench.acknowledge(ccp);
    const auto up = bench.get<EncryptionUp>();
    EXPECT_EQ(up.send->mode, (MppeMode{Bits40, Stateful}));
    EXPECT_EQ(up.receive->mode, (MppeMode{Bits56, Stateless}));
}

TEST(Ccp, RejectsEveryOtherCompressor) {
    CcpBench bench(Encryption::Auto);
    const CpOption bsd{21, {0x2f}};
    const CpOption deflate{26, {0x78, 0}};
    const CpOption predictor{1, {}};
    EXPECT_EQ(bench.say({deflate, mppe(H | S), bsd, predictor}),
              (Answer{CpCode::ConfigureReject, {deflate, bsd, predictor}}));
    EXPECT_EQ(bench.say(H | S), ack(H | S));
}

TEST(Ccp, AsksAPeerForTheOptionThatItLeavesOut) {
    CcpBench bench(Encryption::Required);
    EXPECT_EQ(bench.say(CpOptions{}), nak(H | S));
    EXPECT_EQ(bench.say(H | S), ack(H | S));
}

TEST(Ccp, AnswersAnOptionOfTheWrongLengthWithTheRightOne) {
    CcpBench bench(Encryption::Auto);
    EXPECT_EQ(bench.say({CpOption{18, {1, 0, 0}}}), nak(H | S));
    EXPECT_EQ(bench.say({CpOption{18, {1, 0, 0, 0x40, 0}}}), nak(H | S));
}

TEST(Ccp, FollowsANakWithAnAllowedLength) {
    CcpBench bench(encrypting(Encryption::Required, all_strengths()));
    bench.answer(CpCode::ConfigureNak, H | L);
    EXPECT_EQ(bench.asked(), H | L);
    EXPECT_EQ(bench.say(H | L), ack(H | L));
    bench.acknowledge(ccp);
    EXPECT_EQ(bench.get<EncryptionUp>().receive->mode.strength, Bits40);
}

TEST(Ccp, AnAckOfSeveralKeyLengthsAgreesOnNothing) {
    CcpBench bench(encrypting(Encryption::Required, all_strengths()));
    EXPECT_EQ(bench.say(H | S), ack(H | S));
    bench.acknowledge(ccp);
    EXPECT_EQ(bench.count<EncryptionUp>(), 0U);
    EXPECT_EQ(bench.asked(), H | S);
    bench.acknowledge(ccp);
    EXPECT_EQ(bench.get<EncryptionUp>().receive->mode.strength, Bits128);
}

// How a link ends, or not, with a peer that will not encrypt.
struct Refusal {
    const char *name;
    void (*by)(CcpBench &bench);
    const char *text;
};
class CcpRefused : public testing::TestWithParam<Refusal> {};
INSTANTIATE_TEST_SUITE_P(
    All, CcpRefused,
    testing::Values(
        Refusal{"ProtocolReject",
                [](CcpBench &bench) {
                    const Bytes request = wire::encode(wire::CpPacket{
                        CpCode::ConfigureRequest, bench.last(ccp, CpCode::ConfigureRequest).id,
                        bench.last(ccp, CpCode::ConfigureRequest).data});
                    bench.hear(lcp, CpCode::ProtocolReject, 9,
                               wire::encode(wire::ProtocolRejectData{ccp, request}));
                },
                "the peer does not speak CCP (Protocol-Reject)"},
        Refusal{"ConfigureReject",
                [](CcpBench &bench) { bench.answer(CpCode::ConfigureReject, H | S); },
                "the peer rejects MPPE with 128 bit, stateless"},
        Refusal{"Only40", [](CcpBench &bench) { bench.answer(CpCode::ConfigureNak, H | L); },
                "the peer offers MPPE with 40 bit, stateless; allowed is 128 bit, stateless"},
        Refusal{"OnlyStateful", [](CcpBench &bench) { bench.answer(CpCode::ConfigureNak, S); },
                "the peer offers MPPE with 128 bit, stateful; allowed is 128 bit, stateless"},
        Refusal{"AllZero", [](CcpBench &bench) { bench.answer(CpCode::ConfigureNak, 0); },
                "the peer offers MPPE with no key length at all; allowed is 128 bit, stateless"},
        Refusal{"Compression", [](CcpBench &bench) { bench.answer(CpCode::ConfigureNak, C); },
                "the peer offers MPPE with compression (MPPC) without encryption; allowed is 128 "
                "bit, stateless"},
        Refusal{"Terminate",
                [](CcpBench &bench) {
                    bench.hear(ccp, CpCode::TerminateRequest, 5, Bytes{'n', 'o'});
                },
                "the peer closed CCP: \"no\""},
        Refusal{"Silence", [](CcpBench &bench) { bench.pass(9s); },
                "the peer does not answer CCP Configure-Requests"}),
    [](const auto &test) { return std::string(test.param.name); });

TEST_P(CcpRefused, EndsALinkThatRequiresIt) {
    CcpBench bench(Encryption::Required);
    GetParam().by(bench);
    bench.pass(30s);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(bench.reason().text,
              std::string("encryption is required and cannot be had: ") + GetParam().text);
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureRequest), 0U);
    EXPECT_EQ(bench.count<EncryptionRefused>(), 0U);
}

TEST_P(CcpRefused, LeavesALinkInClearThatDoesNot) {
    CcpBench bench(Encryption::Auto);
    GetParam().by(bench);
    ASSERT_EQ(bench.count<EncryptionRefused>(), 1U);
    EXPECT_EQ(bench.get<EncryptionRefused>().text, GetParam().text);
    bench.ipv4();
    EXPECT_EQ(bench.count<EncryptionRefused>(), 1U);
    EXPECT_FALSE(bench.ended());
}

TEST(Ccp, WaitsForASilentPeerOnlyAFewSecondsWhereItIsOptional) {
    CcpBench bench(Encryption::Auto);
    bench.pass(10s);
    EXPECT_EQ(bench.count(ccp, CpCode::ConfigureRequest), 4U);
    EXPECT_GE(bench.count(ipcp, CpCode::ConfigureRequest), 1U);
    // It may still begin later.
    bench.ipv4();
    bench.agree(H | S);
    EXPECT_EQ(bench.count<EncryptionUp>(), 1U);
    EXPECT_EQ(bench.count<Ipv4Down>(), 0U);
}

TEST(Ccp, APeerThatWasAgreedWithAndThenRefusesLeavesTheLinkInClear) {
    CcpBench bench(Encryption::Auto);
    EXPECT_EQ(bench.say(H | S), ack(H | S));
    bench.answer(CpCode::ConfigureReject, H | S);
    const auto terminate = bench.last(ccp, CpCode::TerminateRequest);
    bench.hear(ccp, CpCode::TerminateAck, terminate.id, {});
    EXPECT_EQ(bench.count<EncryptionRefused>(), 1U);
    bench.ipv4();
}

TEST(Ccp, APeerThatWasAgreedWithAndThenFallsSilentMayBeEncryptingSoThatTheLinkEnds) {
    CcpBench bench(Encryption::Auto);
    EXPECT_EQ(bench.say(H | S), ack(H | S));  // its Ack of ours is lost, every time
    bench.pass(30s);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().text,
              "encryption was lost: the peer does not answer CCP Configure-Requests");
}

TEST(Ccp, AnIpcpRequestThatCameTooEarlyIsAnsweredWhenItsTimeHasCome) {
    CcpBench bench(Encryption::Auto);
    bench.ipcp(CpCode::ConfigureRequest, 1, {address(0x0a000009)});
    bench.ipcp(CpCode::ConfigureRequest, 2, {address(0x0a000001)});  // again, other words
    EXPECT_EQ(bench.count(ipcp, CpCode::ConfigureAck), 0U);
    bench.agree(H | S);
    ASSERT_EQ(bench.count(ipcp, CpCode::ConfigureAck), 1U);
    EXPECT_EQ(bench.last(ipcp, CpCode::ConfigureAck).id, 2);
}

TEST(Ccp, AMethodWithoutKeysIsNotEvenAgreedToWhereEncryptionIsRequired) {
    for (const auto &[option, name] : {std::pair(authentication(0xc023), "pap"),
                                       std::pair(authentication(0xc223, {5}), "chap")}) {
        Bench bench(encrypting(Encryption::Required));
        bench.open();
        for (std::uint8_t id = 1; id <= 10 && !bench.ended(); ++id)
            bench.lcp(CpCode::ConfigureRequest, id, {option});
        bench.pass(10s);
        ASSERT_TRUE(bench.ended());
        EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
        EXPECT_EQ(bench.reason().text,
                  "no common authentication method: the peer wants authentication with " +
                      std::string(name) +
                      ", allowed is mschap2,mschap1; encryption is required, and only mschap2 and "
                      "mschap1 give keys for it");
        EXPECT_EQ(bench.count(lcp, CpCode::ConfigureAck), 0U);
    }
}

TEST(Ccp, APeerThatHangsUpBecauseOfThatIsNotBlamed) {
    Bench bench(encrypting(Encryption::Required));
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {authentication(0xc023)});
    bench.terminate("");
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
}

TEST(Ccp, APeerThatGivesUpFirstIsAnsweredWithWhatItWanted) {
    CcpBench bench(Encryption::Required);
    EXPECT_EQ(bench.say(H | L), nak(H | S));
    bench.terminate("MPPE required but peer negotiation failed");
    bench.lower_down();
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(bench.reason().text,
              "encryption is required and cannot be had: the peer wants MPPE with 40 bit, "
              "stateless; allowed is 128 bit, stateless; the peer closed the link: \"MPPE required "
              "but peer negotiation failed\"");
}

TEST(Ccp, NoAuthenticationAtAllGivesNoKeys) {
    Bench required(encrypting(Encryption::Required));
    required.open_lcp();
    required.pass(10s);
    EXPECT_EQ(required.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_EQ(required.reason().text,
              "encryption is required and cannot be had: the peer asked for no authentication, "
              "which gives the keys for it");

    Bench automatic(encrypting(Encryption::Auto));
    automatic.open_all();
    EXPECT_EQ(automatic.count<EncryptionRefused>(), 1U);
    EXPECT_EQ(automatic.count(ccp, CpCode::ConfigureRequest), 0U);
}

TEST(Ccp, PapAndChapLeaveALinkInClearThatDoesNotNeedMore) {
    for (const auto method : {auth::Method::Pap, auth::Method::Chap}) {
        CcpBench bench(encrypting(Encryption::Auto), method);
        EXPECT_EQ(bench.get<EncryptionRefused>().text, "authentication with " +
                                                           std::string(auth::info(method).name) +
                                                           " gives no keys for it");
        bench.ipv4();
    }
}

// RFC 1661 section 4.1, a Configure-Request in Opened; RFC 3079 has no other keys.
TEST(Ccp, ARenegotiationBeginsWithTheSameKeysAndIpv4StaysAsItIs) {
    CcpBench bench(Encryption::Auto);
    bench.agree(H | S);
    bench.ipv4();
    const auto first = bench.get<EncryptionUp>();
    bench.ccp(CpCode::ConfigureRequest, 50, {mppe(H | S)});
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    EXPECT_LT(position<EncryptionUp>(bench), position<EncryptionDown>(bench));
    bench.acknowledge(ccp);
    ASSERT_EQ(bench.count<EncryptionUp>(), 2U);
    const auto second = bench.get<EncryptionUp>();
    EXPECT_TRUE(second.send->start_key.same_as(first.send->start_key.reveal()));
    EXPECT_TRUE(second.receive->start_key.same_as(first.receive->start_key.reveal()));
    EXPECT_EQ(bench.count<Ipv4Down>(), 0U);
    EXPECT_FALSE(bench.ended());
}

TEST(Ccp, WhatWasEncryptedNeverGoesOnInClear) {
    for (const auto encryption : {Encryption::Auto, Encryption::Required}) {
        CcpBench bench(encryption);
        bench.agree(H | S);
        bench.ipv4();
        bench.hear(ccp, CpCode::TerminateRequest, 5, {});
        EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
        EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
        bench.pass(10s);
        ASSERT_TRUE(bench.ended());
        EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
        EXPECT_THAT(bench.reason().text, testing::HasSubstr("the peer closed CCP"));
    }
}

TEST(Ccp, ARenegotiationThatFailsEndsTheLink) {
    CcpBench bench(Encryption::Auto);
    bench.agree(H | S);
    bench.ipv4();
    bench.ccp(CpCode::ConfigureRequest, 50, {mppe(H | L)});
    bench.answer(CpCode::ConfigureNak, H | L);
    bench.pass(10s);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::EncryptionFailed);
    EXPECT_THAT(bench.reason().text, testing::StartsWith("encryption was lost: the peer offers"));
}

TEST(Ccp, ALinkThatStartsOverAuthenticatesAndEncryptsAnew) {
    Bench bench(encrypting(Encryption::Required));
    fake::FakePppPeer::Options options;
    options.method = auth::Method::MsChap2;
    options.mppe = H | S;
    fake::FakePppPeer server(options);
    bench.open();
    bench.talk(server);
    ASSERT_EQ(bench.count<Ipv4Up>(), 1U);
    const auto first = bench.get<EncryptionUp>();
    bench.lcp(CpCode::ConfigureRequest, 99);
    EXPECT_EQ(bench.count<EncryptionDown>(), 1U);
    bench.talk(server);
    EXPECT_EQ(bench.count<Ipv4Up>(), 2U);
    ASSERT_EQ(bench.count<EncryptionUp>(), 2U);
    // Other keys: we have drawn another challenge.
    EXPECT_FALSE(bench.get<EncryptionUp>().send->start_key.same_as(first.send->start_key.reveal()));
}

TEST(Ccp, ALinkThatWasEncryptedDoesNotStartOverInClear) {
    CcpBench bench(Encryption::Auto);
    bench.agree(H | S);
    bench.lcp(CpCode::ConfigureRequest, 99);
    bench.acknowledge(lcp);
    bench.pass(10s);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().text, "encryption was lost: the peer asked for no authentication, "
                                   "which gives the keys for it");
}

TEST(Ccp, OneDirectionInClearIsEnoughWhereEncryptionIsOptionalOnly) {
    const auto one_way = [](CcpBench &bench) {
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(bench.say(CpOptions{}).first, CpCode::ConfigureNak);
        EXPECT_EQ(bench.say(CpOptions{}).first, CpCode::ConfigureAck);
        bench.acknowledge(ccp);
    };
    CcpBench automatic(Encryption::Auto);
    one_way(automatic);
    EXPECT_FALSE(automatic.get<EncryptionUp>().send);
    EXPECT_TRUE(automatic.get<EncryptionUp>().receive);
    EXPECT_EQ(automatic.get<EncryptionUp>().mtu, automatic.get<LcpOpened>().mtu);

    CcpBench required(Encryption::Required);
    one_way(required);
    EXPECT_EQ(required.count<EncryptionUp>(), 0U);
    required.pass(10s);
    EXPECT_EQ(required.reason().text, "encryption is required and cannot be had: the peer does not "
                                      "ask for encrypted packets");
}

TEST(Ccp, ResetsAreTheKernelsAndDoNoHarm) {
    CcpBench bench(Encryption::Auto);
    bench.agree(H | S);
    const std::size_t before = bench.sent.size();
    bench.hear(ccp, CpCode::ResetRequest, 1, {});
    bench.hear(ccp, CpCode::ResetAck, 1, {});
    EXPECT_EQ(bench.count(ccp, CpCode::CodeReject), 0U);
    EXPECT_EQ(bench.sent.size(), before);
    bench.hear(ccp, static_cast<CpCode>(99), 1, {});
    EXPECT_EQ(bench.count(ccp, CpCode::CodeReject), 1U);
    EXPECT_FALSE(bench.ended());
}

TEST(Ccp, APeerThatHangsUpForLackOfItIsQuotedWithWhyThereIsNone) {
    CcpBench bench(Encryption::Auto);
    bench.answer(CpCode::ConfigureNak, H | L);
    bench.terminate("MPPE required but peer negotiation failed");
    bench.lower_down();
    EXPECT_EQ(bench.reason().text,
              "the peer closed the link: \"MPPE required but peer negotiation failed\" (the link "
              "was not encrypted: the peer offers MPPE with 40 bit, stateless; allowed is 128 bit, "
              "stateless)");
}

TEST(MppeStrengths, AreTheSameAfterBeingText) {
    for (const char *text : {"auto", "56", "40", "128,56", "128,56,40", "56,40"})
        EXPECT_EQ(MppeStrengths::parse(text).value().text(), text);
    EXPECT_EQ(MppeStrengths::parse("40,128").value().text(), "128,40");
    EXPECT_EQ(MppeStrengths::parse("128").value(), MppeStrengths::parse("auto").value());
    for (const char *text : {"", "64", "128,", ",128", "128,auto", "AUTO", "128 40", "0128"}) {
        ASSERT_FALSE(MppeStrengths::parse(text)) << text;
        EXPECT_EQ(MppeStrengths::parse(text).error().text,
                  "expected auto, or some of 128,56,40 separated by commas");
    }
}

}  // namespace
}  // namespace rtun::ppp
