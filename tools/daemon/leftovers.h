// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tunnels of clients that an earlier daemon left in the kernel: those of a daemon that was killed,
// and those that were left on purpose. Each is gone on with or deleted, nothing in between: when
// the control connection was kept and the client is still configured as it was, the client takes
// it (Client::adopt), else it makes room for a new call.
#pragma once

#include <base/result.h>
#include <daemon/bundle_state.h>
#include <daemon/call_state.h>
#include <daemon/host_routes.h>
#include <netlink/kernel.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::daemon {

struct Leftover {
    netlink::Tunnel tunnel;
    std::string client;
    // Both, or neither and why not.
    std::optional<netlink::Session> session{};
    std::optional<CallState> state{};
    std::string useless{};
    // It is a bundle, with this state and no other; and its links, each of which is usable.
    std::optional<BundleState> bundle{};
    std::vector<Leftover> links{};
};

class Leftovers {
public:
    // Those of this owner. What is the owner's, but names no client, was not made for one: it is
    // told of, unless its blob begins with one of the other words, and left alone.
    [[nodiscard]] static base::Result<Leftovers> find(netlink::Kernel &kernel, HostRoutes &routes,
                                                      std::string_view owner,
                                                      const std::vector<std::string_view> &others);

    // The one of this client, which is not among the leftovers any more. If there are several, all
    // but one that can be gone on with are deleted.
    [[nodiscard]] std::optional<Leftover> take(std::string_view client);
    // It is not gone on with.
    void remove(const Leftover &leftover, std::string_view why);
    // Those of all clients for whom there is no use.
    void remove_all(std::string_view why);
    [[nodiscard]] std::size_t size() const { return found_.size(); }
    // The names of the clients, in the kernel's order; some may come twice.
    [[nodiscard]] std::vector<std::string> clients() const;

private:
    Leftovers(netlink::Kernel &kernel, HostRoutes &routes) : kernel_(&kernel), routes_(&routes) {}

    netlink::Kernel *kernel_;
    HostRoutes *routes_;
    void gather_links(std::string_view client);
    std::vector<Leftover> found_;
};

}  // namespace rtun::daemon
