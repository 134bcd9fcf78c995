// SPDX-License-Identifier: GPL-2.0-or-later
//
// Options and words.
#include <cli/args.h>

#include <gmock/gmock.h>

namespace rtun::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::string>;

Arguments parsed(const Words &args) {
    auto arguments = parse_arguments(args);
    EXPECT_TRUE(arguments) << arguments.error().text;
    return arguments ? *arguments : Arguments{};
}

TEST(Arguments, OptionsStandBeforeTheObjectOrAfterTheVerb) {
    const Arguments a = parsed({"-j", "session", "-p", "show", "-s", "ppp0"});
    EXPECT_TRUE(a.options.json && a.options.pretty && a.options.statistics);
    EXPECT_THAT(a.words, ElementsAre("session", "show", "ppp0"));
    const Arguments b = parsed({"monitor", "-ts", "all"});
    EXPECT_EQ(b.options.timestamp, Timestamp::Short);
    EXPECT_THAT(b.words, ElementsAre("monitor", "all"));
}

TEST(Arguments, AValueMayBeginWithADash) {
    const Arguments a = parsed({"client", "set", "office", "comment", "-j", "user", "--x"});
    EXPECT_FALSE(a.options.json);
    EXPECT_THAT(a.words, ElementsAre("client", "set", "office", "comment", "-j", "user", "--x"));
    EXPECT_THAT(parsed({"connect", "user", "-n", "x"}).words,
                ElementsAre("connect", "user", "-n", "x"));
}

TEST(Arguments, EveryOptionHasItsShortAndItsLongForm) {
    EXPECT_TRUE(parsed({"-V"}).options.version);
    EXPECT_TRUE(parsed({"--Version"}).options.version);
    EXPECT_TRUE(parsed({"-json"}).options.json);
    EXPECT_TRUE(parsed({"--json"}).options.json);
    EXPECT_TRUE(parsed({"-stat"}).options.statistics);
    EXPECT_TRUE(parsed({"-d"}).options.details);
    EXPECT_TRUE(parsed({"-br"}).options.brief);
    EXPECT_TRUE(parsed({"-o"}).options.oneline);
    EXPECT_TRUE(parsed({"-h"}).options.help);
    EXPECT_EQ(parsed({"-4"}).options.family, Family::Inet);
    EXPECT_EQ(parsed({"-6"}).options.family, Family::Inet6);
    EXPECT_EQ(parsed({"-t"}).options.timestamp, Timestamp::Long);
    EXPECT_EQ(parsed({"-tshort"}).options.timestamp, Timestamp::Short);
    EXPECT_EQ(parsed({"-n", "blue"}).options.netns, "blue");
    EXPECT_EQ(parsed({"-netns=blue"}).options.netns, "blue");
    EXPECT_EQ(parsed({"-b", "-"}).options.batch, "-");
    EXPECT_EQ(parsed({"-batch", "f"}).options.batch, "f");
    EXPECT_EQ(parsed({"-c"}).options.color, Color::Always);
    EXPECT_EQ(parsed({"-color=auto"}).options.color, Color::Auto);
    EXPECT_EQ(parsed({"-c=never"}).options.color, Color::Never);
}

TEST(Arguments, MistakesAreNamed) {
    const auto error = [](const Words &args) {
        const auto arguments = parse_arguments(args);
        return arguments ? "(accepted)" : arguments.error().text;
    };
    EXPECT_EQ(error({"-x"}), "option \"-x\" is unknown, \"rtun help\" lists them");
    EXPECT_EQ(error({"-n"}), "after option \"-n\" its NAME is missing");
    EXPECT_EQ(error({"-json=1"}), "option \"-json\" takes no value");
    EXPECT_THAT(error({"-c=blue"}), HasSubstr("always, auto or never"));
    EXPECT_THAT(error({"-n", "../x"}), HasSubstr("network namespace"));
    EXPECT_THAT(error({"-b", ""}), HasSubstr("expected a file"));
}

TEST(Arguments, UsageListsThemAll) {
    EXPECT_EQ(options_usage(),
              "OPTIONS := { -V[ersion] | -j[son] | -p[retty] | -s[tatistics] | -d[etails] |\n"
              "             -br[ief] | -o[neline] | -4 | -6 | -n[etns] NAME | -b[atch] FILE |\n"
              "             -c[olor][={ always | auto | never }] | -t[imestamp] | -ts[hort] |\n"
              "             -h[elp] }\n");
}

}  // namespace
}  // namespace rtun::cli
