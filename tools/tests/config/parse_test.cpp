// SPDX-License-Identifier: GPL-2.0-or-later
//
// The grammar: what every command becomes, and what is said about every mistake.
#include <tests/config/words.h>

#include <config/table.h>

#include <gmock/gmock.h>

#include <algorithm>

namespace rtun::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const std::string add = "client add office type pptp connect-to vpn.example.org user jack "
                        "password-file /etc/rtun/jack.pw";

Client added(const std::string &more) {
    const auto command = parse_text(add + " " + more, Secrets::Allowed);
    EXPECT_TRUE(command) << command.error().text;
    return command ? std::get<ClientAdd>(*command).object : Client{};
}

TEST(Parse, AClientHasTheDefaultsOfTheProduct) {
    const auto command = parse_text(add);
    ASSERT_TRUE(command) << command.error().text;
    const auto &what = std::get<ClientAdd>(*command);
    EXPECT_EQ(what.object.name, "office");
    EXPECT_EQ(what.object.connect_to, "vpn.example.org");
    EXPECT_EQ(what.object.user, "jack");
    EXPECT_EQ(what.object.password_file, "/etc/rtun/jack.pw");
    EXPECT_TRUE(what.object.enabled);
    EXPECT_EQ(what.object.max_mtu, 1450);
    EXPECT_EQ(what.object.max_mru, 1450);
    EXPECT_EQ(what.object.keepalive, 60s);
    EXPECT_FALSE(what.object.add_default_route);
    EXPECT_EQ(what.object.encryption, std::nullopt);
    EXPECT_EQ(what.object.mppe, ppp::MppeStrengths(ppp::MppeStrength::Bits128));
    EXPECT_EQ(what.object.mppe_stateful, ppp::StatefulMppe::No);
    EXPECT_EQ(what.object.mppe_resync, MppeResync::Rfc);
    EXPECT_FALSE(what.may_exist);
}

TEST(Parse, EncryptionReachesItsPlace) {
    const Client c = added("encryption required mppe 40,128 mppe-stateful yes mppe-resync linux");
    EXPECT_EQ(c.encryption, ppp::Encryption::Required);
    EXPECT_EQ(c.mppe.text(), "128,40");
    EXPECT_EQ(c.mppe_stateful, ppp::StatefulMppe::Yes);
    EXPECT_EQ(added("mppe-stateful only").mppe_stateful, ppp::StatefulMppe::Only);
    EXPECT_EQ(c.mppe_resync, MppeResync::Linux);
    EXPECT_EQ(added("encryption no").encryption, ppp::Encryption::No);
    EXPECT_EQ(added("mppe auto").mppe.text(), "auto");
    const auto connect = parse_text("connect type pptp connect-to 192.0.2.1 user jack "
                                    "password-file /p encryption auto mppe 56");
    EXPECT_EQ(std::get<Connect>(*connect).client.mppe.text(), "56");
}

TEST(Parse, AMessageIsOneLineWhateverIsInTheWord) {
    std::vector<Word> words;
    for (const char *text : {"pool", "add", "p", "ranges", "10.0.0.2,10.0.0.4\nlisten"})
        words.push_back({.text = text, .line = 0, .column = 0});
    const auto command = parse(words, Secrets::Allowed);
    ASSERT_FALSE(command);
    EXPECT_THAT(command.error().text, testing::HasSubstr("\"10.0.0.4?listen\""));
    EXPECT_EQ(command.error().text.find('\n'), std::string::npos) << command.error().text;
}

TEST(Parse, AMistakeInEncryptionNamesTheWordAndWhereItStands) {
    const auto says = [](const std::string &more) {
        const auto command = parse_text(add + " " + more, Secrets::Allowed);
        EXPECT_FALSE(command) << more;
        return command ? "" : command.error().text;
    };
    EXPECT_EQ(
        says("encryption yes"),
        "argument \"yes\" is wrong: encryption: expected no, auto, required, passive or profile");
    EXPECT_EQ(says("mppe 64"), "argument \"64\" is wrong: mppe: expected auto, or some of "
                               "128,56,40 separated by commas");
    EXPECT_EQ(says("mppe-stateful maybe"),
              "argument \"maybe\" is wrong: mppe-stateful: expected no, yes or only");
    EXPECT_EQ(says("mppe-resync windows"),
              "argument \"windows\" is wrong: mppe-resync: expected rfc or linux");
    EXPECT_EQ(says("allow chap,pap encryption required"),
              "argument \"chap,pap\" is wrong: encryption required takes its keys from mschap2 or "
              "mschap1");
    const auto file = parse_file(add + " mppe 40\n" +
                                     "client add b type pptp connect-to h user u "
                                     "password-file /p mppe 41\n",
                                 "f");
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().text, testing::StartsWith("f:2:66: argument \"41\" is wrong: mppe: "));
}

TEST(Parse, EveryPropertyReachesItsPlace) {
    const Client c = added(
        "allow mschap2,chap max-mtu 1400 max-mru 1410 add-default-route yes "
        "default-route-distance 7 use-peer-dns yes keepalive-timeout 2m src-address 192.0.2.7 "
        "phone 5551234 fwmark 0x10 reorder-slots 64 reorder-time 20ms echo-interval 30 "
        "echo-timeout 15s comment \"the office\" disabled yes may-exist");
    EXPECT_EQ(c.allow.text(), "mschap2,chap");
    EXPECT_EQ(c.max_mtu, 1400);
    EXPECT_EQ(c.max_mru, 1410);
    EXPECT_TRUE(c.add_default_route);
    EXPECT_EQ(c.default_route_distance, 7);
    EXPECT_EQ(c.use_peer_dns, PeerDns::Yes);
    EXPECT_EQ(c.keepalive, 120s);
    EXPECT_EQ(c.src_address.at(0).text(), "192.0.2.7");
    EXPECT_EQ(c.phone, "5551234");
    EXPECT_EQ(c.fwmark, 16U);
    EXPECT_EQ(c.reorder_slots, 64U);
    EXPECT_EQ(c.reorder_time, 20ms);
    EXPECT_EQ(c.echo_interval, 30s);
    EXPECT_EQ(c.echo_timeout, 15s);
    EXPECT_EQ(c.comment, "the office");
    EXPECT_FALSE(c.enabled);
}

TEST(Parse, SetChangesWhatItNamesAndNothingElse) {
    const Client before = added("max-mtu 1300 comment old fwmark 3");
    for (const auto &[words, check] :
         std::vector<std::pair<std::string, std::function<void(Client &)>>>{
             {"max-mtu 1200", [](Client &c) { c.max_mtu = 1200; }},
             {"max-mru 1200", [](Client &c) { c.max_mru = 1200; }},
             {"comment \"\"", [](Client &c) { c.comment = ""; }},
             {"fwmark 0", [](Client &c) { c.fwmark = 0; }},
             {"disabled yes", [](Client &c) { c.enabled = false; }},
             {"allow pap",
              [](Client &c) {
                  c.allow = {};
                  c.allow.add(auth::Method::Pap);
              }},
             {"src-address any", [](Client &c) { c.src_address = {}; }},
             {"keepalive-timeout 0", [](Client &c) { c.keepalive = 0s; }},
         }) {
        const auto command = parse_text("client set office " + words);
        ASSERT_TRUE(command) << command.error().text;
        const auto &set = std::get<ClientSet>(*command);
        EXPECT_EQ(set.name, "office");
        Client changed = before;
        set.apply(changed);
        Client expected = before;
        check(expected);
        EXPECT_EQ(export_lines({{changed}}, Reveal::Show),
                  export_lines({{expected}}, Reveal::Show));
    }
}

TEST(Parse, APasswordAndAPasswordFileReplaceEachOther) {
    Client client = added("");
    const auto password = parse_text("client set office password pw", Secrets::Allowed);
    ASSERT_TRUE(password);
    std::get<ClientSet>(*password).apply(client);
    EXPECT_EQ(client.password_file, "");
    EXPECT_TRUE(client.password.same_as(base::as_bytes("pw")));
    const auto file = parse_text("client set office password-file /a");
    ASSERT_TRUE(file);
    std::get<ClientSet>(*file).apply(client);
    EXPECT_EQ(client.password_file, "/a");
    EXPECT_TRUE(client.password.empty());
    EXPECT_THAT(error_of("client set o password-file /a password b", Secrets::Allowed),
                HasSubstr("not both"));
}

TEST(Parse, TheOtherCommandsBecomeWhatTheySay) {
    EXPECT_EQ(std::get<ClientDel>(*parse_text("client del a")).missing, ObjectMissing::Error);
    EXPECT_EQ(std::get<ClientDel>(*parse_text("client del a if-exists")).missing,
              ObjectMissing::Ignore);
    EXPECT_TRUE(std::get<ClientEnable>(*parse_text("client enable a")).enabled);
    EXPECT_FALSE(std::get<ClientEnable>(*parse_text("client disable a")).enabled);
    EXPECT_EQ(std::get<ClientShow>(*parse_text("client")).name, "");
    EXPECT_EQ(std::get<ClientShow>(*parse_text("client show a")).name, "a");
    EXPECT_EQ(std::get<SessionShow>(*parse_text("session show 7")).name, "7");
    EXPECT_EQ(std::get<BundleShow>(*parse_text("bundle show office")).name, "office");
    EXPECT_EQ(std::get<TunnelShow>(*parse_text("tunnel")).name, "");
    EXPECT_EQ(std::get<Monitor>(*parse_text("monitor")).what, "all");
    EXPECT_EQ(std::get<Monitor>(*parse_text("monitor session")).what, "session");
    EXPECT_EQ(std::get<Why>(*parse_text("why")).name, "");
    EXPECT_EQ(std::get<Why>(*parse_text("why 203.0.113.9")).name, "203.0.113.9");
    const auto capture = parse_text("capture jack -w jack.pcapng count 100 show-secrets");
    ASSERT_TRUE(capture) << capture.error().text;
    EXPECT_EQ(std::get<Capture>(*capture).name, "jack");
    EXPECT_EQ(std::get<Capture>(*capture).file, "jack.pcapng");
    EXPECT_EQ(std::get<Capture>(*capture).count, 100U);
    EXPECT_TRUE(std::get<Capture>(*capture).show_secrets);
    EXPECT_EQ(std::get<Capture>(*parse_text("capture 7 -w -")).count, 0U);
    EXPECT_FALSE(std::get<Capture>(*parse_text("capture 7 -w -")).show_secrets);
    EXPECT_EQ(std::get<ConfigCheck>(*parse_text("config check")).file, DefaultFile);
    EXPECT_EQ(std::get<ConfigSave>(*parse_text("config save")).file, "");
    EXPECT_EQ(std::get<ConfigLoad>(*parse_text("config load /x")).file, "/x");
    EXPECT_EQ(std::get<Export>(*parse_text("export")).secrets, Reveal::Hide);
    EXPECT_EQ(std::get<Export>(*parse_text("export show-secrets")).secrets, Reveal::Show);
    EXPECT_EQ(std::get<Daemon>(*parse_text("daemon")).file, DefaultFile);
    EXPECT_EQ(std::get<Daemon>(*parse_text("daemon config /x")).file, "/x");
}

TEST(Parse, TheDaemonAndConnectTakeALevelForTheLog) {
    using base::log::Level;
    const std::string connect = "connect type pptp connect-to h user u";
    EXPECT_EQ(std::get<Daemon>(*parse_text("daemon")).log_level, Level::Info);
    EXPECT_EQ(std::get<Connect>(*parse_text(connect)).log_level, Level::Info);
    for (const auto &[word, level] :
         {std::pair{"log-level warning", Level::Warning}, std::pair{"log-level info", Level::Info},
          std::pair{"log-level debug", Level::Debug}}) {
        const auto daemon = parse_text(std::string("daemon config /x ") + word);
        ASSERT_TRUE(daemon) << daemon.error().text;
        EXPECT_EQ(std::get<Daemon>(*daemon).log_level, level);
        EXPECT_EQ(std::get<Daemon>(*daemon).file, "/x");
        const auto command = parse_text(connect + " " + word);
        ASSERT_TRUE(command) << command.error().text;
        EXPECT_EQ(std::get<Connect>(*command).log_level, level);
    }
    EXPECT_EQ(error_of("daemon log-level 7"),
              "argument \"7\" is wrong: log-level: expected warning, info or debug");
    EXPECT_THAT(error_of("client set o log-level debug"), HasSubstr("no such keyword here"));
}

TEST(Parse, ConnectMayAskForThePasswordAndTakesAName) {
    const auto command = parse_text("connect type pptp connect-to 192.0.2.1:1724 user u");
    ASSERT_TRUE(command) << command.error().text;
    EXPECT_EQ(std::get<Connect>(*command).client.name, "");
    const auto named = parse_text("connect type pptp connect-to h user u name vpn0");
    ASSERT_TRUE(named) << named.error().text;
    EXPECT_EQ(std::get<Connect>(*named).client.name, "vpn0");
    EXPECT_THAT(error_of("connect type pptp connect-to h user u disabled yes"),
                HasSubstr("\"disabled\" is wrong: no such keyword"));
}

TEST(Parse, ObjectsAndVerbsMayBeShortenedWhileUnambiguous) {
    EXPECT_TRUE(std::holds_alternative<ClientShow>(*parse_text("cl sh")));
    EXPECT_TRUE(std::holds_alternative<ClientShow>(*parse_text("client ls")));
    EXPECT_TRUE(std::holds_alternative<ClientShow>(*parse_text("client l")));
    EXPECT_TRUE(std::holds_alternative<SessionShow>(*parse_text("ses")));
    EXPECT_TRUE(std::holds_alternative<ClientDel>(*parse_text("client delete a")));
    EXPECT_EQ(error_of("c"),
              "argument \"c\" is wrong: it is short for client, capture, config or connect");
    EXPECT_EQ(error_of("client s a"), "argument \"s\" is wrong: it is short for set or show");
    EXPECT_EQ(error_of("client d a"), "argument \"d\" is wrong: it is short for del or disable");
}

TEST(Parse, KeywordsMayNotBeShortened) {
    EXPECT_EQ(error_of("client set o max-mt 1400"),
              "argument \"max-mt\" is wrong: no such keyword here; did you mean max-mtu?");
    EXPECT_EQ(error_of("client set o max 1400"), "argument \"max\" is wrong: no such keyword here; "
                                                 "did you mean max-mtu or max-mru?");
    EXPECT_EQ(error_of("client set o conect-to h"),
              "argument \"conect-to\" is wrong: no such keyword here; did you mean connect-to?");
    EXPECT_EQ(error_of("client set o zzz 1"), "argument \"zzz\" is wrong: no such keyword here");
}

TEST(Parse, AMistakeIsNamedInOneLine) {
    EXPECT_EQ(error_of(""), "a command is missing, \"help\" lists them");
    EXPECT_EQ(error_of("clinet show"), "argument \"clinet\" is wrong: no such object; did you mean "
                                       "client?; \"help\" lists them");
    EXPECT_EQ(error_of("client frob"), "argument \"frob\" is wrong: after \"client\" expected add, "
                                       "set, del, enable, disable, show or monitor");
    EXPECT_EQ(error_of("config"),
              "after \"config\" a word is missing: check, save, load or import");
    EXPECT_EQ(error_of("client add"), "after \"add\" a NAME is missing");
    EXPECT_EQ(error_of("client show a b"), "argument \"b\" is wrong: nothing was expected here");
    EXPECT_EQ(error_of("client set o"), "nothing is given that should change");
    EXPECT_EQ(error_of("client set o max-mtu"),
              "after \"max-mtu\" its value is missing: { OCTETS | auto }");
    EXPECT_EQ(error_of("client set o max-mtu 1400 max-mtu 1400"),
              "argument \"max-mtu\" is wrong: it is given twice");
    EXPECT_EQ(error_of("client show a -s"),
              "argument \"-s\" is wrong: options stand before the object or after the verb");
    EXPECT_THAT(error_of("client add o connect-to h user u password-file /a"),
                HasSubstr("argument \"type\" is required"));
    EXPECT_THAT(error_of("client add o type pptp user u password-file /a"),
                HasSubstr("argument \"connect-to\" is required"));
    EXPECT_THAT(error_of("client add o type pptp connect-to h password-file /a"),
                HasSubstr("argument \"user\" is required"));
    EXPECT_THAT(error_of("client add o type pptp connect-to h user u"),
                HasSubstr("argument \"password-file\" is required"));
    EXPECT_EQ(error_of("monitor clients"),
              "argument \"clients\" is wrong: expected client, tunnel, session or all");
}

struct BadValue {
    std::string words;
    std::string why;
};

class ParseBadValue : public testing::TestWithParam<BadValue> {};

TEST_P(ParseBadValue, IsRefusedWithItsKeywordAndTheReason) {
    const std::string keyword = GetParam().words.substr(0, GetParam().words.find(' '));
    const std::string error = error_of("client set o " + GetParam().words, Secrets::Allowed);
    EXPECT_THAT(error, HasSubstr(keyword));
    EXPECT_THAT(error, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Values, ParseBadValue,
    testing::Values(
        BadValue{"max-mtu 127", "expected auto or a number, 128..16384"},
        BadValue{"max-mtu 16385", "expected auto or a number, 128..16384"},
        BadValue{"max-mtu 14OO", "or a number"}, BadValue{"max-mtu -1", "or a number"},
        BadValue{"max-mtu ''", "or a number"}, BadValue{"max-mtu 0x", "or a number"},
        BadValue{"max-mtu 99999999999999999999", "or a number"},
        BadValue{"max-mtu automatic", "expected auto"}, BadValue{"max-mru 12 ", "128..16384"},
        BadValue{"default-route-distance 256", "0..255"},
        BadValue{"add-default-route on", "expected yes or no"},
        BadValue{"use-peer-dns YES", "expected no, yes or exclusively"},
        BadValue{"disabled 1", "expected yes or no"},
        BadValue{"keepalive-timeout 65536", "0..65535"},
        BadValue{"keepalive-timeout 30h", "0..65535"}, BadValue{"keepalive-timeout s", "seconds"},
        BadValue{"keepalive-timeout 5ms", "seconds"}, BadValue{"echo-interval 0", "1..3600"},
        BadValue{"echo-timeout 3601", "1..3600"}, BadValue{"reorder-time 0", "1..10000"},
        BadValue{"reorder-time 11s", "1..10000"}, BadValue{"reorder-slots 3", "power of two"},
        BadValue{"reorder-slots 2048", "power of two"}, BadValue{"test-type 4", "0..3"},
        BadValue{"test-rate 0", "1..1000000"}, BadValue{"fwmark 0x100000000", "0..4294967295"},
        BadValue{"src-address 1.2.3", "any"}, BadValue{"src-address 224.0.0.1", "any"},
        BadValue{"src-address ::1", "any"}, BadValue{"allow mschap3", "mschap3"},
        BadValue{"allow ''", "allow"}, BadValue{"user ''", "1..255 octets"},
        BadValue{"password ''", "1..255 octets"},
        BadValue{"password (hidden)", "secret that was not shown"},
        BadValue{"password-file pw", "absolute path"},
        BadValue{"password-file ''", "absolute path"}, BadValue{"connect-to ''", "host name"},
        BadValue{"connect-to 1.2.3.400", "not an IPv4"},
        BadValue{"connect-to 0.0.0.0", "not the address of a host"},
        BadValue{"connect-to 239.1.1.1", "not the address of a host"},
        BadValue{"connect-to 2001:db8::1", "IPv4 only"},
        BadValue{"connect-to [2001:db8::1]:1723", "IPv4 only"},
        BadValue{"connect-to h:0", "1..65535"}, BadValue{"connect-to h:65536", "1..65535"},
        BadValue{"connect-to h:", "1..65535"}, BadValue{"connect-to h:0x6bb", "1..65535"},
        BadValue{"connect-to h:+1", "1..65535"}, BadValue{"connect-to h:-1", "1..65535"},
        BadValue{"connect-to 'h: 1'", "1..65535"}, BadValue{"connect-to h:1x", "1..65535"},
        BadValue{"connect-to a..b", "1..63"}, BadValue{"connect-to -a", "begins nor ends"},
        BadValue{"connect-to a-.b", "begins nor ends"}, BadValue{"connect-to a/b", "not \"/\""},
        BadValue{"connect-to .", "not an IPv4"}, BadValue{"comment \x80", "UTF-8"},
        BadValue{"comment \xc0\x80", "UTF-8"}, BadValue{"comment \xed\xa0\x80", "UTF-8"},
        BadValue{"comment \xf4\x90\x80\x80", "UTF-8"}, BadValue{"comment \xe2\x82", "UTF-8"},
        BadValue{"comment a\x01", "control character"},
        BadValue{"phone " + std::string(65, '1'), "0..64"},
        BadValue{"phone \xc3\xa4", "printable ASCII"}));

TEST(Parse, GoodEdgesAreTaken) {
    for (const char *words :
         {"connect-to example.org.", "connect-to a:1", "connect-to _vpn.x",
          "connect-to 9.9.9.9:65535", "max-mtu 128", "max-mtu 0x100", "max-mru 16384",
          "max-mtu auto", "max-mru 0", "reorder-slots 0", "reorder-slots 1024", "reorder-time 10s",
          "keepalive-timeout 18h", "comment \xf0\x9f\x90\xa7", "phone ''"})
        EXPECT_EQ(error_of(std::string("client set o ") + words), "(accepted)") << words;
}

TEST(Parse, NamesAreThoseTheKernelTakes) {
    for (const char *name : {"a", "123456789012345", "ppp-0", "a.b", "x@y"})
        EXPECT_EQ(error_of(std::string("client enable ") + name), "(accepted)") << name;
    for (const char *name : {"''", "1234567890123456", ".", "..", "a/b", "a:b", "'a b'", "a%d",
                             "all", "default", "help", "\xc3\xa4", "-a"})
        EXPECT_THAT(error_of(std::string("client enable ") + name), HasSubstr("is wrong: "))
            << name;
}

TEST(Parse, APasswordOnTheCommandLineIsRefusedAndNeverRepeated) {
    const std::string error = error_of("client set o password hunter2");
    EXPECT_THAT(error, HasSubstr("password-file"));
    EXPECT_THAT(error, Not(HasSubstr("hunter2")));
    const std::string bad = error_of("client set o password \"hunter2\x01\"", Secrets::Allowed);
    EXPECT_THAT(bad, HasSubstr("control character"));
    EXPECT_THAT(bad, Not(HasSubstr("hunter2")));
}

TEST(Parse, AWordInAFileIsNamedWithItsPlace) {
    const auto words = split_line("client set o  max-mtu 1", 12, "x.conf");
    ASSERT_TRUE(words);
    const auto command = parse(*words, Secrets::Allowed, "x.conf");
    ASSERT_FALSE(command);
    EXPECT_THAT(command.error().text, testing::StartsWith("x.conf:12:23: argument \"1\" is wrong"));
    EXPECT_EQ(command.error().code, base::ErrorCode::Invalid);
}

TEST(Parse, WhatIsShownOfAWordIsOneShortLine) {
    const std::string error = error_of("'a\x1b[31m" + std::string(500, 'x') + "'");
    EXPECT_THAT(error, Not(HasSubstr("\x1b")));
    EXPECT_LT(error.size(), 200U);
}

TEST(Endpoint, HasThePortOfPptpUnlessItSaysAnother) {
    EXPECT_EQ(parse_endpoint("vpn.example.org")->port, 1723);
    const auto other = parse_endpoint("192.0.2.1:99");
    EXPECT_EQ(other->host, "192.0.2.1");
    EXPECT_EQ(other->port, 99);
}

TEST(Table, RowsAreWholeAndUnique) {
    for (const Keywords keywords : all_keywords()) {
        std::vector<std::string_view> seen;
        for (const Property &property : properties(keywords)) {
            EXPECT_TRUE(std::find(seen.begin(), seen.end(), property.keyword) == seen.end());
            seen.push_back(property.keyword);
            EXPECT_NE(property.set, nullptr);
            EXPECT_NE(property.uses, NoUse);
            EXPECT_FALSE(property.help.empty());
            EXPECT_EQ(is_kept(property), (property.uses & (InAdd | InSet)) != 0 &&
                                             property.keyword != "may-exist" &&
                                             property.keyword != "copy-from")
                << property.keyword;
        }
    }
    for (const Object &object : objects()) {
        for (const Verb &verb : object.verbs) {
            EXPECT_EQ(verb.operand == Operand::None, verb.check_operand == nullptr);
            EXPECT_NE(verb.make, nullptr);
            for (const Alias &alias : aliases(verb)) {
                const auto all = properties(verb);
                const auto named = std::any_of(all.begin(), all.end(), [&](const Property &p) {
                    return p.keyword == alias.keyword;
                });
                EXPECT_TRUE(named || alias.keyword.empty()) << alias.word;
            }
        }
        EXPECT_TRUE(object.standard == nullptr || &object.verbs.front() <= object.standard);
    }
}

template <typename T>
void expect_taken(Keywords keywords) {
    for (const Property &property : properties(keywords)) {
        const Access<T> *access = property.kept.of<T>();
        if (access == nullptr)
            continue;
        ASSERT_NE(access->get, nullptr);
        ASSERT_NE(access->copy, nullptr);
        const std::string value = default_of(property);
        if (property.need != Need::Optional || is_secret(property) || value.empty())
            continue;
        Draft draft;
        EXPECT_TRUE(property.set(draft, value)) << property.keyword;
        EXPECT_EQ(access->get(draft.of<T>()), value) << property.keyword;
    }
}

// A default that its own row would refuse could not be written into a file. What is not given at
// all is written as nothing.
TEST(Table, DefaultsAreValuesThatTheirRowsTake) {
    expect_taken<Client>(Keywords::OfClients);
    expect_taken<Pseudowire>(Keywords::OfPseudowires);
    expect_taken<Secret>(Keywords::OfSecrets);
    expect_taken<Profile>(Keywords::OfProfiles);
    expect_taken<Pool>(Keywords::OfPools);
    expect_taken<ServerInterface>(Keywords::OfInterfaces);
    expect_taken<PptpServer>(Keywords::OfPptpServer);
    expect_taken<Accounting>(Keywords::OfAccounting);
}

}  // namespace
}  // namespace rtun::config
