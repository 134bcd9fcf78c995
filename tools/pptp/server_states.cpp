// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tables of RFC 2637 sections 3.1.2 and 3.2.4.1, a row a state, and the names of it all.
#include <pptp/server_states.h>

namespace rtun::pptp::pac {

namespace {

using C = ConnectionState;
using O = CallState;

// Section 3.1.2. Not in its diagram, by row and column:
// - StartRequest in established: section 2.2 has a result for it. (The diagram's arrow with that
//   name is the Stop-Control-Connection-Request's, as its text and what it sends show.)
// - StopRequest in idle and after our own ends the connection as well.
// - EchoRequest is answered once there is a control connection, not before it.
// - Timeout in established: section 3.1.4 knows no connection without a call, but one that nobody
//   uses costs both ends; it is stopped in order.
// - Timeout elsewhere and EchoTimeout: section 3.1.4. Malformed: section 1.4. Lost: section 3.
constexpr std::array<std::array<ConnectionCell, connection_events>, connection_states>
    connection_table{{
        {{
            // idle
            {C::Established, SendStartReply | PeerIsUp},  // StartRequest
            {C::Idle, SendStartVersion | Close},          // StartRequestVersion
            {C::Idle, SendStopReply | Close},             // StopRequest
            {C::Idle, Unexpected},                        // StopReply
            {C::Idle, Unexpected},                        // EchoRequest
            {C::Idle, Unexpected},                        // EchoReply
            {C::Idle, Close},                             // Terminate
            {C::Idle, Close},                             // Timeout
            {C::Idle, Unexpected},                        // EchoTimeout
            {C::Idle, Close},                             // Malformed
            {C::Idle, Close},                             // Lost
        }},
        {{
            // established
            {C::Established, Unexpected | SendStartAgain},  // StartRequest
            {C::Established, Unexpected | SendStartAgain},  // StartRequestVersion
            {C::Idle, SendStopReply | Close},               // StopRequest
            {C::Established, Unexpected},                   // StopReply
            {C::Established, SendEchoReply},                // EchoRequest
            {C::Established, TakeEchoReply},                // EchoReply
            {C::WaitStopReply, SendStopRequest},            // Terminate
            {C::WaitStopReply, SendStopRequest},            // Timeout
            {C::Idle, Close},                               // EchoTimeout
            {C::Idle, Close},                               // Malformed
            {C::Idle, Close},                               // Lost
        }},
        {{
            // wait_stop_reply
            {C::WaitStopReply, Unexpected},      // StartRequest
            {C::WaitStopReply, Unexpected},      // StartRequestVersion
            {C::Idle, SendStopReply | Close},    // StopRequest
            {C::Idle, Close},                    // StopReply
            {C::WaitStopReply, SendEchoReply},   // EchoRequest
            {C::WaitStopReply, TakeEchoReply},   // EchoReply
            {C::WaitStopReply, ConnectionNone},  // Terminate
            {C::Idle, Close},                    // Timeout
            {C::WaitStopReply, Unexpected},      // EchoTimeout
            {C::Idle, Close},                    // Malformed
            {C::Idle, Close},                    // Lost
        }},
    }};

// Section 3.2.4.1. Not in its diagram:
// - Request with the id of a call that is there: call ids are unique for the peers (section 3.2.2),
//   and section 2.16 has an error for those that are not.
// - Accept and Refuse may cross what ended the call that the owner was asked about: nothing is owed
//   any more.
// - Disconnect: a PNS has Call-Clear-Request instead, but what it means is plain. It is no request,
//   so nothing answers it.
// - Terminate in wait_cs_ans: the reply is still owed.
constexpr std::array<std::array<CallCell, call_events>, call_states> call_table{{
    {{
        // idle
        {O::WaitCsAns, AskOwner},   // Request
        {O::Idle, CallNone},        // Accept
        {O::Idle, CallNone},        // Refuse
        {O::Idle, CallUnexpected},  // Clear
        {O::Idle, CallUnexpected},  // Disconnect
        {O::Idle, CallNone},        // Terminate
    }},
    {{
        // wait_cs_ans
        {O::WaitCsAns, CallUnexpected | SendCallAgain},  // Request
        {O::Established, SendCallReply},                 // Accept
        {O::Idle, SendCallRefusal},                      // Refuse
        {O::Idle, SendDisconnect | CallIsOver},          // Clear
        {O::Idle, CallIsOver},                           // Disconnect
        {O::Idle, SendCallRefusal | CallIsOver},         // Terminate
    }},
    {{
        // established
        {O::Established, CallUnexpected | SendCallAgain},  // Request
        {O::Established, CallNone},                        // Accept
        {O::Established, CallNone},                        // Refuse
        {O::Idle, SendDisconnect | CallIsOver},            // Clear
        {O::Idle, CallIsOver},                             // Disconnect
        {O::Idle, SendDisconnect | CallIsOver},            // Terminate
    }},
}};

constexpr std::array<std::string_view, connection_states> connection_state_names{
    "idle", "established", "wait_stop_reply"};
constexpr std::array<std::string_view, call_states> call_state_names{"idle", "wait_cs_ans",
                                                                     "established"};
constexpr std::array<std::string_view, connection_events> connection_event_names{
    "StartRequest", "StartRequestVersion", "StopRequest", "StopReply",
    "EchoRequest",  "EchoReply",           "Terminate",   "Timeout",
    "EchoTimeout",  "Malformed",           "Lost"};
constexpr std::array<std::string_view, call_events> call_event_names{
    "Request", "Accept", "Refuse", "Clear", "Disconnect", "Terminate"};

template <typename Enum>
constexpr std::size_t index(Enum value) {
    return static_cast<std::size_t>(value);
}
static_assert(index(ConnectionState::WaitStopReply) + 1 == connection_states);
static_assert(index(ConnectionEvent::Lost) + 1 == connection_events);
static_assert(index(CallState::Established) + 1 == call_states);
static_assert(index(CallEvent::Terminate) + 1 == call_events);

}  // namespace

const ConnectionCell &connection_cell(ConnectionState state, ConnectionEvent event) {
    return connection_table[index(state)][index(event)];
}

const CallCell &call_cell(CallState state, CallEvent event) {
    return call_table[index(state)][index(event)];
}

std::string_view name(ConnectionState state) { return connection_state_names[index(state)]; }

std::string_view name(CallState state) { return call_state_names[index(state)]; }

std::string_view name(ConnectionEvent event) { return connection_event_names[index(event)]; }

std::string_view name(CallEvent event) { return call_event_names[index(event)]; }

}  // namespace rtun::pptp::pac
