// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two BCP engines over a bad network: whatever is lost, doubled and overtaken, they come to rest,
// and both believe the same.
#include <ppp/bcp.h>
#include <tests/fake/fake_random.h>
#include <tests/sim/network.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>

namespace rtun::ppp {
namespace {

using namespace std::chrono_literals;
using base::Mac;
using fake::Network;

constexpr Mac one{{0x02, 0, 0, 0, 0, 0x01}};
constexpr Mac two{{0x02, 0, 0, 0, 0, 0x02}};

class Engines {
public:
    Engines(std::uint64_t seed, Network::Quality quality, const Mac &a, const Mac &b)
        : network_(seed, quality), random_(seed + 1000), macs_{a, b} {
        LinkOptions options;
        options.max_configure = 50;
        for (std::size_t side : {0U, 1U}) {
            engines_[side] = std::make_unique<Bcp>(options, BridgeOptions{macs_[side]}, random_);
            engines_[side]->open(now_);
            engines_[side]->up(now_);
        }
        for (std::size_t side : {0U, 1U})
            collect(side);
    }

    void run(base::Duration duration) {
        const base::Time until = now_ + duration;
        for (int steps = 0;; ++steps) {
            ASSERT_LT(steps, 10000) << "it does not come to rest";
            const base::Deadline next =
                base::earlier(network_.next(), base::earlier(at(0).deadline(), at(1).deadline()));
            if (!next || *next > until)
                break;
            now_ = std::max(now_, *next);
            if (network_.next() && *network_.next() <= now_) {
                const Network::Arrival arrival = network_.take();
                const auto to = static_cast<std::size_t>(arrival.to);
                at(to).receive(arrival.frame, now_);
                collect(to);
                continue;
            }
            for (std::size_t side : {0U, 1U}) {
                at(side).expire(now_);
                collect(side);
            }
        }
        now_ = until;
    }

    void negotiate_anew(std::size_t side) {
        at(side).down(now_);
        at(side).up(now_);
        collect(side);
    }

    Bcp &at(std::size_t side) { return *engines_[side]; }

    void expect_agreement() {
        ASSERT_EQ(at(0).state(), State::Opened);
        ASSERT_EQ(at(1).state(), State::Opened);
        EXPECT_EQ(failures_, 0);
        const BridgeUp &a = at(0).agreed();
        const BridgeUp &b = at(1).agreed();
        EXPECT_EQ(a.send, b.receive);
        EXPECT_EQ(a.receive, b.send);
        EXPECT_EQ(a.local, b.remote);
        EXPECT_EQ(a.remote, b.local);
        EXPECT_EQ(a.send, (BridgeDirection{true, true, true, true}));
    }

private:
    void collect(std::size_t side) {
        for (const ControlProtocol::Output &output : at(side).take_outputs()) {
            if (const auto *send = std::get_if<ControlProtocol::Send>(&output))
                network_.send(1 - static_cast<int>(side), send->information, now_);
            failures_ += std::holds_alternative<ControlProtocol::Failed>(output) ? 1 : 0;
        }
    }

    base::Time now_{};
    Network network_;
    fake::FakeRandom random_;
    std::array<Mac, 2> macs_;
    std::array<std::unique_ptr<Bcp>, 2> engines_;
    int failures_ = 0;
};

TEST(SimBcp, TwoEnginesAgreeOnAGoodNetworkAtOnce) {
    Engines engines(1, {}, one, two);
    engines.run(100ms);
    engines.expect_agreement();
    EXPECT_EQ(engines.at(0).agreed().local, one);
    EXPECT_EQ(engines.at(0).agreed().remote, two);
}

TEST(SimBcp, TwoEnginesAgreeOnABadNetwork) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        Engines engines(seed, {.lost = 30, .doubled = 20, .delay = 10ms, .jitter = 800ms}, one,
                        seed % 2 == 0 ? two : Mac{});
        engines.run(200s);
        engines.expect_agreement();
        engines.negotiate_anew(seed % 3 == 0 ? 1 : 0);
        engines.run(200s);
        engines.expect_agreement();
    }
}

// As after a copy of a virtual machine: neither is told the other's, and it works all the same.
TEST(SimBcp, TwoEnginesWithOneAddressStillAgree) {
    Engines engines(1, {}, one, one);
    engines.run(1s);
    engines.expect_agreement();
    EXPECT_EQ(engines.at(0).agreed().local, Mac{});
}

}  // namespace
}  // namespace rtun::ppp
