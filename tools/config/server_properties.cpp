// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of the keywords of the PPTP server and of accounting, of which there is one each, and of
// commands that are about no object; the words that RouterOS and Cisco have for them.
#include <config/property_values.h>

#include <config/lists.h>

#include <array>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

using S = PptpServer;

// RTUN_STATIC_RTT_MAX of the kernel interface.
constexpr std::uint64_t static_rtt_max = 60000;

constexpr std::array<std::string_view, 4> methods{"mschap2", "mschap1", "chap", "pap"};
constexpr std::array<std::string_view, 4> key_lengths{"auto", "128", "56", "40"};
constexpr std::array<std::string_view, 2> resyncs{"rfc", "linux"};
constexpr std::array<std::string_view, 1> any{"any"};
constexpr std::array<std::string_view, 1> unlimited{"unlimited"};
constexpr std::array<std::string_view, 1> adaptive{"adaptive"};

Status set_max_sessions(Draft &draft, std::string_view value) {
    const auto number = parse_number(value, {0, 0xffffffff});
    if (!number && value != "unlimited")
        return fail(ErrorCode::Invalid, "expected unlimited or a number, 1..4294967295");
    draft.pptp_server.max_sessions = number ? static_cast<std::uint32_t>(*number) : 0;
    return {};
}
std::string get_max_sessions(const S &server) {
    return server.max_sessions == 0 ? "unlimited" : fmt::format("{}", server.max_sessions);
}

Status set_static_rtt(Draft &draft, std::string_view value) {
    const auto time = parse_milliseconds(value, {0, static_rtt_max});
    if (!time && value != "adaptive")
        return fail(ErrorCode::Invalid, "expected adaptive or milliseconds (or Nms, Ns), 1..60000");
    draft.pptp_server.static_rtt = time ? *time : std::chrono::milliseconds{0};
    return {};
}
std::string get_static_rtt(const S &server) {
    return server.static_rtt.count() == 0 ? "adaptive"
                                          : fmt::format("{}", server.static_rtt.count());
}

Status set_default_profile(Draft &draft, std::string_view value) {
    TRY(check_object_name(value));
    draft.pptp_server.default_profile = std::string(value);
    return {};
}

Status set_user(Draft &draft, std::string_view value) {
    TRY(check_user_name(value));
    draft.records.user = std::string(value);
    return {};
}
Status set_limit(Draft &draft, std::string_view value) {
    draft.records.limit = static_cast<std::uint32_t>(TRY(parse_number(value, {1, 100000})));
    return {};
}
Status set_capture_file(Draft &draft, std::string_view value) {
    TRY(check_text(value, {1, 4095}));
    draft.file = std::string(value);
    return {};
}
Status set_count(Draft &draft, std::string_view value) {
    draft.count = TRY(parse_number(value, {1, 0xffffffff}));
    return {};
}

// clang-format off
constexpr Property server_table[] = {
    {"enabled", "{ yes | no }", "whether it listens",
     InSet, Need::Optional, yes_no_choices,
     set_yes_no<&S::enabled>, as_yes_no<&S::enabled>()},
    {"listen", "LIST", "where: { ADDRESS | any }[:PORT][@VRF] (port 1723)",
     InSet, Need::Optional, any,
     set_written<&S::listen>, as_written<&S::listen>()},
    {"authentication", "LIST", "methods to take: mschap2,mschap1,chap,pap; all but mschap2 are weak",
     InSet, Need::Optional, methods,
     set_written<&S::authentication>, as_written<&S::authentication>()},
    {"default-profile", "NAME", "what holds where user and profile say nothing",
     InSet, Need::Optional, {},
     set_default_profile, as_text<&S::default_profile>()},
    {"max-mtu", "{ OCTETS | auto }", "largest packet to send; auto: what fits the path; 128..16384",
     InSet, Need::Optional, automatic_size,
     set_packet_size<&S::max_mtu>, as_packet_size<&S::max_mtu>()},
    {"max-mru", "{ OCTETS | auto }", "largest packet to receive; auto: what fits the path; 128..16384",
     InSet, Need::Optional, automatic_size,
     set_packet_size<&S::max_mru>, as_packet_size<&S::max_mru>()},
    {"keepalive-timeout", "SECONDS", "silence after which LCP echoes ask for life; 0..65535, 0: off",
     InSet, Need::Optional, {},
     set_seconds<&S::keepalive, 0, 65535>, as_time<&S::keepalive>()},
    {"max-sessions", "{ NUMBER | unlimited }", "at one time; 1..4294967295",
     InSet, Need::Optional, unlimited,
     set_max_sessions, {get_max_sessions, copy_member<&S::max_sessions>, nullptr}},
    {"one-session-per-host", "{ yes | no }", "a new one of an address ends the one before",
     InSet, Need::Optional, yes_no_choices,
     set_yes_no<&S::one_session_per_host>, as_yes_no<&S::one_session_per_host>()},
    {"allow-from", "{ LIST | any }", "ADDRESS[/LENGTH] of those that may connect",
     InSet, Need::Optional, any,
     set_written<&S::allow_from>, as_written<&S::allow_from>()},
    {"max-half-open", "NUMBER", "calls that are not authenticated yet; 1..65535",
     InSet, Need::Optional, {},
     set_number<&S::max_half_open, 1, 65535>, as_number<&S::max_half_open>()},
    {"max-half-open-per-host", "NUMBER", "and of one address; 1..65535",
     InSet, Need::Optional, {},
     set_number<&S::max_half_open_per_host, 1, 65535>, as_number<&S::max_half_open_per_host>()},
    {"connection-rate", "NUMBER", "new connections a second of one address; 0..65535, 0: any",
     InSet, Need::Optional, {},
     set_number<&S::connection_rate, 0, 65535>, as_number<&S::connection_rate>()},
    {"receive-window", "PACKETS", "that a client may send before one is acknowledged; 1..65535",
     InSet, Need::Optional, {},
     set_number<&S::receive_window, 1, 65535>, as_number<&S::receive_window>()},
    {"static-rtt", "{ MILLISECONDS | adaptive }", "to wait for an acknowledgement before the alarm; 1..60000",
     InSet, Need::Optional, adaptive,
     set_static_rtt, {get_static_rtt, copy_member<&S::static_rtt>, nullptr}},
    {"echo-interval", "SECONDS", "silence of a control connection before an echo; 1..3600",
     InSet, Need::Optional, {},
     set_seconds<&S::echo_interval, 1, 3600>, as_time<&S::echo_interval>()},
    {"echo-timeout", "SECONDS", "how long to wait for its reply; 1..3600",
     InSet, Need::Optional, {},
     set_seconds<&S::echo_timeout, 1, 3600>, as_time<&S::echo_timeout>()},
    {"mppe", "LIST", "key lengths to agree to: 128,56,40; auto: 128. 40 and 56 are insecure",
     InSet, Need::Optional, key_lengths,
     set_written<&S::mppe>, as_written<&S::mppe>()},
    {"mppe-stateful", "{ no | yes | only }", "yes: agree to stateful mode if a client insists on it; only: to nothing else",
     InSet, Need::Optional, stateful_choices,
     set_choice<&S::mppe_stateful, stateful_choices>, as_choice<&S::mppe_stateful, stateful_choices>()},
    {"mppe-resync", "{ rfc | linux }", "key of a flushed packet in stateful mode: as RFC 3078 or Linux has it",
     InSet, Need::Optional, resyncs,
     set_choice<&S::mppe_resync, resyncs>, as_choice<&S::mppe_resync, resyncs>()},
    {"reorder-slots", "PACKETS", "held while one before them is missing; 0 or a power of two to 1024",
     InSet, Need::Optional, {},
     set_reorder_slots<&S::reorder_slots>, as_number<&S::reorder_slots>()},
    {"reorder-time", "MILLISECONDS", "how long to wait for the missing one; 1..10000",
     InSet, Need::Optional, {},
     set_reorder_time<&S::reorder_time>, as_time<&S::reorder_time>()},
    {"rechallenge", "SECONDS", "how often a user has to prove itself again; 0..86400, 0: never",
     InSet, Need::Optional, {},
     set_seconds<&S::rechallenge, 0, 86400>, as_time<&S::rechallenge>()},
    {"fwmark", "MARK", "firewall mark of GRE packets; 0..0xffffffff, 0: none",
     InSet, Need::Optional, {},
     set_number<&S::fwmark, 0, 0xffffffff>, as_hexadecimal<&S::fwmark>()},
    {"mrru", "{ OCTETS | disabled }", "multilink: longest packet that is put together; 512..65535",
     InSet, Need::Optional, no_mrru,
     set_mrru<&S::mrru>, as_mrru<&S::mrru>()},
    {"max-links", "NUMBER", "calls that may be one session with multilink; 1..16",
     InSet, Need::Optional, {},
     set_number<&S::max_links, 1, MaxLinks>, as_number<&S::max_links>()},
};

constexpr Property accounting_table[] = {
    {"enabled", "{ yes | no }", "whether records of sessions are kept",
     InSet, Need::Optional, yes_no_choices,
     set_yes_no<&Accounting::enabled>, as_yes_no<&Accounting::enabled>()},
    {"interim-update", "SECONDS", "how often counters are written while a session is up; 0..86400, 0: never",
     InSet, Need::Optional, {},
     set_seconds<&Accounting::interim_update, 0, 86400>, as_time<&Accounting::interim_update>()},
    {"keep", "NUMBER", "of finished sessions; 0..10000000",
     InSet, Need::Optional, {},
     set_number<&Accounting::keep, 0, 10000000>, as_number<&Accounting::keep>()},

    {"user", "NAME", "sessions of this user",
     InShow, Need::Optional, {}, set_user},
    {"limit", "NUMBER", "so many, the latest first; 1..100000",
     InShow, Need::Optional, {}, set_limit},
};

constexpr Property command_table[] = {
    {"-w", "FILE", "where to; - is standard output",
     InCapture, Need::Required, {}, set_capture_file},
    {"count", "FRAMES", "end after so many; 1..4294967295",
     InCapture, Need::Optional, {}, set_count},
    {"show-secrets", "", "passwords as they are, instead of hiding them",
     InCapture, Need::Optional, {}, set_show_secrets},
    {"dry-run", "", "print the commands and do nothing",
     InImport, Need::Optional, {}, set_dry_run},
};

constexpr ValueAlias opposite[] = {{"yes", "no", ""}, {"no", "yes", ""}};

// RouterOS 2.8 and 7, and Cisco's "pptp flow-control" and "pptp tunnel echo".
constexpr Alias server_words[] = {
    {"disabled", "enabled", opposite, ""},
    {"mtu", "max-mtu", {}, ""},
    {"mru", "max-mru", {}, ""},
    {"tunnel-echo", "echo-interval", {}, ""},
};
// clang-format on

}  // namespace

std::span<const Property> pptp_server_properties() { return server_table; }
std::span<const Property> accounting_properties() { return accounting_table; }
std::span<const Property> command_properties() { return command_table; }
std::span<const Alias> pptp_server_aliases() { return server_words; }

std::optional<Mistake> mistake_in(const PptpServer &server) {
    if (server.default_profile.empty())
        return Mistake{"default-profile", "a server has a default-profile"};
    if (server.listen.empty())
        return Mistake{"listen", "a server listens somewhere"};
    return std::nullopt;
}

std::optional<Mistake> mistake_in(const Accounting & /*accounting*/) { return std::nullopt; }

}  // namespace rtun::config
