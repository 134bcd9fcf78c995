// SPDX-License-Identifier: GPL-2.0-or-later
//
// LCP as a Link speaks it, and the identifier and refusal rules of RFC 1661 section 5 that it has
// in common with IPCP.
#include <tests/ppp/bench.h>

namespace rtun::ppp {
namespace {

constexpr PppProtocol lcp = PppProtocol::Lcp;

CpOptions asked(const Bench &bench) { return bench.last(lcp, CpCode::ConfigureRequest).options(); }
bool has(const CpOptions &options, std::uint8_t type) {
    return std::any_of(options.begin(), options.end(),
                       [type](const CpOption &o) { return o.type == type; });
}
std::uint32_t asked_magic(const Bench &bench) {
    for (const CpOption &option : asked(bench))
        if (option.type == 5)
            return std::get<wire::LcpMagic>(wire::lcp_option(option)).magic;
    return 0;
}

TEST(Lcp, AsksForMruMagicNumberAndBothCompressionsInThisOrder) {
    Bench bench;
    bench.open();
    const CpOptions options = asked(bench);
    ASSERT_EQ(options.size(), 4U);
    EXPECT_EQ(options[0], mru(1450));
    EXPECT_EQ(options[1].type, 5);
    EXPECT_NE(asked_magic(bench), 0U);
    EXPECT_EQ(options[2], (CpOption{7, {}}));
    EXPECT_EQ(options[3], (CpOption{8, {}}));
}

TEST(Lcp, LeavesOutTheDefaultMruAndUnwishedCompressions) {
    LinkOptions options;
    options.mru = 1500;
    options.request_pfc = options.request_acfc = false;
    Bench bench(std::move(options));
    bench.open();
    ASSERT_EQ(asked(bench).size(), 1U);
    EXPECT_EQ(asked(bench)[0].type, 5);
}

TEST(Lcp, RetransmitsTheSameRequestTenTimesWithBackoffThenGivesUp) {
    Bench bench;
    bench.open();
    const Bytes first = bench.last(lcp, CpCode::ConfigureRequest).data;
    bench.pass(749ms);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 1U);
    bench.pass(1ms);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 2U);
    bench.pass(1500ms);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 3U);
    bench.pass(3s);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 4U);
    bench.pass(60s);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 10U);
    for (const Sent &sent : bench.sent) {
        EXPECT_EQ(sent.id, bench.sent[0].id);
        EXPECT_EQ(sent.data, first);
    }
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("not one PPP frame came"));
}

TEST(Lcp, ARequestRepeatedAfterAValidReplyHasANewIdentifier) {
    Bench bench;
    bench.open();
    const Sent request = bench.last(lcp, CpCode::ConfigureRequest);
    bench.acknowledge(lcp);
    bench.pass(3s);  // the peer's own request does not come
    const Sent again = bench.last(lcp, CpCode::ConfigureRequest);
    EXPECT_NE(again.id, request.id);
    EXPECT_EQ(again.data, request.data);
}

TEST(Lcp, AcknowledgesEverythingReasonableOctetForOctet) {
    Bench bench;
    bench.open();
    const CpOptions options = {mru(1400), {2, {0, 0, 0, 0}}, magic(0x11223344), {7, {}}, {8, {}}};
    bench.lcp(CpCode::ConfigureRequest, 42, options);
    const Sent ack = bench.last(lcp, CpCode::ConfigureAck);
    EXPECT_EQ(ack.id, 42);
    EXPECT_EQ(ack.options(), options);
    bench.acknowledge(lcp);
    const auto opened = bench.get<LcpOpened>();
    EXPECT_EQ(opened.mtu, 1400);
    EXPECT_EQ(opened.mru, 1450);
    EXPECT_EQ(opened.magic, asked_magic(bench));
    EXPECT_TRUE(opened.pfc_rx);
    EXPECT_TRUE(opened.pfc_tx);
    EXPECT_TRUE(opened.acfc_tx);
    EXPECT_EQ(opened.method, std::nullopt);
}

TEST(Lcp, SendsNoMoreThanItWasToldToEvenIfThePeerCouldReceiveMore) {
    Bench bench;
    bench.open_lcp({mru(9000)});
    EXPECT_EQ(bench.get<LcpOpened>().mtu, 1450);
    Bench plain;
    plain.open_lcp();
    EXPECT_EQ(plain.get<LcpOpened>().mtu, 1450);
    EXPECT_FALSE(plain.get<LcpOpened>().pfc_tx);
    EXPECT_FALSE(plain.get<LcpOpened>().acfc_tx);
}

TEST(Lcp, OffersTheLeastUsefulMruForASmallerOne) {
    Bench bench;
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {mru(127), {7, {}}});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureNak).options(), CpOptions{mru(128)});
    bench.lcp(CpCode::ConfigureRequest, 2, {mru(128)});
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureAck), 1U);
}

TEST(Lcp, RejectsWhatItDoesNotDoAndNothingElse) {
    Bench bench;
    bench.open();
    const CpOption quality{4, {0xc0, 0x25, 0, 0, 0, 100}}, callback{13, {6}}, mrru{17, {5, 220}},
        short_sequence{18, {}}, discriminator{19, {1, 1, 1}}, reserved{0, {}};
    bench.lcp(
        CpCode::ConfigureRequest, 1,
        {mru(100), quality, magic(7), callback, mrru, short_sequence, discriminator, reserved});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureReject).options(),
              (CpOptions{quality, callback, mrru, short_sequence, discriminator, reserved}));
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureNak), 0U);
    EXPECT_EQ(bench.link.counters().rejected, 1U);
}

TEST(Lcp, AnswersAWrongLengthWithTheRightOneOrARejectWhereThereIsNoValue) {
    Bench bench;
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {{1, {5}}, {2, {0}}, {3, {0xc0}}});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureNak).options(),
              (CpOptions{mru(1500), {2, {0, 0, 0, 0}}, authentication(0xc223, {0x81})}));
    bench.lcp(CpCode::ConfigureRequest, 2, {{5, {1, 2}}});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureNak).options().at(0).data.size(), 4U);
    bench.lcp(CpCode::ConfigureRequest, 3, {{7, {1}}, {8, {1}}});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureReject).options(), (CpOptions{{7, {1}}, {8, {1}}}));
}

TEST(Lcp, DiscardsARequestThatNamesAnOptionTwice) {
    Bench bench;
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {mru(1400), {7, {}}, mru(1300)});
    bench.lcp(CpCode::ConfigureRequest, 2,
              {authentication(0xc223, {0x81}), authentication(0xc023)});
    EXPECT_EQ(bench.sent.size(), 1U) << "nothing but our own request";
    EXPECT_EQ(bench.link.counters().malformed, 2U);
    // What may be listed twice elsewhere is just not known here.
    bench.lcp(CpCode::ConfigureRequest, 3, {{99, {1}}, {99, {2}}});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureReject).options().size(), 2U);
}

TEST(Lcp, DiscardsMalformedPacketsSilently) {
    Bench bench;
    bench.open();
    bench.hear(Bytes{});
    bench.hear(Bytes{0xc0});
    bench.hear(lcp, Bytes{1, 1, 0});
    bench.hear(lcp, Bytes{1, 1, 0, 3});
    bench.hear(lcp, Bytes{1, 1, 0, 9, 1, 4});
    bench.hear(lcp, CpCode::ConfigureRequest, 1, Bytes{7, 0});
    bench.hear(lcp, CpCode::ConfigureRequest, 1, Bytes{7, 1});
    bench.hear(lcp, CpCode::ConfigureRequest, 1, Bytes{1, 4, 5});
    bench.hear(lcp, CpCode::CodeReject, 1, Bytes{});
    EXPECT_EQ(bench.sent.size(), 1U);
    EXPECT_EQ(bench.link.counters().malformed, 9U);
    EXPECT_EQ(bench.link.counters().frames_in, 9U);
}

TEST(Lcp, DiscardsRepliesWhoseIdentifierOrContentIsNotThatOfItsRequest) {
    Bench bench;
    bench.open();
    const Sent request = bench.last(lcp, CpCode::ConfigureRequest);
    const auto other = static_cast<std::uint8_t>(request.id + 1);
    const CpOptions all = request.options();
    bench.lcp(CpCode::ConfigureAck, other, all);
    bench.lcp(CpCode::ConfigureNak, other, {mru(1400)});
    bench.lcp(CpCode::ConfigureReject, other, {all[0]});
    EXPECT_EQ(bench.link.counters().unexpected, 3U);

    bench.lcp(CpCode::ConfigureAck, request.id, {all[0]});  // too little
    bench.lcp(CpCode::ConfigureAck, request.id, {all[1], all[0], all[2], all[3]});
    bench.lcp(CpCode::ConfigureReject, request.id, {mru(1400)});       // not what we sent
    bench.lcp(CpCode::ConfigureReject, request.id, {all[2], all[1]});  // not in our order
    bench.lcp(CpCode::ConfigureReject, request.id, {all[2], all[2]});
    bench.lcp(CpCode::ConfigureReject, request.id, {});
    bench.lcp(CpCode::ConfigureNak, request.id, {});
    bench.lcp(CpCode::ConfigureNak, request.id, {{99, {1}}});  // nobody knows that one
    bench.hear(lcp, CpCode::ConfigureNak, request.id, Bytes{1, 1});
    EXPECT_EQ(bench.link.counters().malformed, 9U);
    EXPECT_EQ(bench.sent.size(), 1U);

    bench.lcp(CpCode::ConfigureAck, request.id, all);
    bench.lcp(CpCode::ConfigureAck, request.id, all);  // a second answer to the same is none
    EXPECT_EQ(bench.link.counters().unexpected, 4U);
    bench.lcp(CpCode::ConfigureRequest, 1);
    EXPECT_EQ(bench.count<LcpOpened>(), 1U);
}

TEST(Lcp, TakesANakOfItsMruUpToTheDefaultAndChangesTheIdentifier) {
    Bench bench;
    bench.open();
    const Sent request = bench.last(lcp, CpCode::ConfigureRequest);
    bench.lcp(CpCode::ConfigureNak, request.id, {mru(1400)});
    EXPECT_TRUE(has(asked(bench), 1));
    EXPECT_EQ(asked(bench)[0], mru(1400));
    EXPECT_NE(bench.last(lcp, CpCode::ConfigureRequest).id, request.id);
    bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id, {mru(4000)});
    EXPECT_EQ(asked(bench)[0], mru(1400)) << "more than we can promise";
    bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id, {mru(10)});
    EXPECT_EQ(asked(bench)[0], mru(1400)) << "less than is of use";
}

TEST(Lcp, DropsWhatThePeerRejects) {
    Bench bench;
    bench.open();
    const CpOptions all = asked(bench);
    bench.lcp(CpCode::ConfigureReject, bench.last(lcp, CpCode::ConfigureRequest).id,
              {all[0], all[2]});
    EXPECT_EQ(asked(bench), (CpOptions{all[1], all[3]}));
    bench.lcp(CpCode::ConfigureReject, bench.last(lcp, CpCode::ConfigureRequest).id,
              {all[1], all[3]});
    EXPECT_TRUE(asked(bench).empty());
    bench.lcp(CpCode::ConfigureRequest, 1);
    bench.acknowledge(lcp);
    const auto opened = bench.get<LcpOpened>();
    EXPECT_EQ(opened.mru, 1500);
    EXPECT_EQ(opened.magic, 0U);
    EXPECT_FALSE(opened.pfc_rx);
    // Section 5.8: zero until a magic number is agreed on.
    bench.hear(lcp, CpCode::EchoRequest, 5, Bytes{1, 2, 3, 4, 0xaa});
    EXPECT_EQ(bench.last(lcp, CpCode::EchoReply).data, (Bytes{0, 0, 0, 0, 0xaa}));
}

TEST(Lcp, ANakOfABooleanOptionCountsAsItsReject) {
    Bench bench;
    bench.open();
    bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id, {{7, {}}});
    EXPECT_FALSE(has(asked(bench), 7));
    EXPECT_TRUE(has(asked(bench), 8));
}

TEST(Lcp, DoesNotTakeUpOptionsThatAPeerAppendsToItsNak) {
    Bench bench;
    bench.open();
    bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id,
              {{2, {0, 0, 0, 0}}, authentication(0xc023)});
    EXPECT_FALSE(has(asked(bench), 2));
    EXPECT_FALSE(has(asked(bench), 3));
}

TEST(Lcp, APeerThatRefusesForEverIsGivenUp) {
    Bench bench;
    bench.open();
    for (int i = 0; i < 100 && !bench.ended(); ++i) {
        bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id, {mru(10)});
        bench.pass(1ms);
    }
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("keeps refusing MRU 1450"));
    EXPECT_LE(bench.count(lcp, CpCode::ConfigureRequest), 17U);
}

TEST(Lcp, APeerThatAcknowledgesForEverButNeverAsksIsGivenUp) {
    Bench bench;
    bench.open();
    for (int i = 0; i < 100 && !bench.ended(); ++i) {
        bench.acknowledge(lcp);
        bench.pass(3s);
    }
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("never asks"));
}

TEST(Lcp, AfterMaxFailureANakBecomesAReject) {
    Bench bench;
    bench.open();
    for (std::uint8_t id = 1; id <= 5; ++id)
        bench.lcp(CpCode::ConfigureRequest, id, {mru(64)});
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureNak), 5U);
    bench.lcp(CpCode::ConfigureRequest, 6, {mru(64)});
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureNak), 5U);
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureReject).options(), CpOptions{mru(64)});
    // And a peer that still insists is given up in the end.
    for (std::uint8_t id = 7; id < 30; ++id)
        bench.lcp(CpCode::ConfigureRequest, id, {mru(64)});
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("insists"));
}

TEST(Lcp, AcknowledgesAnAllowedMethodAndNaksAnotherWithTheStrongestAllowed) {
    auth::MethodSet allow;
    allow.add(auth::Method::MsChap2);
    allow.add(auth::Method::Chap);
    Bench bench(with_password("secret", allow));
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {authentication(0xc227)});  // EAP
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureNak).options(),
              CpOptions{authentication(0xc223, {0x81})});
    bench.lcp(CpCode::ConfigureRequest, 2, {authentication(0xc023)});  // PAP: not allowed
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureNak).options(),
              CpOptions{authentication(0xc223, {5})})
        << "the next one";
    bench.lcp(CpCode::ConfigureRequest, 3, {authentication(0xc223, {0x80})});  // MS-CHAPv1
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureNak), 3U);
    bench.lcp(CpCode::ConfigureRequest, 4, {authentication(0xc223, {5})});
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureAck), 1U);
    bench.acknowledge(lcp);
    EXPECT_EQ(bench.get<LcpOpened>().method, auth::Method::Chap);
    EXPECT_EQ(bench.link.phase(), Phase::Authenticate);
}

TEST(Lcp, NamesWhatThePeerInsistsOnAndWhatIsAllowed) {
    auth::MethodSet allow;
    allow.add(auth::Method::MsChap2);
    Bench bench(with_password("secret", allow));
    bench.open();
    for (std::uint8_t id = 1; id <= 6; ++id)
        bench.lcp(CpCode::ConfigureRequest, id, {authentication(0xc227)});
    EXPECT_EQ(bench.count(lcp, CpCode::TerminateRequest), 1U);
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_THAT(bench.reason().text, testing::HasSubstr("eap, allowed is mschap2"));
}

TEST(Lcp, APeerThatHangsUpForWantOfAMethodIsReportedAsThat) {
    auth::MethodSet allow;
    allow.add(auth::Method::Pap);
    Bench bench(with_password("secret", allow));
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {authentication(0xc223, {5})});
    bench.lcp(CpCode::ConfigureRequest, 2);  // gives in ...
    bench.acknowledge(lcp);
    bench.terminate("peer refused to authenticate");  // ... and closes, as pppd does
    bench.pass(10s);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::AuthFailed);
    EXPECT_THAT(bench.reason().text,
                testing::AllOf(testing::HasSubstr("chap, allowed is pap"),
                               testing::HasSubstr("\"peer refused to authenticate\"")));
}

TEST(Lcp, RejectsAuthenticationWhenNoMethodIsAllowed) {
    LinkOptions options;
    options.allow = {};
    Bench bench(std::move(options));
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {authentication(0xc023)});
    EXPECT_EQ(bench.last(lcp, CpCode::ConfigureReject).options(),
              CpOptions{authentication(0xc023)});
}

TEST(Lcp, AMagicNumberOfZeroIsNakd) {
    Bench bench;
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {magic(0)});
    const CpOptions nak = bench.last(lcp, CpCode::ConfigureNak).options();
    ASSERT_EQ(nak.size(), 1U);
    EXPECT_NE(nak[0], magic(0));
}

TEST(Lcp, OurOwnMagicNumberIsNakdWithAnother) {
    Bench bench;
    bench.open();
    bench.lcp(CpCode::ConfigureRequest, 1, {magic(asked_magic(bench))});
    const CpOptions nak = bench.last(lcp, CpCode::ConfigureNak).options();
    EXPECT_NE(nak.at(0), magic(asked_magic(bench)));
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 1U) << "no new request for that";
    // The peer's Nak of our number names a unique one: taken.
    bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id,
              {magic(0x12345678)});
    EXPECT_EQ(asked_magic(bench), 0x12345678U);
}

TEST(Lcp, ALoopedBackLineIsFoundOut) {
    Bench bench;
    bench.open();
    for (std::size_t i = 0; i < bench.outputs.size() && i < 1000 && !bench.ended(); ++i)
        if (const auto *send = std::get_if<SendFrame>(&bench.outputs[i]))
            bench.hear(Bytes(send->frame));
    bench.pass(20s);
    ASSERT_TRUE(bench.ended());
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::Looped);
    EXPECT_LT(bench.sent.size(), 60U);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureReject), 0U)
        << "who uses magic numbers must let the peer do so";
}

TEST(Lcp, EchoesAreAnsweredOnlyInOpenedAndWithOurMagicNumber) {
    Bench bench;
    bench.open();
    bench.hear(lcp, CpCode::EchoRequest, 5, Bytes{0, 0, 0, 0});
    EXPECT_EQ(bench.count(lcp, CpCode::EchoReply), 0U);
    bench.lcp(CpCode::ConfigureRequest, 1);
    bench.acknowledge(lcp);
    bench.hear(lcp, CpCode::EchoRequest, 5, Bytes{9, 9, 9, 9, 'h', 'i'});
    const Sent reply = bench.last(lcp, CpCode::EchoReply);
    EXPECT_EQ(reply.id, 5);
    const auto echo = wire::decode_echo(reply.data);
    EXPECT_EQ(echo->magic, bench.get<LcpOpened>().magic);
    EXPECT_EQ(Bytes(echo->data.begin(), echo->data.end()), (Bytes{'h', 'i'}));
    // Replies, discards and the messages of RFC 1570 are taken without an answer.
    const std::size_t before = bench.sent.size();
    for (const auto code :
         {CpCode::EchoReply, CpCode::DiscardRequest, CpCode::Identification, CpCode::TimeRemaining})
        bench.hear(lcp, code, 6, Bytes(12));
    bench.hear(lcp, CpCode::EchoRequest, 7, Bytes{1, 2, 3});  // no room for the magic number
    EXPECT_EQ(bench.sent.size(), before);
    EXPECT_EQ(bench.link.counters().malformed, 1U);
}

TEST(Lcp, AnEchoReplyFitsThePeersMru) {
    Bench bench;
    bench.open_lcp({mru(128)});
    bench.hear(lcp, CpCode::EchoRequest, 5, Bytes(500));
    EXPECT_EQ(bench.last(lcp, CpCode::EchoReply).data.size() + 4, 128U);
}

TEST(Lcp, AnEchoWithOurOwnMagicNumberIsDiscarded) {
    Bench bench;
    bench.open_lcp();
    Bytes ours(4);
    const std::uint32_t value = bench.get<LcpOpened>().magic;
    for (unsigned i = 0; i < 4; ++i)
        ours[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    bench.hear(lcp, CpCode::EchoRequest, 5, ours);
    bench.hear(lcp, CpCode::EchoReply, 5, ours);
    EXPECT_EQ(bench.count(lcp, CpCode::EchoReply), 0U);
    EXPECT_EQ(bench.link.counters().unexpected, 2U);
}

TEST(Lcp, AnUnknownCodeIsCodeRejectedWithAFreshIdentifierAndCutToTheMru) {
    Bench bench;
    bench.open_lcp({mru(128)});
    bench.hear(lcp, static_cast<CpCode>(14), 9, Bytes(300, 0x55));
    const Sent first = bench.last(lcp, CpCode::CodeReject);
    EXPECT_EQ(first.data.size() + 4, 128U);
    EXPECT_EQ(first.data[0], 14);
    EXPECT_EQ(first.data[1], 9);
    bench.hear(lcp, static_cast<CpCode>(0), 9, {});
    const Sent second = bench.last(lcp, CpCode::CodeReject);
    EXPECT_NE(second.id, first.id);
    EXPECT_EQ(second.data, (Bytes{0, 9, 0, 4}));
    EXPECT_EQ(bench.link.counters().rejected, 2U);
}

TEST(Lcp, ACodeRejectOfWhatIsFundamentalEndsTheLink) {
    Bench bench;
    bench.open();
    bench.hear(lcp, CpCode::CodeReject, 1, Bytes{1, 1, 0, 4});
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::ProtocolRejected);

    Bench up;
    up.open_all();
    up.hear(lcp, CpCode::CodeReject, 1, Bytes{5, 1, 0, 4});
    EXPECT_EQ(up.count<Ipv4Down>(), 1U);
    EXPECT_EQ(up.count(lcp, CpCode::TerminateRequest), 1U);
    up.pass(10s);
    EXPECT_EQ(up.reason().kind, EndReason::Kind::ProtocolRejected);
}

TEST(Lcp, ACodeRejectOfAnEchoStopsTheKeepaliveAndNothingElse) {
    Bench bench;
    bench.open_all();
    bench.hear(lcp, CpCode::CodeReject, 1, Bytes{9, 1, 0, 8});
    bench.pass(1h);
    EXPECT_FALSE(bench.ended());
    EXPECT_EQ(bench.link.counters().echo_sent, 0U);
}

TEST(Lcp, ATerminateAckWhileOpenLeadsToANewNegotiation) {
    Bench bench;
    bench.open_all();
    bench.hear(lcp, CpCode::TerminateAck, 200, {});
    EXPECT_EQ(bench.count<Ipv4Down>(), 1U);
    EXPECT_EQ(bench.link.phase(), Phase::Establish);
    EXPECT_EQ(bench.count(lcp, CpCode::ConfigureRequest), 2U);
}

}  // namespace
}  // namespace rtun::ppp
