// SPDX-License-Identifier: GPL-2.0-or-later
//
// The event loop against real descriptors, signals and children. Nothing here waits for longer
// than some milliseconds, and nothing depends on how fast the machine is: a test that would hang
// is ended by a guard timer.
#include <event/loop.h>

#include <base/fd.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtun::event {
namespace {

using namespace std::chrono_literals;

struct Pipe {
    base::Fd read;
    base::Fd write;

    Pipe() {
        std::array<int, 2> fds{};
        if (pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) != 0)
            std::abort();
        read = base::Fd(fds[0]);
        write = base::Fd(fds[1]);
    }
    void put(char c = 'x') const { ASSERT_EQ(::write(write.get(), &c, 1), 1); }
    char get() const {
        char c = 0;
        return ::read(read.get(), &c, 1) == 1 ? c : '\0';
    }
};

class LoopTest : public testing::Test {
protected:
    LoopTest() { guard.arm(loop.now() + 20s); }

    // Runs until nothing happens within the time given.
    void settle(int rounds = 20) {
        for (int i = 0; i < rounds; ++i)
            ASSERT_TRUE(loop.run_once(0s));
    }
    int run() { return loop.run().value(); }

    Loop loop = Loop::create().value();
    Timer guard = Timer::create(loop, [this] { loop.quit(-1); }).value();
};

TEST_F(LoopTest, run_returns_the_code_given_to_quit) {
    loop.defer([&] { loop.quit(7); });
    EXPECT_EQ(run(), 7);
}

TEST_F(LoopTest, a_negative_code_is_a_code_and_not_an_error) {
    loop.defer([&] { loop.quit(-5); });
    const auto code = loop.run();
    ASSERT_TRUE(code);
    EXPECT_EQ(*code, -5);
}

TEST_F(LoopTest, a_loop_that_has_quit_stays_so) {
    loop.quit(3);
    EXPECT_EQ(run(), 3);
    loop.quit(4);
    EXPECT_EQ(run(), 3);
    EXPECT_TRUE(loop.run_once(1s));
}

TEST_F(LoopTest, nothing_is_called_back_after_quit) {
    int calls = 0;
    loop.defer([&] {
        loop.quit(0);
        loop.defer([&] { ++calls; });
    });
    EXPECT_EQ(run(), 0);
    EXPECT_EQ(calls, 0);
}

TEST_F(LoopTest, now_stands_still_within_a_callback) {
    bool same = false;
    loop.defer([&] {
        const base::Time before = loop.now();
        usleep(2000);
        same = loop.now() == before;
        loop.quit(0);
    });
    EXPECT_EQ(run(), 0);
    EXPECT_TRUE(same);
}

TEST_F(LoopTest, now_is_the_steady_clock) {
    const base::Time before = base::Clock::now();
    base::Time inside;
    loop.defer([&] {
        inside = loop.now();
        loop.quit(0);
    });
    EXPECT_EQ(run(), 0);
    // now() has microseconds only.
    EXPECT_GE(inside + 1us, before);
    EXPECT_LE(inside, base::Clock::now());
}

TEST_F(LoopTest, a_deferred_call_runs_once_and_not_at_once) {
    int calls = 0;
    loop.defer([&] { ++calls; });
    EXPECT_EQ(calls, 0);
    settle();
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, deferred_calls_keep_their_order_and_those_they_defer_come_later) {
    std::string order;
    loop.defer([&] {
        order += 'a';
        loop.defer([&] { order += 'c'; });
    });
    loop.defer([&] { order += 'b'; });
    ASSERT_TRUE(loop.run_once(1s));
    EXPECT_EQ(order, "ab");
    settle();
    EXPECT_EQ(order, "abc");
}

TEST_F(LoopTest, a_call_that_defers_itself_for_ever_does_not_starve_a_descriptor) {
    const Pipe pipe;
    std::function<void()> again = [&] { loop.defer(again); };
    loop.defer(again);
    pipe.put();
    bool read = false;
    const Io io = Io::create(loop, pipe.read.get(), Interest::Read, [&](Ready) {
                      read = pipe.get() == 'x';
                      loop.quit(0);
                  }).value();
    EXPECT_EQ(run(), 0);
    EXPECT_TRUE(read);
}

TEST_F(LoopTest, deferred_calls_of_a_loop_that_goes_are_dropped) {
    bool called = false;
    auto token = std::make_shared<int>(0);
    {
        Loop other = Loop::create().value();
        other.defer([&called, token] { called = true; });
        EXPECT_EQ(token.use_count(), 2);
    }
    EXPECT_FALSE(called);
    EXPECT_EQ(token.use_count(), 1);
}

TEST_F(LoopTest, a_loop_may_be_moved_with_calls_waiting) {
    bool called = false;
    Loop first = Loop::create().value();
    first.defer([&] { called = true; });
    Loop second = std::move(first);
    ASSERT_TRUE(second.run_once(1s));
    EXPECT_TRUE(called);
}

TEST_F(LoopTest, a_descriptor_with_octets_is_readable_and_not_writable) {
    const Pipe pipe;
    std::optional<Ready> seen;
    const Io io = Io::create(loop, pipe.read.get(), Interest::Read, [&](Ready ready) {
                      seen = ready;
                      (void)pipe.get();
                  }).value();
    settle();
    EXPECT_FALSE(seen);
    pipe.put();
    settle();
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->readable);
    EXPECT_FALSE(seen->writable);
}

TEST_F(LoopTest, an_empty_pipe_is_writable) {
    const Pipe pipe;
    std::optional<Ready> seen;
    const Io io = Io::create(loop, pipe.write.get(), Interest::Write, [&](Ready ready) {
                      seen = ready;
                  }).value();
    settle();
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->writable);
    EXPECT_FALSE(seen->readable);
}

TEST_F(LoopTest, the_end_of_the_other_side_is_readable) {
    Pipe pipe;
    bool readable = false;
    const Io io = Io::create(loop, pipe.read.get(), Interest::Read, [&](Ready ready) {
                      readable = ready.readable;
                      loop.quit(0);
                  }).value();
    pipe.write.reset();
    EXPECT_EQ(run(), 0);
    EXPECT_TRUE(readable);
}

TEST_F(LoopTest, an_error_is_told_to_who_wants_to_write) {
    Pipe pipe;
    bool writable = false;
    while (::write(pipe.write.get(), "x", 1) == 1) {
    }
    const Io io = Io::create(loop, pipe.write.get(), Interest::Write, [&](Ready ready) {
                      writable = ready.writable;
                      loop.quit(0);
                  }).value();
    settle();
    EXPECT_FALSE(writable);
    pipe.read.reset();
    EXPECT_EQ(run(), 0);
    EXPECT_TRUE(writable);
}

TEST_F(LoopTest, no_interest_silences_even_a_hang_up_until_there_is_interest_again) {
    Pipe pipe;
    int calls = 0;
    Io io = Io::create(loop, pipe.read.get(), Interest::None, [&](Ready) { ++calls; }).value();
    pipe.write.reset();
    settle();
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(io.interest(), Interest::None);

    io.set_interest(Interest::ReadWrite);
    ASSERT_TRUE(loop.run_once(1s));
    EXPECT_EQ(calls, 1);

    io.set_interest(Interest::None);
    settle();
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, interest_can_be_dropped_and_taken_up_inside_the_handler) {
    const Pipe pipe;
    pipe.put();
    int calls = 0;
    std::optional<Io> io;
    io = Io::create(loop, pipe.read.get(), Interest::Read, [&](Ready) {
             ++calls;
             io->set_interest(Interest::None);
         }).value();
    settle();
    EXPECT_EQ(calls, 1);
    io->set_interest(Interest::Read);
    settle();
    EXPECT_EQ(calls, 2);
}

TEST_F(LoopTest, a_destroyed_io_is_silent) {
    const Pipe pipe;
    int calls = 0;
    {
        const Io io =
            Io::create(loop, pipe.read.get(), Interest::Read, [&](Ready) { ++calls; }).value();
    }
    pipe.put();
    settle();
    EXPECT_EQ(calls, 0);
}

TEST_F(LoopTest, an_io_may_destroy_itself_in_its_handler_which_runs_to_its_end) {
    const Pipe pipe;
    pipe.put();
    int calls = 0;
    std::string tail;
    auto io = std::make_unique<std::optional<Io>>();
    const std::string text(100, 'z');
    *io = Io::create(loop, pipe.read.get(), Interest::Read, [&, text](Ready) {
              ++calls;
              io.reset();
              tail = text;  // the closure is still there
          }).value();
    settle();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(tail, text);
}

TEST_F(LoopTest, an_io_may_be_replaced_in_its_own_handler) {
    const Pipe one;
    const Pipe two;
    one.put();
    two.put();
    std::string order;
    std::optional<Io> io;
    io = Io::create(loop, one.read.get(), Interest::Read, [&](Ready) {
             order += '1';
             *io = Io::create(loop, two.read.get(), Interest::Read, [&](Ready) {
                       order += '2';
                       loop.quit(0);
                   }).value();
         }).value();
    EXPECT_EQ(run(), 0);
    EXPECT_EQ(order, "12");
}

TEST_F(LoopTest, an_io_destroyed_by_another_that_is_ready_too_is_silent) {
    const Pipe one;
    const Pipe two;
    one.put();
    two.put();
    int calls = 0;
    std::optional<Io> first;
    std::optional<Io> second;
    first = Io::create(loop, one.read.get(), Interest::Read, [&](Ready) {
                ++calls;
                first.reset();
                second.reset();
            }).value();
    second = Io::create(loop, two.read.get(), Interest::Read, [&](Ready) {
                 ++calls;
                 first.reset();
                 second.reset();
             }).value();
    settle();
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, a_moved_io_keeps_its_handler) {
    const Pipe pipe;
    pipe.put();
    int calls = 0;
    Io first = Io::create(loop, pipe.read.get(), Interest::Read, [&](Ready) {
                   ++calls;
                   (void)pipe.get();
               }).value();
    const Io second = std::move(first);
    settle();
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, what_outlives_its_loop_is_silent) {
    const Pipe pipe;
    int calls = 0;
    std::optional<Io> io;
    std::optional<Timer> timer;
    {
        Loop other = Loop::create().value();
        io = Io::create(other, pipe.read.get(), Interest::Read, [&](Ready) { ++calls; }).value();
        timer = Timer::create(other, [&] { ++calls; }).value();
        timer->arm(other.now());
    }
    pipe.put();
    io->set_interest(Interest::ReadWrite);
    timer->arm(base::Time{});
    EXPECT_EQ(calls, 0);
}

TEST_F(LoopTest, a_descriptor_that_cannot_be_watched_is_refused_with_the_reason) {
    const auto closed = Io::create(loop, 9999, Interest::Read, [](Ready) {});
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().errnum, EBADF);
    EXPECT_NE(closed.error().text.find("cannot watch file descriptor 9999"), std::string::npos);
}

TEST_F(LoopTest, a_timer_fires_once_after_its_deadline_and_not_before) {
    int calls = 0;
    base::Time fired;
    // A deadline between two microseconds: rounding must not let it fire early.
    const base::Time deadline = loop.now() + 3ms + 1ns;
    Timer timer = Timer::create(loop, [&] {
                      ++calls;
                      fired = loop.now();
                      loop.quit(0);
                  }).value();
    timer.arm(deadline);
    EXPECT_TRUE(timer.armed());
    EXPECT_EQ(run(), 0);
    EXPECT_EQ(calls, 1);
    EXPECT_GE(fired, deadline);
    EXPECT_FALSE(timer.armed());
}

TEST_F(LoopTest, timers_fire_in_the_order_of_their_deadlines) {
    std::string order;
    Timer late = Timer::create(loop, [&] {
                     order += '2';
                     loop.quit(0);
                 }).value();
    Timer early = Timer::create(loop, [&] { order += '1'; }).value();
    const base::Time now = loop.now();
    late.arm(now + 10ms);
    early.arm(now + 2ms);
    EXPECT_EQ(run(), 0);
    EXPECT_EQ(order, "12");
}

TEST_F(LoopTest, a_deadline_in_the_past_fires_in_the_next_iteration) {
    int calls = 0;
    Timer timer = Timer::create(loop, [&] { ++calls; }).value();
    timer.arm(loop.now() - 1h);
    EXPECT_EQ(calls, 0);
    settle();
    EXPECT_EQ(calls, 1);
    timer.arm(base::Time::min());
    settle();
    EXPECT_EQ(calls, 2);
}

TEST_F(LoopTest, no_deadline_and_the_last_of_times_do_not_fire) {
    int calls = 0;
    Timer timer = Timer::create(loop, [&] { ++calls; }).value();
    timer.arm(loop.now() - 1s);
    timer.arm(std::nullopt);
    EXPECT_FALSE(timer.armed());
    settle();
    timer.arm(base::Time::max());
    settle();
    EXPECT_EQ(calls, 0);
}

TEST_F(LoopTest, a_timer_may_arm_itself_again_in_its_callback) {
    int calls = 0;
    std::optional<Timer> timer;
    timer = Timer::create(loop, [&] {
                if (++calls == 3)
                    loop.quit(0);
                else
                    timer->arm(loop.now() + 1ms);
            }).value();
    timer->arm(loop.now());
    EXPECT_EQ(run(), 0);
    EXPECT_EQ(calls, 3);
}

TEST_F(LoopTest, a_timer_may_destroy_itself_in_its_callback) {
    int calls = 0;
    std::optional<Timer> timer;
    timer = Timer::create(loop, [&] {
                ++calls;
                timer.reset();
            }).value();
    timer->arm(loop.now());
    settle();
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(timer);
}

TEST_F(LoopTest, a_signal_calls_back_instead_of_killing) {
    int calls = 0;
    {
        const Signal signal = Signal::create(loop, SIGUSR1, [&] {
                                  ++calls;
                                  loop.quit(0);
                              }).value();
        ASSERT_EQ(::kill(getpid(), SIGUSR1), 0);
        EXPECT_EQ(run(), 0);
    }
    EXPECT_EQ(calls, 1);
    sigset_t mask;
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &mask), 0);
    EXPECT_EQ(sigismember(&mask, SIGUSR1), 0);
}

TEST_F(LoopTest, a_signal_may_destroy_itself_in_its_callback) {
    int calls = 0;
    std::optional<Signal> signal;
    signal = Signal::create(loop, SIGUSR2, [&] {
                 ++calls;
                 signal.reset();
                 loop.quit(0);
             }).value();
    ASSERT_EQ(::kill(getpid(), SIGUSR2), 0);
    EXPECT_EQ(run(), 0);
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, the_same_signal_twice_is_refused) {
    const Signal first = Signal::create(loop, SIGUSR1, [] {}).value();
    const auto second = Signal::create(loop, SIGUSR1, [] {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().errnum, EBUSY);
}

TEST_F(LoopTest, the_exit_status_of_a_child_arrives_and_the_child_is_reaped) {
    std::optional<ChildExit> seen;
    const Pipe gate;
    const pid_t pid = fork();
    if (pid == 0) {
        char c = 0;
        while (::read(gate.read.get(), &c, 1) != 1) {
        }
        _exit(42);
    }
    const Child child = Child::create(loop, pid, [&](ChildExit end) {
                            seen = end;
                            loop.quit(0);
                        }).value();
    gate.put();
    EXPECT_EQ(run(), 0);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->status, 42);
    EXPECT_EQ(seen->signal, 0);
    EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST_F(LoopTest, the_signal_that_ended_a_child_is_told_and_the_watch_may_go_meanwhile) {
    std::optional<ChildExit> seen;
    std::optional<Child> child;
    const pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    child = Child::create(loop, pid, [&](ChildExit end) {
                seen = end;
                child.reset();
                loop.quit(0);
            }).value();
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    EXPECT_EQ(run(), 0);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->signal, SIGKILL);
    EXPECT_EQ(seen->status, 0);
    EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace rtun::event
