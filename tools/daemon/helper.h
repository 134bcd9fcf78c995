// SPDX-License-Identifier: GPL-2.0-or-later
//
// Other programs that do something for us, one after the other, so that what is undone last is
// undone. Nothing waits for them; one that does not end is killed.
#pragma once

#include <event/loop.h>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rtun::daemon {

class Helper {
public:
    // A command: the program's path first.
    struct Job {
        std::vector<std::string> words;
        std::string input;  // on its standard input
        // Nothing: it has done its work. Else why not. Not called from within run().
        std::function<void(const std::optional<std::string> &failure)> done;
    };

    virtual ~Helper() = default;
    virtual void run(Job job) = 0;
    // Whether there is such a program.
    [[nodiscard]] virtual bool has(const std::string &program) const = 0;
};

// On the loop. Destroyed, it begins what waits still: nobody hears how that ends.
class LoopHelper final : public Helper {
public:
    static constexpr std::chrono::seconds Patience{10};

    explicit LoopHelper(event::Loop &loop) : loop_(loop) {}
    LoopHelper(const LoopHelper &) = delete;
    LoopHelper &operator=(const LoopHelper &) = delete;
    ~LoopHelper() override;

    void run(Job job) override;
    [[nodiscard]] bool has(const std::string &program) const override;

private:
    void begin();
    void ended(const std::optional<std::string> &failure);
    [[nodiscard]] base::Status start(const Job &job);

    event::Loop &loop_;
    std::deque<Job> jobs_;  // the first one runs
    bool running_ = false;
    std::optional<event::Child> child_;
    std::optional<event::Timer> patience_;
};

}  // namespace rtun::daemon
