// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of objects and verbs, and how a shortened word finds its row.
#include <config/table.h>

#include <config/property_values.h>
#include <config/values.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Status;

namespace {

constexpr std::array<std::string_view, 2> show_aliases{"list", "ls"};
constexpr std::array<std::string_view, 2> del_aliases{"delete", "remove"};
constexpr std::array<std::string_view, 1> servers{"pptp"};
constexpr std::array<std::string_view, 4> monitored{"client", "tunnel", "session", "all"};

Status check_id(std::string_view operand) {
    if (!parse_number(operand, {1, 0xffffffff}))
        return fail(ErrorCode::Invalid, "expected the number of a tunnel");
    return {};
}

// A session is named by its number or by its interface.
Status check_id_or_device(std::string_view operand) {
    if (parse_number(operand, {1, 0xffffffff}))
        return {};
    return check_device_name(operand);
}

Status check_monitored(std::string_view operand) {
    if (std::find(monitored.begin(), monitored.end(), operand) == monitored.end())
        return fail(ErrorCode::Invalid, "expected client, tunnel, session or all");
    return {};
}

Status check_file(std::string_view operand) { return check_text(operand, {1, 4095}); }

Status check_server(std::string_view operand) {
    if (operand != "pptp")
        return fail(ErrorCode::Invalid, "expected pptp, which is the only server yet");
    return {};
}

// A user, an interface, the number of a session, a host: what it is, is seen by who looks for it.
Status check_subject(std::string_view operand) { return check_text(operand, {1, 255}); }

// -- of all kinds of objects

// Hands on the properties that the words have named.
template <typename T>
std::function<void(T &)> changes_of(const Draft &draft, const T &from) {
    return [from, changed = draft.changed](T &to) {
        for (const Property *property : changed) {
            if (const auto *access = property->kept.of<T>())
                access->copy(from, to);
        }
    };
}

template <typename T>
Command make_add(Draft &&draft) {
    Add<T> add{.object = std::move(draft.of<T>()), .may_exist = draft.may_exist};
    add.object.name = std::move(draft.operand);
    if (!draft.copy_from.empty()) {
        add.apply = changes_of(draft, add.object);
        add.copy_from = std::move(draft.copy_from);
    }
    return add;
}

template <typename T>
Command make_set(Draft &&draft) {
    return Set<T>{.name = std::move(draft.operand), .apply = changes_of(draft, draft.of<T>())};
}

template <typename T>
Command make_del(Draft &&draft) {
    return Del<T>{.name = std::move(draft.operand),
                  .missing = draft.if_exists ? ObjectMissing::Ignore : ObjectMissing::Error};
}

template <typename T, bool Enabled>
Command make_enable(Draft &&draft) {
    return Enable<T>{.name = std::move(draft.operand), .enabled = Enabled};
}

template <typename T>
Command make_show(Draft &&draft) {
    return Show<T>{.name = std::move(draft.operand)};
}

Command make_client_monitor(Draft &&draft) {
    return ClientMonitor{.name = std::move(draft.operand)};
}

template <typename T>
std::optional<Mistake> check_of(Draft &draft) {
    if (!draft.operand.empty())
        draft.of<T>().name = draft.operand;
    return mistake_in(draft.of<T>());
}

// -- and the rest

template <typename T>
Command make_import(Draft &&draft) {
    return T{.file = std::move(draft.operand), .dry_run = draft.dry_run, .secrets = draft.secrets};
}

Command make_pool_usage(Draft &&draft) { return PoolUsage{.name = std::move(draft.operand)}; }

Command make_lease_show(Draft &&draft) { return LeaseShow{.pool = std::move(draft.operand)}; }

Command make_active_show(Draft &&draft) { return ActiveShow{.name = std::move(draft.operand)}; }

Command make_active_kill(Draft &&draft) { return ActiveKill{.who = std::move(draft.operand)}; }

Command make_accounting_show(Draft &&draft) { return std::move(draft.records); }

Command make_why(Draft &&draft) { return Why{.name = std::move(draft.operand)}; }

Command make_capture(Draft &&draft) {
    return Capture{.name = std::move(draft.operand),
                   .file = std::move(draft.file),
                   .count = draft.count,
                   .show_secrets = draft.secrets == Reveal::Show};
}

Command make_session_show(Draft &&draft) { return SessionShow{.name = std::move(draft.operand)}; }

Command make_bundle_show(Draft &&draft) { return BundleShow{.name = std::move(draft.operand)}; }

Command make_tunnel_show(Draft &&draft) { return TunnelShow{.name = std::move(draft.operand)}; }

Command make_monitor(Draft &&draft) {
    return draft.operand.empty() ? Monitor{} : Monitor{.what = std::move(draft.operand)};
}

Command make_check(Draft &&draft) {
    return ConfigCheck{.file = draft.operand.empty() ? std::string(DefaultFile)
                                                     : std::move(draft.operand)};
}

Command make_save(Draft &&draft) { return ConfigSave{.file = std::move(draft.operand)}; }

Command make_load(Draft &&draft) { return ConfigLoad{.file = std::move(draft.operand)}; }

Command make_export(Draft &&draft) { return Export{.secrets = draft.secrets}; }

Command make_connect(Draft &&draft) {
    return Connect{.client = std::move(draft.client), .log_level = draft.log_level};
}

Command make_daemon(Draft &&draft) {
    return Daemon{.file = draft.file.empty() ? std::string(DefaultFile) : std::move(draft.file),
                  .log_level = draft.log_level};
}

// clang-format off
constexpr Verb client_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_device_name, InAdd, true,
     "make a client and bring it up", make_add<Client>, Keywords::OfClients, check_of<Client>},
    {"set", {}, Operand::Required, "NAME", {}, check_device_name, InSet, false,
     "change properties; a client that is up dials again where it must", make_set<Client>},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_device_name, InDel, false,
     "take a client down and forget it", make_del<Client>},
    {"enable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "let it dial", make_enable<Client, true>},
    {"disable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "take it down and keep it so", make_enable<Client, false>},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_device_name, NoUse, false,
     "clients and how they are", make_show<Client>},
    {"monitor", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "how one is, each second, until interrupted", make_client_monitor},
};

constexpr Verb pseudowire_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_device_name, InAdd, true,
     "make a pseudowire and its interface", make_add<Pseudowire>,
     Keywords::OfPseudowires, check_of<Pseudowire>},
    {"set", {}, Operand::Required, "NAME", {}, check_device_name, InSet, false,
     "change properties while it carries traffic", make_set<Pseudowire>, Keywords::OfPseudowires},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_device_name, InDel, false,
     "remove it, its interface, and its tunnel if nobody else uses that", make_del<Pseudowire>,
     Keywords::OfPseudowires},
    {"enable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "take circuit and interface up", make_enable<Pseudowire, true>, Keywords::OfPseudowires},
    {"disable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "take circuit and interface down", make_enable<Pseudowire, false>, Keywords::OfPseudowires},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_device_name, NoUse, false,
     "pseudowires and how they are", make_show<Pseudowire>, Keywords::OfPseudowires},
};

constexpr Verb server_verbs[] = {
    {"set", {}, Operand::Required, "pptp", servers, check_server, InSet, true,
     "change properties; sessions go on where they can", make_set<PptpServer>,
     Keywords::OfPptpServer},
    {"enable", {}, Operand::Required, "pptp", servers, check_server, NoUse, false,
     "listen", make_enable<PptpServer, true>, Keywords::OfPptpServer},
    {"disable", {}, Operand::Required, "pptp", servers, check_server, NoUse, false,
     "end all sessions and do not listen", make_enable<PptpServer, false>, Keywords::OfPptpServer},
    {"show", show_aliases, Operand::Optional, "pptp", servers, check_server, NoUse, false,
     "servers and how they are", make_show<PptpServer>, Keywords::OfPptpServer},
};

constexpr Verb interface_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_device_name, InAdd, true,
     "keep a name for the interface of a user", make_add<ServerInterface>,
     Keywords::OfInterfaces, check_of<ServerInterface>},
    {"set", {}, Operand::Required, "NAME", {}, check_device_name, InSet, false,
     "change properties; for the next session", make_set<ServerInterface>,
     Keywords::OfInterfaces},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_device_name, InDel, false,
     "forget it; a session that has it goes on", make_del<ServerInterface>,
     Keywords::OfInterfaces},
    {"enable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "use it", make_enable<ServerInterface, true>, Keywords::OfInterfaces},
    {"disable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "keep it, but do not use it", make_enable<ServerInterface, false>, Keywords::OfInterfaces},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_subject, NoUse, false,
     "interfaces of users, those that are kept and those of sessions", make_show<ServerInterface>,
     Keywords::OfInterfaces},
};

constexpr Verb secret_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_user_name, InAdd, true,
     "make a user", make_add<Secret>, Keywords::OfSecrets, check_of<Secret>},
    {"set", {}, Operand::Required, "NAME", {}, check_user_name, InSet, false,
     "change properties; for the next session", make_set<Secret>, Keywords::OfSecrets},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_user_name, InDel, false,
     "forget a user", make_del<Secret>, Keywords::OfSecrets},
    {"enable", {}, Operand::Required, "NAME", {}, check_user_name, NoUse, false,
     "let it in", make_enable<Secret, true>, Keywords::OfSecrets},
    {"disable", {}, Operand::Required, "NAME", {}, check_user_name, NoUse, false,
     "refuse it and keep it so", make_enable<Secret, false>, Keywords::OfSecrets},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_user_name, NoUse, false,
     "users", make_show<Secret>, Keywords::OfSecrets},
    {"import", {}, Operand::Required, "FILE", {}, check_file, InImport, false,
     "users from pppd's chap-secrets, with a word on what cannot be had here",
     make_import<SecretImport>, Keywords::OfSecrets},
};

constexpr Verb profile_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_object_name, InAdd, true,
     "make a profile", make_add<Profile>, Keywords::OfProfiles, check_of<Profile>},
    {"set", {}, Operand::Required, "NAME", {}, check_object_name, InSet, true,
     "change properties; default and default-encryption are there always", make_set<Profile>,
     Keywords::OfProfiles},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_object_name, InDel, false,
     "forget a profile; one of those two is again as it was", make_del<Profile>,
     Keywords::OfProfiles},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_object_name, NoUse, false,
     "what users have in common", make_show<Profile>, Keywords::OfProfiles},
};

constexpr Verb pool_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_object_name, InAdd, true,
     "make a pool", make_add<Pool>, Keywords::OfPools, check_of<Pool>},
    {"set", {}, Operand::Required, "NAME", {}, check_object_name, InSet, false,
     "change properties; addresses in use stay so", make_set<Pool>, Keywords::OfPools},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_object_name, InDel, false,
     "forget a pool", make_del<Pool>, Keywords::OfPools},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_object_name, NoUse, false,
     "pools; -d: how much of them is in use", make_show<Pool>, Keywords::OfPools},
    {"usage", {}, Operand::Optional, "NAME", {}, check_object_name, NoUse, false,
     "how much of them is in use", make_pool_usage, Keywords::OfPools},
};

constexpr Verb lease_verbs[] = {
    {"show", show_aliases, Operand::Optional, "POOL", {}, check_object_name, NoUse, false,
     "addresses in use, and by whom", make_lease_show, Keywords::OfCommands},
};

constexpr Verb active_verbs[] = {
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_user_name, NoUse, false,
     "users that are connected", make_active_show, Keywords::OfCommands},
    {"kill", {}, Operand::Required, "{ NAME | ADDRESS | ID }", {}, check_subject, NoUse, false,
     "end the sessions of a user or of a caller, or one session", make_active_kill, Keywords::OfCommands},
};

constexpr Verb accounting_verbs[] = {
    {"set", {}, Operand::None, "", {}, nullptr, InSet, true,
     "change what is kept of sessions", make_set<Accounting>, Keywords::OfAccounting},
    {"show", show_aliases, Operand::None, "", {}, nullptr, InShow, false,
     "sessions that are and that were, the latest first", make_accounting_show,
     Keywords::OfAccounting},
};

constexpr Verb session_verbs[] = {
    {"show", show_aliases, Operand::Optional, "{ ID | IFNAME }", {}, check_id_or_device, NoUse, false,
     "sessions in the kernel; -s: every counter, every drop with its reason", make_session_show},
};

constexpr Verb bundle_verbs[] = {
    {"show", show_aliases, Operand::Optional, "{ ID | IFNAME }", {}, check_id_or_device, NoUse, false,
     "bundles in the kernel; -d: each link; -s: every counter, every drop with its reason", make_bundle_show},
};

constexpr Verb tunnel_verbs[] = {
    {"show", show_aliases, Operand::Optional, "ID", {}, check_id, NoUse, false,
     "tunnels in the kernel", make_tunnel_show},
};

constexpr Verb monitor_verbs[] = {
    {"", {}, Operand::Optional, "{ client | tunnel | session | all }", monitored, check_monitored,
     NoUse, false, "one line an event, until interrupted", make_monitor},
};

constexpr Verb why_verbs[] = {
    {"", {}, Operand::Optional, "{ NAME | USER | PEER }", {}, check_subject, NoUse, false,
     "why it failed or ended the last time, step by step; of all, if none is named", make_why,
     Keywords::OfCommands},
};

constexpr Verb capture_verbs[] = {
    {"", {}, Operand::Required, "{ ID | IFNAME | NAME | USER | PEER }", {}, check_subject, InCapture,
     false, "the PPP frames of a session, control and data, as pcapng", make_capture,
     Keywords::OfCommands},
};

constexpr Verb config_verbs[] = {
    {"check", {}, Operand::Optional, "FILE", {}, check_file, NoUse, false,
     "say whether a configuration file is right, and change nothing", make_check},
    {"save", {}, Operand::Optional, "FILE", {}, check_file, NoUse, false,
     "write what the daemon has to a file of mode 0600", make_save},
    {"load", {}, Operand::Optional, "FILE", {}, check_file, NoUse, false,
     "make the daemon have what the file says, all of it or nothing", make_load},
    {"import", {}, Operand::Required, "FILE", {}, check_file, InImport, false,
     "server, profile and pool from a pptpd.conf, with a word on what cannot be had here",
     make_import<ConfigImport>, Keywords::OfCommands},
};

constexpr Verb export_verbs[] = {
    {"", {}, Operand::None, "", {}, nullptr, InExport, false,
     "the commands that make what the daemon has", make_export},
};

constexpr Verb connect_verbs[] = {
    {"", {}, Operand::None, "", {}, nullptr, InConnect, false,
     "one client in the foreground, without a daemon, until interrupted", make_connect,
     Keywords::OfClients, check_of<Client>},
};

constexpr Verb daemon_verbs[] = {
    {"", {}, Operand::None, "", {}, nullptr, InDaemon, false,
     "serve, and keep the configured clients and pseudowires up", make_daemon},
};

constexpr Object table[] = {
    {"client", "tunnels that we bring up and keep up", client_verbs, &client_verbs[5]},
    {"pseudowire", "static L2TPv3 Ethernet pseudowires", pseudowire_verbs, &pseudowire_verbs[5]},
    {"server", "what we serve: PPTP", server_verbs, &server_verbs[3]},
    {"interface", "interfaces of the server's users", interface_verbs, &interface_verbs[5]},
    {"secret", "users", secret_verbs, &secret_verbs[5]},
    {"profile", "what users have in common", profile_verbs, &profile_verbs[3]},
    {"pool", "addresses for users", pool_verbs, &pool_verbs[3]},
    {"lease", "addresses in use", lease_verbs, &lease_verbs[0]},
    {"active", "users that are connected", active_verbs, &active_verbs[0]},
    {"accounting", "records of sessions", accounting_verbs, &accounting_verbs[1]},
    {"session", "sessions in the kernel: calls and pseudowires, with their counters", session_verbs, &session_verbs[0]},
    {"bundle", "bundles in the kernel: multilink, with their links", bundle_verbs, &bundle_verbs[0]},
    {"tunnel", "tunnels in the kernel: pairs of addresses", tunnel_verbs, &tunnel_verbs[0]},
    {"monitor", "what happens, while it happens", monitor_verbs, &monitor_verbs[0]},
    {"why", "why something failed or ended, step by step", why_verbs, &why_verbs[0]},
    {"capture", "frames of a session, for Wireshark", capture_verbs, &capture_verbs[0]},
    {"config", "the configuration file", config_verbs, nullptr},
    {"export", "the configuration as commands", export_verbs, &export_verbs[0]},
    {"connect", "one client without a daemon", connect_verbs, &connect_verbs[0]},
    {"daemon", "the daemon", daemon_verbs, &daemon_verbs[0]},
};
// clang-format on

bool is_named(const Verb &verb, std::string_view word) {
    return verb.name == word ||
           std::find(verb.aliases.begin(), verb.aliases.end(), word) != verb.aliases.end();
}

bool may_be(const Verb &verb, std::string_view word) {
    const auto begins = [word](std::string_view name) { return name.starts_with(word); };
    return begins(verb.name) || std::any_of(verb.aliases.begin(), verb.aliases.end(), begins);
}

}  // namespace

std::span<const Object> objects() { return table; }

std::span<const Keywords> all_keywords() {
    static constexpr std::array all{
        Keywords::OfClients,    Keywords::OfPseudowires, Keywords::OfSecrets,
        Keywords::OfProfiles,   Keywords::OfPools,       Keywords::OfInterfaces,
        Keywords::OfPptpServer, Keywords::OfAccounting,  Keywords::OfCommands};
    return all;
}

std::span<const Property> properties(Keywords keywords) {
    switch (keywords) {
    case Keywords::OfClients:
        return client_properties();
    case Keywords::OfPseudowires:
        return pseudowire_properties();
    case Keywords::OfSecrets:
        return secret_properties();
    case Keywords::OfProfiles:
        return profile_properties();
    case Keywords::OfPools:
        return pool_properties();
    case Keywords::OfInterfaces:
        return interface_properties();
    case Keywords::OfPptpServer:
        return pptp_server_properties();
    case Keywords::OfAccounting:
        return accounting_properties();
    case Keywords::OfCommands:
        return command_properties();
    }
    return {};
}

std::span<const Alias> aliases(const Verb &verb) {
    if ((verb.uses & (InAdd | InSet | InConnect)) == 0)
        return {};
    if (verb.keywords == Keywords::OfPseudowires)
        return pseudowire_aliases();
    if (verb.keywords == Keywords::OfClients)
        return client_aliases();
    if (verb.keywords == Keywords::OfSecrets)
        return secret_aliases();
    if (verb.keywords == Keywords::OfProfiles)
        return profile_aliases();
    return verb.keywords == Keywords::OfPptpServer ? pptp_server_aliases()
                                                   : std::span<const Alias>{};
}

bool Kept::secret() const {
    return std::visit(
        [](const auto &access) {
            if constexpr (std::is_same_v<std::decay_t<decltype(access)>, std::monostate>)
                return false;
            else
                return access.secret != nullptr;
        },
        any_);
}

namespace {

template <typename T>
std::string usual_of(const Access<T> &access) {
    return access.get(T{});
}
std::string usual_of(std::monostate /*nothing*/) { return ""; }

}  // namespace

std::string Kept::usual() const {
    return std::visit([](const auto &access) { return usual_of(access); }, any_);
}

std::vector<const Object *> match_objects(std::string_view word) {
    std::vector<const Object *> found;
    for (const Object &object : table) {
        if (object.name == word)
            return {&object};
        if (!word.empty() && object.name.starts_with(word))
            found.push_back(&object);
    }
    return found;
}

std::vector<const Verb *> match_verbs(const Object &object, std::string_view word) {
    std::vector<const Verb *> found;
    for (const Verb &verb : object.verbs) {
        if (verb.name.empty())
            continue;
        if (is_named(verb, word))
            return {&verb};
        if (!word.empty() && may_be(verb, word))
            found.push_back(&verb);
    }
    return found;
}

}  // namespace rtun::config
