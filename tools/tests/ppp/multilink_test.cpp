// SPDX-License-Identifier: GPL-2.0-or-later
//
// What LCP negotiates of multilink (RFC 1990 section 5.1, RFC 2686): each option asked for, given,
// refused in each way, and with every length that it must not have.
#include <tests/fake/hex.h>
#include <tests/ppp/bench.h>

namespace rtun::ppp {
namespace {

using fake::hex;
using testing::HasSubstr;

constexpr PppProtocol lcp = PppProtocol::Lcp;
constexpr std::uint8_t with_long = 2, with_short = 6;  // of option 27

std::vector<int> types(const CpOptions &options) {
    std::vector<int> all;
    for (const CpOption &option : options)
        all.push_back(option.type);
    return all;
}
CpOptions asked(const Bench &bench) { return bench.last(lcp, CpCode::ConfigureRequest).options(); }

Multilink everything() {
    Multilink multilink;
    multilink.mrru = 1600;
    multilink.short_sequence = true;
    multilink.discriminator = Discriminator::mac({{0x00, 0x00, 0x5e, 0x10, 0x00, 0x01}});
    return multilink;
}
Multilink with_classes(int classes, bool short_sequence = false) {
    Multilink multilink;
    multilink.classes = classes;
    multilink.short_sequence = short_sequence;
    return multilink;
}
// A further link of a bundle whose other links have agreed to these.
Multilink joining(std::uint16_t ours = 1600, std::uint16_t peers = 1500) {
    Multilink multilink;
    multilink.mrru = ours;
    multilink.required = true;
    multilink.required_peer_mrru = peers;
    return multilink;
}

// The link's answer to a request of the peer's that has these options.
CpCode answer(Bench &bench, const CpOptions &options, CpOptions &back) {
    const std::size_t before = bench.sent.size();
    bench.lcp(CpCode::ConfigureRequest, static_cast<std::uint8_t>(before), options);
    for (std::size_t i = before; i < bench.sent.size(); ++i) {
        const Sent &sent = bench.sent[i];
        if (sent.code >= CpCode::ConfigureAck && sent.code <= CpCode::ConfigureReject) {
            back = sent.options();
            return sent.code;
        }
    }
    return {};
}

// The same, of a new link.
CpCode answer(const Multilink &multilink, const CpOptions &options, CpOptions &back) {
    Bench bench(with_multilink(multilink));
    bench.open();
    return answer(bench, options, back);
}

TEST(Multilink, IsAskedForBehindEverythingElse) {
    Bench bench(with_multilink(everything()));
    bench.open();
    EXPECT_EQ(types(asked(bench)), (std::vector<int>{1, 5, 7, 8, 17, 18, 19}));
    EXPECT_EQ(asked(bench)[4], mrru(1600));
    EXPECT_EQ(asked(bench)[6], discriminator(3, hex("00005e100001")));
}

TEST(Multilink, ClassesAreAskedForInsteadOfShortSequenceNumbersNotBesideThem) {
    Bench both(with_multilink(with_classes(4, true)));
    both.open();
    EXPECT_EQ(types(asked(both)), (std::vector<int>{1, 5, 7, 8, 17, 27}));
    EXPECT_EQ(asked(both)[5], format(with_short, 4));

    Bench many(with_multilink(with_classes(99)));
    many.open();
    EXPECT_EQ(asked(many)[5], format(with_long, 16));
    Bench many_short(with_multilink(with_classes(99, true)));
    many_short.open();
    EXPECT_EQ(asked(many_short)[5], format(with_short, 4));
    Bench one(with_multilink(with_classes(1)));
    one.open();
    EXPECT_EQ(types(asked(one)), (std::vector<int>{1, 5, 7, 8, 17}));
}

TEST(Multilink, IsRejectedWholeByALinkThatIsNotToHaveIt) {
    const CpOptions all = {mrru(1500), short_sequence(), discriminator(1, {1}),
                           format(with_long, 4)};
    Bench bench;
    bench.open();
    CpOptions back;
    EXPECT_EQ(answer(bench, all, back), CpCode::ConfigureReject);
    EXPECT_EQ(back, all);
    // Options that are not known may be there twice.
    EXPECT_EQ(answer(bench, {mrru(1500), mrru(1500)}, back), CpCode::ConfigureReject);
    EXPECT_EQ(back.size(), 2U);
    bench.lcp(CpCode::ConfigureRequest, 99);
    bench.acknowledge(lcp);
    EXPECT_FALSE(bench.get<LcpOpened>().multilink);
    EXPECT_EQ(bench.get<LcpOpened>().multilink_refused, "");
}

TEST(Multilink, IsAgreedOnWithPppdsRequest) {
    // As pppd 2.4.9 and 2.5 write it with "multilink mpshortseq": in the order of lcp_addci().
    const CpOptions pppd =
        wire::decode_options(
            hex("02 06 00000000 05 06 8d1c0e44 07 02 08 02 11 04 05dc 12 02 13 09 03 525400123456"))
            .value();
    Bench bench(with_multilink(everything()));
    bench.open();
    CpOptions back;
    EXPECT_EQ(answer(bench, pppd, back), CpCode::ConfigureAck);
    EXPECT_EQ(back, pppd);
    bench.acknowledge(lcp);
    const auto agreed = bench.get<LcpOpened>().multilink;
    ASSERT_TRUE(agreed);
    EXPECT_EQ(agreed->text(), "mrru 1600 peer-mrru 1500 short-sequence rx tx "
                              "endpoint-discriminator mac 52:54:00:12:34:56");
    EXPECT_EQ(bench.get<LcpOpened>().multilink_refused, "");
}

TEST(Multilink, AnyMrruIsAcknowledgedThatAPacketFitsIn) {
    CpOptions back;
    for (const int value : {128, 512, 1500, 1614, 65535}) {
        const CpOptions asked = {mrru(static_cast<std::uint16_t>(value))};
        EXPECT_EQ(answer({}, asked, back), CpCode::ConfigureAck) << value;
    }
    for (const char *digits : {"11 04 007f", "11 04 0000", "11 02", "11 03 05", "11 05 05dc00"}) {
        const CpOptions asked = wire::decode_options(hex(digits)).value();
        EXPECT_EQ(answer({}, asked, back), CpCode::ConfigureNak) << digits;
        EXPECT_EQ(back, CpOptions{mrru(1500)}) << digits;
    }
}

TEST(Multilink, OfALinkThatJoinsThePeerHasToHaveTheSameMrru) {
    CpOptions back;
    EXPECT_EQ(answer(joining(1600, 1500), {mrru(1500)}, back), CpCode::ConfigureAck);
    EXPECT_EQ(answer(joining(1600, 1500), {mrru(1614)}, back), CpCode::ConfigureNak);
    EXPECT_EQ(back, CpOptions{mrru(1500)});
    EXPECT_EQ(answer(joining(1600, 1500), {}, back), CpCode::ConfigureNak);
    EXPECT_EQ(back, CpOptions{mrru(1500)});

    // Five Naks, then a Reject, then the peer comes without.
    for (const bool required : {false, true}) {
        Multilink multilink = joining(1600, 1500);
        multilink.required = required;
        Bench bench(with_multilink(multilink));
        bench.open();
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(answer(bench, {mrru(1614)}, back), CpCode::ConfigureNak);
        EXPECT_EQ(answer(bench, {mrru(1614)}, back), CpCode::ConfigureReject);
        EXPECT_EQ(answer(bench, {}, back), CpCode::ConfigureAck);
        bench.acknowledge(lcp);
        const auto opened = bench.get<LcpOpened>();
        EXPECT_FALSE(opened.multilink);
        EXPECT_EQ(opened.multilink_refused,
                  "the peer has another MRRU than on the other links of the bundle, 1500");
        EXPECT_EQ(bench.link.phase(), required ? Phase::Terminate : Phase::Network);
    }
}

TEST(Multilink, ADiscriminatorIsAcknowledgedOrRejectedAndNeverNakd) {
    CpOptions back;
    for (const char *digits :
         {"13 03 00", "13 04 01 aa", "13 17 01 000102030405060708090a0b0c0d0e0f10111213",
          "13 07 02 c0000201", "13 09 03 00005e100001", "13 09 03 02005e100001",
          "13 07 04 01020304", "13 17 04 000102030405060708090a0b0c0d0e0f10111213", "13 04 05 31",
          "13 12 05 303132333435363738393031323334", "13 03 06",
          "13 17 ff 000102030405060708090a0b0c0d0e0f10111213"}) {
        CpOptions asked = {mrru(1500)};
        asked.push_back(wire::decode_options(hex(digits)).value().at(0));
        EXPECT_EQ(answer({}, asked, back), CpCode::ConfigureAck) << digits;
    }
    for (const char *digits :
         {"13 02", "13 04 00 00", "13 03 01", "13 18 01 000102030405060708090a0b0c0d0e0f1011121314",
          "13 06 02 c00002", "13 08 02 c000020100", "13 08 03 00005e1000",
          "13 0a 03 00005e10000100", "13 03 04", "13 08 04 0102030405",
          "13 1b 04 000102030405060708090a0b0c0d0e0f1011121314151617", "13 03 05",
          "13 13 05 30313233343536373839303132333435",
          "13 18 ff 000102030405060708090a0b0c0d0e0f1011121314"}) {
        const CpOption bad = wire::decode_options(hex(digits)).value().at(0);
        EXPECT_EQ(answer({}, {mrru(1500), bad}, back), CpCode::ConfigureReject) << digits;
        EXPECT_EQ(back, CpOptions{bad}) << digits;
    }
}

TEST(Multilink, WithoutADiscriminatorOrWithTheNullOneThereIsNone) {
    for (const CpOptions &peers : {CpOptions{mrru(1500)}, {mrru(1500), discriminator(0, {})}}) {
        Bench bench(with_multilink());
        bench.open_lcp(peers);
        ASSERT_TRUE(bench.get<LcpOpened>().multilink);
        EXPECT_FALSE(bench.get<LcpOpened>().multilink->peer_discriminator);
    }
}

TEST(Multilink, WhatThePeerDoesNotWantBesidesTheMrruIsDoneWithout) {
    for (const CpCode code : {CpCode::ConfigureNak, CpCode::ConfigureReject}) {
        for (const std::size_t which : {5U, 6U}) {
            Bench bench(with_multilink(everything()));
            bench.open();
            const Sent request = bench.last(lcp, CpCode::ConfigureRequest);
            const CpOption unwanted = request.options()[which];
            bench.lcp(code, request.id, {unwanted});
            EXPECT_EQ(types(asked(bench)), which == 5 ? (std::vector<int>{1, 5, 7, 8, 17, 19})
                                                      : (std::vector<int>{1, 5, 7, 8, 17, 18}));
            bench.lcp(CpCode::ConfigureRequest, 1, {mrru(1614)});
            bench.acknowledge(lcp);
            const auto agreed = bench.get<LcpOpened>().multilink;
            ASSERT_TRUE(agreed);
            EXPECT_EQ(agreed->short_rx, which == 6);
            EXPECT_FALSE(agreed->short_tx);
            EXPECT_EQ(agreed->peer_mrru, 1614);
        }
    }
}

TEST(Multilink, ShortSequenceNumbersHaveNoValue) {
    CpOptions back;
    EXPECT_EQ(answer({}, {mrru(1500), short_sequence()}, back), CpCode::ConfigureAck);
    EXPECT_EQ(answer({}, {mrru(1500), {18, {0}}}, back), CpCode::ConfigureReject);
    EXPECT_EQ(back, (CpOptions{{18, {0}}}));
}

TEST(Multilink, HeadersWithClassesAreSentInEitherLength) {
    for (const std::uint8_t code : {with_long, with_short}) {
        Bench bench(with_multilink());
        bench.open_lcp({mrru(1500), format(code, 4)});
        const auto agreed = bench.get<LcpOpened>().multilink;
        ASSERT_TRUE(agreed);
        EXPECT_EQ(agreed->short_tx, code == with_short);
        EXPECT_EQ(agreed->classes_tx, 4);
        EXPECT_EQ(agreed->classes_rx, 0);
        EXPECT_FALSE(agreed->short_rx);
    }
}

TEST(Multilink, ClassesThatThereCannotBeAreNakdWithThoseThatCan) {
    CpOptions back;
    const auto nakd = [&](const CpOption &option) {
        EXPECT_EQ(answer({}, {mrru(1500), option}, back), CpCode::ConfigureNak);
        EXPECT_EQ(back.size(), 1U);
        return back.at(0);
    };
    EXPECT_EQ(nakd(format(with_long, 17)), format(with_long, 16));
    EXPECT_EQ(nakd(format(with_long, 0)), format(with_long, 1));
    EXPECT_EQ(nakd(format(with_short, 5)), format(with_short, 4));
    EXPECT_EQ(nakd(format(11, 3)), format(with_long, 3));
    for (const CpOption &bad : {CpOption{27, {}}, CpOption{27, {2}}, CpOption{27, {2, 4, 0}}}) {
        EXPECT_EQ(answer({}, {mrru(1500), bad}, back), CpCode::ConfigureReject);
        EXPECT_EQ(back, CpOptions{bad});
    }
}

TEST(Multilink, ClassesAndShortSequenceNumbersAtOnceMustNotContradictEachOther) {
    CpOptions back;
    EXPECT_EQ(answer({}, {mrru(1500), short_sequence(), format(with_short, 4)}, back),
              CpCode::ConfigureAck);
    EXPECT_EQ(answer({}, {mrru(1500), short_sequence(), format(with_long, 9)}, back),
              CpCode::ConfigureNak);
    EXPECT_EQ(back, CpOptions{format(with_short, 4)});
}

TEST(Multilink, ANakOfOurClassesIsFollowedAsFarAsItMakesSense) {
    const auto after = [](const CpOption &better) {
        Bench bench(with_multilink(with_classes(4)));
        bench.open();
        bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id, {better});
        return asked(bench);
    };
    EXPECT_EQ(after(format(with_long, 2)).back(), format(with_long, 2));
    EXPECT_EQ(after(format(with_long, 9)).back(), format(with_long, 4));
    EXPECT_EQ(after(format(with_short, 3)).back(), format(with_short, 3));
    EXPECT_EQ(after(format(with_long, 1)).back(), mrru(1500));
    EXPECT_EQ(after(format(11, 4)).back(), mrru(1500));
    EXPECT_EQ(after({27, {2}}).back(), mrru(1500));
}

TEST(Multilink, WithoutClassesShortSequenceNumbersAreAskedForAlone) {
    Bench bench(with_multilink(with_classes(4, true)));
    bench.open();
    bench.lcp(CpCode::ConfigureReject, bench.last(lcp, CpCode::ConfigureRequest).id,
              {format(with_short, 4)});
    EXPECT_EQ(types(asked(bench)), (std::vector<int>{1, 5, 7, 8, 17, 18}));
}

TEST(Multilink, ANakOfOurMrruIsFollowedUpToWhatWeCanPutTogether) {
    const auto after = [](const Multilink &multilink, std::uint16_t better) {
        Bench bench(with_multilink(multilink));
        bench.open();
        bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id,
                  {mrru(better)});
        return asked(bench)[4];
    };
    Multilink large;
    large.mrru = 4000;
    Multilink small;
    small.mrru = 600;
    EXPECT_EQ(after(large, 1614), mrru(1614));
    EXPECT_EQ(after(large, 4001), mrru(4000));
    EXPECT_EQ(after(large, 127), mrru(4000));
    EXPECT_EQ(after(small, 1500), mrru(1500));
    EXPECT_EQ(after(small, 1501), mrru(600));
    EXPECT_EQ(after(joining(1600), 1500), mrru(1600)) << "the bundle has it already";
}

TEST(Multilink, APeerThatRejectsTheMrruHasAPlainLink) {
    Bench bench(with_multilink(everything()));
    bench.open();
    const Sent request = bench.last(lcp, CpCode::ConfigureRequest);
    bench.lcp(CpCode::ConfigureReject, request.id, {request.options()[4], request.options()[6]});
    EXPECT_EQ(types(asked(bench)), (std::vector<int>{1, 5, 7, 8}));
    CpOptions back;
    EXPECT_EQ(answer(bench, {mrru(1500), short_sequence(), format(with_long, 4)}, back),
              CpCode::ConfigureReject);
    EXPECT_EQ(back.size(), 3U) << "in one direction there is none";
    EXPECT_EQ(answer(bench, {discriminator(1, {1})}, back), CpCode::ConfigureAck);
    bench.acknowledge(lcp);
    EXPECT_FALSE(bench.get<LcpOpened>().multilink);
    EXPECT_EQ(bench.get<LcpOpened>().multilink_refused, "the peer rejected multilink (MRRU)");
    EXPECT_EQ(bench.count<MultilinkReady>(), 0U);
    EXPECT_EQ(bench.count(PppProtocol::Ipcp, CpCode::ConfigureRequest), 1U);
}

TEST(Multilink, APeerThatDoesNotAskIsToldOnceThatItMay) {
    Bench bench(with_multilink());
    bench.open();
    bench.acknowledge(lcp);
    CpOptions back;
    EXPECT_EQ(answer(bench, {}, back), CpCode::ConfigureNak);
    EXPECT_EQ(back, CpOptions{mrru(1500)});
    EXPECT_EQ(answer(bench, {}, back), CpCode::ConfigureAck);
    EXPECT_FALSE(bench.get<LcpOpened>().multilink);
    EXPECT_EQ(bench.get<LcpOpened>().multilink_refused,
              "the peer does not speak multilink (it asks for no MRRU)");
    EXPECT_EQ(bench.link.phase(), Phase::Network);
    EXPECT_EQ(bench.count(PppProtocol::Ipcp, CpCode::ConfigureRequest), 1U);

    Bench willing(with_multilink());
    willing.open();
    willing.acknowledge(lcp);
    EXPECT_EQ(answer(willing, {}, back), CpCode::ConfigureNak);
    EXPECT_EQ(answer(willing, back, back), CpCode::ConfigureAck);
    EXPECT_TRUE(willing.get<LcpOpened>().multilink);
}

TEST(Multilink, TheHintWaitsUntilNothingIsToBeRejected) {
    Bench bench(with_multilink());
    bench.open();
    CpOptions back;
    EXPECT_EQ(answer(bench, {{13, {6}}}, back), CpCode::ConfigureReject);
    EXPECT_EQ(answer(bench, {{13, {6}}}, back), CpCode::ConfigureReject);
    EXPECT_EQ(answer(bench, {}, back), CpCode::ConfigureNak);
    EXPECT_EQ(answer(bench, {}, back), CpCode::ConfigureAck);
}

TEST(Multilink, ALinkThatCanOnlyJoinEndsWithoutIt) {
    Bench rejected(with_multilink(joining()));
    rejected.open();
    rejected.lcp(CpCode::ConfigureReject, rejected.last(lcp, CpCode::ConfigureRequest).id,
                 {mrru(1600)});
    rejected.lcp(CpCode::ConfigureRequest, 1);
    rejected.acknowledge(lcp);
    EXPECT_EQ(rejected.count(lcp, CpCode::TerminateRequest), 1U);
    rejected.hear(lcp, CpCode::TerminateAck, rejected.last(lcp, CpCode::TerminateRequest).id, {});
    EXPECT_EQ(rejected.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_EQ(rejected.reason().text,
              "the link cannot join its bundle: the peer rejected multilink (MRRU)");

    Bench silent(with_multilink(joining()));
    silent.open();
    silent.acknowledge(lcp);
    CpOptions back;
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(answer(silent, {}, back), CpCode::ConfigureNak);
    EXPECT_EQ(answer(silent, {}, back), CpCode::ConfigureAck);
    silent.pass(10s);
    EXPECT_THAT(silent.reason().text, HasSubstr("does not speak multilink"));
}

TEST(Multilink, ARequestThatNamesAnOptionTwiceIsDiscarded) {
    for (const CpOption &option :
         {mrru(1500), short_sequence(), discriminator(1, {1}), format(with_long, 4)}) {
        Bench bench(with_multilink());
        bench.open();
        CpOptions back;
        EXPECT_EQ(answer(bench, {option, option}, back), CpCode{});
        EXPECT_EQ(bench.link.counters().malformed, 1U);
    }
}

TEST(Multilink, WhatWasAskedForIsNamedWhenThereIsNoAgreement) {
    Multilink multilink = joining();
    multilink.classes = 4;
    multilink.discriminator = Discriminator::ip({0xc0000201});
    Bench bench(with_multilink(multilink));
    bench.open();
    for (int i = 0; i < 20 && !bench.ended(); ++i)
        bench.lcp(CpCode::ConfigureNak, bench.last(lcp, CpCode::ConfigureRequest).id, {mrru(1500)});
    bench.pass(1min);
    EXPECT_EQ(bench.reason().kind, EndReason::Kind::NegotiationFailed);
    EXPECT_THAT(bench.reason().text,
                HasSubstr("mrru 1600, endpoint-discriminator ip 192.0.2.1, multi-class long 4"));
}

TEST(Multilink, IsNegotiatedFromTheStartEachTime) {
    Bench bench(with_multilink(everything()));
    bench.open();
    bench.lcp(CpCode::ConfigureReject, bench.last(lcp, CpCode::ConfigureRequest).id, {mrru(1600)});
    bench.lcp(CpCode::ConfigureRequest, 1);
    bench.acknowledge(lcp);
    EXPECT_FALSE(bench.get<LcpOpened>().multilink);
    bench.lcp(CpCode::ConfigureRequest, 2, {mrru(1500)});
    EXPECT_EQ(types(asked(bench)), (std::vector<int>{1, 5, 7, 8, 17, 18, 19}));
    bench.acknowledge(lcp);
    EXPECT_TRUE(bench.get<LcpOpened>().multilink);
    EXPECT_EQ(bench.count<MultilinkReady>(), 1U);
}

}  // namespace
}  // namespace rtun::ppp
