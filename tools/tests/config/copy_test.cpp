// SPDX-License-Identifier: GPL-2.0-or-later
//
// copy-from: an add that says only in what it differs from another.
#include <config/grammar.h>

#include <gmock/gmock.h>

namespace rtun::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string branch =
    "client add a type pptp connect-to h user u password-file /p max-mtu 1400 disabled yes\n";

std::vector<std::string> lines(const std::string &text) {
    const auto config = parse_file(text, "x.conf");
    if (!config)
        return {config.error().text};
    return export_lines(*config, Reveal::Show);
}

TEST(CopyFrom, HasWhatIsNotSaidAndNotTheName) {
    EXPECT_THAT(lines(branch + "client add b copy-from a connect-to other disabled no\n"),
                ElementsAre("client add a type pptp connect-to h user u password-file /p "
                            "max-mtu 1400 disabled yes",
                            "client add b type pptp connect-to other user u password-file /p "
                            "max-mtu 1400"));
}

TEST(CopyFrom, APasswordTakesThePlaceOfAPasswordFile) {
    EXPECT_THAT(
        lines(branch + "client add b copy-from a password secret\n").back(),
        "client add b type pptp connect-to h user u password secret max-mtu 1400 disabled yes");
}

TEST(CopyFrom, IsForAllThatAddButPseudowires) {
    EXPECT_THAT(lines("secret add a password x\nsecret add b copy-from a comment y\n"),
                ElementsAre("secret add a password x", "secret add b password x comment y"));
    EXPECT_THAT(lines("pool add a ranges 10.0.0.2-10.0.0.9\npool add b copy-from a\n").back(),
                "pool add b ranges 10.0.0.2-10.0.0.9");
    EXPECT_THAT(lines("profile add gold copy-from default-encryption\n"),
                ElementsAre("profile add gold use-encryption yes"));
    EXPECT_THAT(lines("profile set default only-one yes\nprofile add b copy-from default\n").back(),
                "profile add b only-one yes");
    EXPECT_THAT(lines("interface add a user u\ninterface add b copy-from a user v\n").back(),
                "interface add b user v");
    EXPECT_THAT(lines("pseudowire add b copy-from a\n").front(),
                HasSubstr("argument \"copy-from\" is wrong: no such keyword here"));
}

TEST(CopyFrom, WhatItNamesStandsAbove) {
    EXPECT_THAT(lines("client add b copy-from a\n" + branch),
                ElementsAre("x.conf:1:24: argument \"a\" is wrong: no client of this name is "
                            "added above"));
    EXPECT_THAT(lines("pool add a ranges 10.0.0.2\nclient add b copy-from a\n"),
                ElementsAre("x.conf:2:24: argument \"a\" is wrong: no client of this name is "
                            "added above"));
    EXPECT_THAT(lines("client add b copy-from b\n").front(), HasSubstr("no client of this name"));
}

TEST(CopyFrom, TheWholeIsCheckedNotTheWordsAlone) {
    const std::string from = "secret add a password x local-address 10.0.0.1\n";
    EXPECT_THAT(lines(from + "secret add b copy-from a remote-address 10.0.0.1\n").front(),
                HasSubstr("x.conf:2:1: secret \"b\": both ends of a session cannot have one"));
    EXPECT_THAT(lines(from + "secret add b copy-from a remote-address 10.0.0.2\n").size(), 2U);
}

TEST(CopyFrom, OnlyANameOfItsKindMayStandThere) {
    EXPECT_THAT(lines("client add b copy-from a/b\n").front(),
                HasSubstr("x.conf:1:24: argument \"a/b\" is wrong: copy-from: "));
    EXPECT_THAT(lines("client add b copy-from\n").front(), HasSubstr("its value is missing: NAME"));
}

TEST(CopyFrom, WithoutItTheWordsAreTheObject) {
    Add<Secret> add;
    add.object.name = "a";
    const auto object = object_of<Secret>(add, nullptr);
    ASSERT_TRUE(object);
    EXPECT_EQ(object->name, "a");
    EXPECT_THAT(object->comment, IsEmpty());
}

}  // namespace
}  // namespace rtun::config
