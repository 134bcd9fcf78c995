// SPDX-License-Identifier: GPL-2.0-or-later
//
// The order in which things are made is the order in which they need each other.
#include <daemon/serving.h>

#include <base/log.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace rtun::daemon {

namespace {

Reason daemon_stopped() {
    return {Layer::Config, Side::User, base::ErrorCode::Closed, "the daemon was stopped",
            Cause::DaemonStopped};
}

base::Status check(const config::Config &config) {
    TRY(aaa::Users::check(config));
    return aaa::Pools::check(config);
}

std::string state_file(const std::string &netns) {
    const char *directory = std::getenv("RTUN_STATE");
    if (directory == nullptr)
        directory = std::getenv("STATE_DIRECTORY");
    return fmt::format("{}/rtun{}{}.db", directory == nullptr ? "/var/lib/rtun" : directory,
                       netns.empty() ? "" : "-", netns);
}

// Without a disk there is no history and no lease is remembered, but there is service.
aaa::Store open_store(const std::string &file) {
    auto store = aaa::Store::open(file);
    if (store)
        return std::move(*store);
    base::log::error("store.failed", {{"RTUN_FILE", file}},
                     "{}: records and leases are kept in memory only", store.error().text);
    return aaa::Store::in_memory();
}

base::Status close_records(aaa::Store &store, double now) {
    for (const aaa::Record &record : TRY(store.open_sessions()))
        TRY(store.end({.id = record.id,
                       .octets_in = record.octets_in,
                       .octets_out = record.octets_out,
                       .packets_in = record.packets_in,
                       .packets_out = record.packets_out},
                      now, info(Cause::Lost).name, "the daemon ended without seeing it"));
    return store.sync();
}

}  // namespace

base::Result<std::unique_ptr<Serving>> Serving::create(const Parts &parts,
                                                       const std::string &netns, EventSink sink,
                                                       std::function<void()> quiet) {
    std::unique_ptr<netlink::Host> host = TRY(netlink::open_host());
    return std::unique_ptr<Serving>(new Serving(parts, std::move(host),
                                                open_store(state_file(netns)), std::move(sink),
                                                std::move(quiet)));
}

Serving::Serving(const Parts &parts, std::unique_ptr<netlink::Host> host, aaa::Store store,
                 EventSink sink, std::function<void()> quiet)
    : parts_(parts), host_(std::move(host)), store_(std::move(store)), pools_(store_),
      dressing_(parts.loop, parts.kernel, *host_), quiet_(std::move(quiet)),
      server_({parts.world, parts.kernel, parts.random, parts.routes, users_, pools_, store_,
               dressing_},
              std::move(sink), [this] { rested(); }),
      view_(server_, parts.kernel, parts.world, pools_, store_),
      directory_(check, [this] { changed(); }) {}

void Serving::changed() {
    const config::Config &now = directory_.config();
    users_.load(now);
    pools_.load(now);
    server_.apply(now.pptp_server, now.accounting);
    server_.terms_changed();
}

void Serving::sweep(std::string_view owner) {
    if (const auto tunnels = parts_.kernel.tunnels())
        for (const netlink::Tunnel &tunnel : *tunnels) {
            const base::View begin = base::as_bytes(Blob);
            const base::Bytes &blob = tunnel.spec.blob;
            const bool of_server = tunnel.owner == owner && blob.size() >= begin.size() &&
                                   std::equal(begin.begin(), begin.end(), blob.begin());
            if (!of_server || server_.owns(tunnel.id))
                continue;
            const auto deleted = parts_.kernel.tunnel_del(tunnel.id);
            base::log::info("tunnel.leftover", {},
                            "tunnel {} to {} was a session of an earlier daemon's server: {}",
                            static_cast<unsigned>(tunnel.id), tunnel.spec.remote.text(),
                            deleted ? "deleted" : deleted.error().text);
        }
    if (const auto closed = close_records(store_, parts_.world.epoch()); !closed)
        base::log::error("store.failed", {}, "records of an earlier daemon were not closed: {}",
                         closed.error().text);
    std::set<std::string> owners;
    for (const aaa::Pools::Lease &lease : pools_.leases())
        owners.insert(lease.owner);
    for (const std::string &gone : owners)
        pools_.release(gone);
    dressing_.sweep();
}

void Serving::rested() {
    // on-down belongs to a session.
    if (dressing_.scripts().idle())
        quiet_();
    else
        dressing_.scripts().when_idle([this] { quiet_(); });
}

void Serving::stop() { server_.stop_all(daemon_stopped()); }

void Serving::abort() { server_.abort_all(daemon_stopped()); }

}  // namespace rtun::daemon
