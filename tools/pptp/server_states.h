// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two state machines of a PAC as tables: the control connection's receiver (RFC 2637 section
// 3.1.2) and the outgoing call (section 3.2.4.1). Where the RFC's diagrams have no arrow for
// something that can happen, server_states.cpp says which text the cell follows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtun::pptp::pac {

// Idle: TCP is up, and the Start-Control-Connection-Request is waited for; or all is over.
enum class ConnectionState : std::uint8_t { Idle, Established, WaitStopReply };

enum class ConnectionEvent : std::uint8_t {
    StartRequest,         // Start-Control-Connection-Request received: version OK
    StartRequestVersion,  // the same: version not OK
    StopRequest,          // Stop-Control-Connection-Request received
    StopReply,            // Stop-Control-Connection-Reply received
    EchoRequest,          // Echo-Request received
    EchoReply,            // Echo-Reply received
    Terminate,            // local terminate; there is no call any more
    Timeout,              // what was waited for has not come
    EchoTimeout,          // no Echo-Reply
    Malformed,            // octets that are no message
    Lost,                 // the TCP connection closed
};

// What a cell of the connection asks for, performed in this order.
enum ConnectionAction : std::uint16_t {
    ConnectionNone = 0,
    Unexpected = 1 << 0,        // count, else ignore
    SendStartReply = 1 << 1,    // successful
    PeerIsUp = 1 << 2,          // tell so; a call is waited for
    SendStartVersion = 1 << 3,  // Start-Control-Connection-Reply: version not supported
    SendStartAgain = 1 << 4,    // the same: the connection exists already
    SendStopRequest = 1 << 5,   // wait for the reply
    SendStopReply = 1 << 6,
    SendEchoReply = 1 << 7,
    TakeEchoReply = 1 << 8,  // counts as unexpected if it matches no request
    Close = 1 << 9,          // close TCP
};

enum class CallState : std::uint8_t { Idle, WaitCsAns, Established };

enum class CallEvent : std::uint8_t {
    Request,     // Outgoing-Call-Request received
    Accept,      // the owner takes the call: the "telco" has answered
    Refuse,      // or does not: telco call failed
    Clear,       // Call-Clear-Request received
    Disconnect,  // Call-Disconnect-Notify received
    Terminate,   // local terminate
};

enum CallAction : std::uint16_t {
    CallNone = 0,
    CallUnexpected = 1 << 0,   // count, else ignore
    AskOwner = 1 << 1,         // about the call
    SendCallReply = 1 << 2,    // Outgoing-Call-Reply: connected
    SendCallRefusal = 1 << 3,  // the same with an error
    SendCallAgain = 1 << 4,    // the same: this call id is taken
    SendDisconnect = 1 << 5,   // Call-Disconnect-Notify
    CallIsOver = 1 << 6,       // tell so
};

constexpr std::size_t connection_states = 3;
constexpr std::size_t connection_events = 11;
constexpr std::size_t call_states = 3;
constexpr std::size_t call_events = 6;

struct ConnectionCell {
    ConnectionState next;
    std::uint16_t actions;  // ConnectionAction flags
};
struct CallCell {
    CallState next;
    std::uint16_t actions;  // CallAction flags
};

[[nodiscard]] const ConnectionCell &connection_cell(ConnectionState state, ConnectionEvent event);
[[nodiscard]] const CallCell &call_cell(CallState state, CallEvent event);

// As the RFC writes them: "wait_cs_ans".
[[nodiscard]] std::string_view name(ConnectionState state);
[[nodiscard]] std::string_view name(CallState state);
[[nodiscard]] std::string_view name(ConnectionEvent event);
[[nodiscard]] std::string_view name(CallEvent event);

}  // namespace rtun::pptp::pac
