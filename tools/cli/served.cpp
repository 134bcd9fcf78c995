// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is connected, with which interfaces and addresses, and who was: listings in columns, as a
// router's user knows them.
#include <cli/commands.h>

#include <base/time.h>
#include <cli/columns.h>
#include <cli/stats.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <ctime>

namespace rtun::cli {

using base::Status;

namespace {

// Headings are for people who see several lines.
bool with_headings(const Context &context) {
    return !context.options.brief && !context.options.oneline;
}

std::string uptime_text(std::uint64_t seconds) {
    constexpr std::uint64_t century = 100ULL * 365 * 86400;  // what a peer says, kept in range
    return base::format_uptime(std::chrono::seconds(seconds < century ? seconds : century));
}

std::string number_text(const std::optional<std::uint32_t> &number) {
    return number ? fmt::format("{}", *number) : "";
}

std::string encoding_text(const std::string &encoding, bool insecure) {
    return insecure ? encoding + ", insecure" : encoding;
}

// UTC, so that records of hosts can be compared.
std::string date_text(double time) {
    constexpr double last = 253402300799.0;  // of the year 9999
    const auto seconds = static_cast<std::time_t>(std::floor(time < 0      ? 0
                                                             : time > last ? last
                                                                           : time));
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc);
}

// A member and, in text, a piece, of a value that is there.
void put(Output &out, std::string_view key, Format text, const std::string &value) {
    if (!value.empty())
        out.text(key, text, value);
}
void put(Output &out, std::string_view key, Format text,
         const std::optional<std::uint32_t> &value) {
    if (value)
        out.number(key, text, *value);
}
void member(Output &out, std::string_view key, const std::string &value) {
    if (!value.empty())
        out.member(key, value);
}
void member(Output &out, std::string_view key, const std::optional<std::uint32_t> &value) {
    if (value)
        out.member(key, std::uint64_t{*value});
}

// -- active

std::vector<std::string> cells_of(const ctl::ActiveStatus &session, bool brief) {
    std::string name = fmt::format("{} {}", session.radius ? 'R' : ' ', session.user);
    if (brief)
        return {std::move(name), session.address, session.interface};
    const std::size_t links = session.links.size();
    return {std::move(name),
            session.service,
            links == 0
                ? session.caller_id
                : fmt::format("{} ({} link{})", session.caller_id, links, links == 1 ? "" : "s"),
            session.address,
            uptime_text(session.uptime),
            encoding_text(session.encoding, session.insecure)};
}

void print_session(Output &out, const ctl::ActiveStatus &session, bool in_text) {
    for (const ctl::ActiveLink &link : session.links) {
        out.open_element("links");
        out.member("caller_id", link.caller_id);
        out.member("session_id", std::uint64_t{link.session_id});
        out.member("call_id", std::uint64_t{link.call_id});
        out.member("peer_call_id", std::uint64_t{link.peer_call_id});
        out.member("mtu", std::uint64_t{link.mtu});
        out.member("uptime", link.uptime);
        out.member("status", link.status);
        out.close_group();
    }
    if (!in_text) {
        member(out, "local_address", session.local_address);
        member(out, "interface", session.interface);
        member(out, "profile", session.profile);
        member(out, "authentication", session.authentication);
        member(out, "mtu", session.mtu);
        member(out, "mru", session.mru);
        member(out, "session_id", session.session_id);
        member(out, "tunnel_id", session.tunnel_id);
        member(out, "call_id", session.call_id);
        member(out, "peer_call_id", session.peer_call_id);
        member(out, "id", session.id);
        member(out, "multilink", session.multilink);
        member(out, "multilink_refused", session.multilink_refused);
        member(out, "bridge", session.bridge);
        member(out, "bridging", session.bridging);
        member(out, "mac_address", session.mac_address);
        member(out, "remote_mac_address", session.remote_mac_address);
        return;
    }
    out.line();
    put(out, "interface", "dev {}", session.interface);
    put(out, "local_address", "local {}", session.local_address);
    put(out, "profile", "profile {}", session.profile);
    put(out, "authentication", "authenticated with {}", session.authentication);
    put(out, "mtu", "mtu {}", session.mtu);
    put(out, "mru", "mru {}", session.mru);
    put(out, "session_id", "session {}", session.session_id);
    put(out, "tunnel_id", "tunnel {}", session.tunnel_id);
    put(out, "call_id", "call {}", session.call_id);
    put(out, "peer_call_id", "peer call {}", session.peer_call_id);
    put(out, "id", "record {}", session.id);
    put(out, "multilink", "multilink {}", session.multilink);
    put(out, "multilink_refused", "no multilink ({})", session.multilink_refused);
    put(out, "bridge", "in bridge {}", session.bridge);
    put(out, "bridging", "bridging {}", session.bridging);
    put(out, "mac_address", "mac {}", session.mac_address);
    put(out, "remote_mac_address", "peer mac {}", session.remote_mac_address);
    for (const ctl::ActiveLink &link : session.links) {
        out.line();
        out.piece(fmt::format("link from {} {} session {} call {} peer call {} mtu {} for {}",
                              link.caller_id, link.status, link.session_id, link.call_id,
                              link.peer_call_id, link.mtu, uptime_text(link.uptime)));
    }
}

void print_active(Context &context, const ctl::ActiveStatus &session, const std::string &line) {
    Output &out = context.out;
    out.open();
    out.piece(line);
    out.member("name", session.user);
    out.member("service", session.service);
    out.member("caller_id", session.caller_id);
    out.member("address", session.address);
    out.member("uptime", session.uptime);
    out.member("encoding", session.encoding);
    if (session.insecure)
        out.member("insecure", true);
    out.member("radius", session.radius);
    out.member("dynamic", session.dynamic);
    print_session(out, session, context.options.details && !context.options.json);
    if (context.options.statistics)
        out.line();
    const bool shown = context.options.statistics;
    const auto bytes = [&](std::string_view key, std::string_view name, std::uint64_t count) {
        out.shown(key, count, shown ? fmt::format("{} {} ({})", name, count, in_units(count)) : "");
    };
    bytes("rx_bytes", "rx bytes", session.rx_bytes);
    bytes("tx_bytes", "tx bytes", session.tx_bytes);
    out.close();
}

// -- interfaces

std::vector<std::string> cells_of(const ctl::InterfaceStatus &row, std::size_t number, bool brief) {
    const char state = row.dynamic ? 'D' : row.enabled ? ' ' : 'X';
    std::string flags = fmt::format("{} {}{}", number, state, row.running ? 'R' : ' ');
    if (brief)
        return {flags + " " + row.name, row.user, row.client_address};
    return {flags + " " + row.name,
            row.user,
            number_text(row.mtu),
            row.client_address,
            row.uptime ? uptime_text(*row.uptime) : "",
            row.encoding};
}

void print_interface(Context &context, const ctl::InterfaceStatus &row, const std::string &line) {
    Output &out = context.out;
    out.open();
    out.piece(line);
    out.member("name", row.name);
    out.member("user", row.user);
    out.member("service", row.service);
    out.member("disabled", !row.enabled);
    out.member("dynamic", row.dynamic);
    out.member("running", row.running);
    member(out, "mtu", row.mtu);
    member(out, "client_address", row.client_address);
    if (row.uptime)
        out.member("uptime", *row.uptime);
    member(out, "encoding", row.encoding);
    const bool more = context.options.details && (!row.address.empty() || !row.comment.empty());
    if (more) {
        out.line();
        put(out, "address", "address {}", row.address);
        if (!row.comment.empty())
            out.shown("comment", row.comment,
                      fmt::format("comment {}", config::quote(row.comment)));
    } else {
        member(out, "address", row.address);
        member(out, "comment", row.comment);
    }
    out.close();
}

// -- records

std::vector<std::string> cells_of(const ctl::RecordStatus &record) {
    const double end = record.stopped.value_or(record.started);
    const auto lasted = static_cast<std::uint64_t>(end > record.started ? end - record.started : 0);
    return {record.user,
            record.service,
            record.caller_id,
            record.address,
            date_text(record.started),
            record.stopped ? uptime_text(lasted) : "",
            in_units(record.octets_in),
            in_units(record.octets_out),
            record.stopped ? record.cause : "connected"};
}

void print_record(Context &context, const ctl::RecordStatus &record, const std::string &line) {
    Output &out = context.out;
    const bool in_text = context.options.details;
    out.open();
    out.piece(line);
    out.member("user", record.user);
    out.member("service", record.service);
    out.member("caller_id", record.caller_id);
    member(out, "address", record.address);
    out.member("started", record.started);
    if (record.stopped)
        out.member("stopped", *record.stopped);
    out.member("octets_in", record.octets_in);
    out.member("octets_out", record.octets_out);
    member(out, "cause", record.cause);
    if (in_text)
        out.line();
    const auto packets = [&](std::string_view key, std::string_view name, std::uint64_t count) {
        out.shown(key, count, in_text ? fmt::format("{} {}", name, count) : "");
    };
    packets("packets_in", "packets in", record.packets_in);
    packets("packets_out", "packets out", record.packets_out);
    const auto text = [&](std::string_view key, std::string_view format, const std::string &value) {
        if (!value.empty())
            out.shown(key, value, in_text ? fmt::format(fmt::runtime(format), value) : "");
    };
    text("interface", "dev {}", record.interface);
    text("id", "record {}", record.id);
    text("text", "({})", record.text);
    out.close();
}

}  // namespace

Status show_active(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    const bool brief = context.options.brief;
    Columns columns(brief ? std::vector<std::string>{"  NAME", "ADDRESS", "INTERFACE"}
                          : std::vector<std::string>{"  NAME", "SERVICE", "CALLER-ID", "ADDRESS",
                                                     "UPTIME", "ENCODING"});
    for (const ctl::ActiveStatus &session : reply.active)
        columns.add(cells_of(session, brief));
    if (with_headings(context) && !reply.active.empty()) {
        context.out.heading("Flags: R - radius");
        context.out.heading(columns.heading());
    }
    for (std::size_t i = 0; i < reply.active.size(); i++)
        print_active(context, reply.active[i], columns.row(i));
    return {};
}

Status show_interfaces(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    const bool brief = context.options.brief;
    Columns columns(brief ? std::vector<std::string>{"#    NAME", "USER", "CLIENT-ADDRESS"}
                          : std::vector<std::string>{"#    NAME", "USER", "MTU", "CLIENT-ADDRESS",
                                                     "UPTIME", "ENCODING"});
    for (std::size_t i = 0; i < reply.interfaces.size(); i++)
        columns.add(cells_of(reply.interfaces[i], i, brief));
    if (with_headings(context) && !reply.interfaces.empty()) {
        context.out.heading("Flags: X - disabled, D - dynamic, R - running");
        context.out.heading(columns.heading());
    }
    for (std::size_t i = 0; i < reply.interfaces.size(); i++)
        print_interface(context, reply.interfaces[i], columns.row(i));
    return {};
}

Status show_pool_usage(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    Columns columns({"POOL", "USED", "FREE", "TOTAL"});
    const auto free_of = [](const ctl::PoolStatus &p) {
        return p.total > p.used ? p.total - p.used : 0;
    };
    for (const ctl::PoolStatus &pool : reply.pools)
        columns.add({pool.pool, fmt::format("{}", pool.used), fmt::format("{}", free_of(pool)),
                     fmt::format("{}", pool.total)});
    Output &out = context.out;
    if (with_headings(context) && !reply.pools.empty())
        out.heading(columns.heading());
    for (std::size_t i = 0; i < reply.pools.size(); i++) {
        const ctl::PoolStatus &pool = reply.pools[i];
        out.open();
        out.piece(columns.row(i));
        out.member("pool", pool.pool);
        out.member("used", pool.used);
        out.member("free", std::uint64_t{free_of(pool)});
        out.member("total", pool.total);
        out.close();
    }
    return {};
}

Status show_leases(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    Columns columns({"ADDRESS", "POOL", "USER", "RECORD"});
    for (const ctl::LeaseStatus &lease : reply.leases)
        columns.add({lease.address, lease.pool.empty() ? "-" : lease.pool,
                     lease.user.empty() ? "-" : lease.user, lease.owner});
    Output &out = context.out;
    if (with_headings(context) && !reply.leases.empty())
        out.heading(columns.heading());
    for (std::size_t i = 0; i < reply.leases.size(); i++) {
        const ctl::LeaseStatus &lease = reply.leases[i];
        out.open();
        out.piece(columns.row(i));
        out.member("address", lease.address);
        member(out, "pool", lease.pool);
        member(out, "user", lease.user);
        out.member("id", lease.owner);
        out.close();
    }
    return {};
}

Status show_records(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    Columns columns(
        {"USER", "SERVICE", "CALLER-ID", "ADDRESS", "STARTED", "LASTED", "IN", "OUT", "END"});
    for (const ctl::RecordStatus &record : reply.records)
        columns.add(cells_of(record));
    if (with_headings(context) && !reply.records.empty())
        context.out.heading(columns.heading());
    for (std::size_t i = 0; i < reply.records.size(); i++)
        print_record(context, reply.records[i], columns.row(i));
    return {};
}

}  // namespace rtun::cli
