// SPDX-License-Identifier: GPL-2.0-or-later
//
// A host with a PPTP server for tests: fake kernel, fake world, a store in memory, a dressing that
// writes down what it was told, users jack and jill, and everything that the server told.
#pragma once

#include <daemon/pptp_server.h>
#include <tests/fake/fake_kernel.h>
#include <tests/fake/fake_pptp_client.h>
#include <tests/fake/fake_random.h>
#include <tests/fake/fake_world.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon::test {

using namespace std::chrono_literals;

struct FakeDressing final : Dressing {
    std::vector<std::string> put_on(const Dressed &session, const aaa::Terms &) override {
        said.push_back("on " + session.user + " " + session.interface + " " +
                       session.remote.text());
        return problems;
    }
    std::vector<std::string> change(const Dressed &session, const aaa::Terms &,
                                    const aaa::Terms &) override {
        said.push_back("change " + session.user);
        return {};
    }
    void resume(const Dressed &session, const aaa::Terms &) override {
        said.push_back("resume " + session.user + " " + session.interface + " " +
                       session.remote.text());
    }
    void take_off(const Dressed &session, const aaa::Terms &, const std::string &cause) override {
        said.push_back("off " + session.user + " " + cause);
    }
    std::vector<std::string> said;
    std::vector<std::string> problems;
};

inline config::Secret user(std::string name, std::string password) {
    config::Secret secret;
    secret.name = std::move(name);
    secret.password = base::Secret(password);
    return secret;
}

inline config::AddressSource literal(const char *address) {
    return {base::Ipv4::parse(address).value()};
}
inline config::AddressSource pool(std::string name) { return {std::move(name)}; }

// jack and jill, addresses from a pool of four, encryption if the client wants it.
inline config::Config office_server() {
    config::Config config;
    config.secrets = {user("jack", "secret"), user("jill", "tumble")};
    config::Profile profile;
    profile.name = "staff";
    profile.local_address = literal("10.0.0.1");
    profile.remote_address = pool("ppp");
    profile.use_encryption = config::Profile::UseEncryption::Yes;
    config.profiles = {profile};
    config.pools = {
        {.name = "ppp",
         .comment = "",
         .ranges = {{base::Ipv4::parse("10.0.0.2").value(), base::Ipv4::parse("10.0.0.5").value()}},
         .next_pool = ""}};
    config.pptp_server.enabled = true;
    config.pptp_server.default_profile = "staff";
    config.pptp_server.connection_rate = 0;
    return config;
}

struct ServerHost {
    fake::FakeKernel kernel;
    fake::FakeWorld world;
    fake::FakeRandom random;
    fake::FakeGre gre{kernel};
    HostRoutes routes{kernel, "rtun"};
    aaa::Users users;
    aaa::Store store = aaa::Store::in_memory();
    aaa::Pools pools{store};
    FakeDressing dressing;
    config::Config config = office_server();
    std::vector<ctl::Event> events;
    std::vector<base::log::Level> levels;
    int quiet = 0;
    std::unique_ptr<PptpServer> server;
    std::deque<fake::FakePptpClient> clients;

    explicit ServerHost(config::Config wanted = office_server()) : config(std::move(wanted)) {
        EXPECT_TRUE(kernel.bind_owner("rtun"));
        EXPECT_TRUE(kernel.subscribe());
        server = std::make_unique<PptpServer>(
            PptpServer::Parts{world, kernel, random, routes, users, pools, store, dressing},
            [this](base::log::Level level, const ctl::Event &event) {
                levels.push_back(level);
                events.push_back(event);
            },
            [this] { quiet++; });
        world.pump = [this] {
            const auto all = kernel.events();
            for (const netlink::Event &event : all.value())
                (void)server->kernel_event(event);
            return !all->empty();
        };
        load(config);
        world.run();
    }

    // As the daemon does when its configuration has changed.
    void load(config::Config wanted) {
        config = std::move(wanted);
        ASSERT_TRUE(aaa::Users::check(config)) << aaa::Users::check(config).error().text;
        ASSERT_TRUE(aaa::Pools::check(config));
        users.load(config);
        pools.load(config);
        server->apply(config.pptp_server, config.accounting);
        server->terms_changed();
        world.run();
    }

    fake::FakePptpClient &client(fake::FakePptpClient::Options options = {}) {
        return clients.emplace_back(world, gre, random, std::move(options));
    }
    // Calls, and lets happen what does without time passing.
    fake::FakePptpClient &dial(fake::FakePptpClient::Options options = {}) {
        fake::FakePptpClient &made = client(std::move(options));
        EXPECT_TRUE(made.dial());
        world.run();
        return made;
    }
    fake::FakePptpClient &dial(const std::string &name, const std::string &password,
                               std::uint32_t from = 0xcb007109) {
        fake::FakePptpClient::Options options;
        options.user = name;
        options.password = password;
        options.from = base::Ipv4{from};
        return dial(std::move(options));
    }

    [[nodiscard]] std::vector<const UserSession *> active() const {
        std::vector<const UserSession *> all;
        server->each([&](const PptpServer::Active &one) { all.push_back(&one.session); });
        return all;
    }
    [[nodiscard]] int count(std::string_view id) const {
        return static_cast<int>(std::count_if(events.begin(), events.end(),
                                              [&](const auto &event) { return event.id == id; }));
    }
    [[nodiscard]] const ctl::Event *last(std::string_view id) const {
        const ctl::Event *found = nullptr;
        for (const ctl::Event &event : events)
            if (event.id == id)
                found = &event;
        return found;
    }
    [[nodiscard]] std::string field(std::string_view id, const std::string &key) const {
        const ctl::Event *event = last(id);
        if (event == nullptr)
            return "(no event)";
        const auto found = event->fields.find(key);
        return found == event->fields.end() ? "(no field)" : found->second;
    }
    [[nodiscard]] std::vector<std::string> interfaces() const {
        std::vector<std::string> names;
        for (const auto &[index, link] : kernel.links())
            names.push_back(link.name);
        std::sort(names.begin(), names.end());
        return names;
    }
    [[nodiscard]] std::vector<aaa::Record> records() const {
        return store.history("", 100).value();
    }
    void expect_nothing_left() {
        world.advance(1ms);
        EXPECT_TRUE(kernel.empty());
        EXPECT_EQ(world.streams, 0);
        EXPECT_EQ(server->connections(), 0U);
        EXPECT_EQ(server->sessions(), 0U);
        EXPECT_EQ(server->half_open(), 0U);
        EXPECT_THAT(pools.leases(), testing::IsEmpty());
        EXPECT_THAT(store.open_sessions().value(), testing::IsEmpty());
    }
};

}  // namespace rtun::daemon::test
