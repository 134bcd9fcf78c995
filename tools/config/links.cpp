// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lists side by side.
#include <config/links.h>

#include <config/table.h>

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;

namespace {

struct List {
    std::string_view keyword;
    std::size_t length;
};

// Which one does not fit, and why.
std::optional<std::pair<std::string_view, std::string>> misfit(const Client &client,
                                                               std::size_t servers) {
    const List sources[] = {{"src-address", client.src_address.size()},
                            {"src-interface", client.src_interface.size()},
                            {"link-rate", client.link_rate.size()}};
    List most{"connect-to", client.mrru == 0 ? 1 : servers};
    for (const List &list : sources) {
        if (client.mrru == 0 && list.length > 1)
            return std::pair{list.keyword, fmt::format("{} are of {} links of one bundle, which "
                                                       "needs multilink: mrru",
                                                       list.length, list.length)};
        if (list.length > 1 && most.length > 1 && list.length != most.length)
            return std::pair{list.keyword,
                             fmt::format("{} are for {} links, and {} has {}", list.length,
                                         list.length, most.keyword, most.length)};
        if (list.length > most.length)
            most = list;
    }
    return std::nullopt;
}

template <typename T>
T of_link(const std::vector<T> &list, std::size_t index) {
    return list.empty() ? T{} : list.at(list.size() == 1 ? 0 : index);
}

}  // namespace

base::Result<std::vector<LinkSettings>> links_of(const Client &client) {
    const std::vector<Endpoint> servers = TRY(parse_endpoints(client.connect_to));
    if (const auto wrong = misfit(client, servers.size()))
        return fail(ErrorCode::Invalid, fmt::format("{}: {}", wrong->first, wrong->second));
    std::size_t count = client.mrru == 0 ? 1 : servers.size();
    for (const std::size_t length :
         {client.src_address.size(), client.src_interface.size(), client.link_rate.size()})
        count = std::max(count, length);
    std::vector<LinkSettings> links;
    for (std::size_t i = 0; i < count; i++)
        links.push_back({.server = of_link(servers, i),
                         .source = of_link(client.src_address, i),
                         .interface = of_link(client.src_interface, i),
                         .rate = of_link(client.link_rate, i)});
    return links;
}

// connect-to has been looked at; where it is missing, that is told by who misses it.
std::optional<Mistake> mistake_in_links(const Client &client) {
    const auto servers = parse_endpoints(client.connect_to);
    if (const auto wrong = misfit(client, servers ? servers->size() : 1))
        return Mistake{wrong->first, wrong->second};
    return std::nullopt;
}

base::Result<std::uint64_t> read_link_rate(std::string_view word) {
    constexpr std::uint64_t least = 1000;
    constexpr std::uint64_t most = 1'000'000'000'000;
    if (word == "any")
        return std::uint64_t{0};
    std::uint64_t unit = 1;
    if (!word.empty() && (word.back() == 'k' || word.back() == 'M' || word.back() == 'G')) {
        unit = word.back() == 'k' ? 1000 : word.back() == 'M' ? 1'000'000 : 1'000'000'000;
        word.remove_suffix(1);
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || number > most / unit ||
        number * unit < least)
        return fail(ErrorCode::Invalid,
                    "expected bits per second as 64000, 64k, 20M or 1G, 1k..1000G, or any");
    return number * unit;
}

std::string link_rate_text(std::uint64_t rate) {
    if (rate == 0)
        return "any";
    if (rate % 1'000'000 == 0)
        return fmt::format("{}M", rate / 1'000'000);
    return rate % 1000 == 0 ? fmt::format("{}k", rate / 1000) : fmt::format("{}", rate);
}

}  // namespace rtun::config
