// SPDX-License-Identifier: GPL-2.0-or-later
//
// What both ends of the control socket share. Inside this room only.
#pragma once

#include <base/fd.h>
#include <base/result.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

namespace rtun::ctl {

[[nodiscard]] base::Result<sockaddr_un> socket_address(const std::string &path);
[[nodiscard]] base::Result<base::Fd> make_socket();  // Unix, stream, non-blocking

enum class Listener : std::uint8_t { Alive, Stale, None };
// Whether somebody listens there: connects and hangs up.
[[nodiscard]] base::Result<Listener> probe(const std::string &path);

}  // namespace rtun::ctl
