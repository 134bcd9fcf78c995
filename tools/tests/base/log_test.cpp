// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands on a standard error that is not the journal, under systemd and elsewhere, and on one
// that is a terminal.
#include <base/fd.h>
#include <base/log.h>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

using namespace rtun::base;

namespace {

class Log : public testing::Test {
protected:
    // A stream that cannot be ours, so that the test writes to no journal.
    void SetUp() override { ::setenv("JOURNAL_STREAM", "0:0", 1); }
    void TearDown() override {
        ::unsetenv("JOURNAL_STREAM");
        ::unsetenv("INVOCATION_ID");
        log::set_level(log::Level::Info);
    }
};

TEST_F(Log, marks_a_line_with_its_syslog_level) {
    testing::internal::CaptureStderr();
    log::error("test.error", {}, "cannot {}", "go on");
    log::warning("test.warning", {}, "careful");
    log::info("test.info", {{"CLIENT", "office"}}, "{} is up", "office");
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "<3>cannot go on\n<4>careful\n<6>office is up\n");
}

TEST_F(Log, says_nothing_of_levels_to_whoever_is_not_systemd) {
    const auto written = [] {
        testing::internal::CaptureStderr();
        log::error("test.error", {}, "cannot go on");
        return testing::internal::GetCapturedStderr();
    };
    ::unsetenv("JOURNAL_STREAM");
    ::unsetenv("INVOCATION_ID");
    EXPECT_EQ(written(), "cannot go on\n");
    ::setenv("INVOCATION_ID", "c0ffee", 1);
    EXPECT_EQ(written(), "<3>cannot go on\n");
}

TEST_F(Log, leaves_out_what_is_more_verbose_than_wanted) {
    testing::internal::CaptureStderr();
    log::debug("test.debug", {}, "detail");
    log::set_level(log::Level::Debug);
    log::debug("test.debug", {}, "wanted detail");
    log::set_level(log::Level::Warning);
    log::info("test.info", {}, "chat");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "<7>wanted detail\n");
}

TEST_F(Log, cannot_be_made_to_write_a_second_line_or_to_steer_a_terminal) {
    testing::internal::CaptureStderr();
    log::info("test.info", {}, "{}", "one\n<3>two\x1b[2J");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "<6>one?<3>two?[2J\n");
}

TEST_F(Log, shows_a_terminal_the_text_alone) {
    const Fd master(::posix_openpt(O_RDWR | O_NOCTTY));
    ASSERT_TRUE(master.valid());
    ASSERT_EQ(::grantpt(master.get()), 0);
    ASSERT_EQ(::unlockpt(master.get()), 0);
    const Fd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY));
    ASSERT_TRUE(terminal.valid());
    const Fd saved(::dup(STDERR_FILENO));
    ASSERT_GE(::dup2(terminal.get(), STDERR_FILENO), 0);
    log::warning("test.warning", {}, "careful");
    ASSERT_GE(::dup2(saved.get(), STDERR_FILENO), 0);

    std::array<char, 100> seen{};
    const ssize_t size = ::read(master.get(), seen.data(), seen.size());
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(seen.data(), static_cast<std::size_t>(size)), "careful\r\n");
}

TEST_F(Log, knows_what_is_enabled) {
    EXPECT_TRUE(log::enabled(log::Level::Info));
    EXPECT_FALSE(log::enabled(log::Level::Debug));
}

}  // namespace
