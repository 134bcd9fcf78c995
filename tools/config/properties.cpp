// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of the keywords of clients, and of the commands without an object of their own. For a
// property of a client a row knows how to check and set the value, how to write it as a word, and
// how to hand it from one client to another (which is what `set` does); defaults are those of the
// Client structure and appear nowhere else.
#include <config/links.h>
#include <config/property_values.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

constexpr std::uint16_t Everywhere = InAdd | InSet | InConnect;
constexpr std::uint16_t Changeable = InAdd | InSet;

constexpr std::array<std::string_view, 1> types{"pptp"};
constexpr std::array<std::string_view, 4> methods{"mschap2", "mschap1", "chap", "pap"};
constexpr std::array<std::string_view, 1> any{"any"};
constexpr std::array<std::string_view, 5> encryptions{"no", "auto", "required", "passive",
                                                      "profile"};
constexpr std::array<std::string_view, 3> dns_uses{"no", "yes", "exclusively"};
constexpr std::array<std::string_view, 2> all_quirks{"none", "bezeq-israel"};
constexpr std::array<std::string_view, 4> key_lengths{"auto", "128", "56", "40"};
constexpr std::array<std::string_view, 4> test_types{"0", "1", "2", "3"};
constexpr std::array<std::string_view, 2> resyncs{"rfc", "linux"};
constexpr std::array<std::string_view, 3> mp_modes{"whole", "balance", "round-robin"};
constexpr std::array<std::string_view, 3> log_levels{"warning", "info", "debug"};

Status set_type(Draft & /*draft*/, std::string_view value) {
    if (value != "pptp")
        return fail(ErrorCode::Invalid, "expected pptp");
    return {};
}

std::string get_type(const Client & /*client*/) { return "pptp"; }

void copy_nothing(const Client & /*from*/, Client & /*to*/) {}

Status set_connect_to(Draft &draft, std::string_view value) {
    TRY(parse_endpoints(value));
    draft.client.connect_to = std::string(value);
    return {};
}

Status set_allow(Draft &draft, std::string_view value) {
    const auth::MethodSet set = TRY(auth::MethodSet::parse(value));
    if (set.empty())
        return fail(ErrorCode::Invalid, "expected at least one of mschap2,mschap1,chap,pap");
    draft.client.allow = set;
    return {};
}

std::string get_allow(const Client &client) { return client.allow.text(); }

// The words in the order of the enumerations.
Status set_encryption(Draft &draft, std::string_view value) {
    const auto found = std::find(encryptions.begin(), encryptions.end(), value);
    if (found == encryptions.end())
        return fail(ErrorCode::Invalid, "expected no, auto, required, passive or profile");
    if (value == encryptions.back())
        draft.client.encryption.reset();
    else
        draft.client.encryption = static_cast<ppp::Encryption>(found - encryptions.begin());
    return {};
}

std::string get_encryption(const Client &client) {
    return std::string(client.encryption
                           ? encryptions.at(static_cast<std::size_t>(*client.encryption))
                           : encryptions.back());
}

Status set_peer_dns(Draft &draft, std::string_view value) {
    const auto found = std::find(dns_uses.begin(), dns_uses.end(), value);
    if (found == dns_uses.end())
        return fail(ErrorCode::Invalid, "expected no, yes or exclusively");
    draft.client.use_peer_dns = static_cast<PeerDns>(found - dns_uses.begin());
    return {};
}

std::string get_peer_dns(const Client &client) {
    return std::string(dns_uses.at(static_cast<std::size_t>(client.use_peer_dns)));
}

Status set_quirks(Draft &draft, std::string_view value) {
    const auto found = std::find(all_quirks.begin(), all_quirks.end(),
                                 value == "BEZEQ_ISRAEL" ? all_quirks.back() : value);
    if (found == all_quirks.end())
        return fail(ErrorCode::Invalid, "expected none or bezeq-israel");
    draft.client.quirks = static_cast<Quirks>(found - all_quirks.begin());
    return {};
}

std::string get_quirks(const Client &client) {
    return std::string(all_quirks.at(static_cast<std::size_t>(client.quirks)));
}

// pptp(8) has 0.01 to 10 seconds, with decimals.
base::Result<std::string> seconds_to_milliseconds(std::string_view value) {
    double seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc{} || end != value.data() + value.size() || !(seconds >= 0.01) ||
        !(seconds <= 10))
        return fail(ErrorCode::Invalid, "expected seconds, 0.01..10");
    return std::to_string(std::lround(seconds * 1000));
}

Status set_mppe(Draft &draft, std::string_view value) {
    draft.client.mppe = TRY(ppp::MppeStrengths::parse(value));
    return {};
}

std::string get_mppe(const Client &client) { return client.mppe.text(); }

Status set_mppe_resync(Draft &draft, std::string_view value) {
    const auto found = std::find(resyncs.begin(), resyncs.end(), value);
    if (found == resyncs.end())
        return fail(ErrorCode::Invalid, "expected rfc or linux");
    draft.client.mppe_resync = static_cast<MppeResync>(found - resyncs.begin());
    return {};
}

std::string get_mppe_resync(const Client &client) {
    return std::string(resyncs.at(static_cast<std::size_t>(client.mppe_resync)));
}

base::Result<base::Ipv4> read_source(std::string_view word) {
    if (word == "any")
        return base::Ipv4{};
    const auto address = base::Ipv4::parse(word);
    if (!address || address->value >= 0xe0000000U)  // multicast and up
        return fail(ErrorCode::Invalid, "expected an IPv4 address of this host, or any");
    return *address;
}

std::string source_text(base::Ipv4 address) {
    return address.unspecified() ? "any" : address.text();
}

base::Result<std::string> read_interface(std::string_view word) {
    if (word == "any")
        return std::string();
    TRY(check_device_name(word));
    return std::string(word);
}

std::string interface_text(const std::string &name) { return name.empty() ? "any" : name; }

Status set_loss_time(Draft &draft, std::string_view value) {
    constexpr std::uint64_t longest = 10000;  // RTUN_LOSS_TIME_MAX
    draft.client.mp_loss_time = TRY(parse_milliseconds(value, {1, longest}));
    return {};
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

Status set_name(Draft &draft, std::string_view value) {
    TRY(check_device_name(value));
    draft.client.name = std::string(value);
    return {};
}

Status set_file(Draft &draft, std::string_view value) {
    TRY(check_text(value, {1, 4095}));
    draft.file = std::string(value);
    return {};
}

Status set_log_level(Draft &draft, std::string_view value) {
    using base::log::Level;
    constexpr std::array levels{Level::Warning, Level::Info, Level::Debug};
    const auto found = std::find(log_levels.begin(), log_levels.end(), value);
    if (found == log_levels.end())
        return fail(ErrorCode::Invalid, "expected " + one_of(log_levels));
    draft.log_level = levels.at(static_cast<std::size_t>(found - log_levels.begin()));
    return {};
}

// clang-format off
constexpr Property table[] = {
    {"type", "pptp", "kind of tunnel",
     InAdd | InConnect, Need::Required, types,
     set_type, {get_type, copy_nothing, nullptr}},
    {"connect-to", "HOST[:PORT][,...]", "the server: host name or IPv4 address (port 1723); more than one: tried in turn",
     Everywhere, Need::Required, {},
     set_connect_to, as_text<&Client::connect_to>()},
    {"user", "NAME", "login name, DOMAIN\\NAME where the server wants it; 1..255 octets",
     Everywhere, Need::Required, {},
     set_text<&Client::user, 1, 255>, as_text<&Client::user>()},
    {"password-file", "FILE", "absolute path; the password is its first line, its mode 0600",
     Everywhere, Need::RequiredOrAsked, {},
     set_password_file<Client>, as_password_file<Client>()},
    {"password", "TEXT", "1..255 octets; only in a file of mode 0600, never on the command line",
     Everywhere, Need::Optional, {},
     set_password<Client>, as_password<Client>()},
    {"allow", "LIST", "authentication methods to agree to: mschap2,mschap1,chap,pap",
     Everywhere, Need::Optional, methods,
     set_allow, {get_allow, copy_member<&Client::allow>, nullptr}},
    {"profile", "NAME", "what holds where nothing else is said; 1..64 octets",
     Everywhere, Need::Optional, {},
     set_text<&Client::profile, 1, 64>, as_text<&Client::profile>()},
    {"encryption", "{ no | auto | required | passive | profile }", "auto: if the server agrees; passive: if it asks; required: or no tunnel",
     Everywhere, Need::Optional, encryptions,
     set_encryption, {get_encryption, copy_member<&Client::encryption>, nullptr}},
    {"mppe", "LIST", "key lengths to agree to: 128,56,40; auto: 128. 40 and 56 are insecure",
     Everywhere, Need::Optional, key_lengths,
     set_mppe, {get_mppe, copy_member<&Client::mppe>, nullptr}},
    {"mppe-stateful", "{ no | yes | only }", "yes: agree to stateful mode if the server insists on it; only: to nothing else",
     Everywhere, Need::Optional, stateful_choices,
     set_choice<&Client::mppe_stateful, stateful_choices>, as_choice<&Client::mppe_stateful, stateful_choices>()},
    {"mppe-resync", "{ rfc | linux }", "key of a flushed packet in stateful mode: as RFC 3078 or Linux has it",
     Everywhere, Need::Optional, resyncs,
     set_mppe_resync, {get_mppe_resync, copy_member<&Client::mppe_resync>, nullptr}},
    {"max-mtu", "{ OCTETS | auto }", "largest packet to send; auto: what fits the path; 128..16384",
     Everywhere, Need::Optional, automatic_size,
     set_packet_size<&Client::max_mtu>, as_packet_size<&Client::max_mtu>()},
    {"max-mru", "{ OCTETS | auto }", "largest packet to receive; auto: what fits the path; 128..16384",
     Everywhere, Need::Optional, automatic_size,
     set_packet_size<&Client::max_mru>, as_packet_size<&Client::max_mru>()},
    {"add-default-route", "{ yes | no }", "install a default route through the tunnel",
     Everywhere, Need::Optional, yes_no_choices,
     set_yes_no<&Client::add_default_route>, as_yes_no<&Client::add_default_route>()},
    {"default-route-distance", "METRIC", "metric of that route; 0..255",
     Everywhere, Need::Optional, {},
     set_number<&Client::default_route_distance, 0, 255>,
     as_number<&Client::default_route_distance>()},
    {"host-route", "{ yes | no }", "before a default route, pin the way to the server",
     Everywhere, Need::Optional, yes_no_choices,
     set_yes_no<&Client::host_route>, as_yes_no<&Client::host_route>()},
    {"dial-on-demand", "{ yes | no }", "dial when there is something to send through it",
     Changeable, Need::Optional, yes_no_choices,
     set_yes_no<&Client::dial_on_demand>, as_yes_no<&Client::dial_on_demand>()},
    {"idle-timeout", "SECONDS", "hang up when nothing was carried for so long; 0..86400, 0: never",
     Everywhere, Need::Optional, {},
     set_seconds<&Client::idle_timeout, 0, 86400>, as_time<&Client::idle_timeout>()},
    {"use-peer-dns", "{ yes | no | exclusively }", "use the name servers that the server tells; exclusively: no others",
     Everywhere, Need::Optional, dns_uses,
     set_peer_dns, {get_peer_dns, copy_member<&Client::use_peer_dns>, nullptr}},
    {"ipv6", "{ yes | no }", "carry IPv6 too, if the server agrees to it",
     Everywhere, Need::Optional, yes_no_choices,
     set_yes_no<&Client::ipv6>, as_yes_no<&Client::ipv6>()},
    {"keepalive-timeout", "SECONDS", "silence after which LCP echoes ask for life; 0..65535, 0: off",
     Everywhere, Need::Optional, {},
     set_seconds<&Client::keepalive, 0, 65535>, as_time<&Client::keepalive>()},
    {"src-address", "{ ADDRESS[,...] | any }", "address of this host to use; any: as the route says; several: of links",
     Everywhere, Need::Optional, any,
     set_of_links<&Client::src_address, read_source>, as_of_links<&Client::src_address, source_text>()},
    {"src-interface", "{ IFNAME[,...] | any }", "interface to leave by; any: as the route says; several: of links",
     Everywhere, Need::Optional, any,
     set_of_links<&Client::src_interface, read_interface>, as_of_links<&Client::src_interface, interface_text>()},
    {"mrru", "{ OCTETS | disabled }", "multilink: longest packet to put together; 512..65535; a link for each server or source",
     Everywhere, Need::Optional, no_mrru,
     set_mrru<&Client::mrru>, as_mrru<&Client::mrru>()},
    {"link-rate", "{ RATE[,...] | any }", "of each link, as 20M: how packets are shared out; any: all the same",
     Everywhere, Need::Optional, any,
     set_of_links<&Client::link_rate, read_link_rate>, as_of_links<&Client::link_rate, link_rate_text>()},
    {"mp-mode", "{ whole | balance | round-robin }", "packets whole where they are there first, in fragments, or in turn",
     Everywhere, Need::Optional, mp_modes,
     set_choice<&Client::mp_mode, mp_modes>, as_choice<&Client::mp_mode, mp_modes>()},
    {"mp-loss-time", "MILLISECONDS", "how long to wait for a missing fragment; 1..10000",
     Everywhere, Need::Optional, {},
     set_loss_time, as_time<&Client::mp_loss_time>()},
    {"phone", "NUMBER", "phone number in the Outgoing-Call-Request; 0..64 characters",
     Everywhere, Need::Optional, {},
     set_phone, as_text<&Client::phone>()},
    {"quirks", "{ none | bezeq-israel }", "words that some modems need to hear",
     Everywhere, Need::Optional, all_quirks,
     set_quirks, {get_quirks, copy_member<&Client::quirks>, nullptr}},
    {"fwmark", "MARK", "firewall mark of TCP and GRE packets; 0..0xffffffff, 0: none",
     Everywhere, Need::Optional, {},
     set_number<&Client::fwmark, 0, 0xffffffff>, as_hexadecimal<&Client::fwmark>()},
    {"reorder-slots", "PACKETS", "held while one before them is missing; 0 or a power of two to 1024",
     Everywhere, Need::Optional, {},
     set_reorder_slots<&Client::reorder_slots>, as_number<&Client::reorder_slots>()},
    {"reorder-time", "MILLISECONDS", "how long to wait for the missing one; 1..10000",
     Everywhere, Need::Optional, {},
     set_reorder_time<&Client::reorder_time>, as_time<&Client::reorder_time>()},
    {"test-type", "{ 0 | 1 | 2 | 3 }", "send out of order on purpose: 1: two are swapped; 2: one overtakes ten; 3: eleven go backwards",
     Everywhere, Need::Optional, test_types,
     set_number<&Client::test_type, 0, 3>, as_number<&Client::test_type>()},
    {"test-rate", "PACKETS", "in order between two such tests; 1..1000000",
     Everywhere, Need::Optional, {},
     set_number<&Client::test_rate, 1, 1000000>, as_number<&Client::test_rate>()},
    {"echo-interval", "SECONDS", "silence of the control connection before an echo; 1..3600",
     Everywhere, Need::Optional, {},
     set_seconds<&Client::echo_interval, 1, 3600>, as_time<&Client::echo_interval>()},
    {"echo-timeout", "SECONDS", "how long to wait for its reply; 1..3600",
     Everywhere, Need::Optional, {},
     set_seconds<&Client::echo_timeout, 1, 3600>, as_time<&Client::echo_timeout>()},
    {"log-tag", "TEXT", "what its lines in the log begin with; 0..64 octets, none: its name",
     Everywhere, Need::Optional, {},
     set_text<&Client::log_tag, 0, 64>, as_text<&Client::log_tag>()},
    {"comment", "TEXT", "for people; 0..255 octets",
     Changeable, Need::Optional, {},
     set_text<&Client::comment, 0, 255>, as_text<&Client::comment>()},
    {"disabled", "{ yes | no }", "keep it, but do not dial",
     Changeable, Need::Optional, yes_no_choices,
     set_disabled<&Client::enabled>, as_disabled<&Client::enabled>()},

    {"name", "IFNAME", "of the interface; by default the first free of pptp-out1, pptp-out2, ...",
     InConnect, Need::Optional, {}, set_name},
    {"copy-from", "NAME", "what is not said is as this client has it",
     InAdd, Need::Optional, {}, set_copy_from<check_device_name>},
    {"may-exist", "", "no error if there is one of that name; it is left as it is",
     InAdd, Need::Optional, {}, set_may_exist},
    {"if-exists", "", "no error if there is none",
     InDel, Need::Optional, {}, set_if_exists},
    {"show-secrets", "", "print passwords instead of (hidden)",
     InExport, Need::Optional, {}, set_show_secrets},
    {"config", "FILE", "what to start with; by default /etc/rtun/rtun.conf, if there is one",
     InDaemon, Need::Optional, {}, set_file},
    {"log-level", "{ warning | info | debug }", "what is told: what somebody has to act on, that and what happens, all; by default info",
     InDaemon | InConnect, Need::Optional, log_levels, set_log_level},
};

constexpr std::string_view no_pppd = "there is no pppd that it could be about: rtun speaks PPP itself";

constexpr ValueAlias levels_of_pptp[] = {{"0", "warning", ""}, {"1", "info", ""}, {"2", "debug", ""}};

// The words of RouterOS, and of pptp(8) without its dashes.
constexpr Alias other_words[] = {
    {"mtu", "max-mtu", {}, ""},
    {"mru", "max-mru", {}, ""},
    {"localbind", "src-address", {}, ""},
    {"rtmark", "fwmark", {}, ""},
    {"nohostroute", "host-route", {}, "", "no"},
    {"nobuffer", "reorder-slots", {}, "", "0"},
    {"timeout", "reorder-time", {}, "", {}, seconds_to_milliseconds},
    {"idle-wait", "echo-interval", {}, ""},
    {"max-echo-wait", "echo-timeout", {}, ""},
    {"logstring", "log-tag", {}, ""},
    {"loglevel", "log-level", levels_of_pptp, ""},
    {"nolaunchpppd", "", {}, no_pppd},
    {"sync", "", {}, no_pppd},
};
// clang-format on

}  // namespace

std::span<const Property> client_properties() { return table; }
std::span<const Alias> client_aliases() { return other_words; }

namespace {

// What cannot be beside frames, of which the profile speaks and not the client.
std::optional<Mistake> mistake_in_port(const Client &client) {
    if (client.port.bridge.empty())
        return std::nullopt;
    const std::pair<bool, std::string_view> of_ip[] = {
        {client.add_default_route, "add-default-route"},
        {client.dial_on_demand, "dial-on-demand"},
        {client.ipv6, "ipv6"}};
    for (const auto &[asked, word] : of_ip)
        if (asked)
            return Mistake{word,
                           fmt::format("{} is for packets of IP, and profile \"{}\" makes the "
                                       "tunnel a port of bridge \"{}\"",
                                       word, client.profile, client.port.bridge)};
    return std::nullopt;
}

}  // namespace

std::optional<Mistake> mistake_in(const Client &client) {
    if (auto wrong = mistake_in_port(client))
        return wrong;
    if (client.encryption == ppp::Encryption::Required && client.allow.with_keys().empty())
        return Mistake{"allow", "encryption required takes its keys from mschap2 or mschap1"};
    return mistake_in_links(client);
}

}  // namespace rtun::config
