// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel still has, put together.
#include <daemon/leftovers.h>

#include <base/log.h>
#include <daemon/blob.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

namespace {

void tell_unknown(const netlink::Tunnel &tunnel) {
    const auto id = static_cast<unsigned>(tunnel.id);
    base::log::warning("tunnel.unknown", {{"RTUN_TUNNEL", std::to_string(id)}},
                       "tunnel {} to {} belongs to \"{}\" but names no client: left alone", id,
                       tunnel.spec.remote.text(), tunnel.owner);
}

bool begins_with_one_of(const base::Bytes &blob, const std::vector<std::string_view> &words) {
    const std::string_view text(reinterpret_cast<const char *>(blob.data()), blob.size());
    return std::any_of(words.begin(), words.end(),
                       [text](std::string_view word) { return text.starts_with(word); });
}

void look_into(Leftover &leftover, const std::vector<netlink::Session> &sessions) {
    std::vector<const netlink::Session *> inside;
    for (const netlink::Session &session : sessions)
        if (session.tunnel == leftover.tunnel.id)
            inside.push_back(&session);
    if (inside.size() != 1) {
        leftover.useless = inside.empty() ? "it has no session" : "it has several sessions";
        return;
    }
    if (inside.front()->blob.empty()) {
        leftover.useless = "it was not up, or nobody kept its control connection";
        return;
    }
    if (leftover.tunnel.spec.xport == netlink::Xport::Mlppp) {
        auto bundle = decode_bundle_state(inside.front()->blob);
        if (!bundle) {
            leftover.useless = bundle.error().text;
            return;
        }
        leftover.session = *inside.front();
        leftover.bundle = std::move(*bundle);
        return;
    }
    auto state = decode_call_state(inside.front()->blob);
    if (!state) {
        leftover.useless = state.error().text;
        return;
    }
    leftover.session = *inside.front();
    leftover.state = std::move(*state);
}

}  // namespace

base::Result<Leftovers> Leftovers::find(netlink::Kernel &kernel, HostRoutes &routes,
                                        std::string_view owner,
                                        const std::vector<std::string_view> &others) {
    Leftovers found(kernel, routes);
    const std::vector<netlink::Tunnel> tunnels = TRY(kernel.tunnels());
    const std::vector<netlink::Session> sessions = TRY(kernel.sessions());
    for (const netlink::Tunnel &tunnel : tunnels) {
        // Pseudowires go on as they are: Pseudowires::load() looks at them.
        const bool ours =
            tunnel.spec.xport == netlink::Xport::Pptp || tunnel.spec.xport == netlink::Xport::Mlppp;
        if (tunnel.owner != owner || !ours)
            continue;
        const auto blob = decode_blob(tunnel.spec.blob);
        if (blob) {
            found.found_.push_back({.tunnel = tunnel, .client = blob->client});
            look_into(found.found_.back(), sessions);
        } else if (!begins_with_one_of(tunnel.spec.blob, others)) {
            tell_unknown(tunnel);
        }
    }
    return found;
}

// Into the bundle whose they are, and the bundle to the front.
void Leftovers::gather_links(std::string_view client) {
    const auto bundle = std::find_if(found_.begin(), found_.end(), [&](const Leftover &one) {
        return one.client == client && one.bundle;
    });
    if (bundle == found_.end())
        return;
    Leftover whole = std::move(*bundle);
    found_.erase(bundle);
    for (auto it = found_.begin(); it != found_.end();) {
        if (it->client == client && it->state && it->session->bundle == whole.session->id) {
            whole.links.push_back(std::move(*it));
            it = found_.erase(it);
        } else {
            ++it;
        }
    }
    found_.insert(found_.begin(), std::move(whole));
}

std::optional<Leftover> Leftovers::take(std::string_view client) {
    gather_links(client);
    std::optional<Leftover> best;
    for (auto it = found_.begin(); it != found_.end();) {
        if (it->client != client) {
            ++it;
            continue;
        }
        Leftover next = std::move(*it);
        it = found_.erase(it);
        if (best && (best->session || !next.session)) {
            remove(next, "the client has another");
            continue;
        }
        if (best)
            remove(*best, best->useless);
        best = std::move(next);
    }
    return best;
}

void Leftovers::remove(const Leftover &leftover, std::string_view why) {
    for (const Leftover &link : leftover.links)
        remove(link, why);
    const auto id = static_cast<unsigned>(leftover.tunnel.id);
    const auto deleted = kernel_->tunnel_del(leftover.tunnel.id);
    if (!deleted && deleted.error().code != base::ErrorCode::NotFound) {
        base::log::warning("tunnel.left", {{"RTUN_TUNNEL", std::to_string(id)}},
                           "tunnel {} could not be deleted: {}", id, deleted.error().text);
        return;
    }
    const bool bundle = leftover.tunnel.spec.xport == netlink::Xport::Mlppp;
    if (const base::Ipv4 *server = leftover.tunnel.spec.remote.v4(); server != nullptr && !bundle)
        routes_->tunnel_gone(*server);
    base::log::info("tunnel.leftover", {{"RTUN_CLIENT", leftover.client}},
                    "tunnel {} {} of client {} was left by an earlier daemon: deleted ({})", id,
                    bundle ? "of a bundle"
                           : fmt::format("to {}", leftover.tunnel.spec.remote.text()),
                    leftover.client, why);
}

void Leftovers::remove_all(std::string_view why) {
    for (const Leftover &leftover : std::exchange(found_, {}))
        remove(leftover, why);
}

std::vector<std::string> Leftovers::clients() const {
    std::vector<std::string> names;
    for (const Leftover &leftover : found_)
        names.push_back(leftover.client);
    return names;
}

}  // namespace rtun::daemon
