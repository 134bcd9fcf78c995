// SPDX-License-Identifier: GPL-2.0-or-later
//
// `pseudowire`: what the daemon keeps if one runs, else done here, on the kernel itself. What there
// is, is asked of the kernel either way.
#include <cli/commands.h>

#include <cli/ends.h>
#include <cli/stats.h>
#include <config/grammar.h>
#include <ctl/client.h>
#include <pseudowire/pseudowire.h>

#include <fmt/format.h>

#include <vector>

namespace rtun::cli {

using base::ErrorCode;
using base::fail;
using base::Status;
using pseudowire::State;

namespace {

// -- without a daemon

Status execute(netlink::Kernel &kernel, const config::PseudowireAdd &command) {
    pseudowire::Snapshot snapshot = TRY(pseudowire::read(kernel));
    if (command.may_exist && snapshot.find(command.object.name) != nullptr)
        return {};
    const pseudowire::Ends ends =
        TRY(pseudowire::resolve(command.object, pseudowire::resolve_host));
    return pseudowire::add(kernel, snapshot, command.object, ends);
}

Status execute(netlink::Kernel &kernel, const config::PseudowireSet &command) {
    const State state = TRY(pseudowire::find(kernel, command.name));
    config::Pseudowire wanted = state.settings;
    command.apply(wanted);
    return pseudowire::set(kernel, state, wanted);
}

Status execute(netlink::Kernel &kernel, const config::PseudowireDel &command) {
    const auto state = pseudowire::find(kernel, command.name);
    if (!state && state.error().code == ErrorCode::NotFound &&
        command.missing == config::ObjectMissing::Ignore)
        return {};
    return pseudowire::del(kernel, TRY(state));
}

Status execute(netlink::Kernel &kernel, const config::PseudowireEnable &command) {
    return pseudowire::enable(kernel, TRY(pseudowire::find(kernel, command.name)), command.enabled);
}

// -- show

void print_link(Output &out, const State &state) {
    if (state.link)
        out.number("mtu", "mtu {}", state.link->mtu);
    else if (!state.session.device)
        out.piece("no interface");
    else
        out.piece(fmt::format("interface {} in another namespace",
                              static_cast<int>(*state.session.device)));
    if (state.session.device)
        out.member("ifindex", static_cast<std::uint64_t>(*state.session.device));
    if (state.session.netnsid)
        out.member("netnsid", std::int64_t{*state.session.netnsid});
}

void print_objects(Output &out, const State &state) {
    out.line();
    out.shown("session_id", static_cast<std::uint64_t>(state.session.id),
              fmt::format("session {}", static_cast<std::uint32_t>(state.session.id)));
    out.shown("tunnel_id", static_cast<std::uint64_t>(state.tunnel.id),
              fmt::format("tunnel {}", static_cast<std::uint32_t>(state.tunnel.id)));
    out.shown("pmtu", std::uint64_t{state.tunnel.pmtu},
              state.tunnel.pmtu == 0 ? "" : fmt::format("path mtu {}", state.tunnel.pmtu));
    out.number("overhead", "overhead {}", state.session.overhead);
    if (state.link && state.link->mac)
        out.text("mac", "mac {}", state.link->mac->text(), Paint::Address);
    if (!state.settings.comment.empty())
        out.member("comment", state.settings.comment);  // the settings have it in text
}

void print_settings(Output &out, const config::Pseudowire &settings) {
    out.open("settings");
    out.line();
    for (const config::Setting &setting : config::settings(settings))
        out.shown(setting.keyword, setting.value,
                  setting.value.empty()
                      ? ""
                      : fmt::format("{} {}", setting.keyword, config::quote(setting.value)));
    out.close_group();
}

void print_pseudowire(Context &context, const State &state) {
    Output &out = context.out;
    const Options &options = context.options;
    const config::Pseudowire &settings = state.settings;
    const bool vlan = settings.type == config::PseudowireType::Vlan;
    out.open();
    out.member("name", settings.name);
    out.piece(fmt::format("{} {} {}", settings.enabled ? ' ' : 'X', state.running() ? 'R' : ' ',
                          settings.name.empty() ? "-" : settings.name),
              state.running()    ? Paint::Good
              : settings.enabled ? Paint::Bad
                                 : Paint::None);
    out.shown("type", vlan ? std::string("vlan") : std::string("ethernet"),
              vlan ? fmt::format("vlan {}", settings.vlan_id) : "ethernet");
    if (vlan)
        out.member("vlan_id", std::uint64_t{settings.vlan_id});
    out.member("disabled", !settings.enabled);
    out.member("running", state.running());
    out.text("transport", "{}", state.tunnel.xport);
    print_ends(out, state.tunnel.spec);
    if (!options.brief) {
        print_tunnel_ids(out, state.tunnel.spec);
        out.member("local_session_id", std::uint64_t{settings.session_id});
        out.member("peer_session_id", std::uint64_t{settings.peer_session_id});
        out.piece(fmt::format("session-id {}/{}", settings.session_id, settings.peer_session_id));
        print_link(out, state);
        out.shown("circuit", state.session.circuit_up ? std::string("up") : std::string("down"),
                  state.session.circuit_up || !settings.enabled ? "" : "circuit down");
    }
    if (options.details || (options.json && !options.brief))
        print_objects(out, state);
    if (options.details)
        print_settings(out, settings);
    if (options.statistics)
        print_stats(out, options, state.session.stats);
    out.close();
}

// What a daemon wants and could not make.
void print_missing(Context &context, const ctl::PseudowireStatus &status) {
    Output &out = context.out;
    out.open();
    out.member("name", status.name);
    out.piece(fmt::format("{}   {}", status.enabled ? ' ' : 'X', status.name),
              status.enabled ? Paint::Bad : Paint::None);
    out.member("disabled", !status.enabled);
    out.member("running", false);
    out.text("local", "{}", status.local, Paint::Address);
    out.text("remote", "-> {}", status.remote, Paint::Address);
    out.piece("not there");
    if (status.retry_in)
        out.number("retry_in", "again in {}s", *status.retry_in);
    if (!status.last_error.empty())
        out.text("last_error", "({})", status.last_error);
    out.close();
}

// Nothing without a daemon.
base::Result<std::vector<ctl::PseudowireStatus>> ask_daemon(Context &context) {
    auto daemon = ctl::Client::connect(context.socket);
    if (!daemon && daemon.error().code == ErrorCode::NoDaemon)
        return std::vector<ctl::PseudowireStatus>{};
    ctl::Client connected = TRY(std::move(daemon));
    return TRY(connected.call({.words = {"pseudowire", "show"}, .file = {}, .line = 0}))
        .pseudowires;
}

}  // namespace

template <typename Command>
Status run_pseudowire(Context &context, const Command &command, const ctl::Request &request) {
    // Where a daemon keeps them it has to know.
    auto daemon = ctl::Client::connect(context.socket);
    if (daemon) {
        TRY(daemon->call(request));
        return {};
    }
    if (daemon.error().code != ErrorCode::NoDaemon)
        return fail(daemon.error());
    const auto kernel = TRY(context.open_kernel());
    return execute(*kernel, command);
}
template Status run_pseudowire(Context &, const config::PseudowireAdd &, const ctl::Request &);
template Status run_pseudowire(Context &, const config::PseudowireSet &, const ctl::Request &);
template Status run_pseudowire(Context &, const config::PseudowireDel &, const ctl::Request &);
template Status run_pseudowire(Context &, const config::PseudowireEnable &, const ctl::Request &);

std::vector<std::string> pseudowire_names() {
    std::vector<std::string> names;
    const auto kernel = netlink::open_kernel();
    const auto snapshot = kernel ? pseudowire::read(**kernel)
                                 : base::Result<pseudowire::Snapshot>(pseudowire::Snapshot{});
    if (snapshot) {
        for (const State &state : snapshot->states)
            names.push_back(state.settings.name);
    }
    return names;
}

Status show_pseudowires(Context &context, const config::PseudowireShow &what) {
    const auto kernel = TRY(context.open_kernel());
    const pseudowire::Snapshot snapshot = TRY(pseudowire::read(*kernel));
    std::vector<ctl::PseudowireStatus> missing = TRY(ask_daemon(context));
    std::erase_if(missing, [&](const ctl::PseudowireStatus &status) {
        return snapshot.find(status.name) != nullptr ||
               (!what.name.empty() && status.name != what.name);
    });
    if (!what.name.empty() && snapshot.find(what.name) == nullptr && missing.empty())
        return fail(ErrorCode::NotFound, fmt::format("there is no pseudowire \"{}\"", what.name));
    const bool any = !snapshot.states.empty() || !missing.empty();
    if (!context.options.brief && !context.options.oneline && any)
        context.out.heading("Flags: X - disabled, R - running");
    for (const State &state : snapshot.states) {
        const bool asked = what.name.empty() || state.settings.name == what.name;
        if (asked && is_shown(context.options, state.tunnel.spec))
            print_pseudowire(context, state);
    }
    for (const ctl::PseudowireStatus &status : missing)
        print_missing(context, status);
    return {};
}

}  // namespace rtun::cli
