// SPDX-License-Identifier: GPL-2.0-or-later
//
// Objects that are nothing but their properties: users, profiles, pools, servers. In text what is
// as by default is left out; with -details, and in JSON, there is all of it.
#include <cli/commands.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::cli {

using base::Status;

namespace {

// Whether the flags of the row say it already.
bool is_flag(const std::string &keyword) { return keyword == "disabled" || keyword == "enabled"; }

std::string setting_text(const ctl::SettingStatus &setting) {
    if (setting.value.empty())
        return "";
    return fmt::format("{} {}", setting.keyword,
                       setting.value == "(hidden)" ? setting.value : config::quote(setting.value));
}

void print_settings(Context &context, const ctl::ObjectStatus &object) {
    Output &out = context.out;
    const Options &options = context.options;
    if (options.details)
        out.line();
    out.open("settings");
    for (const ctl::SettingStatus &setting : object.settings) {
        const bool shown =
            options.details || (!options.brief && !setting.by_default && !is_flag(setting.keyword));
        out.shown(setting.keyword, setting.value, shown ? setting_text(setting) : "");
    }
    out.close_group();
}

// "X jack": the flag that this kind of object has.
std::string row_name(const ctl::ObjectStatus &object) {
    const char flag = object.built_in ? '*' : object.enabled ? ' ' : 'X';
    return fmt::format("{} {}", flag, object.name);
}

void print_head(Output &out, const ctl::ObjectStatus &object) {
    out.member("name", object.name);
    out.piece(row_name(object), object.enabled ? Paint::Name : Paint::None);
    if (object.kind == "profile")
        out.member("built_in", object.built_in);
    else if (object.kind != "pool")
        out.member("disabled", !object.enabled);
}

std::string_view flags_of(std::string_view kind) {
    return kind == "profile"  ? "Flags: * - there always"
           : kind == "secret" ? "Flags: X - disabled"
                              : "";
}

void heading(Context &context, const std::vector<ctl::ObjectStatus> &objects) {
    if (context.options.brief || context.options.oneline || objects.empty())
        return;
    const std::string_view flags = flags_of(objects.front().kind);
    if (!flags.empty())
        context.out.heading(std::string(flags));
}

}  // namespace

Status show_objects(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    heading(context, reply.objects);
    for (const ctl::ObjectStatus &object : reply.objects) {
        context.out.open();
        print_head(context.out, object);
        print_settings(context, object);
        context.out.close();
    }
    return {};
}

Status show_pools(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    Output &out = context.out;
    for (const ctl::ObjectStatus &object : reply.objects) {
        out.open();
        print_head(out, object);
        const auto usage = std::find_if(reply.pools.begin(), reply.pools.end(),
                                        [&](const auto &pool) { return pool.pool == object.name; });
        if (usage != reply.pools.end()) {
            out.member("used", usage->used);
            out.member("total", usage->total);
            if (context.options.details)
                out.piece(fmt::format("{} of {} in use", usage->used, usage->total));
        }
        print_settings(context, object);
        out.close();
    }
    return {};
}

Status show_servers(Context &context, const ctl::Request &request) {
    const ctl::Reply reply = TRY(ask(context, request));
    Output &out = context.out;
    if (!context.options.brief && !context.options.oneline && !reply.objects.empty())
        out.heading("Flags: X - disabled, R - running");
    for (const ctl::ObjectStatus &object : reply.objects) {
        const auto found = std::find_if(reply.servers.begin(), reply.servers.end(),
                                        [&](const auto &s) { return s.name == object.name; });
        const ctl::ServerStatus status =
            found == reply.servers.end() ? ctl::ServerStatus{} : *found;
        const bool running = !status.listening.empty();
        out.open();
        out.member("name", object.name);
        out.piece(
            fmt::format("{} {} {}", object.enabled ? ' ' : 'X', running ? 'R' : ' ', object.name),
            running          ? Paint::Good
            : object.enabled ? Paint::Bad
                             : Paint::None);
        out.member("disabled", !object.enabled);
        out.member("running", running);
        out.shown("listening", status.listening,
                  running ? fmt::format("on {}", fmt::join(status.listening, " ")) : "");
        out.number("sessions", "sessions {}", status.sessions);
        out.number("half_open", "half-open {}", status.half_open);
        if (!status.last_error.empty())
            out.text("last_error", "({})", status.last_error);
        print_settings(context, object);
        if (context.options.statistics) {
            out.open("counters");
            if (!status.counters.empty())
                out.line();
            for (const auto &[name, count] : status.counters)
                out.shown(name, count, fmt::format("{} {}", name, count));
            out.close_group();
        }
        out.close();
    }
    return {};
}

}  // namespace rtun::cli
