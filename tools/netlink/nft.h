// SPDX-License-Identifier: GPL-2.0-or-later
//
// Our table of the packet filter, "inet rtun", as messages of nf_tables (linux/netfilter/
// nf_tables.h). By hand and not through libnftables: that is a program in a library, which reads
// all that the host has before each command, wants text to be parsed, and may end the process. What
// we say is one chain of two rules, sets and their elements; and a name that is an attribute is
// never read as syntax, whoever has chosen it.
//
// In the words of nft(8):
//
//     table inet rtun {
//         set clamp_mss { type ifname; comment "rtun"; elements = { "ppp0" comment "rtun" }; }
//         set NAME { type ipv4_addr; comment "rtun"; elements = { 10.0.0.2 comment "rtun" }; }
//         chain clamp_mss {
//             type filter hook forward priority mangle; policy accept;
//             oifname @clamp_mss tcp flags syn tcp option maxseg size set rt mtu
//             iifname @clamp_mss tcp flags syn tcp option maxseg size set rt mtu
//         }
//     }
#pragma once

#include <base/net.h>
#include <netlink/host.h>
#include <netlink/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::netlink {

inline constexpr std::string_view FilterTable = "rtun";

// A step may need several messages. They go between these two (nfnetlink(7) calls it a batch).
[[nodiscard]] Message build_batch_begin();
[[nodiscard]] Message build_batch_end();
[[nodiscard]] std::vector<Message> build_filter_step(const FilterStep &step);

[[nodiscard]] Message build_sets_dump();
struct ParsedSet {
    std::string name;
    Filter::Set set;
};
// A NFT_MSG_NEWSET; nothing if it is no set of our table.
[[nodiscard]] std::optional<ParsedSet> parse_set(const Received &message);

[[nodiscard]] Message build_elements_dump(std::string_view set);
// The keys of those elements that carry our mark, of a NFT_MSG_NEWSETELEM; the ends of intervals
// left out.
[[nodiscard]] std::vector<base::Bytes> parse_elements(const Received &message);

}  // namespace rtun::netlink
