// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of the control socket: what goes in comes out, and nonsense is refused.
#include <ctl/message.h>

#include <gmock/gmock.h>

#include <cstdlib>

namespace rtun::ctl {
namespace {

using testing::HasSubstr;

std::string_view body(const std::string &line) {
    EXPECT_TRUE(line.ends_with('\n'));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    return std::string_view(line).substr(0, line.size() - 1);
}

TEST(Message, ARequestComesOutAsItWentIn) {
    const Request in{.words = {"client", "add", "a b", "\"\\\n\xc3\xa4"}, .file = "f", .line = 7};
    const auto out = decode_request(body(encode(in)));
    ASSERT_TRUE(out) << out.error().text;
    EXPECT_EQ(out->words, in.words);
    EXPECT_EQ(out->file, "f");
    EXPECT_EQ(out->line, 7U);
}

TEST(Message, AReplyComesOutAsItWentIn) {
    ClientStatus client;
    client.name = "office";
    client.type = "pptp";
    client.enabled = false;
    client.running = true;
    client.status = "connected";
    client.comment = "c";
    client.connect_to = "h";
    client.user = "u";
    client.server = "192.0.2.1:1723";
    client.interface = "office";
    client.tunnel_id = 1;
    client.session_id = 2;
    client.call_id = 0;
    client.peer_call_id = 0xffff;
    client.authentication = "mschap2";
    client.encoding = "MPPE128 stateless";
    client.local_address = "10.0.0.2";
    client.remote_address = "10.0.0.1";
    client.dns = {"10.0.0.1", "10.0.0.3"};
    client.mtu = 1400;
    client.mru = 1410;
    client.uptime = 0;
    client.last_error = "e";
    client.retry_in = 9;
    client.attempts = 3;
    client.settings = {{"max-mtu", "1450"}};
    client.counters = {{"ppp_frames_in", ~std::uint64_t{0}}};
    client.multilink = "mrru 1500";
    client.bridge = "lan";
    client.bridging = "tx tagged rx untagged";
    client.mac_address = "02:00:00:00:00:01";
    client.remote_mac_address = "02:00:00:00:00:02";
    client.links.push_back({.server = "h:1723",
                            .source = "192.0.2.1",
                            .interface = "eth1",
                            .up = true,
                            .status = "up",
                            .rate = 20000000,
                            .tunnel_id = 4,
                            .session_id = 5,
                            .uptime = 6,
                            .last_error = "e",
                            .retry_in = 7});
    client.links.push_back(
        {.server = "g:1723", .source = {}, .interface = {}, .status = "waiting"});
    const Reply in{.error = base::Error{.code = base::ErrorCode::Exists, .text = "t", .errnum = 17},
                   .clients = {client},
                   .lines = {"one", ""}};
    const std::string line = encode(in);
    const auto out = decode_reply(body(line));
    ASSERT_TRUE(out) << out.error().text;
    EXPECT_EQ(encode(*out), line);
    EXPECT_EQ(out->error->code, base::ErrorCode::Exists);
    EXPECT_EQ(out->error->errnum, 17);
    ASSERT_EQ(out->clients.size(), 1U);
    EXPECT_EQ(out->clients[0].call_id, 0U);
    ASSERT_EQ(out->clients[0].links.size(), 2U);
    EXPECT_EQ(out->clients[0].links[0].rate, 20000000U);
    EXPECT_FALSE(out->clients[0].links[1].up);
    EXPECT_EQ(out->clients[0].uptime, 0U);
    EXPECT_FALSE(out->clients[0].enabled);
    EXPECT_EQ(out->clients[0].counters.at("ppp_frames_in"), ~std::uint64_t{0});
}

TEST(Message, WhatIsServedComesOutAsItWentIn) {
    Reply in{.error = {}, .clients = {}, .lines = {}};
    in.warnings = {"w"};
    in.objects = {{.kind = "secret",
                   .name = "jack",
                   .enabled = false,
                   .built_in = true,
                   .settings = {{"service", "pptp", false}, {"comment", "", true}}}};
    ServerStatus server;
    server.name = "pptp";
    server.listening = {"192.0.2.1:1723"};
    server.last_error = "e";
    server.sessions = 2;
    server.half_open = ~std::uint32_t{0};
    server.counters = {{"connections", ~std::uint64_t{0}}};
    in.servers = {server};
    ActiveStatus active;
    active.user = "jack";
    active.service = "pptp";
    active.caller_id = "203.0.113.9";
    active.address = "10.0.0.2";
    active.local_address = "10.0.0.1";
    active.interface = "<pptp-jack>";
    active.profile = "p";
    active.id = "6565a1b2-1";
    active.session_id = 1;
    active.tunnel_id = 2;
    active.call_id = 3;
    active.peer_call_id = 0;
    active.authentication = "mschap2";
    active.encoding = "MPPE40 stateful";
    active.insecure = active.radius = active.dynamic = true;
    active.mtu = 1450;
    active.mru = 1400;
    active.uptime = 7;
    active.rx_bytes = ~std::uint64_t{0};
    active.tx_bytes = 8;
    active.multilink = "mrru 1500 peer-mrru 1500";
    active.multilink_refused = "the peer rejected it";
    active.bridge = "lan";
    active.bridging = "tx tagged rx untagged";
    active.mac_address = "02:00:00:00:00:01";
    active.remote_mac_address = "02:00:00:00:00:02";
    active.links = {{.caller_id = "203.0.113.9",
                     .session_id = 4,
                     .call_id = 5,
                     .peer_call_id = 6,
                     .mtu = 1450,
                     .uptime = 9},
                    {.caller_id = "203.0.113.10"}};
    in.active = {active, {}};
    InterfaceStatus interface;
    interface.name = "pptp-in1";
    interface.user = "u";
    interface.service = "any";
    interface.comment = "c";
    interface.enabled = false;
    interface.dynamic = interface.running = true;
    interface.client_address = "a";
    interface.address = "b";
    interface.mtu = 1;
    interface.uptime = 2;
    interface.encoding = "none";
    in.interfaces = {interface};
    in.pools = {{.pool = "p", .total = 98, .used = 3}};
    in.leases = {{.address = "a", .pool = "p", .user = "u", .owner = "o"}};
    RecordStatus record;
    record.id = "i";
    record.user = "u";
    record.service = "s";
    record.caller_id = "c";
    record.interface = "f";
    record.address = "a";
    record.started = 1.5;
    record.stopped = 2.5;
    record.octets_in = 1;
    record.octets_out = 2;
    record.packets_in = 3;
    record.packets_out = 4;
    record.cause = "x";
    record.text = "t";
    in.records = {record, {}};
    const std::string line = encode(in);
    const auto out = decode_reply(body(line));
    ASSERT_TRUE(out) << out.error().text;
    EXPECT_EQ(encode(*out), line);
    EXPECT_EQ(out->objects[0].settings[0].keyword, "service");
    EXPECT_EQ(out->objects[0].settings[0].value, "pptp");
    EXPECT_TRUE(out->objects[0].settings[1].by_default);
    EXPECT_EQ(out->servers[0].half_open, ~std::uint32_t{0});
    EXPECT_EQ(out->active[0].peer_call_id, 0U);
    EXPECT_FALSE(out->active[1].mtu);
    EXPECT_EQ(out->interfaces[0].uptime, 2U);
    EXPECT_EQ(out->pools[0].total, 98U);
    EXPECT_EQ(out->leases[0].owner, "o");
    EXPECT_EQ(out->records[0].stopped, 2.5);
    EXPECT_FALSE(out->records[1].stopped);
    EXPECT_THAT(line, HasSubstr("\"caller_id\":\"203.0.113.9\""));
}

TEST(Message, AStoryComesOutAsItWentIn) {
    Story story;
    story.object = "call";
    story.name = "n";
    story.user = "jack";
    story.peer = "203.0.113.9";
    story.interface = "ppp0";
    story.began = 1000000000.25;
    story.ended = 1000000001.5;
    story.outcome = "refused";
    story.cause = "auth-failed";
    story.text = "authentication failed";
    story.layer = "ppp";
    story.by = "local";
    story.times = 3;
    story.within = 60;
    story.left_out = 7;
    story.uptime = 0;
    story.rx_bytes = ~std::uint64_t{0};
    story.tx_bytes = 5;
    story.steps = {{1000000000.25, "call.tcp", "tcp accepted"}, {1000000001.5, "call.failed", ""}};
    Story going_on;
    going_on.object = "client";
    const Reply in{.error = {}, .clients = {}, .lines = {}, .stories = {story, going_on}};
    const std::string line = encode(in);
    const auto out = decode_reply(body(line));
    ASSERT_TRUE(out) << out.error().text;
    EXPECT_EQ(encode(*out), line);
    ASSERT_EQ(out->stories.size(), 2U);
    EXPECT_EQ(out->stories[0].ended, 1000000001.5);
    EXPECT_EQ(out->stories[0].rx_bytes, ~std::uint64_t{0});
    EXPECT_EQ(out->stories[0].steps.size(), 2U);
    EXPECT_EQ(out->stories[0].steps[0].text, "tcp accepted");
    EXPECT_FALSE(out->stories[1].ended);
    EXPECT_FALSE(decode_reply(R"({"stories":[{"steps":[{"time":"x"}]}]})"));
    EXPECT_FALSE(decode_reply(R"({"stories":[{"times":-1}]})"));
    EXPECT_FALSE(decode_reply(R"({"stories":[7]})"));
}

TEST(Message, EveryErrorCodeKeepsItsMeaning) {
    for (int code = 0; code <= static_cast<int>(base::ErrorCode::System); code++) {
        const Reply in{
            .error =
                base::Error{.code = base::ErrorCode{static_cast<std::uint8_t>(code)}, .text = "t"},
            .clients = {},
            .lines = {}};
        EXPECT_EQ(decode_reply(body(encode(in)))->error->code, in.error->code);
    }
    EXPECT_EQ(decode_reply(R"({"error":{"code":"of_tomorrow","text":"t"}})")->error->code,
              base::ErrorCode::System);
}

TEST(Message, AnEventComesOutAsItWentIn) {
    const Event in{.time = 1.25,
                   .id = "client.up",
                   .object = "client",
                   .name = "a",
                   .text = "t",
                   .fields = {{"k", "v"}}};
    const auto out = decode_event(body(encode(in)));
    ASSERT_TRUE(out) << out.error().text;
    EXPECT_EQ(out->time, 1.25);
    EXPECT_EQ(out->id, "client.up");
    EXPECT_EQ(out->fields, in.fields);
}

TEST(Message, NonsenseIsRefused) {
    for (const char *line : {"", "x", "{", "[]", "7", "{}", R"({"words":[]})", R"({"words":"a"})",
                             R"({"words":[1]})", R"({"words":["a"],"line":-1})",
                             R"({"words":["a"],"line":4294967296})", R"({"words":["a"],"file":1})"})
        EXPECT_FALSE(decode_request(line)) << line;
    for (const char *line : {"x",
                             R"({"error":"e"})",
                             R"({"error":{"code":1}})",
                             R"({"clients":{}})",
                             R"({"clients":[1]})",
                             R"({"clients":[{"name":1}]})",
                             R"({"clients":[{"mtu":-1}]})",
                             R"({"clients":[{"dns":["a",1]}]})",
                             R"({"clients":[{"counters":{"a":-1}}]})",
                             R"({"clients":[{"settings":{"a":1}}]})",
                             R"({"lines":[{}]})",
                             R"({"active":{}})",
                             R"({"active":[1]})",
                             R"({"active":[{"user":1}]})",
                             R"({"active":[{"mtu":4294967296}]})",
                             R"({"objects":[{"settings":{}}]})",
                             R"({"objects":[{"settings":[1]}]})",
                             R"({"objects":[{"settings":[{"value":1}]}]})",
                             R"({"records":[{"started":"x"}]})",
                             R"({"records":[{"stopped":true}]})",
                             R"({"pools":[{"used":-1}]})",
                             R"({"servers":[{"counters":{"a":"b"}}]})",
                             R"({"warnings":"w"})"})
        EXPECT_FALSE(decode_reply(line)) << line;
    EXPECT_THAT(decode_reply(R"({"clients":[{"mtu":-1}]})").error().text,
                HasSubstr("\"clients.mtu\""));
    for (const char *line : {"{}", R"({"id":"a","time":"x"})", R"({"id":"a","fields":{"k":1}})"})
        EXPECT_FALSE(decode_event(line)) << line;
    EXPECT_FALSE(decode_request(std::string(MaxLine + 1, ' ')));
}

TEST(Message, WhatIsNotKnownIsPassedOver) {
    EXPECT_TRUE(decode_request(R"({"words":["a"],"tomorrow":{"x":[1]}})"));
    EXPECT_TRUE(decode_reply(R"({"tomorrow":1})"));
}

TEST(Message, TextThatIsNotUtf8IsSentNevertheless) {
    const Reply in{.error = base::Error{.code = base::ErrorCode::System, .text = "/tmp/\xff: gone"},
                   .clients = {},
                   .lines = {}};
    EXPECT_THAT(decode_reply(body(encode(in)))->error->text, HasSubstr("gone"));
}

TEST(SocketPath, DependsOnTheNamespaceAndTheEnvironment) {
    ::unsetenv("RTUN_SOCKET");
    EXPECT_EQ(socket_path(""), "/run/rtun/rtun.sock");
    EXPECT_EQ(socket_path("blue"), "/run/rtun/rtun-blue.sock");
    ::setenv("RTUN_SOCKET", "/tmp/x", 1);
    EXPECT_EQ(socket_path("blue"), "/tmp/x");
    ::unsetenv("RTUN_SOCKET");
}

}  // namespace
}  // namespace rtun::ctl
