// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tables of RFC 2637 sections 3.1.1 and 3.2.4.2, a row a state, and the names of it all.
#include <pptp/states.h>

namespace rtun::pptp {

namespace {

using C = ConnectionState;
using O = CallState;

// Section 3.1.1. Not in its diagram, by row and column:
// - Idle is the state before the TCP connection and after it; then nothing can be received.
// - StartRequest: the collision of section 3.1.3 is between two TCP connections, so a request on
//   the connection we opened is merely out of place.
// - StartReplyError: section 2.2 has results that are no success; there is nothing to stop.
// - EchoRequest is answered always (section 2.5), whatever state we are in.
// - StopRequest before the reply and after our own request ends the connection as well.
// - Terminate in wait_ctl_reply: no other message may be sent before the connection is established
//   (section 2.1), so TCP is closed.
// - Timeout and EchoTimeout: section 3.1.4. Malformed: section 1.4. Lost: section 3.
constexpr std::array<std::array<ControlCell, control_events>, control_states> control_table{{
    {{
        // idle
        {C::WaitCtlReply, SendStartRequest},  // Open
        {C::Idle, Unexpected},                // StartRequest
        {C::Idle, Unexpected},                // StartReply
        {C::Idle, Unexpected},                // StartReplyVersion
        {C::Idle, Unexpected},                // StartReplyError
        {C::Idle, Unexpected},                // StopRequest
        {C::Idle, Unexpected},                // StopReply
        {C::Idle, Unexpected},                // EchoRequest
        {C::Idle, Unexpected},                // EchoReply
        {C::Idle, Close},                     // Terminate
        {C::Idle, Unexpected},                // Timeout
        {C::Idle, Unexpected},                // EchoTimeout
        {C::Idle, Close},                     // Malformed
        {C::Idle, Close},                     // Lost
    }},
    {{
        // wait_ctl_reply
        {C::WaitCtlReply, Unexpected},        // Open
        {C::WaitCtlReply, Unexpected},        // StartRequest
        {C::Established, ControlIsUp},        // StartReply
        {C::WaitStopReply, SendStopVersion},  // StartReplyVersion
        {C::Idle, Close},                     // StartReplyError
        {C::Idle, SendStopReply | Close},     // StopRequest
        {C::WaitCtlReply, Unexpected},        // StopReply
        {C::WaitCtlReply, SendEchoReply},     // EchoRequest
        {C::WaitCtlReply, Unexpected},        // EchoReply
        {C::Idle, Close},                     // Terminate
        {C::Idle, Close},                     // Timeout
        {C::WaitCtlReply, Unexpected},        // EchoTimeout
        {C::Idle, Close},                     // Malformed
        {C::Idle, Close},                     // Lost
    }},
    {{
        // established
        {C::Established, Unexpected},         // Open
        {C::Established, Unexpected},         // StartRequest
        {C::Established, Unexpected},         // StartReply
        {C::Established, Unexpected},         // StartReplyVersion
        {C::Established, Unexpected},         // StartReplyError
        {C::Idle, SendStopReply | Close},     // StopRequest
        {C::Established, Unexpected},         // StopReply
        {C::Established, SendEchoReply},      // EchoRequest
        {C::Established, TakeEchoReply},      // EchoReply
        {C::WaitStopReply, SendStopRequest},  // Terminate
        {C::Established, Unexpected},         // Timeout
        {C::Idle, Close},                     // EchoTimeout
        {C::Idle, Close},                     // Malformed
        {C::Idle, Close},                     // Lost
    }},
    {{
        // wait_stop_reply
        {C::WaitStopReply, Unexpected},     // Open
        {C::WaitStopReply, Unexpected},     // StartRequest
        {C::WaitStopReply, Unexpected},     // StartReply
        {C::WaitStopReply, Unexpected},     // StartReplyVersion
        {C::WaitStopReply, Unexpected},     // StartReplyError
        {C::Idle, SendStopReply | Close},   // StopRequest
        {C::Idle, Close},                   // StopReply
        {C::WaitStopReply, SendEchoReply},  // EchoRequest
        {C::WaitStopReply, TakeEchoReply},  // EchoReply
        {C::WaitStopReply, ControlNone},    // Terminate
        {C::Idle, Close},                   // Timeout
        {C::WaitStopReply, Unexpected},     // EchoTimeout
        {C::Idle, Close},                   // Malformed
        {C::Idle, Close},                   // Lost
    }},
}};

// Section 3.2.4.2. Not in its diagram:
// - Disconnect in wait_reply: the PAC answers a Call-Clear-Request so while it dials (section
//   3.2.4.1), and servers that cannot start their PPP side do it of their own accord.
// - Replies in wait_disconnect have crossed our Call-Clear-Request. After one with an error the
//   PAC's call is idle and no Call-Disconnect-Notify will come.
// - Timeout: the entire control connection is to be closed (section 3.2.1), the call first.
constexpr std::array<std::array<CallCell, call_events>, call_states> call_table{{
    {{
        // idle
        {O::WaitReply, SendCallRequest},  // Open
        {O::Idle, CallUnexpected},        // ReplyOk
        {O::Idle, CallUnexpected},        // ReplyError
        {O::Idle, CallUnexpected},        // Disconnect
        {O::Idle, CallIsOver},            // Clear
        {O::Idle, CallUnexpected},        // Timeout
    }},
    {{
        // wait_reply
        {O::WaitReply, CallUnexpected},      // Open
        {O::Established, CallIsUp},          // ReplyOk
        {O::Idle, CallIsOver},               // ReplyError
        {O::Idle, CallIsOver},               // Disconnect
        {O::WaitDisconnect, SendCallClear},  // Clear
        {O::WaitDisconnect, SendCallClear},  // Timeout
    }},
    {{
        // established
        {O::Established, CallUnexpected},    // Open
        {O::Established, CallUnexpected},    // ReplyOk
        {O::Established, CallUnexpected},    // ReplyError
        {O::Idle, CallIsOver},               // Disconnect
        {O::WaitDisconnect, SendCallClear},  // Clear
        {O::Established, CallUnexpected},    // Timeout
    }},
    {{
        // wait_disconnect
        {O::WaitDisconnect, CallUnexpected},  // Open
        {O::WaitDisconnect, CallNone},        // ReplyOk
        {O::Idle, CallIsOver},                // ReplyError
        {O::Idle, CallIsOver},                // Disconnect
        {O::WaitDisconnect, CallNone},        // Clear
        {O::Idle, CallIsOver},                // Timeout
    }},
}};

constexpr std::array<std::string_view, control_states> control_state_names{
    "idle", "wait_ctl_reply", "established", "wait_stop_reply"};
constexpr std::array<std::string_view, call_states> call_state_names{
    "idle", "wait_reply", "established", "wait_disconnect"};
constexpr std::array<std::string_view, control_events> control_event_names{"Open",
                                                                           "StartRequest",
                                                                           "StartReply",
                                                                           "StartReplyVersion",
                                                                           "StartReplyError",
                                                                           "StopRequest",
                                                                           "StopReply",
                                                                           "EchoRequest",
                                                                           "EchoReply",
                                                                           "Terminate",
                                                                           "Timeout",
                                                                           "EchoTimeout",
                                                                           "Malformed",
                                                                           "Lost"};
constexpr std::array<std::string_view, call_events> call_event_names{
    "Open", "ReplyOk", "ReplyError", "Disconnect", "Clear", "Timeout"};

template <typename Enum>
constexpr std::size_t index(Enum value) {
    return static_cast<std::size_t>(value);
}
static_assert(index(ConnectionState::WaitStopReply) + 1 == control_states);
static_assert(index(ControlEvent::Lost) + 1 == control_events);
static_assert(index(CallState::WaitDisconnect) + 1 == call_states);
static_assert(index(CallEvent::Timeout) + 1 == call_events);

}  // namespace

const ControlCell &control_cell(ConnectionState state, ControlEvent event) {
    return control_table[index(state)][index(event)];
}

const CallCell &call_cell(CallState state, CallEvent event) {
    return call_table[index(state)][index(event)];
}

std::string_view name(ConnectionState state) { return control_state_names[index(state)]; }

std::string_view name(CallState state) { return call_state_names[index(state)]; }

std::string_view name(ControlEvent event) { return control_event_names[index(event)]; }

std::string_view name(CallEvent event) { return call_event_names[index(event)]; }

}  // namespace rtun::pptp
