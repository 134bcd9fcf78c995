// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words as pppd reads them from its files: blanks between them, "..." and '...', C's escapes behind
// a backslash, a backslash at the end of a line to go on in the next one, # for comments. And what
// the importers have to say. Inside this room only.
#pragma once

#include <config/grammar.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::config {

// A line with a word in it. A word that is cut off has more than pppd's 1024 octets.
struct PppLine {
    std::uint32_t number = 0;
    std::vector<Word> words;
    bool cut_off = false;
};

class PppReader {
public:
    explicit PppReader(std::string_view text) : text_(text) {}
    ~PppReader() { base::wipe(word_); }
    PppReader(const PppReader &) = delete;
    PppReader &operator=(const PppReader &) = delete;

    [[nodiscard]] std::optional<PppLine> next();

private:
    static constexpr std::size_t LongestWord = 1024;
    static constexpr std::size_t MostWords = 1024;

    // Up to the next word; false: the line ends here.
    [[nodiscard]] bool skip();
    void read_word(PppLine &line);
    void read_escape(PppLine &line);
    void put(char c, PppLine &line);
    [[nodiscard]] bool end() const { return at_ == text_.size(); }
    char take();

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t number_ = 1;
    std::string word_;
};

// What is told of a file: at most so many lines, then how many more there would be.
class Notes {
public:
    static constexpr std::size_t Most = 1000;

    void add(std::string_view file, std::uint32_t line, std::string_view text);
    [[nodiscard]] std::vector<std::string> take();

private:
    std::vector<std::string> lines_;
    std::size_t more_ = 0;
};

}  // namespace rtun::config
