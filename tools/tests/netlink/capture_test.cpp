// SPDX-License-Identifier: GPL-2.0-or-later
//
// Captured frames as the kernel tells them.
#include <netlink/capture.h>
#include <netlink/genl.h>
#include <tests/netlink/received.h>

#include <linux/rtun.h>

namespace rtun::netlink {
namespace {

Message answer(std::uint8_t command) { return genl_message(31, command, RTUN_GENL_VERSION); }

Message &time(Message &message, std::uint64_t value) {
    return message.bytes(RTUN_A_CAPTURE_TIME, bytes_of(value));
}

TEST(Capture, a_frame_has_its_time_its_direction_and_what_was_lost) {
    Message message = answer(RTUN_CMD_CAPTURE);
    message.begin(RTUN_A_CAPTURE).u32(RTUN_A_CAPTURE_SESSION_ID, 7);
    time(message, 1234567890123456789)
        .u32(RTUN_A_CAPTURE_DIRECTION, RTUN_CAPTURE_TX)
        .u32(RTUN_A_CAPTURE_LENGTH, 9000)
        .u32(RTUN_A_CAPTURE_LOST, 3)
        .bytes(RTUN_A_CAPTURE_DATA, base::Bytes{0xc0, 0x21, 9})
        .end();
    const Datagram datagram = received(message);
    const auto captured = parse_captured(datagram.messages[0]);
    ASSERT_TRUE(captured && *captured);
    const auto *frame = std::get_if<CapturedFrame>(&**captured);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(frame->time, 1234567890123456789U);
    EXPECT_EQ(frame->direction, CapturedFrame::Direction::ToPeer);
    EXPECT_EQ(frame->length, 9000U);
    EXPECT_EQ(frame->lost, 3U);
    EXPECT_EQ(frame->data, (base::Bytes{0xc0, 0x21, 9}));
}

TEST(Capture, its_end_tells_what_was_lost_last) {
    Message message = answer(RTUN_CMD_CAPTURE_STOP);
    message.begin(RTUN_A_CAPTURE)
        .u32(RTUN_A_CAPTURE_SESSION_ID, 7)
        .u32(RTUN_A_CAPTURE_LOST, 12)
        .end();
    const Datagram datagram = received(message);
    const auto captured = parse_captured(datagram.messages[0]);
    ASSERT_TRUE(captured && *captured);
    const auto *end = std::get_if<CaptureEnd>(&**captured);
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->lost, 12U);
}

TEST(Capture, another_message_of_the_family_is_none) {
    const Message message = answer(RTUN_CMD_EVENT);
    const Datagram datagram = received(message);
    const auto captured = parse_captured(datagram.messages[0]);
    ASSERT_TRUE(captured);
    EXPECT_FALSE(*captured);
}

TEST(Capture, a_frame_without_one_of_its_parts_is_refused) {
    for (int without = 0; without < 4; without++) {
        Message message = answer(RTUN_CMD_CAPTURE);
        message.begin(RTUN_A_CAPTURE);
        if (without != 0)
            time(message, 1);
        if (without != 1)
            message.u32(RTUN_A_CAPTURE_DIRECTION, RTUN_CAPTURE_RX);
        if (without != 2)
            message.u32(RTUN_A_CAPTURE_LENGTH, 2);
        if (without != 3)
            message.bytes(RTUN_A_CAPTURE_DATA, base::Bytes{0, 0x21});
        message.end();
        const Datagram datagram = received(message);
        EXPECT_FALSE(parse_captured(datagram.messages[0])) << without;
    }
}

TEST(Capture, the_requests_name_the_session) {
    for (const bool start : {true, false}) {
        const Message message =
            start ? build_capture_start(31, SessionId{7}) : build_capture_stop(31, SessionId{7});
        const Datagram datagram = received(message);
        EXPECT_EQ(genl_command(datagram.messages[0]),
                  start ? RTUN_CMD_CAPTURE_START : RTUN_CMD_CAPTURE_STOP);
        EXPECT_EQ(datagram.messages[0]
                      .attributes(GenlHeader)
                      .nest(RTUN_A_CAPTURE)
                      .u32(RTUN_A_CAPTURE_SESSION_ID),
                  7U);
    }
}

}  // namespace
}  // namespace rtun::netlink
