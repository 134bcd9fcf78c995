// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names to addresses without waiting. getaddrinfo(3) knows everything that this host does to
// find a name, and blocks; so a few threads of our own ask it, and the answers come back through an
// eventfd that the loop watches. A thread shares nothing with the program but its queue.
#pragma once

#include <base/fd.h>
#include <daemon/world.h>

#include <cstddef>
#include <memory>
#include <string>

namespace rtun::daemon {

class Resolver {
public:
    static constexpr unsigned MaxThreads = 4;        // so many names are asked for at a time
    static constexpr std::size_t MaxWaiting = 4096;  // and so many wait; more are refused

    Resolver();
    Resolver(const Resolver &) = delete;
    Resolver &operator=(const Resolver &) = delete;
    ~Resolver();  // does not wait for threads that are still asking

    [[nodiscard]] std::unique_ptr<Lookup> resolve(const std::string &name, base::Families families,
                                                  AddressesDone done);

    [[nodiscard]] int descriptor() const;  // readable when there are answers
    void dispatch();                       // hands them out

    struct Queue;  // what the threads share

private:
    std::shared_ptr<Queue> queue_;  // the other owners are the threads
};

}  // namespace rtun::daemon
