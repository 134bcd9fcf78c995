// SPDX-License-Identifier: GPL-2.0-or-later
//
// A netlink socket: requests and their answers, and what arrives without having been asked for.
//
// A request is sent with NLM_F_ACK and waited for; the kernel handles it before send() returns, so
// this does not wait for anybody else. Refusals become Errors with the text of the extended
// acknowledgement and the name of the attribute it points at. A dump that was interrupted by a
// change (NLM_F_DUMP_INTR) is done again.
//
// Messages that belong to no request, which may arrive between a request and its answer, are
// queued until receive() takes them. The queue is bounded; when it or the socket's own buffer
// overflows, receive() tells so, once.
#pragma once

#include <base/bytes.h>
#include <base/fd.h>
#include <base/result.h>
#include <netlink/message.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rtun::netlink {

// The name of the attribute with this path (see path_to()) in messages to users, or "".
using AttributeName = std::string (*)(std::span<const std::uint16_t> path);

// What an acknowledgement says: nothing, or why the request was refused. Pure; for tests as well.
// message is an NLMSG_ERROR, or the NLMSG_DONE of a dump.
[[nodiscard]] base::Status read_acknowledgement(const Received &message, const Message &request,
                                                const std::string &what, AttributeName name);

// A datagram as received, whole messages in it. Owns what its messages look at.
struct Datagram {
    Datagram() = default;
    Datagram(Datagram &&) noexcept = default;
    Datagram &operator=(Datagram &&) noexcept = default;
    Datagram(const Datagram &) = delete;  // a copy's messages would look at the original's bytes
    Datagram &operator=(const Datagram &) = delete;
    ~Datagram() = default;

    base::Bytes bytes;
    std::vector<Received> messages;
};

class Socket {
public:
    static constexpr std::size_t MaxQueued = 4096;       // unasked messages, some 2 MiB of frames
    static constexpr int ReceiveBuffer = 4 << 20;        // octets of kernel memory
    static constexpr std::size_t MaxDatagram = 1 << 16;  // the kernel makes them 32 KiB at most

    // protocol: NETLINK_GENERIC or NETLINK_ROUTE.
    [[nodiscard]] static base::Result<Socket> open(int protocol, AttributeName name = nullptr);

    // The messages of the answer (none if it is only an acknowledgement). what: what is being
    // done, for the error's text.
    [[nodiscard]] base::Result<std::vector<Datagram>> request(Message message,
                                                              const std::string &what);
    [[nodiscard]] base::Result<std::vector<Datagram>> dump(Message message,
                                                           const std::string &what);
    // Requests that are carried out all or not at all. The first and the last are the messages that
    // nfnetlink(7) wants around them. The error is that of the first one that was refused.
    [[nodiscard]] base::Status batch(std::vector<Message> messages, const std::string &what);
    [[nodiscard]] base::Status join(std::uint32_t group);

    struct Unasked {
        std::vector<Datagram> datagrams;
        bool overrun = false;  // some were lost
    };
    // What has arrived by now.
    [[nodiscard]] base::Result<Unasked> receive();

    // Readable when receive() has something: the socket, and the sign that the queue is not empty.
    [[nodiscard]] std::vector<int> descriptors() const { return {fd_.get(), wake_.get()}; }

private:
    Socket(base::Fd fd, base::Fd wake, std::uint32_t port, AttributeName name)
        : fd_(std::move(fd)), wake_(std::move(wake)), port_(port), name_(name) {}

    enum class Got : std::uint8_t { Nothing, Datagram, Overrun };
    struct Read {
        Got got = Got::Nothing;
        Datagram datagram;
    };
    base::Result<Read> read_one();
    [[nodiscard]] bool answers_us(const Datagram &datagram) const;
    base::Status drain();
    void queue(Datagram datagram);
    base::Status wait(int milliseconds, const std::string &what);
    base::Status send(base::View bytes, const std::string &what);
    struct Answer {
        std::vector<Datagram> datagrams;
        bool interrupted = false;
    };
    enum class Kind : std::uint8_t { Do, Dump };
    base::Result<Answer> exchange(Message &message, Kind kind, const std::string &what);
    // The next part of an answer. lost: the buffer overflowed, which may have cost one.
    base::Result<Datagram> next_part(Kind kind, bool &lost, const std::string &what);

    base::Fd fd_;
    base::Fd wake_;
    std::uint32_t port_;
    AttributeName name_;
    std::uint32_t sequence_ = 0;
    std::deque<Datagram> queue_;
    bool overrun_ = false;
};

}  // namespace rtun::netlink
