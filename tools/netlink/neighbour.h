// SPDX-License-Identifier: GPL-2.0-or-later
//
// What proxy ARP needs of rtnetlink(7), as messages: proxy entries of the neighbour table, the
// networks on links, and whether a device forwards.
#pragma once

#include <base/result.h>
#include <netlink/host.h>
#include <netlink/message.h>

#include <cstdint>
#include <optional>

namespace rtun::netlink {

[[nodiscard]] Message build_proxy_new(const Proxy &proxy);
[[nodiscard]] Message build_proxy_del(const Proxy &proxy);
[[nodiscard]] Message build_proxy_get(const Proxy &proxy);  // is there one, and whose
[[nodiscard]] Message build_proxy_dump();
struct ParsedProxy {
    Proxy proxy;
    std::uint8_t protocol = 0;
};
// An RTM_NEWNEIGH; nothing if it is no IPv4 proxy entry.
[[nodiscard]] std::optional<ParsedProxy> parse_proxy(const Received &message);

[[nodiscard]] Message build_networks_dump();
// An RTM_NEWROUTE; nothing if it is not the network of a device's address.
[[nodiscard]] std::optional<Network> parse_network(const Received &message);

[[nodiscard]] Message build_netconf_get(LinkIndex link);
// An RTM_NEWNETCONF.
[[nodiscard]] std::optional<bool> parse_forwarding(const Received &message);

}  // namespace rtun::netlink
