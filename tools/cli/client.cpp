// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the daemon is asked: how the clients are, and every command that it carries out.
#include <cli/commands.h>

#include <base/time.h>
#include <cli/stats.h>
#include <ctl/client.h>

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

namespace rtun::cli {

using base::Status;
using ctl::ClientStatus;

namespace {

// A text that is there, or neither text nor member.
void put(Output &out, std::string_view key, Format text, const std::string &value,
         Paint paint = Paint::None) {
    if (!value.empty())
        out.text(key, text, value, paint);
}

void put(Output &out, std::string_view key, Format text,
         const std::optional<std::uint32_t> &value) {
    if (value)
        out.number(key, text, *value);
}

std::string uptime_of(std::uint64_t seconds) {
    constexpr std::uint64_t century = 100ULL * 365 * 86400;  // what a peer says, kept in range
    return base::format_uptime(std::chrono::seconds(seconds < century ? seconds : century));
}

Paint paint_of(const ClientStatus &client) {
    return client.running ? Paint::Good : client.enabled ? Paint::Bad : Paint::None;
}

void print_state(Output &out, const ClientStatus &client, bool details) {
    if (!client.running)
        out.text("status", "{}", client.status, paint_of(client));
    else
        out.member("status", client.status);
    put(out, "mtu", "mtu {}", client.mtu);
    if (details)
        put(out, "mru", "mru {}", client.mru);
    else if (client.mru)
        out.member("mru", std::uint64_t{*client.mru});
    put(out, "local_address", "{}", client.local_address, Paint::Address);
    put(out, "remote_address", "-> {}", client.remote_address, Paint::Address);
    put(out, "bridge", "in bridge {}", client.bridge, Paint::Name);
    if (client.running)
        out.shown("encoding", client.encoding,
                  client.encoding == "none" ? "not encrypted" : client.encoding);
    if (client.insecure)
        out.shown("insecure", true, "insecure");
    if (client.uptime)
        out.shown("uptime", *client.uptime, "up " + uptime_of(*client.uptime));
    if (client.idle_time && details)
        out.shown("idle_time", *client.idle_time, "idle " + uptime_of(*client.idle_time));
    else if (client.idle_time)
        out.member("idle_time", *client.idle_time);
    if (client.retry_in)
        out.number("retry_in", "again in {}s", *client.retry_in);
    if (!client.running)
        put(out, "last_error", "({})", client.last_error);
    else if (!client.last_error.empty())
        out.member("last_error", client.last_error);
}

// What a router's "monitor" has of a client.
void print_monitored(Output &out, const ClientStatus &client) {
    out.open();
    out.text("status", "status {}", client.status, paint_of(client));
    if (client.uptime)
        out.shown("uptime", *client.uptime, "uptime " + uptime_of(*client.uptime));
    if (client.idle_time)
        out.shown("idle_time", *client.idle_time, "idle-time " + uptime_of(*client.idle_time));
    if (client.running)
        out.text("encoding", "encoding {}", client.encoding);
    put(out, "mtu", "mtu {}", client.mtu);
    put(out, "mru", "mru {}", client.mru);
    out.close();
}

// The call: in text only with -details, in JSON always.
void print_call(Output &out, bool in_text, const ClientStatus &client) {
    if (in_text) {
        out.line();
        put(out, "interface", "dev {}", client.interface, Paint::Name);
        put(out, "server", "server {}", client.server, Paint::Address);
        put(out, "tunnel_id", "tunnel {}", client.tunnel_id);
        put(out, "session_id", "session {}", client.session_id);
        put(out, "call_id", "call {}", client.call_id);
        put(out, "peer_call_id", "peer call {}", client.peer_call_id);
        put(out, "authentication", "authenticated with {}", client.authentication);
        put(out, "bridging", "bridging {}", client.bridging);
        put(out, "mac_address", "mac {}", client.mac_address, Paint::Address);
        put(out, "remote_mac_address", "peer mac {}", client.remote_mac_address, Paint::Address);
        out.number("attempts", "attempts {}", client.attempts);
        if (!client.dns.empty())
            out.list("dns", "dns {}", client.dns);
        if (!client.comment.empty())
            out.member("comment", client.comment);  // the settings have it in text
        return;
    }
    const auto number = [&out](std::string_view key, const std::optional<std::uint32_t> &value) {
        if (value)
            out.member(key, std::uint64_t{*value});
    };
    const auto text = [&out](std::string_view key, const std::string &value) {
        if (!value.empty())
            out.member(key, value);
    };
    text("interface", client.interface);
    text("server", client.server);
    number("tunnel_id", client.tunnel_id);
    number("session_id", client.session_id);
    number("call_id", client.call_id);
    number("peer_call_id", client.peer_call_id);
    text("authentication", client.authentication);
    text("bridging", client.bridging);
    text("mac_address", client.mac_address);
    text("remote_mac_address", client.remote_mac_address);
    out.member("attempts", client.attempts);
    if (!client.dns.empty())
        out.member("dns", client.dns);
    text("comment", client.comment);
}

// Of multilink: in text a line each with -details.
void print_links(Output &out, bool in_text, const ClientStatus &client) {
    const auto shown = [&](std::string_view key, Value value, const std::string &text,
                           Paint paint = Paint::None) {
        out.shown(key, std::move(value), in_text ? text : "", paint);
    };
    if (!client.multilink.empty()) {
        if (in_text)
            out.line();
        shown("multilink", client.multilink, "multilink " + client.multilink);
    }
    for (const ctl::LinkStatus &link : client.links) {
        out.open_element("links");
        if (in_text)
            out.line();
        shown("server", link.server, "link " + out.painted(link.server, Paint::Address));
        if (!link.source.empty())
            shown("source", link.source, "from " + link.source);
        if (!link.interface.empty())
            shown("interface", link.interface, "by " + link.interface);
        out.member("up", link.up);
        shown("status", link.status, link.status, link.status == "up" ? Paint::Good : Paint::Bad);
        if (link.rate)
            shown("rate", *link.rate, fmt::format("rate {}", *link.rate));
        if (link.tunnel_id)
            shown("tunnel_id", std::uint64_t{*link.tunnel_id},
                  fmt::format("tunnel {}", *link.tunnel_id));
        if (link.session_id)
            shown("session_id", std::uint64_t{*link.session_id},
                  fmt::format("session {}", *link.session_id));
        if (link.uptime)
            shown("uptime", *link.uptime, "up " + uptime_of(*link.uptime));
        if (link.retry_in)
            shown("retry_in", *link.retry_in, fmt::format("again in {}s", *link.retry_in));
        if (!link.last_error.empty())
            shown("last_error", link.last_error, fmt::format("({})", link.last_error));
        out.close_group();
    }
}

void print_settings(Output &out, const ClientStatus &client) {
    out.open("settings");
    if (!client.settings.empty())
        out.line();
    for (const auto &[keyword, value] : client.settings)
        out.shown(keyword, value,
                  value.empty() ? "" : fmt::format("{} {}", keyword, config::quote(value)));
    out.close_group();
}

void print_counters(Context &context, const ClientStatus &client) {
    Output &out = context.out;
    // Packets are counted by the kernel. If it cannot be asked, what the daemon counts remains.
    if (client.session_id) {
        if (auto kernel = context.open_kernel()) {
            if (auto session = (*kernel)->session(netlink::SessionId{*client.session_id}))
                print_stats(out, context.options, *session);
        }
    }
    out.open("counters");
    if (!client.counters.empty())
        out.line();
    for (const auto &[name, count] : client.counters)
        out.shown(name, count, fmt::format("{} {}", name, count));
    out.close_group();
}

void print_client(Context &context, const ClientStatus &client) {
    Output &out = context.out;
    const Options &options = context.options;
    out.open();
    // X - disabled, D - dynamic (none of ours is), R - running
    out.member("name", client.name);
    out.piece(fmt::format("{} {} {}", client.enabled ? ' ' : 'X', client.running ? 'R' : ' ',
                          client.name),
              paint_of(client));
    out.text("type", "{}", client.type);
    out.member("disabled", !client.enabled);
    out.member("running", client.running);
    if (!options.brief) {
        out.text("connect_to", "{}", client.connect_to, Paint::Address);
        out.text("user", "user {}", client.user);
        print_state(out, client, options.details);
        print_call(out, options.details, client);
        print_links(out, options.details, client);
    } else {
        out.text("status", "{}", client.status);
        put(out, "interface", "{}", client.interface, Paint::Name);
        put(out, "local_address", "{}", client.local_address, Paint::Address);
        put(out, "remote_address", "-> {}", client.remote_address, Paint::Address);
        put(out, "bridge", "in bridge {}", client.bridge, Paint::Name);
    }
    if (options.details)
        print_settings(out, client);
    if (options.statistics)
        print_counters(context, client);
    out.close();
}

}  // namespace

base::Result<ctl::Reply> ask(Context &context, const ctl::Request &request) {
    ctl::Client daemon = TRY(ctl::Client::connect(context.socket));
    return daemon.call(request);
}

Status show_clients(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    if (!context.options.brief && !context.options.oneline && !reply.clients.empty())
        context.out.heading("Flags: X - disabled, D - dynamic, R - running");
    for (const ClientStatus &client : reply.clients) {
        // -6: there is no transport over IPv6.
        if (context.options.family != Family::Inet6)
            print_client(context, client);
    }
    return {};
}

Status monitor_client(Context &context, const config::ClientMonitor &what) {
    constexpr int interval = 1000;  // ms
    const ctl::Request question{.words = {"client", "show", what.name}, .file = {}, .line = 0};
    ctl::Client daemon = TRY(ctl::Client::connect(context.socket));
    for (;;) {
        const ctl::Reply reply = TRY(daemon.call(question));
        for (const ClientStatus &client : reply.clients)
            print_monitored(context.out, client);
        TRY(context.out.flush_each());
        // Nothing is asked of our output, so whatever is there is its end.
        pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
        const int ready = ::poll(&reader, 1, interval);
        if (ready < 0 && errno != EINTR)
            return base::fail(base::system_error("poll", errno));
        if (ready > 0 || context.out.closed())
            return {};
    }
}

Status tell_daemon(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    for (const std::string &line : reply.lines)
        context.out.item(line);
    warn(reply.warnings);
    return {};
}

void warn(const std::vector<std::string> &warnings) {
    for (const std::string &warning : warnings)
        std::fputs(fmt::format("Warning: {}\n", warning).c_str(), stderr);
}

}  // namespace rtun::cli
