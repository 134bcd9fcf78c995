// SPDX-License-Identifier: GPL-2.0-or-later
//
// The small values: errors and results, addresses, durations, random numbers, file descriptors.
#include <base/fd.h>
#include <base/net.h>
#include <base/random.h>
#include <base/result.h>
#include <base/time.h>
#include <tests/fake/fake_random.h>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <set>

using namespace rtun::base;
using namespace std::chrono_literals;

namespace {

Result<int> half(int number) {
    if (number % 2 != 0)
        return fail(ErrorCode::Invalid, "odd");
    return number / 2;
}

Result<int> quarter(int number) { return TRY(half(TRY(half(number)))); }

Status check(int number) {
    static_cast<void>(TRY(half(number)));
    return {};
}

Status check_twice(int number) {
    TRY(check(number));
    TRY(check(number / 2));
    return {};
}

Result<std::unique_ptr<int>> owned(int number) {
    auto value = std::make_unique<int>(number);
    return value;
}

Result<int> unwrapped(int number) {
    const std::unique_ptr<int> value = TRY(owned(number));
    return *value;
}

TEST(Result, carries_a_value_or_the_first_error_through_try) {
    EXPECT_EQ(quarter(12).value(), 3);
    ASSERT_FALSE(quarter(6));
    EXPECT_EQ(quarter(6).error().text, "odd");
    EXPECT_EQ(quarter(6).error().code, ErrorCode::Invalid);
}

TEST(Result, works_without_a_value_and_with_one_that_can_only_be_moved) {
    EXPECT_TRUE(check_twice(4));
    EXPECT_FALSE(check_twice(2));
    EXPECT_EQ(unwrapped(7).value(), 7);
}

TEST(Error, keeps_code_and_errno_when_told_from_further_up) {
    const Error error = system_error("open", ENOENT).in("config");
    EXPECT_EQ(error.text, "config: open: No such file or directory");
    EXPECT_EQ(error.errnum, ENOENT);
    EXPECT_EQ(error.code, ErrorCode::System);
}

TEST(AssertDeathTest, ends_the_program_with_the_condition_and_its_place) {
    const int two = 2;
    RTUN_ASSERT(two == 2);
    EXPECT_DEATH(RTUN_ASSERT(two == 3), "rtun: bug: two == 3 does not hold at .*values_test.cpp");
}

TEST(Ipv4, is_the_same_after_being_text) {
    for (const char *text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "10.0.0.1", "1.20.100.255"})
        EXPECT_EQ(Ipv4::parse(text).value().text(), text);
    EXPECT_EQ(Ipv4::parse("1.2.3.4").value().value, 0x01020304U);
    EXPECT_TRUE(Ipv4::parse("0.0.0.0").value().unspecified());
}

TEST(Ipv4, refuses_everything_that_is_not_four_plain_decimal_numbers) {
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {""sv,          "1"sv,         "1.2.3"sv,    "1.2.3."sv,     "1.2.3.4."sv,
          "1.2.3.4.5"sv, ".1.2.3"sv,    "1..2.3"sv,   "256.1.1.1"sv,  "1.2.3.-4"sv,
          "+1.2.3.4"sv,  "01.2.3.4"sv,  "1.2.3.00"sv, " 1.2.3.4"sv,   "1.2.3.4 "sv,
          "1.2.3.4\0"sv, "0x1.2.3.4"sv, "a.b.c.d"sv,  "1.2.3.4/24"sv, "99999999999.1.1.1"sv,
          "::1"sv}) {
        const auto parsed = Ipv4::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::Invalid);
        EXPECT_NE(parsed.error().text.find(text), std::string::npos) << "the error names the word";
    }
}

TEST(Uptime, is_told_in_days_hours_minutes_and_seconds_without_zeros) {
    EXPECT_EQ(format_uptime(0s), "0s");
    EXPECT_EQ(format_uptime(999ms), "0s");
    EXPECT_EQ(format_uptime(-5s), "0s");
    EXPECT_EQ(format_uptime(1s), "1s");
    EXPECT_EQ(format_uptime(59'999ms), "59s");
    EXPECT_EQ(format_uptime(60s), "1m");
    EXPECT_EQ(format_uptime(6min + 32s), "6m32s");
    EXPECT_EQ(format_uptime(7h + 24min + 18s), "7h24m18s");
    EXPECT_EQ(format_uptime(71h + 18min + 17s), "2d23h18m17s");
    EXPECT_EQ(format_uptime(24h + 1s), "1d1s");
}

TEST(Deadline, of_two_is_the_earlier_and_none_is_later_than_all) {
    const Time t{};
    EXPECT_EQ(earlier(t, t + 1s), t);
    EXPECT_EQ(earlier(t + 1s, t), t);
    EXPECT_EQ(earlier(std::nullopt, t), t);
    EXPECT_EQ(earlier(t, std::nullopt), t);
    EXPECT_EQ(earlier(std::nullopt, std::nullopt), std::nullopt);
}

TEST(Random, makes_numbers_of_the_octets_it_is_given) {
    rtun::fake::FakeRandom random;
    random.queue(std::array<std::uint8_t, 4>{1, 2, 3, 4});
    EXPECT_EQ(random.u32(), 0x01020304U);
}

TEST(Random, draws_again_instead_of_being_biased) {
    // 2^32 mod 3 is 1: of all numbers only 0 is one too many.
    rtun::fake::FakeRandom random;
    random.queue(std::array<std::uint8_t, 8>{0, 0, 0, 0, 0, 0, 0, 5});
    EXPECT_EQ(random.below(3), 2U);
}

TEST(Random, stays_below_its_bound_and_reaches_all_of_it) {
    rtun::fake::FakeRandom random(42);
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 1000; i++)
        seen.insert(random.below(7));
    EXPECT_EQ(seen, (std::set<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(random.below(1), 0U);
}

TEST(SystemRandom, fills_all_of_a_buffer) {
    SystemRandom random;
    std::array<std::uint8_t, 1000> buffer{};
    random.fill(buffer);
    // That the last 100 octets were all drawn as zero has a probability of 2^-800.
    EXPECT_NE(std::set<std::uint8_t>(buffer.end() - 100, buffer.end()).size(), 1U);
    EXPECT_NE(random.u32() | random.u32() | random.u32() | random.u32(), 0U);
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(Fd, closes_its_file_when_it_goes_or_gets_another) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    {
        Fd a(pipe[0]);
        EXPECT_TRUE(a.valid());
        Fd b(pipe[1]);
        b = std::move(a);
        EXPECT_FALSE(is_open(pipe[1]));
        EXPECT_TRUE(is_open(pipe[0]));
        EXPECT_EQ(b.get(), pipe[0]);
    }
    EXPECT_FALSE(is_open(pipe[0]));
}

TEST(Fd, gives_its_file_away_on_release) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    Fd a(pipe[0]);
    const Fd b(pipe[1]);
    EXPECT_EQ(a.release(), pipe[0]);
    EXPECT_FALSE(a.valid());
    EXPECT_TRUE(is_open(pipe[0]));
    ::close(pipe[0]);
}

TEST(Ipv6, IsReadAndWrittenAsRfc5952Says) {
    EXPECT_EQ(Ipv6::parse("2001:DB8:0:0:0:0:0:1")->text(), "2001:db8::1");
    EXPECT_EQ(Ipv6::parse("::")->text(), "::");
    EXPECT_TRUE(Ipv6::parse("::")->unspecified());
    EXPECT_EQ(Ipv6::parse("::1")->octets[15], 1);
    for (const char *wrong : {"", ":", ":::", "1", "2001:db8::1%eth0", "2001:db8::g", "192.0.2.1",
                              "2001:db8::1 ", "1:2:3:4:5:6:7:8:9"})
        EXPECT_FALSE(Ipv6::parse(wrong)) << wrong;
    EXPECT_FALSE(Ipv6::parse(std::string_view("::1\0x", 5)));
}

TEST(Address, IsOfOneFamilyOrNone) {
    const Address v4 = *Address::parse("192.0.2.1");
    const Address v6 = *Address::parse("2001:db8::1");
    EXPECT_NE(v4.v4(), nullptr);
    EXPECT_EQ(v4.v6(), nullptr);
    EXPECT_EQ(v4.text(), "192.0.2.1");
    EXPECT_NE(v6.v6(), nullptr);
    EXPECT_EQ(v6.text(), "2001:db8::1");
    EXPECT_NE(v4, v6);
    EXPECT_EQ(v4, Address(Ipv4{0xc0000201}));
    EXPECT_TRUE(Address().unspecified());
    EXPECT_TRUE(Address(Ipv4{}).unspecified());
    EXPECT_TRUE(Address(Ipv6{}).unspecified());
    EXPECT_EQ(Address().text(), "any");
    EXPECT_FALSE(Address::parse("any"));
    EXPECT_FALSE(Address::parse("host.example"));
}

TEST(Mac, IsSixPairsOfDigits) {
    EXPECT_EQ(Mac::parse("02:00:5E:10:00:ff")->text(), "02:00:5e:10:00:ff");
    EXPECT_EQ(Mac::parse("02-00-5e-10-00-01")->text(), "02:00:5e:10:00:01");
    for (const char *wrong :
         {"", "02:00:5e:10:00", "02:00:5e:10:00:1", "02:00:5e:10:00:011", "02:00-5e:10:00:01",
          "0g:00:5e:10:00:01", "02.00.5e.10.00.01", "+2:00:5e:10:00:01"})
        EXPECT_FALSE(Mac::parse(wrong)) << wrong;
    EXPECT_TRUE(Mac::parse("02:00:00:00:00:00")->unicast());
    EXPECT_FALSE(Mac::parse("01:00:00:00:00:00")->unicast());
    EXPECT_FALSE(Mac::parse("00:00:00:00:00:00")->unicast());
}

}  // namespace
