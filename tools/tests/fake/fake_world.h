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
#include <cerrno>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rtun::fake {

// The far end of a TCP connection. The functions go nowhere once our side has gone.
class FakeConnection {
public:
    std::function<void(base::View)> send;  // to our side
    std::function<void()> close;           // our side reads the end
};

// What is at the far end: listens at an address, or has called us (FakeWorld::call). Ours is the
// client in the names of its functions, whoever called.
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
    std::string id = "fake-1";
    double wall = 1.7e9;                        // stands still unless the test moves it
    std::vector<daemon::StreamOptions> dialed;  // every connection that was tried
    bool tcp_first = false;                     // what comes by TCP overtakes the kernel's events
    bool slow_reader = false;                   // what is sent stays queued here
    std::function<bool()> pump;                 // reads the kernel's events; false: there are none
    int streams = 0;                            // alive
    bool keeper = false;                        // there is somebody who keeps connections
    int budget = -1;                            // steps that run() may do; negative: any number
    // The program is being killed: kept connections stay when their streams are destroyed.
    bool killed = false;

    // Somebody connects to a listening socket of ours. False: nobody listens there.
    bool call(base::Ipv4 from, std::uint16_t from_port, base::Ipv4 to, std::uint16_t port,
              FakeListener &far) {
        const auto found =
            std::find_if(listening_.begin(), listening_.end(), [&](const FakeSocket *socket) {
                return (socket->options.address.unspecified() || socket->options.address == to) &&
                       socket->options.port == port;
            });
        if (found == listening_.end())
            return false;
        tasks_.emplace_back([this, weak = std::weak_ptr((*found)->handlers), from, from_port,
                             far = &far] { arrive(weak, from, from_port, *far); });
        return true;
    }

    // Everything that happens without time passing. False: there was nothing.
    bool run() {
        bool any = false;
        for (int rounds = 0; rounds < 100000; rounds++) {
            if (budget == 0)
                return any;
            if (budget > 0)
                budget--;
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
    double epoch() const override { return wall; }
    std::string host_name() const override { return "fakehost"; }
    const std::string &host_id() const override { return id; }
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
        state->remote = options.address;
        state->remote_port = options.port;
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

    base::Result<std::unique_ptr<daemon::Listener>>
    listen(const daemon::ListenOptions &options, daemon::ListenHandlers handlers) override {
        for (const FakeSocket *socket : listening_)
            if (socket->options.address == options.address &&
                socket->options.port == options.port && socket->options.device == options.device)
                return base::fail(base::system_error("cannot listen", EADDRINUSE));
        return std::unique_ptr<daemon::Listener>(
            std::make_unique<FakeSocket>(*this, options, std::move(handlers)));
    }
    std::unique_ptr<daemon::Stream> adopt(const std::string &name,
                                          daemon::StreamHandlers handlers) override {
        const auto found = kept_.find(name);
        if (found == kept_.end() || !found->second->left)
            return nullptr;
        const auto state = found->second;
        state->left = false;
        state->handlers = std::move(handlers);
        // What came meanwhile waits in the socket.
        for (auto &event : std::exchange(state->meanwhile, {}))
            tasks_.push_back(std::move(event));
        return std::make_unique<FakeStream>(*this, state);
    }
    std::vector<std::string> kept() const override {
        std::vector<std::string> result;
        for (const auto &[name, state] : kept_)
            if (state->left)
                result.push_back(name);
        return result;
    }
    void close_kept() override {
        for (const std::string &name : kept()) {
            const auto state = kept_.at(name);
            kept_.erase(name);
            hang_up(*state);
        }
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
        base::Ipv4 remote;
        std::uint16_t remote_port = 0;
        std::string kept;   // under this name
        bool left = false;  // by the program that had it
        std::vector<std::function<void()>> meanwhile;
    };
    class FakeSocket final : public daemon::Listener {
    public:
        FakeSocket(FakeWorld &world, daemon::ListenOptions at, daemon::ListenHandlers use)
            : options(std::move(at)),
              handlers(std::make_shared<daemon::ListenHandlers>(std::move(use))), world_(world) {
            world_.listening_.push_back(this);
        }
        FakeSocket(const FakeSocket &) = delete;
        FakeSocket &operator=(const FakeSocket &) = delete;
        ~FakeSocket() override { std::erase(world_.listening_, this); }

        const daemon::ListenOptions options;
        const std::shared_ptr<daemon::ListenHandlers> handlers;

    private:
        FakeWorld &world_;
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
            if (state_->left)
                return;
            if (world_.killed && !state_->kept.empty()) {
                leave();
                return;
            }
            world_.kept_.erase(state_->kept);
            world_.hang_up(*state_);
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
        base::Ipv4 remote() const override { return state_->remote; }
        std::uint16_t remote_port() const override { return state_->remote_port; }
        base::Bytes unsent() const override { return state_->queue; }
        bool keep(const std::string &name) override {
            if (!world_.keeper || state_->closed)
                return false;
            state_->kept = name;
            world_.kept_[name] = state_;
            return true;
        }
        void leave() override {
            state_->left = true;
            state_->handlers = {};
            state_->queue.clear();  // was never written
        }

    private:
        FakeWorld &world_;
        std::shared_ptr<StreamState> state_;
    };

    // Our side closes it.
    void hang_up(StreamState &state) {
        if (state.connected && !state.closed)
            tasks_.emplace_back([listener = state.listener] { listener->client_closed(); });
        state.closed = true;
    }
    // Now, or when somebody has the connection again.
    static void deliver(const std::weak_ptr<StreamState> &weak, std::function<void()> event) {
        const auto state = weak.lock();
        if (!state)
            return;
        if (state->left)
            state->meanwhile.push_back(std::move(event));
        else
            event();
    }
    [[nodiscard]] FakeConnection far_end(const std::weak_ptr<StreamState> &weak,
                                         const std::string &role) {
        FakeConnection connection;
        connection.send = [this, weak](base::View octets) {
            tasks_.emplace_back([weak, bytes = base::Bytes(octets.begin(), octets.end())] {
                deliver(weak, [weak, bytes] {
                    if (const auto alive = weak.lock(); alive && !alive->closed)
                        alive->handlers.received(bytes);
                });
            });
        };
        connection.close = [this, weak, role] {
            tasks_.emplace_back([this, weak, role] {
                deliver(weak, [this, weak, role] {
                    const auto alive = weak.lock();
                    if (!alive || std::exchange(alive->closed, true))
                        return;
                    kept_.erase(alive->kept);
                    alive->handlers.closed(
                        {base::ErrorCode::Closed, "the " + role + " closed the connection", 0});
                });
            });
        };
        return connection;
    }
    void arrive(const std::weak_ptr<daemon::ListenHandlers> &weak, base::Ipv4 from,
                std::uint16_t port, FakeListener &far) {
        const auto handlers = weak.lock();
        if (!handlers || !handlers->admit(from)) {
            far.client_closed();
            return;
        }
        auto state = std::make_shared<StreamState>();
        state->listener = &far;
        state->connected = true;
        state->remote = from;
        state->remote_port = port;
        state->handlers = handlers->accepted(std::make_unique<FakeStream>(*this, state));
        if (!state->closed)
            far.accepted(far_end(state, "client"));
    }

    void establish(const std::weak_ptr<StreamState> &weak) {
        const auto state = weak.lock();
        if (!state || state->closed)
            return;
        state->connected = true;
        state->listener->accepted(far_end(weak, "server"));
        state->handlers.connected();
    }
    static void flush(const std::weak_ptr<StreamState> &weak) {
        const auto state = weak.lock();
        if (!state || state->closed || state->left)
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
    std::vector<FakeSocket *> listening_;
    std::map<std::string, std::shared_ptr<StreamState>> kept_;
};

}  // namespace rtun::fake
