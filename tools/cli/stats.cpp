// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words for every reason why the kernel drops a packet. The names are those of enum rtun_drop
// (uapi/linux/rtun.h) in small letters; a test compares the two lists.
#include <cli/stats.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::cli {

namespace {

constexpr std::array reasons{
    DropReason{"gre_truncated", "GRE header is cut off"},
    DropReason{"gre_proto", "GRE protocol type is not PPP's"},
    DropReason{"gre_flags", "GRE flags or version are not PPTP's"},
    DropReason{"gre_length", "GRE payload length does not fit the packet"},
    DropReason{"no_session", "call id or session id that nobody has"},
    DropReason{"peer_addr", "id of a session with other addresses or ports"},
    DropReason{"l2tp_truncated", "L2TP header is cut off"},
    DropReason{"l2tp_version", "L2TP version is not the tunnel's"},
    DropReason{"l2tp_length", "L2TP length goes beyond the packet"},
    DropReason{"l2tp_offset", "L2TP offset goes beyond the packet"},
    DropReason{"l2tp_control", "control message, and there is no control channel"},
    DropReason{"cookie", "not the cookie that is expected"},
    DropReason{"udp_csum", "no UDP checksum over IPv6"},
    DropReason{"gso", "packets joined to one, where each has its number"},
    DropReason{"seq_missing", "not numbered, and numbers are demanded"},
    DropReason{"seq_late", "older than what was delivered"},
    DropReason{"seq_dup", "arrived twice"},
    DropReason{"seq_far", "sequence number far ahead, not believed"},
    DropReason{"reorder_limit", "too much held for reordering"},
    DropReason{"ppp_truncated", "PPP frame without a protocol field"},
    DropReason{"ppp_proto", "PPP protocol field is malformed"},
    DropReason{"np_closed", "network protocol was not agreed on (receive)"},
    DropReason{"mppe_closed", "encrypted, and there is no key"},
    DropReason{"mppe_clear", "not encrypted, and it must be (receive)"},
    DropReason{"mppe_header", "MPPE header is cut off or its bits cannot be"},
    DropReason{"mppe_late", "encrypted with a key that is no longer kept"},
    DropReason{"mppe_far", "MPPE count far ahead, not believed or too dear"},
    DropReason{"mppe_desync", "stateful MPPE: until the peer has flushed"},
    DropReason{"mp_no_bundle", "fragment on a link that has just left its bundle"},
    DropReason{"mp_truncated", "multilink header is cut off"},
    DropReason{"mp_class", "fragment of a class that was not agreed on"},
    DropReason{"mp_late", "fragment of a packet that was given up"},
    DropReason{"mp_dup", "fragment that arrived twice"},
    DropReason{"mp_far", "fragment number far ahead, not believed"},
    DropReason{"mp_limit", "too much held for reassembly"},
    DropReason{"mp_incomplete", "another fragment of the packet is lost"},
    DropReason{"mp_orphan", "fragment of no packet that began"},
    DropReason{"mp_oversize", "packet is over the MRRU, or in too many fragments"},
    DropReason{"bcp_truncated", "header of bridging is cut off"},
    DropReason{"bcp_lan_id", "bridged with a LAN identification"},
    DropReason{"bcp_mac_type", "bridged from another kind of LAN than Ethernet"},
    DropReason{"bcp_tinygram", "bridged and compressed, which was not agreed on"},
    DropReason{"bcp_length", "bridged, and no Ethernet header is left"},
    DropReason{"eth_truncated", "shorter than an Ethernet header"},
    DropReason{"eth_loop", "came back: from our own address"},
    DropReason{"vlan_tag", "VLAN pseudowire, and no tag"},
    DropReason{"circuit_down", "circuit is down (receive)"},
    DropReason{"no_device", "session has no interface"},
    DropReason{"device_down", "interface is not up"},
    DropReason{"ip_header", "no valid IP header inside"},
    DropReason{"ecn", "congestion mark on a packet that cannot carry one"},
    DropReason{"source", "not from an address of the session, which shares its interface"},
    DropReason{"ctrl_no_owner", "control frame, nobody listens"},
    DropReason{"ctrl_rate", "too many control frames a second"},
    DropReason{"ctrl_overrun", "control frames were not read in time"},
    DropReason{"ctrl_too_long", "control frame is too long"},
    DropReason{"rx_nomem", "no memory (receive)"},
    DropReason{"tx_no_session", "interface has no session"},
    DropReason{"tx_no_prefix",
               "to no address of the sessions that share the interface, sender was told"},
    DropReason{"tx_np_closed", "network protocol was not agreed on (transmit)"},
    DropReason{"tx_proto", "neither IPv4 nor IPv6"},
    DropReason{"tx_recursion", "tunnel is routed into itself"},
    DropReason{"tx_no_route", "no route to the peer"},
    DropReason{"tx_too_big", "larger than the path takes, sender was told"},
    DropReason{"tx_nomem", "no memory (transmit)"},
    DropReason{"tx_gso", "could not be cut into packets"},
    DropReason{"tx_error", "refused by the IP output, a queue or a filter"},
    DropReason{"tx_circuit_down", "circuit is down (transmit)"},
    DropReason{"tx_window", "the peer's window is full"},
    DropReason{"tx_mppe_clear", "must be encrypted, and there is no key (transmit)"},
    DropReason{"tx_no_link", "bundle without a link that can send now"},
    DropReason{"tx_bcp_tagged", "tagged frame, which the peer does not take"},
    DropReason{"tx_bcp_management", "BPDU or the like, which the peer does not take"},
};

std::uint64_t count_of(const netlink::Stats &stats, std::string_view name) {
    const auto found = stats.drops.find(std::string(name));
    return found == stats.drops.end() ? 0 : found->second;
}

void print_drop(Output &out, bool in_text, std::string_view name, std::string_view words,
                std::uint64_t count) {
    out.member(name, count);
    if (!in_text)
        return;
    out.line();
    out.piece(fmt::format("  dropped {}: {}{}{}", count, name, words.empty() ? "" : ", ", words),
              count > 0 ? Paint::Bad : Paint::None);
}

// In text only of those who have met it.
void print_encryption(Output &out, const netlink::Stats &stats) {
    const bool any = stats.rx_encrypted != 0 || stats.tx_encrypted != 0 ||
                     stats.rx_mppe_late != 0 || stats.rx_mppe_missed != 0 ||
                     stats.rx_reset_requests != 0 || stats.tx_reset_requests != 0;
    if (any) {
        out.line();
        out.piece("encryption");
    }
    const auto number = [&](std::string_view key, std::string_view word, std::uint64_t count) {
        out.shown(key, count, any ? fmt::format("{} {}", word, count) : "");
    };
    number("rx_encrypted", "decrypted", stats.rx_encrypted);
    number("tx_encrypted", "encrypted", stats.tx_encrypted);
    number("rx_mppe_late", "late", stats.rx_mppe_late);
    number("rx_mppe_missed", "missed", stats.rx_mppe_missed);
    number("rx_reset_requests", "resets received", stats.rx_reset_requests);
    number("tx_reset_requests", "resets sent", stats.tx_reset_requests);
    number("rx_reset_acks", "acknowledged", stats.rx_reset_acks);
}

enum class Fragments : std::uint8_t { No, Yes };

void print_fragments(Output &out, const netlink::Stats &stats) {
    const auto octets = [&](std::string_view key, std::uint64_t count) {
        out.shown(key, count, fmt::format("bytes {} ({})", count, in_units(count)));
    };
    out.line();
    out.piece("fragments");
    out.number("rx_fragments", "rx {}", stats.rx_fragments);
    octets("rx_fragment_bytes", stats.rx_fragment_bytes);
    out.number("rx_null_fragments", "null {}", stats.rx_null_fragments);
    out.number("tx_fragments", "tx {}", stats.tx_fragments);
    octets("tx_fragment_bytes", stats.tx_fragment_bytes);
    out.number("tx_null_fragments", "null {}", stats.tx_null_fragments);
}

void print(Output &out, const Options &options, const netlink::Stats &stats, Fragments fragments) {
    out.open("stats");
    out.line();
    out.piece("rx");
    out.number("rx_packets", "packets {}", stats.rx_packets);
    out.shown("rx_bytes", stats.rx_bytes,
              fmt::format("bytes {} ({})", stats.rx_bytes, in_units(stats.rx_bytes)));
    out.number("rx_control", "control {}", stats.rx_control);
    out.number("rx_acks", "acks {}", stats.rx_acks);
    out.number("rx_echo", "echoes answered {}", stats.rx_echo);
    out.number("rx_keepalive", "keepalives {}", stats.rx_keepalive);
    out.line();
    out.piece("tx");
    out.number("tx_packets", "packets {}", stats.tx_packets);
    out.shown("tx_bytes", stats.tx_bytes,
              fmt::format("bytes {} ({})", stats.tx_bytes, in_units(stats.tx_bytes)));
    out.number("tx_control", "control {}", stats.tx_control);
    out.number("tx_acks", "acks {}", stats.tx_acks);
    out.number("tx_keepalive", "keepalives {}", stats.tx_keepalive);
    out.number("tx_alarms", "alarms {}", stats.tx_alarms);
    if (stats.tx_held != 0)
        out.number("tx_held", "held {}", stats.tx_held);
    print_encryption(out, stats);
    if (fragments == Fragments::Yes)
        print_fragments(out, stats);
    out.line();
    out.piece("sequence");
    out.number("rx_buffered", "early {}", stats.rx_buffered);
    out.number("rx_lost", "lost {}", stats.rx_lost);
    out.number("rx_resync", "resynchronised {}", stats.rx_resync);

    std::uint64_t all = 0;
    for (const auto &[name, count] : stats.drops)
        all += count;
    out.number("dropped", "dropped {}", all);
    out.open("drops");
    for (const DropReason &reason : reasons) {
        const std::uint64_t count = count_of(stats, reason.name);
        print_drop(out, options.details || count > 0, reason.name, reason.words, count);
    }
    // A newer module may have reasons that we do not know.
    for (const auto &drop : stats.drops) {
        const bool known = std::any_of(reasons.begin(), reasons.end(),
                                       [&](const DropReason &r) { return r.name == drop.first; });
        if (!known)
            print_drop(out, true, drop.first, "", drop.second);
    }
    out.close_group();
    out.close_group();
}

}  // namespace

std::span<const DropReason> drop_reasons() { return reasons; }

void print_stats(Output &out, const Options &options, const netlink::Stats &stats) {
    print(out, options, stats, Fragments::No);
}

void print_stats(Output &out, const Options &options, const netlink::Session &session) {
    const bool multilink = session.multilink || session.bundle;
    print(out, options, session.stats, multilink ? Fragments::Yes : Fragments::No);
}

std::string in_units(std::uint64_t octets) {
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (octets < 1024)
        return fmt::format("{} B", octets);
    double value = static_cast<double>(octets) / 1024;
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < units.size()) {
        value /= 1024;
        unit++;
    }
    return fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace rtun::cli
