// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values into the words of ctl/message.h. The kernel is asked for all sessions at once.
#include <daemon/server_view.h>

#include <daemon/bridge_port.h>

#include <chrono>
#include <unordered_map>
#include <utility>

namespace rtun::daemon {

namespace {

std::uint64_t whole_seconds(base::Duration time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

ctl::ActiveLink shown_link(const ServerCall &link, base::Time now) {
    ctl::ActiveLink shown;
    shown.caller_id = link.caller().text();
    shown.peer_call_id = static_cast<std::uint32_t>(link.peer_call());
    shown.mtu = link.lcp().mtu;
    if (link.silent())
        shown.status = "silent";
    shown.uptime = whole_seconds(now - link.joined_at());
    if (const auto id = link.plumbing().session_id()) {
        shown.session_id = static_cast<std::uint32_t>(*id);
        shown.call_id = link.plumbing().call_id();
    }
    return shown;
}

}  // namespace

ctl::ServerStatus ServerView::server() const {
    ctl::ServerStatus status;
    status.name = "pptp";
    status.listening = server_.listening();
    status.last_error = server_.last_error();
    status.sessions = static_cast<std::uint32_t>(server_.sessions());
    status.half_open = static_cast<std::uint32_t>(server_.half_open());
    status.counters["connections"] = server_.connections();
    for (const PptpServer::Refusals &refused : server_.refusals())
        status.counters["refused_" + std::string(info(refused.cause).name)] = refused.times;
    return status;
}

std::vector<ctl::ActiveStatus> ServerView::active() const {
    std::unordered_map<std::uint32_t, netlink::Session> sessions;
    if (auto all = kernel_.sessions())
        for (netlink::Session &session : *all) {
            const auto id = static_cast<std::uint32_t>(session.id);
            sessions.emplace(id, std::move(session));
        }
    std::vector<ctl::ActiveStatus> active;
    const base::Time now = world_.now();
    server_.each([&](const PptpServer::Active &one) {
        const ServerSession &session = *one.session.session();
        const UserSession::Shown shown = one.session.shown(now);
        ctl::ActiveStatus status;
        status.user = session.user;
        status.service = "pptp";
        status.caller_id = one.session.caller().text();
        if (one.session.bridges()) {
            status.bridge = session.terms.port.bridge;
            status.mac_address = session.mac.text();
        } else {
            status.address = session.remote.text();
            status.local_address = session.local.text();
        }
        if (shown.bridging) {
            status.bridging = bridging_text(*shown.bridging);
            status.remote_mac_address = mac_text(shown.bridging->remote);
        }
        status.interface = session.interface;
        status.profile = session.terms.profile;
        status.id = session.key;
        status.authentication = auth::info(session.method).name;
        status.encoding = shown.encoding;
        status.insecure = shown.insecure;
        status.dynamic = shown.dynamic;
        if (shown.mtu > 0)
            status.mtu = shown.mtu;
        status.mru = shown.mru;
        status.uptime = whole_seconds(shown.uptime);
        status.multilink = shown.multilink;
        status.multilink_refused = shown.multilink_refused;
        const Plumbing &plumbing = one.session.plumbing();
        if (one.call != nullptr)
            status.peer_call_id = static_cast<std::uint32_t>(one.call->peer_call());
        if (one.bundle != nullptr)
            for (const ServerCall *link : one.bundle->links())
                status.links.push_back(shown_link(*link, now));
        if (const auto tunnel = plumbing.tunnel_id())
            status.tunnel_id = static_cast<std::uint32_t>(*tunnel);
        if (const auto id = plumbing.session_id()) {
            status.session_id = static_cast<std::uint32_t>(*id);
            if (one.call != nullptr)
                status.call_id = plumbing.call_id();
            if (const auto known = sessions.find(*status.session_id); known != sessions.end()) {
                status.rx_bytes = known->second.stats.rx_bytes;
                status.tx_bytes = known->second.stats.tx_bytes;
            }
        }
        active.push_back(std::move(status));
    });
    return active;
}

unsigned ServerView::kill(std::string_view who) {
    return server_.kill(who, {Layer::Config, Side::User, base::ErrorCode::Closed,
                              "ended by the administrator", Cause::AdminKill});
}

std::vector<ctl::PoolStatus> ServerView::pools() const {
    std::vector<ctl::PoolStatus> all;
    for (const aaa::Pools::Usage &usage : pools_.usage())
        all.push_back({.pool = usage.pool, .total = usage.total, .used = usage.used});
    return all;
}

std::vector<ctl::LeaseStatus> ServerView::leases() const {
    std::vector<ctl::LeaseStatus> all;
    for (const aaa::Pools::Lease &lease : pools_.leases())
        all.push_back({.address = lease.address.text(),
                       .pool = lease.pool,
                       .user = lease.user,
                       .owner = lease.owner});
    return all;
}

base::Result<std::vector<ctl::RecordStatus>> ServerView::records(std::string_view user,
                                                                 std::uint32_t limit) const {
    std::vector<ctl::RecordStatus> all;
    for (aaa::Record &record : TRY(store_.history(user, limit)))
        all.push_back({.id = std::move(record.id),
                       .user = std::move(record.user),
                       .service = std::move(record.service),
                       .caller_id = std::move(record.caller),
                       .interface = std::move(record.interface),
                       .address = std::move(record.address),
                       .started = record.started,
                       .stopped = record.stopped,
                       .octets_in = record.octets_in,
                       .octets_out = record.octets_out,
                       .packets_in = record.packets_in,
                       .packets_out = record.packets_out,
                       .cause = std::move(record.cause),
                       .text = std::move(record.text)});
    return all;
}

}  // namespace rtun::daemon
