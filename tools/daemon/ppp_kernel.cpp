// SPDX-License-Identifier: GPL-2.0-or-later
//
// Agreements as changes of a session.
#include <daemon/ppp_kernel.h>

#include <daemon/bridge_port.h>

#include <algorithm>
#include <optional>

namespace rtun::daemon {

namespace {

constexpr std::uint16_t LargestSize = 16384;  // as of max-mtu
// Of one link of a bundle while others are heard.
constexpr std::chrono::duration<std::uint32_t, std::milli> LinkSilence{100};

// Of a packet on the path; nothing: not known, or not believed.
std::optional<std::uint32_t> room_in(std::uint32_t path, std::uint32_t ours) {
    return path > ours ? std::optional(std::max(path - ours, MinMtu)) : std::nullopt;
}

netlink::Mppe mppe_of(const std::optional<ppp::EncryptionUp::Direction> &direction,
                      config::MppeResync resync) {
    if (!direction)
        return {};
    const bool stateful = direction->mode.state == ppp::MppeState::Stateful;
    // Stateless packets have a new key in any case, and the kernel wants no word of it.
    const bool rekey = stateful && resync == config::MppeResync::Linux;
    return {.mode = {.bits = static_cast<std::uint32_t>(direction->mode.strength),
                     .stateful = stateful,
                     .rekey_on_flush = rekey},
            .start_key = direction->start_key};
}

}  // namespace

netlink::SessionChange agreed(const ppp::LcpOpened &lcp) {
    netlink::SessionChange change;
    change.flags = netlink::PppFlags{
        .pfc_rx = lcp.pfc_rx, .pfc_tx = lcp.pfc_tx, .acfc_tx = lcp.acfc_tx, .echo_reply = true};
    change.magic = lcp.magic;
    return change;
}

netlink::SessionChange bundle_of(const ppp::MultilinkAgreed &agreed,
                                 netlink::SessionChange sharing) {
    sharing.multilink =
        netlink::MultilinkSpec{.mrru = agreed.mrru,
                               .peer_mrru = agreed.peer_mrru,
                               .short_rx = agreed.short_rx,
                               .short_tx = agreed.short_tx,
                               .classes_rx = static_cast<std::uint32_t>(agreed.classes_rx),
                               .classes_tx = static_cast<std::uint32_t>(agreed.classes_tx)};
    sharing.mp_probe = LinkSilence.count();
    return sharing;
}

netlink::BridgeFlags bridging(const ppp::BridgeUp &agreed) {
    return {.tinygram_rx = agreed.receive.tinygram,
            .tinygram_tx = agreed.send.tinygram,
            .tagged_tx = agreed.send.tagged,
            .management_tx = agreed.send.management_inline};
}

Plumbing::Networks networks_of(const ppp::LinkState &link) {
    Plumbing::Networks networks{.bridge = link.bridge.has_value()};
    if (link.ipv4)
        networks.ipv4 = {
            .interface = {}, .mtu = 0, .local = link.ipv4->local, .remote = link.ipv4->remote};
    if (link.ipv6)
        networks.ipv6 = {.interface = {}, .mtu = 0, .interface_id = link.ipv6->local_interface_id};
    return networks;
}

netlink::SessionChange nothing_agreed() {
    netlink::SessionChange change;
    change.flags = netlink::PppFlags{};
    return change;
}

netlink::SessionChange encrypted(const ppp::EncryptionUp &keys, config::MppeResync resync) {
    netlink::SessionChange change;
    change.mppe_tx = mppe_of(keys.send, resync);
    change.mppe_rx = mppe_of(keys.receive, resync);
    // What was encrypted once does not go on in clear, not even while the link negotiates anew.
    if (keys.send && keys.receive)
        change.mppe_required = true;
    return change;
}

netlink::SessionChange not_encrypted() {
    netlink::SessionChange change;
    change.mppe_tx = netlink::Mppe{};
    change.mppe_rx = netlink::Mppe{};
    return change;
}

DeviceMtu device_mtu(std::uint32_t link, std::uint32_t max, std::uint32_t path, Clear clear) {
    DeviceMtu result;
    result.path = path;
    result.ours = PptpOverhead + (clear == Clear::Yes ? 0 : MppeOverhead);
    const std::optional<std::uint32_t> room = room_in(path, result.ours);
    result.wanted = std::min(link, max != 0 ? max : room.value_or(UsualSize));
    result.mtu = std::min(result.wanted, room.value_or(result.wanted));
    return result;
}

DeviceMtu bridged(DeviceMtu packets) {
    packets.mtu = bridge_mtu(packets.mtu);
    packets.wanted = bridge_mtu(packets.wanted);
    packets.ours += BridgeOverhead;
    return packets;
}

std::uint16_t bundle_mtu(std::uint16_t mrru) {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(mrru, MaxMtu));
}

std::uint16_t link_mtu(std::uint16_t max) { return max != 0 ? max : LargestSize; }

std::uint16_t automatic_mru(std::uint32_t path) {
    const std::uint32_t fits = room_in(path, PptpOverhead).value_or(UsualSize);
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(fits, LargestSize));
}

std::uint64_t frames_seen(const netlink::Stats &stats) {
    return stats.rx_packets + stats.rx_fragments + stats.rx_echo;
}

std::uint64_t packets_carried(const netlink::Stats &stats) {
    return stats.rx_packets + stats.tx_packets;
}

}  // namespace rtun::daemon
