// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel keeps of a call that is up, in the blob of its session, for the next program to
// go on with it: text, a version line and a line a value. The lines of the engines' states have
// the engine's name in front. A link of a bundle has a line "way" (the server as it is configured,
// and what it is reached from), and the networks are in the bundle's state (bundle_state.h).
//
//     rtun-call 1
//     settings client add office type pptp connect-to ...
//     server 192.0.2.10 1723
//     way vpn.example.org 1723 any eth1
//     since 1700000000
//     control call 1000 7 100000000 64 0
//     link lcp ...
//
// There is nothing secret in it: the password is not among the settings, and the keys of MPPE are
// elsewhere in the kernel. Only who may change the kernel's tunnels can change it; what does not
// make sense is nothing, and its call is not gone on with.
#pragma once

#include <base/bytes.h>
#include <base/net.h>
#include <base/result.h>
#include <config/links.h>
#include <config/model.h>
#include <ppp/link.h>
#include <pptp/control.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rtun::daemon {

struct CallState {
    static constexpr std::size_t MaxSize = 4096;  // RTUN_BLOB_MAX

    std::string settings;  // settings_line()
    base::Ipv4 server;
    std::uint16_t port = 1723;
    double since = 0;                           // the link is up, wall clock
    std::optional<config::LinkSettings> way{};  // of a link of a bundle: which it is
    pptp::ControlState control{};
    ppp::LinkState link{};
};

// The error says what does not fit.
[[nodiscard]] base::Result<base::Bytes> encode(const CallState &state);
[[nodiscard]] base::Result<CallState> decode_call_state(base::View bytes);

// The command that makes this client, without the comment and with "-" for the password, and the
// client that it makes.
[[nodiscard]] std::string settings_line(const config::Client &client);
[[nodiscard]] base::Result<config::Client> client_of(const std::string &settings_line);

}  // namespace rtun::daemon
