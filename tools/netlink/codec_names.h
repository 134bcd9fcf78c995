// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of what uapi/linux/rtun.h numbers, as they stand in messages and in statistics. Inside
// this room only.
#pragma once

#include <netlink/kernel.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rtun::netlink {

// Each list in the order of its enumeration.
[[nodiscard]] std::span<const std::string_view> drop_names();
[[nodiscard]] std::span<const std::string_view> event_names();
[[nodiscard]] std::span<const std::string_view> reason_names();
[[nodiscard]] std::span<const std::string_view> xport_names();

// The number itself for one that this program does not know (a newer module).
[[nodiscard]] std::string name_in(std::span<const std::string_view> names, std::uint32_t number);

}  // namespace rtun::netlink
