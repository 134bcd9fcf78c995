// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of blob.h.
#include <daemon/blob.h>

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace rtun::daemon {

namespace {

constexpr std::string_view VersionLine = "rtun-client 1";

}  // namespace

base::Bytes encode(const Blob &blob) {
    const std::string text =
        fmt::format("{}\nclient {}\ndial {}\n", VersionLine, blob.client, blob.dial);
    const base::View bytes = base::as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

std::optional<Blob> decode_blob(base::View bytes) {
    std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    Blob blob;
    bool first = true;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return std::nullopt;  // cut short
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (first) {
            if (line != VersionLine)
                return std::nullopt;
            first = false;
        } else if (line.starts_with("client ")) {
            blob.client = base::printable(base::as_bytes(line.substr(7)), 255);
        } else if (line.starts_with("dial ")) {
            const std::string_view digits = line.substr(5);
            const auto [rest, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), blob.dial);
            if (error != std::errc{} || rest != digits.data() + digits.size())
                return std::nullopt;
        }
    }
    if (first || blob.client.empty())
        return std::nullopt;
    return blob;
}

}  // namespace rtun::daemon
