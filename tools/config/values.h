// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a word to a checked value and back. The errors here are the reason alone ("expected a
// number, 128..16384"); who called knows the word and where it stood.
#pragma once

#include <base/net.h>
#include <base/result.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rtun::config {

struct Range {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

// Decimal, or hexadecimal after 0x.
[[nodiscard]] base::Result<std::uint64_t> parse_number(std::string_view text, Range range);
// Seconds: "90", "90s", "2m", "1h".
[[nodiscard]] base::Result<std::chrono::seconds> parse_seconds(std::string_view text, Range range);
// Milliseconds: "50", "50ms", "1s".
[[nodiscard]] base::Result<std::chrono::milliseconds> parse_milliseconds(std::string_view text,
                                                                         Range range);
// The same with seconds where nothing else is said: "50", "50ms", "2m", "1h"; whole seconds as
// range.
[[nodiscard]] base::Result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                                     Range seconds);
// Seconds as RouterOS writes them: "90", "90s", "1d12h", "1w2d3h4m5s"; each unit once, the larger
// first.
[[nodiscard]] base::Result<std::chrono::seconds> parse_timespan(std::string_view text, Range range);
// And back: "50", "1500ms".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);
[[nodiscard]] base::Result<bool> parse_yes_no(std::string_view text);

// The rules of the kernel for the name of a network device, and none of the words that mean
// something else to the kernel (%) or to us (help).
[[nodiscard]] base::Status check_device_name(std::string_view text);
// One line of UTF-8 of so many octets.
[[nodiscard]] base::Status check_text(std::string_view text, Range octets);
// A host name or an address of either family.
[[nodiscard]] base::Status check_host(std::string_view text);
[[nodiscard]] base::Status check_absolute_path(std::string_view text);
// What a user is called: 1..255 octets.
[[nodiscard]] base::Status check_user_name(std::string_view text);
// What a profile or a pool is called: 1..64 octets; no address, no list and none of our own words.
[[nodiscard]] base::Status check_object_name(std::string_view text);
// A set of nft.
[[nodiscard]] base::Status check_set_name(std::string_view text);
// An address that a host may have.
[[nodiscard]] base::Result<base::Ipv4> parse_host_address(std::string_view text);

// For a message, which is one line whatever somebody wrote into a word: control characters are '?'.
[[nodiscard]] std::string one_line(std::string_view text);
// A word of anything in a message: one line, not too long.
[[nodiscard]] std::string shown(std::string_view word);

}  // namespace rtun::config
