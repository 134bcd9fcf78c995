// SPDX-License-Identifier: GPL-2.0-or-later
//
// The event loop: a thin skin over sd-event, and the only place of the program that reads the
// clock. What is watched is an object (Io, Timer, Signal, Child): as long as it lives its callback
// may be called, once it is destroyed never again, and it may be destroyed by its own callback. One
// thread, one callback at a time; callbacks do not throw.
//
// An object may outlive its loop; it is silent then.
#pragma once

#include <base/result.h>
#include <base/time.h>

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

struct sd_event;
struct sd_event_source;

namespace rtun::event {

using Callback = std::function<void()>;

class Loop {
public:
    [[nodiscard]] static base::Result<Loop> create();
    Loop(Loop &&) noexcept;
    Loop &operator=(Loop &&) noexcept;
    ~Loop();  // callbacks still deferred are dropped

    // The time at which this iteration woke up: the same for everything that one event causes.
    [[nodiscard]] base::Time now() const;
    // The wall clock's, in seconds since 1970, for what people read and nothing is computed with.
    [[nodiscard]] double epoch() const;

    // Calls back until quit(), whose code it returns. A loop that has quit stays so.
    [[nodiscard]] base::Result<int> run();
    // Waits for at most timeout and calls back once at most, for a caller that has its own loop.
    [[nodiscard]] base::Status run_once(base::Duration timeout);
    // Nothing is called back after the current callback.
    void quit(int code);

    // Calls back once in the next iteration: for what must not happen in the middle of a callback.
    void defer(Callback callback);

    [[nodiscard]] sd_event *native() const;

private:
    struct Impl;
    explicit Loop(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Holds a watcher and ends the watching when it lets go.
template <typename Impl>
class Owner {
public:
    explicit Owner(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    Owner(Owner &&) noexcept = default;
    Owner &operator=(Owner &&other) noexcept {
        if (this != &other) {
            reset();
            impl_ = std::move(other.impl_);
        }
        return *this;
    }
    ~Owner() { reset(); }

    Impl *operator->() const { return impl_.get(); }

private:
    void reset() {
        if (impl_)
            impl_->source.reset();
        impl_.reset();
    }
    std::shared_ptr<Impl> impl_;  // the second owner is the dispatch that runs the callback
};

// What an Io waits for. None takes the descriptor out of the loop altogether.
enum class Interest : std::uint8_t { None, Read, Write, ReadWrite };

// An error or a hang-up counts as both, so that the read or write that follows finds the reason.
struct Ready {
    bool readable = false;
    bool writable = false;
};

// A file descriptor that somebody else owns and that stays open as long as the Io lives.
class Io {
public:
    using Handler = std::function<void(Ready)>;

    [[nodiscard]] static base::Result<Io> create(Loop &loop, int fd, Interest interest,
                                                 Handler handler);
    Io(Io &&) noexcept;
    Io &operator=(Io &&) noexcept;
    ~Io();

    void set_interest(Interest interest);
    [[nodiscard]] Interest interest() const;

private:
    struct Impl;
    explicit Io(std::shared_ptr<Impl> impl);
    Owner<Impl> impl_;
};

// Calls back once after its deadline, never before; then it is unarmed until armed again.
class Timer {
public:
    [[nodiscard]] static base::Result<Timer> create(Loop &loop, Callback callback);
    Timer(Timer &&) noexcept;
    Timer &operator=(Timer &&) noexcept;
    ~Timer();

    void arm(base::Deadline deadline);  // nothing: unarmed
    [[nodiscard]] bool armed() const;

private:
    struct Impl;
    explicit Timer(std::shared_ptr<Impl> impl);
    Owner<Impl> impl_;
};

// A signal, blocked in the calling thread as long as the object lives. One a loop and signal.
class Signal {
public:
    [[nodiscard]] static base::Result<Signal> create(Loop &loop, int number, Callback callback);
    Signal(Signal &&) noexcept;
    Signal &operator=(Signal &&) noexcept;
    ~Signal();

private:
    struct Impl;
    explicit Signal(std::shared_ptr<Impl> impl);
    Owner<Impl> impl_;
};

struct ChildExit {
    int status = 0;  // the exit status, or 0 if a signal ended the process
    int signal = 0;  // that signal, or 0
};

// The end of a child process, which is reaped after the callback. Blocks SIGCHLD in the calling
// thread for good, as the children of sd-event need. Destroyed before the process has ended, the
// process goes on and its owner has to reap it.
class Child {
public:
    using Handler = std::function<void(ChildExit)>;

    [[nodiscard]] static base::Result<Child> create(Loop &loop, pid_t pid, Handler handler);
    Child(Child &&) noexcept;
    Child &operator=(Child &&) noexcept;
    ~Child();

private:
    struct Impl;
    explicit Child(std::shared_ptr<Impl> impl);
    Owner<Impl> impl_;
};

}  // namespace rtun::event
