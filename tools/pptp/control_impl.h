// SPDX-License-Identifier: GPL-2.0-or-later
//
// The inside of pptp::Control, private to its three files: received.cpp makes octets to messages
// and messages to events, machines.cpp feeds events to the machines of states.h and performs their
// actions, control.cpp is the face to the outside and the clock.
//
// The timers, of which at most two run:
//
// - wait: a reply that has to come (RFC 2637 sections 3.1.4 and 3.2.1), or, once the end has begun,
//   how long we wait for the peer to take part in it. All of the end has to fit into stop_timeout,
//   half of it at most for the Call-Disconnect-Notify.
// - keepalive: the silence before our Echo-Request, or the wait for its Echo-Reply (section 3.1.4).
#pragma once

#include <pptp/common.h>
#include <pptp/control.h>
#include <pptp/keepalive.h>
#include <pptp/message_stream.h>
#include <pptp/states.h>
#include <wire/pptp.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::pptp {

struct Control::Impl {
    ControlOptions options;
    CallId call;
    base::Random &random;

    ConnectionState control_state = ConnectionState::Idle;
    CallState call_state = CallState::Idle;
    std::optional<std::uint16_t> peer_call;  // known since the Outgoing-Call-Reply

    // What was said, for whoever goes on with the connection.
    ControlUp server;
    CallUp call_up{};

    MessageStream stream;
    base::Time now;  // of the call being served
    base::Deadline wait;
    Keepalive keepalive;

    std::optional<EndReason> reason;  // why the end has begun; the first reason stays
    base::Time stop_deadline;         // of the end as a whole, once there is a reason
    bool started = false;
    bool ended = false;

    std::vector<Output> outputs;
    ControlCounters counters;

    Impl(ControlOptions o, CallId c, base::Random &r)
        : options(std::move(o)), call(c), random(r),
          keepalive(options.echo_interval, options.echo_timeout) {}

    // Received messages, one function each; what they mean for the machines.
    void on(const wp::StartControlConnectionRequest &m);
    void on(const wp::StartControlConnectionReply &m);
    void on(const wp::StopControlConnectionRequest &m);
    void on(const wp::StopControlConnectionReply &m);
    void on(const wp::EchoRequest &m);
    void on(const wp::EchoReply &m);
    void on(const wp::OutgoingCallRequest &m);
    void on(const wp::OutgoingCallReply &m);
    void on(const wp::IncomingCallRequest &m);
    void on(const wp::IncomingCallReply &m);
    void on(const wp::IncomingCallConnected &m);
    void on(const wp::CallClearRequest &m);
    void on(const wp::CallDisconnectNotify &m);
    void on(const wp::WanErrorNotify &m);
    void on(const wp::SetLinkInfo &m);
    void on(const wp::Unknown &m);
    void on(const wp::Malformed &m);

    // An event for a machine. cause: why it ends things, should it do so.
    void control_event(ControlEvent event, const EndReason &cause = {});
    void call_event(CallEvent event, const EndReason &cause = {});

    void send(const wp::Message &message);
    void begin_end(const EndReason &cause);
    void send_stop(wp::StopReason why);
    void close();
    void wait_over();  // the reply waited for has not come
    void echo_over();  // the silence, or the wait for an Echo-Reply, has lasted too long
    void take_echo_reply();
    [[nodiscard]] std::string where_lost() const;
    [[nodiscard]] bool ours(std::uint16_t call_id) const {
        return call_id == static_cast<std::uint16_t>(call);
    }

    // The last message of the kind, for the actions that answer it.
    wp::EchoRequest echo_request;
    wp::EchoReply echo_reply;
    wp::StartControlConnectionReply start_reply;
    wp::OutgoingCallReply call_reply;

    void receive(base::View octets);
};

}  // namespace rtun::pptp
