// SPDX-License-Identifier: GPL-2.0-or-later
//
// Counters of the kernel in words.
#pragma once

#include <cli/output.h>
#include <netlink/kernel.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rtun::cli {

// enum rtun_drop in small letters, and what it means.
struct DropReason {
    std::string_view name;
    std::string_view words;
};
[[nodiscard]] std::span<const DropReason> drop_reasons();

// Lines of the object that is open: packets and octets, control, sequence, drops. Text has the
// reasons that occurred (all with -details), JSON always all.
void print_stats(Output &out, const Options &options, const netlink::Stats &stats);

// The same of a session, with fragments if it is a bundle or one of its links.
void print_stats(Output &out, const Options &options, const netlink::Session &session);

// "12.3 MiB", "17 B"
[[nodiscard]] std::string in_units(std::uint64_t octets);

}  // namespace rtun::cli
