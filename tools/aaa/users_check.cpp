// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether what the configuration says of users fits together: names that are used stand for
// something, and what has to be single is. Every refusal names the object and the word.
#include <aaa/users.h>

#include <fmt/format.h>

#include <set>

namespace rtun::aaa {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

// "secret \"jack\"", for the beginning of a refusal.
std::string object(std::string_view kind, std::string_view name) {
    return fmt::format("{} \"{}\"", kind, name);
}

Status wrong(std::string_view object, std::string_view word, std::string_view why) {
    return fail(ErrorCode::Invalid, fmt::format("{}: {} is wrong: {}", object, word, why));
}

using Names = std::set<std::string, std::less<>>;

Status check_single(Names &names, std::string_view kind, const std::string &name) {
    if (name.empty())
        return wrong(kind, "the name", "it is empty");
    if (!names.insert(name).second)
        return wrong(object(kind, name), "the name", "there are two of this name");
    return {};
}

Status check_source(std::string_view who, std::string_view word,
                    const config::AddressSource &source, const Names &pools) {
    if (const auto *pool = std::get_if<std::string>(&source.from);
        pool != nullptr && !pools.contains(*pool))
        return wrong(who, fmt::format("{} \"{}\"", word, *pool), "there is no such pool");
    if (const auto *address = std::get_if<base::Ipv4>(&source.from);
        address != nullptr && address->unspecified())
        return wrong(who, fmt::format("{} {}", word, address->text()), "it is no address");
    return {};
}

Status check_secret(const config::Secret &secret, const Names &profiles, const Names &pools) {
    const std::string who = object("secret", secret.name);
    if (secret.password.empty() && secret.password_file.empty())
        return wrong(who, "password", "there is none, and no password-file");
    if (!secret.profile.empty() && !profiles.contains(secret.profile))
        return wrong(who, fmt::format("profile \"{}\"", secret.profile),
                     "there is no such profile");
    TRY(check_source(who, "local-address", secret.local_address, pools));
    return check_source(who, "remote-address", secret.remote_address, pools);
}

bool same_service(config::Service a, config::Service b) {
    return a == b || a == config::Service::Any || b == config::Service::Any;
}

// Interfaces share their names with those of clients and pseudowires. A user need not be there: it
// may come later, and a server knows users that do not stand in the configuration.
Status check_interfaces(const config::Config &config) {
    std::map<std::string_view, std::string_view> names;
    for (const config::Client &client : config.clients)
        names.emplace(client.name, "a client");
    for (const config::Pseudowire &pseudowire : config.pseudowires)
        names.emplace(pseudowire.name, "a pseudowire");
    std::multimap<std::string_view, const config::ServerInterface *> users;
    for (const config::ServerInterface &interface : config.interfaces) {
        const std::string who = object("interface", interface.name);
        const auto [known, fresh] = names.emplace(interface.name, "another interface");
        if (!fresh)
            return wrong(who, "the name", fmt::format("{} has it", known->second));
        if (interface.user.empty())
            return wrong(who, "user", "there is none");
        if (!interface.enabled)
            continue;
        const auto [first, last] = users.equal_range(interface.user);
        for (auto other = first; other != last; ++other) {
            if (same_service(other->second->service, interface.service))
                return wrong(who, fmt::format("user \"{}\"", interface.user),
                             fmt::format("it has interface \"{}\" already", other->second->name));
        }
        users.emplace(interface.user, &interface);
    }
    return {};
}

}  // namespace

Status Users::check(const config::Config &config) {
    Names profiles;
    Names pools;
    Names secrets;
    for (const config::Pool &pool : config.pools)
        pools.insert(pool.name);
    for (const config::Profile &profile : config.profiles) {
        TRY(check_single(profiles, "profile", profile.name));
        const std::string who = object("profile", profile.name);
        TRY(check_source(who, "local-address", profile.local_address, pools));
        TRY(check_source(who, "remote-address", profile.remote_address, pools));
    }
    for (const config::Profile &profile : built_in_profiles())
        profiles.insert(profile.name);
    for (const config::Secret &secret : config.secrets) {
        TRY(check_single(secrets, "secret", secret.name));
        TRY(check_secret(secret, profiles, pools));
    }
    const std::string &standard = config.pptp_server.default_profile;
    if (!profiles.contains(standard))
        return wrong("server pptp", fmt::format("default-profile \"{}\"", standard),
                     "there is no such profile");
    return check_interfaces(config);
}

}  // namespace rtun::aaa
