// SPDX-License-Identifier: GPL-2.0-or-later
//
// The programs of on-up and on-down. They run beside us and never hold a session up: a few at once,
// the others wait; those of one interface one after the other, so that the end of a session is not
// told before its beginning is done with. What they print goes to the log, a bounded part of it;
// one that takes too long is ended with its process group.
#pragma once

#include <base/result.h>
#include <base/time.h>
#include <daemon/spawn.h>
#include <event/loop.h>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rtun::daemon {

struct Script {
    std::string event;      // "on-up", "on-down"
    std::string interface;  // in order for each
    std::string user;
    Program program;
};

class Scripts {
public:
    struct Limits {
        std::size_t at_once = 8;
        std::size_t waiting = 20000;
        std::chrono::milliseconds time{20000};  // then SIGTERM,
        std::chrono::milliseconds grace{2000};  // and SIGKILL after that
        std::size_t lines = 100;                // of output that are told
        std::size_t line = 500;                 // characters of one
        uid_t owner = 0;
    };

    Scripts(event::Loop &loop, Limits limits);
    Scripts(const Scripts &) = delete;
    Scripts &operator=(const Scripts &) = delete;
    ~Scripts();  // what still runs is killed, what waits is forgotten

    // Refused: it may not be run (its file, or a directory, could be somebody else's work), or too
    // many wait.
    [[nodiscard]] base::Status run(Script script);

    [[nodiscard]] bool idle() const { return running_.empty() && waiting_.empty(); }
    // Called once when the last one has ended; from the loop.
    void when_idle(std::function<void()> callback) { when_idle_ = std::move(callback); }

private:
    struct Running;

    void start_some();
    void start(Script script);
    void read_output(Running &run);
    void tell_line(Running &run);
    void out_of_time(Running &run);
    void ended(Running &run, event::ChildExit exit);
    [[nodiscard]] bool busy(const std::string &interface) const;

    event::Loop &loop_;
    Limits limits_;
    std::deque<Script> waiting_;
    std::vector<std::unique_ptr<Running>> running_;
    std::function<void()> when_idle_;
};

}  // namespace rtun::daemon
