// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the operator is told. Every message has a stable identifier ("client.up"), fields for the
// journal and a text. Under systemd it goes to the journal with its fields (the identifier as
// RTUN_ID=), or to a standard error that is not the journal as "<N>text"; everywhere else the text
// alone goes to standard error. Info: what an operator asked for or must know; warning: somebody
// should act; debug: the rest. docs/MESSAGES.md has a paragraph for each identifier.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace rtun::base::log {

enum class Level : std::uint8_t { Error = 3, Warning = 4, Info = 6, Debug = 7 };  // syslog(3)

using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;

void set_level(Level most_verbose);
[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view id, Fields fields, std::string_view text);

template <typename... Args>
void error(std::string_view id, Fields fields, fmt::format_string<Args...> text, Args &&...args) {
    write(Level::Error, id, fields, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(std::string_view id, Fields fields, fmt::format_string<Args...> text, Args &&...args) {
    write(Level::Warning, id, fields, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void info(std::string_view id, Fields fields, fmt::format_string<Args...> text, Args &&...args) {
    write(Level::Info, id, fields, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void debug(std::string_view id, Fields fields, fmt::format_string<Args...> text, Args &&...args) {
    if (enabled(Level::Debug))
        write(Level::Debug, id, fields, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace rtun::base::log
