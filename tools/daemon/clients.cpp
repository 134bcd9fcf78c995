// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clients come and go.
#include <daemon/clients.h>

#include <daemon/client_profile.h>
#include <daemon/difference.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <variant>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

tl::unexpected<base::Error> no_client(std::string_view name) {
    return base::fail(ErrorCode::NotFound, fmt::format("there is no client \"{}\"", name));
}

// What an event is about. Nothing of both: it is for everybody.
struct Subject {
    std::optional<netlink::SessionId> session{};
    std::optional<netlink::TunnelId> tunnel{};
};

Subject subject_of(const netlink::Event &event) {
    if (const auto *frame = std::get_if<netlink::Frame>(&event))
        return {.session = frame->session};
    if (const auto *gone = std::get_if<netlink::SessionGone>(&event))
        return {.session = gone->id};
    if (const auto *changed = std::get_if<netlink::SessionChanged>(&event))
        return {.session = changed->session.id};
    if (const auto *gone = std::get_if<netlink::TunnelGone>(&event))
        return {.tunnel = gone->id};
    if (const auto *changed = std::get_if<netlink::TunnelChanged>(&event))
        return {.tunnel = changed->tunnel.id};
    if (const auto *notice = std::get_if<netlink::Notice>(&event))
        return {.session = notice->session, .tunnel = notice->tunnel};
    return {};
}

}  // namespace

Clients::Clients(const Ground &ground, EventSink sink, std::function<void()> quiet)
    : ground_(ground), sink_(std::move(sink)), quiet_(std::move(quiet)),
      alarm_(ground.world.alarm([this] { purge(); })) {}

std::vector<Clients::Slot>::iterator Clients::find(std::string_view name) {
    return std::find_if(clients_.begin(), clients_.end(),
                        [&](const Slot &slot) { return slot->settings().name == name; });
}

std::optional<config::Profile> Clients::profile(const std::string &name) const {
    const auto found =
        std::find_if(profiles_.begin(), profiles_.end(),
                     [&](const config::Profile &profile) { return profile.name == name; });
    return found == profiles_.end() ? builtin_profile(name) : *found;
}

// Of what a profile says, a bridge leaves no room for some words of the client; all else is told
// when it dials.
base::Status Clients::check(const config::Client &settings) const {
    const auto named = profile(settings.profile);
    if (!named || named->bridge.empty())
        return {};
    return config::check(with_profile(settings, *named));
}

void Clients::insert(config::Client settings) {
    const bool enabled = settings.enabled;
    ClientPolicy policy;
    policy.profile = [this](const std::string &name) { return profile(name); };
    clients_.push_back(std::make_unique<Client>(std::move(settings), ground_, policy, sink_,
                                                [this] { alarm_->arm(ground_.world.now()); }));
    const bool adopted = leftovers_ != nullptr && adopt(*clients_.back());
    if (enabled && !adopted)
        clients_.back()->start();
}

// What is left of the client's earlier call makes room if the client cannot go on with it: a new
// call would want the same device.
bool Clients::adopt(Client &client) {
    const auto leftover = leftovers_->take(client.settings().name);
    if (!leftover)
        return false;
    if (!client.settings().enabled) {
        leftovers_->remove(*leftover, "the client is disabled");
        return false;
    }
    const auto adopted = client.adopt(*leftover);
    if (!adopted)
        leftovers_->remove(*leftover, adopted.error().text);
    return adopted.has_value();
}

void Clients::remove(std::vector<Slot>::iterator slot) {
    Slot client = std::move(*slot);
    clients_.erase(slot);
    client->stop("deleted");
    leaving_.push_back(std::move(client));
    alarm_->arm(ground_.world.now());
}

void Clients::purge() {
    if (std::erase_if(leaving_, [](const Slot &slot) { return slot->off(); }) > 0) {
        sessions_.clear();
        tunnels_.clear();
    }
    const bool quiet =
        leaving_.empty() &&
        std::all_of(clients_.begin(), clients_.end(), [](const Slot &slot) { return slot->off(); });
    if (stopping_ && quiet)
        quiet_();
}

base::Status Clients::add(const config::ClientAdd &command) {
    if (stopping_)
        return base::fail(ErrorCode::Refused, "the daemon is stopping");
    if (find(command.object.name) != clients_.end()) {
        if (command.may_exist)
            return {};
        return base::fail(ErrorCode::Exists,
                          fmt::format("there is a client \"{}\" already", command.object.name));
    }
    if (clients_.size() + leaving_.size() >= MaxClients)
        return base::fail(ErrorCode::Refused, fmt::format("there are {} clients, which is the most "
                                                          "that this daemon keeps",
                                                          MaxClients));
    const auto source = find(command.copy_from);
    config::Client settings = TRY(
        config::object_of(command, source == clients_.end() ? nullptr : &(*source)->settings()));
    TRY(check(settings));
    insert(std::move(settings));
    return {};
}

base::Status Clients::set(const config::ClientSet &command) {
    if (stopping_)
        return base::fail(ErrorCode::Refused, "the daemon is stopping");
    const auto slot = find(command.name);
    if (slot == clients_.end())
        return no_client(command.name);
    config::Client settings = (*slot)->settings();
    command.apply(settings);
    if (settings.name != command.name && find(settings.name) != clients_.end())
        return base::fail(ErrorCode::Exists,
                          fmt::format("there is a client \"{}\" already", settings.name));
    TRY(check(settings));
    (*slot)->apply(std::move(settings));
    return {};
}

base::Status Clients::del(const config::ClientDel &command) {
    const auto slot = find(command.name);
    if (slot == clients_.end()) {
        if (command.missing == config::ObjectMissing::Ignore)
            return {};
        return no_client(command.name);
    }
    remove(slot);
    return {};
}

base::Status Clients::enable(const config::ClientEnable &command) {
    if (stopping_)
        return base::fail(ErrorCode::Refused, "the daemon is stopping");
    const auto slot = find(command.name);
    if (slot == clients_.end())
        return no_client(command.name);
    config::Client settings = (*slot)->settings();
    settings.enabled = command.enabled;
    (*slot)->apply(std::move(settings));
    return {};
}

base::Result<std::vector<ctl::ClientStatus>> Clients::show(std::string_view name) const {
    std::vector<ctl::ClientStatus> found;
    for (const Slot &slot : clients_)
        if (name.empty() || slot->settings().name == name)
            found.push_back(slot->status());
    if (!name.empty() && found.empty())
        return no_client(name);
    return found;
}

void Clients::set_profiles(std::vector<config::Profile> profiles) {
    profiles_ = std::move(profiles);
    for (const Slot &slot : clients_)
        slot->profile_changed();
}

base::Result<Clients::Loaded> Clients::load(const config::Config &config) {
    if (stopping_)
        return base::fail(ErrorCode::Refused, "the daemon is stopping");
    if (config.clients.size() > MaxClients)
        return base::fail(ErrorCode::Refused,
                          fmt::format("{} clients are more than the {} that this daemon keeps",
                                      config.clients.size(), MaxClients));
    std::set<std::string, std::less<>> names;
    for (const config::Client &client : config.clients)
        if (!names.insert(client.name).second)
            return base::fail(ErrorCode::Invalid,
                              fmt::format("client \"{}\" stands there twice", client.name));

    set_profiles(config.profiles);
    Loaded loaded;
    for (std::size_t i = clients_.size(); i-- > 0;) {
        if (names.contains(clients_[i]->settings().name))
            continue;
        remove(clients_.begin() + static_cast<std::ptrdiff_t>(i));
        loaded.removed++;
    }
    for (const config::Client &client : config.clients) {
        const auto slot = find(client.name);
        if (slot == clients_.end()) {
            insert(client);
            loaded.added++;
        } else if (difference((*slot)->settings(), client).any) {
            (*slot)->apply(client);
            loaded.changed++;
        } else {
            loaded.kept++;
        }
    }
    // In the order of the file, so that what is saved is what was loaded.
    std::size_t place = 0;
    for (const config::Client &client : config.clients)
        std::iter_swap(clients_.begin() + static_cast<std::ptrdiff_t>(place++), find(client.name));
    return loaded;
}

base::Result<Clients::Loaded> Clients::load(const config::Config &config, Leftovers &leftovers) {
    // Those of nobody first, as they may have what the others need.
    for (const std::string &name : leftovers.clients()) {
        const bool wanted = std::any_of(config.clients.begin(), config.clients.end(),
                                        [&](const auto &client) { return client.name == name; });
        if (wanted)
            continue;
        if (const auto unwanted = leftovers.take(name))
            leftovers.remove(*unwanted, "there is no such client any more");
    }
    leftovers_ = &leftovers;
    auto loaded = load(config);
    leftovers_ = nullptr;
    leftovers.remove_all("the configuration was refused");
    return loaded;
}

config::Config Clients::config() const {
    config::Config config;
    for (const Slot &slot : clients_)
        config.clients.push_back(slot->settings());
    return config;
}

bool Clients::has(std::string_view name) const {
    return std::any_of(clients_.begin(), clients_.end(),
                       [&](const Slot &slot) { return slot->settings().name == name; });
}

std::size_t Clients::up() const {
    return static_cast<std::size_t>(std::count_if(clients_.begin(), clients_.end(),
                                                  [](const Slot &slot) { return slot->up(); }));
}

// While thousands of clients dial, each event is for one of them: to have all of them look at it
// would take a time that grows with the square of their number. Whose an id is, its client knows;
// here stands where it was found last.
template <typename Id>
Client *Clients::owner(Found &found, Id id) {
    const auto key = static_cast<std::uint32_t>(id);
    if (const auto known = found.find(key); known != found.end() && known->second->owns(id))
        return known->second;
    if (found.size() > 2 * (clients_.size() + leaving_.size()))
        found.clear();  // of calls that are no more, most of them
    for (const auto *slots : {&clients_, &leaving_})
        for (const Slot &slot : *slots)
            if (slot->owns(id))
                return found[key] = slot.get();
    return nullptr;
}

void Clients::kernel_event(const netlink::Event &event) {
    const Subject subject = subject_of(event);
    if (!subject.session && !subject.tunnel) {
        for (const Slot &slot : clients_)
            slot->kernel_event(event);
        for (const Slot &slot : leaving_)
            slot->kernel_event(event);
        return;
    }
    Client *client = subject.session ? owner(sessions_, *subject.session) : nullptr;
    if (client == nullptr && subject.tunnel)
        client = owner(tunnels_, *subject.tunnel);
    if (client != nullptr)
        client->kernel_event(event);
}

void Clients::stop_all(const std::string &why) {
    stopping_ = true;
    for (const Slot &slot : clients_)
        slot->stop(why);
    alarm_->arm(ground_.world.now());
}

std::size_t Clients::leave_all(const std::string &why) {
    std::size_t left = 0;
    for (const Slot &slot : clients_)
        if (slot->leave())
            left++;
    stop_all(why);
    return left;
}

void Clients::abort_all(const std::string &why) {
    stopping_ = true;
    for (const Slot &slot : clients_)
        slot->abort(why);
    for (const Slot &slot : leaving_)
        slot->abort(why);
    alarm_->arm(ground_.world.now());
}

}  // namespace rtun::daemon
