// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configuration files: read as a whole or not at all, and written so that they can be read.
#include <config/grammar.h>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

namespace rtun::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string tail = " type pptp connect-to h user u password-file /p\n";

std::string error_of(const std::string &text) {
    const auto config = parse_file(text, "x.conf");
    return config ? "(accepted)" : config.error().text;
}

// A file that goes when the test ends.
class Scratch {
public:
    Scratch(const std::string &text, mode_t mode) {
        const int fd = ::mkstemp(path_);
        EXPECT_GE(fd, 0);
        EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        EXPECT_EQ(::fchmod(fd, mode), 0);
        ::close(fd);
    }
    ~Scratch() { ::unlink(path_); }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    [[nodiscard]] std::string path() const { return path_; }

private:
    char path_[32] = "/tmp/rtun-config-XXXXXX";
};

TEST(ParseFile, TakesClientsInTheirOrder) {
    const auto config = parse_file("# head\n\nclient add b" + tail + "  client add a" + tail, "f");
    ASSERT_TRUE(config) << config.error().text;
    ASSERT_EQ(config->clients.size(), 2U);
    EXPECT_EQ(config->clients[0].name, "b");
    EXPECT_EQ(config->clients[1].name, "a");
    EXPECT_TRUE(parse_file("", "f")->clients.empty());
    EXPECT_TRUE(parse_file("client add b type pptp connect-to h user u password x", "f"));
}

TEST(ParseFile, OneMistakeRefusesAll) {
    EXPECT_THAT(error_of("client add a" + tail + "client add b type pptp conect-to h\n"),
                StartsWith("x.conf:2:24: argument \"conect-to\" is wrong: "));
    EXPECT_THAT(error_of("client add a" + tail + "\n client add b 'x\n"),
                StartsWith("x.conf:3:15: "));
    EXPECT_THAT(error_of("client add a\n"),
                StartsWith("x.conf:1:12: argument \"type\" is required"));
}

TEST(ParseFile, TwoClientsOfOneNameAreRefusedUnlessItSaysSo) {
    EXPECT_EQ(error_of("client add a" + tail + "#\nclient add a" + tail),
              "x.conf:3:12: argument \"a\" is wrong: line 1 has added a client of this name");
    const auto config = parse_file(
        "client add a max-mtu 1400" + tail + "client add a may-exist max-mtu 1300" + tail, "f");
    ASSERT_TRUE(config) << config.error().text;
    ASSERT_EQ(config->clients.size(), 1U);
    EXPECT_EQ(config->clients[0].max_mtu, 1400);
}

TEST(ParseFile, OnlyWhatAddsMayStandInIt) {
    for (const auto &[line, name] : std::vector<std::pair<std::string, std::string>>{
             {"client set a max-mtu 1400", "client set"},
             {"client del a", "client del"},
             {"cl show", "client show"},
             {"export", "export"},
             {"config save", "config save"},
             {"monitor", "monitor"}})
        EXPECT_THAT(error_of(line), StartsWith("x.conf:1:1: \"" + name +
                                               "\" cannot stand in a configuration file"));
}

TEST(ReadFile, RefusesAFileThatOthersMayRead) {
    const Scratch open("client add a" + tail, 0640);
    const auto refused = read_file(open.path());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, HasSubstr("chmod 600 " + open.path()));
    const Scratch closed("client add a" + tail, 0600);
    EXPECT_TRUE(read_file(closed.path()));
}

TEST(ReadFile, SaysWhyItCannotBeRead) {
    const auto none = read_file("/nonexistent/rtun.conf");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().text, HasSubstr("/nonexistent/rtun.conf: No such file"));
    EXPECT_EQ(none.error().errnum, ENOENT);
    EXPECT_THAT(read_file("/tmp").error().text, HasSubstr("not a regular file"));
}

TEST(Export, LeavesOutWhatIsAsByDefault) {
    const auto config = parse_file("client add a max-mtu 1450 comment 'x y'" + tail, "f");
    ASSERT_TRUE(config);
    EXPECT_THAT(export_lines(*config, Reveal::Hide),
                testing::ElementsAre("client add a type pptp connect-to h user u password-file /p "
                                     "comment \"x y\""));
}

TEST(Export, AHiddenSecretCannotBeLoadedByMistake) {
    const auto config = parse_file("client add a type pptp connect-to h user u password pw", "f");
    ASSERT_TRUE(config);
    const auto hidden = export_lines(*config, Reveal::Hide);
    EXPECT_EQ(hidden[0], "client add a type pptp connect-to h user u password (hidden)");
    EXPECT_THAT(error_of(hidden[0]), HasSubstr("a secret that was not shown"));
    EXPECT_EQ(export_lines(*config, Reveal::Show)[0],
              "client add a type pptp connect-to h user u password pw");
    for (const Setting &setting : settings(config->clients[0], Reveal::Hide)) {
        EXPECT_THAT(setting.value, testing::Not(HasSubstr("pw")));
    }
}

// Every configuration that can be had is the same after it was written and read again.
TEST(Export, WhatIsExportedReadsTheSame) {
    std::mt19937 random(7);
    const auto pick = [&random](std::initializer_list<const char *> of) {
        return std::string(of.begin()[random() % of.size()]);
    };
    const std::string_view letters = "ab \"'\\#()-\xc3\xa4";
    const auto text = [&](std::size_t low) {
        std::string word;
        for (std::size_t n = low + random() % 5; n > 0; n--) {
            const char c = letters[random() % 10];
            word += c;
        }
        return quote(word);
    };
    for (int round = 0; round < 500; round++) {
        std::string file;
        for (int i = 0; i < 3; i++) {
            file += "client add c" + std::to_string(i) + " type pptp";
            file += " connect-to " + pick({"h", "192.0.2.1", "h.example:99"});
            file += " user " + text(1) + " password " + text(1);
            file += " max-mtu " + pick({"1450", "128", "0x200"});
            file += " allow " + pick({"pap", "mschap2,mschap1,chap,pap", "chap,mschap2"});
            file += " keepalive-timeout " + pick({"0", "60", "1h"});
            file += " reorder-time " + pick({"1", "50", "2s"});
            file += " fwmark " + pick({"0", "7", "0xffffffff"});
            file += " src-address " + pick({"any", "192.0.2.9"});
            file += " disabled " + pick({"yes", "no"});
            file += " comment " + text(0) + "\n";
        }
        const auto config = parse_file(file, "f");
        ASSERT_TRUE(config) << config.error().text << "\n" << file;
        std::string again;
        for (const std::string &line : export_lines(*config, Reveal::Show))
            again += line + "\n";
        const auto read = parse_file(again, "g");
        ASSERT_TRUE(read) << read.error().text << "\n" << again;
        ASSERT_EQ(export_lines(*read, Reveal::Show), export_lines(*config, Reveal::Show));
    }
}

}  // namespace
}  // namespace rtun::config
