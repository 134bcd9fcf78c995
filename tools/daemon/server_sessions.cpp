// SPDX-License-Identifier: GPL-2.0-or-later
//
// Three indices over one set.
#include <daemon/server_sessions.h>

#include <daemon/user_session.h>

#include <algorithm>

namespace rtun::daemon {

void ServerSessions::add(UserSession &session, const std::string &user, base::Ipv4 host,
                         base::Ipv4 inside) {
    if (!all_.emplace(&session, Who{user, host, inside}).second)
        return;
    inside_.emplace(inside.value, &session);
    users_[user]++;
    hosts_[host.value].insert(&session);
}

void ServerSessions::remove(UserSession &session) {
    const auto entry = all_.find(&session);
    if (entry == all_.end())
        return;
    if (const auto user = users_.find(entry->second.user); --user->second == 0)
        users_.erase(user);
    if (const auto inside = inside_.find(entry->second.inside.value);
        inside != inside_.end() && inside->second == &session)
        inside_.erase(inside);
    if (const auto host = hosts_.find(entry->second.host.value);
        host->second.erase(&session), host->second.empty())
        hosts_.erase(host);
    all_.erase(entry);
}

std::size_t ServerSessions::of_user(std::string_view user) const {
    const auto entry = users_.find(user);
    return entry == users_.end() ? 0 : entry->second;
}

// Few users have more than one, so most are not looked for.
bool ServerSessions::has_mac(std::string_view user, const base::Mac &mac) const {
    return of_user(user) > 0 && std::any_of(all_.begin(), all_.end(), [&](const auto &one) {
               const auto &session = one.first->session();
               return one.second.user == user && session && session->mac == mac;
           });
}

std::vector<UserSession *> ServerSessions::of_host(base::Ipv4 host) const {
    const auto entry = hosts_.find(host.value);
    if (entry == hosts_.end())
        return {};
    return {entry->second.begin(), entry->second.end()};
}

UserSession *ServerSessions::with_address(base::Ipv4 inside) const {
    const auto entry = inside_.find(inside.value);
    return entry == inside_.end() ? nullptr : entry->second;
}

}  // namespace rtun::daemon
