// SPDX-License-Identifier: GPL-2.0-or-later
//
// "ip netns add NAME" keeps a namespace mounted at /run/netns/NAME.
#include <cli/netns.h>

#include <base/fd.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sched.h>

#include <cerrno>

namespace rtun::cli {

base::Status enter_netns(const std::string &name) {
    const std::string path = fmt::format("/run/netns/{}", name);
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() && errno == ENOENT)
        return base::fail(base::ErrorCode::NotFound,
                          fmt::format("there is no network namespace \"{}\" ({})", name, path),
                          ENOENT);
    if (!file.valid())
        return base::fail(base::system_error(path, errno));
    if (::setns(file.get(), CLONE_NEWNET) < 0)
        return base::fail(
            base::system_error(fmt::format("cannot enter network namespace \"{}\"", name), errno));
    return {};
}

}  // namespace rtun::cli
