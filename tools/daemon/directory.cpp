// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each change is made in place, asked about as a whole, and undone if the answer is no: so a
// directory of many users is not copied for each of them.
#include <daemon/directory.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;
using config::Config;
using config::Kind;
using config::Pool;
using config::Profile;
using config::Secret;
using config::ServerInterface;

namespace {

template <typename T>
auto find(std::vector<T> &list, std::string_view name) {
    return std::find_if(list.begin(), list.end(), [&](const T &o) { return o.name == name; });
}

template <typename T>
tl::unexpected<base::Error> nothing(std::string_view name) {
    return fail(ErrorCode::NotFound, fmt::format("there is no {} \"{}\"", Kind<T>::name, name));
}

template <typename T>
tl::unexpected<base::Error> too_many() {
    return fail(ErrorCode::Refused,
                fmt::format("there are {} of the kind \"{}\", which is the most "
                            "that this daemon keeps",
                            Directory::MostOfAKind, Kind<T>::name));
}

const Profile &built_in(std::string_view name) {
    const auto &both = config::built_in_profiles();
    return *std::find_if(both.begin(), both.end(),
                         [&](const Profile &p) { return p.name == name; });
}

// As words; without looking at them twice a password is not copied.
template <typename T>
bool same(const T &a, const T &b) {
    if constexpr (std::is_same_v<T, Secret>) {
        if (!a.password.same_as(b.password.reveal()))
            return false;
    }
    const auto words_a = config::settings(a, config::Reveal::Hide);
    const auto words_b = config::settings(b, config::Reveal::Hide);
    return std::equal(
        words_a.begin(), words_a.end(), words_b.begin(), words_b.end(),
        [](const config::Setting &x, const config::Setting &y) { return x.value == y.value; });
}

template <typename T>
ctl::ObjectStatus status_of(const T &object, std::string_view name, bool enabled) {
    ctl::ObjectStatus status{.kind = std::string(Kind<T>::name),
                             .name = std::string(name),
                             .enabled = enabled,
                             .built_in = false,
                             .settings = {}};
    for (const config::Setting &setting : config::settings(object, config::Reveal::Hide))
        status.settings.push_back({.keyword = std::string(setting.keyword),
                                   .value = setting.value,
                                   .by_default = setting.by_default});
    return status;
}

template <typename T>
ctl::ObjectStatus status_of(const T &object) {
    ctl::ObjectStatus status = [&] {
        if constexpr (std::is_same_v<T, Secret> || std::is_same_v<T, ServerInterface>)
            return status_of(object, object.name, object.enabled);
        else
            return status_of(object, object.name, true);
    }();
    if constexpr (std::is_same_v<T, Profile>)
        status.built_in = config::is_built_in(object.name);
    return status;
}

// What becomes of one kind when its list is replaced.
template <typename T>
void count(const Config &before, const Config &wanted, Directory::Loaded &loaded) {
    std::map<std::string_view, const T *> old;
    for (const T &object : before.*Kind<T>::list)
        old.emplace(object.name, &object);
    for (const T &object : wanted.*Kind<T>::list) {
        const auto found = old.find(object.name);
        if (found == old.end()) {
            loaded.added++;
            continue;
        }
        (same(*found->second, object) ? loaded.kept : loaded.changed)++;
        old.erase(found);
    }
    loaded.removed += static_cast<unsigned>(old.size());
}

Directory::Loaded difference(const Config &before, const Config &wanted) {
    Directory::Loaded loaded;
    count<Secret>(before, wanted, loaded);
    count<Profile>(before, wanted, loaded);
    count<Pool>(before, wanted, loaded);
    count<ServerInterface>(before, wanted, loaded);
    const bool server = !same(before.pptp_server, wanted.pptp_server);
    const bool accounting = !same(before.accounting, wanted.accounting);
    loaded.changed += (server ? 1U : 0U) + (accounting ? 1U : 0U);
    return loaded;
}

// Each name once, each object right in itself.
template <typename T>
Status check_list(const std::vector<T> &list) {
    if (list.size() > Directory::MostOfAKind)
        return too_many<T>();
    std::set<std::string_view> names;
    for (const T &object : list) {
        if (!names.insert(object.name).second)
            return fail(ErrorCode::Invalid,
                        fmt::format("{} \"{}\" stands there twice", Kind<T>::name, object.name));
        TRY(config::check(object));
    }
    return {};
}

// What a merge adds of one kind.
template <typename T>
Status merge_list(const Config &more, Config &into) {
    std::vector<T> &list = into.*Kind<T>::list;
    std::map<std::string, std::size_t, std::less<>> places;
    for (const T &object : list)
        places.emplace(object.name, places.size());
    for (const T &object : more.*Kind<T>::list) {
        const auto [place, fresh] = places.emplace(object.name, list.size());
        if (fresh)
            list.push_back(object);
        else if constexpr (std::is_same_v<T, Profile>)
            list[place->second] = object;
        else
            return fail(ErrorCode::Exists,
                        fmt::format("there is {} {} \"{}\" already",
                                    config::article_of(Kind<T>::name), Kind<T>::name, object.name));
    }
    return {};
}

}  // namespace

// What was changed is there already; it stays if the whole is right.
template <typename Undo>
Status Directory::commit(Undo undo) {
    const Status right = check_(config_);
    if (!right) {
        undo();
        return fail(right.error());
    }
    changed_();
    return {};
}

template <typename T>
Status Directory::change(T &object, T wanted) {
    TRY(config::check(wanted));
    if (same(object, wanted))
        return {};
    std::swap(object, wanted);
    return commit([&] { std::swap(object, wanted); });
}

template <Listed T>
Status Directory::add(const config::Add<T> &command) {
    std::vector<T> &list = config_.*Kind<T>::list;
    const std::string &name = command.object.name;
    bool exists = find(list, name) != list.end();
    if constexpr (std::is_same_v<T, Profile>)
        exists = exists || config::is_built_in(name);
    if (exists && command.may_exist)
        return {};
    if (exists)
        return fail(ErrorCode::Exists,
                    fmt::format("there is {} {} \"{}\" already", config::article_of(Kind<T>::name),
                                Kind<T>::name, name));
    if (list.size() >= MostOfAKind)
        return too_many<T>();
    const auto source = find(list, command.copy_from);
    const T *from = source == list.end() ? nullptr : &*source;
    if constexpr (std::is_same_v<T, Profile>) {
        if (from == nullptr && config::is_built_in(command.copy_from))
            from = &built_in(command.copy_from);
    }
    list.push_back(TRY(config::object_of(command, from)));
    return commit([&] { list.pop_back(); });
}

template <Listed T>
Status Directory::set(const config::Set<T> &command) {
    std::vector<T> &list = config_.*Kind<T>::list;
    const auto found = find(list, command.name);
    if constexpr (std::is_same_v<T, Profile>) {
        if (found == list.end() && config::is_built_in(command.name)) {
            Profile wanted = built_in(command.name);
            command.apply(wanted);
            TRY(config::check(wanted));
            if (same(wanted, built_in(command.name)))
                return {};
            list.push_back(std::move(wanted));
            return commit([&] { list.pop_back(); });
        }
    }
    if (found == list.end())
        return nothing<T>(command.name);
    T wanted = *found;
    command.apply(wanted);
    return change(*found, std::move(wanted));
}

template <Listed T>
Status Directory::del(const config::Del<T> &command) {
    std::vector<T> &list = config_.*Kind<T>::list;
    const auto found = find(list, command.name);
    if (found == list.end()) {
        bool ignored = command.missing == config::ObjectMissing::Ignore;
        if constexpr (std::is_same_v<T, Profile>)
            ignored = ignored || config::is_built_in(command.name);  // as it was already
        return ignored ? Status{} : nothing<T>(command.name);
    }
    const auto place = found - list.begin();
    T gone = std::move(*found);
    list.erase(found);
    return commit([&] { list.insert(list.begin() + place, std::move(gone)); });
}

template <Listed T>
Status Directory::enable(const config::Enable<T> &command) {
    std::vector<T> &list = config_.*Kind<T>::list;
    const auto found = find(list, command.name);
    if (found == list.end())
        return nothing<T>(command.name);
    if (found->enabled == command.enabled)
        return {};
    found->enabled = command.enabled;
    return commit([&] { found->enabled = !command.enabled; });
}

Status Directory::set(const config::Set<config::PptpServer> &command) {
    config::PptpServer wanted = config_.pptp_server;
    command.apply(wanted);
    return change(config_.pptp_server, std::move(wanted));
}

Status Directory::enable(const config::Enable<config::PptpServer> &command) {
    config::PptpServer wanted = config_.pptp_server;
    wanted.enabled = command.enabled;
    return change(config_.pptp_server, std::move(wanted));
}

Status Directory::set(const config::Set<config::Accounting> &command) {
    config::Accounting wanted = config_.accounting;
    command.apply(wanted);
    return change(config_.accounting, wanted);
}

template <Listed T>
Result<std::vector<ctl::ObjectStatus>> Directory::show(std::string_view name) const {
    std::vector<ctl::ObjectStatus> all;
    const std::vector<T> &list = config_.*Kind<T>::list;
    const auto take = [&](const T &object) {
        if (name.empty() || object.name == name)
            all.push_back(status_of(object));
    };
    if constexpr (std::is_same_v<T, Profile>) {
        const auto changed = [&](const Profile &p) {
            return std::any_of(list.begin(), list.end(),
                               [&](const Profile &q) { return q.name == p.name; });
        };
        for (const Profile &profile : config::built_in_profiles()) {
            if (!changed(profile))
                take(profile);
        }
    }
    for (const T &object : list)
        take(object);
    if (all.empty() && !name.empty())
        return nothing<T>(name);
    return all;
}

ctl::ObjectStatus Directory::show_server() const {
    return status_of(config_.pptp_server, "pptp", config_.pptp_server.enabled);
}

ctl::ObjectStatus Directory::show_accounting() const {
    return status_of(config_.accounting, "", config_.accounting.enabled);
}

Status Directory::check(const Config &wanted) const {
    TRY(check_list(wanted.secrets));
    TRY(check_list(wanted.profiles));
    TRY(check_list(wanted.pools));
    TRY(check_list(wanted.interfaces));
    TRY(config::check(wanted.pptp_server));
    TRY(config::check(wanted.accounting));
    return check_(wanted);
}

Result<Directory::Loaded> Directory::load(const Config &wanted) {
    TRY(check(wanted));
    const Loaded loaded = difference(config_, wanted);
    config_ = wanted;
    config_.clients.clear();
    config_.pseudowires.clear();
    if (loaded.added + loaded.changed + loaded.removed > 0)
        changed_();
    return loaded;
}

Result<Directory::Loaded> Directory::merge(const Config &more) {
    Config wanted = config_;
    TRY(merge_list<Secret>(more, wanted));
    TRY(merge_list<Profile>(more, wanted));
    TRY(merge_list<Pool>(more, wanted));
    TRY(merge_list<ServerInterface>(more, wanted));
    if (!same(more.pptp_server, config::PptpServer{}))
        wanted.pptp_server = more.pptp_server;
    if (!same(more.accounting, config::Accounting{}))
        wanted.accounting = more.accounting;
    return load(wanted);
}

bool Directory::has_interface(std::string_view name) const {
    return std::any_of(config_.interfaces.begin(), config_.interfaces.end(),
                       [&](const ServerInterface &i) { return i.name == name; });
}

template Status Directory::add(const config::Add<Secret> &);
template Status Directory::add(const config::Add<Profile> &);
template Status Directory::add(const config::Add<Pool> &);
template Status Directory::add(const config::Add<ServerInterface> &);
template Status Directory::set(const config::Set<Secret> &);
template Status Directory::set(const config::Set<Profile> &);
template Status Directory::set(const config::Set<Pool> &);
template Status Directory::set(const config::Set<ServerInterface> &);
template Status Directory::del(const config::Del<Secret> &);
template Status Directory::del(const config::Del<Profile> &);
template Status Directory::del(const config::Del<Pool> &);
template Status Directory::del(const config::Del<ServerInterface> &);
template Status Directory::enable(const config::Enable<Secret> &);
template Status Directory::enable(const config::Enable<ServerInterface> &);
template Result<std::vector<ctl::ObjectStatus>> Directory::show<Secret>(std::string_view) const;
template Result<std::vector<ctl::ObjectStatus>> Directory::show<Profile>(std::string_view) const;
template Result<std::vector<ctl::ObjectStatus>> Directory::show<Pool>(std::string_view) const;
template Result<std::vector<ctl::ObjectStatus>>
    Directory::show<ServerInterface>(std::string_view) const;

}  // namespace rtun::daemon
