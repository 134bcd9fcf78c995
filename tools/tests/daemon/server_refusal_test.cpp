// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who does not get in, why, and that nothing of it stays.
#include <tests/daemon/server_host.h>

#include <daemon/server_events.h>

#include <fmt/format.h>

namespace rtun::daemon::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

fake::FakePptpClient::Options from(std::uint32_t address, std::uint16_t port = 40000) {
    fake::FakePptpClient::Options options;
    options.from = base::Ipv4{address};
    options.port = port;
    return options;
}

TEST(ServerRefusal, AWrongPasswordIsRefusedByName) {
    ServerHost host;
    auto &client = host.dial("jack", "wrong");
    host.world.advance(2min);
    EXPECT_FALSE(client.up());
    ASSERT_TRUE(client.call().ended);
    EXPECT_EQ(client.call().ended->kind, ppp::EndReason::Kind::AuthFailed);
    EXPECT_GE(host.count(server_id::AuthFailed), 1);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "auth-failed");
    EXPECT_EQ(host.field(server_id::Failed, "user"), "jack");
    EXPECT_THAT(host.records(), IsEmpty());
    host.expect_nothing_left();
}

TEST(ServerRefusal, AUserThatDoesNotExistIsToldTheSame) {
    ServerHost host;
    auto &known = host.dial("jack", "wrong");
    host.world.advance(2min);
    auto &unknown = host.dial("nobody", "wrong", 0xcb00710a);
    host.world.advance(2min);
    ASSERT_TRUE(known.call().ended && unknown.call().ended);
    EXPECT_EQ(known.call().ended->text, unknown.call().ended->text);
    host.expect_nothing_left();
}

TEST(ServerRefusal, GuessingIsSlowedDownAlsoForTheRightPassword) {
    ServerHost host;
    for (std::uint32_t i = 0; i < 4; i++) {
        (void)host.dial("jack", "wrong", 0xcb007110 + i);
        host.world.advance(40s);
    }
    auto &right = host.dial("jack", "secret", 0xcb007120);
    EXPECT_FALSE(right.up());
    host.world.advance(31s);
    EXPECT_TRUE(right.up());
}

TEST(ServerRefusal, NoAddressLeftIsSaidAndEndsTheCall) {
    ServerHost host;
    for (std::uint32_t i = 0; i < 4; i++)
        ASSERT_TRUE(host.dial("jack", "secret", 0xcb007110 + i).up());
    auto &fifth = host.dial("jill", "tumble", 0xcb007120);
    host.world.advance(10s);
    EXPECT_FALSE(fifth.up());
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "no-address");
    EXPECT_EQ(host.field(server_id::Failed, "outcome"), "refused");
    EXPECT_THAT(host.last(server_id::Failed)->text, HasSubstr("no free address"));
    // One leaves, and the next gets in.
    host.clients[0].hang_up();
    host.world.advance(10s);
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb007121).up());
}

TEST(ServerRefusal, OnlyOneRefusesTheSecondSessionOfAUser) {
    config::Config config = office_server();
    config.profiles[0].only_one = config::Toggle::Yes;
    ServerHost host(config);
    auto &first = host.dial();
    auto &second = host.dial("jack", "secret", 0xcb00710a);
    host.world.advance(10s);
    EXPECT_TRUE(first.up());
    EXPECT_FALSE(second.up());
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "only-one");
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710b).up());
}

TEST(ServerRefusal, OneSessionPerHostClosesTheOldOneForTheNew) {
    config::Config config = office_server();
    config.pptp_server.one_session_per_host = true;
    ServerHost host(config);
    auto &old = host.dial();
    fake::FakePptpClient::Options options = from(0xcb007109, 40001);
    options.call_id = 9;
    auto &fresh = host.dial(options);
    host.world.advance(5s);
    EXPECT_TRUE(fresh.up());
    EXPECT_FALSE(old.up());
    EXPECT_EQ(host.field(server_id::Down, "cause"), "replaced");
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jack>"));
    // Another host is none of its business.
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710a).up());
    EXPECT_EQ(host.server->sessions(), 2U);
}

TEST(ServerRefusal, WhoIsNotAuthenticatedDoesNotCloseAnothersSession) {
    config::Config config = office_server();
    config.pptp_server.one_session_per_host = true;
    ServerHost host(config);
    auto &old = host.dial();
    fake::FakePptpClient::Options options = from(0xcb007109, 40001);
    options.password = "wrong";
    (void)host.dial(options);
    host.world.advance(2min);
    EXPECT_TRUE(old.up());
}

TEST(ServerRefusal, AnAddressOfTheUsersOwnGoesToTheNewestSession) {
    config::Config config = office_server();
    config.secrets[0].remote_address = literal("10.9.9.9");
    ServerHost host(config);
    auto &old = host.dial();
    auto &fresh = host.dial("jack", "secret", 0xcb00710a);
    host.world.advance(5s);
    EXPECT_FALSE(old.up());
    ASSERT_TRUE(fresh.up());
    EXPECT_EQ(fresh.call().ipv4->local.text(), "10.9.9.9");
    EXPECT_EQ(host.field(server_id::Down, "cause"), "replaced");
}

TEST(ServerRefusal, MaxSessionsRefusesTheNextCallAndLetsItInLater) {
    config::Config config = office_server();
    config.pptp_server.max_sessions = 1;
    ServerHost host(config);
    auto &first = host.dial();
    auto &second = host.dial("jill", "tumble", 0xcb00710a);
    host.world.advance(1s);
    ASSERT_TRUE(second.control_ended);
    EXPECT_EQ(second.control_ended->kind, pptp::EndReason::Kind::CallRefused);
    EXPECT_EQ(host.field(server_id::Refused, "cause"), "max-sessions");
    EXPECT_EQ(host.field(server_id::Refused, "outcome"), "refused");
    first.hang_up();
    host.world.advance(10s);
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710a).up());
}

TEST(ServerRefusal, MaxSessionsHoldsAlsoForThoseWhoCameTogether) {
    config::Config config = office_server();
    config.pptp_server.max_sessions = 1;
    ServerHost host(config);
    auto &one = host.client(from(0xcb007109));
    auto &two = host.client(from(0xcb00710a));
    ASSERT_TRUE(one.dial());
    ASSERT_TRUE(two.dial());
    host.world.advance(10s);
    EXPECT_NE(one.up(), two.up());
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "max-sessions");
}

TEST(ServerRefusal, ASourceThatIsNotAllowedIsResetBeforeAnythingElse) {
    config::Config config = office_server();
    config.pptp_server.allow_from = {{base::Ipv4::parse("203.0.113.0").value(), 24}};
    ServerHost host(config);
    auto &stranger = host.dial("jack", "secret", 0xc6336401);
    EXPECT_TRUE(stranger.refused);
    EXPECT_EQ(host.server->connections(), 0U);
    EXPECT_EQ(host.field(server_id::Refused, "cause"), "not-allowed");
    EXPECT_EQ(host.field(server_id::Refused, "outcome"), "refused");
    EXPECT_EQ(host.field(server_id::Refused, "layer"), "tcp");
    EXPECT_EQ(host.field(server_id::Refused, "by"), "local");
    EXPECT_TRUE(host.dial().up());
}

TEST(ServerRefusal, HalfOpenConnectionsOfOneHostAreLimited) {
    config::Config config = office_server();
    config.pptp_server.max_half_open_per_host = 2;
    ServerHost host(config);
    for (std::uint16_t i = 0; i < 5; i++) {
        auto &client = host.client(from(0xcb007109, static_cast<std::uint16_t>(40000 + i)));
        client.never_starts = true;
        ASSERT_TRUE(client.dial());
    }
    host.world.run();
    EXPECT_EQ(host.server->connections(), 2U);
    EXPECT_EQ(host.server->half_open(), 2U);
    EXPECT_TRUE(host.clients[2].refused);
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710a).up());
    // They are given up after a while, and make room.
    host.world.advance(20s);
    EXPECT_EQ(host.server->half_open(), 0U);
    EXPECT_TRUE(host.dial().up());
}

TEST(ServerRefusal, HalfOpenConnectionsOfAllAreLimited) {
    config::Config config = office_server();
    config.pptp_server.max_half_open = 3;
    ServerHost host(config);
    for (std::uint32_t i = 0; i < 5; i++) {
        auto &client = host.client(from(0xcb007110 + i));
        client.never_starts = true;
        ASSERT_TRUE(client.dial());
    }
    host.world.run();
    EXPECT_EQ(host.server->half_open(), 3U);
    EXPECT_EQ(host.field(server_id::Refused, "cause"), "half-open-limit");
}

TEST(ServerRefusal, SessionsThatAreUpDoNotCountAsHalfOpen) {
    config::Config config = office_server();
    config.pptp_server.max_half_open = 1;
    ServerHost host(config);
    for (std::uint32_t i = 0; i < 4; i++)
        EXPECT_TRUE(host.dial("jack", "secret", 0xcb007110 + i).up());
    EXPECT_EQ(host.server->half_open(), 0U);
}

TEST(ServerRefusal, CallsOnOneConnectionCountEachAsHalfOpen) {
    config::Config config = office_server();
    config.pptp_server.max_half_open_per_host = 2;
    ServerHost host(config);
    auto &client = host.client();
    client.no_ppp = true;
    ASSERT_TRUE(client.dial());
    host.world.run();
    EXPECT_EQ(host.server->half_open(), 1U);
    client.call_too(8, "jack", "secret");
    client.call_too(9, "jack", "secret");
    client.call_too(10, "jack", "secret");
    host.world.run();
    EXPECT_EQ(host.server->half_open(), 2U);
    EXPECT_THAT(host.kernel.sessions().value(), SizeIs(2));
    host.world.advance(3min);
    host.expect_nothing_left();
}

TEST(ServerRefusal, ConnectionsOfOneSourceASecondAreLimited) {
    config::Config config = office_server();
    config.pptp_server.connection_rate = 3;
    config.pptp_server.max_half_open = 1000000;
    config.pptp_server.max_half_open_per_host = 1000000;
    ServerHost host(config);
    constexpr int Many = 10000;
    int let_in = 0;
    for (int i = 0; i < Many; i++) {
        auto &client = host.client(from(0xcb007109, static_cast<std::uint16_t>(1024 + i)));
        client.never_starts = true;
        ASSERT_TRUE(client.dial());
    }
    host.world.run();
    for (const auto &client : host.clients)
        let_in += client.connected ? 1 : 0;
    EXPECT_EQ(let_in, 3);
    EXPECT_EQ(host.server->connections(), 3U);
    EXPECT_LT(host.count(server_id::Refused), 3);  // told once, counted
    ASSERT_THAT(host.server->refusals(), SizeIs(1));
    EXPECT_EQ(host.server->refusals()[0].cause, Cause::RateLimit);
    EXPECT_EQ(host.server->refusals()[0].times, std::uint64_t{Many - 3});
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710a).up());
}

TEST(ServerRefusal, StrangersCannotFillTheLog) {
    ServerHost host;
    constexpr std::uint32_t Many = 4 * PptpServer::MaxWords;
    const auto guess = [&host](std::uint32_t first) {
        for (std::uint32_t i = 0; i < Many; i++)
            EXPECT_FALSE(host.dial(fmt::format("user{}", first + i), "guess", first + i).up());
    };
    const auto told = [&host] {
        unsigned times = 0;
        for (std::size_t i = 0; i < host.events.size(); i++)
            times += host.levels[i] < base::log::Level::Debug ? 1 : 0;
        return times;
    };
    const unsigned before = told();
    guess(0xcb007110);
    EXPECT_GE(host.count(server_id::AuthFailed), static_cast<int>(Many));
    EXPECT_EQ(told() - before, PptpServer::MaxWords);
    host.world.advance(1s);
    guess(0xcb007310);
    EXPECT_EQ(told() - before, 2 * PptpServer::MaxWords);
}

TEST(ServerRefusal, APeerThatNeverProvesItselfIsGivenUp) {
    ServerHost host;
    auto &client = host.client();
    client.no_ppp = true;
    ASSERT_TRUE(client.dial());
    host.world.run();
    EXPECT_EQ(host.server->half_open(), 1U);
    host.world.advance(ServerCall::KnownWithin + 45s);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "nothing-heard");
    host.expect_nothing_left();
}

TEST(ServerRefusal, APeerThatDoesNotReadItsRepliesIsGivenUp) {
    ServerHost host;
    auto &client = host.dial();
    host.world.slow_reader = true;
    // Echo-Requests without end: their replies have nowhere to go.
    base::Bytes echo(16);
    echo[1] = 16;
    echo[3] = 1;
    echo[4] = 0x1a;
    echo[5] = 0x2b;
    echo[6] = 0x3c;
    echo[7] = 0x4d;
    echo[9] = 5;
    for (int i = 0; i < 8000 && host.server->connections() > 0; i++) {
        client.send(echo);
        host.world.run();
    }
    host.world.advance(10s);
    EXPECT_EQ(host.server->connections(), 0U);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "connection-lost");
}

TEST(ServerRefusal, GarbageOnTheControlConnectionEndsIt) {
    ServerHost host;
    auto &client = host.client();
    client.never_starts = true;
    ASSERT_TRUE(client.dial());
    host.world.run();
    client.send(base::Bytes(64, 0xff));
    host.world.advance(1s);
    EXPECT_TRUE(client.closed);
    host.expect_nothing_left();
}

TEST(ServerRefusal, AClientThatWouldGetItsOwnOuterAddressIsRefused) {
    config::Config config = office_server();
    config.secrets[0].remote_address = literal("203.0.113.9");
    ServerHost host(config);
    auto &client = host.dial();
    host.world.advance(10s);
    EXPECT_FALSE(client.up());
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "no-address");
    host.expect_nothing_left();
}

TEST(ServerRefusal, AKernelThatMakesNoTunnelRefusesTheCall) {
    ServerHost host;
    host.kernel.fail_next("tunnel_add", {base::ErrorCode::Refused, "no memory", 12});
    auto &client = host.dial();
    EXPECT_TRUE(client.control_ended);
    EXPECT_EQ(host.field(server_id::Refused, "cause"), "kernel");
    host.world.advance(1min);
    host.expect_nothing_left();
}

TEST(ServerRefusal, AKernelThatMakesNoDeviceEndsTheSession) {
    ServerHost host;
    host.kernel.fail_next("link_add", {base::ErrorCode::Refused, "no memory", 12});
    auto &client = host.dial();
    host.world.advance(10s);
    EXPECT_FALSE(client.up());
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "kernel");
    host.expect_nothing_left();
}

}  // namespace
}  // namespace rtun::daemon::test
