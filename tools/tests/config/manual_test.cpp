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
    for (const Keywords keywords : all_keywords())
        for (const Property &property : properties(keywords))
            EXPECT_TRUE(has_word(text, property.keyword)) << property.keyword;
    for (const Object &object : objects()) {
        EXPECT_TRUE(has_word(text, object.name)) << object.name;
        for (const Verb &verb : object.verbs) {
            EXPECT_TRUE(verb.name.empty() || has_word(text, verb.name)) << verb.name;
            for (const std::string_view alias : verb.aliases)
                EXPECT_TRUE(has_word(text, alias)) << alias;
            for (const Alias &alias : aliases(verb))
                EXPECT_TRUE(has_word(text, alias.word)) << alias.word;
        }
    }
}

std::string_view section_of(Keywords keywords) {
    switch (keywords) {
    case Keywords::OfClients:
        return ".Sh PROPERTIES";
    case Keywords::OfPseudowires:
        return ".Sh PSEUDOWIRE PROPERTIES";
    case Keywords::OfSecrets:
        return ".Sh SECRET PROPERTIES";
    case Keywords::OfProfiles:
        return ".Sh PROFILE PROPERTIES";
    case Keywords::OfPools:
        return ".Sh POOL PROPERTIES";
    case Keywords::OfInterfaces:
        return ".Sh INTERFACE PROPERTIES";
    case Keywords::OfPptpServer:
        return ".Sh SERVER PROPERTIES";
    case Keywords::OfAccounting:
        return ".Sh ACCOUNTING PROPERTIES";
    case Keywords::OfCommands:
        break;
    }
    return ".Sh OBJECTS";
}

// What the manual says of a keyword: in the section of its table, as some are in several.
std::string entry_of(const std::string &text, Keywords keywords, std::string_view keyword) {
    const std::size_t section = text.find(section_of(keywords));
    const std::size_t end = text.find("\n.Sh ", section + 1);
    const std::string part = text.substr(section, end - section);
    const std::size_t at = part.find(".It Cm " + std::string(keyword) + " ");
    return at == std::string::npos ? "" : part.substr(at, part.find("\n.It", at + 1) - at);
}

TEST(Manual, SaysEveryDefaultAndRange) {
    const std::string text = page("rtun.8");
    for (const Keywords keywords : all_keywords()) {
        for (const Property &property : properties(keywords)) {
            if (!is_kept(property) || property.need != Need::Optional)
                continue;
            const std::string entry = entry_of(text, keywords, property.keyword);
            ASSERT_FALSE(entry.empty()) << property.keyword;
            const std::string value = default_of(property);
            if (!value.empty()) {
                EXPECT_THAT(entry, testing::HasSubstr("Default: " + value)) << property.keyword;
            }
            const std::size_t range = property.help.find("..");
            if (range == std::string_view::npos)
                continue;
            const std::size_t from = property.help.find_last_of(' ', range) + 1;
            std::size_t to = property.help.find_first_of(",; (", range);
            to = to == std::string_view::npos ? property.help.size() : to;
            EXPECT_THAT(entry,
                        testing::HasSubstr(std::string(property.help.substr(from, to - from))));
        }
    }
}

}  // namespace
}  // namespace rtun::config
