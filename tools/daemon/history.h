// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `rtun why` knows: the last attempts and connections of every client, user and caller, step
// by step, kept from the events that clients and calls tell. An attempt begins with the first event
// of its key and ends with the one that has the field "outcome"; each event between is a step.
//
// An event belongs to a story if its object is "client" or "call"; one of a "server" with an
// outcome is a story of its own, of who was turned away at the door. Fields that are looked at:
//
//     attempt         key of the attempt, if an object can have several at a time (a call has one
//                     of its own); else its object and name are
//     user, peer      who; "peer" may have a port, and "server" stands for it
//     interface
//     authentication  somebody was verified by this method
//     outcome, cause, layer, by, reason, uptime, rx_bytes, tx_bytes    of the end; reason is the
//                     text, cause the name in the list of reasons (reason.h)
//
// Everything is bounded: the steps of an attempt (of more the first and the last are kept), the
// attempts of a subject, the octets of all. There are three shelves with room of their own:
// clients, callers who have been verified once, and strangers; so nobody who cannot log in can make
// the others be forgotten. When a shelf is full, what is older than its subject's latest goes
// first, then what has been quiet for the longest time. No clock: events carry their time.
#pragma once

#include <ctl/message.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::daemon {

class History {
public:
    static constexpr std::size_t MaxSteps = 48;    // of an attempt
    static constexpr std::size_t MaxText = 240;    // octets of a step, or of a name
    static constexpr std::size_t MaxAttempts = 8;  // of a subject that have ended
    static constexpr std::size_t MaxOpen = 16384;  // attempts that go on
    static constexpr std::uint32_t MaxTimes = 64;  // that are counted as the same end
    static constexpr double Repeating = 60;        // seconds: what counts as "again"

    struct Room {  // octets of each shelf
        std::size_t clients = std::size_t{4} << 20;
        std::size_t callers = std::size_t{8} << 20;
        std::size_t strangers = std::size_t{2} << 20;
    };
    History() : History(Room{}) {}
    explicit History(const Room &room);
    History(const History &) = delete;
    History &operator=(const History &) = delete;

    void record(const ctl::Event &event);

    // What is known of a client, a user or a caller's address, the latest first: what goes on, then
    // what has ended.
    [[nodiscard]] std::vector<ctl::Story> of(std::string_view subject) const;
    // Of every subject the last that nobody here had asked for, the latest first.
    [[nodiscard]] std::vector<ctl::Story> failures() const;

    [[nodiscard]] std::size_t octets() const;  // of what has ended
    [[nodiscard]] std::size_t open() const { return open_.size(); }

private:
    struct Attempt {
        ctl::Story story;
        std::string subject;
        std::size_t octets = 0;
    };
    using Attempts = std::list<Attempt>;
    struct Subject {
        std::vector<Attempts::iterator> kept;  // the oldest first; the last is in Shelf::latest
        std::string cause;                     // of the last end
        std::vector<double> times;             // when it came to that
    };
    struct Shelf {
        std::size_t room = 0;
        std::size_t used = 0;
        Attempts older;   // than their subject's latest
        Attempts latest;  // the quietest first
        std::map<std::string, Subject, std::less<>> subjects;
    };
    struct Open {
        ctl::Story story;
        bool verified = false;
        std::uint64_t last = 0;  // which event was its last
    };

    Open &open_of(const ctl::Event &event);
    static void add_step(ctl::Story &story, double time, std::string_view id,
                         std::string_view text);
    [[nodiscard]] Shelf &shelf_of(const Open &open, const std::string &subject);
    void end(Open open, const ctl::Event &event);
    static void count(Subject &subject, ctl::Story &story);
    static void forget(Shelf &shelf, Attempts &list);
    static void make_room(Shelf &shelf);

    enum : std::uint8_t { Clients, Callers, Strangers };
    std::array<Shelf, 3> shelves_;
    std::map<std::string, Open, std::less<>> open_;
    std::uint64_t events_ = 0;
};

}  // namespace rtun::daemon
