// SPDX-License-Identifier: GPL-2.0-or-later
//
// The inside of pptp::Server, private to its three files: server_received.cpp makes octets to
// messages and messages to events, server_machines.cpp feeds events to the machines of
// server_states.h and performs their actions, server.cpp is the face to the outside and the clock.
//
// The timers, of which at most two run:
//
// - wait: the Start-Control-Connection-Request, then a call as long as there is none, then the end.
//   A request that is refused does not put it off, nor does one that the owner has not answered:
//   who never gets a call cannot stay for ever.
// - keepalive: the silence before our Echo-Request, or the wait for its Echo-Reply (section 3.1.4).
#pragma once

#include <pptp/common.h>
#include <pptp/keepalive.h>
#include <pptp/message_stream.h>
#include <pptp/server.h>
#include <pptp/server_states.h>
#include <wire/pptp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::pptp {

// What the actions of a call's cell may need.
struct CallInput {
    EndReason cause{};        // why it ends, should it do so
    std::uint8_t result = 0;  // of the refusal, or of the disconnect
    std::uint8_t error = 0;
    CallId local{};                 // the call is taken
    std::uint32_t connect_bps = 0;  // likewise
    const wp::OutgoingCallRequest *request = nullptr;
};

struct Server::Impl {
    // A call that is not idle.
    struct Call {
        CallId peer{};
        CallId local{};  // once established
        pac::CallState state = pac::CallState::Idle;
        std::uint16_t peer_window = 0;
    };

    ServerOptions options;
    base::Random &random;

    pac::ConnectionState state = pac::ConnectionState::Idle;
    std::vector<Call> calls;  // at most options.max_calls
    PeerUp peer;

    MessageStream stream;
    base::Time now;  // of the call being served
    base::Deadline wait;
    Keepalive keepalive;

    std::optional<EndReason> reason;  // why the end has begun; the first reason stays
    bool started = false;
    bool ended = false;

    std::vector<ServerOutput> outputs;
    ControlCounters counters;

    Impl(ServerOptions o, base::Random &r)
        : options(std::move(o)), random(r), keepalive(options.echo_interval, options.echo_timeout) {
    }

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
    void receive(base::View octets);

    // An event for a machine. cause: why it ends things, should it do so.
    void connection_event(pac::ConnectionEvent event, const EndReason &cause = {});
    void call_event(CallId call, pac::CallEvent event, const CallInput &input = {});

    [[nodiscard]] Call *find(CallId call);
    [[nodiscard]] Call *find_local(CallId call);
    void set_state(CallId call, pac::CallState before, pac::CallState after);
    void ask(const wp::OutgoingCallRequest &request);
    void terminate(CallId call, const EndReason &cause);
    void send_start_reply(std::uint8_t result);
    void send_call_reply(CallId call, const CallInput &input);
    void send_call_refusal(CallId call, std::uint8_t result, std::uint8_t error);

    void send(const wp::Message &message);
    void begin_end(const EndReason &cause);
    void close();
    void wait_over();  // what was waited for has not come
    void echo_over();  // the silence, or the wait for an Echo-Reply, has lasted too long
    void take_echo_reply();
    [[nodiscard]] std::string where_lost() const;
    // The first call is awaited, or the next one.
    void await_call();

    // The last message of the kind, for the actions that answer it.
    wp::EchoRequest echo_request;
    wp::EchoReply echo_reply;
    wp::StartControlConnectionRequest start_request;
};

}  // namespace rtun::pptp
