// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one call has in the kernel: tunnel, session, device, address, routes. Each verb is a step
// up; close() is the one way down, in the reverse order, and the destructor takes it too. A step
// that fails leaves what it found, so that nothing is left behind wherever a call ends.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <config/model.h>
#include <daemon/host_routes.h>
#include <netlink/kernel.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rtun::daemon {

struct DefaultRoute {
    std::uint32_t distance = 1;  // the metric
    bool pin_server = true;      // by a host route, first
    bool operator==(const DefaultRoute &) const = default;
};

class Plumbing {
public:
    Plumbing(netlink::Kernel &kernel, HostRoutes &routes) : kernel_(kernel), routes_(routes) {}
    Plumbing(const Plumbing &) = delete;
    Plumbing &operator=(const Plumbing &) = delete;
    ~Plumbing() { close(); }

    void release();  // all of it is another program's now
    // A session in a tunnel that somebody else makes and deletes.
    [[nodiscard]] base::Status open_in(netlink::TunnelId tunnel,
                                       const netlink::SessionChange &session);
    // The tunnel and the session of a bundle, which has no peer but those of its links.
    [[nodiscard]] base::Status open_bundle(const netlink::TunnelSpec &tunnel,
                                           const netlink::SessionChange &session);
    [[nodiscard]] base::Status set(const netlink::SessionChange &change);
    [[nodiscard]] base::Status send(base::View frame);

    // A device that is there before the session and stays behind it: instead of one of our own.
    void borrow(const netlink::Link &device) { borrowed_ = device; }

    // The device with its address, and the way for IPv4 open. mtu: of packets inside. The device
    // comes with the first network protocol and goes with the last.
    struct Ipv4 {
        std::string interface;  // "%d" in it: the first number from 1 that is free
        std::uint32_t mtu = 0;
        base::Ipv4 local;
        base::Ipv4 remote;
    };
    [[nodiscard]] base::Status ipv4_up(const Ipv4 &ipv4);
    void ipv4_down();
    // A link-local address with our interface identifier, and the way for IPv6 open.
    struct Ipv6 {
        std::string interface;
        std::uint32_t mtu = 0;
        std::uint64_t interface_id = 0;
    };
    [[nodiscard]] base::Status ipv6_up(const Ipv6 &ipv6);
    void ipv6_down();
    // Instead of both: Ethernet frames, and the device a port of a bridge.
    struct Bridge {
        std::string interface;
        std::uint32_t mtu = 0;
        base::Mac mac;
        netlink::BridgeFlags flags;
        config::BridgePort port;
    };
    [[nodiscard]] base::Status bridge_up(const Bridge &bridge);
    void bridge_down();
    // Needs the device.
    [[nodiscard]] base::Status set_port(const config::BridgePort &port);

    // What an earlier program has opened on a device.
    struct Networks {
        std::optional<Ipv4> ipv4{};
        std::optional<Ipv6> ipv6{};
        bool bridge = false;
    };

    // Tunnel and session, before the peer is asked for a call: the call id is the kernel's.
    [[nodiscard]] base::Status open(const netlink::TunnelSpec &tunnel,
                                    const netlink::SessionChange &session);
    // Instead of open() and what opens networks: what an earlier program has made, device and
    // routes included. Refused, close() takes it down all the same.
    [[nodiscard]] base::Status adopt(const netlink::Tunnel &tunnel, const netlink::Session &session,
                                     const Networks &networks);
    // Instead of open() or open_bundle(): one without a device of its own, and a bundle. Of its
    // default route it is not known whether the way to the servers is pinned.
    [[nodiscard]] base::Status adopt_link(const netlink::Tunnel &tunnel,
                                          const netlink::Session &session);
    [[nodiscard]] base::Status adopt_bundle(const netlink::Tunnel &tunnel,
                                            const netlink::Session &session,
                                            const Networks &networks);
    // Instead of open_in() and what opens networks, likewise; what is wrong with the device is
    // told when the session is ours already.
    [[nodiscard]] base::Status adopt_in(const netlink::Session &session, const Networks &networks);
    // Instead of open_in(), a session that has no device: a link of a bundle.
    void adopt_link(const netlink::Session &session);
    [[nodiscard]] base::Status set_mtu(std::uint32_t mtu);

    // Needs the device. Nothing: none. Pins the way to the server first.
    [[nodiscard]] base::Status set_default_route(std::optional<DefaultRoute> wanted);
    // Whether packets to anywhere take our default route, and not another with a smaller metric.
    [[nodiscard]] bool default_route_wins();

    // The path MTU to the peer as the kernel knows it, 0 if it does not.
    [[nodiscard]] std::uint32_t path_mtu() const;
    [[nodiscard]] base::Result<netlink::Session> session() const;
    [[nodiscard]] bool owns(netlink::SessionId id) const { return session_ && session_->id == id; }
    [[nodiscard]] bool owns(netlink::TunnelId id) const { return tunnel_ == id; }

    [[nodiscard]] std::optional<netlink::TunnelId> tunnel_id() const { return tunnel_; }
    [[nodiscard]] std::optional<netlink::SessionId> session_id() const;
    [[nodiscard]] std::uint16_t call_id() const;
    [[nodiscard]] const std::optional<netlink::Link> &device() const { return device_; }

    // The session's last counters, if it is still there to be asked.
    netlink::Stats close();

private:
    static constexpr int MaxNumber = 9999;
    [[nodiscard]] base::Status open_both(const netlink::TunnelSpec &tunnel,
                                         const netlink::SessionChange &session);
    using MakeDevice = std::function<base::Result<netlink::Link>(const std::string &name)>;
    [[nodiscard]] static base::Result<netlink::Link> add_device(const std::string &name,
                                                                const MakeDevice &make);
    [[nodiscard]] base::Status adopt_device(const netlink::Session &session,
                                            const Networks &networks);
    [[nodiscard]] base::Status find_default_route();
    [[nodiscard]] base::Status adopt_routes();
    [[nodiscard]] base::Status device_up(const std::string &interface, std::uint32_t mtu);
    [[nodiscard]] base::Status open_protocols();
    void device_down();  // if nothing needs it any more

    netlink::Kernel &kernel_;
    HostRoutes &routes_;
    std::optional<netlink::TunnelId> tunnel_;
    bool tunnel_is_ours_ = false;
    std::uint32_t fwmark_ = 0;
    base::Ipv4 server_;
    std::optional<netlink::Kernel::NewSession> session_;
    std::optional<netlink::Link> borrowed_;
    std::optional<netlink::Link> device_;
    std::optional<Ipv4> ipv4_;
    std::optional<Ipv6> ipv6_;
    bool bridged_ = false;
    std::optional<netlink::Route> default_route_;
    bool pinned_ = false;
};

}  // namespace rtun::daemon
