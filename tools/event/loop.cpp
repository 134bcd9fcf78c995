// SPDX-License-Identifier: GPL-2.0-or-later
//
// The skin over sd-event. Each watcher has an Impl on the heap, which sd-event knows by its
// address: the owner may be moved, and a dispatch holds the Impl for as long as its callback runs,
// so that a callback may destroy the object it belongs to.
#include <event/loop.h>

#include <systemd/sd-event.h>

#include <sys/epoll.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace rtun::event {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

struct EventUnref {
    void operator()(sd_event *event) const { sd_event_unref(event); }
};

struct SourceUnref {
    // Disabled first: inside its own dispatch the source lives on until that returns.
    void operator()(sd_event_source *source) const { sd_event_source_disable_unref(source); }
};
using Source = std::unique_ptr<sd_event_source, SourceUnref>;

// Of calls that fail only if used wrongly, or for want of memory.
void must(int result) { RTUN_ASSERT(result >= 0); }

// Rounded up: whoever is woken must find that its deadline has passed, or it would ask for the
// same deadline again and the loop would spin.
std::uint64_t usec_of(base::Time time) {
    const auto since = time.time_since_epoch();
    if (since <= base::Duration::zero())
        return 0;
    const auto ns = static_cast<std::uint64_t>(duration_cast<nanoseconds>(since).count());
    return ns / 1000 + (ns % 1000 != 0 ? 1 : 0);
}

std::uint32_t epoll_of(Interest interest) {
    switch (interest) {
    case Interest::None:
        return 0;
    case Interest::Read:
        return EPOLLIN;
    case Interest::Write:
        return EPOLLOUT;
    case Interest::ReadWrite:
        return EPOLLIN | EPOLLOUT;
    }
    return 0;
}

// Fires within a millisecond of the deadline; the default of sd-event is a quarter of a second.
constexpr std::uint64_t timer_accuracy_usec = 1000;

}  // namespace

// Loop

struct Loop::Impl {
    std::unique_ptr<sd_event, EventUnref> event;
    Source defer_source;
    std::vector<Callback> deferred;

    static int on_defer(sd_event_source *, void *userdata) noexcept {
        auto &self = *static_cast<Impl *>(userdata);
        self.defer_source.reset();
        // What these defer in turn belongs to the iteration after.
        const std::vector<Callback> batch = std::exchange(self.deferred, {});
        for (const Callback &callback : batch)
            callback();
        return 0;
    }
};

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loop::Loop(Loop &&) noexcept = default;
Loop &Loop::operator=(Loop &&) noexcept = default;
Loop::~Loop() = default;

base::Result<Loop> Loop::create() {
    // steady_clock and CLOCK_MONOTONIC are one clock here; now() and Timer rest on it.
    static_assert(base::Clock::is_steady);

    auto impl = std::make_unique<Impl>();
    sd_event *event = nullptr;
    if (const int error = sd_event_new(&event); error < 0)
        return base::fail(base::system_error("cannot create the event loop", -error));
    impl->event.reset(event);
    return Loop(std::move(impl));
}

base::Time Loop::now() const {
    std::uint64_t usec = 0;
    must(sd_event_now(impl_->event.get(), CLOCK_MONOTONIC, &usec));
    return base::Time(duration_cast<base::Duration>(microseconds(static_cast<std::int64_t>(usec))));
}

double Loop::epoch() const {
    std::uint64_t usec = 0;
    must(sd_event_now(impl_->event.get(), CLOCK_REALTIME, &usec));
    return static_cast<double>(usec) / 1e6;
}

base::Result<int> Loop::run() {
    sd_event *event = impl_->event.get();
    // Not sd_event_loop(), which tells an exit code below zero and a failure alike.
    while (sd_event_get_state(event) != SD_EVENT_FINISHED) {
        if (const int error = sd_event_run(event, UINT64_MAX); error < 0)
            return base::fail(base::system_error("the event loop failed", -error));
    }
    int code = 0;
    must(sd_event_get_exit_code(event, &code));
    return code;
}

base::Status Loop::run_once(base::Duration timeout) {
    sd_event *event = impl_->event.get();
    if (sd_event_get_state(event) == SD_EVENT_FINISHED)
        return {};
    const std::uint64_t usec = usec_of(base::Time(timeout));
    if (const int error = sd_event_run(event, usec); error < 0)
        return base::fail(base::system_error("the event loop failed", -error));
    return {};
}

void Loop::quit(int code) {
    if (sd_event_get_state(impl_->event.get()) != SD_EVENT_FINISHED)
        must(sd_event_exit(impl_->event.get(), code));
}

void Loop::defer(Callback callback) {
    impl_->deferred.push_back(std::move(callback));
    if (impl_->defer_source)
        return;
    // A new source each time: one that is used again keeps the age of its first use, and what
    // defers itself over and over would always be older than everything else that is ready.
    sd_event_source *source = nullptr;
    must(sd_event_add_defer(impl_->event.get(), &source, Impl::on_defer, impl_.get()));
    impl_->defer_source.reset(source);
}

sd_event *Loop::native() const { return impl_->event.get(); }

// Io

struct Io::Impl : std::enable_shared_from_this<Io::Impl> {
    Source source;
    Handler handler;
    Interest interest = Interest::None;

    static int on_io(sd_event_source *, int, std::uint32_t events, void *userdata) noexcept {
        const auto self = static_cast<Impl *>(userdata)->shared_from_this();
        const std::uint32_t wanted = epoll_of(self->interest);
        const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
        self->handler(Ready{
            .readable = (wanted & EPOLLIN) != 0 && (broken || (events & EPOLLIN) != 0),
            .writable = (wanted & EPOLLOUT) != 0 && (broken || (events & EPOLLOUT) != 0),
        });
        return 0;
    }
};

Io::Io(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Io::Io(Io &&) noexcept = default;
Io &Io::operator=(Io &&) noexcept = default;
Io::~Io() = default;

base::Result<Io> Io::create(Loop &loop, int fd, Interest interest, Handler handler) {
    auto impl = std::make_shared<Impl>();
    impl->handler = std::move(handler);
    impl->interest = interest;
    sd_event_source *source = nullptr;
    if (const int error = sd_event_add_io(loop.native(), &source, fd, epoll_of(interest),
                                          Impl::on_io, impl.get());
        error < 0)
        return base::fail(
            base::system_error("cannot watch file descriptor " + std::to_string(fd), -error));
    impl->source.reset(source);
    if (interest == Interest::None)
        must(sd_event_source_set_enabled(source, SD_EVENT_OFF));
    return Io(std::move(impl));
}

void Io::set_interest(Interest interest) {
    if (interest == impl_->interest)
        return;
    impl_->interest = interest;
    sd_event_source *source = impl_->source.get();
    // Events nobody waits for would still wake us with errors and hang-ups, so None is "off".
    if (interest == Interest::None) {
        must(sd_event_source_set_enabled(source, SD_EVENT_OFF));
        return;
    }
    must(sd_event_source_set_io_events(source, epoll_of(interest)));
    must(sd_event_source_set_enabled(source, SD_EVENT_ON));
}

Interest Io::interest() const { return impl_->interest; }

// Timer

struct Timer::Impl : std::enable_shared_from_this<Timer::Impl> {
    Source source;
    Callback callback;

    static int on_time(sd_event_source *, std::uint64_t, void *userdata) noexcept {
        const auto self = static_cast<Impl *>(userdata)->shared_from_this();
        self->callback();
        return 0;
    }
};

Timer::Timer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Timer::Timer(Timer &&) noexcept = default;
Timer &Timer::operator=(Timer &&) noexcept = default;
Timer::~Timer() = default;

base::Result<Timer> Timer::create(Loop &loop, Callback callback) {
    auto impl = std::make_shared<Impl>();
    impl->callback = std::move(callback);
    sd_event_source *source = nullptr;
    if (const int error = sd_event_add_time(loop.native(), &source, CLOCK_MONOTONIC, 0,
                                            timer_accuracy_usec, Impl::on_time, impl.get());
        error < 0)
        return base::fail(base::system_error("cannot create a timer", -error));
    impl->source.reset(source);
    must(sd_event_source_set_enabled(source, SD_EVENT_OFF));
    return Timer(std::move(impl));
}

void Timer::arm(base::Deadline deadline) {
    sd_event_source *source = impl_->source.get();
    if (!deadline) {
        must(sd_event_source_set_enabled(source, SD_EVENT_OFF));
        return;
    }
    must(sd_event_source_set_time(source, usec_of(*deadline)));
    must(sd_event_source_set_enabled(source, SD_EVENT_ONESHOT));
}

bool Timer::armed() const { return sd_event_source_get_enabled(impl_->source.get(), nullptr) > 0; }

// Signal

struct Signal::Impl : std::enable_shared_from_this<Signal::Impl> {
    Source source;
    Callback callback;

    static int on_signal(sd_event_source *, const signalfd_siginfo *, void *userdata) noexcept {
        const auto self = static_cast<Impl *>(userdata)->shared_from_this();
        self->callback();
        return 0;
    }
};

Signal::Signal(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Signal::Signal(Signal &&) noexcept = default;
Signal &Signal::operator=(Signal &&) noexcept = default;
Signal::~Signal() = default;

base::Result<Signal> Signal::create(Loop &loop, int number, Callback callback) {
    auto impl = std::make_shared<Impl>();
    impl->callback = std::move(callback);
    sd_event_source *source = nullptr;
    if (const int error = sd_event_add_signal(
            loop.native(), &source, number | SD_EVENT_SIGNAL_PROCMASK, Impl::on_signal, impl.get());
        error < 0)
        return base::fail(
            base::system_error("cannot watch signal " + std::to_string(number), -error));
    impl->source.reset(source);
    return Signal(std::move(impl));
}

// Child

struct Child::Impl : std::enable_shared_from_this<Child::Impl> {
    Source source;
    Handler handler;

    static int on_child(sd_event_source *, const siginfo_t *info, void *userdata) noexcept {
        const auto self = static_cast<Impl *>(userdata)->shared_from_this();
        self->handler(info->si_code == CLD_EXITED ? ChildExit{.status = info->si_status}
                                                  : ChildExit{.signal = info->si_status});
        return 0;
    }
};

Child::Child(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Child::Child(Child &&) noexcept = default;
Child &Child::operator=(Child &&) noexcept = default;
Child::~Child() = default;

base::Result<Child> Child::create(Loop &loop, pid_t pid, Handler handler) {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    if (const int error = pthread_sigmask(SIG_BLOCK, &mask, nullptr); error != 0)
        return base::fail(base::system_error("cannot block SIGCHLD", error));

    auto impl = std::make_shared<Impl>();
    impl->handler = std::move(handler);
    sd_event_source *source = nullptr;
    if (const int error =
            sd_event_add_child(loop.native(), &source, pid, WEXITED, Impl::on_child, impl.get());
        error < 0)
        return base::fail(
            base::system_error("cannot watch process " + std::to_string(pid), -error));
    impl->source.reset(source);
    return Child(std::move(impl));
}

}  // namespace rtun::event
