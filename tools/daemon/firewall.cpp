// SPDX-License-Identifier: GPL-2.0-or-later
//
// A change is tried as it is; ENOENT means that the table, or something in it, is not there yet or
// not any more, and then everything that sessions need is put there at once.
#include <daemon/firewall.h>

#include <base/log.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace rtun::daemon {

namespace {

using netlink::Filter;
using netlink::FilterStep;
using Verb = FilterStep::Verb;

// Steps that are done at once: some KiB of messages.
constexpr std::size_t Piece = 64;
constexpr std::size_t LongestName = 128;  // of a set

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

// What nft(8) takes for a name without quotes. The kernel would take anything, but then nobody
// could load the rule set that `nft list ruleset` has printed.
bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= LongestName && (letter(name[0]) || name[0] == '_') &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return letter(c) || digit(c) || c == '_' || c == '-' || c == '.' || c == '/';
           });
}

// And what it reads back as this very device between quotes.
bool is_plain(std::string_view interface) {
    return !interface.empty() && interface.back() != '*' &&
           std::all_of(interface.begin(), interface.end(),
                       [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
}

bool no_filter(const base::Error &error) {
    return error.errnum == EOPNOTSUPP || error.errnum == EPROTONOSUPPORT ||
           error.errnum == EAFNOSUPPORT;
}

FilterStep device(Verb verb, const std::string &interface) {
    return {.verb = verb, .name = interface};
}

}  // namespace

std::optional<std::string> Firewall::problem(const std::string &what, const base::Error &error) {
    if (!worked_ && no_filter(error)) {
        absent_ = true;
        return what + ": this kernel has no nf_tables (told once; rtun looks again at its next "
                      "start)";
    }
    return what + ": " + error.text;
}

base::Status Firewall::in_pieces(const Steps &steps) {
    for (std::size_t done = 0; done < steps.size(); done += Piece) {
        const auto first = steps.begin() + static_cast<std::ptrdiff_t>(done);
        const auto count = static_cast<std::ptrdiff_t>(std::min(Piece, steps.size() - done));
        TRY(host_.filter_change(Steps(first, first + count)));
    }
    return {};
}

FilterStep Firewall::member(Verb verb, const Member &member) const {
    const auto set = sets_.find(member.first);
    return {.verb = verb,
            .name = member.first,
            .address = member.second,
            .interval = set != sets_.end() && set->second.interval};
}

base::Status Firewall::rebuild() {
    const Filter there = TRY(host_.filter());
    Steps steps{{.verb = Verb::Table}};
    if (!clamped_.empty())
        steps.push_back({.verb = Verb::Clamp});
    sets_.clear();
    for (const auto &[key, use] : members_) {
        const std::string &name = key.first;
        if (sets_.contains(name))
            continue;
        const auto found = there.sets.find(name);
        if (found == there.sets.end())
            steps.push_back({.verb = Verb::Set, .name = name});
        sets_[name] =
            found != there.sets.end()
                ? Filter::Set{found->second.addresses, found->second.interval, found->second.ours}
                : Filter::Set{.addresses = true, .ours = true};
    }
    TRY(host_.filter_change(steps));
    worked_ = true;
    Steps elements;
    for (const auto &[interface, use] : clamped_)
        elements.push_back(device(Verb::Clamped, interface));
    for (const auto &[key, use] : members_)
        if (use.ours && sets_.at(key.first).addresses)
            elements.push_back(member(Verb::Member, key));
    return in_pieces(elements);
}

base::Status Firewall::apply(const Steps &steps) {
    auto done = host_.filter_change(steps);
    if (!done && done.error().errnum == ENOENT)
        return rebuild();
    worked_ = worked_ || done;
    return done;
}

std::optional<std::string> Firewall::clamp(const std::string &interface) {
    if (!is_plain(interface))
        return fmt::format("change-tcp-mss: \"{}\" cannot stand in an nft set", interface);
    if (clamped_[interface].users++ > 0 || absent_)
        return std::nullopt;
    auto done = apply({device(Verb::Clamped, interface)});
    if (done)
        return std::nullopt;
    clamped_.erase(interface);
    return problem("change-tcp-mss", done.error());
}

void Firewall::unclamp(const std::string &interface) {
    const auto found = clamped_.find(interface);
    if (found == clamped_.end() || --found->second.users > 0)
        return;
    clamped_.erase(found);
    take_out({device(Verb::NotClamped, interface)}, interface);
    if (clamped_.empty())
        take_out({{.verb = Verb::NoClamp}}, netlink::ClampName);
    tidy();
}

// What the set is like, if it is there.
base::Status Firewall::know(const std::string &set) {
    if (sets_.contains(set))
        return {};
    const Filter there = TRY(host_.filter());
    worked_ = true;
    const auto found = there.sets.find(set);
    if (found == there.sets.end())
        return {};
    if (!found->second.addresses)
        return base::fail(
            base::ErrorCode::Refused,
            "the set of this name in the table inet rtun is not one of IPv4 addresses", EINVAL);
    sets_[set] = Filter::Set{found->second.addresses, found->second.interval, found->second.ours};
    return {};
}

std::optional<std::string> Firewall::join(const std::string &set, base::Ipv4 address) {
    const std::string what = fmt::format("address-list {}", set);
    if (!is_name(set) || set == netlink::ClampName)
        return fmt::format("address-list: \"{}\" cannot be the name of an nft set", set);
    const Member key{set, address};
    if (members_[key].users++ > 0 || absent_)
        return std::nullopt;
    auto done = know(set);
    if (done)
        done = apply({member(Verb::NewMember, key)});
    if (done)
        return std::nullopt;
    if (done.error().errnum == EEXIST) {
        members_[key].ours = false;
        return std::nullopt;
    }
    members_.erase(key);
    return problem(what, done.error());
}

void Firewall::leave(const std::string &set, base::Ipv4 address) {
    const auto found = members_.find(Member{set, address});
    if (found == members_.end() || --found->second.users > 0)
        return;
    const Member key = found->first;
    const bool ours = found->second.ours;
    members_.erase(found);
    if (ours)
        take_out({member(Verb::NotMember, key)}, set);
    tidy_set(set);
    tidy();
}

bool Firewall::used(const std::string &set) const {
    const auto first = members_.lower_bound(Member{set, base::Ipv4{}});
    return first != members_.end() && first->first.first == set;
}

// EBUSY: the administrator uses it. ENOENT: he has removed it himself.
void Firewall::take_out(const Steps &steps, std::string_view what) {
    if (absent_)
        return;
    const auto done = host_.filter_change(steps);
    if (!done && done.error().errnum != ENOENT && done.error().errnum != EBUSY)
        base::log::warning("dressing.left", {},
                           "{} could not be removed from the packet filter: {}", what,
                           done.error().text);
}

void Firewall::tidy_set(const std::string &set) {
    const auto known = sets_.find(set);
    if (known == sets_.end() || used(set))
        return;
    if (known->second.ours)
        take_out({{.verb = Verb::NoSet, .name = set}}, set);
    sets_.erase(known);
}

void Firewall::tidy() {
    if (worked_ && clamped_.empty() && members_.empty())
        take_out({{.verb = Verb::NoTable}}, "table inet rtun");
}

void Firewall::resume_clamp(const std::string &interface) {
    if (is_plain(interface))
        clamped_[interface].users++;
}

void Firewall::resume_member(const std::string &set, base::Ipv4 address) {
    if (is_name(set) && set != netlink::ClampName)
        members_[Member{set, address}].users++;
}

unsigned Firewall::sweep() {
    const auto there = host_.filter();
    if (!there && (!clamped_.empty() || !members_.empty()))
        base::log::warning("dressing.left", {}, "{}", *problem("packet filter", there.error()));
    if (!there)
        return 0;
    worked_ = true;
    Steps gone;
    std::set<std::string> clamped;
    for (const std::string &interface : there->clamped) {
        clamped.insert(interface);
        if (!clamped_.contains(interface))
            gone.push_back(device(Verb::NotClamped, interface));
    }
    std::set<Member> members;
    for (const auto &[name, set] : there->sets) {
        sets_[name] = Filter::Set{set.addresses, set.interval, set.ours};
        for (const base::Ipv4 address : set.members) {
            members.insert({name, address});
            if (!members_.contains({name, address}))
                gone.push_back(member(Verb::NotMember, {name, address}));
        }
    }
    if (const auto done = in_pieces(gone); !done)
        base::log::warning("dressing.left", {}, "left-overs in the packet filter: {}",
                           done.error().text);
    for (const auto &[name, set] : there->sets)
        tidy_set(name);
    if (there->clamp && clamped_.empty())
        take_out({{.verb = Verb::NoClamp}}, netlink::ClampName);
    if (there->table)
        tidy();

    const bool missing =
        std::any_of(clamped_.begin(), clamped_.end(),
                    [&](const auto &entry) { return !clamped.contains(entry.first); }) ||
        std::any_of(members_.begin(), members_.end(),
                    [&](const auto &entry) { return !members.contains(entry.first); });
    if (missing)
        if (const auto done = rebuild(); !done)
            base::log::warning("dressing.left", {}, "the packet filter could not be completed: {}",
                               done.error().text);
    return static_cast<unsigned>(gone.size());
}

}  // namespace rtun::daemon
