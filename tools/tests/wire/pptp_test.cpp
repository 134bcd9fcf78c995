// SPDX-License-Identifier: GPL-2.0-or-later
//
// The control messages of RFC 2637 section 2 against octets written down from its diagrams.
#include <wire/pptp.h>

#include <tests/fake/hex.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rtun::wire::pptp {
namespace {

using fake::hex;

// A text field: its octets and zeros up to its width.
std::string field(const std::string &text, std::size_t width = 64) {
    base::Bytes octets(text.begin(), text.end());
    octets.resize(width);
    return base::to_hex(octets);
}

struct Case {
    std::string name;
    Message message;
    std::string octets;
};

// Every field has a value of its own, so that two that are swapped show.
std::vector<Case> cases() {
    return {
        {"Start-Control-Connection-Request",
         StartControlConnectionRequest{.version = 0x0100,
                                       .framing = 1,
                                       .bearer = 2,
                                       .max_channels = 0x0304,
                                       .firmware = 0x0506,
                                       .host_name = "client.example",
                                       .vendor = "rtun"},
         "009c 0001 1a2b3c4d 0001 0000 0100 0000 00000001 00000002 0304 0506" +
             field("client.example") + field("rtun")},
        {"Start-Control-Connection-Reply",
         StartControlConnectionReply{.version = 0x0101,
                                     .result = 2,
                                     .error = 6,
                                     .framing = 2,
                                     .bearer = 1,
                                     .max_channels = 7,
                                     .firmware = 0x0102,
                                     .host_name = "local",
                                     .vendor = "linux"},
         "009c 0001 1a2b3c4d 0002 0000 0101 02 06 00000002 00000001 0007 0102" + field("local") +
             field("linux")},
        {"Stop-Control-Connection-Request",
         StopControlConnectionRequest{.reason = StopReason::StopLocalShutdown},
         "0010 0001 1a2b3c4d 0003 0000 03 00 0000"},
        {"Stop-Control-Connection-Reply", StopControlConnectionReply{.result = 2, .error = 6},
         "0010 0001 1a2b3c4d 0004 0000 02 06 0000"},
        {"Echo-Request", EchoRequest{.identifier = 0xdeadbeef},
         "0010 0001 1a2b3c4d 0005 0000 deadbeef"},
        {"Echo-Reply", EchoReply{.identifier = 0xdeadbeef, .result = 1, .error = 3},
         "0014 0001 1a2b3c4d 0006 0000 deadbeef 01 03 0000"},
        {"Outgoing-Call-Request",
         OutgoingCallRequest{.call_id = 0x1234,
                             .serial = 0x5678,
                             .minimum_bps = 300,
                             .maximum_bps = 100000000,
                             .bearer = 1,
                             .framing = 2,
                             .window = 64,
                             .processing_delay = 5,
                             .phone_number = "5550100",
                             .sub_address = "12"},
         "00a8 0001 1a2b3c4d 0007 0000 1234 5678 0000012c 05f5e100 00000001 00000002"
         "0040 0005 0007 0000" +
             field("5550100") + field("12")},
        {"Outgoing-Call-Reply",
         OutgoingCallReply{.call_id = 0xabcd,
                           .peer_call_id = 0x1234,
                           .result = 2,
                           .error = 4,
                           .cause = 0x0010,
                           .connect_speed = 10000000,
                           .window = 3,
                           .processing_delay = 5,
                           .physical_channel = 9},
         "0020 0001 1a2b3c4d 0008 0000 abcd 1234 02 04 0010 00989680 0003 0005 00000009"},
        {"Incoming-Call-Request",
         IncomingCallRequest{.call_id = 0x1111,
                             .serial = 0x2222,
                             .bearer = 2,
                             .physical_channel = 0x33333333,
                             .dialed_number = "123",
                             .dialing_number = "4567",
                             .sub_address = "8"},
         "00dc 0001 1a2b3c4d 0009 0000 1111 2222 00000002 33333333 0003 0004" + field("123") +
             field("4567") + field("8")},
        {"Incoming-Call-Reply",
         IncomingCallReply{.call_id = 0x4444,
                           .peer_call_id = 0x1111,
                           .result = 3,
                           .error = 1,
                           .window = 16,
                           .transmit_delay = 2},
         "0018 0001 1a2b3c4d 000a 0000 4444 1111 03 01 0010 0002 0000"},
        {"Incoming-Call-Connected",
         IncomingCallConnected{.peer_call_id = 0x4444,
                               .connect_speed = 64000,
                               .window = 20,
                               .transmit_delay = 1,
                               .framing = 2},
         "001c 0001 1a2b3c4d 000b 0000 4444 0000 0000fa00 0014 0001 00000002"},
        {"Call-Clear-Request", CallClearRequest{.call_id = 0x1234},
         "0010 0001 1a2b3c4d 000c 0000 1234 0000"},
        {"Call-Disconnect-Notify",
         CallDisconnectNotify{
             .call_id = 0xabcd, .result = 4, .error = 2, .cause = 16, .statistics = "rx 10 tx 20"},
         "0094 0001 1a2b3c4d 000d 0000 abcd 04 02 0010 0000" + field("rx 10 tx 20", 128)},
        {"WAN-Error-Notify",
         WanErrorNotify{.peer_call_id = 0x1234,
                        .crc_errors = 1,
                        .framing_errors = 2,
                        .hardware_overruns = 3,
                        .buffer_overruns = 4,
                        .timeout_errors = 5,
                        .alignment_errors = 6},
         "0028 0001 1a2b3c4d 000e 0000 1234 0000"
         "00000001 00000002 00000003 00000004 00000005 00000006"},
        {"Set-Link-Info",
         SetLinkInfo{.peer_call_id = 0xabcd, .send_accm = 0xffffffff, .receive_accm = 0x000a0000},
         "0018 0001 1a2b3c4d 000f 0000 abcd 0000 ffffffff 000a0000"},
    };
}

// The lengths as RFC 2637 draws them, typed a second time.
constexpr std::size_t lengths[] = {156, 156, 16, 16, 16, 20, 168, 32, 220, 24, 28, 16, 148, 40, 24};

Message decoded(base::View octets) {
    base::Reader stream(octets);
    const Next next = pptp::next(stream);
    const auto *message = std::get_if<Message>(&next);
    EXPECT_NE(message, nullptr);
    EXPECT_TRUE(stream.done());
    return message != nullptr ? *message : Message{};
}

Malformed refused(base::View octets) {
    base::Reader stream(octets);
    const Next next = pptp::next(stream);
    const auto *bad = std::get_if<Malformed>(&next);
    EXPECT_NE(bad, nullptr) << base::to_hex(octets);
    EXPECT_EQ(stream.left(), octets.size());
    return bad != nullptr ? *bad : Malformed{.kind = {}, .text = "accepted"};
}

class PptpMessage : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(all, PptpMessage, testing::ValuesIn(cases()), [](const auto &test) {
    std::string name = test.param.name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST_P(PptpMessage, is_written_as_the_diagram_says) {
    EXPECT_EQ(base::to_hex(encode(GetParam().message)), base::to_hex(hex(GetParam().octets)));
}

TEST_P(PptpMessage, is_read_back) {
    EXPECT_EQ(decoded(hex(GetParam().octets)), GetParam().message);
}

TEST_P(PptpMessage, has_the_name_type_and_length_of_the_rfc) {
    const MessageType type = type_of(GetParam().message);
    EXPECT_EQ(name(type), GetParam().name);
    EXPECT_EQ(static_cast<std::size_t>(type), GetParam().message.index() + 1);
    EXPECT_EQ(length_of(type), lengths[GetParam().message.index()]);
    EXPECT_EQ(hex(GetParam().octets).size(), length_of(type));
}

TEST_P(PptpMessage, is_not_there_until_its_last_octet) {
    const base::Bytes octets = hex(GetParam().octets);
    for (std::size_t size = 0; size < octets.size(); ++size) {
        base::Reader stream(base::View(octets).first(size));
        EXPECT_TRUE(std::holds_alternative<NeedMore>(next(stream))) << size;
        EXPECT_EQ(stream.left(), size);
    }
}

TEST_P(PptpMessage, of_any_other_length_is_malformed) {
    base::Bytes octets = hex(GetParam().octets);
    const std::size_t right = octets.size();
    for (std::size_t length = 0; length <= 65535; length += length < 300 ? 1 : 97) {
        if (length == right)
            continue;
        octets[0] = static_cast<std::uint8_t>(length >> 8);
        octets[1] = static_cast<std::uint8_t>(length & 0xff);
        EXPECT_EQ(refused(octets).kind, Malformed::Kind::BadLength) << length;
    }
}

TEST_P(PptpMessage, leaves_what_follows_in_the_stream) {
    base::Bytes octets = hex(GetParam().octets);
    const std::size_t length = octets.size();
    octets.insert(octets.end(), {0, 16, 0});
    base::Reader stream(octets);
    const Next first = next(stream);
    ASSERT_TRUE(std::holds_alternative<Message>(first));
    EXPECT_EQ(std::get<Message>(first), GetParam().message);
    EXPECT_EQ(stream.left(), octets.size() - length);
    EXPECT_TRUE(std::holds_alternative<NeedMore>(next(stream)));
}

TEST(PptpCodec, a_length_of_zero_is_malformed_with_two_octets_known) {
    EXPECT_EQ(refused(hex("0000")).text, "a message of length 0, shorter than its header");
    EXPECT_EQ(refused(hex("000b")).kind, Malformed::Kind::BadLength);
}

TEST(PptpCodec, each_field_of_the_header_is_checked_as_soon_as_it_is_there) {
    EXPECT_EQ(refused(hex("0010 0002")).kind, Malformed::Kind::NotControl);
    EXPECT_EQ(refused(hex("0010 0001 1a2b3c4e")).kind, Malformed::Kind::BadMagic);
    EXPECT_EQ(refused(hex("00dd 0001 1a2b3c4d 0010")).kind, Malformed::Kind::BadLength);
    EXPECT_EQ(refused(hex("ffff 0001 1a2b3c4d 0000")).kind, Malformed::Kind::BadLength);
    EXPECT_EQ(refused(hex("0010 0001 1a2b3c4d 0006")).kind, Malformed::Kind::BadLength);
}

TEST(PptpCodec, refusals_say_what_is_wrong) {
    EXPECT_EQ(refused(hex("0010 0002")).text,
              "a message of PPTP message type 2, which is not a control message");
    EXPECT_EQ(refused(hex("0010 0001 00000000")).text, "a message with a wrong magic cookie");
    EXPECT_EQ(refused(hex("00dd 0001 1a2b3c4d 0010")).text,
              "a control message of unknown type 16 and length 221, longer than any");
    EXPECT_EQ(refused(hex("0010 0001 1a2b3c4d 0006")).text,
              "Echo-Reply of length 16, which has to be 20");
}

TEST(PptpCodec, a_message_of_an_unknown_type_is_passed_over_as_a_whole) {
    for (const int code : {0, 16, 17, 255, 65535}) {
        const auto type = static_cast<std::uint16_t>(code);
        for (const std::size_t length : {std::size_t{12}, std::size_t{16}, message_max}) {
            base::Writer out;
            out.be16(static_cast<std::uint16_t>(length)).be16(1).be32(magic_cookie).be16(type);
            out.zeros(length - out.position());
            for (std::size_t size = 0; size < length; ++size) {
                base::Reader part(base::View(out.view()).first(size));
                EXPECT_TRUE(std::holds_alternative<NeedMore>(next(part))) << size;
                EXPECT_EQ(part.left(), size);
            }
            out.u8(7);
            base::Reader stream(out.view());
            const Next got = next(stream);
            ASSERT_TRUE(std::holds_alternative<Unknown>(got)) << type << " " << length;
            EXPECT_EQ(std::get<Unknown>(got).type, type);
            EXPECT_EQ(stream.left(), 1U);
        }
    }
}

TEST(PptpCodec, another_protocol_is_not_mistaken_for_pptp) {
    EXPECT_EQ(refused(base::as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n")).kind,
              Malformed::Kind::NotControl);
    EXPECT_EQ(refused(base::as_bytes("SSH-2.0-OpenSSH_9.2\r\n")).kind, Malformed::Kind::NotControl);
}

TEST(PptpCodec, reserved_fields_are_not_looked_at) {
    EXPECT_EQ(decoded(hex("0010 0001 1a2b3c4d 0003 ffff 01 ff ffff")),
              Message(StopControlConnectionRequest{.reason = StopReason::None}));
    EXPECT_EQ(decoded(hex("0018 0001 1a2b3c4d 000f ffff abcd ffff 00000001 00000002")),
              Message(SetLinkInfo{.peer_call_id = 0xabcd, .send_accm = 1, .receive_accm = 2}));
}

TEST(PptpCodec, a_text_ends_at_its_first_nul_or_at_its_width) {
    StartControlConnectionReply reply;
    reply.host_name = std::string(64, 'h');
    reply.vendor = std::string("a\0b", 3);
    const Message got = decoded(encode(reply));
    EXPECT_EQ(std::get<StartControlConnectionReply>(got).host_name, std::string(64, 'h'));
    EXPECT_EQ(std::get<StartControlConnectionReply>(got).vendor, "a");
}

TEST(PptpCodec, a_text_too_long_is_cut_and_its_length_field_with_it) {
    OutgoingCallRequest request;
    request.phone_number = std::string(100, '5');
    const base::Bytes octets = encode(request);
    EXPECT_EQ(octets.size(), 168U);
    EXPECT_EQ(octets[36], 0);
    EXPECT_EQ(octets[37], 64);
    EXPECT_EQ(std::get<OutgoingCallRequest>(decoded(octets)).phone_number, std::string(64, '5'));
    EXPECT_EQ(std::get<OutgoingCallRequest>(decoded(octets)).sub_address, "");
}

TEST(PptpCodec, the_length_field_of_a_telephone_number_is_not_believed) {
    OutgoingCallRequest request;
    request.phone_number = "123";
    base::Bytes octets = encode(request);
    octets[36] = 0xff;
    octets[37] = 0xff;
    EXPECT_EQ(std::get<OutgoingCallRequest>(decoded(octets)).phone_number, "123");
}

TEST(PptpCodec, any_value_of_a_code_is_carried) {
    const Message got = decoded(hex("0010 0001 1a2b3c4d 0003 0000 ff 00 0000"));
    EXPECT_EQ(static_cast<int>(std::get<StopControlConnectionRequest>(got).reason), 0xff);
}

}  // namespace
}  // namespace rtun::wire::pptp
