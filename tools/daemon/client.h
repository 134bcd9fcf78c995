// SPDX-License-Identifier: GPL-2.0-or-later
//
// One configured client: tries its servers in turn, each with all its addresses, keeps a call up,
// dials again after a while when it ends, and knows how it stands. With multilink the servers are
// links of one bundle, which is the call then (client_bundle.h). All of it by callbacks of the
// world and of the kernel; nothing here waits.
//
//      Off --start--> Resolving --> Calling <--> (next address, next server)
//       ^                 ^             |
//       |                 |  time       v ended
//       +--stop-- Waiting +--------- Waiting     without reconnect: Off
//
// On demand there is more before the dialing: Preparing (the interface is made, and where it is to
// take the default route, the names of the servers are resolved, because afterwards that route is
// in the way), then Standby, until the kernel tells that there is something to send.
#pragma once

#include <auth/method.h>
#include <config/grammar.h>
#include <config/model.h>
#include <ctl/message.h>
#include <daemon/backoff.h>
#include <daemon/call.h>
#include <daemon/client_bundle.h>
#include <daemon/events.h>
#include <daemon/leftovers.h>
#include <daemon/pptp_call.h>
#include <daemon/reason.h>
#include <daemon/standby.h>

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
    // The profile of that name; no function: there are the built-in ones only.
    std::function<std::optional<config::Profile>(const std::string &name)> profile{};
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
    template <typename Id>  // of a session or a tunnel
    [[nodiscard]] bool owns(Id id) const {
        return call_ && call_->owns(id);
    }
    void profile_changed();  // its own: dials anew if that makes a difference

    [[nodiscard]] bool off() const { return state_ == State::Off; }
    [[nodiscard]] bool up() const { return up_.has_value(); }
    [[nodiscard]] const config::Client &settings() const { return settings_; }
    [[nodiscard]] ctl::ClientStatus status() const;
    // Why the last call ended or could not be made.
    [[nodiscard]] const std::optional<Reason> &last_reason() const { return last_reason_; }

private:
    enum class State : std::uint8_t { Off, Preparing, Standby, Resolving, Calling, Waiting };
    using Addresses = std::vector<base::Ipv4>;

    void begin();  // dials, or waits for a reason to
    void begin_anew(std::string why);
    [[nodiscard]] bool set_links();  // false: that needs another bundle

    void prepare();
    [[nodiscard]] base::Status make_standby();
    void ask_next();
    void prepared(base::Result<Addresses> addresses);
    void stand_by();
    [[nodiscard]] base::Status close_way();
    void standby_event(const netlink::Notice &notice);

    void dial();
    void forget_call();  // what the last one has left here
    [[nodiscard]] base::Status read_password();
    [[nodiscard]] base::Result<config::Client> effective() const;  // with its profile
    [[nodiscard]] base::Status look_at_settings();
    void next_server();
    [[nodiscard]] PptpCall::Plan plan() const;
    [[nodiscard]] base::Result<std::unique_ptr<ClientBundle>> bundle();
    void call_bundle();
    [[nodiscard]] base::Result<std::unique_ptr<Call>> take_over(const Leftover &leftover);
    [[nodiscard]] std::string interface_name() const;
    void use_names(const Call::Up &up);  // the server's, if they are wanted
    void resolved(base::Result<Addresses> addresses);
    void call_next();
    // This server has come to nothing: the next one, or the end of the round.
    void lost(Reason reason, const netlink::Stats &stats = {});
    void turn();   // carries out what the call wants, re-arms
    void woken();  // the alarm
    void failed(Reason reason, const netlink::Stats &stats = {});
    void rest();
    void arm();

    void on(const Call::TcpUp &output);
    void on(const Call::ControlUp &output);
    void on(const Call::LcpUp &output);
    void on(const Call::Reached &output);
    void on(const Call::Verifying &output);
    void on(const Call::Verified &output);
    void on(const Call::Encoding &output);
    void on(const Call::NotEncrypted &output);
    void on(const Call::Up &output);
    void on(const Call::Resumed &output);
    void on(const Call::Down &output);
    void on(const Call::Ipv6 &output);
    void on(const Call::MtuLowered &output);
    void on(const Call::PortFailed &output);
    void on(const Call::RouteFailed &output);
    void on(const Call::NoPeerRoute &output);
    void on(const Call::NoMultilink &output);
    void on(const Call::Server &output);
    void on(const Call::LinkChanged &output);
    void on(const Call::LinkSilent &output);
    // Between a link and its bundle.
    void on(const Call::LinkReady & /*output*/) {}
    void on(const Call::LinkLeft & /*output*/) {}
    void on(const Call::ForBundle & /*output*/) {}
    void on(const Call::Ended &output);

    using Fields = std::map<std::string, std::string>;
    void tell(base::log::Level level, std::string_view id, std::string text, Fields fields = {});
    [[nodiscard]] static std::string words_of(const Call::Up &up);
    [[nodiscard]] static Fields fields_of(const Call::Up &up);

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
    std::unique_ptr<Call> call_;
    std::vector<std::unique_ptr<Call>> finished_;  // ended, but may still be on the stack
    base::Deadline deadline_;                      // name service; time to dial again
    Backoff backoff_;

    std::unique_ptr<Standby> standby_;  // on demand
    std::map<std::string, Addresses>
        known_;  // of hosts, for as long as their names cannot be asked
    std::deque<std::string> unasked_;
    std::string ask_failed_;  // why the last name was not resolved

    std::deque<config::Endpoint> servers_;  // of this round, not tried yet
    std::string server_name_;               // the one that is tried
    std::vector<std::string> round_;        // what became of the others
    std::deque<base::Ipv4> addresses_;
    std::uint16_t port_ = 0;
    base::Ipv4 server_;
    config::Client dialed_;  // the settings with what the profile says
    auth::Credentials credentials_;

    std::uint64_t dials_ = 0;     // ever
    std::uint64_t attempts_ = 0;  // since it was last connected
    base::Time dialed_at_{};
    struct Connection {
        Call::Up what;
        base::Time since;
    };
    std::optional<Connection> up_;
    std::optional<base::Duration> lasted_;  // this call was up, so long
    bool verifying_ = false;
    std::optional<auth::Method> method_;
    Call::Encoding encoding_{.encoding = "none", .insecure = false, .mtu = {}};
    std::optional<Reason> last_reason_;
    std::string last_failure_told_;
    std::map<std::string, std::string> link_failures_told_;  // the last of each link
    std::string interface_;                                  // of this call, also when it has gone
};

}  // namespace rtun::daemon
