// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a client keeps up: one PPTP call (pptp_call.h), or a bundle of several (client_bundle.h). It
// is driven as an engine is: inputs with a time, outputs that say what has been reached, a
// deadline. Whatever ends it, Ended is the last output, and nothing of it is left in the kernel
// then.
#pragma once

#include <auth/method.h>
#include <base/bytes.h>
#include <base/net.h>
#include <base/random.h>
#include <base/time.h>
#include <config/model.h>
#include <ctl/message.h>
#include <daemon/plumbing.h>
#include <daemon/reason.h>
#include <daemon/world.h>
#include <netlink/kernel.h>
#include <ppp/link.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::daemon {

class NameServers;

// What a call stands on. All of it outlives the call.
struct Ground {
    World &world;
    netlink::Kernel &kernel;
    base::Random &random;
    HostRoutes &routes;
    NameServers *names = nullptr;  // none: servers' are shown and not used
};

class Call {
public:
    // Outputs.
    struct TcpUp {};
    struct ControlUp {
        std::string host;  // what the server calls itself
        std::string vendor;
    };
    struct LcpUp {
        std::uint16_t mtu = 0;
        std::uint16_t mru = 0;
        std::optional<auth::Method> method;  // that the server wants
    };
    struct Reached {  // the call is up, PPP begins
        std::uint16_t local = 0;
        std::uint16_t peer = 0;
        std::string host;  // what the server calls itself
        std::string vendor;
    };
    struct Verifying {};
    struct Verified {
        auth::Method method{};
        std::string message;  // the server's
    };
    // From now on; in clear in both directions ("none") when the link negotiates anew.
    struct Encoding {
        std::string encoding;  // "MPPE128 stateless"
        bool insecure = false;
        std::optional<std::uint32_t> mtu;  // of the device, if there is one already
    };
    struct NotEncrypted {  // and the link goes on
        std::string why;
    };
    struct Up {
        std::string interface;
        base::Ipv4 local;
        base::Ipv4 remote;
        std::vector<base::Ipv4> dns;
        std::uint32_t mtu = 0;
        std::uint32_t mru = 0;
        std::optional<ppp::BridgeUp> bridging{};  // no addresses, but Ethernet frames
        std::string bridge{};                     // then: of which bridge it is a port
    };
    // Instead of all up to Up: the call of an earlier program goes on.
    struct Resumed {
        std::uint16_t local = 0;
        std::uint16_t peer = 0;
        std::optional<auth::Method> method{};
        Encoding encoding;
        Up up;
        double since = 0;  // it is up, wall clock
    };
    struct Down {};  // the link negotiates anew, or ends
    struct Ipv6 {    // is carried, too; or cannot be, and why
        std::uint64_t local_id = 0;
        std::uint64_t remote_id = 0;
        std::string failure;
    };
    struct MtuLowered {
        std::uint32_t mtu = 0;
        std::uint32_t wanted = 0;
        std::uint32_t path = 0;
        std::uint32_t ours = 0;  // octets of a packet on the path that are not the inner packet's
    };
    struct PortFailed {  // it is where it was, or nowhere
        std::string text;
    };
    struct RouteFailed {
        std::string text;
    };
    struct NoPeerRoute {  // it would have led the tunnel into itself
        base::Ipv4 peer;
    };
    struct Ended {
        Reason reason;
        bool tcp_connected = false;  // false: another address may do better
        netlink::Stats stats;
    };
    // Of a call that is one of a bundle: it can be a link from now on, its packets are the
    // bundle's.
    struct LinkReady {
        ppp::MultilinkReady ready;
        std::uint16_t peer_mru = 1500;
    };
    struct LinkLeft {};  // it negotiates anew, or ends
    struct ForBundle {   // came on the link and is the bundle's
        base::Bytes frame;
    };
    struct NoMultilink {  // the call goes on by itself
        std::string why;
    };
    // Of a bundle: from now on it is about this server; about this link.
    struct Server {
        base::Ipv4 address;
        std::uint16_t port = 0;
    };
    struct LinkChanged {
        std::string link;  // "2 (192.0.2.10:1723 from eth1)"
        bool up = false;
        std::string text;
        std::optional<Reason> reason{};            // not up: why
        std::optional<base::Duration> retry_in{};  // and when it is dialed again
    };
    struct LinkSilent {  // the kernel leaves it out until it is heard again
        std::string link;
        bool heard = false;  // it was
    };
    using Output = std::variant<TcpUp, ControlUp, LcpUp, Reached, Verifying, Verified, Encoding,
                                NotEncrypted, Up, Resumed, Down, Ipv6, MtuLowered, PortFailed,
                                RouteFailed, NoPeerRoute, LinkReady, LinkLeft, ForBundle,
                                NoMultilink, Server, LinkChanged, LinkSilent, Ended>;

    Call() = default;
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;
    virtual ~Call() = default;

    virtual void start(base::Time now) = 0;
    // Lets go of the call for the next program to go on with; there are no outputs any more.
    // False: that cannot be, and nothing was done.
    [[nodiscard]] virtual bool leave() = 0;
    virtual void stop(base::Time now, Reason reason) = 0;  // in order; Ended follows
    virtual void abort(Reason reason) = 0;  // without telling the peer; Ended follows at once
    virtual void kernel_event(const netlink::Event &event, base::Time now) = 0;
    virtual void expire(base::Time now) = 0;
    [[nodiscard]] virtual base::Deadline deadline() const = 0;
    [[nodiscard]] std::vector<Output> take_outputs() { return std::exchange(outputs_, {}); }

    // Settings that change while the call is up.
    virtual void set_default_route(std::optional<DefaultRoute> wanted) = 0;
    [[nodiscard]] virtual base::Status set_order(const config::Client &client) = 0;
    // Other links, or another way to share packets out. False: that needs a new call.
    [[nodiscard]] virtual bool set_links(const config::Client &client, base::Time now) = 0;

    // For how long nothing has been carried, as far as is known; nothing: not up.
    [[nodiscard]] virtual std::optional<base::Duration> idle(base::Time now) = 0;

    [[nodiscard]] virtual bool owns(netlink::SessionId id) const = 0;
    [[nodiscard]] virtual bool owns(netlink::TunnelId id) const = 0;
    // What it is in the kernel, and what it has counted.
    virtual void describe(ctl::ClientStatus &status, base::Time now) const = 0;

protected:
    std::vector<Output> outputs_;
};

}  // namespace rtun::daemon
