// SPDX-License-Identifier: GPL-2.0-or-later
//
// What rtun leaves with the kernel in a tunnel's blob: text, a version line and a line a value.
//
//     rtun-client 1
//     client office
//     dial 17
//
// It says whose tunnel this is: the client's name and which of its dials since the daemon started
// made it. What a later daemon needs to go on with the call stands in the blob of the session
// (call_state.h). Tunnels of the server's have another (server_state.h). Lines that are not known
// are skipped, so that a later version may say more under the same number.
#pragma once

#include <base/bytes.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rtun::daemon {

struct Blob {
    std::string client;
    std::uint64_t dial = 0;
};

[[nodiscard]] base::Bytes encode(const Blob &blob);
// Nothing: not ours, or of another version.
[[nodiscard]] std::optional<Blob> decode_blob(base::View bytes);

}  // namespace rtun::daemon
