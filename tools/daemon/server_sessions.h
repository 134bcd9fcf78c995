// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sessions of the server whose user is known: counted, and found by user, by host and by the
// address that the user has inside.
#pragma once

#include <base/net.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace rtun::daemon {

class UserSession;

class ServerSessions {
public:
    void add(UserSession &session, const std::string &user, base::Ipv4 host, base::Ipv4 inside);
    void remove(UserSession &session);  // nothing happens if it is not there

    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] std::size_t of_user(std::string_view user) const;
    // Whether one of the user's sessions has it in a bridge.
    [[nodiscard]] bool has_mac(std::string_view user, const base::Mac &mac) const;
    [[nodiscard]] std::vector<UserSession *> of_host(base::Ipv4 host) const;
    [[nodiscard]] UserSession *with_address(base::Ipv4 inside) const;  // nullptr: nobody

private:
    struct Who {
        std::string user;
        base::Ipv4 host;
        base::Ipv4 inside;
    };
    std::unordered_map<UserSession *, Who> all_;
    std::map<std::string, std::size_t, std::less<>> users_;
    std::unordered_map<std::uint32_t, std::unordered_set<UserSession *>> hosts_;
    std::unordered_map<std::uint32_t, UserSession *> inside_;
};

}  // namespace rtun::daemon
