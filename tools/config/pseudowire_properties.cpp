// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of the keywords of pseudowires, the words that RouterOS has for them, and what cannot
// stand together. Defaults are those of the Pseudowire structure and appear nowhere else.
#include <config/property_values.h>

#include <base/bytes.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

using P = Pseudowire;

// The words of an enumeration, in its order.
constexpr std::array<std::string_view, 2> encaps{"udp", "ip"};
constexpr std::array<std::string_view, 2> sublayers{"none", "default"};
constexpr std::array<std::string_view, 4> sequencings{"none", "send", "receive", "both"};
constexpr std::array<std::string_view, 2> types{"ethernet", "vlan"};
constexpr std::array<std::string_view, 4> fragments{"auto", "no", "yes", "inherit"};
constexpr std::array<std::string_view, 2> circuits{"down", "up"};
constexpr std::array<std::string_view, 1> automatic{"auto"};
constexpr std::array<std::string_view, 1> any{"any"};
constexpr std::array<std::string_view, 1> inherit{"inherit"};
constexpr std::array<std::string_view, 1> none{"none"};

template <auto Member>
Status set_host(Draft &draft, std::string_view value) {
    TRY(check_host(value));
    member_of<Member>(draft) = std::string(value);
    return {};
}

Status set_local(Draft &draft, std::string_view value) {
    if (value != "any")
        TRY(check_host(value));
    draft.pseudowire.local = std::string(value);
    return {};
}

// 0 stands for "not given" and so for no word at all.
template <auto Member>
std::string get_id(const P &from) {
    return from.*Member == 0 ? "" : fmt::format("{}", from.*Member);
}
template <auto Member>
constexpr auto as_id() {
    return accessed<Member>(get_id<Member>);
}

template <auto Member>
Status set_cookie(Draft &draft, std::string_view value) {
    base::Bytes cookie;
    const bool hexadecimal = value.find_first_not_of("0123456789abcdefABCDEF") == value.npos;
    if (value != "none" && (!hexadecimal || (value.size() != 8 && value.size() != 16)))
        return fail(ErrorCode::Invalid,
                    "a cookie has 8 or 16 hexadecimal digits, without 0x, or is none");
    for (std::size_t i = 0; value != "none" && i < value.size(); i += 2) {
        std::uint8_t octet = 0;
        (void)std::from_chars(value.data() + i, value.data() + i + 2, octet, 16);
        cookie.push_back(octet);
    }
    member_of<Member>(draft) = std::move(cookie);
    return {};
}
template <auto Member>
std::string get_cookie(const P &from) {
    return (from.*Member).empty() ? "none" : base::to_hex(from.*Member);
}
template <auto Member>
constexpr auto as_cookie() {
    return accessed<Member>(get_cookie<Member>);
}

template <auto Member, std::uint64_t Low, std::uint64_t High>
Status set_duration(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = TRY(parse_duration(value, {Low, High}));
    return {};
}
template <auto Member>
std::string get_duration(const P &from) {
    return duration_text(from.*Member);
}
template <auto Member>
constexpr auto as_duration() {
    return accessed<Member>(get_duration<Member>);
}

Status set_mac(Draft &draft, std::string_view value) {
    draft.pseudowire.mac.reset();
    if (value == "auto")
        return {};
    const auto mac = base::Mac::parse(value);
    if (!mac || !mac->unicast())
        return fail(ErrorCode::Invalid,
                    "expected the Ethernet address of a station, as 02:00:5e:10:00:01, or auto");
    draft.pseudowire.mac = *mac;
    return {};
}
std::string get_mac(const P &from) { return from.mac ? from.mac->text() : "auto"; }

Status set_mtu(Draft &draft, std::string_view value) {
    const auto mtu = parse_number(value, {68, 65535});
    if (!mtu && value != "auto")
        return fail(ErrorCode::Invalid, "expected auto or a number, 68..65535");
    draft.pseudowire.mtu = mtu ? static_cast<std::uint32_t>(*mtu) : 0;
    return {};
}
std::string get_mtu(const P &from) { return from.mtu == 0 ? "auto" : fmt::format("{}", from.mtu); }

Status set_tos(Draft &draft, std::string_view value) {
    draft.pseudowire.tos = 0;
    draft.pseudowire.tos_inherit = value == "inherit";
    if (draft.pseudowire.tos_inherit)
        return {};
    const auto tos = parse_number(value, {0, 0xfc});
    if (!tos || (*tos & 3U) != 0)  // RFC 3168: these two bits are ECN's
        return fail(ErrorCode::Invalid, "expected inherit or a multiple of 4, 0..0xfc");
    draft.pseudowire.tos = static_cast<std::uint8_t>(*tos);
    return {};
}
std::string get_tos(const P &from) {
    return from.tos_inherit ? "inherit" : get_hexadecimal<&P::tos>(from);
}
void copy_tos(const P &from, P &to) {
    to.tos = from.tos;
    to.tos_inherit = from.tos_inherit;
}

Status set_interface(Draft &draft, std::string_view value) {
    draft.pseudowire.interface.clear();
    if (value == "any")
        return {};
    TRY(check_device_name(value));
    draft.pseudowire.interface = std::string(value);
    return {};
}
std::string get_interface(const P &from) { return from.interface.empty() ? "any" : from.interface; }

constexpr std::uint16_t Fixed = InAdd;  // given when it is made, and never changed
constexpr std::uint16_t Changeable = InAdd | InSet;
constexpr std::uint64_t Id = 0xffffffff;

// clang-format off
constexpr Property table[] = {
    {"local", "{ ADDRESS | any }", "address of this host, IPv4 or IPv6; any: as the route says",
     Fixed, Need::Required, any,
     set_local, as_text<&P::local>()},
    {"remote", "ADDRESS", "address or name of the other end",
     Fixed, Need::Required, {},
     set_host<&P::remote>, as_text<&P::remote>()},
    {"encap", "{ udp | ip }", "carried by UDP, or by IP as protocol 115",
     Fixed, Need::Optional, encaps,
     set_choice<&P::encap, encaps>, as_choice<&P::encap, encaps>()},
    {"sport", "PORT", "UDP port of this end; 1..65535",
     Fixed, Need::Optional, {},
     set_number<&P::sport, 1, 65535>, as_number<&P::sport>()},
    {"dport", "PORT", "UDP port of the other end; 1..65535",
     Fixed, Need::Optional, {},
     set_number<&P::dport, 1, 65535>, as_number<&P::dport>()},
    {"tunnel-id", "ID", "number of the tunnel at this end; 1..4294967295",
     Fixed, Need::Optional, {},
     set_number<&P::tunnel_id, 1, Id>, as_id<&P::tunnel_id>()},
    {"peer-tunnel-id", "ID", "number of the tunnel at the other end; 1..4294967295",
     Fixed, Need::Optional, {},
     set_number<&P::peer_tunnel_id, 1, Id>, as_id<&P::peer_tunnel_id>()},
    {"session-id", "ID", "number of the session in what we receive; 1..4294967295",
     Fixed, Need::Required, {},
     set_number<&P::session_id, 1, Id>, as_id<&P::session_id>()},
    {"peer-session-id", "ID", "and in what we send; 1..4294967295",
     Fixed, Need::Required, {},
     set_number<&P::peer_session_id, 1, Id>, as_id<&P::peer_session_id>()},
    {"send-cookie", "{ HEX | none }", "put into what we send, 8 or 16 digits",
     Changeable, Need::Optional, none,
     set_cookie<&P::send_cookie>, as_cookie<&P::send_cookie>()},
    {"peer-cookie", "{ HEX | none }", "demanded in what we receive, 8 or 16 digits",
     Changeable, Need::Optional, none,
     set_cookie<&P::peer_cookie>, as_cookie<&P::peer_cookie>()},
    {"cookie-grace", "SECONDS", "how long a replaced peer-cookie is taken as well; 0..3600",
     Changeable, Need::Optional, {},
     set_duration<&P::cookie_grace, 0, 3600>, as_duration<&P::cookie_grace>()},
    {"sublayer", "{ none | default }", "the L2-specific sublayer, which holds sequence numbers",
     Fixed, Need::Optional, sublayers,
     set_choice<&P::sublayer, sublayers>, as_choice<&P::sublayer, sublayers>()},
    {"sequencing", "{ none | send | receive | both }", "number what we send; take only what is in order",
     Changeable, Need::Optional, sequencings,
     set_choice<&P::sequencing, sequencings>, as_choice<&P::sequencing, sequencings>()},
    {"type", "{ ethernet | vlan }", "frames as they are, or with a VLAN tag on the wire only",
     Fixed, Need::Optional, types,
     set_choice<&P::type, types>, as_choice<&P::type, types>()},
    {"vlan-id", "ID", "the tag, of type vlan; 1..4094",
     Fixed, Need::Optional, {},
     set_number<&P::vlan_id, 1, 4094>, as_id<&P::vlan_id>()},
    {"mac-address", "{ MAC | auto }", "of the interface; auto: a random one",
     Changeable, Need::Optional, automatic,
     set_mac, {get_mac, copy_member<&P::mac>, nullptr}},
    {"mtu", "{ auto | OCTETS }", "of the interface; auto: what fits the path; 68..65535",
     Changeable, Need::Optional, automatic,
     set_mtu, {get_mtu, copy_member<&P::mtu>, nullptr}},
    {"ttl", "HOPS", "time to live of the outer packets; 0..255, 0: the host's default",
     Changeable, Need::Optional, {},
     set_number<&P::ttl, 0, 255>, as_number<&P::ttl>()},
    {"tos", "{ inherit | TOS }", "of the outer packets, a multiple of 4; 0..0xfc",
     Changeable, Need::Optional, inherit,
     set_tos, {get_tos, copy_tos, nullptr}},
    {"dont-fragment", "{ auto | no | yes | inherit }", "of the outer packets; auto: yes with mtu auto",
     Changeable, Need::Optional, fragments,
     set_choice<&P::dont_fragment, fragments>, as_choice<&P::dont_fragment, fragments>()},
    {"fwmark", "MARK", "firewall mark of the outer packets; 0..0xffffffff, 0: none",
     Changeable, Need::Optional, {},
     set_number<&P::fwmark, 0, 0xffffffff>, as_hexadecimal<&P::fwmark>()},
    {"interface", "{ DEV | any }", "device or VRF that the outer packets are bound to",
     Changeable, Need::Optional, any,
     set_interface, {get_interface, copy_member<&P::interface>, nullptr}},
    {"udp-checksum", "{ yes | no }", "send data with a UDP checksum",
     Fixed, Need::Optional, yes_no_choices,
     set_yes_no<&P::udp_checksum>, as_yes_no<&P::udp_checksum>()},
    {"zero-checksum6", "{ yes | no }", "take data without one over IPv6, too",
     Fixed, Need::Optional, yes_no_choices,
     set_yes_no<&P::zero_checksum6>, as_yes_no<&P::zero_checksum6>()},
    {"peer-float", "{ yes | no }", "take data from other addresses and ports than the peer's",
     Fixed, Need::Optional, yes_no_choices,
     set_yes_no<&P::peer_float>, as_yes_no<&P::peer_float>()},
    {"scoped-ids", "{ yes | no }", "the session id need be unique only together with the peer",
     Fixed, Need::Optional, yes_no_choices,
     set_yes_no<&P::scoped_ids>, as_yes_no<&P::scoped_ids>()},
    {"peer-offload", "{ yes | no }", "the other end is an rtun: leave it what a device need not do",
     Changeable, Need::Optional, yes_no_choices,
     set_yes_no<&P::peer_offload>, as_yes_no<&P::peer_offload>()},
    {"reorder-slots", "PACKETS", "held while one before them is missing; 0 or a power of two to 1024",
     Changeable, Need::Optional, {},
     set_reorder_slots<&P::reorder_slots>, as_number<&P::reorder_slots>()},
    {"reorder-time", "MILLISECONDS", "how long to wait for the missing one; 1..10000",
     Changeable, Need::Optional, {},
     set_reorder_time<&P::reorder_time>, as_time<&P::reorder_time>()},
    {"circuit", "{ up | down }", "down: carry nothing, and have no carrier",
     Changeable, Need::Optional, circuits,
     set_choice<&P::circuit_up, circuits>, as_choice<&P::circuit_up, circuits>()},
    {"keepalive", "SECONDS", "send a test frame after so much silence; 0..3600, 0: never",
     Changeable, Need::Optional, {},
     set_duration<&P::keepalive, 0, 3600>, as_duration<&P::keepalive>()},
    {"dead-time", "SECONDS", "no carrier when nothing came for so long; 0..3600, 0: never",
     Changeable, Need::Optional, {},
     set_duration<&P::dead_time, 0, 3600>, as_duration<&P::dead_time>()},
    {"comment", "TEXT", "for people; 0..255 octets",
     Changeable, Need::Optional, {},
     set_text<&P::comment, 0, 255>, as_text<&P::comment>()},
    {"disabled", "{ yes | no }", "keep it, but with its circuit and its interface down",
     Changeable, Need::Optional, yes_no_choices,
     set_disabled<&P::enabled>, as_disabled<&P::enabled>()},

    {"may-exist", "", "no error if there is one of that name; it is left as it is",
     InAdd, Need::Optional, {}, set_may_exist},
    {"if-exists", "", "no error if there is none",
     InDel, Need::Optional, {}, set_if_exists},
};

constexpr std::string_view managed =
    "it needs a control channel, which pseudowires do not have yet";
constexpr ValueAlias versions[] = {
    {"l2tpv3-udp", "udp", ""},
    {"l2tpv3-ip", "ip", ""},
};
constexpr ValueAlias sublayer_switch[] = {
    {"yes", "default", ""},
    {"no", "none", ""},
};
constexpr ValueAlias unmanaged_only[] = {
    {"yes", "", ""},
    {"no", "", managed},
};

// What RouterOS calls them (its manual of "L2TP Ether").
constexpr Alias other_words[] = {
    {"connect-to", "remote", {}, ""},
    {"local-address", "local", {}, ""},
    {"local-tunnel-id", "tunnel-id", {}, ""},
    {"remote-tunnel-id", "peer-tunnel-id", {}, ""},
    {"local-session-id", "session-id", {}, ""},
    {"remote-session-id", "peer-session-id", {}, ""},
    {"l2tp-proto-version", "encap", versions, ""},
    {"use-l2-specific-sublayer", "sublayer", sublayer_switch, ""},
    {"unmanaged-mode", "", unmanaged_only, ""},
    {"cookie-length", "", {}, managed},
    {"digest-hash", "", {}, managed},
    {"circuit-id", "", {}, managed},
    {"use-ipsec", "", {}, managed},
    {"ipsec-secret", "", {}, managed},
};
// clang-format on

}  // namespace

std::span<const Property> pseudowire_properties() { return table; }
std::span<const Alias> pseudowire_aliases() { return other_words; }

std::optional<Mistake> mistake_in(const Pseudowire &p) {
    if (p.sequencing != Sequencing::None && p.sublayer == Sublayer::None)
        return Mistake{"sequencing", "sequencing needs \"sublayer default\""};
    if (p.type == PseudowireType::Ethernet && p.vlan_id != 0)
        return Mistake{"vlan-id", "vlan-id needs \"type vlan\""};
    if (p.type == PseudowireType::Vlan && p.vlan_id == 0)
        return Mistake{"type", "type vlan needs a vlan-id"};
    if (p.peer_float && p.scoped_ids)
        return Mistake{"scoped-ids", "a session that is found by its peer's address (scoped-ids) "
                                     "cannot have a peer whose address changes (peer-float)"};
    const Pseudowire usual;
    if (p.encap == Encap::Ip) {
        const std::string why = "encap ip has no UDP: there are neither ports nor checksums";
        if (p.sport != usual.sport)
            return Mistake{"sport", why};
        if (p.dport != usual.dport)
            return Mistake{"dport", why};
        if (p.udp_checksum != usual.udp_checksum)
            return Mistake{"udp-checksum", why};
        if (p.zero_checksum6 != usual.zero_checksum6)
            return Mistake{"zero-checksum6", why};
    }
    // Names are of the family that both ends have; that is seen when they are resolved.
    const auto local = base::Address::parse(p.local);
    const auto remote = base::Address::parse(p.remote);
    if (local && remote && (local->v4() == nullptr) != (remote->v4() == nullptr))
        return Mistake{"remote", fmt::format("local is an {} address and remote an {} one",
                                             local->v4() != nullptr ? "IPv4" : "IPv6",
                                             remote->v4() != nullptr ? "IPv4" : "IPv6")};
    return std::nullopt;
}

}  // namespace rtun::config
