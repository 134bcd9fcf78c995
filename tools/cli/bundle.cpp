// SPDX-License-Identifier: GPL-2.0-or-later
//
// `bundle show`: the bundles of multilink in the kernel. A bundle is a session; its links are those
// sessions that say so, and one that goes in between is shown no more.
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

using Tunnels = std::map<netlink::TunnelId, Tunnel>;

// The links of one bundle, in the kernel's order.
std::vector<const Session *> links_of(const Session &bundle, const std::vector<Session> &all) {
    std::vector<const Session *> links;
    for (const Session &session : all)
        if (session.bundle == bundle.id)
            links.push_back(&session);
    return links;
}

void print_headers(Output &out, const netlink::MultilinkSpec &spec) {
    const auto length = [](bool is_short) { return std::string(is_short ? "short" : "long"); };
    out.member("header_rx", length(spec.short_rx));
    out.member("header_tx", length(spec.short_tx));
    out.piece(
        spec.short_rx == spec.short_tx
            ? fmt::format("{} headers", length(spec.short_rx))
            : fmt::format("headers rx {} tx {}", length(spec.short_rx), length(spec.short_tx)));
    out.member("classes_rx", std::uint64_t{spec.classes_rx});
    out.member("classes_tx", std::uint64_t{spec.classes_tx});
    if (spec.classes_rx != 0 || spec.classes_tx != 0)
        out.piece(fmt::format("classes rx {} tx {}", spec.classes_rx, spec.classes_tx));
}

void print_details(Output &out, const netlink::Bundle &bundle) {
    out.line();
    out.number("min_fragment", "min-fragment {}", bundle.min_fragment);
    out.number("loss_time", "loss-time {}", bundle.loss_time);
    out.number("memory", "memory {}", bundle.memory);
    out.number("idle", "idle {}", bundle.idle);
}

// An element of the list, in text a line.
void print_link(Output &out, const Session &link, const Tunnels &tunnels) {
    const auto tunnel = tunnels.find(link.tunnel);
    out.open_element("links");
    out.line();
    out.number("session_id", "link {}", static_cast<std::uint64_t>(link.id));
    out.number("tunnel_id", "tunnel {}", static_cast<std::uint64_t>(link.tunnel));
    if (tunnel != tunnels.end()) {
        out.text("transport", "{}", tunnel->second.xport);
        print_ends(out, tunnel->second.spec);
    }
    out.number("rate", "rate {}", link.link_rate);
    out.number("latency", "latency {}", link.link_latency);
    out.number("mtu", "mtu {}", link.link_mtu);
    out.number("rx_fragments", "rx fragments {}", link.stats.rx_fragments);
    out.number("tx_fragments", "tx fragments {}", link.stats.tx_fragments);
    out.close_group();
}

void print_classes(Output &out, const netlink::Bundle &bundle) {
    for (const netlink::MpClass &of : bundle.classes) {
        out.open_element("classes");
        out.line();
        out.number("class", "class {}", of.index);
        out.number("rx_packets", "rx packets {}", of.rx_packets);
        out.number("rx_lost", "lost {}", of.rx_lost);
        out.number("rx_held", "held {}", of.rx_held);
        out.number("tx_packets", "tx packets {}", of.tx_packets);
        out.close_group();
    }
}

void print_bundle(Context &context, netlink::Kernel &kernel, const Session &session,
                  const std::vector<const Session *> &links, const Tunnels &tunnels) {
    Output &out = context.out;
    const Options &options = context.options;
    const netlink::Bundle &bundle = *session.multilink;
    out.open();
    out.number("bundle_id", "bundle {}", static_cast<std::uint64_t>(session.id));
    print_device(out, session, device_of(kernel, session));
    out.number("tunnel_id", "tunnel {}", static_cast<std::uint64_t>(session.tunnel));
    out.number("mrru", "mrru {}", bundle.spec.mrru);
    out.number("peer_mrru", "peer-mrru {}", bundle.spec.peer_mrru);
    if (!options.brief) {
        out.text("mode", "mode {}", std::string(name(bundle.mode)));
        print_headers(out, bundle.spec);
    }
    std::string ids;
    for (const Session *link : links)
        ids += fmt::format(" {}", static_cast<std::uint32_t>(link->id));
    out.piece(links.empty() ? "no links" : fmt::format("links{}", ids));
    if (options.details || (options.json && !options.brief))
        print_details(out, bundle);
    if (options.details || options.json)
        for (const Session *link : links)
            print_link(out, *link, tunnels);
    if (options.statistics) {
        print_stats(out, options, session);
        print_classes(out, bundle);
    }
    out.close();
}

bool is_asked_for(const std::string &name, const Session &session, const std::string &device) {
    const auto number = config::parse_number(name, {1, 0xffffffff});
    return name == device || (number && *number == static_cast<std::uint32_t>(session.id));
}

}  // namespace

Status show_bundles(Context &context, const config::BundleShow &what) {
    const auto kernel = TRY(context.open_kernel());
    Tunnels tunnels;
    for (Tunnel &tunnel : TRY(kernel->tunnels()))
        tunnels.emplace(tunnel.id, std::move(tunnel));
    const std::vector<Session> sessions = TRY(kernel->sessions());
    bool found = what.name.empty();
    for (const Session &session : sessions) {
        if (!session.multilink)
            continue;
        if (!what.name.empty() && !is_asked_for(what.name, session, device_of(*kernel, session)))
            continue;
        found = true;
        print_bundle(context, *kernel, session, links_of(session, sessions), tunnels);
    }
    if (!found)
        return fail(ErrorCode::NotFound, fmt::format("there is no bundle \"{}\"", what.name));
    return {};
}

}  // namespace rtun::cli
