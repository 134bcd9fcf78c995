// SPDX-License-Identifier: GPL-2.0-or-later
//
// One control connection that somebody has made to us: the TCP stream, the engine of RFC 2637 over
// it, the kernel's tunnel, and its calls (a client host may have several). It lives from the moment
// it was accepted until ended(), when its calls have ended, the last octets have left or have been
// given up, and the tunnel is gone.
#pragma once

#include <base/net.h>
#include <base/time.h>
#include <daemon/admission.h>
#include <daemon/reason.h>
#include <daemon/server_call.h>
#include <daemon/world.h>
#include <pptp/server.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon {

class ServerConnection {
public:
    static constexpr std::chrono::seconds FlushTimeout{2};

    struct Place {
        std::uint32_t device = 0;  // VRF in which it came, 0: none
    };
    // over is called when it has ended; it may be destroyed only later.
    ServerConnection(const ServerGround &ground, std::shared_ptr<const ServerSettings> settings,
                     Place place, std::function<void()> over);
    ServerConnection(const ServerConnection &) = delete;
    ServerConnection &operator=(const ServerConnection &) = delete;
    ~ServerConnection();

    [[nodiscard]] StreamHandlers handlers();
    void begin(std::unique_ptr<Stream> stream, HalfOpen half_open);

    // Instead of begin(): a connection of an earlier program, and the sessions in its tunnel. When
    // all have been adopted, begin_resumed() goes on with what can be gone on with and ends the
    // rest. records: those that are begun and not ended (server_connection_resume.cpp).
    struct Found {
        netlink::Tunnel tunnel;
        std::vector<netlink::Session> sessions{};
    };
    void adopt(const Found &found);
    void begin_resumed(const std::optional<std::set<std::string>> &records);
    // Sessions that nobody can tell anything of. They are deleted.
    [[nodiscard]] const std::vector<netlink::Session> &strange() const { return strange_; }
    // Lets go of it, for the next program, and it has ended; if no call of it can go on, nothing is
    // done. How many sessions go on; those of bundles do not count.
    [[nodiscard]] std::size_t leave();

    void stop(Reason reason);   // in order
    void abort(Reason reason);  // at once
    void kernel_event(const netlink::Event &event);
    // Events were lost: the kernel's sessions, to be compared with ours.
    void compare(const std::function<bool(netlink::SessionId, bool device)> &there);
    void settings_changed(const std::shared_ptr<const ServerSettings> &settings);
    void terms_changed();
    // How many of its calls were such, and are stopped.
    unsigned stop_calls(const std::function<bool(const ServerCall &)> &which, const Reason &reason);
    // For the record of the call of this session; nothing: it has none.
    [[nodiscard]] std::optional<aaa::Store::Counters> counters(const netlink::Session &session);

    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] base::Ipv4 peer() const { return peer_; }
    [[nodiscard]] const std::vector<std::unique_ptr<ServerCall>> &calls() const { return calls_; }

private:
    void received(base::View octets);
    void closed(const base::Error &error);

    void on(pptp::SendBytes &output);
    void on(pptp::PeerUp &output);
    void on(pptp::CallRequested &output);
    void on(pptp::LinkInfo &output);
    void on(pptp::CallEnded &output);
    void on(pptp::Ended &output);

    // Why not; nothing: there is a tunnel, and this place among the half-open for the call.
    [[nodiscard]] std::optional<Reason> refuse(HalfOpen &half_open);
    [[nodiscard]] base::Status make_tunnel();
    void refused(const pptp::CallRequested &request, pptp::Server::Refusal how, Reason reason);

    [[nodiscard]] std::optional<Reason> adopt_control(const netlink::Tunnel &tunnel);
    void adopt_call(const netlink::Session &session);
    void clear_orphans();
    void save();

    [[nodiscard]] ServerCall *call(pptp::CallId peer);
    [[nodiscard]] ServerCall *call(netlink::SessionId session);
    void forget(const ServerCall &call);
    bool bury();  // calls that have ended
    void turn();
    void woken();
    void wind_down();
    void finish();

    const ServerGround &ground_;
    std::shared_ptr<const ServerSettings> settings_;
    Place place_;
    std::function<void()> over_;
    std::unique_ptr<Alarm> alarm_;
    std::unique_ptr<Stream> stream_;
    pptp::Server control_;
    base::Ipv4 peer_;
    base::Ipv4 local_;
    std::string host_name_;  // of the peer, as it says
    std::string vendor_;
    HalfOpen half_open_;  // while there is no call
    std::optional<netlink::TunnelId> tunnel_;
    std::vector<std::unique_ptr<ServerCall>> calls_;

    std::optional<Reason> stopping_;
    bool control_stopped_ = false;
    bool control_ended_ = false;
    bool tcp_closed_ = false;
    bool ended_ = false;
    base::Deadline flush_by_;

    bool kept_ = false;     // the stream
    bool keeping_ = false;  // that was asked for
    base::Bytes saved_;     // what the kernel has of the connection
    // Between adopt() and begin_resumed(): why it cannot go on, or some of its calls.
    std::optional<Reason> unfit_;
    std::vector<std::pair<ServerCall *, Reason>> unfit_calls_;
    std::vector<netlink::Session> strange_;
    std::uint32_t path_mtu_ = 0;
    base::Bytes unsent_;
};

}  // namespace rtun::daemon
