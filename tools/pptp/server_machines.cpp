// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machines at work: an event, its cell, the cell's actions in the order of server_states.h.
#include <pptp/server_impl.h>

#include <base/result.h>

#include <algorithm>
#include <utility>

namespace rtun::pptp {

using pac::CallState;
using pac::ConnectionState;

namespace {

std::uint16_t number(CallId call) { return static_cast<std::uint16_t>(call); }

}  // namespace

// -- the control connection

void Server::Impl::connection_event(pac::ConnectionEvent event, const EndReason &cause) {
    const pac::ConnectionCell &cell = pac::connection_cell(state, event);
    const unsigned actions = cell.actions;
    state = cell.next;

    if ((actions & pac::Unexpected) != 0)
        counters.unexpected++;
    if ((actions & pac::SendStartReply) != 0)
        send_start_reply(wp::result_ok);
    if ((actions & pac::PeerIsUp) != 0) {
        peer = {.host_name = shown(start_request.host_name),
                .vendor = shown(start_request.vendor),
                .firmware = start_request.firmware};
        outputs.emplace_back(peer);
        keepalive.start(random.u32(), now);
        await_call();
    }
    if ((actions & pac::SendStartVersion) != 0)
        send_start_reply(wp::start_version_not_supported);
    if ((actions & pac::SendStartAgain) != 0)
        send_start_reply(wp::start_exists_already);
    if ((actions & (pac::SendStopRequest | pac::Close)) != 0)
        begin_end(cause);
    if ((actions & pac::SendStopRequest) != 0) {
        send(wp::StopControlConnectionRequest{});
        wait = after(now, options.stop_timeout);
    }
    if ((actions & pac::SendStopReply) != 0)
        send(wp::StopControlConnectionReply{});
    if ((actions & pac::SendEchoReply) != 0)
        send(wp::EchoReply{.identifier = echo_request.identifier});
    if ((actions & pac::TakeEchoReply) != 0)
        take_echo_reply();
    if ((actions & pac::Close) != 0)
        close();
}

void Server::Impl::send_start_reply(std::uint8_t result) {
    send(wp::StartControlConnectionReply{.result = result,
                                         .max_channels = options.max_calls,
                                         .firmware = firmware_revision,
                                         .host_name = field(options.host_name),
                                         .vendor = field(options.vendor)});
}

// -- calls

Server::Impl::Call *Server::Impl::find(CallId call) {
    const auto found = std::ranges::find(calls, call, &Call::peer);
    return found == calls.end() ? nullptr : &*found;
}

Server::Impl::Call *Server::Impl::find_local(CallId call) {
    const auto found = std::ranges::find_if(calls, [call](const Call &c) {
        return c.state == CallState::Established && c.local == call;
    });
    return found == calls.end() ? nullptr : &*found;
}

void Server::Impl::call_event(CallId call, pac::CallEvent event, const CallInput &input) {
    const Call *known = find(call);
    const Call before = known != nullptr ? *known : Call{.peer = call};
    const pac::CallCell &cell = pac::call_cell(before.state, event);
    const unsigned actions = cell.actions;
    set_state(call, before.state, cell.next);

    if ((actions & pac::CallUnexpected) != 0)
        counters.unexpected++;
    if ((actions & pac::AskOwner) != 0)
        ask(*input.request);
    if ((actions & pac::SendCallReply) != 0)
        send_call_reply(call, input);
    if ((actions & pac::SendCallRefusal) != 0)
        send_call_refusal(call, input.result, input.error);
    if ((actions & pac::SendCallAgain) != 0)
        send_call_refusal(call, wp::result_general_error, wp::error_bad_call_id);
    if ((actions & pac::SendDisconnect) != 0)
        send(wp::CallDisconnectNotify{.call_id = number(before.local), .result = input.result});
    if ((actions & pac::CallIsOver) != 0)
        outputs.emplace_back(CallEnded{.peer = call, .reason = input.cause});
    if (before.state == CallState::Established && cell.next == CallState::Idle)
        await_call();
}

// Idle calls are not kept.
void Server::Impl::set_state(CallId call, CallState before, CallState after) {
    if (before == CallState::Idle && after != CallState::Idle)
        calls.push_back({.peer = call, .state = after});
    else if (after == CallState::Idle)
        std::erase_if(calls, [call](const Call &c) { return c.peer == call; });
    else
        find(call)->state = after;
}

void Server::Impl::ask(const wp::OutgoingCallRequest &request) {
    find(CallId{request.call_id})->peer_window = request.window;
    outputs.emplace_back(CallRequested{.peer = CallId{request.call_id},
                                       .serial = request.serial,
                                       .minimum_bps = request.minimum_bps,
                                       .maximum_bps = request.maximum_bps,
                                       .peer_window = request.window,
                                       .processing_delay = request.processing_delay,
                                       .phone_number = shown(request.phone_number),
                                       .sub_address = shown(request.sub_address)});
}

void Server::Impl::send_call_reply(CallId call, const CallInput &input) {
    find(call)->local = input.local;
    wait.reset();
    send(wp::OutgoingCallReply{.call_id = number(input.local),
                               .peer_call_id = number(call),
                               .connect_speed = input.connect_bps,
                               .window = options.receive_window});
}

void Server::Impl::send_call_refusal(CallId call, std::uint8_t result, std::uint8_t error) {
    send(wp::OutgoingCallReply{.peer_call_id = number(call), .result = result, .error = error});
}

// The owner ends a call: of one that it has not answered the reply is still owed.
void Server::Impl::terminate(CallId call, const EndReason &cause) {
    const Call *known = find(call);
    const bool asked = known != nullptr && known->state == CallState::WaitCsAns;
    call_event(call, pac::CallEvent::Terminate,
               {.cause = cause,
                .result = asked ? wp::outgoing_call_do_not_accept : wp::disconnect_administrative});
}

void Server::Impl::await_call() {
    const bool used = std::ranges::any_of(
        calls, [](const Call &call) { return call.state == CallState::Established; });
    if (used || reason || state != ConnectionState::Established)
        return;
    wait = after(now, options.call_timeout);
}

// -- both

void Server::Impl::send(const wp::Message &message) {
    counters.messages_out++;
    outputs.emplace_back(SendBytes{wp::encode(message)});
}

void Server::Impl::begin_end(const EndReason &cause) {
    if (reason)
        return;
    reason = cause;
    keepalive.stop();
    // Cleared with their control connection (section 2.3).
    for (const Call &call : std::exchange(calls, {}))
        outputs.emplace_back(CallEnded{.peer = call.peer, .reason = cause});
}

void Server::Impl::close() {
    RTUN_ASSERT(reason.has_value());
    ended = true;
    wait.reset();
    keepalive.stop();
    stream.clear();
    outputs.emplace_back(Ended{*reason});
}

void Server::Impl::wait_over() {
    const auto missing = [](wp::MessageType message, base::Duration timeout) {
        return because(Kind::Timeout, "no " + std::string(wp::name(message)) + " within " +
                                          base::format_uptime(timeout));
    };
    if (state == ConnectionState::Established)
        connection_event(pac::ConnectionEvent::Timeout,
                         missing(wp::MessageType::OutgoingCallRequest, options.call_timeout));
    else
        connection_event(
            pac::ConnectionEvent::Timeout,
            missing(wp::MessageType::StartControlConnectionRequest, options.start_timeout));
}

void Server::Impl::echo_over() {
    const auto identifier = keepalive.expire(now);
    if (!identifier) {
        connection_event(pac::ConnectionEvent::EchoTimeout,
                         because(Kind::EchoTimeout, "no Echo-Reply within " +
                                                        base::format_uptime(options.echo_timeout)));
        return;
    }
    send(wp::EchoRequest{.identifier = *identifier});
    counters.echo_sent++;
}

// Any result: the peer is there, and that is what was asked.
void Server::Impl::take_echo_reply() {
    if (keepalive.answered(echo_reply.identifier, now))
        counters.echo_answered++;
    else
        counters.unexpected++;
}

}  // namespace rtun::pptp
