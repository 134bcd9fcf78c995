// SPDX-License-Identifier: GPL-2.0-or-later
//
// The calls of the engine, and what the passing of time does.
#include <pptp/control.h>

#include <pptp/control_impl.h>

#include <utility>

namespace rtun::pptp {

std::string Control::Impl::where_lost() const {
    switch (control_state) {
    case ConnectionState::Idle:
        return "before the control connection was started";
    case ConnectionState::WaitCtlReply:
        return "while waiting for " +
               std::string(wp::name(wp::MessageType::StartControlConnectionReply));
    case ConnectionState::Established:
        return call_state == CallState::WaitReply
                   ? "while waiting for " +
                         std::string(wp::name(wp::MessageType::OutgoingCallReply))
                   : "during the call";
    case ConnectionState::WaitStopReply:
        return "while waiting for " +
               std::string(wp::name(wp::MessageType::StopControlConnectionReply));
    }
    return {};
}

std::string_view name(EndReason::Kind kind) {
    switch (kind) {
    case Kind::Requested:
        return "requested";
    case Kind::ConnectRefused:
        return "connect-refused";
    case Kind::CallRefused:
        return "call-refused";
    case Kind::CallCleared:
        return "call-cleared";
    case Kind::Stopped:
        return "stopped";
    case Kind::Timeout:
        return "timeout";
    case Kind::EchoTimeout:
        return "echo-timeout";
    case Kind::ProtocolError:
        return "protocol-error";
    case Kind::ConnectionLost:
        return "connection-lost";
    }
    return "?";
}

Control::Control(ControlOptions options, CallId call, base::Random &random)
    : impl_(std::make_unique<Impl>(std::move(options), call, random)) {}
Control::~Control() = default;
Control::Control(Control &&) noexcept = default;
Control &Control::operator=(Control &&) noexcept = default;

void Control::start(base::Time now) {
    if (impl_->started || impl_->ended)
        return;
    impl_->started = true;
    impl_->now = now;
    impl_->control_event(ControlEvent::Open);
}

void Control::resume(const ControlState &state, base::Time now) {
    Impl &self = *impl_;
    if (self.started || self.ended)
        return;
    self.started = true;
    self.now = now;
    self.control_state = ConnectionState::Established;
    self.call_state = CallState::Established;
    self.server = state.server;
    self.call_up = state.call;
    self.call = state.call.local;
    self.peer_call = static_cast<std::uint16_t>(state.call.peer);
    self.keepalive.start(self.random.u32(), now);
    self.receive(state.unread);
}

std::optional<ControlState> Control::state() const {
    const Impl &self = *impl_;
    if (self.call_state != CallState::Established || self.reason)
        return std::nullopt;
    const base::View unread = self.stream.unread();
    return ControlState{.server = self.server,
                        .call = self.call_up,
                        .unread = {unread.begin(), unread.end()},
                        .unsent = {}};
}

void Control::stop(base::Time now, std::string_view why) {
    if (impl_->ended)
        return;
    impl_->now = now;
    impl_->call_event(CallEvent::Clear, because(Kind::Requested, std::string(why)));
}

void Control::set_link_info(std::uint32_t send_accm, std::uint32_t receive_accm) {
    if (impl_->call_state != CallState::Established || impl_->ended)
        return;
    impl_->send(wp::SetLinkInfo{.peer_call_id = impl_->peer_call.value_or(0),
                                .send_accm = send_accm,
                                .receive_accm = receive_accm});
}

void Control::receive(base::View octets, base::Time now) {
    if (!impl_->started || impl_->ended)
        return;
    impl_->now = now;
    impl_->receive(octets);
}

void Control::connection_lost(base::Time now, std::string_view why) {
    if (impl_->ended)
        return;
    impl_->now = now;
    std::string text = "connection closed " + impl_->where_lost();
    if (!why.empty())
        text += ": " + std::string(why);
    impl_->control_event(ControlEvent::Lost, because(Kind::ConnectionLost, std::move(text)));
}

void Control::expire(base::Time now) {
    Impl &self = *impl_;
    if (self.ended)
        return;
    self.now = now;
    // More than one may be over if we are called late; each brings the end nearer.
    while (self.wait && *self.wait <= now) {
        self.wait.reset();
        self.wait_over();
    }
    if (self.keepalive.deadline() && *self.keepalive.deadline() <= now)
        self.echo_over();
}

base::Deadline Control::deadline() const {
    return base::earlier(impl_->wait, impl_->keepalive.deadline());
}

std::vector<Output> Control::take_outputs() { return std::exchange(impl_->outputs, {}); }

const ControlCounters &Control::counters() const { return impl_->counters; }

}  // namespace rtun::pptp
