// SPDX-License-Identifier: GPL-2.0-or-later
//
// Generic netlink's telephone book (the family "nlctrl", linux/genetlink.h): the numbers that a
// family and its multicast groups have on this kernel.
#pragma once

#include <base/result.h>
#include <netlink/message.h>
#include <netlink/socket.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rtun::netlink {

struct GenlFamily {
    std::uint16_t id = 0;
    std::uint32_t version = 0;
    std::map<std::string, std::uint32_t> groups;
};

// A message of a family, to be filled with attributes.
[[nodiscard]] Message genl_message(std::uint16_t family, std::uint8_t command,
                                   std::uint8_t version);
inline constexpr std::size_t GenlHeader = 4;  // sizeof(struct genlmsghdr)
[[nodiscard]] std::uint8_t genl_command(const Received &message);

[[nodiscard]] base::Result<GenlFamily> parse_family(const Received &message);

// Asks for a family. The kernel loads the module that has the alias net-pf-16-proto-16-family-NAME.
// ErrorCode::NotFound if there is none.
[[nodiscard]] base::Result<GenlFamily> resolve(Socket &socket, std::string_view name);

}  // namespace rtun::netlink
