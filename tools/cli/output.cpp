// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two forms of an answer side by side; only the one that was asked for is written.
#include <cli/output.h>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace rtun::cli {

using base::Status;

namespace {

// A piece with its value in it. The format was checked where it is written.
std::string filled(Format text, const std::string &value) {
    return fmt::vformat(fmt::string_view(text), fmt::make_format_args(value));
}

std::string_view color_of(Paint paint) {
    switch (paint) {
    case Paint::None:
        return "";
    case Paint::Name:
        return "\033[36m";
    case Paint::Address:
        return "\033[35m";
    case Paint::Good:
        return "\033[32m";
    case Paint::Bad:
        return "\033[31m";
    }
    return "";
}

}  // namespace

struct Output::Json {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    std::vector<nlohmann::ordered_json *> open;  // innermost last

    void put(std::string_view key, Value value) {
        if (!open.empty())
            std::visit([&](auto &v) { (*open.back())[std::string(key)] = std::move(v); }, value);
    }
};

Output::Output(const Options &options, int fd)
    : options_(options), fd_(fd),
      colors_(!options.json && (options.color == Color::Always ||
                                (options.color == Color::Auto && ::isatty(fd) == 1 &&
                                 std::getenv("NO_COLOR") == nullptr))),
      json_(std::make_unique<Json>()) {}

Output::~Output() = default;

void Output::open() {
    json_->all.push_back(nlohmann::ordered_json::object());
    json_->open = {&json_->all.back()};
    fresh_ = true;
}

void Output::close() {
    json_->open.clear();
    text_ += "\n";
    fresh_ = true;
}

void Output::open(std::string_view key) {
    auto &group = (*json_->open.back())[std::string(key)];
    group = nlohmann::ordered_json::object();
    json_->open.push_back(&group);
}

void Output::open_element(std::string_view key) {
    auto &list = (*json_->open.back())[std::string(key)];
    if (!list.is_array())
        list = nlohmann::ordered_json::array();
    list.push_back(nlohmann::ordered_json::object());
    json_->open.push_back(&list.back());
}

void Output::close_group() { json_->open.pop_back(); }

void Output::number(std::string_view key, Format text, std::uint64_t value) {
    shown(key, value, filled(text, fmt::format("{}", value)));
}

void Output::text(std::string_view key, Format text, const std::string &value, Paint paint) {
    shown(key, value, filled(text, painted(value, paint)));
}

void Output::list(std::string_view key, Format text, const std::vector<std::string> &values) {
    shown(key, values, filled(text, fmt::format("{}", fmt::join(values, " "))));
}

void Output::shown(std::string_view key, Value value, const std::string &text, Paint paint) {
    member(key, std::move(value));
    piece(text, paint);
}

void Output::member(std::string_view key, Value value) { json_->put(key, std::move(value)); }

void Output::piece(const std::string &text, Paint paint) {
    if (text.empty())
        return;
    text_ += fresh_ ? "" : text.starts_with("->") ? " " : "  ";
    text_ += painted(text, paint);
    fresh_ = false;
}

void Output::line() {
    text_ += options_.oneline ? "\\   " : "\n    ";
    fresh_ = true;
}

void Output::heading(const std::string &text) { text_ += text + "\n"; }

void Output::item(const std::string &text) {
    json_->all.push_back(text);
    text_ += text + "\n";
}

std::string Output::painted(const std::string &text, Paint paint) const {
    if (!colors_ || paint == Paint::None || text.empty())
        return text;
    return fmt::format("{}{}\033[0m", color_of(paint), text);
}

Status Output::flush() {
    using nlohmann::ordered_json;
    std::string out = std::exchange(text_, {});
    if (options_.json)
        out = json_->all.dump(options_.pretty ? 4 : -1, ' ', false,
                              ordered_json::error_handler_t::replace) +
              "\n";
    json_->all = ordered_json::array();
    json_->open.clear();
    return write(out);
}

Status Output::flush_each() {
    using nlohmann::ordered_json;
    std::string out = std::exchange(text_, {});
    if (options_.json) {
        out.clear();
        for (const ordered_json &object : json_->all)
            out += object.dump(options_.pretty ? 4 : -1, ' ', false,
                               ordered_json::error_handler_t::replace) +
                   "\n";
    }
    json_->all = ordered_json::array();
    json_->open.clear();
    return write(out);
}

Status Output::write(std::string_view text) {
    while (!text.empty() && !closed_) {
        const ssize_t written = ::write(fd_, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (errno == EPIPE)
            closed_ = true;
        else if (errno != EINTR)
            return base::fail(base::system_error("standard output", errno));
    }
    return {};
}

}  // namespace rtun::cli
