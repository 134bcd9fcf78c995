// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PPTP server: listens where the configuration says, lets in whom it says, and knows the
// sessions that come of it. A changed configuration closes the listeners that are not in it any
// more and opens those that are new; sessions go on unless their own terms have changed
// (ServerCall::terms_changed).
//
// Nothing here grows with what strangers do: before a user is authenticated there are max-half-open
// connections and calls at most, and what is told of strangers is told at a bounded rate.
#pragma once

#include <aaa/pools.h>
#include <aaa/store.h>
#include <aaa/throttle.h>
#include <aaa/users.h>
#include <base/result.h>
#include <config/model.h>
#include <daemon/admission.h>
#include <daemon/backoff.h>
#include <daemon/device_names.h>
#include <daemon/server_bundles.h>
#include <daemon/server_call.h>
#include <daemon/server_connection.h>
#include <daemon/server_sessions.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::daemon {

struct ServerLeftovers;

class PptpServer {
public:
    // The store writes to the disk at most so often, however many sessions come and go.
    static constexpr std::chrono::milliseconds SyncEvery{100};
    // Messages a second about those who are not authenticated; the rest are for debugging.
    static constexpr unsigned MaxWords = 50;

    // What it stands on, and outlives it.
    struct Parts {
        World &world;
        netlink::Kernel &kernel;
        base::Random &random;
        HostRoutes &routes;
        const aaa::Users &users;
        aaa::Pools &pools;
        aaa::Store &store;
        Dressing &dressing;
    };
    // quiet is called when, after stop_all(), the last connection has ended.
    PptpServer(const Parts &parts, EventSink sink, std::function<void()> quiet);
    PptpServer(const PptpServer &) = delete;
    PptpServer &operator=(const PptpServer &) = delete;
    ~PptpServer();

    // The settings are these from now on. users has been loaded before.
    void apply(const config::PptpServer &server, const config::Accounting &accounting);
    // Users, profiles, pools or interfaces are others.
    void terms_changed();
    [[nodiscard]] const config::PptpServer &settings() const { return settings_->server; }

    // Once, after the first apply(): connections that an earlier program of this owner has left in
    // the kernel, how many sessions that are (pptp_server_resume.cpp). None of them is ended yet,
    // but records and leases of those that are no more are.
    [[nodiscard]] base::Result<std::size_t> adopt(std::string_view owner);
    // Then: what can go on goes on, the rest ends. How many sessions go on.
    std::size_t begin_resumed();
    // Before this program ends: sessions that the next one can go on with are left to it, how many
    // that were. The others are ended, as by stop_all().
    std::size_t leave_all(const Reason &reason);

    // True: it was about something of the server's, and is nobody else's business.
    bool kernel_event(const netlink::Event &event);
    void stop_all(const Reason &reason);
    void abort_all(const Reason &reason);

    // Of a user that is known; over one call, or over a bundle of them.
    struct Active {
        const UserSession &session;
        const ServerCall *call = nullptr;
        const ServerBundle *bundle = nullptr;
    };
    // The oldest connection first, then bundles.
    void each(const std::function<void(const Active &)> &visit) const;
    // Those of a user, or with an interface, or the session of this number in the kernel: how many
    // there were. They end in order. The number of a link's session ends that link.
    unsigned kill(std::string_view who, const Reason &reason);

    // Where it listens, "192.0.2.1:1723", and what stands against the rest.
    [[nodiscard]] std::vector<std::string> listening() const;
    [[nodiscard]] std::string last_error() const;

    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
    [[nodiscard]] std::size_t connections() const { return connections_.size(); }
    [[nodiscard]] std::size_t half_open() const { return admission_.half_open(); }
    [[nodiscard]] bool owns(netlink::TunnelId id) const {
        return index_.tunnels.contains(static_cast<std::uint32_t>(id));
    }
    struct Refusals {
        Cause cause{};
        std::uint64_t times = 0;
    };
    [[nodiscard]] std::vector<Refusals> refusals() const;  // of connections, since the start

private:
    struct Door {
        config::PptpServer::Listen where;
        std::unique_ptr<Listener> listener;  // nullptr: it could not be opened
        std::uint32_t device = 0;            // the VRF
        Backoff backoff;
        base::Deadline again;
        std::string failure;  // that was told
    };
    using Connection = std::unique_ptr<ServerConnection>;

    void adopt(const ServerConnection::Found &found, ServerLeftovers &leftovers);
    void adopt_bundles(const std::vector<netlink::Tunnel> &tunnels,
                       const std::vector<netlink::Session> &sessions, ServerLeftovers &leftovers);
    void identify();
    [[nodiscard]] base::Status close_records(const ServerLeftovers &leftovers);
    void follow(const std::vector<config::PptpServer::Listen> &wanted);
    void open(Door &door);
    [[nodiscard]] StreamHandlers accept(std::unique_ptr<Stream> stream, std::uint32_t device);
    [[nodiscard]] bool admit(base::Ipv4 host);
    void purge();
    void woken();
    void arm();
    void interim();
    void written();
    void sync(base::Time now);
    void compare_all();
    void tell(base::log::Level level, std::string_view id, std::string text,
              std::map<std::string, std::string> fields = {});
    [[nodiscard]] base::log::Level limited(base::log::Level level, const ctl::Event &event);

    Parts parts_;
    EventSink sink_;
    std::function<void()> quiet_;
    aaa::Throttle throttle_;
    Admission admission_;
    ServerSessions sessions_;
    DeviceNames names_;
    ServerIndex index_;
    ServerGround ground_;
    ServerBundles bundles_;
    std::shared_ptr<const ServerSettings> settings_;
    std::optional<ppp::Discriminator> discriminator_;  // once there was multilink
    config::Accounting accounting_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::list<Connection> connections_;  // the oldest first
    std::unique_ptr<Alarm> alarm_;
    bool purge_ = false;
    base::Deadline interim_;
    base::Deadline sync_;
    base::Time synced_{};
    std::map<Cause, std::uint64_t> refusals_;
    struct Quiet {  // refusals that were not told one by one
        std::uint64_t held = 0;
        base::Time until{};
    };
    std::map<Cause, Quiet> told_;
    unsigned words_ = 0;  // within a second from then on
    base::Time words_since_{};
    bool stopping_ = false;
};

}  // namespace rtun::daemon
