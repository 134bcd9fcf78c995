// SPDX-License-Identifier: GPL-2.0-or-later
//
// A host for client tests: fake kernel, fake world, fake server at 192.0.2.10, and everything that
// a client told.
#pragma once

#include <daemon/blob.h>
#include <daemon/client.h>
#include <tests/fake/fake_kernel.h>
#include <tests/fake/fake_pptp_server.h>
#include <tests/fake/fake_random.h>
#include <tests/fake/fake_world.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon::test {

using namespace std::chrono_literals;

inline const base::Ipv4 Server{0xc000020a};  // 192.0.2.10

inline config::Client office() {
    config::Client client;
    client.name = "office";
    client.connect_to = "192.0.2.10";
    client.user = "jack";
    client.password = base::Secret("secret");
    return client;
}

struct Host {
    fake::FakeKernel kernel;
    fake::FakeWorld world;
    fake::FakeRandom random;
    HostRoutes routes{kernel, "rtun"};
    fake::FakePptpServer server{kernel};
    Ground ground{world, kernel, random, routes};
    std::vector<ctl::Event> events;
    std::vector<base::log::Level> levels;
    int rested = 0;
    std::unique_ptr<Client> client;

    Host() {
        EXPECT_TRUE(kernel.bind_owner("rtun"));
        EXPECT_TRUE(kernel.subscribe());
        world.listeners[Server] = &server;
        kernel.underlay->metric = 100;
        world.pump = [this] {
            const auto all = kernel.events();
            for (const netlink::Event &event : all.value())
                if (client)
                    client->kernel_event(event);
            return !all->empty();
        };
    }
    EventSink sink() {
        return [this](base::log::Level level, const ctl::Event &event) {
            levels.push_back(level);
            events.push_back(event);
        };
    }
    void make(config::Client settings, Reconnect reconnect = Reconnect::No) {
        client = std::make_unique<Client>(std::move(settings), ground,
                                          ClientPolicy{.reconnect = reconnect}, sink(),
                                          [this] { rested++; });
    }
    // Dials, and lets happen what does without time passing.
    void dial(config::Client settings = office(), Reconnect reconnect = Reconnect::No) {
        make(std::move(settings), reconnect);
        client->start();
        world.run();
    }
    [[nodiscard]] std::vector<std::string> ids() const {
        std::vector<std::string> all;
        for (const ctl::Event &event : events)
            all.push_back(event.id);
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
    [[nodiscard]] std::string said(std::string_view id) const {
        const ctl::Event *event = last(id);
        return event == nullptr ? "" : event->text;
    }
    [[nodiscard]] netlink::Session only_session() {
        const auto all = kernel.sessions().value();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? netlink::Session{} : all.front();
    }
    // The place of the first call whose line begins so, in what was asked of the kernel.
    [[nodiscard]] std::size_t place(std::string_view begin) const {
        const auto &calls = kernel.calls();
        const auto found = std::find_if(calls.begin(), calls.end(), [&](const std::string &line) {
            return line.starts_with(begin);
        });
        EXPECT_NE(found, calls.end()) << begin;
        return static_cast<std::size_t>(found - calls.begin());
    }
    void expect_nothing_left() {
        world.advance(1ms);  // what is put away after a callback
        EXPECT_TRUE(kernel.empty());
        EXPECT_EQ(world.streams, 0);
    }
    void expect_ended(base::ErrorCode code, Layer layer) {
        ASSERT_TRUE(client->last_reason());
        EXPECT_EQ(client->last_reason()->code, code) << client->last_reason()->text;
        EXPECT_EQ(client->last_reason()->layer, layer) << client->last_reason()->text;
        EXPECT_TRUE(client->off());
        EXPECT_EQ(rested, 1);
        expect_nothing_left();
    }
};

}  // namespace rtun::daemon::test
