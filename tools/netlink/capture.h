// SPDX-License-Identifier: GPL-2.0-or-later
//
// Copies of the PPP frames of one session, on a socket of their own: the kernel ends the capture
// when that closes, whatever ends this program. Needs no daemon, and disturbs none.
#pragma once

#include <base/bytes.h>
#include <base/result.h>
#include <netlink/kernel.h>
#include <netlink/message.h>
#include <netlink/socket.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::netlink {

struct CapturedFrame {
    enum class Direction : std::uint8_t { Unknown, FromPeer, ToPeer };

    std::uint64_t time = 0;  // ns since the epoch
    Direction direction = Direction::Unknown;
    std::uint32_t length = 0;  // of the whole frame
    std::uint32_t lost = 0;    // frames that were not read in time, before this one
    base::Bytes data;          // from the protocol field on, cut off where it was too long
};
// The last: the session has gone, or stop() was called.
struct CaptureEnd {
    std::uint32_t lost = 0;
};
using Captured = std::variant<CapturedFrame, CaptureEnd>;

inline constexpr std::uint32_t CaptureSnapLength = 16384;  // octets of data at the most

// Pure, for tests: a request, and what the kernel sends; nothing for another message of the family.
[[nodiscard]] Message build_capture_start(std::uint16_t family, SessionId session);
[[nodiscard]] Message build_capture_stop(std::uint16_t family, SessionId session);
[[nodiscard]] base::Result<std::optional<Captured>> parse_captured(const Received &message);

class Capture {
public:
    // The module is there already (open_kernel()).
    [[nodiscard]] static base::Result<Capture> start(SessionId session);

    [[nodiscard]] std::vector<int> descriptors() const { return socket_.descriptors(); }
    // What has arrived by now; does not block.
    [[nodiscard]] base::Result<std::vector<Captured>> read();
    // CaptureEnd follows what was captured before.
    [[nodiscard]] base::Status stop();

private:
    Capture(Socket socket, std::uint16_t family, SessionId session)
        : socket_(std::move(socket)), family_(family), session_(session) {}

    Socket socket_;
    std::uint16_t family_;
    SessionId session_;
};

}  // namespace rtun::netlink
