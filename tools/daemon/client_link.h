// SPDX-License-Identifier: GPL-2.0-or-later
//
// One link of a client's bundle: finds the addresses of its server, calls them in turn, and waits
// before it is dialed again. What its call says is handed on, but an end that leaves another
// address to try; Ended means that this dial has come to nothing, or that the link was lost.
//
//     Idle --dial()--> Resolving --> Calling --LinkReady--> Ready
//      ^                   |            |                     |
//      +--- rest(), wait() : Waiting <--+------- Ended -------+
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <base/time.h>
#include <config/links.h>
#include <ctl/message.h>
#include <daemon/backoff.h>
#include <daemon/call.h>
#include <daemon/pptp_call.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtun::daemon {

class ClientLink {
public:
    static constexpr std::chrono::seconds ResolveTimeout{30};
    static constexpr std::size_t MaxAddresses = 16;

    struct Dial {
        PptpCall::Plan plan;              // all but where to
        std::vector<base::Ipv4> known{};  // addresses of the server; none: the name is asked for
        // Before each call. Refused: there is no way to this address but through the bundle itself.
        std::function<base::Status(base::Ipv4)> open_way;
    };

    // wake as of PptpCall.
    ClientLink(const Ground &ground, config::LinkSettings settings, std::function<void()> wake);
    ClientLink(const ClientLink &) = delete;
    ClientLink &operator=(const ClientLink &) = delete;
    ~ClientLink() = default;

    void dial(Dial how, base::Time now);
    // Instead of dial(): goes on with the call of an earlier program.
    [[nodiscard]] base::Status resume(Dial how, const CallState &state,
                                      const netlink::Tunnel &tunnel,
                                      const netlink::Session &session);
    // After Ended: is to be dialed again after a while, how long; or not.
    base::Duration wait(const Reason &why, base::Time now);
    void rest(std::string why);
    void stop(base::Time now, const Reason &reason);  // Ended follows, if it is dialed
    void abort(const Reason &reason);
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;
    [[nodiscard]] std::vector<Call::Output> take_outputs();
    // Calls that have ended may still be on the stack: to be done when they are not.
    void clear_finished() { finished_.clear(); }
    [[nodiscard]] bool has_finished() const { return !finished_.empty(); }

    [[nodiscard]] bool busy() const { return state_ == State::Resolving || call_ != nullptr; }
    [[nodiscard]] bool idle() const { return state_ == State::Idle; }
    [[nodiscard]] bool has_failed() const { return failed_; }  // the last dial, to join
    // It has waited for long enough.
    [[nodiscard]] bool wants_dial(base::Time now) const;
    [[nodiscard]] PptpCall *call() const { return call_.get(); }
    [[nodiscard]] base::Ipv4 address() const { return address_; }  // that is called; or none
    [[nodiscard]] const config::LinkSettings &settings() const { return settings_; }
    void set_rate(std::uint64_t rate) { settings_.rate = rate; }
    [[nodiscard]] std::uint32_t kbits() const;
    // "192.0.2.10:1723 from eth1"
    [[nodiscard]] std::string text() const;
    [[nodiscard]] ctl::LinkStatus status(base::Time now) const;

    void joined(base::Time now);  // the bundle has it
    void left(base::Time now);    // and no longer
    [[nodiscard]] bool is_joined() const { return joined_at_.has_value(); }

    // What the kernel says of it as a link. True: that is news.
    bool heard(bool any);

    bool unwanted = false;  // not among the settings any more

private:
    enum class State : std::uint8_t { Idle, Resolving, Calling, Waiting };
    void resolved(base::Result<std::vector<base::Ipv4>> addresses);
    void call_next(base::Time now);
    void ended(Reason reason);
    [[nodiscard]] PptpCall::Plan plan() const;

    Ground ground_;
    config::LinkSettings settings_;
    std::function<void()> wake_;
    State state_ = State::Idle;
    Dial how_;
    std::unique_ptr<Lookup> lookup_;
    std::deque<base::Ipv4> addresses_;
    base::Ipv4 address_;
    std::unique_ptr<PptpCall> call_;
    std::vector<std::unique_ptr<PptpCall>> finished_;
    std::vector<Call::Output> outputs_;
    base::Deadline deadline_;  // name service; time to dial again
    Backoff backoff_;
    base::Deadline joined_at_;
    bool silent_ = false;
    std::string why_;       // it is not up
    bool carried_ = false;  // since it was dialed
    bool failed_ = false;   // had not when it was to wait last
};

}  // namespace rtun::daemon
