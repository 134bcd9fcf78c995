// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's own words into the program: watches the descriptors of a netlink::Kernel on the loop
// and hands every event to one place.
#pragma once

#include <base/result.h>
#include <event/loop.h>
#include <netlink/kernel.h>

#include <functional>
#include <vector>

namespace rtun::daemon {

class KernelPump {
public:
    using Sink = std::function<void(const netlink::Event &)>;

    // Subscribes. loop and kernel outlive it.
    [[nodiscard]] static base::Result<KernelPump> create(event::Loop &loop, netlink::Kernel &kernel,
                                                         Sink sink);

private:
    KernelPump() = default;
    std::vector<event::Io> watched_;
};

}  // namespace rtun::daemon
