// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of server_state.h. Terms are written as the configuration writes a profile, so that
// there is one set of rules for them.
#include <daemon/server_state.h>

#include <config/grammar.h>
#include <ppp/link_state.h>
#include <pptp/control_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <variant>
#include <vector>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

constexpr std::string_view SessionLine = "rtun-session 1";
constexpr std::string_view LinkLine = "rtun-link 1";
constexpr std::string_view ConnectionLine = "rtun-server 1";
constexpr std::size_t MaxWord = 255;
constexpr std::size_t MaxDevice = 15;  // IFNAMSIZ less the octet at the end
constexpr double MaxSeconds = 1e12;    // wall clocks may be anything, but not that
constexpr const char *Source = "the kernel's memory";

tl::unexpected<base::Error> wrong(std::string_view what) {
    return base::fail(ErrorCode::Invalid, fmt::format("its state makes no sense: {}", what));
}

bool plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Of the configuration, where other letters may stand.
bool legible(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

void prefixed(std::string &out, std::string_view prefix, std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        out.append(prefix).append(" ").append(lines.substr(0, end)).append("\n");
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    }
}

base::Bytes octets(std::string_view text) {
    const base::View bytes = base::as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

// -- terms

config::Toggle toggle(bool yes) { return yes ? config::Toggle::Yes : config::Toggle::No; }

config::Profile profile_of(const aaa::Terms &terms) {
    config::Profile profile;
    profile.name = "terms";
    profile.local_address = terms.local_address;
    profile.remote_address = terms.remote_address;
    profile.dns_server = terms.dns_server;
    profile.wins_server = terms.wins_server;
    profile.use_encryption = terms.use_encryption;
    profile.only_one = toggle(terms.only_one);
    profile.use_ipv6 = toggle(terms.use_ipv6);
    profile.change_tcp_mss = toggle(terms.change_tcp_mss);
    profile.session_timeout = terms.session_timeout;
    profile.idle_timeout = terms.idle_timeout;
    profile.max_links = terms.max_links;
    profile.rate_limit = terms.rate_limit;
    profile.address_list = terms.address_list;
    profile.interface_group = terms.interface_group;
    profile.proxy_arp = terms.proxy_arp;
    profile.on_up = terms.on_up;
    profile.on_down = terms.on_down;
    profile.bridge = terms.port.bridge;
    profile.bridge_horizon = terms.port.horizon;
    profile.bridge_learning = terms.port.learning;
    profile.bridge_path_cost = terms.port.path_cost;
    profile.bridge_port_priority = terms.port.priority;
    return profile;
}

void take(aaa::Terms &terms, config::Profile profile) {
    using config::Toggle;
    terms.port = profile.bridge_port();
    terms.local_address = std::move(profile.local_address);
    terms.remote_address = std::move(profile.remote_address);
    terms.dns_server = std::move(profile.dns_server);
    terms.wins_server = std::move(profile.wins_server);
    terms.use_encryption = profile.use_encryption;
    terms.only_one = profile.only_one == Toggle::Yes;
    terms.use_ipv6 = profile.use_ipv6 == Toggle::Yes;
    terms.change_tcp_mss = profile.change_tcp_mss == Toggle::Yes;
    terms.session_timeout = profile.session_timeout;
    terms.idle_timeout = profile.idle_timeout;
    terms.max_links = profile.max_links;
    terms.rate_limit = profile.rate_limit;
    terms.address_list = std::move(profile.address_list);
    terms.interface_group = profile.interface_group;
    terms.proxy_arp = profile.proxy_arp;
    terms.on_up = std::move(profile.on_up);
    terms.on_down = std::move(profile.on_down);
}

// The object that a line of the configuration adds.
template <typename Object>
base::Result<Object> added(std::string_view line) {
    const std::vector<config::Word> words = TRY(config::split_line(line, 1, Source));
    auto command = TRY(config::parse(words, config::Secrets::Allowed, Source));
    auto *add = std::get_if<config::Add<Object>>(&command);
    if (add == nullptr || !add->copy_from.empty())
        return wrong("it is another command");
    return std::move(add->object);
}

// -- reading

template <typename Number>
bool number(std::string_view text, Number &out) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && rest == text.data() + text.size();
}

bool seconds(std::string_view text, double &out) {
    std::uint64_t whole = 0;
    if (!number(text, whole) || static_cast<double>(whole) > MaxSeconds)
        return false;
    out = static_cast<double>(whole);
    return true;
}

bool word(std::string_view text, std::size_t most, std::string &out) {
    out = text;
    return !text.empty() && text.size() <= most && legible(text);
}

bool hex(std::string_view digits, std::string &out) {
    if (digits.empty() || digits.size() % 2 != 0 || digits.size() > 2 * MaxWord)
        return false;
    out.clear();
    for (; !digits.empty(); digits.remove_prefix(2)) {
        std::uint8_t octet = 0;
        const auto [rest, error] = std::from_chars(digits.data(), digits.data() + 2, octet, 16);
        if (error != std::errc{} || rest != digits.data() + 2)
            return false;
        out.push_back(static_cast<char>(octet));
    }
    return true;
}

bool address(std::string_view text, base::Ipv4 &out) {
    const auto parsed = base::Ipv4::parse(std::string(text));
    out = parsed.value_or(base::Ipv4{});
    return parsed.has_value() && !out.unspecified();
}

bool mac(std::string_view text, base::Mac &out) {
    const auto parsed = base::Mac::parse(text);
    out = parsed.value_or(base::Mac{});
    return parsed && out.unicast();
}

bool method(std::string_view text, auth::Method &out) {
    for (const auth::MethodInfo &row : auth::methods())
        if (row.name == text) {
            out = row.method;
            return true;
        }
    return false;
}

bool idle(std::string_view text, SessionState &state) {
    const std::size_t space = std::min(text.find(' '), text.size());
    auto &out = state.idle.emplace();
    return seconds(text.substr(0, space), out.busy) && space < text.size() &&
           number(text.substr(space + 1), out.packets);
}

bool terms(std::string_view text, SessionState &state) {
    auto profile = added<config::Profile>(text);
    if (profile)
        take(state.session.terms, std::move(*profile));
    return profile.has_value();
}

bool routes(std::string_view text, SessionState &state) {
    auto secret = added<config::Secret>(text);
    if (secret)
        state.session.terms.routes = std::move(secret->routes);
    return secret.has_value();
}

bool nothing(std::string_view text, bool &out) {
    out = true;
    return text.empty();
}

struct Line {
    std::string_view key;
    bool needed;
    bool (*read)(std::string_view value, SessionState &state);
};
using S = SessionState;
constexpr std::array session_lines{
    Line{"key", true, [](std::string_view v, S &s) { return word(v, MaxWord, s.session.key); }},
    Line{"user", false, [](std::string_view v, S &s) { return word(v, MaxWord, s.session.user); }},
    Line{"user-hex", false, [](std::string_view v, S &s) { return hex(v, s.session.user); }},
    Line{"method", true, [](std::string_view v, S &s) { return method(v, s.session.method); }},
    Line{"local", false, [](std::string_view v, S &s) { return address(v, s.session.local); }},
    Line{"remote", false, [](std::string_view v, S &s) { return address(v, s.session.remote); }},
    Line{"mac", false, [](std::string_view v, S &s) { return mac(v, s.session.mac); }},
    Line{"interface", true,
         [](std::string_view v, S &s) { return word(v, MaxDevice, s.session.interface); }},
    Line{"since", true, [](std::string_view v, S &s) { return seconds(v, s.session.since); }},
    Line{"caller", false, [](std::string_view v, S &s) { return address(v, s.caller); }},
    Line{"idle", false, [](std::string_view v, S &s) { return idle(v, s); }},
    Line{"recorded", false,
         [](std::string_view v, S &s) { return nothing(v, s.session.recorded); }},
    Line{"static-name", false, [](std::string_view v, S &s) { return nothing(v, s.static_name); }},
    Line{"profile", true,
         [](std::string_view v, S &s) { return word(v, MaxWord, s.session.terms.profile); }},
    Line{"terms", true, [](std::string_view v, S &s) { return terms(v, s); }},
    Line{"routes", false, [](std::string_view v, S &s) { return routes(v, s); }},
};

// Takes the first line off. Nothing: it has no end.
std::optional<std::string_view> next_line(std::string_view &text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

// What comes after the version line.
base::Result<std::string_view> body(base::View bytes, std::string_view version) {
    std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (text.empty())
        return wrong("there is none");
    if (text.size() > SessionState::MaxSize)
        return wrong("its length");
    if (next_line(text) != version)
        return wrong("not of this version");
    return text;
}

}  // namespace

// -- a session

std::string terms_lines(const aaa::Terms &terms) {
    config::Config config;
    config.profiles.push_back(profile_of(terms));
    if (!terms.routes.empty()) {
        config::Secret secret;
        secret.name = "terms";
        secret.password = base::Secret(std::string_view("-"));  // it has to have one
        secret.routes = terms.routes;
        config.secrets.push_back(std::move(secret));
    }
    std::string text = fmt::format("profile {}\n", terms.profile);
    for (const std::string &line : config::export_lines(config, config::Reveal::Show)) {
        if (line.starts_with("profile add "))
            text += fmt::format("terms {}\n", line);
        else if (line.starts_with("secret add "))
            text += fmt::format("routes {}\n", line);
    }
    return text;
}

namespace {

std::string ends_of(const ServerSession &session) {
    if (session.local.unspecified())
        return fmt::format("mac {}\n", session.mac.text());
    return fmt::format("local {}\nremote {}\n", session.local.text(), session.remote.text());
}

}  // namespace

base::Result<base::Bytes> encode(const SessionState &state, std::string_view terms) {
    const ServerSession &session = state.session;
    const bool readable = plain(session.user);
    std::string text =
        fmt::format("{}\nkey {}\n{} {}\nmethod {}\n{}interface {}\nsince {}\n", SessionLine,
                    session.key, readable ? "user" : "user-hex",
                    readable ? session.user : base::to_hex(base::as_bytes(session.user)),
                    auth::info(session.method).name, ends_of(session), session.interface,
                    static_cast<std::uint64_t>(std::max(session.since, 0.0)));
    if (state.idle)
        text +=
            fmt::format("idle {} {}\n", static_cast<std::uint64_t>(std::max(state.idle->busy, 0.0)),
                        state.idle->packets);
    if (!state.caller.unspecified())
        text += fmt::format("caller {}\n", state.caller.text());
    if (session.recorded)
        text += "recorded\n";
    if (state.static_name)
        text += "static-name\n";
    text += terms;
    if (state.link)
        prefixed(text, "link", ppp::encode(*state.link));
    if (text.size() > SessionState::MaxSize)
        return base::fail(ErrorCode::Refused,
                          fmt::format("the state of the session has {} octets, the kernel keeps {}",
                                      text.size(), SessionState::MaxSize));
    return octets(text);
}

base::Result<SessionState> decode_session_state(base::View bytes) {
    std::string_view text = TRY(body(bytes, SessionLine));
    SessionState state;
    std::string link;
    std::array<bool, session_lines.size()> seen{};
    while (!text.empty()) {
        const auto line = next_line(text);
        if (!line)
            return wrong("it is cut short");
        const std::size_t space = std::min(line->find(' '), line->size());
        const std::string_view key = line->substr(0, space);
        const std::string_view value = line->substr(std::min(space + 1, line->size()));
        if (key == "link") {
            link.append(value).append("\n");
            continue;
        }
        const auto *const row = std::find_if(session_lines.begin(), session_lines.end(),
                                             [key](const Line &one) { return one.key == key; });
        if (row == session_lines.end())
            continue;
        const auto at = static_cast<std::size_t>(row - session_lines.begin());
        if (std::exchange(seen[at], true) || !row->read(value, state))
            return wrong(key);
    }
    for (std::size_t i = 0; i < session_lines.size(); i++)
        if (session_lines[i].needed && !seen[i])
            return wrong(fmt::format("{} is missing", session_lines[i].key));
    if (state.session.user.empty())
        return wrong("user is missing");
    // A port of a bridge has the one, every other session the others.
    if (!state.session.terms.port.bridge.empty()
            ? state.session.mac == base::Mac{}
            : state.session.local.unspecified() || state.session.remote.unspecified())
        return wrong("what its ends have is missing");
    if (!link.empty()) {
        auto decoded = ppp::decode_link_state(link);
        if (!decoded)
            return wrong(decoded.error().text);
        state.link = std::move(*decoded);
    }
    return state;
}

// -- a link of a bundle

base::Bytes encode(const BundleLinkState &state) {
    std::string text = fmt::format("{}\nkey {}\nsince {}\n", LinkLine, state.key,
                                   static_cast<std::uint64_t>(std::max(state.since, 0.0)));
    if (state.link)
        prefixed(text, "link", ppp::encode(*state.link));
    return octets(text);
}

base::Result<BundleLinkState> decode_link_of_bundle(base::View bytes) {
    std::string_view text = TRY(body(bytes, LinkLine));
    BundleLinkState state;
    std::string link;
    while (!text.empty()) {
        const auto line = next_line(text);
        if (!line)
            return wrong("it is cut short");
        const std::size_t space = std::min(line->find(' '), line->size());
        const std::string_view key = line->substr(0, space);
        const std::string_view value = line->substr(std::min(space + 1, line->size()));
        if (key == "link")
            link.append(value).append("\n");
        else if ((key == "key" && !word(value, MaxWord, state.key)) ||
                 (key == "since" && !seconds(value, state.since)))
            return wrong(key);
    }
    if (state.key.empty())
        return wrong("key is missing");
    if (!link.empty()) {
        auto decoded = ppp::decode_link_state(link);
        if (!decoded)
            return wrong(decoded.error().text);
        state.link = std::move(*decoded);
    }
    return state;
}

base::Duration since(double then, double now) {
    constexpr double most = 1e9;
    return std::chrono::duration_cast<base::Duration>(
        std::chrono::duration<double>(std::clamp(now - then, 0.0, most)));
}

// -- a connection

base::Bytes encode_connection(const std::optional<pptp::ServerState> &control) {
    std::string text = fmt::format("{}\n", ConnectionLine);
    if (control)
        if (const auto lines = pptp::encode(*control))
            prefixed(text, "control", *lines);
    // Beyond the bounds there is nothing to go on with.
    if (text.size() > SessionState::MaxSize)
        text = fmt::format("{}\n", ConnectionLine);
    return octets(text);
}

base::Result<pptp::ServerState> decode_connection(base::View bytes) {
    std::string_view text = TRY(body(bytes, ConnectionLine));
    std::string control;
    while (!text.empty()) {
        const auto line = next_line(text);
        if (!line)
            return wrong("it is cut short");
        if (line->starts_with("control "))
            control.append(line->substr(std::string_view("control ").size())).append("\n");
    }
    if (control.empty())
        return base::fail(ErrorCode::NotFound, "it was not set up yet, or was ending");
    auto state = pptp::decode_server_state(control);
    if (!state)
        return wrong("control");
    return std::move(*state);
}

}  // namespace rtun::daemon
