// SPDX-License-Identifier: GPL-2.0-or-later
//
// States to text and back.
#include <pptp/control_state.h>

#include <base/bytes.h>
#include <wire/pptp.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

namespace rtun::pptp {

namespace {

namespace wp = wire::pptp;

// -- writing

std::string number(CallId call) { return std::to_string(static_cast<std::uint16_t>(call)); }

void line(std::string &out, std::string_view key, std::string_view value) {
    out.append(key).append(" ").append(value).append("\n");
}

// What peers say is shown printable already; a newline in it would be a line of its own.
void text_line(std::string &out, std::string_view key, std::string_view value) {
    line(out, key, base::printable(base::as_bytes(value), wp::text_width));
}

// The octets on their way in and out; false: there are too many.
bool octets(std::string &out, const base::Bytes &unread, const base::Bytes &unsent) {
    if (unread.size() >= wp::message_max || unsent.size() > unsent_max)
        return false;
    if (!unread.empty())
        line(out, "unread", base::to_hex(unread));
    if (!unsent.empty())
        line(out, "unsent", base::to_hex(unsent));
    return true;
}

// -- reading

// The text's lines, one after the other.
class Lines {
public:
    explicit Lines(std::string_view text) : text_(text) {}

    // False: there is none any more, or it has no end.
    bool next() {
        const std::size_t end = text_.find('\n');
        if (end == std::string_view::npos)
            return false;
        const std::string_view line = text_.substr(0, end);
        text_.remove_prefix(end + 1);
        const std::size_t space = std::min(line.find(' '), line.size());
        key = line.substr(0, space);
        value = line.substr(std::min(space + 1, line.size()));
        return true;
    }
    // All lines had ends.
    [[nodiscard]] bool done() const { return text_.empty(); }

    std::string_view key;
    std::string_view value;

private:
    std::string_view text_;
};

// Numbers with one space between them, as many as wanted and nothing else.
template <typename... Numbers>
bool numbers(std::string_view text, Numbers &...wanted) {
    bool good = true;
    const auto take = [&](auto &number) {
        const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        good = good && error == std::errc{};
        text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
        if (text.size() > 1 && text.front() == ' ')
            text.remove_prefix(1);
    };
    (take(wanted), ...);
    return good && text.empty();
}

int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool from_hex(std::string_view text, std::size_t most, base::Bytes &octets) {
    if (text.size() % 2 != 0 || text.size() / 2 > most || !octets.empty())
        return false;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        octets.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return true;
}

std::string text_of(std::string_view value) {
    return base::printable(base::as_bytes(value), wp::text_width);
}

// A line that both kinds of state have. False: it is there, but wrong.
template <typename State, typename Peer>
bool common(const Lines &lines, State &state, Peer &peer) {
    if (lines.key == "host")
        peer.host_name = text_of(lines.value);
    else if (lines.key == "vendor")
        peer.vendor = text_of(lines.value);
    else if (lines.key == "unread")
        return from_hex(lines.value, wp::message_max - 1, state.unread);
    else if (lines.key == "unsent")
        return from_hex(lines.value, unsent_max, state.unsent);
    return true;
}

}  // namespace

std::optional<std::string> encode(const ControlState &state) {
    std::string out;
    text_line(out, "host", state.server.host_name);
    text_line(out, "vendor", state.server.vendor);
    line(out, "server",
         std::to_string(state.server.firmware) + " " + std::to_string(state.server.max_channels));
    line(out, "call",
         number(state.call.local) + " " + number(state.call.peer) + " " +
             std::to_string(state.call.connect_speed) + " " +
             std::to_string(state.call.peer_window) + " " +
             std::to_string(state.call.processing_delay));
    if (!octets(out, state.unread, state.unsent))
        return std::nullopt;
    return out;
}

std::optional<std::string> encode(const ServerState &state) {
    if (state.calls.size() > state_calls_max)
        return std::nullopt;
    std::string out;
    text_line(out, "host", state.peer.host_name);
    text_line(out, "vendor", state.peer.vendor);
    line(out, "peer", std::to_string(state.peer.firmware));
    for (const ServerState::Call &call : state.calls)
        line(out, "call",
             number(call.local) + " " + number(call.peer) + " " + std::to_string(call.peer_window));
    if (!octets(out, state.unread, state.unsent))
        return std::nullopt;
    return out;
}

std::optional<ControlState> decode_control_state(std::string_view text) {
    ControlState state{};
    bool server = false;
    bool call = false;
    Lines lines(text);
    while (lines.next()) {
        if (lines.key == "server") {
            if (std::exchange(server, true) ||
                !numbers(lines.value, state.server.firmware, state.server.max_channels))
                return std::nullopt;
        } else if (lines.key == "call") {
            std::uint16_t local = 0;
            std::uint16_t peer = 0;
            if (std::exchange(call, true) ||
                !numbers(lines.value, local, peer, state.call.connect_speed, state.call.peer_window,
                         state.call.processing_delay))
                return std::nullopt;
            state.call.local = CallId{local};
            state.call.peer = CallId{peer};
        } else if (!common(lines, state, state.server)) {
            return std::nullopt;
        }
    }
    if (!lines.done() || !server || !call)
        return std::nullopt;
    return state;
}

std::optional<ServerState> decode_server_state(std::string_view text) {
    ServerState state;
    bool known = false;
    Lines lines(text);
    while (lines.next()) {
        if (lines.key == "peer") {
            if (std::exchange(known, true) || !numbers(lines.value, state.peer.firmware))
                return std::nullopt;
        } else if (lines.key == "call") {
            std::uint16_t local = 0;
            std::uint16_t peer = 0;
            std::uint16_t window = 0;
            if (!numbers(lines.value, local, peer, window) || state.calls.size() >= state_calls_max)
                return std::nullopt;
            const auto same = [&](const ServerState::Call &other) {
                return other.peer == CallId{peer} || other.local == CallId{local};
            };
            if (std::ranges::any_of(state.calls, same))
                return std::nullopt;
            state.calls.push_back(
                {.local = CallId{local}, .peer = CallId{peer}, .peer_window = window});
        } else if (!common(lines, state, state.peer)) {
            return std::nullopt;
        }
    }
    if (!lines.done() || !known)
        return std::nullopt;
    return state;
}

}  // namespace rtun::pptp
