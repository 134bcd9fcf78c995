// SPDX-License-Identifier: GPL-2.0-or-later
//
// The manual is complete: every object, verb and keyword of the table stands in rtun.8.
#include <config/table.h>

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace rtun::config {
namespace {

std::string page(const char *name) {
    const std::ifstream file(std::string(RTUN_MAN) + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// As an argument of a macro of mdoc: "Cm max-mtu" at the end of a line or before another word.
bool has_word(const std::string &text, std::string_view word) {
    for (const char *macro : {"Cm ", "Ic "}) {
        for (std::size_t at = text.find(macro); at != std::string::npos;
             at = text.find(macro, at + 1)) {
            const std::size_t begin = at + 3;
            const std::size_t end = text.find('\n', begin);
            std::istringstream words(text.substr(begin, end - begin));
            for (std::string one; words >> one;) {
                if (one == word)
                    return true;
            }
        }
    }
    return false;
}

TEST(Manual, HasEveryWordOfTheTable) {
    const std::string text = page("rtun.8");
    ASSERT_FALSE(text.empty());
    for (const Property &property : properties())
        EXPECT_TRUE(has_word(text, property.keyword)) << property.keyword;
    for (const Object &object : objects()) {
        EXPECT_TRUE(has_word(text, object.name)) << object.name;
        for (const Verb &verb : object.verbs) {
            EXPECT_TRUE(verb.name.empty() || has_word(text, verb.name)) << verb.name;
            for (const std::string_view alias : verb.aliases)
                EXPECT_TRUE(has_word(text, alias)) << alias;
        }
    }
}

TEST(Manual, SaysEveryDefaultAndRange) {
    const std::string text = page("rtun.8");
    for (const Property &property : properties()) {
        if (property.get == nullptr || property.need != Need::Optional)
            continue;
        const std::size_t at = text.find(".It Cm " + std::string(property.keyword) + " ");
        ASSERT_NE(at, std::string::npos) << property.keyword;
        const std::string entry = text.substr(at, text.find("\n.It", at + 1) - at);
        const std::string value = property.get(Client{});
        if (!value.empty()) {
            EXPECT_THAT(entry, testing::HasSubstr("Default: " + value)) << property.keyword;
        }
        const std::size_t range = property.help.find("..");
        if (range == std::string_view::npos)
            continue;
        const std::size_t from = property.help.find_last_of(' ', range) + 1;
        std::size_t to = property.help.find_first_of(",; (", range);
        to = to == std::string_view::npos ? property.help.size() : to;
        EXPECT_THAT(entry, testing::HasSubstr(std::string(property.help.substr(from, to - from))));
    }
}

}  // namespace
}  // namespace rtun::config
