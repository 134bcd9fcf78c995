// SPDX-License-Identifier: GPL-2.0-or-later
//
// Requests and answers of linux/neighbour.h, linux/rtnetlink.h and linux/netconf.h.
#include <netlink/neighbour.h>

#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

namespace rtun::netlink {

namespace {

template <typename Header>
Message message_of(std::uint16_t type, std::uint16_t flags, const Header &header) {
    return {type, flags,
            base::View(reinterpret_cast<const std::uint8_t *>(&header), sizeof(header))};
}

template <typename Header>
std::optional<Header> header_of(const Received &message, std::uint16_t type) {
    Header header{};
    const base::View bytes = message.header(sizeof(header));
    if (message.type != type || bytes.size() < sizeof(header))
        return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof(header));
    return header;
}

ndmsg entry(const Proxy &proxy) {
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = static_cast<int>(proxy.link);
    header.ndm_flags = NTF_PROXY;
    return header;
}

}  // namespace

Message build_proxy_new(const Proxy &proxy) {
    ndmsg header = entry(proxy);
    header.ndm_state = NUD_PERMANENT;
    Message message = message_of(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, header);
    message.be32(NDA_DST, proxy.address).u8(NDA_PROTOCOL, RouteProtocol);
    return message;
}

Message build_proxy_del(const Proxy &proxy) {
    Message message = message_of(RTM_DELNEIGH, 0, entry(proxy));
    message.be32(NDA_DST, proxy.address);
    return message;
}

Message build_proxy_get(const Proxy &proxy) {
    Message message = message_of(RTM_GETNEIGH, 0, entry(proxy));
    message.be32(NDA_DST, proxy.address);
    return message;
}

Message build_proxy_dump() { return message_of(RTM_GETNEIGH, 0, entry(Proxy{})); }

std::optional<ParsedProxy> parse_proxy(const Received &message) {
    const auto header = header_of<ndmsg>(message, RTM_NEWNEIGH);
    if (!header || header->ndm_family != AF_INET || (header->ndm_flags & NTF_PROXY) == 0)
        return std::nullopt;
    const Attributes from = message.attributes(sizeof(ndmsg));
    const auto address = from.ipv4(NDA_DST);
    if (!address)
        return std::nullopt;
    return ParsedProxy{{*address, LinkIndex{header->ndm_ifindex}},
                       from.u8(NDA_PROTOCOL).value_or(0)};
}

Message build_networks_dump() {
    // With NETLINK_GET_STRICT_CHK the kernel passes over everything else itself; a full table of
    // the Internet's routes would not have to be read.
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_KERNEL;
    header.rtm_type = RTN_UNICAST;
    return message_of(RTM_GETROUTE, 0, header);
}

std::optional<Network> parse_network(const Received &message) {
    const auto header = header_of<rtmsg>(message, RTM_NEWROUTE);
    if (!header || header->rtm_family != AF_INET || header->rtm_table != RT_TABLE_MAIN ||
        header->rtm_protocol != RTPROT_KERNEL || header->rtm_type != RTN_UNICAST ||
        header->rtm_scope != RT_SCOPE_LINK || header->rtm_dst_len >= 31)
        return std::nullopt;
    const Attributes from = message.attributes(sizeof(rtmsg));
    const auto address = from.ipv4(RTA_DST);
    const auto link = from.u32(RTA_OIF);
    if (!address || !link || from.has(RTA_GATEWAY))
        return std::nullopt;
    return Network{*address, header->rtm_dst_len, LinkIndex{static_cast<int>(*link)}};
}

Message build_netconf_get(LinkIndex link) {
    netconfmsg header{};
    header.ncm_family = AF_INET;
    Message message = message_of(RTM_GETNETCONF, 0, header);
    message.u32(NETCONFA_IFINDEX, static_cast<std::uint32_t>(link));
    return message;
}

std::optional<bool> parse_forwarding(const Received &message) {
    if (!header_of<netconfmsg>(message, RTM_NEWNETCONF))
        return std::nullopt;
    const auto on = message.attributes(sizeof(netconfmsg)).u32(NETCONFA_FORWARDING);
    if (!on)
        return std::nullopt;
    return *on != 0;
}

}  // namespace rtun::netlink
