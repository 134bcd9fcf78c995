// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rules are those of getword() in pppd's options.c, to the letter: what pppd takes for a
// password has to be the password here, too.
#include <config/import_words.h>

#include <config/values.h>

#include <fmt/format.h>

#include <utility>

namespace rtun::config {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The value of a hexadecimal digit; nothing for another character.
std::optional<unsigned> hexadecimal(char c) {
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A') + 10;
    return std::nullopt;
}

}  // namespace

char PppReader::take() {
    const char c = text_[at_++];
    if (c == '\n')
        number_++;
    return c;
}

std::optional<PppLine> PppReader::next() {
    PppLine line;
    while (!end()) {
        if (skip()) {
            if (line.words.empty())
                line.number = number_;
            read_word(line);
        } else if (!line.words.empty()) {
            return line;
        }
    }
    if (line.words.empty())
        return std::nullopt;
    return line;
}

bool PppReader::skip() {
    bool comment = false;
    while (!end()) {
        const char c = text_[at_];
        if (c == '\n') {
            take();
            return false;
        }
        if (c == '\\' && !comment) {
            if (at_ + 1 == text_.size() || text_[at_ + 1] != '\n')
                return true;
            take();
            take();
            continue;
        }
        if (c == '#')
            comment = true;
        if (!comment && !is_space(c))
            return true;
        take();
    }
    return false;
}

void PppReader::put(char c, PppLine &line) {
    if (word_.size() < LongestWord)
        word_ += c;
    else
        line.cut_off = true;
}

void PppReader::read_escape(PppLine &line) {
    take();  // the backslash
    if (end())
        return;
    const char c = take();
    switch (c) {
    case '\n':
        return;
    case 'a':
        return put('\a', line);
    case 'b':
        return put('\b', line);
    case 'f':
        return put('\f', line);
    case 'n':
        return put('\n', line);
    case 'r':
        return put('\r', line);
    case 's':
        return put(' ', line);
    case 't':
        return put('\t', line);
    default:
        break;
    }
    unsigned value = 0;
    if (is_octal(c)) {
        value = static_cast<unsigned>(c - '0');
        for (int n = 1; n < 3 && !end() && is_octal(text_[at_]); n++)
            value = value << 3U | static_cast<unsigned>(take() - '0');
        return put(static_cast<char>(value), line);
    }
    if (c == 'x') {
        for (int n = 0; n < 2 && !end() && hexadecimal(text_[at_]); n++)
            value = value << 4U | *hexadecimal(take());
        return put(static_cast<char>(value), line);
    }
    put(c, line);
}

void PppReader::read_word(PppLine &line) {
    word_.clear();
    word_.reserve(LongestWord);  // it never grows: growing would leave copies of a password
    char quote = '\0';
    const std::uint32_t number = number_;
    while (!end()) {
        const char c = text_[at_];
        if (c == '\\') {
            read_escape(line);
        } else if (quote != '\0' && c == quote) {
            quote = '\0';
            take();
        } else if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
            take();
        } else if (quote == '\0' && (is_space(c) || c == '#')) {
            break;
        } else {
            put(take(), line);
        }
    }
    if (line.words.size() < MostWords)
        line.words.push_back({.text = word_, .line = number, .column = 0});
    else
        line.cut_off = true;
}

void Notes::add(std::string_view file, std::uint32_t line, std::string_view text) {
    const std::string said = one_line(text);
    if (lines_.size() < Most)
        lines_.push_back(line == 0 ? fmt::format("{}: {}", file, said)
                                   : fmt::format("{}:{}: {}", file, line, said));
    else
        more_++;
}

std::vector<std::string> Notes::take() {
    if (more_ > 0)
        lines_.push_back(fmt::format("and {} more of such lines", more_));
    more_ = 0;
    return std::exchange(lines_, {});
}

}  // namespace rtun::config
