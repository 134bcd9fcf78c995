// SPDX-License-Identifier: GPL-2.0-or-later
//
// The control messages of PPTP (RFC 2637 section 2): fifteen, each of exactly one length, as a
// stream of octets over TCP that next() cuts into messages.
//
// Reserved fields are written as zero and not looked at on receipt. Text fields end at their first
// NUL or at their width; the length fields of telephone numbers say the same once more and are
// not believed. What next() accepts with such fields in order, encode() gives back octet for octet.
#pragma once

#include <base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace rtun::wire::pptp {

constexpr std::uint16_t protocol_version = 0x0100;  // version 1, revision 0
constexpr std::uint32_t magic_cookie = 0x1a2b3c4d;
constexpr std::size_t message_max = 220;  // the longest, Incoming-Call-Request
constexpr std::size_t text_width = 64;    // host name, vendor, telephone numbers
constexpr std::size_t statistics_width = 128;

// "Asynchronous" and "synchronous", "analog" and "digital": as capabilities both, as a call's type
// either.
constexpr std::uint32_t framing_any = 3;
constexpr std::uint32_t bearer_any = 3;

// Result codes that mean the same wherever they stand.
constexpr std::uint8_t result_ok = 1;
constexpr std::uint8_t result_general_error = 2;  // the error code says which (section 2.16)

// General error codes (section 2.16).
constexpr std::uint8_t error_not_connected = 1;
constexpr std::uint8_t error_no_resource = 4;
constexpr std::uint8_t error_bad_call_id = 5;

// Result codes of one message only.
constexpr std::uint8_t start_exists_already = 3;
constexpr std::uint8_t start_version_not_supported = 5;
constexpr std::uint8_t outgoing_call_busy = 4;
constexpr std::uint8_t outgoing_call_do_not_accept = 7;
constexpr std::uint8_t incoming_call_do_not_accept = 3;
constexpr std::uint8_t disconnect_administrative = 3;
constexpr std::uint8_t disconnect_request = 4;

enum class StopReason : std::uint8_t { None = 1, StopProtocol = 2, StopLocalShutdown = 3 };

struct StartControlConnectionRequest {
    std::uint16_t version = protocol_version;
    std::uint32_t framing = framing_any;
    std::uint32_t bearer = bearer_any;
    std::uint16_t max_channels = 0;
    std::uint16_t firmware = 0;
    std::string host_name;
    std::string vendor;
    bool operator==(const StartControlConnectionRequest &) const = default;
};
struct StartControlConnectionReply {
    std::uint16_t version = protocol_version;
    std::uint8_t result = result_ok;
    std::uint8_t error = 0;
    std::uint32_t framing = framing_any;
    std::uint32_t bearer = bearer_any;
    std::uint16_t max_channels = 0;
    std::uint16_t firmware = 0;
    std::string host_name;
    std::string vendor;
    bool operator==(const StartControlConnectionReply &) const = default;
};
struct StopControlConnectionRequest {
    StopReason reason = StopReason::None;  // any value on receipt
    bool operator==(const StopControlConnectionRequest &) const = default;
};
struct StopControlConnectionReply {
    std::uint8_t result = result_ok;
    std::uint8_t error = 0;
    bool operator==(const StopControlConnectionReply &) const = default;
};
struct EchoRequest {
    std::uint32_t identifier = 0;
    bool operator==(const EchoRequest &) const = default;
};
struct EchoReply {
    std::uint32_t identifier = 0;
    std::uint8_t result = result_ok;
    std::uint8_t error = 0;
    bool operator==(const EchoReply &) const = default;
};
struct OutgoingCallRequest {
    std::uint16_t call_id = 0;  // allotted by the sender, here and below
    std::uint16_t serial = 0;
    std::uint32_t minimum_bps = 0;
    std::uint32_t maximum_bps = 0;
    std::uint32_t bearer = bearer_any;
    std::uint32_t framing = framing_any;
    std::uint16_t window = 0;            // packets
    std::uint16_t processing_delay = 0;  // 1/10 s
    std::string phone_number;
    std::string sub_address;
    bool operator==(const OutgoingCallRequest &) const = default;
};
struct OutgoingCallReply {
    std::uint16_t call_id = 0;
    std::uint16_t peer_call_id = 0;  // allotted by the receiver, here and below
    std::uint8_t result = result_ok;
    std::uint8_t error = 0;
    std::uint16_t cause = 0;
    std::uint32_t connect_speed = 0;  // bit/s
    std::uint16_t window = 0;
    std::uint16_t processing_delay = 0;
    std::uint32_t physical_channel = 0;
    bool operator==(const OutgoingCallReply &) const = default;
};
struct IncomingCallRequest {
    std::uint16_t call_id = 0;
    std::uint16_t serial = 0;
    std::uint32_t bearer = 0;
    std::uint32_t physical_channel = 0;
    std::string dialed_number;
    std::string dialing_number;
    std::string sub_address;
    bool operator==(const IncomingCallRequest &) const = default;
};
struct IncomingCallReply {
    std::uint16_t call_id = 0;
    std::uint16_t peer_call_id = 0;
    std::uint8_t result = result_ok;
    std::uint8_t error = 0;
    std::uint16_t window = 0;
    std::uint16_t transmit_delay = 0;  // 1/10 s
    bool operator==(const IncomingCallReply &) const = default;
};
struct IncomingCallConnected {
    std::uint16_t peer_call_id = 0;
    std::uint32_t connect_speed = 0;
    std::uint16_t window = 0;
    std::uint16_t transmit_delay = 0;
    std::uint32_t framing = 0;
    bool operator==(const IncomingCallConnected &) const = default;
};
struct CallClearRequest {
    std::uint16_t call_id = 0;
    bool operator==(const CallClearRequest &) const = default;
};
struct CallDisconnectNotify {
    std::uint16_t call_id = 0;
    std::uint8_t result = 0;
    std::uint8_t error = 0;
    std::uint16_t cause = 0;
    std::string statistics{};
    bool operator==(const CallDisconnectNotify &) const = default;
};
struct WanErrorNotify {
    std::uint16_t peer_call_id = 0;
    std::uint32_t crc_errors = 0;
    std::uint32_t framing_errors = 0;
    std::uint32_t hardware_overruns = 0;
    std::uint32_t buffer_overruns = 0;
    std::uint32_t timeout_errors = 0;
    std::uint32_t alignment_errors = 0;
    bool operator==(const WanErrorNotify &) const = default;
};
struct SetLinkInfo {
    std::uint16_t peer_call_id = 0;
    std::uint32_t send_accm = 0xffffffff;
    std::uint32_t receive_accm = 0xffffffff;
    bool operator==(const SetLinkInfo &) const = default;
};

// In the order of their message types, 1 to 15.
using Message = std::variant<StartControlConnectionRequest, StartControlConnectionReply,
                             StopControlConnectionRequest, StopControlConnectionReply, EchoRequest,
                             EchoReply, OutgoingCallRequest, OutgoingCallReply, IncomingCallRequest,
                             IncomingCallReply, IncomingCallConnected, CallClearRequest,
                             CallDisconnectNotify, WanErrorNotify, SetLinkInfo>;

enum class MessageType : std::uint16_t {
    StartControlConnectionRequest = 1,
    StartControlConnectionReply,
    StopControlConnectionRequest,
    StopControlConnectionReply,
    EchoRequest,
    EchoReply,
    OutgoingCallRequest,
    OutgoingCallReply,
    IncomingCallRequest,
    IncomingCallReply,
    IncomingCallConnected,
    CallClearRequest,
    CallDisconnectNotify,
    WanErrorNotify,
    SetLinkInfo,
};

[[nodiscard]] MessageType type_of(const Message &message);
[[nodiscard]] std::string_view name(MessageType type);     // "Outgoing-Call-Reply"
[[nodiscard]] std::size_t length_of(MessageType type);     // of the whole message, in octets
[[nodiscard]] base::Bytes encode(const Message &message);  // texts are cut to their fields

// There is no whole message yet.
struct NeedMore {};

// A whole message of a type that RFC 2637 does not have, no longer than those that it has: it can
// be passed over, for its length is known.
struct Unknown {
    std::uint16_t type = 0;
    bool operator==(const Unknown &) const = default;
};

// What the stream holds is not a message. There is no way to find the next one, so the connection
// is done for (section 1.4).
struct Malformed {
    enum class Kind : std::uint8_t {
        BadLength,   // shorter than a header, or not the length of its message type
        NotControl,  // the PPTP message type is not 1
        BadMagic,    // the magic cookie is not one
    };
    Kind kind = Kind::BadLength;
    std::string text;  // one line for a human
};

// Takes the next message off the stream; the stream stays where it is if there is none. The answer
// depends only on the octets so far: what is malformed stays so whatever follows, and is found as
// soon as the octets that make it so are there.
using Next = std::variant<NeedMore, Message, Unknown, Malformed>;
[[nodiscard]] Next next(base::Reader &stream);

}  // namespace rtun::wire::pptp
