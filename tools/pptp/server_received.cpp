// SPDX-License-Identifier: GPL-2.0-or-later
//
// From octets to messages, and from messages to events. A message that the machines have no event
// for is answered or counted here.
#include <pptp/server_impl.h>

#include <pptp/codes.h>

#include <variant>

namespace rtun::pptp {

using pac::CallEvent;
using pac::ConnectionEvent;
using pac::ConnectionState;

// -- octets

void Server::Impl::receive(base::View octets) {
    stream.receive(octets, [this](const wp::Next &next) {
        if (const auto *bad = std::get_if<wp::Malformed>(&next)) {
            on(*bad);
            return MessageStream::Flow::Stop;
        }
        counters.messages_in++;
        keepalive.heard(now);
        if (const auto *message = std::get_if<wp::Message>(&next))
            std::visit([this](const auto &m) { on(m); }, *message);
        else if (const auto *unknown = std::get_if<wp::Unknown>(&next))
            on(*unknown);
        return ended ? MessageStream::Flow::Stop : MessageStream::Flow::On;
    });
}

void Server::Impl::on(const wp::Malformed &m) {
    connection_event(ConnectionEvent::Malformed,
                     because(Kind::ProtocolError, "the client sent " + m.text));
}

void Server::Impl::on(const wp::Unknown &) { counters.unexpected++; }

// -- messages of the control connection

// A peer of a later version speaks ours when we tell it (section 3.1.2); there is no earlier one.
void Server::Impl::on(const wp::StartControlConnectionRequest &m) {
    start_request = m;
    if (m.version >= wp::protocol_version) {
        connection_event(ConnectionEvent::StartRequest);
        return;
    }
    connection_event(ConnectionEvent::StartRequestVersion,
                     because(Kind::ConnectRefused,
                             "the client speaks version " + std::to_string(m.version >> 8) + "." +
                                 std::to_string(m.version & 0xff) +
                                 " of the protocol, which is not supported (1.0 is)"));
}

void Server::Impl::on(const wp::StopControlConnectionRequest &m) {
    const auto code = static_cast<std::uint8_t>(m.reason);
    EndReason cause =
        because(Kind::Stopped, "the client stopped the control connection: " + describe_stop(code));
    cause.result = code;
    connection_event(ConnectionEvent::StopRequest, cause);
}

void Server::Impl::on(const wp::StopControlConnectionReply &) {
    // Whatever its result: a peer that does not want to stop is left alone by closing TCP.
    connection_event(ConnectionEvent::StopReply);
}

void Server::Impl::on(const wp::EchoRequest &m) {
    echo_request = m;
    connection_event(ConnectionEvent::EchoRequest);
}

void Server::Impl::on(const wp::EchoReply &m) {
    echo_reply = m;
    connection_event(ConnectionEvent::EchoReply);
}

// -- messages of calls

void Server::Impl::on(const wp::OutgoingCallRequest &m) {
    const CallId call{m.call_id};
    if (state != ConnectionState::Established) {
        counters.unexpected++;
        // Section 2.16 has an error for it. During the end there is nobody left to be told.
        if (!reason)
            send_call_refusal(call, wp::result_general_error, wp::error_not_connected);
        return;
    }
    if (find(call) == nullptr && calls.size() >= options.max_calls) {
        send_call_refusal(call, wp::result_general_error, wp::error_no_resource);
        return;
    }
    call_event(call, CallEvent::Request, {.request = &m});
}

// It carries the peer's call id, which the peer knows before it knows ours (section 2.12).
void Server::Impl::on(const wp::CallClearRequest &m) {
    EndReason cause = because(Kind::CallCleared, "the client cleared the call");
    call_event(CallId{m.call_id}, CallEvent::Clear,
               {.cause = std::move(cause), .result = wp::disconnect_request});
}

// Meant for a PNS, but its sender's own call id, as everywhere in it, says which call it means.
void Server::Impl::on(const wp::CallDisconnectNotify &m) {
    EndReason cause =
        because(Kind::CallCleared,
                "the client cleared the call: " + describe_disconnect(m.result, m.error, m.cause));
    cause.result = m.result;
    cause.error = m.error;
    cause.cause = m.cause;
    call_event(CallId{m.call_id}, CallEvent::Disconnect, {.cause = std::move(cause)});
}

void Server::Impl::on(const wp::SetLinkInfo &m) {
    const Call *call = find_local(CallId{m.peer_call_id});
    if (call == nullptr) {
        counters.unexpected++;
        return;
    }
    outputs.emplace_back(
        LinkInfo{.peer = call->peer, .send_accm = m.send_accm, .receive_accm = m.receive_accm});
}

// Calls towards a PNS: we are none, and say so as the RFC has it rather than let the peer wait.
void Server::Impl::on(const wp::IncomingCallRequest &m) {
    if (state != ConnectionState::Established) {
        counters.unexpected++;
        return;
    }
    send(wp::IncomingCallReply{.peer_call_id = m.call_id,
                               .result = wp::incoming_call_do_not_accept});
}

// What only a PNS receives, or what follows calls that we never make.
void Server::Impl::on(const wp::StartControlConnectionReply &) { counters.unexpected++; }

void Server::Impl::on(const wp::OutgoingCallReply &) { counters.unexpected++; }

void Server::Impl::on(const wp::IncomingCallReply &) { counters.unexpected++; }

void Server::Impl::on(const wp::IncomingCallConnected &) { counters.unexpected++; }

void Server::Impl::on(const wp::WanErrorNotify &) { counters.unexpected++; }

}  // namespace rtun::pptp
