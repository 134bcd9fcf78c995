// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of the keywords of users (secrets) and of the server interfaces that are kept for them.
// Defaults are those of the structures and appear nowhere else.
#include <config/property_values.h>

#include <config/lists.h>

#include <array>
#include <variant>

namespace rtun::config {

using base::Status;

namespace {

constexpr std::uint16_t Changeable = InAdd | InSet;

// The words of Service, in its order.
constexpr std::array<std::string_view, 6> services{"any", "pptp", "l2tp", "pppoe", "sstp", "ovpn"};
constexpr std::array<std::string_view, 1> any{"any"};
constexpr std::array<std::string_view, 1> none{"none"};

Status set_caller_id(Draft &draft, std::string_view value) {
    TRY(check_text(value, {0, 64}));
    draft.secret.caller_id = value == "any" ? "" : std::string(value);
    return {};
}
std::string get_caller_id(const Secret &secret) {
    return secret.caller_id.empty() ? "any" : secret.caller_id;
}

// clang-format off
constexpr Property secrets[] = {
    {"password-file", "FILE", "absolute path; the password is its first line, its mode 0600",
     Changeable, Need::RequiredOrAsked, {},
     set_password_file<Secret>, as_password_file<Secret>()},
    {"password", "TEXT", "1..255 octets; only in a file of mode 0600, never on the command line",
     Changeable, Need::Optional, {},
     set_password<Secret>, as_password<Secret>()},
    {"service", "{ any | pptp | l2tp | pppoe | sstp | ovpn }", "what the user may use",
     Changeable, Need::Optional, services,
     set_choice<&Secret::service, services>, as_choice<&Secret::service, services>()},
    {"caller-id", "{ TEXT | any }", "where the user must call from, with PPTP the address; 0..64 octets",
     Changeable, Need::Optional, any,
     set_caller_id, {get_caller_id, copy_member<&Secret::caller_id>, nullptr}},
    {"profile", "{ NAME | none }", "what the user has in common with others; none: the server's",
     Changeable, Need::Optional, none,
     set_name_or_none<&Secret::profile, check_object_name>, as_name_or_none<&Secret::profile>()},
    {"local-address", "{ ADDRESS | POOL | none }", "of this end of the session; none: as the profile says",
     Changeable, Need::Optional, none,
     set_written<&Secret::local_address>, as_written<&Secret::local_address>()},
    {"remote-address", "{ ADDRESS | POOL | none }", "what the user gets; none: as the profile says",
     Changeable, Need::Optional, none,
     set_written<&Secret::remote_address>, as_written<&Secret::remote_address>()},
    {"routes", "{ LIST | none }", "\"DST/LEN [GATEWAY [METRIC]]\", with commas between: while the user is connected",
     Changeable, Need::Optional, none,
     set_written<&Secret::routes>, as_written<&Secret::routes>()},
    {"max-links", "{ NUMBER | default }", "calls that may be one session with multilink; 1..16",
     Changeable, Need::Optional, default_links,
     set_links<&Secret::max_links>, as_links<&Secret::max_links>()},
    {"comment", "TEXT", "for people; 0..255 octets",
     Changeable, Need::Optional, {},
     set_text<&Secret::comment, 0, 255>, as_text<&Secret::comment>()},
    {"disabled", "{ yes | no }", "keep the user, but refuse it",
     Changeable, Need::Optional, yes_no_choices,
     set_disabled<&Secret::enabled>, as_disabled<&Secret::enabled>()},

    {"copy-from", "NAME", "what is not said is as this user has it",
     InAdd, Need::Optional, {}, set_copy_from<check_user_name>},
    {"may-exist", "", "no error if there is one of that name; it is left as it is",
     InAdd, Need::Optional, {}, set_may_exist},
    {"if-exists", "", "no error if there is none",
     InDel, Need::Optional, {}, set_if_exists},
    {"dry-run", "", "print the commands and do nothing",
     InImport, Need::Optional, {}, set_dry_run},
    {"show-secrets", "", "with dry-run: print passwords instead of (hidden)",
     InImport, Need::Optional, {}, set_show_secrets},
};

constexpr Property interfaces[] = {
    {"user", "NAME", "whose sessions have this interface; 1..255 octets",
     Changeable, Need::Required, {},
     set_text<&ServerInterface::user, 1, 255>, as_text<&ServerInterface::user>()},
    {"service", "{ any | pptp | l2tp | pppoe | sstp | ovpn }", "of which service",
     Changeable, Need::Optional, services,
     set_choice<&ServerInterface::service, services>,
     as_choice<&ServerInterface::service, services>()},
    {"comment", "TEXT", "for people; 0..255 octets",
     Changeable, Need::Optional, {},
     set_text<&ServerInterface::comment, 0, 255>, as_text<&ServerInterface::comment>()},
    {"disabled", "{ yes | no }", "keep it, but do not use it",
     Changeable, Need::Optional, yes_no_choices,
     set_disabled<&ServerInterface::enabled>, as_disabled<&ServerInterface::enabled>()},

    {"copy-from", "NAME", "what is not said is as this interface has it",
     InAdd, Need::Optional, {}, set_copy_from<check_device_name>},
    {"may-exist", "", "no error if there is one of that name; it is left as it is",
     InAdd, Need::Optional, {}, set_may_exist},
    {"if-exists", "", "no error if there is none",
     InDel, Need::Optional, {}, set_if_exists},
};

constexpr std::string_view no_quota = "there is no limit of octets, they are counted: accounting show";
constexpr std::string_view only_ipv4 = "routes of users are of IPv4 only";
constexpr ValueAlias no_limit[] = {{"0", "", ""}};
constexpr ValueAlias without[] = {{"none", "", ""}, {"", "", ""}};

// What RouterOS has, as it is by default, and why it cannot be otherwise.
constexpr Alias secret_words[] = {
    {"limit-bytes-in", "", no_limit, no_quota},
    {"limit-bytes-out", "", no_limit, no_quota},
    {"ipv6-routes", "", without, only_ipv4},
    {"remote-ipv6-prefix", "", without, no_prefix},
};
// clang-format on

}  // namespace

std::span<const Property> secret_properties() { return secrets; }
std::span<const Alias> secret_aliases() { return secret_words; }
std::span<const Property> interface_properties() { return interfaces; }

std::optional<Mistake> mistake_in(const Secret &secret) {
    const auto *local = std::get_if<base::Ipv4>(&secret.local_address.from);
    const auto *remote = std::get_if<base::Ipv4>(&secret.remote_address.from);
    if (local != nullptr && remote != nullptr && *local == *remote)
        return Mistake{"remote-address", "both ends of a session cannot have one address"};
    return std::nullopt;
}

std::optional<Mistake> mistake_in(const ServerInterface & /*interface*/) { return std::nullopt; }

}  // namespace rtun::config
