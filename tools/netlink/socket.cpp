// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sending, waiting and sorting. Reads never block; only wait() does, and only for an answer.
#include <netlink/socket.h>

#include <fmt/format.h>
#include <libmnl/libmnl.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace rtun::netlink {

using base::ErrorCode;
using base::fail;

namespace {

// The kernel answers before send() returns, except when it loads a module first.
constexpr int AnswerTimeout = 15000;  // ms
constexpr int DumpAttempts = 8;
constexpr std::size_t ReadsAtOnce = 256;  // so that other events get their turn

ErrorCode code_for(int errnum) {
    switch (errnum) {
    case ENOENT:
    case ENODEV:
    case ESRCH:
        return ErrorCode::NotFound;
    case EEXIST:
        return ErrorCode::Exists;
    case ENETUNREACH:
    case EHOSTUNREACH:
        return ErrorCode::Unreachable;
    default:
        return ErrorCode::Refused;
    }
}

void set_option(int fd, int level, int option, int value) {
    // Each of them only makes errors clearer or buffers larger; without it we work as well.
    [[maybe_unused]] const int rc = ::setsockopt(fd, level, option, &value, sizeof(value));
}

}  // namespace

base::Status read_acknowledgement(const Received &message, const Message &request,
                                  const std::string &what, AttributeName name) {
    int error = 0;
    if (message.payload.size() < sizeof(error))
        return message.type == NLMSG_DONE
                   ? base::Status{}
                   : fail(ErrorCode::System, what + ": malformed acknowledgement", EBADMSG);
    std::memcpy(&error, message.payload.data(), sizeof(error));
    if (error >= 0)
        return {};
    const int errnum = -error;

    // Where the attributes of the extended acknowledgement begin: behind the header of the request,
    // and behind the request itself if it was sent back.
    std::size_t skip = sizeof(error);
    if (message.type == NLMSG_ERROR) {
        skip = sizeof(nlmsgerr);
        nlmsgerr head{};
        if (message.payload.size() >= sizeof(head)) {
            std::memcpy(&head, message.payload.data(), sizeof(head));
            if ((message.flags & NLM_F_CAPPED) == 0 && head.msg.nlmsg_len > sizeof(nlmsghdr))
                skip += MNL_ALIGN(head.msg.nlmsg_len - sizeof(nlmsghdr));
        }
    }

    std::string text;
    if ((message.flags & NLM_F_ACK_TLVS) != 0) {
        const Attributes extended = message.attributes(skip);
        text = extended.text(NLMSGERR_ATTR_MSG).value_or("");
        std::vector<std::uint16_t> path;
        std::string_view problem;
        if (const auto offset = extended.u32(NLMSGERR_ATTR_OFFS)) {
            path = path_to(request.view(), request.header_size(), *offset);
        } else if (const auto missing = extended.u32(NLMSGERR_ATTR_MISS_TYPE)) {
            if (const auto nest = extended.u32(NLMSGERR_ATTR_MISS_NEST))
                path = path_to(request.view(), request.header_size(), *nest);
            path.push_back(static_cast<std::uint16_t>(*missing));
            problem = " is missing";
        }
        const std::string attribute = name != nullptr ? name(path) : std::string();
        if (!attribute.empty())
            text += fmt::format("{}({}{})", text.empty() ? "" : " ", attribute, problem);
    }
    if (text.empty() && errnum == EPERM)
        text = "this needs CAP_NET_ADMIN (try as root)";
    if (text.empty() || text.starts_with('('))
        text = base::system_error(what, errnum).text + (text.empty() ? "" : " ") + text;
    else
        text = what + ": " + text;
    return fail(code_for(errnum), text, errnum);
}

base::Result<Socket> Socket::open(int protocol, AttributeName name) {
    base::Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!fd.valid())
        return fail(base::system_error("cannot open a netlink socket", errno));
    base::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.valid())
        return fail(base::system_error("cannot make an eventfd", errno));

    set_option(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, 1);
    set_option(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, 1);
    set_option(fd.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    // The privileged form goes beyond net.core.rmem_max.
    set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, ReceiveBuffer);
    set_option(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, ReceiveBuffer);

    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    socklen_t length = sizeof(address);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), length) < 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&address), &length) < 0)
        return fail(base::system_error("cannot bind a netlink socket", errno));
    return Socket(std::move(fd), std::move(wake), address.nl_pid, name);
}

base::Status Socket::join(std::uint32_t group) {
    if (::setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
        return fail(base::system_error("cannot listen to kernel events", errno));
    return {};
}

base::Result<Socket::Read> Socket::read_one() {
    Read read;
    Datagram &datagram = read.datagram;
    datagram.bytes.resize(MaxDatagram);
    sockaddr_nl from{};
    iovec piece{.iov_base = datagram.bytes.data(), .iov_len = datagram.bytes.size()};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof(from);
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    ssize_t size = 0;
    do
        size = ::recvmsg(fd_.get(), &header, 0);
    while (size < 0 && errno == EINTR);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return read;
    if (size < 0 && errno == ENOBUFS) {
        read.got = Got::Overrun;
        return read;
    }
    if (size < 0)
        return fail(base::system_error("cannot read from the kernel", errno));
    datagram.bytes.resize(static_cast<std::size_t>(size));
    datagram.bytes.shrink_to_fit();

    read.got = Got::Datagram;
    // Another process may write to our port; what it says is not the kernel's word.
    if (from.nl_pid != 0)
        return read;
    auto messages = split(datagram.bytes);
    if (!messages || (header.msg_flags & MSG_TRUNC) != 0)
        return fail(ErrorCode::System, "a malformed message from the kernel", EBADMSG);
    datagram.messages = std::move(*messages);
    return read;
}

// The messages of one datagram are of one kind: parts of an answer, or unasked.
bool Socket::answers_us(const Datagram &datagram) const {
    const Received &first = datagram.messages.front();
    return first.type < NLMSG_MIN_TYPE || (first.port == port_ && first.sequence != 0);
}

void Socket::queue(Datagram datagram) {
    if (queue_.size() >= MaxQueued) {
        overrun_ = true;
        return;
    }
    queue_.push_back(std::move(datagram));
    const std::uint64_t one = 1;
    // Cannot fail but when the counter is full, and then it is readable already.
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof(one));
}

// Makes room in the socket's buffer, so that the next answer is not lost behind frames.
base::Status Socket::drain() {
    for (;;) {
        Read read = TRY(read_one());
        if (read.got == Got::Nothing)
            return {};
        if (read.got == Got::Overrun)
            overrun_ = true;
        else if (!read.datagram.messages.empty() && !answers_us(read.datagram))
            queue(std::move(read.datagram));
    }
}

base::Status Socket::wait(int milliseconds, const std::string &what) {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    int rc = 0;
    do
        rc = ::poll(&waiting, 1, milliseconds);
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        return fail(base::system_error("cannot wait for the kernel", errno));
    if (rc == 0)
        return fail(ErrorCode::System, what + ": no answer from the kernel", ETIMEDOUT);
    return {};
}

base::Status Socket::send(base::View bytes, const std::string &what) {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    ssize_t sent = 0;
    do
        sent = ::sendto(fd_.get(), bytes.data(), bytes.size(), 0,
                        reinterpret_cast<const sockaddr *>(&kernel), sizeof(kernel));
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return fail(base::system_error(what, errno));
    return {};
}

// What is not part of an answer is queued on the way.
base::Result<Datagram> Socket::next_part(Kind kind, bool &lost, const std::string &what) {
    for (;;) {
        Read read = TRY(read_one());
        if (read.got == Got::Overrun) {
            overrun_ = lost = true;
            continue;
        }
        if (read.got == Got::Nothing) {
            // The answer was put into the buffer before send() returned, or found it full.
            if (lost && kind == Kind::Do)
                return fail(ErrorCode::System, what + ": the kernel's answer was lost", ENOBUFS);
            TRY(wait(AnswerTimeout, what));
            continue;
        }
        if (read.datagram.messages.empty())
            continue;
        if (answers_us(read.datagram))
            return std::move(read.datagram);
        queue(std::move(read.datagram));
    }
}

base::Result<Socket::Answer> Socket::exchange(Message &message, Kind kind,
                                              const std::string &what) {
    TRY(drain());
    sequence_ = sequence_ == UINT32_MAX ? 1 : sequence_ + 1;
    message.set_sequence(sequence_);
    message.set_flags(kind == Kind::Dump ? NLM_F_REQUEST | NLM_F_DUMP : NLM_F_REQUEST | NLM_F_ACK);
    TRY(send(message.view(), what));

    Answer answer;
    bool lost = false;
    for (;;) {
        Datagram datagram = TRY(next_part(kind, lost, what));
        bool keep = false;
        for (const Received &received : datagram.messages) {
            if (received.sequence != sequence_ || received.port != port_)
                continue;  // the late answer to a request that was given up
            if ((received.flags & NLM_F_DUMP_INTR) != 0)
                answer.interrupted = true;
            if (received.type == NLMSG_ERROR || received.type == NLMSG_DONE) {
                TRY(read_acknowledgement(received, message, what, name_));
                if (keep)
                    answer.datagrams.push_back(std::move(datagram));
                answer.interrupted = answer.interrupted || (lost && kind == Kind::Dump);
                return answer;
            }
            keep = true;
        }
        if (keep)
            answer.datagrams.push_back(std::move(datagram));
    }
}

// Only the last request is acknowledged; each that is refused is told of before that, and nothing
// but the first message's own refusal if the whole is not taken at all.
base::Status Socket::batch(std::vector<Message> messages, const std::string &what) {
    RTUN_ASSERT(messages.size() > 2);
    TRY(drain());
    const auto last = static_cast<std::uint32_t>(messages.size() - 2);
    const std::uint32_t first = sequence_ >= UINT32_MAX - last - 1 ? 1 : sequence_ + 1;
    sequence_ = first + last + 1;
    base::Bytes all;
    for (std::uint32_t i = 0; i < messages.size(); i++) {
        messages[i].set_sequence(first + i);
        messages[i].set_flags(i == last ? NLM_F_REQUEST | NLM_F_ACK : NLM_F_REQUEST);
        all.insert(all.end(), messages[i].view().begin(), messages[i].view().end());
    }
    TRY(send(all, what));

    base::Status outcome;
    bool lost = false;
    for (;;) {
        const Datagram datagram = TRY(next_part(Kind::Do, lost, what));
        for (const Received &received : datagram.messages) {
            const std::uint32_t which = received.sequence - first;
            if (which > last || received.port != port_ || received.type != NLMSG_ERROR)
                continue;
            auto told = read_acknowledgement(received, messages[which], what, name_);
            if (!told && outcome)
                outcome = std::move(told);
            if (which == 0 || which == last)
                return outcome;
        }
    }
}

base::Result<std::vector<Datagram>> Socket::request(Message message, const std::string &what) {
    Answer answer = TRY(exchange(message, Kind::Do, what));
    return std::move(answer.datagrams);
}

base::Result<std::vector<Datagram>> Socket::dump(Message message, const std::string &what) {
    for (int attempt = 0; attempt < DumpAttempts; attempt++) {
        Answer answer = TRY(exchange(message, Kind::Dump, what));
        if (!answer.interrupted)
            return std::move(answer.datagrams);
    }
    return fail(ErrorCode::System, what + ": changes faster than it can be read", EAGAIN);
}

base::Result<Socket::Unasked> Socket::receive() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto cleared = ::read(wake_.get(), &count, sizeof(count));
    Unasked unasked;
    unasked.datagrams.assign(std::make_move_iterator(queue_.begin()),
                             std::make_move_iterator(queue_.end()));
    queue_.clear();
    for (std::size_t reads = 0; reads < ReadsAtOnce; reads++) {
        Read read = TRY(read_one());
        if (read.got == Got::Nothing)
            break;
        if (read.got == Got::Overrun)
            overrun_ = true;
        else if (!read.datagram.messages.empty() && !answers_us(read.datagram))
            unasked.datagrams.push_back(std::move(read.datagram));
    }
    unasked.overrun = std::exchange(overrun_, false);
    return unasked;
}

}  // namespace rtun::netlink
