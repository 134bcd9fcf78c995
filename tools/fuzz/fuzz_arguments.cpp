// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line before its words are a command: an argument a line of the input. Options are
// taken out of it, wherever they stand; what is left are arguments that were there, in their order.
#include <cli/args.h>

#include <fuzz/target.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace rtun;
using fuzz::check;

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::vector<std::string> arguments;
    std::string_view text(reinterpret_cast<const char *>(data), size);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        // As main() gets them.
        arguments.emplace_back(text.substr(0, std::min(end, text.find('\0'))));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    const auto parsed = cli::parse_arguments(arguments);
    if (!parsed) {
        check(!parsed.error().text.empty(), "a mistake is told");
        return 0;
    }
    auto from = arguments.begin();
    for (const std::string &word : parsed->words) {
        from = std::find(from, arguments.end(), word);
        check(from != arguments.end(), "a word is an argument, in its order");
        ++from;
    }
    // Words alone are words: nothing in them is an option now, unless it was said to be none.
    const bool ended = std::ranges::find(arguments, "--") != arguments.end();
    const auto again = cli::parse_arguments(parsed->words);
    check(ended || (again && again->words == parsed->words), "what is left has no options in it");
    return 0;
}
