// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one file that knows libnl. Its objects are reference counted C structures: each has a
// unique_ptr here from the moment it is made.
//
// libnl's folder of headers is called as this room is. Ours are found first, also its own
// <netlink/socket.h>, of which we use nothing; rtnl.h must stay the first line here.
#include <netlink/rtnl.h>

#include <fmt/format.h>
#include <linux/rtun.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace rtun::netlink {

using base::ErrorCode;
using base::fail;

namespace {

// Destroys what a libnl function made.
template <auto Function>
struct With {
    template <typename T>
    void operator()(T *object) const {
        Function(object);
    }
};
using NlMessage = std::unique_ptr<nl_msg, With<nlmsg_free>>;
using NlAddress = std::unique_ptr<nl_addr, With<nl_addr_put>>;
using NlLink = std::unique_ptr<rtnl_link, With<rtnl_link_put>>;
using NlAddr = std::unique_ptr<rtnl_addr, With<rtnl_addr_put>>;
using NlRoute = std::unique_ptr<rtnl_route, With<rtnl_route_put>>;

int number(LinkIndex link) { return static_cast<int>(link); }

// A failure of libnl itself, which does not talk to the kernel here: out of memory or a bug.
tl::unexpected<base::Error> libnl_failed(int error) {
    return fail(ErrorCode::System, fmt::format("libnl: {}", nl_geterror(error)), EINVAL);
}

NlAddress address_of(base::Ipv4 address, int prefix_length) {
    base::Writer out;
    out.be32(address.value);
    NlAddress made(nl_addr_build(AF_INET, out.view().data(), out.view().size()));
    RTUN_ASSERT(made != nullptr);
    nl_addr_set_prefixlen(made.get(), prefix_length);
    return made;
}

base::Ipv4 ipv4_of(nl_addr *address) {
    if (address == nullptr || nl_addr_get_len(address) != 4)
        return {};
    const auto *bytes = static_cast<const std::uint8_t *>(nl_addr_get_binary_addr(address));
    return base::Ipv4{base::Reader(base::View(bytes, 4)).be32()};
}

// A message that libnl built, as one of ours. libnl would fill in port and sequence number when
// sending; Socket does.
Message finish(nl_msg *built, std::size_t header_size) {
    const nlmsghdr *header = nlmsg_hdr(built);
    const base::View whole(reinterpret_cast<const std::uint8_t *>(header), header->nlmsg_len);
    return {whole, header_size};
}

template <typename Header>
Message message_of(std::uint16_t type, std::uint16_t flags, const Header &header) {
    return {type, flags,
            base::View(reinterpret_cast<const std::uint8_t *>(&header), sizeof(header))};
}

Message link_message(std::uint16_t type, std::uint16_t flags, ifinfomsg header) {
    header.ifi_family = AF_UNSPEC;
    return message_of(type, flags, header);
}

// The kernel would refuse these as well, but in words about attribute lengths.
base::Status check_name(std::string_view name) {
    if (name.empty() || name.size() >= IFNAMSIZ || name.find_first_of("/: \t\n") != name.npos)
        return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not a name for a device", name),
                    EINVAL);
    return {};
}

void put_up(ifinfomsg &header, const LinkChange &change) {
    if (!change.up)
        return;
    header.ifi_change = IFF_UP;
    header.ifi_flags = *change.up ? IFF_UP : 0;
}

void put(Message &message, const LinkChange &change) {
    if (change.mtu)
        message.u32(IFLA_MTU, *change.mtu);
    if (change.mac)
        message.bytes(IFLA_ADDRESS, change.mac->octets);
    if (change.group)
        message.u32(IFLA_GROUP, *change.group);
    if (change.master)
        message.u32(IFLA_MASTER, static_cast<std::uint32_t>(number(*change.master)));
    if (change.port) {
        message.begin(IFLA_LINKINFO).text(IFLA_INFO_SLAVE_KIND, "bridge");
        message.begin(IFLA_INFO_SLAVE_DATA).u16(IFLA_BRPORT_PRIORITY, change.port->priority);
        message.u32(IFLA_BRPORT_COST, change.port->cost);
        message.u8(IFLA_BRPORT_LEARNING, change.port->learning ? 1 : 0);
        message.u8(IFLA_BRPORT_ISOLATED, change.port->isolated ? 1 : 0).end().end();
    }
}

}  // namespace

// libnl has no operations for our kind, so its link object cannot carry IFLA_INFO_DATA.
base::Result<Message> build_link_new(std::string_view name, SessionId session) {
    TRY(check_name(name));
    Message message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
    message.text(IFLA_IFNAME, name);
    message.begin(IFLA_LINKINFO).text(IFLA_INFO_KIND, RTUN_LINK_KIND).begin(IFLA_INFO_DATA);
    message.u32(IFLA_RTUN_SESSION, static_cast<std::uint32_t>(session));
    message.flag(IFLA_RTUN_DIE_WITH_SESSION).end().end();
    return message;
}

base::Result<Message> build_ethernet_new(std::string_view name, SessionId session,
                                         const LinkChange &initial) {
    TRY(check_name(name));
    ifinfomsg header{};
    put_up(header, initial);
    Message message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header);
    message.text(IFLA_IFNAME, name);
    put(message, initial);
    message.begin(IFLA_LINKINFO).text(IFLA_INFO_KIND, RTUN_LINK_KIND).begin(IFLA_INFO_DATA);
    message.u8(IFLA_RTUN_MODE, RTUN_MODE_ETH);
    message.u32(IFLA_RTUN_SESSION, static_cast<std::uint32_t>(session));
    message.flag(IFLA_RTUN_DIE_WITH_SESSION).end().end();
    return message;
}

Message build_link_set(LinkIndex link, const LinkChange &change) {
    ifinfomsg header{};
    header.ifi_index = number(link);
    put_up(header, change);
    Message message = link_message(RTM_NEWLINK, 0, header);
    put(message, change);
    return message;
}

base::Result<LinkStatus> parse_link(const Received &message) {
    ifinfomsg header{};
    const base::View bytes = message.header(sizeof(header));
    const Attributes from = message.attributes(sizeof(header));
    const auto name = from.text(IFLA_IFNAME);
    if (message.type != RTM_NEWLINK || bytes.size() < sizeof(header) || !name)
        return fail(ErrorCode::System, "malformed device from the kernel", EBADMSG);
    std::memcpy(&header, bytes.data(), sizeof(header));
    LinkStatus status{.index = LinkIndex{header.ifi_index},
                      .name = *name,
                      .up = (header.ifi_flags & IFF_UP) != 0,
                      .carrier = from.u8(IFLA_CARRIER).value_or(0) != 0,
                      .mtu = from.u32(IFLA_MTU).value_or(0),
                      .kind = from.nest(IFLA_LINKINFO).text(IFLA_INFO_KIND).value_or("")};
    if (const auto master = from.u32(IFLA_MASTER))
        status.master = LinkIndex{static_cast<int>(*master)};
    const base::View address = from.bytes(IFLA_ADDRESS).value_or(base::View{});
    base::Mac mac;
    if (header.ifi_type == ARPHRD_ETHER && address.size() == mac.octets.size()) {
        std::copy(address.begin(), address.end(), mac.octets.begin());
        status.mac = mac;
    }
    return status;
}

base::Result<Message> build_on_demand_new(std::string_view name) {
    TRY(check_name(name));
    Message message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
    message.text(IFLA_IFNAME, name);
    message.begin(IFLA_LINKINFO).text(IFLA_INFO_KIND, RTUN_LINK_KIND).begin(IFLA_INFO_DATA);
    message.flag(IFLA_RTUN_ON_DEMAND).end().end();
    return message;
}

std::optional<Kernel::OnDemand> parse_on_demand(const Received &message) {
    ifinfomsg header{};
    const base::View bytes = message.header(sizeof(header));
    const Attributes from = message.attributes(sizeof(header));
    const auto name = from.text(IFLA_IFNAME);
    const Attributes info = from.nest(IFLA_LINKINFO);
    if (message.type != RTM_NEWLINK || bytes.size() < sizeof(header) || !name ||
        info.text(IFLA_INFO_KIND).value_or("") != RTUN_LINK_KIND)
        return std::nullopt;
    const Attributes data = info.nest(IFLA_INFO_DATA);
    if (!data.has(IFLA_RTUN_ON_DEMAND))
        return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof(header));
    Kernel::OnDemand found{.link = {LinkIndex{header.ifi_index}, *name}, .session = {}};
    if (const auto session = data.u32(IFLA_RTUN_SESSION))
        found.session = SessionId{*session};
    return found;
}

namespace {

// The IPv4 address of a device, with its peer if it has one, as a request.
base::Result<Message> build_address(LinkIndex link, base::Ipv4 local, base::Ipv4 peer,
                                    AddressVerb verb) {
    const NlAddr address(rtnl_addr_alloc());
    RTUN_ASSERT(address != nullptr);
    rtnl_addr_set_ifindex(address.get(), number(link));
    int error = rtnl_addr_set_local(address.get(), address_of(local, 32).get());
    if (error == 0 && !peer.unspecified())
        error = rtnl_addr_set_peer(address.get(), address_of(peer, 32).get());
    if (error == 0)
        rtnl_addr_set_prefixlen(address.get(), 32);
    nl_msg *raw = nullptr;
    if (error == 0)
        error = verb == AddressVerb::Add
                    ? rtnl_addr_build_add_request(address.get(), NLM_F_EXCL, &raw)
                    : rtnl_addr_build_delete_request(address.get(), 0, &raw);
    const NlMessage built(raw);
    if (error != 0)
        return libnl_failed(error);
    return finish(built.get(), sizeof(ifaddrmsg));
}

}  // namespace

base::Result<Message> build_address_new(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) {
    return build_address(link, local, peer, AddressVerb::Add);
}

base::Result<Message> build_address_del(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) {
    return build_address(link, local, peer, AddressVerb::Delete);
}

// As RFC 5072 section 5 makes it: fe80::/64 and the interface identifier.
Message build_address6(LinkIndex link, std::uint64_t interface_id, AddressVerb verb) {
    ifaddrmsg header{};
    header.ifa_family = AF_INET6;
    header.ifa_prefixlen = 64;
    header.ifa_flags = IFA_F_NODAD;  // both ends have agreed on who has which
    header.ifa_scope = RT_SCOPE_LINK;
    header.ifa_index = static_cast<unsigned>(number(link));
    base::Writer octets;
    octets.be32(0xfe800000U).be32(0);
    octets.be32(static_cast<std::uint32_t>(interface_id >> 32));
    octets.be32(static_cast<std::uint32_t>(interface_id));
    const bool add = verb == AddressVerb::Add;
    const std::uint16_t flags = add ? NLM_F_CREATE | NLM_F_EXCL : 0;
    Message message = message_of(add ? RTM_NEWADDR : RTM_DELADDR, flags, header);
    message.bytes(IFA_LOCAL, octets.view());
    return message;
}

base::Result<Message> build_route(const Route &route, RouteVerb verb) {
    const NlRoute object(rtnl_route_alloc());
    rtnl_nexthop *hop = rtnl_route_nh_alloc();
    RTUN_ASSERT(object != nullptr && hop != nullptr);
    rtnl_route *r = object.get();
    rtnl_route_add_nexthop(r, hop);  // the route's from here on
    rtnl_route_nh_set_ifindex(hop, number(route.oif));
    if (!route.gateway.unspecified())
        rtnl_route_nh_set_gateway(hop, address_of(route.gateway, 32).get());
    if (route.onlink)
        rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);

    rtnl_route_set_family(r, AF_INET);
    rtnl_route_set_table(r, RT_TABLE_MAIN);
    rtnl_route_set_protocol(r, RouteProtocol);
    rtnl_route_set_type(r, RTN_UNICAST);
    rtnl_route_set_scope(r, route.gateway.unspecified() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
    rtnl_route_set_priority(r, route.metric);
    int error = rtnl_route_set_dst(r, address_of(route.destination, route.prefix_length).get());
    if (error == 0 && !route.source.unspecified())
        error = rtnl_route_set_pref_src(r, address_of(route.source, 32).get());
    // A default route stands before another of the same metric (as with `ip route prepend`), so
    // that it can win against one of metric 0, and everything is as before when its device goes.
    const int exclusive = route.prefix_length == 0 ? 0 : NLM_F_EXCL;
    const int how = NLM_F_CREATE | (verb == RouteVerb::Replace ? NLM_F_REPLACE : exclusive);
    nl_msg *raw = nullptr;
    if (error == 0)
        error = verb == RouteVerb::Delete ? rtnl_route_build_del_request(r, 0, &raw)
                                          : rtnl_route_build_add_request(r, how, &raw);
    const NlMessage built(raw);
    if (error != 0)
        return libnl_failed(error);
    return finish(built.get(), sizeof(rtmsg));
}

// A question and not a route, which libnl's route object cannot ask with a mark.
Message build_route_get(base::Ipv4 destination, std::uint32_t fwmark) {
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = 32;
    Message message = message_of(RTM_GETROUTE, 0, header);
    message.be32(RTA_DST, destination);
    if (fwmark != 0)
        message.u32(RTA_MARK, fwmark);
    return message;
}

namespace {

// libnl (3.7) goes from one next hop to the next by their own lengths, and does not look whether
// there is one: a next hop of no length is met for ever, in ever more memory.
bool next_hops_whole(base::View rest) {
    while (rest.size() >= sizeof(rtnexthop)) {
        rtnexthop hop{};
        std::memcpy(&hop, rest.data(), sizeof(hop));
        if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > rest.size())
            return false;
        rest = rest.subspan(std::min<std::size_t>(RTNH_ALIGN(hop.rtnh_len), rest.size()));
    }
    return rest.empty();
}

}  // namespace

base::Result<ParsedRoute> parse_route(const Datagram &datagram, std::size_t which) {
    const Attributes attributes = datagram.messages[which].attributes(sizeof(rtmsg));
    for (const auto &[type, value] : attributes.all())
        if (type == RTA_MULTIPATH && !next_hops_whole(value))
            return fail(ErrorCode::System, "malformed route from the kernel", EBADMSG);
    // libnl wants the header, which stands before the payload, and does not write to it.
    const std::uint8_t *payload = datagram.messages[which].payload.data();
    const auto *header = reinterpret_cast<const nlmsghdr *>(payload - NLMSG_HDRLEN);
    rtnl_route *raw = nullptr;
    const int error = rtnl_route_parse(const_cast<nlmsghdr *>(header), &raw);
    const NlRoute object(raw);
    if (error != 0)
        return libnl_failed(error);

    ParsedRoute parsed;
    parsed.protocol = rtnl_route_get_protocol(raw);
    parsed.table = rtnl_route_get_table(raw);
    Route &route = parsed.route;
    nl_addr *destination = rtnl_route_get_dst(raw);
    route.destination = ipv4_of(destination);
    route.prefix_length = destination == nullptr
                              ? std::uint8_t{0}
                              : static_cast<std::uint8_t>(nl_addr_get_prefixlen(destination));
    route.source = ipv4_of(rtnl_route_get_pref_src(raw));
    route.metric = rtnl_route_get_priority(raw);
    if (rtnl_route_get_nnexthops(raw) > 0) {
        rtnl_nexthop *hop = rtnl_route_nexthop_n(raw, 0);
        route.gateway = ipv4_of(rtnl_route_nh_get_gateway(hop));
        route.oif = LinkIndex{rtnl_route_nh_get_ifindex(hop)};
        const unsigned flags = rtnl_route_nh_get_flags(hop);
        route.onlink = (flags & RTNH_F_ONLINK) != 0;
        parsed.usable = rtnl_route_get_type(raw) == RTN_UNICAST && rtnl_route_get_tos(raw) == 0 &&
                        (flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) == 0;
    }
    return parsed;
}

base::Result<Rtnl> Rtnl::open() { return Rtnl(TRY(Socket::open(NETLINK_ROUTE))); }

base::Status Rtnl::link_add(std::string_view name, SessionId session) {
    TRY(socket_.request(TRY(build_link_new(name, session)), fmt::format("new device {}", name)));
    return {};
}

base::Status Rtnl::link_up(LinkIndex link, std::uint32_t mtu) {
    const NlLink original(rtnl_link_alloc()), changes(rtnl_link_alloc());
    RTUN_ASSERT(original != nullptr && changes != nullptr);
    rtnl_link_set_ifindex(original.get(), number(link));
    rtnl_link_set_mtu(changes.get(), mtu);
    rtnl_link_set_flags(changes.get(), IFF_UP);
    nl_msg *raw = nullptr;
    const int error = rtnl_link_build_change_request(original.get(), changes.get(), 0, &raw);
    const NlMessage built(raw);
    if (error != 0)
        return libnl_failed(error);
    TRY(socket_.request(finish(built.get(), sizeof(ifinfomsg)),
                        fmt::format("device {} up with mtu {}", number(link), mtu)));
    return {};
}

base::Status Rtnl::link_add_ethernet(std::string_view name, SessionId session,
                                     const LinkChange &initial) {
    TRY(socket_.request(TRY(build_ethernet_new(name, session, initial)),
                        fmt::format("new device {}", name)));
    return {};
}

base::Status Rtnl::link_add_on_demand(std::string_view name) {
    TRY(socket_.request(TRY(build_on_demand_new(name)), fmt::format("new device {}", name)));
    return {};
}

base::Result<std::vector<Kernel::OnDemand>> Rtnl::links_on_demand() {
    Message question = link_message(RTM_GETLINK, 0, ifinfomsg{});
    question.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    question.begin(IFLA_LINKINFO).text(IFLA_INFO_KIND, RTUN_LINK_KIND).end();
    std::vector<Kernel::OnDemand> found;
    const std::vector<Datagram> answer = TRY(socket_.dump(std::move(question), "list of devices"));
    for (const Datagram &datagram : answer)
        for (const Received &received : datagram.messages)
            if (auto link = parse_on_demand(received))
                found.push_back(std::move(*link));
    return found;
}

base::Status Rtnl::link_set(LinkIndex link, const LinkChange &change) {
    TRY(socket_.request(build_link_set(link, change), fmt::format("device {}", number(link))));
    return {};
}

base::Status Rtnl::link_del(LinkIndex link) {
    ifinfomsg header{};
    header.ifi_index = number(link);
    TRY(socket_.request(link_message(RTM_DELLINK, 0, header),
                        fmt::format("device {}", number(link))));
    return {};
}

base::Result<LinkStatus> Rtnl::ask_link(Message question, const std::string &what) {
    question.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    const auto answer = TRY(socket_.request(std::move(question), what));
    for (const Datagram &datagram : answer)
        for (const Received &received : datagram.messages)
            if (received.type == RTM_NEWLINK)
                return parse_link(received);
    return fail(ErrorCode::System, what + ": empty answer from the kernel", EBADMSG);
}

base::Result<LinkStatus> Rtnl::link_status(LinkIndex link) {
    ifinfomsg header{};
    header.ifi_index = number(link);
    return ask_link(link_message(RTM_GETLINK, 0, header), fmt::format("device {}", number(link)));
}

base::Result<std::string> Rtnl::link_name(LinkIndex link) { return TRY(link_status(link)).name; }

base::Result<LinkIndex> Rtnl::link_index(std::string_view name) {
    TRY(check_name(name));
    Message question = link_message(RTM_GETLINK, 0, ifinfomsg{});
    question.text(IFLA_IFNAME, name);
    auto found = ask_link(std::move(question), fmt::format("device {}", name));
    if (!found && found.error().errnum == ENODEV)
        found.error().code = ErrorCode::NotFound;
    return TRY(std::move(found)).index;
}

base::Status Rtnl::address_add(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) {
    TRY(socket_.request(TRY(build_address_new(link, local, peer)),
                        fmt::format("address {} on device {}", local.text(), number(link))));
    return {};
}

base::Status Rtnl::address_del(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) {
    TRY(socket_.request(TRY(build_address_del(link, local, peer)),
                        fmt::format("address {} on device {}", local.text(), number(link))));
    return {};
}

base::Status Rtnl::address_add6(LinkIndex link, std::uint64_t interface_id) {
    TRY(socket_.request(build_address6(link, interface_id, AddressVerb::Add),
                        fmt::format("link-local address on device {}", number(link))));
    return {};
}

base::Status Rtnl::address_del6(LinkIndex link, std::uint64_t interface_id) {
    TRY(socket_.request(build_address6(link, interface_id, AddressVerb::Delete),
                        fmt::format("link-local address on device {}", number(link))));
    return {};
}

base::Status Rtnl::route_add(const Route &route) {
    TRY(socket_.request(
        TRY(build_route(route, RouteVerb::Add)),
        fmt::format("route to {}/{}", route.destination.text(), route.prefix_length)));
    return {};
}

base::Status Rtnl::route_replace(const Route &route) {
    TRY(socket_.request(
        TRY(build_route(route, RouteVerb::Replace)),
        fmt::format("route to {}/{}", route.destination.text(), route.prefix_length)));
    return {};
}

base::Status Rtnl::route_del(const Route &route) {
    TRY(socket_.request(
        TRY(build_route(route, RouteVerb::Delete)),
        fmt::format("route to {}/{}", route.destination.text(), route.prefix_length)));
    return {};
}

base::Result<Route> Rtnl::route_to(base::Ipv4 destination, std::uint32_t fwmark) {
    const std::string what = fmt::format("route to {}", destination.text());
    const auto answer = TRY(socket_.request(build_route_get(destination, fwmark), what));
    for (const Datagram &datagram : answer)
        for (std::size_t i = 0; i < datagram.messages.size(); i++)
            if (datagram.messages[i].type == RTM_NEWROUTE)
                return TRY(parse_route(datagram, i)).route;
    return fail(ErrorCode::System, what + ": empty answer from the kernel", EBADMSG);
}

// protocol 0: of all.
base::Result<std::vector<ParsedRoute>> Rtnl::main_table(std::uint8_t protocol) {
    // With NETLINK_GET_STRICT_CHK the kernel filters by these; without it we still do, below.
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = protocol;
    std::vector<ParsedRoute> routes;
    auto answer = socket_.dump(message_of(RTM_GETROUTE, 0, header), "list of routes");
    // A namespace that never had a route has no main table yet.
    if (!answer && answer.error().code == ErrorCode::NotFound)
        return routes;
    const std::vector<Datagram> datagrams = TRY(std::move(answer));
    for (const Datagram &datagram : datagrams) {
        for (std::size_t i = 0; i < datagram.messages.size(); i++) {
            if (datagram.messages[i].type != RTM_NEWROUTE)
                continue;
            const ParsedRoute parsed = TRY(parse_route(datagram, i));
            if ((protocol == 0 || parsed.protocol == protocol) && parsed.table == RT_TABLE_MAIN)
                routes.push_back(parsed);
        }
    }
    return routes;
}

base::Result<std::vector<Route>> Rtnl::own_routes() {
    std::vector<Route> routes;
    for (const ParsedRoute &parsed : TRY(main_table(RouteProtocol)))
        routes.push_back(parsed.route);
    return routes;
}

base::Result<Route> Rtnl::way_around(base::Ipv4 destination,
                                     const std::vector<LinkIndex> &without) {
    const auto way = best_way(TRY(main_table(0)), destination, without);
    if (!way)
        return fail(ErrorCode::Unreachable, fmt::format("no route to {}", destination.text()),
                    ENETUNREACH);
    return *way;
}

// The longest prefix; of these the smallest metric; of these the first, as the kernel has them.
std::optional<Route> best_way(const std::vector<ParsedRoute> &table, base::Ipv4 destination,
                              const std::vector<LinkIndex> &without) {
    const ParsedRoute *best = nullptr;
    for (const ParsedRoute &parsed : table) {
        const Route &route = parsed.route;
        const std::uint32_t mask =
            route.prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32 - route.prefix_length);
        const bool leads = (destination.value & mask) == route.destination.value;
        if (!leads || !parsed.usable || parsed.protocol == RouteProtocol ||
            std::find(without.begin(), without.end(), route.oif) != without.end())
            continue;
        if (best == nullptr || route.prefix_length > best->route.prefix_length ||
            (route.prefix_length == best->route.prefix_length && route.metric < best->route.metric))
            best = &parsed;
    }
    if (best == nullptr)
        return std::nullopt;
    return best->route;
}

base::Status watch_route_changes(Socket &socket) {
    TRY(socket.join(RTNLGRP_IPV4_ROUTE));
    // Routes that go with their device or address are not told of.
    TRY(socket.join(RTNLGRP_LINK));
    TRY(socket.join(RTNLGRP_IPV4_IFADDR));
    return {};
}

base::Result<bool> routes_changed(Socket &socket) {
    const Socket::Unasked unasked = TRY(socket.receive());
    bool changed = unasked.overrun;
    for (const Datagram &datagram : unasked.datagrams) {
        for (const Received &received : datagram.messages) {
            rtmsg header{};
            const base::View bytes = received.header(sizeof(header));
            if (received.type == RTM_NEWROUTE && bytes.size() == sizeof(header)) {
                std::memcpy(&header, bytes.data(), sizeof(header));
                changed = changed || header.rtm_protocol != RouteProtocol;
            } else {
                changed = true;
            }
        }
    }
    return changed;
}

}  // namespace rtun::netlink
