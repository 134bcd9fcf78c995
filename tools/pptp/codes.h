// SPDX-License-Identifier: GPL-2.0-or-later
//
// The result, error and cause codes of PPTP in words (RFC 2637 sections 2.2, 2.3, 2.8, 2.13 and
// 2.16), with the numbers behind them for whoever looks them up.
#pragma once

#include <cstdint>
#include <string>

namespace rtun::pptp {

// "not authorized to establish a control connection (result 4)"
[[nodiscard]] std::string describe_start(std::uint8_t result, std::uint8_t error);
[[nodiscard]] std::string describe_call(std::uint8_t result, std::uint8_t error,
                                        std::uint16_t cause);
[[nodiscard]] std::string describe_disconnect(std::uint8_t result, std::uint8_t error,
                                              std::uint16_t cause);
[[nodiscard]] std::string describe_stop(std::uint8_t reason);

}  // namespace rtun::pptp
