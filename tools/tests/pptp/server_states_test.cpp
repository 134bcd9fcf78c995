// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tables of server_states.cpp against the diagrams of RFC 2637 sections 3.1.2 and 3.2.4.1,
// typed a second time: an event a row, a state a column. "-" is an event that is counted and
// changes nothing; "=" one that changes nothing and is in order.
#include <pptp/server_states.h>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace rtun::pptp::pac {
namespace {

template <typename State>
std::string text(State from, State to, std::uint16_t actions, std::uint16_t unexpected,
                 const std::vector<std::pair<std::uint16_t, std::string>> &words) {
    if (actions == unexpected && to == from)
        return "-";
    if (actions == 0 && to == from)
        return "=";
    std::string out = to == from ? "" : std::string(name(to));
    for (const auto &[flag, word] : words)
        if ((actions & flag) != 0)
            out += "/" + word;
    return out;
}

TEST(PptpServerStates, the_control_connection_follows_section_3_1_2) {
    const std::vector<std::pair<std::uint16_t, std::string>> words = {
        {Unexpected, "unexpected"}, {SendStartReply, "SCCRP"}, {PeerIsUp, "up"},
        {SendStartVersion, "ver"},  {SendStartAgain, "again"}, {SendStopRequest, "StopRQ"},
        {SendStopReply, "StopRP"},  {SendEchoReply, "EchoRP"}, {TakeEchoReply, "take-echo"},
        {Close, "close"},
    };
    // clang-format off
    const std::array<std::array<std::string, connection_states + 1>, connection_events> expected{{
        // event               idle                    established               wait_stop_reply
        {"StartRequest",        "established/SCCRP/up", "/unexpected/again",      "-"},
        {"StartRequestVersion", "/ver/close",           "/unexpected/again",      "-"},
        {"StopRequest",         "/StopRP/close",        "idle/StopRP/close",      "idle/StopRP/close"},
        {"StopReply",           "-",                    "-",                      "idle/close"},
        {"EchoRequest",         "-",                    "/EchoRP",                "/EchoRP"},
        {"EchoReply",           "-",                    "/take-echo",             "/take-echo"},
        {"Terminate",           "/close",               "wait_stop_reply/StopRQ", "="},
        {"Timeout",             "/close",               "wait_stop_reply/StopRQ", "idle/close"},
        {"EchoTimeout",         "-",                    "idle/close",             "-"},
        {"Malformed",           "/close",               "idle/close",             "idle/close"},
        {"Lost",                "/close",               "idle/close",             "idle/close"},
    }};
    // clang-format on
    for (std::size_t e = 0; e < connection_events; ++e) {
        const auto event = static_cast<ConnectionEvent>(e);
        EXPECT_EQ(name(event), expected[e][0]);
        for (std::size_t s = 0; s < connection_states; ++s) {
            const auto state = static_cast<ConnectionState>(s);
            const ConnectionCell &cell = connection_cell(state, event);
            EXPECT_EQ(text(state, cell.next, cell.actions, Unexpected, words), expected[e][s + 1])
                << name(event) << " in " << name(state);
        }
    }
}

TEST(PptpServerStates, the_call_follows_section_3_2_4_1) {
    const std::vector<std::pair<std::uint16_t, std::string>> words = {
        {CallUnexpected, "unexpected"}, {AskOwner, "ask"},        {SendCallReply, "OCRP"},
        {SendCallRefusal, "refusal"},   {SendCallAgain, "again"}, {SendDisconnect, "CDN"},
        {CallIsOver, "over"},
    };
    // clang-format off
    const std::array<std::array<std::string, call_states + 1>, call_events> expected{{
        // event       idle               wait_cs_ans          established
        {"Request",    "wait_cs_ans/ask", "/unexpected/again", "/unexpected/again"},
        {"Accept",     "=",               "established/OCRP",  "="},
        {"Refuse",     "=",               "idle/refusal",      "="},
        {"Clear",      "-",               "idle/CDN/over",     "idle/CDN/over"},
        {"Disconnect", "-",               "idle/over",         "idle/over"},
        {"Terminate",  "=",               "idle/refusal/over", "idle/CDN/over"},
    }};
    // clang-format on
    for (std::size_t e = 0; e < call_events; ++e) {
        const auto event = static_cast<CallEvent>(e);
        EXPECT_EQ(name(event), expected[e][0]);
        for (std::size_t s = 0; s < call_states; ++s) {
            const auto state = static_cast<CallState>(s);
            const CallCell &cell = call_cell(state, event);
            EXPECT_EQ(text(state, cell.next, cell.actions, CallUnexpected, words),
                      expected[e][s + 1])
                << name(event) << " in " << name(state);
        }
    }
}

TEST(PptpServerStates, every_state_is_named_as_in_the_rfc) {
    const std::array<std::string_view, connection_states> connection{"idle", "established",
                                                                     "wait_stop_reply"};
    const std::array<std::string_view, call_states> call{"idle", "wait_cs_ans", "established"};
    for (std::size_t s = 0; s < connection_states; ++s)
        EXPECT_EQ(name(static_cast<ConnectionState>(s)), connection[s]);
    for (std::size_t s = 0; s < call_states; ++s)
        EXPECT_EQ(name(static_cast<CallState>(s)), call[s]);
}

}  // namespace
}  // namespace rtun::pptp::pac
