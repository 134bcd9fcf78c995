// SPDX-License-Identifier: GPL-2.0-or-later
//
// The daemon's end of the control socket. The server has one descriptor to watch (an epoll of its
// own), so that its owner needs to know nothing of connections that come and go:
//
//     auto server = TRY(ctl::Server::create(ctl::socket_path(netns)));
//     // whenever server.descriptor() is readable:
//     for (ctl::Incoming &in : server.serve())
//         server.reply(in.connection, answer(in.request));      // now or later
//     // to answer a "monitor" request: reply() with no error, then subscribe(); and for each
//     event: server.publish(event);
//
// serve() never blocks. A connection's next request is read only after the last one was answered
// and the answer read, so there is at most one open request or one unread answer a connection.
// Everything is bounded: connections, the octets of a request, and what waits for a reader that
// does not read: events beyond that are left out for it, and once it has caught up the event
// "monitor.lost" tells it how many. A request that cannot be understood is answered here and never
// seen by the owner.
//
// The words of a request may hold a password (a batch file of mode 0600 may): parse them with
// config::Secrets::Allowed. The tool has refused it already where it came from the command line.
#pragma once

#include <base/result.h>
#include <ctl/message.h>

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rtun::ctl {

inline constexpr std::size_t MaxConnections = 32;
inline constexpr std::size_t MaxWaiting = 1 << 18;  // octets of events that wait for a reader

enum class ConnectionId : std::uint64_t {};

// Who asks, as the kernel says (SO_PEERCRED).
struct Peer {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};

struct Incoming {
    ConnectionId connection{};
    Peer peer;
    Request request;
};

class Server {
public:
    // Makes the directory (mode 0755) if need be and listens on the socket, owned by who runs us,
    // with this mode. Refuses if another daemon listens there; removes a socket nobody listens on.
    [[nodiscard]] static base::Result<Server> create(const std::string &path, mode_t mode = 0660);
    Server(Server &&) noexcept;
    Server &operator=(Server &&) noexcept;
    ~Server();  // closes everything and removes the socket

    [[nodiscard]] int descriptor() const;
    // Accepts, reads and writes what can be without waiting; the requests that are complete.
    [[nodiscard]] std::vector<Incoming> serve();

    // Both ignore a connection that has gone in the meantime.
    void reply(ConnectionId connection, const Reply &reply);
    void subscribe(ConnectionId connection);  // events from now on, until it closes
    void publish(const Event &event);         // to all subscribers

    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t refused = 0;      // over MaxConnections
        std::uint64_t malformed = 0;    // requests answered with an error here
        std::uint64_t lost_events = 0;  // left out for slow readers
    };
    [[nodiscard]] const Counters &counters() const;
    [[nodiscard]] std::size_t connections() const;
    [[nodiscard]] std::size_t subscribers() const;

private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace rtun::ctl
