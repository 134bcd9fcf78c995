// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel keeps of our server's connections and sessions, for the next program to go on
// with them: text, a version line and a line a value. In the blob of the tunnel
//
//     rtun-server 1
//     control host WINDOWS
//     control peer 0
//     control call 1000 7 64
//
// and in that of each session that has been up
//
//     rtun-session 1
//     key 6741...
//     user jack                              or "user-hex", if that could not be read
//     method mschap2
//     local 10.0.0.1                         and remote
//     interface <pptp-jack>
//     since 1700000000                       the link came up, wall clock
//     idle 1700000300 1234                   when there was traffic, and the packets by then
//     recorded                               and static-name: the interface is the user's own
//     profile staff
//     terms profile add terms local-address ...
//     routes secret add terms ...            left out if there are none
//     link lcp ...                           left out while the link negotiates anew, or ends
//
// Of a bundle (RFC 1990), whose tunnel has nothing but the line "rtun-server-bundle 1", it has a
// line "caller 203.0.113.9" besides: the first of its links. Each of these has
//
//     rtun-link 1
//     key 6741...                            of the bundle's session
//     since 1700000000                       it joined
//     link lcp ...
//
// There is nothing secret in it. Only who may change the kernel's tunnels can change it; what does
// not make sense is nothing, and its session is not gone on with. Lines that are not known are
// skipped, so that a later version may say more under the same number.
#pragma once

#include <base/bytes.h>
#include <base/result.h>
#include <daemon/server_session.h>
#include <ppp/link.h>
#include <pptp/server.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtun::daemon {

// How the blob of every tunnel of the server begins.
inline constexpr std::string_view ServerWord = "rtun-server ";  // but those of bundles
// The blob of a bundle's tunnel.
inline constexpr std::string_view BundleLine = "rtun-server-bundle 1\n";
// Of all of them, for who asks whose a tunnel is.
inline constexpr std::array ServerWords{ServerWord, BundleLine};

// When something was carried last, and how much had been by then.
struct IdleState {
    double busy = 0;  // wall clock
    std::uint64_t packets = 0;
};

struct SessionState {
    static constexpr std::size_t MaxSize = 4096;  // RTUN_BLOB_MAX, of a tunnel as well

    ServerSession session;
    bool static_name = false;
    std::optional<IdleState> idle{};  // nobody asked
    std::optional<ppp::LinkState> link{};
    base::Ipv4 caller{};  // of a bundle
};

// A call that is a link of a bundle.
struct BundleLinkState {
    std::string key;  // of the bundle's session
    double since = 0;
    std::optional<ppp::LinkState> link{};
};

// The lines "profile", "terms" and "routes": they change seldom and cost the most.
[[nodiscard]] std::string terms_lines(const aaa::Terms &terms);

// The error says what does not fit. terms: terms_lines() of the session's.
[[nodiscard]] base::Result<base::Bytes> encode(const SessionState &state, std::string_view terms);
[[nodiscard]] base::Result<SessionState> decode_session_state(base::View bytes);

[[nodiscard]] base::Bytes encode(const BundleLinkState &state);
[[nodiscard]] base::Result<BundleLinkState> decode_link_of_bundle(base::View bytes);

// How long ago a moment of the wall clock was, which may be anything.
[[nodiscard]] base::Duration since(double then, double now);

// Of a connection; nothing to go on with: the version line only.
[[nodiscard]] base::Bytes encode_connection(const std::optional<pptp::ServerState> &control);
[[nodiscard]] base::Result<pptp::ServerState> decode_connection(base::View bytes);

}  // namespace rtun::daemon
