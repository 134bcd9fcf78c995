// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks of a pcapng file (draft-ietf-opsawg-pcapng) with one interface whose frames are PPP
// (LINKTYPE_PPP: address and control field, protocol field, information). In the byte order of the
// network, which a reader learns from the first block. Times are nanoseconds since the epoch.
#pragma once

#include <base/bytes.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rtun::cli::pcapng {

// What is captured, for the reader: the session's interface, and a sentence on it.
struct Interface {
    std::string name;
    std::string description;
};
// The section header and the interface: the beginning of a file.
[[nodiscard]] base::Bytes beginning(std::string_view program, const Interface &interface,
                                    std::uint32_t snap_length);

enum class Direction : std::uint8_t { Unknown = 0, Inbound = 1, Outbound = 2 };

struct Frame {
    std::uint64_t time = 0;
    Direction direction = Direction::Unknown;
    std::uint32_t length = 0;  // of the whole frame from the protocol field on
    std::uint32_t lost = 0;    // frames between the last one and this
    base::View data;           // from the protocol field on, maybe cut off
};
[[nodiscard]] base::Bytes frame(const Frame &frame);

struct Totals {
    std::uint64_t began = 0;
    std::uint64_t ended = 0;
    std::uint64_t received = 0;  // frames written and lost
    std::uint64_t lost = 0;
};
// Interface statistics: the end of a file.
[[nodiscard]] base::Bytes ending(const Totals &totals);

}  // namespace rtun::cli::pcapng
