// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each part is checked by itself, so that a refusal names the part of the word that is wrong.
#include <config/lists.h>

#include <config/values.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Ipv4;
using base::Result;

namespace {

// The parts between these characters; a list of nothing has one empty part.
Result<std::vector<std::string_view>> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (parts.size() > most_parts)
            return fail(ErrorCode::Invalid, fmt::format("more than {} of them", most_parts));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

// Words between blanks; none of an empty text.
std::vector<std::string_view> words_in(std::string_view text) {
    std::vector<std::string_view> words;
    for (;;) {
        const std::size_t begin = text.find_first_not_of(' ');
        if (begin == std::string_view::npos)
            return words;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find(' '), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

// Why a part of a list is wrong.
auto wrong(std::string_view part, std::string_view why) {
    constexpr std::size_t longest = 40;
    return fail(ErrorCode::Invalid, fmt::format("\"{}\"{}: {}", part.substr(0, longest),
                                                part.size() > longest ? "..." : "", why));
}

template <typename T, typename Write>
std::string joined(const std::vector<T> &all, std::string_view none, Write write) {
    std::string text;
    for (const T &one : all)
        text += (text.empty() ? "" : ",") + write(one);
    return all.empty() ? std::string(none) : text;
}

// All parts of a list of at most so many, none of them twice.
template <typename T, typename Read>
Result<std::vector<T>> read_list(std::string_view value, std::size_t most, Read read) {
    std::vector<T> all;
    for (const std::string_view part : TRY(split(value, ','))) {
        auto one = read(part);
        if (!one)
            return wrong(part, one.error().text);
        if (std::find(all.begin(), all.end(), *one) != all.end())
            return wrong(part, "it stands there twice");
        all.push_back(std::move(*one));
    }
    if (all.size() > most)
        return fail(ErrorCode::Invalid, fmt::format("at most {} can be given", most));
    return all;
}

// -- ranges and prefixes

Result<Pool::Range> read_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    Pool::Range range;
    range.first = TRY(parse_host_address(text.substr(0, dash)));
    range.last = dash == std::string_view::npos ? range.first
                                                : TRY(parse_host_address(text.substr(dash + 1)));
    if (range.last < range.first)
        return fail(ErrorCode::Invalid, "it ends before it begins");
    return range;
}

std::uint32_t mask_of(std::uint8_t length) {
    return length == 0 ? 0 : 0xffffffffU << (32U - length);
}

// A length, an address without bits behind it.
Result<Prefix> read_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    Prefix prefix;
    const auto address = Ipv4::parse(text.substr(0, slash));
    if (!address)
        return fail(ErrorCode::Invalid, "expected ADDRESS/LENGTH");
    prefix.address = *address;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), prefix.length);
        if (error != std::errc{} || end != digits.data() + digits.size() || prefix.length > 32)
            return fail(ErrorCode::Invalid, "expected a length, 0..32, after \"/\"");
    }
    if ((prefix.address.value & ~mask_of(prefix.length)) != 0)
        return fail(ErrorCode::Invalid,
                    fmt::format("there are bits behind the length, did you mean {}/{}?",
                                Ipv4{prefix.address.value & mask_of(prefix.length)}.text(),
                                prefix.length));
    return prefix;
}

std::string prefix_text(const Prefix &prefix) {
    return fmt::format("{}/{}", prefix.address.text(), prefix.length);
}

// -- routes

Result<UserRoute> read_route(std::string_view text) {
    const auto words = words_in(text);
    if (words.empty() || words.size() > 3)
        return fail(ErrorCode::Invalid, "expected DESTINATION/LENGTH [GATEWAY [METRIC]]");
    UserRoute route;
    route.destination = TRY(read_prefix(words[0]));
    // RouterOS writes 0.0.0.0 for "the other end of the session".
    if (words.size() > 1 && words[1] != "0.0.0.0")
        route.gateway = TRY(parse_host_address(words[1]));
    if (words.size() > 2)
        route.metric = static_cast<std::uint32_t>(TRY(parse_number(words[2], {0, 0xffffffff})));
    return route;
}

// -- where a server listens

Result<PptpServer::Listen> read_listen(std::string_view text) {
    PptpServer::Listen listen;
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        TRY(check_device_name(text.substr(at + 1)));
        listen.vrf = std::string(text.substr(at + 1));
        text = text.substr(0, at);
    }
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        const std::string_view digits = text.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), listen.port);
        if (error != std::errc{} || end != digits.data() + digits.size() || listen.port == 0)
            return fail(ErrorCode::Invalid, "expected a port, 1..65535, after \":\"");
        text = text.substr(0, colon);
    }
    if (text != "any") {
        const auto address = Ipv4::parse(text);
        if (!address || address->value >= 0xe0000000U)
            return fail(ErrorCode::Invalid, "expected an IPv4 address of this host, or any");
        listen.address = *address;
    }
    return listen;
}

std::string listen_text(const PptpServer::Listen &listen) {
    std::string text = listen.address.unspecified() ? "any" : listen.address.text();
    if (listen.port != PptpServer::Listen{}.port)
        text += fmt::format(":{}", listen.port);
    return listen.vrf.empty() ? text : fmt::format("{}@{}", text, listen.vrf);
}

// -- rates

constexpr std::uint64_t fastest = 1'000'000'000'000;  // bit/s
constexpr std::uint64_t longest_burst = 3600;         // s

// 64000, 64k, 10M, 1G
Result<std::uint64_t> read_rate(std::string_view text) {
    std::uint64_t unit = 1;
    if (!text.empty() && (text.back() == 'k' || text.back() == 'M' || text.back() == 'G')) {
        unit = text.back() == 'k' ? 1000 : text.back() == 'M' ? 1'000'000 : 1'000'000'000;
        text.remove_suffix(1);
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > fastest / unit)
        return fail(ErrorCode::Invalid, "expected bits per second as 64000, 64k, 10M or 1G, up to "
                                        "1000G");
    return number * unit;
}

std::string rate_text(std::uint64_t rate) {
    if (rate != 0 && rate % 1'000'000 == 0)
        return fmt::format("{}M", rate / 1'000'000);
    return rate != 0 && rate % 1000 == 0 ? fmt::format("{}k", rate / 1000)
                                         : fmt::format("{}", rate);
}

// "RX/TX", or one for both.
template <typename Read>
auto read_pair(std::string_view text, Read read)
    -> Result<std::pair<std::uint64_t, std::uint64_t>> {
    const std::size_t slash = text.find('/');
    const auto rx = read(text.substr(0, slash));
    if (!rx)
        return wrong(text, rx.error().text);
    if (slash == std::string_view::npos)
        return std::pair{*rx, *rx};
    const auto tx = read(text.substr(slash + 1));
    if (!tx)
        return wrong(text, tx.error().text);
    return std::pair{*rx, *tx};
}

std::string pair_text(const std::string &rx, const std::string &tx) {
    return rx == tx ? rx : fmt::format("{}/{}", rx, tx);
}

Result<std::uint64_t> read_burst_time(std::string_view text) {
    const auto time = TRY(parse_timespan(text, {1, longest_burst}));
    return static_cast<std::uint64_t>(time.count());
}

base::Status check_direction(const RateLimit::Direction &direction, std::string_view name) {
    const auto refuse = [name](std::string_view why) {
        return fail(ErrorCode::Invalid, fmt::format("{}: {}", name, why));
    };
    if (direction.burst_rate == 0)
        return {};
    if (direction.rate == 0)
        return refuse("a burst needs a rate");
    if (direction.burst_rate < direction.rate)
        return refuse("a burst is not slower than the rate");
    if (direction.burst_threshold > direction.burst_rate)
        return refuse("the threshold of a burst is not above its rate");
    return {};
}

// The usual threshold and time of a burst that says neither.
void fill_burst(RateLimit::Direction &direction) {
    if (direction.burst_rate == 0) {
        direction.burst_threshold = 0;
        direction.burst_time = std::chrono::seconds{0};
        return;
    }
    if (direction.burst_threshold == 0)
        direction.burst_threshold = direction.rate;
    if (direction.burst_time.count() == 0)
        direction.burst_time = std::chrono::seconds{1};
}

std::string time_text(const RateLimit::Direction &direction) {
    return fmt::format("{}", direction.burst_time.count());
}

// Whether threshold and time are what they would be if nothing was said.
bool usual_time(const RateLimit::Direction &d) {
    return d.burst_rate == 0 || d.burst_time == std::chrono::seconds{1};
}
bool usual_threshold(const RateLimit::Direction &d) {
    return d.burst_rate == 0 || d.burst_threshold == d.rate;
}

}  // namespace

Result<AddressSource> Written<AddressSource>::parse(std::string_view value) {
    if (value == "none")
        return AddressSource{};
    if (!value.empty() && value.find_first_not_of("0123456789.") == std::string_view::npos)
        return AddressSource{TRY(parse_host_address(value))};
    TRY(check_object_name(value));
    return AddressSource{std::string(value)};
}

std::string Written<AddressSource>::text(const AddressSource &source) {
    if (const auto *address = std::get_if<Ipv4>(&source.from))
        return address->text();
    const auto *pool = std::get_if<std::string>(&source.from);
    return pool != nullptr ? *pool : "none";
}

Result<std::vector<Pool::Range>> Written<std::vector<Pool::Range>>::parse(std::string_view value) {
    auto ranges = TRY(read_list<Pool::Range>(value, most_parts, read_range));
    // In order, so that neighbours show what overlaps.
    auto sorted = ranges;
    std::sort(sorted.begin(), sorted.end(),
              [](const Pool::Range &a, const Pool::Range &b) { return a.first < b.first; });
    for (std::size_t i = 1; i < sorted.size(); i++) {
        if (sorted[i].first <= sorted[i - 1].last)
            return fail(ErrorCode::Invalid,
                        fmt::format("{} stands there twice", sorted[i].first.text()));
    }
    return ranges;
}

std::string Written<std::vector<Pool::Range>>::text(const std::vector<Pool::Range> &ranges) {
    return joined(ranges, "", [](const Pool::Range &range) {
        return range.first == range.last
                   ? range.first.text()
                   : fmt::format("{}-{}", range.first.text(), range.last.text());
    });
}

Result<std::vector<UserRoute>> Written<std::vector<UserRoute>>::parse(std::string_view value) {
    if (value == "none")
        return std::vector<UserRoute>{};
    return read_list<UserRoute>(value, most_parts, read_route);
}

std::string Written<std::vector<UserRoute>>::text(const std::vector<UserRoute> &routes) {
    return joined(routes, "none", [](const UserRoute &route) {
        return fmt::format("{} {} {}", prefix_text(route.destination), route.gateway.text(),
                           route.metric);
    });
}

Result<std::vector<Ipv4>> Written<std::vector<Ipv4>>::parse(std::string_view value) {
    if (value == "none")
        return std::vector<Ipv4>{};
    return read_list<Ipv4>(value, 2, parse_host_address);  // RFC 1877: a primary and a secondary
}

std::string Written<std::vector<Ipv4>>::text(const std::vector<Ipv4> &addresses) {
    return joined(addresses, "none", [](const Ipv4 &address) { return address.text(); });
}

Result<std::vector<Prefix>> Written<std::vector<Prefix>>::parse(std::string_view value) {
    if (value == "any")
        return std::vector<Prefix>{};
    return read_list<Prefix>(value, most_parts, read_prefix);
}

std::string Written<std::vector<Prefix>>::text(const std::vector<Prefix> &prefixes) {
    return joined(prefixes, "any", prefix_text);
}

Result<std::vector<PptpServer::Listen>>
Written<std::vector<PptpServer::Listen>>::parse(std::string_view value) {
    constexpr std::size_t most_listeners = 64;
    return read_list<PptpServer::Listen>(value, most_listeners, read_listen);
}

std::string
Written<std::vector<PptpServer::Listen>>::text(const std::vector<PptpServer::Listen> &all) {
    return joined(all, "", listen_text);
}

Result<RateLimit> Written<RateLimit>::parse(std::string_view value) {
    RateLimit limit;
    if (value == "none")
        return limit;
    const auto words = words_in(value);
    if (words.empty() || words.size() > 6)
        return fail(ErrorCode::Invalid,
                    "expected RX[/TX] [BURST [THRESHOLD [TIME]]], each as one or RX/TX, or none");
    if (words.size() > 4)
        return wrong(words[4], "priorities and minimum rates cannot be kept");
    std::tie(limit.rx.rate, limit.tx.rate) = TRY(read_pair(words[0], read_rate));
    if (words.size() > 1)
        std::tie(limit.rx.burst_rate, limit.tx.burst_rate) = TRY(read_pair(words[1], read_rate));
    if (words.size() > 2)
        std::tie(limit.rx.burst_threshold, limit.tx.burst_threshold) =
            TRY(read_pair(words[2], read_rate));
    if (words.size() > 3) {
        const auto [rx, tx] = TRY(read_pair(words[3], read_burst_time));
        limit.rx.burst_time = std::chrono::seconds(rx);
        limit.tx.burst_time = std::chrono::seconds(tx);
    }
    TRY(check_direction(limit.rx, "rx"));
    TRY(check_direction(limit.tx, "tx"));
    fill_burst(limit.rx);
    fill_burst(limit.tx);
    return limit;
}

std::string Written<RateLimit>::text(const RateLimit &limit) {
    if (limit == RateLimit{})
        return "none";
    const bool time = !usual_time(limit.rx) || !usual_time(limit.tx);
    const bool threshold = time || !usual_threshold(limit.rx) || !usual_threshold(limit.tx);
    const bool burst = limit.rx.burst_rate != 0 || limit.tx.burst_rate != 0;
    std::string text = pair_text(rate_text(limit.rx.rate), rate_text(limit.tx.rate));
    if (burst)
        text += " " + pair_text(rate_text(limit.rx.burst_rate), rate_text(limit.tx.burst_rate));
    if (threshold)
        text += " " +
                pair_text(rate_text(limit.rx.burst_threshold), rate_text(limit.tx.burst_threshold));
    if (time) {
        // Where there is no burst there is no time, and a second says nothing.
        auto rx = limit.rx;
        auto tx = limit.tx;
        rx.burst_time = rx.burst_rate == 0 ? std::chrono::seconds{1} : rx.burst_time;
        tx.burst_time = tx.burst_rate == 0 ? std::chrono::seconds{1} : tx.burst_time;
        text += " " + pair_text(time_text(rx), time_text(tx));
    }
    return text;
}

}  // namespace rtun::config
