// SPDX-License-Identifier: GPL-2.0-or-later
//
// The device of a session that carries Ethernet frames (BCP), as a port of a Linux bridge: the same
// for a call that we make and for one that we take.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <config/model.h>
#include <daemon/world.h>
#include <netlink/kernel.h>
#include <ppp/bridging.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtun::daemon {

// Octets of a bridged frame that are not what the device's MTU counts: the header of RFC 3518
// section 4.2, that of Ethernet, and a tag of IEEE 802.1Q.
inline constexpr std::uint32_t BridgeOverhead = 2 + 14 + 4;
// That of Ethernet, for which hosts behind bridges are made.
inline constexpr std::uint32_t MaxBridgeMtu = 1500;
// The bridge takes the smallest MTU of its ports, and with less than this it has no IPv6 (RFC 8200
// section 5): no peer may bring it there.
inline constexpr std::uint32_t MinBridgeMtu = 1280;
// link: what the link takes.
[[nodiscard]] std::uint32_t bridge_mtu(std::uint32_t link);

// The error names the bridge.
[[nodiscard]] base::Result<netlink::LinkIndex> find_bridge(netlink::Kernel &kernel,
                                                           const std::string &name);
// A device that is a port already gets the settings, or changes its bridge.
[[nodiscard]] base::Status join_bridge(netlink::Kernel &kernel, netlink::LinkIndex device,
                                       const config::BridgePort &port);

// The same address for the same words, on another host another one: what bridges know of us
// outlives a call. again: another, where the first is taken.
[[nodiscard]] base::Mac port_mac(std::string_view host_id, std::string_view kind,
                                 std::string_view name, unsigned again = 0);

// What a client asks for; nothing: its profile names no bridge.
[[nodiscard]] std::optional<ppp::BridgeOptions> bridge_options(const World &world,
                                                               const config::Client &client);

// What frames may be, beyond untagged ones: "tx tagged,management rx tagged,tinygram,management"
[[nodiscard]] std::string bridging_text(const ppp::BridgeUp &agreed);
// Of an end that has told its address; else empty.
[[nodiscard]] std::string mac_text(const base::Mac &mac);

}  // namespace rtun::daemon
