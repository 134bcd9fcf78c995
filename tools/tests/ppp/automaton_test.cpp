// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of RFC 1661 section 4.1 a second time, as the RFC prints it, against the one that the
// engines run on.
#include <ppp/automaton.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>

namespace rtun::ppp {
namespace {

// Events downwards, states 0 to 9 to the right; the RFC breaks it in two after 5. The footnote
// letters r, p and x are left as they stand.
constexpr std::string_view printed[event_count] = {
    " Up   |    2     irc,scr/6     -         -         -         -  "
    "      |    -         -         -           -",
    " Down |    -         -         0       tls/1       0         1  "
    "      |    1         1         1         tld/1",
    " Open |  tls/1       1     irc,scr/6     3r        5r        5r "
    "      |    6         7         8           9r",
    " Close|    0       tlf/0       2         2         4         4  "
    "      |irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4",

    "  TO+ |    -         -         -         -       str/4     str/5"
    "      |  scr/6     scr/6     scr/8         -",
    "  TO- |    -         -         -         -       tlf/2     tlf/3"
    "      |  tlf/3p    tlf/3p    tlf/3p        -",

    " RCR+ |    -         -       sta/2 irc,scr,sca/8   4         5  "
    "      |  sca/8   sca,tlu/9   sca/8   tld,scr,sca/8",
    " RCR- |    -         -       sta/2 irc,scr,scn/6   4         5  "
    "      |  scn/6     scn/7     scn/6   tld,scr,scn/6",
    " RCA  |    -         -       sta/2     sta/3       4         5  "
    "      |  irc/7     scr/6x  irc,tlu/9   tld,scr/6x",
    " RCN  |    -         -       sta/2     sta/3       4         5  "
    "      |irc,scr/6   scr/6x  irc,scr/8   tld,scr/6x",

    " RTR  |    -         -       sta/2     sta/3     sta/4     sta/5"
    "      |  sta/6     sta/6     sta/6   tld,zrc,sta/5",
    " RTA  |    -         -         2         3       tlf/2     tlf/3"
    "      |    6         6         8       tld,scr/6",

    " RUC  |    -         -       scj/2     scj/3     scj/4     scj/5"
    "      |  scj/6     scj/7     scj/8       scj/9",
    " RXJ+ |    -         -         2         3         4         5  "
    "      |    6         6         8           9",
    " RXJ- |    -         -       tlf/2     tlf/3     tlf/2     tlf/3"
    "      |  tlf/3     tlf/3     tlf/3   tld,irc,str/5",

    " RXR  |    -         -         2         3         4         5  "
    "      |    6         7         8         ser/9",
};

// A cell of ours as the RFC would print it, without footnotes.
std::string print(const Cell &cell) {
    if (cell.illegal)
        return "-";
    std::string text;
    for (const Action action : actions_in_order)
        if (cell.actions.has(action))
            text += (text.empty() ? "" : ",") + std::string(name(action));
    return text + (text.empty() ? "" : "/") + std::to_string(static_cast<int>(cell.next));
}

TEST(Automaton, EveryCellIsTheOneThatRfc1661Prints) {
    for (std::size_t e = 0; e < event_count; ++e) {
        const auto event = static_cast<Event>(e);
        std::string line(printed[e]);
        std::replace(line.begin(), line.end(), '|', ' ');
        std::istringstream words(line);
        std::string word;
        words >> word;
        EXPECT_EQ(word, name(event));
        for (std::size_t s = 0; s < state_count; ++s) {
            const auto state = static_cast<State>(s);
            ASSERT_TRUE(words >> word) << name(event) << " in " << name(state);
            if (std::string_view("rpx").find(word.back()) != std::string_view::npos)
                word.pop_back();
            EXPECT_EQ(print(transition(state, event)), word)
                << name(event) << " in " << name(state);
        }
        EXPECT_FALSE(words >> word) << "more than ten states";
    }
}

TEST(Automaton, TheTimerRunsExactlyWhereTimeoutsAreLegal) {
    for (std::size_t s = 0; s < state_count; ++s) {
        const auto state = static_cast<State>(s);
        EXPECT_EQ(timer_runs(state), !transition(state, Event::ToPlus).illegal) << name(state);
        EXPECT_EQ(timer_runs(state), !transition(state, Event::ToMinus).illegal) << name(state);
    }
}

TEST(Automaton, WhateverEntersAStateWithATimerStartsItOrHasItRunning) {
    for (std::size_t e = 0; e < event_count; ++e)
        for (std::size_t s = 0; s < state_count; ++s) {
            const Cell &cell = transition(static_cast<State>(s), static_cast<Event>(e));
            if (cell.illegal || timer_runs(static_cast<State>(s)) || !timer_runs(cell.next))
                continue;
            EXPECT_TRUE(cell.actions.has(Action::Scr) || cell.actions.has(Action::Str) ||
                        cell.actions.has(Action::Zrc))
                << name(static_cast<Event>(e)) << " in " << name(static_cast<State>(s));
        }
}

TEST(Automaton, LayersAreUpExactlyInOpened) {
    for (std::size_t e = 0; e < event_count; ++e)
        for (std::size_t s = 0; s < state_count; ++s) {
            const auto state = static_cast<State>(s);
            const Cell &cell = transition(state, static_cast<Event>(e));
            if (cell.illegal)
                continue;
            const bool enters = state != State::Opened && cell.next == State::Opened;
            const bool leaves = state == State::Opened && cell.next != State::Opened;
            EXPECT_EQ(cell.actions.has(Action::Tlu), enters);
            EXPECT_EQ(cell.actions.has(Action::Tld), leaves);
        }
}

TEST(Automaton, NamesAreThoseOfTheRfc) {
    EXPECT_EQ(name(State::Initial), "Initial");
    EXPECT_EQ(name(State::ReqSent), "Req-Sent");
    EXPECT_EQ(name(State::Opened), "Opened");
    EXPECT_EQ(name(Event::Up), "Up");
    EXPECT_EQ(name(Event::RxjMinus), "RXJ-");
    EXPECT_EQ(name(Event::Rxr), "RXR");
    EXPECT_EQ(name(Action::Tld), "tld");
    EXPECT_EQ(name(Action::Tlu), "tlu");
}

}  // namespace
}  // namespace rtun::ppp
