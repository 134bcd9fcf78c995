// SPDX-License-Identifier: GPL-2.0-or-later
//
// Both tables keep a list in the order of the last event beside the map, so that what has been
// quiet for the longest time is found at once.
#include <aaa/throttle.h>

#include <algorithm>
#include <limits>

namespace rtun::aaa {

using base::Duration;
using base::Time;

namespace {

Duration delay_of(unsigned failures) {
    if (failures < 2)
        return Duration::zero();
    Duration delay = Throttle::FirstDelay;
    for (unsigned i = 2; i < failures && delay < Throttle::LongestDelay; i++)
        delay *= 2;
    return std::min(delay, Throttle::LongestDelay);
}

}  // namespace

template <typename Key>
template <typename Name>
unsigned Throttle::Table<Key>::failures(const Name &key, Time now) const {
    const auto place = places.find(key);
    if (place == places.end() || now - place->second->last >= Forgotten)
        return 0;
    return place->second->failures;
}

template <typename Key>
void Throttle::Table<Key>::failed(Key key, Time now) {
    const auto [place, fresh] = places.emplace(key, entries.end());
    if (fresh)
        place->second = entries.insert(entries.end(), Entry{std::move(key), 0, now});
    else
        entries.splice(entries.end(), entries, place->second);
    Entry &entry = *place->second;
    if (now - entry.last >= Forgotten)
        entry.failures = 0;
    entry.last = now;
    entry.failures += entry.failures < std::numeric_limits<unsigned>::max() ? 1 : 0;
    if (entries.size() > MaxEntries) {
        places.erase(entries.front().key);
        entries.pop_front();
    }
}

template <typename Key>
template <typename Name>
unsigned Throttle::Table<Key>::forgive(const Name &key, unsigned failures) {
    const auto place = places.find(key);
    if (place == places.end())
        return 0;
    Entry &entry = *place->second;
    const unsigned had = entry.failures;
    entry.failures -= std::min(entry.failures, failures);
    if (entry.failures == 0) {
        entries.erase(place->second);
        places.erase(place);
    }
    return had;
}

Duration Throttle::delay(std::string_view user, base::Ipv4 source, Time now) const {
    return std::max(delay_of(users_.failures(user, now)), delay_of(sources_.failures(source, now)));
}

void Throttle::failed(std::string_view user, base::Ipv4 source, Time now) {
    users_.failed(std::string(user), now);
    sources_.failed(source, now);
}

void Throttle::succeeded(std::string_view user, base::Ipv4 source) {
    const unsigned forgiven = users_.forgive(user, std::numeric_limits<unsigned>::max());
    sources_.forgive(source, forgiven);
}

unsigned Throttle::failures(std::string_view user, Time now) const {
    return users_.failures(user, now);
}

// The generic cell rate algorithm: each connection moves the time at which the bucket is full by
// its share of a second, and that may lie a second ahead at most.
bool ConnectionRate::admit(Time &full, Time now) const {
    constexpr Duration burst = std::chrono::seconds(1);
    const Duration share = burst / per_second_;
    const Time then = std::max(full, now) + share;
    if (then - now > burst)
        return false;
    full = then;
    return true;
}

bool ConnectionRate::admit(base::Ipv4 source, Time now) {
    if (per_second_ == 0)
        return true;
    if (const auto known = places_.find(source); known != places_.end()) {
        if (!admit(known->second->full, now))
            return false;
        buckets_.splice(buckets_.end(), buckets_, known->second);
        return true;
    }
    if (places_.size() >= MaxSources) {
        // A bucket that is full is as good as none.
        if (now < buckets_.front().full)
            return admit(shared_full_, now);
        places_.erase(buckets_.front().source);
        buckets_.pop_front();
    }
    places_.emplace(source, buckets_.insert(buckets_.end(), Bucket{source, Time{}}));
    return admit(buckets_.back().full, now);
}

}  // namespace rtun::aaa
