// SPDX-License-Identifier: GPL-2.0-or-later
//
// From octets to messages, and from messages to events. A message that the machines have no event
// for is answered or counted here.
#include <pptp/control_impl.h>

#include <pptp/codes.h>

#include <variant>

namespace rtun::pptp {

// -- octets

void Control::Impl::receive(base::View octets) {
    stream.receive(octets, [this](const wp::Next &next) {
        if (const auto *message = std::get_if<wp::Message>(&next)) {
            counters.messages_in++;
            keepalive.heard(now);
            std::visit([this](const auto &m) { on(m); }, *message);
        } else if (const auto *unknown = std::get_if<wp::Unknown>(&next)) {
            counters.messages_in++;
            keepalive.heard(now);
            on(*unknown);
        } else if (const auto *bad = std::get_if<wp::Malformed>(&next)) {
            on(*bad);
        }
        return ended ? MessageStream::Flow::Stop : MessageStream::Flow::On;
    });
}

void Control::Impl::on(const wp::Malformed &m) {
    control_event(ControlEvent::Malformed,
                  because(Kind::ProtocolError, "the server sent " + m.text));
}

void Control::Impl::on(const wp::Unknown &) { counters.unexpected++; }

// -- messages of the control connection

void Control::Impl::on(const wp::StartControlConnectionRequest &) {
    control_event(ControlEvent::StartRequest);
}

void Control::Impl::on(const wp::StartControlConnectionReply &m) {
    start_reply = m;
    if (m.result != wp::result_ok) {
        EndReason cause =
            because(Kind::ConnectRefused, "the server refused the control connection: " +
                                              describe_start(m.result, m.error));
        cause.result = m.result;
        cause.error = m.error;
        control_event(ControlEvent::StartReplyError, cause);
    } else if (m.version != wp::protocol_version) {
        control_event(ControlEvent::StartReplyVersion,
                      because(Kind::ConnectRefused,
                              "the server speaks version " + std::to_string(m.version >> 8) + "." +
                                  std::to_string(m.version & 0xff) +
                                  " of the protocol, which is not supported (1.0 is)"));
    } else {
        control_event(ControlEvent::StartReply);
    }
}

void Control::Impl::on(const wp::StopControlConnectionRequest &m) {
    const auto code = static_cast<std::uint8_t>(m.reason);
    EndReason cause =
        because(Kind::Stopped, "the server stopped the control connection: " + describe_stop(code));
    cause.result = code;
    control_event(ControlEvent::StopRequest, cause);
}

void Control::Impl::on(const wp::StopControlConnectionReply &) {
    // Whatever its result: a peer that does not want to stop is left alone by closing TCP.
    control_event(ControlEvent::StopReply);
}

void Control::Impl::on(const wp::EchoRequest &m) {
    echo_request = m;
    control_event(ControlEvent::EchoRequest);
}

void Control::Impl::on(const wp::EchoReply &m) {
    echo_reply = m;
    control_event(ControlEvent::EchoReply);
}

// -- messages of the call

void Control::Impl::on(const wp::OutgoingCallReply &m) {
    if (control_state != ConnectionState::Established || !ours(m.peer_call_id)) {
        counters.unexpected++;
        return;
    }
    if (m.result == wp::result_ok) {
        if (!peer_call)
            peer_call = m.call_id;
        call_reply = m;
        call_event(CallEvent::ReplyOk);
        return;
    }
    EndReason cause = because(Kind::CallRefused, "the server refused the call: " +
                                                     describe_call(m.result, m.error, m.cause));
    cause.result = m.result;
    cause.error = m.error;
    cause.cause = m.cause;
    call_event(CallEvent::ReplyError, cause);
}

void Control::Impl::on(const wp::CallDisconnectNotify &m) {
    // It carries the PAC's call id, which is not known yet while the call is being made; some
    // servers put in ours instead.
    const bool this_call = !peer_call || *peer_call == m.call_id || ours(m.call_id);
    if (control_state != ConnectionState::Established || !this_call) {
        counters.unexpected++;
        return;
    }
    EndReason cause =
        because(Kind::CallCleared,
                "the server cleared the call: " + describe_disconnect(m.result, m.error, m.cause));
    cause.result = m.result;
    cause.error = m.error;
    cause.cause = m.cause;
    call_event(CallEvent::Disconnect, cause);
}

void Control::Impl::on(const wp::WanErrorNotify &m) {
    if (call_state != CallState::Established || !ours(m.peer_call_id))
        counters.unexpected++;
    else
        counters.call_errors++;
}

// Meant for a PAC, but servers send it. How octets are escaped does not matter inside GRE.
void Control::Impl::on(const wp::SetLinkInfo &m) {
    if (call_state != CallState::Established || !ours(m.peer_call_id))
        counters.unexpected++;
}

// Calls towards us: we are no server, and say so as the RFC has it rather than let the peer wait.
void Control::Impl::on(const wp::IncomingCallRequest &m) {
    if (control_state != ConnectionState::Established) {
        counters.unexpected++;
        return;
    }
    send(wp::IncomingCallReply{.peer_call_id = m.call_id,
                               .result = wp::incoming_call_do_not_accept});
}

void Control::Impl::on(const wp::OutgoingCallRequest &m) {
    if (control_state != ConnectionState::Established) {
        counters.unexpected++;
        return;
    }
    send(wp::OutgoingCallReply{.peer_call_id = m.call_id,
                               .result = wp::outgoing_call_do_not_accept});
}

// What only a PAC receives, or what follows calls that we have refused.
void Control::Impl::on(const wp::IncomingCallReply &) { counters.unexpected++; }

void Control::Impl::on(const wp::IncomingCallConnected &) { counters.unexpected++; }

void Control::Impl::on(const wp::CallClearRequest &) { counters.unexpected++; }

}  // namespace rtun::pptp
