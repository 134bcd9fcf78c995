// SPDX-License-Identifier: GPL-2.0-or-later
//
// What arrives on netlink sockets: answers and notifications of the module, of rtnetlink(7) and of
// nf_tables. The kernel is believed, but a newer one says what this program does not know, and
// blobs in it are anybody's who may change sessions. The input is a datagram; and once more the
// body of a message of every type, so that no fuzzer has to find a header. What is understood is
// made of what was there; what is not is an error of one line.
#include <fuzz/target.h>
#include <netlink/capture.h>
#include <netlink/codec.h>
#include <netlink/genl.h>
#include <netlink/mppe.h>
#include <netlink/neighbour.h>
#include <netlink/nft.h>
#include <netlink/rtnl.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

// Within the message, or empty.
void within(base::View part, base::View whole) {
    check(part.empty() || (part.data() >= whole.data() &&
                           part.data() + part.size() <= whole.data() + whole.size()),
          "a part lies within its message");
}

void attributes(base::View area, unsigned depth) {
    const netlink::Attributes from(area);
    std::size_t octets = 0;
    for (const auto &[type, payload] : from.all()) {
        within(payload, area);
        octets += payload.size() + sizeof(nlattr);
        check(from.has(type), "what is listed is there");
        const auto number = from.u32(type);
        check(!number || from.bytes(type)->size() == sizeof(*number), "a number has its length");
        if (const auto text = from.text(type))
            check(text->size() <= from.bytes(type)->size(), "a text is no longer than its octets");
        for (const auto length : {sizeof(std::uint8_t), sizeof(std::uint16_t)})
            check(!number || from.bytes(type)->size() != length, "and no other");
        static_cast<void>(from.ipv6(type));
        static_cast<void>(from.bitfield(type));
        if (depth < 4)
            attributes(payload, depth + 1);
    }
    check(octets <= area.size(), "attributes do not overlap");
}

template <typename T>
void one_line(const base::Result<T> &result) {
    check(result ||
              (!result.error().text.empty() && result.error().text.find('\n') == std::string::npos),
          "what is not understood is told in a line");
}

void session(const netlink::Session &session, base::View payload) {
    check(session.blob.size() <= payload.size(), "a blob is no longer than its message");
    check(!session.multilink || session.multilink->classes.size() <= payload.size() / 4,
          "nor are a bundle's classes more");
    check(session.stats.drops.size() <= payload.size() / 12, "nor the counters of drops");
    check(!netlink::encoding(mode_of(session.mppe_tx), mode_of(session.mppe_rx)).empty(),
          "encryption has a name");
}

void event(const netlink::Event &event, base::View payload) {
    if (const auto *frame = std::get_if<netlink::Frame>(&event))
        check(frame->data.size() <= payload.size(), "a frame is no longer than its message");
    if (const auto *notice = std::get_if<netlink::Notice>(&event))
        check(!notice->type.empty() && notice->name.size() <= payload.size(), "an event is named");
}

void of_the_module(const netlink::Received &message) {
    const auto info = netlink::parse_info(message);
    one_line(info);
    one_line(netlink::parse_tunnel(message));
    const auto found = netlink::parse_session(message);
    one_line(found);
    if (found)
        session(*found, message.payload);
    static_cast<void>(netlink::parse_generation(message));
    const auto told = netlink::parse_event(message);
    one_line(told);
    if (told && *told)
        event(**told, message.payload);
    const auto captured = netlink::parse_captured(message);
    one_line(captured);
    if (captured && *captured)
        if (const auto *frame = std::get_if<netlink::CapturedFrame>(&**captured))
            check(frame->data.size() <= message.payload.size(), "so is what was captured");
    const auto family = netlink::parse_family(message);
    one_line(family);
    check(!family || family->groups.size() <= message.payload.size() / 4, "groups are bounded");
}

void of_the_host(const netlink::Received &message) {
    const auto link = netlink::parse_link(message);
    one_line(link);
    check(!link || link->name.size() <= message.payload.size(), "names are of the message");
    if (const auto demand = netlink::parse_on_demand(message))
        check(link && demand->link.name == link->name, "a device is the same for all");
    static_cast<void>(netlink::parse_proxy(message));
    if (const auto network = netlink::parse_network(message))
        check(network->length < 31, "a network has hosts");
    static_cast<void>(netlink::parse_forwarding(message));
    if (const auto set = netlink::parse_set(message))
        check(set->name.size() <= message.payload.size(), "a set has the name that is told");
    for (const base::Bytes &key : netlink::parse_elements(message))
        check(key.size() <= message.payload.size(), "a key is of the message");
}

void routes(const netlink::Datagram &datagram) {
    std::vector<netlink::ParsedRoute> table;
    for (std::size_t i = 0; i < datagram.messages.size(); ++i) {
        if (datagram.messages[i].type != RTM_NEWROUTE)
            continue;
        const auto route = netlink::parse_route(datagram, i);
        one_line(route);
        if (route)
            table.push_back(*route);
    }
    const base::Ipv4 host{0x0a000001};
    if (const auto way = netlink::best_way(table, host, {}))
        check(std::any_of(table.begin(), table.end(),
                          [&](const auto &row) { return row.usable && row.route.oif == way->oif; }),
              "the way is one of those that can be used");
}

void datagram(netlink::Datagram datagram) {
    auto messages = netlink::split(datagram.bytes);
    if (!messages)
        return;
    datagram.messages = std::move(*messages);
    const netlink::Message request = netlink::build_session_get(30, netlink::SessionId{1});
    for (const netlink::Received &message : datagram.messages) {
        within(message.payload, datagram.bytes);
        attributes(message.attributes(netlink::GenlHeader).all().empty()
                       ? base::View{}
                       : message.payload.subspan(netlink::GenlHeader),
                   0);
        of_the_module(message);
        of_the_host(message);
        one_line(netlink::read_acknowledgement(message, request, "fuzz", netlink::attribute_name));
    }
    routes(datagram);
}

void body(base::View input) {
    constexpr std::array<std::uint16_t, 9> types{NLMSG_ERROR,    NLMSG_DONE,   30,
                                                 RTM_NEWLINK,    RTM_NEWROUTE, RTM_NEWNEIGH,
                                                 RTM_NEWNETCONF, 10 << 8 | 9,  10 << 8 | 12};
    for (const std::uint16_t type : types) {
        netlink::Datagram whole;
        whole.bytes.resize(sizeof(nlmsghdr) + input.size());
        nlmsghdr header{};
        header.nlmsg_len = static_cast<std::uint32_t>(whole.bytes.size());
        header.nlmsg_type = type;
        std::memcpy(whole.bytes.data(), &header, sizeof(header));
        std::copy(input.begin(), input.end(), whole.bytes.begin() + sizeof(header));
        datagram(std::move(whole));
    }
}

// Where a refusal points to, in a request that is any octets.
void paths(base::View input) {
    for (const std::size_t offset : {std::size_t{0}, std::size_t{20}, input.size() / 2})
        check(netlink::path_to(input, netlink::GenlHeader, offset).size() <= input.size() / 4,
              "a path is no longer than the message is deep");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size > 65536)
        return 0;
    // Netlink's own alignment, as a buffer that was received into has it.
    netlink::Datagram whole;
    whole.bytes.assign(data, data + size);
    paths(whole.bytes);
    datagram(std::move(whole));
    body({data, size});
    return 0;
}
