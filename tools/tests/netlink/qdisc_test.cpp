// SPDX-License-Identifier: GPL-2.0-or-later
//
// What we ask of traffic control and of the neighbour table, attribute by attribute.
#include <netlink/neighbour.h>
#include <netlink/qdisc.h>
#include <tests/netlink/received.h>

#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace rtun::netlink {
namespace {

constexpr LinkIndex Link{7};

template <typename Header>
Header header_of(const Datagram &datagram) {
    Header header{};
    const base::View bytes = datagram.messages[0].header(sizeof(header));
    EXPECT_EQ(bytes.size(), sizeof(header));
    std::memcpy(&header, bytes.data(), bytes.size());
    return header;
}

template <typename Struct>
Struct struct_of(const Attributes &from, std::uint16_t attribute) {
    Struct made{};
    const auto bytes = from.bytes(attribute);
    EXPECT_TRUE(bytes && bytes->size() == sizeof(made));
    if (bytes && bytes->size() == sizeof(made))
        std::memcpy(&made, bytes->data(), sizeof(made));
    return made;
}

TEST(Tbf, replaces_the_root_queue_with_rate_and_burst_in_octets) {
    const Datagram datagram = received(build_tbf(Link, {.rate = 125'000, .burst = 16'000}));
    EXPECT_EQ(datagram.messages[0].type, RTM_NEWQDISC);
    EXPECT_EQ(datagram.messages[0].flags, NLM_F_CREATE | NLM_F_REPLACE);
    const auto header = header_of<tcmsg>(datagram);
    EXPECT_EQ(header.tcm_ifindex, 7);
    EXPECT_EQ(header.tcm_parent, TC_H_ROOT);
    EXPECT_NE(header.tcm_handle, 0u) << "or a second one would not be a change of the first";
    const Attributes from = datagram.messages[0].attributes(sizeof(tcmsg));
    EXPECT_EQ(from.text(TCA_KIND), "tbf");
    const Attributes options = from.nest(TCA_OPTIONS);
    const auto parms = struct_of<tc_tbf_qopt>(options, TCA_TBF_PARMS);
    EXPECT_EQ(parms.rate.rate, 125'000u);
    EXPECT_EQ(parms.peakrate.rate, 0u);
    EXPECT_EQ(options.u32(TCA_TBF_BURST), 16'000u);
    EXPECT_FALSE(options.has(TCA_TBF_RATE64) || options.has(TCA_TBF_PBURST));
    EXPECT_GT(parms.limit, 16'000u + 16 * 1500);
}

TEST(Tbf, queue_holds_a_packet_that_is_segmented_later) {
    const auto limit = [](const Bucket &bucket) {
        const Datagram datagram = received(build_tbf(Link, bucket));
        return struct_of<tc_tbf_qopt>(
                   datagram.messages[0].attributes(sizeof(tcmsg)).nest(TCA_OPTIONS), TCA_TBF_PARMS)
            .limit;
    };
    EXPECT_GT(limit({.rate = 125'000, .burst = 70'000}), 65536u);
    // A burst of minutes does not make a queue of minutes.
    EXPECT_LT(limit({.rate = 125'000, .burst = ~0U}), 200'000u);
}

TEST(Tbf, beyond_four_gigabytes_a_second_has_the_long_numbers) {
    const Datagram datagram = received(build_tbf(
        Link,
        {.rate = 5ULL << 30, .burst = 1U << 24, .peak_rate = 6ULL << 30, .peak_burst = 1U << 20}));
    const Attributes options = datagram.messages[0].attributes(sizeof(tcmsg)).nest(TCA_OPTIONS);
    EXPECT_EQ(options.u64(TCA_TBF_RATE64), 5ULL << 30);
    EXPECT_EQ(options.u64(TCA_TBF_PRATE64), 6ULL << 30);
    EXPECT_EQ(options.u32(TCA_TBF_PBURST), 1U << 20);
    EXPECT_EQ(struct_of<tc_tbf_qopt>(options, TCA_TBF_PARMS).rate.rate, ~0U);
}

TEST(Policer, drops_what_is_too_much_and_leaves_the_rest_to_others) {
    const Datagram datagram =
        received(build_police(Link, Place::Second, {.rate = 125'000, .burst = 125'000}));
    EXPECT_EQ(datagram.messages[0].type, RTM_NEWTFILTER);
    EXPECT_EQ(datagram.messages[0].flags, NLM_F_CREATE | NLM_F_EXCL);
    const auto header = header_of<tcmsg>(datagram);
    EXPECT_EQ(header.tcm_parent, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS));
    EXPECT_EQ(header.tcm_info >> 16, 175u);
    EXPECT_EQ(header.tcm_info & 0xffff, htons(3));  // ETH_P_ALL
    const Attributes from = datagram.messages[0].attributes(sizeof(tcmsg));
    EXPECT_EQ(from.text(TCA_KIND), "matchall");
    const Attributes action = from.nest(TCA_OPTIONS).nest(TCA_MATCHALL_ACT).nest(1);
    EXPECT_EQ(action.text(TCA_ACT_KIND), "police");
    const Attributes options = action.nest(TCA_ACT_OPTIONS);
    const auto police = struct_of<tc_police>(options, TCA_POLICE_TBF);
    EXPECT_EQ(police.action, TC_ACT_SHOT);
    EXPECT_EQ(police.burst, 1'000'000'000u / 64);  // a second, in ticks
    EXPECT_EQ(options.u32(TCA_POLICE_RESULT), static_cast<std::uint32_t>(TC_ACT_UNSPEC));
    EXPECT_EQ(options.bytes(TCA_POLICE_RATE)->size(), 1024u);
    EXPECT_FALSE(options.has(TCA_POLICE_PEAKRATE));
}

TEST(Policer, with_a_peak_has_a_second_bucket) {
    const Datagram datagram = received(
        build_police(Link, Place::First,
                     {.rate = 125'000, .burst = ~0U, .peak_rate = 250'000, .peak_burst = 100'000}));
    const Attributes options = datagram.messages[0]
                                   .attributes(sizeof(tcmsg))
                                   .nest(TCA_OPTIONS)
                                   .nest(TCA_MATCHALL_ACT)
                                   .nest(1)
                                   .nest(TCA_ACT_OPTIONS);
    const auto police = struct_of<tc_police>(options, TCA_POLICE_TBF);
    EXPECT_EQ(police.burst, ~0U) << "as long as can be said";
    EXPECT_EQ(police.mtu, 100'000u);
    EXPECT_EQ(police.peakrate.rate, 250'000u);
    EXPECT_EQ(options.bytes(TCA_POLICE_PEAKRATE)->size(), 1024u);
}

// -- the neighbour table

constexpr base::Ipv4 User{0x0a000032};

TEST(ProxyEntry, carries_our_number_and_is_read_back_by_it) {
    const Datagram datagram = received(build_proxy_new({User, Link}));
    EXPECT_EQ(datagram.messages[0].type, RTM_NEWNEIGH);
    EXPECT_EQ(header_of<ndmsg>(datagram).ndm_flags, NTF_PROXY);
    const auto parsed = parse_proxy(datagram.messages[0]);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->proxy, (Proxy{User, Link}));
    EXPECT_EQ(parsed->protocol, RouteProtocol);
}

TEST(ProxyEntry, of_somebody_else_is_known_and_a_neighbour_is_none) {
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = 7;
    header.ndm_flags = NTF_PROXY;
    Message his(RTM_NEWNEIGH, 0, bytes_of(header));
    his.be32(NDA_DST, User);
    EXPECT_EQ(parse_proxy(received(his).messages[0])->protocol, 0u);
    header.ndm_flags = 0;
    Message neighbour(RTM_NEWNEIGH, 0, bytes_of(header));
    neighbour.be32(NDA_DST, User);
    EXPECT_FALSE(parse_proxy(received(neighbour).messages[0]).has_value());
}

std::optional<Network> network(rtmsg header, bool gateway = false) {
    Message message(RTM_NEWROUTE, 0, bytes_of(header));
    message.be32(RTA_DST, base::Ipv4{0x0a000000}).u32(RTA_OIF, 7);
    if (gateway)
        message.be32(RTA_GATEWAY, User);
    return parse_network(received(message).messages[0]);
}

TEST(Networks, are_those_that_addresses_brought_and_not_hosts) {
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = 24;
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_KERNEL;
    header.rtm_scope = RT_SCOPE_LINK;
    header.rtm_type = RTN_UNICAST;
    EXPECT_EQ(network(header), (Network{base::Ipv4{0x0a000000}, 24, Link}));
    EXPECT_EQ(network(header, true), std::nullopt);
    rtmsg peer = header;
    peer.rtm_dst_len = 32;
    EXPECT_EQ(network(peer), std::nullopt);
    rtmsg by_hand = header;
    by_hand.rtm_protocol = RTPROT_STATIC;
    EXPECT_EQ(network(by_hand), std::nullopt);
}

TEST(Forwarding, is_read_from_the_devices_configuration) {
    netconfmsg header{};
    header.ncm_family = AF_INET;
    Message off(RTM_NEWNETCONF, 0, bytes_of(header));
    off.u32(NETCONFA_FORWARDING, 0);
    EXPECT_EQ(parse_forwarding(received(off).messages[0]), false);
    Message silent(RTM_NEWNETCONF, 0, bytes_of(header));
    EXPECT_EQ(parse_forwarding(received(silent).messages[0]), std::nullopt);
}

}  // namespace
}  // namespace rtun::netlink
