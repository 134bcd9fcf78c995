// SPDX-License-Identifier: GPL-2.0-or-later
//
// `monitor`: what the kernel and the daemon tell, one line an event. It ends by a signal, by the
// daemon's end if only its events are wanted, or when nobody reads the output any more.
#include <cli/commands.h>

#include <cli/events.h>
#include <ctl/client.h>

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace rtun::cli {

using base::Result;
using base::Status;

namespace {

double clock_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

class Monitor {
public:
    Monitor(Context &context, std::string what) : context_(context), what_(std::move(what)) {}

    Status run() {
        TRY(open());
        for (;;) {
            // Before the first wait, too: events may have come together with the reply.
            TRY(read_kernel());
            TRY(read_daemon());
            TRY(context_.out.flush_each());
            if (context_.out.closed())
                return {};
            std::vector<pollfd> waiting = watched();
            if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
                return base::fail(base::system_error("poll", errno));
            // The first is our output: nothing is asked of it, so whatever is there is its end.
            if (waiting.front().revents != 0)
                return {};
        }
    }

private:
    Status open() {
        if (what_ != "client") {
            kernel_ = TRY(context_.open_kernel());
            TRY(kernel_->subscribe());
        }
        if (what_ == "tunnel" || what_ == "session")
            return {};
        auto daemon = subscribe();
        // The kernel's events are there without a daemon, too.
        if (!daemon && what_ == "all" && daemon.error().code == base::ErrorCode::NoDaemon)
            return {};
        daemon_ = TRY(std::move(daemon));
        return {};
    }

    [[nodiscard]] Result<ctl::Client> subscribe() const {
        ctl::Client daemon = TRY(ctl::Client::connect(context_.socket));
        TRY(daemon.call({.words = {"monitor", what_}, .file = {}, .line = 0}));
        return daemon;
    }

    [[nodiscard]] std::vector<pollfd> watched() const {
        std::vector<pollfd> all{{.fd = STDOUT_FILENO, .events = 0, .revents = 0}};
        if (kernel_) {
            for (const int fd : kernel_->descriptors())
                all.push_back({.fd = fd, .events = POLLIN, .revents = 0});
        }
        if (daemon_)
            all.push_back({.fd = daemon_->descriptor(), .events = POLLIN, .revents = 0});
        return all;
    }

    Status read_kernel() {
        if (!kernel_)
            return {};
        for (const netlink::Event &event : TRY(kernel_->events())) {
            if (is_about(event, what_))
                print_event(context_.out, context_.options, event, clock_now());
        }
        return {};
    }

    Status read_daemon() {
        if (!daemon_)
            return {};
        const auto events = daemon_->events();
        if (!events && what_ == "client")
            return base::fail(events.error());
        if (!events) {
            daemon_.reset();
            print_event(context_.out, context_.options,
                        ctl::Event{.time = clock_now(),
                                   .id = "monitor.daemon",
                                   .object = "monitor",
                                   .name = {},
                                   .text = events.error().text,
                                   .fields = {}});
            return {};
        }
        for (const ctl::Event &event : *events)
            if (what_ == "all" || event.object != "pseudowire")
                print_event(context_.out, context_.options, event);
        return {};
    }

    Context &context_;
    std::string what_;
    std::unique_ptr<netlink::Kernel> kernel_;
    std::optional<ctl::Client> daemon_;
};

}  // namespace

Status monitor(Context &context, const config::Monitor &what) {
    return Monitor(context, what.what).run();
}

}  // namespace rtun::cli
