// SPDX-License-Identifier: GPL-2.0-or-later
//
// Guessing is slow, connecting is not free, and both are remembered in bounded memory.
#include <aaa/throttle.h>

#include <tests/aaa/words.h>

#include <fmt/format.h>

namespace rtun::aaa {
namespace {

using namespace std::chrono_literals;

const base::Time start{1000h};
const base::Ipv4 here = ip("192.0.2.1");
const base::Ipv4 there = ip("192.0.2.2");

TEST(Delay, BeginsAfterTwoFailuresAndDoubles) {
    Throttle throttle;
    EXPECT_EQ(throttle.delay("jack", here, start), 0s);
    throttle.failed("jack", here, start);
    EXPECT_EQ(throttle.delay("jack", here, start), 0s);
    for (const auto expected : {1s, 2s, 4s, 8s, 10s, 10s, 10s}) {
        throttle.failed("jack", here, start);
        EXPECT_EQ(throttle.delay("jack", here, start), expected);
    }
    for (int i = 0; i < 1000; i++)
        throttle.failed("jack", here, start);
    EXPECT_EQ(throttle.delay("jack", here, start), 10s);
    EXPECT_EQ(throttle.failures("jack", start), 1008U);
}

TEST(Delay, IsOfTheUserWhereverItCallsFrom) {
    Throttle throttle;
    throttle.failed("jack", here, start);
    throttle.failed("jack", there, start);
    EXPECT_EQ(throttle.delay("jack", ip("198.51.100.1"), start), 1s);
    EXPECT_EQ(throttle.delay("jill", ip("198.51.100.1"), start), 0s);
    EXPECT_EQ(throttle.delay("jill", here, start), 0s);
}

TEST(Delay, IsOfTheSourceWhoeverItSaysItIs) {
    Throttle throttle;
    for (int i = 0; i < 4; i++)
        throttle.failed(fmt::format("user{}", i), here, start);
    EXPECT_EQ(throttle.delay("jill", here, start), 4s);
    EXPECT_EQ(throttle.delay("user0", there, start), 0s);
}

TEST(Delay, EndsAfterATimeOfQuiet) {
    Throttle throttle;
    for (int i = 0; i < 3; i++)
        throttle.failed("jack", here, start);
    EXPECT_EQ(throttle.delay("jack", here, start + Throttle::Forgotten - 1ns), 2s);
    EXPECT_EQ(throttle.delay("jack", here, start + Throttle::Forgotten), 0s);
    EXPECT_EQ(throttle.failures("jack", start + Throttle::Forgotten), 0U);
    throttle.failed("jack", here, start + Throttle::Forgotten);
    EXPECT_EQ(throttle.failures("jack", start + Throttle::Forgotten), 1U);
}

TEST(Delay, EndsWithASuccess) {
    Throttle throttle;
    for (int i = 0; i < 5; i++)
        throttle.failed("jack", here, start);
    throttle.succeeded("jack", here);
    EXPECT_EQ(throttle.delay("jack", here, start), 0s);
    EXPECT_EQ(throttle.failures("jack", start), 0U);
}

TEST(Delay, OfGuessesAtOthersIsNotEndedByASuccess) {
    Throttle throttle;
    for (int i = 0; i < 5; i++)
        throttle.failed(fmt::format("victim{}", i), here, start);
    throttle.failed("eve", here, start);
    throttle.succeeded("eve", here);
    EXPECT_EQ(throttle.delay("victim9", here, start), 8s) << "five failures are left";
    throttle.succeeded("eve", here);
    EXPECT_EQ(throttle.delay("victim9", here, start), 8s);
    EXPECT_EQ(throttle.failures("victim0", start), 1U);
}

TEST(Delay, IsForgottenOfTheQuietestFirst) {
    Throttle throttle;
    throttle.failed("first", here, start);
    throttle.failed("second", here, start);
    for (std::size_t i = 0; i < Throttle::MaxEntries - 2; i++)
        throttle.failed(fmt::format("user{}", i), here, start);
    throttle.failed("first", here, start);  // not quiet any more
    EXPECT_EQ(throttle.failures("second", start), 1U);
    throttle.failed("one more", here, start);
    EXPECT_EQ(throttle.failures("second", start), 0U);
    EXPECT_EQ(throttle.failures("first", start), 2U);
}

TEST(Delay, IsRememberedOfSoManySources) {
    Throttle throttle;
    for (std::uint32_t i = 0; i < 2 * Throttle::MaxEntries; i++) {
        throttle.failed("a", base::Ipv4{i + 1}, start);
        throttle.failed("b", base::Ipv4{i + 1}, start);
    }
    EXPECT_EQ(throttle.delay("x", base::Ipv4{1}, start), 0s);
    EXPECT_EQ(throttle.delay("x", base::Ipv4{Throttle::MaxEntries}, start), 0s);
    EXPECT_EQ(throttle.delay("x", base::Ipv4{Throttle::MaxEntries + 1}, start), 1s);
}

int admitted(ConnectionRate &rate, base::Ipv4 source, base::Time now, int tries) {
    int count = 0;
    for (int i = 0; i < tries; i++)
        count += rate.admit(source, now) ? 1 : 0;
    return count;
}

TEST(Connections, AreSoManyASecond) {
    ConnectionRate rate;
    rate.set(3);
    EXPECT_EQ(admitted(rate, here, start, 10), 3);
    EXPECT_EQ(admitted(rate, here, start + 300ms, 10), 0);
    EXPECT_EQ(admitted(rate, here, start + 400ms, 10), 1);
    EXPECT_EQ(admitted(rate, here, start + 1400ms, 10), 3);
    EXPECT_EQ(admitted(rate, here, start + 100s, 10), 3) << "a bucket holds a second's worth";
}

TEST(Connections, OfOneSourceTakeNothingFromAnother) {
    ConnectionRate rate;
    rate.set(2);
    EXPECT_EQ(admitted(rate, here, start, 1000), 2);
    EXPECT_EQ(admitted(rate, there, start, 1000), 2);
}

TEST(Connections, AreNotCountedIfThereIsNoLimit) {
    ConnectionRate rate;
    rate.set(0);
    EXPECT_EQ(admitted(rate, here, start, 1000), 1000);
}

TEST(Connections, OfSourcesBeyondTheBoundShareOneBucket) {
    ConnectionRate rate;
    rate.set(2);
    for (std::uint32_t i = 0; i < ConnectionRate::MaxSources; i++)
        ASSERT_TRUE(rate.admit(base::Ipv4{i + 1}, start));
    int let_in = 0;
    for (std::uint32_t i = 0; i < 100; i++)
        let_in += rate.admit(base::Ipv4{0x0a000000U + i}, start) ? 1 : 0;
    EXPECT_EQ(let_in, 2);
    EXPECT_TRUE(rate.admit(base::Ipv4{1}, start)) << "those that are known have their own";
    EXPECT_FALSE(rate.admit(base::Ipv4{1}, start));
}

TEST(Connections, OfSourcesThatHaveBeenQuietMakeRoom) {
    ConnectionRate rate;
    rate.set(1);
    for (std::uint32_t i = 0; i < ConnectionRate::MaxSources; i++)
        ASSERT_TRUE(rate.admit(base::Ipv4{i + 1}, start));
    for (std::uint32_t i = 0; i < 100; i++)
        EXPECT_TRUE(rate.admit(base::Ipv4{0x0a000000U + i}, start + 1s)) << i;
}

}  // namespace
}  // namespace rtun::aaa
