// SPDX-License-Identifier: GPL-2.0-or-later
//
// The books of the pools. An address of a pool is in exactly one place: among the fresh ones, in
// the queue of those that were used before, or in use (leased, taken, or reserved by the
// configuration, which counts neither as free nor as part of the pool). Everything is found in
// logarithmic time, and what nobody has used costs no memory.
//
// The store has a row for each address that is leased or whose last user is remembered. A lease is
// written before it is made; a release that cannot be written is made and written later.
#include <aaa/pools.h>

#include <base/log.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::aaa {

using base::ErrorCode;
using base::fail;
using base::Ipv4;
using base::Result;
using base::Status;

void Pools::load(const config::Config &config) {
    // Without it nothing is leased, so it is not lost by being asked for again.
    if (const Status read = catch_up(); !read)
        base::log::warning("pool.unread", {}, "the leases cannot be read, so none is given: {}",
                           read.error().text);
    rebuild(config);
}

// What the store has to know or to tell before anything new is given.
Status Pools::catch_up() {
    if (!read_)
        TRY(read_store());
    if (renewed_ != store_.renewed()) {
        const unsigned now = store_.renewed();
        for (const auto &[address, lease] : leased_)
            TRY(store_.lease({address, lease.pool, lease.user, lease.owner, ++order_, false}));
        renewed_ = now;
    }
    while (!unsaved_.empty()) {
        const Ipv4 address = *unsaved_.begin();
        if (const auto last = remembered_.find(address); last != remembered_.end())
            TRY(store_.release(address, last->second.order));
        else
            TRY(store_.forget(address));
        unsaved_.erase(address);
    }
    return {};
}

Status Pools::read_store() {
    const unsigned renewed = store_.renewed();
    // In the order in which they were changed.
    for (const Store::Lease &lease : TRY(store_.leases())) {
        order_ = std::max(order_, lease.order);
        if (in_use(lease.address) || remembered_.contains(lease.address))
            continue;
        occupy(lease.address);
        if (lease.released) {
            remember(lease.address, {lease.user, lease.order});
            vacate(lease.address);
            continue;
        }
        leased_.emplace(lease.address, Lease{lease.address, lease.pool, lease.user, lease.owner});
        by_owner_[lease.owner].push_back(lease.address);
    }
    renewed_ = renewed;
    read_ = true;
    return {};
}

void Pools::rebuild(const config::Config &config) {
    pools_.clear();
    ranges_.clear();
    reserved_.clear();
    const auto reserve = [this](const config::AddressSource &source) {
        if (const auto *address = std::get_if<Ipv4>(&source.from))
            reserved_.insert(*address);
    };
    for (const config::Secret &secret : config.secrets) {
        reserve(secret.local_address);
        reserve(secret.remote_address);
    }
    for (const config::Profile &profile : config.profiles) {
        reserve(profile.local_address);
        reserve(profile.remote_address);
    }
    for (const config::Pool &of : config.pools) {
        Pool &pool = pools_[of.name];
        pool.name = of.name;
        pool.next = of.next_pool;
        for (const config::Pool::Range &range : of.ranges) {
            pool.fresh.insert(range.first, range.last);
            ranges_.emplace(range.first, std::pair(range.last, &pool));
        }
    }
    for (const Ipv4 address : reserved_)
        occupy(address);
    for (auto &[name, pool] : pools_)
        pool.total = pool.fresh.size();
    for (const auto &[address, lease] : leased_)
        occupy(address);
    for (const auto &[address, owners] : taken_)
        occupy(address);
    for (const auto &[address, last] : remembered_) {
        occupy(address);
        vacate(address);
    }
}

Pools::Pool *Pools::pool_of(Ipv4 address) {
    const auto after = ranges_.upper_bound(address);
    if (after == ranges_.begin())
        return nullptr;
    const auto &[last, pool] = std::prev(after)->second;
    return address <= last ? pool : nullptr;
}

// The pool and those that are asked when it is used up.
std::vector<Pools::Pool *> Pools::chain(std::string_view name) {
    std::vector<Pool *> all;
    for (auto pool = pools_.find(name); pool != pools_.end() && all.size() < pools_.size();
         pool = pools_.find(pool->second.next))
        all.push_back(&pool->second);
    return all;
}

bool Pools::in_use(Ipv4 address) const {
    return leased_.contains(address) || taken_.contains(address) || reserved_.contains(address);
}

void Pools::occupy(Ipv4 address) {
    Pool *pool = pool_of(address);
    if (pool == nullptr || pool->fresh.remove(address))
        return;
    if (const auto last = remembered_.find(address); last != remembered_.end())
        pool->queue.erase({last->second.order, address});
}

void Pools::vacate(Ipv4 address) {
    Pool *pool = pool_of(address);
    if (pool == nullptr || in_use(address))
        return;
    if (const auto last = remembered_.find(address); last != remembered_.end())
        pool->queue.insert({last->second.order, address});
    else if (!pool->fresh.contains(address))
        pool->fresh.insert(address);
}

void Pools::remember(Ipv4 address, Last last) {
    const Turn turn{last.order, address};
    by_age_.insert(turn);
    by_user_[last.user].insert(turn);
    remembered_.insert_or_assign(address, std::move(last));
}

void Pools::forget(Ipv4 address) {
    const auto last = remembered_.find(address);
    if (last == remembered_.end())
        return;
    const Turn turn{last->second.order, address};
    by_age_.erase(turn);
    if (const auto of_user = by_user_.find(last->second.user); of_user != by_user_.end()) {
        of_user->second.erase(turn);
        if (of_user->second.empty())
            by_user_.erase(of_user);
    }
    if (Pool *pool = pool_of(address); pool != nullptr)
        pool->queue.erase(turn);
    remembered_.erase(last);
}

// The address that this user had last, of those that are free in these pools.
const Ipv4 *Pools::last_of(std::string_view user, const std::vector<Pool *> &among) const {
    const auto known = by_user_.find(user);
    if (known == by_user_.end())
        return nullptr;
    for (auto turn = known->second.rbegin(); turn != known->second.rend(); ++turn) {
        for (const Pool *pool : among) {
            if (pool->queue.contains(*turn))
                return &turn->second;
        }
    }
    return nullptr;
}

Result<Ipv4> Pools::lease(std::string_view name, std::string_view user, std::string_view owner) {
    TRY(catch_up());
    const std::vector<Pool *> pools = chain(name);
    if (pools.empty())
        return fail(ErrorCode::NotFound, fmt::format("there is no pool \"{}\"", name));
    const Ipv4 *chosen = last_of(user, pools);
    Ipv4 first;
    for (const Pool *pool : pools) {
        if (chosen != nullptr || (pool->fresh.empty() && pool->queue.empty()))
            continue;
        first = pool->fresh.empty() ? pool->queue.begin()->second : pool->fresh.lowest();
        chosen = &first;
    }
    if (chosen == nullptr) {
        std::string text =
            fmt::format("pool \"{}\" has no free address ({} of {} in use)", pools.front()->name,
                        pools.front()->used(), pools.front()->total);
        for (std::size_t i = 1; i < pools.size(); i++)
            text += fmt::format(", nor has \"{}\" ({} of {})", pools[i]->name, pools[i]->used(),
                                pools[i]->total);
        return fail(ErrorCode::Refused, std::move(text));
    }

    const Ipv4 address = *chosen;
    const Lease lease{address, pool_of(address)->name, std::string(user), std::string(owner)};
    TRY(store_.lease({address, lease.pool, lease.user, lease.owner, ++order_, false}));
    occupy(address);
    forget(address);
    leased_.emplace(address, lease);
    by_owner_[lease.owner].push_back(address);
    return address;
}

void Pools::take(Ipv4 address, std::string_view owner) {
    const auto lease = leased_.find(address);
    if (address.unspecified() || (lease != leased_.end() && lease->second.owner == owner))
        return;
    if (!taken_[address].emplace(owner).second)
        return;
    occupy(address);
    by_owner_[std::string(owner)].push_back(address);
}

// The last first, so that the first one counts as the last that the user had: that is what it gets
// first when it comes again.
void Pools::release(std::string_view owner) {
    const auto known = by_owner_.find(owner);
    if (known == by_owner_.end())
        return;
    const std::vector<Ipv4> addresses = std::move(known->second);
    by_owner_.erase(known);
    for (auto address = addresses.rbegin(); address != addresses.rend(); ++address) {
        const auto lease = leased_.find(*address);
        if (lease != leased_.end() && lease->second.owner == owner) {
            give_back(*address);
            continue;
        }
        const auto taken = taken_.find(*address);
        if (taken == taken_.end())
            continue;
        if (const auto place = taken->second.find(owner); place != taken->second.end())
            taken->second.erase(place);
        if (taken->second.empty())
            taken_.erase(taken);
        vacate(*address);
    }
    // Not written now is written before the next lease, or read as leased by an owner that is gone.
    static_cast<void>(catch_up());
}

void Pools::give_back(Ipv4 address) {
    auto lease = leased_.extract(address);
    remember(address, {std::move(lease.mapped().user), ++order_});
    unsaved_.insert(address);
    vacate(address);
    while (by_age_.size() > MaxRemembered) {
        const Ipv4 oldest = by_age_.begin()->second;
        forget(oldest);
        unsaved_.insert(oldest);
        vacate(oldest);
    }
}

std::vector<Pools::Lease> Pools::leases() const {
    std::vector<Lease> all;
    all.reserve(leased_.size() + taken_.size());
    for (const auto &[address, lease] : leased_)
        all.push_back(lease);
    for (const auto &[address, owners] : taken_) {
        for (const std::string &owner : owners)
            all.push_back({address, {}, {}, owner});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Lease &a, const Lease &b) { return a.address < b.address; });
    return all;
}

std::vector<Pools::Usage> Pools::usage() const {
    std::vector<Usage> all;
    for (const auto &[name, pool] : pools_)
        all.push_back({name, pool.total, pool.used()});
    return all;
}

}  // namespace rtun::aaa
