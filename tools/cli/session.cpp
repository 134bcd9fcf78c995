// SPDX-License-Identifier: GPL-2.0-or-later
//
// `session show`: the calls in the kernel. Which tunnel's end points they use is looked up in the
// list of tunnels; a session whose tunnel goes in between is shown without.
#include <cli/commands.h>

#include <cli/device.h>
#include <cli/ends.h>
#include <cli/stats.h>
#include <config/values.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Status;
using netlink::Session;
using netlink::Tunnel;

namespace {

std::string numbered(std::uint32_t number) { return fmt::format("{}", number); }

bool is_ppp(const Session &session) { return session.pw_type == netlink::PwType::Ppp; }

std::string call_text(const Session &session) {
    return fmt::format("{} {}/{}", is_ppp(session) ? "call" : "session-id", session.local_id,
                       session.peer_id ? numbered(*session.peer_id) : "-");
}

std::string type_of(const Session &session) {
    switch (session.pw_type) {
    case netlink::PwType::Ppp:
        return "ppp";
    case netlink::PwType::Ethernet:
        return "ethernet";
    case netlink::PwType::EthernetVlan:
        return "vlan";
    }
    return numbered(static_cast<std::uint32_t>(session.pw_type));  // of a newer module
}

std::vector<std::string> protocols_of(const Session &session) {
    std::vector<std::string> names;
    if (session.np.ipv4)
        names.emplace_back("ipv4");
    if (session.np.ipv6)
        names.emplace_back("ipv6");
    return names;
}

std::vector<std::string> flags_of(const Session &session) {
    std::vector<std::string> names;
    if (session.flags.pfc_rx)
        names.emplace_back("pfc_rx");
    if (session.flags.pfc_tx)
        names.emplace_back("pfc_tx");
    if (session.flags.acfc_tx)
        names.emplace_back("acfc_tx");
    if (session.flags.echo_reply)
        names.emplace_back("echo_reply");
    if (session.sequence.send)
        names.emplace_back("seq_tx");
    if (session.sequence.receive)
        names.emplace_back("seq_rx");
    return names;
}

void print_encoding(Output &out, const Session &session) {
    const auto send = netlink::mode_of(session.mppe_tx);
    const auto receive = netlink::mode_of(session.mppe_rx);
    const std::string encoding = netlink::encoding(send, receive);
    out.shown("encoding", encoding, encoding == "none" ? "not encrypted" : encoding);
    if (netlink::insecure(send, receive))
        out.shown("insecure", true, "insecure");
}

// What only PPP has.
void print_ppp(Output &out, const Session &session) {
    print_encoding(out, session);
    const auto protocols = protocols_of(session);
    out.shown("protocols", protocols,
              protocols.empty() ? "no network protocol open"
                                : fmt::format("carries {}", fmt::join(protocols, " ")));
}

// And what only pseudowires have.
void print_ethernet(Output &out, const Session &session) {
    if (session.vlan)
        out.number("vlan", "vlan {}", *session.vlan);
    const auto cookie = [&out](std::string_view key, std::string_view word,
                               const base::Bytes &octets) {
        if (!octets.empty())
            out.shown(key, base::to_hex(octets), fmt::format("{} {}", word, base::to_hex(octets)));
    };
    cookie("cookie_tx", "send-cookie", session.cookie_tx);
    cookie("cookie_rx", "peer-cookie", session.cookie_rx);
    const bool sublayer = session.l2spec != netlink::L2Spec::None;
    out.shown("sublayer", std::string(sublayer ? "default" : "none"),
              sublayer ? "sublayer default" : "no sublayer");
    out.shown("circuit", std::string(session.circuit_up ? "up" : "down"),
              session.circuit_up ? "circuit up" : "circuit down");
    out.number("keepalive", "keepalive {}", session.keepalive);
    out.number("dead_time", "dead-time {}", session.dead_time);
}

// The send window of RFC 2637 section 4.4, as Cisco's "show vpdn session window" has it.
void print_window(Output &out, const Session &session) {
    out.number("tx_window", "tx-window {}", session.tx_window);
    if (session.static_rtt != 0)
        out.number("static_rtt", "static-rtt {}", session.static_rtt);
    out.number("alarms", "alarms {}", session.stats.tx_alarms);
    out.shown("congested", session.congested, session.congested ? "congested" : "not congested");
}

void print_direction(Output &out, std::string_view name,
                     const std::optional<netlink::MppeStatus> &status) {
    if (!status)
        return;
    out.open(name);
    out.piece(fmt::format("{} {} bit", name, status->mode.bits));
    out.member("bits", std::uint64_t{status->mode.bits});
    const std::string mode = status->mode.stateful ? "stateful" : "stateless";
    out.shown("mode", mode, mode);
    if (status->mode.stateful) {
        const std::string resync = status->mode.rekey_on_flush ? "linux" : "rfc";
        out.shown("resync", resync, "resync " + resync);
    }
    out.number("next_count", "next count {}", status->count);
    out.number("key_changes", "key changes {}", status->key_changes);
    out.close_group();
}

std::uint64_t dropped(const netlink::Stats &stats) {
    std::uint64_t all = 0;
    for (const char *reason :
         {"mppe_closed", "mppe_clear", "mppe_header", "mppe_late", "mppe_far", "mppe_desync"}) {
        const auto found = stats.drops.find(reason);
        all += found == stats.drops.end() ? 0 : found->second;
    }
    return all;
}

// All that Cisco's "show ppp mppe" has.
void print_mppe(Output &out, const Session &session) {
    if (!session.mppe_tx && !session.mppe_rx && !session.mppe_required)
        return;
    const netlink::Stats &stats = session.stats;
    out.open("mppe");
    out.line();
    out.piece("mppe");
    out.shown("required", session.mppe_required, session.mppe_required ? "required" : "");
    print_direction(out, "tx", session.mppe_tx);
    print_direction(out, "rx", session.mppe_rx);
    out.line();
    out.piece("mppe");
    out.number("encrypted", "encrypted {}", stats.tx_encrypted);
    out.number("decrypted", "decrypted {}", stats.rx_encrypted);
    out.number("resets_sent", "resets sent {}", stats.tx_reset_requests);
    out.number("resets_received", "resets received {}", stats.rx_reset_requests);
    out.number("dropped", "rx dropped {}", dropped(stats));
    out.number("out_of_order", "out of order {}", stats.rx_mppe_late);
    out.number("missed", "missed {}", stats.rx_mppe_missed);
    const bool stateful = session.mppe_rx && session.mppe_rx->mode.stateful;
    if (stateful && (dropped(stats) != 0 || stats.rx_mppe_missed != 0))
        out.piece("(stateless mode would lose less)");
    out.close_group();
}

void print_details(Output &out, const Session &session) {
    out.line();
    out.text("type", "{}", type_of(session));
    if (is_ppp(session))
        print_ppp(out, session);
    else
        print_ethernet(out, session);
    const auto flags = flags_of(session);
    out.shown("flags", flags, flags.empty() ? "" : fmt::format("flags {}", fmt::join(flags, " ")));
    if (session.overhead != 0)
        out.number("overhead", "overhead {}", session.overhead);
    out.number("reorder_slots", "reorder-slots {}", session.reorder_slots);
    out.number("reorder_timeout", "reorder-time {}", session.reorder_timeout);
    if (!is_ppp(session))
        return;
    out.number("peer_window", "window {}", session.peer_window);
    out.number("ack_delay", "ack-delay {}", session.ack_delay);
    print_window(out, session);
    print_mppe(out, session);
}

// Milliseconds as pptp(8) counts them, with a fraction.
void print_rtt(Output &out, const Session &session) {
    if (!session.rtt)
        return;
    const double milliseconds = *session.rtt / 1000.0;
    out.line();
    out.shown("rtt", milliseconds, fmt::format("round trip {:.3f} ms", milliseconds));
}

void print_session(Context &context, netlink::Kernel &kernel, const Session &session,
                   const Tunnel *tunnel) {
    Output &out = context.out;
    const std::string device = device_of(kernel, session);
    out.open();
    out.shown("session_id", static_cast<std::uint64_t>(session.id),
              fmt::format("session {}", static_cast<std::uint32_t>(session.id)));
    print_device(out, session, device);
    out.shown("tunnel_id", static_cast<std::uint64_t>(session.tunnel),
              fmt::format("tunnel {}", static_cast<std::uint32_t>(session.tunnel)));
    if (tunnel != nullptr) {
        out.text("transport", "{}", tunnel->xport);
        print_ends(out, tunnel->spec);
        if (context.options.details)
            out.shown("owner", tunnel->owner,
                      tunnel->owner.empty() ? "no owner" : "owner " + tunnel->owner);
    }
    // One key whatever carries it: the id on the wire. A bundle has none.
    if (session.multilink)
        out.number("links", "bundle of {} links", session.multilink->links);
    else
        out.shown("call_id", std::uint64_t{session.local_id}, call_text(session));
    if (session.peer_id)
        out.member("peer_call_id", std::uint64_t{*session.peer_id});
    if (session.bundle)
        out.number("bundle_id", "link of bundle {}", static_cast<std::uint64_t>(*session.bundle));
    if (context.options.details || (context.options.json && !context.options.brief))
        print_details(out, session);
    if (context.options.statistics) {
        print_stats(out, context.options, session);
        print_rtt(out, session);
    }
    out.close();
}

// Packets that came for no session are the namespace's; they are the last element.
Status print_unassigned(Context &context, netlink::Kernel &kernel) {
    const netlink::Info info = TRY(kernel.info());
    context.out.open();
    context.out.shown("unassigned", true, "of no session");
    print_stats(context.out, context.options, info.stats);
    context.out.close();
    return {};
}

bool is_asked_for(const std::string &name, const Session &session, const std::string &device) {
    const auto number = config::parse_number(name, {1, 0xffffffff});
    return name == device || (number && *number == static_cast<std::uint32_t>(session.id));
}

}  // namespace

Status show_sessions(Context &context, const config::SessionShow &what) {
    const auto kernel = TRY(context.open_kernel());
    std::map<netlink::TunnelId, Tunnel> tunnels;
    for (Tunnel &tunnel : TRY(kernel->tunnels()))
        tunnels.emplace(tunnel.id, std::move(tunnel));
    bool found = what.name.empty();
    for (const Session &session : TRY(kernel->sessions())) {
        if (!what.name.empty() && !is_asked_for(what.name, session, device_of(*kernel, session)))
            continue;
        found = true;
        const auto tunnel = tunnels.find(session.tunnel);
        if (tunnel != tunnels.end() && !is_shown(context.options, tunnel->second.spec))
            continue;
        print_session(context, *kernel, session,
                      tunnel == tunnels.end() ? nullptr : &tunnel->second);
    }
    if (!found)
        return fail(ErrorCode::NotFound, fmt::format("there is no session \"{}\"", what.name));
    if (what.name.empty() && context.options.statistics)
        TRY(print_unassigned(context, *kernel));
    return {};
}

}  // namespace rtun::cli
