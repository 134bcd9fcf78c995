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
#include <optional>
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
    std::string device{};  // interface to leave by; empty: by route
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
    [[nodiscard]] virtual base::Ipv4 local() const = 0;   // once connected
    [[nodiscard]] virtual base::Ipv4 remote() const = 0;  // likewise
    [[nodiscard]] virtual std::uint16_t remote_port() const = 0;
    // Has the connection kept open, under this name, if this program should end unexpectedly, for
    // the next one to adopt (World::adopt). Destroyed, it is closed all the same; see leave().
    // False: there is nobody who would keep it. Names: at most 200 of [a-z0-9.-].
    [[nodiscard]] virtual bool keep(const std::string &name) = 0;
    // Lets go of a connection that is kept, without closing it. No callback comes any more.
    virtual void leave() = 0;
    // What of send() has not been given to the kernel yet.
    [[nodiscard]] virtual base::Bytes unsent() const = 0;
};

struct ListenOptions {
    base::Ipv4 address;  // unspecified: all
    std::uint16_t port = 0;
    std::string device{};  // VRF or interface to bind to; empty: none
    int backlog = 128;
};

struct ListenHandlers {
    // Whether a connection from there is wanted, asked before anything is kept of it. One that is
    // not is reset.
    std::function<bool(base::Ipv4 peer)> admit;
    // It is connected, and its connected() is not called. The handlers are for it.
    std::function<StreamHandlers(std::unique_ptr<Stream> stream)> accepted;
};

// A listening socket. Destroyed, it is closed; connections that it has handed out live on.
class Listener {
public:
    virtual ~Listener() = default;
};

class World {
public:
    virtual ~World() = default;

    [[nodiscard]] virtual base::Time now() const = 0;
    [[nodiscard]] virtual double epoch() const = 0;  // wall clock, seconds, for what people read
    [[nodiscard]] virtual std::string host_name() const = 0;
    // Tells this host from all others, and stays the same if it can.
    [[nodiscard]] virtual const std::string &host_id() const = 0;

    [[nodiscard]] virtual std::unique_ptr<Alarm> alarm(std::function<void()> callback) = 0;
    [[nodiscard]] virtual std::unique_ptr<Lookup> resolve(const std::string &name,
                                                          LookupDone done) = 0;
    // Addresses of both families.
    [[nodiscard]] virtual std::unique_ptr<Lookup> resolve_any(const std::string &name,
                                                              AddressesDone done) = 0;
    [[nodiscard]] virtual base::Result<std::unique_ptr<Stream>>
    connect(const StreamOptions &options, StreamHandlers handlers) = 0;
    [[nodiscard]] virtual base::Result<std::unique_ptr<Listener>>
    listen(const ListenOptions &options, ListenHandlers handlers) = 0;
    // A connection that an earlier program kept under this name. Nothing: there is none.
    [[nodiscard]] virtual std::unique_ptr<Stream> adopt(const std::string &name,
                                                        StreamHandlers handlers) = 0;
    // The names of those that nobody has adopted yet; and an end to all of them.
    [[nodiscard]] virtual std::vector<std::string> kept() const = 0;
    virtual void close_kept() = 0;
};

}  // namespace rtun::daemon
