// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a pseudowire's session carries for us in the kernel (RTUN_A_SESSION_BLOB): the properties
// that the kernel does not need and that nothing else would remember. Lines of "KEY VALUE" behind a
// first line that says whose they are.
#pragma once

#include <base/bytes.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rtun::pseudowire {

struct Record {
    std::string name;  // of the interface when it was made
    std::string comment;
    bool enabled = true;
    bool circuit_up = true;     // as configured: while it is disabled the kernel's is down
    std::uint32_t mtu = 0;      // as configured; 0: as the path allows
    bool mac_auto = true;       // mac-address was given by the kernel
    bool fragment_auto = true;  // dont-fragment, likewise what the tunnel has
    bool operator==(const Record &) const = default;
};

[[nodiscard]] base::Bytes encode_record(const Record &record);
// Nothing if it is not one of ours.
[[nodiscard]] std::optional<Record> decode_record(base::View octets);

}  // namespace rtun::pseudowire
