// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words of clients that were not there from the beginning, and those of pptp(8).
#include <config/links.h>
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
    EXPECT_EQ(c.src_address.at(0).text(), "192.0.2.7");
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
    EXPECT_EQ(error_of("client set office mrru 1600"), "(accepted)");
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

// -- multilink

TEST(ClientWords, OfMultilinkAreReadAndWritten) {
    const Client c = added("mrru 1600 src-address 192.0.2.7,any src-interface eth1,eth2 "
                           "link-rate 20M,64k mp-mode balance mp-loss-time 300");
    EXPECT_EQ(c.mrru, 1600U);
    EXPECT_EQ(c.src_address.size(), 2U);
    EXPECT_TRUE(c.src_address.at(1).unspecified());
    EXPECT_THAT(c.src_interface, testing::ElementsAre("eth1", "eth2"));
    EXPECT_THAT(c.link_rate, testing::ElementsAre(20000000U, 64000U));
    EXPECT_EQ(c.mp_mode, MpMode::Balance);
    EXPECT_EQ(c.mp_loss_time, 300ms);
    Config config;
    config.clients.push_back(c);
    const auto lines = export_lines(config, Reveal::Show);
    ASSERT_EQ(lines.size(), 1U);
    for (const char *word : {"mrru 1600", "src-address 192.0.2.7,any", "src-interface eth1,eth2",
                             "link-rate 20M,64k", "mp-mode balance", "mp-loss-time 300"})
        EXPECT_THAT(lines[0], testing::HasSubstr(word));
    EXPECT_EQ(added("mrru disabled").mrru, 0U);
    EXPECT_TRUE(added("src-address any").src_address.empty());
}

TEST(ClientWords, OfMultilinkThatAreWrongSayWhy) {
    const auto why = [](const std::string &words) {
        const auto parsed =
            parse_text("client add office type pptp connect-to 192.0.2.10 user jack "
                       "password-file /p " +
                       words);
        return parsed ? std::string("taken") : parsed.error().text;
    };
    using testing::HasSubstr;
    EXPECT_THAT(why("mrru 100"), HasSubstr("expected disabled or a number, 512..65535"));
    EXPECT_THAT(why("src-address 192.0.2.7,192.0.2.8"),
                HasSubstr("2 are of 2 links of one bundle, which needs multilink: mrru"));
    EXPECT_THAT(why("mrru 1500 src-address 192.0.2.7,192.0.2.8 src-interface eth1,eth2,eth3"),
                HasSubstr("3 are for 3 links, and src-address has 2"));
    EXPECT_THAT(why("mrru 1500 link-rate 20M,,"), HasSubstr("expected bits per second"));
    EXPECT_THAT(why("mrru 1500 link-rate 999"), HasSubstr("expected bits per second"));
    EXPECT_THAT(why("mrru 1500 mp-mode fast"), HasSubstr("whole, balance or round-robin"));
    EXPECT_THAT(why("mrru 1500 mp-loss-time 0"), HasSubstr("1..10000"));
    std::string many = "eth0";
    for (int i = 1; i < 17; i++)
        many += ",eth" + std::to_string(i);
    EXPECT_THAT(why("mrru 1500 src-interface " + many), HasSubstr("16 links at the most"));
    EXPECT_EQ(why("src-interface eth1"), "taken");
}

TEST(ClientLinks, AreTheListsSideBySide) {
    Client c = added("mrru 1500 src-interface eth1,eth2");
    auto links = links_of(c);
    ASSERT_TRUE(links);
    ASSERT_EQ(links->size(), 2U);
    EXPECT_EQ(links->at(0).server, links->at(1).server);
    EXPECT_EQ(links->at(1).interface, "eth2");
    EXPECT_FALSE(links->at(0).same_way(links->at(1)));
    c.connect_to = "a,b,c";
    EXPECT_THAT(links_of(c).error().text,
                testing::HasSubstr("src-interface: 2 are for 2 links, and connect-to has 3"));
    c.src_interface = {"eth1"};
    c.link_rate = {1000, 2000, 3000};
    links = links_of(c);
    ASSERT_TRUE(links);
    ASSERT_EQ(links->size(), 3U);
    EXPECT_EQ(links->at(2).server.host, "c");
    EXPECT_EQ(links->at(2).interface, "eth1");
    EXPECT_EQ(links->at(2).rate, 3000U);
    c.mrru = 0;
    c.link_rate.clear();
    EXPECT_EQ(links_of(c)->size(), 1U) << "the servers are tried in turn";
}

}  // namespace
}  // namespace rtun::config
