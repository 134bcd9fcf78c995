// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of all keywords. For a property of a client a row knows how to check and set the value,
// how to write it as a word, and how to hand it from one client to another (which is what `set`
// does); defaults are those of the Client structure and appear nowhere else.
#include <config/table.h>
#include <config/values.h>

#include <fmt/format.h>

#include <array>
#include <bit>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

constexpr std::uint8_t Everywhere = InAdd | InSet | InConnect;
constexpr std::uint8_t Kept = InAdd | InSet;

constexpr std::array<std::string_view, 2> yes_no{"yes", "no"};
constexpr std::array<std::string_view, 1> types{"pptp"};
constexpr std::array<std::string_view, 4> methods{"mschap2", "mschap1", "chap", "pap"};
constexpr std::array<std::string_view, 1> any{"any"};

// RTUN_REORDER_SLOTS_MAX and RTUN_REORDER_TIMEOUT_MAX of the kernel interface.
constexpr std::uint64_t reorder_slots_max = 1024;
constexpr std::uint64_t reorder_time_max = 10000;

template <auto Member>
void copy_member(const Client &from, Client &to) {
    to.*Member = from.*Member;
}

// A password and a password-file replace each other.
void copy_credentials(const Client &from, Client &to) {
    to.password = from.password;
    to.password_file = from.password_file;
}

template <auto Member>
std::string get_text(const Client &client) {
    return client.*Member;
}

template <auto Member>
std::string get_number(const Client &client) {
    return fmt::format("{}", client.*Member);
}

template <auto Member>
std::string get_time(const Client &client) {
    return fmt::format("{}", (client.*Member).count());
}

template <auto Member>
std::string get_yes_no(const Client &client) {
    return client.*Member ? "yes" : "no";
}

template <auto Member, std::uint64_t Low, std::uint64_t High>
Status set_text(Draft &draft, std::string_view value) {
    TRY(check_text(value, {Low, High}));
    draft.client.*Member = std::string(value);
    return {};
}

template <auto Member, std::uint64_t Low, std::uint64_t High>
Status set_number(Draft &draft, std::string_view value) {
    using Number = std::remove_reference_t<decltype(draft.client.*Member)>;
    draft.client.*Member = static_cast<Number>(TRY(parse_number(value, {Low, High})));
    return {};
}

template <auto Member, std::uint64_t Low, std::uint64_t High>
Status set_seconds(Draft &draft, std::string_view value) {
    draft.client.*Member = TRY(parse_seconds(value, {Low, High}));
    return {};
}

template <auto Member>
Status set_yes_no(Draft &draft, std::string_view value) {
    draft.client.*Member = TRY(parse_yes_no(value));
    return {};
}

Status set_type(Draft & /*draft*/, std::string_view value) {
    if (value != "pptp")
        return fail(ErrorCode::Invalid, "expected pptp");
    return {};
}

std::string get_type(const Client & /*client*/) { return "pptp"; }

void copy_nothing(const Client & /*from*/, Client & /*to*/) {}

Status set_connect_to(Draft &draft, std::string_view value) {
    TRY(parse_endpoint(value));
    draft.client.connect_to = std::string(value);
    return {};
}

Status set_password_file(Draft &draft, std::string_view value) {
    TRY(check_absolute_path(value));
    draft.client.password_file = std::string(value);
    return {};
}

Status set_password(Draft &draft, std::string_view value) {
    if (value == "(hidden)")
        return fail(ErrorCode::Invalid, "this stands for a secret that was not shown; put the "
                                        "password here, or use password-file");
    TRY(check_text(value, {1, 255}));  // RFC 1334 section 2.2.1: a one-octet length
    draft.client.password = base::Secret(value);
    return {};
}

std::string get_password(const Client &client) {
    const base::View bytes = client.password.reveal();
    return {bytes.begin(), bytes.end()};
}

Status set_allow(Draft &draft, std::string_view value) {
    const auth::MethodSet set = TRY(auth::MethodSet::parse(value));
    if (set.empty())
        return fail(ErrorCode::Invalid, "expected at least one of mschap2,mschap1,chap,pap");
    draft.client.allow = set;
    return {};
}

std::string get_allow(const Client &client) { return client.allow.text(); }

Status set_src_address(Draft &draft, std::string_view value) {
    if (value == "any") {
        draft.client.src_address = {};
        return {};
    }
    const auto address = base::Ipv4::parse(value);
    if (!address || address->value >= 0xe0000000U)  // multicast and up
        return fail(ErrorCode::Invalid, "expected an IPv4 address of this host, or any");
    draft.client.src_address = *address;
    return {};
}

std::string get_src_address(const Client &client) {
    return client.src_address.unspecified() ? "any" : client.src_address.text();
}

Status set_phone(Draft &draft, std::string_view value) {
    for (const char c : value) {
        if (c < 0x20 || c > 0x7e)
            return fail(ErrorCode::Invalid, "expected printable ASCII");
    }
    TRY(check_text(value, {0, 64}));  // RFC 2637 section 2.7: Phone Number
    draft.client.phone = std::string(value);
    return {};
}

std::string get_fwmark(const Client &client) {
    return client.fwmark == 0 ? "0" : fmt::format("{:#x}", client.fwmark);
}

Status set_reorder_slots(Draft &draft, std::string_view value) {
    const auto slots = parse_number(value, {0, reorder_slots_max});
    if (!slots || (*slots != 0 && !std::has_single_bit(*slots)))
        return fail(ErrorCode::Invalid,
                    fmt::format("expected 0 or a power of two up to {}", reorder_slots_max));
    draft.client.reorder_slots = static_cast<std::uint32_t>(*slots);
    return {};
}

Status set_reorder_time(Draft &draft, std::string_view value) {
    draft.client.reorder_time = TRY(parse_milliseconds(value, {1, reorder_time_max}));
    return {};
}

Status set_disabled(Draft &draft, std::string_view value) {
    draft.client.enabled = !TRY(parse_yes_no(value));
    return {};
}

std::string get_disabled(const Client &client) { return client.enabled ? "no" : "yes"; }

Status set_name(Draft &draft, std::string_view value) {
    TRY(check_device_name(value));
    draft.client.name = std::string(value);
    return {};
}

Status set_may_exist(Draft &draft, std::string_view /*value*/) {
    draft.may_exist = true;
    return {};
}

Status set_if_exists(Draft &draft, std::string_view /*value*/) {
    draft.if_exists = true;
    return {};
}

Status set_show_secrets(Draft &draft, std::string_view /*value*/) {
    draft.secrets = Reveal::Show;
    return {};
}

Status set_file(Draft &draft, std::string_view value) {
    TRY(check_text(value, {1, 4095}));
    draft.file = std::string(value);
    return {};
}

// clang-format off
constexpr Property table[] = {
    {"type", "pptp", "kind of tunnel",
     InAdd | InConnect, Need::Required, types,
     set_type, get_type, copy_nothing, nullptr},
    {"connect-to", "HOST[:PORT]", "the server: host name or IPv4 address (port 1723)",
     Everywhere, Need::Required, {},
     set_connect_to, get_text<&Client::connect_to>, copy_member<&Client::connect_to>, nullptr},
    {"user", "NAME", "login name, DOMAIN\\NAME where the server wants it; 1..255 octets",
     Everywhere, Need::Required, {},
     set_text<&Client::user, 1, 255>, get_text<&Client::user>, copy_member<&Client::user>, nullptr},
    {"password-file", "FILE", "absolute path; the password is its first line, its mode 0600",
     Everywhere, Need::RequiredOrAsked, {},
     set_password_file, get_text<&Client::password_file>, copy_credentials, nullptr},
    {"password", "TEXT", "1..255 octets; only in a file of mode 0600, never on the command line",
     Everywhere, Need::Optional, {},
     set_password, get_password, copy_credentials, &Client::password},
    {"allow", "LIST", "authentication methods to agree to: mschap2,mschap1,chap,pap",
     Everywhere, Need::Optional, methods,
     set_allow, get_allow, copy_member<&Client::allow>, nullptr},
    {"max-mtu", "OCTETS", "largest packet to send; 128..16384",
     Everywhere, Need::Optional, {},
     set_number<&Client::max_mtu, 128, 16384>, get_number<&Client::max_mtu>,
     copy_member<&Client::max_mtu>, nullptr},
    {"max-mru", "OCTETS", "largest packet to receive; 128..16384",
     Everywhere, Need::Optional, {},
     set_number<&Client::max_mru, 128, 16384>, get_number<&Client::max_mru>,
     copy_member<&Client::max_mru>, nullptr},
    {"add-default-route", "{ yes | no }", "install a default route through the tunnel",
     Everywhere, Need::Optional, yes_no,
     set_yes_no<&Client::add_default_route>, get_yes_no<&Client::add_default_route>,
     copy_member<&Client::add_default_route>, nullptr},
    {"default-route-distance", "METRIC", "metric of that route; 0..255",
     Everywhere, Need::Optional, {},
     set_number<&Client::default_route_distance, 0, 255>,
     get_number<&Client::default_route_distance>, copy_member<&Client::default_route_distance>,
     nullptr},
    {"use-peer-dns", "{ yes | no }", "ask for name servers and show them",
     Everywhere, Need::Optional, yes_no,
     set_yes_no<&Client::use_peer_dns>, get_yes_no<&Client::use_peer_dns>,
     copy_member<&Client::use_peer_dns>, nullptr},
    {"keepalive-timeout", "SECONDS", "silence after which LCP echoes ask for life; 0..65535, 0: off",
     Everywhere, Need::Optional, {},
     set_seconds<&Client::keepalive, 0, 65535>, get_time<&Client::keepalive>,
     copy_member<&Client::keepalive>, nullptr},
    {"src-address", "{ ADDRESS | any }", "address of this host to use; any: as the route says",
     Everywhere, Need::Optional, any,
     set_src_address, get_src_address, copy_member<&Client::src_address>, nullptr},
    {"phone", "NUMBER", "phone number in the Outgoing-Call-Request; 0..64 characters",
     Everywhere, Need::Optional, {},
     set_phone, get_text<&Client::phone>, copy_member<&Client::phone>, nullptr},
    {"fwmark", "MARK", "firewall mark of TCP and GRE packets; 0..0xffffffff, 0: none",
     Everywhere, Need::Optional, {},
     set_number<&Client::fwmark, 0, 0xffffffff>, get_fwmark, copy_member<&Client::fwmark>, nullptr},
    {"reorder-slots", "PACKETS", "held while one before them is missing; 0 or a power of two to 1024",
     Everywhere, Need::Optional, {},
     set_reorder_slots, get_number<&Client::reorder_slots>, copy_member<&Client::reorder_slots>,
     nullptr},
    {"reorder-time", "MILLISECONDS", "how long to wait for the missing one; 1..10000",
     Everywhere, Need::Optional, {},
     set_reorder_time, get_time<&Client::reorder_time>, copy_member<&Client::reorder_time>, nullptr},
    {"echo-interval", "SECONDS", "silence of the control connection before an echo; 1..3600",
     Everywhere, Need::Optional, {},
     set_seconds<&Client::echo_interval, 1, 3600>, get_time<&Client::echo_interval>,
     copy_member<&Client::echo_interval>, nullptr},
    {"echo-timeout", "SECONDS", "how long to wait for its reply; 1..3600",
     Everywhere, Need::Optional, {},
     set_seconds<&Client::echo_timeout, 1, 3600>, get_time<&Client::echo_timeout>,
     copy_member<&Client::echo_timeout>, nullptr},
    {"comment", "TEXT", "for people; 0..255 octets",
     Kept, Need::Optional, {},
     set_text<&Client::comment, 0, 255>, get_text<&Client::comment>,
     copy_member<&Client::comment>, nullptr},
    {"disabled", "{ yes | no }", "keep it, but do not dial",
     Kept, Need::Optional, yes_no,
     set_disabled, get_disabled, copy_member<&Client::enabled>, nullptr},

    {"name", "IFNAME", "of the interface; by default the first free of pptp-out1, pptp-out2, ...",
     InConnect, Need::Optional, {}, set_name, nullptr, nullptr, nullptr},
    {"may-exist", "", "no error if there is one of that name; it is left as it is",
     InAdd, Need::Optional, {}, set_may_exist, nullptr, nullptr, nullptr},
    {"if-exists", "", "no error if there is none",
     InDel, Need::Optional, {}, set_if_exists, nullptr, nullptr, nullptr},
    {"show-secrets", "", "print passwords instead of (hidden)",
     InExport, Need::Optional, {}, set_show_secrets, nullptr, nullptr, nullptr},
    {"config", "FILE", "what to start with; by default /etc/rtun/rtun.conf, if there is one",
     InDaemon, Need::Optional, {}, set_file, nullptr, nullptr, nullptr},
};
// clang-format on

}  // namespace

std::span<const Property> properties() { return table; }

}  // namespace rtun::config
