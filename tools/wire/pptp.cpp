// SPDX-License-Identifier: GPL-2.0-or-later
//
// PPTP control messages to octets and back. Each message has one body() that reads its fields and
// one that writes them, in the order of its diagram in RFC 2637 sections 2.1 to 2.15.
#include <wire/pptp.h>

#include <base/result.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rtun::wire::pptp {

using base::Reader;
using base::Writer;

namespace {

// Length, PPTP message type, magic cookie, control message type and Reserved0.
constexpr std::size_t header_length = 12;
constexpr std::uint16_t control_message = 1;

struct Kind {
    std::string_view name;
    std::size_t length;
};

// Section 1.4; the lengths are those of the diagrams.
constexpr std::array<Kind, std::variant_size_v<Message>> kinds{{
    {"Start-Control-Connection-Request", 156},
    {"Start-Control-Connection-Reply", 156},
    {"Stop-Control-Connection-Request", 16},
    {"Stop-Control-Connection-Reply", 16},
    {"Echo-Request", 16},
    {"Echo-Reply", 20},
    {"Outgoing-Call-Request", 168},
    {"Outgoing-Call-Reply", 32},
    {"Incoming-Call-Request", 220},
    {"Incoming-Call-Reply", 24},
    {"Incoming-Call-Connected", 28},
    {"Call-Clear-Request", 16},
    {"Call-Disconnect-Notify", 148},
    {"WAN-Error-Notify", 40},
    {"Set-Link-Info", 24},
}};
static_assert(std::ranges::max(kinds, {}, &Kind::length).length == message_max);

const Kind &kind_of(MessageType type) { return kinds.at(static_cast<std::size_t>(type) - 1); }

// The length field of a telephone number.
std::uint16_t digits(const std::string &number) {
    return static_cast<std::uint16_t>(std::min(number.size(), text_width));
}

StartControlConnectionRequest start_request(Reader &in) {
    StartControlConnectionRequest m;
    m.version = in.be16();
    in.skip(2);  // Reserved1
    m.framing = in.be32();
    m.bearer = in.be32();
    m.max_channels = in.be16();
    m.firmware = in.be16();
    m.host_name = in.text(text_width);
    m.vendor = in.text(text_width);
    return m;
}
void body(Writer &out, const StartControlConnectionRequest &m) {
    out.be16(m.version).zeros(2);
    out.be32(m.framing).be32(m.bearer);
    out.be16(m.max_channels).be16(m.firmware);
    out.text(m.host_name, text_width).text(m.vendor, text_width);
}

StartControlConnectionReply start_reply(Reader &in) {
    StartControlConnectionReply m;
    m.version = in.be16();
    m.result = in.u8();
    m.error = in.u8();
    m.framing = in.be32();
    m.bearer = in.be32();
    m.max_channels = in.be16();
    m.firmware = in.be16();
    m.host_name = in.text(text_width);
    m.vendor = in.text(text_width);
    return m;
}
void body(Writer &out, const StartControlConnectionReply &m) {
    out.be16(m.version).u8(m.result).u8(m.error);
    out.be32(m.framing).be32(m.bearer);
    out.be16(m.max_channels).be16(m.firmware);
    out.text(m.host_name, text_width).text(m.vendor, text_width);
}

StopControlConnectionRequest stop_request(Reader &in) {
    StopControlConnectionRequest m;
    m.reason = static_cast<StopReason>(in.u8());
    in.skip(3);  // Reserved1, Reserved2
    return m;
}
void body(Writer &out, const StopControlConnectionRequest &m) {
    out.u8(static_cast<std::uint8_t>(m.reason)).zeros(3);
}

StopControlConnectionReply stop_reply(Reader &in) {
    StopControlConnectionReply m;
    m.result = in.u8();
    m.error = in.u8();
    in.skip(2);  // Reserved1
    return m;
}
void body(Writer &out, const StopControlConnectionReply &m) {
    out.u8(m.result).u8(m.error).zeros(2);
}

EchoRequest echo_request(Reader &in) { return {.identifier = in.be32()}; }
void body(Writer &out, const EchoRequest &m) { out.be32(m.identifier); }

EchoReply echo_reply(Reader &in) {
    EchoReply m;
    m.identifier = in.be32();
    m.result = in.u8();
    m.error = in.u8();
    in.skip(2);  // Reserved1
    return m;
}
void body(Writer &out, const EchoReply &m) {
    out.be32(m.identifier).u8(m.result).u8(m.error).zeros(2);
}

OutgoingCallRequest outgoing_call_request(Reader &in) {
    OutgoingCallRequest m;
    m.call_id = in.be16();
    m.serial = in.be16();
    m.minimum_bps = in.be32();
    m.maximum_bps = in.be32();
    m.bearer = in.be32();
    m.framing = in.be32();
    m.window = in.be16();
    m.processing_delay = in.be16();
    in.skip(2);  // Phone Number Length
    in.skip(2);  // Reserved1
    m.phone_number = in.text(text_width);
    m.sub_address = in.text(text_width);
    return m;
}
void body(Writer &out, const OutgoingCallRequest &m) {
    out.be16(m.call_id).be16(m.serial);
    out.be32(m.minimum_bps).be32(m.maximum_bps);
    out.be32(m.bearer).be32(m.framing);
    out.be16(m.window).be16(m.processing_delay);
    out.be16(digits(m.phone_number)).zeros(2);
    out.text(m.phone_number, text_width).text(m.sub_address, text_width);
}

OutgoingCallReply outgoing_call_reply(Reader &in) {
    OutgoingCallReply m;
    m.call_id = in.be16();
    m.peer_call_id = in.be16();
    m.result = in.u8();
    m.error = in.u8();
    m.cause = in.be16();
    m.connect_speed = in.be32();
    m.window = in.be16();
    m.processing_delay = in.be16();
    m.physical_channel = in.be32();
    return m;
}
void body(Writer &out, const OutgoingCallReply &m) {
    out.be16(m.call_id).be16(m.peer_call_id);
    out.u8(m.result).u8(m.error).be16(m.cause);
    out.be32(m.connect_speed);
    out.be16(m.window).be16(m.processing_delay);
    out.be32(m.physical_channel);
}

IncomingCallRequest incoming_call_request(Reader &in) {
    IncomingCallRequest m;
    m.call_id = in.be16();
    m.serial = in.be16();
    m.bearer = in.be32();
    m.physical_channel = in.be32();
    in.skip(2);  // Dialed Number Length
    in.skip(2);  // Dialing Number Length
    m.dialed_number = in.text(text_width);
    m.dialing_number = in.text(text_width);
    m.sub_address = in.text(text_width);
    return m;
}
void body(Writer &out, const IncomingCallRequest &m) {
    out.be16(m.call_id).be16(m.serial);
    out.be32(m.bearer).be32(m.physical_channel);
    out.be16(digits(m.dialed_number)).be16(digits(m.dialing_number));
    out.text(m.dialed_number, text_width).text(m.dialing_number, text_width);
    out.text(m.sub_address, text_width);
}

IncomingCallReply incoming_call_reply(Reader &in) {
    IncomingCallReply m;
    m.call_id = in.be16();
    m.peer_call_id = in.be16();
    m.result = in.u8();
    m.error = in.u8();
    m.window = in.be16();
    m.transmit_delay = in.be16();
    in.skip(2);  // Reserved1
    return m;
}
void body(Writer &out, const IncomingCallReply &m) {
    out.be16(m.call_id).be16(m.peer_call_id);
    out.u8(m.result).u8(m.error).be16(m.window);
    out.be16(m.transmit_delay).zeros(2);
}

IncomingCallConnected incoming_call_connected(Reader &in) {
    IncomingCallConnected m;
    m.peer_call_id = in.be16();
    in.skip(2);  // Reserved1
    m.connect_speed = in.be32();
    m.window = in.be16();
    m.transmit_delay = in.be16();
    m.framing = in.be32();
    return m;
}
void body(Writer &out, const IncomingCallConnected &m) {
    out.be16(m.peer_call_id).zeros(2);
    out.be32(m.connect_speed);
    out.be16(m.window).be16(m.transmit_delay);
    out.be32(m.framing);
}

CallClearRequest call_clear_request(Reader &in) {
    CallClearRequest m;
    m.call_id = in.be16();
    in.skip(2);  // Reserved1
    return m;
}
void body(Writer &out, const CallClearRequest &m) { out.be16(m.call_id).zeros(2); }

CallDisconnectNotify call_disconnect_notify(Reader &in) {
    CallDisconnectNotify m;
    m.call_id = in.be16();
    m.result = in.u8();
    m.error = in.u8();
    m.cause = in.be16();
    in.skip(2);  // Reserved1
    m.statistics = in.text(statistics_width);
    return m;
}
void body(Writer &out, const CallDisconnectNotify &m) {
    out.be16(m.call_id).u8(m.result).u8(m.error);
    out.be16(m.cause).zeros(2);
    out.text(m.statistics, statistics_width);
}

WanErrorNotify wan_error_notify(Reader &in) {
    WanErrorNotify m;
    m.peer_call_id = in.be16();
    in.skip(2);  // Reserved1
    m.crc_errors = in.be32();
    m.framing_errors = in.be32();
    m.hardware_overruns = in.be32();
    m.buffer_overruns = in.be32();
    m.timeout_errors = in.be32();
    m.alignment_errors = in.be32();
    return m;
}
void body(Writer &out, const WanErrorNotify &m) {
    out.be16(m.peer_call_id).zeros(2);
    out.be32(m.crc_errors).be32(m.framing_errors);
    out.be32(m.hardware_overruns).be32(m.buffer_overruns);
    out.be32(m.timeout_errors).be32(m.alignment_errors);
}

SetLinkInfo set_link_info(Reader &in) {
    SetLinkInfo m;
    m.peer_call_id = in.be16();
    in.skip(2);  // Reserved1
    m.send_accm = in.be32();
    m.receive_accm = in.be32();
    return m;
}
void body(Writer &out, const SetLinkInfo &m) {
    out.be16(m.peer_call_id).zeros(2);
    out.be32(m.send_accm).be32(m.receive_accm);
}

Message decode_body(MessageType type, Reader &in) {
    switch (type) {
    case MessageType::StartControlConnectionRequest:
        return start_request(in);
    case MessageType::StartControlConnectionReply:
        return start_reply(in);
    case MessageType::StopControlConnectionRequest:
        return stop_request(in);
    case MessageType::StopControlConnectionReply:
        return stop_reply(in);
    case MessageType::EchoRequest:
        return echo_request(in);
    case MessageType::EchoReply:
        return echo_reply(in);
    case MessageType::OutgoingCallRequest:
        return outgoing_call_request(in);
    case MessageType::OutgoingCallReply:
        return outgoing_call_reply(in);
    case MessageType::IncomingCallRequest:
        return incoming_call_request(in);
    case MessageType::IncomingCallReply:
        return incoming_call_reply(in);
    case MessageType::IncomingCallConnected:
        return incoming_call_connected(in);
    case MessageType::CallClearRequest:
        return call_clear_request(in);
    case MessageType::CallDisconnectNotify:
        return call_disconnect_notify(in);
    case MessageType::WanErrorNotify:
        return wan_error_notify(in);
    case MessageType::SetLinkInfo:
        return set_link_info(in);
    }
    base::assert_failed("a message type that next() let through", __FILE__, __LINE__);
}

Malformed malformed(Malformed::Kind kind, std::string text) {
    return {.kind = kind, .text = std::move(text)};
}

Next unknown(std::uint16_t code, std::uint16_t length, Reader &stream) {
    if (length > message_max)
        return malformed(Malformed::Kind::BadLength,
                         "a control message of unknown type " + std::to_string(code) +
                             " and length " + std::to_string(length) + ", longer than any");
    if (stream.left() < length)
        return NeedMore{};
    stream.skip(length);
    return Unknown{code};
}

}  // namespace

MessageType type_of(const Message &message) {
    return static_cast<MessageType>(message.index() + 1);
}

std::string_view name(MessageType type) { return kind_of(type).name; }

std::size_t length_of(MessageType type) { return kind_of(type).length; }

base::Bytes encode(const Message &message) {
    const MessageType type = type_of(message);
    Writer out;
    out.be16(static_cast<std::uint16_t>(length_of(type)));
    out.be16(control_message);
    out.be32(magic_cookie);
    out.be16(static_cast<std::uint16_t>(type));
    out.zeros(2);  // Reserved0
    std::visit([&out](const auto &m) { body(out, m); }, message);
    return out.take();
}

Next next(base::Reader &stream) {
    // Field by field and each checked as soon as it is there, so that the answer is the same
    // however TCP cuts the stream.
    Reader in = stream;
    if (in.left() < 2)
        return NeedMore{};
    const std::uint16_t length = in.be16();
    if (length < header_length)
        return malformed(Malformed::Kind::BadLength, "a message of length " +
                                                         std::to_string(length) +
                                                         ", shorter than its header");
    if (in.left() < 2)
        return NeedMore{};
    if (const std::uint16_t type = in.be16(); type != control_message)
        return malformed(Malformed::Kind::NotControl, "a message of PPTP message type " +
                                                          std::to_string(type) +
                                                          ", which is not a control message");
    if (in.left() < 4)
        return NeedMore{};
    if (in.be32() != magic_cookie)
        return malformed(Malformed::Kind::BadMagic, "a message with a wrong magic cookie");
    if (in.left() < 2)
        return NeedMore{};
    const std::uint16_t code = in.be16();
    if (code == 0 || code > kinds.size())
        return unknown(code, length, stream);
    const auto type = static_cast<MessageType>(code);
    if (length != length_of(type))
        return malformed(Malformed::Kind::BadLength,
                         std::string(name(type)) + " of length " + std::to_string(length) +
                             ", which has to be " + std::to_string(length_of(type)));

    Reader whole = stream;
    Reader message = whole.sub(length);
    if (!message.ok())
        return NeedMore{};
    message.skip(header_length);
    Message decoded = decode_body(type, message);
    RTUN_ASSERT(message.done());  // the lengths of the table are those of the bodies
    stream = whole;
    return decoded;
}

}  // namespace rtun::wire::pptp
