// SPDX-License-Identifier: GPL-2.0-or-later
//
// What another program needs to go on with a control connection, as text: a line a value, of which
// "call" may come several times for a server.
//
//     host vpn.example.org
//     vendor linux
//     server FIRMWARE CHANNELS                     as PNS: what the server said of itself
//     peer FIRMWARE                                as PAC: what the client said
//     call LOCAL PEER SPEED WINDOW DELAY           as PNS
//     call LOCAL PEER WINDOW                       as PAC
//     unread HEX                                   left out if there is nothing, like the next
//     unsent HEX
//
// The text may have been changed by whoever may change the kernel's tunnels, or cut short: what
// does not say all that is needed, and in these bounds, is nothing. Lines that are not known are
// skipped, so that a later version may say more.
#pragma once

#include <pptp/control.h>
#include <pptp/server.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rtun::pptp {

// Octets that are waiting for a peer that does not read; more are not kept, and the connection with
// them cannot be gone on with.
constexpr std::size_t unsent_max = 512;
// Calls of one control connection.
constexpr std::size_t state_calls_max = 64;

// Nothing: beyond the bounds.
[[nodiscard]] std::optional<std::string> encode(const ControlState &state);
[[nodiscard]] std::optional<std::string> encode(const ServerState &state);

[[nodiscard]] std::optional<ControlState> decode_control_state(std::string_view text);
[[nodiscard]] std::optional<ServerState> decode_server_state(std::string_view text);

}  // namespace rtun::pptp
