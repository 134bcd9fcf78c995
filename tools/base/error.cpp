// SPDX-License-Identifier: GPL-2.0-or-later
//
// How an Error is made and prefixed, and what it exits with.
#include <base/error.h>

#include <system_error>

namespace rtun::base {

Error Error::in(const std::string &where) const { return {code, where + ": " + text, errnum}; }

int exit_status(ErrorCode code) {
    switch (code) {
    case ErrorCode::Invalid:
        return 1;
    case ErrorCode::Refused:
    case ErrorCode::NotFound:
    case ErrorCode::Exists:
    case ErrorCode::System:
        return 2;
    case ErrorCode::NoDaemon:
        return 3;
    case ErrorCode::Unreachable:
        return 4;
    case ErrorCode::AuthFailed:
        return 5;
    case ErrorCode::Closed:
        return 6;
    }
    return 2;
}

Error system_error(const std::string &what, int errnum) {
    // std::error_code and not strerror(), which need not be thread-safe.
    return {ErrorCode::System, what + ": " + std::generic_category().message(errnum), errnum};
}

}  // namespace rtun::base
