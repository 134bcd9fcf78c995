// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two PPP links that talk to each other over a bad network. There is no authenticator among the
// engines, so neither asks the other for its password.
#include <ppp/link.h>
#include <tests/fake/fake_random.h>
#include <tests/sim/network.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

namespace rtun::ppp {
namespace {

using namespace std::chrono_literals;
using fake::Network;

struct Side {
    Side(const LinkOptions &options, std::uint64_t seed)
        : random(std::make_unique<fake::FakeRandom>(seed)), link(options, *random) {}

    std::unique_ptr<fake::FakeRandom> random;
    Link link;
    std::optional<Ipv4Up> up;
    std::optional<LcpOpened> lcp;
    std::optional<EndReason> ended;
    unsigned ups = 0;
};

class Pair {
public:
    Pair(std::uint64_t seed, Network::Quality quality, const LinkOptions &first,
         const LinkOptions &second)
        : network(seed, quality), sides{Side(first, 2 * seed), Side(second, 2 * seed + 1)} {}

    // Both draw the same random numbers.
    static Pair twins(const LinkOptions &first, const LinkOptions &second) {
        Pair pair(1, {}, first, second);
        pair.sides = {Side(first, 7), Side(second, 7)};
        return pair;
    }

    void open() {
        for (int side : {0, 1}) {
            at(side).link.open(now);
            collect(side);
        }
    }

    // Runs until the given time, or until nothing will ever happen again.
    void run(base::Duration duration) {
        const base::Time until = now + duration;
        for (;;) {
            const base::Deadline timer =
                base::earlier(at(0).link.deadline(), at(1).link.deadline());
            const base::Deadline next = base::earlier(timer, network.next());
            if (!next || *next > until)
                break;
            ASSERT_LT(++steps, 20000) << "it does not come to rest";
            now = std::max(now, *next);
            if (network.next() && *network.next() <= now) {
                const Network::Arrival arrival = network.take();
                at(arrival.to).link.receive(arrival.frame, now);
                collect(arrival.to);
                continue;
            }
            for (int side : {0, 1})
                if (at(side).link.deadline() && *at(side).link.deadline() <= now) {
                    at(side).link.expire(now);
                    collect(side);
                }
        }
        now = until;
    }

    void close(int side) {
        at(side).link.close(now, "test");
        collect(side);
    }

    [[nodiscard]] bool both_up() { return at(0).up && at(1).up; }
    [[nodiscard]] bool both_ended() { return at(0).ended && at(1).ended; }

    Side &at(int side) { return sides[static_cast<std::size_t>(side)]; }

    base::Time now{};
    Network network;
    int steps = 0;

private:
    void collect(int side) {
        Side &from = at(side);
        for (const Output &output : from.link.take_outputs()) {
            EXPECT_FALSE(from.ended) << "an output after Ended";
            if (const auto *send = std::get_if<SendFrame>(&output))
                network.send(1 - side, send->frame, now);
            else if (const auto *up = std::get_if<Ipv4Up>(&output)) {
                EXPECT_FALSE(from.up) << "up twice";
                from.up = *up;
                ++from.ups;
            } else if (std::holds_alternative<Ipv4Down>(output)) {
                EXPECT_TRUE(from.up) << "down without up";
                from.up.reset();
            } else if (const auto *lcp = std::get_if<LcpOpened>(&output))
                from.lcp = *lcp;
            else if (const auto *ended = std::get_if<Ended>(&output)) {
                EXPECT_FALSE(from.up) << "ended while up";
                from.ended = ended->reason;
            }
        }
    }

    std::array<Side, 2> sides;
};

LinkOptions server() {
    LinkOptions options;
    options.local_address = {0x0a000001};
    options.remote_address = {0x0a000002};
    options.mru = 1400;
    options.request_pfc = false;
    options.keepalive = 10s;
    return options;
}
LinkOptions client() {
    LinkOptions options;
    options.keepalive = 10s;
    options.request_dns = true;  // which the other one has not
    return options;
}

// What both believe of each other, once up.
void expect_agreement(Pair &pair) {
    const Side &one = pair.at(0);
    const Side &two = pair.at(1);
    EXPECT_EQ(one.up->local.text(), "10.0.0.1");
    EXPECT_EQ(two.up->local.text(), "10.0.0.2");
    EXPECT_EQ(one.up->remote, two.up->local);
    EXPECT_EQ(two.up->remote, one.up->local);
    EXPECT_TRUE(two.up->dns.empty());
    EXPECT_EQ(one.lcp->mru, 1400);
    EXPECT_EQ(two.lcp->mtu, 1400);
    EXPECT_EQ(one.lcp->pfc_tx, two.lcp->pfc_rx);
    EXPECT_EQ(two.lcp->pfc_tx, one.lcp->pfc_rx);
    EXPECT_NE(one.lcp->magic, two.lcp->magic);
}

TEST(SimPpp, OnAGoodNetworkTwoLinksComeUpInAFewFrames) {
    Pair pair(1, {}, server(), client());
    pair.open();
    pair.run(1s);
    ASSERT_TRUE(pair.both_up());
    expect_agreement(pair);
    EXPECT_LE(pair.network.sent(), 14U);
    EXPECT_EQ(pair.at(0).ups, 1U);
}

// 2500 networks, from good to hopeless. After two minutes everything that could be agreed on is
// agreed on, or was given up by both.
TEST(SimPpp, OnABadNetworkBothComeUpOrBothEndWhateverIsLostDoubledOrOvertaken) {
    int up = 0;
    for (std::uint64_t seed = 1; seed <= 2500; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 7919);
        Network::Quality quality;
        quality.lost = dice.below(61);
        quality.doubled = dice.below(21);
        quality.jitter = std::chrono::milliseconds(dice.below(2000));
        Pair pair(seed, quality, server(), client());
        pair.open();
        pair.run(2min);
        if (testing::Test::HasFatalFailure())
            return;

        // From now on the network is good. Whatever state the two are in, they find out of it.
        pair.network.set({});
        pair.run(2min);
        if (testing::Test::HasFatalFailure())
            return;
        if (pair.both_up()) {
            ++up;
            expect_agreement(pair);
        } else {
            EXPECT_TRUE(pair.both_ended());
        }
        EXPECT_LT(pair.network.sent(), 1000U);
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(up, 1250) << "most of these networks carry a negotiation";
}

// A lost Ack makes the table negotiate again, so a link may come up more than once before it stays.
TEST(SimPpp, WithModestLossEveryLinkComesUpAndStaysUp) {
    LinkOptions one = server();
    LinkOptions two = client();
    one.keepalive = two.keepalive = 60s;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair(seed, {.lost = 10, .jitter = 20ms}, one, two);
        pair.open();
        pair.run(50s);
        ASSERT_TRUE(pair.both_up());
        expect_agreement(pair);
        EXPECT_LE(pair.at(0).ups, 10U);
        const unsigned before = pair.at(0).ups;
        pair.network.set({});
        pair.run(30min);
        ASSERT_TRUE(pair.both_up());
        EXPECT_EQ(pair.at(0).ups, before);
    }
}

TEST(SimPpp, ClosingOneSideEndsBothWhateverIsLost) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 104729);
        Pair pair(seed, {.lost = 5, .doubled = 5, .jitter = 30ms}, server(), client());
        pair.open();
        pair.run(std::chrono::milliseconds(dice.below(3000)));  // in any phase
        Network::Quality bad;
        bad.lost = dice.below(101);
        pair.network.set(bad);
        pair.close(dice.below(2) == 0 ? 0 : 1);
        pair.run(2min);
        ASSERT_TRUE(pair.both_ended());
    }
}

TEST(SimPpp, ACutLineIsNoticedByBoth) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair(seed, {.jitter = 30ms}, server(), client());
        pair.open();
        pair.run(30s);
        ASSERT_TRUE(pair.both_up());
        pair.network.set({.lost = 100});
        pair.run(1min);
        ASSERT_TRUE(pair.both_ended());
        EXPECT_EQ(pair.at(0).ended->kind, EndReason::Kind::EchoTimeout);
        EXPECT_EQ(pair.at(1).ended->kind, EndReason::Kind::EchoTimeout);
    }
}

TEST(SimPpp, TwoThatBothWantToBeToldTheirAddressGiveUp) {
    Pair pair(1, {}, client(), client());
    pair.open();
    pair.run(2min);
    ASSERT_TRUE(pair.both_ended());
    EXPECT_EQ(pair.at(0).ended->kind, EndReason::Kind::NegotiationFailed);
}

TEST(SimPpp, TwoThatInsistOnDifferentAddressesEndAndDoNotArgueForEver) {
    LinkOptions one = server();
    LinkOptions two = server();
    one.remote_address = {0x0a000063};
    two.remote_address = {0x0a000064};
    Pair pair(1, {}, one, two);
    pair.open();
    pair.run(5min);
    EXPECT_TRUE(pair.both_up() || pair.both_ended());
    EXPECT_LT(pair.network.sent(), 300U);
}

TEST(SimPpp, TwoWithTheSameMagicNumberEveryTimeTakeTheLineForLoopedBack) {
    Pair pair = Pair::twins(server(), client());
    pair.open();
    pair.run(1min);
    ASSERT_TRUE(pair.both_ended());
    EXPECT_EQ(pair.at(0).ended->kind, EndReason::Kind::Looped);
    EXPECT_EQ(pair.at(1).ended->kind, EndReason::Kind::Looped);
    EXPECT_LT(pair.network.sent(), 60U);
}

}  // namespace
}  // namespace rtun::ppp
