// SPDX-License-Identifier: GPL-2.0-or-later
//
// What clients and pseudowires tell: the identifiers of their events and how loud each is. `rtun
// connect` prints them, the daemon logs them and streams them to `rtun monitor`. docs/MESSAGES.md
// has a paragraph for each; scripts/check-messages compares the two.
#pragma once

#include <base/log.h>
#include <ctl/message.h>
#include <daemon/world.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace rtun::daemon {

namespace event_id {
inline constexpr std::string_view Dialing = "client.dialing";
inline constexpr std::string_view Tcp = "client.tcp";
inline constexpr std::string_view Control = "client.control";
inline constexpr std::string_view Call = "client.call";
inline constexpr std::string_view Lcp = "client.lcp";
inline constexpr std::string_view Verifying = "client.verifying";
inline constexpr std::string_view Verified = "client.verified";
inline constexpr std::string_view Encryption = "client.encryption";
inline constexpr std::string_view Up = "client.up";
inline constexpr std::string_view Resumed = "client.resumed";
inline constexpr std::string_view Left = "client.left";
inline constexpr std::string_view Mtu = "client.mtu";
inline constexpr std::string_view Route = "client.route";
inline constexpr std::string_view Setting = "client.setting";
inline constexpr std::string_view Ipv6 = "client.ipv6";
inline constexpr std::string_view Resolver = "client.resolver";
inline constexpr std::string_view Server = "client.server";
inline constexpr std::string_view Standby = "client.standby";
inline constexpr std::string_view Demand = "client.demand";
inline constexpr std::string_view Multilink = "client.multilink";
inline constexpr std::string_view LinkUp = "client.link_up";
inline constexpr std::string_view LinkDown = "client.link_down";
inline constexpr std::string_view LinkSilent = "client.link_silent";
inline constexpr std::string_view LinkHeard = "client.link_heard";
inline constexpr std::string_view Down = "client.down";
inline constexpr std::string_view Failed = "client.failed";

inline constexpr std::string_view PseudowireUp = "pseudowire.up";
inline constexpr std::string_view PseudowireFailed = "pseudowire.failed";
inline constexpr std::string_view PseudowireGone = "pseudowire.gone";

inline constexpr std::array All{Dialing,
                                Tcp,
                                Control,
                                Call,
                                Lcp,
                                Verifying,
                                Verified,
                                Encryption,
                                Up,
                                Mtu,
                                Route,
                                Setting,
                                Resumed,
                                Ipv6,
                                Resolver,
                                Server,
                                Standby,
                                Demand,
                                Left,
                                Down,
                                Failed,
                                PseudowireUp,
                                PseudowireFailed,
                                PseudowireGone,
                                Multilink,
                                LinkUp,
                                LinkDown,
                                LinkSilent,
                                LinkHeard};
}  // namespace event_id

using EventSink = std::function<void(base::log::Level, const ctl::Event &)>;

// Something about name servers could not be done for the tunnel with this interface.
void tell_resolver(const World &world, const EventSink &sink, const std::string &interface,
                   const std::string &why);

// Writes the event to the log under its identifier.
void log_event(base::log::Level level, const ctl::Event &event);

}  // namespace rtun::daemon
