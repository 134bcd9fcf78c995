// SPDX-License-Identifier: GPL-2.0-or-later
//
// Addresses and sockets of AF_UNIX.
#include <ctl/socket.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace rtun::ctl {

using base::ErrorCode;
using base::fail;
using base::Result;

Result<sockaddr_un> socket_address(const std::string &path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path) ||
        path.find('\0') != std::string::npos)
        return fail(ErrorCode::Invalid,
                    fmt::format("the path of the control socket has 1..{} octets: \"{}\"",
                                sizeof(address.sun_path) - 1, path));
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<base::Fd> make_socket() {
    base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid())
        return fail(base::system_error("socket", errno));
    return socket;
}

Result<Listener> probe(const std::string &path) {
    const sockaddr_un address = TRY(socket_address(path));
    const base::Fd socket = TRY(make_socket());
    if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) ==
            0 ||
        errno == EAGAIN)  // its backlog is full
        return Listener::Alive;
    if (errno == ENOENT)
        return Listener::None;
    if (errno == ECONNREFUSED)
        return Listener::Stale;
    return fail(base::system_error(path, errno));
}

}  // namespace rtun::ctl
