// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two ends of a tunnel, as every listing shows them.
#pragma once

#include <cli/args.h>
#include <cli/output.h>
#include <netlink/kernel.h>

namespace rtun::cli {

// "192.0.2.1 -> 192.0.2.2", with ports where there are ports. JSON has them as members of their
// own.
void print_ends(Output &out, const netlink::TunnelSpec &spec);

// The wire ids of an L2TP tunnel, if it has any: "tunnel-id 10/20".
void print_tunnel_ids(Output &out, const netlink::TunnelSpec &spec);

// -4 and -6: the family that carries the tunnel.
[[nodiscard]] bool is_shown(const Options &options, const netlink::TunnelSpec &spec);

}  // namespace rtun::cli
