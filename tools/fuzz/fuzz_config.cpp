// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration grammar: any text is a configuration file, and each of its lines a command of
// the command line. What is accepted must be exported as something that reads the same; what is
// offered as completion and help must come for any words.
#include <config/grammar.h>

#include <fuzz/target.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

std::string export_text(const config::Config &config) {
    std::string text;
    for (const std::string &line : config::export_lines(config, config::Reveal::Show))
        text += line + "\n";
    return text;
}

void as_file(std::string_view text) {
    const auto config = config::parse_file(text, "fuzz");
    if (!config) {
        check(config.error().text.find('\n') == std::string::npos, "a mistake is one line");
        return;
    }
    const std::string exported = export_text(*config);
    const auto again = config::parse_file(exported, "export");
    check(again.has_value(), "what is exported can be read");
    check(export_text(*again) == exported, "and reads the same");
}

void as_commands(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const auto words = config::split_line(text.substr(0, end), 1, "fuzz");
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (!words)
            continue;
        const auto command = config::parse(*words, config::Secrets::Refused);
        check(command || command.error().text.find('\n') == std::string::npos,
              "a mistake is one line");
        std::vector<std::string> texts;
        std::string line;
        for (const config::Word &word : *words) {
            texts.push_back(word.text);
            line += config::quote(word.text) + " ";
        }
        const auto same = config::split_line(line, 1, "quoted");
        check(same && same->size() == words->size(), "quoted words are as many");
        for (std::size_t i = 0; i < words->size(); i++)
            check((*same)[i].text == (*words)[i].text, "and the same");
        static_cast<void>(config::complete(texts));
        static_cast<void>(config::wants_help(texts));
        check(!config::usage(texts).empty(), "there is help for everything");
        check(config::command_length(texts) <= std::max<std::size_t>(1, texts.size()),
              "a command is named by its words");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(data, data + size);
    as_file(text);
    as_commands(text);
    return 0;
}
