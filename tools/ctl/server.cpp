// SPDX-License-Identifier: GPL-2.0-or-later
//
// Connections of the control socket behind one epoll descriptor. A connection is in one of four
// states: it reads (no request is open), it waits for its answer, it has not read its last answer
// yet, or it is to be closed once what it was told is written. Only in the first it is read from
// and a request taken, so what waits for a peer that never reads is one answer, however much it
// asks.
#include <ctl/server.h>

#include <base/fd.h>
#include <base/secret.h>
#include <ctl/socket.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace rtun::ctl {

using base::ErrorCode;
using base::fail;
using base::Fd;
using base::Result;
using base::Status;
using base::system_error;

namespace {

constexpr std::uint64_t listener_token = 0;
constexpr std::uint64_t wake_token = 1;
constexpr std::uint64_t first_connection = 2;

struct Connection {
    Fd socket;
    Peer peer;
    std::string in;
    std::string out;
    bool waits = false;  // a request is open
    bool subscribed = false;
    bool ended = false;      // the peer sends nothing more
    bool closing = false;    // close when out is written
    std::uint64_t lost = 0;  // events left out since it caught up last
    std::uint32_t watched = 0;

    Connection() = default;
    Connection(Connection &&) = default;
    Connection &operator=(Connection &&) = default;
    ~Connection() { base::wipe(in); }  // a request may hold a password

    [[nodiscard]] bool takes_requests() const { return !waits && !closing && out.empty(); }
    [[nodiscard]] bool has_request() const { return in.find('\n') != std::string::npos; }
};

Status make_directory(const std::string &path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0)
        return {};
    const std::string directory = path.substr(0, slash);
    if (::mkdir(directory.c_str(), 0755) < 0 && errno != EEXIST)
        return fail(system_error(directory, errno));
    return {};
}

Peer peer_of(const Fd &socket) {
    ucred who{};
    socklen_t size = sizeof(who);
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
        return {.pid = 0, .uid = static_cast<uid_t>(-1), .gid = static_cast<gid_t>(-1)};
    return {.pid = who.pid, .uid = who.uid, .gid = who.gid};
}

}  // namespace

struct Server::Impl {
    std::string path;
    struct stat inode {};
    Fd epoll;
    Fd listener;
    Fd wake;   // readable while a connection that may ask has its next request in our buffer
    Fd spare;  // given up for a moment to turn a caller away when we have no descriptor left
    std::map<std::uint64_t, Connection> connections;
    std::uint64_t next = first_connection;
    double last_event = 0;
    Counters counters;

    ~Impl() {
        struct stat now {};
        if (listener.valid() && ::lstat(path.c_str(), &now) == 0 && now.st_ino == inode.st_ino &&
            now.st_dev == inode.st_dev)
            ::unlink(path.c_str());
    }

    [[nodiscard]] Status watch(int fd, std::uint64_t token, std::uint32_t events) const {
        epoll_event event{.events = events, .data = {.u64 = token}};
        if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) < 0)
            return fail(system_error("epoll_ctl", errno));
        return {};
    }

    Status listen_on(mode_t mode) {
        const sockaddr_un address = TRY(socket_address(path));
        TRY(make_directory(path));
        switch (TRY(probe(path))) {
        case Listener::Alive:
            return fail(ErrorCode::Exists, fmt::format("{}: a daemon listens there already", path),
                        EADDRINUSE);
        case Listener::Stale:
            if (::unlink(path.c_str()) < 0)
                return fail(system_error(path, errno));
            break;
        case Listener::None:
            break;
        }
        Fd socket = TRY(make_socket());
        // Before bind(), so that it is never open wider than asked; after it for what umask took.
        if (::fchmod(socket.get(), mode) < 0)
            return fail(system_error(path, errno));
        if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) < 0)
            return fail(system_error(path, errno));
        listener = std::move(socket);
        if (::lstat(path.c_str(), &inode) < 0 || ::chmod(path.c_str(), mode) < 0 ||
            ::listen(listener.get(), static_cast<int>(MaxConnections)) < 0)
            return fail(system_error(path, errno));
        return watch(listener.get(), listener_token, EPOLLIN);
    }

    Connection *find(std::uint64_t token) {
        const auto found = connections.find(token);
        return found == connections.end() ? nullptr : &found->second;
    }

    void open_spare() { spare = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

    void accept_all() {
        // Bounded: a flood of callers must not keep us from serving those that are here.
        for (std::size_t i = 0; i < MaxConnections; i++) {
            Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (!socket.valid() && (errno == EMFILE || errno == ENFILE) && spare.valid()) {
                spare.reset();
                socket = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
                counters.refused += socket.valid() ? 1 : 0;
                socket.reset();
                open_spare();
                continue;
            }
            if (!socket.valid())
                return;
            if (connections.size() >= MaxConnections) {
                turn_away(socket);
                continue;
            }
            const std::uint64_t token = next++;
            if (!watch(socket.get(), token, EPOLLIN))
                continue;
            counters.accepted++;
            Connection connection;
            connection.peer = peer_of(socket);
            connection.socket = std::move(socket);
            connection.watched = EPOLLIN;
            connections.emplace(token, std::move(connection));
        }
    }

    void turn_away(const Fd &socket) {
        counters.refused++;
        const std::string line = encode(
            Reply{.error = base::Error{.code = ErrorCode::Refused,
                                       .text = fmt::format("the daemon has {} connections already",
                                                           MaxConnections)},
                  .clients = {},
                  .lines = {}});
        // It fits the buffer of a fresh socket; if not, the caller sees a closed connection.
        static_cast<void>(::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL));
    }

    // What the descriptor should wake us for, from the connection's state.
    void update(std::uint64_t token, Connection &connection) const {
        const bool reads = connection.takes_requests() && !connection.ended;
        const std::uint32_t wanted = (reads ? std::uint32_t{EPOLLIN} : 0U) |
                                     (connection.out.empty() ? 0U : std::uint32_t{EPOLLOUT});
        if (wanted == connection.watched)
            return;
        epoll_event event{.events = wanted, .data = {.u64 = token}};
        if (::epoll_ctl(epoll.get(), EPOLL_CTL_MOD, connection.socket.get(), &event) == 0)
            connection.watched = wanted;
    }

    // Reads until a line is complete or nothing more comes. False: the connection is dead.
    static bool read_some(Connection &connection) {
        std::array<char, 65536> chunk;
        while (connection.in.size() <= MaxLine) {
            const ssize_t got = ::recv(connection.socket.get(), chunk.data(), chunk.size(), 0);
            if (got > 0) {
                const std::string_view text(chunk.data(), static_cast<std::size_t>(got));
                const bool complete = text.find('\n') != std::string_view::npos;
                base::append_wiping(connection.in, text);
                base::wipe({reinterpret_cast<std::uint8_t *>(chunk.data()), text.size()});
                if (complete)
                    return true;
            } else if (got == 0) {
                connection.ended = true;
                return true;
            } else if (errno == EAGAIN) {
                return true;
            } else if (errno != EINTR) {
                return false;
            }
        }
        return true;
    }

    // The next request that stands complete in the buffer.
    std::optional<Request> take_request(Connection &connection) {
        const std::size_t end = connection.in.find('\n');
        if (end == std::string::npos && connection.in.size() <= MaxLine)
            return std::nullopt;
        auto request = decode_request(std::string_view(connection.in).substr(0, end));
        base::erase_front_wiping(connection.in, end == std::string::npos ? end : end + 1);
        if (request) {
            connection.waits = true;
            return *std::move(request);
        }
        counters.malformed++;
        connection.closing = true;
        base::wipe(connection.in);
        connection.out += encode(Reply{.error = request.error(), .clients = {}, .lines = {}});
        return std::nullopt;
    }

    // False: the connection is dead.
    bool write_some(Connection &connection) const {
        for (;;) {
            while (!connection.out.empty()) {
                const ssize_t sent = ::send(connection.socket.get(), connection.out.data(),
                                            connection.out.size(), MSG_NOSIGNAL);
                if (sent >= 0)
                    connection.out.erase(0, static_cast<std::size_t>(sent));
                else if (errno == EAGAIN)
                    return true;
                else if (errno != EINTR)
                    return false;
            }
            if (connection.lost == 0)
                return true;
            const std::uint64_t lost = std::exchange(connection.lost, 0);
            connection.out =
                encode(Event{.time = last_event,
                             .id = "monitor.lost",
                             .object = "monitor",
                             .name = {},
                             .text = fmt::format(
                                 "{} events were lost, because they were not read in time", lost),
                             .fields = {{"count", fmt::format("{}", lost)}}});
        }
    }

    // Writes what can be written and decides whether the connection goes on.
    void settle(std::uint64_t token) {
        Connection *connection = find(token);
        if (connection == nullptr)
            return;
        const bool alive = write_some(*connection);
        const bool more = connection->has_request();
        const bool finished = connection->out.empty() && !connection->waits && !more &&
                              (connection->closing || connection->ended);
        if (!alive || finished) {
            connections.erase(token);
            return;
        }
        if (more && connection->takes_requests())
            ::eventfd_write(wake.get(), 1);
        update(token, *connection);
    }

    void serve_one(std::uint64_t token, std::uint32_t events, std::vector<Incoming> &out) {
        Connection *connection = find(token);
        if (connection == nullptr)
            return;
        // Both directions are closed: there is nobody to answer.
        if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) {
            connections.erase(token);
            return;
        }
        if ((events & EPOLLIN) != 0 && !read_some(*connection)) {
            connections.erase(token);
            return;
        }
        offer(token, *connection, out);
        settle(token);
    }

    void offer(std::uint64_t token, Connection &connection, std::vector<Incoming> &out) {
        if (!connection.takes_requests())
            return;
        if (auto request = take_request(connection))
            out.push_back({.connection = ConnectionId{token},
                           .peer = connection.peer,
                           .request = *std::move(request)});
    }
};

Result<Server> Server::create(const std::string &path, mode_t mode) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->epoll = Fd(::epoll_create1(EPOLL_CLOEXEC));
    impl->wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!impl->epoll.valid() || !impl->wake.valid())
        return fail(system_error("epoll_create1", errno));
    impl->open_spare();
    TRY(impl->watch(impl->wake.get(), wake_token, EPOLLIN));
    TRY(impl->listen_on(mode));
    return Server(std::move(impl));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server &&) noexcept = default;
Server &Server::operator=(Server &&) noexcept = default;
Server::~Server() = default;

int Server::descriptor() const { return impl_->epoll.get(); }

std::vector<Incoming> Server::serve() {
    std::vector<Incoming> requests;
    std::array<epoll_event, MaxConnections + 2> events;
    const int count =
        ::epoll_wait(impl_->epoll.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; i++) {
        const epoll_event &event = events[static_cast<std::size_t>(i)];
        const std::uint64_t token = event.data.u64;
        if (token == listener_token) {
            impl_->accept_all();
        } else if (token == wake_token) {
            eventfd_t value = 0;
            ::eventfd_read(impl_->wake.get(), &value);
            std::vector<std::uint64_t> all;
            for (const auto &[other, connection] : impl_->connections)
                all.push_back(other);
            for (const std::uint64_t other : all)
                impl_->serve_one(other, 0, requests);
        } else {
            impl_->serve_one(token, event.events, requests);
        }
    }
    return requests;
}

void Server::reply(ConnectionId id, const Reply &reply) {
    const auto token = static_cast<std::uint64_t>(id);
    Connection *connection = impl_->find(token);
    if (connection == nullptr || !connection->waits)
        return;
    std::string line = encode(reply);
    if (line.size() > MaxReply)
        line = encode(Reply{.error = base::Error{.code = ErrorCode::Refused,
                                                 .text = "there is too much to show at once"},
                            .clients = {},
                            .lines = {}});
    connection->out += line;
    connection->waits = false;
    impl_->settle(token);
}

void Server::subscribe(ConnectionId id) {
    if (Connection *connection = impl_->find(static_cast<std::uint64_t>(id)))
        connection->subscribed = true;
}

void Server::publish(const Event &event) {
    const std::string line = encode(event);
    impl_->last_event = event.time;
    std::vector<std::uint64_t> subscribed;
    for (auto &[token, connection] : impl_->connections) {
        if (!connection.subscribed)
            continue;
        // Once something was left out nothing more is queued until it has read all the rest, so
        // that the gap has one place.
        if (connection.lost > 0 || connection.out.size() + line.size() > MaxWaiting) {
            connection.lost++;
            impl_->counters.lost_events++;
        } else {
            connection.out += line;
        }
        subscribed.push_back(token);
    }
    for (const std::uint64_t token : subscribed)
        impl_->settle(token);
}

const Server::Counters &Server::counters() const { return impl_->counters; }

std::size_t Server::connections() const { return impl_->connections.size(); }

std::size_t Server::subscribers() const {
    std::size_t count = 0;
    for (const auto &[token, connection] : impl_->connections)
        count += connection.subscribed ? 1 : 0;
    return count;
}

}  // namespace rtun::ctl
