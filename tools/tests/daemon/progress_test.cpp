// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `rtun connect` prints, to the letter of the manual.
#include <daemon/events.h>
#include <daemon/progress.h>

#include <gtest/gtest.h>

#include <string>

namespace rtun::daemon::test {

namespace {

ctl::Event event(std::string_view id, std::map<std::string, std::string> fields = {},
                 std::string text = {}) {
    ctl::Event e;
    e.id = id;
    e.object = "client";
    e.text = std::move(text);
    e.fields = std::move(fields);
    return e;
}

const std::string Host = "vpn.example.org";

void connect(Progress &progress) {
    progress.show(event(event_id::Dialing));
    progress.show(
        event(event_id::Call,
              {{"server", "192.0.2.10:1723"}, {"call_id", "41207"}, {"peer_call_id", "7"}}));
    progress.show(event(event_id::Verifying));
    progress.show(event(event_id::Verified, {{"authentication", "mschap2"}}));
    progress.show(event(event_id::Encryption, {{"encoding", "MPPE128 stateless"}},
                        "encryption MPPE128 stateless"));
    progress.show(event(event_id::Up, {{"interface", "pptp-out1"},
                                       {"local_address", "10.0.0.2"},
                                       {"remote_address", "10.0.0.1"},
                                       {"mtu", "1450"},
                                       {"took_ms", "1234"}}));
}

constexpr const char *Connected =
    "vpn.example.org: dialing ... connected (192.0.2.10:1723, call 41207/7)\n"
    "vpn.example.org: verifying password... ok (mschap2)\n"
    "vpn.example.org: encryption MPPE128 stateless\n"
    "vpn.example.org: connected  pptp-out1  10.0.0.2 -> 10.0.0.1  mtu 1450  1.2 s\n";

}  // namespace

TEST(Progress, PrintsTheManualsLinesOnATerminal) {
    std::string out;
    Progress progress(Host, Progress::Style::Terminal, [&](std::string_view s) { out += s; });
    connect(progress);
    EXPECT_EQ(out, Connected);
}

TEST(Progress, PrintsTheSameLinesWhereNobodyWatches) {
    std::string out;
    Progress progress(Host, Progress::Style::Lines, [&](std::string_view s) {
        EXPECT_EQ(s.back(), '\n');
        out += s;
    });
    connect(progress);
    EXPECT_EQ(out, Connected);
}

TEST(Progress, BeginsALineWhenThePhaseBeginsOnATerminal) {
    std::string out;
    Progress progress(Host, Progress::Style::Terminal, [&](std::string_view s) { out += s; });
    progress.show(event(event_id::Dialing));
    EXPECT_EQ(out, "vpn.example.org: dialing ...");
    progress.show(event(event_id::Failed, {}, "no answer"));
    EXPECT_EQ(out, "vpn.example.org: dialing ... failed\n");
}

TEST(Progress, EndsWithTimeAndOctets) {
    std::string out;
    Progress progress(Host, Progress::Style::Terminal, [&](std::string_view s) { out += s; });
    progress.show(event(event_id::Down, {{"by", "user"},
                                         {"reason", "by user"},
                                         {"uptime", "275"},
                                         {"rx_bytes", "12897485"},
                                         {"tx_bytes", "1153434"}}));
    EXPECT_EQ(out, "vpn.example.org: terminated (by user)  up 4m35s  rx 12.3 MiB  tx 1.1 MiB\n");
}

TEST(Progress, BreaksABegunLineForOneThatComesBetween) {
    std::string out;
    Progress progress(Host, Progress::Style::Terminal, [&](std::string_view s) { out += s; });
    progress.show(event(event_id::Dialing));
    progress.show(event(event_id::Down, {{"by", "user"}, {"reason", "by user"}}));
    EXPECT_EQ(out, "vpn.example.org: dialing ...\nvpn.example.org: terminated (by user)\n");
}

TEST(Progress, SaysAPhaseOnceThatBeginsTwice) {
    std::string out;
    Progress progress(Host, Progress::Style::Terminal, [&](std::string_view s) { out += s; });
    progress.show(event(event_id::Verifying));
    progress.show(event(event_id::Verifying));
    progress.show(event(event_id::Verified, {{"authentication", "pap"}}));
    EXPECT_EQ(out, "vpn.example.org: verifying password... ok (pap)\n");
}

TEST(Progress, TellsEveryStepToWhoeverWantsThemAll) {
    for (const auto steps : {Progress::Steps::Usual, Progress::Steps::All}) {
        std::string out;
        Progress progress(
            Host, Progress::Style::Lines, [&](std::string_view s) { out += s; }, steps);
        progress.show(event(event_id::Tcp, {}, "tcp connected"));
        progress.show(event(event_id::Control, {}, "control connection"));
        progress.show(event(event_id::Lcp, {}, "lcp opened"));
        EXPECT_EQ(out, steps == Progress::Steps::Usual ? ""
                                                       : "vpn.example.org: tcp connected\n"
                                                         "vpn.example.org: control connection\n"
                                                         "vpn.example.org: lcp opened\n");
    }
}

TEST(FormatOctets, ChoosesTheUnit) {
    EXPECT_EQ(format_octets(0), "0 B");
    EXPECT_EQ(format_octets(1023), "1023 B");
    EXPECT_EQ(format_octets(1024), "1.0 KiB");
    EXPECT_EQ(format_octets(1048575), "1.0 MiB");
    EXPECT_EQ(format_octets(5ULL << 40), "5.0 TiB");
}

}  // namespace rtun::daemon::test
