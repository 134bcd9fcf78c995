// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is remembered of attempts: told in order, counted, bounded, and forgotten in the right
// order.
#include <daemon/history.h>

#include <daemon/reason.h>
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace rtun::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Fields = std::map<std::string, std::string>;

ctl::Event event(double time, std::string id, std::string object, std::string name,
                 std::string text, Fields fields = {}) {
    return {.time = time,
            .id = std::move(id),
            .object = std::move(object),
            .name = std::move(name),
            .text = std::move(text),
            .fields = std::move(fields)};
}

// An attempt of a caller that fails to log in.
void refuse(History &history, double time, const std::string &user, const std::string &peer,
            const std::string &cause = "auth-failed") {
    const std::string attempt = "call " + peer + std::to_string(time);
    history.record(event(time, "call.tcp", "call", "", "tcp accepted",
                         {{"attempt", attempt}, {"peer", peer + ":40000"}}));
    history.record(event(time, "call.failed", "call", "", "refused",
                         {{"attempt", attempt},
                          {"user", user},
                          {"outcome", "refused"},
                          {"cause", cause},
                          {"by", "local"},
                          {"reason", "authentication failed"}}));
}

// One who has been verified, and hangs up.
void call(History &history, double time, const std::string &user, const std::string &peer) {
    const std::string attempt = "call " + user + std::to_string(time);
    history.record(event(time, "call.verified", "call", "", "password accepted",
                         {{"attempt", attempt},
                          {"peer", peer},
                          {"user", user},
                          {"authentication", "mschap2"},
                          {"interface", "ppp-" + user}}));
    history.record(event(time + 1, "call.down", "call", "", "down",
                         {{"attempt", attempt},
                          {"outcome", "disconnected"},
                          {"cause", "peer-terminated"},
                          {"uptime", "75"},
                          {"rx_bytes", "12"},
                          {"tx_bytes", "18446744073709551615"}}));
}

std::vector<std::string> steps(const ctl::Story &story) {
    std::vector<std::string> all;
    for (const ctl::Story::Step &step : story.steps)
        all.push_back(step.text);
    return all;
}

TEST(History, TellsAnAttemptStepByStep) {
    History history;
    refuse(history, 100, "jack", "203.0.113.9");
    const auto stories = history.of("jack");
    ASSERT_EQ(stories.size(), 1U);
    const ctl::Story &story = stories.front();
    EXPECT_EQ(story.object, "call");
    EXPECT_EQ(story.user, "jack");
    EXPECT_EQ(story.peer, "203.0.113.9");
    EXPECT_EQ(story.outcome, "refused");
    EXPECT_EQ(story.cause, "auth-failed");
    EXPECT_EQ(story.by, "local");
    EXPECT_EQ(story.text, "authentication failed");
    EXPECT_EQ(story.began, 100);
    EXPECT_EQ(story.ended, 100);
    EXPECT_THAT(steps(story), ElementsAre("tcp accepted", "authentication failed"));
    EXPECT_EQ(history.of("203.0.113.9").size(), 1U);
    EXPECT_THAT(history.of("203.0.113"), IsEmpty());
    EXPECT_THAT(history.of(""), IsEmpty()) << "a client of a call has no name";
}

TEST(History, KnowsWhatGoesOn) {
    History history;
    call(history, 50, "jill", "192.0.2.5");
    history.record(event(100, "client.dialing", "client", "office", "dialing",
                         {{"user", "jill"}, {"server", "192.0.2.10:1723"}}));
    const auto stories = history.of("jill");
    ASSERT_EQ(stories.size(), 2U);
    EXPECT_EQ(stories[0].name, "office");
    EXPECT_FALSE(stories[0].ended) << "what goes on comes first";
    EXPECT_EQ(stories[0].peer, "192.0.2.10");
    EXPECT_TRUE(stories[1].ended);
    EXPECT_EQ(stories[1].uptime, 75U);
    EXPECT_EQ(stories[1].rx_bytes, 12U);
    EXPECT_EQ(stories[1].tx_bytes, ~std::uint64_t{0});
    EXPECT_EQ(history.open(), 1U);
}

TEST(History, CountsTheSameEndWithinAMinute) {
    History history;
    for (const double time : {100.0, 110.0, 120.0})
        refuse(history, time, "jack", "203.0.113.9");
    EXPECT_EQ(history.of("jack").front().times, 3U);
    EXPECT_EQ(history.of("jack").front().within, 60U);
    refuse(history, 175, "jack", "203.0.113.9");
    EXPECT_EQ(history.of("jack").front().times, 2U) << "110 is 65 s ago";
    refuse(history, 176, "jack", "203.0.113.9", "protocol-error");
    EXPECT_EQ(history.of("jack").front().times, 1U);
    refuse(history, 177, "jack", "203.0.113.9");
    EXPECT_EQ(history.of("jack").front().times, 3U) << "whatever came between";
}

TEST(History, ManyFailuresAreCountedBeyondWhatIsKept) {
    History history;
    for (int i = 0; i < 200; i++)
        refuse(history, 100 + i * 0.01, "jack", "203.0.113.9");
    EXPECT_EQ(history.of("jack").size(), History::MaxAttempts);
    EXPECT_EQ(history.of("jack").front().times, History::MaxTimes);
}

// Each name is another subject, but who asks for the address wants to know how often.
TEST(History, AHostThatTriesNamesIsCountedByItsAddress) {
    History history;
    for (int i = 0; i < 5; i++)
        refuse(history, 100 + i, "user" + std::to_string(i), "203.0.113.9");
    EXPECT_EQ(history.of("203.0.113.9").front().times, 5U);
    EXPECT_EQ(history.of("user4").front().times, 1U);
}

TEST(History, OfTooManyStepsTheFirstAndTheLastAreKept) {
    History history;
    for (int i = 0; i < 1000; i++)
        history.record(event(i, "client.route", "client", "office", "step " + std::to_string(i)));
    history.record(event(1000, "client.down", "client", "office", "down",
                         {{"outcome", "disconnected"}, {"cause", "kernel"}}));
    const ctl::Story story = history.of("office").front();
    ASSERT_EQ(story.steps.size(), History::MaxSteps);
    EXPECT_EQ(story.left_out, 1001 - History::MaxSteps);
    EXPECT_EQ(story.steps.front().text, "step 0");
    EXPECT_EQ(story.steps[History::MaxSteps / 2 - 1].text, "step 23");
    EXPECT_EQ(story.steps[History::MaxSteps - 2].text, "step 999");
    EXPECT_EQ(story.steps.back().text, "kernel said no");
}

TEST(History, AllIsBounded) {
    const History::Room room{.clients = 100000, .callers = 100000, .strangers = 50000};
    History history(room);
    const std::string long_text(5000, 'x');
    for (int i = 0; i < 3000; i++) {
        const std::string number = std::to_string(i);
        refuse(history, i, "stranger" + number + long_text, "198.51.100.1");
        call(history, i, "user" + number, "192.0.2.1");
        history.record(event(i, "client.failed", "client", "c" + number, long_text,
                             {{"outcome", "failed"}, {"cause", long_text}}));
        ASSERT_LE(history.octets(), room.clients + room.callers + room.strangers);
    }
    EXPECT_GT(history.octets(), 100000U) << "and is made use of";
    // Who never ends an attempt.
    for (std::size_t i = 0; i < History::MaxOpen + 10; i++)
        history.record(event(1, "call.tcp", "call", "", "tcp accepted",
                             {{"attempt", std::to_string(i)}, {"peer", "198.51.100.1"}}));
    EXPECT_EQ(history.open(), History::MaxOpen);
    for (const ctl::Story &story : history.failures()) {
        EXPECT_LE(story.user.size(), History::MaxText);
        EXPECT_LE(story.text.size(), History::MaxText);
    }
}

TEST(History, StrangersDoNotMakeTheOthersBeForgotten) {
    History history({.clients = 50000, .callers = 50000, .strangers = 20000});
    call(history, 1, "jack", "203.0.113.9");
    history.record(event(2, "client.failed", "client", "office", "no",
                         {{"outcome", "failed"}, {"cause", "unreachable"}}));
    for (int i = 0; i < 1000; i++)
        refuse(history, 10 + i, "guess" + std::to_string(i), "198.51.100.1");
    // Also under a name that is known, where they only displace its own.
    for (int i = 0; i < 100; i++)
        refuse(history, 2000 + i, "jill", "198.51.100.1");
    EXPECT_EQ(history.of("jack").size(), 1U);
    EXPECT_EQ(history.of("office").size(), 1U);
    EXPECT_THAT(history.of("guess0"), IsEmpty());
    EXPECT_EQ(history.of("guess999").size(), 1U);
}

TEST(History, OlderAttemptsGoBeforeAnybodysLatest) {
    History history({.clients = 60000, .callers = 0, .strangers = 0});
    const auto fail = [&](double time, const std::string &name) {
        history.record(event(time, "client.failed", "client", name, "no",
                             {{"outcome", "failed"}, {"cause", "unreachable"}}));
    };
    fail(1, "quiet");
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 8; j++)
            fail(10 + i * 8 + j, "busy" + std::to_string(i));
    EXPECT_EQ(history.of("quiet").size(), 1U);
    for (int i = 0; i < 10; i++)
        EXPECT_GE(history.of("busy" + std::to_string(i)).size(), 1U) << i;
}

TEST(History, FailuresAreTheLastOfEachThatNobodyWanted) {
    History history;
    refuse(history, 10, "jack", "203.0.113.9");
    refuse(history, 20, "jack", "203.0.113.9");
    call(history, 30, "jill", "203.0.113.8");
    history.record(event(40, "client.down", "client", "office", "terminated",
                         {{"outcome", "terminated"}, {"cause", "user-request"}}));
    std::vector<std::string> users;
    for (const ctl::Story &story : history.failures())
        users.push_back(story.user);
    EXPECT_THAT(users, ElementsAre("jill", "jack"));
    EXPECT_EQ(history.failures()[1].times, 2U);
}

TEST(History, OtherObjectsAreNotItsBusiness) {
    History history;
    history.record(event(1, "pseudowire.failed", "pseudowire", "pw0", "no",
                         {{"outcome", "failed"}, {"cause", "kernel"}}));
    history.record(event(2, "server.listening", "server", "pptp", "listens"));
    EXPECT_THAT(history.failures(), IsEmpty());
    EXPECT_EQ(history.open(), 0U);
}

TEST(History, WhoIsTurnedAwayAtTheDoorCanAskWhy) {
    History history;
    for (const double time : {1.0, 12.0})
        history.record(event(time, "server.refused", "server", "pptp", "connection refused",
                             {{"peer", "203.0.113.9"},
                              {"outcome", "refused"},
                              {"layer", "tcp"},
                              {"by", "local"},
                              {"cause", "not-allowed"},
                              {"reason", "the source is not allowed"}}));
    const auto stories = history.of("203.0.113.9");
    ASSERT_EQ(stories.size(), 2U);
    EXPECT_EQ(stories[0].outcome, "refused");
    EXPECT_EQ(stories[0].cause, "not-allowed");
    EXPECT_EQ(stories[0].times, 2U);
    EXPECT_THAT(steps(stories[0]), testing::SizeIs(1));
    EXPECT_EQ(history.failures().size(), 1U);
    EXPECT_EQ(history.open(), 0U);
}

// -- with what a client really tells

struct Told : test::Host {
    History history;
    [[nodiscard]] ctl::Story story() {
        for (const ctl::Event &one : events)
            history.record(one);
        events.clear();
        const auto all = history.of("office");
        EXPECT_FALSE(all.empty());
        return all.empty() ? ctl::Story{} : all.front();
    }
};

TEST(HistoryOfAClient, AConnectionIsToldFromTcpToItsCounters) {
    Told host;
    host.dial();
    ctl::Story story = host.story();
    EXPECT_FALSE(story.ended);
    EXPECT_EQ(story.peer, "192.0.2.10");
    EXPECT_EQ(story.user, "jack");
    EXPECT_EQ(story.interface, "office");
    std::vector<std::string> ids;
    for (const ctl::Story::Step &step : story.steps)
        ids.push_back(step.id);
    EXPECT_THAT(ids, ElementsAre("client.dialing", "client.tcp", "client.control", "client.call",
                                 "client.lcp", "client.verifying", "client.verified",
                                 "client.encryption", "client.up"));
    EXPECT_THAT(story.steps[4].text, HasSubstr("lcp opened (mtu "));
    host.client->stop("by user");
    host.world.run();
    story = host.story();
    EXPECT_TRUE(story.ended);
    EXPECT_EQ(story.outcome, "terminated");
    EXPECT_EQ(story.cause, "user-request");
    EXPECT_EQ(story.by, "user");
    EXPECT_TRUE(story.uptime);
    EXPECT_TRUE(story.rx_bytes);
    EXPECT_EQ(host.history.open(), 0U);
}

TEST(HistoryOfAClient, WhatIsWrongWithItsSettingsIsAStory) {
    Told host;
    config::Client client = test::office();
    client.connect_to = "host:0";
    host.dial(std::move(client));
    const ctl::Story story = host.story();
    EXPECT_EQ(story.outcome, "failed");
    EXPECT_EQ(story.cause, "configuration");
}

// -- the list of reasons

TEST(Causes, HaveNamesOfTheirOwnThatTheManualExplains) {
    const std::ifstream file(std::string(RTUN_MAN) + "/rtun.8");
    ASSERT_TRUE(file);
    std::ostringstream text;
    text << file.rdbuf();
    std::vector<std::string_view> seen;
    for (const CauseInfo &cause : causes()) {
        EXPECT_THAT(text.str(), HasSubstr("\n.It Li " + std::string(cause.name) + "\n"));
        EXPECT_EQ(std::count(seen.begin(), seen.end(), cause.name), 0) << cause.name;
        EXPECT_EQ(info(cause.cause).name, cause.name);
        EXPECT_FALSE(cause.words.empty());
        seen.push_back(cause.name);
    }
}

TEST(Causes, EveryEndOfAnEngineHasItsOwn) {
    std::vector<Cause> seen;
    using Control = pptp::EndReason::Kind;
    for (const Control kind :
         {Control::ConnectRefused, Control::CallRefused, Control::CallCleared, Control::Stopped,
          Control::Timeout, Control::EchoTimeout, Control::ProtocolError, Control::ConnectionLost})
        seen.push_back(cause_of(reason_of(pptp::EndReason{.kind = kind, .text = {}})));
    using Link = ppp::EndReason::Kind;
    for (const Link kind :
         {Link::PeerTerminated, Link::AuthFailed, Link::NegotiationFailed, Link::EchoTimeout,
          Link::ProtocolRejected, Link::Looped, Link::EncryptionFailed, Link::LowerDown})
        seen.push_back(
            cause_of(reason_of(ppp::EndReason{.kind = kind, .text = {}}, {.frames_in = 1})));
    seen.push_back(
        cause_of(reason_of(ppp::EndReason{.kind = Link::NegotiationFailed, .text = {}}, {})));
    for (const Layer layer : {Layer::Config, Layer::Name, Layer::Kernel})
        seen.push_back(cause_of(Reason{.layer = layer, .text = {}}));
    seen.push_back(cause_of(user_reason("by user")));
    seen.push_back(
        cause_of(Reason{.layer = Layer::Tcp, .code = base::ErrorCode::Unreachable, .text = {}}));
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

}  // namespace
}  // namespace rtun::daemon
