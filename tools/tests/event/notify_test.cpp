// SPDX-License-Identifier: GPL-2.0-or-later
//
// sd_notify against a socket of our own in the place of the service manager.
#include <event/notify.h>

#include <base/fd.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace rtun::event {
namespace {

class NotifyTest : public testing::Test {
protected:
    NotifyTest() {
        // An abstract address: nothing to clean up.
        const std::string name = "@rtun-notify-test-" + std::to_string(getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof(address.sun_path) - 1);
        address.sun_path[0] = '\0';
        socket_ = base::Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        bound_ = ::bind(socket_.get(), reinterpret_cast<const sockaddr *>(&address), length) == 0;
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~NotifyTest() override {
        for (const char *variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
            unsetenv(variable);
    }
    void SetUp() override { ASSERT_TRUE(bound_); }

    std::string received() {
        std::array<char, 512> buffer{};
        const ssize_t length = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        return length < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(length));
    }

private:
    base::Fd socket_;
    bool bound_ = false;
};

TEST_F(NotifyTest, ready_and_stopping_reach_the_manager) {
    notify::ready();
    EXPECT_EQ(received(), "READY=1");
    notify::stopping();
    EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(NotifyTest, a_status_text_cannot_smuggle_an_assignment) {
    notify::status("2 clients up\nMAINPID=1");
    EXPECT_EQ(received(), "STATUS=2 clients up MAINPID=1");
}

TEST_F(NotifyTest, without_a_manager_nothing_happens) {
    unsetenv("NOTIFY_SOCKET");
    notify::ready();
    notify::status("text");
    EXPECT_EQ(received(), "");
}

TEST_F(NotifyTest, the_watchdog_is_fed_by_a_loop_that_turns_if_the_unit_asks) {
    Loop loop = Loop::create().value();
    setenv("WATCHDOG_USEC", "20000", 1);
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    const auto fed = notify::watchdog(loop);
    ASSERT_TRUE(fed);
    EXPECT_TRUE(*fed);
    std::string message;
    for (int i = 0; i < 100 && message.empty(); ++i) {
        ASSERT_TRUE(loop.run_once(std::chrono::milliseconds(10)));
        message = received();
    }
    EXPECT_EQ(message, "WATCHDOG=1");
}

TEST_F(NotifyTest, the_watchdog_is_left_alone_if_the_unit_does_not_ask) {
    Loop loop = Loop::create().value();
    const auto fed = notify::watchdog(loop);
    ASSERT_TRUE(fed);
    EXPECT_FALSE(*fed);
}

}  // namespace
}  // namespace rtun::event
