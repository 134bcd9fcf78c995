// SPDX-License-Identifier: GPL-2.0-or-later
//
// What libnl and we ask of rtnetlink(7), attribute by attribute; and questions to the kernel that
// any user may ask.
#include <netlink/rtnl.h>
#include <tests/netlink/received.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/rtun.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace rtun::netlink {
namespace {

constexpr base::Ipv4 Local{0x0a000002}, Peer{0x0a000001};

template <typename Header>
Header header_of(const Datagram &datagram) {
    Header header{};
    const base::View bytes = datagram.messages[0].header(sizeof(header));
    EXPECT_EQ(bytes.size(), sizeof(header));
    std::memcpy(&header, bytes.data(), bytes.size());
    return header;
}

TEST(Link, is_of_our_kind_attached_and_dies_with_its_session) {
    const auto message = build_link_new("ppp%d", SessionId{5});
    ASSERT_TRUE(message.has_value());
    const Datagram datagram = received(*message);
    EXPECT_EQ(datagram.messages[0].type, RTM_NEWLINK);
    EXPECT_EQ(datagram.messages[0].flags, NLM_F_CREATE | NLM_F_EXCL);
    const Attributes link = datagram.messages[0].attributes(sizeof(ifinfomsg));
    EXPECT_EQ(link.text(IFLA_IFNAME), "ppp%d");
    const Attributes info = link.nest(IFLA_LINKINFO);
    EXPECT_EQ(info.text(IFLA_INFO_KIND), "rtun");
    EXPECT_EQ(info.nest(IFLA_INFO_DATA).u32(IFLA_RTUN_SESSION), 5u);
    EXPECT_TRUE(info.nest(IFLA_INFO_DATA).has(IFLA_RTUN_DIE_WITH_SESSION));
}

TEST(Link, of_a_pseudowire_is_ethernet_with_address_and_mtu) {
    const base::Mac mac = *base::Mac::parse("02:00:5e:10:00:01");
    const auto message =
        build_ethernet_new("pw0", SessionId{5}, {.up = true, .mtu = 1438, .mac = mac});
    ASSERT_TRUE(message.has_value());
    const Datagram datagram = received(*message);
    const auto header = header_of<ifinfomsg>(datagram);
    EXPECT_EQ(header.ifi_flags, unsigned{IFF_UP});
    EXPECT_EQ(header.ifi_change, unsigned{IFF_UP});
    const Attributes link = datagram.messages[0].attributes(sizeof(ifinfomsg));
    EXPECT_EQ(link.u32(IFLA_MTU), 1438u);
    ASSERT_TRUE(link.has(IFLA_ADDRESS));
    EXPECT_EQ(base::to_hex(*link.bytes(IFLA_ADDRESS)), "02005e100001");
    const Attributes data = link.nest(IFLA_LINKINFO).nest(IFLA_INFO_DATA);
    EXPECT_EQ(data.u8(IFLA_RTUN_MODE), RTUN_MODE_ETH);
    EXPECT_EQ(data.u32(IFLA_RTUN_SESSION), 5u);
    EXPECT_TRUE(data.has(IFLA_RTUN_DIE_WITH_SESSION));
    EXPECT_FALSE(build_ethernet_new("a/b", SessionId{5}, {}).has_value());
}

TEST(Link, of_a_pseudowire_without_wishes_leaves_them_to_the_kernel) {
    const Datagram datagram = received(*build_ethernet_new("pw0", SessionId{5}, {}));
    EXPECT_EQ(header_of<ifinfomsg>(datagram).ifi_change, 0u);
    const Attributes link = datagram.messages[0].attributes(sizeof(ifinfomsg));
    EXPECT_FALSE(link.has(IFLA_MTU) || link.has(IFLA_ADDRESS));
}

TEST(Link, is_changed_in_what_is_named_only) {
    const Datagram down = received(build_link_set(LinkIndex{7}, {.up = false}));
    EXPECT_EQ(header_of<ifinfomsg>(down).ifi_index, 7);
    EXPECT_EQ(header_of<ifinfomsg>(down).ifi_flags, 0u);
    EXPECT_EQ(header_of<ifinfomsg>(down).ifi_change, unsigned{IFF_UP});
    EXPECT_FALSE(down.messages[0].attributes(sizeof(ifinfomsg)).has(IFLA_MTU));
    const Datagram mtu = received(build_link_set(LinkIndex{7}, {.mtu = 1400}));
    EXPECT_EQ(header_of<ifinfomsg>(mtu).ifi_change, 0u);
    EXPECT_EQ(mtu.messages[0].attributes(sizeof(ifinfomsg)).u32(IFLA_MTU), 1400u);
    const Datagram group = received(build_link_set(LinkIndex{7}, {.group = 0}));
    EXPECT_EQ(group.messages[0].attributes(sizeof(ifinfomsg)).u32(IFLA_GROUP), 0u);
    EXPECT_FALSE(mtu.messages[0].attributes(sizeof(ifinfomsg)).has(IFLA_GROUP));
}

TEST(Link, becomes_the_port_of_a_bridge_and_gets_its_settings) {
    const Datagram joins = received(build_link_set(LinkIndex{7}, {.master = LinkIndex{3}}));
    const Attributes joining = joins.messages[0].attributes(sizeof(ifinfomsg));
    EXPECT_EQ(joining.u32(IFLA_MASTER), 3u);
    EXPECT_FALSE(joining.has(IFLA_LINKINFO));
    const Datagram set = received(build_link_set(
        LinkIndex{7},
        {.port = BridgePort{.isolated = true, .learning = false, .cost = 5, .priority = 63}}));
    const Attributes info = set.messages[0].attributes(sizeof(ifinfomsg)).nest(IFLA_LINKINFO);
    EXPECT_EQ(info.text(IFLA_INFO_SLAVE_KIND), "bridge");
    const Attributes port = info.nest(IFLA_INFO_SLAVE_DATA);
    EXPECT_EQ(port.u8(IFLA_BRPORT_ISOLATED), 1);
    EXPECT_EQ(port.u8(IFLA_BRPORT_LEARNING), 0);
    EXPECT_EQ(port.u32(IFLA_BRPORT_COST), 5u);
    EXPECT_EQ(port.u16(IFLA_BRPORT_PRIORITY), 63);
}

TEST(Link, loopback_is_there_and_up_or_not) {
    Rtnl rtnl = Rtnl::open().value();
    const LinkIndex index = rtnl.link_index("lo").value();
    const auto status = rtnl.link_status(index);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->name, "lo");
    EXPECT_EQ(status->index, index);
    EXPECT_GT(status->mtu, 0u);
    EXPECT_FALSE(status->mac);  // it is no Ethernet
    EXPECT_EQ(rtnl.link_index("no-such-device").error().code, base::ErrorCode::NotFound);
    EXPECT_FALSE(rtnl.link_index("").has_value());
}

TEST(Link, names_that_no_device_can_have_are_refused) {
    for (const char *name : {"", "a-name-of-16-char", "a/b", "a b", "a:b"})
        EXPECT_FALSE(build_link_new(name, SessionId{5}).has_value()) << name;
    EXPECT_TRUE(build_link_new("fifteen-letters", SessionId{5}).has_value());
}

TEST(Address, with_a_peer_is_ours_alone_and_the_peers_alone) {
    const auto message = build_address_new(LinkIndex{7}, Local, Peer);
    ASSERT_TRUE(message.has_value());
    const Datagram datagram = received(*message);
    EXPECT_EQ(datagram.messages[0].type, RTM_NEWADDR);
    EXPECT_NE(datagram.messages[0].flags & NLM_F_CREATE, 0);
    EXPECT_NE(datagram.messages[0].flags & NLM_F_EXCL, 0);
    const auto header = header_of<ifaddrmsg>(datagram);
    EXPECT_EQ(header.ifa_family, AF_INET);
    EXPECT_EQ(header.ifa_prefixlen, 32);
    EXPECT_EQ(header.ifa_index, 7u);
    const Attributes address = datagram.messages[0].attributes(sizeof(ifaddrmsg));
    EXPECT_EQ(address.ipv4(IFA_LOCAL), Local);
    EXPECT_EQ(address.ipv4(IFA_ADDRESS), Peer);
}

TEST(Address, without_a_peer_is_only_ours) {
    const auto message = build_address_new(LinkIndex{7}, Local, {});
    ASSERT_TRUE(message.has_value());
    const Datagram datagram = received(*message);
    const Attributes address = datagram.messages[0].attributes(sizeof(ifaddrmsg));
    EXPECT_EQ(address.ipv4(IFA_LOCAL), Local);
    EXPECT_EQ(address.ipv4(IFA_ADDRESS).value_or(Local), Local);
    EXPECT_EQ(header_of<ifaddrmsg>(datagram).ifa_prefixlen, 32);
}

Route sample() {
    return {.destination = base::Ipv4{0xc0a80000},
            .prefix_length = 16,
            .gateway = Peer,
            .oif = LinkIndex{7},
            .source = Local,
            .metric = 50};
}

TEST(Route, carries_our_protocol_number_and_everything_it_was_given) {
    const auto message = build_route(sample(), RouteVerb::Add);
    ASSERT_TRUE(message.has_value());
    const Datagram datagram = received(*message);
    EXPECT_EQ(datagram.messages[0].type, RTM_NEWROUTE);
    EXPECT_EQ(datagram.messages[0].flags & (NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE),
              NLM_F_CREATE | NLM_F_EXCL);
    const auto header = header_of<rtmsg>(datagram);
    EXPECT_EQ(header.rtm_protocol, RouteProtocol);
    EXPECT_EQ(header.rtm_dst_len, 16);
    EXPECT_EQ(header.rtm_table, RT_TABLE_MAIN);
    EXPECT_EQ(header.rtm_scope, RT_SCOPE_UNIVERSE);
    EXPECT_EQ(header.rtm_type, RTN_UNICAST);
    const Attributes route = datagram.messages[0].attributes(sizeof(rtmsg));
    EXPECT_EQ(route.ipv4(RTA_DST)->text(), "192.168.0.0");
    EXPECT_EQ(route.ipv4(RTA_GATEWAY), Peer);
    EXPECT_EQ(route.u32(RTA_OIF), 7u);
    EXPECT_EQ(route.ipv4(RTA_PREFSRC), Local);
    EXPECT_EQ(route.u32(RTA_PRIORITY), 50u);
}

TEST(Route, read_back_is_the_route_that_was_written) {
    Route on_link = sample();
    on_link.gateway = on_link.source = {};
    on_link.metric = 0;
    Route everything = sample();
    everything.destination = {};
    everything.prefix_length = 0;
    for (const Route &route : {sample(), on_link, everything}) {
        const auto message = build_route(route, RouteVerb::Add);
        ASSERT_TRUE(message.has_value());
        const Datagram datagram = received(*message);
        const auto parsed = parse_route(datagram, 0);
        ASSERT_TRUE(parsed.has_value()) << parsed.error().text;
        EXPECT_EQ(parsed->route, route);
        EXPECT_EQ(parsed->protocol, RouteProtocol);
        EXPECT_EQ(parsed->table, std::uint32_t{RT_TABLE_MAIN});
    }
}

TEST(Route, over_several_next_hops_is_read_and_one_of_no_length_is_refused) {
    const auto read = [](std::uint16_t length) {
        rtmsg header{};
        header.rtm_family = AF_INET;
        Message message(RTM_NEWROUTE, 0, bytes_of(header));
        std::array<rtnexthop, 2> hops{};
        hops[0].rtnh_len = sizeof(rtnexthop);
        hops[0].rtnh_ifindex = 3;
        hops[1].rtnh_len = length;
        hops[1].rtnh_ifindex = 4;
        message.bytes(RTA_MULTIPATH, bytes_of(hops));
        return parse_route(received(message), 0);
    };
    const auto whole = read(sizeof(rtnexthop));
    ASSERT_TRUE(whole.has_value()) << whole.error().text;
    EXPECT_EQ(whole->route.oif, LinkIndex{3});
    for (const std::uint16_t length : std::array<std::uint16_t, 5>{0, 1, 7, 9, 0xffff})
        EXPECT_FALSE(read(length).has_value()) << length;
}

TEST(Route, to_everywhere_goes_before_another_of_the_same_metric) {
    Route route = sample();
    route.destination = {};
    route.prefix_length = 0;
    route.gateway = {};
    route.metric = 0;
    const Datagram datagram = received(build_route(route, RouteVerb::Add).value());
    constexpr int How = NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE | NLM_F_APPEND;
    EXPECT_EQ(datagram.messages[0].flags & How, NLM_F_CREATE);
    EXPECT_EQ(datagram.messages[0].attributes(sizeof(rtmsg)).u32(RTA_PRIORITY).value_or(0), 0u);
}

TEST(Route, on_link_has_the_scope_of_the_link) {
    Route route = sample();
    route.gateway = {};
    const Datagram datagram = received(build_route(route, RouteVerb::Add).value());
    EXPECT_EQ(header_of<rtmsg>(datagram).rtm_scope, RT_SCOPE_LINK);
    EXPECT_FALSE(datagram.messages[0].attributes(sizeof(rtmsg)).has(RTA_GATEWAY));
}

TEST(Route, to_delete_names_the_same_route) {
    const Datagram datagram = received(build_route(sample(), RouteVerb::Delete).value());
    EXPECT_EQ(datagram.messages[0].type, RTM_DELROUTE);
    EXPECT_EQ(header_of<rtmsg>(datagram).rtm_protocol, RouteProtocol);
    EXPECT_EQ(datagram.messages[0].attributes(sizeof(rtmsg)).u32(RTA_PRIORITY), 50u);
}

TEST(Route, question_carries_the_mark_only_if_there_is_one) {
    const Datagram marked = received(build_route_get(Peer, 9));
    const Datagram plain = received(build_route_get(Peer, 0));
    EXPECT_EQ(marked.messages[0].attributes(sizeof(rtmsg)).u32(RTA_MARK), 9u);
    EXPECT_FALSE(plain.messages[0].attributes(sizeof(rtmsg)).has(RTA_MARK));
    EXPECT_EQ(header_of<rtmsg>(plain).rtm_dst_len, 32);
}

TEST(Route, by_a_gateway_that_no_route_leads_to_says_so) {
    Route route = sample();
    route.onlink = true;
    const Datagram datagram = received(build_route(route, RouteVerb::Add).value());
    EXPECT_NE(header_of<rtmsg>(datagram).rtm_flags & RTNH_F_ONLINK, 0U);
    EXPECT_EQ(parse_route(datagram, 0)->route, route);
}

TEST(Route, to_replace_is_not_exclusive) {
    const Datagram datagram = received(build_route(sample(), RouteVerb::Replace).value());
    EXPECT_EQ(datagram.messages[0].flags & (NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE),
              NLM_F_CREATE | NLM_F_REPLACE);
}

ParsedRoute row(const char *destination, int length, std::uint32_t metric, int device,
                std::uint8_t protocol = RTPROT_BOOT) {
    ParsedRoute parsed;
    parsed.route.destination = *base::Ipv4::parse(destination);
    parsed.route.prefix_length = static_cast<std::uint8_t>(length);
    parsed.route.metric = metric;
    parsed.route.oif = LinkIndex{device};
    parsed.protocol = protocol;
    parsed.usable = true;
    return parsed;
}

TEST(BestWay, is_the_longest_prefix_then_the_smallest_metric_then_the_first) {
    const base::Ipv4 server = *base::Ipv4::parse("198.51.100.7");
    std::vector<ParsedRoute> table{row("0.0.0.0", 0, 100, 2), row("0.0.0.0", 0, 50, 3),
                                   row("0.0.0.0", 0, 50, 4), row("10.0.0.0", 8, 0, 5)};
    const auto by = [&](const std::vector<LinkIndex> &without = {}) {
        const auto way = best_way(table, server, without);
        return way ? static_cast<int>(way->oif) : 0;
    };
    EXPECT_EQ(by(), 3);
    table.push_back(row("198.51.100.0", 24, 900, 6));
    EXPECT_EQ(by(), 6);
    table.push_back(row("198.51.100.7", 32, 900, 7));
    EXPECT_EQ(by(), 7);
    EXPECT_EQ(by({LinkIndex{7}, LinkIndex{6}}), 3);
}

TEST(BestWay, is_neither_ours_nor_one_that_leads_nowhere) {
    const base::Ipv4 server = *base::Ipv4::parse("198.51.100.7");
    std::vector<ParsedRoute> table{row("198.51.100.7", 32, 0, 2, RouteProtocol),
                                   row("0.0.0.0", 0, 0, 3)};
    EXPECT_EQ(best_way(table, server, {})->oif, LinkIndex{3});
    table[1].usable = false;
    EXPECT_FALSE(best_way(table, server, {}));
}

TEST(OnDemand, device_is_of_our_kind_and_waits_without_a_session) {
    const Datagram datagram = received(build_on_demand_new("office").value());
    const Attributes info = datagram.messages[0].attributes(sizeof(ifinfomsg)).nest(IFLA_LINKINFO);
    EXPECT_EQ(info.text(IFLA_INFO_KIND), "rtun");
    EXPECT_TRUE(info.nest(IFLA_INFO_DATA).has(IFLA_RTUN_ON_DEMAND));
    EXPECT_FALSE(info.nest(IFLA_INFO_DATA).has(IFLA_RTUN_SESSION));
    const auto parsed = parse_on_demand(datagram.messages[0]);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->link.name, "office");
    EXPECT_FALSE(parsed->session);
    EXPECT_FALSE(parse_on_demand(received(build_link_new("x", SessionId{5}).value()).messages[0]));
    EXPECT_FALSE(build_on_demand_new("a name that is too long"));
}

TEST(Address6, is_link_local_with_our_identifier) {
    const Datagram datagram =
        received(build_address6(LinkIndex{9}, 0x0123456789abcdefU, AddressVerb::Add));
    EXPECT_EQ(datagram.messages[0].type, RTM_NEWADDR);
    const auto header = header_of<ifaddrmsg>(datagram);
    EXPECT_EQ(header.ifa_family, AF_INET6);
    EXPECT_EQ(header.ifa_prefixlen, 64);
    EXPECT_EQ(header.ifa_index, 9U);
    EXPECT_EQ(datagram.messages[0].attributes(sizeof(ifaddrmsg)).ipv6(IFA_LOCAL)->text(),
              "fe80::123:4567:89ab:cdef");
    EXPECT_EQ(received(build_address6(LinkIndex{9}, 1, AddressVerb::Delete)).messages[0].type,
              RTM_DELADDR);
}

TEST(Rtnl, the_loopback_address_is_reached_over_the_loopback_device) {
    auto rtnl = Rtnl::open();
    ASSERT_TRUE(rtnl.has_value());
    const auto route = rtnl->route_to(base::Ipv4{0x7f000001}, 0);
    ASSERT_TRUE(route.has_value()) << route.error().text;
    const auto name = rtnl->link_name(route->oif);
    ASSERT_TRUE(name.has_value()) << name.error().text;
    EXPECT_EQ(*name, "lo");
}

TEST(Rtnl, there_is_no_device_with_an_impossible_number) {
    auto rtnl = Rtnl::open();
    ASSERT_TRUE(rtnl.has_value());
    const auto name = rtnl->link_name(LinkIndex{0x7ffffff0});
    ASSERT_FALSE(name.has_value());
    EXPECT_EQ(name.error().code, base::ErrorCode::NotFound);
}

TEST(Rtnl, lists_its_own_routes) {
    auto rtnl = Rtnl::open();
    ASSERT_TRUE(rtnl.has_value());
    const auto routes = rtnl->own_routes();
    EXPECT_TRUE(routes.has_value()) << routes.error().text;
}

}  // namespace
}  // namespace rtun::netlink
