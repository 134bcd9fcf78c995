// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines into words, and words into lines.
#include <config/grammar.h>

#include <gmock/gmock.h>

#include <random>

namespace rtun::config {
namespace {

std::vector<std::string> texts(std::string_view line) {
    const auto words = split_line(line, 3, "f");
    EXPECT_TRUE(words) << line;
    std::vector<std::string> out;
    if (words) {
        for (const Word &word : *words)
            out.push_back(word.text);
    }
    return out;
}

std::string error_of(std::string_view line) {
    const auto words = split_line(line, 3, "f");
    return words ? "(accepted)" : words.error().text;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SplitLine, QuotesAsAShellDoes) {
    EXPECT_THAT(texts("a  b\tc\r"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(texts("\"a b\" 'c d' e\\ f"), ElementsAre("a b", "c d", "e f"));
    EXPECT_THAT(texts("a\"b\"'c'd"), ElementsAre("abcd"));
    EXPECT_THAT(texts(R"("a\"b\\c\d")"), ElementsAre(R"(a"b\c\d)"));
    EXPECT_THAT(texts(R"('a\"b')"), ElementsAre(R"(a\"b)"));
    EXPECT_THAT(texts("'' \"\""), ElementsAre("", ""));
}

TEST(SplitLine, ACommentBeginsWhereAWordCould) {
    EXPECT_THAT(texts("# all"), IsEmpty());
    EXPECT_THAT(texts("a #b"), ElementsAre("a"));
    EXPECT_THAT(texts("a#b '#c' \\#d"), ElementsAre("a#b", "#c", "#d"));
    EXPECT_THAT(texts("   "), IsEmpty());
}

TEST(SplitLine, WordsKnowWhereTheyStand) {
    const auto words = split_line("  ab \"c\"", 7, "f");
    ASSERT_TRUE(words);
    EXPECT_EQ((*words)[0].line, 7U);
    EXPECT_EQ((*words)[0].column, 3U);
    EXPECT_EQ((*words)[1].column, 6U);
}

TEST(SplitLine, WhatCannotBeIsRefusedWithItsPlace) {
    EXPECT_EQ(error_of("a 'b"), "f:3:3: a quote is opened here and not closed");
    EXPECT_EQ(error_of("\"a\\\""), "f:3:1: a quote is opened here and not closed");
    EXPECT_EQ(error_of("ab\\"), "f:3:3: nothing follows the \"\\\"");
    EXPECT_EQ(error_of(std::string_view("a\0b", 3)),
              "f:3:2: a character that cannot stand in a line");
}

TEST(Quote, EveryWordComesBackAsItWas) {
    std::mt19937 random(1);
    const std::string_view letters = "ab \t\"'\\#()$-\xc3\xa4";
    for (int i = 0; i < 20000; i++) {
        std::vector<std::string> words(1 + random() % 4);
        std::string line;
        for (std::string &word : words) {
            for (std::size_t n = random() % 6; n > 0; n--)
                word += letters[random() % letters.size()];
            line += (line.empty() ? "" : " ") + quote(word);
        }
        ASSERT_EQ(texts(line), words) << line;
    }
}

}  // namespace
}  // namespace rtun::config
