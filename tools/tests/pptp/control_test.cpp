// SPDX-License-Identifier: GPL-2.0-or-later
//
// The engine while it lives: what each message does in each state, the dialogue of a call, the
// stream cut in every way, the keepalive. How it ends is in ending_test.cpp.
#include <tests/pptp/bench.h>

#include <algorithm>
#include <array>
#include <functional>

namespace rtun::pptp {
namespace {

// -- every message in every state

struct Row {
    std::string name;
    wp::Message message;
    // What is put out in the stages from WaitCtlReply to WaitStopReply; "?" is nothing, counted
    // as unexpected, "=" nothing and in order.
    std::array<std::string, 5> outputs;
};

wp::StartControlConnectionReply with_version(std::uint16_t version) {
    auto m = start_reply();
    m.version = version;
    return m;
}

std::vector<Row> rows() {
    const std::string start_ok = "control-up, Outgoing-Call-Request";
    const std::string stop = "Stop-Control-Connection-Request";
    const std::string stop_reply = "Stop-Control-Connection-Reply";
    const std::string no_call = "Outgoing-Call-Reply";
    const std::string no_incoming = "Incoming-Call-Reply";

    auto start_refused = start_reply();
    start_refused.result = 4;
    auto call_refused = call_reply();
    call_refused.result = 7;
    auto other_call = call_reply();
    other_call.peer_call_id = our_call + 1;
    const wp::WanErrorNotify wan{.peer_call_id = our_call, .crc_errors = 1};
    const wp::WanErrorNotify other_wan{.peer_call_id = our_call + 1, .crc_errors = 1};
    const wp::SetLinkInfo link{.peer_call_id = our_call};
    const wp::SetLinkInfo other_link{.peer_call_id = our_call + 1};
    const auto stopped = stop_reply + ", ended stopped";
    const auto stopped_meanwhile = stop_reply + ", ended requested";

    // clang-format off
    return {
        // message                                               WaitCtlReply  WaitReply    Up           WaitDisc.    WaitStopReply
        {"SCCRQ",           wp::StartControlConnectionRequest{}, {"?",         "?",         "?",         "?",         "?"}},
        {"SCCRP",           start_reply(),                       {start_ok,    "?",         "?",         "?",         "?"}},
        {"SCCRP_version_2", with_version(0x0200),                {stop,        "?",         "?",         "?",         "?"}},
        {"SCCRP_version_0", with_version(0x0000),                {stop,        "?",         "?",         "?",         "?"}},
        {"SCCRP_refused",   start_refused,                       {"ended connect-refused", "?", "?",     "?",         "?"}},
        {"StopCCRQ",        wp::StopControlConnectionRequest{},  {stopped,     stopped,     stopped,     stopped_meanwhile, stopped_meanwhile}},
        {"StopCCRP",        wp::StopControlConnectionReply{},    {"?",         "?",         "?",         "?",         "ended requested"}},
        {"EchoRQ",          wp::EchoRequest{.identifier = 9},    {"Echo-Reply", "Echo-Reply", "Echo-Reply", "Echo-Reply", "Echo-Reply"}},
        {"EchoRP",          wp::EchoReply{.identifier = 9},      {"?",         "?",         "?",         "?",         "?"}},
        {"OCRQ",            wp::OutgoingCallRequest{},           {"?",         no_call,     no_call,     no_call,     "?"}},
        {"OCRP",            call_reply(),                        {"?",         "call-up",   "?",         "=",         "?"}},
        {"OCRP_refused",    call_refused,                        {"?",         stop,        "?",         stop,        "?"}},
        {"OCRP_other_call", other_call,                          {"?",         "?",         "?",         "?",         "?"}},
        {"ICRQ",            wp::IncomingCallRequest{},           {"?",         no_incoming, no_incoming, no_incoming, "?"}},
        {"ICRP",            wp::IncomingCallReply{},             {"?",         "?",         "?",         "?",         "?"}},
        {"ICCN",            wp::IncomingCallConnected{},         {"?",         "?",         "?",         "?",         "?"}},
        {"CCRQ",            wp::CallClearRequest{},              {"?",         "?",         "?",         "?",         "?"}},
        {"CDN",             disconnect(),                        {"?",         stop,        stop,        stop,        "?"}},
        {"CDN_our_call_id", disconnect(1, our_call),             {"?",         stop,        stop,        stop,        "?"}},
        {"CDN_other_call",  disconnect(1, 1),                    {"?",         stop,        "?",         "?",         "?"}},
        {"WEN",             wan,                                 {"?",         "?",         "=",         "?",         "?"}},
        {"WEN_other_call",  other_wan,                           {"?",         "?",         "?",         "?",         "?"}},
        {"SLI",             link,                                {"?",         "?",         "=",         "?",         "?"}},
        {"SLI_other_call",  other_link,                          {"?",         "?",         "?",         "?",         "?"}},
    };
    // clang-format on
}

class EveryMessage : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(pptp, EveryMessage, testing::ValuesIn(rows()),
                         [](const auto &test) { return test.param.name; });

TEST_P(EveryMessage, does_in_each_state_what_the_table_says) {
    for (std::size_t i = 0; i < GetParam().outputs.size(); ++i) {
        Bench bench;
        bench.reach(static_cast<Stage>(i + 1));
        const ControlCounters before = bench.control.counters();
        bench.feed(GetParam().message);
        const std::string expected = GetParam().outputs[i];
        const bool silent = expected == "?" || expected == "=";
        EXPECT_EQ(bench.log(), silent ? "" : expected) << "stage " << i + 1;
        EXPECT_EQ(bench.control.counters().unexpected - before.unexpected,
                  expected == "?" ? 1U : 0U)
            << "stage " << i + 1;
        EXPECT_EQ(bench.control.counters().messages_in - before.messages_in, 1U);
    }
}

TEST_P(EveryMessage, is_ignored_before_the_start_and_after_the_end) {
    for (const Stage stage : {Stage::Fresh, Stage::Ended}) {
        Bench bench;
        bench.reach(stage);
        const ControlCounters before = bench.control.counters();
        bench.feed(GetParam().message);
        EXPECT_EQ(bench.log(), "");
        EXPECT_EQ(bench.control.counters().messages_in, before.messages_in);
        EXPECT_FALSE(bench.control.deadline());
    }
}

TEST_P(EveryMessage, leaves_a_call_that_was_not_touched_working) {
    for (std::size_t i = 0; i < GetParam().outputs.size(); ++i) {
        const std::string &expected = GetParam().outputs[i];
        if (expected != "?" && expected != "=")
            continue;
        Bench bench;
        const auto stage = static_cast<Stage>(i + 1);
        bench.reach(stage);
        bench.feed(GetParam().message);
        if (stage == Stage::WaitCtlReply)
            bench.feed(start_reply());
        if (stage <= Stage::WaitReply)
            bench.feed(call_reply());
        if (stage <= Stage::Up)
            bench.control.stop(bench.now, "enough");
        if (stage <= Stage::WaitDisconnect)
            bench.feed(disconnect());
        bench.feed(wp::StopControlConnectionReply{});
        (void)bench.log();
        ASSERT_TRUE(bench.ended);
        EXPECT_EQ(bench.ended->kind, EndReason::Kind::Requested);
    }
}

// -- the dialogue

TEST(PptpControl, nothing_happens_before_the_start) {
    Bench bench;
    EXPECT_EQ(bench.log(), "");
    EXPECT_FALSE(bench.control.deadline());
    bench.pass(1h);
    bench.control.set_link_info(1, 2);
    EXPECT_EQ(bench.log(), "");
}

TEST(PptpControl, a_call_is_made_with_two_requests_and_two_replies) {
    Bench bench;
    bench.control.start(bench.now);
    EXPECT_EQ(bench.log(), "Start-Control-Connection-Request");
    bench.feed(start_reply());
    EXPECT_EQ(bench.log(), "control-up, Outgoing-Call-Request");
    bench.feed(call_reply());
    EXPECT_EQ(bench.log(), "call-up");
    EXPECT_EQ(bench.control.counters().messages_in, 2U);
    EXPECT_EQ(bench.control.counters().messages_out, 2U);
    EXPECT_EQ(bench.control.counters().unexpected, 0U);
}

TEST(PptpControl, a_second_start_does_nothing) {
    Bench bench;
    bench.reach(Stage::WaitReply);
    bench.control.start(bench.now);
    EXPECT_EQ(bench.log(), "");
}

TEST(PptpControl, the_start_request_says_what_the_options_say) {
    ControlOptions options;
    options.host_name = "client.example";
    options.vendor = "somebody";
    Bench bench(options);
    bench.control.start(bench.now);
    (void)bench.log();
    const auto m = bench.last_sent<wp::StartControlConnectionRequest>();
    EXPECT_EQ(m.version, 0x0100);
    EXPECT_EQ(m.framing, 3U);
    EXPECT_EQ(m.bearer, 3U);
    EXPECT_EQ(m.max_channels, 0);
    EXPECT_EQ(m.host_name, "client.example");
    EXPECT_EQ(m.vendor, "somebody");
}

TEST(PptpControl, the_call_request_says_what_the_options_say) {
    ControlOptions options;
    options.phone_number = "5550100";
    options.sub_address = "12";
    options.receive_window = 50;
    options.minimum_bps = 1000;
    options.maximum_bps = 2000;
    Bench bench(options);
    const std::array<std::uint8_t, 4> numbers{1, 2, 3, 4};
    bench.control.start(bench.now);
    bench.random.queue(numbers);
    bench.feed(start_reply());
    (void)bench.log();
    const auto m = bench.last_sent<wp::OutgoingCallRequest>();
    EXPECT_EQ(m.call_id, our_call);
    EXPECT_EQ(m.minimum_bps, 1000U);
    EXPECT_EQ(m.maximum_bps, 2000U);
    EXPECT_EQ(m.bearer, 3U);
    EXPECT_EQ(m.framing, 3U);
    EXPECT_EQ(m.window, 50);
    EXPECT_EQ(m.processing_delay, 0);
    EXPECT_EQ(m.phone_number, "5550100");
    EXPECT_EQ(m.sub_address, "12");
}

TEST(PptpControl, calls_have_serial_numbers_of_their_own) {
    std::vector<std::uint16_t> serials;
    fake::FakeRandom random(7);
    for (int i = 0; i < 8; ++i) {
        Control control({}, CallId{our_call}, random);
        control.start(base::Time{1s});
        control.receive(wp::encode(start_reply()), base::Time{1s});
        for (const Output &output : control.take_outputs()) {
            const auto *octets = std::get_if<SendBytes>(&output);
            if (octets == nullptr)
                continue;
            base::Reader stream(octets->bytes);
            const wp::Next next = wp::next(stream);
            const auto &message = std::get<wp::Message>(next);
            if (const auto *m = std::get_if<wp::OutgoingCallRequest>(&message))
                serials.push_back(m->serial);
        }
    }
    ASSERT_EQ(serials.size(), 8U);
    std::sort(serials.begin(), serials.end());
    EXPECT_EQ(std::adjacent_find(serials.begin(), serials.end()), serials.end());
}

TEST(PptpControl, texts_are_cut_so_that_their_fields_end_with_a_nul) {
    ControlOptions options;
    options.host_name = std::string(200, 'h');
    options.vendor = std::string(64, 'v');
    options.phone_number = std::string(64, '5');
    Bench bench(options);
    bench.control.start(bench.now);
    bench.feed(start_reply());
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::StartControlConnectionRequest>().host_name, std::string(63, 'h'));
    EXPECT_EQ(bench.last_sent<wp::StartControlConnectionRequest>().vendor, std::string(63, 'v'));
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallRequest>().phone_number, std::string(63, '5'));
}

TEST(PptpControl, what_the_server_says_of_itself_is_handed_on) {
    Bench bench;
    bench.reach(Stage::WaitReply);
    ASSERT_TRUE(bench.up);
    EXPECT_EQ(bench.up->host_name, "local");
    EXPECT_EQ(bench.up->vendor, "linux");
    EXPECT_EQ(bench.up->firmware, 0x0102);
    EXPECT_EQ(bench.up->max_channels, 5);
}

TEST(PptpControl, a_name_with_control_characters_is_made_harmless) {
    Bench bench;
    bench.control.start(bench.now);
    auto reply = start_reply();
    reply.host_name = "a\x1b[31m\n\x7f\xff~ b";
    bench.feed(reply);
    (void)bench.log();
    ASSERT_TRUE(bench.up);
    EXPECT_EQ(bench.up->host_name, "a?[31m???~ b");
}

TEST(PptpControl, the_call_has_the_ids_and_sizes_of_the_reply) {
    Bench bench;
    bench.reach(Stage::Up);
    ASSERT_TRUE(bench.call);
    EXPECT_EQ(bench.call->local, CallId{our_call});
    EXPECT_EQ(bench.call->peer, CallId{peer_call});
    EXPECT_EQ(bench.call->connect_speed, 10000000U);
    EXPECT_EQ(bench.call->peer_window, 3);
    EXPECT_EQ(bench.call->processing_delay, 7);
}

TEST(PptpControl, link_info_goes_to_the_call_id_of_the_peer) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.control.set_link_info(0x000a0000, 0xffffffff);
    EXPECT_EQ(bench.log(), "Set-Link-Info");
    const auto m = bench.last_sent<wp::SetLinkInfo>();
    EXPECT_EQ(m.peer_call_id, peer_call);
    EXPECT_EQ(m.send_accm, 0x000a0000U);
    EXPECT_EQ(m.receive_accm, 0xffffffffU);
}

TEST(PptpControl, a_call_reply_before_the_request_leaves_no_trace) {
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    auto early = call_reply();
    early.call_id = 0x7777;
    bench.feed(early);
    bench.feed(start_reply());
    bench.feed(call_reply());
    bench.control.set_link_info(1, 2);
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::SetLinkInfo>().peer_call_id, peer_call);
    bench.feed(disconnect(1, 0x7777));
    EXPECT_EQ(bench.log(), "");
}

TEST(PptpControl, a_call_id_of_zero_is_a_call_id) {
    // Debian's pptpd gives it to its first call.
    Bench bench;
    bench.reach(Stage::WaitReply);
    auto reply = call_reply();
    reply.call_id = 0;
    bench.feed(reply);
    EXPECT_EQ(bench.log(), "call-up");
    EXPECT_EQ(bench.call->peer, CallId{0});
    bench.feed(disconnect(1, 0));
    EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
}

TEST(PptpControl, link_info_is_sent_for_a_call_that_is_up_only) {
    for (const Stage stage : {Stage::Fresh, Stage::WaitCtlReply, Stage::WaitReply,
                              Stage::WaitDisconnect, Stage::WaitStopReply, Stage::Ended}) {
        Bench bench;
        bench.reach(stage);
        bench.control.set_link_info(1, 2);
        EXPECT_EQ(bench.log(), "");
    }
}

TEST(PptpControl, wan_errors_are_counted) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(wp::WanErrorNotify{.peer_call_id = our_call, .crc_errors = 5});
    bench.feed(wp::WanErrorNotify{.peer_call_id = our_call, .crc_errors = 6});
    EXPECT_EQ(bench.control.counters().call_errors, 2U);
}

TEST(PptpControl, calls_towards_us_are_refused_by_their_ids) {
    Bench bench;
    bench.reach(Stage::Up);
    wp::IncomingCallRequest incoming;
    incoming.call_id = 77;
    bench.feed(incoming);
    wp::OutgoingCallRequest outgoing;
    outgoing.call_id = 78;
    bench.feed(outgoing);
    (void)bench.log();
    EXPECT_EQ(bench.last_sent<wp::IncomingCallReply>().peer_call_id, 77);
    EXPECT_EQ(bench.last_sent<wp::IncomingCallReply>().result, 3);  // Do Not Accept
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().peer_call_id, 78);
    EXPECT_EQ(bench.last_sent<wp::OutgoingCallReply>().result, 7);  // Do Not Accept
}

// -- the stream

// All that a server may say in a call, and then some.
std::vector<wp::Message> server_says() {
    auto other = call_reply();
    other.peer_call_id = 1;
    return {
        start_reply(),
        wp::EchoRequest{.identifier = 1},
        other,
        call_reply(),
        wp::SetLinkInfo{.peer_call_id = our_call},
        wp::WanErrorNotify{.peer_call_id = our_call},
        wp::IncomingCallRequest{},
        wp::EchoRequest{.identifier = 2},
        disconnect(3),
        wp::EchoRequest{.identifier = 3},
        wp::StopControlConnectionReply{},
        wp::EchoRequest{.identifier = 4},
    };
}

// The octets sent and the other outputs, as one text.
std::string replay(const base::Bytes &octets, const std::function<std::size_t()> &next_size) {
    Bench bench;
    bench.control.start(bench.now);
    base::View rest(octets);
    std::string text = bench.log();
    while (!rest.empty()) {
        const std::size_t size = std::min(rest.size(), next_size());
        bench.control.receive(rest.first(size), bench.now);
        rest = rest.subspan(size);
        const std::string more = bench.log();
        text += more.empty() ? "" : ", " + more;
    }
    for (const wp::Message &message : bench.sent)
        text += "\n" + base::to_hex(wp::encode(message));
    if (bench.ended)
        text += "\n" + bench.ended->text;
    const ControlCounters &c = bench.control.counters();
    text += "\n" + std::to_string(c.messages_in) + " " + std::to_string(c.unexpected) + " " +
            std::to_string(c.call_errors);
    return text;
}

void expect_same_however_cut(const base::Bytes &octets) {
    const std::string whole = replay(octets, [] { return std::size_t{100000}; });
    for (std::size_t size = 1; size <= 300; ++size)
        ASSERT_EQ(replay(octets, [=] { return size; }), whole) << "cut into pieces of " << size;
    fake::FakeRandom random(42);
    for (int i = 0; i < 200; ++i)
        ASSERT_EQ(replay(octets, [&] { return std::size_t{1 + random.below(400)}; }), whole);
}

TEST(PptpStream, how_tcp_cuts_it_does_not_matter) {
    base::Bytes octets;
    for (const wp::Message &message : server_says()) {
        const base::Bytes one = wp::encode(message);
        octets.insert(octets.end(), one.begin(), one.end());
    }
    const std::string whole = replay(octets, [] { return std::size_t{100000}; });
    EXPECT_EQ(whole.substr(0, whole.find('\n')),
              "Start-Control-Connection-Request, control-up, Outgoing-Call-Request, Echo-Reply, "
              "call-up, Incoming-Call-Reply, Echo-Reply, Stop-Control-Connection-Request, "
              "Echo-Reply, ended call-cleared");
    expect_same_however_cut(octets);
}

TEST(PptpStream, garbage_ends_it_at_the_same_place_however_it_is_cut) {
    const std::vector<base::Bytes> garbage = {
        {0, 0},
        {0, 11, 0, 1},
        {0, 16, 0, 2, 1, 2, 3},
        {0, 16, 0, 1, 1, 2, 3, 4, 5},
        {0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 16, 0, 0, 0, 0, 0, 0},
        {0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 6, 0, 0, 0, 0, 0, 0},
        {255, 255, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5},
    };
    for (const base::Bytes &bad : garbage) {
        base::Bytes octets;
        for (const wp::Message &message : {wp::Message(start_reply()), wp::Message(call_reply())}) {
            const base::Bytes one = wp::encode(message);
            octets.insert(octets.end(), one.begin(), one.end());
        }
        octets.insert(octets.end(), bad.begin(), bad.end());
        octets.insert(octets.end(), 500, std::uint8_t{0x5a});
        EXPECT_NE(replay(octets, [] { return std::size_t{100000}; }).find("ended protocol-error"),
                  std::string::npos);
        expect_same_however_cut(octets);
    }
}

TEST(PptpStream, a_message_without_its_last_octet_is_waited_for) {
    Bench bench;
    bench.reach(Stage::WaitCtlReply);
    base::Bytes octets = wp::encode(start_reply());
    const std::uint8_t last = octets.back();
    octets.pop_back();
    bench.feed(octets);
    EXPECT_EQ(bench.log(), "");
    EXPECT_EQ(bench.control.counters().messages_in, 0U);
    bench.feed(base::Bytes{last});
    EXPECT_EQ(bench.log(), "control-up, Outgoing-Call-Request");
}

TEST(PptpStream, many_messages_at_once_are_all_served) {
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

TEST(PptpStream, no_octets_are_nothing) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(base::Bytes{});
    EXPECT_EQ(bench.log(), "");
}

// -- the keepalive (RFC 2637 section 3.1.4)

TEST(PptpEcho, a_request_is_answered_with_its_identifier) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.feed(wp::EchoRequest{.identifier = 0xdeadbeef});
    (void)bench.log();
    const auto m = bench.last_sent<wp::EchoReply>();
    EXPECT_EQ(m.identifier, 0xdeadbeefU);
    EXPECT_EQ(m.result, 1);
    EXPECT_EQ(m.error, 0);
}

TEST(PptpEcho, a_request_is_sent_after_a_minute_of_silence_and_not_before) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(60s - 1ns);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1ns);
    EXPECT_EQ(bench.log(), "Echo-Request");
    EXPECT_EQ(bench.control.counters().echo_sent, 1U);
}

TEST(PptpEcho, any_message_puts_the_request_off) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(59s);
    bench.feed(wp::SetLinkInfo{.peer_call_id = our_call});
    bench.pass(59s);
    EXPECT_EQ(bench.log(), "");
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "Echo-Request");
}

TEST(PptpEcho, a_part_of_a_message_does_not_put_it_off) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(59s);
    bench.feed(base::Bytes{0, 16, 0, 1});
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "Echo-Request");
}

TEST(PptpEcho, replies_keep_the_connection_for_ever) {
    Bench bench;
    bench.reach(Stage::Up);
    std::vector<std::uint32_t> identifiers;
    for (int i = 0; i < 100; ++i) {
        bench.pass(60s);
        ASSERT_EQ(bench.log(), "Echo-Request");
        identifiers.push_back(bench.last_sent<wp::EchoRequest>().identifier);
        bench.pass(30s);
        bench.feed(wp::EchoReply{.identifier = identifiers.back()});
        ASSERT_EQ(bench.log(), "");
    }
    EXPECT_EQ(bench.control.counters().echo_answered, 100U);
    EXPECT_EQ(bench.control.counters().unexpected, 0U);
    std::sort(identifiers.begin(), identifiers.end());
    EXPECT_EQ(std::adjacent_find(identifiers.begin(), identifiers.end()), identifiers.end());
}

TEST(PptpEcho, a_reply_with_a_general_error_is_a_sign_of_life) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(60s);
    (void)bench.log();
    bench.feed(wp::EchoReply{
        .identifier = bench.last_sent<wp::EchoRequest>().identifier, .result = 2, .error = 3});
    EXPECT_EQ(bench.control.counters().echo_answered, 1U);
}

TEST(PptpEcho, without_a_reply_the_connection_ends_after_another_minute) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(120s - 1ns);
    EXPECT_EQ(bench.log(), "Echo-Request");
    bench.pass(1ns);
    EXPECT_EQ(bench.log(), "ended echo-timeout");
    EXPECT_EQ(bench.ended->text, "no Echo-Reply within 1m");
}

TEST(PptpEcho, a_reply_to_something_else_and_other_messages_are_no_reply) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(60s);
    (void)bench.log();
    bench.pass(59s);
    bench.feed(wp::EchoReply{.identifier = bench.last_sent<wp::EchoRequest>().identifier + 1});
    bench.feed(wp::SetLinkInfo{.peer_call_id = our_call});
    EXPECT_EQ(bench.control.counters().unexpected, 1U);
    bench.pass(1s);
    EXPECT_EQ(bench.log(), "ended echo-timeout");
}

TEST(PptpEcho, a_second_reply_to_the_same_request_is_unexpected) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(60s);
    (void)bench.log();
    const wp::EchoReply reply{.identifier = bench.last_sent<wp::EchoRequest>().identifier};
    bench.feed(reply);
    bench.feed(reply);
    EXPECT_EQ(bench.control.counters().echo_answered, 1U);
    EXPECT_EQ(bench.control.counters().unexpected, 1U);
}

TEST(PptpEcho, an_interval_of_zero_is_no_keepalive) {
    ControlOptions options;
    options.echo_interval = 0s;
    Bench bench(options);
    bench.reach(Stage::Up);
    EXPECT_FALSE(bench.control.deadline());
    bench.pass(24h);
    EXPECT_EQ(bench.log(), "");
}

TEST(PptpEcho, the_times_are_those_of_the_options) {
    ControlOptions options;
    options.echo_interval = 7s;
    options.echo_timeout = 3s;
    Bench bench(options);
    bench.reach(Stage::Up);
    bench.pass(7s);
    EXPECT_EQ(bench.log(), "Echo-Request");
    bench.pass(3s);
    EXPECT_EQ(bench.log(), "ended echo-timeout");
}

TEST(PptpEcho, it_runs_while_the_call_is_being_made) {
    ControlOptions options;
    options.reply_timeout = 10min;
    Bench bench(options);
    bench.reach(Stage::WaitReply);
    bench.pass(60s);
    EXPECT_EQ(bench.log(), "Echo-Request");
}

TEST(PptpEcho, it_does_not_run_before_the_control_connection_is_up_nor_during_the_end) {
    ControlOptions options;
    options.reply_timeout = 10min;
    options.stop_timeout = 10min;
    for (const Stage stage : {Stage::WaitCtlReply, Stage::WaitDisconnect, Stage::WaitStopReply}) {
        Bench bench(options);
        bench.reach(stage);
        bench.pass(4min);
        EXPECT_EQ(bench.log(), "");
    }
}

TEST(PptpEcho, a_reply_that_comes_during_the_end_is_not_unexpected) {
    Bench bench;
    bench.reach(Stage::Up);
    bench.pass(60s);
    (void)bench.log();
    bench.control.stop(bench.now, "enough");
    bench.feed(wp::EchoReply{.identifier = bench.last_sent<wp::EchoRequest>().identifier});
    EXPECT_EQ(bench.control.counters().unexpected, 0U);
    EXPECT_EQ(bench.control.counters().echo_answered, 1U);
}

TEST(PptpEcho, the_longest_of_durations_is_not_a_short_one) {
    ControlOptions options;
    options.echo_interval = base::Duration::max();
    options.reply_timeout = base::Duration::max();
    Bench bench(options);
    bench.reach(Stage::WaitCtlReply);
    EXPECT_EQ(bench.control.deadline(), base::Deadline(base::Time::max()));
    bench.feed(start_reply());
    bench.feed(call_reply());
    EXPECT_EQ(bench.control.deadline(), base::Deadline(base::Time::max()));
}

}  // namespace
}  // namespace rtun::pptp
