// SPDX-License-Identifier: GPL-2.0-or-later
//
// One request, one reply, and then perhaps events.
#include <ctl/client.h>

#include <ctl/socket.h>

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace rtun::ctl {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;

namespace {

using Point = std::chrono::steady_clock::time_point;

// Waits until the socket is ready or the time is over.
Status wait_for(int fd, short what, Point end) {
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        pollfd waiting{.fd = fd, .events = what, .revents = 0};
        const int ready =
            ::poll(&waiting, 1, static_cast<int>(std::max<long long>(0, left.count())));
        if (ready > 0)
            return {};
        if (ready < 0 && errno != EINTR)
            return fail(base::system_error("poll", errno));
        if (ready == 0)
            return fail(ErrorCode::Refused, "the daemon does not answer");
    }
}

}  // namespace

Result<Client> Client::connect(const std::string &path) {
    const sockaddr_un address = TRY(socket_address(path));
    base::Fd socket = TRY(make_socket());
    const Point end = std::chrono::steady_clock::now() + DefaultLimit;
    while (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) <
           0) {
        const int why = errno;
        if (why == EINTR)
            continue;
        // The backlog is full; a Unix socket cannot be polled for room in it.
        if (why == EAGAIN && std::chrono::steady_clock::now() < end) {
            ::poll(nullptr, 0, 10);
            continue;
        }
        if (why == ENOENT || why == ECONNREFUSED)
            return fail(ErrorCode::NoDaemon,
                        fmt::format("no daemon listens on {}: start one with \"systemctl start "
                                    "rtun\" or \"rtun daemon\"",
                                    path),
                        why);
        return fail(base::system_error(path, why));
    }
    return Client(std::move(socket), path);
}

Result<Reply> Client::call(const Request &request, std::chrono::milliseconds limit) {
    const Point end = std::chrono::steady_clock::now() + limit;
    std::string message = encode(request);
    if (message.size() > MaxLine)
        return fail(ErrorCode::Invalid, "the command is too long");
    const Status sent = send(message, end);
    base::wipe(message);  // there may be a password in it
    TRY(sent);
    const std::string line = TRY(read_line(end));
    Reply reply = TRY(decode_reply(line));
    if (reply.error)
        return fail(*std::move(reply.error));
    return reply;
}

Result<std::vector<Event>> Client::events() {
    const bool open = TRY(fill());
    std::vector<Event> events;
    while (const auto line = take_line())
        events.push_back(TRY(decode_event(*line)));
    if (!open && events.empty())
        return fail(ErrorCode::NoDaemon, "the daemon has ended");
    return events;
}

Status Client::send(std::string_view data, Point end) {
    while (!data.empty()) {
        const ssize_t sent = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            data.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            TRY(wait_for(socket_.get(), POLLOUT, end));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return {};  // the daemon may have said why before it closed; read_line() finds it
        } else if (errno != EINTR) {
            return fail(base::system_error(path_, errno));
        }
    }
    return {};
}

Result<std::string> Client::read_line(Point end) {
    for (;;) {
        if (auto line = take_line())
            return *std::move(line);
        TRY(wait_for(socket_.get(), POLLIN, end));
        if (!TRY(fill()) && buffer_.find('\n') == std::string::npos)
            return fail(ErrorCode::NoDaemon, "the daemon has closed the connection");
    }
}

std::optional<std::string> Client::take_line() {
    const std::size_t end = buffer_.find('\n');
    if (end == std::string::npos)
        return std::nullopt;
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
}

Result<bool> Client::fill() {
    std::array<char, 65536> chunk;
    // At most what one message may have, so that a daemon that never pauses lets us print.
    while (buffer_.size() <= MaxReply) {
        const ssize_t got = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
        if (got > 0)
            buffer_.append(chunk.data(), static_cast<std::size_t>(got));
        else if (got == 0 || errno == ECONNRESET)
            return false;
        else if (errno == EAGAIN)
            return true;
        else if (errno != EINTR)
            return fail(base::system_error(path_, errno));
    }
    if (buffer_.find('\n') == std::string::npos)
        return fail(ErrorCode::Refused, "the daemon sends a message without an end");
    return true;
}

}  // namespace rtun::ctl
