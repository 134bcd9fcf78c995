// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sockets of PPTP's control connections. A handler may destroy the stream it belongs to, so
// what the handlers stand in is held by the dispatch while one of them runs.
#include <daemon/tcp_stream.h>

#include <base/fd.h>
#include <base/log.h>
#include <event/notify.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

namespace rtun::daemon {

namespace {

using base::ErrorCode;

sockaddr_in socket_address(base::Ipv4 address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    result.sin_addr.s_addr = htonl(address.value);
    return result;
}

base::Error tcp_error(const std::string &what, int errnum) {
    base::Error error = base::system_error(what, errnum);
    error.code = ErrorCode::Unreachable;
    return error;
}

class TcpStream final : public Stream {
public:
    struct State {
        base::Fd fd;
        std::string peer;                  // "192.0.2.10:1723"
        std::string_view role = "server";  // of the other side
        std::string kept;  // the name in the manager's store; empty: it is not there
        StreamHandlers handlers;
        base::Bytes queue;
        bool connected = false;
        bool closed = false;          // told, or the stream is destroyed: no more callbacks
        std::optional<event::Io> io;  // after fd, so that it goes before it

        void ready(event::Ready ready);
        void flush();
        void read();
        void close(base::Error error);
        void forget();  // by the manager's store
        void set_interest();
    };

    explicit TcpStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
    TcpStream(const TcpStream &) = delete;
    TcpStream &operator=(const TcpStream &) = delete;
    ~TcpStream() override {
        state_->closed = true;
        state_->io.reset();
        state_->forget();
        state_->fd.reset();
    }

    bool send(base::View octets) override {
        if (state_->closed)
            return true;  // as lost as what was sent a moment before
        if (state_->queue.size() + octets.size() > MaxQueued)
            return false;
        state_->queue.insert(state_->queue.end(), octets.begin(), octets.end());
        // Written when the loop says so, all that one event causes at once.
        state_->set_interest();
        return true;
    }
    std::size_t queued() const override { return state_->queue.size(); }
    base::Ipv4 local() const override {
        sockaddr_in address{};
        socklen_t length = sizeof(address);
        if (::getsockname(state_->fd.get(), reinterpret_cast<sockaddr *>(&address), &length) < 0)
            return {};
        return {ntohl(address.sin_addr.s_addr)};
    }
    base::Ipv4 remote() const override { return {ntohl(peer_of(*state_).sin_addr.s_addr)}; }
    std::uint16_t remote_port() const override { return ntohs(peer_of(*state_).sin_port); }
    base::Bytes unsent() const override { return state_->queue; }
    bool keep(const std::string &name) override {
        if (state_->closed || !event::notify::has_store() ||
            !event::notify::store(state_->fd.get(), name))
            return false;
        state_->kept = name;
        return true;
    }
    void leave() override {
        state_->kept.clear();
        state_->closed = true;
        state_->io.reset();
        state_->fd.reset();  // this copy of it
    }

private:
    static sockaddr_in peer_of(const State &state) {
        sockaddr_in address{};
        socklen_t length = sizeof(address);
        if (::getpeername(state.fd.get(), reinterpret_cast<sockaddr *>(&address), &length) < 0)
            return {};
        return address;
    }

    std::shared_ptr<State> state_;  // the second owner is the handler that the loop calls
};

void TcpStream::State::set_interest() {
    if (io)
        io->set_interest(!connected      ? event::Interest::Write
                         : queue.empty() ? event::Interest::Read
                                         : event::Interest::ReadWrite);
}

void TcpStream::State::ready(event::Ready ready) {
    if (closed)
        return;
    if (!connected) {
        int error = 0;
        socklen_t length = sizeof(error);
        if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) < 0)
            error = errno;
        if (error != 0) {
            close(tcp_error("cannot connect to " + peer, error));
            return;
        }
        connected = true;
        set_interest();
        handlers.connected();
        return;
    }
    if (ready.writable)
        flush();
    if (ready.readable && !closed)
        read();
}

void TcpStream::State::flush() {
    if (queue.empty())
        return;
    const ssize_t sent = ::send(fd.get(), queue.data(), queue.size(), MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
            close(tcp_error("connection to " + peer, errno));
        return;
    }
    queue.erase(queue.begin(), queue.begin() + sent);
    set_interest();
    if (queue.empty())
        handlers.drained();
}

void TcpStream::State::read() {
    std::array<std::uint8_t, 4096> buffer;
    const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
        handlers.received({buffer.data(), static_cast<std::size_t>(got)});
    } else if (got == 0) {
        close({ErrorCode::Closed, fmt::format("the {} closed the connection", role), 0});
    } else if (errno != EAGAIN && errno != EINTR) {
        close(tcp_error("connection to " + peer, errno));
    }
}

void TcpStream::State::close(base::Error error) {
    closed = true;
    io.reset();
    forget();
    fd.reset();
    queue.clear();
    handlers.closed(std::move(error));
}

// The store's copy would keep the connection open.
void TcpStream::State::forget() {
    if (!kept.empty())
        event::notify::unstore(std::exchange(kept, {}));
}

base::Result<std::shared_ptr<TcpStream::State>> connected_state(event::Loop &loop, base::Fd fd) {
    sockaddr_in peer{};
    socklen_t length = sizeof(peer);
    if (::getpeername(fd.get(), reinterpret_cast<sockaddr *>(&peer), &length) < 0)
        return base::fail(tcp_error("not a connection", errno));
    auto state = std::make_shared<TcpStream::State>();
    state->peer =
        fmt::format("{}:{}", base::Ipv4{ntohl(peer.sin_addr.s_addr)}.text(), ntohs(peer.sin_port));
    state->fd = std::move(fd);
    state->connected = true;
    state->io = TRY(event::Io::create(loop, state->fd.get(), event::Interest::Read,
                                      [state = std::weak_ptr(state)](event::Ready ready) {
                                          if (const auto held = state.lock())
                                              held->ready(ready);
                                      }));
    return state;
}

class TcpListener final : public Listener {
public:
    // After which a listener that could not accept (no descriptors, no memory) tries again: the
    // loop would do nothing else meanwhile.
    static constexpr std::chrono::milliseconds Pause{200};

    struct State {
        State(event::Loop &on, ListenHandlers use) : loop(on), handlers(std::move(use)) {}
        event::Loop &loop;
        ListenHandlers handlers;
        base::Fd fd;
        bool closed = false;
        std::optional<event::Io> io;
        std::optional<event::Timer> pause;

        void ready();
        void take(base::Fd connection, base::Ipv4 peer);
    };

    explicit TcpListener(std::shared_ptr<State> state) : state_(std::move(state)) {}
    TcpListener(const TcpListener &) = delete;
    TcpListener &operator=(const TcpListener &) = delete;
    ~TcpListener() override {
        state_->closed = true;
        state_->io.reset();
        state_->pause.reset();
        state_->fd.reset();
    }

private:
    std::shared_ptr<State> state_;
};

// One connection a turn of the loop: those that are there already are not made to wait.
void TcpListener::State::ready() {
    sockaddr_in peer{};
    socklen_t length = sizeof(peer);
    base::Fd connection(::accept4(fd.get(), reinterpret_cast<sockaddr *>(&peer), &length,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.valid()) {
        take(std::move(connection), {ntohl(peer.sin_addr.s_addr)});
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        base::log::warning("tcp.accept", {}, "cannot accept a connection: {}",
                           base::system_error("accept", errno).text);
        io->set_interest(event::Interest::None);
        pause->arm(loop.now() + Pause);
    }
}

void TcpListener::State::take(base::Fd connection, base::Ipv4 peer) {
    if (!handlers.admit(peer)) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        (void)::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        return;
    }
    const int on = 1;
    (void)::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    auto state = connected_state(loop, std::move(connection));
    if (!state)
        return;  // it has gone again
    (*state)->role = "client";
    // It may end at once, while nobody knows what for: the handlers are there before it can tell.
    StreamHandlers wanted = handlers.accepted(std::make_unique<TcpStream>(*state));
    (*state)->handlers = std::move(wanted);
}

}  // namespace

base::Result<std::unique_ptr<Stream>> open_tcp(event::Loop &loop, const StreamOptions &options,
                                               StreamHandlers handlers) {
    auto state = std::make_shared<TcpStream::State>();
    state->peer = fmt::format("{}:{}", options.address.text(), options.port);
    state->handlers = std::move(handlers);
    state->fd = base::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!state->fd.valid())
        return base::fail(base::system_error("cannot make a socket", errno));
    const int fd = state->fd.get();

    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // only quicker
    if (options.fwmark != 0 &&
        ::setsockopt(fd, SOL_SOCKET, SO_MARK, &options.fwmark, sizeof(options.fwmark)) < 0) {
        base::Error error =
            base::system_error(fmt::format("cannot mark packets with {}", options.fwmark), errno);
        error.code = ErrorCode::Refused;
        return base::fail(std::move(error));
    }
    if (!options.device.empty() &&
        ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.c_str(),
                     static_cast<socklen_t>(options.device.size())) < 0) {
        base::Error error =
            base::system_error(fmt::format("cannot leave by interface {}", options.device), errno);
        error.code = ErrorCode::Refused;
        return base::fail(std::move(error));
    }
    if (!options.source.unspecified()) {
        const sockaddr_in source = socket_address(options.source, 0);
        if (::bind(fd, reinterpret_cast<const sockaddr *>(&source), sizeof(source)) < 0) {
            base::Error error = base::system_error(
                fmt::format("cannot use the source address {}", options.source.text()), errno);
            error.code = ErrorCode::Refused;
            return base::fail(std::move(error));
        }
    }
    const sockaddr_in server = socket_address(options.address, options.port);
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&server), sizeof(server)) < 0 &&
        errno != EINPROGRESS)
        return base::fail(tcp_error("cannot connect to " + state->peer, errno));

    // Also if it was connected at once: the loop tells it, so that no callback comes from here.
    state->io = TRY(event::Io::create(loop, fd, event::Interest::Write,
                                      [state = std::weak_ptr(state)](event::Ready ready) {
                                          if (const auto held = state.lock())
                                              held->ready(ready);
                                      }));
    return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(state)));
}

base::Result<std::unique_ptr<Stream>> adopt_tcp(event::Loop &loop, base::Fd fd,
                                                const std::string &name, StreamHandlers handlers) {
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0)
        return base::fail(base::system_error("cannot use the connection", errno));
    auto state = TRY(connected_state(loop, std::move(fd)));
    state->role = "peer";
    state->kept = name;
    state->handlers = std::move(handlers);
    return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(state)));
}

base::Result<std::unique_ptr<Listener>> listen_tcp(event::Loop &loop, const ListenOptions &options,
                                                   ListenHandlers handlers) {
    const std::string where =
        fmt::format("{}:{}{}{}", options.address.unspecified() ? "any" : options.address.text(),
                    options.port, options.device.empty() ? "" : " on ", options.device);
    auto state = std::make_shared<TcpListener::State>(loop, std::move(handlers));
    state->fd = base::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!state->fd.valid())
        return base::fail(base::system_error("cannot make a socket", errno));
    const int fd = state->fd.get();
    const int on = 1;
    (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (!options.device.empty() &&
        ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.c_str(),
                     static_cast<socklen_t>(options.device.size())) < 0)
        return base::fail(base::system_error("cannot listen at " + where, errno));
    const sockaddr_in address = socket_address(options.address, options.port);
    if (::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) < 0 ||
        ::listen(fd, options.backlog) < 0)
        return base::fail(base::system_error("cannot listen at " + where, errno));

    TcpListener::State &self = *state;
    state->io = TRY(event::Io::create(loop, fd, event::Interest::Read,
                                      [state = std::weak_ptr(state)](event::Ready) {
                                          if (const auto held = state.lock(); held && !held->closed)
                                              held->ready();
                                      }));
    state->pause =
        TRY(event::Timer::create(loop, [&self] { self.io->set_interest(event::Interest::Read); }));
    return std::unique_ptr<Listener>(std::make_unique<TcpListener>(std::move(state)));
}

}  // namespace rtun::daemon
