// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bundles of multilink PPP (RFC 1990, RFC 2686) as values of the kernel interface. A bundle is a
// session of a tunnel of transport Mlppp; its links are other sessions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rtun::netlink {

// What a bundle is from its creation on.
struct MultilinkSpec {
    std::uint32_t mrru = 1500;       // octets of the longest packet that is put together
    std::uint32_t peer_mrru = 1500;  // and sent
    bool short_rx = false;           // headers with 12-bit numbers
    bool short_tx = false;
    std::uint32_t classes_rx = 0;  // 0: headers without classes
    std::uint32_t classes_tx = 0;
    bool operator==(const MultilinkSpec &) const = default;
};

// How what is sent is spread over the links, numbered as in the uAPI; a newer module may have more.
enum class MpMode : std::uint32_t { Whole = 0, Balance = 1, RoundRobin = 2 };
// "whole", "balance", "round-robin"; "?" for others.
[[nodiscard]] std::string_view name(MpMode mode);

struct MpClass {
    std::uint32_t index = 0;
    std::uint64_t rx_packets = 0;  // put together
    std::uint64_t rx_lost = 0;     // numbers that never arrived
    std::uint32_t rx_held = 0;     // octets held now
    std::uint64_t tx_packets = 0;
    bool operator==(const MpClass &) const = default;
};

// What a session has that is a bundle.
struct Bundle {
    MultilinkSpec spec{};
    MpMode mode = MpMode::Whole;
    std::uint32_t min_fragment = 0;  // octets
    std::uint32_t loss_time = 0;     // ms
    std::uint32_t memory = 0;        // octets that may be held
    std::uint32_t idle = 0;          // ms, 0: no null fragments
    std::uint32_t probe = 0;         // ms, 0: silent links are not asked
    std::uint32_t links = 0;
    std::vector<MpClass> classes{};
};

}  // namespace rtun::netlink
