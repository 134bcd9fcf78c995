// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of bundle_state.h.
#include <daemon/bundle_state.h>

#include <daemon/call_state.h>
#include <ppp/link_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

constexpr std::string_view VersionLine = "rtun-bundle 1";

tl::unexpected<base::Error> wrong(std::string_view what) {
    return base::fail(ErrorCode::Invalid,
                      fmt::format("the bundle's state makes no sense: {}", what));
}

std::optional<base::Bytes> octets_of(std::string_view digits) {
    base::Bytes octets;
    for (; digits.size() >= 2; digits.remove_prefix(2)) {
        std::uint8_t octet = 0;
        const auto [rest, error] = std::from_chars(digits.data(), digits.data() + 2, octet, 16);
        if (error != std::errc{} || rest != digits.data() + 2)
            return std::nullopt;
        octets.push_back(octet);
    }
    return digits.empty() ? std::optional(octets) : std::nullopt;
}

struct Parts {
    BundleState state;
    std::string network;
    bool settings = false;
    bool since = false;
};

base::Status line(std::string_view text, Parts &parts) {
    const std::size_t space = text.find(' ');
    const std::string_view key = text.substr(0, space);
    const std::string_view value =
        space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (key == "settings") {
        if (std::exchange(parts.settings, true))
            return wrong("settings");
        parts.state.settings = value;
    } else if (key == "since") {
        std::uint64_t seconds = 0;
        const auto [rest, error] =
            std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (error != std::errc{} || rest != value.data() + value.size() ||
            std::exchange(parts.since, true))
            return wrong("since");
        parts.state.since = static_cast<double>(seconds);
    } else if (key == "discriminator") {
        const auto octets = octets_of(value);
        const auto ours = octets
                              ? ppp::Discriminator::make(ppp::Discriminator::Class::Local, *octets)
                              : std::nullopt;
        if (!ours || !parts.state.discriminator.null())
            return wrong("discriminator");
        parts.state.discriminator = *ours;
    } else if (key == "network") {
        parts.network.append(value).append("\n");
    }
    return {};
}

}  // namespace

base::Result<base::Bytes> encode(const BundleState &state) {
    std::string text = fmt::format("{}\nsettings {}\nsince {}\ndiscriminator {}\n", VersionLine,
                                   state.settings, static_cast<std::uint64_t>(state.since),
                                   base::to_hex(state.discriminator.address()));
    const std::string network = ppp::encode(state.network);
    for (std::string_view lines = network; !lines.empty();) {
        const std::size_t end = std::min(lines.find('\n'), lines.size() - 1);
        text.append("network ").append(lines.substr(0, end)).append("\n");
        lines.remove_prefix(end + 1);
    }
    if (text.size() > CallState::MaxSize)
        return base::fail(ErrorCode::Refused,
                          fmt::format("the state of the bundle has {} octets, the kernel keeps {}",
                                      text.size(), CallState::MaxSize));
    const base::View bytes = base::as_bytes(text);
    return base::Bytes{bytes.begin(), bytes.end()};
}

base::Result<BundleState> decode_bundle_state(base::View bytes) {
    std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (text.size() > CallState::MaxSize)
        return wrong("its length");
    if (!text.starts_with(fmt::format("{}\n", VersionLine)))
        return wrong("not of this version");
    text.remove_prefix(VersionLine.size() + 1);
    Parts parts;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return wrong("it is cut short");
        TRY(line(text.substr(0, end), parts));
        text.remove_prefix(end + 1);
    }
    if (!parts.settings || !parts.since || parts.state.discriminator.null())
        return wrong("it is not whole");
    parts.state.network = TRY(ppp::decode_link_state(parts.network));
    if (!parts.state.network.bundle || !parts.state.network.lcp.multilink ||
        (!parts.state.network.ipv4 && !parts.state.network.bridge))
        return wrong("it is not a bundle's");
    return std::move(parts.state);
}

}  // namespace rtun::daemon
