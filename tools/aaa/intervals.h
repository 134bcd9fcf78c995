// SPDX-License-Identifier: GPL-2.0-or-later
//
// A set of addresses as the stretches that it consists of: a pool that nobody has used costs as
// much as its ranges, however many addresses they have.
#pragma once

#include <base/net.h>

#include <cstdint>
#include <map>

namespace rtun::aaa {

class Intervals {
public:
    void insert(base::Ipv4 first, base::Ipv4 last);  // none of which is in it
    void insert(base::Ipv4 address) { insert(address, address); }
    bool remove(base::Ipv4 address);  // whether it was in it

    [[nodiscard]] bool contains(base::Ipv4 address) const;
    [[nodiscard]] bool empty() const { return stretches_.empty(); }
    [[nodiscard]] base::Ipv4 lowest() const { return {stretches_.begin()->first}; }  // not if empty
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] std::size_t stretches() const { return stretches_.size(); }

private:
    using Stretches = std::map<std::uint32_t, std::uint32_t>;
    [[nodiscard]] Stretches::const_iterator find(base::Ipv4 address) const;

    Stretches stretches_;  // first and last; never adjacent
    std::uint64_t size_ = 0;
};

}  // namespace rtun::aaa
