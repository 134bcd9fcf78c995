// SPDX-License-Identifier: GPL-2.0-or-later
//
// Moves the pinned routes when others change routes. Changes come in crowds (an interface that
// comes up, a routing daemon that starts), so the first one is waited upon for a moment, and the
// table is looked at once a second at the most.
#pragma once

#include <base/time.h>
#include <daemon/host_routes.h>
#include <daemon/world.h>
#include <netlink/kernel.h>

#include <chrono>
#include <memory>

namespace rtun::daemon {

class RouteFollower {
public:
    static constexpr std::chrono::milliseconds Gather{100};
    static constexpr std::chrono::seconds Interval{1};

    RouteFollower(World &world, HostRoutes &routes)
        : world_(world), routes_(routes), alarm_(world.alarm([this] { look(); })) {}
    RouteFollower(const RouteFollower &) = delete;
    RouteFollower &operator=(const RouteFollower &) = delete;

    void kernel_event(const netlink::Event &event);

private:
    void look();

    World &world_;
    HostRoutes &routes_;
    std::unique_ptr<Alarm> alarm_;
    bool armed_ = false;
    base::Deadline looked_;
};

}  // namespace rtun::daemon
