// SPDX-License-Identifier: GPL-2.0-or-later
//
// One daemon after the other on the same host: each has clients of its own, the kernel and the
// server live on, and there is a keeper of connections unless the test takes it away.
#pragma once

#include <daemon/clients.h>
#include <daemon/leftovers.h>
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon::test {

struct Daemons : Host {
    config::Config config;
    std::unique_ptr<HostRoutes> pins;
    std::unique_ptr<Clients> clients;
    std::size_t calls_before = 0;  // of the kernel, when the last daemon started
    int quiet = 0;

    explicit Daemons(config::Client first = office()) {
        world.keeper = true;
        config.clients.push_back(std::move(first));
        kernel.close_owner();
        world.pump = [this] {
            if (!clients)
                return false;
            const auto all = kernel.events();
            for (const netlink::Event &event : all.value())
                clients->kernel_event(event);
            return !all->empty();
        };
    }

    // As daemon.cpp does it. Everything that then happens without time passing happens, unless
    // there are so many steps only.
    void start(int steps = -1) {
        calls_before = kernel.calls().size();
        EXPECT_TRUE(kernel.bind_owner("rtun"));
        pins = std::make_unique<HostRoutes>(kernel, "rtun");
        auto leftovers = Leftovers::find(kernel, *pins, "rtun", {"rtun-server "});
        ASSERT_TRUE(leftovers);
        EXPECT_TRUE(pins->sweep());
        clients = std::make_unique<Clients>(Ground{world, kernel, random, *pins}, sink(),
                                            [this] { quiet++; });
        EXPECT_TRUE(kernel.subscribe());
        EXPECT_TRUE(clients->load(config, *leftovers));
        world.close_kept();
        clients->kernel_event(netlink::Overrun{});
        run(steps);
    }
    void run(int steps = -1) {
        world.budget = steps;
        world.run();
        world.budget = -1;
    }
    // SIGKILL: its descriptors are closed, and nothing else of it happens.
    void kill() {
        kernel.dead = true;
        world.killed = true;
        clients.reset();
        kernel.dead = false;
        world.killed = false;
        kernel.close_owner();
        pins.reset();
        events.clear();
        levels.clear();
    }
    // SIGTERM; how many calls were left.
    std::size_t terminate() {
        quiet = 0;
        const std::size_t left = clients->leave_all("the daemon was stopped");
        world.advance(std::chrono::seconds(10));
        EXPECT_EQ(quiet, 1);
        clients.reset();
        kernel.close_owner();
        pins.reset();
        events.clear();
        return left;
    }

    // What the last daemon has asked of the kernel.
    [[nodiscard]] std::vector<std::string> asked() const {
        const auto &all = kernel.calls();
        return {all.begin() + static_cast<std::ptrdiff_t>(calls_before), all.end()};
    }
    [[nodiscard]] bool asked_for(std::string_view verb) const {
        const auto all = asked();
        return std::any_of(all.begin(), all.end(), [verb](const std::string &line) {
            return line.starts_with(std::string(verb) + " ") || line == verb;
        });
    }
    [[nodiscard]] ctl::ClientStatus status(std::string_view name = "office") {
        const auto found = clients->show(name);
        EXPECT_TRUE(found && found->size() == 1);
        return found && !found->empty() ? found->front() : ctl::ClientStatus{};
    }
    [[nodiscard]] std::string blob() {
        const base::Bytes bytes = only_session().blob;
        return {bytes.begin(), bytes.end()};
    }
    void set_blob(std::string_view text) {
        const base::View bytes = base::as_bytes(text);
        netlink::SessionChange change;
        change.blob = base::Bytes(bytes.begin(), bytes.end());
        EXPECT_TRUE(kernel.session_set(only_session().id, change));
    }
    // The call goes on, and the kernel was only looked at.
    void expect_untouched() {
        EXPECT_EQ(count("client.resumed"), 1);
        EXPECT_EQ(count("client.dialing"), 0);
        EXPECT_EQ(status().status, "connected");
        for (const char *verb :
             {"tunnel_add", "tunnel_del", "session_add", "session_del", "session_set", "link_add",
              "link_del", "link_up", "address_add", "frame_send", "route_del"})
            EXPECT_FALSE(asked_for(verb)) << verb;
        EXPECT_EQ(kernel.links().size(), 1U);
    }
    // There is a new call, and nothing of the old one.
    void expect_dialed_anew() {
        EXPECT_EQ(count("client.resumed"), 0);
        EXPECT_EQ(count("client.up"), 1);
        EXPECT_EQ(status().status, "connected");
        EXPECT_TRUE(asked_for("tunnel_del"));
        EXPECT_EQ(kernel.tunnels()->size(), 1U);
        EXPECT_EQ(kernel.links().size(), 1U);
        EXPECT_TRUE(world.kept().empty());
    }
};

}  // namespace rtun::daemon::test
