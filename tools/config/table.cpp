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

Command make_client_add(Draft &&draft) {
    draft.client.name = std::move(draft.operand);
    return ClientAdd{.client = std::move(draft.client), .may_exist = draft.may_exist};
}

Command make_client_set(Draft &&draft) {
    return ClientSet{
        .name = std::move(draft.operand),
        .apply = [from = std::move(draft.client), changed = std::move(draft.changed)](Client &to) {
            for (const Property *property : changed)
                property->client.copy(from, to);
        }};
}

Command make_client_del(Draft &&draft) {
    return ClientDel{.name = std::move(draft.operand),
                     .missing = draft.if_exists ? ObjectMissing::Ignore : ObjectMissing::Error};
}

Command make_client_enable(Draft &&draft) {
    return ClientEnable{.name = std::move(draft.operand), .enabled = true};
}

Command make_client_disable(Draft &&draft) {
    return ClientEnable{.name = std::move(draft.operand), .enabled = false};
}

Command make_client_show(Draft &&draft) { return ClientShow{.name = std::move(draft.operand)}; }

Command make_client_monitor(Draft &&draft) {
    return ClientMonitor{.name = std::move(draft.operand)};
}

Command make_pseudowire_add(Draft &&draft) {
    draft.pseudowire.name = std::move(draft.operand);
    return PseudowireAdd{.pseudowire = std::move(draft.pseudowire), .may_exist = draft.may_exist};
}

Command make_pseudowire_set(Draft &&draft) {
    return PseudowireSet{.name = std::move(draft.operand),
                         .apply = [from = std::move(draft.pseudowire),
                                   changed = std::move(draft.changed)](Pseudowire &to) {
                             for (const Property *property : changed)
                                 property->pseudowire.copy(from, to);
                         }};
}

Command make_pseudowire_del(Draft &&draft) {
    return PseudowireDel{.name = std::move(draft.operand),
                         .missing = draft.if_exists ? ObjectMissing::Ignore : ObjectMissing::Error};
}

Command make_pseudowire_enable(Draft &&draft) {
    return PseudowireEnable{.name = std::move(draft.operand), .enabled = true};
}

Command make_pseudowire_disable(Draft &&draft) {
    return PseudowireEnable{.name = std::move(draft.operand), .enabled = false};
}

Command make_pseudowire_show(Draft &&draft) {
    return PseudowireShow{.name = std::move(draft.operand)};
}

std::optional<Mistake> check_client(const Draft &draft) { return mistake_in(draft.client); }

std::optional<Mistake> check_pseudowire(const Draft &draft) { return mistake_in(draft.pseudowire); }

Command make_session_show(Draft &&draft) { return SessionShow{.name = std::move(draft.operand)}; }

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

Command make_connect(Draft &&draft) { return Connect{.client = std::move(draft.client)}; }

Command make_daemon(Draft &&draft) {
    return Daemon{.file = draft.file.empty() ? std::string(DefaultFile) : std::move(draft.file)};
}

// clang-format off
constexpr Verb client_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_device_name, InAdd, true,
     "make a client and bring it up", make_client_add, Keywords::OfClients, check_client},
    {"set", {}, Operand::Required, "NAME", {}, check_device_name, InSet, false,
     "change properties; a client that is up dials again where it must", make_client_set},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_device_name, InDel, false,
     "take a client down and forget it", make_client_del},
    {"enable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "let it dial", make_client_enable},
    {"disable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "take it down and keep it so", make_client_disable},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_device_name, NoUse, false,
     "clients and how they are", make_client_show},
    {"monitor", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "how one is, each second, until interrupted", make_client_monitor},
};

constexpr Verb pseudowire_verbs[] = {
    {"add", {}, Operand::Required, "NAME", {}, check_device_name, InAdd, true,
     "make a pseudowire and its interface", make_pseudowire_add,
     Keywords::OfPseudowires, check_pseudowire},
    {"set", {}, Operand::Required, "NAME", {}, check_device_name, InSet, false,
     "change properties while it carries traffic", make_pseudowire_set, Keywords::OfPseudowires},
    {"del", del_aliases, Operand::Required, "NAME", {}, check_device_name, InDel, false,
     "remove it, its interface, and its tunnel if nobody else uses that", make_pseudowire_del,
     Keywords::OfPseudowires},
    {"enable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "take circuit and interface up", make_pseudowire_enable, Keywords::OfPseudowires},
    {"disable", {}, Operand::Required, "NAME", {}, check_device_name, NoUse, false,
     "take circuit and interface down", make_pseudowire_disable, Keywords::OfPseudowires},
    {"show", show_aliases, Operand::Optional, "NAME", {}, check_device_name, NoUse, false,
     "pseudowires and how they are", make_pseudowire_show, Keywords::OfPseudowires},
};

constexpr Verb session_verbs[] = {
    {"show", show_aliases, Operand::Optional, "{ ID | IFNAME }", {}, check_id_or_device, NoUse, false,
     "sessions in the kernel; -s: every counter, every drop with its reason", make_session_show},
};

constexpr Verb tunnel_verbs[] = {
    {"show", show_aliases, Operand::Optional, "ID", {}, check_id, NoUse, false,
     "tunnels in the kernel", make_tunnel_show},
};

constexpr Verb monitor_verbs[] = {
    {"", {}, Operand::Optional, "{ client | tunnel | session | all }", monitored, check_monitored,
     NoUse, false, "one line an event, until interrupted", make_monitor},
};

constexpr Verb config_verbs[] = {
    {"check", {}, Operand::Optional, "FILE", {}, check_file, NoUse, false,
     "say whether a configuration file is right, and change nothing", make_check},
    {"save", {}, Operand::Optional, "FILE", {}, check_file, NoUse, false,
     "write what the daemon has to a file of mode 0600", make_save},
    {"load", {}, Operand::Optional, "FILE", {}, check_file, NoUse, false,
     "make the daemon have what the file says, all of it or nothing", make_load},
};

constexpr Verb export_verbs[] = {
    {"", {}, Operand::None, "", {}, nullptr, InExport, false,
     "the commands that make what the daemon has", make_export},
};

constexpr Verb connect_verbs[] = {
    {"", {}, Operand::None, "", {}, nullptr, InConnect, false,
     "one client in the foreground, without a daemon, until interrupted", make_connect,
     Keywords::OfClients, check_client},
};

constexpr Verb daemon_verbs[] = {
    {"", {}, Operand::None, "", {}, nullptr, InDaemon, false,
     "keep the configured clients and pseudowires up", make_daemon},
};

constexpr Object table[] = {
    {"client", "tunnels that we bring up and keep up", client_verbs, &client_verbs[5]},
    {"pseudowire", "static L2TPv3 Ethernet pseudowires", pseudowire_verbs, &pseudowire_verbs[5]},
    {"session", "sessions in the kernel: calls and pseudowires, with their counters", session_verbs, &session_verbs[0]},
    {"tunnel", "tunnels in the kernel: pairs of addresses", tunnel_verbs, &tunnel_verbs[0]},
    {"monitor", "what happens, while it happens", monitor_verbs, &monitor_verbs[0]},
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

std::span<const Property> properties(Keywords keywords) {
    switch (keywords) {
    case Keywords::OfClients:
        return client_properties();
    case Keywords::OfPseudowires:
        return pseudowire_properties();
    }
    return {};
}

std::span<const Alias> aliases(const Verb &verb) {
    if (verb.keywords == Keywords::OfPseudowires && (verb.uses & (InAdd | InSet)) != 0)
        return pseudowire_aliases();
    if (verb.keywords == Keywords::OfClients && (verb.uses & (InAdd | InSet | InConnect)) != 0)
        return client_aliases();
    return {};
}

std::string default_of(const Property &property) {
    if (property.client.get != nullptr)
        return property.client.get(Client{});
    return property.pseudowire.get != nullptr ? property.pseudowire.get(Pseudowire{}) : "";
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
