// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client and a server that bridge, over a bad network: with and without encryption, with IP
// beside it, with either program replaced in the middle, and on a bundle.
#include <tests/sim/links.h>

#include <gtest/gtest.h>

namespace rtun::ppp {
namespace {

using namespace std::chrono_literals;
using auth::Method;
using base::Mac;
using fake::End;
using fake::Links;
using fake::Network;

constexpr Network::Quality modest{.lost = 8, .doubled = 5, .jitter = 20ms};
constexpr Mac one{{0x02, 0, 0, 0, 0, 1}};
constexpr Mac two{{0x02, 0, 0, 0, 0, 2}};

struct Wanted {
    std::string name;
    Encryption encryption = Encryption::No;
    bool server_ip = false;
    bool client_ip = false;
};

End server(const Wanted &wanted) {
    End end;
    end.options.require = {};
    end.options.require.add(Method::MsChap2);
    end.options.allow = {};
    end.options.passive = 1s;
    end.options.ip_beside_bridge = wanted.server_ip;
    end.passwords = {{"jack", "secret"}};
    end.grant.local_address = {0x0a000001};
    end.grant.remote_address = {0x0a000002};
    end.grant.encryption = wanted.encryption;
    end.grant.ipv6 = wanted.server_ip;
    end.grant.bridge = BridgeOptions{one};
    return end;
}

End client(const Wanted &wanted) {
    End end;
    end.options.credentials = {"jack", base::Secret(std::string_view("secret"))};
    end.options.encryption = wanted.encryption;
    end.options.ipv6 = wanted.client_ip;
    end.options.bridge = BridgeOptions{two};
    end.options.ip_beside_bridge = wanted.client_ip;
    return end;
}

std::vector<Wanted> everything() {
    return {{"clear", Encryption::No, false, false},
            {"encrypted", Encryption::Required, false, false},
            {"with_ip", Encryption::No, true, true},
            {"encrypted_with_ip", Encryption::Required, true, true},
            {"ip_of_one_only", Encryption::No, true, false},
            {"ip_of_the_other_only", Encryption::No, false, true}};
}

bool both_bridge(Links &links) { return links.at(0).bridge && links.at(1).bridge; }

void expect_agreement(Links &links) {
    ASSERT_TRUE(both_bridge(links)) << (links.at(0).ended ? links.at(0).ended->text : "")
                                    << (links.at(1).ended ? links.at(1).ended->text : "");
    EXPECT_EQ(links.at(0).bridge->send, links.at(1).bridge->receive);
    EXPECT_EQ(links.at(1).bridge->send, links.at(0).bridge->receive);
    EXPECT_TRUE(links.at(0).bridge->send.tagged);
    EXPECT_EQ(links.at(0).bridge->remote, two);
    EXPECT_EQ(links.at(1).bridge->remote, one);
}

class SimBridge : public testing::TestWithParam<Wanted> {};
INSTANTIATE_TEST_SUITE_P(Each, SimBridge, testing::ValuesIn(everything()),
                         [](const auto &test) { return test.param.name; });

TEST_P(SimBridge, OnAGoodNetworkItComesUpInAFewFrames) {
    Links links(1, {}, server(GetParam()), client(GetParam()));
    links.open();
    links.run(1s);
    expect_agreement(links);
    EXPECT_LE(links.network.sent(), 30U);
    EXPECT_EQ(links.both_up(), GetParam().server_ip && GetParam().client_ip);
    EXPECT_EQ(links.at(0).encryption.has_value(), GetParam().encryption != Encryption::No);
    links.run(1min);
    EXPECT_TRUE(both_bridge(links));
}

TEST_P(SimBridge, WithModestLossItComesUp) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Links links(seed, modest, server(GetParam()), client(GetParam()));
        links.open();
        links.run(3min);
        links.network.set({});
        links.run(5min);
        expect_agreement(links);
        if (testing::Test::HasFailure())
            return;
    }
}

TEST_P(SimBridge, OnABadNetworkBothBridgeOrBothEnd) {
    unsigned up = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 7919);
        Network::Quality quality;
        quality.lost = dice.below(51);
        quality.doubled = dice.below(21);
        quality.jitter = std::chrono::milliseconds(dice.below(1500));
        Links links(seed, quality, server(GetParam()), client(GetParam()));
        links.open();
        links.run(2min);
        links.network.set({});
        links.run(5min);
        if (testing::Test::HasFatalFailure())
            return;
        EXPECT_TRUE(both_bridge(links) || links.both_ended());
        up += both_bridge(links) ? 1 : 0;
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(up, 30U);
}

TEST_P(SimBridge, EitherEndMayBeTakenOverAtAnyTime) {
    unsigned taken = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 31);
        End called = server(GetParam());
        called.options.authenticator.rechallenge = 20s;
        Links links(seed, {.lost = 3, .doubled = 3, .jitter = 20ms}, called, client(GetParam()));
        links.open();
        for (int i = 0; i < 20; ++i) {
            links.run(std::chrono::milliseconds(dice.below(10000)));
            taken += links.take_over(dice.below(2) == 0 ? 0 : 1) ? 1 : 0;
        }
        links.network.set({});
        links.run(5min);
        expect_agreement(links);
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(taken, 500U);
}

TEST_P(SimBridge, ABundleBridgesToo) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        End called = server(GetParam());
        End calling = client(GetParam());
        called.options.multilink = calling.options.multilink = Multilink{.mrru = 1600};
        Links link(seed, modest, called, calling);
        link.open();
        link.run(5min);
        link.network.set({});
        link.run(5min);
        ASSERT_TRUE(link.both_ready());
        EXPECT_FALSE(link.at(0).bridge || link.at(1).bridge);
        Links bundle(seed, modest, called, calling);
        bundle.open_bundle({*link.at(0).multilink, called.grant}, {*link.at(1).multilink, {}});
        bundle.run(3min);
        bundle.network.set({});
        bundle.run(3min);
        expect_agreement(bundle);
        if (testing::Test::HasFailure())
            return;
    }
}

TEST(SimBridgeAlone, APeerThatDoesNotSpeakItEndsTheLink) {
    for (const int without : {0, 1}) {
        End called = server({});
        End calling = client({});
        if (without == 0)
            called.grant.bridge.reset();
        else
            calling.options.bridge.reset();
        Links links(1, {}, called, calling);
        links.open();
        links.run(2min);
        EXPECT_TRUE(links.both_ended());
        const EndReason why = links.at(1 - without).ended.value_or(EndReason{});
        EXPECT_EQ(why.kind, EndReason::Kind::ProtocolRejected) << why.text;
    }
}

}  // namespace
}  // namespace rtun::ppp
