// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reader and Writer. Every access to received bytes in the program comes down to Reader::take(),
// the only function that compares a wanted length with what is there.
#include <base/bytes.h>

#include <base/result.h>

#include <algorithm>

namespace rtun::base {

// Once failed, nothing more is given out, so that a decoder cannot pick up a later field at a
// shifted place.
View Reader::take(std::size_t count) {
    if (failed_ || count > rest_.size()) {
        failed_ = true;
        return {};
    }
    const View taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

std::uint8_t Reader::u8() {
    const View b = take(1);
    return b.empty() ? std::uint8_t{0} : b[0];
}

std::uint16_t Reader::be16() {
    const View b = take(2);
    return b.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(b[0] << 8 | b[1]);
}

std::uint32_t Reader::be32() {
    const View b = take(4);
    if (b.empty())
        return 0;
    return static_cast<std::uint32_t>(b[0]) << 24 | static_cast<std::uint32_t>(b[1]) << 16 |
           static_cast<std::uint32_t>(b[2]) << 8 | static_cast<std::uint32_t>(b[3]);
}

View Reader::bytes(std::size_t count) { return take(count); }

View Reader::rest() { return failed_ ? View{} : take(rest_.size()); }

Reader Reader::sub(std::size_t count) {
    Reader inner(take(count));
    inner.failed_ = failed_;
    return inner;
}

std::string Reader::text(std::size_t count) {
    const View field = take(count);
    return {field.begin(), std::find(field.begin(), field.end(), std::uint8_t{0})};
}

void Reader::skip(std::size_t count) { take(count); }

Writer &Writer::u8(std::uint8_t value) {
    out_.push_back(value);
    return *this;
}

Writer &Writer::be16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    return u8(static_cast<std::uint8_t>(value & 0xff));
}

Writer &Writer::be32(std::uint32_t value) {
    be16(static_cast<std::uint16_t>(value >> 16));
    return be16(static_cast<std::uint16_t>(value & 0xffff));
}

Writer &Writer::bytes(View bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
}

Writer &Writer::zeros(std::size_t count) {
    out_.insert(out_.end(), count, std::uint8_t{0});
    return *this;
}

Writer &Writer::text(std::string_view text, std::size_t width) {
    const std::string_view cut = text.substr(0, width);
    bytes(as_bytes(cut));
    return zeros(width - cut.size());
}

void Writer::patch_u8(std::size_t position, std::uint8_t value) {
    RTUN_ASSERT(position < out_.size());
    out_[position] = value;
}

void Writer::patch_be16(std::size_t position, std::uint16_t value) {
    RTUN_ASSERT(position < out_.size() && out_.size() - position >= 2);
    out_[position] = static_cast<std::uint8_t>(value >> 8);
    out_[position + 1] = static_cast<std::uint8_t>(value & 0xff);
}

std::string to_hex(View bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 0x0f]);
    }
    return out;
}

std::string printable(View bytes, std::size_t limit) {
    // Line ends and NULs behind a message are how peers end it, not part of it.
    while (!bytes.empty() && (bytes.back() <= ' '))
        bytes = bytes.first(bytes.size() - 1);

    std::string out;
    for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), limit)))
        out.push_back(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?');
    return out;
}

}  // namespace rtun::base
