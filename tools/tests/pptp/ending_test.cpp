// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the engine ends: in order, refused, cleared, stopped, without answer, without a connection.
// Whatever happens, Ended comes once, comes last and comes in time.
#include <tests/pptp/bench.h>

#include <array>

namespace rtun::pptp {
namespace {

using Kind = EndReason::Kind;

constexpr std::array running = {Stage::WaitCtlReply, Stage::WaitReply, Stage::Up,
                                Stage::WaitDisconnect, Stage::WaitStopReply};

// -- stop()

TEST(PptpStop, clears_the_call_then_stops_the_connection_then_ends) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.control.stop(bench.now, "disabled by the operator");
    EXPECT_EQ(bench.log(), "Call-Clear-Request");
    bench.feed(disconnect());
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    bench.feed(wp::StopControlConnectionReply{});
    EXPECT_EQ(bench.log(), "ended requested");
    EXPECT_EQ(bench.ended->text, "disabled by the operator");
    EXPECT_EQ(bench.ended->result, 0);
    EXPECT_FALSE(bench.control.deadline());
}

TEST(PptpStop, the_clear_request_carries_our_own_call_id) {
    for (const Stage stage : {Stage::WaitReply, Stage::Up}) {
        Bench bench;
        bench.reach(stage);
        bench.control.stop(bench.now, "enough");
        (void)bench.log();
        EXPECT_EQ(bench.last_sent<wp::CallClearRequest>().call_id, our_call);
    }
}

TEST(PptpStop, the_stop_request_is_a_general_one) {
    Bench bench;
    bench.reach(Stage::WaitDisconnect);
    bench.feed(disconnect());
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::StopControlConnectionRequest>().reason, wp::StopReason::None);
}

TEST(PptpStop, before_the_start_ends_at_once) {
    Bench bench;
    bench.control.stop(bench.now, "enough");
    EXPECT_EQ(bench.log(), "ended requested");
    bench.control.start(bench.now);
    EXPECT_EQ(bench.log(), "");
}

TEST(PptpStop, before_the_control_connection_is_established_ends_at_once) {
    // RFC 2637 section 2.1: no other message may be sent before.
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    bench.control.stop(bench.now, "enough");
    EXPECT_EQ(bench.log(), "ended requested");
}

TEST(PptpStop, of_a_call_being_made_clears_it_whether_or_not_the_reply_crosses) {
    for (const bool crosses : {false, true}) {
        Bench bench;
        bench.reach(Stage::WaitReply);
        bench.control.stop(bench.now, "enough");
        EXPECT_EQ(bench.log(), "Call-Clear-Request");
        if (crosses)
            bench.feed(call_reply());
        EXPECT_EQ(bench.log(), "");
        bench.feed(disconnect());
        EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
        bench.feed(wp::StopControlConnectionReply{});
        EXPECT_EQ(bench.log(), "ended requested");
        EXPECT_EQ(bench.control.counters().unexpected, 0U);
    }
}

TEST(PptpStop, a_refusal_that_crosses_is_as_good_as_a_disconnect) {
    Bench bench;
    bench.reach(Stage::WaitReply);
    bench.control.stop(bench.now, "enough");
    (void)bench.log();
    auto refused = call_reply();
    refused.result = 4;
    bench.feed(refused);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    bench.feed(wp::StopControlConnectionReply{});
    EXPECT_EQ(bench.log(), "ended requested");
}

TEST(PptpStop, a_dead_peer_is_waited_for_no_longer_than_the_stop_timeout) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.control.stop(bench.now, "enough");
    EXPECT_EQ(bench.log(), "Call-Clear-Request");
    bench.pass(2500ms - 1ns);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1ns);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    bench.pass(2500ms - 1ns);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1ns);
    EXPECT_EQ(bench.log(), "ended requested");
}

TEST(PptpStop, a_slow_peer_does_not_make_the_end_longer) {
    Bench bench;
    bench.reach(Stage::Up);
    const base::Time begin = bench.now;
    bench.control.stop(bench.now, "enough");
    bench.pass(2s);
    bench.feed(disconnect());
    EXPECT_EQ(bench.log(), "Call-Clear-Request, Stop-Control-Connection-Request");
    EXPECT_EQ(bench.control.deadline(), base::Deadline(begin + 5s));
    bench.pass(3s);
    EXPECT_EQ(bench.log(), "ended requested");
}

TEST(PptpStop, echo_requests_do_not_make_the_end_longer) {
    for (const Stage stage : {Stage::WaitDisconnect, Stage::WaitStopReply}) {
        Bench bench;
        bench.reach(stage);
        for (int i = 0; i < 50; ++i) {
            bench.feed(wp::EchoRequest{});
            bench.pass(100ms);
        }
        (void)bench.log();
        EXPECT_TRUE(bench.ended);
    }
}

TEST(PptpStop, a_stop_timeout_of_zero_waits_for_nothing) {
    ControlOptions options;
    options.stop_timeout = 0s;
    Bench bench(options);
    bench.reach(Stage::Up);
    bench.control.stop(bench.now, "enough");
    EXPECT_EQ(bench.control.deadline(), base::Deadline(bench.now));
    bench.control.expire(bench.now);
    EXPECT_EQ(bench.log(), "Call-Clear-Request, Stop-Control-Connection-Request, ended requested");
}

TEST(PptpStop, an_engine_called_late_ends_at_once) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.control.stop(bench.now, "enough");
    bench.control.expire(bench.now + 1h);
    EXPECT_EQ(bench.log(), "Call-Clear-Request, Stop-Control-Connection-Request, ended requested");
}

TEST(PptpStop, a_second_stop_changes_nothing) {
    for (const Stage stage : {Stage::WaitDisconnect, Stage::WaitStopReply}) {
        Bench bench;
        bench.reach(stage);
        const base::Deadline deadline = bench.control.deadline();
        bench.pass(1s);
        bench.control.stop(bench.now, "another reason");
        EXPECT_EQ(bench.log(), "");
        EXPECT_EQ(bench.control.deadline(), deadline);
        bench.pass(5s);
        (void)bench.log();
        ASSERT_TRUE(bench.ended);
        EXPECT_EQ(bench.ended->text, "enough");
    }
}

TEST(PptpStop, a_stop_after_the_server_cleared_the_call_keeps_the_servers_reason) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(disconnect(1));
    bench.control.stop(bench.now, "enough");
    bench.feed(wp::StopControlConnectionReply{});
    (void)bench.log();
    EXPECT_EQ(bench.ended->kind, Kind::CallCleared);
}

TEST(PptpStop, a_refused_stop_is_an_end_too) {
    Bench bench;
    bench.reach(Stage::WaitStopReply);
    bench.feed(wp::StopControlConnectionReply{.result = 2, .error = 6});
    EXPECT_EQ(bench.log(), "ended requested");
}

// -- the server refuses or ends

TEST(PptpRefusal, of_the_control_connection_is_told_in_words) {
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    auto reply = start_reply();
    reply.result = 2;
    reply.error = 4;
    bench.feed(reply);
    EXPECT_EQ(bench.log(), "ended connect-refused");
    EXPECT_EQ(bench.ended->text, "the server refused the control connection: general error: "
                                 "insufficient resources (result 2, error 4)");
    EXPECT_EQ(bench.ended->result, 2);
    EXPECT_EQ(bench.ended->error, 4);
}

TEST(PptpRefusal, any_result_but_success_is_a_refusal) {
    for (int result = 0; result < 256; ++result) {
        Bench bench;
        bench.reach(Stage::WaitCtlReply);
        auto reply = start_reply();
        reply.result = static_cast<std::uint8_t>(result);
        bench.feed(reply);
        EXPECT_EQ(bench.log(),
                  result == 1 ? "control-up, Outgoing-Call-Request" : "ended connect-refused");
    }
}

TEST(PptpRefusal, another_version_is_answered_with_a_stop_that_says_so) {
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    auto reply = start_reply();
    reply.version = 0x0201;
    bench.feed(reply);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    EXPECT_EQ(bench.last_sent<wp::StopControlConnectionRequest>().reason,
              wp::StopReason::StopProtocol);
    EXPECT_FALSE(bench.up);
    bench.feed(wp::StopControlConnectionReply{});
    EXPECT_EQ(bench.log(), "ended connect-refused");
    EXPECT_EQ(bench.ended->text,
              "the server speaks version 2.1 of the protocol, which is not supported (1.0 is)");
}

TEST(PptpRefusal, another_version_without_a_stop_reply_ends_in_time) {
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    auto reply = start_reply();
    reply.version = 0x0200;
    bench.feed(reply);
    bench.pass(5s);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request, ended connect-refused");
}

TEST(PptpRefusal, of_the_call_stops_the_connection_in_order) {
    Bench bench;
    bench.reach(Stage::WaitReply);
    auto reply = call_reply();
    reply.result = 4;
    reply.cause = 17;
    bench.feed(reply);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    bench.feed(wp::StopControlConnectionReply{});
    EXPECT_EQ(bench.log(), "ended call-refused");
    EXPECT_EQ(bench.ended->text, "the server refused the call: busy (result 4, cause 17)");
    EXPECT_EQ(bench.ended->result, 4);
    EXPECT_EQ(bench.ended->cause, 17);
    EXPECT_FALSE(bench.call);
}

TEST(PptpRefusal, any_result_but_connected_is_a_refusal) {
    for (int result = 0; result < 256; ++result) {
        Bench bench;
        bench.reach(Stage::WaitReply);
        auto reply = call_reply();
        reply.result = static_cast<std::uint8_t>(result);
        bench.feed(reply);
        EXPECT_EQ(bench.log(), result == 1 ? "call-up" : "Stop-Control-Connection-Request");
    }
}

TEST(PptpDisconnect, of_the_call_stops_the_connection_in_order) {
    Bench bench;
    bench.reach(Stage::Up);
    auto cdn = disconnect(1);
    cdn.cause = 16;
    bench.feed(cdn);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    bench.feed(wp::StopControlConnectionReply{});
    EXPECT_EQ(bench.log(), "ended call-cleared");
    EXPECT_EQ(bench.ended->text, "the server cleared the call: lost carrier (result 1, cause 16)");
    EXPECT_EQ(bench.ended->result, 1);
    EXPECT_EQ(bench.ended->cause, 16);
}

TEST(PptpDisconnect, from_a_server_that_then_closes_without_a_word_keeps_its_reason) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(disconnect(3));
    bench.control.connection_lost(bench.now, "closed by the peer");
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request, ended call-cleared");
    EXPECT_EQ(bench.ended->text, "the server cleared the call: administrative shutdown (result 3)");
}

TEST(PptpDisconnect, from_a_server_that_then_says_nothing_ends_in_time) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(disconnect(3));
    bench.pass(5s - 1ns);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    bench.pass(1ns);
    EXPECT_EQ(bench.log(), "ended call-cleared");
}

TEST(PptpDisconnect, of_the_call_and_stop_of_the_connection_in_one_piece) {
    Bench bench;
    bench.reach(Stage::Up);
    base::Bytes octets = wp::encode(disconnect(1));
    const base::Bytes stop = wp::encode(wp::StopControlConnectionRequest{});
    octets.insert(octets.end(), stop.begin(), stop.end());
    bench.feed(octets);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request, Stop-Control-Connection-Reply, "
                           "ended call-cleared");
}

TEST(PptpDisconnect, instead_of_a_call_reply_ends_the_call) {
    // What a server does that cannot start its PPP side.
    Bench bench;
    bench.reach(Stage::WaitReply);
    bench.feed(disconnect(2, 0));
    bench.feed(wp::StopControlConnectionReply{});
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request, ended call-cleared");
}

TEST(PptpDisconnect, of_a_call_that_is_not_ours_is_counted) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(disconnect(1, 0x4321));
    EXPECT_EQ(bench.log(), "");
    EXPECT_EQ(bench.control.counters().unexpected, 1U);
}

TEST(PptpStopped, by_the_server_is_answered_and_ends) {
    for (const Stage stage : {Stage::WaitCtlReply, Stage::WaitReply, Stage::Up}) {
        Bench bench;
        bench.reach(stage);
        bench.feed(wp::StopControlConnectionRequest{.reason = wp::StopReason::StopLocalShutdown});
        EXPECT_EQ(bench.log(), "Stop-Control-Connection-Reply, ended stopped");
        EXPECT_EQ(bench.last_sent<wp::StopControlConnectionReply>().result, 1);
        EXPECT_EQ(bench.ended->text,
                  "the server stopped the control connection: peer is being shut down (reason 3)");
        EXPECT_EQ(bench.ended->result, 3);
    }
}

// -- no reply

TEST(PptpTimeout, of_the_start_reply_ends_after_a_minute) {
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    bench.pass(60s - 1ns);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1ns);
    EXPECT_EQ(bench.log(), "ended timeout");
    EXPECT_EQ(bench.ended->text, "no Start-Control-Connection-Reply within 1m");
}

TEST(PptpTimeout, of_the_call_reply_clears_the_call_and_closes_the_whole_connection) {
    ControlOptions options;
    options.echo_interval = 0s;
    Bench bench(options);
    bench.reach(Stage::WaitReply);
    bench.pass(60s - 1ns);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1ns);
    EXPECT_EQ(bench.log(), "Call-Clear-Request");
    bench.pass(5s);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request, ended timeout");
    EXPECT_EQ(bench.ended->text, "no Outgoing-Call-Reply within 1m");
}

TEST(PptpTimeout, is_not_put_off_by_other_messages) {
    for (const Stage stage : {Stage::WaitCtlReply, Stage::WaitReply}) {
        Bench bench;
        bench.reach(stage);
        for (int i = 0; i < 60; ++i) {
            bench.feed(wp::EchoRequest{});
            bench.pass(1s);
        }
        bench.pass(5s);
        (void)bench.log();
        ASSERT_TRUE(bench.ended);
        EXPECT_EQ(bench.ended->kind, Kind::Timeout);
    }
}

TEST(PptpTimeout, comes_late_if_the_engine_is_called_late_and_not_at_all_if_early) {
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    bench.control.expire(bench.now + 59s);
    EXPECT_EQ(bench.log(), "");
    bench.control.expire(bench.now + 24h);
    EXPECT_EQ(bench.log(), "ended timeout");
}

// -- no connection, no sense

TEST(PptpLost, says_what_was_waited_for) {
    const std::array<std::pair<Stage, std::string>, 4> texts{{
        {Stage::Fresh, "connection closed before the control connection was started"},
        {Stage::WaitCtlReply, "connection closed while waiting for Start-Control-Connection-Reply"},
        {Stage::WaitReply, "connection closed while waiting for Outgoing-Call-Reply"},
        {Stage::Up, "connection closed during the call"},
    }};
    for (const auto &[stage, text] : texts) {
        Bench bench;
        bench.reach(stage);
        bench.control.connection_lost(bench.now, "");
        EXPECT_EQ(bench.log(), "ended connection-lost");
        EXPECT_EQ(bench.ended->text, text);
    }
}

TEST(PptpLost, says_why_if_that_is_known) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.control.connection_lost(bench.now, "Connection reset by peer");
    (void)bench.log();
    EXPECT_EQ(bench.ended->text, "connection closed during the call: Connection reset by peer");
}

TEST(PptpLost, during_our_own_stop_is_what_was_requested) {
    for (const Stage stage : {Stage::WaitDisconnect, Stage::WaitStopReply}) {
        Bench bench;
        bench.reach(stage);
        bench.control.connection_lost(bench.now, "closed by the peer");
        EXPECT_EQ(bench.log(), "ended requested");
        EXPECT_EQ(bench.ended->text, "enough");
    }
}

TEST(PptpGarbage, ends_the_connection_at_once_in_every_stage) {
    for (const Stage stage : running) {
        Bench bench;
        bench.reach(stage);
        bench.feed(base::Bytes{0, 0});
        const bool ending = stage >= Stage::WaitDisconnect;
        EXPECT_EQ(bench.log(), ending ? "ended requested" : "ended protocol-error");
        if (!ending) {
            EXPECT_EQ(bench.ended->text,
                      "the server sent a message of length 0, shorter than its header");
        }
    }
}

TEST(PptpGarbage, after_a_good_message_spoils_only_what_follows) {
    Bench bench;
    bench.reach(Stage::WaitReply);
    base::Bytes octets = wp::encode(call_reply());
    octets.insert(octets.end(), {0, 16, 0, 1, 0, 0, 0, 0});
    bench.feed(octets);
    EXPECT_EQ(bench.log(), "call-up, ended protocol-error");
}

// -- the end is the end

TEST(PptpEnd, nothing_is_put_out_after_it) {
    Bench bench;
    bench.reach(Stage::Ended);
    bench.control.start(bench.now);
    bench.control.stop(bench.now, "again");
    bench.control.set_link_info(1, 2);
    bench.feed(wp::EchoRequest{});
    bench.feed(base::Bytes{0, 0});
    bench.control.connection_lost(bench.now, "again");
    bench.control.expire(bench.now + 1h);
    EXPECT_EQ(bench.log(), "");
    EXPECT_FALSE(bench.control.deadline());
}

TEST(PptpEnd, messages_behind_the_one_that_ended_it_are_not_served) {
    Bench bench;
    bench.reach(Stage::Up);
    base::Bytes octets = wp::encode(wp::StopControlConnectionRequest{});
    const base::Bytes echo = wp::encode(wp::EchoRequest{});
    octets.insert(octets.end(), echo.begin(), echo.end());
    bench.feed(octets);
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Reply, ended stopped");
}

TEST(PptpEnd, every_kind_has_a_name) {
    const std::array<std::string_view, 9> names = {
        "requested", "connect-refused", "call-refused",   "call-cleared",    "stopped",
        "timeout",   "echo-timeout",    "protocol-error", "connection-lost",
    };
    for (std::size_t i = 0; i < names.size(); ++i)
        EXPECT_EQ(name(static_cast<Kind>(i)), names[i]);
}

TEST(PptpEnd, a_moved_engine_goes_on) {
    Bench bench;
    bench.reach(Stage::WaitReply);
    Control moved = std::move(bench.control);
    moved.receive(wp::encode(call_reply()), bench.now);
    EXPECT_EQ(moved.take_outputs().size(), 1U);
    bench.control = std::move(moved);
    EXPECT_TRUE(bench.control.deadline());
}

// A server that does anything at any time cannot keep us from ending in time, nor make us say
// anything after it.
TEST(PptpEnd, comes_in_time_whatever_the_server_does) {
    const std::vector<wp::Message> vocabulary = {
        wp::StartControlConnectionRequest{},
        start_reply(),
        wp::StopControlConnectionReply{},
        wp::EchoRequest{},
        wp::EchoReply{},
        wp::OutgoingCallRequest{},
        call_reply(),
        wp::IncomingCallRequest{},
        wp::IncomingCallReply{},
        wp::IncomingCallConnected{},
        wp::CallClearRequest{},
        disconnect(),
        disconnect(1, 1),
        wp::WanErrorNotify{.peer_call_id = our_call},
        wp::SetLinkInfo{.peer_call_id = our_call},
    };
    fake::FakeRandom random(2637);
    for (int run = 0; run < 2000; ++run) {
        Bench bench;
        bench.control.start(bench.now);
        const auto babble = [&](int count) {
            for (int i = 0; i < count; ++i) {
                bench.feed(vocabulary[random.below(static_cast<std::uint32_t>(vocabulary.size()))]);
                bench.pass(std::chrono::milliseconds(random.below(500)));
                (void)bench.log();
            }
        };
        babble(static_cast<int>(random.below(30)));
        const base::Time stop = bench.now;
        bench.control.stop(bench.now, "enough");
        while (!bench.ended && bench.now < stop + 5s)
            babble(1);
        bench.pass(0s);
        (void)bench.log();
        ASSERT_TRUE(bench.ended) << "run " << run;
    }
}

}  // namespace
}  // namespace rtun::pptp
