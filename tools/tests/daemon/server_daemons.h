// SPDX-License-Identifier: GPL-2.0-or-later
//
// One daemon with a server after the other on the same host: the kernel, the clients, and the file
// of leases and records live on, and there is a keeper of connections unless the test takes it
// away.
#pragma once

#include <daemon/server_events.h>
#include <tests/daemon/server_host.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon::test {

struct ServerDaemons {
    // What ends with a daemon.
    struct Program {
        HostRoutes routes;
        aaa::Users users;
        aaa::Store store;
        aaa::Pools pools{store};
        FakeDressing dressing;
        std::unique_ptr<PptpServer> server;
    };

    fake::FakeKernel kernel;
    fake::FakeWorld world;
    fake::FakeRandom random;
    fake::FakeGre gre{kernel};
    config::Config config = office_server();
    std::vector<ctl::Event> events;
    std::deque<fake::FakePptpClient> clients;
    std::filesystem::path directory;
    std::unique_ptr<Program> program;
    std::size_t calls_before = 0;  // of the kernel, when the last daemon started
    std::size_t found = 0;         // sessions, by the last one
    std::size_t on = 0;            // that go on
    int quiet = 0;

    explicit ServerDaemons(config::Config first = office_server()) : config(std::move(first)) {
        std::string name = (std::filesystem::temp_directory_path() / "rtun-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        directory = name;
        std::filesystem::create_directory(directory / "state");
        world.keeper = true;
        world.pump = [this] {
            if (!program)
                return false;
            const auto all = kernel.events();
            for (const netlink::Event &event : all.value())
                (void)program->server->kernel_event(event);
            return !all->empty();
        };
        start();
    }
    ServerDaemons(const ServerDaemons &) = delete;
    ServerDaemons &operator=(const ServerDaemons &) = delete;
    ~ServerDaemons() {
        program.reset();
        std::filesystem::remove_all(directory);
    }

    // As daemon.cpp and serving.cpp do it.
    void start() {
        prepare();
        found = server().adopt("rtun").value();
        on = server().begin_resumed();
        world.close_kept();
        world.run();
    }
    // False: it ends at once, as daemon.cpp does.
    bool tries_to_start() {
        prepare();
        const bool adopted = server().adopt("rtun").has_value();
        EXPECT_FALSE(adopted);
        kernel.dead = true;
        world.killed = true;
        program.reset();
        kernel.dead = false;
        world.killed = false;
        kernel.close_owner();
        return adopted;
    }
    void prepare() {
        calls_before = kernel.calls().size();
        EXPECT_TRUE(kernel.bind_owner("rtun"));
        EXPECT_TRUE(kernel.subscribe());
        program.reset(new Program{
            .routes = {kernel, "rtun"},
            .users = {},
            .store = aaa::Store::open((directory / "state" / "rtun.db").string()).value(),
            .dressing = {},
            .server = {}});
        program->server = std::make_unique<PptpServer>(
            PptpServer::Parts{world, kernel, random, program->routes, program->users,
                              program->pools, program->store, program->dressing},
            [this](base::log::Level, const ctl::Event &event) { events.push_back(event); },
            [this] { quiet++; });
        ASSERT_TRUE(aaa::Users::check(config));
        program->users.load(config);
        program->pools.load(config);
        server().apply(config.pptp_server, config.accounting);
    }
    // SIGKILL: its descriptors are closed, and nothing else of it happens, to the disk either.
    void kill() {
        const auto saved = directory / "saved";
        std::filesystem::copy(directory / "state", saved);
        kernel.dead = true;
        world.killed = true;
        program.reset();
        kernel.dead = false;
        world.killed = false;
        kernel.close_owner();
        std::filesystem::remove_all(directory / "state");
        std::filesystem::rename(saved, directory / "state");
        events.clear();
    }
    // SIGTERM; how many sessions were left.
    std::size_t terminate() {
        quiet = 0;
        const std::size_t left =
            server().leave_all({Layer::Config, Side::User, base::ErrorCode::Closed,
                                "the daemon was stopped", Cause::DaemonStopped});
        world.advance(20s);
        EXPECT_EQ(quiet, 1);
        program.reset();
        kernel.close_owner();
        events.clear();
        return left;
    }
    void restart() {
        kill();
        start();
    }
    // Time goes by, for people as well.
    void pass(base::Duration by) {
        world.wall += std::chrono::duration<double>(by).count();
        world.advance(by);
    }

    [[nodiscard]] PptpServer &server() const { return *program->server; }
    fake::FakePptpClient &dial(const std::string &name = "jack",
                               const std::string &password = "secret",
                               std::uint32_t from = 0xcb007109) {
        fake::FakePptpClient::Options options;
        options.user = name;
        options.password = password;
        options.from = base::Ipv4{from};
        return dial(std::move(options));
    }
    fake::FakePptpClient &dial(fake::FakePptpClient::Options options) {
        fake::FakePptpClient &made = clients.emplace_back(world, gre, random, std::move(options));
        EXPECT_TRUE(made.dial());
        world.run();
        return made;
    }
    [[nodiscard]] std::vector<const UserSession *> active() const {
        std::vector<const UserSession *> all;
        server().each([&](const PptpServer::Active &one) { all.push_back(&one.session); });
        return all;
    }
    [[nodiscard]] int count(std::string_view id) const {
        return static_cast<int>(std::count_if(events.begin(), events.end(),
                                              [&](const auto &event) { return event.id == id; }));
    }
    [[nodiscard]] std::string field(std::string_view id, const std::string &key) const {
        for (auto event = events.rbegin(); event != events.rend(); ++event)
            if (event->id == id)
                return event->fields.contains(key) ? event->fields.at(key) : "(no field)";
        return "(no event)";
    }
    [[nodiscard]] std::vector<aaa::Record> records() const {
        return program->store.history("", 100).value();
    }
    // What the last daemon has asked of the kernel.
    [[nodiscard]] bool asked_for(std::string_view verb) const {
        const auto &all = kernel.calls();
        return std::any_of(
            all.begin() + static_cast<std::ptrdiff_t>(calls_before), all.end(),
            [verb](const std::string &line) { return line.starts_with(std::string(verb) + " "); });
    }
    [[nodiscard]] netlink::Session only_session() {
        const auto all = kernel.sessions().value();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? netlink::Session{} : all.front();
    }
    [[nodiscard]] std::string blob() {
        const base::Bytes bytes = only_session().blob;
        return {bytes.begin(), bytes.end()};
    }
    [[nodiscard]] std::string tunnel_blob() {
        const base::Bytes bytes = kernel.tunnels().value().at(0).spec.blob;
        return {bytes.begin(), bytes.end()};
    }
    void set_blob(std::string_view text) {
        const base::View bytes = base::as_bytes(text);
        netlink::SessionChange change;
        change.blob = base::Bytes(bytes.begin(), bytes.end());
        EXPECT_TRUE(kernel.session_set(only_session().id, change));
    }
    void set_tunnel_blob(std::string_view text) {
        const base::View bytes = base::as_bytes(text);
        netlink::TunnelChange change;
        change.blob = base::Bytes(bytes.begin(), bytes.end());
        EXPECT_TRUE(kernel.tunnel_set(kernel.tunnels().value().at(0).id, change));
    }
    // All that there was goes on, and the kernel was only looked at.
    void expect_untouched(std::size_t sessions = 1) {
        EXPECT_EQ(found, sessions);
        EXPECT_EQ(on, sessions);
        EXPECT_EQ(count(server_id::Resumed), static_cast<int>(sessions));
        EXPECT_EQ(server().sessions(), sessions);
        for (const char *verb :
             {"tunnel_add", "tunnel_set", "tunnel_del", "session_add", "session_del", "session_set",
              "link_add", "link_del", "link_up", "address_add", "frame_send", "route_del"})
            EXPECT_FALSE(asked_for(verb)) << verb;
    }
    // What there was has ended for this reason, and is not there any more.
    void expect_ended(const std::string &cause) {
        world.advance(10s);
        EXPECT_EQ(field(server_id::Down, "cause"), cause);
        ASSERT_EQ(records().size(), 1U);
        EXPECT_TRUE(records()[0].stopped);
        EXPECT_EQ(records()[0].cause, cause);
        expect_nothing_left();
    }
    void expect_nothing_left() {
        world.advance(1ms);
        EXPECT_TRUE(kernel.empty());
        EXPECT_EQ(world.streams, 0);
        EXPECT_THAT(world.kept(), testing::IsEmpty());
        EXPECT_EQ(server().connections(), 0U);
        EXPECT_EQ(server().sessions(), 0U);
        EXPECT_EQ(server().half_open(), 0U);
        EXPECT_THAT(program->pools.leases(), testing::IsEmpty());
        EXPECT_THAT(program->store.open_sessions().value(), testing::IsEmpty());
    }
};

}  // namespace rtun::daemon::test
