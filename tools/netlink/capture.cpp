// SPDX-License-Identifier: GPL-2.0-or-later
//
// RTUN_CMD_CAPTURE and its two requests.
#include <netlink/capture.h>

#include <netlink/codec.h>
#include <netlink/genl.h>

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/rtun.h>

#include <cerrno>
#include <string>

namespace rtun::netlink {

using base::ErrorCode;
using base::fail;

static_assert(CaptureSnapLength == RTUN_CAPTURE_MAX);

namespace {

Message build(std::uint16_t family, std::uint8_t command, SessionId session) {
    Message message = genl_message(family, command, RTUN_GENL_VERSION);
    message.begin(RTUN_A_CAPTURE)
        .u32(RTUN_A_CAPTURE_SESSION_ID, static_cast<std::uint32_t>(session))
        .end();
    return message;
}

CapturedFrame::Direction direction_of(std::uint32_t number) {
    switch (number) {
    case RTUN_CAPTURE_RX:
        return CapturedFrame::Direction::FromPeer;
    case RTUN_CAPTURE_TX:
        return CapturedFrame::Direction::ToPeer;
    default:  // a number from the wire
        return CapturedFrame::Direction::Unknown;
    }
}

base::Result<Captured> parse_frame(const Attributes &from) {
    const auto time = from.u64(RTUN_A_CAPTURE_TIME);
    const auto direction = from.u32(RTUN_A_CAPTURE_DIRECTION);
    const auto length = from.u32(RTUN_A_CAPTURE_LENGTH);
    const std::uint32_t lost = from.u32(RTUN_A_CAPTURE_LOST).value_or(0);
    const auto data = from.bytes(RTUN_A_CAPTURE_DATA);
    if (!time || !direction || !length || !data || !from.ok())
        return fail(ErrorCode::System, "malformed captured frame from the kernel", EBADMSG);
    return CapturedFrame{.time = *time,
                         .direction = direction_of(*direction),
                         .length = *length,
                         .lost = lost,
                         .data = base::Bytes(data->begin(), data->end())};
}

std::string text_of(SessionId session) {
    return fmt::format("capture of session {}", static_cast<std::uint32_t>(session));
}

}  // namespace

Message build_capture_start(std::uint16_t family, SessionId session) {
    return build(family, RTUN_CMD_CAPTURE_START, session);
}

Message build_capture_stop(std::uint16_t family, SessionId session) {
    return build(family, RTUN_CMD_CAPTURE_STOP, session);
}

base::Result<std::optional<Captured>> parse_captured(const Received &message) {
    const std::uint8_t command = genl_command(message);
    if (command != RTUN_CMD_CAPTURE && command != RTUN_CMD_CAPTURE_STOP)
        return std::optional<Captured>{};
    const Attributes top = message.attributes(GenlHeader);
    const Attributes from = top.nest(RTUN_A_CAPTURE);
    if (command == RTUN_CMD_CAPTURE)
        return TRY(parse_frame(from));
    return CaptureEnd{.lost = from.u32(RTUN_A_CAPTURE_LOST).value_or(0)};
}

base::Result<Capture> Capture::start(SessionId session) {
    Socket socket = TRY(Socket::open(NETLINK_GENERIC, attribute_name));
    const GenlFamily family = TRY(resolve(socket, RTUN_GENL_NAME));
    TRY(socket.request(build_capture_start(family.id, session), text_of(session)));
    return Capture(std::move(socket), family.id, session);
}

base::Result<std::vector<Captured>> Capture::read() {
    // That the buffer overflowed is not asked for here: the kernel counts what it cost.
    const Socket::Unasked unasked = TRY(socket_.receive());
    std::vector<Captured> all;
    for (const Datagram &datagram : unasked.datagrams) {
        for (const Received &received : datagram.messages) {
            if (received.type != family_)
                continue;
            auto captured = TRY(parse_captured(received));
            if (captured)
                all.push_back(std::move(*captured));
        }
    }
    return all;
}

base::Status Capture::stop() {
    TRY(socket_.request(build_capture_stop(family_, session_), text_of(session_)));
    return {};
}

}  // namespace rtun::netlink
