// SPDX-License-Identifier: GPL-2.0-or-later
//
// netlink::Host in memory: limits by device, proxy entries, and the table of the packet filter with
// the kernel's rules about what must be there, what must not, and what is still in use. A batch
// that is refused changes nothing.
#pragma once

#include <netlink/host.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rtun::fake {

class FakeHost final : public netlink::Host {
public:
    using Step = netlink::FilterStep;

    struct Element {
        bool marked = true;
        bool operator==(const Element &) const = default;
    };
    struct Set {
        bool addresses = true;
        bool interval = false;
        bool ours = true;
        bool in_rules = false;  // of the administrator
        std::map<base::Ipv4, Element> elements{};
    };
    struct Table {
        bool there = false;
        bool clamp = false;
        std::set<std::string> clamped{};
        std::map<std::string, Set> sets{};
        bool other_chains = false;  // the administrator's
    };

    // -- for the test
    std::map<netlink::LinkIndex, netlink::Bucket> shaped, policed;
    std::map<netlink::Proxy, bool> proxy_entries;  // whether it is ours
    std::vector<netlink::Network> local;
    bool forwarding = true;
    std::vector<int> watched;  // descriptors
    CameUp up;                 // what came_up() says next
    Table table;
    bool no_nf_tables = false;
    bool no_tc = false;
    unsigned filter_changes = 0;  // batches, also those refused
    unsigned filter_dumps = 0;

    base::Status shape(netlink::LinkIndex link, const netlink::Bucket &bucket) override {
        return limit(shaped, link, bucket);
    }
    base::Status police(netlink::LinkIndex link, const netlink::Bucket &bucket) override {
        return limit(policed, link, bucket);
    }
    base::Status unpolice(netlink::LinkIndex link) override {
        policed.erase(link);
        return {};
    }

    base::Status proxy_add(const netlink::Proxy &proxy) override {
        const auto [place, fresh] = proxy_entries.emplace(proxy, true);
        if (!fresh && !place->second)
            return no(EEXIST, "somebody else has set it");
        return {};
    }
    base::Status proxy_del(const netlink::Proxy &proxy) override {
        if (proxy_entries.erase(proxy) == 0)
            return no(ENOENT, "no such entry");
        return {};
    }
    base::Result<std::vector<netlink::Proxy>> own_proxies() override {
        std::vector<netlink::Proxy> own;
        for (const auto &[proxy, ours] : proxy_entries)
            if (ours)
                own.push_back(proxy);
        return own;
    }
    base::Result<std::vector<netlink::Network>> networks() override { return local; }
    base::Result<bool> forwards(netlink::LinkIndex) override { return forwarding; }

    base::Result<std::vector<int>> watch() override { return watched; }
    base::Result<CameUp> came_up() override { return std::exchange(up, {}); }

    base::Status filter_change(const std::vector<Step> &steps) override {
        filter_changes++;
        if (no_nf_tables)
            return no(EOPNOTSUPP, "packet filter: Operation not supported");
        Table changed = table;
        for (const Step &step : steps)
            TRY(take(changed, step));
        table = std::move(changed);
        return {};
    }
    base::Result<netlink::Filter> filter() override {
        filter_dumps++;
        if (no_nf_tables)
            return base::fail(base::ErrorCode::Refused, "packet filter: Invalid argument",
                              EOPNOTSUPP);
        netlink::Filter filter;
        filter.table = table.there;
        filter.clamp = table.clamp;
        filter.clamped.assign(table.clamped.begin(), table.clamped.end());
        for (const auto &[name, set] : table.sets) {
            auto &seen = filter.sets[name];
            seen = {set.addresses, set.interval, set.ours};
            for (const auto &[address, element] : set.elements)
                if (element.marked)
                    seen.members.push_back(address);
        }
        return filter;
    }

private:
    static tl::unexpected<base::Error> no(int errnum, std::string text) {
        const auto code = errnum == ENOENT   ? base::ErrorCode::NotFound
                          : errnum == EEXIST ? base::ErrorCode::Exists
                                             : base::ErrorCode::Refused;
        return base::fail(code, std::move(text), errnum);
    }

    base::Status limit(std::map<netlink::LinkIndex, netlink::Bucket> &limits,
                       netlink::LinkIndex link, const netlink::Bucket &bucket) const {
        if (no_tc)
            return no(ENOENT, "Specified qdisc kind is unknown");
        if (bucket.rate == 0 || bucket.burst == 0 ||
            (bucket.peak_rate != 0 && bucket.peak_rate <= bucket.rate))
            return no(EINVAL, "Invalid argument");
        limits[link] = bucket;
        return {};
    }

    // NOLINTNEXTLINE(readability-function-size): one case a verb
    static base::Status take(Table &into, const Step &step) {
        using Verb = Step::Verb;
        if (step.verb == Verb::Table || step.verb == Verb::Clamp)
            into.there = true;
        else if (!into.there)
            return no(ENOENT, "no table");
        switch (step.verb) {
        case Verb::Table:
            return {};
        case Verb::NoTable:
            if (into.clamp || !into.sets.empty() || into.other_chains)
                return no(EBUSY, "the table is in use");
            into = Table{};
            return {};
        case Verb::Clamp:
            into.clamp = true;
            return {};
        case Verb::NoClamp:
            if (!into.clamp)
                return no(ENOENT, "no chain");
            into.clamp = false;
            into.clamped.clear();
            return {};
        case Verb::Clamped:
            if (!into.clamp)
                return no(ENOENT, "no set");
            into.clamped.insert(step.name);
            return {};
        case Verb::NotClamped:
            if (!into.clamp || into.clamped.erase(step.name) == 0)
                return no(ENOENT, "no element");
            return {};
        case Verb::Set:
            into.sets.emplace(step.name, Set{});
            return {};
        case Verb::NoSet:
        case Verb::Member:
        case Verb::NewMember:
        case Verb::NotMember:
            return take_set(into, step);
        }
        return {};
    }

    static base::Status take_set(Table &into, const Step &step) {
        using Verb = Step::Verb;
        const auto found = into.sets.find(step.name);
        if (found == into.sets.end())
            return no(ENOENT, "no set");
        Set &set = found->second;
        if (step.verb == Verb::NoSet) {
            if (set.in_rules)
                return no(EBUSY, "a rule uses it");
            into.sets.erase(found);
            return {};
        }
        if (!set.addresses || set.interval != step.interval)
            return no(EINVAL, "not an element of this set");
        if (step.verb == Verb::NotMember)
            return set.elements.erase(step.address) != 0 ? base::Status{}
                                                         : no(ENOENT, "no element");
        const bool fresh = set.elements.emplace(step.address, Element{}).second;
        if (!fresh && step.verb == Verb::NewMember)
            return no(EEXIST, "the element exists");
        return {};
    }
};

}  // namespace rtun::fake
