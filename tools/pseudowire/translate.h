// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings of a pseudowire to what the kernel is told, and back. Pure. Inside this room only.
#pragma once

#include <netlink/kernel.h>
#include <pseudowire/pseudowire.h>
#include <pseudowire/record.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rtun::pseudowire {

[[nodiscard]] Record record_of(const config::Pseudowire &settings);
// oif: the index of settings.interface.
[[nodiscard]] netlink::TunnelSpec tunnel_of(const config::Pseudowire &settings, const Ends &ends,
                                            std::uint32_t oif);
[[nodiscard]] netlink::SessionChange session_of(const config::Pseudowire &settings);

// Whether a pseudowire of this tunnel could be carried by that one.
[[nodiscard]] bool same_tunnel(const netlink::TunnelSpec &a, const netlink::TunnelSpec &b);
// The keyword of what the outer packets of both would differ in, or empty.
[[nodiscard]] std::string_view policy_difference(const netlink::TunnelSpec &a,
                                                 const netlink::TunnelSpec &b);

// link: nothing if it is elsewhere; interface: the name of tunnel.spec.oif.
[[nodiscard]] config::Pseudowire settings_of(const netlink::Tunnel &tunnel,
                                             const netlink::Session &session,
                                             const std::optional<netlink::LinkStatus> &link,
                                             const std::string &interface);

}  // namespace rtun::pseudowire
