// SPDX-License-Identifier: GPL-2.0-or-later
//
// One link, dial for dial.
#include <daemon/client_link.h>

#include <daemon/drive.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace rtun::daemon {

using base::ErrorCode;

ClientLink::ClientLink(const Ground &ground, config::LinkSettings settings,
                       std::function<void()> wake)
    : ground_(ground), settings_(std::move(settings)), wake_(std::move(wake)) {}

void ClientLink::dial(Dial how, base::Time now) {
    how_ = std::move(how);
    address_ = {};
    carried_ = false;
    deadline_.reset();
    addresses_.assign(how_.known.begin(), how_.known.end());
    if (const auto address = base::Ipv4::parse(settings_.server.host);
        address && addresses_.empty())
        addresses_.push_back(*address);
    if (!addresses_.empty()) {
        call_next(now);
        return;
    }
    state_ = State::Resolving;
    deadline_ = now + ResolveTimeout;
    lookup_ = ground_.world.resolve(settings_.server.host, [this](auto answer) {
        resolved(std::move(answer));
        wake_();
    });
}

void ClientLink::resolved(base::Result<std::vector<base::Ipv4>> addresses) {
    if (state_ != State::Resolving)
        return;
    lookup_.reset();
    deadline_.reset();
    if (!addresses) {
        ended({Layer::Name, Side::Local, ErrorCode::Unreachable, addresses.error().text});
        return;
    }
    addresses->resize(std::min(addresses->size(), MaxAddresses));
    addresses_.assign(addresses->begin(), addresses->end());
    call_next(ground_.world.now());
}

PptpCall::Plan ClientLink::plan() const {
    PptpCall::Plan plan = how_.plan;
    plan.server = address_;
    plan.port = settings_.server.port;
    plan.source = settings_.source;
    plan.bind = settings_.interface;
    plan.way = settings_;
    return plan;
}

void ClientLink::call_next(base::Time now) {
    address_ = addresses_.front();
    addresses_.pop_front();
    state_ = State::Calling;
    outputs_.emplace_back(Call::Server{address_, settings_.server.port});
    if (const auto open = how_.open_way(address_); !open) {
        ended(kernel_reason(open.error()));
        return;
    }
    call_ = std::make_unique<PptpCall>(ground_, plan(), wake_);
    call_->start(now);
}

base::Status ClientLink::resume(Dial how, const CallState &state, const netlink::Tunnel &tunnel,
                                const netlink::Session &session) {
    how_ = std::move(how);
    address_ = state.server;
    auto call = std::make_unique<PptpCall>(ground_, plan(), wake_);
    if (auto resumed = call->resume(state, tunnel, session); !resumed) {
        address_ = {};
        return resumed;
    }
    state_ = State::Calling;
    call_ = std::move(call);
    return {};
}

void ClientLink::ended(Reason reason) {
    state_ = State::Idle;
    outputs_.emplace_back(Call::Ended{std::move(reason), false, {}});
}

std::vector<Call::Output> ClientLink::take_outputs() {
    std::vector<Call::Output> all = std::exchange(outputs_, {});
    if (!call_)
        return all;
    for (Call::Output &output : call_->take_outputs()) {
        const auto *end = std::get_if<Call::Ended>(&output);
        if (end == nullptr) {
            all.push_back(std::move(output));
            continue;
        }
        finished_.push_back(std::move(call_));
        const bool elsewhere = !end->tcp_connected && end->reason.layer == Layer::Tcp &&
                               end->reason.by != Side::User && !addresses_.empty();
        if (elsewhere) {
            call_next(ground_.world.now());
            break;
        }
        state_ = State::Idle;
        all.push_back(std::move(output));
        break;
    }
    for (Call::Output &output : std::exchange(outputs_, {}))  // of the next address
        all.push_back(std::move(output));
    return all;
}

base::Duration ClientLink::wait(const Reason &why, base::Time now) {
    left(now);
    failed_ = !carried_;
    why_ = why.text;
    state_ = State::Waiting;
    const base::Duration pause = backoff_.next(
        why.code == ErrorCode::AuthFailed ? Backoff::After::AuthFailure : Backoff::After::Failure,
        ground_.random);
    deadline_ = now + pause;
    return pause;
}

void ClientLink::rest(std::string why) {
    joined_at_.reset();
    why_ = std::move(why);
    state_ = State::Idle;
    deadline_.reset();
}

void ClientLink::stop(base::Time now, const Reason &reason) {
    deadline_.reset();
    if (call_) {
        call_->stop(now, reason);
        return;
    }
    lookup_.reset();
    if (state_ == State::Resolving)
        ended(reason);
    else
        rest(reason.text);
}

void ClientLink::abort(const Reason &reason) {
    if (call_)
        call_->abort(reason);
    else
        stop(ground_.world.now(), reason);
}

void ClientLink::expire(base::Time now) {
    finished_.clear();
    if (call_)
        expire_if_due(*call_, now);
    if (state_ != State::Resolving || !due(deadline_, now))
        return;
    deadline_.reset();
    lookup_.reset();
    ended({Layer::Name, Side::Local, ErrorCode::Unreachable,
           fmt::format("the name service did not answer within {} s", ResolveTimeout.count())});
}

base::Deadline ClientLink::deadline() const {
    return call_ ? base::earlier(deadline_, call_->deadline()) : deadline_;
}

bool ClientLink::wants_dial(base::Time now) const {
    return state_ == State::Waiting && due(deadline_, now);
}

void ClientLink::left(base::Time now) {
    if (joined_at_ && now - *joined_at_ >= Backoff::Lasting)
        backoff_.reset();
    joined_at_.reset();
}

bool ClientLink::heard(bool any) { return is_joined() && std::exchange(silent_, !any) == any; }

void ClientLink::joined(base::Time now) {
    joined_at_ = now;
    silent_ = false;
    carried_ = true;
    why_.clear();
}

// The kernel counts in kbit/s.
std::uint32_t ClientLink::kbits() const {
    return static_cast<std::uint32_t>(settings_.rate / 1000);
}

std::string ClientLink::text() const {
    std::string text =
        fmt::format("{}:{}", address_.unspecified() ? settings_.server.host : address_.text(),
                    settings_.server.port);
    if (!settings_.source.unspecified())
        text += " from " + settings_.source.text();
    if (!settings_.interface.empty())
        text += " by " + settings_.interface;
    return text;
}

ctl::LinkStatus ClientLink::status(base::Time now) const {
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    ctl::LinkStatus status;
    status.server = fmt::format("{}:{}", settings_.server.host, settings_.server.port);
    if (!settings_.source.unspecified())
        status.source = settings_.source.text();
    status.interface = settings_.interface;
    status.up = is_joined();
    status.status = is_joined()                ? silent_ ? "silent" : "up"
                    : busy()                   ? "dialing"
                    : state_ == State::Waiting ? "waiting"
                                               : "not dialed";
    if (settings_.rate != 0)
        status.rate = settings_.rate;
    if (joined_at_)
        status.uptime =
            static_cast<std::uint64_t>(duration_cast<seconds>(now - *joined_at_).count());
    else
        status.last_error = why_;
    if (state_ == State::Waiting && deadline_)
        status.retry_in = static_cast<std::uint64_t>(
            *deadline_ > now ? duration_cast<seconds>(*deadline_ - now).count() : 0);
    if (call_ && call_->plumbing().session_id()) {
        status.tunnel_id = static_cast<std::uint32_t>(*call_->plumbing().tunnel_id());
        status.session_id = static_cast<std::uint32_t>(*call_->plumbing().session_id());
    }
    return status;
}

}  // namespace rtun::daemon
