// SPDX-License-Identifier: GPL-2.0-or-later
//
// A router's words about rates, as token buckets.
#include <daemon/shaping.h>
#include <tests/fake/fake_host.h>

#include <gtest/gtest.h>

namespace rtun::daemon {
namespace {

using config::RateLimit;
using netlink::Bucket;
using netlink::LinkIndex;
using std::chrono::seconds;

constexpr LinkIndex Link{7};

RateLimit::Direction plain(std::uint64_t rate) { return {.rate = rate}; }

TEST(Shaping, a_rate_is_told_in_octets_and_sent_in_steps_of_ten_milliseconds) {
    const Bucket bucket = shaped(plain(80'000'000));
    EXPECT_EQ(bucket.rate, 10'000'000u);
    EXPECT_EQ(bucket.burst, 100'000u);
    EXPECT_EQ(bucket.peak_rate, 0u);
}

TEST(Shaping, a_slow_rate_still_lets_ten_packets_through) {
    EXPECT_EQ(shaped(plain(64'000)).burst, 16'000u);
    EXPECT_EQ(shaped(plain(1)).rate, 1u);
}

TEST(Shaping, a_policer_takes_a_packet_of_joined_segments_at_any_rate) {
    EXPECT_GT(policed(plain(64'000)).burst, 65536u);
    EXPECT_EQ(policed(plain(80'000'000)).burst, 1'000'000u);
}

TEST(Shaping, the_first_burst_is_as_fast_and_as_long_as_a_routers) {
    // 1 Mbit/s, bursts of 4 Mbit/s, threshold 512 kbit/s, 16 s: a router lets a user who comes
    // from silence have 4 Mbit/s for 0.512 / 4 * 16 = 2.048 s.
    const Bucket bucket = shaped({.rate = 1'000'000,
                                  .burst_rate = 4'000'000,
                                  .burst_threshold = 512'000,
                                  .burst_time = seconds(16)});
    EXPECT_EQ(bucket.rate, 125'000u);
    EXPECT_EQ(bucket.peak_rate, 500'000u);
    const double lasts =
        static_cast<double>(bucket.burst) / static_cast<double>(bucket.peak_rate - bucket.rate);
    EXPECT_NEAR(lasts, 2.048, 0.001);
}

TEST(Shaping, a_threshold_that_is_not_given_is_the_rate_and_a_time_a_second) {
    const Bucket said = shaped({.rate = 8'000'000,
                                .burst_rate = 16'000'000,
                                .burst_threshold = 8'000'000,
                                .burst_time = seconds(1)});
    const Bucket meant = shaped({.rate = 8'000'000, .burst_rate = 16'000'000});
    EXPECT_EQ(said, meant);
    EXPECT_EQ(meant.burst, 500'000u);
}

TEST(Shaping, a_burst_that_is_not_above_the_rate_is_none) {
    EXPECT_EQ(shaped({.rate = 8'000'000, .burst_rate = 8'000'000, .burst_time = seconds(9)}),
              shaped(plain(8'000'000)));
}

TEST(Shaping, the_largest_numbers_do_not_run_over) {
    constexpr auto Most = std::numeric_limits<std::uint64_t>::max();
    const Bucket bucket = policed({.rate = Most / 2,
                                   .burst_rate = Most,
                                   .burst_threshold = Most,
                                   .burst_time = seconds(1'000'000)});
    EXPECT_EQ(bucket.burst, std::numeric_limits<std::uint32_t>::max());
    EXPECT_GT(bucket.peak_rate, bucket.rate);
}

TEST(Shaping, touches_a_direction_only_if_it_changes) {
    fake::FakeHost host;
    const RateLimit none, both{plain(1'000'000), plain(2'000'000)};
    EXPECT_TRUE(change_limit(host, Link, none, none).empty());
    EXPECT_TRUE(host.shaped.empty() && host.policed.empty());
    EXPECT_TRUE(change_limit(host, Link, none, both).empty());
    EXPECT_EQ(host.shaped.at(Link), shaped(both.tx));  // tx is what we send
    EXPECT_EQ(host.policed.at(Link), policed(both.rx));

    host.shaped.clear();
    host.policed.clear();
    RateLimit faster = both;
    faster.rx = plain(3'000'000);
    EXPECT_TRUE(change_limit(host, Link, both, faster).empty());
    EXPECT_TRUE(host.shaped.empty());
    EXPECT_EQ(host.policed.at(Link), policed(faster.rx));
}

TEST(Shaping, an_ended_limit_leaves_a_queue_that_limits_nothing_and_no_policer) {
    fake::FakeHost host;
    const RateLimit none, both{plain(1'000'000), plain(2'000'000)};
    EXPECT_TRUE(change_limit(host, Link, none, both).empty());
    EXPECT_TRUE(change_limit(host, Link, both, none).empty());
    EXPECT_GE(host.shaped.at(Link).rate, 100'000'000'000u);
    EXPECT_TRUE(host.policed.empty());
}

TEST(Shaping, what_the_kernel_refuses_is_told_by_direction) {
    fake::FakeHost host;
    host.no_tc = true;
    const RateLimit both{plain(1'000'000), plain(2'000'000)};
    const auto problems = change_limit(host, Link, {}, both);
    ASSERT_EQ(problems.size(), 2u);
    EXPECT_EQ(problems[0], "rate-limit, what the user receives: Specified qdisc kind is unknown");
    EXPECT_EQ(problems[1], "rate-limit, what the user sends: Specified qdisc kind is unknown");
}

}  // namespace
}  // namespace rtun::daemon
