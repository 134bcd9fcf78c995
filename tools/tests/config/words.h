// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands as a test writes them.
#pragma once

#include <config/grammar.h>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace rtun::config {

// The words of a line as if they stood on the command line.
inline std::vector<Word> words_of(std::string_view line) {
    auto words = split_line(line, 1, "test");
    EXPECT_TRUE(words) << line;
    if (!words)
        return {};
    for (Word &word : *words)
        word.line = word.column = 0;
    return *words;
}

inline base::Result<Command> parse_text(std::string_view line, Secrets secrets = Secrets::Refused) {
    return parse(words_of(line), secrets);
}

inline std::string error_of(std::string_view line, Secrets secrets = Secrets::Refused) {
    const auto command = parse_text(line, secrets);
    return command ? "(accepted)" : command.error().text;
}

}  // namespace rtun::config
