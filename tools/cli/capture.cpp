// SPDX-License-Identifier: GPL-2.0-or-later
//
// `capture`: frames from the kernel into a pcapng file, until a signal, so many frames, the end of
// the session or of who reads them. Whatever ends it, the file ends with its statistics; only when
// it is killed it ends with a frame.
#include <cli/commands.h>

#include <base/fd.h>
#include <cli/pcapng.h>
#include <config/values.h>
#include <ctl/client.h>
#include <netlink/capture.h>
#include <wire/auth.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;
using netlink::SessionId;

namespace {

// How long to hear nothing before the session is looked for: that it ended is told once, and may
// have found no room in a full buffer.
constexpr int Silence = 1000;  // ms

std::uint64_t clock_now() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

// -- which session

std::string device_of(netlink::Kernel &kernel, const netlink::Session &session) {
    if (!session.device || session.netnsid)
        return {};
    const auto name = kernel.link_name(*session.device);
    return name ? *name : std::string();
}

Result<std::optional<SessionId>> by_device(netlink::Kernel &kernel, const std::string &name) {
    for (const netlink::Session &session : TRY(kernel.sessions()))
        if (device_of(kernel, session) == name)
            return session.id;
    return std::optional<SessionId>{};
}

// A client, a user or a caller: the daemon knows which session is whose, if there is a daemon.
Result<std::optional<SessionId>> by_daemon(netlink::Kernel &kernel, const std::string &socket,
                                           const std::string &name) {
    auto daemon = ctl::Client::connect(socket);
    if (!daemon)
        return std::optional<SessionId>{};
    const auto clients = daemon->call({.words = {"client", "show", name}, .file = {}, .line = 0});
    if (clients && !clients->clients.empty() && clients->clients.front().session_id)
        return SessionId{*clients->clients.front().session_id};
    const auto stories = daemon->call({.words = {"why", name}, .file = {}, .line = 0});
    if (!stories)
        return std::optional<SessionId>{};
    std::vector<std::string> interfaces;
    for (const ctl::Story &story : stories->stories)
        if (!story.ended && !story.interface.empty())
            interfaces.push_back(story.interface);
    if (interfaces.size() > 1)
        return fail(ErrorCode::Invalid,
                    fmt::format("\"{}\" has {} sessions, name one of them: {}", name,
                                interfaces.size(), fmt::join(interfaces, " ")));
    return interfaces.empty() ? std::optional<SessionId>{}
                              : TRY(by_device(kernel, interfaces.front()));
}

Result<SessionId> find_session(netlink::Kernel &kernel, const std::string &socket,
                               const std::string &name) {
    if (const auto id = config::parse_number(name, {1, 0xffffffff}))
        return SessionId{static_cast<std::uint32_t>(*id)};
    if (const auto found = TRY(by_device(kernel, name)))
        return *found;
    if (const auto found = TRY(by_daemon(kernel, socket, name)))
        return *found;
    return fail(ErrorCode::NotFound,
                fmt::format("there is no session \"{}\": it is neither an interface of one nor a "
                            "client, a user or a caller with one",
                            name));
}

// -- where to

// Where the frames go: a file that only its owner reads, or standard output.
class Sink {
public:
    // The name is taken at once by a new file, so whatever had it is neither followed nor opened; a
    // file that was there is replaced.
    [[nodiscard]] static Result<Sink> open(const std::string &path) {
        if (path == "-") {
            if (::isatty(STDOUT_FILENO) == 1)
                return fail(ErrorCode::Invalid,
                            "argument \"-\" is wrong: -w: standard output is a terminal");
            return Sink({}, "standard output");
        }
        struct stat there {};
        if (::lstat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
            return fail(
                ErrorCode::Invalid,
                fmt::format("argument \"{}\" is wrong: -w: it exists and is {}", path,
                            S_ISLNK(there.st_mode) ? "a symbolic link" : "not a regular file"));
        std::string name = path + ".XXXXXX";
        base::Fd fd(::mkostemp(name.data(), O_CLOEXEC));  // mode 0600
        if (!fd.valid())
            return fail(base::system_error("cannot create " + path, errno));
        if (::rename(name.c_str(), path.c_str()) < 0) {
            const int errnum = errno;
            (void)::unlink(name.c_str());
            return fail(base::system_error("cannot create " + path, errnum));
        }
        return Sink(std::move(fd), path);
    }

    [[nodiscard]] Status write(base::View octets) {
        while (!octets.empty() && !gone_) {
            const ssize_t written = ::write(descriptor(), octets.data(), octets.size());
            if (written >= 0)
                octets = octets.subspan(static_cast<std::size_t>(written));
            else if (errno == EPIPE)
                gone_ = true;
            else if (errno != EINTR)
                return fail(base::system_error("cannot write " + name_, errno));
        }
        return {};
    }
    [[nodiscard]] int descriptor() const { return fd_.valid() ? fd_.get() : STDOUT_FILENO; }
    [[nodiscard]] bool gone() const { return gone_; }  // nobody reads it

private:
    Sink(base::Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

    base::Fd fd_;
    std::string name_;
    bool gone_ = false;
};

// SIGINT, SIGTERM and SIGHUP as something to be read.
class Signals {
public:
    [[nodiscard]] static Result<Signals> open() {
        sigset_t set{};
        ::sigemptyset(&set);
        for (const int number : {SIGINT, SIGTERM, SIGHUP})
            ::sigaddset(&set, number);
        if (::sigprocmask(SIG_BLOCK, &set, nullptr) < 0)
            return fail(base::system_error("sigprocmask", errno));
        base::Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!fd.valid())
            return fail(base::system_error("signalfd", errno));
        return Signals(std::move(fd));
    }
    [[nodiscard]] int descriptor() const { return fd_.get(); }

private:
    explicit Signals(base::Fd fd) : fd_(std::move(fd)) {}
    base::Fd fd_;
};

// -- the frames

class Capturing {
public:
    Capturing(const config::Capture &what, netlink::Kernel &kernel, SessionId session,
              netlink::Capture capture, Sink sink, Signals signals)
        : what_(what), kernel_(kernel), session_(session), capture_(std::move(capture)),
          sink_(std::move(sink)), signals_(std::move(signals)) {
        totals_.began = clock_now();
    }

    [[nodiscard]] Status run() {
        const auto session = kernel_.session(session_);
        const std::string device = session ? device_of(kernel_, *session) : std::string();
        TRY(sink_.write(pcapng::beginning(
            "rtun",
            {.name = device.empty() ? fmt::format("session {}", number()) : device,
             .description = fmt::format("PPP frames of session {}{}", number(),
                                        what_.show_secrets ? "" : ", passwords of PAP hidden")},
            netlink::CaptureSnapLength + 2)));
        while (!ended_ && !full() && !sink_.gone()) {
            const bool signalled = TRY(wait());
            (void)TRY(take());
            if (signalled)
                break;
        }
        // What was captured up to now is still to be had, and it is not getting more.
        if (!ended_ && capture_.stop()) {
            while (!ended_ && TRY(take())) {
            }
        }
        totals_.ended = clock_now();
        return sink_.write(pcapng::ending(totals_));
    }

    [[nodiscard]] std::uint64_t written() const { return totals_.received - totals_.lost; }
    [[nodiscard]] std::uint64_t lost() const { return totals_.lost; }

private:
    [[nodiscard]] std::uint32_t number() const { return static_cast<std::uint32_t>(session_); }
    [[nodiscard]] bool full() const { return what_.count != 0 && written() >= what_.count; }

    // True: a signal asks to end.
    [[nodiscard]] Result<bool> wait() {
        std::vector<pollfd> waiting{{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0},
                                    // Nothing is asked of it, so whatever is there is its end.
                                    {.fd = sink_.descriptor(), .events = 0, .revents = 0}};
        for (const int descriptor : capture_.descriptors())
            waiting.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
        const int ready = ::poll(waiting.data(), waiting.size(), Silence);
        if (ready < 0 && errno != EINTR)
            return fail(base::system_error("poll", errno));
        if (ready == 0) {
            const auto session = kernel_.session(session_);
            return !session && session.error().code == ErrorCode::NotFound;
        }
        return waiting[0].revents != 0 || waiting[1].revents != 0;
    }

    // Some of what is there; false: nothing was.
    [[nodiscard]] Result<bool> take() {
        std::vector<netlink::Captured> all = TRY(capture_.read());
        base::Bytes octets;
        for (netlink::Captured &one : all) {
            if (auto *frame = std::get_if<netlink::CapturedFrame>(&one))
                add(octets, *frame);
            else
                end(std::get<netlink::CaptureEnd>(one));
        }
        TRY(sink_.write(octets));
        return !all.empty();
    }

    void add(base::Bytes &octets, netlink::CapturedFrame &frame) {
        if (full())
            return;
        if (!what_.show_secrets)
            wire::hide_pap_password(frame.data);
        using From = netlink::CapturedFrame::Direction;
        const base::Bytes block = pcapng::frame(
            {.time = frame.time,
             .direction = frame.direction == From::FromPeer ? pcapng::Direction::Inbound
                          : frame.direction == From::ToPeer ? pcapng::Direction::Outbound
                                                            : pcapng::Direction::Unknown,
             .length = frame.length,
             .lost = frame.lost,
             .data = frame.data});
        octets.insert(octets.end(), block.begin(), block.end());
        totals_.lost += frame.lost;
        totals_.received += std::uint64_t{frame.lost} + 1;
    }

    void end(const netlink::CaptureEnd &end) {
        ended_ = true;
        if (full())
            return;
        totals_.lost += end.lost;
        totals_.received += end.lost;
    }

    const config::Capture &what_;
    netlink::Kernel &kernel_;
    SessionId session_;
    netlink::Capture capture_;
    Sink sink_;
    Signals signals_;
    pcapng::Totals totals_;
    bool ended_ = false;
};

}  // namespace

Status capture(Context &context, const config::Capture &what) {
    const std::unique_ptr<netlink::Kernel> kernel = TRY(context.open_kernel());
    const SessionId session = TRY(find_session(*kernel, context.socket, what.name));
    Signals signals = TRY(Signals::open());
    // The kernel first: what it refuses leaves no file behind.
    netlink::Capture frames = TRY(netlink::Capture::start(session));
    Sink sink = TRY(Sink::open(what.file));
    Capturing capturing(what, *kernel, session, std::move(frames), std::move(sink),
                        std::move(signals));
    TRY(capturing.run());
    if (what.file == "-") {
        std::fputs(
            fmt::format("{} frames, {} lost\n", capturing.written(), capturing.lost()).c_str(),
            stderr);
        return {};
    }
    Output &out = context.out;
    out.open();
    out.text("file", "{}", what.file);
    out.number("frames", "{} frames", capturing.written());
    out.number("lost", "{} lost", capturing.lost());
    out.close();
    return out.flush();
}

}  // namespace rtun::cli
