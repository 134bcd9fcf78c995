// SPDX-License-Identifier: GPL-2.0-or-later
//
// `tunnel show`: the pairs of addresses in the kernel.
#include <cli/commands.h>

#include <cli/ends.h>
#include <config/values.h>

#include <fmt/format.h>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Status;
using netlink::Tunnel;

namespace {

std::string df_name(netlink::Df df) {
    switch (df) {
    case netlink::Df::Unset:
        return "unset";
    case netlink::Df::Set:
        return "set";
    case netlink::Df::Inherit:
        return "inherit";
    }
    return "";
}

// Those that are not said otherwise.
std::vector<std::string> flags_of(const netlink::TunnelFlags &flags) {
    std::vector<std::string> names;
    if (flags.zero_csum_tx)
        names.emplace_back("zero_csum_tx");
    if (flags.zero_csum6_rx)
        names.emplace_back("zero_csum6_rx");
    if (flags.peer_float)
        names.emplace_back("peer_float");
    if (flags.scoped_ids)
        names.emplace_back("scoped_ids");
    return names;
}

void print_details(Output &out, const Tunnel &tunnel) {
    const bool dies = tunnel.spec.lifetime == netlink::Lifetime::DiesWithOwner;
    out.line();
    out.shown("dies_with_owner", dies, dies ? "dies with its owner" : "outlives its owner");
    if (tunnel.spec.xport == netlink::Xport::Mlppp)
        return;  // there are no outer packets
    out.shown("fwmark", std::uint64_t{tunnel.spec.fwmark},
              fmt::format("fwmark {:#x}", tunnel.spec.fwmark));
    out.shown("oif", std::uint64_t{tunnel.spec.oif},
              tunnel.spec.oif == 0 ? "" : fmt::format("oif {}", tunnel.spec.oif));
    out.shown("ttl", std::uint64_t{tunnel.spec.ttl},
              tunnel.spec.ttl == 0 ? "ttl default" : fmt::format("ttl {}", tunnel.spec.ttl));
    out.shown(
        "tos", tunnel.spec.flags.tos_inherit ? "inherit" : fmt::format("{:#x}", tunnel.spec.tos),
        tunnel.spec.flags.tos_inherit ? "tos inherit" : fmt::format("tos {:#x}", tunnel.spec.tos));
    out.text("df", "df {}", df_name(tunnel.spec.df));
    const auto flags = flags_of(tunnel.spec.flags);
    out.shown("flags", flags, flags.empty() ? "" : fmt::format("flags {}", fmt::join(flags, " ")));
}

void print_tunnel(Context &context, const Tunnel &tunnel) {
    Output &out = context.out;
    out.open();
    out.shown("tunnel_id", static_cast<std::uint64_t>(tunnel.id),
              fmt::format("tunnel {}", static_cast<std::uint32_t>(tunnel.id)));
    out.text("transport", "{}", tunnel.xport);
    print_ends(out, tunnel.spec);
    if (!context.options.brief) {
        print_tunnel_ids(out, tunnel.spec);
        out.shown("owner", tunnel.owner,
                  tunnel.owner.empty() ? "no owner" : "owner " + tunnel.owner);
        out.number("sessions", "sessions {}", tunnel.sessions);
        out.shown("pmtu", std::uint64_t{tunnel.pmtu},
                  tunnel.pmtu == 0 ? "" : fmt::format("path mtu {}", tunnel.pmtu));
    }
    if (context.options.details || (context.options.json && !context.options.brief))
        print_details(out, tunnel);
    out.close();
}

}  // namespace

Status show_tunnels(Context &context, const config::TunnelShow &what) {
    const auto kernel = TRY(context.open_kernel());
    bool found = what.name.empty();
    const std::uint64_t wanted = found ? 0 : TRY(config::parse_number(what.name, {1, 0xffffffff}));
    for (const Tunnel &tunnel : TRY(kernel->tunnels())) {
        if (wanted != 0 && wanted != static_cast<std::uint32_t>(tunnel.id))
            continue;
        found = true;
        if (is_shown(context.options, tunnel.spec))
            print_tunnel(context, tunnel);
    }
    if (!found)
        return fail(ErrorCode::NotFound, fmt::format("there is no tunnel {}", what.name));
    return {};
}

}  // namespace rtun::cli
