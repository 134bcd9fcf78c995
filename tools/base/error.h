// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one error value of the program. An error is something that was asked for and could not be
// done (a file, the kernel, a configuration, a command); nonsense sent by a peer is not an error
// but an engine's business. The text is one line for a human, without a final period or newline.
#pragma once

#include <cstdint>
#include <string>

namespace rtun::base {

// What kind of failure it is; exit_status() is what the command line makes of it.
enum class ErrorCode : std::uint8_t {
    Invalid,      // a wrong word, value or file content: exit 1
    Refused,      // the kernel or the daemon said no: exit 2
    NotFound,     // no such object: exit 2
    Exists,       // there is one of that name already: exit 2
    NoDaemon,     // the daemon is not running: exit 3
    Unreachable,  // the peer cannot be reached: exit 4
    AuthFailed,   // authentication failed: exit 5
    Closed,       // closed by the peer: exit 6
    System,       // a system call failed: exit 2
};

struct Error {
    ErrorCode code = ErrorCode::System;
    std::string text;
    int errnum = 0;  // errno behind it, 0 if none

    // The same error told from one level further up: "<where>: <text>".
    [[nodiscard]] Error in(const std::string &where) const;
};

// The status that the program exits with after this failure.
[[nodiscard]] int exit_status(ErrorCode code);

// An Error from errno: "<what>: <strerror>".
[[nodiscard]] Error system_error(const std::string &what, int errnum);

}  // namespace rtun::base
