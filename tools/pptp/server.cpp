// SPDX-License-Identifier: GPL-2.0-or-later
//
// The calls of the engine, and what the passing of time does.
#include <pptp/server.h>

#include <pptp/server_impl.h>

#include <algorithm>
#include <utility>

namespace rtun::pptp {

namespace {

struct RefusalCode {
    std::uint8_t result;
    std::uint8_t error;
};

RefusalCode code_of(Server::Refusal why) {
    switch (why) {
    case Server::Refusal::NoResources:
        return {wp::result_general_error, wp::error_no_resource};
    case Server::Refusal::NotAllowed:
        return {wp::outgoing_call_do_not_accept, 0};
    case Server::Refusal::Busy:
        return {wp::outgoing_call_busy, 0};
    }
    return {wp::outgoing_call_do_not_accept, 0};
}

}  // namespace

std::string Server::Impl::where_lost() const {
    switch (state) {
    case pac::ConnectionState::Idle:
        return "before the control connection was started";
    case pac::ConnectionState::Established:
        return calls.empty() ? "without a call" : "during the call";
    case pac::ConnectionState::WaitStopReply:
        return "while waiting for " +
               std::string(wp::name(wp::MessageType::StopControlConnectionReply));
    }
    return {};
}

Server::Server(ServerOptions options, base::Random &random)
    : impl_(std::make_unique<Impl>(std::move(options), random)) {}
Server::~Server() = default;
Server::Server(Server &&) noexcept = default;
Server &Server::operator=(Server &&) noexcept = default;

void Server::start(base::Time now) {
    if (impl_->started || impl_->ended)
        return;
    impl_->started = true;
    impl_->now = now;
    impl_->wait = after(now, impl_->options.start_timeout);
}

void Server::resume(const ServerState &state, base::Time now) {
    Impl &self = *impl_;
    if (self.started || self.ended)
        return;
    self.started = true;
    self.now = now;
    self.state = pac::ConnectionState::Established;
    self.peer = state.peer;
    for (const ServerState::Call &call : state.calls)
        if (self.find(call.peer) == nullptr)
            self.calls.push_back({.peer = call.peer,
                                  .local = call.local,
                                  .state = pac::CallState::Established,
                                  .peer_window = call.peer_window});
    self.keepalive.start(self.random.u32(), now);
    self.await_call();
    self.receive(state.unread);
}

std::optional<ServerState> Server::state() const {
    const Impl &self = *impl_;
    if (self.state != pac::ConnectionState::Established || self.reason)
        return std::nullopt;
    const base::View unread = self.stream.unread();
    ServerState state{
        .peer = self.peer, .calls = {}, .unread = {unread.begin(), unread.end()}, .unsent = {}};
    // One that the owner has not answered yet is not told: the peer clears it, and asks again.
    for (const Impl::Call &call : self.calls)
        if (call.state == pac::CallState::Established)
            state.calls.push_back(
                {.local = call.local, .peer = call.peer, .peer_window = call.peer_window});
    return state;
}

void Server::accept(CallId peer, CallId local, std::uint32_t connect_bps, base::Time now) {
    if (impl_->ended || impl_->reason)
        return;
    impl_->now = now;
    impl_->call_event(peer, pac::CallEvent::Accept, {.local = local, .connect_bps = connect_bps});
}

void Server::refuse(CallId peer, Refusal why, base::Time now) {
    if (impl_->ended || impl_->reason)
        return;
    impl_->now = now;
    const RefusalCode code = code_of(why);
    impl_->call_event(peer, pac::CallEvent::Refuse, {.result = code.result, .error = code.error});
}

void Server::clear(CallId peer, std::string_view why, base::Time now) {
    if (impl_->ended || impl_->reason)
        return;
    impl_->now = now;
    impl_->terminate(peer, because(Kind::Requested, std::string(why)));
}

void Server::stop(base::Time now, std::string_view why) {
    if (impl_->ended || impl_->reason)
        return;
    impl_->now = now;
    const EndReason cause = because(Kind::Requested, std::string(why));
    while (!impl_->calls.empty())
        impl_->terminate(impl_->calls.front().peer, cause);
    impl_->connection_event(pac::ConnectionEvent::Terminate, cause);
}

void Server::receive(base::View octets, base::Time now) {
    if (!impl_->started || impl_->ended)
        return;
    impl_->now = now;
    impl_->receive(octets);
}

void Server::connection_lost(base::Time now, std::string_view why) {
    if (impl_->ended)
        return;
    impl_->now = now;
    std::string text = "connection closed " + impl_->where_lost();
    if (!why.empty())
        text += ": " + std::string(why);
    impl_->connection_event(pac::ConnectionEvent::Lost,
                            because(Kind::ConnectionLost, std::move(text)));
}

void Server::expire(base::Time now) {
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

base::Deadline Server::deadline() const {
    return base::earlier(impl_->wait, impl_->keepalive.deadline());
}

std::vector<ServerOutput> Server::take_outputs() { return std::exchange(impl_->outputs, {}); }

const ControlCounters &Server::counters() const { return impl_->counters; }

}  // namespace rtun::pptp
