// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of the keywords of profiles and pools, the two profiles that are always there, and what
// RouterOS has in a profile that cannot be had here.
#include <config/property_values.h>

#include <config/lists.h>

#include <algorithm>
#include <array>
#include <variant>

namespace rtun::config {

namespace {

using P = Profile;

constexpr std::uint16_t Changeable = InAdd | InSet;
constexpr std::uint64_t longest_session = 0xffffffff;  // s

// The words of Toggle and UseEncryption, in their order.
constexpr std::array<std::string_view, 3> toggles{"default", "no", "yes"};
constexpr std::array<std::string_view, 5> encryptions{"default", "no", "yes", "require", "passive"};
constexpr std::array<std::string_view, 1> none{"none"};
constexpr std::array<std::string_view, 1> as_the_kernel{"default"};

// -- what the port of a bridge is like

constexpr std::uint64_t longest_horizon = 0xffffffff;
constexpr std::uint64_t largest_cost = 65535;  // BR_MAX_PATH_COST of the kernel
constexpr std::uint64_t largest_priority = 240;
constexpr std::uint64_t priority_step = 16;  // IEEE 802.1D: the upper four bits of an octet

base::Status set_horizon(Draft &draft, std::string_view value) {
    const auto horizon = parse_number(value, {0, longest_horizon});
    if (!horizon && value != "none")
        return base::fail(base::ErrorCode::Invalid,
                          fmt::format("expected none or a number, 0..{}", longest_horizon));
    member_of<&P::bridge_horizon>(draft) =
        horizon ? std::optional(static_cast<std::uint32_t>(*horizon)) : std::nullopt;
    return {};
}
std::string get_horizon(const P &from) {
    return from.bridge_horizon ? fmt::format("{}", *from.bridge_horizon) : "none";
}

base::Status set_path_cost(Draft &draft, std::string_view value) {
    const auto cost = parse_number(value, {1, largest_cost});
    if (!cost && value != "default")
        return base::fail(base::ErrorCode::Invalid,
                          fmt::format("expected default or a number, 1..{}", largest_cost));
    member_of<&P::bridge_path_cost>(draft) = static_cast<std::uint32_t>(cost ? *cost : 0);
    return {};
}
std::string get_path_cost(const P &from) {
    return from.bridge_path_cost == 0 ? "default" : fmt::format("{}", from.bridge_path_cost);
}

base::Status set_port_priority(Draft &draft, std::string_view value) {
    const auto priority = parse_number(value, {0, largest_priority});
    if (value != "default" && (!priority || *priority % priority_step != 0))
        return base::fail(base::ErrorCode::Invalid,
                          fmt::format("expected default or a multiple of {}, 0..{}", priority_step,
                                      largest_priority));
    member_of<&P::bridge_port_priority>(draft) =
        priority ? std::optional(static_cast<std::uint8_t>(*priority)) : std::nullopt;
    return {};
}
std::string get_port_priority(const P &from) {
    return from.bridge_port_priority ? fmt::format("{}", *from.bridge_port_priority) : "default";
}

// clang-format off
constexpr Property profiles[] = {
    {"local-address", "{ ADDRESS | POOL | none }", "of this end of a session",
     Changeable, Need::Optional, none,
     set_written<&P::local_address>, as_written<&P::local_address>()},
    {"remote-address", "{ ADDRESS | POOL | none }", "what a user gets",
     Changeable, Need::Optional, none,
     set_written<&P::remote_address>, as_written<&P::remote_address>()},
    {"dns-server", "{ LIST | none }", "at most two addresses, told to those who ask",
     Changeable, Need::Optional, none,
     set_written<&P::dns_server>, as_written<&P::dns_server>()},
    {"wins-server", "{ LIST | none }", "the same of WINS",
     Changeable, Need::Optional, none,
     set_written<&P::wins_server>, as_written<&P::wins_server>()},
    {"use-encryption", "{ default | no | yes | require | passive }", "yes: if the user agrees to it; require: or there is no session; passive: if the user asks for it",
     Changeable, Need::Optional, encryptions,
     set_choice<&P::use_encryption, encryptions>, as_choice<&P::use_encryption, encryptions>()},
    {"only-one", "{ default | no | yes }", "one session a user",
     Changeable, Need::Optional, toggles,
     set_choice<&P::only_one, toggles>, as_choice<&P::only_one, toggles>()},
    {"use-ipv6", "{ default | no | yes }", "carry IPv6 as well",
     Changeable, Need::Optional, toggles,
     set_choice<&P::use_ipv6, toggles>, as_choice<&P::use_ipv6, toggles>()},
    {"change-tcp-mss", "{ default | no | yes }", "TCP segments no larger than the session takes",
     Changeable, Need::Optional, toggles,
     set_choice<&P::change_tcp_mss, toggles>, as_choice<&P::change_tcp_mss, toggles>()},
    {"session-timeout", "TIME", "after which a session is ended; 0..4294967295, 0: never",
     Changeable, Need::Optional, {},
     set_timespan<&P::session_timeout, 0, longest_session>, as_time<&P::session_timeout>()},
    {"idle-timeout", "TIME", "without a packet, after which it is ended; 0..4294967295, 0: never",
     Changeable, Need::Optional, {},
     set_timespan<&P::idle_timeout, 0, longest_session>, as_time<&P::idle_timeout>()},
    {"rate-limit", "{ RATE | none }", "\"RX[/TX] [BURST [THRESHOLD [TIME]]]\", RX: what the user sends",
     Changeable, Need::Optional, none,
     set_written<&P::rate_limit>, as_written<&P::rate_limit>()},
    {"address-list", "{ NAME | none }", "nft set of the table rtun that has the users' addresses",
     Changeable, Need::Optional, none,
     set_name_or_none<&P::address_list, check_set_name>, as_name_or_none<&P::address_list>()},
    {"interface-group", "GROUP", "of the sessions' interfaces, as of \"ip link\"; 0..4294967295",
     Changeable, Need::Optional, {},
     set_number<&P::interface_group, 0, 0xffffffff>, as_number<&P::interface_group>()},
    {"proxy-arp", "{ yes | no }", "answer for the user's address on the LAN that it belongs to",
     Changeable, Need::Optional, yes_no_choices,
     set_yes_no<&P::proxy_arp>, as_yes_no<&P::proxy_arp>()},
    {"on-up", "{ FILE | none }", "absolute path of a program that is run when a session is up",
     Changeable, Need::Optional, none,
     set_name_or_none<&P::on_up, check_absolute_path>, as_name_or_none<&P::on_up>()},
    {"on-down", "{ FILE | none }", "and when it is down",
     Changeable, Need::Optional, none,
     set_name_or_none<&P::on_down, check_absolute_path>, as_name_or_none<&P::on_down>()},
    {"max-links", "{ NUMBER | default }", "calls that may be one session with multilink; 1..16",
     Changeable, Need::Optional, default_links,
     set_links<&P::max_links>, as_links<&P::max_links>()},
    {"bridge", "{ NAME | none }", "a Linux bridge, of which a session is a port: it carries Ethernet frames instead of IP",
     Changeable, Need::Optional, none,
     set_name_or_none<&P::bridge, check_device_name>, as_name_or_none<&P::bridge>()},
    {"bridge-horizon", "{ NUMBER | none }", "ports that have one do not forward to one another; 0..4294967295",
     Changeable, Need::Optional, none,
     set_horizon, accessed<&P::bridge_horizon>(get_horizon)},
    {"bridge-learning", "{ default | no | yes }", "learn what addresses there are behind the port",
     Changeable, Need::Optional, toggles,
     set_choice<&P::bridge_learning, toggles>, as_choice<&P::bridge_learning, toggles>()},
    {"bridge-path-cost", "{ NUMBER | default }", "of the port, for the spanning tree; 1..65535",
     Changeable, Need::Optional, as_the_kernel,
     set_path_cost, accessed<&P::bridge_path_cost>(get_path_cost)},
    {"bridge-port-priority", "{ NUMBER | default }", "likewise; 0..240 in steps of 16",
     Changeable, Need::Optional, as_the_kernel,
     set_port_priority, accessed<&P::bridge_port_priority>(get_port_priority)},
    {"comment", "TEXT", "for people; 0..255 octets",
     Changeable, Need::Optional, {},
     set_text<&P::comment, 0, 255>, as_text<&P::comment>()},

    {"copy-from", "NAME", "what is not said is as this profile has it",
     InAdd, Need::Optional, {}, set_copy_from<check_object_name>},
    {"may-exist", "", "no error if there is one of that name; it is left as it is",
     InAdd, Need::Optional, {}, set_may_exist},
    {"if-exists", "", "no error if there is none",
     InDel, Need::Optional, {}, set_if_exists},
};

constexpr Property pools[] = {
    {"ranges", "LIST", "addresses and ranges: 10.0.0.2-10.0.0.99,10.0.1.5",
     Changeable, Need::Required, {},
     set_written<&Pool::ranges>, as_written<&Pool::ranges>()},
    {"next-pool", "{ NAME | none }", "where to look when this one is used up",
     Changeable, Need::Optional, none,
     set_name_or_none<&Pool::next_pool, check_object_name>, as_name_or_none<&Pool::next_pool>()},
    {"comment", "TEXT", "for people; 0..255 octets",
     Changeable, Need::Optional, {},
     set_text<&Pool::comment, 0, 255>, as_text<&Pool::comment>()},

    {"copy-from", "NAME", "what is not said is as this pool has it",
     InAdd, Need::Optional, {}, set_copy_from<check_object_name>},
    {"may-exist", "", "no error if there is one of that name; it is left as it is",
     InAdd, Need::Optional, {}, set_may_exist},
    {"if-exists", "", "no error if there is none",
     InDel, Need::Optional, {}, set_if_exists},
};

constexpr std::string_view no_compression = "there is no compression here";
constexpr std::string_view no_mpls = "there is no MPLS here";
constexpr std::string_view no_filter =
    "there are no such rules here; interface-group and address-list are for nft's";
constexpr std::string_view no_queue = "queues are not named here, use rate-limit";
constexpr ValueAlias never_compressed[] = {
    {"default", "", ""}, {"no", "", ""}, {"yes", "", no_compression}, {"require", "", no_compression}};
constexpr ValueAlias never_mpls[] = {
    {"default", "", ""}, {"no", "", ""}, {"yes", "", no_mpls}, {"require", "", no_mpls}};
constexpr ValueAlias never_prefixed[] = {{"default", "", ""}, {"no", "", ""}, {"yes", "", no_prefix}};

// What RouterOS has, and what there is for it.
constexpr Alias profile_words[] = {
    {"use-compression", "", never_compressed, ""},
    {"use-mpls", "", never_mpls, ""},
    {"interface-list", "", {}, no_filter},
    {"incoming-filter", "", {}, no_filter},
    {"outgoing-filter", "", {}, no_filter},
    {"dhcpv6-pd-pool", "", {}, no_prefix},
    {"dhcpv6-lease-time", "", {}, no_prefix},
    {"dhcpv6-use-radius", "", never_prefixed, ""},
    {"remote-ipv6-prefix-pool", "", {}, no_prefix},
    {"remote-ipv6-prefix-reuse", "", never_prefixed, ""},
    {"parent-queue", "", {}, no_queue},
    {"queue-type", "", {}, no_queue},
    {"insert-queue-before", "", {}, no_queue},
};
// clang-format on

}  // namespace

std::span<const Property> profile_properties() { return profiles; }
std::span<const Property> pool_properties() { return pools; }
std::span<const Alias> profile_aliases() { return profile_words; }

std::optional<Mistake> mistake_in(const Profile &profile) {
    const auto *local = std::get_if<base::Ipv4>(&profile.local_address.from);
    const auto *remote = std::get_if<base::Ipv4>(&profile.remote_address.from);
    if (local != nullptr && remote != nullptr && *local == *remote)
        return Mistake{"remote-address", "both ends of a session cannot have one address"};
    return std::nullopt;
}

std::optional<Mistake> mistake_in(const Pool &pool) {
    if (pool.ranges.empty())
        return Mistake{"ranges", "a pool has at least one address"};
    if (!pool.next_pool.empty() && pool.next_pool == pool.name)
        return Mistake{"next-pool", "a pool cannot be the next one of itself"};
    return std::nullopt;
}

// As RouterOS has them: with the first encryption is not asked for, with the second it
// is used where the peer agrees to it.
const std::vector<Profile> &built_in_profiles() {
    static const std::vector<Profile> both = [] {
        Profile plain;
        plain.name = "default";
        Profile encrypted;
        encrypted.name = "default-encryption";
        encrypted.use_encryption = Profile::UseEncryption::Yes;
        return std::vector<Profile>{plain, encrypted};
    }();
    return both;
}

bool is_built_in(std::string_view profile) {
    const auto &all = built_in_profiles();
    return std::any_of(all.begin(), all.end(), [&](const Profile &p) { return p.name == profile; });
}

}  // namespace rtun::config
