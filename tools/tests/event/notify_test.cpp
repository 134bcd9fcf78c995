// SPDX-License-Identifier: GPL-2.0-or-later
//
// sd_notify against a socket of our own in the place of the service manager.
#include <event/notify.h>

#include <base/fd.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
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

TEST_F(NotifyTest, a_descriptor_is_stored_and_taken_out_by_its_name) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    const base::Fd one(pair[0]);
    const base::Fd other(pair[1]);
    EXPECT_TRUE(notify::store(one.get(), "client.office"));
    EXPECT_EQ(received(), "FDSTORE=1\nFDNAME=client.office");
    notify::unstore("client.office");
    EXPECT_EQ(received(), "FDSTOREREMOVE=1\nFDNAME=client.office");
}

TEST_F(NotifyTest, a_store_is_there_if_the_unit_says_so) {
    EXPECT_FALSE(notify::has_store());
    setenv("FDSTORE", "0", 1);
    EXPECT_FALSE(notify::has_store());
    setenv("FDSTORE", "64", 1);
    EXPECT_TRUE(notify::has_store());
    unsetenv("FDSTORE");
    setenv("RTUN_FDSTORE", "1", 1);
    EXPECT_TRUE(notify::has_store());
    unsetenv("RTUN_FDSTORE");
}

// In a child: the descriptors that the manager hands over have fixed numbers.
TEST_F(NotifyTest, what_was_stored_comes_back_with_its_name_and_once) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
            ::_exit(10);
        const int far = ::fcntl(pair[1], F_DUPFD, 10);
        if (far < 0 || ::dup2(pair[0], 3) < 0)
            ::_exit(11);
        setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_FDNAMES", "client.office", 1);
        const auto stored = notify::stored();
        if (stored.size() != 1 || stored[0].name != "client.office" || stored[0].fd.get() != 3)
            ::_exit(12);
        if ((::fcntl(3, F_GETFD) & FD_CLOEXEC) == 0)
            ::_exit(13);
        if (::send(far, "x", 1, 0) != 1)
            ::_exit(14);
        char octet = 0;
        if (::recv(stored[0].fd.get(), &octet, 1, 0) != 1 || octet != 'x')
            ::_exit(15);
        ::_exit(notify::stored().empty() ? 0 : 16);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(NotifyTest, without_a_manager_nothing_happens) {
    unsetenv("NOTIFY_SOCKET");
    notify::ready();
    notify::status("text");
    EXPECT_FALSE(notify::store(0, "client.office"));
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
