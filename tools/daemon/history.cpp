// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stories in the making, and the shelves they end on.
#include <daemon/history.h>

#include <daemon/reason.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace rtun::daemon {

namespace {

const std::string &field(const ctl::Event &event, const char *key) {
    static const std::string none;
    const auto found = event.fields.find(key);
    return found == event.fields.end() ? none : found->second;
}

std::optional<std::uint64_t> number(const ctl::Event &event, const char *key) {
    const std::string &digits = field(event, key);
    std::uint64_t value = 0;
    const auto *const end = digits.data() + digits.size();
    const auto [next, error] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || error != std::errc{} || next != end)
        return std::nullopt;
    return value;
}

// Cut, so that what a peer says costs what we grant it.
std::string cut(std::string_view text) { return std::string(text.substr(0, History::MaxText)); }

void take(std::string &to, std::string_view text) {
    if (!text.empty())
        to = cut(text);
}

// "192.0.2.10:1723" without the port. There is no other colon in an IPv4 address.
std::string_view host_of(std::string_view address) {
    const std::size_t colon = address.find(':');
    const bool one =
        colon != std::string_view::npos && address.find(':', colon + 1) == address.npos;
    return one ? address.substr(0, colon) : address;
}

// List and map nodes, and the times of a subject.
constexpr std::size_t bookkeeping = 1024;

std::size_t octets_of(const ctl::Story &story) {
    std::size_t octets =
        bookkeeping + sizeof story + story.steps.capacity() * sizeof(ctl::Story::Step);
    for (const std::string *text : {&story.object, &story.name, &story.user, &story.peer,
                                    &story.interface, &story.outcome, &story.cause, &story.text})
        octets += text->capacity();
    for (const ctl::Story::Step &step : story.steps)
        octets += step.id.capacity() + step.text.capacity();
    return octets;
}

std::string subject_of(const ctl::Story &story) {
    if (story.object == "client")
        return "client " + story.name;
    return story.user.empty() ? "peer " + story.peer : "user " + story.user;
}

// What is told of the end as a step: a few words, the rest stands in the headline.
std::string last_step(const ctl::Story &story) {
    for (const CauseInfo &cause : causes())
        if (cause.name == story.cause)
            return std::string(cause.words);
    return story.outcome;
}

bool is_about(const ctl::Story &story, std::string_view subject) {
    return (!story.name.empty() && story.name == subject) ||
           (!story.user.empty() && story.user == subject) ||
           (!story.peer.empty() && story.peer == subject);
}

double when(const ctl::Story &story) { return story.ended.value_or(story.began); }

// Several subjects may come to the same end one after the other, as when a host tries names: what
// is asked for counts together.
void count_together(std::vector<ctl::Story> &stories) {
    for (std::size_t i = 0; i < stories.size(); i++) {
        ctl::Story &story = stories[i];
        if (!story.ended)
            continue;
        const auto same =
            std::count_if(stories.begin() + static_cast<std::ptrdiff_t>(i), stories.end(),
                          [&](const ctl::Story &other) {
                              return other.ended && other.cause == story.cause &&
                                     *story.ended - *other.ended <= History::Repeating;
                          });
        story.times = std::max(story.times, static_cast<std::uint32_t>(same));
        story.within = static_cast<std::uint32_t>(History::Repeating);
    }
}

void latest_first(std::vector<ctl::Story> &stories) {
    std::stable_sort(stories.begin(), stories.end(), [](const auto &a, const auto &b) {
        if (a.ended.has_value() != b.ended.has_value())
            return !a.ended.has_value();
        return when(a) > when(b);
    });
}

}  // namespace

History::History(const Room &room) {
    shelves_[Clients].room = room.clients;
    shelves_[Callers].room = room.callers;
    shelves_[Strangers].room = room.strangers;
}

void History::record(const ctl::Event &event) {
    const bool refused = event.object == "server" && !field(event, "outcome").empty();
    if (event.object != "client" && event.object != "call" && !refused)
        return;
    Open &open = open_of(event);
    ctl::Story &story = open.story;
    take(story.user, field(event, "user"));
    const std::string &peer = field(event, "peer");
    take(story.peer, host_of(peer.empty() ? field(event, "server") : peer));
    take(story.interface, field(event, "interface"));
    if (!field(event, "authentication").empty() && field(event, "authentication") != "none")
        open.verified = true;
    open.last = ++events_;
    if (field(event, "outcome").empty()) {
        add_step(story, event.time, event.id, event.text);
        return;
    }
    const std::string &attempt = field(event, "attempt");
    const auto found = open_.find(attempt.empty() ? event.object + " " + event.name : attempt);
    Open ending = std::move(found->second);
    open_.erase(found);
    end(std::move(ending), event);
}

// The attempt that the event is of; a new one if there is none.
History::Open &History::open_of(const ctl::Event &event) {
    const std::string &attempt = field(event, "attempt");
    const std::string key = attempt.empty() ? event.object + " " + event.name : attempt;
    const auto found = open_.find(key);
    if (found != open_.end())
        return found->second;
    if (open_.size() >= MaxOpen)
        open_.erase(std::min_element(open_.begin(), open_.end(), [](const auto &a, const auto &b) {
            return a.second.last < b.second.last;
        }));
    Open &open = open_[key];
    open.story.object = event.object;
    open.story.name = cut(event.name);
    open.story.began = event.time;
    return open;
}

// Of too many the first and the last are kept: how it began, and how it came to its end.
void History::add_step(ctl::Story &story, double time, std::string_view id, std::string_view text) {
    constexpr std::size_t first = MaxSteps / 2;
    if (story.steps.size() >= MaxSteps) {
        story.steps.erase(story.steps.begin() + first);
        story.left_out++;
    }
    story.steps.push_back({.time = time, .id = cut(id), .text = cut(text)});
}

History::Shelf &History::shelf_of(const Open &open, const std::string &subject) {
    if (open.story.object == "client")
        return shelves_[Clients];
    const bool known = open.verified || shelves_[Callers].subjects.contains(subject);
    return shelves_[known ? Callers : Strangers];
}

void History::end(Open open, const ctl::Event &event) {
    ctl::Story &story = open.story;
    story.ended = event.time;
    story.outcome = cut(field(event, "outcome"));
    story.cause = cut(field(event, "cause"));
    story.layer = cut(field(event, "layer"));
    story.by = cut(field(event, "by"));
    story.text = cut(field(event, "reason").empty() ? event.text : field(event, "reason"));
    story.uptime = number(event, "uptime");
    story.rx_bytes = number(event, "rx_bytes");
    story.tx_bytes = number(event, "tx_bytes");
    add_step(story, event.time, event.id, last_step(story));
    story.steps.shrink_to_fit();

    const std::string name = subject_of(story);
    Shelf &shelf = shelf_of(open, name);
    Subject &subject = shelf.subjects[name];
    auto &kept = subject.kept;
    count(subject, story);
    if (!kept.empty())
        shelf.older.splice(shelf.older.end(), shelf.latest, kept.back());
    const std::size_t octets = octets_of(story);
    shelf.latest.push_back({.story = std::move(story), .subject = name, .octets = octets});
    kept.push_back(std::prev(shelf.latest.end()));
    shelf.used += octets;
    if (kept.size() > MaxAttempts) {
        shelf.used -= kept.front()->octets;
        shelf.older.erase(kept.front());
        kept.erase(kept.begin());
    }
    make_room(shelf);
}

// How often it has come to this end one after the other.
void History::count(Subject &subject, ctl::Story &story) {
    if (std::exchange(subject.cause, story.cause) != story.cause)
        subject.times.clear();
    std::erase_if(subject.times, [&](double time) { return *story.ended - time > Repeating; });
    if (subject.times.size() >= MaxTimes)
        subject.times.erase(subject.times.begin());
    subject.times.push_back(*story.ended);
    story.times = static_cast<std::uint32_t>(subject.times.size());
    story.within = static_cast<std::uint32_t>(Repeating);
}

void History::forget(Shelf &shelf, Attempts &list) {
    const auto oldest = list.begin();
    const auto subject = shelf.subjects.find(oldest->subject);
    auto &kept = subject->second.kept;
    kept.erase(std::find(kept.begin(), kept.end(), oldest));
    shelf.used -= oldest->octets;
    list.erase(oldest);
    if (kept.empty())
        shelf.subjects.erase(subject);
}

void History::make_room(Shelf &shelf) {
    while (shelf.used > shelf.room)
        forget(shelf, shelf.older.empty() ? shelf.latest : shelf.older);
}

std::vector<ctl::Story> History::of(std::string_view subject) const {
    std::vector<ctl::Story> stories;
    for (const auto &[key, open] : open_)
        if (is_about(open.story, subject))
            stories.push_back(open.story);
    for (const Shelf &shelf : shelves_)
        for (const Attempts *list : {&shelf.latest, &shelf.older})
            for (const Attempt &attempt : *list)
                if (is_about(attempt.story, subject))
                    stories.push_back(attempt.story);
    latest_first(stories);
    count_together(stories);
    return stories;
}

std::vector<ctl::Story> History::failures() const {
    std::vector<ctl::Story> stories;
    for (const Shelf &shelf : shelves_) {
        for (const auto &[name, subject] : shelf.subjects) {
            const auto last =
                std::find_if(subject.kept.rbegin(), subject.kept.rend(), [](const auto &attempt) {
                    return attempt->story.outcome != "terminated";
                });
            if (last != subject.kept.rend())
                stories.push_back((*last)->story);
        }
    }
    latest_first(stories);
    return stories;
}

std::size_t History::octets() const {
    std::size_t octets = 0;
    for (const Shelf &shelf : shelves_)
        octets += shelf.used;
    return octets;
}

}  // namespace rtun::daemon
