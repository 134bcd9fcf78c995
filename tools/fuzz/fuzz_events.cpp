// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is made of events, whose names and texts are partly a peer's: the history behind `why` and
// what `rtun connect` prints. The input are events as on the control socket, one a line. What is
// kept is bounded, whatever comes how often; and names of devices are made of any user's name.
#include <ctl/message.h>
#include <daemon/device_names.h>
#include <daemon/history.h>
#include <daemon/progress.h>

#include <fuzz/target.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

constexpr daemon::History::Room small{.clients = 4096, .callers = 4096, .strangers = 2048};

void told(const ctl::Story &story) {
    check(story.steps.size() <= daemon::History::MaxSteps, "the steps of a story are bounded");
    for (const ctl::Story::Step &step : story.steps)
        check(step.text.size() <= daemon::History::MaxText + 3, "and each of them");
    check(story.times >= 1 && story.times <= daemon::History::MaxTimes + story.within,
          "and how often it is counted");
}

void device_names(const std::vector<std::string> &users) {
    daemon::DeviceNames names;
    std::set<std::string> taken;
    for (const std::string &user : users) {
        const auto name = names.take_for("pptp", user);
        check(name.has_value(), "there is a name for everybody");
        check(name->size() <= daemon::DeviceNames::MaxName, "which a device can have");
        check(std::ranges::all_of(
                  *name,
                  [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':' && c != '%'; }),
              "without what it cannot have");
        check(taken.insert(*name).second, "and nobody else has");
    }
    for (const std::string &name : taken)
        names.release(name);
    check(names.size() == 0, "what is given back is not kept");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char *>(data), size);
    daemon::History history(small);
    std::size_t printed = 0;
    std::size_t asked = 0;
    daemon::Progress progress(
        "office", daemon::Progress::Style::Lines,
        [&](std::string_view piece) { printed += piece.size(); }, daemon::Progress::Steps::All);
    std::vector<std::string> users;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        users.emplace_back(line.substr(0, 40));
        const auto event = ctl::decode_event(line);
        if (!event)
            continue;
        asked += line.size();
        // Again and again, as a host does that tries names.
        for (int i = 0; i < 20; ++i)
            history.record(*event);
        progress.show(*event);
        for (const auto &[key, value] : event->fields)
            for (const ctl::Story &story : history.of(value))
                told(story);
        for (const ctl::Story &story : history.of(event->name))
            told(story);
    }
    for (const ctl::Story &story : history.failures())
        told(story);
    check(history.octets() <= small.clients + small.callers + small.strangers,
          "what is kept has its room");
    check(history.open() <= daemon::History::MaxOpen, "as has what goes on");
    check(printed <= 20 * asked + 1000, "what is printed is bounded by what was told");
    device_names(users);
    return 0;
}
