// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client that dials on demand, while it does not: Preparing and Standby.
#include <daemon/client.h>

#include <config/grammar.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

// The path is not known before there is a tunnel.
base::Status Client::make_standby() {
    return standby_->make(settings_.name, settings_.max_mtu != 0 ? settings_.max_mtu : UsualSize);
}

void Client::prepare() {
    state_ = State::Preparing;
    deadline_.reset();
    verifying_ = false;
    server_ = {};
    if (!standby_)
        standby_ = std::make_unique<Standby>(ground_.kernel, ground_.routes);
    if (standby_->vanished())
        standby_->remove();
    if (const auto made = make_standby(); !made) {
        failed(kernel_reason(made.error()));
        return;
    }
    interface_ = settings_.name;
    if (!settings_.add_default_route || !known_.empty()) {
        stand_by();
        return;
    }
    standby_->open_way();
    const auto servers = config::parse_endpoints(settings_.connect_to);
    if (!servers) {
        failed({Layer::Config, Side::Local, ErrorCode::Invalid, servers.error().text});
        return;
    }
    unasked_.clear();
    for (const config::Endpoint &server : *servers)
        unasked_.push_back(server.host);
    ask_next();
}

void Client::ask_next() {
    for (; !unasked_.empty(); unasked_.pop_front()) {
        const std::string &host = unasked_.front();
        if (const auto address = base::Ipv4::parse(host)) {
            known_[host] = {*address};
            continue;
        }
        deadline_ = ground_.world.now() + ResolveTimeout;
        lookup_ = ground_.world.resolve(
            host, [this](base::Result<Addresses> answer) { prepared(std::move(answer)); });
        arm();
        return;
    }
    if (known_.empty())
        failed({Layer::Name, Side::Local, ErrorCode::Unreachable, ask_failed_});
    else
        stand_by();
}

void Client::prepared(base::Result<Addresses> addresses) {
    if (state_ != State::Preparing || unasked_.empty())
        return;
    lookup_.reset();
    deadline_.reset();
    if (addresses) {
        addresses->resize(std::min(addresses->size(), MaxAddresses));
        known_[unasked_.front()] = std::move(*addresses);
    } else {
        ask_failed_ = addresses.error().text;
    }
    unasked_.pop_front();
    ask_next();
}

void Client::stand_by() {
    if (const auto closed = close_way(); !closed) {
        known_.clear();
        failed(kernel_reason(closed.error()));
        return;
    }
    state_ = State::Standby;
    tell(Level::Debug, event_id::Standby,
         fmt::format("waiting for something to send, gateway {}", standby_->gateway().text()),
         {{"gateway", standby_->gateway().text()}});
    arm();
}

base::Status Client::close_way() {
    if (!settings_.add_default_route || standby_->closed())
        return {};
    Standby::Way way{.metric = settings_.default_route_distance,
                     .pin_servers = settings_.host_route,
                     .fwmark = settings_.fwmark,
                     .servers = {}};
    for (const auto &[host, addresses] : known_)
        way.servers.insert(way.servers.end(), addresses.begin(), addresses.end());
    return standby_->close_way(way);
}

void Client::standby_event(const netlink::Notice &notice) {
    if (notice.type == "demand" && standby_->link() &&
        notice.value == static_cast<std::uint32_t>(standby_->link()->index)) {
        tell(Level::Info, event_id::Demand, "there is something to send: dialing");
        dial();
    } else if (notice.type == "routes" && standby_->vanished()) {
        prepare();
    }
}

}  // namespace rtun::daemon
