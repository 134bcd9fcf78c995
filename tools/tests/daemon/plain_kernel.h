// SPDX-License-Identifier: GPL-2.0-or-later
//
// netlink::Kernel on a host without the module: its devices, addresses and routes are the real
// ones, of tunnels and sessions there are none.
#pragma once

#include <netlink/kernel.h>
#include <netlink/rtnl.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon {

class PlainKernel final : public netlink::Kernel {
public:
    explicit PlainKernel(netlink::Rtnl rtnl) : rtnl_(std::move(rtnl)) {}

    base::Result<netlink::Info> info() override { return none(); }
    base::Status bind_owner(std::string_view) override { return none(); }
    base::Result<netlink::TunnelId> tunnel_add(const netlink::TunnelSpec &) override {
        return none();
    }
    base::Status tunnel_set(netlink::TunnelId, const netlink::TunnelChange &) override {
        return none();
    }
    base::Status tunnel_del(netlink::TunnelId) override { return none(); }
    base::Result<netlink::Tunnel> tunnel(netlink::TunnelId) override { return none(); }
    base::Result<std::vector<netlink::Tunnel>> tunnels() override {
        return std::vector<netlink::Tunnel>{};
    }
    base::Result<NewSession> session_add(netlink::TunnelId, std::uint32_t,
                                         const netlink::SessionChange &) override {
        return none();
    }
    base::Status session_set(netlink::SessionId, const netlink::SessionChange &) override {
        return none();
    }
    base::Status session_del(netlink::SessionId) override { return none(); }
    base::Result<netlink::Session> session(netlink::SessionId) override { return none(); }
    base::Result<std::vector<netlink::Session>> sessions() override {
        return std::vector<netlink::Session>{};
    }
    base::Status frame_send(netlink::SessionId, base::View) override { return none(); }
    base::Result<netlink::Link> link_add(std::string_view, netlink::SessionId) override {
        return none();
    }
    base::Result<netlink::Link> link_add_ethernet(std::string_view, netlink::SessionId,
                                                  const netlink::LinkChange &) override {
        return none();
    }

    base::Result<netlink::Link> link_add_on_demand(std::string_view) override { return none(); }
    base::Result<std::vector<OnDemand>> links_on_demand() override {
        return std::vector<OnDemand>{};
    }
    base::Status session_attach(netlink::SessionId, netlink::LinkIndex) override { return none(); }
    base::Status session_detach(netlink::SessionId) override { return none(); }

    base::Status link_set(netlink::LinkIndex link, const netlink::LinkChange &change) override {
        return rtnl_.link_set(link, change);
    }
    base::Result<netlink::LinkStatus> link_status(netlink::LinkIndex link) override {
        return rtnl_.link_status(link);
    }
    base::Result<netlink::LinkIndex> link_index(std::string_view name) override {
        return rtnl_.link_index(name);
    }
    base::Status link_up(netlink::LinkIndex link, std::uint32_t mtu) override {
        return rtnl_.link_up(link, mtu);
    }
    base::Status link_del(netlink::LinkIndex link) override { return rtnl_.link_del(link); }
    base::Result<std::string> link_name(netlink::LinkIndex link) override {
        return rtnl_.link_name(link);
    }
    base::Status address_add(netlink::LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override {
        return rtnl_.address_add(link, local, peer);
    }
    base::Status address_del(netlink::LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override {
        return rtnl_.address_del(link, local, peer);
    }
    base::Status address_add6(netlink::LinkIndex link, std::uint64_t interface_id) override {
        return rtnl_.address_add6(link, interface_id);
    }
    base::Status address_del6(netlink::LinkIndex link, std::uint64_t interface_id) override {
        return rtnl_.address_del6(link, interface_id);
    }
    base::Status route_replace(const netlink::Route &route) override {
        return rtnl_.route_replace(route);
    }
    base::Status route_add(const netlink::Route &route) override { return rtnl_.route_add(route); }
    base::Status route_del(const netlink::Route &route) override { return rtnl_.route_del(route); }
    base::Result<netlink::Route> route_to(base::Ipv4 destination, std::uint32_t fwmark) override {
        return rtnl_.route_to(destination, fwmark);
    }
    base::Result<netlink::Route>
    way_around(base::Ipv4 destination, const std::vector<netlink::LinkIndex> &without) override {
        return rtnl_.way_around(destination, without);
    }
    base::Result<std::vector<netlink::Route>> own_routes() override { return rtnl_.own_routes(); }

    base::Status subscribe() override { return none(); }
    base::Status watch_routes() override { return none(); }
    std::vector<int> descriptors() const override { return {}; }
    base::Result<std::vector<netlink::Event>> events() override {
        return std::vector<netlink::Event>{};
    }

private:
    static tl::unexpected<base::Error> none() {
        return base::fail(base::ErrorCode::Refused, "the module is not here", EOPNOTSUPP);
    }

    netlink::Rtnl rtnl_;
};

}  // namespace rtun::daemon
