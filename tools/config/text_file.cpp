// SPDX-License-Identifier: GPL-2.0-or-later
//
// No copy of what was read is left behind.
#include <config/text_file.h>

#include <base/fd.h>
#include <base/secret.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;

namespace {

constexpr std::size_t largest_file = 16U << 20;  // octets; some hundred thousand clients

}  // namespace

base::Result<Openness> read_text(const std::string &path, std::string &text, Openness at_most) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat st {};
    if (!file.valid() || ::fstat(file.get(), &st) < 0) {
        base::Error error = base::system_error(path, errno);
        error.code = ErrorCode::Invalid;
        return fail(std::move(error));
    }
    if (!S_ISREG(st.st_mode))
        return fail(ErrorCode::Invalid, fmt::format("{}: is not a regular file", path));
    const Openness openness =
        (st.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? Openness::OpenToOthers : Openness::Closed;
    if (openness == Openness::OpenToOthers && at_most == Openness::Closed)
        return fail(ErrorCode::Invalid,
                    fmt::format("{}: may hold secrets but is open to others than its owner (mode "
                                "{:04o}): chmod 600 {}",
                                path, st.st_mode & 07777U, path));
    std::array<char, 16384> buffer;
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(base::system_error(path, errno));
        if (got == 0)
            return openness;
        const auto size = static_cast<std::size_t>(got);
        base::append_wiping(text, {buffer.data(), size});
        base::wipe({reinterpret_cast<std::uint8_t *>(buffer.data()), size});
        if (text.size() > largest_file)
            return fail(ErrorCode::Invalid,
                        fmt::format("{}: is larger than {} octets", path, largest_file));
    }
}

}  // namespace rtun::config
