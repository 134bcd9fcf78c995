// SPDX-License-Identifier: GPL-2.0-or-later
//
// `pseudowire ...`: every property, the words of RouterOS, every refusal, and a configuration there
// and back.
#include <config/grammar.h>

#include <config/table.h>
#include <tests/config/words.h>

#include <gmock/gmock.h>

namespace rtun::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;
using namespace std::chrono_literals;

constexpr std::string_view Least =
    "pseudowire add pw0 local 192.0.2.1 remote 192.0.2.2 session-id 1 peer-session-id 2";

std::string least(std::string_view more) { return std::string(Least) + " " + std::string(more); }

Pseudowire added(std::string_view line) {
    const auto command = parse_text(line);
    EXPECT_TRUE(command) << (command ? "" : command.error().text);
    const auto *add = command ? std::get_if<PseudowireAdd>(&*command) : nullptr;
    EXPECT_NE(add, nullptr);
    return add != nullptr ? add->object : Pseudowire{};
}

std::map<std::string_view, std::string> words_of(const Pseudowire &pseudowire) {
    std::map<std::string_view, std::string> all;
    for (const Setting &setting : settings(pseudowire))
        all[setting.keyword] = setting.value;
    return all;
}

TEST(PseudowireAdd, OfTheFirstPageIsWhatItSays) {
    const Pseudowire p =
        added("pseudowire add pw0 local 192.0.2.1 remote 192.0.2.2 encap udp sport 5000 dport 5001 "
              "tunnel-id 10 peer-tunnel-id 20 session-id 100 peer-session-id 200 "
              "send-cookie 0102030405060708 peer-cookie 1112131415161718 sequencing both sublayer "
              "default");
    EXPECT_EQ(p.name, "pw0");
    EXPECT_EQ(p.local, "192.0.2.1");
    EXPECT_EQ(p.remote, "192.0.2.2");
    EXPECT_EQ(p.encap, Encap::Udp);
    EXPECT_EQ(p.sport, 5000);
    EXPECT_EQ(p.dport, 5001);
    EXPECT_EQ(p.tunnel_id, 10U);
    EXPECT_EQ(p.peer_tunnel_id, 20U);
    EXPECT_EQ(p.session_id, 100U);
    EXPECT_EQ(p.peer_session_id, 200U);
    EXPECT_EQ(p.send_cookie, (base::Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(p.peer_cookie, (base::Bytes{0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}));
    EXPECT_EQ(p.sequencing, Sequencing::Both);
    EXPECT_EQ(p.sublayer, Sublayer::Default);
}

TEST(PseudowireAdd, WithTheLeastHasTheDefaults) {
    const Pseudowire p = added(Least);
    EXPECT_TRUE(p.enabled);
    EXPECT_EQ(p.encap, Encap::Udp);
    EXPECT_EQ(p.sport, 1701);
    EXPECT_EQ(p.dport, 1701);
    EXPECT_TRUE(p.send_cookie.empty());
    EXPECT_EQ(p.cookie_grace, 30s);
    EXPECT_EQ(p.sublayer, Sublayer::None);
    EXPECT_EQ(p.sequencing, Sequencing::None);
    EXPECT_EQ(p.type, PseudowireType::Ethernet);
    EXPECT_EQ(p.mtu, 0U);
    EXPECT_EQ(p.dont_fragment, DontFragment::Auto);
    EXPECT_TRUE(p.udp_checksum);
    EXPECT_TRUE(p.circuit_up);
    EXPECT_EQ(p.keepalive, 0s);
}

TEST(PseudowireAdd, TakesEveryProperty) {
    const auto words = words_of(added(
        "pseudowire add pw0 local any remote gw.example.org encap udp sport 1 dport 65535 "
        "tunnel-id 1 peer-tunnel-id 0xffffffff session-id 4294967295 peer-session-id 7 "
        "send-cookie 0a0b0c0d peer-cookie none cookie-grace 2m sublayer default "
        "sequencing receive type vlan vlan-id 4094 mac-address 02-00-5E-10-00-01 mtu 1500 ttl 64 "
        "tos 0xb8 dont-fragment inherit fwmark 0x10 interface eth0 udp-checksum no "
        "zero-checksum6 yes peer-float yes scoped-ids no peer-offload yes reorder-slots 64 "
        "reorder-time 30ms "
        "circuit down keepalive 10 dead-time 1500ms comment 'to Brno' disabled yes"));
    const std::map<std::string_view, std::string> expected{
        {"local", "any"},
        {"remote", "gw.example.org"},
        {"encap", "udp"},
        {"sport", "1"},
        {"dport", "65535"},
        {"tunnel-id", "1"},
        {"session-id", "4294967295"},
        {"peer-tunnel-id", "4294967295"},
        {"peer-session-id", "7"},
        {"send-cookie", "0a0b0c0d"},
        {"peer-cookie", "none"},
        {"cookie-grace", "120"},
        {"sublayer", "default"},
        {"sequencing", "receive"},
        {"type", "vlan"},
        {"vlan-id", "4094"},
        {"mac-address", "02:00:5e:10:00:01"},
        {"mtu", "1500"},
        {"ttl", "64"},
        {"tos", "0xb8"},
        {"dont-fragment", "inherit"},
        {"fwmark", "0x10"},
        {"interface", "eth0"},
        {"udp-checksum", "no"},
        {"zero-checksum6", "yes"},
        {"peer-float", "yes"},
        {"peer-offload", "yes"},
        {"scoped-ids", "no"},
        {"reorder-slots", "64"},
        {"reorder-time", "30"},
        {"circuit", "down"},
        {"keepalive", "10"},
        {"dead-time", "1500ms"},
        {"comment", "to Brno"},
        {"disabled", "yes"},
    };
    EXPECT_EQ(words, expected);
}

TEST(PseudowireAdd, TakesAddressesOfBothFamiliesAndNames) {
    EXPECT_EQ(added("pseudowire add p local 2001:db8::1 remote 2001:db8::2 session-id 1 "
                    "peer-session-id 2 encap ip")
                  .remote,
              "2001:db8::2");
    EXPECT_EQ(added("pseudowire add p local here remote there.example. session-id 1 "
                    "peer-session-id 2")
                  .local,
              "here");
}

TEST(PseudowireAdd, TakesTheWordsOfRouterOs) {
    const Pseudowire p =
        added("pseudowire add pw0 connect-to 192.0.2.2 local-address 192.0.2.1 local-tunnel-id 10 "
              "remote-tunnel-id 20 local-session-id 100 remote-session-id 200 l2tp-proto-version "
              "l2tpv3-ip use-l2-specific-sublayer yes unmanaged-mode yes send-cookie 01020304");
    const Pseudowire ours =
        added("pseudowire add pw0 remote 192.0.2.2 local 192.0.2.1 tunnel-id 10 peer-tunnel-id 20 "
              "session-id 100 peer-session-id 200 encap ip sublayer default send-cookie 01020304");
    EXPECT_EQ(words_of(p), words_of(ours));
    EXPECT_EQ(added(least("l2tp-proto-version l2tpv3-udp use-l2-specific-sublayer no")).encap,
              Encap::Udp);
}

TEST(PseudowireAdd, RefusesWhatNeedsAControlChannel) {
    for (const char *words : {"cookie-length 8", "digest-hash md5", "circuit-id x", "use-ipsec yes",
                              "ipsec-secret x", "unmanaged-mode no"}) {
        EXPECT_THAT(error_of(least(words)),
                    HasSubstr("it needs a control channel, which pseudowires do not have yet"))
            << words;
    }
    EXPECT_EQ(error_of(least("unmanaged-mode perhaps")),
              "argument \"perhaps\" is wrong: unmanaged-mode: expected yes or no");
    EXPECT_EQ(error_of(least("l2tp-proto-version l2tpv2")),
              "argument \"l2tpv2\" is wrong: l2tp-proto-version: expected l2tpv3-udp or l2tpv3-ip");
    EXPECT_EQ(error_of(least("unmanaged-mode")), "after \"unmanaged-mode\" its value is missing");
}

TEST(PseudowireAdd, APropertyUnderTwoNamesIsGivenTwice) {
    EXPECT_EQ(error_of(least("connect-to 192.0.2.3")),
              "argument \"connect-to\" is wrong: remote is given twice");
}

TEST(PseudowireAdd, RefusesWrongValuesByWord) {
    const std::vector<std::pair<const char *, const char *>> wrong{
        {"encap gre", "argument \"gre\" is wrong: encap: expected udp or ip"},
        {"sport 0", "argument \"0\" is wrong: sport: expected a number, 1..65535"},
        {"dport 65536", "argument \"65536\" is wrong: dport: expected a number, 1..65535"},
        {"tunnel-id 0", "argument \"0\" is wrong: tunnel-id: expected a number, 1..4294967295"},
        {"peer-tunnel-id 4294967296",
         "argument \"4294967296\" is wrong: peer-tunnel-id: expected a number, 1..4294967295"},
        {"send-cookie 010203",
         "argument \"010203\" is wrong: send-cookie: a cookie has 8 or 16 hexadecimal digits, "
         "without 0x, or is none"},
        {"peer-cookie 0x010203",
         "argument \"0x010203\" is wrong: peer-cookie: a cookie has 8 or 16 hexadecimal digits, "
         "without 0x, or is none"},
        {"cookie-grace 3601",
         "argument \"3601\" is wrong: cookie-grace: expected seconds (or Nms, Ns, Nm, Nh), "
         "0..3600"},
        {"sublayer yes", "argument \"yes\" is wrong: sublayer: expected none or default"},
        {"sequencing on",
         "argument \"on\" is wrong: sequencing: expected none, send, receive or both"},
        {"type ppp", "argument \"ppp\" is wrong: type: expected ethernet or vlan"},
        {"vlan-id 4095", "argument \"4095\" is wrong: vlan-id: expected a number, 1..4094"},
        {"mac-address 01:00:5e:00:00:01",
         "argument \"01:00:5e:00:00:01\" is wrong: mac-address: expected the Ethernet address of a "
         "station, as 02:00:5e:10:00:01, or auto"},
        {"mac-address 00:00:00:00:00:00",
         "argument \"00:00:00:00:00:00\" is wrong: mac-address: expected the Ethernet address of a "
         "station, as 02:00:5e:10:00:01, or auto"},
        {"mtu 67", "argument \"67\" is wrong: mtu: expected auto or a number, 68..65535"},
        {"ttl 256", "argument \"256\" is wrong: ttl: expected a number, 0..255"},
        {"tos 3", "argument \"3\" is wrong: tos: expected inherit or a multiple of 4, 0..0xfc"},
        {"dont-fragment maybe",
         "argument \"maybe\" is wrong: dont-fragment: expected auto, no, yes or inherit"},
        {"interface a/b",
         "argument \"a/b\" is wrong: interface: the name of an interface has no blanks, \"/\", "
         "\":\", \"%\" or quotes, and is plain ASCII"},
        {"udp-checksum on", "argument \"on\" is wrong: udp-checksum: expected yes or no"},
        {"reorder-slots 3",
         "argument \"3\" is wrong: reorder-slots: expected 0 or a power of two up to 1024"},
        {"circuit on", "argument \"on\" is wrong: circuit: expected down or up"},
        {"keepalive x",
         "argument \"x\" is wrong: keepalive: expected seconds (or Nms, Ns, Nm, Nh), 0..3600"},
    };
    for (const auto &[words, error] : wrong)
        EXPECT_EQ(error_of(least(words)), error) << words;
    EXPECT_EQ(error_of("pseudowire add p local 192.0.2.1 remote 224.0.0.1"),
              "argument \"224.0.0.1\" is wrong: remote: this is not the address of a host");
    EXPECT_EQ(error_of("pseudowire add p local 192.0.2.1 remote ff02::1"),
              "argument \"ff02::1\" is wrong: remote: this is not the address of a host");
    EXPECT_EQ(error_of("pseudowire add p local 192.0.2 remote 192.0.2.1"),
              "argument \"192.0.2\" is wrong: local: this is neither an IPv4 nor an IPv6 address");
    EXPECT_EQ(error_of("pseudowire add p local any remote any session-id 1 peer-session-id 2"),
              "(accepted)");  // "any" may be a host's name
}

TEST(PseudowireAdd, RefusesWhatDoesNotFitTogether) {
    EXPECT_EQ(error_of(least("sequencing both")),
              "argument \"both\" is wrong: sequencing needs \"sublayer default\"");
    EXPECT_EQ(error_of(least("vlan-id 7")), "argument \"7\" is wrong: vlan-id needs \"type vlan\"");
    EXPECT_EQ(error_of(least("type vlan")),
              "argument \"vlan\" is wrong: type vlan needs a vlan-id");
    EXPECT_THAT(error_of(least("encap ip sport 5")),
                HasSubstr("argument \"5\" is wrong: encap ip"));
    EXPECT_THAT(error_of(least("encap ip udp-checksum no")), HasSubstr("argument \"no\" is wrong"));
    EXPECT_THAT(error_of(least("peer-float yes scoped-ids yes")), HasSubstr("peer-float"));
    EXPECT_EQ(error_of("pseudowire add p local 192.0.2.1 remote 2001:db8::1 session-id 1 "
                       "peer-session-id 2"),
              "argument \"2001:db8::1\" is wrong: local is an IPv4 address and remote an IPv6 one");
}

TEST(PseudowireAdd, RefusesWhatIsMissing) {
    EXPECT_THAT(error_of("pseudowire add p remote 192.0.2.2 session-id 1 peer-session-id 2"),
                HasSubstr("argument \"local\" is required"));
    EXPECT_THAT(error_of("pseudowire add p local any session-id 1 peer-session-id 2"),
                HasSubstr("argument \"remote\" is required"));
    EXPECT_THAT(error_of("pseudowire add p local any remote 192.0.2.2 peer-session-id 2"),
                HasSubstr("argument \"session-id\" is required"));
    EXPECT_THAT(error_of("pseudowire add p local any remote 192.0.2.2 session-id 2"),
                HasSubstr("argument \"peer-session-id\" is required"));
    EXPECT_THAT(error_of("pseudowire add"), HasSubstr("a NAME is missing"));
    EXPECT_THAT(error_of("pseudowire add a-name-that-is-too-long"), HasSubstr("1..15 characters"));
}

TEST(PseudowireAdd, InAFileARefusalHasItsPlace) {
    const auto parsed = [](std::string_view text) {
        const auto config = parse_file(text, "f");
        return config ? std::string("(accepted)") : config.error().text;
    };
    const std::string line(Least);
    EXPECT_EQ(parsed("\n" + line + " sequencing both"),
              "f:2:95: argument \"both\" is wrong: sequencing needs \"sublayer default\"");
    EXPECT_EQ(parsed(line + "\n" + line), "f:2:16: argument \"pw0\" is wrong: line 1 has added a "
                                          "pseudowire of this name");
    EXPECT_EQ(parsed(line + "\npseudowire add pw1 local any remote 192.0.2.3 session-id 1 "
                            "peer-session-id 9"),
              "f:2:58: argument \"1\" is wrong: line 1 has a pseudowire with this session-id");
    EXPECT_EQ(parsed(line + " scoped-ids yes\npseudowire add pw1 local any remote 192.0.2.3 "
                            "session-id 1 peer-session-id 9 scoped-ids yes"),
              "(accepted)");
    EXPECT_EQ(parsed("client add pw0 type pptp connect-to h user u password p\n" + line),
              "f:2:16: argument \"pw0\" is wrong: line 1 has added a client of this name");
    EXPECT_THAT(parsed(line + " may-exist\n" + line + " may-exist"), "(accepted)");
    EXPECT_THAT(parsed("pseudowire del pw0"),
                HasSubstr("\"pseudowire del\" cannot stand in a configuration file"));
}

TEST(PseudowireSet, ChangesWhatItNamesAndNothingElse) {
    const auto command =
        parse_text("pseudowire set pw0 peer-cookie 05060708 tos inherit mtu auto disabled yes");
    ASSERT_TRUE(command);
    const auto &set = std::get<PseudowireSet>(*command);
    Pseudowire p = added(least("send-cookie 01020304 peer-cookie 01020304 tos 4 mtu 1400"));
    set.apply(p);
    EXPECT_EQ(p.send_cookie, (base::Bytes{1, 2, 3, 4}));
    EXPECT_EQ(p.peer_cookie, (base::Bytes{5, 6, 7, 8}));
    EXPECT_TRUE(p.tos_inherit);
    EXPECT_EQ(p.tos, 0);
    EXPECT_EQ(p.mtu, 0U);
    EXPECT_FALSE(p.enabled);
}

TEST(PseudowireSet, RefusesWhatTheKernelCannotChange) {
    for (const char *words :
         {"local any", "remote 192.0.2.9", "encap ip", "sport 1", "dport 1", "tunnel-id 1",
          "peer-tunnel-id 1", "session-id 1", "peer-session-id 1", "sublayer default", "type vlan",
          "vlan-id 1", "udp-checksum no", "zero-checksum6 yes", "peer-float yes", "scoped-ids yes",
          "connect-to 192.0.2.9"}) {
        const std::string line = std::string("pseudowire set pw0 ") + words;
        EXPECT_THAT(error_of(line), HasSubstr("it cannot be changed: delete it and add it anew"))
            << words;
    }
    EXPECT_EQ(error_of("pseudowire set pw0"), "nothing is given that should change");
}

TEST(Pseudowire, TheOtherVerbsNameOne) {
    EXPECT_EQ(std::get<PseudowireDel>(*parse_text("pseudowire del pw0")).name, "pw0");
    EXPECT_EQ(std::get<PseudowireDel>(*parse_text("pseudowire remove pw0 if-exists")).missing,
              ObjectMissing::Ignore);
    EXPECT_TRUE(std::get<PseudowireEnable>(*parse_text("pseudowire enable pw0")).enabled);
    EXPECT_FALSE(std::get<PseudowireEnable>(*parse_text("pseudowire disable pw0")).enabled);
    EXPECT_EQ(std::get<PseudowireShow>(*parse_text("pseudowire show pw0")).name, "pw0");
    EXPECT_EQ(std::get<PseudowireShow>(*parse_text("pseudowire")).name, "");
    EXPECT_EQ(std::get<PseudowireShow>(*parse_text("ps ls")).name, "");
}

TEST(Pseudowire, AConfigurationIsTheSameThereAndBack) {
    const std::string text =
        "client add office type pptp connect-to h user u password p\n" + std::string(Least) +
        "\npseudowire add pw1 local any remote 2001:db8::2 encap ip tunnel-id 3 session-id 9 "
        "peer-session-id 8 send-cookie 01020304 sublayer default sequencing send type vlan "
        "vlan-id 7 tos inherit keepalive 500ms comment \"a b\" disabled yes\n";
    const auto config = parse_file(text, "f");
    ASSERT_TRUE(config) << config.error().text;
    std::string again;
    for (const std::string &line : export_lines(*config, Reveal::Show))
        again += line + "\n";
    EXPECT_EQ(again, text);
}

TEST(Pseudowire, CompletionOffersItsWords) {
    EXPECT_THAT(complete(Words{"ps"}), ElementsAre("pseudowire"));
    EXPECT_THAT(complete(Words{"pseudowire", "e"}), ElementsAre("enable"));
    EXPECT_THAT(complete(Words{"pseudowire", "add", "x", "se"}),
                ElementsAre("session-id", "send-cookie", "sequencing"));
    EXPECT_THAT(complete(Words{"pseudowire", "set", "x", ""}), Not(Contains("remote")));
    EXPECT_THAT(complete(Words{"pseudowire", "add", "x", "encap", ""}), ElementsAre("udp", "ip"));
}

}  // namespace
}  // namespace rtun::config
