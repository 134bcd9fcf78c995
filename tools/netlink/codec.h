// SPDX-License-Identifier: GPL-2.0-or-later
//
// The messages of the family "rtun" as values and back: uapi/linux/rtun.h, and nothing else. No
// sockets; every function can be called with a message made by hand.
#pragma once

#include <base/result.h>
#include <netlink/kernel.h>
#include <netlink/message.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rtun::netlink {

// "session.peer-id" for an attribute's path, "" for none: for error texts.
[[nodiscard]] std::string attribute_name(std::span<const std::uint16_t> path);

// -- requests. family: the number the kernel gave to it.
[[nodiscard]] Message build_info_get(std::uint16_t family);
[[nodiscard]] base::Result<Message> build_owner_bind(std::uint16_t family, std::string_view name);
[[nodiscard]] base::Result<Message> build_tunnel_new(std::uint16_t family, const TunnelSpec &spec);
[[nodiscard]] Message build_tunnel_set(std::uint16_t family, TunnelId id,
                                       const TunnelChange &change);
[[nodiscard]] Message build_tunnel_del(std::uint16_t family, TunnelId id);
[[nodiscard]] Message build_tunnel_get(std::uint16_t family, TunnelId id);
[[nodiscard]] Message build_tunnel_dump(std::uint16_t family);
[[nodiscard]] base::Result<Message> build_session_new(std::uint16_t family, TunnelId tunnel,
                                                      std::uint32_t local_id,
                                                      const SessionChange &initial);
[[nodiscard]] base::Result<Message> build_session_set(std::uint16_t family, SessionId id,
                                                      const SessionChange &change);
[[nodiscard]] Message build_session_del(std::uint16_t family, SessionId id);
[[nodiscard]] Message build_session_attach(std::uint16_t family, SessionId id, LinkIndex link);
[[nodiscard]] Message build_session_detach(std::uint16_t family, SessionId id);
[[nodiscard]] Message build_session_get(std::uint16_t family, SessionId id);
[[nodiscard]] Message build_session_dump(std::uint16_t family);
[[nodiscard]] base::Result<Message> build_frame(std::uint16_t family, SessionId session,
                                                base::View data);

// -- answers
[[nodiscard]] base::Result<Info> parse_info(const Received &message);
[[nodiscard]] base::Result<Tunnel> parse_tunnel(const Received &message);
[[nodiscard]] base::Result<Session> parse_session(const Received &message);
// RTUN_A_GENERATION, if it is there.
[[nodiscard]] std::optional<std::uint32_t> parse_generation(const Received &message);

// -- what the kernel says by itself; nothing for a command that this program does not know, which a
// newer module may send.
[[nodiscard]] base::Result<std::optional<Event>> parse_event(const Received &message);

}  // namespace rtun::netlink
