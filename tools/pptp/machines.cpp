// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machines at work: an event, its cell, the cell's actions in the order of states.h.
#include <pptp/control_impl.h>

#include <base/result.h>

#include <algorithm>

namespace rtun::pptp {

void Control::Impl::control_event(ControlEvent event, const EndReason &cause) {
    const ControlCell &cell = control_cell(control_state, event);
    const unsigned actions = cell.actions;
    control_state = cell.next;

    if ((actions & Unexpected) != 0)
        counters.unexpected++;
    if ((actions & SendStartRequest) != 0) {
        send(wp::StartControlConnectionRequest{.firmware = firmware_revision,
                                               .host_name = field(options.host_name),
                                               .vendor = field(options.vendor)});
        wait = after(now, options.reply_timeout);
    }
    if ((actions & ControlIsUp) != 0) {
        wait.reset();
        server = {.host_name = shown(start_reply.host_name),
                  .vendor = shown(start_reply.vendor),
                  .firmware = start_reply.firmware,
                  .max_channels = start_reply.max_channels};
        outputs.emplace_back(server);
        keepalive.start(random.u32(), now);
        call_event(CallEvent::Open);
    }
    if ((actions & (SendStopVersion | SendStopRequest | Close)) != 0)
        begin_end(cause);
    if ((actions & SendStopVersion) != 0)
        send_stop(wp::StopReason::StopProtocol);
    if ((actions & SendStopRequest) != 0)
        send_stop(wp::StopReason::None);
    if ((actions & SendStopReply) != 0)
        send(wp::StopControlConnectionReply{});
    if ((actions & SendEchoReply) != 0)
        send(wp::EchoReply{.identifier = echo_request.identifier});
    if ((actions & TakeEchoReply) != 0)
        take_echo_reply();
    if ((actions & Close) != 0)
        close();
}

void Control::Impl::call_event(CallEvent event, const EndReason &cause) {
    const CallCell &cell = call_cell(call_state, event);
    const unsigned actions = cell.actions;
    call_state = cell.next;

    if ((actions & CallUnexpected) != 0)
        counters.unexpected++;
    if ((actions & SendCallRequest) != 0) {
        send(wp::OutgoingCallRequest{
            .call_id = static_cast<std::uint16_t>(call),
            .serial = static_cast<std::uint16_t>(random.below(0x10000)),
            .minimum_bps = options.minimum_bps,
            .maximum_bps = options.maximum_bps,
            .window = options.receive_window,
            .phone_number = field(options.phone_number),
            .sub_address = field(options.sub_address),
        });
        wait = after(now, options.reply_timeout);
    }
    if ((actions & CallIsUp) != 0) {
        wait.reset();
        call_up = {.local = call,
                   .peer = CallId{call_reply.call_id},
                   .connect_speed = call_reply.connect_speed,
                   .peer_window = call_reply.window,
                   .processing_delay = call_reply.processing_delay};
        outputs.emplace_back(call_up);
    }
    if ((actions & SendCallClear) != 0) {
        begin_end(cause);
        send(wp::CallClearRequest{.call_id = static_cast<std::uint16_t>(call)});
        wait = std::min(stop_deadline, after(now, options.stop_timeout / 2));
    }
    if ((actions & CallIsOver) != 0)
        control_event(ControlEvent::Terminate, cause);
}

void Control::Impl::send(const wp::Message &message) {
    counters.messages_out++;
    outputs.emplace_back(SendBytes{wp::encode(message)});
}

void Control::Impl::begin_end(const EndReason &cause) {
    if (reason)
        return;
    reason = cause;
    stop_deadline = after(now, options.stop_timeout);
    keepalive.stop();
}

void Control::Impl::send_stop(wp::StopReason why) {
    send(wp::StopControlConnectionRequest{.reason = why});
    wait = stop_deadline;
}

void Control::Impl::close() {
    RTUN_ASSERT(reason.has_value());
    ended = true;
    call_state = CallState::Idle;  // cleared with its control connection (section 2.3)
    wait.reset();
    keepalive.stop();
    stream.clear();
    outputs.emplace_back(Ended{*reason});
}

// The reply that wait stood for has not come.
void Control::Impl::wait_over() {
    const auto missing = [this](std::string_view message) {
        return because(Kind::Timeout, "no " + std::string(message) + " within " +
                                          base::format_uptime(options.reply_timeout));
    };
    if (control_state == ConnectionState::Established)
        call_event(CallEvent::Timeout, missing(wp::name(wp::MessageType::OutgoingCallReply)));
    else
        control_event(ControlEvent::Timeout,
                      missing(wp::name(wp::MessageType::StartControlConnectionReply)));
}

void Control::Impl::echo_over() {
    const auto identifier = keepalive.expire(now);
    if (!identifier) {
        control_event(ControlEvent::EchoTimeout,
                      because(Kind::EchoTimeout,
                              "no Echo-Reply within " + base::format_uptime(options.echo_timeout)));
        return;
    }
    send(wp::EchoRequest{.identifier = *identifier});
    counters.echo_sent++;
}

// Any result: the peer is there, and that is what was asked.
void Control::Impl::take_echo_reply() {
    if (keepalive.answered(echo_reply.identifier, now))
        counters.echo_answered++;
    else
        counters.unexpected++;
}

}  // namespace rtun::pptp
