// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is served and to whom: users, profiles, pools, interfaces, the server and accounting, each
// property there and back, and what is said of every mistake.
#include <tests/config/words.h>

#include <config/table.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

namespace rtun::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Config file_of(const std::string &text) {
    const auto config = parse_file(text, "x.conf");
    EXPECT_TRUE(config) << config.error().text << "\n" << text;
    return config ? *config : Config{};
}

std::string refusal_of(const std::string &text) {
    const auto config = parse_file(text, "x.conf");
    return config ? "(accepted)" : config.error().text;
}

// -- what the words become

TEST(Secret, HasTheDefaultsOfTheProduct) {
    const auto command = parse_text("secret add jack password-file /etc/rtun/jack.pw");
    ASSERT_TRUE(command) << command.error().text;
    const Secret &secret = std::get<Add<Secret>>(*command).object;
    EXPECT_EQ(secret.name, "jack");
    EXPECT_EQ(secret.password_file, "/etc/rtun/jack.pw");
    EXPECT_EQ(secret.service, Service::Any);
    EXPECT_EQ(secret.caller_id, "");
    EXPECT_EQ(secret.profile, "");
    EXPECT_EQ(secret.local_address, AddressSource{});
    EXPECT_TRUE(secret.routes.empty());
    EXPECT_TRUE(secret.enabled);
}

TEST(Secret, TheUserOfTheManualHasHerRoute) {
    const Config config = file_of("secret add ex password lkjrht service pptp local-address "
                                  "10.0.103.1 remote-address 10.0.103.2 "
                                  "routes \"10.150.1.0/24 10.0.103.2 1\"\n");
    ASSERT_EQ(config.secrets.size(), 1U);
    const Secret &secret = config.secrets[0];
    EXPECT_TRUE(secret.password.same_as(base::as_bytes("lkjrht")));
    EXPECT_EQ(secret.service, Service::Pptp);
    EXPECT_EQ(std::get<base::Ipv4>(secret.local_address.from).text(), "10.0.103.1");
    ASSERT_EQ(secret.routes.size(), 1U);
    EXPECT_EQ(secret.routes[0].destination.address.text(), "10.150.1.0");
    EXPECT_EQ(secret.routes[0].destination.length, 24);
    EXPECT_EQ(secret.routes[0].gateway.text(), "10.0.103.2");
    EXPECT_EQ(secret.routes[0].metric, 1U);
}

TEST(Secret, TakesTheWordsOfRouterOsAsTheyAreByDefault) {
    for (const char *words : {"limit-bytes-in 0", "limit-bytes-out 0", "ipv6-routes none",
                              "ipv6-routes ''", "remote-ipv6-prefix none"})
        EXPECT_EQ(error_of(std::string("secret set jack ") + words), "(accepted)") << words;
    EXPECT_EQ(error_of("secret set jack ipv6-routes 2001:db8::/64"),
              "argument \"2001:db8::/64\" is wrong: ipv6-routes: routes of users are of IPv4 only");
    EXPECT_EQ(error_of("profile set default dhcpv6-use-radius no remote-ipv6-prefix-reuse default"),
              "(accepted)");
}

TEST(Secret, APasswordOnTheCommandLineIsRefusedAndNeverRepeated) {
    const std::string said = error_of("secret add jack password hunter2");
    EXPECT_THAT(said, HasSubstr("on the command line everybody could read the secret"));
    EXPECT_THAT(said, testing::Not(HasSubstr("hunter2")));
    EXPECT_EQ(error_of("secret add jack"),
              "argument \"password-file\" is required: the file with the password");
}

TEST(Profile, TakesEveryPropertyOfTheProduct) {
    const Config config = file_of(
        "pool add ppp ranges 10.0.0.2-10.0.0.99\n"
        "profile add gold local-address 10.0.0.1 remote-address ppp dns-server 10.0.0.1,10.0.0.3 "
        "wins-server 10.0.0.4 use-encryption require only-one yes use-ipv6 no change-tcp-mss yes "
        "session-timeout 1d12h idle-timeout 10m rate-limit \"64k/128k 256k/512k 128k 10\" "
        "address-list dialled_in interface-group 7 proxy-arp yes on-up /etc/rtun/up "
        "on-down /etc/rtun/down comment 'the good ones'\n");
    ASSERT_EQ(config.profiles.size(), 1U);
    const Profile &p = config.profiles[0];
    EXPECT_EQ(std::get<std::string>(p.remote_address.from), "ppp");
    EXPECT_EQ(p.dns_server.size(), 2U);
    EXPECT_EQ(p.use_encryption, Profile::UseEncryption::Require);
    EXPECT_EQ(p.only_one, Toggle::Yes);
    EXPECT_EQ(p.use_ipv6, Toggle::No);
    EXPECT_EQ(p.session_timeout, 129600s);
    EXPECT_EQ(p.idle_timeout, 600s);
    EXPECT_EQ(p.rate_limit.rx.rate, 64000U);
    EXPECT_EQ(p.rate_limit.tx.rate, 128000U);
    EXPECT_EQ(p.rate_limit.tx.burst_rate, 512000U);
    EXPECT_EQ(p.rate_limit.tx.burst_threshold, 128000U);
    EXPECT_EQ(p.rate_limit.rx.burst_time, 10s);
    EXPECT_EQ(p.address_list, "dialled_in");
    EXPECT_EQ(p.interface_group, 7U);
    EXPECT_TRUE(p.proxy_arp);
}

TEST(Profile, SaysOfWhichBridgeSessionsArePorts) {
    const Config config = file_of(
        "profile add lans bridge br0 bridge-horizon 0 bridge-learning no bridge-path-cost 50 "
        "bridge-port-priority 0 local-address 10.0.0.1 proxy-arp yes\n"
        "profile add plain bridge none bridge-horizon none bridge-path-cost default "
        "bridge-port-priority default\n");
    ASSERT_EQ(config.profiles.size(), 2U);
    EXPECT_EQ(config.profiles[0].bridge_port(), (BridgePort{.bridge = "br0",
                                                            .horizon = 0,
                                                            .learning = Toggle::No,
                                                            .path_cost = 50,
                                                            .priority = std::uint8_t{0}}));
    EXPECT_EQ(config.profiles[1].bridge_port(), BridgePort{});
}

TEST(Profile, TheTwoThatAreThereAlwaysAreSetAndNotAdded) {
    const Config config = file_of("profile set default-encryption local-address 10.0.0.1\n"
                                  "profile set default only-one yes\n"
                                  "profile set default-encryption remote-address 10.0.0.2\n");
    ASSERT_EQ(config.profiles.size(), 2U);
    EXPECT_EQ(config.profiles[0].name, "default-encryption");
    EXPECT_EQ(config.profiles[0].use_encryption, Profile::UseEncryption::Yes);
    EXPECT_EQ(std::get<base::Ipv4>(config.profiles[0].remote_address.from).text(), "10.0.0.2");
    EXPECT_THAT(export_lines(config, Reveal::Show),
                ElementsAre("profile set default-encryption local-address 10.0.0.1 remote-address "
                            "10.0.0.2",
                            "profile set default only-one yes"));
    EXPECT_THAT(refusal_of("profile add default\n"),
                StartsWith("x.conf:1:13: argument \"default\" is wrong: this profile is there"));
    EXPECT_THAT(refusal_of("profile add gold\nprofile set gold only-one yes\n"),
                StartsWith("x.conf:2:13: argument \"gold\" is wrong: in a file only default"));
    EXPECT_THAT(refusal_of("profile set default local-address 10.0.0.1\n"
                           "profile set default remote-address 10.0.0.1\n"),
                StartsWith("x.conf:2:1: both ends of a session"));
}

TEST(Server, IsSetByTheWordsOfTheFirstPage) {
    const auto command = parse_text("server set pptp enabled yes authentication mschap2");
    ASSERT_TRUE(command) << command.error().text;
    PptpServer server;
    std::get<Set<PptpServer>>(*command).apply(server);
    EXPECT_TRUE(server.enabled);
    EXPECT_EQ(server.authentication.text(), "mschap2");
    EXPECT_THAT(warnings(*command), IsEmpty());
    EXPECT_TRUE(std::get<Enable<PptpServer>>(*parse_text("server enable pptp")).enabled);
    EXPECT_FALSE(std::get<Enable<PptpServer>>(*parse_text("server disable pptp")).enabled);
    EXPECT_TRUE(std::holds_alternative<Show<PptpServer>>(*parse_text("server")));
    EXPECT_EQ(error_of("server set l2tp enabled yes"),
              "argument \"l2tp\" is wrong: expected pptp, which is the only server yet");
}

TEST(Server, HasTheDefaultsOfTheProduct) {
    const PptpServer server;
    std::map<std::string_view, std::string> words;
    for (const Setting &setting : settings(server))
        words[setting.keyword] = setting.value;
    EXPECT_EQ(words["enabled"], "no");
    EXPECT_EQ(words["authentication"], "mschap2");
    EXPECT_EQ(words["default-profile"], "default-encryption");
    EXPECT_EQ(words["max-mtu"], "1450");
    EXPECT_EQ(words["max-mru"], "1450");
    EXPECT_EQ(words["keepalive-timeout"], "30");
    EXPECT_EQ(words["max-sessions"], "unlimited");
    EXPECT_EQ(words["listen"], "any");
    EXPECT_EQ(words["echo-interval"], "60");
    EXPECT_EQ(words["echo-timeout"], "20");
    EXPECT_EQ(words["static-rtt"], "adaptive");
}

TEST(Server, TakesTheWordsOfOthers) {
    const auto command = parse_text("server set pptp mtu 1400 mru 1300 tunnel-echo 30 disabled no "
                                    "mrru disabled");
    ASSERT_TRUE(command) << command.error().text;
    PptpServer server;
    std::get<Set<PptpServer>>(*command).apply(server);
    EXPECT_EQ(server.max_mtu, 1400);
    EXPECT_EQ(server.max_mru, 1300);
    EXPECT_EQ(server.echo_interval, 30s);
    EXPECT_TRUE(server.enabled);
    EXPECT_EQ(error_of("server set pptp mtu 1400 max-mtu 1300"),
              "argument \"max-mtu\" is wrong: it is given twice");
}

TEST(Server, HasNoMultilinkUnlessAnMrruIsSaid) {
    const auto mrru = [](const std::string &value) {
        return file_of("server set pptp mrru " + value + "\n").pptp_server.mrru;
    };
    EXPECT_EQ(PptpServer{}.mrru, 0);
    EXPECT_EQ(mrru("disabled"), 0);
    EXPECT_EQ(mrru("1614"), 1614);  // Windows'
    EXPECT_EQ(mrru("65535"), 65535);
    EXPECT_EQ(error_of("server set pptp mrru 511"),
              "argument \"511\" is wrong: mrru: expected disabled or a number, 512..65535");
    EXPECT_EQ(PptpServer{}.max_links, 16U);
    EXPECT_EQ(error_of("server set pptp max-links 0"),
              "argument \"0\" is wrong: max-links: expected a number, 1..16");
    EXPECT_EQ(error_of("profile add p max-links 17"),
              "argument \"17\" is wrong: max-links: expected default or a number, 1..16");
    EXPECT_EQ(file_of("profile add p max-links default\n").profiles[0].max_links, 0U);
}

TEST(Server, ASizeThatFollowsThePathIsAuto) {
    const Config config = file_of("server set pptp max-mtu auto mru 0\n");
    EXPECT_EQ(config.pptp_server.max_mtu, 0);
    EXPECT_EQ(config.pptp_server.max_mru, 0);
    EXPECT_THAT(export_lines(config, Reveal::Show),
                ElementsAre("server set pptp max-mtu auto max-mru auto"));
}

TEST(Server, WhatWeakensItIsDoneAndWarnedOf) {
    const auto command = parse_text("server set pptp authentication pap,chap,mschap1,mschap2 mppe "
                                    "40,128");
    ASSERT_TRUE(command) << command.error().text;
    EXPECT_THAT(warnings(*command), ElementsAre(HasSubstr("authentication pap: "),
                                                HasSubstr("authentication mschap1,chap: "),
                                                HasSubstr("mppe 128,40: ")));
    const Config config = file_of("server set pptp authentication mschap2,mschap1\n");
    EXPECT_THAT(warnings(config), ElementsAre(HasSubstr("authentication mschap1: ")));
    EXPECT_THAT(warnings(Config{}), IsEmpty());
}

TEST(Commands, OfSessionsBecomeWhatTheySay) {
    EXPECT_EQ(std::get<ActiveShow>(*parse_text("active")).name, "");
    EXPECT_EQ(std::get<ActiveShow>(*parse_text("active show jack")).name, "jack");
    EXPECT_EQ(std::get<ActiveKill>(*parse_text("active kill <pptp-jack>")).who, "<pptp-jack>");
    EXPECT_EQ(std::get<PoolUsage>(*parse_text("pool usage ppp")).name, "ppp");
    EXPECT_EQ(std::get<LeaseShow>(*parse_text("lease")).pool, "");
    const auto records = std::get<AccountingShow>(*parse_text("accounting show user jack limit 5"));
    EXPECT_EQ(records.user, "jack");
    EXPECT_EQ(records.limit, 5U);
    EXPECT_EQ(std::get<AccountingShow>(*parse_text("accounting")).limit, 20U);
    EXPECT_EQ(std::get<Why>(*parse_text("why")).name, "");
    EXPECT_EQ(std::get<Why>(*parse_text("why 203.0.113.9")).name, "203.0.113.9");
    const auto capture = parse_text("capture jack -w jack.pcapng count 100 show-secrets");
    ASSERT_TRUE(capture) << capture.error().text;
    EXPECT_EQ(std::get<Capture>(*capture).name, "jack");
    EXPECT_EQ(std::get<Capture>(*capture).file, "jack.pcapng");
    EXPECT_EQ(std::get<Capture>(*capture).count, 100U);
    EXPECT_TRUE(std::get<Capture>(*capture).show_secrets);
    EXPECT_EQ(std::get<Capture>(*parse_text("capture 7 -w -")).count, 0U);
    EXPECT_THAT(error_of("capture jack"), StartsWith("argument \"-w\" is required"));
    const auto import = std::get<SecretImport>(*parse_text("secret import f dry-run show-secrets"));
    EXPECT_EQ(import.file, "f");
    EXPECT_TRUE(import.dry_run);
    EXPECT_EQ(import.secrets, Reveal::Show);
    EXPECT_TRUE(std::get<ConfigImport>(*parse_text("config import f dry-run")).dry_run);
    EXPECT_EQ(std::get<Show<ServerInterface>>(*parse_text("interface show <pptp-ex>")).name,
              "<pptp-ex>");
}

// -- there and back

// For every keyword a word that is not its default; which of them there is, is asked of the table,
// so a new row without one here is noticed.
const std::map<std::string, std::string> other_values{
    {"password-file", "/etc/rtun/x.pw"},
    {"service", "l2tp"},
    {"caller-id", "203.0.113.9"},
    {"profile", "gold"},
    {"local-address", "10.0.0.1"},
    {"remote-address", "ppp"},
    {"routes", "\"10.150.1.0/24 10.0.103.2 1,10.151.0.0/16 0.0.0.0 7\""},
    {"comment", "'a b \"c\" #'"},
    {"disabled", "yes"},
    {"dns-server", "10.0.0.1,10.0.0.3"},
    {"wins-server", "10.0.0.4"},
    {"use-encryption", "require"},
    {"only-one", "yes"},
    {"use-ipv6", "no"},
    {"change-tcp-mss", "yes"},
    {"session-timeout", "86400"},
    {"idle-timeout", "600"},
    {"rate-limit", "\"64k/128k 256k/512k 100k 10/20\""},
    {"address-list", "vpn_users"},
    {"interface-group", "42"},
    {"proxy-arp", "yes"},
    {"on-up", "/etc/rtun/up"},
    {"on-down", "/etc/rtun/down"},
    {"mrru", "1614"},
    {"max-links", "4"},
    {"ranges", "10.0.0.2-10.0.0.99,10.0.1.5"},
    {"next-pool", "more"},
    {"user", "jack"},
    {"enabled", "yes"},
    {"listen", "192.0.2.1,192.0.2.2:1724@blue"},
    {"authentication", "mschap2,pap"},
    {"default-profile", "default"},
    {"max-mtu", "1400"},
    {"max-mru", "1300"},
    {"keepalive-timeout", "0"},
    {"max-sessions", "2000"},
    {"one-session-per-host", "yes"},
    {"allow-from", "192.0.2.0/24,198.51.100.7/32"},
    {"max-half-open", "17"},
    {"max-half-open-per-host", "3"},
    {"connection-rate", "0"},
    {"receive-window", "16"},
    {"static-rtt", "1500"},
    {"echo-interval", "30"},
    {"echo-timeout", "10"},
    {"mppe", "128,40"},
    {"mppe-stateful", "only"},
    {"mppe-resync", "linux"},
    {"bridge", "lan0"},
    {"bridge-horizon", "7"},
    {"bridge-learning", "no"},
    {"bridge-path-cost", "50"},
    {"bridge-port-priority", "64"},
    {"reorder-slots", "16"},
    {"reorder-time", "20"},
    {"rechallenge", "3600"},
    {"fwmark", "0x7"},
    {"interim-update", "300"},
    {"keep", "10"},
};

// A line with all properties of a kind, or with one of them and what has to be there.
template <typename T>
std::string line_of(const std::string &head, const Property *only) {
    std::string line = head;
    for (const Property &property : properties(Kind<T>::keywords)) {
        if (!is_kept(property) || is_secret(property))
            continue;
        const bool needed = property.need != Need::Optional;
        if (only == nullptr || only == &property || needed) {
            auto value = other_values.at(std::string(property.keyword));
            if constexpr (std::is_same_v<T, Accounting>)
                value = property.keyword == "enabled" ? "no" : value;
            line += " " + std::string(property.keyword) + " " + value;
        }
    }
    return line;
}

template <typename T>
void expect_round_trip(const std::string &head) {
    std::vector<const Property *> all{nullptr};
    for (const Property &property : properties(Kind<T>::keywords)) {
        if (is_kept(property) && !is_secret(property))
            all.push_back(&property);
    }
    for (const Property *property : all) {
        const std::string line = line_of<T>(head, property);
        const Config config = file_of(line + "\n");
        const auto lines = export_lines(config, Reveal::Show);
        ASSERT_EQ(lines.size(), 1U) << line;
        if (property != nullptr) {
            EXPECT_THAT(lines[0], HasSubstr(" " + std::string(property->keyword) + " "));
        }
        const Config again = file_of(lines[0] + "\n");
        EXPECT_EQ(export_lines(again, Reveal::Show), lines);
        // As it was written, but for the quotes.
        EXPECT_EQ(split_line(lines[0], 1, "")->size(), split_line(line, 1, "")->size());
        for (std::size_t i = 0; i < split_line(line, 1, "")->size(); i++)
            EXPECT_EQ((*split_line(lines[0], 1, ""))[i].text, (*split_line(line, 1, ""))[i].text);
    }
}

TEST(Export, EveryPropertyIsReadAsItWasWritten) {
    expect_round_trip<Secret>("secret add jack");
    expect_round_trip<Profile>("profile add gold");
    expect_round_trip<Profile>("profile set default-encryption");
    expect_round_trip<Pool>("pool add ppp");
    expect_round_trip<ServerInterface>("interface add pptp-in1");
    expect_round_trip<PptpServer>("server set pptp");
    expect_round_trip<Accounting>("accounting set");
}

TEST(Export, EveryPropertyCanBeSetBackToItsDefault) {
    const auto back = [](auto object, const std::string &head) {
        using T = decltype(object);
        const T usual{};
        for (const Setting &setting : settings(usual)) {
            if (setting.value.empty())
                continue;
            const auto command =
                parse_text(head + std::string(setting.keyword) + " " + quote(setting.value));
            ASSERT_TRUE(command) << setting.keyword << ": " << command.error().text;
            T changed = object;
            std::get<Set<T>>(*command).apply(changed);
            for (const Setting &now : settings(changed)) {
                if (now.keyword == setting.keyword) {
                    EXPECT_TRUE(now.by_default) << now.keyword << " " << now.value;
                }
            }
        }
    };
    const Config config = file_of(line_of<Secret>("secret add jack", nullptr) + "\n" +
                                  line_of<Profile>("profile add gold", nullptr) + "\n" +
                                  line_of<ServerInterface>("interface add pptp-in1", nullptr) +
                                  "\n" + line_of<PptpServer>("server set pptp", nullptr) + "\n" +
                                  line_of<Accounting>("accounting set", nullptr) + "\n");
    back(config.secrets[0], "secret set jack ");
    back(config.profiles[0], "profile set gold ");
    back(config.interfaces[0], "interface set pptp-in1 ");
    back(config.pptp_server, "server set pptp ");
    back(config.accounting, "accounting set ");
}

TEST(Export, APoolComesBehindTheOneThatItGoesOnTo) {
    const Config config = file_of("pool add a ranges 10.0.0.1 next-pool b\n"
                                  "pool add c ranges 10.0.0.3 next-pool a\n"
                                  "pool add b ranges 10.0.0.2\n");
    EXPECT_THAT(export_lines(config, Reveal::Hide),
                ElementsAre("pool add b ranges 10.0.0.2", "pool add a ranges 10.0.0.1 next-pool b",
                            "pool add c ranges 10.0.0.3 next-pool a"));
    // What cannot be is exported as well, and does not go round for ever.
    Config ring = config;
    ring.pools[2].next_pool = "a";
    const auto lines = export_lines(ring, Reveal::Hide);
    EXPECT_EQ(lines.size(), 3U);
    EXPECT_EQ(
        export_lines(file_of(lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n"), Reveal::Hide),
        lines);
}

TEST(Export, APasswordIsHiddenAndCannotBeLoadedByMistake) {
    const Config config = file_of("secret add jack password hunter2\n");
    const auto hidden = export_lines(config, Reveal::Hide);
    EXPECT_THAT(hidden, ElementsAre("secret add jack password (hidden)"));
    EXPECT_THAT(refusal_of(hidden[0]), HasSubstr("a secret that was not shown"));
    EXPECT_THAT(export_lines(config, Reveal::Show),
                ElementsAre("secret add jack password hunter2"));
}

TEST(Export, NothingIsWrittenOfWhatIsAsAtFirst) {
    EXPECT_THAT(export_lines(Config{}, Reveal::Show), IsEmpty());
    EXPECT_THAT(export_lines(file_of("profile set default only-one default\n"
                                     "server set pptp enabled no\naccounting set keep 100000\n"),
                             Reveal::Show),
                IsEmpty());
}

// -- refusals

struct Refusal {
    const char *line;
    const char *place;  // of the word
    const char *text;   // behind `argument "...`
};

class BadLine : public testing::TestWithParam<Refusal> {};

TEST_P(BadLine, IsRefusedWithItsPlaceAndTheReason) {
    const std::string said = refusal_of("# first\n" + std::string(GetParam().line) + "\n");
    EXPECT_EQ(said,
              std::string("x.conf:2:") + GetParam().place + ": argument \"" + GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Served, BadLine,
    testing::Values(
        Refusal{"secret add jack password x service l3tp", "36",
                "l3tp\" is wrong: service: expected any, pptp, l2tp, pppoe, sstp or ovpn"},
        Refusal{"secret add jack password x remote-address 10.0.0", "43",
                "10.0.0\" is wrong: remote-address: this is not an IPv4 address"},
        Refusal{"secret add jack password x remote-address 224.0.0.1", "43",
                "224.0.0.1\" is wrong: remote-address: this is not the address of a host"},
        Refusal{"secret add jack password x remote-address 10.0.0.1 local-address 10.0.0.1", "43",
                "10.0.0.1\" is wrong: both ends of a session cannot have one address"},
        Refusal{"secret add jack password x routes '10.0.0.1/24 10.0.0.1 1'", "35",
                "10.0.0.1/24 10.0.0.1 1\" is wrong: routes: \"10.0.0.1/24 10.0.0.1 1\": there are "
                "bits behind the length, did you mean 10.0.0.0/24?"},
        Refusal{"secret add jack password x routes '10.0.0.0/33'", "35",
                "10.0.0.0/33\" is wrong: routes: \"10.0.0.0/33\": expected a length, 0..32, after "
                "\"/\""},
        Refusal{"secret add jack password x routes '10.0.0.0/8 10.1.1.1 1 2'", "35",
                "10.0.0.0/8 10.1.1.1 1 2\" is wrong: routes: \"10.0.0.0/8 10.1.1.1 1 2\": expected "
                "DESTINATION/LENGTH [GATEWAY [METRIC]]"},
        Refusal{"profile add gold dns-server 10.0.0.1,10.0.0.2,10.0.0.3", "29",
                "10.0.0.1,10.0.0.2,10.0.0.3\" is wrong: dns-server: at most 2 can be given"},
        Refusal{
            "profile add gold rate-limit 64K", "29",
            "64K\" is wrong: rate-limit: \"64K\": expected bits per second as 64000, 64k, 10M or "
            "1G, up to 1000G"},
        Refusal{"profile add gold rate-limit '64k 32k'", "29",
                "64k 32k\" is wrong: rate-limit: rx: a burst is not slower than the rate"},
        Refusal{"profile add gold rate-limit '64k 128k 64k 10 8'", "29",
                "64k 128k 64k 10 8\" is wrong: rate-limit: \"8\": priorities and minimum rates "
                "cannot be kept"},
        Refusal{"profile add gold session-timeout 12h1d", "34",
                "12h1d\" is wrong: session-timeout: expected seconds (or as 1d12h30m), "
                "0..4294967295"},
        Refusal{"profile add gold on-up up.sh", "24",
                "up.sh\" is wrong: on-up: expected an absolute path, beginning with \"/\""},
        Refusal{"profile add gold address-list 7up", "31",
                "7up\" is wrong: address-list: a set of nft has a name of 1..128 letters, digits, "
                "\"_\", \".\" and \"/\", the first a letter"},
        Refusal{"profile add gold use-compression yes", "34",
                "yes\" is wrong: use-compression: there is no compression here"},
        Refusal{"profile add gold dhcpv6-lease-time 1d", "18",
                "dhcpv6-lease-time\" is wrong: no IPv6 prefixes are given"},
        Refusal{"profile add gold dhcpv6-use-radius yes", "36",
                "yes\" is wrong: dhcpv6-use-radius: no IPv6 prefixes are given"},
        Refusal{"profile add gold remote-ipv6-prefix-reuse yes", "43",
                "yes\" is wrong: remote-ipv6-prefix-reuse: no IPv6 prefixes are given"},
        Refusal{"secret add jack password x limit-bytes-in 5000", "43",
                "5000\" is wrong: limit-bytes-in: there is no limit of octets, they are counted: "
                "accounting show"},
        Refusal{"secret add jack password x remote-ipv6-prefix 2001:db8::/64", "47",
                "2001:db8::/64\" is wrong: remote-ipv6-prefix: no IPv6 prefixes are given"},
        Refusal{
            "profile add gold bridge bridge-with-a-long-name", "25",
            "bridge-with-a-long-name\" is wrong: bridge: it names a network interface, and those "
            "have 1..15 characters"},
        Refusal{"profile add gold bridge-horizon 4294967296", "33",
                "4294967296\" is wrong: bridge-horizon: expected none or a number, 0..4294967295"},
        Refusal{"profile add gold bridge-learning maybe", "34",
                "maybe\" is wrong: bridge-learning: expected default, no or yes"},
        Refusal{"profile add gold bridge-path-cost 0", "35",
                "0\" is wrong: bridge-path-cost: expected default or a number, 1..65535"},
        Refusal{"profile add gold bridge-path-cost 65536", "35",
                "65536\" is wrong: bridge-path-cost: expected default or a number, 1..65535"},
        Refusal{"profile add gold bridge-port-priority 8", "39",
                "8\" is wrong: bridge-port-priority: expected default or a multiple of 16, "
                "0..240"},
        Refusal{"profile add gold bridge-port-priority 256", "39",
                "256\" is wrong: bridge-port-priority: expected default or a multiple of 16, "
                "0..240"},
        Refusal{"profile add none", "13", "none\" is wrong: this word means something else"},
        Refusal{"pool add 10.0.0.1 ranges 10.0.0.1", "10",
                "10.0.0.1\" is wrong: it would be taken for an address"},
        Refusal{"pool add ppp ranges 10.0.0.9-10.0.0.2", "21",
                "10.0.0.9-10.0.0.2\" is wrong: ranges: \"10.0.0.9-10.0.0.2\": it ends before it "
                "begins"},
        Refusal{"pool add ppp ranges 10.0.0.1-10.0.0.9,10.0.0.5", "21",
                "10.0.0.1-10.0.0.9,10.0.0.5\" is wrong: ranges: 10.0.0.5 stands there twice"},
        Refusal{"pool add ppp ranges 10.0.0.1,", "21",
                "10.0.0.1,\" is wrong: ranges: \"\": this is not an IPv4 address"},
        Refusal{"pool add ppp ranges 10.0.0.1 next-pool ppp", "40",
                "ppp\" is wrong: a pool cannot be the next one of itself"},
        Refusal{"interface add a/b user x", "15",
                "a/b\" is wrong: the name of an interface has no blanks, \"/\", \":\", \"%\" or "
                "quotes, and is plain ASCII"},
        Refusal{"server set pptp listen 192.0.2.1:0", "24",
                "192.0.2.1:0\" is wrong: listen: \"192.0.2.1:0\": expected a port, 1..65535, after "
                "\":\""},
        Refusal{"server set pptp allow-from 192.0.2.1/24", "28",
                "192.0.2.1/24\" is wrong: allow-from: \"192.0.2.1/24\": there are bits behind the "
                "length, did you mean 192.0.2.0/24?"},
        Refusal{"server set pptp max-sessions many", "30",
                "many\" is wrong: max-sessions: expected unlimited or a number, 1..4294967295"},
        Refusal{"server set pptp static-rtt 60001", "28",
                "60001\" is wrong: static-rtt: expected adaptive or milliseconds (or Nms, Ns), "
                "1..60000"},
        Refusal{"server set pptp authentication ''", "32",
                "\" is wrong: authentication: \"\" is not an authentication method, expected some "
                "of mschap2,mschap1,chap,pap, separated by commas"},
        Refusal{"accounting set keep all", "21",
                "all\" is wrong: keep: expected a number, 0..10000000"}));

TEST(ParseFile, NamesOfInterfacesAreOneSpace) {
    EXPECT_EQ(refusal_of("client add a type pptp connect-to h user u password-file /p\n"
                         "interface add a user jack\n"),
              "x.conf:2:15: argument \"a\" is wrong: line 1 has added a client of this name");
    const Config config = file_of("secret add a password x\npool add a ranges 10.0.0.1\n"
                                  "interface add a user a\n");
    EXPECT_EQ(config.secrets.size() + config.pools.size() + config.interfaces.size(), 3U);
    EXPECT_EQ(refusal_of("secret add a password x\nsecret add a password y\n"),
              "x.conf:2:12: argument \"a\" is wrong: line 1 has added a secret of this name");
}

TEST(ParseFile, WhatChangesOneOfManyCannotStandInIt) {
    for (const auto &[line, name] : std::vector<std::pair<std::string, std::string>>{
             {"secret set jack comment x", "secret set"},
             {"pool del ppp", "pool del"},
             {"server enable pptp", "server enable"},
             {"active kill jack", "active kill"},
             {"accounting show", "accounting show"},
             {"secret import f", "secret import"},
             {"why jack", "why"}})
        EXPECT_THAT(refusal_of(line), StartsWith("x.conf:1:1: \"" + name +
                                                 "\" cannot stand in a configuration file"));
}

// -- values alone

template <typename T>
std::string again(const std::string &head, std::string_view keyword, const std::string &value) {
    const auto command = parse_text(head + std::string(keyword) + " " + quote(value));
    if (!command)
        return command.error().text;
    T object{};
    std::get<Set<T>>(*command).apply(object);
    for (const Setting &setting : settings(object)) {
        if (setting.keyword == keyword)
            return setting.value;
    }
    return "(none)";
}

TEST(RateLimit, IsWrittenAsItWasGiven) {
    for (const char *value :
         {"none", "64k", "64k/128k", "1M", "10M/2M", "1500", "64k 256k", "64k/128k 256k/512k",
          "64k 256k 100k", "64k 256k 64k 10", "1M/2M 4M 1M/2M 16/8", "0/1M", "1M/0 2M/0"})
        EXPECT_EQ(again<Profile>("profile set p ", "rate-limit", value), value);
    EXPECT_EQ(again<Profile>("profile set p ", "rate-limit", "1000k"), "1M");
    EXPECT_EQ(again<Profile>("profile set p ", "rate-limit", "0"), "none");
    EXPECT_EQ(again<Profile>("profile set p ", "rate-limit", "1G  2G 1G 1s"), "1000M 2000M");
}

TEST(Timespan, CountsUnitsFromTheLargest) {
    const auto is = [](const char *value, const char *seconds) {
        EXPECT_EQ(again<Profile>("profile set p ", "session-timeout", value), seconds) << value;
    };
    is("0", "0");
    is("90", "90");
    is("90s", "90");
    is("1m30s", "90");
    is("1h", "3600");
    is("1w2d3h4m5s", "788645");
    for (const char *value : {"", "s", "1m30", "1s1m", "1m1m", "1.5h", "-1", "99999999999", "1y"})
        EXPECT_THAT(again<Profile>("profile set p ", "session-timeout", value),
                    HasSubstr("expected seconds"))
            << value;
}

TEST(Routes, LeaveOutWhatIsUsual) {
    const auto routes = [](const std::string &value) {
        return again<Secret>("secret set s ", "routes", value);
    };
    EXPECT_EQ(routes("10.0.0.0/8"), "10.0.0.0/8 0.0.0.0 1");
    EXPECT_EQ(routes("10.0.0.0/8 10.1.1.1"), "10.0.0.0/8 10.1.1.1 1");
    EXPECT_EQ(routes("10.9.9.9"), "10.9.9.9/32 0.0.0.0 1");
    EXPECT_EQ(routes("0.0.0.0/0 10.1.1.1 4294967295"), "0.0.0.0/0 10.1.1.1 4294967295");
    EXPECT_EQ(routes("none"), "none");
    std::string many = "10.0.0.0/8";
    for (int i = 1; i < 300; i++)
        many += ",10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    EXPECT_THAT(routes(many), HasSubstr("more than 256 of them"));
}

TEST(Complete, OffersTheNewObjects) {
    using Words = std::vector<std::string>;
    EXPECT_THAT(complete(Words{"se"}), ElementsAre("server", "secret", "session"));
    EXPECT_THAT(complete(Words{"server", "set", ""}), ElementsAre("pptp"));
    EXPECT_THAT(complete(Words{"server", "set", "pptp", "max"}),
                ElementsAre("max-mtu", "max-mru", "max-sessions", "max-half-open",
                            "max-half-open-per-host", "max-links"));
    EXPECT_THAT(complete(Words{"profile", "set", "p", "use-encryption", "re"}),
                ElementsAre("require"));
    EXPECT_THAT(complete(Words{"accounting", "show", ""}), ElementsAre("user", "limit"));
    EXPECT_THAT(complete(Words{"secret", "import", "f", ""}),
                ElementsAre("dry-run", "show-secrets"));
}

TEST(Usage, SaysDefaultsWhereThereIsNoAdd) {
    const std::string text = usage(std::vector<std::string>{"server", "set"});
    EXPECT_THAT(text, HasSubstr("Usage: rtun server set pptp [ enabled { yes | no } ]"));
    EXPECT_THAT(text, HasSubstr("0: off (default 30)"));
    EXPECT_THAT(usage(std::vector<std::string>{"secret", "set"}),
                testing::Not(HasSubstr("(default ")));
}

}  // namespace
}  // namespace rtun::config
