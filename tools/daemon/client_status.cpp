// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a client stands, in the words that `rtun client show` prints. The status words are those of
// the manuals.
#include <daemon/client.h>

#include <config/grammar.h>
#include <daemon/bridge_port.h>

#include <fmt/format.h>

namespace rtun::daemon {

ctl::ClientStatus Client::status() const {
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    const base::Time now = ground_.world.now();

    ctl::ClientStatus status;
    status.name = settings_.name;
    status.type = "pptp";
    status.enabled = settings_.enabled;
    status.running = up_.has_value();
    status.comment = settings_.comment;
    status.connect_to = settings_.connect_to;
    status.user = settings_.user;
    status.attempts = attempts_;
    for (const config::Setting &setting : config::settings(settings_, config::Reveal::Hide))
        status.settings.emplace(setting.keyword, setting.value);

    if (up_)
        status.status = "connected";
    else if (state_ == State::Off && !stopping_ && !settings_.enabled)
        status.status = "terminated";
    else if (stopping_ || state_ == State::Off || state_ == State::Waiting)
        status.status = "disconnected";
    else if (state_ == State::Standby)
        status.status = "waiting for packets...";
    else if (verifying_)
        status.status = "verifying password...";
    else
        status.status = lasted_ ? "disconnected" : "dialing";  // was up, and is ending

    if (last_reason_ && !up_)
        status.last_error = last_reason_->text;
    if (state_ == State::Waiting && deadline_)
        status.retry_in = static_cast<std::uint64_t>(
            *deadline_ > now ? duration_cast<seconds>(*deadline_ - now).count() : 0);
    if (standby_ && standby_->made())
        status.interface = interface_;
    if (!server_.unspecified() && call_)
        status.server = fmt::format("{}:{}", server_.text(), port_);
    if (method_ && call_)
        status.authentication = auth::info(*method_).name;

    if (up_) {
        status.interface = up_->what.interface;
        if (up_->what.bridging) {
            status.bridge = up_->what.bridge;
            status.bridging = bridging_text(*up_->what.bridging);
            status.mac_address = up_->what.bridging->local.text();
            status.remote_mac_address = mac_text(up_->what.bridging->remote);
        } else {
            status.local_address = up_->what.local.text();
        }
        if (!up_->what.remote.unspecified())
            status.remote_address = up_->what.remote.text();
        for (const base::Ipv4 server : up_->what.dns)
            status.dns.push_back(server.text());
        status.mtu = up_->what.mtu;
        status.mru = up_->what.mru;
        status.encoding = encoding_.encoding;
        status.insecure = encoding_.insecure;
        status.uptime =
            static_cast<std::uint64_t>(duration_cast<seconds>(now - up_->since).count());
        if (const auto idle = call_ ? call_->idle(now) : std::nullopt)
            status.idle_time = static_cast<std::uint64_t>(duration_cast<seconds>(*idle).count());
    }
    if (call_)
        call_->describe(status, now);
    return status;
}

}  // namespace rtun::daemon
