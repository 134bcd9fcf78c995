// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text and JSON with one call, as iproute2's json_print: out.number("mtu", "mtu {}", 1400) writes
// both the piece of text and the JSON member, so that they cannot drift apart. An answer is a list
// of objects; nothing is written before flush().
//
// Pieces of text in an object are put apart by two blanks (an arrow by one); line() begins a new,
// indented line. In text a value may be left out (an empty format); JSON always has it.
#pragma once

#include <base/result.h>
#include <cli/args.h>

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtun::cli {

enum class Paint : std::uint8_t { None, Name, Address, Good, Bad };

using Value =
    std::variant<bool, std::uint64_t, std::int64_t, double, std::string, std::vector<std::string>>;
using Format = fmt::format_string<const std::string &>;

class Output {
public:
    Output(const Options &options, int fd);
    ~Output();
    Output(const Output &) = delete;
    Output &operator=(const Output &) = delete;

    void open();  // an object
    void close();
    void open(std::string_view key);          // an object in the object, JSON only
    void open_element(std::string_view key);  // one more object in its list, likewise
    void close_group();

    void number(std::string_view key, Format text, std::uint64_t value);
    void text(std::string_view key, Format text, const std::string &value,
              Paint paint = Paint::None);
    void list(std::string_view key, Format text, const std::vector<std::string> &values);
    // The member and, as it stands, the text.
    void shown(std::string_view key, Value value, const std::string &text,
               Paint paint = Paint::None);
    void member(std::string_view key, Value value);  // JSON only

    // Text only.
    void piece(const std::string &text, Paint paint = Paint::None);
    // A text in its color, to be part of a piece.
    [[nodiscard]] std::string painted(const std::string &text, Paint paint) const;
    void line();                            // the object goes on in a new line
    void heading(const std::string &text);  // a line of its own, outside of objects
    // An element of the list that is a text and no object.
    void item(const std::string &text);

    [[nodiscard]] bool json() const { return options_.json; }

    // Writes what there is: text, or the JSON list. Nothing at all is an empty list.
    [[nodiscard]] base::Status flush();
    // For streams: every object by itself, in a line of its own unless -pretty.
    [[nodiscard]] base::Status flush_each();
    // The reader has gone (EPIPE): what is written from then on goes nowhere.
    [[nodiscard]] bool closed() const { return closed_; }

private:
    struct Json;
    [[nodiscard]] base::Status write(std::string_view text);

    Options options_;
    int fd_;
    bool colors_ = false;
    bool closed_ = false;
    bool fresh_ = true;  // nothing stands in the line yet
    std::string text_;
    std::unique_ptr<Json> json_;
};

}  // namespace rtun::cli
