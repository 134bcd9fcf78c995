// SPDX-License-Identifier: GPL-2.0-or-later
//
// The door through which bytes come in and go out. Reader is a sticky cursor over bytes that
// somebody else made: read the fields in order and ask ok() once; past the end it returns zeros
// and stays failed, so no read can go wrong silently or out of bounds. Writer builds big-endian
// messages and patches length fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtun::base {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

class Reader {
public:
    explicit Reader(View bytes) : rest_(bytes) {}

    std::uint8_t u8();
    std::uint16_t be16();
    std::uint32_t be32();
    View bytes(std::size_t count);        // exactly count, or fails
    View rest();                          // everything that is left; never fails
    Reader sub(std::size_t count);        // a reader over the next count bytes; failed if short
    std::string text(std::size_t count);  // a zero-padded field, up to its first NUL
    void skip(std::size_t count);
    void fail() { failed_ = true; }

    [[nodiscard]] std::size_t left() const { return rest_.size(); }
    [[nodiscard]] bool ok() const { return !failed_; }
    [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }  // ok and at the end

private:
    View take(std::size_t count);

    View rest_;
    bool failed_ = false;
};

class Writer {
public:
    Writer() = default;
    explicit Writer(std::size_t expected) { out_.reserve(expected); }

    Writer &u8(std::uint8_t value);
    Writer &be16(std::uint16_t value);
    Writer &be32(std::uint32_t value);
    Writer &bytes(View bytes);
    Writer &zeros(std::size_t count);
    // A field of exactly width bytes: the text cut to width, padded with zeros.
    Writer &text(std::string_view text, std::size_t width);

    // Where the next byte will stand; with patch_*, for length fields known only later.
    [[nodiscard]] std::size_t position() const { return out_.size(); }
    void patch_u8(std::size_t position, std::uint8_t value);
    void patch_be16(std::size_t position, std::uint16_t value);

    [[nodiscard]] const Bytes &view() const { return out_; }
    [[nodiscard]] Bytes take() { return std::move(out_); }

private:
    Bytes out_;
};

[[nodiscard]] std::string to_hex(View bytes);

// What a peer said, fit to be shown: at most limit characters, everything that is not printable
// ASCII replaced by "?", white space and NULs behind it left out.
[[nodiscard]] std::string printable(View bytes, std::size_t limit);

// The bytes of a text, without a terminating NUL.
[[nodiscard]] inline View as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

}  // namespace rtun::base
