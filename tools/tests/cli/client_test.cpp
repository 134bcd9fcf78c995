// SPDX-License-Identifier: GPL-2.0-or-later
//
// `client show` and what else the daemon is asked, with a daemon that answers what the test says.
#include <tests/cli/answer.h>
#include <tests/cli/fixed_kernel.h>
#include <tests/cli/replying_daemon.h>

#include <cli/commands.h>

#include <gmock/gmock.h>

#include <algorithm>

namespace rtun::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

ctl::Reply example_clients() {
    ctl::ClientStatus up;
    up.name = "office";
    up.type = "pptp";
    up.running = true;
    up.status = "connected";
    up.comment = "the office";
    up.connect_to = "198.51.100.7";
    up.user = "branch";
    up.server = "198.51.100.7:1723";
    up.interface = "office";
    up.tunnel_id = 3;
    up.session_id = 7;
    up.call_id = 41207;
    up.peer_call_id = 7;
    up.authentication = "mschap2";
    up.local_address = "10.9.0.2";
    up.remote_address = "10.9.0.1";
    up.dns = {"10.9.0.1", "10.9.0.3"};
    up.mtu = 1450;
    up.mru = 1450;
    up.uptime = 7 * 3600 + 24 * 60 + 18;
    up.settings = {{"comment", "the office"}, {"max-mtu", "1450"}, {"phone", ""}};
    up.counters = {{"ppp_frames_in", 12}, {"control_messages_in", 4}};
    ctl::ClientStatus encrypted = up;
    encrypted.name = "safe";
    encrypted.interface = "safe";
    encrypted.session_id = 99;
    encrypted.encoding = "MPPE128 stateless";
    ctl::ClientStatus off;
    off.name = "old";
    off.type = "pptp";
    off.enabled = false;
    off.status = "terminated";
    off.connect_to = "old.example.org";
    off.user = "jack";
    ctl::ClientStatus dialing = off;
    dialing.name = "branch";
    dialing.enabled = true;
    dialing.status = "disconnected";
    dialing.last_error = "192.0.2.1:1723: Connection refused";
    dialing.retry_in = 8;
    dialing.attempts = 3;
    return {.error = {}, .clients = {up, encrypted, off, dialing}, .lines = {}};
}

ctl::Reply client_with_links() {
    ctl::ClientStatus up = example_clients().clients.front();
    up.server.clear();
    up.call_id.reset();
    up.peer_call_id.reset();
    up.connect_to = "198.51.100.7,vpn.example.org";
    up.multilink = "mrru 1500 peer-mrru 1614";
    up.links.push_back({.server = "198.51.100.7:1723",
                        .source = "192.0.2.1",
                        .interface = "eth1",
                        .up = true,
                        .status = "up",
                        .rate = 20000000,
                        .tunnel_id = 4,
                        .session_id = 8,
                        .uptime = 3661});
    up.links.push_back({.server = "vpn.example.org:1723",
                        .source = {},
                        .interface = {},
                        .status = "waiting",
                        .last_error = "connection refused",
                        .retry_in = 8});
    return {.error = {}, .clients = {up}, .lines = {}};
}

std::string clients(const Options &options, const ctl::Reply &reply = example_clients()) {
    const Daemon daemon(reply);
    Answer answer(options);
    Context context{.options = options,
                    .out = answer.out(),
                    .open_kernel = []() -> base::Result<std::unique_ptr<netlink::Kernel>> {
                        return std::make_unique<FixedKernel>(example_kernel());
                    },
                    .socket = daemon.path()};
    const auto done = show_clients(context, {.words = {"client", "show"}, .file = {}, .line = 0});
    return done ? answer.text() : "Error: " + done.error().text;
}

TEST(ClientShow, OfMultilinkHasTheLinks) {
    expect_golden("client-links.txt", clients({.details = true}, client_with_links()));
    expect_golden("client-links.json",
                  clients({.json = true, .pretty = true}, client_with_links()));
    EXPECT_THAT(clients({}, client_with_links()), Not(HasSubstr("link ")));
}

TEST(ClientShow, OfAPortOfABridgeHasNoAddresses) {
    ctl::ClientStatus up = example_clients().clients.front();
    up.local_address = up.remote_address = "";
    up.dns.clear();
    up.bridge = "lan";
    up.bridging = "tx tagged,management rx tagged,tinygram,management";
    up.mac_address = "02:9f:11:c0:3a:57";
    up.remote_mac_address = "02:00:5e:10:00:01";
    const ctl::Reply reply{.error = {}, .clients = {up}, .lines = {}};
    expect_golden("client-bridge.txt", clients({.details = true}, reply));
    expect_golden("client-bridge.json", clients({.json = true, .pretty = true}, reply));
    EXPECT_THAT(clients({.brief = true}, reply), HasSubstr("in bridge lan"));
}

TEST(ClientShow, TextsAreTheGoldenOnes) {
    expect_golden("client.txt", clients({}));
    expect_golden("client-brief.txt", clients({.brief = true}));
    expect_golden("client-details.txt", clients({.statistics = true, .details = true}));
    expect_golden("client-color.txt", clients({.color = Color::Always}));
}

TEST(ClientShow, JsonIsTheGoldenOne) {
    expect_golden("client.json", clients({.json = true, .pretty = true}));
    expect_golden("client-details.json", clients({.json = true, .pretty = true, .details = true}));
}

TEST(ClientShow, TheRowOfAConnectedClientIsThatOfTheManual) {
    EXPECT_THAT(clients({}),
                HasSubstr("\n  R safe  pptp  198.51.100.7  user branch  mtu 1450  10.9.0.2 -> "
                          "10.9.0.1  MPPE128 stateless  up 7h24m18s\n"));
}

TEST(ClientShow, AKeyThatCanBeSearchedIsCalledInsecure) {
    ctl::Reply reply = example_clients();
    reply.clients.resize(1);
    reply.clients[0].encoding = "MPPE40 stateless";
    reply.clients[0].insecure = true;
    EXPECT_THAT(clients({}, reply), HasSubstr("10.9.0.1  MPPE40 stateless  insecure  up "));
    EXPECT_THAT(clients({.json = true}, reply),
                HasSubstr("\"encoding\":\"MPPE40 stateless\",\"insecure\":true,"));
    EXPECT_THAT(clients({.json = true}), Not(HasSubstr("insecure")));
}

TEST(ClientShow, NoClientsAreAnEmptyAnswerAndAnEmptyList) {
    EXPECT_EQ(clients({}, {}), "");
    EXPECT_EQ(clients({.json = true}, {}), "[]\n");
}

TEST(ClientShow, OnelineIsOneLineAClientAndNoHeading) {
    const std::string text = clients({.statistics = true, .details = true, .oneline = true});
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
    EXPECT_THAT(text, Not(HasSubstr("Flags:")));
}

TEST(ClientShow, WhatTheDaemonRefusesIsAnError) {
    EXPECT_EQ(clients({}, {.error = base::Error{.code = base::ErrorCode::NotFound,
                                                .text = "there is no client \"x\""},
                           .clients = {},
                           .lines = {}}),
              "Error: there is no client \"x\"");
}

TEST(ClientMonitor, HasSixFiguresUntilThereIsNoSuchClientAnyMore) {
    ctl::Reply up = example_clients();
    up.clients = {up.clients[1]};
    up.clients[0].idle_time = 12;
    ctl::Reply down = up;
    down.clients[0].status = "waiting for packets...";
    down.clients[0].running = false;
    down.clients[0].uptime = down.clients[0].idle_time = {};
    down.clients[0].mtu = down.clients[0].mru = {};
    const ctl::Reply gone{
        .error = base::Error{.code = base::ErrorCode::NotFound, .text = "there is no client"},
        .clients = {},
        .lines = {}};
    for (const auto &[json, expected] : std::vector<std::pair<bool, std::string>>{
             {false,
              "status connected  uptime 7h24m18s  idle-time 12s  encoding MPPE128 stateless  "
              "mtu 1450  mru 1450\nstatus waiting for packets...\n"},
             {true, "{\"status\":\"connected\",\"uptime\":26658,\"idle_time\":12,\"encoding\":"
                    "\"MPPE128 stateless\",\"mtu\":1450,\"mru\":1450}\n"
                    "{\"status\":\"waiting for packets...\"}\n"}}) {
        const Daemon daemon({up, down, gone});
        const Options options{.json = json};
        Answer answer(options);
        Context context{
            .options = options, .out = answer.out(), .open_kernel = {}, .socket = daemon.path()};
        const auto done = monitor_client(context, {.name = "safe"});
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().text, "there is no client");
        EXPECT_EQ(answer.written(), expected);
    }
}

TEST(TellDaemon, PrintsItsLines) {
    const Daemon daemon({.error = {}, .clients = {}, .lines = {"client add a", "client add b"}});
    for (const auto &[json, expected] : std::vector<std::pair<bool, std::string>>{
             {false, "client add a\nclient add b\n"},
             {true, "[\"client add a\",\"client add b\"]\n"}}) {
        const Options options{.json = json};
        Answer answer(options);
        Context context{
            .options = options, .out = answer.out(), .open_kernel = {}, .socket = daemon.path()};
        ASSERT_TRUE(tell_daemon(context, {.words = {"export"}, .file = {}, .line = 0}));
        EXPECT_EQ(answer.text(), expected);
    }
}

TEST(TellDaemon, WithoutADaemonItSaysSo) {
    const Options options;
    Answer answer(options);
    Context context{
        .options = options, .out = answer.out(), .open_kernel = {}, .socket = "/nonexistent/s"};
    const auto done = tell_daemon(context, {.words = {"export"}, .file = {}, .line = 0});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, base::ErrorCode::NoDaemon);
}

}  // namespace
}  // namespace rtun::cli
