// SPDX-License-Identifier: GPL-2.0-or-later
//
// A profile under a client.
#include <daemon/client_profile.h>

namespace rtun::daemon {

namespace {

using UseEncryption = config::Profile::UseEncryption;

// A profile that leaves it open leaves it out, as "default" of RouterOS does for clients.
ppp::Encryption encryption_of(UseEncryption use) {
    switch (use) {
    case UseEncryption::Default:
    case UseEncryption::No:
        return ppp::Encryption::No;
    case UseEncryption::Yes:
        return ppp::Encryption::Auto;
    case UseEncryption::Require:
        return ppp::Encryption::Required;
    case UseEncryption::Passive:
        return ppp::Encryption::Passive;
    }
    return ppp::Encryption::Required;
}

}  // namespace

std::optional<config::Profile> builtin_profile(std::string_view name) {
    config::Profile profile;
    profile.name = name;
    if (name == "default")
        return profile;
    if (name != "default-encryption")
        return std::nullopt;
    profile.use_encryption = UseEncryption::Yes;
    return profile;
}

config::Client with_profile(config::Client client, const config::Profile &profile) {
    if (!client.encryption)
        client.encryption = encryption_of(profile.use_encryption);
    if (client.idle_timeout == std::chrono::seconds::zero())
        client.idle_timeout = profile.idle_timeout;
    client.port = profile.bridge_port();
    return client;
}

}  // namespace rtun::daemon
