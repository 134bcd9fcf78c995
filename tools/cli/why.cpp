// SPDX-License-Identifier: GPL-2.0-or-later
//
// `why`: the daemon remembers, this writes it down.
#include <cli/why.h>

#include <base/time.h>
#include <cli/commands.h>
#include <cli/stats.h>
#include <ctl/client.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

namespace rtun::cli {

using base::Status;
using ctl::Story;

namespace {

constexpr std::size_t width = 100;  // of a line of steps

// What a message says, kept in what a calendar can show.
std::tm local_time(double time) {
    constexpr double latest = 253402300799.0;  // the end of the year 9999
    const double kept = std::isfinite(time) ? std::clamp(time, 0.0, latest) : 0.0;
    const auto seconds = static_cast<std::time_t>(kept);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return local;
}

std::string clock_text(double time) { return fmt::format("{:%H:%M:%S}", local_time(time)); }

// Of the day that is meant only the time of day.
std::string date_text(double time, double now) {
    const std::tm then = local_time(time);
    const std::tm today = local_time(now);
    const bool same = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
    return same ? clock_text(time) : fmt::format("{:%Y-%m-%d} {}", then, clock_text(time));
}

std::string who(const Output &out, const Story &story) {
    const std::string &name = story.name.empty() ? story.user : story.name;
    std::string text = out.painted(name, Paint::Name);
    if (!story.peer.empty())
        text += (text.empty() ? "" : " ") + out.painted(story.peer, Paint::Address);
    return text.empty() ? "somebody" : text;
}

std::string headline(const Output &out, const Story &story, double now) {
    if (!story.ended)
        return fmt::format("{}: goes on since {}", who(out, story), date_text(story.began, now));
    std::string text =
        fmt::format("{}: {} {}: {}", who(out, story), out.painted(story.outcome, Paint::Bad),
                    date_text(*story.ended, now), story.text);
    if (story.times > 1)
        text += fmt::format(", {} time in {} s", ordinal(story.times), story.within);
    return text;
}

void print_counters(Output &out, const Story &story) {
    constexpr std::uint64_t century = 100ULL * 365 * 86400;
    if (story.uptime)
        out.shown("uptime", *story.uptime,
                  "up " +
                      base::format_uptime(std::chrono::seconds(std::min(*story.uptime, century))));
    if (story.rx_bytes)
        out.shown("rx_bytes", *story.rx_bytes, "rx " + in_units(*story.rx_bytes));
    if (story.tx_bytes)
        out.shown("tx_bytes", *story.tx_bytes, "tx " + in_units(*story.tx_bytes));
}

void print_members(Output &out, const Story &story) {
    const auto text = [&out](std::string_view key, const std::string &value) {
        if (!value.empty())
            out.member(key, value);
    };
    text("object", story.object);
    text("name", story.name);
    text("user", story.user);
    text("peer", story.peer);
    text("interface", story.interface);
    out.member("began", story.began);
    if (!story.ended)
        return;
    out.member("ended", *story.ended);
    text("outcome", story.outcome);
    text("cause", story.cause);
    text("text", story.text);
    text("layer", story.layer);
    text("by", story.by);
    out.member("times", std::uint64_t{story.times});
    out.member("within", std::uint64_t{story.within});
}

void print_steps(Output &out, const Story &story, double now) {
    std::size_t column = width;
    const auto print = [&](const std::string &piece) {
        if (column + 2 + piece.size() > width) {
            out.line();
            column = 2;
        }
        out.piece(piece);
        column += 2 + piece.size();
    };
    const double day = story.ended.value_or(now);
    for (const Story::Step &step : story.steps)
        print(fmt::format("{} {}", date_text(step.time, day), step.text));
    if (story.left_out > 0)
        print(fmt::format("(and {} steps in between)", story.left_out));
}

}  // namespace

std::string ordinal(std::uint32_t number) {
    const std::uint32_t tens = number % 100;
    const bool teens = tens >= 11 && tens <= 13;
    const char *ending = teens              ? "th"
                         : number % 10 == 1 ? "st"
                         : number % 10 == 2 ? "nd"
                         : number % 10 == 3 ? "rd"
                                            : "th";
    return fmt::format("{}{}", number, ending);
}

void print_story(Output &out, const Story &story, Steps steps, double now) {
    out.open();
    out.piece(headline(out, story, now));
    print_members(out, story);
    print_counters(out, story);
    if (steps == Steps::Shown)
        print_steps(out, story, now);
    for (const Story::Step &step : story.steps) {
        out.open_element("steps");
        out.member("time", step.time);
        out.member("id", step.id);
        out.member("text", step.text);
        out.close_group();
    }
    out.member("left_out", std::uint64_t{story.left_out});
    out.close();
}

Status why(Context &context, const config::Why &what, const ctl::Request &request) {
    ctl::Client daemon = TRY(ctl::Client::connect(context.socket));
    const ctl::Reply reply = TRY(daemon.call(request));
    const double now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    const bool all = context.options.details || context.options.json || what.name.empty();
    const Steps steps =
        context.options.details || !what.name.empty() ? Steps::Shown : Steps::Hidden;
    if (reply.stories.empty())
        context.out.heading(
            what.name.empty()
                ? std::string("nothing has failed since the daemon was started")
                : fmt::format("{}: nothing has begun since the daemon was started", what.name));
    for (const Story &story : reply.stories) {
        print_story(context.out, story, steps, now);
        // What goes on is told, and then the last that has ended.
        if (!all && story.ended)
            break;
    }
    return {};
}

}  // namespace rtun::cli
