// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a session is given: the user's record, its profile and the service's default profile laid
// over each other.
#include <aaa/users.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::aaa {

using base::ErrorCode;
using base::fail;
using base::Result;
using config::AddressSource;
using config::Profile;
using config::Toggle;

namespace {

// The profiles that count, the first one first.
using Layers = std::vector<const Profile *>;

// The first that says anything, or what it is if nobody does.
template <auto Member>
auto first_of(const Layers &layers) {
    using Kind = std::decay_t<decltype(std::declval<Profile>().*Member)>;
    for (const Profile *profile : layers) {
        if (profile->*Member != Kind{})
            return profile->*Member;
    }
    return Kind{};
}

template <Toggle Profile::*Member>
bool decided(const Layers &layers, bool otherwise) {
    const Toggle said = first_of<Member>(layers);
    return said == Toggle::Default ? otherwise : said == Toggle::Yes;
}

// An address beats a pool; of either kind, the first.
template <AddressSource Profile::*Member>
AddressSource address_of(const AddressSource &own, const Layers &layers) {
    std::vector<AddressSource> said{own};
    for (const Profile *profile : layers)
        said.push_back(profile->*Member);
    for (const AddressSource &source : said) {
        if (std::holds_alternative<base::Ipv4>(source.from))
            return source;
    }
    const auto pool = std::find_if(said.begin(), said.end(), [](const AddressSource &source) {
        return std::holds_alternative<std::string>(source.from);
    });
    return pool == said.end() ? AddressSource{} : *pool;
}

std::string names(const Layers &layers) {
    return layers.size() == 1 ? fmt::format("profile \"{}\" gives", layers[0]->name)
                              : fmt::format("profile \"{}\" and default-profile \"{}\" give",
                                            layers[0]->name, layers[1]->name);
}

}  // namespace

const std::vector<Profile> &built_in_profiles() {
    static const std::vector<Profile> built_in = [] {
        Profile plain;
        plain.name = "default";
        Profile encrypted;
        encrypted.name = "default-encryption";
        encrypted.use_encryption = Profile::UseEncryption::Yes;
        return std::vector<Profile>{plain, encrypted};
    }();
    return built_in;
}

Result<Terms> Users::terms(std::string_view user, std::string_view default_profile) const {
    const auto found = secrets_.find(user);
    if (found == secrets_.end())
        return fail(ErrorCode::NotFound, fmt::format("there is no user \"{}\"", user));
    const config::Secret &secret = found->second;
    if (!secret.enabled)
        return fail(ErrorCode::NotFound, fmt::format("user \"{}\" is disabled", user));

    Layers layers;
    for (const std::string_view name : {std::string_view(secret.profile), default_profile}) {
        if (name.empty() || (!layers.empty() && layers.front()->name == name))
            continue;
        const Profile *known = profile(name);
        if (known == nullptr)
            return fail(ErrorCode::NotFound, fmt::format("there is no profile \"{}\"", name));
        layers.push_back(known);
    }
    if (layers.empty())
        return fail(ErrorCode::Invalid, fmt::format("user \"{}\" has no profile, and the service "
                                                    "has none for those",
                                                    user));

    Terms terms;
    terms.profile = layers.front()->name;
    terms.local_address = address_of<&Profile::local_address>(secret.local_address, layers);
    terms.remote_address = address_of<&Profile::remote_address>(secret.remote_address, layers);
    terms.port = {.bridge = first_of<&Profile::bridge>(layers),
                  .horizon = first_of<&Profile::bridge_horizon>(layers),
                  .learning = first_of<&Profile::bridge_learning>(layers),
                  .path_cost = first_of<&Profile::bridge_path_cost>(layers),
                  .priority = first_of<&Profile::bridge_port_priority>(layers)};
    for (const auto &[source, word] : {std::pair(&terms.local_address, "local-address"),
                                       std::pair(&terms.remote_address, "remote-address")}) {
        if (std::holds_alternative<std::monostate>(source->from) && terms.port.bridge.empty())
            return fail(ErrorCode::Invalid, fmt::format("{} no {}", names(layers), word));
    }
    terms.dns_server = first_of<&Profile::dns_server>(layers);
    terms.wins_server = first_of<&Profile::wins_server>(layers);
    terms.use_encryption = first_of<&Profile::use_encryption>(layers);
    if (terms.use_encryption == Profile::UseEncryption::Default)
        terms.use_encryption = Profile::UseEncryption::No;
    terms.only_one = decided<&Profile::only_one>(layers, false);
    terms.use_ipv6 = decided<&Profile::use_ipv6>(layers, false);
    terms.change_tcp_mss = decided<&Profile::change_tcp_mss>(layers, true);
    terms.session_timeout = first_of<&Profile::session_timeout>(layers);
    terms.idle_timeout = first_of<&Profile::idle_timeout>(layers);
    terms.max_links =
        secret.max_links != 0 ? secret.max_links : first_of<&Profile::max_links>(layers);
    terms.rate_limit = first_of<&Profile::rate_limit>(layers);
    terms.address_list = first_of<&Profile::address_list>(layers);
    terms.interface_group = first_of<&Profile::interface_group>(layers);
    terms.proxy_arp = first_of<&Profile::proxy_arp>(layers);
    terms.on_up = first_of<&Profile::on_up>(layers);
    terms.on_down = first_of<&Profile::on_down>(layers);
    terms.routes = secret.routes;
    // What packets and addresses are for is not a bridge's port's.
    if (!terms.port.bridge.empty()) {
        terms.proxy_arp = terms.change_tcp_mss = terms.use_ipv6 = false;
        terms.address_list.clear();
        terms.routes.clear();
    }
    return terms;
}

}  // namespace rtun::aaa
