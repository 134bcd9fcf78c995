// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two state machines of a PNS as tables: the control connection's originator (RFC 2637 section
// 3.1.1) and the outgoing call (section 3.2.4.2). Where the RFC's diagrams have no arrow for
// something that can happen, states.cpp says which text the cell follows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtun::pptp {

enum class ConnectionState : std::uint8_t { Idle, WaitCtlReply, Established, WaitStopReply };

enum class ControlEvent : std::uint8_t {
    Open,               // TCP open indication
    StartRequest,       // Start-Control-Connection-Request received
    StartReply,         // its reply: successful, version OK
    StartReplyVersion,  // its reply: successful, version not OK
    StartReplyError,    // its reply: refused
    StopRequest,        // Stop-Control-Connection-Request received
    StopReply,          // Stop-Control-Connection-Reply received
    EchoRequest,        // Echo-Request received
    EchoReply,          // Echo-Reply received
    Terminate,          // local terminate; there is no call, or none any more
    Timeout,            // the reply waited for has not come
    EchoTimeout,        // no Echo-Reply
    Malformed,          // octets that are no message
    Lost,               // the TCP connection closed
};

// What a control cell asks for, performed in this order.
enum ControlAction : std::uint16_t {
    ControlNone = 0,
    Unexpected = 1 << 0,        // count, else ignore
    SendStartRequest = 1 << 1,  // and wait for the reply
    ControlIsUp = 1 << 2,       // tell so, and place the call
    SendStopVersion = 1 << 3,   // Stop-Control-Connection-Request, reason Stop-Protocol; wait
    SendStopRequest = 1 << 4,   // the same, general request; wait
    SendStopReply = 1 << 5,
    SendEchoReply = 1 << 6,
    TakeEchoReply = 1 << 7,  // counts as unexpected if it matches no request
    Close = 1 << 8,          // close TCP
};

enum class CallState : std::uint8_t { Idle, WaitReply, Established, WaitDisconnect };

enum class CallEvent : std::uint8_t {
    Open,        // open indication: the control connection is established
    ReplyOk,     // Outgoing-Call-Reply received, no error
    ReplyError,  // Outgoing-Call-Reply received, error
    Disconnect,  // Call-Disconnect-Notify received
    Clear,       // abort, local terminate
    Timeout,     // the message waited for has not come
};

enum CallAction : std::uint16_t {
    CallNone = 0,
    CallUnexpected = 1 << 0,   // count, else ignore
    SendCallRequest = 1 << 1,  // Outgoing-Call-Request; wait for the reply
    CallIsUp = 1 << 2,         // tell so
    SendCallClear = 1 << 3,    // Call-Clear-Request; wait for the Call-Disconnect-Notify
    CallIsOver = 1 << 4,       // terminate the control connection: it had this call only
};

constexpr std::size_t control_states = 4;
constexpr std::size_t control_events = 14;
constexpr std::size_t call_states = 4;
constexpr std::size_t call_events = 6;

struct ControlCell {
    ConnectionState next;
    std::uint16_t actions;  // ControlAction flags
};
struct CallCell {
    CallState next;
    std::uint16_t actions;  // CallAction flags
};

[[nodiscard]] const ControlCell &control_cell(ConnectionState state, ControlEvent event);
[[nodiscard]] const CallCell &call_cell(CallState state, CallEvent event);

// As the RFC writes them: "wait_ctl_reply".
[[nodiscard]] std::string_view name(ConnectionState state);
[[nodiscard]] std::string_view name(CallState state);
[[nodiscard]] std::string_view name(ControlEvent event);
[[nodiscard]] std::string_view name(CallEvent event);

}  // namespace rtun::pptp
