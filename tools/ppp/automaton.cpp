// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/automaton.h>

#include <bit>

namespace rtun::ppp {

namespace {

constexpr std::array<std::string_view, state_count> state_names = {
    "Initial",  "Starting", "Closed",   "Stopped",  "Closing",
    "Stopping", "Req-Sent", "Ack-Rcvd", "Ack-Sent", "Opened",
};

constexpr std::array<std::string_view, event_count> event_names = {
    "Up",  "Down", "Open", "Close", "TO+", "TO-",  "RCR+", "RCR-",
    "RCA", "RCN",  "RTR",  "RTA",   "RUC", "RXJ+", "RXJ-", "RXR",
};

constexpr std::array<std::string_view, actions_in_order.size()> action_names = {
    "tld", "irc", "zrc", "scr", "sca", "scn", "str", "sta", "scj", "ser", "tls", "tlf", "tlu",
};

template <typename... T>
constexpr Actions set(T... action) {
    return {static_cast<std::uint16_t>((static_cast<unsigned>(action) | ... | 0U))};
}

// go<6>(irc, scr) is the table's "irc,scr/6".
template <unsigned Next, typename... T>
constexpr Cell go(T... action) {
    static_assert(Next < state_count);
    return {static_cast<State>(Next), set(action...), false};
}

constexpr auto tlu = Action::Tlu, tld = Action::Tld, tls = Action::Tls, tlf = Action::Tlf,
               irc = Action::Irc, zrc = Action::Zrc, scr = Action::Scr, sca = Action::Sca,
               scn = Action::Scn, str = Action::Str, sta = Action::Sta, scj = Action::Scj,
               ser = Action::Ser;

// The table's "-"; the column gives the state that stays.
constexpr Cell dash = {State::Initial, {}, true};

using Row = std::array<Cell, state_count>;

// RFC 1661 section 4.1. Two choices that the RFC leaves: the restart option [r] is not taken (an
// Open in Stopped, Closing, Stopping or Opened does nothing but what the table says), nor is the
// passive option [p].
// clang-format off
constexpr std::array<Row, event_count> table = {{
    //          0 Initial   1 Starting        2 Closed            3 Stopped
    //          4 Closing   5 Stopping
    //          6 Req-Sent  7 Ack-Rcvd        8 Ack-Sent          9 Opened
    /* Up   */ {go<2>(),    go<6>(irc, scr),  dash,               dash,
                dash,       dash,
                dash,       dash,             dash,               dash},
    /* Down */ {dash,       dash,             go<0>(),            go<1>(tls),
                go<0>(),    go<1>(),
                go<1>(),    go<1>(),          go<1>(),            go<1>(tld)},
    /* Open */ {go<1>(tls), go<1>(),          go<6>(irc, scr),    go<3>(),
                go<5>(),    go<5>(),
                go<6>(),    go<7>(),          go<8>(),            go<9>()},
    /* Close*/ {go<0>(),    go<0>(tlf),       go<2>(),            go<2>(),
                go<4>(),    go<4>(),
                go<4>(irc, str), go<4>(irc, str), go<4>(irc, str), go<4>(tld, irc, str)},

    /* TO+  */ {dash,       dash,             dash,               dash,
                go<4>(str), go<5>(str),
                go<6>(scr), go<6>(scr),       go<8>(scr),         dash},
    /* TO-  */ {dash,       dash,             dash,               dash,
                go<2>(tlf), go<3>(tlf),
                go<3>(tlf), go<3>(tlf),       go<3>(tlf),         dash},

    /* RCR+ */ {dash,       dash,             go<2>(sta),         go<8>(irc, scr, sca),
                go<4>(),    go<5>(),
                go<8>(sca), go<9>(sca, tlu),  go<8>(sca),         go<8>(tld, scr, sca)},
    /* RCR- */ {dash,       dash,             go<2>(sta),         go<6>(irc, scr, scn),
                go<4>(),    go<5>(),
                go<6>(scn), go<7>(scn),       go<6>(scn),         go<6>(tld, scr, scn)},
    /* RCA  */ {dash,       dash,             go<2>(sta),         go<3>(sta),
                go<4>(),    go<5>(),
                go<7>(irc), go<6>(scr),       go<9>(irc, tlu),    go<6>(tld, scr)},
    /* RCN  */ {dash,       dash,             go<2>(sta),         go<3>(sta),
                go<4>(),    go<5>(),
                go<6>(irc, scr), go<6>(scr),  go<8>(irc, scr),    go<6>(tld, scr)},

    /* RTR  */ {dash,       dash,             go<2>(sta),         go<3>(sta),
                go<4>(sta), go<5>(sta),
                go<6>(sta), go<6>(sta),       go<6>(sta),         go<5>(tld, zrc, sta)},
    /* RTA  */ {dash,       dash,             go<2>(),            go<3>(),
                go<2>(tlf), go<3>(tlf),
                go<6>(),    go<6>(),          go<8>(),            go<6>(tld, scr)},

    /* RUC  */ {dash,       dash,             go<2>(scj),         go<3>(scj),
                go<4>(scj), go<5>(scj),
                go<6>(scj), go<7>(scj),       go<8>(scj),         go<9>(scj)},
    /* RXJ+ */ {dash,       dash,             go<2>(),            go<3>(),
                go<4>(),    go<5>(),
                go<6>(),    go<6>(),          go<8>(),            go<9>()},
    /* RXJ- */ {dash,       dash,             go<2>(tlf),         go<3>(tlf),
                go<2>(tlf), go<3>(tlf),
                go<3>(tlf), go<3>(tlf),       go<3>(tlf),         go<5>(tld, irc, str)},

    /* RXR  */ {dash,       dash,             go<2>(),            go<3>(),
                go<4>(),    go<5>(),
                go<6>(),    go<7>(),          go<8>(),            go<9>(ser)},
}};
// clang-format on

template <typename E>
constexpr std::size_t index(E e) {
    return static_cast<std::size_t>(e);
}

}  // namespace

std::string_view name(State state) { return state_names[index(state)]; }

std::string_view name(Event event) { return event_names[index(event)]; }

std::string_view name(Action action) {
    return action_names[static_cast<std::size_t>(
        std::countr_zero(static_cast<std::uint16_t>(action)))];
}

const Cell &transition(State state, Event event) { return table[index(event)][index(state)]; }

}  // namespace rtun::ppp
