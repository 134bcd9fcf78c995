// SPDX-License-Identifier: GPL-2.0-or-later
//
// Help and completion, which read the table that parse() reads.
#include <config/grammar.h>

#include <config/table.h>
#include <tests/config/words.h>

#include <gmock/gmock.h>

namespace rtun::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Words = std::vector<std::string>;

TEST(Usage, EveryLevelNamesAllThatIsBelow) {
    const std::string top = usage({});
    for (const Object &object : objects()) {
        EXPECT_THAT(top, HasSubstr(std::string(object.name)));
        const std::string of_object = usage(Words{std::string(object.name)});
        for (const Verb &verb : object.verbs) {
            EXPECT_THAT(of_object, HasSubstr(std::string(verb.name)));
            Words words{std::string(object.name)};
            if (!verb.name.empty())
                words.emplace_back(verb.name);
            const std::string text = usage(words);
            EXPECT_THAT(text, HasSubstr("Usage: rtun " + std::string(object.name)));
            for (const Property &property : properties(verb)) {
                const std::string line = "\n  " + std::string(property.keyword) + " ";
                EXPECT_EQ(text.find(line) != std::string::npos, takes(verb, property)) << text;
            }
        }
    }
}

// A name behind the object would be taken for a verb, so show can only be left out together with
// it.
TEST(Usage, WhatMayBeLeftOutIsWhatTheParserTakes) {
    EXPECT_THAT(usage(Words{"session"}), HasSubstr("rtun session [ show [ ID | IFNAME ] ]\n"));
    EXPECT_THAT(usage(Words{"bundle"}), HasSubstr("rtun bundle [ show [ ID | IFNAME ] ]\n"));
    EXPECT_THAT(usage(Words{"tunnel"}), HasSubstr("rtun tunnel [ show [ ID ] ]\n"));
    EXPECT_THAT(usage(Words{"client"}), HasSubstr("rtun client [ show [ NAME ] ]\n"));
    EXPECT_THAT(usage(Words{"config"}), HasSubstr("rtun config check [ FILE ]\n"));
    EXPECT_THAT(usage(Words{"monitor"}),
                HasSubstr("rtun monitor [ client | tunnel | session | all ]\n"));
    for (const char *line : {"session", "session show", "session show pptp-out1", "tunnel show 1"})
        EXPECT_TRUE(parse_text(line)) << line;
    for (const char *line : {"session pptp-out1", "tunnel 1", "client office"})
        EXPECT_FALSE(parse_text(line)) << line;
}

TEST(Usage, DefaultsComeFromTheModel) {
    const std::string text = usage(Words{"client", "add"});
    EXPECT_THAT(text, HasSubstr("128..16384 (default 1450)"));
    EXPECT_THAT(text, HasSubstr("(default mschap2,mschap1,chap,pap)"));
    EXPECT_THAT(text, HasSubstr("[ encryption { no | auto | required | passive | profile } ]"));
    EXPECT_THAT(text, HasSubstr("no tunnel (default profile)"));
}

TEST(Usage, NoLineIsWiderThanATerminal) {
    for (const Words &words :
         {Words{}, Words{"client"}, Words{"client", "add"}, Words{"connect"},
          Words{"secret", "add"}, Words{"profile", "set"}, Words{"server", "set"},
          Words{"accounting", "show"}, Words{"capture"}}) {
        const std::string text = usage(words);
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            EXPECT_LE(end - at, 132U) << text.substr(at, end - at);
            at = end + 1;
        }
    }
}

TEST(WantsHelp, WhereANameOrAKeywordCouldStand) {
    for (const Words &words :
         {Words{"help"}, Words{"client", "help"}, Words{"client", "add", "help"},
          Words{"client", "add", "a", "help"}, Words{"client", "add", "a", "user", "x", "help"},
          Words{"connect", "help"}, Words{"monitor", "help"}, Words{"client", "del", "a", "help"},
          Words{"client", "add", "a", "may-exist", "help"}, Words{"export", "help"}})
        EXPECT_TRUE(wants_help(words)) << testing::PrintToString(words);
    for (const Words &words :
         {Words{}, Words{"client"}, Words{"client", "add", "a", "user", "help"},
          Words{"client", "set", "a", "comment", "help"}, Words{"nonsense", "x", "help"}})
        EXPECT_FALSE(wants_help(words)) << testing::PrintToString(words);
}

TEST(CommandLength, IsTheWordsThatNameIt) {
    EXPECT_EQ(command_length(Words{"client", "show", "x"}), 2U);
    EXPECT_EQ(command_length(Words{"cl", "sh"}), 2U);
    EXPECT_EQ(command_length(Words{"monitor", "all"}), 1U);
    EXPECT_EQ(command_length(Words{"client"}), 1U);
    EXPECT_EQ(command_length(Words{"nonsense", "x"}), 1U);
}

TEST(Complete, OffersWhatMayComeNext) {
    EXPECT_THAT(complete(Words{""}), Contains("client"));
    EXPECT_THAT(complete(Words{"c"}), ElementsAre("client", "capture", "config", "connect"));
    EXPECT_THAT(complete(Words{"client", "d"}), ElementsAre("del", "disable"));
    EXPECT_THAT(complete(Words{"client", "add", "a"}), IsEmpty());
    EXPECT_THAT(complete(Words{"client", "add", "a", "max"}), ElementsAre("max-mtu", "max-mru"));
    EXPECT_THAT(complete(Words{"client", "add", "a", "max-mtu", "1400", "max"}),
                ElementsAre("max-mru"));
    EXPECT_THAT(complete(Words{"client", "add", "a", "disabled", ""}), ElementsAre("yes", "no"));
    EXPECT_THAT(complete(Words{"connect", "allow", "mschap2,"}),
                ElementsAre("mschap2,mschap1", "mschap2,chap", "mschap2,pap"));
    EXPECT_THAT(complete(Words{"connect", "mppe", ""}), ElementsAre("auto", "128", "56", "40"));
    EXPECT_THAT(complete(Words{"connect", "mppe", "128,"}), ElementsAre("128,56", "128,40"));
    EXPECT_THAT(complete(Words{"monitor", "s"}), ElementsAre("session"));
    EXPECT_THAT(complete(Words{"client", "add", "a", ""}), Not(Contains("password")));
    EXPECT_THAT(complete(Words{"nonsense", ""}), IsEmpty());
    EXPECT_THAT(complete(Words{}), Contains("client"));
}

}  // namespace
}  // namespace rtun::config
