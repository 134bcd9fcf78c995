// SPDX-License-Identifier: GPL-2.0-or-later
#include <daemon/scripts.h>

#include <base/bytes.h>
#include <base/log.h>

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <set>
#include <span>
#include <utility>

namespace rtun::daemon {

struct Scripts::Running {
    Script script;
    pid_t pid = -1;
    base::Fd output;
    std::optional<event::Io> reader;
    std::optional<event::Timer> timer;
    std::optional<event::Child> child;
    std::string line;        // begun and not ended
    std::size_t lines = 0;   // told
    bool swallowed = false;  // some were not
    bool terminated = false;
    bool killed = false;
};

Scripts::Scripts(event::Loop &loop, Limits limits) : loop_(loop), limits_(limits) {}

Scripts::~Scripts() {
    for (const auto &run : running_) {
        run->child.reset();
        ::kill(-run->pid, SIGKILL);
        while (::waitpid(run->pid, nullptr, 0) < 0 && errno == EINTR)
            continue;
    }
}

base::Status Scripts::run(Script script) {
    (void)TRY(check_program(script.program.path, limits_.owner));
    if (waiting_.size() >= limits_.waiting)
        return base::fail(
            base::ErrorCode::Refused,
            fmt::format("{}: {} programs wait already", script.program.path, waiting_.size()));
    waiting_.push_back(std::move(script));
    start_some();
    return {};
}

bool Scripts::busy(const std::string &interface) const {
    return std::any_of(running_.begin(), running_.end(),
                       [&](const auto &run) { return run->script.interface == interface; });
}

// The first that waits for nobody of its interface, neither one that runs nor one before it.
void Scripts::start_some() {
    std::set<std::string> passed;
    for (auto next = waiting_.begin();
         next != waiting_.end() && running_.size() < limits_.at_once;) {
        if (busy(next->interface) || passed.contains(next->interface)) {
            passed.insert(next->interface);
            ++next;
            continue;
        }
        Script script = std::move(*next);
        const auto place = next - waiting_.begin();
        waiting_.erase(next);
        start(std::move(script));
        next = waiting_.begin() + place;
    }
}

void Scripts::start(Script script) {
    const auto refuse = [&](const base::Error &error) {
        base::log::warning("script.refused",
                           {{"RTUN_INTERFACE", script.interface}, {"RTUN_USER", script.user}},
                           "{} of {}: {}", script.event, script.interface, error.text);
    };
    // It may have waited for a while.
    const auto file = check_program(script.program.path, limits_.owner);
    if (!file)
        return refuse(file.error());
    auto spawned = spawn(*file, script.program);
    if (!spawned)
        return refuse(spawned.error());

    auto made = std::make_unique<Running>();
    Running &run = *made;
    run.script = std::move(script);
    run.pid = spawned->pid;
    run.output = std::move(spawned->output);
    running_.push_back(std::move(made));
    auto child = event::Child::create(loop_, run.pid,
                                      [this, &run](event::ChildExit exit) { ended(run, exit); });
    auto timer = event::Timer::create(loop_, [this, &run] { out_of_time(run); });
    auto reader = event::Io::create(loop_, run.output.get(), event::Interest::Read,
                                    [this, &run](event::Ready) { read_output(run); });
    RTUN_ASSERT(child && timer && reader);
    run.child = std::move(*child);
    run.timer = std::move(*timer);
    run.reader = std::move(*reader);
    run.timer->arm(loop_.now() + limits_.time);
}

void Scripts::tell_line(Running &run) {
    const std::string text = base::printable(base::as_bytes(run.line), limits_.line);
    run.line.clear();
    if (text.empty())
        return;
    if (run.lines >= limits_.lines) {
        run.swallowed = true;
        return;
    }
    run.lines++;
    base::log::info("script.output",
                    {{"RTUN_EVENT", run.script.event},
                     {"RTUN_INTERFACE", run.script.interface},
                     {"RTUN_SCRIPT", run.script.program.path}},
                    "{} of {}: {}", run.script.event, run.script.interface, text);
}

// One read at a time: a program that only prints does not get the loop for itself.
void Scripts::read_output(Running &run) {
    std::array<char, 4096> octets{};
    const ssize_t size = ::read(run.output.get(), octets.data(), octets.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        run.reader->set_interest(event::Interest::None);
        return;
    }
    for (const char octet : std::span(octets).first(static_cast<std::size_t>(size))) {
        if (octet == '\n')
            tell_line(run);
        else if (run.line.size() < limits_.line)
            run.line.push_back(octet);
    }
}

// As long as the child has not been reaped, its number is nobody else's.
void Scripts::out_of_time(Running &run) {
    if (run.terminated) {
        run.killed = true;
        ::kill(-run.pid, SIGKILL);
        return;
    }
    run.terminated = true;
    ::kill(-run.pid, SIGTERM);
    run.timer->arm(loop_.now() + limits_.grace);
}

void Scripts::ended(Running &run, event::ChildExit exit) {
    // What it wrote last may still be in the pipe: 64 KiB at most.
    for (int reads = 0; reads < 17 && run.reader->interest() != event::Interest::None; reads++)
        read_output(run);
    tell_line(run);

    const Script &script = run.script;
    const std::string more =
        run.swallowed ? fmt::format("; only its first {} lines were told", limits_.lines) : "";
    std::string how;
    if (run.terminated)
        how = fmt::format("took more than {} ms and was {}", limits_.time.count(),
                          run.killed ? "killed" : "ended");
    else if (exit.signal != 0)
        how = fmt::format("was ended by signal {}", exit.signal);
    else if (exit.status != 0)
        how = fmt::format("failed with status {}", exit.status);
    if (how.empty())
        base::log::debug(
            "script.done", {{"RTUN_INTERFACE", script.interface}, {"RTUN_USER", script.user}},
            "{} of {}: {} is done{}", script.event, script.interface, script.program.path, more);
    else
        base::log::warning(
            "script.failed", {{"RTUN_INTERFACE", script.interface}, {"RTUN_USER", script.user}},
            "{} of {}: {} {}{}", script.event, script.interface, script.program.path, how, more);
    std::erase_if(running_, [&](const auto &other) { return other.get() == &run; });
    start_some();
    if (idle() && when_idle_)
        std::exchange(when_idle_, nullptr)();
}

}  // namespace rtun::daemon
