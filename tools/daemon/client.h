// SPDX-License-Identifier: GPL-2.0-or-later
//
// One configured client: resolves the name, tries the addresses in turn, keeps a call up, dials
// again after a while when it ends, and knows how it stands. All of it by callbacks of the world
// and of the kernel; nothing here waits.
//
//      Off --start--> Resolving --> Calling <--> (next address)
//       ^                 ^             |
//       |                 |  time       v ended
//       +--stop-- Waiting +--------- Waiting     without reconnect: Off
#pragma once

#include <auth/method.h>
#include <config/model.h>
#include <ctl/message.h>
#include <daemon/backoff.h>
#include <daemon/events.h>
#include <daemon/leftovers.h>
#include <daemon/pptp_call.h>
#include <daemon/reason.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::daemon {

enum class Reconnect : std::uint8_t { No, Yes };

struct ClientPolicy {
    Reconnect reconnect = Reconnect::Yes;
    netlink::Lifetime lifetime = netlink::Lifetime::OutlivesOwner;
};

class Client {
public:
    // How long the name service may take.
    static constexpr std::chrono::seconds ResolveTimeout{30};
    // Addresses of one name that are tried.
    static constexpr std::size_t MaxAddresses = 16;

    // ended is called whenever the client has come to rest (Off): stopped, or not to be dialed
    // again.
    Client(config::Client settings, const Ground &ground, const ClientPolicy &policy,
           EventSink sink, std::function<void()> ended);
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;
    ~Client() = default;

    void start();  // dials, unless it does already
    // Instead of start(): goes on with the call of an earlier daemon. Refused: nothing has
    // happened but that the control connection, if it was kept, is closed.
    [[nodiscard]] base::Status adopt(const Leftover &leftover);
    // Comes to rest without ending its call, which the next daemon goes on with. False: that
    // cannot be.
    [[nodiscard]] bool leave();
    void stop(std::string why);           // orderly; "by user"
    void abort(std::string why);          // at once
    void apply(config::Client settings);  // other settings: dials anew only if one of them needs it
    void kernel_event(const netlink::Event &event);

    [[nodiscard]] bool off() const { return state_ == State::Off; }
    [[nodiscard]] bool up() const { return up_.has_value(); }
    [[nodiscard]] const config::Client &settings() const { return settings_; }
    [[nodiscard]] ctl::ClientStatus status() const;
    // Why the last call ended or could not be made.
    [[nodiscard]] const std::optional<Reason> &last_reason() const { return last_reason_; }

private:
    enum class State : std::uint8_t { Off, Resolving, Calling, Waiting };

    void dial();
    void forget_call();  // what the last one has left here
    [[nodiscard]] base::Status read_password();
    [[nodiscard]] PptpCall::Plan plan() const;
    void resolved(base::Result<std::vector<base::Ipv4>> addresses);
    void call_next();
    void turn();   // carries out what the call wants, re-arms
    void woken();  // the alarm
    void failed(Reason reason, const netlink::Stats &stats = {});
    void rest();
    void arm();

    void on(const PptpCall::TcpUp &output);
    void on(const PptpCall::ControlUp &output);
    void on(const PptpCall::LcpUp &output);
    void on(const PptpCall::Reached &output);
    void on(const PptpCall::Verifying &output);
    void on(const PptpCall::Verified &output);
    void on(const PptpCall::Encoding &output);
    void on(const PptpCall::NotEncrypted &output);
    void on(const PptpCall::Up &output);
    void on(const PptpCall::Resumed &output);
    void on(const PptpCall::Down &output);
    void on(const PptpCall::MtuLowered &output);
    void on(const PptpCall::RouteFailed &output);
    void on(const PptpCall::NoPeerRoute &output);
    void on(const PptpCall::Ended &output);

    using Fields = std::map<std::string, std::string>;
    void tell(base::log::Level level, std::string_view id, std::string text, Fields fields = {});

    config::Client settings_;
    Ground ground_;
    ClientPolicy policy_;
    EventSink sink_;
    std::function<void()> ended_callback_;
    std::unique_ptr<Alarm> alarm_;

    State state_ = State::Off;
    bool stopping_ = false;  // rest when the call has ended
    bool redial_ = false;    // dial again at once when the call has ended
    std::unique_ptr<Lookup> lookup_;
    std::unique_ptr<PptpCall> call_;
    std::vector<std::unique_ptr<PptpCall>> finished_;  // ended, but may still be on the stack
    base::Deadline deadline_;                          // name service; time to dial again
    Backoff backoff_;

    std::deque<base::Ipv4> addresses_;
    std::uint16_t port_ = 0;
    base::Ipv4 server_;
    auth::Credentials credentials_;

    std::uint64_t dials_ = 0;     // ever
    std::uint64_t attempts_ = 0;  // since it was last connected
    base::Time dialed_at_{};
    struct Connection {
        PptpCall::Up what;
        base::Time since;
    };
    std::optional<Connection> up_;
    std::optional<base::Duration> lasted_;  // this call was up, so long
    bool verifying_ = false;
    std::optional<auth::Method> method_;
    PptpCall::Encoding encoding_{.encoding = "none", .insecure = false, .mtu = {}};
    std::uint16_t peer_call_ = 0;
    std::optional<Reason> last_reason_;
    std::string last_failure_told_;
    std::string interface_;  // of this call, also when it has gone
};

}  // namespace rtun::daemon
