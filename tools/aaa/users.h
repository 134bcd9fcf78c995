// SPDX-License-Identifier: GPL-2.0-or-later
//
// Users as the configuration knows them: who may use a service, and what a session of theirs gets.
// Precedence (rtun(8), SECRETS): the user's own record, then its profile, then the service's
// default profile, property by property: the first that says anything. An address beats a pool,
// wherever the two stand. Nothing here is looked up outside the configuration and the password
// files that it names.
#pragma once

#include <auth/authenticator.h>
#include <base/net.h>
#include <base/secret.h>
#include <config/model.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::aaa {

// What a session is given, all defaults resolved.
struct Terms {
    std::string profile;  // the one that was used first
    config::AddressSource local_address;
    config::AddressSource remote_address;
    std::vector<base::Ipv4> dns_server;
    std::vector<base::Ipv4> wins_server;
    config::Profile::UseEncryption use_encryption = config::Profile::UseEncryption::No;
    bool only_one = false;
    bool use_ipv6 = false;
    bool change_tcp_mss = true;
    std::chrono::seconds session_timeout{0};
    std::chrono::seconds idle_timeout{0};
    std::uint32_t max_links = 0;  // of a bundle; 0: as the server says
    config::RateLimit rate_limit;
    std::string address_list;
    std::uint32_t interface_group = 0;
    bool proxy_arp = false;
    config::BridgePort port;  // of a bridge: then it carries frames, and has no addresses
    std::string on_up;
    std::string on_down;
    std::vector<config::UserRoute> routes;
    bool operator==(const Terms &) const = default;
};

// "default" and "default-encryption", as they are if nobody changed them.
[[nodiscard]] const std::vector<config::Profile> &built_in_profiles();

class Users {
public:
    Users() = default;

    // All or nothing: refused if a secret names a profile that is not there, or the like.
    [[nodiscard]] static base::Status check(const config::Config &config);
    void load(const config::Config &config);  // that check() has passed

    // What a claim is worth. caller: where the user calls from ("192.0.2.7"). A user that does not
    // exist costs as much time as a wrong password, and the peer is told the same. What else stands
    // against a user (disabled, another service, another place) is told to who knows the password.
    [[nodiscard]] auth::Verdict verify(const auth::Claim &claim, config::Service service,
                                       std::string_view caller) const;
    // NotFound: there is no such user (any more), or it is disabled. The error says what is missing
    // for a session: "profile \"x\" gives no remote-address".
    [[nodiscard]] base::Result<Terms> terms(std::string_view user,
                                            std::string_view default_profile) const;
    // The interface that belongs to this user, if there is one.
    [[nodiscard]] std::optional<std::string> interface(std::string_view user,
                                                       config::Service service) const;

private:
    [[nodiscard]] const config::Profile *profile(std::string_view name) const;
    [[nodiscard]] base::Result<base::Secret> password_of(const config::Secret *secret) const;

    base::Secret decoy_;      // the password of those that do not exist, made by load()
    std::string decoy_file_;  // and the file that it seems to be in, if anybody's is in one
    std::map<std::string, config::Secret, std::less<>> secrets_;
    std::map<std::string, config::Profile, std::less<>> profiles_;
    std::vector<config::ServerInterface> interfaces_;
};

}  // namespace rtun::aaa
