// SPDX-License-Identifier: GPL-2.0-or-later
//
// The server's sessions from one program to the next, all of them in two steps
// (server_connection_resume.cpp says why).
#include <daemon/pptp_server.h>

#include <daemon/server_events.h>
#include <daemon/server_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::log::Level;

namespace {

bool marked(const netlink::Tunnel &tunnel, netlink::Xport xport, std::string_view owner,
            std::string_view word) {
    const std::string_view blob(reinterpret_cast<const char *>(tunnel.spec.blob.data()),
                                tunnel.spec.blob.size());
    return tunnel.owner == owner && tunnel.spec.xport == xport && blob.starts_with(word);
}

}  // namespace

// What is known of sessions that an earlier program had.
struct ServerLeftovers {
    std::size_t sessions = 0;
    std::set<std::string> keys{};  // of those that somebody takes care of
    // The others by their interface, as far as they had one.
    std::map<std::string, netlink::Stats, std::less<>> strange{};
};

base::Result<std::size_t> PptpServer::adopt(std::string_view owner) {
    std::vector<ServerConnection::Found> found;
    std::vector<netlink::Tunnel> bundles;
    std::unordered_map<std::uint32_t, std::size_t> places;
    for (netlink::Tunnel &tunnel : TRY(parts_.kernel.tunnels())) {
        if (marked(tunnel, netlink::Xport::Mlppp, owner, BundleLine)) {
            bundles.push_back(std::move(tunnel));
        } else if (marked(tunnel, netlink::Xport::Pptp, owner, ServerWord)) {
            places.emplace(static_cast<std::uint32_t>(tunnel.id), found.size());
            found.push_back({.tunnel = std::move(tunnel)});
        }
    }
    ServerLeftovers leftovers;
    std::vector<netlink::Session> sessions = TRY(parts_.kernel.sessions());
    adopt_bundles(bundles, sessions, leftovers);
    for (netlink::Session &session : sessions) {
        const auto place = places.find(static_cast<std::uint32_t>(session.tunnel));
        if (place == places.end())
            continue;
        leftovers.sessions += session.bundle ? 0U : 1U;
        found[place->second].sessions.push_back(std::move(session));
    }
    for (const ServerConnection::Found &one : found)
        adopt(one, leftovers);
    if (const auto closed = close_records(leftovers); !closed)
        tell(Level::Error, server_id::Accounting,
             fmt::format("records of an earlier daemon were not closed: {}", closed.error().text));
    std::set<std::string> gone;
    for (const aaa::Pools::Lease &lease : parts_.pools.leases())
        if (!leftovers.keys.contains(lease.owner))
            gone.insert(lease.owner);
    for (const std::string &key : gone)
        parts_.pools.release(key);
    return leftovers.sessions;
}

// Before connections, whose calls may be links of them.
void PptpServer::adopt_bundles(const std::vector<netlink::Tunnel> &tunnels,
                               const std::vector<netlink::Session> &sessions,
                               ServerLeftovers &leftovers) {
    for (const netlink::Tunnel &tunnel : tunnels) {
        const auto its = std::find_if(sessions.begin(), sessions.end(),
                                      [&](const auto &one) { return one.tunnel == tunnel.id; });
        base::Result<SessionState> state = base::fail(ErrorCode::NotFound, "it has no session");
        if (its != sessions.end()) {
            leftovers.sessions++;
            state = decode_session_state(its->blob);
        }
        if (state) {
            leftovers.keys.insert(state->session.key);
            bundles_.adopt({.tunnel = tunnel, .session = *its, .state = std::move(*state)},
                           settings_);
            continue;
        }
        // Not up yet, most of the time.
        if (its != sessions.end() && its->device && !its->netnsid)
            leftovers.strange.emplace(parts_.kernel.link_name(*its->device).value_or(""),
                                      its->stats);
        (void)parts_.kernel.tunnel_del(tunnel.id);
    }
}

void PptpServer::adopt(const ServerConnection::Found &found, ServerLeftovers &leftovers) {
    // Interfaces go with their sessions, names too.
    std::unordered_map<std::uint32_t, std::string> names;
    for (const netlink::Session &session : found.sessions)
        if (session.device && !session.netnsid)
            names.emplace(static_cast<std::uint32_t>(session.id),
                          parts_.kernel.link_name(*session.device).value_or(""));
    connections_.push_back(std::make_unique<ServerConnection>(
        ground_, settings_, ServerConnection::Place{.device = found.tunnel.spec.oif}, [this] {
            purge_ = true;  // it is on the stack
            arm();
        }));
    ServerConnection &connection = *connections_.back();
    connection.adopt(found);
    for (const auto &call : connection.calls())
        if (call->known())
            leftovers.keys.insert(call->user().session()->key);
    for (const netlink::Session &session : connection.strange())
        if (const auto name = names.find(static_cast<std::uint32_t>(session.id));
            name != names.end())
            leftovers.strange.emplace(name->second, session.stats);
}

// Of sessions that are no more; the kernel may still have had the counters of some.
base::Status PptpServer::close_records(const ServerLeftovers &leftovers) {
    for (const aaa::Record &record : TRY(parts_.store.open_sessions())) {
        if (leftovers.keys.contains(record.id))
            continue;
        aaa::Store::Counters last{.id = record.id,
                                  .octets_in = record.octets_in,
                                  .octets_out = record.octets_out,
                                  .packets_in = record.packets_in,
                                  .packets_out = record.packets_out};
        if (const auto known = leftovers.strange.find(record.interface);
            known != leftovers.strange.end()) {
            last.octets_in = known->second.rx_bytes;
            last.octets_out = known->second.tx_bytes;
            last.packets_in = known->second.rx_packets;
            last.packets_out = known->second.tx_packets;
        }
        TRY(parts_.store.end(last, parts_.world.epoch(), info(Cause::Lost).name,
                             "the daemon ended without seeing it"));
    }
    return parts_.store.sync();
}

std::size_t PptpServer::begin_resumed() {
    // Unreadable, they are taken to be there: a session must not lose its record by that.
    std::optional<std::set<std::string>> records;
    if (auto open = parts_.store.open_sessions()) {
        records.emplace();
        for (aaa::Record &record : *open)
            records->insert(std::move(record.id));
    }
    for (const Connection &connection : connections_)
        connection->begin_resumed(records);
    bundles_.begin_resumed(records);
    // What the configuration says now.
    terms_changed();
    if (!settings_->server.enabled)
        for (const Connection &connection : connections_)
            connection->stop({Layer::Config, Side::User, ErrorCode::Closed,
                              "the server was disabled", Cause::ServerDisabled});
    std::size_t on = 0;
    each([&](const Active &active) { on += active.session.is_ending() ? 0U : 1U; });
    return on;
}

std::size_t PptpServer::leave_all(const Reason &reason) {
    std::size_t left = 0;
    for (const Connection &connection : connections_)
        left += connection->leave();
    left += bundles_.leave();
    stop_all(reason);
    return left;
}

}  // namespace rtun::daemon
