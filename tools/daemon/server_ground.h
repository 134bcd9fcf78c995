// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all calls, bundles and sessions of the server stand on, and the settings that they began
// with. All of it outlives them.
#pragma once

#include <aaa/pools.h>
#include <aaa/store.h>
#include <aaa/throttle.h>
#include <aaa/users.h>
#include <base/random.h>
#include <config/model.h>
#include <daemon/admission.h>
#include <daemon/device_names.h>
#include <daemon/dressing.h>
#include <daemon/events.h>
#include <daemon/host_routes.h>
#include <daemon/world.h>
#include <netlink/kernel.h>
#include <ppp/multilink.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

namespace rtun::daemon {

class ServerBundle;
class ServerBundles;
class ServerConnection;
class ServerSessions;

// Whose the kernel's objects are, so that an event finds its call without a search.
struct ServerIndex {
    std::unordered_map<std::uint32_t, ServerConnection *> sessions;
    std::unordered_map<std::uint32_t, ServerConnection *> tunnels;
    std::unordered_map<std::uint32_t, ServerBundle *> bundles;  // sessions that are one
};

struct ServerGround {
    World &world;
    netlink::Kernel &kernel;
    base::Random &random;
    HostRoutes &routes;
    const aaa::Users &users;
    aaa::Pools &pools;
    aaa::Throttle &throttle;
    aaa::Store &store;
    Dressing &dressing;
    Admission &admission;
    ServerSessions &sessions;
    ServerBundles &bundles;
    DeviceNames &names;
    ServerIndex &index;
    EventSink sink;
    std::function<void()> written;  // something to the store, which has to reach the disk
};

// The settings as they are now; whoever holds one keeps those that it began with.
struct ServerSettings {
    config::PptpServer server;
    bool accounting = true;
    std::optional<ppp::Discriminator> discriminator{};  // ours, where there is multilink
};

}  // namespace rtun::daemon
