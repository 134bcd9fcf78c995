// SPDX-License-Identifier: GPL-2.0-or-later
//
// A line into words and a word into a line. The rules are those of a shell without its expansions:
// '...' keeps everything, "..." keeps everything but \" and \\, outside of quotes a \ keeps the
// next character, and # begins a comment where a word could begin.
#include <config/grammar.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:@%+,=()").find(c) != std::string_view::npos;
}

class Splitter {
public:
    Splitter(std::string_view line, std::uint32_t number, std::string_view file)
        : line_(line), number_(number), file_(file) {
        text_.reserve(line.size());  // it never grows: growing would leave copies of a password
    }
    ~Splitter() { base::wipe(text_); }
    Splitter(const Splitter &) = delete;
    Splitter &operator=(const Splitter &) = delete;

    Result<std::vector<Word>> run() {
        std::vector<Word> words;
        for (;;) {
            while (at_ < line_.size() && is_blank(line_[at_]))
                at_++;
            if (at_ == line_.size() || line_[at_] == '#')
                return words;
            words.push_back(TRY(word()));
        }
    }

private:
    Result<Word> word() {
        const std::size_t begin = at_;
        text_.clear();
        while (at_ < line_.size() && !is_blank(line_[at_])) {
            const char c = line_[at_];
            if (c == '\0' || c == '\n')
                return refuse(at_, "a character that cannot stand in a line");
            if (c == '\'' || c == '"') {
                TRY(quoted(c));
            } else if (c == '\\') {
                if (at_ + 1 == line_.size() || line_[at_ + 1] == '\0' || line_[at_ + 1] == '\n')
                    return refuse(at_, "nothing follows the \"\\\"");
                text_ += line_[at_ + 1];
                at_ += 2;
            } else {
                text_ += c;
                at_++;
            }
        }
        return Word{.text = text_, .line = number_, .column = column(begin)};
    }

    base::Status quoted(char quote) {
        const std::size_t opened = at_++;
        while (at_ < line_.size() && line_[at_] != quote) {
            if (line_[at_] == '\0' || line_[at_] == '\n')
                return refuse(at_, "a character that cannot stand in a line");
            const bool escape = quote == '"' && line_[at_] == '\\' && at_ + 1 < line_.size() &&
                                (line_[at_ + 1] == '"' || line_[at_ + 1] == '\\');
            at_ += escape ? 1 : 0;
            text_ += line_[at_++];
        }
        if (at_ == line_.size())
            return refuse(opened, "a quote is opened here and not closed");
        at_++;
        return {};
    }

    [[nodiscard]] tl::unexpected<base::Error> refuse(std::size_t at, std::string_view why) const {
        return fail(ErrorCode::Invalid,
                    fmt::format("{}:{}:{}: {}", file_, number_, column(at), why));
    }

    [[nodiscard]] static std::uint32_t column(std::size_t at) {
        return static_cast<std::uint32_t>(at + 1);
    }

    std::string_view line_;
    std::uint32_t number_;
    std::string_view file_;
    std::size_t at_ = 0;
    std::string text_;  // of the word that is being read
};

}  // namespace

Result<std::vector<Word>> split_line(std::string_view line, std::uint32_t number,
                                     std::string_view file) {
    return Splitter(line, number, file).run();
}

std::string quote(std::string_view word) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain))
        return std::string(word);
    std::string text;
    text.reserve(2 * word.size() + 2);  // it may be a secret: growing would leave copies behind
    text += '"';
    for (const char c : word) {
        if (c == '"' || c == '\\')
            text += '\\';
        text += c;
    }
    return text + '"';
}

}  // namespace rtun::config
