// SPDX-License-Identifier: GPL-2.0-or-later
//
// What both ends of a control connection share: how texts are sent and shown, and time that does
// not run off its end.
#pragma once

#include <base/bytes.h>
#include <base/time.h>
#include <pptp/control.h>
#include <wire/pptp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace rtun::pptp {

namespace wp = wire::pptp;
using Kind = EndReason::Kind;

// Of the software, as told in Start-Control-Connection-Request and -Reply.
constexpr std::uint16_t firmware_revision = 1;

[[nodiscard]] inline EndReason because(Kind kind, std::string text) {
    return {.kind = kind, .text = std::move(text)};
}

// One octet less than the field, so that a peer that takes it for a C string finds its end.
[[nodiscard]] inline std::string field(std::string_view text) {
    return std::string(text.substr(0, wp::text_width - 1));
}

// What a peer says may go to terminals and logs.
[[nodiscard]] inline std::string shown(std::string_view text) {
    return base::printable(base::as_bytes(text), wp::text_width);
}

// now + duration, without running off the end of time.
[[nodiscard]] inline base::Time after(base::Time now, base::Duration duration) {
    return duration > base::Time::max() - now ? base::Time::max() : now + duration;
}

}  // namespace rtun::pptp
