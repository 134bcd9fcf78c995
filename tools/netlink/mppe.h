// SPDX-License-Identifier: GPL-2.0-or-later
//
// MPPE (RFC 3078) of one direction of a session: what the kernel is told, what it tells, and how
// both stand in words where the product speaks of a session's encoding.
#pragma once

#include <base/secret.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rtun::netlink {

// enum rtun_mppe_flags as members.
struct MppeMode {
    std::uint32_t bits = 0;  // 40, 56 or 128; 0: no encryption
    bool stateful = false;
    bool rekey_on_flush = false;
    bool operator==(const MppeMode &) const = default;
};

// From now on, from this key and count 0. Without bits: not any more.
struct Mppe {
    MppeMode mode;
    base::Secret start_key;  // RFC 3079: 8 octets for 40 and 56 bits, 16 for 128
    bool operator==(const Mppe &other) const {
        return mode == other.mode && start_key.same_as(other.start_key.reveal());
    }
};

struct MppeStatus {
    MppeMode mode;
    std::uint32_t count = 0;  // coherency count of the next packet
    std::uint64_t key_changes = 0;
};

[[nodiscard]] inline std::optional<MppeMode> mode_of(const std::optional<MppeStatus> &status) {
    return status ? std::optional(status->mode) : std::nullopt;
}

// "none", "MPPE128 stateless"; both, the sending one first, if they differ: "none/MPPE40 stateful".
[[nodiscard]] std::string encoding(const std::optional<MppeMode> &send,
                                   const std::optional<MppeMode> &receive);
// A key that can be searched is in use.
[[nodiscard]] bool insecure(const std::optional<MppeMode> &send,
                            const std::optional<MppeMode> &receive);

}  // namespace rtun::netlink
