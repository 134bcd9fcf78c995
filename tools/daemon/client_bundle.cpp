// SPDX-License-Identifier: GPL-2.0-or-later
//
// A bundle as a whole: how it begins, what it is driven by, how it ends. As with a call every input
// ends in settle(), which lets links and bundle have their way until they are quiet.
#include <daemon/client_bundle.h>

#include <daemon/drive.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

ClientBundle::ClientBundle(const Ground &ground, Plan plan, std::function<void()> wake)
    : ground_(ground), plan_(std::move(plan)), wake_(std::move(wake)),
      discriminator_(ppp::Discriminator::local(ground.random)),
      plumbing_(ground.kernel, ground.routes) {
    if (plan_.client.add_default_route)
        wanted_route_ = DefaultRoute{.distance = plan_.client.default_route_distance,
                                     .pin_server = plan_.client.host_route};
    if (plan_.device)
        plumbing_.borrow(*plan_.device);
    for (const config::LinkSettings &link : plan_.links)
        add_link(link);
}

void ClientBundle::start(base::Time now) {
    dial_next(now);
    settle(now);
}

void ClientBundle::stop(base::Time now, Reason reason) {
    if (ended_)
        return;
    heard_ = true;
    end(std::move(reason));
    settle(now);
}

void ClientBundle::abort(Reason reason) {
    if (ended_)
        return;
    if (!reason_)
        reason_ = std::move(reason);
    stopping_ = true;
    take_down();
    for (const auto &link : links_)
        link->abort(*reason_);
    settle(ground_.world.now());
}

void ClientBundle::end(Reason reason) {
    if (!reason_)
        reason_ = std::move(reason);
}

void ClientBundle::settle(base::Time now) {
    bool moved = std::exchange(heard_, false);
    for (bool busy = true; busy && !ended_;) {
        busy = false;
        // By number: a link says nothing that adds one, and none goes before all are quiet.
        for (const auto &link : links_)
            busy = drain(*link, [&](auto &output) { from(*link, output); }) || busy;
        if (network_)
            busy = drain(*network_, [this](auto &output) { on(output); }) || busy;
        if (reason_ && !std::exchange(stopping_, true)) {
            take_down();
            for (const auto &link : links_)
                link->stop(now, *reason_);
            busy = true;
        }
        moved = moved || busy;
    }
    std::erase_if(links_, [this](const auto &link) {
        return link->unwanted && !link->busy() && !link->has_finished() && link.get() != plain_;
    });
    if (reason_ && !ended_ && !any_busy())
        finish();
    if (moved)
        save();
}

void ClientBundle::finish() {
    ended_ = true;
    idle_check_.reset();
    outputs_.emplace_back(Ended{*reason_, tcp_connected_, last_stats_});
}

void ClientBundle::expire(base::Time now) {
    if (ended_)
        return;
    for (const auto &link : links_)
        link->expire(now);
    if (network_)
        expire_if_due(*network_, now);
    if (due(recheck_.deadline(), now))
        check_session(now);
    if (due(idle_check_, now))
        check_idle(now);
    if (!reason_)
        for (const auto &link : links_)
            if (link->wants_dial(now))
                dial(*link, now);
    settle(now);
}

base::Deadline ClientBundle::deadline() const {
    if (ended_)
        return std::nullopt;
    base::Deadline next = base::earlier(recheck_.deadline(), idle_check_);
    if (network_)
        next = base::earlier(next, network_->deadline());
    for (const auto &link : links_) {
        next = base::earlier(next, link->deadline());
        if (link->has_finished())
            next = ground_.world.now();
    }
    return next;
}

void ClientBundle::kernel_event(const netlink::Event &event, base::Time now) {
    if (ended_)
        return;
    for (const auto &link : links_)
        if (link->call() != nullptr)
            link->call()->kernel_event(event, now);
    if (const auto *notice = std::get_if<netlink::Notice>(&event))
        link_event(*notice);
    if (network_)
        bundle_event(event, now);
    settle(now);
}

bool ClientBundle::owns(netlink::SessionId id) const {
    return plumbing_.owns(id) || std::any_of(links_.begin(), links_.end(), [id](const auto &link) {
               return link->call() != nullptr && link->call()->owns(id);
           });
}

bool ClientBundle::owns(netlink::TunnelId id) const {
    return plumbing_.owns(id) || std::any_of(links_.begin(), links_.end(), [id](const auto &link) {
               return link->call() != nullptr && link->call()->owns(id);
           });
}

base::Status ClientBundle::set_order(const config::Client &client) {
    plan_.client.reorder_slots = client.reorder_slots;
    plan_.client.reorder_time = client.reorder_time;
    plan_.client.test_type = client.test_type;
    plan_.client.test_rate = client.test_rate;
    base::Status all;
    for (const auto &link : links_)
        if (link->call() != nullptr)
            if (auto set = link->call()->set_order(client); !set)
                all = std::move(set);
    return all;
}

void ClientBundle::describe(ctl::ClientStatus &status, base::Time now) const {
    if (plain_ != nullptr && plain_->call() != nullptr)
        plain_->call()->describe(status, now);
    if (const auto tunnel = plumbing_.tunnel_id())
        status.tunnel_id = static_cast<std::uint32_t>(*tunnel);
    if (const auto session = plumbing_.session_id())
        status.session_id = static_cast<std::uint32_t>(*session);
    if (network_) {
        status.counters["ppp_frames_in"] = network_->counters().frames_in;
        status.counters["ppp_frames_out"] = network_->counters().frames_out;
    }
    if (first_)
        status.multilink = first_->agreed.text();
    else if (plain_ != nullptr)
        status.multilink = refused_;
    for (const auto &link : links_)
        status.links.push_back(link->status(now));
}

}  // namespace rtun::daemon
