// SPDX-License-Identifier: GPL-2.0-or-later
//
// Calls that outlive their daemon: killed or stopped and started again, in every phase of a call,
// with everything changed meanwhile that can change.
#include <tests/daemon/handover.h>

namespace rtun::daemon::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// -- the call goes on

TEST(Handover, AKilledDaemonsCallGoesOnUntouched) {
    Daemons host;
    host.start();
    ASSERT_EQ(host.status().status, "connected");
    const netlink::Session before = host.only_session();
    const auto messages = host.server.messages;
    host.kill();
    host.start();
    host.expect_untouched();
    const netlink::Session after = host.only_session();
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(after.blob, before.blob);
    EXPECT_EQ(host.server.messages, messages);
    EXPECT_EQ(host.server.connections, 1);
    EXPECT_TRUE(host.server.connected);
}

TEST(Handover, IsShownAsTheCallWasShown) {
    Daemons host;
    host.start();
    const ctl::ClientStatus before = host.status();
    host.kill();
    host.start();
    const ctl::ClientStatus after = host.status();
    EXPECT_EQ(after.server, before.server);
    EXPECT_EQ(after.interface, before.interface);
    EXPECT_EQ(after.local_address, before.local_address);
    EXPECT_EQ(after.remote_address, before.remote_address);
    EXPECT_EQ(after.authentication, before.authentication);
    EXPECT_EQ(after.encoding, before.encoding);
    EXPECT_EQ(after.mtu, before.mtu);
    EXPECT_EQ(after.mru, before.mru);
    EXPECT_EQ(after.call_id, before.call_id);
    EXPECT_EQ(after.peer_call_id, before.peer_call_id);
    EXPECT_EQ(after.tunnel_id, before.tunnel_id);
    EXPECT_EQ(after.session_id, before.session_id);
    EXPECT_EQ(after.dns, before.dns);
    EXPECT_EQ(after.attempts, 0U);
    EXPECT_EQ(after.last_error, "");
}

TEST(Handover, CountsItsUptimeFromWhenItCameUp) {
    Daemons host;
    host.start();
    std::string text = host.blob();
    const std::string since = "since 1700000000\n";
    ASSERT_NE(text.find(since), std::string::npos);
    text.replace(text.find(since), since.size(), "since 1699996400\n");
    host.set_blob(text);
    host.kill();
    host.start();
    EXPECT_EQ(host.status().uptime, 3600U);
    EXPECT_THAT(host.said("client.resumed"), HasSubstr("for 1h"));
    host.kill();
    host.start();
    EXPECT_EQ(host.status().uptime, 3600U);
}

TEST(Handover, GoesOnThroughManyDaemons) {
    Daemons host;
    host.start();
    for (int i = 0; i < 50; ++i) {
        if (i % 3 == 2)
            EXPECT_EQ(host.terminate(), 1U);
        else
            host.kill();
        host.start();
        host.expect_untouched();
        host.world.advance(std::chrono::seconds(90));  // echoes both ways
        ASSERT_EQ(host.status().status, "connected") << i;
        host.events.clear();
    }
    EXPECT_EQ(host.server.connections, 1);
}

TEST(Handover, AResumedCallEndsInOrderAndLeavesNothing) {
    config::Client client = office();
    client.add_default_route = true;
    Daemons host(client);
    host.start();
    ASSERT_EQ(host.kernel.routes().size(), 2U);
    host.kill();
    host.start();
    host.expect_untouched();
    EXPECT_FALSE(host.asked_for("route_replace"));
    ASSERT_EQ(host.kernel.routes().size(), 2U);
    host.server.messages.clear();
    host.clients->stop_all("by user");
    host.world.advance(std::chrono::seconds(1));
    EXPECT_EQ(host.quiet, 1);
    EXPECT_THAT(host.server.messages, ElementsAre(12, 3));
    EXPECT_EQ(host.server.terminated_with, "by user");
    host.expect_nothing_left();
    EXPECT_TRUE(host.world.kept().empty());
}

TEST(Handover, AResumedCallDialsAnewWhenTheServerEndsIt) {
    Daemons host;
    host.start();
    host.kill();
    host.start();
    host.server.hang_up();
    host.world.advance(std::chrono::seconds(5));
    EXPECT_EQ(host.count("client.down"), 1);
    EXPECT_EQ(host.count("client.up"), 1);
    EXPECT_EQ(host.server.connections, 2);
    EXPECT_EQ(host.kernel.tunnels()->size(), 1U);
}

TEST(Handover, AnEncryptedCallGoesOnWithTheKeysInTheKernel) {
    config::Client client = office();
    client.encryption = ppp::Encryption::Required;
    Daemons host(client);
    host.server.microsoft = true;
    host.server.mppe = 0x01000040;
    host.start();
    ASSERT_EQ(host.status().encoding, "MPPE128 stateless");
    const std::string key = base::to_hex(host.kernel.keys_of(host.only_session().id).send.reveal());
    EXPECT_THAT(host.blob(), Not(HasSubstr(key)));
    EXPECT_THAT(host.blob(), Not(HasSubstr("secret")));
    host.kill();
    host.start();
    host.expect_untouched();
    EXPECT_EQ(host.status().encoding, "MPPE128 stateless");
    EXPECT_EQ(host.status().mtu, 1446U);
    EXPECT_EQ(base::to_hex(host.kernel.keys_of(host.only_session().id).send.reveal()), key);
}

// -- what the next daemon needs stands in the kernel when it is needed, and only then

TEST(Handover, TheStateStandsInTheKernelWhileTheCallIsUp) {
    Daemons host;
    host.start();
    EXPECT_THAT(host.blob(), testing::StartsWith("rtun-call 1\nsettings client add office "));
    EXPECT_THAT(host.blob(), HasSubstr("\nserver 192.0.2.10 1723\n"));
    EXPECT_THAT(host.blob(), Not(HasSubstr("secret")));
    EXPECT_THAT(host.world.kept(), testing::IsEmpty());  // nobody's but the daemon's
    // Nothing changes, so nothing is written.
    const int written = host.kernel.count("session_set 1 blob");
    host.world.advance(std::chrono::hours(1));
    EXPECT_EQ(host.kernel.count("session_set 1 blob"), written);
}

TEST(Handover, WithoutAKeeperNothingIsWritten) {
    Daemons host;
    host.world.keeper = false;
    host.start();
    EXPECT_EQ(host.status().status, "connected");
    EXPECT_EQ(host.blob(), "");
}

TEST(Handover, WithoutAKeeperAKilledDaemonsCallIsDialedAnew) {
    Daemons host;
    host.world.keeper = false;
    host.start();
    host.kill();
    host.start();
    host.expect_dialed_anew();
    EXPECT_EQ(host.server.connections, 2);
}

TEST(Handover, APartOfAControlMessageIsNotLost) {
    for (const std::size_t cut : {std::size_t{1}, std::size_t{8}, std::size_t{15}}) {
        Daemons host;
        host.start();
        const base::Bytes echo = {0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5, 0, 0, 1, 2, 3, 4};
        host.server.send_octets(base::View(echo).first(cut));
        host.world.run();
        host.kill();
        host.start();
        host.expect_untouched();
        host.server.messages.clear();
        host.server.send_octets(base::View(echo).subspan(cut));
        host.world.run();
        EXPECT_THAT(host.server.messages, ElementsAre(6)) << cut;
    }
}

TEST(Handover, WhatTheServerSaysMeanwhileIsHeardThen) {
    Daemons host;
    host.start();
    host.kill();
    const base::Bytes echo = {0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5, 0, 0, 1, 2, 3, 4};
    host.server.messages.clear();
    host.server.send_octets(echo);
    host.world.run();
    EXPECT_THAT(host.server.messages, testing::IsEmpty());
    host.start();
    EXPECT_THAT(host.server.messages, ElementsAre(6));
    EXPECT_EQ(host.status().status, "connected");
}

TEST(Handover, WhatWasNotSentYetIsSentByTheNextDaemonOnce) {
    Daemons host;
    host.start();
    const base::Bytes echo = {0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5, 0, 0, 1, 2, 3, 4};
    host.server.messages.clear();
    host.world.slow_reader = true;
    host.server.send_octets(echo);
    host.world.run();
    EXPECT_EQ(host.terminate(), 1U);
    host.world.slow_reader = false;
    EXPECT_THAT(host.blob(), HasSubstr("\ncontrol unsent 0014"));
    host.start();
    EXPECT_THAT(host.server.messages, ElementsAre(6));
    EXPECT_THAT(host.blob(), Not(HasSubstr("unsent")));
}

// -- killed in every phase

TEST(Handover, AfterADeathInAnyPhaseOfDialingThereIsOneCall) {
    bool resumed = false;
    bool dialed = false;
    for (int steps = 0; steps < 200; ++steps) {
        config::Client client = office();
        client.add_default_route = true;
        Daemons host(client);
        host.start(steps);
        host.kill();
        host.start();
        host.world.advance(std::chrono::seconds(5));
        ASSERT_EQ(host.status().status, "connected") << steps;
        EXPECT_EQ(host.kernel.tunnels()->size(), 1U) << steps;
        EXPECT_EQ(host.kernel.sessions()->size(), 1U) << steps;
        EXPECT_EQ(host.kernel.links().size(), 1U) << steps;
        EXPECT_EQ(host.kernel.routes().size(), 2U) << steps;
        EXPECT_TRUE(host.world.kept().empty()) << steps;
        EXPECT_TRUE(host.server.connected) << steps;
        resumed = resumed || host.count("client.resumed") == 1;
        dialed = dialed || host.count("client.dialing") == 1;
        if (host.count("client.resumed") == 1)
            break;
    }
    EXPECT_TRUE(resumed);
    EXPECT_TRUE(dialed);
}

TEST(Handover, AfterADeathInAnyPhaseOfTheEndThereIsOneCall) {
    for (int steps = 0; steps < 60; ++steps) {
        Daemons host;
        host.start();
        host.clients->stop_all("by user");
        host.run(steps);
        host.kill();
        host.start();
        host.world.advance(std::chrono::seconds(5));
        ASSERT_EQ(host.status().status, "connected") << steps;
        EXPECT_EQ(host.count("client.resumed"), 0) << steps;
        EXPECT_EQ(host.kernel.tunnels()->size(), 1U) << steps;
        EXPECT_EQ(host.kernel.links().size(), 1U) << steps;
    }
}

TEST(Handover, AfterADeathInAnyPhaseOfARenegotiationThereIsOneCall) {
    int dialed = 0;
    for (int steps = 0; steps < 60; ++steps) {
        Daemons host;
        host.start();
        host.server.renegotiate();
        host.run(steps);
        host.kill();
        host.start();
        host.world.advance(std::chrono::seconds(90));
        ASSERT_EQ(host.status().status, "connected") << steps;
        EXPECT_EQ(host.kernel.tunnels()->size(), 1U) << steps;
        EXPECT_EQ(host.kernel.links().size(), 1U) << steps;
        dialed += host.count("client.dialing");
    }
    EXPECT_GT(dialed, 0);
    EXPECT_LT(dialed, 60);
}

TEST(Handover, AfterADeathWhileItGoesOnTheNextOneGoesOn) {
    for (int steps = 0; steps < 10; ++steps) {
        Daemons host;
        host.start();
        host.kill();
        host.start(steps);
        host.kill();
        host.start();
        host.expect_untouched();
    }
}

// -- what changed meanwhile

TEST(Handover, SettingsThatNeedANewCallGetOne) {
    const std::vector<std::function<void(config::Client &)>> changes = {
        [](config::Client &c) { c.user = "jim"; },
        [](config::Client &c) { c.connect_to = "192.0.2.10:1723"; },
        [](config::Client &c) { c.max_mtu = 1400; },
        [](config::Client &c) { c.phone = "555"; },
    };
    for (const auto &change : changes) {
        Daemons host;
        host.start();
        host.kill();
        change(host.config.clients.front());
        host.start();
        host.expect_dialed_anew();
    }
}

TEST(Handover, ANewPasswordIsForTheNextCall) {
    Daemons host;
    host.start();
    host.kill();
    host.config.clients.front().password = base::Secret("other");
    host.config.clients.front().comment = "changed";
    host.start();
    host.expect_untouched();
    EXPECT_EQ(host.status().comment, "changed");
}

TEST(Handover, SettingsThatNeedNoNewCallAreApplied) {
    Daemons host;
    host.start();
    host.kill();
    host.config.clients.front().add_default_route = true;
    host.config.clients.front().reorder_slots = 16;
    host.config.clients.front().test_type = 3;
    host.config.clients.front().test_rate = 20;
    host.start();
    EXPECT_EQ(host.count("client.resumed"), 1);
    EXPECT_EQ(host.only_session().reorder_slots, 16U);
    EXPECT_EQ(host.only_session().disorder, 3U);
    EXPECT_EQ(host.only_session().disorder_rate, 20U);
    EXPECT_EQ(host.kernel.routes().size(), 2U);
    host.kill();
    host.config.clients.front().add_default_route = false;
    host.config.clients.front().test_type = 0;
    host.start();
    EXPECT_EQ(host.count("client.resumed"), 1);
    EXPECT_TRUE(host.kernel.routes().empty());
    EXPECT_EQ(host.only_session().disorder, 0U);
}

TEST(Handover, AClientThatIsNotWantedAnyMoreLeavesNothing) {
    const std::vector<std::function<void(config::Config &)>> changes = {
        [](config::Config &c) { c.clients.front().enabled = false; },
        [](config::Config &c) {
            c.clients.front().name = "branch";
            c.clients.front().enabled = false;
        },
        [](config::Config &c) { c.clients.clear(); },
    };
    for (const auto &change : changes) {
        config::Client client = office();
        client.add_default_route = true;
        Daemons host(client);
        host.start();
        host.kill();
        change(host.config);
        host.start();
        EXPECT_TRUE(host.kernel.empty());
        EXPECT_TRUE(host.world.kept().empty());
        EXPECT_FALSE(host.server.connected);
    }
}

TEST(Handover, AClientThatWasRenamedMakesItsCallAnew) {
    Daemons host;
    host.start();
    host.kill();
    host.config.clients.front().name = "branch";
    host.start();
    EXPECT_EQ(host.status("branch").status, "connected");
    ASSERT_EQ(host.kernel.links().size(), 1U);
    EXPECT_EQ(host.kernel.links().begin()->second.name, "branch");
}

TEST(Handover, TheServerThatHungUpMeanwhileIsDialedAgain) {
    Daemons host;
    host.start();
    host.kill();
    host.server.hang_up();
    host.world.run();
    host.start();
    host.world.advance(std::chrono::seconds(5));
    EXPECT_EQ(host.status().status, "connected");
    EXPECT_EQ(host.server.connections, 2);
    EXPECT_EQ(host.kernel.tunnels()->size(), 1U);
}

TEST(Handover, TheServerThatStoppedMeanwhileIsDialedAgain) {
    Daemons host;
    host.start();
    host.kill();
    host.server.disconnect_call();
    host.server.stop();
    host.world.run();
    host.start();
    host.world.advance(std::chrono::seconds(5));
    EXPECT_EQ(host.status().status, "connected");
    EXPECT_EQ(host.server.connections, 2);
}

TEST(Handover, ASessionThatWasDeletedMeanwhileIsMadeAnew) {
    Daemons host;
    host.start();
    host.kill();
    host.kernel.remove_session(host.only_session().id, "request");
    host.start();
    host.expect_dialed_anew();
    EXPECT_EQ(host.server.connections, 2);
}

TEST(Handover, ATunnelThatWasDeletedMeanwhileIsMadeAnew) {
    Daemons host;
    host.start();
    host.kill();
    host.kernel.remove_tunnel(host.only_session().tunnel, "request");
    host.start();
    EXPECT_EQ(host.count("client.up"), 1);
    EXPECT_EQ(host.server.connections, 2);
    EXPECT_TRUE(host.world.kept().empty());
}

TEST(Handover, ACallWithoutItsInterfaceIsMadeAnew) {
    for (const bool moved : {false, true}) {
        Daemons host;
        host.start();
        host.kill();
        const netlink::LinkIndex link = host.kernel.links().begin()->first;
        if (moved)
            host.kernel.move_link(link, 5);
        else
            EXPECT_TRUE(host.kernel.link_del(link));
        host.start();
        host.expect_dialed_anew();
    }
}

TEST(Handover, ADeathBetweenTheLookAndTheSubscriptionOfASessionIsNoticed) {
    Daemons host;
    host.start();
    host.kill();
    host.start(0);
    ASSERT_EQ(host.count("client.resumed"), 1);
    host.kernel.remove_session(host.only_session().id, "request");
    (void)host.kernel.events();  // nobody was told
    host.clients->kernel_event(netlink::Overrun{});
    host.world.advance(std::chrono::seconds(5));
    EXPECT_EQ(host.count("client.down"), 1);
    EXPECT_EQ(host.count("client.up"), 1);
}

TEST(Handover, AStateThatMakesNoSenseIsNone) {
    Daemons host;
    host.start();
    const std::string good = host.blob();
    host.kill();
    std::vector<std::string> bad = {
        "rtun-call 2\n" + good.substr(good.find('\n') + 1),
        good.substr(0, good.size() - 1),
        good.substr(0, good.size() / 2),
        std::string(4096, 'x'),
        std::string(4096, '\0'),
    };
    for (const char *word : {"settings ", "server ", "since ", "control call ", "link lcp "}) {
        std::string without = good;
        const std::size_t at = without.find(word);
        ASSERT_NE(at, std::string::npos) << word;
        without.erase(at, without.find('\n', at) + 1 - at);
        bad.push_back(without);
        std::string wrong = good;
        wrong.replace(at, std::string_view(word).size(), std::string(word) + "-");
        bad.push_back(wrong);
    }
    for (const std::string &text : bad) {
        Daemons other;
        other.start();
        other.set_blob(text);
        other.kill();
        other.start();
        other.expect_dialed_anew();
    }
}

TEST(Handover, AStateOfAnotherSessionIsNone) {
    Daemons host;
    host.start();
    std::string text = host.blob();
    const std::string call = "control call 1000 7 ";
    ASSERT_NE(text.find(call), std::string::npos) << text;
    text.replace(text.find(call), call.size(), "control call 1000 8 ");
    host.set_blob(text);
    host.kill();
    host.start();
    host.expect_dialed_anew();
}

TEST(Handover, APinThatSomebodyRemovedIsMadeAgain) {
    config::Client client = office();
    client.add_default_route = true;
    Daemons host(client);
    host.start();
    host.kill();
    for (const netlink::Route &route : std::vector(host.kernel.routes()))
        if (route.prefix_length == 32) {
            EXPECT_TRUE(host.kernel.route_del(route));
        }
    host.start();
    EXPECT_EQ(host.count("client.resumed"), 1);
    EXPECT_EQ(host.kernel.routes().size(), 2U);
}

// -- stopped on purpose

TEST(Handover, AStoppedDaemonLeavesItsCallToTheNextOne) {
    Daemons host;
    host.start();
    EXPECT_EQ(host.clients->leave_all("the daemon was stopped"), 1U);
    EXPECT_EQ(host.count("client.left"), 1);
    EXPECT_EQ(host.count("client.down"), 0);
    host.events.clear();
    host.world.run();
    EXPECT_EQ(host.quiet, 1);
    host.clients.reset();
    host.kernel.close_owner();
    EXPECT_TRUE(host.server.connected);
    EXPECT_EQ(host.kernel.links().size(), 1U);
    host.start();
    host.expect_untouched();
}

TEST(Handover, AStoppedDaemonWithoutAKeeperEndsItsCalls) {
    Daemons host;
    host.world.keeper = false;
    host.start();
    EXPECT_EQ(host.terminate(), 0U);
    EXPECT_TRUE(host.kernel.empty());
    EXPECT_FALSE(host.server.connected);
}

TEST(Handover, AStoppedDaemonEndsWhatIsNotUp) {
    Daemons host;
    host.server.frozen = true;
    host.start();
    EXPECT_EQ(host.terminate(), 0U);
    EXPECT_TRUE(host.kernel.empty());
}

TEST(Handover, OneThatIsAskedToEndItsCallsEndsThem) {
    Daemons host;
    host.start();
    host.clients->stop_all("the daemon was stopped");
    host.world.advance(std::chrono::seconds(1));
    EXPECT_TRUE(host.kernel.empty());
    EXPECT_TRUE(host.world.kept().empty());
    EXPECT_EQ(host.server.terminated_with, "the daemon was stopped");
}

// -- others' tunnels

TEST(Handover, WhatNamesNoClientIsLeftAlone) {
    Daemons host;
    host.start();
    for (const std::string_view text : {"rtun-server 1\n", "somebody's"}) {
        netlink::TunnelSpec spec;
        spec.local = base::Ipv4{0xc0000201};
        spec.remote = base::Ipv4{0xc0000263};
        const base::View bytes = base::as_bytes(text);
        spec.blob.assign(bytes.begin(), bytes.end());
        EXPECT_TRUE(host.kernel.tunnel_add(spec));
    }
    host.kill();
    host.start();
    host.expect_untouched();
    EXPECT_EQ(host.kernel.tunnels()->size(), 3U);
}

}  // namespace
}  // namespace rtun::daemon::test
