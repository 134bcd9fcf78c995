// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ports of bridges, in the kernel's terms.
#include <daemon/bridge_port.h>

#include <crypto/digest.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

// The kernel has the upper six bits of an octet of which IEEE 802.1D has the upper four.
constexpr unsigned PriorityStep = 4;
// Of one station, locally administered, and the largest of those: a bridge takes the smallest
// address of its ports for its own, and is not to change it with ours.
constexpr std::uint8_t FirstOctet = 0xfe;

netlink::BridgePort settings_of(const config::BridgePort &port) {
    netlink::BridgePort settings;
    settings.isolated = port.horizon.has_value();
    settings.learning = port.learning != config::Toggle::No;
    if (port.path_cost != 0)
        settings.cost = port.path_cost;
    if (port.priority)
        settings.priority = *port.priority / PriorityStep;
    return settings;
}

tl::unexpected<base::Error> refused(const std::string &bridge, const base::Error &error) {
    return base::fail(error.code, fmt::format("bridge \"{}\": {}", bridge, error.text),
                      error.errnum);
}

std::string words(const ppp::BridgeDirection &direction) {
    std::string all;
    const auto say = [&](bool agreed, std::string_view word) {
        if (agreed)
            all.append(all.empty() ? "" : ",").append(word);
    };
    say(direction.tagged, "tagged");
    say(direction.tinygram, "tinygram");
    say(direction.management_inline, "management");
    return all.empty() ? "untagged" : all;
}

}  // namespace

std::uint32_t bridge_mtu(std::uint32_t link) {
    return std::clamp(link > BridgeOverhead ? link - BridgeOverhead : 0, MinBridgeMtu,
                      MaxBridgeMtu);
}

base::Result<netlink::LinkIndex> find_bridge(netlink::Kernel &kernel, const std::string &name) {
    const auto index = kernel.link_index(name);
    if (!index)
        return index.error().code == ErrorCode::NotFound
                   ? base::fail(ErrorCode::NotFound, fmt::format("there is no bridge \"{}\"", name))
                   : refused(name, index.error());
    const auto status = kernel.link_status(*index);
    if (!status)
        return refused(name, status.error());
    if (status->kind != "bridge")
        return base::fail(ErrorCode::Invalid,
                          fmt::format("interface \"{}\" is not a bridge", name));
    return *index;
}

base::Status join_bridge(netlink::Kernel &kernel, netlink::LinkIndex device,
                         const config::BridgePort &port) {
    const netlink::LinkIndex bridge = TRY(find_bridge(kernel, port.bridge));
    const netlink::LinkStatus status = TRY(kernel.link_status(device));
    // As a port it forwards at once, with the settings of any: first when it has its own.
    const bool moves = status.up && status.master != bridge;
    if (moves)
        TRY(kernel.link_set(device, {.up = false}));
    if (status.master != bridge)
        if (const auto joined = kernel.link_set(device, {.master = bridge}); !joined)
            return refused(port.bridge, joined.error());
    if (const auto set = kernel.link_set(device, {.port = settings_of(port)}); !set)
        return refused(port.bridge, set.error());
    if (moves)
        TRY(kernel.link_set(device, {.up = true}));
    return {};
}

base::Mac port_mac(std::string_view host_id, std::string_view kind, std::string_view name,
                   unsigned again) {
    // Lengths, so that no two sets of words are the same octets.
    const std::string lengths =
        fmt::format("rtun bridge port {} {} {}", host_id.size(), kind.size(), again);
    const auto digest = crypto::sha1({base::as_bytes(lengths), base::as_bytes(host_id),
                                      base::as_bytes(kind), base::as_bytes(name)});
    base::Mac mac;
    std::copy_n(digest.view().begin(), mac.octets.size(), mac.octets.begin());
    mac.octets[0] = FirstOctet;
    return mac;
}

std::optional<ppp::BridgeOptions> bridge_options(const World &world, const config::Client &client) {
    if (client.port.bridge.empty())
        return std::nullopt;
    return ppp::BridgeOptions{port_mac(world.host_id(), "client", client.name)};
}

std::string bridging_text(const ppp::BridgeUp &agreed) {
    return fmt::format("tx {} rx {}", words(agreed.send), words(agreed.receive));
}

std::string mac_text(const base::Mac &mac) { return mac == base::Mac{} ? "" : mac.text(); }

}  // namespace rtun::daemon
