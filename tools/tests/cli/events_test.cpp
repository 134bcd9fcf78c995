// SPDX-License-Identifier: GPL-2.0-or-later
//
// Events as `monitor` prints them.
#include <tests/cli/answer.h>
#include <tests/cli/fixed_kernel.h>

#include <cli/events.h>

#include <gmock/gmock.h>

#include <ctime>

namespace rtun::cli {
namespace {

std::vector<netlink::Event> example_events() {
    const FixedKernel kernel = example_kernel();
    std::vector<netlink::Event> events{
        netlink::TunnelChanged{.created = true, .tunnel = kernel.has_tunnels[0]},
        netlink::SessionChanged{.created = true, .session = kernel.has_sessions[1]},
        netlink::SessionChanged{.created = false, .session = kernel.has_sessions[0]}};
    for (const char *type : {"pmtu", "owner_gone"})
        events.push_back(netlink::Notice{.type = type,
                                         .tunnel = netlink::TunnelId{3},
                                         .session = {},
                                         .value = 1400,
                                         .name = "rtun"});
    for (const char *type : {"resync", "ctrl_overrun", "carrier", "of_tomorrow"})
        events.push_back(netlink::Notice{
            .type = type, .tunnel = {}, .session = netlink::SessionId{7}, .value = 1, .name = {}});
    events.push_back(netlink::Notice{.type = "peer_addr",
                                     .tunnel = netlink::TunnelId{5},
                                     .address = *base::Address::parse("2001:db8::9"),
                                     .port = 4444});
    for (const std::uint32_t heard : {0U, 1U})
        events.push_back(netlink::Notice{
            .type = "peer_alive", .session = netlink::SessionId{9}, .value = heard});
    events.push_back(
        netlink::Notice{.type = "alarm", .session = netlink::SessionId{7}, .value = 12});
    for (const char *type : {"link_joined", "link_left", "mp_loss"})
        events.push_back(
            netlink::Notice{.type = type, .session = netlink::SessionId{20}, .value = 7});
    events.push_back(
        netlink::SessionChanged{.created = true, .session = bundle_kernel().has_sessions[2]});
    const FixedKernel pseudowires = l2tp_kernel();
    events.push_back(netlink::TunnelChanged{.created = true, .tunnel = pseudowires.has_tunnels[0]});
    events.push_back(
        netlink::SessionChanged{.created = false, .session = pseudowires.has_sessions[0]});
    events.push_back(netlink::SessionGone{
        .id = netlink::SessionId{7}, .tunnel = netlink::TunnelId{3}, .reason = "tunnel"});
    events.push_back(netlink::TunnelGone{.id = netlink::TunnelId{3}, .reason = "request"});
    events.push_back(netlink::Overrun{});
    return events;
}

std::string printed(const Options &options) {
    Answer answer(options);
    for (const netlink::Event &event : example_events())
        print_event(answer.out(), options, event, 1000000000.25);
    print_event(answer.out(), options,
                ctl::Event{.time = 1000000001.5,
                           .id = "client.up",
                           .object = "client",
                           .name = "office",
                           .text = "connected",
                           .fields = {{"mtu", "1450"}}});
    EXPECT_TRUE(answer.out().flush_each());
    return answer.written();
}

TEST(Monitor, TextsAndJsonAreTheGoldenOnes) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    expect_golden("monitor.txt", printed({}));
    expect_golden("monitor-timestamps.txt", printed({.timestamp = Timestamp::Short}));
    expect_golden("monitor.json", printed({.json = true}));
    EXPECT_THAT(printed({.timestamp = Timestamp::Long}),
                testing::StartsWith("Timestamp: Sun Sep  9 01:46:40 2001 250000 usec\ntunnel 3"));
}

// `connect` prints an event of the daemon as the control socket carries it: monitor only adds to
// it.
TEST(Monitor, AnEventOfTheDaemonHasTheMembersThatConnectPrints) {
    const ctl::Event event{.time = 1000000001.5,
                           .id = "client.up",
                           .object = "client",
                           .name = "office",
                           .text = "connected",
                           .fields = {{"mtu", "1450"}}};
    const Options options{.json = true};
    Answer answer(options);
    print_event(answer.out(), options, event);
    ASSERT_TRUE(answer.out().flush_each());
    std::string monitored = answer.written();
    const std::string source = "\"source\":\"daemon\",";
    const std::size_t at = monitored.find(source);
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(monitored.erase(at, source.size()), ctl::encode(event));
}

TEST(Monitor, AnEventConcernsItsObject) {
    int tunnels = 0;
    int sessions = 0;
    int both = 0;
    for (const netlink::Event &event : example_events()) {
        EXPECT_TRUE(is_about(event, "all"));
        tunnels += is_about(event, "tunnel") ? 1 : 0;
        sessions += is_about(event, "session") ? 1 : 0;
        both += is_about(event, "tunnel") && is_about(event, "session") ? 1 : 0;
    }
    EXPECT_EQ(tunnels, 7);
    EXPECT_EQ(sessions, 16);
    EXPECT_EQ(both, 1) << "only that events were lost concerns everybody";
}

}  // namespace
}  // namespace rtun::cli
