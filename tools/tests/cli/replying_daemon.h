// SPDX-License-Identifier: GPL-2.0-or-later
//
// A daemon that answers what the test says.
#pragma once

#include <ctl/server.h>

#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rtun::cli {

// Gives these replies, one a request, and the last one from then on. Keeps what it was asked last.
class Daemon {
public:
    explicit Daemon(ctl::Reply reply) : Daemon(std::vector{std::move(reply)}) {}
    explicit Daemon(std::vector<ctl::Reply> replies) : replies_(std::move(replies)) {
        EXPECT_NE(::mkdtemp(directory_), nullptr);
        auto server = ctl::Server::create(path());
        EXPECT_TRUE(server);
        thread_ = std::thread([this, server = std::move(*server)]() mutable {
            while (!stop_) {
                pollfd waiting{.fd = server.descriptor(), .events = POLLIN, .revents = 0};
                ::poll(&waiting, 1, 5);
                for (const ctl::Incoming &incoming : server.serve()) {
                    const std::lock_guard lock(mutex_);
                    asked_ = incoming.request.words;
                    server.reply(incoming.connection, replies_.front());
                    if (replies_.size() > 1)
                        replies_.erase(replies_.begin());
                }
            }
        });
    }
    ~Daemon() {
        stop_ = true;
        thread_.join();
        ::rmdir(directory_);
    }
    Daemon(const Daemon &) = delete;
    Daemon &operator=(const Daemon &) = delete;
    [[nodiscard]] std::string path() const { return std::string(directory_) + "/s"; }
    // The words of the last request.
    [[nodiscard]] std::vector<std::string> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    char directory_[32] = "/tmp/rtun-cli-XXXXXX";
    std::vector<ctl::Reply> replies_;
    std::mutex mutex_;
    std::vector<std::string> asked_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace rtun::cli
