// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tables of states.cpp against the diagrams of RFC 2637 sections 3.1.1 and 3.2.4.2, typed a
// second time: an event a row, a state a column. "-" is an event that is counted and changes
// nothing; "=" one that changes nothing and is in order.
#include <pptp/states.h>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace rtun::pptp {
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

TEST(PptpStates, the_control_connection_follows_section_3_1_1) {
    const std::vector<std::pair<std::uint16_t, std::string>> words = {
        {Unexpected, "unexpected"}, {SendStartRequest, "SCCRQ"},  {ControlIsUp, "up"},
        {SendStopVersion, "StopV"}, {SendStopRequest, "StopRQ"},  {SendStopReply, "StopRP"},
        {SendEchoReply, "EchoRP"},  {TakeEchoReply, "take-echo"}, {Close, "close"},
    };
    // clang-format off
    const std::array<std::array<std::string, control_states + 1>, control_events> expected{{
        // event             idle                    wait_ctl_reply           established               wait_stop_reply
        {"Open",              "wait_ctl_reply/SCCRQ", "-",                     "-",                      "-"},
        {"StartRequest",      "-",                    "-",                     "-",                      "-"},
        {"StartReply",        "-",                    "established/up",        "-",                      "-"},
        {"StartReplyVersion", "-",                    "wait_stop_reply/StopV", "-",                      "-"},
        {"StartReplyError",   "-",                    "idle/close",            "-",                      "-"},
        {"StopRequest",       "-",                    "idle/StopRP/close",     "idle/StopRP/close",      "idle/StopRP/close"},
        {"StopReply",         "-",                    "-",                     "-",                      "idle/close"},
        {"EchoRequest",       "-",                    "/EchoRP",               "/EchoRP",                "/EchoRP"},
        {"EchoReply",         "-",                    "-",                     "/take-echo",             "/take-echo"},
        {"Terminate",         "/close",               "idle/close",            "wait_stop_reply/StopRQ", "="},
        {"Timeout",           "-",                    "idle/close",            "-",                      "idle/close"},
        {"EchoTimeout",       "-",                    "-",                     "idle/close",             "-"},
        {"Malformed",         "/close",               "idle/close",            "idle/close",             "idle/close"},
        {"Lost",              "/close",               "idle/close",            "idle/close",             "idle/close"},
    }};
    // clang-format on
    for (std::size_t e = 0; e < control_events; ++e) {
        const auto event = static_cast<ControlEvent>(e);
        EXPECT_EQ(name(event), expected[e][0]);
        for (std::size_t s = 0; s < control_states; ++s) {
            const auto state = static_cast<ConnectionState>(s);
            const ControlCell &cell = control_cell(state, event);
            EXPECT_EQ(text(state, cell.next, cell.actions, Unexpected, words), expected[e][s + 1])
                << name(event) << " in " << name(state);
        }
    }
}

TEST(PptpStates, the_call_follows_section_3_2_4_2) {
    const std::vector<std::pair<std::uint16_t, std::string>> words = {
        {CallUnexpected, "unexpected"}, {SendCallRequest, "OCRQ"}, {CallIsUp, "up"},
        {SendCallClear, "CCRQ"},        {CallIsOver, "over"},
    };
    // clang-format off
    const std::array<std::array<std::string, call_states + 1>, call_events> expected{{
        // event       idle               wait_reply              established             wait_disconnect
        {"Open",       "wait_reply/OCRQ", "-",                    "-",                    "-"},
        {"ReplyOk",    "-",               "established/up",       "-",                    "="},
        {"ReplyError", "-",               "idle/over",            "-",                    "idle/over"},
        {"Disconnect", "-",               "idle/over",            "idle/over",            "idle/over"},
        {"Clear",      "/over",           "wait_disconnect/CCRQ", "wait_disconnect/CCRQ", "="},
        {"Timeout",    "-",               "wait_disconnect/CCRQ", "-",                    "idle/over"},
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

TEST(PptpStates, every_state_is_named_as_in_the_rfc) {
    const std::array<std::string_view, control_states> control{"idle", "wait_ctl_reply",
                                                               "established", "wait_stop_reply"};
    const std::array<std::string_view, call_states> call{"idle", "wait_reply", "established",
                                                         "wait_disconnect"};
    for (std::size_t s = 0; s < control_states; ++s)
        EXPECT_EQ(name(static_cast<ConnectionState>(s)), control[s]);
    for (std::size_t s = 0; s < call_states; ++s)
        EXPECT_EQ(name(static_cast<CallState>(s)), call[s]);
}

}  // namespace
}  // namespace rtun::pptp
