// SPDX-License-Identifier: GPL-2.0-or-later
//
// Connections that another program goes on with: the state as an engine gives it, as text, and in
// the engine of the next program, at any time and with any octet on its way.
#include <pptp/control_state.h>
#include <tests/pptp/bench.h>
#include <tests/pptp/server_bench.h>

#include <gmock/gmock.h>

namespace rtun::pptp {
namespace {

namespace st = server_test;
using testing::HasSubstr;

ControlState through_text(const ControlState &state) {
    const auto text = encode(state);
    EXPECT_TRUE(text);
    const auto back = decode_control_state(text.value_or(""));
    EXPECT_TRUE(back) << *text;
    return back.value_or(ControlState{});
}

ServerState through_text(const ServerState &state) {
    const auto text = encode(state);
    EXPECT_TRUE(text);
    const auto back = decode_server_state(text.value_or(""));
    EXPECT_TRUE(back) << *text;
    return back.value_or(ServerState{});
}

// -- the client's engine

TEST(PptpResume, there_is_a_state_while_the_call_is_up_and_only_then) {
    for (const Stage stage : {Stage::Fresh, Stage::WaitCtlReply, Stage::WaitReply, Stage::Up,
                              Stage::WaitDisconnect, Stage::WaitStopReply, Stage::Ended}) {
        Bench bench;
        bench.reach(stage);
        EXPECT_EQ(bench.control.state().has_value(), stage == Stage::Up);
    }
}

TEST(PptpResume, the_state_is_what_was_agreed) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(base::Bytes{0, 16, 0});
    const ControlState state = through_text(bench.control.state().value());
    EXPECT_EQ(state.server.host_name, "local");
    EXPECT_EQ(state.server.vendor, "linux");
    EXPECT_EQ(state.server.firmware, 0x0102);
    EXPECT_EQ(state.server.max_channels, 5);
    EXPECT_EQ(state.call.local, CallId{our_call});
    EXPECT_EQ(state.call.peer, CallId{peer_call});
    EXPECT_EQ(state.call.connect_speed, 10000000U);
    EXPECT_EQ(state.call.peer_window, 3);
    EXPECT_EQ(state.call.processing_delay, 7);
    EXPECT_EQ(state.unread, (base::Bytes{0, 16, 0}));
    EXPECT_TRUE(state.unsent.empty());
}

TEST(PptpResume, a_resumed_engine_is_up_without_a_word_and_gives_the_same_state) {
    Bench first;
    first.reach(Stage::Up);
    const ControlState state = through_text(first.control.state().value());
    Bench bench;
    bench.control.resume(state, bench.now);
    EXPECT_EQ(bench.log(), "");
    EXPECT_EQ(encode(bench.control.state().value()), encode(state));
    bench.control.set_link_info(1, 2);
    EXPECT_EQ(bench.log(), "Set-Link-Info");
    EXPECT_EQ(bench.last_sent<wp::SetLinkInfo>().peer_call_id, peer_call);
}

TEST(PptpResume, a_resumed_engine_asks_for_a_sign_of_life_after_a_minute) {
    Bench first;
    first.reach(Stage::Up);
    Bench bench;
    bench.control.resume(first.control.state().value(), bench.now);
    bench.pass(59s);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "Echo-Request");
    bench.pass(60s);
    EXPECT_EQ(bench.log(), "ended echo-timeout");
}

TEST(PptpResume, the_reply_to_a_request_of_the_earlier_program_does_no_harm) {
    Bench first;
    first.reach(Stage::Up);
    first.pass(60s);
    (void)first.log();
    const std::uint32_t asked = first.last_sent<wp::EchoRequest>().identifier;
    Bench bench;
    bench.control.resume(first.control.state().value(), bench.now);
    bench.feed(wp::EchoReply{.identifier = asked});
    EXPECT_EQ(bench.log(), "");
    EXPECT_EQ(bench.control.counters().unexpected, 1U);
}

TEST(PptpResume, a_resumed_engine_ends_like_any_other) {
    Bench first;
    first.reach(Stage::Up);
    const ControlState state = first.control.state().value();
    {
        Bench bench;
        bench.control.resume(state, bench.now);
        bench.control.stop(bench.now, "enough");
        EXPECT_EQ(bench.log(), "Call-Clear-Request");
        EXPECT_EQ(bench.last_sent<wp::CallClearRequest>().call_id, our_call);
        bench.feed(disconnect());
        bench.feed(wp::StopControlConnectionReply{});
        EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request, ended requested");
    }
    Bench bench;
    bench.control.resume(state, bench.now);
    bench.control.connection_lost(bench.now, "");
    EXPECT_EQ(bench.log(), "ended connection-lost");
    EXPECT_EQ(bench.ended->text, "connection closed during the call");
}

TEST(PptpResume, an_engine_that_was_started_is_not_resumed) {
    Bench first;
    first.reach(Stage::Up);
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    bench.control.resume(first.control.state().value(), bench.now);
    EXPECT_FALSE(bench.control.state());
    bench.feed(start_reply());
    EXPECT_EQ(bench.log(), "control-up, Outgoing-Call-Request");
}

// Cut anywhere: what the first engine reads and what it leaves to the second are one stream.
TEST(PptpResume, no_octet_is_lost_wherever_the_change_comes) {
    base::Bytes octets;
    for (const wp::Message &message :
         {wp::Message(wp::EchoRequest{.identifier = 1}),
          wp::Message(wp::SetLinkInfo{.peer_call_id = our_call}),
          wp::Message(wp::WanErrorNotify{.peer_call_id = our_call}),
          wp::Message(wp::IncomingCallRequest{}), wp::Message(wp::EchoRequest{.identifier = 2})}) {
        const base::Bytes one = wp::encode(message);
        octets.insert(octets.end(), one.begin(), one.end());
    }
    for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
        Bench first;
        first.reach(Stage::Up);
        first.control.receive(base::View(octets).first(cut), first.now);
        std::string said = first.log();
        Bench second;
        second.control.resume(through_text(first.control.state().value()), second.now);
        EXPECT_EQ(second.log(), "");
        second.control.receive(base::View(octets).subspan(cut), second.now);
        const std::string more = second.log();
        said += (said.empty() || more.empty() ? "" : ", ") + more;
        ASSERT_EQ(said, "Echo-Reply, Incoming-Call-Reply, Echo-Reply") << "cut at " << cut;
        ASSERT_EQ(second.control.counters().unexpected, 0U);
    }
}

// -- the server's engine

TEST(PptpServerResume, there_is_a_state_from_the_start_to_the_beginning_of_the_end) {
    for (const st::Stage stage :
         {st::Stage::Fresh, st::Stage::Idle, st::Stage::NoCall, st::Stage::WaitCsAns, st::Stage::Up,
          st::Stage::WaitStopReply, st::Stage::Ended}) {
        st::Bench bench;
        bench.reach(stage);
        const auto state = bench.server.state();
        EXPECT_EQ(state.has_value(), stage >= st::Stage::NoCall && stage <= st::Stage::Up);
        if (state) {
            EXPECT_EQ(state->calls.size(), stage == st::Stage::Up ? 1U : 0U);
        }
    }
}

TEST(PptpServerResume, the_calls_of_a_resumed_engine_live_on_with_their_ids) {
    st::Bench first;
    first.reach(st::Stage::Up);
    first.feed(st::call_request(8));
    first.server.accept(CallId{8}, CallId{0x2000}, st::bps, first.now);
    const ServerState state = through_text(first.server.state().value());
    EXPECT_EQ(state.peer.host_name, "laptop");
    EXPECT_EQ(state.peer.vendor, "cananian");
    EXPECT_EQ(state.peer.firmware, 0x0102);
    EXPECT_EQ(state.calls.at(0).peer_window, 16);

    st::Bench bench;
    bench.server.resume(state, bench.now);
    EXPECT_EQ(bench.log(), "");
    EXPECT_EQ(encode(bench.server.state().value()), encode(state));
    bench.feed(wp::SetLinkInfo{.peer_call_id = 0x2000});
    EXPECT_EQ(bench.log(), "link-info 8");
    bench.feed(st::call_request(8));
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().error, 5);
    bench.feed(wp::CallClearRequest{.call_id = 7});
    EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 7 call-cleared");
    EXPECT_EQ(bench.last_sent<wp::CallDisconnectNotify>().call_id, st::our_call);
    bench.server.stop(bench.now, "enough");
    EXPECT_EQ(bench.log(),
              "Call-Disconnect-Notify, call-ended 8 requested, Stop-Control-Connection-Request");
}

TEST(PptpServerResume, a_resumed_engine_has_the_timers_of_its_state) {
    st::Bench first;
    first.reach(st::Stage::NoCall);
    st::Bench without({.echo_interval = 0s});
    without.server.resume(first.server.state().value(), without.now);
    without.pass(30s);
    EXPECT_EQ(without.log(), "Stop-Control-Connection-Request");

    st::Bench second;
    second.reach(st::Stage::Up);
    st::Bench with;
    with.server.resume(second.server.state().value(), with.now);
    with.pass(60s);
    EXPECT_EQ(with.log(), "Echo-Request");
}

TEST(PptpServerResume, no_octet_is_lost_wherever_the_change_comes) {
    base::Bytes octets;
    for (const wp::Message &message :
         {wp::Message(wp::EchoRequest{.identifier = 1}),
          wp::Message(wp::SetLinkInfo{.peer_call_id = st::our_call}),
          wp::Message(wp::IncomingCallRequest{}), wp::Message(st::call_request()),
          wp::Message(wp::CallClearRequest{.call_id = st::peer_call}),
          wp::Message(wp::StopControlConnectionRequest{})}) {
        const base::Bytes one = wp::encode(message);
        octets.insert(octets.end(), one.begin(), one.end());
    }
    for (std::size_t cut = 0; cut < octets.size(); ++cut) {
        st::Bench first;
        first.reach(st::Stage::Up);
        first.server.receive(base::View(octets).first(cut), first.now);
        std::string said = first.log();
        st::Bench second;
        second.server.resume(through_text(first.server.state().value()), second.now);
        EXPECT_EQ(second.log(), "");
        second.server.receive(base::View(octets).subspan(cut), second.now);
        const std::string more = second.log();
        said += (said.empty() || more.empty() ? "" : ", ") + more;
        ASSERT_EQ(said, "Echo-Reply, link-info 7, Incoming-Call-Reply, Outgoing-Call-Reply, "
                        "Call-Disconnect-Notify, call-ended 7 call-cleared, "
                        "Stop-Control-Connection-Reply, ended stopped")
            << "cut at " << cut;
    }
}

// -- the text

TEST(PptpStateText, is_a_line_a_value) {
    Bench bench;
    bench.reach(Stage::Up);
    ControlState state = bench.control.state().value();
    EXPECT_EQ(encode(state).value(), "host local\nvendor linux\nserver 258 5\n"
                                     "call 4660 43981 10000000 3 7\n");
    state.unread = {0, 16};
    state.unsent = {1, 2, 255};
    EXPECT_THAT(encode(state).value(), testing::EndsWith("unread 0010\nunsent 0102ff\n"));
    st::Bench server;
    server.reach(st::Stage::Up);
    EXPECT_EQ(encode(server.server.state().value()).value(),
              "host laptop\nvendor cananian\npeer 258\ncall 4660 7 16\n");
}

TEST(PptpStateText, what_a_peer_calls_itself_cannot_add_a_line) {
    ControlState state{};
    state.server.host_name = "a\ncall 1 2 3 4 5";
    const std::string text = encode(state).value();
    EXPECT_THAT(text, HasSubstr("host a?call 1 2 3 4 5\n"));
    EXPECT_EQ(decode_control_state(text)->call.local, CallId{0});
}

TEST(PptpStateText, is_nothing_beyond_its_bounds) {
    ControlState state{};
    state.unread.assign(wp::message_max - 1, 0);
    state.unsent.assign(unsent_max, 1);
    ASSERT_TRUE(encode(state));
    EXPECT_LT(encode(state)->size(), 2048U);
    EXPECT_EQ(through_text(state).unsent, state.unsent);
    state.unsent.push_back(1);
    EXPECT_FALSE(encode(state));
    state.unsent.clear();
    state.unread.push_back(0);
    EXPECT_FALSE(encode(state));

    ServerState server;
    for (std::size_t i = 0; i < state_calls_max; ++i)
        server.calls.push_back({.local = CallId(i), .peer = CallId(i), .peer_window = 64});
    EXPECT_EQ(through_text(server).calls.size(), state_calls_max);
    server.calls.push_back({.local = CallId{500}, .peer = CallId{500}, .peer_window = 64});
    EXPECT_FALSE(encode(server));
}

TEST(PptpStateText, lines_of_a_later_version_are_skipped) {
    const auto state = decode_control_state("colour red\nserver 1 2\nnothing\n\ncall 1 2 3 4 5\n");
    ASSERT_TRUE(state);
    EXPECT_EQ(state->call.peer, CallId{2});
}

TEST(PptpStateText, that_is_wrong_or_not_whole_is_nothing) {
    const std::string good = "server 258 5\ncall 4660 43981 10000000 3 7\n";
    ASSERT_TRUE(decode_control_state(good));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_control_state(good.substr(0, size))) << size;
    for (const char *bad : {
             "server 258 5\n",
             "call 1 2 3 4 5\n",
             "server 258 5\nserver 258 5\ncall 1 2 3 4 5\n",
             "server 258 5\ncall 1 2 3 4 5\ncall 1 2 3 4 5\n",
             "server 65536 5\ncall 1 2 3 4 5\n",
             "server -1 5\ncall 1 2 3 4 5\n",
             "server 258\ncall 1 2 3 4 5\n",
             "server 258 5 \ncall 1 2 3 4 5\n",
             "server 258  5\ncall 1 2 3 4 5\n",
             "server 258 5\ncall 1 2 3 4\n",
             "server 258 5\ncall 1 2 3 4 5 6\n",
             "server 258 5\ncall 1 2 4294967296 4 5\n",
             "server 258 5\ncall 1 2 3 4 5\nunread 0\n",
             "server 258 5\ncall 1 2 3 4 5\nunread 0G\n",
             "server 258 5\ncall 1 2 3 4 5\nunread 00\nunread 00\n",
             "server 258 5\ncall 1 2 3 4 5",
         })
        EXPECT_FALSE(decode_control_state(bad)) << bad;
    for (const char *bad : {
             "",
             "call 1 2 3\n",
             "peer 1\npeer 1\n",
             "peer 1\ncall 1 2\n",
             "peer 1\ncall 1 2 3\ncall 1 4 3\n",
             "peer 1\ncall 1 2 3\ncall 4 2 3\n",
             "peer x\n",
         })
        EXPECT_FALSE(decode_server_state(bad)) << bad;
}

}  // namespace
}  // namespace rtun::pptp
