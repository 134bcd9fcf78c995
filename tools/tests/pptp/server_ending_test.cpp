// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a server's connection ends: stopped by either side, left alone, refused, timed out, lost,
// spoiled. Every call ends before its connection, and everything ends in time.
#include <tests/pptp/server_bench.h>

#include <array>
#include <set>

namespace rtun::pptp::server_test {
namespace {

using Kind = EndReason::Kind;

// -- stop() and clear()

TEST(PptpServerStop, clears_the_calls_then_stops_the_connection_then_ends) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(call_request(8));
    bench.server.accept(CallId{8}, CallId{0x2000}, bps, bench.now);
    (void)bench.log();
    bench.server.stop(bench.now, "enough");
    EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 7 requested, "
                           "Call-Disconnect-Notify, call-ended 8 requested, "
                           "Stop-Control-Connection-Request");
    EXPECT_EQ(bench.call_ended->reason.text, "enough");
    EXPECT_EQ(bench.last_sent<wp::CallDisconnectNotify>().result, 3);  // administrative shutdown
    EXPECT_EQ(bench.last_sent<wp::StopControlConnectionRequest>().reason, wp::StopReason::None);
    bench.feed(wp::StopControlConnectionReply{});
    EXPECT_EQ(bench.log(), "ended requested");
    EXPECT_EQ(bench.ended->text, "enough");
}

TEST(PptpServerStop, answers_the_call_that_the_owner_was_asked_about) {
    Bench bench;
    bench.reach(Stage::WaitCsAns);
    bench.server.stop(bench.now, "enough");
    EXPECT_EQ(bench.log(), "Outgoing-Call-Reply, call-ended 7 requested, "
                           "Stop-Control-Connection-Request");
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().result, 7);
}

TEST(PptpServerStop, before_the_control_connection_is_established_ends_at_once) {
    for (const Stage stage : {Stage::Fresh, Stage::Idle}) {
        Bench bench;
        bench.reach(stage);
        bench.server.stop(bench.now, "enough");
        EXPECT_EQ(bench.log(), "ended requested");
        EXPECT_FALSE(bench.server.deadline());
    }
}

TEST(PptpServerStop, a_client_that_says_nothing_is_waited_for_no_longer_than_the_stop_timeout) {
    Bench bench({.stop_timeout = 3s});
    bench.reach(Stage::WaitStopReply);
    bench.pass(2999ms);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1ms);
    EXPECT_EQ(bench.log(), "ended requested");
}

TEST(PptpServerStop, a_second_stop_and_other_wishes_change_nothing) {
    Bench bench;
    bench.reach(Stage::WaitStopReply);
    bench.pass(1s);
    bench.server.stop(bench.now, "again");
    bench.server.clear(CallId{peer_call}, "again", bench.now);
    bench.server.accept(CallId{peer_call}, CallId{our_call}, bps, bench.now);
    bench.server.refuse(CallId{peer_call}, Server::Refusal::Busy, bench.now);
    EXPECT_EQ(bench.log(), "");
    bench.pass(4s);
    EXPECT_EQ(bench.log(), "ended requested");
    EXPECT_EQ(bench.ended->text, "enough");
}

TEST(PptpServerClear, of_an_unanswered_call_is_a_refusal) {
    Bench bench;
    bench.reach(Stage::WaitCsAns);
    bench.server.clear(CallId{peer_call}, "no", bench.now);
    EXPECT_EQ(bench.log(), "Outgoing-Call-Reply, call-ended 7 requested");
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().result, 7);
}

// -- the client ends it

TEST(PptpServerCleared, by_the_client_is_confirmed_with_the_result_for_it) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(wp::CallClearRequest{.call_id = peer_call});
    EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 7 call-cleared");
    EXPECT_EQ(bench.call_ended->reason.text, "the client cleared the call");
    const auto notify = bench.last_sent<wp::CallDisconnectNotify>();
    EXPECT_EQ(notify.call_id, our_call);
    EXPECT_EQ(notify.result, 4);
    EXPECT_EQ(notify.error, 0);
    EXPECT_EQ(notify.cause, 0);
    EXPECT_EQ(notify.statistics, "");
}

TEST(PptpServerCleared, by_a_disconnect_notify_of_the_client_says_why) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(wp::CallDisconnectNotify{.call_id = peer_call, .result = 1, .cause = 3});
    EXPECT_EQ(bench.log(), "call-ended 7 call-cleared");
    EXPECT_EQ(bench.call_ended->reason.text,
              "the client cleared the call: lost carrier (result 1, cause 3)");
    EXPECT_EQ(bench.call_ended->reason.result, 1);
    EXPECT_EQ(bench.call_ended->reason.cause, 3);
}

TEST(PptpServerStopped, by_the_client_is_answered_and_ends_all_calls) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(call_request(8));
    (void)bench.log();
    bench.feed(wp::StopControlConnectionRequest{.reason = wp::StopReason::StopLocalShutdown});
    EXPECT_EQ(bench.log(), "call-ended 7 stopped, call-ended 8 stopped, "
                           "Stop-Control-Connection-Reply, ended stopped");
    EXPECT_EQ(bench.ended->text,
              "the client stopped the control connection: peer is being shut down (reason 3)");
    EXPECT_EQ(bench.ended->result, 3);
    EXPECT_EQ(bench.last_sent<wp::StopControlConnectionReply>().result, 1);
}

TEST(PptpServerRefusal, of_an_older_version_says_so_and_closes) {
    Bench bench;
    bench.reach(Stage::Idle);
    auto request = start_request();
    request.version = 0x0001;
    bench.feed(request);
    EXPECT_EQ(bench.log(), "Start-Control-Connection-Reply, ended connect-refused");
    EXPECT_EQ(bench.last_sent<wp::StartControlConnectionReply>().result, 5);
    EXPECT_EQ(bench.last_sent<wp::StartControlConnectionReply>().version, 0x0100);
    EXPECT_EQ(bench.ended->text,
              "the client speaks version 0.1 of the protocol, which is not supported (1.0 is)");
}

// -- time

TEST(PptpServerTimeout, without_a_start_request_the_connection_is_closed) {
    Bench bench;
    bench.reach(Stage::Idle);
    // Other messages, parts of one, and octets now and then do not put it off.
    bench.pass(9s);
    bench.feed(wp::EchoRequest{});
    bench.feed(call_request());
    bench.feed(base::Bytes{0, 156, 0, 1});
    (void)bench.log();
    bench.pass(999ms);
    bench.feed(base::Bytes{0x1a});
    EXPECT_EQ(bench.log(), "");
    bench.pass(1ms);
    EXPECT_EQ(bench.log(), "ended timeout");
    EXPECT_EQ(bench.ended->text, "no Start-Control-Connection-Request within 10s");
}

TEST(PptpServerTimeout, without_a_call_the_connection_is_stopped) {
    Bench bench;
    bench.reach(Stage::NoCall);
    bench.pass(29s);
    bench.feed(wp::EchoRequest{});
    (void)bench.log();
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    bench.pass(5s);
    EXPECT_EQ(bench.log(), "ended timeout");
    EXPECT_EQ(bench.ended->text, "no Outgoing-Call-Request within 30s");
}

TEST(PptpServerTimeout, calls_that_are_refused_do_not_put_it_off) {
    Bench bench;
    bench.reach(Stage::NoCall);
    for (int i = 0; i < 29; ++i) {
        bench.pass(1s);
        bench.feed(call_request());
        bench.server.refuse(CallId{peer_call}, Server::Refusal::NotAllowed, bench.now);
    }
    (void)bench.log();
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
}

TEST(PptpServerTimeout, a_call_stops_it_and_the_end_of_the_last_one_starts_it_anew) {
    Bench bench({.echo_interval = 0s});
    bench.reach(Stage::Up);
    bench.pass(1h);
    EXPECT_EQ(bench.log(), "");
    bench.feed(call_request(8));
    bench.server.accept(CallId{8}, CallId{0x2000}, bps, bench.now);
    bench.feed(wp::CallClearRequest{.call_id = 8});
    bench.pass(1h);
    (void)bench.log();
    bench.feed(wp::CallClearRequest{.call_id = peer_call});
    (void)bench.log();
    bench.pass(29s);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
}

TEST(PptpServerTimeout, comes_late_if_the_engine_is_called_late_and_not_at_all_if_early) {
    Bench bench;
    bench.reach(Stage::NoCall);
    bench.server.expire(bench.now + 29s);
    EXPECT_EQ(bench.log(), "");
    bench.server.expire(bench.now + 1h);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
}

TEST(PptpServerTimeout, the_longest_of_durations_is_not_a_short_one) {
    Bench bench({.start_timeout = base::Duration::max(), .call_timeout = base::Duration::max()});
    bench.reach(Stage::Idle);
    bench.pass(1000h);
    EXPECT_EQ(bench.log(), "");
    bench.feed(start_request());
    (void)bench.log();
    EXPECT_GT(*bench.server.deadline(), bench.now);
}

// -- lost and spoiled

TEST(PptpServerLost, says_in_which_state) {
    const std::array<std::string, running.size()> where = {
        "before the control connection was started", "without a call", "during the call",
        "during the call", ""};
    for (std::size_t i = 0; i + 1 < running.size(); ++i) {
        Bench bench;
        bench.reach(running[i]);
        bench.server.connection_lost(bench.now, "reset by peer");
        const bool call = running[i] == Stage::WaitCsAns || running[i] == Stage::Up;
        EXPECT_EQ(bench.log(), std::string(call ? "call-ended 7 connection-lost, " : "") +
                                   "ended connection-lost");
        EXPECT_EQ(bench.ended->text, "connection closed " + where[i] + ": reset by peer");
    }
}

TEST(PptpServerLost, during_our_own_stop_is_what_was_requested) {
    Bench bench;
    bench.reach(Stage::WaitStopReply);
    bench.server.connection_lost(bench.now, "");
    EXPECT_EQ(bench.log(), "ended requested");
}

TEST(PptpServerGarbage, ends_the_connection_at_once_in_every_state) {
    for (const Stage stage : running) {
        Bench bench;
        bench.reach(stage);
        bench.feed(base::Bytes{0, 0});
        (void)bench.log();
        ASSERT_TRUE(bench.ended);
        EXPECT_EQ(bench.ended->kind,
                  stage == Stage::WaitStopReply ? Kind::Requested : Kind::ProtocolError);
    }
}

// -- the end is the end

TEST(PptpServerEnd, nothing_is_put_out_after_it) {
    Bench bench;
    bench.reach(Stage::Ended);
    bench.server.start(bench.now);
    bench.server.resume({}, bench.now);
    bench.server.accept(CallId{peer_call}, CallId{our_call}, bps, bench.now);
    bench.server.refuse(CallId{peer_call}, Server::Refusal::Busy, bench.now);
    bench.server.clear(CallId{peer_call}, "again", bench.now);
    bench.server.stop(bench.now, "again");
    bench.feed(start_request());
    bench.feed(base::Bytes{0, 0});
    bench.server.connection_lost(bench.now, "again");
    bench.server.expire(bench.now + 1h);
    EXPECT_EQ(bench.log(), "");
    EXPECT_FALSE(bench.server.deadline());
    EXPECT_FALSE(bench.server.state());
}

TEST(PptpServerEnd, messages_behind_the_one_that_ended_it_are_not_served) {
    Bench bench;
    bench.reach(Stage::Up);
    base::Bytes octets = wp::encode(wp::StopControlConnectionRequest{});
    const base::Bytes echo = wp::encode(wp::EchoRequest{});
    octets.insert(octets.end(), echo.begin(), echo.end());
    bench.feed(octets);
    EXPECT_EQ(bench.log(), "call-ended 7 stopped, Stop-Control-Connection-Reply, ended stopped");
}

TEST(PptpServerEnd, a_moved_engine_goes_on) {
    Bench bench;
    bench.reach(Stage::NoCall);
    Server moved = std::move(bench.server);
    moved.receive(wp::encode(call_request()), bench.now);
    EXPECT_EQ(moved.take_outputs().size(), 1U);
    bench.server = std::move(moved);
    EXPECT_TRUE(bench.server.deadline());
}

// A client that does anything at any time, and an owner who answers as he likes: every call that
// was taken ends once, before the connection does, and the connection in time.
TEST(PptpServerEnd, comes_in_time_and_after_all_calls_whatever_the_client_does) {
    fake::FakeRandom random(2637);
    const auto message = [&]() -> wp::Message {
        const auto id = static_cast<std::uint16_t>(random.below(4));
        switch (random.below(12)) {
        case 0:
            return start_request();
        case 1:
            return wp::EchoReply{};
        case 2:
            return wp::EchoRequest{};
        case 3:
            return wp::CallClearRequest{.call_id = id};
        case 4:
            return wp::CallDisconnectNotify{.call_id = id};
        case 5:
            return wp::SetLinkInfo{.peer_call_id = id};
        case 6:
            return wp::IncomingCallRequest{};
        case 7:
            return wp::WanErrorNotify{};
        case 8:
            return wp::StopControlConnectionReply{};
        default:
            return call_request(id);
        }
    };
    for (int run = 0; run < 2000; ++run) {
        fake::FakeRandom other(static_cast<std::uint64_t>(run));
        Server server({.max_calls = 3}, other);
        base::Time now{1000s};
        std::set<CallId> waiting;
        std::set<CallId> taken;
        bool ended = false;
        std::uint16_t local = 0;
        const auto drain = [&] {
            for (const ServerOutput &output : server.take_outputs()) {
                ASSERT_FALSE(ended);
                if (const auto *asked = std::get_if<CallRequested>(&output)) {
                    ASSERT_TRUE(waiting.insert(asked->peer).second);
                    ASSERT_FALSE(taken.contains(asked->peer));
                } else if (const auto *over = std::get_if<CallEnded>(&output)) {
                    ASSERT_EQ(waiting.erase(over->peer) + taken.erase(over->peer), 1U);
                } else if (std::holds_alternative<Ended>(output)) {
                    ended = true;
                    ASSERT_TRUE(waiting.empty() && taken.empty());
                }
            }
            ASSERT_LE(waiting.size() + taken.size(), 3U);
        };
        const auto babble = [&] {
            server.receive(wp::encode(message()), now);
            drain();
            if (!waiting.empty() && random.below(2) == 0) {
                const CallId call = *waiting.begin();
                waiting.erase(waiting.begin());
                if (random.below(3) == 0) {
                    server.refuse(call, Server::Refusal::Busy, now);
                } else {
                    server.accept(call, CallId{++local}, bps, now);
                    taken.insert(call);
                }
            }
            if (random.below(10) == 0)
                server.clear(CallId{static_cast<std::uint16_t>(random.below(4))}, "clear", now);
            now += std::chrono::milliseconds(random.below(500));
            if (server.deadline() && *server.deadline() <= now)
                server.expire(now);
            drain();
        };
        server.start(now);
        for (std::uint32_t i = random.below(40); i > 0 && !ended; --i)
            ASSERT_NO_FATAL_FAILURE(babble());
        const base::Time stop = now;
        server.stop(now, "enough");
        while (!ended && now < stop + 5s)
            ASSERT_NO_FATAL_FAILURE(babble());
        if (!ended) {
            server.expire(now);
            ASSERT_NO_FATAL_FAILURE(drain());
        }
        ASSERT_TRUE(ended) << "run " << run;
    }
}

}  // namespace
}  // namespace rtun::pptp::server_test
