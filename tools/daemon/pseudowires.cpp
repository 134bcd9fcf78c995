// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the daemon wants of each pseudowire, held against what the kernel has.
#include <daemon/pseudowires.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::fail;
using base::log::Level;
using config::Pseudowire;
using pseudowire::Snapshot;
using pseudowire::State;

namespace {

tl::unexpected<base::Error> no_pseudowire(std::string_view name) {
    return fail(ErrorCode::NotFound, fmt::format("there is no pseudowire \"{}\"", name));
}

// The names among the ends, which have to be asked for.
std::vector<std::string> names_of(const Pseudowire &settings) {
    std::vector<std::string> names;
    for (const std::string &host : {settings.local, settings.remote})
        if (host != "any" && !base::Address::parse(host))
            names.push_back(host);
    return names;
}

// Every property is a word, so two pseudowires are the same if their words are. The kernel does not
// know the names that its addresses came from: WithEnds::No leaves these out.
enum class WithEnds : std::uint8_t { No, Yes };
bool same(const Pseudowire &a, const Pseudowire &b, WithEnds ends) {
    const auto words = [ends](const Pseudowire &p) {
        std::vector<std::string> all;
        for (const config::Setting &setting : config::settings(p))
            if (ends == WithEnds::Yes ||
                (setting.keyword != "local" && setting.keyword != "remote"))
                all.push_back(setting.value);
        return all;
    };
    return a.name == b.name && words(a) == words(b);
}

}  // namespace

Pseudowires::Pseudowires(World &world, netlink::Kernel &kernel, base::Random &random,
                         std::string owner, EventSink sink)
    : world_(world), kernel_(kernel), random_(random), owner_(std::move(owner)),
      sink_(std::move(sink)), alarm_(world.alarm([this] { retry(); })) {}

Pseudowires::Slots::iterator Pseudowires::find(std::string_view name) {
    return std::find_if(slots_.begin(), slots_.end(),
                        [&](const auto &slot) { return slot->settings.name == name; });
}

bool Pseudowires::has(std::string_view name) const {
    return std::any_of(slots_.begin(), slots_.end(),
                       [&](const auto &slot) { return slot->settings.name == name; });
}

void Pseudowires::tell(Level level, std::string_view id, const Slot &slot,
                       const std::string &text) {
    ctl::Event event;
    event.time = world_.epoch();
    event.id = std::string(id);
    event.object = "pseudowire";
    event.name = slot.settings.name;
    event.text = text;
    event.fields["remote"] = slot.settings.remote;
    sink_(level, event);
}

// -- making

base::Result<pseudowire::Ends> Pseudowires::ends_of(const Slot &slot) const {
    return pseudowire::resolve(
        slot.settings, [&](const std::string &host) -> base::Result<std::vector<base::Address>> {
            const auto found = slot.addresses.find(host);
            if (found == slot.addresses.end())
                return fail(ErrorCode::Unreachable,
                            fmt::format("the address of \"{}\" is not known yet", host));
            return found->second;
        });
}

base::Result<Pseudowires::Made> Pseudowires::make(Slot &slot, Snapshot &snapshot,
                                                  const pseudowire::Ends &ends) {
    const State *state = snapshot.find(slot.settings.name);
    Made how = Made::Anew;
    if (state != nullptr && pseudowire::wire_difference(*state, slot.settings, ends).empty()) {
        how = same(state->settings, slot.settings, WithEnds::No) ? Made::Kept : Made::Changed;
        TRY(pseudowire::set(kernel_, *state, slot.settings));
        slot.session = state->session.id;
        return how;
    }
    if (state != nullptr) {
        TRY(pseudowire::del(kernel_, *state));
        snapshot = TRY(pseudowire::read(kernel_));
    }
    TRY(pseudowire::add(kernel_, snapshot, slot.settings, ends));
    slot.session = snapshot.states.back().session.id;
    return how;
}

void Pseudowires::made(Slot &slot, const base::Result<Made> &result) {
    if (result) {
        const bool again = !slot.error.empty();
        slot.error.clear();
        slot.retry_at.reset();
        slot.backoff.reset();
        slot.addresses.clear();
        if (again)
            tell(Level::Info, event_id::PseudowireUp, slot,
                 fmt::format("pseudowire to {} is there", slot.settings.remote));
        return;
    }
    slot.session.reset();
    const bool repeated = slot.error == result.error().text;
    slot.error = result.error().text;
    slot.retry_at = world_.now() + slot.backoff.next(Backoff::After::Failure, random_);
    tell(repeated ? Level::Debug : Level::Warning, event_id::PseudowireFailed, slot, slot.error);
    arm();
}

void Pseudowires::begin(Slot &slot) {
    slot.retry_at.reset();
    slot.lookups.clear();
    slot.addresses.clear();
    const std::vector<std::string> names = names_of(slot.settings);
    for (const std::string &name : names)
        slot.lookups.push_back(world_.resolve_any(
            name, [this, &slot, name](base::Result<std::vector<base::Address>> answer) {
                resolved(slot, name, std::move(answer));
            }));
    if (names.empty())
        try_now(slot);
}

void Pseudowires::try_now(Slot &slot) {
    auto snapshot = pseudowire::read(kernel_);
    const auto ends = ends_of(slot);
    if (!snapshot)
        made(slot, fail(snapshot.error()));
    else if (!ends)
        made(slot, fail(ends.error()));
    else
        made(slot, make(slot, *snapshot, *ends));
}

void Pseudowires::resolved(Slot &slot, const std::string &host,
                           base::Result<std::vector<base::Address>> answer) {
    if (!answer) {
        slot.lookups.clear();
        made(slot, fail(answer.error()));
        return;
    }
    slot.addresses[host] = std::move(*answer);
    const std::vector<std::string> names = names_of(slot.settings);
    const bool all = std::all_of(names.begin(), names.end(), [&](const std::string &name) {
        return slot.addresses.contains(name);
    });
    if (all)
        try_now(slot);
}

void Pseudowires::arm() {
    std::optional<base::Time> first;
    for (const auto &slot : slots_)
        if (slot->retry_at && (!first || *slot->retry_at < *first))
            first = slot->retry_at;
    alarm_->arm(first);
}

void Pseudowires::retry() {
    const base::Time now = world_.now();
    for (const auto &slot : slots_)
        if (slot->retry_at && *slot->retry_at <= now)
            begin(*slot);
    arm();
}

// -- commands

base::Status Pseudowires::add(const config::PseudowireAdd &command) {
    const Pseudowire &settings = command.object;
    if (find(settings.name) != slots_.end()) {
        if (command.may_exist)
            return {};
        return fail(ErrorCode::Exists,
                    fmt::format("there is a pseudowire \"{}\" already", settings.name));
    }
    if (slots_.size() >= MaxPseudowires)
        return fail(
            ErrorCode::Refused,
            fmt::format("there are {} pseudowires, which is the most that this daemon keeps",
                        MaxPseudowires));
    auto slot = std::make_unique<Slot>(Slot{.settings = settings});
    // An answer can be given at once unless a name has to be asked for first.
    if (names_of(settings).empty()) {
        Snapshot snapshot = TRY(pseudowire::read(kernel_));
        TRY(pseudowire::add(kernel_, snapshot, settings, TRY(ends_of(*slot))));
        slot->session = snapshot.states.back().session.id;
    }
    slots_.push_back(std::move(slot));
    if (!slots_.back()->session)
        begin(*slots_.back());
    return {};
}

base::Status Pseudowires::apply(Slot &slot, Pseudowire wanted) {
    TRY(config::check(wanted));
    if (slot.session) {
        const State state = TRY(pseudowire::find(kernel_, slot.settings.name));
        TRY(pseudowire::set(kernel_, state, wanted));
        slot.settings = std::move(wanted);
        return {};
    }
    slot.settings = std::move(wanted);
    begin(slot);
    return {};
}

base::Status Pseudowires::set(const config::PseudowireSet &command) {
    const auto slot = find(command.name);
    if (slot == slots_.end())
        return no_pseudowire(command.name);
    Pseudowire wanted = (*slot)->settings;
    command.apply(wanted);
    return apply(**slot, std::move(wanted));
}

base::Status Pseudowires::enable(const config::PseudowireEnable &command) {
    const auto slot = find(command.name);
    if (slot == slots_.end())
        return no_pseudowire(command.name);
    Pseudowire wanted = (*slot)->settings;
    wanted.enabled = command.enabled;
    TRY(apply(**slot, wanted));
    if (!(*slot)->session)
        return {};
    return pseudowire::enable(kernel_, TRY(pseudowire::find(kernel_, command.name)),
                              command.enabled);
}

base::Status Pseudowires::remove(Slot &slot) {
    if (!slot.session)
        return {};
    const auto state = pseudowire::find(kernel_, slot.settings.name);
    if (!state && state.error().code == ErrorCode::NotFound)
        return {};  // somebody else was faster
    return pseudowire::del(kernel_, TRY(state));
}

base::Status Pseudowires::del(const config::PseudowireDel &command) {
    const auto slot = find(command.name);
    if (slot == slots_.end()) {
        if (command.missing == config::ObjectMissing::Ignore)
            return {};
        return no_pseudowire(command.name);
    }
    TRY(remove(**slot));
    slots_.erase(slot);
    arm();
    return {};
}

base::Result<std::vector<ctl::PseudowireStatus>> Pseudowires::show(std::string_view name) const {
    std::vector<ctl::PseudowireStatus> found;
    for (const auto &slot : slots_) {
        if (!name.empty() && slot->settings.name != name)
            continue;
        ctl::PseudowireStatus status;
        status.name = slot->settings.name;
        status.enabled = slot->settings.enabled;
        status.present = slot->session.has_value();
        status.local = slot->settings.local;
        status.remote = slot->settings.remote;
        status.last_error = slot->error;
        if (slot->retry_at)
            status.retry_in = static_cast<std::uint64_t>(std::max<std::int64_t>(
                0,
                std::chrono::ceil<std::chrono::seconds>(*slot->retry_at - world_.now()).count()));
        found.push_back(std::move(status));
    }
    if (!name.empty() && found.empty())
        return no_pseudowire(name);
    return found;
}

// -- the configuration file

base::Result<Pseudowires::Loaded> Pseudowires::load(const std::vector<Pseudowire> &wanted) {
    if (wanted.size() > MaxPseudowires)
        return fail(ErrorCode::Refused,
                    fmt::format("{} pseudowires are more than the {} that this daemon keeps",
                                wanted.size(), MaxPseudowires));
    std::set<std::string, std::less<>> names;
    for (const Pseudowire &settings : wanted)
        names.insert(settings.name);

    Loaded loaded;
    Snapshot snapshot = TRY(pseudowire::read(kernel_));
    // What goes makes room for what comes, names and ids.
    for (const State &state : snapshot.states) {
        const bool ours = state.tunnel.owner == owner_ || has(state.settings.name);
        if (!ours || names.contains(state.settings.name))
            continue;
        TRY(pseudowire::del(kernel_, state));
        loaded.removed++;
    }
    std::erase_if(slots_, [&](const auto &slot) { return !names.contains(slot->settings.name); });
    snapshot = TRY(pseudowire::read(kernel_));

    Slots slots;
    for (const Pseudowire &settings : wanted) {
        const auto old = find(settings.name);
        const bool known = old != slots_.end();
        slots.push_back(known ? std::move(*old) : std::make_unique<Slot>());
        if (known)
            slots_.erase(old);
        Slot &slot = *slots.back();
        const bool unchanged = known && same(slot.settings, settings, WithEnds::Yes);
        slot.settings = settings;
        if (!names_of(settings).empty()) {
            if (unchanged && slot.session) {
                loaded.kept++;
                continue;
            }
            (known ? loaded.changed : loaded.added)++;
            begin(slot);
            continue;
        }
        const auto ends = ends_of(slot);
        const auto result = ends ? make(slot, snapshot, *ends) : fail(ends.error());
        made(slot, result);
        if (result && *result == Made::Kept)
            loaded.kept++;
        else
            (known || (result && *result == Made::Changed) ? loaded.changed : loaded.added)++;
    }
    slots_ = std::move(slots);
    arm();
    return loaded;
}

std::vector<Pseudowire> Pseudowires::config() const {
    std::vector<Pseudowire> all;
    for (const auto &slot : slots_)
        all.push_back(slot->settings);
    return all;
}

// -- what the kernel tells

void Pseudowires::lost(Slot &slot, const std::string &why) {
    slot.session.reset();
    slot.error = why;
    slot.retry_at = world_.now() + slot.backoff.next(Backoff::After::Failure, random_);
    tell(Level::Warning, event_id::PseudowireGone, slot, why);
    arm();
}

// Some events were not heard.
void Pseudowires::check_all() {
    const auto snapshot = pseudowire::read(kernel_);
    if (!snapshot)
        return;
    for (const auto &slot : slots_)
        if (slot->session && snapshot->find(slot->settings.name) == nullptr)
            lost(*slot, "it was deleted by somebody else");
}

void Pseudowires::follow_path(netlink::TunnelId tunnel) {
    const auto snapshot = pseudowire::read(kernel_);
    if (!snapshot)
        return;
    for (const State &state : snapshot->states) {
        const auto slot = find(state.settings.name);
        if (state.tunnel.id != tunnel || slot == slots_.end() || state.settings.mtu != 0)
            continue;
        if (const auto done = pseudowire::set(kernel_, state, state.settings); !done)
            tell(Level::Warning, event_id::PseudowireFailed, **slot,
                 fmt::format("the MTU cannot follow the path: {}", done.error().text));
    }
}

void Pseudowires::kernel_event(const netlink::Event &event) {
    if (const auto *gone = std::get_if<netlink::SessionGone>(&event)) {
        for (const auto &slot : slots_)
            if (slot->session == gone->id)
                lost(*slot, fmt::format("it was deleted by somebody else ({})", gone->reason));
    } else if (const auto *notice = std::get_if<netlink::Notice>(&event)) {
        if (notice->type == "pmtu" && notice->tunnel)
            follow_path(*notice->tunnel);
    } else if (std::holds_alternative<netlink::Overrun>(event)) {
        check_all();
    }
}

}  // namespace rtun::daemon
