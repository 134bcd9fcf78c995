// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sockets of PPTP's control connections. A handler may destroy the stream it belongs to, so
// what the handlers stand in is held by the dispatch while one of them runs.
#include <daemon/tcp_stream.h>

#include <base/fd.h>

#include <fmt/format.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
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
        std::string peer;  // "192.0.2.10:1723"
        StreamHandlers handlers;
        base::Bytes queue;
        bool connected = false;
        bool closed = false;          // told, or the stream is destroyed: no more callbacks
        std::optional<event::Io> io;  // after fd, so that it goes before it

        void ready(event::Ready ready);
        void flush();
        void read();
        void close(base::Error error);
        void set_interest();
    };

    explicit TcpStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
    TcpStream(const TcpStream &) = delete;
    TcpStream &operator=(const TcpStream &) = delete;
    ~TcpStream() override {
        state_->closed = true;
        state_->io.reset();
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

private:
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
        close({ErrorCode::Closed, "the server closed the connection", 0});
    } else if (errno != EAGAIN && errno != EINTR) {
        close(tcp_error("connection to " + peer, errno));
    }
}

void TcpStream::State::close(base::Error error) {
    closed = true;
    io.reset();
    fd.reset();
    queue.clear();
    handlers.closed(std::move(error));
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

}  // namespace rtun::daemon
