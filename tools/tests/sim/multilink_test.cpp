// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client and a server that make a bundle over a bad network: a first link, the bundle that begins
// with it, a second link that joins; with and without encryption, with either program replaced in
// the middle, and with peers that want no multilink or another.
#include <ppp/bundle_key.h>
#include <tests/sim/links.h>

#include <gtest/gtest.h>

namespace rtun::ppp {
namespace {

using namespace std::chrono_literals;
using auth::Method;
using fake::End;
using fake::Links;
using fake::Network;

constexpr Network::Quality modest{.lost = 8, .doubled = 5, .jitter = 20ms};

struct Wanted {
    std::string name;
    Encryption encryption = Encryption::No;
    bool ipv6 = false;
    Multilink server{};
    Multilink client{};
};

End server(const Wanted &wanted) {
    End end;
    end.options.require = {};
    end.options.require.add(Method::MsChap2);
    end.options.allow = {};
    end.options.passive = 1s;
    end.options.multilink = wanted.server;
    end.options.mtu = 2000;
    end.passwords = {{"jack", "secret"}};
    end.grant.local_address = {0x0a000001};
    end.grant.remote_address = {0x0a000002};
    end.grant.encryption = wanted.encryption;
    end.grant.ipv6 = wanted.ipv6;
    return end;
}

End client(const Wanted &wanted) {
    End end;
    end.options.credentials = {"jack", base::Secret(std::string_view("secret"))};
    end.options.encryption = wanted.encryption;
    end.options.ipv6 = wanted.ipv6;
    end.options.multilink = wanted.client;
    end.options.mtu = 2000;
    return end;
}

// A further link of a bundle that has agreed to this.
Multilink joining(Multilink first, const MultilinkAgreed &agreed) {
    first.mrru = agreed.mrru;
    first.required = true;
    first.required_peer_mrru = agreed.peer_mrru;
    return first;
}

std::vector<Wanted> everything() {
    Multilink plain;
    plain.mrru = 1600;
    plain.discriminator = Discriminator::mac({{0x00, 0x00, 0x5e, 0x10, 0x00, 0x01}});
    Multilink small;
    small.short_sequence = true;
    small.discriminator = Discriminator::ip({0xc0000201});
    Multilink classes = small;
    classes.mrru = 4000;
    classes.classes = 4;
    return {{"clear", Encryption::No, false, plain, plain},
            {"encrypted", Encryption::Required, true, plain, small},
            {"auto", Encryption::Auto, true, small, classes},
            {"classes", Encryption::No, true, classes, plain}};
}

void expect_ready(Links &links) {
    ASSERT_TRUE(links.both_ready()) << (links.at(0).ended ? links.at(0).ended->text : "")
                                    << (links.at(1).ended ? links.at(1).ended->text : "");
    const MultilinkReady &one = *links.at(0).multilink;
    const MultilinkReady &two = *links.at(1).multilink;
    EXPECT_EQ(one.agreed.mrru, two.agreed.peer_mrru);
    EXPECT_EQ(one.agreed.peer_mrru, two.agreed.mrru);
    EXPECT_EQ(one.agreed.short_rx, two.agreed.short_tx);
    EXPECT_EQ(one.agreed.short_tx, two.agreed.short_rx);
    EXPECT_EQ(one.agreed.classes_rx, two.agreed.classes_tx);
    EXPECT_EQ(one.agreed.classes_tx, two.agreed.classes_rx);
    EXPECT_EQ(one.agreed.peer_discriminator, links.at(1).end.options.multilink->discriminator);
    EXPECT_EQ(two.agreed.peer_discriminator, links.at(0).end.options.multilink->discriminator);
    EXPECT_EQ(one.user, "jack");
    EXPECT_EQ(two.user, "");
    ASSERT_TRUE(one.keys && two.keys);
    EXPECT_TRUE(one.keys->send.bits128.same_as(two.keys->receive.bits128.reveal()));
}

class SimMultilink : public testing::TestWithParam<Wanted> {
protected:
    static void open(Links &links, base::Duration duration = 5min) {
        links.open();
        links.run(duration);
    }
    static void begin(Links &bundle, const MultilinkReady &called, const MultilinkReady &calling) {
        bundle.open_bundle({called, bundle.at(0).end.grant}, {calling, {}});
    }
};
INSTANTIATE_TEST_SUITE_P(Each, SimMultilink, testing::ValuesIn(everything()),
                         [](const auto &test) { return test.param.name; });

TEST_P(SimMultilink, OnAGoodNetworkABundleComesUpInAFewFrames) {
    Links link(1, {}, server(GetParam()), client(GetParam()));
    open(link, 1s);
    expect_ready(link);
    EXPECT_LE(link.network.sent(), 14U);
    Links bundle(2, {}, server(GetParam()), client(GetParam()));
    begin(bundle, *link.at(0).multilink, *link.at(1).multilink);
    bundle.run(1s);
    ASSERT_TRUE(bundle.both_up());
    bundle.expect_agreement();
    EXPECT_LE(bundle.network.sent(), 20U);
    EXPECT_EQ(bundle.at(0).encryption.has_value(), GetParam().encryption != Encryption::No);
    EXPECT_EQ(bundle.at(0).lcp->mtu, std::min(2000, int{link.at(0).multilink->agreed.peer_mrru}));
}

TEST_P(SimMultilink, WithModestLossABundleComesUpAndASecondLinkJoinsIt) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Links link(seed, modest, server(GetParam()), client(GetParam()));
        open(link);
        link.network.set({});
        link.run(5min);
        expect_ready(link);
        if (testing::Test::HasFatalFailure())
            return;
        const MultilinkReady called = *link.at(0).multilink;
        const MultilinkReady calling = *link.at(1).multilink;

        Links bundle(seed + 1000, modest, server(GetParam()), client(GetParam()));
        begin(bundle, called, calling);
        bundle.run(3min);
        bundle.network.set({});
        bundle.run(3min);
        ASSERT_TRUE(bundle.both_up());
        if (GetParam().encryption != Encryption::Auto)
            bundle.expect_agreement();

        Wanted again = GetParam();
        again.server = joining(again.server, called.agreed);
        again.client = joining(again.client, calling.agreed);
        Links second(seed + 2000, modest, server(again), client(again));
        open(second);
        second.network.set({});
        second.run(5min);
        expect_ready(second);
        if (testing::Test::HasFatalFailure())
            return;
        EXPECT_EQ(join_obstacle(called.agreed, second.at(0).multilink->agreed), std::nullopt);
        EXPECT_EQ(join_obstacle(calling.agreed, second.at(1).multilink->agreed), std::nullopt);
        EXPECT_EQ(BundleKey(*second.at(0).multilink), BundleKey(called));
        EXPECT_EQ(BundleKey(*second.at(1).multilink), BundleKey(calling));
    }
}

TEST_P(SimMultilink, OnABadNetworkBothAreReadyOrBothEnd) {
    unsigned ready = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 7919);
        Network::Quality quality;
        quality.lost = dice.below(51);
        quality.doubled = dice.below(21);
        quality.jitter = std::chrono::milliseconds(dice.below(1500));
        Links link(seed, quality, server(GetParam()), client(GetParam()));
        open(link, 2min);
        link.network.set({});
        link.run(5min);
        if (testing::Test::HasFatalFailure())
            return;
        if (link.both_ready()) {
            ++ready;
            expect_ready(link);
        } else {
            EXPECT_TRUE(link.both_ended());
        }
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(ready, 30U);
}

TEST_P(SimMultilink, EitherEndOfALinkOrBundleMayBeTakenOverAtAnyTime) {
    unsigned taken = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 31);
        const auto disturb = [&](Links &links) {
            for (int i = 0; i < 20; ++i) {
                links.run(std::chrono::milliseconds(dice.below(10000)));
                taken += links.take_over(dice.below(2) == 0 ? 0 : 1) ? 1 : 0;
            }
            links.network.set({});
            links.run(5min);
        };
        const Network::Quality good{.lost = 3, .doubled = 3, .jitter = 20ms};
        End one = server(GetParam());
        one.options.authenticator.rechallenge = 20s;
        Links link(seed, good, one, client(GetParam()));
        link.open();
        std::optional<MultilinkReady> called;
        std::optional<MultilinkReady> calling;
        link.run(1min);
        called = link.at(0).multilink;
        calling = link.at(1).multilink;
        disturb(link);
        if (testing::Test::HasFatalFailure() || !called || !calling)
            continue;
        EXPECT_TRUE(link.both_ready());
        Links bundle(seed, good, server(GetParam()), client(GetParam()));
        begin(bundle, *called, *calling);
        disturb(bundle);
        // A bundle that wants other keys ends; it cannot go on with none.
        for (const int side : {0, 1})
            if (bundle.at(side).ended) {
                EXPECT_EQ(bundle.at(side).ended->kind, EndReason::Kind::EncryptionFailed);
            }
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(taken, 500U);
}

TEST_P(SimMultilink, WithAPeerThatDoesNotWantItThereIsAPlainLink) {
    for (const int without : {0, 1}) {
        for (std::uint64_t seed = 1; seed <= 30; ++seed) {
            SCOPED_TRACE("seed " + std::to_string(seed));
            End one = server(GetParam());
            End two = client(GetParam());
            (without == 0 ? one : two).options.multilink.reset();
            Links links(seed, modest, one, two);
            links.open();
            links.run(3min);
            links.network.set({});
            links.run(5min);
            if (testing::Test::HasFatalFailure())
                return;
            ASSERT_TRUE(links.both_up());
            EXPECT_EQ(links.at(0).readies + links.at(1).readies, 0U);
            EXPECT_NE(links.at(1 - without).lcp->multilink_refused, "");
        }
    }
}

TEST_P(SimMultilink, ALinkWithAnotherMrruThanItsBundleNeverJoins) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Wanted wanted = GetParam();
        wanted.server.required = wanted.client.required = true;
        wanted.server.required_peer_mrru = static_cast<std::uint16_t>(wanted.client.mrru + 1);
        Links links(seed, modest, server(wanted), client(wanted));
        links.open();
        links.run(5min);
        if (testing::Test::HasFatalFailure())
            return;
        EXPECT_TRUE(links.both_ended());
        EXPECT_EQ(links.at(0).readies + links.at(1).readies, 0U);
        EXPECT_EQ(links.at(0).ups + links.at(1).ups, 0U);
    }
}

}  // namespace
}  // namespace rtun::ppp
