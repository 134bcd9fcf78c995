// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may stand in the configuration of pools. Every refusal names the pool and the word.
#include <aaa/pools.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::aaa {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

using Range = config::Pool::Range;

Status wrong(const config::Pool &pool, std::string_view word, std::string_view why) {
    return fail(ErrorCode::Invalid,
                fmt::format("pool \"{}\": {} is wrong: {}", pool.name, word, why));
}

std::string text(const Range &range) {
    return range.first == range.last ? range.first.text()
                                     : fmt::format("{}-{}", range.first.text(), range.last.text());
}

// 0.0.0.0/8, loopback, multicast and what is above: no host on a link has one of them (RFC 1122
// section 3.2.1.3).
bool fit_for_hosts(const Range &range) {
    const auto touches = [&range](std::uint32_t first, std::uint32_t last) {
        return range.first.value <= last && first <= range.last.value;
    };
    return !touches(0, 0x00ffffff) && !touches(0x7f000000, 0x7fffffff) &&
           !touches(0xe0000000, 0xffffffff);
}

Status check_ranges(const config::Pool &pool) {
    if (pool.ranges.empty())
        return wrong(pool, "ranges", "there is no address in it");
    std::uint64_t addresses = 0;
    for (const Range &range : pool.ranges) {
        const std::string word = fmt::format("ranges {}", text(range));
        if (range.last < range.first)
            return wrong(pool, word, "the last address comes before the first");
        if (!fit_for_hosts(range))
            return wrong(pool, word, "there are addresses in it that no host can have");
        addresses += std::uint64_t{range.last.value} - range.first.value + 1;
    }
    if (addresses > Pools::MaxAddresses)
        return wrong(pool, "ranges",
                     fmt::format("they have {} addresses, at most {} are allowed", addresses,
                                 Pools::MaxAddresses));
    return {};
}

struct Owned {
    Range range;
    const config::Pool *pool;
};

Status check_overlap(const config::Config &config) {
    std::vector<Owned> all;
    for (const config::Pool &pool : config.pools) {
        for (const Range &range : pool.ranges)
            all.push_back({range, &pool});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Owned &a, const Owned &b) { return a.range.first < b.range.first; });
    for (std::size_t i = 1; i < all.size(); i++) {
        const Owned &before = all[i - 1];
        const Owned &after = all[i];
        if (after.range.first <= before.range.last)
            return wrong(*after.pool, fmt::format("ranges {}", text(after.range)),
                         fmt::format("it overlaps with {} of pool \"{}\"", text(before.range),
                                     before.pool->name));
    }
    return {};
}

}  // namespace

Status Pools::check(const config::Config &config) {
    std::map<std::string_view, const config::Pool *> pools;
    for (const config::Pool &pool : config.pools) {
        if (pool.name.empty())
            return wrong(pool, "the name", "it is empty");
        if (!pools.emplace(pool.name, &pool).second)
            return wrong(pool, "the name", "there are two pools of this name");
        TRY(check_ranges(pool));
    }
    for (const config::Pool &pool : config.pools) {
        const std::string word = fmt::format("next-pool \"{}\"", pool.next_pool);
        std::size_t steps = 0;
        for (const config::Pool *at = &pool; !at->next_pool.empty(); steps++) {
            const auto next = pools.find(at->next_pool);
            if (next == pools.end() && at == &pool)
                return wrong(pool, word, "there is no such pool");
            if (next == pools.end())
                break;  // said of the pool that names it
            at = next->second;
            if (at == &pool)
                return wrong(pool, word, "it leads back to this pool");
            if (steps > pools.size())
                break;  // into a circle of others, said of those
        }
    }
    return check_overlap(config);
}

}  // namespace rtun::aaa
