// SPDX-License-Identifier: GPL-2.0-or-later
//
// BCP, RFC 3518 section 5: what is asked for, acknowledged and refused of each option, and what is
// agreed on then. The engine alone, without a link.
#include <ppp/bcp.h>
#include <tests/fake/fake_random.h>
#include <tests/fake/hex.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace rtun::ppp {
namespace {

using base::Bytes;
using base::Mac;
using fake::hex;
using wire::BcpMacSupport;
using wire::BcpMacType;
using wire::BcpSwitch;
using wire::BcpType;
using wire::CpCode;
using wire::CpOption;
using wire::CpOptions;

constexpr Mac ours{{0x02, 0x00, 0x5e, 0x10, 0x00, 0x01}};
constexpr Mac theirs{{0x4c, 0x5e, 0x0c, 0x10, 0x00, 0x02}};
constexpr Mac none{};

CpOption lan(BcpMacType type) { return wire::raw(BcpMacSupport{type}); }
CpOption ethernet() { return lan(BcpMacType::Ethernet); }
CpOption station(const Mac &mac) { return wire::raw(wire::BcpMacAddress{mac}); }
CpOption on(BcpType type) { return wire::raw(BcpSwitch{type, BcpSwitch::Value::Enabled}); }
CpOption off(BcpType type) { return wire::raw(BcpSwitch{type, BcpSwitch::Value::Disabled}); }

constexpr BcpType switches[] = {BcpType::Tinygram, BcpType::TaggedFrame, BcpType::ManagementInline};

bool BridgeDirection::*member(BcpType type) {
    if (type == BcpType::Tinygram)
        return &BridgeDirection::tinygram;
    return type == BcpType::TaggedFrame ? &BridgeDirection::tagged
                                        : &BridgeDirection::management_inline;
}

class BcpBench {
public:
    struct Sent {
        CpCode code{};
        std::uint8_t id = 0;
        CpOptions options;
    };

    explicit BcpBench(BridgeOptions options = {ours}, std::uint64_t seed = 1)
        : random(seed), bcp({}, options, random) {
        bcp.open(now);
        bcp.up(now);
        collect();
    }

    void hear(const Bytes &information) {
        bcp.receive(information, now);
        collect();
    }
    void hear(CpCode code, std::uint8_t id, const CpOptions &options) {
        hear(wire::encode(wire::CpPacket{code, id, wire::encode(options)}));
    }
    void request(const CpOptions &options) { hear(CpCode::ConfigureRequest, ++id_, options); }
    void answer(CpCode code, const CpOptions &options) { hear(code, asked().id, options); }
    void acknowledge() { answer(CpCode::ConfigureAck, asked().options); }

    [[nodiscard]] Sent asked() const {
        const auto it = std::find_if(sent.rbegin(), sent.rend(), [](const Sent &s) {
            return s.code == CpCode::ConfigureRequest;
        });
        return it == sent.rend() ? Sent{} : *it;
    }
    // What the last packet says, if it has this code.
    [[nodiscard]] CpOptions said(CpCode code) const {
        EXPECT_FALSE(sent.empty());
        EXPECT_EQ(sent.back().code, code);
        return sent.back().code == code ? sent.back().options : CpOptions{{255, {}}};
    }
    [[nodiscard]] bool asks_for(const CpOption &option) const {
        const CpOptions options = asked().options;
        return std::find(options.begin(), options.end(), option) != options.end();
    }
    [[nodiscard]] bool open() const { return bcp.state() == State::Opened; }

    base::Time now{};
    fake::FakeRandom random;
    Bcp bcp;
    std::vector<Sent> sent;
    std::vector<std::string> failures;

private:
    void collect() {
        for (const ControlProtocol::Output &output : bcp.take_outputs()) {
            if (const auto *send = std::get_if<ControlProtocol::Send>(&output)) {
                const auto packet = wire::decode_cp(send->information);
                ASSERT_TRUE(packet);
                const auto options = wire::decode_options(packet->data);
                sent.push_back({packet->code, packet->id, options ? *options : CpOptions{}});
            } else if (const auto *failed = std::get_if<ControlProtocol::Failed>(&output)) {
                EXPECT_EQ(failed->reason.kind, EndReason::Kind::NegotiationFailed);
                failures.push_back(failed->reason.text);
            }
        }
    }

    std::uint8_t id_ = 0;
};

TEST(Bcp, AsksForWhatItCanReceive) {
    const BcpBench bench;
    EXPECT_EQ(wire::encode(bench.asked().options),
              hex("03 03 01  04 03 01  06 08 02005e100001  08 03 01  09 03 01"));
    const BcpBench nameless({none});
    EXPECT_EQ(wire::encode(nameless.asked().options),
              hex("03 03 01  04 03 01  08 03 01  09 03 01"));
}

TEST(Bcp, EachDirectionIsWhatItsReceiverSays) {
    BcpBench bench;
    bench.request({});
    EXPECT_EQ(bench.said(CpCode::ConfigureAck), CpOptions{});
    bench.acknowledge();
    ASSERT_TRUE(bench.open());
    EXPECT_EQ(bench.bcp.agreed().send, BridgeDirection{});
    EXPECT_EQ(bench.bcp.agreed().receive, (BridgeDirection{true, true, true, true}));
    EXPECT_EQ(bench.bcp.agreed().local, ours);
    EXPECT_EQ(bench.bcp.agreed().remote, none);

    // It negotiates anew, and has thought better of it.
    bench.request({ethernet(), on(BcpType::Tinygram), station(theirs), on(BcpType::TaggedFrame),
                   on(BcpType::ManagementInline)});
    bench.answer(CpCode::ConfigureReject, bench.asked().options);
    EXPECT_EQ(bench.asked().options, CpOptions{});
    bench.acknowledge();
    ASSERT_TRUE(bench.open());
    EXPECT_EQ(bench.bcp.agreed().send, (BridgeDirection{true, true, true, true}));
    EXPECT_EQ(bench.bcp.agreed().receive, BridgeDirection{});
    EXPECT_EQ(bench.bcp.agreed().local, none);
    EXPECT_EQ(bench.bcp.agreed().remote, theirs);
    EXPECT_TRUE(bench.failures.empty()) << "without any option it is Ethernet, too";
}

TEST(Bcp, RejectsWhatIsForBridgesThatRouteBySourceOrOfOld) {
    BcpBench bench;
    const CpOptions refused{{1, {0x01, 0x23}},
                            {2, {0x01, 0x23}},
                            on(static_cast<BcpType>(5)),
                            {7, {1}},
                            on(BcpType::ControlPacketIndicator),
                            {11, {}},
                            {200, {1, 2, 3}}};
    CpOptions all = refused;
    all.insert(all.begin() + 2, ethernet());
    bench.request(all);
    EXPECT_EQ(bench.said(CpCode::ConfigureReject), refused);
    for (const CpOption &one : refused) {
        bench.request({one});
        EXPECT_EQ(bench.said(CpCode::ConfigureReject), CpOptions{one});
        bench.request({});
        EXPECT_EQ(bench.said(CpCode::ConfigureAck), CpOptions{});
    }
    EXPECT_TRUE(bench.failures.empty());
}

TEST(Bcp, MacSupportMayStandThereForEachKindOfLan) {
    BcpBench bench;
    bench.request({lan(BcpMacType::TokenRing), ethernet(), lan(BcpMacType::Fddi)});
    EXPECT_EQ(bench.said(CpCode::ConfigureReject),
              (CpOptions{lan(BcpMacType::TokenRing), lan(BcpMacType::Fddi)}));
    bench.request({ethernet(), ethernet()});
    EXPECT_EQ(bench.said(CpCode::ConfigureAck), (CpOptions{ethernet(), ethernet()}));
    EXPECT_TRUE(bench.bcp.agreed().send.ethernet);
    EXPECT_EQ(bench.bcp.counters().malformed, 0U);
    EXPECT_TRUE(bench.failures.empty());
}

TEST(Bcp, NoOtherOptionMayStandThereTwice) {
    for (const CpOption &option :
         {on(BcpType::Tinygram), station(theirs), on(BcpType::TaggedFrame), CpOption{1, {0, 1}},
          on(BcpType::ManagementInline), on(BcpType::ControlPacketIndicator)}) {
        BcpBench bench;
        const std::size_t before = bench.sent.size();
        bench.request({option, ethernet(), option});
        EXPECT_EQ(bench.sent.size(), before);
        EXPECT_EQ(bench.bcp.counters().malformed, 1U);
    }
}

TEST(Bcp, APeerThatTakesOtherLansOnlyIsOfNoUse) {
    BcpBench bench;
    bench.request({lan(BcpMacType::TokenBus), lan(BcpMacType::CanonicalFddi)});
    EXPECT_EQ(bench.said(CpCode::ConfigureReject).size(), 2U) << "never a Nak";
    ASSERT_EQ(bench.failures.size(), 1U);
    EXPECT_EQ(bench.failures[0],
              "the peer takes frames of other LANs, but none of Ethernet (MAC-Support)");
}

TEST(Bcp, ARejectedMacSupportIsOnlyAdviceNotTaken) {
    BcpBench bench;
    bench.answer(CpCode::ConfigureReject, {ethernet()});
    EXPECT_FALSE(bench.asks_for(ethernet()));
    EXPECT_TRUE(bench.asks_for(on(BcpType::TaggedFrame)));
    bench.acknowledge();
    bench.request({ethernet()});
    EXPECT_TRUE(bench.open());
    EXPECT_FALSE(bench.bcp.agreed().receive.ethernet);
    EXPECT_TRUE(bench.bcp.agreed().receive.tagged);
    EXPECT_TRUE(bench.failures.empty());
}

TEST(Bcp, ANakOfMacSupportIsIgnoredUntilItIsTooMuch) {
    BcpBench bench;
    for (int i = 0; i < 15; ++i) {
        bench.answer(CpCode::ConfigureNak, {lan(BcpMacType::TokenRing)});
        EXPECT_TRUE(bench.asks_for(ethernet()));
        EXPECT_TRUE(bench.failures.empty());
    }
    bench.answer(CpCode::ConfigureNak, {lan(BcpMacType::TokenRing)});
    ASSERT_EQ(bench.failures.size(), 1U);
    EXPECT_EQ(
        bench.failures[0],
        "no agreement in BCP: the peer keeps refusing Ethernet frames from 02:00:5e:10:00:01");
}

TEST(Bcp, ASwitchOfThePeerIsWhatWeMaySend) {
    for (const BcpType type : switches) {
        BcpBench bench;
        bench.acknowledge();
        bench.request({on(type)});
        EXPECT_EQ(bench.said(CpCode::ConfigureAck), CpOptions{on(type)});
        BridgeDirection only;
        only.*member(type) = true;
        EXPECT_EQ(bench.bcp.agreed().send, only);

        bench.request({off(type)});
        EXPECT_EQ(bench.said(CpCode::ConfigureAck), CpOptions{off(type)});
        EXPECT_EQ(bench.bcp.agreed().send, BridgeDirection{});
        for (const Bytes &neither : {Bytes{0}, Bytes{3}, Bytes{255}}) {
            const CpOption odd{static_cast<std::uint8_t>(type), neither};
            bench.request({odd});
            EXPECT_EQ(bench.said(CpCode::ConfigureReject), CpOptions{odd});
        }
    }
}

TEST(Bcp, ASwitchThatIsRejectedOrDisabledStaysOff) {
    for (const BcpType type : switches)
        for (const bool nak : {false, true}) {
            BcpBench bench;
            EXPECT_TRUE(bench.asks_for(on(type)));
            // Out of place, as it is in the request; and no reason not to ask again.
            bench.answer(CpCode::ConfigureNak, {on(type)});
            EXPECT_TRUE(bench.asks_for(on(type)));
            if (nak)
                bench.answer(CpCode::ConfigureNak, {off(type)});
            else
                bench.answer(CpCode::ConfigureReject, {on(type)});
            EXPECT_FALSE(bench.asks_for(on(type)));
            EXPECT_EQ(bench.asked().options.size(), 4U);
            bench.answer(CpCode::ConfigureNak, {on(type)});
            EXPECT_FALSE(bench.asks_for(on(type))) << "a hint at what it has refused";
            bench.acknowledge();
            bench.request({});
            ASSERT_TRUE(bench.open());
            BridgeDirection rest{true, true, true, true};
            rest.*member(type) = false;
            EXPECT_EQ(bench.bcp.agreed().receive, rest);
        }
}

TEST(Bcp, APeerWithoutAnAddressIsGivenOne) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        BcpBench bench({ours}, seed);
        bench.request({station(none)});
        const CpOptions given = bench.said(CpCode::ConfigureNak);
        ASSERT_EQ(given.size(), 1U);
        const wire::BcpOption read = wire::bcp_option(given[0]);
        const Mac mac = std::get<wire::BcpMacAddress>(read).mac;
        EXPECT_TRUE(mac.unicast());
        EXPECT_EQ(mac.octets[0] & 3, 2) << "locally administered";
        EXPECT_NE(mac, ours);
        seen.insert(mac.text());

        bench.request({ethernet(), station(none)});
        EXPECT_EQ(bench.said(CpCode::ConfigureNak), given) << "the same again";
        bench.request({station(mac)});
        EXPECT_EQ(bench.said(CpCode::ConfigureAck), given);
        EXPECT_EQ(bench.bcp.agreed().remote, mac);
    }
    EXPECT_EQ(seen.size(), 50U);
}

TEST(Bcp, NeverGivesThePeerOurOwnAddress) {
    BcpBench bench;
    bench.random.queue(ours.octets);
    bench.request({station(none)});
    const CpOptions given = bench.said(CpCode::ConfigureNak);
    EXPECT_NE(given, CpOptions{station(ours)});

    // Nor when ours has become what the peer got.
    bench.bcp.down(bench.now);
    const wire::BcpOption read = wire::bcp_option(given.at(0));
    bench.bcp.configure({std::get<wire::BcpMacAddress>(read).mac});
    bench.bcp.up(bench.now);
    bench.request({station(none)});
    EXPECT_NE(bench.said(CpCode::ConfigureNak), given);
}

TEST(Bcp, APeerThatAsksForAnAddressForEverIsRefused) {
    BcpBench bench;
    for (int i = 0; i < 5; ++i) {
        bench.request({station(none)});
        EXPECT_EQ(bench.said(CpCode::ConfigureNak).size(), 1U);
    }
    bench.request({station(none)});
    EXPECT_EQ(bench.said(CpCode::ConfigureReject), CpOptions{station(none)});
    for (int i = 0; i < 10; ++i)
        bench.request({station(none)});
    ASSERT_FALSE(bench.failures.empty());
    EXPECT_EQ(bench.failures[0], "no agreement in BCP: the peer insists on what we refuse");
}

TEST(Bcp, AnAddressThatCannotBeThePeersIsRejected) {
    BcpBench bench;
    const Mac to_many{{0x01, 0x80, 0xc2, 0, 0, 0}};
    for (const Mac &mac : {ours, to_many}) {
        bench.request({ethernet(), station(mac)});
        EXPECT_EQ(bench.said(CpCode::ConfigureReject), CpOptions{station(mac)})
            << "a Nak would have to be ignored";
    }
    bench.request({station(theirs)});
    EXPECT_EQ(bench.said(CpCode::ConfigureAck), CpOptions{station(theirs)});
}

TEST(Bcp, ANakOfOurAddressIsIgnoredAndOneThatIsRepeatedEndsTheTelling) {
    BcpBench bench;
    for (int i = 0; i < 4; ++i) {
        bench.answer(CpCode::ConfigureNak, {station(theirs)});
        EXPECT_TRUE(bench.asks_for(station(ours)));
    }
    bench.answer(CpCode::ConfigureNak, {station(theirs)});
    EXPECT_EQ(bench.asked().options.size(), 4U);
    bench.request({});
    bench.acknowledge();
    ASSERT_TRUE(bench.open());
    EXPECT_EQ(bench.bcp.agreed().local, none);
    EXPECT_TRUE(bench.failures.empty());
    bench.request({station(ours)});
    EXPECT_EQ(bench.said(CpCode::ConfigureReject), CpOptions{station(ours)}) << "still ours";
}

TEST(Bcp, OptionsOfWrongLengthsAreRejected) {
    for (unsigned type = 1; type <= 10; ++type)
        for (const std::size_t size : {0U, 1U, 2U, 3U, 5U, 6U, 7U, 253U}) {
            const bool right = (type == 6 && size == 6) ||
                               (size == 1 && (type == 3 || type == 4 || type == 8 || type == 9));
            BcpBench bench;
            const CpOption option{static_cast<std::uint8_t>(type), Bytes(size, 2)};
            bench.request({ethernet(), option});
            if (!right) {
                EXPECT_EQ(bench.said(CpCode::ConfigureReject), CpOptions{option});
            }
            // And in an answer they mean nothing, or are no answer.
            bench.answer(CpCode::ConfigureNak, {option});
            EXPECT_EQ(bench.asks_for(ethernet()), true);
        }
}

TEST(Bcp, HostileOctetsAreCountedAndNotAnswered) {
    BcpBench bench;
    const std::size_t before = bench.sent.size();
    for (const char *text : {"", "01", "01 01 00", "01 01 0003", "01 01 0009 03 03 01",
                             "01 01 0006 03 00", "01 01 0006 03 01", "01 01 0007 03 04 01",
                             "01 01 0005 03", "01 01 000a 06 08 02005e10", "03 01 0004"})
        bench.hear(hex(text));
    EXPECT_EQ(bench.sent.size(), before);
    EXPECT_GE(bench.bcp.counters().malformed, 10U);
    // As many options as there can be.
    CpOptions many(400, lan(BcpMacType::TokenRing));
    many.push_back(ethernet());
    bench.request(many);
    EXPECT_EQ(bench.said(CpCode::ConfigureReject).size(), 400U);
    bench.request({ethernet()});
    EXPECT_EQ(bench.said(CpCode::ConfigureAck), CpOptions{ethernet()});
}

TEST(Bcp, GoesOnInAnotherProgramWithoutAWord) {
    BcpBench first;
    first.request({ethernet(), station(theirs), on(BcpType::TaggedFrame)});
    first.acknowledge();
    ASSERT_TRUE(first.open());
    const BridgeUp agreed = first.bcp.agreed();

    fake::FakeRandom random;
    Bcp second({}, {ours}, random);
    second.resume(agreed);
    EXPECT_EQ(second.state(), State::Opened);
    EXPECT_EQ(second.agreed(), agreed);
    EXPECT_TRUE(second.take_outputs().empty());
    EXPECT_EQ(second.deadline(), std::nullopt);
    second.down({});
    EXPECT_EQ(second.state(), State::Starting);

    Bcp closed({}, {ours}, random);
    closed.resume_closed();
    EXPECT_EQ(closed.state(), State::Closed);
    EXPECT_TRUE(closed.take_outputs().empty());
}

}  // namespace
}  // namespace rtun::ppp
