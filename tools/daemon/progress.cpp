// SPDX-License-Identifier: GPL-2.0-or-later
//
// The shape of the output is the manual's.
#include <daemon/progress.h>

#include <base/time.h>
#include <daemon/events.h>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace rtun::daemon {

namespace {

const std::string &field(const ctl::Event &event, const std::string &key) {
    static const std::string none;
    const auto found = event.fields.find(key);
    return found == event.fields.end() ? none : found->second;
}

std::uint64_t number(const ctl::Event &event, const std::string &key) {
    const std::string &digits = field(event, key);
    std::uint64_t value = 0;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

}  // namespace

std::string format_octets(std::uint64_t octets) {
    static constexpr std::array units{"KiB", "MiB", "GiB", "TiB"};
    if (octets < 1024)
        return fmt::format("{} B", octets);
    double value = static_cast<double>(octets);
    std::size_t unit = 0;
    for (value /= 1024; value >= 1023.95 && unit + 1 < units.size(); value /= 1024)
        unit++;
    return fmt::format("{:.1f} {}", value, units[unit]);
}

void Progress::show(const ctl::Event &event) {
    using namespace event_id;
    if (event.id == Dialing) {
        begin("dialing ...");
    } else if (event.id == Tcp || event.id == Control || event.id == Lcp) {
        // Steps on the way, for `why` and -j, and for whoever wants them all.
        if (steps_ == Steps::All)
            line(event.text);
    } else if (event.id == Call) {
        finish(fmt::format(" connected ({}, call {}/{})", field(event, "server"),
                           field(event, "call_id"), field(event, "peer_call_id")));
    } else if (event.id == Verifying) {
        begin("verifying password...");
    } else if (event.id == Verified) {
        finish(fmt::format(" ok ({})", field(event, "authentication")));
    } else if (event.id == Encryption) {
        const std::string &reason = field(event, "reason");
        line(reason.empty() ? event.text : fmt::format("not encrypted ({})", reason));
    } else if (event.id == Up) {
        const std::string &remote = field(event, "remote_address");
        line(fmt::format("connected  {}  {} -> {}  mtu {}  {:.1f} s", field(event, "interface"),
                         field(event, "local_address"), remote.empty() ? "*" : remote,
                         field(event, "mtu"),
                         static_cast<double>(number(event, "took_ms")) / 1000));
        if (const std::string &dns = field(event, "dns"); !dns.empty())
            line(fmt::format("name servers  {}", dns));
    } else if (event.id == Down) {
        const bool by_user = field(event, "by") == "user";
        std::string text = by_user ? fmt::format("terminated ({})", field(event, "reason"))
                                   : fmt::format("disconnected ({})", field(event, "reason"));
        if (event.fields.contains("uptime"))
            text += fmt::format("  up {}  rx {}  tx {}",
                                base::format_uptime(std::chrono::seconds(number(event, "uptime"))),
                                format_octets(number(event, "rx_bytes")),
                                format_octets(number(event, "tx_bytes")));
        line(text);
    } else if (event.id == Failed) {
        // Why is for standard error.
        if (!open_.empty())
            finish(" failed");
    } else {
        line(event.text);
    }
}

void Progress::begin(std::string_view text) {
    std::string begun = fmt::format("{}: {}", what_, text);
    if (begun == open_)
        return;  // once more: the link negotiated anew in between
    if (!open_.empty())
        finish("");
    open_ = std::move(begun);
    if (style_ == Style::Terminal)
        print_(open_);
}

void Progress::finish(std::string_view text) {
    if (open_.empty()) {  // another line came between
        line(text.substr(text.starts_with(' ') ? 1 : 0));
        return;
    }
    const std::string begun = std::exchange(open_, {});
    print_(fmt::format("{}{}\n", style_ == Style::Terminal ? "" : begun, text));
}

void Progress::line(std::string_view text) {
    if (!open_.empty())
        finish("");
    print_(fmt::format("{}: {}\n", what_, text));
}

}  // namespace rtun::daemon
