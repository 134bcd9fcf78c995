// SPDX-License-Identifier: GPL-2.0-or-later
//
// What slows down those who guess: failures per user and per source, and how long the next answer
// to either waits. Bounded: MaxEntries of each kind, the one that has been quiet for the longest
// time goes first. And how many connections a source may make. No clock: the time is told.
#pragma once

#include <base/net.h>
#include <base/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>

namespace rtun::aaa {

class Throttle {
public:
    static constexpr std::size_t MaxEntries = 4096;
    static constexpr base::Duration FirstDelay = std::chrono::seconds(1);  // after two failures
    // Less than what a caller waits: pppd gives up its PAP after half a minute, and the user must
    // come in while somebody else guesses.
    static constexpr base::Duration LongestDelay = std::chrono::seconds(10);
    static constexpr base::Duration Forgotten = std::chrono::minutes(10);

    // How long the answer to this claim has to wait, whether it is right or wrong: FirstDelay,
    // doubled by each further failure up to LongestDelay; of user and source, the longer one.
    [[nodiscard]] base::Duration delay(std::string_view user, base::Ipv4 source,
                                       base::Time now) const;
    void failed(std::string_view user, base::Ipv4 source, base::Time now);
    // The user's failures are forgotten, and so many of the source's: a valid account does not
    // clear the way for guessing at others.
    void succeeded(std::string_view user, base::Ipv4 source);
    // Failures of this user since it was last quiet for Forgotten.
    [[nodiscard]] unsigned failures(std::string_view user, base::Time now) const;

private:
    template <typename Key>
    struct Table {
        struct Entry {
            Key key;
            unsigned failures = 0;
            base::Time last;
        };
        using Entries = std::list<Entry>;
        Entries entries;  // the one that failed last at the end
        std::map<Key, typename Entries::iterator, std::less<>> places;

        template <typename Name>  // a key, or what is as good for looking one up
        [[nodiscard]] unsigned failures(const Name &key, base::Time now) const;
        void failed(Key key, base::Time now);
        template <typename Name>
        unsigned forgive(const Name &key, unsigned failures);  // how many there were
    };
    Table<std::string> users_;
    Table<base::Ipv4> sources_;
};

// A token bucket a source: a second's worth at once, then so many a second. Bounded in the same
// way; beyond the bound new sources share one.
class ConnectionRate {
public:
    static constexpr std::size_t MaxSources = 4096;

    void set(std::uint32_t per_second) { per_second_ = per_second; }  // 0: any
    [[nodiscard]] bool admit(base::Ipv4 source, base::Time now);

private:
    // When the bucket is full again.
    struct Bucket {
        base::Ipv4 source;
        base::Time full;
    };
    using Buckets = std::list<Bucket>;
    [[nodiscard]] bool admit(base::Time &full, base::Time now) const;

    std::uint32_t per_second_ = 20;
    Buckets buckets_;  // the one that let somebody in last at the end
    std::map<base::Ipv4, Buckets::iterator> places_;
    base::Time shared_full_{};
};

}  // namespace rtun::aaa
