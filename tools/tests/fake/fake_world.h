// SPDX-License-Identifier: GPL-2.0-or-later
//
// daemon::World for tests: a clock that jumps from deadline to deadline, a name service that is a
// map, and TCP connections to servers that are objects in the same program. Everything that would
// come from the loop comes from run() and advance(), one thing after the other, so that an hour of
// reconnecting takes microseconds and goes the same way every time.
#pragma once

#include <base/bytes.h>
#include <daemon/world.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rtun::fake {

// The server's end of a TCP connection. The functions go nowhere once the client has gone.
class FakeConnection {
public:
    std::function<void(base::View)> send;  // to the client
    std::function<void()> close;           // the client reads the end
};

// What listens at an address.
class FakeListener {
public:
    virtual ~FakeListener() = default;
    virtual void accepted(FakeConnection connection) = 0;
    virtual void received(base::View octets) = 0;
    virtual void client_closed() = 0;
};

class FakeWorld final : public daemon::World {
public:
    // -- for the test
    std::map<std::string, base::Result<std::vector<base::Ipv4>>> names;  // not here: no answer
    std::map<base::Ipv4, FakeListener *> listeners;
    std::map<base::Ipv4, base::Error> refusals;  // neither here nor there: nobody answers
    base::Ipv4 local_address{0xc0000201};        // 192.0.2.1
    std::vector<daemon::StreamOptions> dialed;   // every connection that was tried
    bool tcp_first = false;                      // what comes by TCP overtakes the kernel's events
    bool slow_reader = false;                    // what is sent stays queued here
    std::function<bool()> pump;                  // reads the kernel's events; false: there are none
    int streams = 0;                             // alive

    // Everything that happens without time passing. False: there was nothing.
    bool run() {
        bool any = false;
        for (int rounds = 0; rounds < 100000; rounds++) {
            const bool overtakes = tcp_first && !tasks_.empty();
            bool busy = !overtakes && pump && pump();
            if (!tasks_.empty()) {
                auto task = std::move(tasks_.front());
                tasks_.pop_front();
                task();
                busy = true;
            } else if (auto *alarm = due_alarm()) {
                alarm->fire();
                busy = true;
            }
            if (!busy)
                return any;
            any = true;
        }
        constexpr bool comes_to_rest = false;
        RTUN_ASSERT(comes_to_rest);
        return any;
    }
    void advance(base::Duration by) {
        const base::Time end = now_ + by;
        run();
        for (base::Deadline next = next_alarm(); next && *next <= end; next = next_alarm()) {
            now_ = std::max(now_, *next);
            run();
        }
        now_ = end;
        run();
    }

    // -- daemon::World
    base::Time now() const override { return now_; }
    double epoch() const override { return 1.7e9; }
    std::string host_name() const override { return "fakehost"; }
    std::unique_ptr<daemon::Alarm> alarm(std::function<void()> callback) override {
        return std::make_unique<FakeAlarm>(*this, std::move(callback));
    }
    std::unique_ptr<daemon::Lookup> resolve(const std::string &name,
                                            daemon::LookupDone done) override {
        auto lookup = std::make_unique<FakeLookup>();
        lookup->wanted = std::make_shared<daemon::LookupDone>(std::move(done));
        const std::weak_ptr<daemon::LookupDone> wanted = lookup->wanted;
        if (const auto known = names.find(name); known != names.end())
            tasks_.emplace_back([wanted, answer = known->second] {
                if (const auto callback = wanted.lock())
                    (*callback)(answer);
            });
        return lookup;
    }
    std::unique_ptr<daemon::Lookup> resolve_any(const std::string &name,
                                                daemon::AddressesDone done) override {
        return resolve(
            name, [done = std::move(done)](const base::Result<std::vector<base::Ipv4>> &answer) {
                if (answer)
                    done(std::vector<base::Address>(answer->begin(), answer->end()));
                else
                    done(base::fail(answer.error()));
            });
    }
    base::Result<std::unique_ptr<daemon::Stream>>
    connect(const daemon::StreamOptions &options, daemon::StreamHandlers handlers) override {
        dialed.push_back(options);
        auto state = std::make_shared<StreamState>();
        state->handlers = std::move(handlers);
        const std::weak_ptr<StreamState> weak = state;
        if (const auto listener = listeners.find(options.address); listener != listeners.end()) {
            state->listener = listener->second;
            tasks_.emplace_back([this, weak] { establish(weak); });
        } else if (const auto refusal = refusals.find(options.address); refusal != refusals.end()) {
            tasks_.emplace_back([weak, error = refusal->second] {
                if (const auto alive = weak.lock())
                    alive->handlers.closed(error);
            });
        }
        return std::unique_ptr<daemon::Stream>(std::make_unique<FakeStream>(*this, state));
    }

private:
    class FakeAlarm final : public daemon::Alarm {
    public:
        FakeAlarm(FakeWorld &world, std::function<void()> callback)
            : world_(world), callback_(std::move(callback)) {
            world_.alarms_.push_back(this);
        }
        FakeAlarm(const FakeAlarm &) = delete;
        FakeAlarm &operator=(const FakeAlarm &) = delete;
        ~FakeAlarm() override { std::erase(world_.alarms_, this); }
        void arm(base::Deadline deadline) override { deadline_ = deadline; }
        [[nodiscard]] base::Deadline deadline() const { return deadline_; }
        void fire() {
            deadline_.reset();
            const auto callback = callback_;  // may destroy this
            callback();
        }

    private:
        FakeWorld &world_;
        std::function<void()> callback_;
        base::Deadline deadline_;
    };
    struct FakeLookup final : daemon::Lookup {
        std::shared_ptr<daemon::LookupDone> wanted;
    };
    struct StreamState {
        daemon::StreamHandlers handlers;
        FakeListener *listener = nullptr;
        base::Bytes queue;
        bool flushing = false;
        bool connected = false;
        bool closed = false;
    };
    class FakeStream final : public daemon::Stream {
    public:
        FakeStream(FakeWorld &world, std::shared_ptr<StreamState> state)
            : world_(world), state_(std::move(state)) {
            world_.streams++;
        }
        FakeStream(const FakeStream &) = delete;
        FakeStream &operator=(const FakeStream &) = delete;
        ~FakeStream() override {
            world_.streams--;
            if (state_->connected && !state_->closed)
                world_.tasks_.emplace_back(
                    [listener = state_->listener] { listener->client_closed(); });
            state_->closed = true;
        }
        bool send(base::View octets) override {
            if (state_->queue.size() + octets.size() > MaxQueued)
                return false;
            state_->queue.insert(state_->queue.end(), octets.begin(), octets.end());
            if (!world_.slow_reader && !std::exchange(state_->flushing, true))
                world_.tasks_.emplace_back(
                    [weak = std::weak_ptr(state_)] { FakeWorld::flush(weak); });
            return true;
        }
        std::size_t queued() const override { return state_->queue.size(); }
        base::Ipv4 local() const override { return world_.local_address; }

    private:
        FakeWorld &world_;
        std::shared_ptr<StreamState> state_;
    };

    void establish(const std::weak_ptr<StreamState> &weak) {
        const auto state = weak.lock();
        if (!state || state->closed)
            return;
        state->connected = true;
        FakeConnection connection;
        connection.send = [this, weak](base::View octets) {
            tasks_.emplace_back([weak, bytes = base::Bytes(octets.begin(), octets.end())] {
                if (const auto alive = weak.lock(); alive && !alive->closed)
                    alive->handlers.received(bytes);
            });
        };
        connection.close = [this, weak] {
            tasks_.emplace_back([weak] {
                const auto alive = weak.lock();
                if (!alive || std::exchange(alive->closed, true))
                    return;
                alive->handlers.closed(
                    {base::ErrorCode::Closed, "the server closed the connection", 0});
            });
        };
        state->listener->accepted(std::move(connection));
        state->handlers.connected();
    }
    static void flush(const std::weak_ptr<StreamState> &weak) {
        const auto state = weak.lock();
        if (!state || state->closed)
            return;
        state->flushing = false;
        const base::Bytes octets = std::exchange(state->queue, {});
        state->listener->received(octets);
        if (!state->closed)
            state->handlers.drained();
    }
    [[nodiscard]] base::Deadline next_alarm() const {
        base::Deadline next;
        for (const FakeAlarm *alarm : alarms_)
            next = base::earlier(next, alarm->deadline());
        return next;
    }
    [[nodiscard]] FakeAlarm *due_alarm() {
        const auto found = std::find_if(alarms_.begin(), alarms_.end(), [&](FakeAlarm *alarm) {
            return alarm->deadline() && *alarm->deadline() <= now_;
        });
        return found == alarms_.end() ? nullptr : *found;
    }

    base::Time now_{std::chrono::hours(1)};
    std::deque<std::function<void()>> tasks_;
    std::vector<FakeAlarm *> alarms_;
};

}  // namespace rtun::fake
