// SPDX-License-Identifier: GPL-2.0-or-later
//
// Closing a file descriptor, exactly once.
#include <base/fd.h>

#include <unistd.h>

namespace rtun::base {

Fd &Fd::operator=(Fd &&other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

void Fd::reset() {
    // Linux has released the number even when close(2) reports EINTR: never try again.
    if (const int fd = release(); fd >= 0)
        ::close(fd);
}

}  // namespace rtun::base
