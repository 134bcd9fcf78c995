// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stream of changes that a seed decides, told to a store and to a model, so that what is found
// after a crash can be compared with what was there after each of its steps.
#pragma once

#include <aaa/store.h>

#include <tests/fake/fake_random.h>

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace rtun::aaa {

class Story {
public:
    explicit Story(std::uint64_t seed) : random_(seed) {}

    // The next step, told to the store if there is one. False: the store said no.
    bool step(Store *store) {
        number_++;
        switch (random_.below(6)) {
        case 0:
        case 1:
            return begin(store);
        case 2:
            return update(store);
        case 3:
            return end(store);
        case 4:
            return lease(store);
        default:
            return release(store);
        }
    }
    // Whether the last step changed a session, which is to outlive the host at once.
    [[nodiscard]] bool of_session() const { return of_session_; }

    // All that is known, a line each.
    [[nodiscard]] std::string told() const {
        std::string text;
        for (const auto &[id, line] : sessions_)
            text += fmt::format("{} {}\n", id, line);
        for (const auto &[address, line] : leases_)
            text += fmt::format("{} {}\n", address, line);
        return text;
    }
    // The same of a store.
    static std::string found(const Store &store) {
        std::map<std::string, std::string> sessions;
        const auto records = store.history("", 1000000);
        for (const Record &r : *records)
            sessions[r.id] = line(r.stopped ? "ended" : "open", r.octets_in);
        std::string text;
        for (const auto &[id, line] : sessions)
            text += fmt::format("{} {}\n", id, line);
        std::map<std::uint32_t, std::string> leases;
        const auto held = store.leases();
        for (const Store::Lease &lease : *held)
            leases[lease.address.value] =
                line(lease.released ? lease.owner + " was" : lease.owner, lease.order);
        for (const auto &[address, line] : leases)
            text += fmt::format("{} {}\n", address, line);
        return text;
    }

private:
    static std::string line(const std::string &state, std::uint64_t number) {
        return fmt::format("{} {}", state, number);
    }
    bool begin(Store *store) {
        of_session_ = true;
        Record record;
        record.id = fmt::format("s{:06}", number_);
        record.user = fmt::format("user{}", random_.below(20));
        record.started = number_;
        open_.push_back(record.id);
        sessions_[record.id] = line("open", 0);
        return store == nullptr || store->begin(record).has_value();
    }
    bool update(Store *store) {
        of_session_ = !open_.empty();
        std::vector<Store::Counters> counters;
        for (const std::string &id : open_) {
            const auto octets = static_cast<std::uint64_t>(number_);
            counters.push_back({id, octets, 0, 0, 0});
            sessions_[id] = line("open", octets);
        }
        return store == nullptr || store->update(counters, number_).has_value();
    }
    bool end(Store *store) {
        of_session_ = true;
        if (open_.empty())
            return begin(store);
        const std::size_t at = random_.below(static_cast<std::uint32_t>(open_.size()));
        const std::string id = open_[at];
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
        const auto octets = static_cast<std::uint64_t>(number_);
        sessions_[id] = line("ended", octets);
        return store == nullptr ||
               store->end({id, octets, 0, 0, 0}, number_, "lost", "").has_value();
    }
    bool lease(Store *store) {
        of_session_ = false;
        Store::Lease lease;
        lease.address = {0x0a000000U + 1 + random_.below(50)};
        lease.pool = "ppp";
        lease.owner = fmt::format("s{:06}", number_);
        lease.order = static_cast<std::uint64_t>(number_);
        leases_[lease.address.value] = line(lease.owner, lease.order);
        owners_[lease.address.value] = lease.owner;
        return store == nullptr || store->lease(lease).has_value();
    }
    bool release(Store *store) {
        of_session_ = false;
        const base::Ipv4 address{0x0a000000U + 1 + random_.below(50)};
        const auto order = static_cast<std::uint64_t>(number_);
        if (const auto owner = owners_.find(address.value); owner != owners_.end())
            leases_[address.value] = line(owner->second + " was", order);
        return store == nullptr || store->release(address, order).has_value();
    }

    fake::FakeRandom random_;
    int number_ = 0;
    bool of_session_ = false;
    std::vector<std::string> open_;
    std::map<std::string, std::string> sessions_;
    std::map<std::uint32_t, std::string> leases_;
    std::map<std::uint32_t, std::string> owners_;
};

}  // namespace rtun::aaa
