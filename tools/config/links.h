// SPDX-License-Identifier: GPL-2.0-or-later
//
// The links of a client with multilink (mrru). connect-to, src-address, src-interface and link-rate
// are lists then: the first link has the first of each, the second the second, and so on. A list of
// one holds for all links; those that are longer have the same length, which is how many links
// there are. Without multilink the servers are tried in turn, and there is one of the rest.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <config/grammar.h>
#include <config/model.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::config {

struct Mistake;

struct LinkSettings {
    Endpoint server;
    base::Ipv4 source;       // unspecified: by route
    std::string interface;   // empty: by route
    std::uint64_t rate = 0;  // bit/s, 0: not known
    // Reached in the same way: only the rate may be another.
    [[nodiscard]] bool same_way(const LinkSettings &other) const {
        return server == other.server && source == other.source && interface == other.interface;
    }
};
// At least one. The error says which lists do not fit together.
[[nodiscard]] base::Result<std::vector<LinkSettings>> links_of(const Client &client);

[[nodiscard]] std::optional<Mistake> mistake_in_links(const Client &client);

// "64000", "64k", "20M", "1G" in bit/s, or "any", 0.
[[nodiscard]] base::Result<std::uint64_t> read_link_rate(std::string_view word);
[[nodiscard]] std::string link_rate_text(std::uint64_t rate);

}  // namespace rtun::config
