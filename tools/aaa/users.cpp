// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a claim is worth. Whoever guesses shall not learn which users there are: one that does not
// exist is checked against a random password, in as much time and with the same words to the peer,
// and if anybody's password is in a file, a file is read for every claim. Our own text tells the
// cases apart, and MS-CHAP's codes do once the password was right.
#include <aaa/users.h>

#include <base/random.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::aaa {

using base::Result;

namespace {

// RFC 2433 section 8.
constexpr int account_disabled = 647;
constexpr int no_dialin_permission = 649;

std::string_view name_of(config::Service service) {
    using enum config::Service;
    switch (service) {
    case Any:
        return "any";
    case Pptp:
        return "pptp";
    case L2tp:
        return "l2tp";
    case Pppoe:
        return "pppoe";
    case Sstp:
        return "sstp";
    case Ovpn:
        return "ovpn";
    }
    return "";
}

bool serves(config::Service of, config::Service asked) {
    return of == config::Service::Any || of == asked;
}

// Addresses are compared as such; what is none (a telephone number, a MAC address) as text.
bool same_caller(std::string_view expected, std::string_view caller) {
    const auto address = base::Ipv4::parse(expected);
    const auto from = base::Ipv4::parse(caller);
    return address && from ? *address == *from : expected == caller;
}

}  // namespace

void Users::load(const config::Config &config) {
    std::array<std::uint8_t, 16> octets{};
    base::SystemRandom().fill(octets);
    decoy_ = base::Secret(base::View(octets));
    base::wipe(octets);
    decoy_file_.clear();

    secrets_.clear();
    for (const config::Secret &secret : config.secrets) {
        secrets_.insert_or_assign(secret.name, secret);
        if (!secret.password_file.empty())
            decoy_file_ = secret.password_file;
    }
    profiles_.clear();
    for (const config::Profile &profile : built_in_profiles())
        profiles_.insert_or_assign(profile.name, profile);
    for (const config::Profile &profile : config.profiles)
        profiles_.insert_or_assign(profile.name, profile);
    interfaces_ = config.interfaces;
}

const config::Profile *Users::profile(std::string_view name) const {
    const auto found = profiles_.find(name);
    return found == profiles_.end() ? nullptr : &found->second;
}

// Nobody's secret has one, too.
Result<base::Secret> Users::password_of(const config::Secret *secret) const {
    if (secret != nullptr && !secret->password_file.empty())
        return base::Secret::read_file(secret->password_file);
    if (!decoy_file_.empty())
        static_cast<void>(base::Secret::read_file(decoy_file_));
    return secret != nullptr ? secret->password : decoy_;
}

auth::Verdict Users::verify(const auth::Claim &claim, config::Service service,
                            std::string_view caller) const {
    const auto found = secrets_.find(claim.user);
    const config::Secret *user = found == secrets_.end() ? nullptr : &found->second;

    std::string problem = user == nullptr ? "no such user" : "";
    Result<base::Secret> password = password_of(user);
    if (!password)
        problem = "the password cannot be read: " + password.error().text;
    else if (password->empty())
        problem = "the user has no password";
    const bool usable = problem.empty();

    auth::Verdict verdict = auth::check(claim, usable ? *password : decoy_);
    if (auto *refused = std::get_if<auth::Refused>(&verdict)) {
        if (!usable)
            refused->text = problem;
        return verdict;
    }
    // Only who draws the same 128 random bits as load() gets here without a user.
    if (!usable)
        return auth::Refused{.text = problem};

    if (!user->enabled)
        return auth::Refused{account_disabled, false, "the account is disabled"};
    if (!serves(user->service, service))
        return auth::Refused{no_dialin_permission, false,
                             fmt::format("the user is for service {} and not for {}",
                                         name_of(user->service), name_of(service))};
    if (!user->caller_id.empty() && !same_caller(user->caller_id, caller))
        return auth::Refused{
            no_dialin_permission, false,
            fmt::format("the user may call from {} and not from {}", user->caller_id, caller)};
    return verdict;
}

std::optional<std::string> Users::interface(std::string_view user, config::Service service) const {
    const auto found = std::find_if(interfaces_.begin(), interfaces_.end(),
                                    [&](const config::ServerInterface &interface) {
                                        return interface.enabled && interface.user == user &&
                                               serves(interface.service, service);
                                    });
    return found == interfaces_.end() ? std::nullopt : std::optional(found->name);
}

}  // namespace rtun::aaa
