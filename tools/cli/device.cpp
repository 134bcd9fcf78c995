// SPDX-License-Identifier: GPL-2.0-or-later
//
// An interface that may be missing, or in another namespace.
#include <cli/device.h>

#include <fmt/format.h>

#include <cstdint>

namespace rtun::cli {

std::string device_of(netlink::Kernel &kernel, const netlink::Session &session) {
    if (!session.device || session.netnsid)
        return {};
    const auto name = kernel.link_name(*session.device);
    return name ? *name : std::string();
}

void print_device(Output &out, const netlink::Session &session, const std::string &device) {
    if (!device.empty())
        out.text("ifname", "dev {}", device, Paint::Name);
    else if (!session.device)
        out.piece("no interface");
    else if (session.netnsid)
        out.piece(fmt::format("interface {} in another namespace (id {})",
                              static_cast<int>(*session.device), *session.netnsid));
    if (session.device)
        out.member("ifindex", static_cast<std::uint64_t>(*session.device));
    if (session.netnsid)
        out.member("netnsid", std::int64_t{*session.netnsid});
}

}  // namespace rtun::cli
