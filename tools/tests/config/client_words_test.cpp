// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words of clients that were not there from the beginning, and those of pptp(8).
#include <tests/config/words.h>

#include <gmock/gmock.h>

namespace rtun::config {
namespace {

using namespace std::chrono_literals;

const std::string add = "client add office type pptp user jack password-file /p ";

Client added(const std::string &more) {
    const auto command = parse_text(add + "connect-to 192.0.2.1 " + more);
    EXPECT_TRUE(command) << command.error().text;
    return std::get<ClientAdd>(*command).object;
}

TEST(ClientWords, ReachTheirPlaces) {
    const Client c =
        added("profile gold host-route no dial-on-demand yes idle-timeout 5m "
              "use-peer-dns exclusively ipv6 yes quirks bezeq-israel log-tag \"the line\"");
    EXPECT_EQ(c.profile, "gold");
    EXPECT_FALSE(c.host_route);
    EXPECT_TRUE(c.dial_on_demand);
    EXPECT_EQ(c.idle_timeout, 300s);
    EXPECT_EQ(c.use_peer_dns, PeerDns::Exclusively);
    EXPECT_TRUE(c.ipv6);
    EXPECT_EQ(c.quirks, Quirks::BezeqIsrael);
    EXPECT_EQ(c.log_tag, "the line");
    const Client usual = added("");
    EXPECT_EQ(usual.profile, "default-encryption");
    EXPECT_TRUE(usual.host_route);
    EXPECT_FALSE(usual.dial_on_demand);
    EXPECT_EQ(usual.idle_timeout, 0s);
    EXPECT_EQ(usual.use_peer_dns, PeerDns::No);
    EXPECT_FALSE(usual.ipv6);
    EXPECT_EQ(usual.encryption, std::nullopt);
    EXPECT_EQ(added("encryption profile").encryption, std::nullopt);
}

TEST(ClientWords, ComeBackFromAnExport) {
    Config config;
    config.clients = {
        added("profile gold host-route no dial-on-demand yes idle-timeout 5m encryption no "
              "use-peer-dns exclusively ipv6 yes quirks BEZEQ_ISRAEL log-tag x")};
    const auto lines = export_lines(config, Reveal::Show);
    ASSERT_EQ(lines.size(), 1U);
    for (const char *word : {"profile gold", "host-route no", "dial-on-demand yes",
                             "idle-timeout 300", "use-peer-dns exclusively", "ipv6 yes",
                             "quirks bezeq-israel", "log-tag x", "encryption no"})
        EXPECT_THAT(lines[0], testing::HasSubstr(word));
    const auto again = parse_file(lines[0] + "\n", "f");
    ASSERT_TRUE(again);
    EXPECT_EQ(export_lines(*again, Reveal::Show), lines);
}

TEST(ClientWords, OfPptpMeanTheSame) {
    const Client c = added("localbind 192.0.2.7 rtmark 9 nohostroute nobuffer timeout 0.3 "
                           "idle-wait 20 max-echo-wait 30 logstring anon test-type 2 test-rate 50");
    EXPECT_EQ(c.test_type, 2U);
    EXPECT_EQ(c.test_rate, 50U);
    EXPECT_EQ(c.src_address.text(), "192.0.2.7");
    EXPECT_EQ(c.fwmark, 9U);
    EXPECT_FALSE(c.host_route);
    EXPECT_EQ(c.reorder_slots, 0U);
    EXPECT_EQ(c.reorder_time, 300ms);
    EXPECT_EQ(c.echo_interval, 20s);
    EXPECT_EQ(c.echo_timeout, 30s);
    EXPECT_EQ(c.log_tag, "anon");
    const auto set = parse_text("client set office nohostroute");
    ASSERT_TRUE(set);
    Client changed = added("");
    std::get<ClientSet>(*set).apply(changed);
    EXPECT_FALSE(changed.host_route);
}

TEST(ClientWords, OfRouterOsMeanTheSame) {
    const Client c = added("mtu 1400 mru 1300 mrru disabled");
    EXPECT_EQ(c.max_mtu, 1400);
    EXPECT_EQ(c.max_mru, 1300);
    EXPECT_EQ(error_of("client set office mrru disabled"), "(accepted)");
    EXPECT_EQ(error_of("client set office mrru 1600"),
              "argument \"1600\" is wrong: mrru: expected disabled");
    EXPECT_EQ(error_of("client set office mtu 1400 max-mtu 1300"),
              "argument \"max-mtu\" is wrong: it is given twice");
}

TEST(ClientWords, OfOthersAreTakenByConnectToo) {
    const auto command =
        parse_text("connect type pptp connect-to h user u mtu 1400 nohostroute loglevel 2");
    ASSERT_TRUE(command) << command.error().text;
    const auto &connect = std::get<Connect>(*command);
    EXPECT_EQ(connect.client.max_mtu, 1400);
    EXPECT_FALSE(connect.client.host_route);
    EXPECT_EQ(connect.log_level, base::log::Level::Debug);
}

TEST(ClientWords, ASizeThatFollowsThePathIsAuto) {
    EXPECT_EQ(added("").max_mtu, 1450);
    for (const char *words :
         {"max-mtu auto max-mru auto", "max-mtu 0 max-mru 0", "mtu auto mru 0"}) {
        Config config;
        config.clients = {added(words)};
        EXPECT_EQ(config.clients[0].max_mtu, 0);
        EXPECT_EQ(config.clients[0].max_mru, 0);
        const auto lines = export_lines(config, Reveal::Show);
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_THAT(lines[0], testing::HasSubstr("max-mtu auto max-mru auto"));
        const auto again = parse_file(lines[0] + "\n", "f");
        ASSERT_TRUE(again);
        EXPECT_EQ(again->clients[0].max_mtu, 0);
    }
}

TEST(ClientWords, OfPptpThatCannotBeAreRefusedWithTheReason) {
    for (const char *value : {"0", "0.001", "11", "1s", "x", "nan", "-1", "1e-3"})
        EXPECT_THAT(error_of(add + "connect-to h timeout " + value),
                    testing::EndsWith("is wrong: timeout: expected seconds, 0.01..10"));
    EXPECT_THAT(error_of(add + "connect-to h nolaunchpppd"), testing::HasSubstr("no pppd"));
    EXPECT_EQ(error_of(add + "connect-to h nobuffer reorder-slots 8"),
              "argument \"reorder-slots\" is wrong: it is given twice");
    EXPECT_THAT(error_of(add + "connect-to h quirks other"),
                testing::HasSubstr("expected none or bezeq-israel"));
    EXPECT_THAT(error_of("connect type pptp connect-to h user u dial-on-demand yes"),
                testing::HasSubstr("no such keyword here"));
}

TEST(ConnectTo, IsOneServerOrMore) {
    const auto servers = parse_endpoints("a.example.org:99,192.0.2.1,b");
    ASSERT_TRUE(servers);
    ASSERT_EQ(servers->size(), 3U);
    EXPECT_EQ((*servers)[0].host, "a.example.org");
    EXPECT_EQ((*servers)[0].port, 99);
    EXPECT_EQ((*servers)[1].host, "192.0.2.1");
    EXPECT_EQ((*servers)[2].port, 1723);
    std::string many = "a";
    for (std::size_t i = 1; i < MaxEndpoints; i++)
        many += ",a";
    EXPECT_TRUE(parse_endpoints(many));
    EXPECT_FALSE(parse_endpoints(many + ",a"));
    for (const char *wrong : {"", ",", "a,", ",a", "a,,b", "a, b", "a,192.0.2.300", "a,b:0"})
        EXPECT_FALSE(parse_endpoints(wrong)) << wrong;
    EXPECT_THAT(error_of(add + "connect-to a,b:0"),
                testing::HasSubstr("connect-to: \"b:0\": expected a port"));
}

TEST(ClientMonitor, NeedsAName) {
    const auto command = parse_text("client monitor office");
    ASSERT_TRUE(command);
    EXPECT_EQ(std::get<ClientMonitor>(*command).name, "office");
    EXPECT_THAT(error_of("client monitor"), testing::HasSubstr("a NAME is missing"));
}

}  // namespace
}  // namespace rtun::config
