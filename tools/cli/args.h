// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options of the command line, in iproute2's manner: one or two dashes, words that may be
// shortened, before the object or after the verb. What is left are the words of the command.
#pragma once

#include <base/result.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rtun::cli {

enum class Color : std::uint8_t { Never, Auto, Always };
enum class Family : std::uint8_t { Any, Inet, Inet6 };
enum class Timestamp : std::uint8_t { None, Long, Short };

struct Options {
    bool version = false;
    bool help = false;
    bool json = false;
    bool pretty = false;
    bool statistics = false;
    bool details = false;
    bool brief = false;
    bool oneline = false;
    Family family = Family::Any;
    Color color = Color::Never;
    Timestamp timestamp = Timestamp::None;
    std::string netns{};  // empty: the one we are in
    std::string batch{};  // file or "-"; empty: none
};

struct Arguments {
    Options options;
    std::vector<std::string> words;
};

[[nodiscard]] base::Result<Arguments> parse_arguments(std::span<const std::string> args);

// The OPTIONS part of `rtun help`.
[[nodiscard]] std::string options_usage();

}  // namespace rtun::cli
