// SPDX-License-Identifier: GPL-2.0-or-later
//
// All bundles of the server, and to which of them a link belongs: RFC 1990 section 5.1.3, the
// peer's Endpoint Discriminator and the name that it has proved. A link that has neither is of a
// bundle of its own, whoever else has neither.
#pragma once

#include <daemon/reason.h>
#include <daemon/server_bundle.h>
#include <daemon/server_ground.h>
#include <ppp/bundle_key.h>
#include <ppp/link.h>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace rtun::daemon {

class ServerBundles {
public:
    // ground outlives it.
    explicit ServerBundles(const ServerGround &ground);
    ServerBundles(const ServerBundles &) = delete;
    ServerBundles &operator=(const ServerBundles &) = delete;
    ~ServerBundles();

    // A link that wants to be one of a bundle.
    struct Candidate {
        ServerCall &link;
        const ppp::MultilinkAgreed &agreed;
        const ppp::PeerAuthenticated &who;
        std::shared_ptr<const ServerSettings> settings;
    };
    struct Place {
        ServerBundle *bundle = nullptr;   // it has a place there
        std::optional<Reason> refused{};  // or not
    };
    // In that of its key, or in a new one.
    [[nodiscard]] Place place(const Candidate &candidate, base::Time now);

    // True: it was about a bundle.
    bool kernel_event(const netlink::Event &event);
    void compare(const std::function<bool(netlink::SessionId, bool device)> &there);
    void settings_changed(const std::shared_ptr<const ServerSettings> &settings);
    void terms_changed();
    unsigned stop(const std::function<bool(const ServerBundle &)> &which, const Reason &reason);
    void each(const std::function<void(const ServerBundle &)> &visit) const;
    [[nodiscard]] bool any() const;
    // For the record of the bundle of this session; nothing: it has none.
    [[nodiscard]] std::optional<aaa::Store::Counters>
    counters(const netlink::Session &session) const;

    // -- from one program to the next
    // Those that a link was left for: how many. Then the others end with their links.
    std::size_t leave();
    void adopt(const ServerBundle::Found &found,
               const std::shared_ptr<const ServerSettings> &settings);
    // The one of this record and this session.
    [[nodiscard]] ServerBundle *resumed(std::string_view key, netlink::SessionId session);
    void begin_resumed(const std::optional<std::set<std::string>> &records);

private:
    using Bundle = std::unique_ptr<ServerBundle>;
    ServerBundle &add(ServerBundle::Plan plan);
    [[nodiscard]] ServerBundle *of_session(netlink::SessionId session) const;
    void purge();

    const ServerGround &ground_;
    std::list<Bundle> bundles_;  // the oldest first
    std::unique_ptr<Alarm> alarm_;
};

}  // namespace rtun::daemon
