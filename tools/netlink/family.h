// SPDX-License-Identifier: GPL-2.0-or-later
//
// The verbs of the family "rtun" on a socket: build, ask, parse. Objects made and frames received
// belong to the owner name bound on this socket.
#pragma once

#include <base/result.h>
#include <netlink/kernel.h>
#include <netlink/socket.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace rtun::netlink {

class Family {
public:
    Family(Socket socket, std::uint16_t id) : socket_(std::move(socket)), id_(id) {}

    [[nodiscard]] base::Result<Info> info();
    [[nodiscard]] base::Status bind_owner(std::string_view name);
    [[nodiscard]] base::Result<TunnelId> tunnel_add(const TunnelSpec &spec);
    [[nodiscard]] base::Status tunnel_set(TunnelId id, const TunnelChange &change);
    [[nodiscard]] base::Status tunnel_del(TunnelId id);
    [[nodiscard]] base::Result<Tunnel> tunnel(TunnelId id);
    [[nodiscard]] base::Result<std::vector<Tunnel>> tunnels();
    [[nodiscard]] base::Result<Kernel::NewSession>
    session_add(TunnelId tunnel, std::uint32_t local_id, const SessionChange &initial);
    [[nodiscard]] base::Status session_set(SessionId id, const SessionChange &change);
    [[nodiscard]] base::Status session_del(SessionId id);
    [[nodiscard]] base::Status session_attach(SessionId id, LinkIndex link);
    [[nodiscard]] base::Status session_detach(SessionId id);
    [[nodiscard]] base::Result<Session> session(SessionId id);
    [[nodiscard]] base::Result<std::vector<Session>> sessions();
    [[nodiscard]] base::Status frame_send(SessionId id, base::View frame);

    [[nodiscard]] Socket &socket() { return socket_; }
    [[nodiscard]] const Socket &socket() const { return socket_; }
    [[nodiscard]] std::uint16_t id() const { return id_; }

private:
    template <typename T, typename Parse>
    base::Result<std::vector<T>> list(const Message &message, std::string_view what, Parse parse);
    template <typename T, typename Parse>
    base::Result<T> ask(Message message, const std::string &what, Parse parse);

    Socket socket_;
    std::uint16_t id_;
};

}  // namespace rtun::netlink
