// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of call_state.h.
#include <daemon/call_state.h>

#include <config/grammar.h>
#include <ppp/link_state.h>
#include <pptp/control_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

constexpr std::string_view VersionLine = "rtun-call 1";

void prefixed(std::string &out, std::string_view prefix, std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        out.append(prefix).append(" ").append(lines.substr(0, end)).append("\n");
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    }
}

template <typename Number>
bool number(std::string_view text, Number &out) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && rest == text.data() + text.size();
}

tl::unexpected<base::Error> wrong(std::string_view what) {
    return base::fail(ErrorCode::Invalid, fmt::format("its state makes no sense: {}", what));
}

// What the lines say before the engines have a look at theirs.
struct Parts {
    CallState state;
    std::string control;
    std::string link;
    bool settings = false;
    bool server = false;
    bool since = false;
};

base::Status server_line(std::string_view value, Parts &parts) {
    const std::size_t space = value.find(' ');
    const auto address = base::Ipv4::parse(std::string(value.substr(0, space)));
    if (space == std::string_view::npos || !address ||
        !number(value.substr(space + 1), parts.state.port) || std::exchange(parts.server, true))
        return wrong("server");
    parts.state.server = *address;
    return {};
}

// HOST PORT ADDRESS INTERFACE, "any" for none of the last two.
base::Status way_line(std::string_view value, CallState &state) {
    std::array<std::string_view, 4> words;
    for (std::string_view &word : words) {
        const std::size_t space = std::min(value.find(' '), value.size());
        word = value.substr(0, space);
        value.remove_prefix(std::min(space + 1, value.size()));
    }
    config::LinkSettings way;
    way.server.host = words[0];
    if (words[0].empty() || words[3].empty() || !value.empty() || state.way ||
        !number(words[1], way.server.port))
        return wrong("way");
    if (words[2] != "any") {
        const auto source = base::Ipv4::parse(words[2]);
        if (!source)
            return wrong("way");
        way.source = *source;
    }
    way.interface = words[3] == "any" ? "" : words[3];
    state.way = std::move(way);
    return {};
}

base::Status line(std::string_view text, Parts &parts) {
    const std::size_t space = text.find(' ');
    const std::string_view key = text.substr(0, space);
    const std::string_view value =
        space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (key == "settings") {
        if (std::exchange(parts.settings, true))
            return wrong("settings");
        parts.state.settings = value;
    } else if (key == "server") {
        return server_line(value, parts);
    } else if (key == "way") {
        return way_line(value, parts.state);
    } else if (key == "since") {
        std::uint64_t seconds = 0;
        if (!number(value, seconds) || std::exchange(parts.since, true))
            return wrong("since");
        parts.state.since = static_cast<double>(seconds);
    } else if (key == "control") {
        parts.control.append(value).append("\n");
    } else if (key == "link") {
        parts.link.append(value).append("\n");
    }
    return {};
}

}  // namespace

base::Result<base::Bytes> encode(const CallState &state) {
    const auto control = pptp::encode(state.control);
    if (!control)
        return base::fail(ErrorCode::Refused, "too much waits on the control connection");
    std::string text =
        fmt::format("{}\nsettings {}\nserver {} {}\nsince {}\n", VersionLine, state.settings,
                    state.server.text(), state.port, static_cast<std::uint64_t>(state.since));
    if (state.way)
        text += fmt::format("way {} {} {} {}\n", state.way->server.host, state.way->server.port,
                            state.way->source.unspecified() ? "any" : state.way->source.text(),
                            state.way->interface.empty() ? "any" : state.way->interface);
    prefixed(text, "control", *control);
    prefixed(text, "link", ppp::encode(state.link));
    if (text.size() > CallState::MaxSize)
        return base::fail(ErrorCode::Refused,
                          fmt::format("the state of the call has {} octets, the kernel keeps {}",
                                      text.size(), CallState::MaxSize));
    const base::View bytes = base::as_bytes(text);
    return base::Bytes{bytes.begin(), bytes.end()};
}

base::Result<CallState> decode_call_state(base::View bytes) {
    std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (text.size() > CallState::MaxSize)
        return wrong("its length");
    Parts parts;
    bool first = true;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return wrong("it is cut short");
        const std::string_view next = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (std::exchange(first, false)) {
            if (next != VersionLine)
                return wrong("not of this version");
        } else {
            TRY(line(next, parts));
        }
    }
    if (first)
        return wrong("there is none");
    if (!parts.settings || !parts.server || !parts.since)
        return wrong("it is not whole");
    auto control = pptp::decode_control_state(parts.control);
    if (!control)
        return wrong("control");
    parts.state.control = std::move(*control);
    parts.state.link = TRY(ppp::decode_link_state(parts.link));
    return std::move(parts.state);
}

std::string settings_line(const config::Client &client) {
    config::Config config;
    config.clients.push_back(client);
    // A client has to have one; nobody reads it.
    config.clients.back().password =
        base::Secret(std::string_view(client.password_file.empty() ? "-" : ""));
    config.clients.back().comment.clear();
    for (std::string &line : config::export_lines(config, config::Reveal::Show))
        if (line.starts_with("client add "))
            return std::move(line);
    return {};
}

base::Result<config::Client> client_of(const std::string &settings_line) {
    const std::vector<config::Word> words =
        TRY(config::split_line(settings_line, 1, "the kernel's memory"));
    auto command = TRY(config::parse(words, config::Secrets::Allowed, "the kernel's memory"));
    auto *add = std::get_if<config::ClientAdd>(&command);
    if (add == nullptr || !add->copy_from.empty())
        return wrong("settings");
    return std::move(add->object);
}

}  // namespace rtun::daemon
