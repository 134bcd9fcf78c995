// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every way for a client to end, or not to get anywhere: the reason is the right one, and nothing
// is left behind.
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

namespace rtun::daemon::test {

using base::ErrorCode;
using testing::HasSubstr;

TEST(ClientDown, SaysThatThePasswordIsWrong) {
    Host host;
    host.server.password = "other";
    host.dial();
    host.world.advance(30s);
    host.expect_ended(ErrorCode::AuthFailed, Layer::Ppp);
    EXPECT_EQ(exit_status(*host.client->last_reason()), 5);
    EXPECT_EQ(host.count("client.failed"), 1);
}

TEST(ClientDown, SaysThatThePasswordIsWrongAlsoWhenTheServerHangsUpFirst) {
    Host host;
    host.server.password = "other";
    host.server.hangs_up_on_failure = true;
    host.world.tcp_first = true;
    host.dial();
    host.world.advance(30s);
    host.expect_ended(ErrorCode::AuthFailed, Layer::Ppp);
}

TEST(ClientDown, SaysThatThePasswordIsWrongAlsoWhenTheServerStopsAndSaysWhyLast) {
    Host host;
    host.server.password = "other";
    host.server.stops_on_failure = true;
    host.dial();
    EXPECT_FALSE(host.server.connected);
    host.world.advance(50ms);
    ASSERT_FALSE(host.client->off());
    host.server.refuse_password();
    host.world.advance(30s);
    host.expect_ended(ErrorCode::AuthFailed, Layer::Ppp);
}

TEST(ClientDown, SaysThatTheServerStoppedWhenNothingMoreIsHeard) {
    Host host;
    host.server.password = "other";
    host.server.stops_on_failure = true;
    host.dial();
    host.world.advance(99ms);
    EXPECT_FALSE(host.client->off());
    host.world.advance(1ms);
    host.expect_ended(ErrorCode::Closed, Layer::Pptp);
}

TEST(ClientDown, SaysThatNoMethodIsAllowedAlsoWhenTheServerHangsUp) {
    Host host;
    config::Client settings = office();
    settings.allow.remove(auth::Method::Pap);
    host.server.hangs_up_on_nak = true;
    host.world.tcp_first = true;
    host.dial(settings);
    host.world.advance(30s);
    EXPECT_THAT(host.said("client.failed"), HasSubstr("no common authentication method"));
    EXPECT_EQ(exit_status(*host.client->last_reason()), 5);
    host.expect_ended(ErrorCode::AuthFailed, Layer::Ppp);
}

TEST(ClientDown, SaysThatTheServerRefusesTheConnection) {
    Host host;
    host.server.control_result = 4;
    host.dial();
    host.world.advance(30s);
    host.expect_ended(ErrorCode::Closed, Layer::Pptp);
    EXPECT_EQ(exit_status(*host.client->last_reason()), 6);
}

TEST(ClientDown, SaysThatTheServerRefusesTheCall) {
    Host host;
    host.server.call_result = 4;
    host.dial();
    host.world.advance(30s);
    host.expect_ended(ErrorCode::Closed, Layer::Pptp);
}

TEST(ClientDown, SaysThatTheServerClosesBeforeItAnswers) {
    for (const int message : {1, 7}) {
        Host host;
        host.server.close_at_message = message;
        host.dial();
        host.expect_ended(ErrorCode::Closed, Layer::Tcp);
    }
}

TEST(ClientDown, SaysThatTheServerTerminatesTheLink) {
    for (const char *phase : {"pap", "ipcp"}) {
        Host host;
        host.server.terminate_at = phase;
        host.dial();
        host.world.advance(60s);
        host.expect_ended(ErrorCode::Closed, Layer::Ppp);
        EXPECT_THAT(host.said("client.failed"), HasSubstr("enough")) << phase;
    }
}

TEST(ClientDown, SaysThatTheServerDoesNotLetLcpOpen) {
    Host host;
    host.server.terminate_at = "lcp";
    host.dial();
    host.world.advance(120s);
    host.expect_ended(ErrorCode::Closed, Layer::Ppp);
}

TEST(ClientDown, SaysThatNobodyListens) {
    Host host;
    host.world.listeners.clear();
    host.world.refusals[Server] = {ErrorCode::Unreachable, "connection refused", ECONNREFUSED};
    host.dial();
    host.expect_ended(ErrorCode::Unreachable, Layer::Tcp);
    EXPECT_EQ(exit_status(*host.client->last_reason()), 4);
}

TEST(ClientDown, GivesUpOnASilentServerAfterTenSeconds) {
    Host host;
    host.world.listeners.clear();
    host.dial();
    host.world.advance(9s);
    EXPECT_FALSE(host.client->off());
    host.world.advance(1s);
    host.expect_ended(ErrorCode::Unreachable, Layer::Tcp);
}

TEST(ClientDown, SaysThatTheNameIsNotKnown) {
    Host host;
    config::Client settings = office();
    settings.connect_to = "vpn.example.org";
    host.world.names["vpn.example.org"] = base::fail(ErrorCode::Unreachable, "no address");
    host.dial(settings);
    host.expect_ended(ErrorCode::Unreachable, Layer::Name);
}

TEST(ClientDown, GivesUpOnASilentNameServiceAfterThirtySeconds) {
    Host host;
    config::Client settings = office();
    settings.connect_to = "vpn.example.org";
    host.dial(settings);
    host.world.advance(29s);
    EXPECT_FALSE(host.client->off());
    host.world.advance(1s);
    host.expect_ended(ErrorCode::Unreachable, Layer::Name);
}

TEST(ClientDown, SaysThatGreIsPerhapsBlockedWhenNoFrameComes) {
    Host host;
    host.kernel.on_frame = [](netlink::SessionId, base::View) { return false; };
    host.dial();
    host.world.advance(60s);
    host.expect_ended(ErrorCode::Unreachable, Layer::Ppp);
    EXPECT_THAT(host.said("client.failed"), HasSubstr("GRE"));
}

TEST(ClientDown, FindsAFrozenPeerFiveSecondsAfterTheKeepalive) {
    Host host;
    host.dial();
    ASSERT_TRUE(host.client->up());
    host.server.frozen = true;
    host.world.advance(60s);
    EXPECT_TRUE(host.client->up());
    host.world.advance(6s);
    EXPECT_FALSE(host.client->up());
    host.world.advance(30s);
    host.expect_ended(ErrorCode::Unreachable, Layer::Ppp);
    EXPECT_EQ(host.count("client.down"), 1);
}

TEST(ClientDown, FindsADeadControlConnectionInTheTimeThatIsSet) {
    Host host;
    config::Client settings = office();
    settings.echo_interval = 7s;
    settings.echo_timeout = 3s;
    host.dial(settings);
    ASSERT_TRUE(host.client->up());
    host.server.frozen = true;
    const auto asked = [&] {
        return std::count(host.server.messages.begin(), host.server.messages.end(), 5);
    };
    host.world.advance(6s);
    EXPECT_EQ(asked(), 0);
    host.world.advance(2s);
    EXPECT_EQ(asked(), 1);
    EXPECT_TRUE(host.client->up());
    host.world.advance(30s);
    EXPECT_FALSE(host.client->up());
    ASSERT_TRUE(host.client->last_reason());
    EXPECT_EQ(cause_of(*host.client->last_reason()), Cause::ControlEchoTimeout);
}

TEST(ClientDown, SaysThatTheServerHungUp) {
    Host host;
    host.dial();
    host.world.advance(5s);
    host.server.hang_up();
    host.world.advance(200ms);
    host.expect_ended(ErrorCode::Closed, Layer::Tcp);
    EXPECT_EQ(host.last("client.down")->fields.at("uptime"), "5");
    EXPECT_EQ(host.last("client.down")->fields.at("by"), "peer");
}

TEST(ClientDown, SaysThatTheServerClearedTheCall) {
    Host host;
    host.dial();
    host.server.disconnect_call();
    host.world.run();
    host.world.advance(10s);
    host.expect_ended(ErrorCode::Closed, Layer::Pptp);
}

TEST(ClientDown, SaysWhatTheServerSaidWhenItTerminatesTheLink) {
    Host host;
    host.dial();
    host.server.terminate_link();
    host.world.run();
    host.world.advance(30s);
    host.expect_ended(ErrorCode::Closed, Layer::Ppp);
    EXPECT_THAT(host.said("client.down"), HasSubstr("enough"));
}

TEST(ClientDown, EndsInOrderWhenTheUserWantsIt) {
    Host host;
    config::Client settings = office();
    settings.add_default_route = true;
    host.dial(settings);
    host.server.messages.clear();
    host.client->stop("by user");
    host.world.run();
    host.world.advance(10s);
    ASSERT_TRUE(host.client->off());
    EXPECT_EQ(exit_status(*host.client->last_reason()), 0);
    EXPECT_EQ(host.said("client.down"), "terminated (by user)");
    EXPECT_EQ(host.server.terminated_with, "by user");
    EXPECT_THAT(host.server.messages, testing::ElementsAre(12, 3));  // Call-Clear, Stop
    EXPECT_LT(host.place("link_del"), host.place("session_del"));
    EXPECT_LT(host.place("session_del"), host.place("tunnel_del"));
    host.expect_nothing_left();
}

TEST(ClientDown, EndsInTimeWhenThePeerDoesNotAnswer) {
    Host host;
    host.dial();
    host.server.frozen = true;
    host.world.slow_reader = true;
    host.client->stop("by user");
    host.world.run();
    EXPECT_FALSE(host.client->off());
    host.world.advance(15s);
    EXPECT_TRUE(host.client->off());
    host.expect_nothing_left();
}

TEST(ClientDown, EndsAtOnceWhenTheUserInsists) {
    Host host;
    host.dial();
    host.server.frozen = true;
    host.client->stop("by user");
    host.world.run();
    host.client->abort("by user");
    EXPECT_TRUE(host.client->off());
    EXPECT_TRUE(host.kernel.empty());
    host.expect_nothing_left();
}

TEST(ClientDown, CanBeEndedInEveryPhase) {
    const auto check = [](const char *phase, auto &&prepare) {
        Host host;
        config::Client settings = office();
        prepare(host, settings);
        host.dial(settings);
        ASSERT_FALSE(host.client->off()) << phase;
        host.client->stop("by user");
        host.world.advance(30s);
        EXPECT_TRUE(host.client->off()) << phase;
        EXPECT_EQ(exit_status(*host.client->last_reason()), 0) << phase;
        EXPECT_EQ(host.said("client.down"), "terminated (by user)") << phase;
        EXPECT_EQ(host.rested, 1) << phase;
        host.expect_nothing_left();
    };
    check("name", [](Host &, config::Client &s) { s.connect_to = "vpn.example.org"; });
    check("tcp", [](Host &h, config::Client &) { h.world.listeners.clear(); });
    check("control", [](Host &h, config::Client &) { h.server.frozen = true; });
    check("lcp", [](Host &h, config::Client &) {
        h.kernel.on_frame = [](netlink::SessionId, base::View) { return false; };
    });
    check("up", [](Host &, config::Client &) {});
}

TEST(ClientDown, NoticesThatItsSessionWasDeletedInTheKernel) {
    Host host;
    host.dial();
    host.kernel.remove_session(host.only_session().id, "request");
    host.world.run();
    host.world.advance(10s);
    host.expect_ended(ErrorCode::Refused, Layer::Kernel);
}

TEST(ClientDown, NoticesThatItsDeviceWasDeleted) {
    Host host;
    host.dial();
    ASSERT_TRUE(host.kernel.link_del(host.kernel.links().begin()->first));
    host.kernel.inject(netlink::SessionChanged{false, host.only_session()});
    host.world.run();
    host.world.advance(10s);
    host.expect_ended(ErrorCode::Refused, Layer::Kernel);
    EXPECT_THAT(host.said("client.down"), HasSubstr("interface office was deleted"));
}

TEST(ClientDown, BelievesTheKernelAndNotAnOldEvent) {
    Host host;
    host.dial();
    netlink::Session old = host.only_session();
    old.device.reset();  // as it was told before the device was made
    host.kernel.inject(netlink::SessionChanged{true, old});
    host.world.run();
    EXPECT_TRUE(host.client->up());
}

TEST(ClientDown, LooksAgainWhenEventsWereLost) {
    Host host;
    host.dial();
    const netlink::SessionId session = host.only_session().id;
    host.kernel.inject(netlink::Overrun{});
    host.world.run();
    EXPECT_TRUE(host.client->up());
    ASSERT_TRUE(host.kernel.session_del(session));
    ASSERT_TRUE(host.kernel.events());  // lost
    host.kernel.inject(netlink::Overrun{});
    host.world.run();
    EXPECT_FALSE(host.client->up());
}

TEST(ClientDown, DoesNotTakeAKernelShortOfMemoryForOneWithoutItsSession) {
    Host host;
    host.dial();
    const base::Error error{ErrorCode::System, "Cannot allocate memory", ENOMEM};
    host.kernel.fail_next("session", error, 3);
    host.kernel.inject(netlink::Overrun{});
    host.world.advance(300ms);  // asked at 0, 100, 300 ms
    EXPECT_TRUE(host.client->up());
    // What was lost with the events is found when the kernel answers again.
    ASSERT_TRUE(host.kernel.link_del(host.kernel.links().begin()->first));
    host.world.advance(400ms);
    EXPECT_FALSE(host.client->up());
    host.world.advance(10s);
    EXPECT_THAT(host.said("client.down"), HasSubstr("interface office was deleted"));
    host.expect_ended(ErrorCode::Refused, Layer::Kernel);
}

TEST(ClientDown, DoesNotAskAKernelForEverThatCannotSay) {
    Host host;
    host.dial();
    const int before = host.kernel.count("session");
    const base::Error error{ErrorCode::System, "Cannot allocate memory", ENOMEM};
    host.kernel.fail_next("session", error, 1000);
    host.kernel.inject(netlink::Overrun{});
    host.world.advance(50s);  // the keepalive has not come yet
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.kernel.count("session") - before, 1 + Recheck::Max);
}

// The kernel says no to one verb, at its nth time.
struct Refusal {
    const char *verb;
    int nth;
};
class ClientRefused : public testing::TestWithParam<Refusal> {};

TEST_P(ClientRefused, LeavesNothingBehindAndSaysWhatTheKernelSaid) {
    const auto [verb, nth] = GetParam();
    const base::Error error{ErrorCode::Refused, "the kernel does not want to", EPERM};
    Host host;
    if (nth == 1) {
        host.kernel.fail_next(verb, error);
    } else {
        // session_set: 1 peer id, 2 flags; armed when the one before is done.
        host.world.pump = [&host, verb = verb, nth = nth, error, armed = false]() mutable {
            if (!armed && host.kernel.count(verb) == nth - 1) {
                armed = true;
                host.kernel.fail_next(verb, error);
            }
            const auto all = host.kernel.events();
            for (const netlink::Event &event : all.value())
                host.client->kernel_event(event);
            return !all->empty();
        };
    }
    host.dial();
    host.world.advance(30s);
    EXPECT_FALSE(host.client->up());
    host.expect_ended(ErrorCode::Refused, Layer::Kernel);
    EXPECT_THAT(host.said("client.failed"), HasSubstr("the kernel does not want to"));
    EXPECT_EQ(exit_status(*host.client->last_reason()), 2);
}
INSTANTIATE_TEST_SUITE_P(EachVerb, ClientRefused,
                         testing::Values(Refusal{"tunnel_add", 1}, Refusal{"session_add", 1},
                                         Refusal{"session_set", 1}, Refusal{"session_set", 2},
                                         Refusal{"link_add", 1}, Refusal{"link_up", 1},
                                         Refusal{"address_add", 1}),
                         [](const auto &given) {
                             return std::string(given.param.verb) + std::to_string(given.param.nth);
                         });

TEST(ClientDown, TakesTheWholeWayDownAlsoWhenAStepOfItFails) {
    for (const char *verb : {"link_del", "session_del", "session", "session_set"}) {
        Host host;
        host.dial();
        host.kernel.fail_next(verb, {ErrorCode::System, "not now", EBUSY});
        host.client->stop("by user");
        host.world.advance(30s);
        EXPECT_TRUE(host.client->off()) << verb;
        host.expect_nothing_left();
    }
}

}  // namespace rtun::daemon::test
