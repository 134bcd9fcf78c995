// SPDX-License-Identifier: GPL-2.0-or-later
//
// Something nobody may see: a password, a challenge's key. Wiped on destruction and when moved
// from, not printable (no formatter, no stream operator, no conversion), compared in constant time.
#pragma once

#include <base/bytes.h>
#include <base/result.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace rtun::base {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view text);
    explicit Secret(View bytes);
    Secret(const Secret &other);
    Secret(Secret &&other) noexcept;
    Secret &operator=(const Secret &other);
    Secret &operator=(Secret &&other) noexcept;
    ~Secret();

    [[nodiscard]] View reveal() const { return bytes_; }  // the one way to the content
    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] bool same_as(View other) const;  // constant time in the content

    // The first line of a file, without its end. Refuses what is not a regular file, and a file
    // whose mode opens it to anybody but its owner.
    [[nodiscard]] static Result<Secret> read_file(const std::string &path);

private:
    void wipe();
    Bytes bytes_;
};

// Overwrites in a way the compiler may not remove.
void wipe(std::span<std::uint8_t> bytes);

// Text in which a secret may stand on its way to a Secret: a line of a file, a word of a command.
void wipe(std::string &text);                                  // empty afterwards, capacity and all
void append_wiping(std::string &text, std::string_view more);  // growing leaves no copy behind
void erase_front_wiping(std::string &text, std::size_t count);

[[nodiscard]] bool equal_constant_time(View a, View b);

}  // namespace rtun::base
