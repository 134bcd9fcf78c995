// SPDX-License-Identifier: GPL-2.0-or-later
//
// How an Error is made and prefixed.
#include <base/error.h>

#include <system_error>

namespace rtun::base {

Error Error::in(const std::string &where) const { return {code, where + ": " + text, errnum}; }

Error system_error(const std::string &what, int errnum) {
    // std::error_code and not strerror(), which need not be thread-safe.
    return {ErrorCode::System, what + ": " + std::generic_category().message(errnum), errnum};
}

}  // namespace rtun::base
