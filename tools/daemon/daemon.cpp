// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything is made here and handed down; nothing is global. The order in which things are made is
// the order in which they need each other, so they go the other way round.
#include <daemon/daemon.h>

#include <base/log.h>
#include <base/random.h>
#include <config/grammar.h>
#include <ctl/server.h>
#include <daemon/clients.h>
#include <daemon/commands.h>
#include <daemon/helper.h>
#include <daemon/history.h>
#include <daemon/kernel_pump.h>
#include <daemon/leftovers.h>
#include <daemon/loop_world.h>
#include <daemon/name_servers.h>
#include <daemon/no_core.h>
#include <daemon/pseudowires.h>
#include <daemon/reason.h>
#include <daemon/route_follower.h>
#include <daemon/server_state.h>
#include <daemon/serving.h>
#include <daemon/standby.h>
#include <event/notify.h>

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon {

namespace {

constexpr std::string_view OwnerName = "rtun";

base::Result<config::Config> first_config(const std::string &file) {
    // The default file need not be there: clients can be added by commands.
    if (file == config::DefaultFile && ::access(file.c_str(), F_OK) < 0 && errno == ENOENT)
        return config::Config{};
    return config::read_file(file);
}

enum class Calls : std::uint8_t { Leave, End };

base::Status take_name(netlink::Kernel &kernel) {
    auto bound = kernel.bind_owner(OwnerName);
    if (!bound && bound.error().errnum == EBUSY)
        return base::fail(base::ErrorCode::Refused,
                          "another rtun daemon runs in this network namespace", EBUSY);
    return bound;
}

// The clients that have an interface without a call.
std::vector<std::string> on_demand(const config::Config &config) {
    std::vector<std::string> names;
    for (const config::Client &client : config.clients)
        if (client.enabled && client.dial_on_demand)
            names.push_back(client.name);
    return names;
}

base::Result<int> run(const std::string &config_file, const std::string &netns) {
    // What can be wrong with the settings comes before anything is touched.
    const config::Config config = TRY(first_config(config_file));

    event::Loop loop = TRY(event::Loop::create());
    const std::unique_ptr<LoopWorld> world = TRY(LoopWorld::create(loop));
    base::SystemRandom random;

    // The name first: of two daemons that start together only one gets it, so the other does not
    // take the control socket of the first for a dead one's.
    const std::unique_ptr<netlink::Kernel> kernel = TRY(netlink::open_kernel());
    TRY(take_name(*kernel));
    ctl::Server server = TRY(ctl::Server::create(ctl::socket_path(netns)));
    HostRoutes routes(*kernel, std::string(OwnerName));
    Leftovers leftovers =
        TRY(Leftovers::find(*kernel, routes, OwnerName, {ServerWords.begin(), ServerWords.end()}));
    if (const unsigned swept = TRY(sweep_standby(*kernel, on_demand(config))); swept > 0)
        base::log::info("standby.leftover", {},
                        "{} interfaces were left by an earlier daemon: deleted", swept);
    if (const unsigned swept = TRY(routes.sweep()); swept > 0)
        base::log::info("route.leftover", {},
                        "{} host routes were left by an earlier rtun: deleted", swept);

    History history;
    const auto tell = [&](base::log::Level level, const ctl::Event &event) {
        log_event(level, event);
        history.record(event);
        server.publish(event);
    };
    bool clients_rest = false;
    bool server_rests = false;
    const auto rests = [&](bool &who) {
        who = true;
        if (clients_rest && server_rests)
            loop.quit(0);
    };
    LoopHelper helper(loop);
    NameServers names(helper, find_resolver_paths("/run/netns", "/etc/netns"),
                      std::string(OwnerName), [&](const std::string &name, const std::string &why) {
                          tell_resolver(*world, tell, name, why);
                      });
    sweep_names(names, *kernel);
    RouteFollower follower(*world, routes);
    Clients clients(Ground{*world, *kernel, random, routes, &names}, tell,
                    [&] { rests(clients_rest); });
    Pseudowires pseudowires(*world, *kernel, random, std::string(OwnerName), tell);
    const std::unique_ptr<Serving> serving = TRY(Serving::create(
        {loop, *world, *kernel, random, routes}, netns, tell, [&] { rests(server_rests); }));
    Commands commands(clients, pseudowires, serving->directory(), serving->sessions(), history,
                      config_file);
    const KernelPump pump = TRY(KernelPump::create(loop, *kernel, [&](const netlink::Event &event) {
        follower.kernel_event(event);
        if (serving->kernel_event(event))
            return;
        clients.kernel_event(event);
        pseudowires.kernel_event(event);
    }));

    const event::Io control =
        TRY(event::Io::create(loop, server.descriptor(), event::Interest::Read, [&](event::Ready) {
            for (const ctl::Incoming &incoming : server.serve()) {
                const Commands::Answer answer = commands.execute(incoming.request);
                server.reply(incoming.connection, answer.reply);
                if (answer.subscribe)
                    server.subscribe(incoming.connection);
            }
        }));

    // SIGTERM comes before a new start as well, so calls that the next daemon can go on with are
    // left to it. SIGINT is the end. The second signal of either kind is impatience.
    bool stopping = false;
    const auto stop = [&](Calls calls) {
        if (std::exchange(stopping, true)) {
            clients.abort_all("the daemon was stopped");
            serving->abort();
            return;
        }
        event::notify::stopping();
        const std::size_t up = clients.up();
        const std::size_t sessions = serving->up();
        std::size_t left = 0;
        std::size_t sessions_left = 0;
        if (calls == Calls::Leave) {
            left = clients.leave_all("the daemon was stopped");
            sessions_left = serving->leave();
        } else {
            clients.stop_all("the daemon was stopped");
            serving->stop();
        }
        base::log::info("daemon.stopping", {},
                        "stopping: {} calls and {} sessions are ended, {} and {} go on without a "
                        "daemon",
                        up - left, sessions - sessions_left, left, sessions_left);
    };
    const event::Signal terminate =
        TRY(event::Signal::create(loop, SIGTERM, [&] { stop(Calls::Leave); }));
    const event::Signal interrupt =
        TRY(event::Signal::create(loop, SIGINT, [&] { stop(Calls::End); }));
    const event::Signal reload = TRY(event::Signal::create(loop, SIGHUP, [&] {
        if (const auto loaded = commands.load(config_file); !loaded)
            base::log::error("config.refused", {{"RTUN_FILE", config_file}},
                             "nothing was changed: {}", loaded.error().text);
    }));
    (void)TRY(event::notify::watchdog(loop));

    (void)TRY(serving->directory().load(config));
    TRY(serving->resume(OwnerName));
    const std::size_t found = leftovers.size();
    (void)TRY(clients.load(config, leftovers));
    world->close_kept();
    if (found > 0) {
        // What happened between the look at the kernel and the subscription was told to nobody.
        clients.kernel_event(netlink::Overrun{});
        base::log::info("daemon.resumed", {}, "{} of {} calls of an earlier daemon go on",
                        clients.up(), found);
    }
    const Pseudowires::Loaded loaded = TRY(pseudowires.load(config.pseudowires));
    base::log::info("daemon.ready", {}, "ready: {} clients, {} pseudowires ({} were there already)",
                    clients.size(), pseudowires.size(), loaded.kept + loaded.changed);
    event::notify::ready();
    return TRY(loop.run());
}

}  // namespace

int run_daemon(const std::string &config_file, const std::string &netns,
               base::log::Level most_verbose) {
    base::log::set_level(most_verbose);
    refuse_core();
    (void)std::signal(SIGPIPE, SIG_IGN);  // standard error may be a pipe
    const auto status = run(config_file, netns);
    if (status)
        return *status;
    base::log::error("daemon.failed", {}, "Error: {}", status.error().text);
    return exit_status(status.error().code);
}

}  // namespace rtun::daemon
