// SPDX-License-Identifier: GPL-2.0-or-later
//
// A read that fails is told once a minute at most: the descriptor stays readable, and a log that is
// full of it helps nobody.
#include <daemon/kernel_pump.h>

#include <base/log.h>

#include <chrono>
#include <memory>
#include <utility>

namespace rtun::daemon {

base::Result<KernelPump> KernelPump::create(event::Loop &loop, netlink::Kernel &kernel, Sink sink) {
    TRY(kernel.subscribe());
    struct Shared {
        Sink sink;
        base::Deadline quiet_until;
    };
    const auto shared = std::make_shared<Shared>(Shared{std::move(sink), {}});  // one a descriptor

    KernelPump pump;
    for (const int fd : kernel.descriptors()) {
        auto read = [shared, &loop, &kernel](event::Ready) {
            const auto events = kernel.events();
            if (events) {
                for (const netlink::Event &event : *events)
                    shared->sink(event);
            } else if (!shared->quiet_until || *shared->quiet_until <= loop.now()) {
                shared->quiet_until = loop.now() + std::chrono::minutes(1);
                base::log::error("kernel.events", {}, "events of the kernel cannot be read: {}",
                                 events.error().text);
            }
        };
        pump.watched_.push_back(
            TRY(event::Io::create(loop, fd, event::Interest::Read, std::move(read))));
    }
    return pump;
}

}  // namespace rtun::daemon
