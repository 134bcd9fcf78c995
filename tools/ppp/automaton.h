// SPDX-License-Identifier: GPL-2.0-or-later
//
// The option negotiation automaton of RFC 1661 section 4: its states, its events, its actions and
// the transition table of section 4.1 as data. LCP and every NCP run on it, through
// ppp/control_protocol.h, which performs the actions.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rtun::ppp {

// Section 4.2, numbered as in the table.
enum class State : std::uint8_t {
    Initial,
    Starting,
    Closed,
    Stopped,
    Closing,
    Stopping,
    ReqSent,
    AckRcvd,
    AckSent,
    Opened,
};
inline constexpr std::size_t state_count = 10;
[[nodiscard]] std::string_view name(State state);  // "Req-Sent"

// Section 4.3, in the table's order.
enum class Event : std::uint8_t {
    Up,
    Down,
    Open,
    Close,
    ToPlus,    // timeout, counter > 0
    ToMinus,   // timeout, counter expired
    RcrPlus,   // Configure-Request, good
    RcrMinus,  // Configure-Request, bad
    Rca,       // Configure-Ack
    Rcn,       // Configure-Nak or -Reject
    Rtr,       // Terminate-Request
    Rta,       // Terminate-Ack
    Ruc,       // unknown code
    RxjPlus,   // Code- or Protocol-Reject, permitted
    RxjMinus,  // Code- or Protocol-Reject, catastrophic
    Rxr,       // Echo-Request, Echo-Reply, Discard-Request
};
inline constexpr std::size_t event_count = 16;
[[nodiscard]] std::string_view name(Event event);  // "RCR+"

// Section 4.4, in the order in which the actions of one cell are performed, which is the order the
// table prints them in: a layer is told that it is down before the first packet goes out, and that
// it is up after the last one.
enum class Action : std::uint16_t {
    Tld = 1 << 0,   // This-Layer-Down
    Irc = 1 << 1,   // Initialize-Restart-Count
    Zrc = 1 << 2,   // Zero-Restart-Count
    Scr = 1 << 3,   // Send-Configure-Request
    Sca = 1 << 4,   // Send-Configure-Ack
    Scn = 1 << 5,   // Send-Configure-Nak/Rej
    Str = 1 << 6,   // Send-Terminate-Request
    Sta = 1 << 7,   // Send-Terminate-Ack
    Scj = 1 << 8,   // Send-Code-Reject
    Ser = 1 << 9,   // Send-Echo-Reply
    Tls = 1 << 10,  // This-Layer-Started
    Tlf = 1 << 11,  // This-Layer-Finished
    Tlu = 1 << 12,  // This-Layer-Up
};
inline constexpr std::array actions_in_order = {
    Action::Tld, Action::Irc, Action::Zrc, Action::Scr, Action::Sca, Action::Scn, Action::Str,
    Action::Sta, Action::Scj, Action::Ser, Action::Tls, Action::Tlf, Action::Tlu,
};
[[nodiscard]] std::string_view name(Action action);  // "tld"

// A set of actions.
struct Actions {
    std::uint16_t bits = 0;

    [[nodiscard]] constexpr bool has(Action action) const {
        return (bits & static_cast<std::uint16_t>(action)) != 0;
    }
    constexpr bool operator==(const Actions &) const = default;
};

// A cell of the table. Illegal: the dash, an event that cannot happen in this state; the state
// stays and there are no actions.
struct Cell {
    State next = State::Initial;
    Actions actions;
    bool illegal = false;
};

[[nodiscard]] const Cell &transition(State state, Event event);

// The states in which the Restart timer runs: those that have TO events.
[[nodiscard]] constexpr bool timer_runs(State state) {
    return state >= State::Closing && state <= State::AckSent;
}

}  // namespace rtun::ppp
