// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the server tells: the identifiers of its events. Those of a call have the object "call" and
// are what `why` tells stories of (history.h); those of the server itself have the object "server".
// docs/MESSAGES.md has a paragraph for each.
#pragma once

#include <array>
#include <string_view>

namespace rtun::daemon::server_id {

// the server itself
inline constexpr std::string_view Listening = "server.listening";
inline constexpr std::string_view ListenFailed = "server.listen_failed";
inline constexpr std::string_view Refused = "server.refused";
inline constexpr std::string_view Accounting = "server.accounting";
// a call
inline constexpr std::string_view Call = "server.call";
inline constexpr std::string_view Lcp = "server.lcp";
inline constexpr std::string_view Verified = "server.verified";
inline constexpr std::string_view AuthFailed = "server.auth_failed";
inline constexpr std::string_view Encryption = "server.encryption";
inline constexpr std::string_view Up = "server.up";
inline constexpr std::string_view Mtu = "server.mtu";
inline constexpr std::string_view Ipv6 = "server.ipv6";
inline constexpr std::string_view Setting = "server.setting";
inline constexpr std::string_view EchoMissed = "server.echo_missed";
inline constexpr std::string_view LinkJoined = "server.link_joined";
inline constexpr std::string_view LinkLeft = "server.link_left";
inline constexpr std::string_view LinkSilent = "server.link_silent";
inline constexpr std::string_view LinkHeard = "server.link_heard";
inline constexpr std::string_view LinkEnded = "server.link_ended";
inline constexpr std::string_view Found = "server.found";
inline constexpr std::string_view Resumed = "server.resumed";
inline constexpr std::string_view Left = "server.left";
inline constexpr std::string_view Down = "server.down";
inline constexpr std::string_view Failed = "server.failed";

inline constexpr std::array All{
    Listening,  ListenFailed, Refused,   Accounting, Call,    Lcp,        Verified, AuthFailed,
    Encryption, Up,           Mtu,       Ipv6,       Setting, EchoMissed, Found,    LinkJoined,
    LinkLeft,   LinkSilent,   LinkHeard, LinkEnded,  Resumed, Left,       Down,     Failed};

}  // namespace rtun::daemon::server_id
