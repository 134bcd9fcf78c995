// SPDX-License-Identifier: GPL-2.0-or-later
//
// The order in which things are made is the order in which they need each other.
#include <daemon/serving.h>

#include <base/log.h>

#include <fmt/format.h>

#include <cstdlib>
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

}  // namespace

base::Result<std::unique_ptr<Serving>> Serving::create(const Parts &parts, const std::string &netns,
                                                       EventSink sink,
                                                       std::function<void()> quiet) {
    std::unique_ptr<netlink::Host> host = TRY(netlink::open_host());
    return std::unique_ptr<Serving>(new Serving(
        parts, std::move(host), open_store(state_file(netns)), std::move(sink), std::move(quiet)));
}

Serving::Serving(const Parts &parts, std::unique_ptr<netlink::Host> host, aaa::Store store,
                 EventSink sink, std::function<void()> quiet)
    : host_(std::move(host)), store_(std::move(store)), pools_(store_),
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

base::Status Serving::resume(std::string_view owner) {
    const std::size_t found = TRY(server_.adopt(owner));
    dressing_.sweep();
    const std::size_t on = server_.begin_resumed();
    if (found > 0)
        base::log::info("daemon.resumed", {}, "{} of {} sessions of an earlier daemon go on", on,
                        found);
    return {};
}

void Serving::rested() {
    // on-down belongs to a session.
    if (dressing_.scripts().idle())
        quiet_();
    else
        dressing_.scripts().when_idle([this] { quiet_(); });
}

void Serving::stop() { server_.stop_all(daemon_stopped()); }

std::size_t Serving::leave() { return server_.leave_all(daemon_stopped()); }

void Serving::abort() { server_.abort_all(daemon_stopped()); }

}  // namespace rtun::daemon
