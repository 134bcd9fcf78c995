// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files of pppd and pptpd as they are found on hosts, and as nobody should have written them.
#include <config/import.h>

#include <config/grammar.h>

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

namespace rtun::config {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> commands_of(const Imported &imported) {
    return export_lines(imported.config, Reveal::Show);
}

std::vector<std::string> secrets_of(const std::string &text) {
    return commands_of(import_chap_secrets(text, "chap-secrets"));
}

TEST(ChapSecrets, OfTheHowTosAreUsers) {
    const Imported imported = import_chap_secrets("# Secrets for authentication using CHAP\n"
                                                  "# client\tserver\tsecret\t\t\tIP addresses\n"
                                                  "jack    pptpd   pw1     *\n"
                                                  "LAB\\\\john\t*\t\"p w 2\"\t10.0.0.7\n"
                                                  "\n"
                                                  "'mary ann' xl2tpd p\\#3 *   # she left\n",
                                                  "chap-secrets");
    EXPECT_THAT(commands_of(imported),
                ElementsAre("secret add jack password pw1 service pptp",
                            "secret add \"LAB\\\\john\" password \"p w 2\" remote-address 10.0.0.7",
                            "secret add \"mary ann\" password \"p#3\" service l2tp"));
    EXPECT_THAT(imported.notes, IsEmpty());
}

TEST(ChapSecrets, WordsAreReadAsPppdReadsThem) {
    EXPECT_THAT(secrets_of("a * one\"two\"'th ree'\\ four *"),
                ElementsAre("secret add a password \"onetwoth ree four\""));
    EXPECT_THAT(secrets_of("a * \\x41\\102\\s\\q *"),
                ElementsAre("secret add a password \"AB q\""));
    EXPECT_THAT(secrets_of("a * \\\n  pw *\nb * pw#no *"),
                ElementsAre("secret add a password pw", "secret add b password pw"));
    EXPECT_THAT(secrets_of("a * \"two\\\"quotes\" *"),
                ElementsAre("secret add a password \"two\\\"quotes\""));
    EXPECT_THAT(secrets_of("a * pw *\r\nb * pw2 *\r\n"),
                ElementsAre("secret add a password pw", "secret add b password pw2"));
    EXPECT_THAT(secrets_of("a * pw"), ElementsAre("secret add a password pw"));
}

TEST(ChapSecrets, WhatCannotBeHadIsSaidWithItsLine) {
    const Imported imported = import_chap_secrets("* * secret1 *\n"
                                                  "a office secret2 *\n"
                                                  "b * secret3 10.0.0.0/24\n"
                                                  "c * secret4 10.0.0.1 10.0.0.2\n"
                                                  "d * secret5 -\n"
                                                  "e * secret6 * -- mtu 1400\n"
                                                  "f *\n"
                                                  "a * secret7 *\n"
                                                  "g * \"\" *\n"
                                                  "h * @/etc/ppp/h.pw *\n"
                                                  "i * @h.pw *\n"
                                                  "j * \"bell\\a\" *\n"
                                                  "k * secret8\n"
                                                  "l * secret9 !10.0.0.1 *\n",
                                                  "f");
    EXPECT_THAT(
        imported.notes,
        ElementsAre(
            "f:1: a user of any name cannot be had: the line is passed over",
            "f:2: user \"a\": the server \"office\" is not kept, it may use every service",
            "f:3: user \"b\": the list of its addresses is not kept, it gets one from its profile",
            "f:4: user \"c\": the list of its addresses is not kept, it gets one from its profile",
            "f:5: user \"d\": may have no address, so it is disabled",
            "f:6: user \"e\": options of its own are not kept",
            "f:7: CLIENT SERVER SECRET are not all there: the line is passed over",
            "f:8: user \"a\" stands there twice: the first is kept",
            "f:9: user \"g\" is passed over: it has no password",
            "f:11: user \"i\" is passed over: the file of its password is named without its whole "
            "path",
            "f:12: user \"j\" is passed over: its password: there is a control character in it",
            "f:13: user \"k\": no address is allowed by pppd; it gets one from its profile",
            "f:14: user \"l\": the list of its addresses is not kept, it gets one from its "
            "profile"));
    EXPECT_THAT(commands_of(imported), Contains("secret add d password secret5 disabled yes"));
    EXPECT_THAT(commands_of(imported), Contains("secret add h password-file /etc/ppp/h.pw"));
    EXPECT_THAT(imported.notes, Each(Not(HasSubstr("secret"))));
}

// What is imported is a configuration that can be read.
TEST(ChapSecrets, AnythingAtAllIsReadWithinBounds) {
    std::mt19937 random(3);
    const std::string_view letters = "ab*\"'\\#@-! \t\n\n1.\xc3\xa4\x01x";
    for (int round = 0; round < 3000; round++) {
        std::string text;
        for (std::size_t n = random() % 120; n > 0; n--)
            text += letters[random() % letters.size()];
        const Imported imported = import_chap_secrets(text, "f");
        std::string lines;
        for (const std::string &line : commands_of(imported))
            lines += line + "\n";
        const auto read = parse_file(lines, "g");
        ASSERT_TRUE(read) << read.error().text << "\n" << lines;
        ASSERT_EQ(read->secrets.size(), imported.config.secrets.size());
    }
    std::string flood;
    for (int i = 0; i < 5000; i++)
        flood += "x\n";
    const Imported flooded = import_chap_secrets(flood, "f");
    EXPECT_EQ(flooded.notes.size(), 1001U);
    EXPECT_EQ(flooded.notes.back(), "and 4000 more of such lines");
    EXPECT_THAT(import_chap_secrets("a * " + std::string(1 << 20, 'x') + " *", "f").notes,
                ElementsAre("f:1: a word is longer than pppd takes: the line is passed over"));
    std::string wide = "a * pw";
    for (int i = 0; i < 5000; i++)
        wide += " *";
    EXPECT_EQ(import_chap_secrets(wide, "f").config.secrets.size(), 0U);
    EXPECT_EQ(import_chap_secrets("a * 'never closed\nb * c *\n", "f").config.secrets.size(), 0U);
}

const char *debian_conf =
    "###############################################################################\n"
    "# $Id$\n"
    "#ppp /usr/sbin/pppd\n"
    "option /etc/ppp/pptpd-options\n"
    "#debug\n"
    "# stimeout 10\n"
    "#noipparam\n"
    "logwtmp\n"
    "#bcrelay eth1\n"
    "connections 50\n"
    "localip 192.168.0.1\n"
    "remoteip 192.168.0.234-238,192.168.0.245\n";
const char *debian_options = "name pptpd\n"
                             "refuse-pap\n"
                             "refuse-chap\n"
                             "refuse-mschap\n"
                             "require-mschap-v2\n"
                             "require-mppe-128\n"
                             "ms-dns 10.0.0.1\n"
                             "ms-dns 10.0.0.2\n"
                             "ms-wins 10.0.0.3\n"
                             "proxyarp\n"
                             "nodefaultroute\n"
                             "lock\nnobsdcomp\nnovj\nnovjccomp\nnologfd\n"
                             "mtu 1400\nmru 1390\n"
                             "lcp-echo-interval 20\nlcp-echo-failure 4\n";

TEST(Pptpd, OfDebianIsServedTheSame) {
    EXPECT_EQ(pptpd_option_file(debian_conf), "/etc/ppp/pptpd-options");
    const Imported imported = import_pptpd({.file = "pptpd.conf", .text = debian_conf},
                                           {.file = "pptpd-options", .text = debian_options});
    EXPECT_THAT(
        commands_of(imported),
        ElementsAre("pool add pptpd ranges 192.168.0.234-192.168.0.238,192.168.0.245",
                    "profile add pptpd local-address 192.168.0.1 remote-address pptpd dns-server "
                    "10.0.0.1,10.0.0.2 wins-server 10.0.0.3 use-encryption require proxy-arp yes",
                    "server set pptp enabled yes default-profile pptpd max-mtu 1400 max-mru 1390 "
                    "keepalive-timeout 20 max-sessions 50"));
    EXPECT_THAT(
        imported.notes,
        ElementsAre("pptpd.conf:8: logwtmp: not kept: wtmp is not written, see \"rtun "
                    "accounting show\"",
                    "pptpd-options:20: lcp-echo-failure: not kept: a user is gone when five "
                    "echoes, a second apart, stay unanswered"));
    std::string lines;
    for (const std::string &line : commands_of(imported))
        lines += line + "\n";
    EXPECT_TRUE(parse_file(lines, "g"));
    EXPECT_THAT(warnings(imported.config), IsEmpty());
}

TEST(Pptpd, WithWeakMethodsAndShortKeysIsServedAndWarnedOf) {
    const Imported imported =
        import_pptpd({.file = "c",
                      .text = "localip 10.0.0.1-3,10.0.0.9\nremoteip 10.0.1.1\n"
                              "listen 192.0.2.1\n"},
                     {.file = "o",
                      .text = "auth refuse-pap\nrequire-mppe mppe-stateful idle 600 "
                              "maxconnect 3600\n+ipv6\n"});
    EXPECT_THAT(commands_of(imported),
                ElementsAre("pool add pptpd-local ranges 10.0.0.1-10.0.0.3,10.0.0.9",
                            "pool add pptpd ranges 10.0.1.1",
                            "profile add pptpd local-address pptpd-local remote-address pptpd "
                            "use-encryption require use-ipv6 yes session-timeout 3600 idle-timeout "
                            "600",
                            "server set pptp enabled yes listen 192.0.2.1 authentication "
                            "mschap2,mschap1,chap default-profile pptpd mppe 128,40 mppe-stateful "
                            "yes"));
    EXPECT_THAT(imported.notes, IsEmpty());
    EXPECT_EQ(warnings(imported.config).size(), 2U);
}

TEST(Pptpd, WhatCannotBeHadIsSaidWithItsLine) {
    const Imported imported = import_pptpd(
        {.file = "c",
         .text = "bcrelay eth1\nlocalip 10.0.0\nremoteip 10.0.0.5-2\nfrob 1\nlisten\n"},
        {.file = "o",
         .text = "plugin radius.so\nms-dns 1\nms-dns 10.0.0.1 ms-dns 10.0.0.2\n"
                 "ms-dns 10.0.0.3\nmtu 20\nrefuse-mschap-v2\nrequire-mschap-v2\n"
                 "name\nunheard of\nnoauth\nchap-interval 300\n"});
    EXPECT_THAT(
        imported.notes,
        ElementsAre(
            "c:1: bcrelay: not kept: broadcasts are not relayed",
            "c:2: localip 10.0.0: not kept: \"10.0.0\": this is not an IPv4 address",
            "c:3: remoteip 10.0.0.5-2: not kept: \"10.0.0.5-10.0.0.2\": it ends before it "
            "begins",
            "c:4: keyword \"frob\" is not known and not kept", "c:5: listen: its value is missing",
            "o:1: plugin: not kept: there are no plugins",
            "o:2: ms-dns 1: not kept: this is not an IPv4 address",
            "o:4: ms-dns 10.0.0.3: not kept: only two can be told to a user",
            "o:5: mtu 20: not kept: expected a number, 128..16384",
            "o:8: name: its value is missing", "o:9: option \"unheard\" is not known and not kept",
            "o:10: noauth: not kept: every user has to prove itself",
            "o: has no localip: the profile needs a local-address",
            "o: has no remoteip: addresses have to come from the users",
            "o: refuses all methods of authentication: mschap2 is taken",
            "o: does not require MPPE: sessions are not encrypted"));
    EXPECT_EQ(imported.config.pptp_server.rechallenge.count(), 300);
    EXPECT_EQ(imported.config.pptp_server.authentication.text(), "mschap2");
}

TEST(Pptpd, AnythingAtAllIsReadWithinBounds) {
    std::mt19937 random(5);
    const std::vector<std::string> words{"localip",     "remoteip",    "10.0.0.1",
                                         "10.0.0.1-9",  "listen",      "option",
                                         "connections", "mppe",        "required,no40",
                                         "ms-dns",      "require-pap", "mtu",
                                         "99999",       "-",           ",,",
                                         "\n",          "\n",          "'",
                                         "\\",          "1.2.3.4-",    "@",
                                         "idle",        "-1"};
    for (int round = 0; round < 3000; round++) {
        std::string text;
        for (std::size_t n = random() % 40; n > 0; n--)
            text += words[random() % words.size()] + (random() % 2 == 0 ? " " : "\n");
        const Imported imported =
            import_pptpd({.file = "c", .text = text}, {.file = "o", .text = text});
        std::string lines;
        for (const std::string &line : commands_of(imported))
            lines += line + "\n";
        ASSERT_TRUE(parse_file(lines, "g")) << lines << parse_file(lines, "g").error().text;
    }
}

// CVE-2014-3158, pppd: a word of its options file that is longer than its buffer. Here a word has a
// bound, and what stands around it is read as if it were not there.
TEST(KnownFailure, Cve2014_3158_AWordOfAnyLengthIsReadWithinBounds) {
    for (const std::size_t length :
         {255U, 256U, 1022U, 1023U, 1024U, 1025U, 65535U, 65536U, 1048577U}) {
        const std::string word(length, 'x');
        const std::string escaped = [&] {
            std::string text;
            for (std::size_t i = 0; i < length; i++)
                text += "\\x78";
            return text;
        }();
        for (const std::string &one : {word, "\"" + word + "\"", escaped}) {
            EXPECT_THAT(secrets_of("a * " + one + " *\nb * pw *\n"),
                        Contains("secret add b password pw"))
                << length;
            EXPECT_THAT(secrets_of(one + " * pw *\nb * pw *\n"),
                        Contains("secret add b password pw"))
                << length;
            const Imported options =
                import_pptpd({.file = "c", .text = ""},
                             {.file = "o", .text = one + "\nms-dns " + one + "\nmtu 1400\n"});
            EXPECT_EQ(options.config.pptp_server.max_mtu, 1400) << length;
        }
    }
}

// Files that go when the test ends.
class Folder {
public:
    Folder() { EXPECT_NE(::mkdtemp(path_), nullptr); }
    ~Folder() {
        for (const std::string &file : files_)
            ::unlink(file.c_str());
        ::rmdir(path_);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    std::string put(const std::string &name, const std::string &text, mode_t mode) {
        const std::string file = std::string(path_) + "/" + name;
        std::FILE *out = std::fopen(file.c_str(), "w");
        EXPECT_NE(out, nullptr);
        EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), out), text.size());
        std::fclose(out);
        EXPECT_EQ(::chmod(file.c_str(), mode), 0);
        files_.push_back(file);
        return file;
    }

private:
    char path_[32] = "/tmp/rtun-import-XXXXXX";
    std::vector<std::string> files_;
};

TEST(ImportFiles, TheOptionsAreThoseThatTheServerNames) {
    Folder folder;
    const std::string options = folder.put("options", "require-mschap-v2\nrequire-mppe\n", 0644);
    const std::string server = folder.put(
        "pptpd.conf", "option " + options + "\nlocalip 10.0.0.1\nremoteip 10.0.0.2\n", 0644);
    const auto imported = import_pptpd_file(server);
    ASSERT_TRUE(imported) << imported.error().text;
    EXPECT_THAT(imported->notes, IsEmpty());
    EXPECT_EQ(imported->config.profiles[0].use_encryption, Profile::UseEncryption::Require);
    const auto lost = import_pptpd_file(folder.put("lost", "option /nonexistent/options\n", 0644));
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().text, HasSubstr("/nonexistent/options: No such file"));
    const auto bare = import_pptpd_file(folder.put("bare", "localip 10.0.0.1\n", 0644));
    ASSERT_TRUE(bare);
    EXPECT_THAT(bare->notes, Contains(HasSubstr("names no file of options")));
}

TEST(ImportFiles, PasswordsThatOthersMayReadAreSpokenOf) {
    Folder folder;
    const std::string open = folder.put("open", "a * b *\n", 0644);
    EXPECT_THAT(import_secrets_file(open)->notes, ElementsAre(HasSubstr("chmod 600 " + open)));
    EXPECT_THAT(import_secrets_file(folder.put("closed", "a * b *\n", 0600))->notes, IsEmpty());
    EXPECT_FALSE(import_secrets_file("/nonexistent/chap-secrets"));
}

}  // namespace
}  // namespace rtun::config
