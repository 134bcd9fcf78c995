// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stretches that meet become one, and one out of which an address is taken becomes two.
#include <aaa/intervals.h>

#include <iterator>
#include <limits>

namespace rtun::aaa {

Intervals::Stretches::const_iterator Intervals::find(base::Ipv4 address) const {
    auto after = stretches_.upper_bound(address.value);
    if (after == stretches_.begin())
        return stretches_.end();
    --after;
    return address.value <= after->second ? after : stretches_.end();
}

bool Intervals::contains(base::Ipv4 address) const { return find(address) != stretches_.end(); }

void Intervals::insert(base::Ipv4 first, base::Ipv4 last) {
    size_ += std::uint64_t{last.value} - first.value + 1;
    std::uint32_t begin = first.value;
    std::uint32_t end = last.value;
    auto next = stretches_.upper_bound(begin);
    if (next != stretches_.begin()) {
        const auto before = std::prev(next);
        if (begin != 0 && before->second == begin - 1) {
            begin = before->first;
            stretches_.erase(before);
        }
    }
    if (next != stretches_.end() && end != std::numeric_limits<std::uint32_t>::max() &&
        next->first == end + 1) {
        end = next->second;
        stretches_.erase(next);
    }
    stretches_.emplace(begin, end);
}

bool Intervals::remove(base::Ipv4 address) {
    const auto found = find(address);
    if (found == stretches_.end())
        return false;
    const auto [first, last] = *found;
    stretches_.erase(found);
    if (first < address.value)
        stretches_.emplace(first, address.value - 1);
    if (address.value < last)
        stretches_.emplace(address.value + 1, last);
    size_--;
    return true;
}

}  // namespace rtun::aaa
