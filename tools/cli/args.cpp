// SPDX-License-Identifier: GPL-2.0-or-later
//
// Options out of the words. Where options may stand follows from the grammar: before the object,
// and behind the words that name the command; further on a word with a dash is a value.
#include <cli/args.h>

#include <config/grammar.h>

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;

namespace {

struct Row {
    std::string_view name;
    std::size_t shortest;    // letters that must be there
    std::string_view value;  // what follows, in usage
    Status (*set)(Options &options, std::string_view value);
};

template <auto Member>
Status set_flag(Options &options, std::string_view /*value*/) {
    options.*Member = true;
    return {};
}

template <auto Member, auto Value>
Status set_to(Options &options, std::string_view /*value*/) {
    options.*Member = Value;
    return {};
}

Status set_netns(Options &options, std::string_view value) {
    if (value.empty() || value.find('/') != std::string_view::npos || value == "." || value == "..")
        return fail(ErrorCode::Invalid,
                    "expected the name of a network namespace, as \"ip netns\" lists them");
    options.netns = std::string(value);
    return {};
}

Status set_batch(Options &options, std::string_view value) {
    if (value.empty())
        return fail(ErrorCode::Invalid, "expected a file, or - for standard input");
    options.batch = std::string(value);
    return {};
}

Status set_color(Options &options, std::string_view value) {
    if (value.empty() || value == "always")
        options.color = Color::Always;
    else if (value == "auto")
        options.color = Color::Auto;
    else if (value == "never")
        options.color = Color::Never;
    else
        return fail(ErrorCode::Invalid, "expected always, auto or never");
    return {};
}

// In the order in which usage lists them; a shortened word is the first that it fits.
constexpr std::array rows{
    Row{"Version", 1, "", set_flag<&Options::version>},
    Row{"json", 1, "", set_flag<&Options::json>},
    Row{"pretty", 1, "", set_flag<&Options::pretty>},
    Row{"statistics", 1, "", set_flag<&Options::statistics>},
    Row{"details", 1, "", set_flag<&Options::details>},
    Row{"brief", 2, "", set_flag<&Options::brief>},
    Row{"oneline", 1, "", set_flag<&Options::oneline>},
    Row{"4", 1, "", set_to<&Options::family, Family::Inet>},
    Row{"6", 1, "", set_to<&Options::family, Family::Inet6>},
    Row{"netns", 1, "NAME", set_netns},
    Row{"batch", 1, "FILE", set_batch},
    Row{"color", 1, "[={ always | auto | never }]", set_color},
    Row{"timestamp", 1, "", set_to<&Options::timestamp, Timestamp::Long>},
    Row{"tshort", 2, "", set_to<&Options::timestamp, Timestamp::Short>},
    Row{"help", 1, "", set_flag<&Options::help>},
};

// An option's name without dashes and "=value"; nothing for a word that is no option.
std::optional<std::string_view> option_name(std::string_view word) {
    if (!word.starts_with('-') || word == "-" || word == "--")
        return std::nullopt;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    return word.substr(0, word.find('='));
}

const Row *find(std::string_view name) {
    for (const Row &row : rows) {
        if (name.size() >= row.shortest && row.name.starts_with(name))
            return &row;
    }
    return nullptr;
}

class Scanner {
public:
    explicit Scanner(std::span<const std::string> args) : args_(args) {}

    Result<Arguments> run() {
        TRY(take_options());
        take_word();
        TRY(take_options());
        if (next_ < args_.size()) {
            // Is the second word part of the command's name? Then options may follow it.
            std::vector<std::string> two = out_.words;
            two.push_back(args_[next_]);
            if (config::command_length(two) == 2) {
                take_word();
                TRY(take_options());
            }
        }
        while (next_ < args_.size())
            take_word();
        return std::move(out_);
    }

private:
    void take_word() {
        if (next_ < args_.size())
            out_.words.push_back(args_[next_++]);
    }

    Status take_options() {
        while (next_ < args_.size()) {
            const std::string &word = args_[next_];
            if (word == "--") {
                next_++;
                return {};
            }
            const auto name = option_name(word);
            if (!name)
                return {};
            next_++;
            TRY(take_option(word, *name));
        }
        return {};
    }

    Status take_option(const std::string &word, std::string_view name) {
        const Row *row = find(name);
        if (row == nullptr)
            return fail(ErrorCode::Invalid,
                        fmt::format("option \"{}\" is unknown, \"rtun help\" lists them", word));
        const std::size_t equals = word.find('=');
        std::string_view value;
        if (equals != std::string::npos) {
            value = std::string_view(word).substr(equals + 1);
            if (row->value.empty())
                return fail(ErrorCode::Invalid,
                            fmt::format("option \"{}\" takes no value", word.substr(0, equals)));
        } else if (!row->value.empty() && !row->value.starts_with('[')) {
            if (next_ == args_.size())
                return fail(ErrorCode::Invalid,
                            fmt::format("after option \"{}\" its {} is missing", word, row->value));
            value = args_[next_++];
        }
        const Status set = row->set(out_.options, value);
        if (!set)
            return fail(ErrorCode::Invalid, fmt::format("argument \"{}\" of option \"-{}\" is "
                                                        "wrong: {}",
                                                        value, row->name, set.error().text));
        return {};
    }

    std::span<const std::string> args_;
    std::size_t next_ = 0;
    Arguments out_;
};

}  // namespace

Result<Arguments> parse_arguments(std::span<const std::string> args) { return Scanner(args).run(); }

std::string options_usage() {
    std::string text = "OPTIONS := {";
    std::size_t column = text.size();
    for (const Row &row : rows) {
        std::string piece = fmt::format(" -{}{}{}{}{}", row.name.substr(0, row.shortest),
                                        row.shortest < row.name.size()
                                            ? fmt::format("[{}]", row.name.substr(row.shortest))
                                            : "",
                                        row.value.empty() || row.value.starts_with('[') ? "" : " ",
                                        row.value, &row == &rows.back() ? "" : " |");
        if (column + piece.size() > 78) {
            text += "\n            ";
            column = 12;
        }
        text += piece;
        column += piece.size();
    }
    return text + " }\n";
}

}  // namespace rtun::cli
