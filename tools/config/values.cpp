// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rules for single values. Every refusal says what was expected.
#include <config/values.h>

#include <base/net.h>
#include <config/grammar.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

struct Unit {
    std::string_view suffix;
    std::uint64_t factor;
};

// A number with one of these units, in the smallest; the range is in the smallest, too.
Result<std::uint64_t> parse_time(std::string_view text, Range range,
                                 std::initializer_list<Unit> units, std::string_view expected) {
    const auto refuse = [&] {
        return fail(ErrorCode::Invalid,
                    fmt::format("expected {}, {}..{}", expected, range.low, range.high));
    };
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const std::size_t digits = static_cast<std::size_t>(end - text.begin());
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [&](const Unit &u) { return u.suffix == text.substr(digits); });
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + digits, value);
    if (unit == units.end() || digits == 0 || read.ec != std::errc{} ||
        value > range.high / unit->factor || value * unit->factor < range.low)
        return refuse();
    return value * unit->factor;
}

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + more >= text.size())
            return false;
        for (std::size_t k = 1; k <= more; k++) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            unsigned low = 0x80;
            unsigned high = 0xbf;
            if (k == 1) {
                low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : low;
                high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : high;
            }
            if (next < low || next > high)
                return false;
        }
        i += more + 1;
    }
    return true;
}

Status check_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253)
        return fail(ErrorCode::Invalid, "expected a host name or an IPv4 address");
    std::size_t label = 0;
    for (std::size_t i = 0; i <= text.size(); i++) {
        if (i < text.size() && text[i] != '.') {
            const char c = text[i];
            if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
                return fail(ErrorCode::Invalid,
                            fmt::format("a host name has letters, digits, \"-\" and \".\", not "
                                        "{}",
                                        is_control(c) || static_cast<unsigned char>(c) >= 0x80
                                            ? "this"
                                            : fmt::format("\"{}\"", c)));
            label++;
            continue;
        }
        const bool trailing_dot = i == text.size() && label == 0 && i > 1;  // "example.org."
        if ((label == 0 && !trailing_dot) || label > 63)
            return fail(ErrorCode::Invalid, "a part of a host name has 1..63 characters");
        if (label > 0 && (text[i - label] == '-' || text[i - 1] == '-'))
            return fail(ErrorCode::Invalid,
                        "a part of a host name neither begins nor ends with \"-\"");
        label = 0;
    }
    return {};
}

}  // namespace

Result<std::uint64_t> parse_number(std::string_view text, Range range) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    std::uint64_t value = 0;
    const char *end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
    if (digits.empty() || read.ec != std::errc{} || read.ptr != end || value < range.low ||
        value > range.high)
        return fail(ErrorCode::Invalid,
                    fmt::format("expected a number, {}..{}", range.low, range.high));
    return value;
}

Result<std::chrono::seconds> parse_seconds(std::string_view text, Range range) {
    const std::uint64_t value = TRY(parse_time(
        text, range, {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}}, "seconds (or Ns, Nm, Nh)"));
    return std::chrono::seconds(value);
}

Result<std::chrono::milliseconds> parse_milliseconds(std::string_view text, Range range) {
    const std::uint64_t value = TRY(
        parse_time(text, range, {{"", 1}, {"ms", 1}, {"s", 1000}}, "milliseconds (or Nms, Ns)"));
    return std::chrono::milliseconds(value);
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text, Range seconds) {
    const Range range{seconds.low * 1000, seconds.high * 1000};
    const auto value = parse_time(
        text, range, {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}}, "");
    if (!value)
        return fail(ErrorCode::Invalid, fmt::format("expected seconds (or Nms, Ns, Nm, Nh), {}..{}",
                                                    seconds.low, seconds.high));
    return std::chrono::milliseconds(*value);
}

Result<std::chrono::seconds> parse_timespan(std::string_view text, Range range) {
    constexpr std::array<Unit, 5> units{
        {{"w", 604800}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
    const auto refuse = [&] {
        return fail(ErrorCode::Invalid, fmt::format("expected seconds (or as 1d12h30m), {}..{}",
                                                    range.low, range.high));
    };
    std::uint64_t total = 0;
    std::size_t next = 0;  // of the units, the first that may still come
    if (text.empty())
        return refuse();
    while (!text.empty()) {
        std::uint32_t number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec != std::errc{})
            return refuse();
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
        std::size_t unit = units.size() - 1;  // a number alone is seconds
        if (!text.empty() || next != 0) {
            unit = next;
            while (unit < units.size() && !text.starts_with(units.at(unit).suffix))
                unit++;
            if (unit == units.size())
                return refuse();
            text.remove_prefix(1);
        }
        next = unit + 1;
        total += number * units.at(unit).factor;  // at most 2^32 * 604800 each
    }
    if (total < range.low || total > range.high)
        return refuse();
    return std::chrono::seconds(total);
}

std::string duration_text(std::chrono::milliseconds duration) {
    if (duration.count() % 1000 == 0)
        return fmt::format("{}", duration.count() / 1000);
    return fmt::format("{}ms", duration.count());
}

Result<bool> parse_yes_no(std::string_view text) {
    if (text == "yes")
        return true;
    if (text == "no")
        return false;
    return fail(ErrorCode::Invalid, "expected yes or no");
}

Status check_device_name(std::string_view text) {
    if (text.empty() || text.size() > 15)
        return fail(ErrorCode::Invalid,
                    "it names a network interface, and those have 1..15 characters");
    for (const char c : text) {
        if (is_control(c) || static_cast<unsigned char>(c) >= 0x80 || c == ' ' || c == '/' ||
            c == ':' || c == '%' || c == '"')
            return fail(ErrorCode::Invalid, "the name of an interface has no blanks, \"/\", \":\", "
                                            "\"%\" or quotes, and is plain ASCII");
    }
    // "all" and "default" are directories of /proc/sys/net/ipv4/conf, the kernel refuses them.
    for (const std::string_view reserved : {".", "..", "all", "default", "help"}) {
        if (text == reserved)
            return fail(ErrorCode::Invalid, "no interface can have this name");
    }
    if (text.front() == '-')
        return fail(ErrorCode::Invalid, "it would be taken for an option");
    return {};
}

Status check_text(std::string_view text, Range octets) {
    if (text.size() < octets.low || text.size() > octets.high)
        return fail(ErrorCode::Invalid,
                    fmt::format("expected {}..{} octets", octets.low, octets.high));
    if (std::any_of(text.begin(), text.end(), is_control))
        return fail(ErrorCode::Invalid, "there is a control character in it");
    if (!is_utf8(text))
        return fail(ErrorCode::Invalid, "it is not UTF-8");
    return {};
}

Status check_host(std::string_view text) {
    const bool numeric = text.find(':') != std::string_view::npos ||
                         (!text.empty() && text.find_first_not_of("0123456789.") == text.npos);
    if (!numeric)
        return check_host_name(text);
    const auto address = base::Address::parse(text);
    if (!address)
        return fail(ErrorCode::Invalid, "this is neither an IPv4 nor an IPv6 address");
    const bool group = address->v4() != nullptr ? address->v4()->value >= 0xe0000000U
                                                : address->v6()->octets[0] == 0xff;
    if (address->unspecified() || group)
        return fail(ErrorCode::Invalid, "this is not the address of a host");
    return {};
}

Status check_absolute_path(std::string_view text) {
    if (!text.starts_with('/'))
        return fail(ErrorCode::Invalid, "expected an absolute path, beginning with \"/\"");
    return check_text(text, {1, 4095});
}

Status check_user_name(std::string_view text) { return check_text(text, {1, 255}); }

Status check_object_name(std::string_view text) {
    TRY(check_text(text, {1, 64}));
    for (const std::string_view reserved : {"none", "any", "help"}) {
        if (text == reserved)
            return fail(ErrorCode::Invalid, "this word means something else");
    }
    if (text.front() == '-')
        return fail(ErrorCode::Invalid, "it would be taken for an option");
    if (text.find_first_of(",/ \"'") != std::string_view::npos)
        return fail(ErrorCode::Invalid, "the name has no blanks, quotes, \",\" or \"/\"");
    if (text.find_first_not_of("0123456789.") == std::string_view::npos)
        return fail(ErrorCode::Invalid, "it would be taken for an address");
    return {};
}

Status check_set_name(std::string_view text) {
    const bool good = !text.empty() && text.size() <= 128 && is_letter(text.front()) &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                          return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '/';
                      });
    if (!good)
        return fail(ErrorCode::Invalid, "a set of nft has a name of 1..128 letters, digits, \"_\", "
                                        "\".\" and \"/\", the first a letter");
    return {};
}

Result<base::Ipv4> parse_host_address(std::string_view text) {
    const auto address = base::Ipv4::parse(text);
    if (!address)
        return fail(ErrorCode::Invalid, "this is not an IPv4 address");
    const std::uint32_t network = address->value >> 24U;
    if (network == 0 || network == 127 || network >= 0xe0)  // this host, multicast and up
        return fail(ErrorCode::Invalid, "this is not the address of a host");
    return *address;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    if (text.starts_with('[') || std::count(text.begin(), text.end(), ':') > 1)
        return fail(ErrorCode::Invalid,
                    "IPv6 addresses cannot be used, because PPTP works over IPv4 only");
    Endpoint endpoint;
    const std::size_t colon = text.find(':');
    endpoint.host = std::string(text.substr(0, colon));
    if (colon != std::string_view::npos) {
        const std::string_view digits = text.substr(colon + 1);
        // Decimal only: no other program takes "host:0x6bb".
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
        if (error != std::errc{} || end != digits.data() + digits.size() || endpoint.port == 0)
            return fail(ErrorCode::Invalid, "expected a port, 1..65535, after \":\"");
    }
    const bool numeric = !endpoint.host.empty() &&
                         endpoint.host.find_first_not_of("0123456789.") == std::string::npos;
    if (!numeric) {
        TRY(check_host_name(endpoint.host));
        return endpoint;
    }
    const auto address = base::Ipv4::parse(endpoint.host);
    if (!address)
        return fail(ErrorCode::Invalid, "this is not an IPv4 address");
    if (address->unspecified() || address->value >= 0xe0000000U)  // 0.0.0.0, multicast and up
        return fail(ErrorCode::Invalid, "this is not the address of a host");
    return endpoint;
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view text) {
    std::vector<Endpoint> endpoints;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        if (endpoints.size() == MaxEndpoints)
            return fail(ErrorCode::Invalid,
                        fmt::format("these are more than {} servers", MaxEndpoints));
        auto endpoint = parse_endpoint(text.substr(begin, end - begin));
        if (!endpoint)
            return fail(ErrorCode::Invalid,
                        text.find(',') == std::string_view::npos
                            ? endpoint.error().text
                            : fmt::format("\"{}\": {}", text.substr(begin, end - begin),
                                          endpoint.error().text));
        endpoints.push_back(std::move(*endpoint));
        begin = end + 1;
    }
    return endpoints;
}

std::string one_line(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return line;
}

std::string shown(std::string_view word) {
    constexpr std::size_t longest = 64;
    const std::string text = one_line(word.substr(0, longest));
    return word.size() > longest ? text + "..." : text;
}

}  // namespace rtun::config
