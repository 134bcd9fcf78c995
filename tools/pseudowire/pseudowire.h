// SPDX-License-Identifier: GPL-2.0-or-later
//
// Static L2TPv3 Ethernet pseudowires (RFC 3931, RFC 4719) on a kernel: made, looked at, changed and
// removed, by the tool itself or by the daemon. The kernel holds all there is to know: which
// pseudowires there are, and their settings, is read back from it.
//
// A pseudowire is a session and a device named after it. Its tunnel is shared with other
// pseudowires of the same ends and tunnel ids, and goes with the last of them.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <config/model.h>
#include <netlink/kernel.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::pseudowire {

// Addresses of both ends, of one family. local may be none: any address of this host.
struct Ends {
    base::Address local{};
    base::Address remote{};
};
// The addresses of a host.
using Resolve = std::function<base::Result<std::vector<base::Address>>(const std::string &host)>;
[[nodiscard]] base::Result<Ends> resolve(const config::Pseudowire &settings,
                                         const Resolve &resolve);
// By the host's resolver; waits for its answer.
[[nodiscard]] base::Result<std::vector<base::Address>> resolve_host(const std::string &host);

// A pseudowire as it is in the kernel.
struct State {
    config::Pseudowire settings{};
    netlink::Session session{};
    netlink::Tunnel tunnel{};
    std::optional<netlink::LinkStatus> link{};  // if its device is in this namespace
    [[nodiscard]] bool running() const { return link && link->up && link->carrier; }
};

// All pseudowires of the namespace, and the tunnels that another could share.
struct Snapshot {
    std::map<netlink::TunnelId, netlink::Tunnel> tunnels{};
    std::vector<State> states{};

    // By the name of its device or, if that is elsewhere, by the one it was made with.
    [[nodiscard]] const State *find(std::string_view name) const;
};
[[nodiscard]] base::Result<Snapshot> read(netlink::Kernel &kernel);
// ErrorCode::NotFound
[[nodiscard]] base::Result<State> find(netlink::Kernel &kernel, std::string_view name);

// Makes it, or nothing at all. The snapshot has it afterwards.
[[nodiscard]] base::Status add(netlink::Kernel &kernel, Snapshot &snapshot,
                               const config::Pseudowire &settings, const Ends &ends);
// Makes what is there have these settings. Refuses what would need another session or tunnel.
[[nodiscard]] base::Status set(netlink::Kernel &kernel, const State &state,
                               const config::Pseudowire &wanted);
[[nodiscard]] base::Status enable(netlink::Kernel &kernel, const State &state, bool enabled);
[[nodiscard]] base::Status del(netlink::Kernel &kernel, const State &state);

// The MTU that makes the outer packets fit the path.
[[nodiscard]] std::uint32_t automatic_mtu(std::uint32_t path_mtu, std::uint32_t overhead);

// The keyword of the first property in which the pseudowire that is there differs on the wire, or
// in what cannot be changed; empty: it can become what is wanted by set().
[[nodiscard]] std::string_view wire_difference(const State &state, const config::Pseudowire &wanted,
                                               const Ends &ends);

}  // namespace rtun::pseudowire
