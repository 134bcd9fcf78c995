// SPDX-License-Identifier: GPL-2.0-or-later
//
// The engine of the server while it lives: what each message does in each state, the dialogue of a
// call, several calls, the stream cut in every way, the keepalive. How it ends is in
// server_ending_test.cpp.
#include <tests/pptp/server_bench.h>

#include <array>
#include <functional>

namespace rtun::pptp::server_test {
namespace {

// -- every message in every state

struct Row {
    std::string name;
    wp::Message message;
    // What is put out in the stages from Idle to WaitStopReply; "?" is nothing, counted as
    // unexpected, "=" nothing and in order. "?" in front of something: counted as well.
    std::array<std::string, 5> outputs;
};

wp::StartControlConnectionRequest with_version(std::uint16_t version) {
    auto m = start_request();
    m.version = version;
    return m;
}

std::vector<Row> rows() {
    const std::string start = "Start-Control-Connection-Reply";
    const std::string up = start + ", peer-up";
    const std::string again = "?" + start;
    const std::string refused = "Outgoing-Call-Reply";
    const std::string not_yet = "?" + refused;
    const std::string incoming = "Incoming-Call-Reply";
    const std::string cleared = "Call-Disconnect-Notify, call-ended 7 call-cleared";
    const std::string stop_reply = "Stop-Control-Connection-Reply, ended stopped";
    const std::string stop_call = "call-ended 7 stopped, " + stop_reply;
    const std::string stopping = "Stop-Control-Connection-Reply, ended requested";
    const wp::CallDisconnectNotify disconnect{.call_id = peer_call, .result = 1};
    const wp::SetLinkInfo link{.peer_call_id = our_call};
    const wp::SetLinkInfo other_link{.peer_call_id = our_call + 1};
    const wp::SetLinkInfo zero_link{.peer_call_id = 0};
    const wp::CallClearRequest clear{.call_id = peer_call};
    const wp::CallClearRequest clear_ours{.call_id = our_call};

    // clang-format off
    return {
        // message                                               Idle        NoCall      WaitCsAns   Up          WaitStopReply
        {"SCCRQ",           start_request(),                     {up,         again,      again,      again,      "?"}},
        {"SCCRQ_version_2", with_version(0x0200),                {up,         again,      again,      again,      "?"}},
        {"SCCRQ_version_0", with_version(0x00ff),                {start + ", ended connect-refused", again, again, again, "?"}},
        {"SCCRP",           wp::StartControlConnectionReply{},   {"?",        "?",        "?",        "?",        "?"}},
        {"StopCCRQ",        wp::StopControlConnectionRequest{},  {stop_reply, stop_reply, stop_call,  stop_call,  stopping}},
        {"StopCCRP",        wp::StopControlConnectionReply{},    {"?",        "?",        "?",        "?",        "ended requested"}},
        {"EchoRQ",          wp::EchoRequest{.identifier = 9},    {"?",        "Echo-Reply", "Echo-Reply", "Echo-Reply", "Echo-Reply"}},
        {"EchoRP",          wp::EchoReply{.identifier = 9},      {"?",        "?",        "?",        "?",        "?"}},
        {"OCRQ",            call_request(),                      {not_yet,    "asked 7",  not_yet,    not_yet,    "?"}},
        {"OCRQ_other_call", call_request(8),                     {not_yet,    "asked 8",  "asked 8",  "asked 8",  "?"}},
        {"OCRP",            wp::OutgoingCallReply{},             {"?",        "?",        "?",        "?",        "?"}},
        {"ICRQ",            wp::IncomingCallRequest{},           {"?",        incoming,   incoming,   incoming,   "?"}},
        {"ICRP",            wp::IncomingCallReply{},             {"?",        "?",        "?",        "?",        "?"}},
        {"ICCN",            wp::IncomingCallConnected{},         {"?",        "?",        "?",        "?",        "?"}},
        {"CCRQ",            clear,                               {"?",        "?",        cleared,    cleared,    "?"}},
        {"CCRQ_our_id",     clear_ours,                          {"?",        "?",        "?",        "?",        "?"}},
        {"CDN",             disconnect,                          {"?",        "?",        "call-ended 7 call-cleared", "call-ended 7 call-cleared", "?"}},
        {"CDN_other_call",  wp::CallDisconnectNotify{.call_id = 8}, {"?",     "?",        "?",        "?",        "?"}},
        {"WEN",             wp::WanErrorNotify{.peer_call_id = our_call}, {"?", "?",      "?",        "?",        "?"}},
        {"SLI",             link,                                {"?",        "?",        "?",        "link-info 7", "?"}},
        {"SLI_other_call",  other_link,                          {"?",        "?",        "?",        "?",        "?"}},
        {"SLI_zero",        zero_link,                           {"?",        "?",        "?",        "?",        "?"}},
    };
    // clang-format on
}

class PptpServerMessage : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(all, PptpServerMessage, testing::ValuesIn(rows()),
                         [](const auto &test) { return test.param.name; });

TEST_P(PptpServerMessage, does_in_each_state_what_the_rfc_says) {
    for (std::size_t i = 0; i < running.size(); ++i) {
        Bench bench;
        bench.reach(running[i]);
        const std::uint64_t before = bench.server.counters().unexpected;
        bench.feed(GetParam().message);
        std::string expected = GetParam().outputs[i];
        const bool counted = expected.starts_with("?");
        if (counted)
            expected.erase(0, 1);
        if (expected == "=")
            expected.clear();
        EXPECT_EQ(bench.log(), expected) << "stage " << i;
        EXPECT_EQ(bench.server.counters().unexpected - before, counted ? 1U : 0U) << "stage " << i;
    }
}

TEST(PptpServer, a_message_of_an_unknown_type_is_counted_and_passed_over_in_every_state) {
    for (const Stage stage : running) {
        for (const std::uint16_t type :
             {std::uint16_t{0}, std::uint16_t{16}, std::uint16_t{0xffff}}) {
            Bench bench;
            bench.reach(stage);
            const std::uint64_t before = bench.server.counters().unexpected;
            base::Writer out;
            out.be16(220).be16(1).be32(wp::magic_cookie).be16(type).zeros(210);
            bench.feed(out.view());
            EXPECT_EQ(bench.log(), "");
            EXPECT_EQ(bench.server.counters().unexpected, before + 1);
            bench.feed(wp::StopControlConnectionRequest{});
            EXPECT_NE(bench.log(), "");
        }
    }
}

// -- the dialogue

TEST(PptpServer, nothing_happens_before_the_start) {
    Bench bench;
    bench.feed(start_request());
    bench.server.expire(bench.now + 1h);
    EXPECT_EQ(bench.log(), "");
    EXPECT_FALSE(bench.server.deadline());
}

TEST(PptpServer, a_call_is_taken_with_two_replies) {
    Bench bench;
    bench.server.start(bench.now);
    EXPECT_EQ(bench.log(), "");
    bench.feed(start_request());
    EXPECT_EQ(bench.log(), "Start-Control-Connection-Reply, peer-up");
    bench.feed(call_request());
    EXPECT_EQ(bench.log(), "asked 7");
    bench.server.accept(CallId{peer_call}, CallId{our_call}, bps, bench.now);
    EXPECT_EQ(bench.log(), "Outgoing-Call-Reply");
    EXPECT_EQ(bench.server.counters().messages_in, 2U);
    EXPECT_EQ(bench.server.counters().messages_out, 2U);
    EXPECT_EQ(bench.server.counters().unexpected, 0U);
}

TEST(PptpServer, the_start_reply_says_what_the_options_say) {
    Bench bench({.host_name = std::string(100, 'h'), .vendor = "rtun", .max_calls = 9});
    bench.server.start(bench.now);
    bench.feed(with_version(0x0203));
    (void)bench.log();
    const auto reply = bench.last_sent<wp::StartControlConnectionReply>();
    EXPECT_EQ(reply.version, 0x0100);  // ours, for the peer to follow (section 3.1.2)
    EXPECT_EQ(reply.result, 1);
    EXPECT_EQ(reply.error, 0);
    EXPECT_EQ(reply.max_channels, 9);
    EXPECT_EQ(reply.host_name, std::string(63, 'h'));
    EXPECT_EQ(reply.vendor, "rtun");
}

TEST(PptpServer, what_the_client_says_of_itself_is_handed_on_harmless) {
    Bench bench;
    bench.server.start(bench.now);
    auto request = start_request();
    request.host_name = "a\x1b[2Jb\n";
    bench.feed(request);
    (void)bench.log();
    ASSERT_TRUE(bench.up);
    EXPECT_EQ(bench.up->host_name, "a?[2Jb");
    EXPECT_EQ(bench.up->vendor, "cananian");
    EXPECT_EQ(bench.up->firmware, 0x0102);
}

TEST(PptpServer, the_owner_learns_all_that_the_call_request_says) {
    Bench bench;
    bench.reach(Stage::NoCall);
    auto request = call_request();
    request.phone_number = "55\x07";
    bench.feed(request);
    (void)bench.log();
    ASSERT_TRUE(bench.asked);
    EXPECT_EQ(bench.asked->peer, CallId{peer_call});
    EXPECT_EQ(bench.asked->serial, 3);
    EXPECT_EQ(bench.asked->minimum_bps, 2400U);
    EXPECT_EQ(bench.asked->maximum_bps, 10000000U);
    EXPECT_EQ(bench.asked->peer_window, 16);
    EXPECT_EQ(bench.asked->processing_delay, 1);
    EXPECT_EQ(bench.asked->phone_number, "55");
    EXPECT_EQ(bench.asked->sub_address, "12");
}

TEST(PptpServer, the_call_reply_has_both_ids_the_speed_and_our_window) {
    Bench bench({.receive_window = 33});
    bench.reach(Stage::WaitCsAns);
    bench.server.accept(CallId{peer_call}, CallId{our_call}, 64000, bench.now);
    (void)bench.log();
    const auto reply = bench.last_sent<wp::OutgoingCallReply>();
    EXPECT_EQ(reply.call_id, our_call);
    EXPECT_EQ(reply.peer_call_id, peer_call);
    EXPECT_EQ(reply.result, 1);
    EXPECT_EQ(reply.error, 0);
    EXPECT_EQ(reply.cause, 0);
    EXPECT_EQ(reply.connect_speed, 64000U);
    EXPECT_EQ(reply.window, 33);
}

TEST(PptpServer, a_refusal_has_the_result_of_its_reason_and_is_no_call) {
    const struct {
        Server::Refusal why;
        int result;
        int error;
    } refusals[] = {{Server::Refusal::NoResources, 2, 4},
                    {Server::Refusal::NotAllowed, 7, 0},
                    {Server::Refusal::Busy, 4, 0}};
    for (const auto &refusal : refusals) {
        Bench bench;
        bench.reach(Stage::WaitCsAns);
        bench.server.refuse(CallId{peer_call}, refusal.why, bench.now);
        EXPECT_EQ(bench.log(), "Outgoing-Call-Reply");
        const auto reply = bench.last_sent<wp::OutgoingCallReply>();
        EXPECT_EQ(reply.call_id, 0);
        EXPECT_EQ(reply.peer_call_id, peer_call);
        EXPECT_EQ(reply.result, refusal.result);
        EXPECT_EQ(reply.error, refusal.error);
        bench.feed(wp::CallClearRequest{.call_id = peer_call});
        EXPECT_EQ(bench.log(), "");
        bench.feed(call_request());  // the same id again
        EXPECT_EQ(bench.log(), "asked 7");
    }
}

TEST(PptpServer, a_call_request_before_the_start_request_is_told_that_there_is_no_connection) {
    Bench bench;
    bench.reach(Stage::Idle);
    bench.feed(call_request());
    EXPECT_EQ(bench.log(), "Outgoing-Call-Reply");
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().result, 2);
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().error, 1);  // Not-Connected
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().peer_call_id, peer_call);
    bench.feed(start_request());
    EXPECT_EQ(bench.log(), "Start-Control-Connection-Reply, peer-up");
}

TEST(PptpServer, a_second_start_request_is_told_that_the_connection_exists) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(start_request());
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::StartControlConnectionReply>().result, 3);
    EXPECT_EQ(bench.server.state()->calls.size(), 1U);
}

TEST(PptpServer, a_call_id_that_is_taken_is_refused_and_the_call_that_has_it_lives) {
    for (const Stage stage : {Stage::WaitCsAns, Stage::Up}) {
        Bench bench;
        bench.reach(stage);
        bench.feed(call_request());
        EXPECT_EQ(bench.log(), "Outgoing-Call-Reply");
        EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().result, 2);
        EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().error, 5);  // Bad-Call ID
        bench.feed(wp::CallClearRequest{.call_id = peer_call});
        EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 7 call-cleared");
    }
}

TEST(PptpServer, a_call_id_of_zero_is_a_call_id) {
    Bench bench;
    bench.reach(Stage::NoCall);
    bench.feed(call_request(0));
    EXPECT_EQ(bench.log(), "asked 0");
    bench.server.accept(CallId{0}, CallId{our_call}, bps, bench.now);
    bench.feed(wp::SetLinkInfo{.peer_call_id = our_call, .send_accm = 1, .receive_accm = 2});
    EXPECT_EQ(bench.log(), "Outgoing-Call-Reply, link-info 0");
    EXPECT_EQ(bench.link_info->send_accm, 1U);
    EXPECT_EQ(bench.link_info->receive_accm, 2U);
}

TEST(PptpServer, more_calls_than_the_options_allow_are_refused_for_want_of_resources) {
    Bench bench({.max_calls = 2});
    bench.reach(Stage::Up);
    bench.feed(call_request(8));
    EXPECT_EQ(bench.log(), "asked 8");  // counts also while it waits
    bench.feed(call_request(9));
    EXPECT_EQ(bench.log(), "Outgoing-Call-Reply");
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().result, 2);
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().error, 4);  // No-Resource
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().peer_call_id, 9);
    bench.feed(call_request(7));  // taken comes first
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().error, 5);
    bench.feed(wp::CallClearRequest{.call_id = 7});
    bench.feed(call_request(9));
    EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 7 call-cleared, asked 9");
}

TEST(PptpServer, calls_live_and_end_by_themselves) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(call_request(8));
    bench.server.accept(CallId{8}, CallId{0x2000}, bps, bench.now);
    EXPECT_EQ(bench.log(), "asked 8, Outgoing-Call-Reply");
    bench.feed(wp::SetLinkInfo{.peer_call_id = 0x2000});
    EXPECT_EQ(bench.log(), "link-info 8");
    bench.feed(wp::CallClearRequest{.call_id = peer_call});
    EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 7 call-cleared");
    EXPECT_EQ(bench.last_sent<wp::CallDisconnectNotify>().call_id, our_call);
    bench.feed(wp::SetLinkInfo{.peer_call_id = our_call});
    EXPECT_EQ(bench.log(), "");
    bench.pass(10s);
    bench.server.clear(CallId{8}, "idle for too long", bench.now);
    EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 8 requested");
    EXPECT_EQ(bench.last_sent<wp::CallDisconnectNotify>().call_id, 0x2000);
    EXPECT_FALSE(bench.ended);
}

TEST(PptpServer, an_answer_for_a_call_that_has_gone_is_nothing) {
    Bench bench;
    bench.reach(Stage::WaitCsAns);
    bench.feed(wp::CallClearRequest{.call_id = peer_call});
    EXPECT_EQ(bench.log(), "Call-Disconnect-Notify, call-ended 7 call-cleared");
    EXPECT_EQ(bench.last_sent<wp::CallDisconnectNotify>().call_id, 0);  // none was allotted
    bench.server.accept(CallId{peer_call}, CallId{our_call}, bps, bench.now);
    bench.server.refuse(CallId{peer_call}, Server::Refusal::Busy, bench.now);
    bench.server.clear(CallId{peer_call}, "late", bench.now);
    EXPECT_EQ(bench.log(), "");
    EXPECT_EQ(bench.server.counters().unexpected, 0U);  // the owner's doing, not the peer's
    EXPECT_TRUE(bench.server.state()->calls.empty());
}

TEST(PptpServer, a_call_is_answered_once) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.server.accept(CallId{peer_call}, CallId{our_call + 1}, bps, bench.now);
    bench.server.refuse(CallId{peer_call}, Server::Refusal::Busy, bench.now);
    EXPECT_EQ(bench.log(), "");
    EXPECT_EQ(bench.server.state()->calls.at(0).local, CallId{our_call});
}

TEST(PptpServer, calls_towards_us_are_refused_by_their_ids) {
    Bench bench;
    bench.reach(Stage::Up);
    wp::IncomingCallRequest incoming;
    incoming.call_id = 77;
    bench.feed(incoming);
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::IncomingCallReply>().peer_call_id, 77);
    EXPECT_EQ(bench.last_sent<wp::IncomingCallReply>().result, 3);  // Do Not Accept
}

// -- the stream

// All that a client may say in a call, and then some.
base::Bytes client_says() {
    base::Bytes octets;
    const std::vector<wp::Message> messages = {
        call_request(),
        start_request(),
        wp::EchoRequest{.identifier = 1},
        call_request(),
        wp::SetLinkInfo{.peer_call_id = our_call},
        call_request(),
        wp::IncomingCallRequest{},
        call_request(8),
        wp::CallClearRequest{.call_id = 8},
        wp::EchoRequest{.identifier = 2},
        wp::CallClearRequest{.call_id = peer_call},
        wp::StopControlConnectionRequest{},
        wp::EchoRequest{.identifier = 3},
    };
    for (const wp::Message &message : messages) {
        const base::Bytes one = wp::encode(message);
        octets.insert(octets.end(), one.begin(), one.end());
    }
    base::Writer unknown;
    unknown.be16(13).be16(1).be32(wp::magic_cookie).be16(99).zeros(3);
    octets.insert(octets.begin(), unknown.view().begin(), unknown.view().end());
    return octets;
}

// The outputs and the octets sent, as one text. The owner answers no call: when it learns of one
// depends on how the stream is cut.
std::string replay(const base::Bytes &octets, const std::function<std::size_t()> &next_size) {
    Bench bench;
    bench.server.start(bench.now);
    base::View rest(octets);
    std::string text;
    while (!rest.empty()) {
        const std::size_t size = std::min(rest.size(), next_size());
        bench.server.receive(rest.first(size), bench.now);
        rest = rest.subspan(size);
        const std::string more = bench.log();
        text += more.empty() ? "" : more + ", ";
    }
    for (const wp::Message &message : bench.sent)
        text += "\n" + base::to_hex(wp::encode(message));
    if (bench.ended)
        text += "\n" + bench.ended->text;
    const ControlCounters &c = bench.server.counters();
    return text + "\n" + std::to_string(c.messages_in) + " " + std::to_string(c.unexpected);
}

void expect_same_however_cut(const base::Bytes &octets) {
    const std::string whole = replay(octets, [] { return std::size_t{100000}; });
    for (std::size_t size = 1; size <= 300; ++size)
        ASSERT_EQ(replay(octets, [=] { return size; }), whole) << "cut into pieces of " << size;
    fake::FakeRandom random(42);
    for (int i = 0; i < 200; ++i)
        ASSERT_EQ(replay(octets, [&] { return std::size_t{1 + random.below(400)}; }), whole);
}

TEST(PptpServerStream, how_tcp_cuts_it_does_not_matter) {
    const std::string whole = replay(client_says(), [] { return std::size_t{100000}; });
    EXPECT_EQ(whole.substr(0, whole.find('\n')),
              "Outgoing-Call-Reply, Start-Control-Connection-Reply, peer-up, Echo-Reply, asked 7, "
              "Outgoing-Call-Reply, Incoming-Call-Reply, asked 8, Call-Disconnect-Notify, "
              "call-ended 8 call-cleared, Echo-Reply, Call-Disconnect-Notify, "
              "call-ended 7 call-cleared, Stop-Control-Connection-Reply, ended stopped, ");
    expect_same_however_cut(client_says());
}

TEST(PptpServerStream, it_may_be_cut_once_at_every_octet) {
    const base::Bytes octets = client_says();
    const std::string whole = replay(octets, [] { return std::size_t{100000}; });
    for (std::size_t cut = 1; cut < octets.size(); ++cut) {
        bool first = true;
        ASSERT_EQ(
            replay(octets, [&] { return std::exchange(first, false) ? cut : std::size_t{100000}; }),
            whole)
            << "cut at " << cut;
    }
}

TEST(PptpServerStream, garbage_ends_it_at_the_same_place_however_it_is_cut) {
    const std::vector<base::Bytes> garbage = {
        {0, 0},
        {0, 11, 0, 1},
        {0, 16, 0, 2, 1, 2, 3},
        {0, 16, 0, 1, 1, 2, 3, 4, 5},
        {0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 6, 0, 0, 0, 0, 0, 0},
        {0, 221, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 16, 0, 0},
        {255, 255, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5},
        {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'},
    };
    for (const base::Bytes &bad : garbage) {
        base::Bytes octets = wp::encode(start_request());
        const base::Bytes call = wp::encode(call_request());
        octets.insert(octets.end(), call.begin(), call.end());
        octets.insert(octets.end(), bad.begin(), bad.end());
        octets.insert(octets.end(), 500, std::uint8_t{0x5a});
        EXPECT_NE(replay(octets, [] { return std::size_t{100000}; }).find("ended protocol-error"),
                  std::string::npos);
        expect_same_however_cut(octets);
    }
}

// Section 1.4: the magic number is not for finding the next message.
TEST(PptpServerStream, a_message_of_every_wrong_length_closes_the_connection) {
    for (std::uint16_t type = 1; type <= 15; ++type) {
        const std::size_t right = wp::length_of(static_cast<wp::MessageType>(type));
        for (std::size_t length = 0; length < 400; ++length) {
            if (length == right)
                continue;
            Bench bench;
            bench.reach(Stage::Up);
            base::Writer out;
            out.be16(static_cast<std::uint16_t>(length)).be16(1).be32(wp::magic_cookie);
            out.be16(type).zeros(400);
            bench.feed(out.view());
            ASSERT_EQ(bench.log(), "call-ended 7 protocol-error, ended protocol-error")
                << "type " << type << " length " << length;
            ASSERT_NE(bench.ended->text.find("the client sent "), std::string::npos);
        }
    }
}

TEST(PptpServerStream, many_messages_at_once_are_all_served) {
    Bench bench;
    bench.reach(Stage::Up);
    base::Bytes octets;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const base::Bytes one = wp::encode(wp::EchoRequest{.identifier = i});
        octets.insert(octets.end(), one.begin(), one.end());
    }
    bench.feed(octets);
    (void)bench.log();
    ASSERT_EQ(bench.sent.size(), 1000U);
    for (std::uint32_t i = 0; i < 1000; ++i)
        EXPECT_EQ(std::get<wp::EchoReply>(bench.sent[i]).identifier, i);
}

TEST(PptpServerStream, what_is_put_out_is_bounded_by_what_came_in) {
    // The message that makes us say most for its size.
    for (const wp::Message &message :
         {wp::Message(wp::CallClearRequest{.call_id = peer_call}), wp::Message(call_request()),
          wp::Message(start_request()), wp::Message(wp::EchoRequest{})}) {
        Bench bench;
        bench.reach(Stage::Up);
        std::size_t in = 0;
        std::size_t out = 0;
        for (int i = 0; i < 100; ++i) {
            const base::Bytes octets = wp::encode(message);
            in += octets.size();
            bench.feed(octets);
        }
        (void)bench.log();
        for (const wp::Message &sent : bench.sent)
            out += wp::encode(sent).size();
        EXPECT_LE(out, 2 * in + 148);
    }
}

// -- the keepalive (RFC 2637 section 3.1.4)

TEST(PptpServerEcho, a_request_is_sent_after_a_minute_of_silence_and_not_before) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(59s);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "Echo-Request");
    EXPECT_EQ(bench.server.counters().echo_sent, 1U);
}

TEST(PptpServerEcho, replies_keep_the_connection_for_ever) {
    Bench bench;
    bench.reach(Stage::Up);
    std::optional<std::uint32_t> last;
    for (int i = 0; i < 100; ++i) {
        bench.pass(60s);
        EXPECT_EQ(bench.log(), "Echo-Request");
        const std::uint32_t identifier = bench.last_sent<wp::EchoRequest>().identifier;
        EXPECT_NE(last, identifier);
        last = identifier;
        bench.pass(59s);
        bench.feed(wp::EchoReply{.identifier = identifier});
        EXPECT_EQ(bench.log(), "");
    }
    EXPECT_EQ(bench.server.counters().echo_answered, 100U);
    EXPECT_EQ(bench.server.counters().unexpected, 0U);
}

TEST(PptpServerEcho, without_a_reply_all_ends_after_another_minute) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(60s);
    (void)bench.log();
    bench.feed(wp::EchoRequest{});  // no reply, whatever it says of the peer
    bench.feed(wp::EchoReply{.identifier = 12345});
    EXPECT_EQ(bench.log(), "Echo-Reply");
    bench.pass(60s);
    EXPECT_EQ(bench.log(), "call-ended 7 echo-timeout, ended echo-timeout");
    EXPECT_EQ(bench.ended->text, "no Echo-Reply within 1m");
}

TEST(PptpServerEcho, an_interval_of_zero_is_no_keepalive) {
    Bench bench({.echo_interval = 0s});
    bench.reach(Stage::Up);
    bench.pass(24h);
    EXPECT_EQ(bench.log(), "");
    EXPECT_FALSE(bench.server.deadline());
}

TEST(PptpServerEcho, it_does_not_run_before_the_control_connection_is_up_nor_during_the_end) {
    Bench bench({.start_timeout = 10h, .echo_interval = 1s, .stop_timeout = 10h});
    bench.reach(Stage::Idle);
    bench.pass(1h);
    EXPECT_EQ(bench.log(), "");
    bench.feed(start_request());
    bench.server.stop(bench.now, "enough");
    (void)bench.log();
    bench.pass(1h);
    EXPECT_EQ(bench.log(), "");
}

}  // namespace
}  // namespace rtun::pptp::server_test
