// SPDX-License-Identifier: GPL-2.0-or-later
//
// Puts one client on a loop of its own and shows what it tells.
#include <daemon/connect.h>

#include <base/random.h>
#include <daemon/client.h>
#include <daemon/helper.h>
#include <daemon/kernel_pump.h>
#include <daemon/loop_world.h>
#include <daemon/name_servers.h>
#include <daemon/no_core.h>
#include <daemon/progress.h>
#include <daemon/reason.h>
#include <daemon/route_follower.h>

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace rtun::daemon {

using base::log::Level;

namespace {

void print(std::string_view text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    (void)std::fflush(stdout);
}

void complain(const std::string &text) { fmt::print(stderr, "Error: {}\n", text); }

base::Result<int> connect(const config::Client &settings, const ConnectOptions &options) {
    event::Loop loop = TRY(event::Loop::create());
    const std::unique_ptr<LoopWorld> world = TRY(LoopWorld::create(loop));
    base::SystemRandom random;

    const std::unique_ptr<netlink::Kernel> kernel = TRY(netlink::open_kernel());
    const std::string owner = fmt::format("connect-{}", ::getpid());
    TRY(kernel->bind_owner(owner));
    HostRoutes routes(*kernel, owner);
    TRY(routes.sweep());

    Progress progress(
        settings.connect_to,
        ::isatty(STDOUT_FILENO) != 0 ? Progress::Style::Terminal : Progress::Style::Lines, print,
        options.most_verbose == Level::Debug ? Progress::Steps::All : Progress::Steps::Usual);
    // Of what is of level debug the progress is shown as usual.
    const bool quiet = options.most_verbose < Level::Info;
    const auto show = [&](Level level, const ctl::Event &event) {
        if (options.json)
            print(ctl::encode(event));
        else if (!quiet || level <= options.most_verbose)
            progress.show(event);
        if (event.id == event_id::Failed)
            complain(fmt::format("{}: {}", settings.connect_to, event.text));
    };
    LoopHelper helper(loop);
    NameServers names(helper, find_resolver_paths("/run/netns", "/etc/netns"), owner,
                      [&](const std::string &name, const std::string &why) {
                          tell_resolver(*world, show, name, why);
                      });
    sweep_names(names, *kernel);
    RouteFollower follower(*world, routes);
    Client client(
        settings, Ground{*world, *kernel, random, routes, &names},
        ClientPolicy{.reconnect = Reconnect::No, .lifetime = netlink::Lifetime::DiesWithOwner},
        show, [&] { loop.quit(0); });
    const KernelPump pump = TRY(KernelPump::create(loop, *kernel, [&](const netlink::Event &event) {
        follower.kernel_event(event);
        client.kernel_event(event);
    }));

    bool asked = false;
    const auto signalled = [&] {
        if (std::exchange(asked, true))
            client.abort("by user");
        else
            client.stop("by user");
    };
    const event::Signal interrupt = TRY(event::Signal::create(loop, SIGINT, signalled));
    const event::Signal terminate = TRY(event::Signal::create(loop, SIGTERM, signalled));
    const event::Signal hang_up = TRY(event::Signal::create(loop, SIGHUP, signalled));

    client.start();
    if (!client.off())
        TRY(loop.run());
    RTUN_ASSERT(client.last_reason());
    return exit_status(*client.last_reason());
}

}  // namespace

int run_connect(const config::Client &client, const ConnectOptions &options) {
    base::log::set_level(options.most_verbose);
    refuse_core();
    // Whoever reads what we print may go without the tunnel going with them.
    (void)std::signal(SIGPIPE, SIG_IGN);
    const auto status = connect(client, options);
    if (status)
        return *status;
    complain(status.error().text);
    return exit_status(status.error().code);
}

}  // namespace rtun::daemon
