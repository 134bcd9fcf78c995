// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a call ended: which layer knows it, who wanted it, and a line for a human. The first reason
// is kept; what follows from it (the link going down because TCP did) does not replace it.
#pragma once

#include <base/error.h>
#include <ppp/link.h>
#include <pptp/control.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rtun::daemon {

enum class Layer : std::uint8_t { Config, Name, Tcp, Pptp, Ppp, Kernel };
[[nodiscard]] std::string_view name(Layer layer);

enum class Side : std::uint8_t {
    User,   // it was asked for
    Local,  // we could not, or would not, go on
    Peer,   // the server, or its silence
};
[[nodiscard]] std::string_view name(Side side);

struct Reason {
    Layer layer = Layer::Kernel;
    Side by = Side::Local;
    base::ErrorCode code = base::ErrorCode::System;  // without meaning if the user wanted it
    std::string text;
};

[[nodiscard]] Reason user_reason(std::string text);
[[nodiscard]] Reason kernel_reason(const base::Error &error);
[[nodiscard]] Reason reason_of(const pptp::EndReason &end);
// The counters tell whether the peer was ever heard, which is how a firewall that lets TCP through
// and GRE not is told from a peer that disagrees.
[[nodiscard]] Reason reason_of(const ppp::EndReason &end, const ppp::LinkCounters &counters);

// The exit status of `rtun connect` for this end.
[[nodiscard]] int exit_status(const Reason &reason);

}  // namespace rtun::daemon
