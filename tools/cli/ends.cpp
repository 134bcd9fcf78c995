// SPDX-License-Identifier: GPL-2.0-or-later
//
// Addresses with their ports, as in a URL: brackets around those of IPv6.
#include <cli/ends.h>

#include <fmt/format.h>

#include <optional>

namespace rtun::cli {

namespace {

std::string with_port(const base::Address &address, const std::optional<std::uint16_t> &port) {
    if (!port)
        return address.text();
    const bool brackets = address.v6() != nullptr && !address.unspecified();
    return brackets ? fmt::format("[{}]:{}", address.text(), *port)
                    : fmt::format("{}:{}", address.text(), *port);
}

std::string id_text(const std::optional<std::uint32_t> &id) {
    return id.value_or(0) == 0 ? "-" : fmt::format("{}", *id);
}

}  // namespace

void print_ends(Output &out, const netlink::TunnelSpec &spec) {
    if (spec.xport == netlink::Xport::Mlppp)
        return;  // its links have ends
    out.member("local", spec.local.text());
    out.piece(with_port(spec.local, spec.local_port), Paint::Address);
    if (spec.local_port)
        out.member("local_port", std::uint64_t{*spec.local_port});
    out.member("remote", spec.remote.text());
    out.piece("-> " + out.painted(with_port(spec.remote, spec.peer_port), Paint::Address));
    if (spec.peer_port)
        out.member("peer_port", std::uint64_t{*spec.peer_port});
}

void print_tunnel_ids(Output &out, const netlink::TunnelSpec &spec) {
    if (spec.local_id.value_or(0) != 0)
        out.member("local_tunnel_id", std::uint64_t{*spec.local_id});
    if (spec.peer_id.value_or(0) != 0)
        out.member("peer_tunnel_id", std::uint64_t{*spec.peer_id});
    if (spec.local_id.value_or(0) != 0 || spec.peer_id.value_or(0) != 0)
        out.piece(fmt::format("tunnel-id {}/{}", id_text(spec.local_id), id_text(spec.peer_id)));
}

bool is_shown(const Options &options, const netlink::TunnelSpec &spec) {
    if (options.family == Family::Any)
        return true;
    if (spec.xport == netlink::Xport::Mlppp)
        return false;
    return (options.family == Family::Inet6) == (spec.remote.v6() != nullptr);
}

}  // namespace rtun::cli
