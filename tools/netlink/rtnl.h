// SPDX-License-Identifier: GPL-2.0-or-later
//
// Devices, addresses and routes of the current network namespace (rtnetlink(7)). libnl-route makes
// and reads the messages; they travel over our own Socket, so that a refusal is told in the same
// way everywhere, and none of libnl's caches is used.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <netlink/kernel.h>
#include <netlink/message.h>
#include <netlink/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtun::netlink {

struct ParsedRoute;

class Rtnl {
public:
    [[nodiscard]] static base::Result<Rtnl> open();

    // A device of kind "rtun", attached to the session and deleted with it. What it is called is
    // found through the session, for a name with "%d".
    [[nodiscard]] base::Status link_add(std::string_view name, SessionId session);
    [[nodiscard]] base::Status link_add_ethernet(std::string_view name, SessionId session,
                                                 const LinkChange &initial);
    [[nodiscard]] base::Status link_add_on_demand(std::string_view name);
    [[nodiscard]] base::Result<std::vector<Kernel::OnDemand>> links_on_demand();
    [[nodiscard]] base::Status link_set(LinkIndex link, const LinkChange &change);
    [[nodiscard]] base::Result<LinkStatus> link_status(LinkIndex link);
    [[nodiscard]] base::Result<LinkIndex> link_index(std::string_view name);
    [[nodiscard]] base::Status link_up(LinkIndex link, std::uint32_t mtu);
    [[nodiscard]] base::Status link_del(LinkIndex link);
    [[nodiscard]] base::Result<std::string> link_name(LinkIndex link);
    [[nodiscard]] base::Status address_add(LinkIndex link, base::Ipv4 local, base::Ipv4 peer);
    [[nodiscard]] base::Status address_del(LinkIndex link, base::Ipv4 local, base::Ipv4 peer);
    [[nodiscard]] base::Status address_add6(LinkIndex link, std::uint64_t interface_id);
    [[nodiscard]] base::Status address_del6(LinkIndex link, std::uint64_t interface_id);
    [[nodiscard]] base::Status route_add(const Route &route);
    [[nodiscard]] base::Status route_del(const Route &route);
    [[nodiscard]] base::Status route_replace(const Route &route);
    [[nodiscard]] base::Result<Route> route_to(base::Ipv4 destination, std::uint32_t fwmark);
    [[nodiscard]] base::Result<Route> way_around(base::Ipv4 destination,
                                                 const std::vector<LinkIndex> &without);
    [[nodiscard]] base::Result<std::vector<Route>> own_routes();

private:
    [[nodiscard]] base::Result<LinkStatus> ask_link(Message question, const std::string &what);
    [[nodiscard]] base::Result<std::vector<ParsedRoute>> main_table(std::uint8_t protocol);

    explicit Rtnl(Socket socket) : socket_(std::move(socket)) {}
    Socket socket_;
};

// -- the messages, without a socket
[[nodiscard]] base::Result<Message> build_link_new(std::string_view name, SessionId session);
[[nodiscard]] base::Result<Message> build_ethernet_new(std::string_view name, SessionId session,
                                                       const LinkChange &initial);
[[nodiscard]] Message build_link_set(LinkIndex link, const LinkChange &change);
// An RTM_NEWLINK.
[[nodiscard]] base::Result<LinkStatus> parse_link(const Received &message);
[[nodiscard]] base::Result<Message> build_address_new(LinkIndex link, base::Ipv4 local,
                                                      base::Ipv4 peer);
[[nodiscard]] base::Result<Message> build_address_del(LinkIndex link, base::Ipv4 local,
                                                      base::Ipv4 peer);
enum class AddressVerb : std::uint8_t { Add, Delete };
[[nodiscard]] Message build_address6(LinkIndex link, std::uint64_t interface_id, AddressVerb verb);
[[nodiscard]] base::Result<Message> build_on_demand_new(std::string_view name);
// An RTM_NEWLINK; nothing: of another kind.
[[nodiscard]] std::optional<Kernel::OnDemand> parse_on_demand(const Received &message);
enum class RouteVerb : std::uint8_t { Add, Replace, Delete };
[[nodiscard]] base::Result<Message> build_route(const Route &route, RouteVerb verb);
[[nodiscard]] Message build_route_get(base::Ipv4 destination, std::uint32_t fwmark);
// An RTM_NEWROUTE. protocol and table: to be compared by who asks.
struct ParsedRoute {
    Route route;
    std::uint8_t protocol = 0;
    std::uint32_t table = 0;
    bool usable = false;  // to send something to one host, over a device that is up
};
[[nodiscard]] base::Result<ParsedRoute> parse_route(const Datagram &datagram, std::size_t which);
// The way that the main table leads to a host; see Kernel::way_around().
[[nodiscard]] std::optional<Route> best_way(const std::vector<ParsedRoute> &table,
                                            base::Ipv4 destination,
                                            const std::vector<LinkIndex> &without);

// -- a socket of its own, to hear that routes have changed
[[nodiscard]] base::Status watch_route_changes(Socket &socket);
// What has arrived by now: was anything in it that others have done to routes, addresses, devices?
[[nodiscard]] base::Result<bool> routes_changed(Socket &socket);

}  // namespace rtun::netlink
