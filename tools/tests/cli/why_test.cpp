// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stories as `why` tells them.
#include <tests/cli/answer.h>

#include <cli/why.h>

#include <gmock/gmock.h>

#include <ctime>
#include <limits>

namespace rtun::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double Noon = 1000036800;  // 2001-09-09 12:00:00 UTC

ctl::Story refused() {
    ctl::Story story;
    story.object = "call";
    story.user = "jack";
    story.peer = "203.0.113.9";
    story.began = Noon + 270.2;
    story.ended = Noon + 271.5;
    story.outcome = "refused";
    story.cause = "auth-failed";
    story.text = "authentication failed (mschap2, E=691 wrong password)";
    story.layer = "ppp";
    story.by = "peer";
    story.times = 3;
    story.within = 60;
    story.steps = {{Noon + 270.2, "call.tcp", "tcp accepted"},
                   {Noon + 270.3, "call.up", "call 7 up"},
                   {Noon + 270.6, "call.lcp", "lcp opened (mru 1450, mschap2)"},
                   {Noon + 271.5, "call.ended", "authentication failed"}};
    return story;
}

ctl::Story disconnected() {
    ctl::Story story;
    story.object = "client";
    story.name = "office";
    story.user = "branch";
    story.peer = "198.51.100.7";
    story.interface = "office";
    story.began = Noon - 86400;
    story.ended = Noon - 3600;
    story.outcome = "disconnected";
    story.cause = "lost-carrier";
    story.text = "the peer does not answer LCP echoes";
    story.layer = "ppp";
    story.by = "peer";
    story.within = 60;
    story.left_out = 2;
    story.uptime = 23 * 3600;
    story.rx_bytes = 12900000;
    story.tx_bytes = 1100;
    story.steps = {{Noon - 86400, "client.dialing", "dialing 198.51.100.7"},
                   {Noon - 86399, "client.up",
                    "connected: office 10.9.0.2 -> 10.9.0.1 mtu 1450 MPPE128 stateless"},
                   {Noon - 3600, "client.down", "no lcp echo"}};
    return story;
}

ctl::Story going_on() {
    ctl::Story story;
    story.object = "client";
    story.name = "branch";
    story.began = Noon + 1;
    story.steps = {{Noon + 1, "client.dialing", "dialing vpn.example.org"}};
    return story;
}

std::string printed(const Options &options, Steps steps) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    Answer answer(options);
    for (const ctl::Story &story : {refused(), disconnected(), going_on()})
        print_story(answer.out(), story, steps, Noon + 300);
    return answer.text();
}

TEST(Why, TextsAndJsonAreTheGoldenOnes) {
    expect_golden("why.txt", printed({}, Steps::Shown));
    expect_golden("why-headlines.txt", printed({}, Steps::Hidden));
    expect_golden("why.json", printed({.json = true}, Steps::Hidden));
}

TEST(Why, TheFirstTimeIsNotCounted) {
    ctl::Story story = refused();
    story.times = 1;
    Answer answer({});
    print_story(answer.out(), story, Steps::Hidden, Noon);
    EXPECT_THAT(answer.text(), Not(HasSubstr("time in")));
}

// What comes over the control socket may be anything.
TEST(Why, ATimeThatNoCalendarHasIsShownAsOneThatItHas) {
    for (const double time : {-1e300, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
        ctl::Story story = refused();
        story.ended = time;
        story.steps[0].time = time;
        Answer answer({});
        print_story(answer.out(), story, Steps::Shown, Noon);
        EXPECT_THAT(answer.text(), HasSubstr("jack 203.0.113.9: refused "));
    }
}

TEST(Ordinal, IsHowPeopleCount) {
    EXPECT_EQ(ordinal(1), "1st");
    EXPECT_EQ(ordinal(2), "2nd");
    EXPECT_EQ(ordinal(3), "3rd");
    EXPECT_EQ(ordinal(4), "4th");
    EXPECT_EQ(ordinal(11), "11th");
    EXPECT_EQ(ordinal(12), "12th");
    EXPECT_EQ(ordinal(13), "13th");
    EXPECT_EQ(ordinal(21), "21st");
    EXPECT_EQ(ordinal(112), "112th");
}

}  // namespace
}  // namespace rtun::cli
