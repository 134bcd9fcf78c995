// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a client needs of the world besides the kernel's tunnels: the time, to be woken, names
// turned into addresses, and TCP connections. LoopWorld is the real one; tests have a world of
// their own with a clock that jumps and a scripted server.
//
// No callback is called from within the call that asked for it, and none after the object that was
// returned for it is destroyed. An object may be destroyed by its own callback.
#pragma once

#include <base/bytes.h>
#include <base/net.h>
#include <base/resolve.h>
#include <base/result.h>
#include <base/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rtun::daemon {

// Calls back once after its deadline; then it waits for the next one.
class Alarm {
public:
    virtual ~Alarm() = default;
    virtual void arm(base::Deadline deadline) = 0;
};

// A question to the name service that is under way. Destroyed: the answer is not wanted any more.
class Lookup {
public:
    virtual ~Lookup() = default;
};
// At least one address, each once, in the order of the name service.
using LookupDone = std::function<void(base::Result<std::vector<base::Ipv4>>)>;
using AddressesDone = std::function<void(base::Result<std::vector<base::Address>>)>;

struct StreamOptions {
    base::Ipv4 address;
    std::uint16_t port = 0;
    base::Ipv4 source{};  // unspecified: by route
    std::uint32_t fwmark = 0;
};

struct StreamHandlers {
    std::function<void()> connected;
    std::function<void(base::View)> received;
    std::function<void()> drained;            // everything queued has been given to the kernel
    std::function<void(base::Error)> closed;  // not connected at all, or ended by the other side
};

// A TCP connection. Destroyed, it is closed; what is still queued here is lost.
class Stream {
public:
    // Octets that may wait for a peer that does not read.
    static constexpr std::size_t MaxQueued = 1 << 16;

    virtual ~Stream() = default;
    // False: it does not fit into what may be queued, and nothing was taken.
    [[nodiscard]] virtual bool send(base::View octets) = 0;
    [[nodiscard]] virtual std::size_t queued() const = 0;
    [[nodiscard]] virtual base::Ipv4 local() const = 0;  // once connected
};

class World {
public:
    virtual ~World() = default;

    [[nodiscard]] virtual base::Time now() const = 0;
    [[nodiscard]] virtual double epoch() const = 0;  // wall clock, seconds, for what people read
    [[nodiscard]] virtual std::string host_name() const = 0;

    [[nodiscard]] virtual std::unique_ptr<Alarm> alarm(std::function<void()> callback) = 0;
    [[nodiscard]] virtual std::unique_ptr<Lookup> resolve(const std::string &name,
                                                          LookupDone done) = 0;
    // Addresses of both families.
    [[nodiscard]] virtual std::unique_ptr<Lookup> resolve_any(const std::string &name,
                                                              AddressesDone done) = 0;
    [[nodiscard]] virtual base::Result<std::unique_ptr<Stream>>
    connect(const StreamOptions &options, StreamHandlers handlers) = 0;
};

}  // namespace rtun::daemon
