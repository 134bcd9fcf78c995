// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client takes over the call of an earlier daemon, or leaves its own to the next one.
#include <daemon/client.h>

#include <config/grammar.h>
#include <daemon/difference.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

base::Status Client::adopt(const Leftover &leftover) {
    RTUN_ASSERT(state_ == State::Off);
    if (!leftover.session)
        return base::fail(ErrorCode::NotFound, leftover.useless);
    config::Client then =
        TRY(client_of(leftover.bundle ? leftover.bundle->settings : leftover.state->settings));
    // That one is not kept anywhere: a new password is for the next call.
    then.password = settings_.password;
    dialed_ = TRY(effective());
    // Nor is the bridge, which can be changed under a tunnel that is up; whether there is one, the
    // call knows.
    then.port = dialed_.port;
    if (difference(then, dialed_).redial)
        return base::fail(ErrorCode::Refused, "the client's settings have changed");
    TRY(config::check(dialed_));

    dials_++;
    dialed_at_ = ground_.world.now();
    forget_call();
    // Wanted only if the server asks again who we are; if it cannot be had, that is then.
    (void)read_password();
    auto call = take_over(leftover);
    if (!call) {
        server_ = {};
        credentials_ = {};
        return base::fail(std::move(call).error());
    }
    stopping_ = false;
    backoff_.reset();
    call_ = std::move(*call);
    state_ = State::Calling;
    turn();
    return {};
}

base::Result<std::unique_ptr<Call>> Client::take_over(const Leftover &leftover) {
    if (leftover.state) {
        server_ = leftover.state->server;
        server_name_ = server_.text();
        port_ = leftover.state->port;
    }
    if (dialed_.mrru != 0) {
        auto all = TRY(bundle());
        TRY(all->resume(leftover));
        return all;
    }
    auto call = std::make_unique<PptpCall>(ground_, plan(), [this] { turn(); });
    TRY(call->resume(*leftover.state, leftover.tunnel, *leftover.session));
    return call;
}

void Client::on(const Call::Resumed &output) {
    const double ago = std::max(0.0, ground_.world.epoch() - output.since);
    const auto lasted = std::chrono::duration_cast<base::Duration>(
        std::chrono::duration<double>(std::min(ago, 1e9)));  // wall clocks may be anything
    method_ = output.method;
    encoding_ = output.encoding;
    up_ = Connection{output.up, ground_.world.now() - lasted};
    interface_ = output.up.interface;
    last_reason_.reset();
    last_failure_told_.clear();
    use_names(output.up);
    Fields fields = fields_of(output.up);
    fields.emplace("encoding", encoding_.encoding);
    fields.emplace(
        "uptime", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lasted).count()));
    tell(Level::Info, event_id::Resumed,
         fmt::format("still connected: {}, for {}", words_of(output.up),
                     base::format_uptime(lasted)),
         std::move(fields));
}

bool Client::leave() {
    if (!call_ || !call_->leave())
        return false;
    tell(Level::Info, event_id::Left, "left connected, for the next daemon to go on with");
    finished_.push_back(std::move(call_));
    up_.reset();
    redial_ = false;
    deadline_.reset();
    rest();
    arm();
    return true;
}

}  // namespace rtun::daemon
