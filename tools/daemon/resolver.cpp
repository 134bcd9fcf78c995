// SPDX-License-Identifier: GPL-2.0-or-later
//
// Threads are started when there is a name to ask for, live as long as there are more, and end when
// the resolver has gone: getaddrinfo() cannot be interrupted, so nobody waits for them.
#include <daemon/resolver.h>

#include <base/result.h>

#include <fmt/format.h>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace rtun::daemon {

namespace {

using Answer = base::Result<std::vector<base::Address>>;

}  // namespace

struct Resolver::Queue {
    std::mutex lock;  // everything below
    std::map<std::uint64_t, AddressesDone> wanted;
    struct Waiting {
        std::uint64_t id = 0;
        std::string name;
        base::Families families = base::Families::Any;
    };
    std::deque<Waiting> waiting;
    std::vector<std::pair<std::uint64_t, Answer>> answers;
    std::uint64_t next = 1;
    unsigned threads = 0;
    bool closed = false;
    base::Fd event{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};

    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof(one));
    }
    static void work(const std::shared_ptr<Queue> &queue);
    static int start_thread(const std::shared_ptr<Queue> &queue);  // lock is held; errno
};

void Resolver::Queue::work(const std::shared_ptr<Queue> &queue) {
    std::unique_lock guard(queue->lock);
    while (!queue->closed && !queue->waiting.empty()) {
        const Waiting next = std::move(queue->waiting.front());
        queue->waiting.pop_front();
        if (!queue->wanted.contains(next.id))
            continue;
        guard.unlock();
        Answer answer = base::resolve(next.name, next.families);
        guard.lock();
        queue->answers.emplace_back(next.id, std::move(answer));
        queue->wake();
    }
    queue->threads--;
}

int Resolver::Queue::start_thread(const std::shared_ptr<Queue> &queue) {
    using Argument = std::shared_ptr<Queue>;
    const auto entry = [](void *argument) -> void * {
        const std::unique_ptr<Argument> own(static_cast<Argument *>(argument));
        work(*own);
        return nullptr;
    };
    auto argument = std::make_unique<Argument>(queue);
    pthread_attr_t detached;
    ::pthread_attr_init(&detached);
    ::pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    const int error = ::pthread_create(&thread, &detached, entry, argument.get());
    ::pthread_attr_destroy(&detached);
    if (error == 0) {
        (void)argument.release();  // the thread's now
        queue->threads++;
    }
    return error;
}

namespace {

// Forgets the question when it is destroyed.
class Question final : public Lookup {
public:
    Question(std::shared_ptr<Resolver::Queue> queue, std::uint64_t id)
        : queue_(std::move(queue)), id_(id) {}
    Question(const Question &) = delete;
    Question &operator=(const Question &) = delete;
    ~Question() override {
        const std::lock_guard guard(queue_->lock);
        queue_->wanted.erase(id_);
    }

private:
    std::shared_ptr<Resolver::Queue> queue_;  // may outlive the resolver
    std::uint64_t id_;
};

}  // namespace

Resolver::Resolver() : queue_(std::make_shared<Queue>()) { RTUN_ASSERT(queue_->event.valid()); }

Resolver::~Resolver() {
    const std::lock_guard guard(queue_->lock);
    queue_->closed = true;
    queue_->wanted.clear();
}

std::unique_ptr<Lookup> Resolver::resolve(const std::string &name, base::Families families,
                                          AddressesDone done) {
    const std::lock_guard guard(queue_->lock);
    const std::uint64_t id = queue_->next++;
    queue_->wanted.emplace(id, std::move(done));
    const auto refuse = [&](std::string text) {
        queue_->answers.emplace_back(id, base::fail(base::ErrorCode::System, std::move(text)));
        queue_->wake();
    };
    if (queue_->waiting.size() >= MaxWaiting) {
        refuse("too many names are being looked up");
    } else {
        queue_->waiting.push_back({.id = id, .name = name, .families = families});
        if (queue_->threads < MaxThreads) {
            // Signals belong to the loop's thread.
            sigset_t all, before;
            ::sigfillset(&all);
            ::pthread_sigmask(SIG_SETMASK, &all, &before);
            const int error = Queue::start_thread(queue_);
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            if (error != 0 && queue_->threads == 0) {
                queue_->waiting.pop_back();
                refuse(base::system_error(fmt::format("cannot look up \"{}\"", name), error).text);
            }
        }
    }
    return std::make_unique<Question>(queue_, id);
}

int Resolver::descriptor() const { return queue_->event.get(); }

void Resolver::dispatch() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(queue_->event.get(), &count, sizeof(count));
    std::vector<std::pair<std::uint64_t, Answer>> answers;
    {
        const std::lock_guard guard(queue_->lock);
        answers = std::exchange(queue_->answers, {});
    }
    for (auto &[id, answer] : answers) {
        AddressesDone done;
        {
            // One at a time: a callback may destroy another question whose answer is here too.
            const std::lock_guard guard(queue_->lock);
            auto node = queue_->wanted.extract(id);
            if (!node.empty())
                done = std::move(node.mapped());
        }
        if (done)
            done(std::move(answer));
    }
}

}  // namespace rtun::daemon
