// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words for an encoding.
#include <netlink/mppe.h>

#include <fmt/format.h>

namespace rtun::netlink {

namespace {

bool encrypts(const std::optional<MppeMode> &mode) { return mode && mode->bits != 0; }

std::string words(const std::optional<MppeMode> &mode) {
    if (!encrypts(mode))
        return "none";
    return fmt::format("MPPE{} {}", mode->bits, mode->stateful ? "stateful" : "stateless");
}

bool weak(const std::optional<MppeMode> &mode) { return encrypts(mode) && mode->bits < 128; }

}  // namespace

std::string encoding(const std::optional<MppeMode> &send, const std::optional<MppeMode> &receive) {
    const std::string one = words(send);
    const std::string other = words(receive);
    return one == other ? one : fmt::format("{}/{}", one, other);
}

bool insecure(const std::optional<MppeMode> &send, const std::optional<MppeMode> &receive) {
    return weak(send) || weak(receive);
}

}  // namespace rtun::netlink
