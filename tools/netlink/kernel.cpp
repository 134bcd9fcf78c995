// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel over the real one: four sockets. The family's socket makes the requests and is the
// owner's, so the frames arrive on it; a second one hears the group "events", so that a flood of
// them cannot cost a frame or an answer; the third is rtnetlink's; the fourth hears of changed
// routes, once somebody wants to.
#include <netlink/kernel.h>

#include <netlink/codec.h>
#include <netlink/family.h>
#include <netlink/genl.h>
#include <netlink/module.h>
#include <netlink/rtnl.h>
#include <netlink/socket.h>

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/rtun.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace rtun::netlink {

namespace {

using base::ErrorCode;
using base::fail;

class RealKernel final : public Kernel {
public:
    RealKernel(Family family, Socket listener, std::uint32_t group, Rtnl rtnl, Socket routes)
        : family_(std::move(family)), listener_(std::move(listener)), group_(group),
          rtnl_(std::move(rtnl)), routes_(std::move(routes)) {}

    base::Result<Info> info() override { return family_.info(); }
    base::Status bind_owner(std::string_view name) override { return family_.bind_owner(name); }
    base::Result<TunnelId> tunnel_add(const TunnelSpec &spec) override {
        return family_.tunnel_add(spec);
    }
    base::Status tunnel_set(TunnelId id, const TunnelChange &change) override {
        return family_.tunnel_set(id, change);
    }
    base::Status tunnel_del(TunnelId id) override { return family_.tunnel_del(id); }
    base::Result<Tunnel> tunnel(TunnelId id) override { return family_.tunnel(id); }
    base::Result<std::vector<Tunnel>> tunnels() override { return family_.tunnels(); }
    base::Result<NewSession> session_add(TunnelId tunnel, std::uint32_t local_id,
                                         const SessionChange &initial) override {
        return family_.session_add(tunnel, local_id, initial);
    }
    base::Status session_set(SessionId id, const SessionChange &change) override {
        return family_.session_set(id, change);
    }
    base::Status session_del(SessionId id) override { return family_.session_del(id); }
    base::Result<Session> session(SessionId id) override { return family_.session(id); }
    base::Result<std::vector<Session>> sessions() override { return family_.sessions(); }
    base::Status frame_send(SessionId id, base::View frame) override {
        return family_.frame_send(id, frame);
    }

    // Which number and name the new device has, the session knows: the kernel of 6.1 cannot answer
    // RTM_NEWLINK with the device.
    base::Result<Link> link_add(std::string_view name, SessionId session) override {
        TRY(rtnl_.link_add(name, session));
        return attached(name, session);
    }
    base::Result<Link> link_add_ethernet(std::string_view name, SessionId session,
                                         const LinkChange &initial) override {
        TRY(rtnl_.link_add_ethernet(name, session, initial));
        return attached(name, session);
    }
    base::Result<Link> link_add_on_demand(std::string_view name) override {
        TRY(rtnl_.link_add_on_demand(name));
        return Link{TRY(rtnl_.link_index(name)), std::string(name)};
    }
    base::Result<std::vector<OnDemand>> links_on_demand() override {
        return rtnl_.links_on_demand();
    }
    base::Status session_attach(SessionId id, LinkIndex link) override {
        return family_.session_attach(id, link);
    }
    base::Status session_detach(SessionId id) override { return family_.session_detach(id); }
    base::Status link_set(LinkIndex link, const LinkChange &change) override {
        return rtnl_.link_set(link, change);
    }
    base::Result<LinkStatus> link_status(LinkIndex link) override {
        return rtnl_.link_status(link);
    }
    base::Result<LinkIndex> link_index(std::string_view name) override {
        return rtnl_.link_index(name);
    }
    base::Status link_up(LinkIndex link, std::uint32_t mtu) override {
        return rtnl_.link_up(link, mtu);
    }
    base::Status link_del(LinkIndex link) override { return rtnl_.link_del(link); }
    base::Result<std::string> link_name(LinkIndex link) override { return rtnl_.link_name(link); }
    base::Status address_add(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override {
        return rtnl_.address_add(link, local, peer);
    }
    base::Status address_del(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override {
        return rtnl_.address_del(link, local, peer);
    }
    base::Status address_add6(LinkIndex link, std::uint64_t interface_id) override {
        return rtnl_.address_add6(link, interface_id);
    }
    base::Status address_del6(LinkIndex link, std::uint64_t interface_id) override {
        return rtnl_.address_del6(link, interface_id);
    }
    base::Status route_add(const Route &route) override { return rtnl_.route_add(route); }
    base::Status route_del(const Route &route) override { return rtnl_.route_del(route); }
    base::Status route_replace(const Route &route) override { return rtnl_.route_replace(route); }
    base::Result<Route> route_to(base::Ipv4 destination, std::uint32_t fwmark) override {
        return rtnl_.route_to(destination, fwmark);
    }
    base::Result<Route> way_around(base::Ipv4 destination,
                                   const std::vector<LinkIndex> &without) override {
        return rtnl_.way_around(destination, without);
    }
    base::Result<std::vector<Route>> own_routes() override { return rtnl_.own_routes(); }

    base::Status subscribe() override { return listener_.join(group_); }
    base::Status watch_routes() override { return watch_route_changes(routes_); }
    std::vector<int> descriptors() const override {
        std::vector<int> all = family_.socket().descriptors();
        for (const int descriptor : listener_.descriptors())
            all.push_back(descriptor);
        for (const int descriptor : routes_.descriptors())
            all.push_back(descriptor);
        return all;
    }
    base::Result<std::vector<Event>> events() override {
        std::vector<Event> all;
        TRY(collect(family_.socket(), all));
        TRY(collect(listener_, all));
        if (TRY(routes_changed(routes_)))
            all.emplace_back(Notice{.type = "routes"});
        return all;
    }

private:
    base::Result<Link> attached(std::string_view name, SessionId id) {
        const Session session = TRY(family_.session(id));
        if (!session.device)
            return fail(ErrorCode::System, fmt::format("device {} vanished at once", name), ENODEV);
        return Link{*session.device, TRY(rtnl_.link_name(*session.device))};
    }

    base::Status collect(Socket &socket, std::vector<Event> &all) const {
        const Socket::Unasked unasked = TRY(socket.receive());
        for (const Datagram &datagram : unasked.datagrams) {
            for (const Received &received : datagram.messages) {
                if (received.type != family_.id())
                    continue;
                std::optional<Event> event = TRY(parse_event(received));
                if (event)
                    all.push_back(std::move(*event));
            }
        }
        // Behind what did arrive: it is older than the gap.
        if (unasked.overrun)
            all.emplace_back(Overrun{});
        return {};
    }

    Family family_;
    Socket listener_;
    std::uint32_t group_;
    Rtnl rtnl_;
    Socket routes_;
};

// The family, with the module loaded if need be.
base::Result<GenlFamily> find_family(Socket &socket) {
    auto found = resolve(socket, RTUN_GENL_NAME);
    if (found || found.error().code != ErrorCode::NotFound)
        return found;
    const std::optional<std::string> problem = load_module();
    if (!problem) {
        found = resolve(socket, RTUN_GENL_NAME);
        if (found || found.error().code != ErrorCode::NotFound)
            return found;
    }
    ModuleFacts facts = collect_module_facts();
    facts.modprobe = problem.value_or("");
    return fail(ErrorCode::Refused, module_hint(facts), ENOENT);
}

}  // namespace

base::Result<std::unique_ptr<Kernel>> open_kernel() {
    Socket requests = TRY(Socket::open(NETLINK_GENERIC, attribute_name));
    const GenlFamily family = TRY(find_family(requests));
    if (family.version != RTUN_GENL_VERSION)
        return fail(ErrorCode::Refused,
                    fmt::format("the loaded module speaks version {} of its interface, this "
                                "program {}: unload it and load the one that belongs to it",
                                family.version, RTUN_GENL_VERSION),
                    EPROTONOSUPPORT);
    const auto group = family.groups.find(RTUN_MCGRP_EVENTS);
    if (group == family.groups.end())
        return fail(ErrorCode::Refused, "the loaded module has no event group", EPROTONOSUPPORT);
    Socket listener = TRY(Socket::open(NETLINK_GENERIC));
    return std::make_unique<RealKernel>(Family(std::move(requests), family.id), std::move(listener),
                                        group->second, TRY(Rtnl::open()),
                                        TRY(Socket::open(NETLINK_ROUTE)));
}

}  // namespace rtun::netlink
