// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two ends of CCP over a bad network: ours against ours, and against peers that want something
// else and insist on it. Whatever is lost, doubled or overtaken, in the end both are open with the
// same modes or one has given up, which takes its link down and with it the other; and no key is
// ever agreed on that one of them did not allow.
#include <ppp/ccp.h>
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
using enum MppeStrength;
using fake::Network;

constexpr std::uint32_t H = 0x01000000, S = 0x40, L = 0x20;

// A peer with one idea: these bits, both ways, or nothing. Without any bits it is one that lets
// everything pass and encrypts nothing.
class Stubborn final : public ControlProtocol {
public:
    explicit Stubborn(std::optional<std::uint32_t> bits)
        : ControlProtocol("CCP", {}), bits_(bits) {}

private:
    void reset() override {}
    wire::CpOptions request() override {
        if (!bits_)
            return {};
        return {wire::raw(wire::CcpMppe{*bits_})};
    }
    bool knows(std::uint8_t type) const override { return type == 18; }
    Verdict judge(const wire::CpOption &option) override {
        if (!bits_)
            return Verdict::reject();
        const wire::CpOption mine = wire::raw(wire::CcpMppe{*bits_});
        return option == mine ? Verdict::ack() : Verdict::nak(mine);
    }
    void agreed_to(const wire::CpOptions &) override {}
    void on_nak(const wire::CpOption &) override {}
    void on_reject(const wire::CpOption &) override {}
    std::string wishes() const override { return "its way"; }

    std::optional<std::uint32_t> bits_;
};

// An end as a link has it: it closes CCP when there is no way on.
struct End {
    std::unique_ptr<ControlProtocol> protocol;
    Ccp *ours = nullptr;  // the same, if it is not Stubborn
    bool open = false;
    unsigned ups = 0;
    bool gave_up = false;
    std::string text;
};

class Pair {
public:
    Pair(std::uint64_t seed, Network::Quality quality, std::array<End, 2> both)
        : network(seed, quality), ends(std::move(both)) {}

    void open() {
        for (const int side : {0, 1}) {
            at(side).protocol->open(now);
            at(side).protocol->up(now);
            collect(side);
        }
    }
    void run(base::Duration duration) {
        const base::Time until = now + duration;
        for (;;) {
            const base::Deadline timer =
                base::earlier(at(0).protocol->deadline(), at(1).protocol->deadline());
            const base::Deadline next = base::earlier(timer, network.next());
            if (!next || *next > until)
                break;
            ASSERT_LT(++steps, 5000) << "it does not come to rest";
            now = std::max(now, *next);
            if (network.next() && *network.next() <= now) {
                const Network::Arrival arrival = network.take();
                at(arrival.to).protocol->receive(arrival.frame, now);
                collect(arrival.to);
                continue;
            }
            for (const int side : {0, 1}) {
                at(side).protocol->expire(now);
                collect(side);
            }
        }
        now = until;
    }
    void reset_request(int to) {
        network.send(to, wire::encode(wire::CpPacket{wire::CpCode::ResetRequest, 1, {}}), now);
    }
    // What both believe, if both are open.
    void expect_agreement() {
        for (const int side : {0, 1}) {
            if (!at(side).open || at(side).ours == nullptr)
                continue;
            const Ccp::Agreed mine = at(side).ours->agreed();
            const Ccp *other = at(1 - side).ours;
            if (other != nullptr && at(1 - side).open) {
                EXPECT_EQ(mine.send, other->agreed().receive);
                EXPECT_EQ(mine.receive, other->agreed().send);
            }
        }
    }
    [[nodiscard]] bool both_open() { return at(0).open && at(1).open; }
    End &at(int side) { return ends[static_cast<std::size_t>(side)]; }

    base::Time now{};
    Network network;
    int steps = 0;

private:
    void collect(int side) {
        using Cp = ControlProtocol;
        End &end = at(side);
        for (bool more = true; more;) {
            const auto said = end.protocol->take_outputs();
            more = !said.empty();
            for (const Cp::Output &output : said) {
                if (const auto *send = std::get_if<Cp::Send>(&output)) {
                    network.send(1 - side, send->information, now);
                } else if (std::holds_alternative<Cp::LayerUp>(output)) {
                    end.open = true;
                    ++end.ups;
                } else if (std::holds_alternative<Cp::LayerDown>(output)) {
                    end.open = false;
                } else if (const auto *failed = std::get_if<Cp::Failed>(&output)) {
                    end.gave_up = true;
                    end.text = failed->reason.text;
                    end.protocol->close(now, "");
                } else if (const auto *finished = std::get_if<Cp::LayerFinished>(&output)) {
                    end.gave_up = end.gave_up || finished->unanswered;
                }
            }
        }
    }

    std::array<End, 2> ends;
};

End ours(MppeStrengths strengths, StatefulMppe stateful = StatefulMppe::No,
         Encryption encryption = Encryption::Required) {
    LinkOptions options;
    options.encryption = encryption;
    options.mppe = strengths;
    options.mppe_stateful = stateful;
    auto ccp = std::make_unique<Ccp>(options);
    Ccp *raw = ccp.get();
    return {.protocol = std::move(ccp), .ours = raw, .text = {}};
}
End stubborn(std::optional<std::uint32_t> bits) {
    return {.protocol = std::make_unique<Stubborn>(bits), .text = {}};
}

MppeStrengths both_lengths() {
    MppeStrengths set = Bits128;
    set.add(Bits40);
    return set;
}

Network::Quality quality_of(std::uint64_t seed, unsigned most_lost) {
    fake::FakeRandom dice(seed * 7919);
    Network::Quality quality;
    quality.lost = dice.below(most_lost + 1);
    quality.doubled = dice.below(21);
    quality.jitter = std::chrono::milliseconds(dice.below(1000));
    return quality;
}

TEST(SimCcp, OnAGoodNetworkTwoAgreeInAFewFrames) {
    Pair pair(1, {}, {ours(Bits128), ours(Bits128)});
    pair.open();
    pair.run(1s);
    ASSERT_TRUE(pair.both_open());
    pair.expect_agreement();
    EXPECT_LE(pair.network.sent(), 4U);
}

TEST(SimCcp, OnABadNetworkBothOpenWithTheSameModesOrOneGivesUp) {
    unsigned up = 0;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        fake::FakeRandom dice(seed * 31);
        const auto any = [&dice] { return dice.below(2) == 0 ? both_lengths() : Bits128; };
        const auto stateful = [&dice] {
            return dice.below(2) == 0 ? StatefulMppe::Yes : StatefulMppe::No;
        };
        Pair pair(seed, quality_of(seed, 50), {ours(any(), stateful()), ours(any(), stateful())});
        pair.open();
        pair.run(1min);
        pair.reset_request(0);  // of no consequence, whatever the state
        pair.network.set({});
        pair.run(2min);
        if (testing::Test::HasFatalFailure())
            return;
        EXPECT_TRUE(pair.both_open() || pair.at(0).gave_up || pair.at(1).gave_up);
        pair.expect_agreement();
        if (pair.both_open()) {
            ++up;
            // The strongest that both allow, and stateless as both would rather have it.
            EXPECT_EQ(pair.at(0).ours->agreed().send, (MppeMode{Bits128, MppeState::Stateless}));
            EXPECT_EQ(pair.at(1).ours->agreed().send, (MppeMode{Bits128, MppeState::Stateless}));
        }
        EXPECT_LT(pair.network.sent(), 300U);
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(up, 1500U) << "most of these networks carry a negotiation";
}

TEST(SimCcp, StatefulModeAloneComesUpWhereTheOtherAllowsIt) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto other =
            std::array{StatefulMppe::No, StatefulMppe::Yes, StatefulMppe::Only}.at(seed % 3);
        Pair pair(seed, {.lost = 5, .jitter = 20ms},
                  {ours(both_lengths(), StatefulMppe::Only), ours(Bits128, other)});
        pair.open();
        pair.run(5min);
        if (other == StatefulMppe::No) {
            EXPECT_FALSE(pair.both_open());
            EXPECT_TRUE(pair.at(0).gave_up || pair.at(1).gave_up);
            continue;
        }
        ASSERT_TRUE(pair.both_open()) << pair.at(0).text << "; " << pair.at(1).text;
        pair.expect_agreement();
        EXPECT_EQ(pair.at(0).ours->agreed().send, (MppeMode{Bits128, MppeState::Stateful}));
        EXPECT_EQ(pair.at(0).ours->agreed().receive, (MppeMode{Bits128, MppeState::Stateful}));
    }
}

TEST(SimCcp, WithModestLossEverybodyComesUp) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair(seed, {.lost = 10, .jitter = 20ms}, {ours(both_lengths()), ours(Bits40)});
        pair.open();
        pair.run(5min);
        ASSERT_TRUE(pair.both_open());
        pair.expect_agreement();
        EXPECT_EQ(pair.at(0).ours->agreed().receive, (MppeMode{Bits40, MppeState::Stateless}));
    }
}

// Peers that cannot be talked to: each with the bits that it insists on, and words that its answer
// has to be told in. Lost frames may make silence of it.
TEST(SimCcp, APeerThatInsistsOnWhatIsNotAllowedNeverGetsIt) {
    const std::array<std::pair<std::optional<std::uint32_t>, const char *>, 5> peers{{
        {std::nullopt, "rejects MPPE with 128 bit"},
        {H | L, "MPPE with 40 bit, stateless; allowed is 128 bit, stateless"},
        {0, "MPPE with no key length at all; allowed is 128 bit, stateless"},
        {S, "MPPE with 128 bit, stateful; allowed is 128 bit, stateless"},
        {H, "MPPE with no key length at all"},
    }};
    for (const auto &[bits, words] : peers) {
        unsigned told = 0;
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            SCOPED_TRACE(std::string(words) + ", seed " + std::to_string(seed));
            Pair pair(seed, quality_of(seed, 30), {ours(Bits128), stubborn(bits)});
            pair.open();
            pair.run(5min);
            ASSERT_EQ(pair.at(0).ups, 0U);
            EXPECT_FALSE(pair.at(0).open);
            told += pair.at(0).text.find(words) == std::string::npos ? 0 : 1;
            EXPECT_LT(pair.network.sent(), 200U);
        }
        EXPECT_GT(told, 200U) << words;
    }
}

TEST(SimCcp, APeerThatInsistsOnWhatIsAllowedGetsIt) {
    for (const std::uint32_t bits : {H | S, H | L, S, L}) {
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            SCOPED_TRACE(std::to_string(bits) + ", seed " + std::to_string(seed));
            Pair pair(seed, {.lost = 5, .jitter = 20ms},
                      {ours(both_lengths(), StatefulMppe::Yes), stubborn(bits)});
            pair.open();
            pair.run(5min);
            ASSERT_TRUE(pair.both_open());
            const auto agreed = pair.at(0).ours->agreed();
            ASSERT_TRUE(agreed.send && agreed.receive);
            EXPECT_EQ(agreed.send, agreed.receive);
            EXPECT_EQ(agreed.send->strength, (bits & S) != 0 ? Bits128 : Bits40);
            EXPECT_EQ(agreed.send->state,
                      (bits & H) != 0 ? MppeState::Stateless : MppeState::Stateful);
        }
    }
}

}  // namespace
}  // namespace rtun::ppp
