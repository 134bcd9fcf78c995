// SPDX-License-Identifier: GPL-2.0-or-later
//
// One row a command. Passwords may stand in the words: the socket is root's, and the tool does not
// take them from its command line.
#include <daemon/commands.h>

#include <base/log.h>
#include <config/grammar.h>
#include <daemon/store.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

std::vector<config::Word> words_of(const ctl::Request &request) {
    std::vector<config::Word> words;
    for (const std::string &text : request.words)
        words.push_back({.text = text,
                         .line = request.line,
                         .column = static_cast<std::uint32_t>(words.size() + 1)});
    return words;
}

base::Status not_mine(std::string_view command, std::string_view whose) {
    return base::fail(ErrorCode::Invalid,
                      fmt::format("\"{}\" is not for the daemon: {}", command, whose));
}

// "2 clients, 1 pseudowire, 30 secrets": what there is of a configuration.
std::string contents(const config::Config &config) {
    std::string text;
    const auto add = [&text](std::size_t count, std::string_view one) {
        text +=
            fmt::format("{}{} {}{}", text.empty() ? "" : ", ", count, one, count == 1 ? "" : "s");
    };
    add(config.clients.size(), "client");
    add(config.pseudowires.size(), "pseudowire");
    if (!config.secrets.empty())
        add(config.secrets.size(), "secret");
    if (!config.profiles.empty())
        add(config.profiles.size(), "profile");
    if (!config.pools.empty())
        add(config.pools.size(), "pool");
    if (!config.interfaces.empty())
        add(config.interfaces.size(), "interface");
    return text;
}

std::uint64_t size_of(const config::Pool &pool) {
    std::uint64_t total = 0;
    for (const config::Pool::Range &range : pool.ranges)
        total += std::uint64_t{range.last.value} - range.first.value + 1;
    return total;
}

std::string_view service_name(config::Service service) {
    constexpr std::array<std::string_view, 6> names{"any", "pptp", "l2tp", "pppoe", "sstp", "ovpn"};
    return names.at(static_cast<std::size_t>(service));
}

// The interface of a session, beside what is kept for the user or alone.
void fill(ctl::InterfaceStatus &row, const ctl::ActiveStatus &session) {
    row.running = true;
    row.user = session.user;
    row.service = session.service;
    row.client_address = session.caller_id;
    row.address = session.address;
    row.mtu = session.mtu;
    row.uptime = session.uptime;
    row.encoding = session.encoding;
}

}  // namespace

Commands::Answer Commands::execute(const ctl::Request &request) {
    auto answer = try_execute(request);
    if (answer)
        return std::move(*answer);
    Answer refused;
    refused.reply.error = answer.error();
    return refused;
}

base::Result<std::string> Commands::file_or_own(const std::string &file) const {
    if (file.empty())
        return config_file_;
    if (!file.starts_with('/'))
        return base::fail(ErrorCode::Invalid,
                          fmt::format("argument \"{}\" is wrong: the daemon needs the whole path, "
                                      "beginning with \"/\"",
                                      file));
    return file;
}

base::Result<std::string> Commands::load(const std::string &file) {
    const config::Config config = TRY(config::read_file(file));
    TRY(directory_.check(config));
    const Clients::Loaded clients = TRY(clients_.load(config));
    const Pseudowires::Loaded pseudowires = TRY(pseudowires_.load(config.pseudowires));
    const Directory::Loaded served = TRY(directory_.load(config));
    const std::string text = fmt::format("{}: {} added, {} changed, {} removed, {} as before", file,
                                         clients.added + pseudowires.added + served.added,
                                         clients.changed + pseudowires.changed + served.changed,
                                         clients.removed + pseudowires.removed + served.removed,
                                         clients.kept + pseudowires.kept + served.kept);
    base::log::info("config.loaded", {{"RTUN_FILE", file}}, "{}", text);
    for (const std::string &warning : config::warnings(config))
        base::log::warning("config.unwise", {{"RTUN_FILE", file}}, "{}", warning);
    return text;
}

config::Config Commands::config() const {
    config::Config config = directory_.config();
    config.clients = clients_.config().clients;
    config.pseudowires = pseudowires_.config();
    return config;
}

template <typename T>
base::Status Commands::check_name_free(const config::Add<T> &add) const {
    if constexpr (std::is_same_v<T, config::Client> || std::is_same_v<T, config::Pseudowire> ||
                  std::is_same_v<T, config::ServerInterface>) {
        const std::string &name = add.object.name;
        // That there is one of its own kind is that kind's business.
        const std::string_view taken =
            !std::is_same_v<T, config::Client> && clients_.has(name)           ? "client"
            : !std::is_same_v<T, config::Pseudowire> && pseudowires_.has(name) ? "pseudowire"
            : !std::is_same_v<T, config::ServerInterface> && directory_.has_interface(name)
                ? "interface"
                : "";
        if (!taken.empty())
            return base::fail(ErrorCode::Exists,
                              fmt::format("there is {} {} \"{}\" already",
                                          config::article_of(taken), taken, name));
    }
    return {};
}

base::Result<Commands::Answer> Commands::try_execute(const ctl::Request &request) {
    const std::vector<config::Word> words = words_of(request);
    const config::Command command =
        TRY(config::parse(words, config::Secrets::Allowed, request.file));
    Answer answer;
    TRY(std::visit([&](const auto &what) { return run(what, answer); }, command));
    for (std::string &warning : config::warnings(command))
        answer.reply.warnings.push_back(std::move(warning));
    return answer;
}

// -- objects

template <typename T>
base::Status Commands::run(const config::Add<T> &what, Answer & /*answer*/) {
    TRY(check_name_free(what));
    if constexpr (std::is_same_v<T, config::Client>)
        TRY(clients_.add(what));
    else if constexpr (std::is_same_v<T, config::Pseudowire>)
        TRY(pseudowires_.add(what));
    else
        TRY(directory_.add(what));
    if constexpr (std::is_same_v<T, config::Profile>)
        clients_.set_profiles(directory_.config().profiles);
    return {};
}

template <typename T>
base::Status Commands::run(const config::Set<T> &what, Answer & /*answer*/) {
    if constexpr (std::is_same_v<T, config::Client>)
        TRY(clients_.set(what));
    else if constexpr (std::is_same_v<T, config::Pseudowire>)
        TRY(pseudowires_.set(what));
    else
        TRY(directory_.set(what));
    if constexpr (std::is_same_v<T, config::Profile>)
        clients_.set_profiles(directory_.config().profiles);
    return {};
}

template <typename T>
base::Status Commands::run(const config::Del<T> &what, Answer & /*answer*/) {
    if constexpr (std::is_same_v<T, config::Client>)
        TRY(clients_.del(what));
    else if constexpr (std::is_same_v<T, config::Pseudowire>)
        TRY(pseudowires_.del(what));
    else
        TRY(directory_.del(what));
    if constexpr (std::is_same_v<T, config::Profile>)
        clients_.set_profiles(directory_.config().profiles);
    return {};
}

template <typename T>
base::Status Commands::run(const config::Enable<T> &what, Answer & /*answer*/) {
    if constexpr (std::is_same_v<T, config::Client>)
        return clients_.enable(what);
    else if constexpr (std::is_same_v<T, config::Pseudowire>)
        return pseudowires_.enable(what);
    else
        return directory_.enable(what);
}

template <typename T>
base::Status Commands::run(const config::Show<T> &what, Answer &answer) {
    if constexpr (std::is_same_v<T, config::Client>)
        answer.reply.clients = TRY(clients_.show(what.name));
    else if constexpr (std::is_same_v<T, config::Pseudowire>)
        answer.reply.pseudowires = TRY(pseudowires_.show(what.name));
    else
        answer.reply.objects = TRY(directory_.show<T>(what.name));
    return {};
}

base::Status Commands::run(const config::Show<config::PptpServer> & /*what*/, Answer &answer) {
    answer.reply.objects.push_back(directory_.show_server());
    answer.reply.servers.push_back(sessions_.server());
    answer.reply.servers.back().name = "pptp";
    return {};
}

// Those of sessions that have none that is kept come first, as they are the ones that come and go.
base::Status Commands::run(const config::Show<config::ServerInterface> &what, Answer &answer) {
    std::vector<ctl::InterfaceStatus> kept;
    for (const config::ServerInterface &interface : directory_.config().interfaces)
        kept.push_back({.name = interface.name,
                        .user = interface.user,
                        .service = std::string(service_name(interface.service)),
                        .comment = interface.comment,
                        .enabled = interface.enabled,
                        .dynamic = false,
                        .running = false,
                        .client_address = {},
                        .address = {},
                        .mtu = {},
                        .uptime = {},
                        .encoding = {}});
    std::vector<ctl::InterfaceStatus> rows;
    for (const ctl::ActiveStatus &session : sessions_.active()) {
        const auto found = std::find_if(kept.begin(), kept.end(), [&](const auto &row) {
            return row.name == session.interface;
        });
        ctl::InterfaceStatus row;
        row.name = session.interface;
        row.dynamic = true;
        fill(found == kept.end() ? row : *found, session);
        if (found == kept.end())
            rows.push_back(std::move(row));
    }
    rows.insert(rows.end(), kept.begin(), kept.end());
    if (!what.name.empty())
        std::erase_if(rows, [&](const auto &row) { return row.name != what.name; });
    if (!what.name.empty() && rows.empty())
        return base::fail(ErrorCode::NotFound,
                          fmt::format("there is no interface \"{}\"", what.name));
    answer.reply.interfaces = std::move(rows);
    return {};
}

// -- addresses

std::vector<ctl::PoolStatus> Commands::usage(std::string_view pool) const {
    std::vector<ctl::PoolStatus> all;
    const std::vector<ctl::PoolStatus> used = sessions_.pools();
    for (const config::Pool &one : directory_.config().pools) {
        if (!pool.empty() && one.name != pool)
            continue;
        const auto found = std::find_if(used.begin(), used.end(),
                                        [&](const auto &u) { return u.pool == one.name; });
        all.push_back({.pool = one.name,
                       .total = size_of(one),
                       .used = found == used.end() ? 0 : found->used});
    }
    return all;
}

base::Status Commands::run(const config::Show<config::Pool> &what, Answer &answer) {
    answer.reply.objects = TRY(directory_.show<config::Pool>(what.name));
    answer.reply.pools = usage(what.name);
    return {};
}

base::Status Commands::run(const config::PoolUsage &what, Answer &answer) {
    (void)TRY(directory_.show<config::Pool>(what.name));  // whether there is one
    answer.reply.pools = usage(what.name);
    return {};
}

base::Status Commands::run(const config::LeaseShow &what, Answer &answer) {
    if (!what.pool.empty())
        (void)TRY(directory_.show<config::Pool>(what.pool));
    answer.reply.leases = sessions_.leases();
    std::erase_if(answer.reply.leases, [&](const ctl::LeaseStatus &lease) {
        return !what.pool.empty() && lease.pool != what.pool;
    });
    return {};
}

// -- sessions

base::Status Commands::run(const config::ActiveShow &what, Answer &answer) {
    answer.reply.active = sessions_.active();
    if (what.name.empty())
        return {};
    std::erase_if(answer.reply.active,
                  [&](const ctl::ActiveStatus &session) { return session.user != what.name; });
    if (answer.reply.active.empty())
        return base::fail(ErrorCode::NotFound,
                          fmt::format("no user \"{}\" is connected", what.name));
    return {};
}

base::Status Commands::run(const config::ActiveKill &what, Answer & /*answer*/) {
    if (sessions_.kill(what.who) > 0)
        return {};
    return base::fail(
        ErrorCode::NotFound,
        fmt::format("there is no session of a user, an interface, a caller's address or "
                    "a number \"{}\"",
                    what.who));
}

base::Status Commands::run(const config::AccountingShow &what, Answer &answer) {
    answer.reply.records = TRY(sessions_.records(what.user, what.limit));
    answer.reply.objects.push_back(directory_.show_accounting());
    return {};
}

base::Status Commands::run(const config::Why &what, Answer &answer) {
    if (what.name.empty()) {
        answer.reply.stories = history_.failures();
        return {};
    }
    answer.reply.stories = history_.of(what.name);
    if (answer.reply.stories.empty() && !clients_.has(what.name))
        return base::fail(ErrorCode::NotFound,
                          fmt::format("nothing is remembered of \"{}\": there is no client of that "
                                      "name, and no user and no address has called as that since "
                                      "the daemon was started",
                                      what.name));
    return {};
}

base::Status Commands::run(const config::Capture & /*what*/, Answer & /*answer*/) {
    return not_mine("capture", "the kernel answers it");
}

// -- files

base::Status Commands::run(const config::ConfigSave &what, Answer &answer) {
    const std::string file = TRY(file_or_own(what.file));
    const config::Config all = config();
    TRY(save_config(all, file));
    base::log::info("config.saved", {{"RTUN_FILE", file}}, "configuration saved to {}", file);
    answer.reply.lines.push_back(fmt::format("{}: {}", file, contents(all)));
    return {};
}

base::Status Commands::run(const config::ConfigLoad &what, Answer &answer) {
    const std::string file = TRY(file_or_own(what.file));
    answer.reply.lines.push_back(TRY(load(file)));
    answer.reply.warnings = config::warnings(directory_.config());
    return {};
}

base::Status Commands::run(const config::ConfigCheck &what, Answer &answer) {
    const config::Config checked = TRY(config::read_file(TRY(file_or_own(what.file))));
    TRY(directory_.check(checked));
    answer.reply.lines.push_back(contents(checked));
    answer.reply.warnings = config::warnings(checked);
    return {};
}

base::Status Commands::take_in(const std::string &file, const config::Imported &imported,
                               Answer &answer) {
    for (const config::ServerInterface &interface : imported.config.interfaces)
        TRY(check_name_free(config::Add<config::ServerInterface>{.object = interface}));
    const Directory::Loaded loaded = TRY(directory_.merge(imported.config));
    const std::string text =
        fmt::format("{}: {} added, {} changed", file, loaded.added, loaded.changed);
    base::log::info("config.imported", {{"RTUN_FILE", file}}, "{}", text);
    answer.reply.lines = imported.notes;
    answer.reply.lines.push_back(text);
    answer.reply.warnings = config::warnings(imported.config);
    return {};
}

base::Status Commands::run(const config::SecretImport &what, Answer &answer) {
    const std::string file = TRY(file_or_own(what.file));
    return take_in(file, TRY(config::import_secrets_file(file)), answer);
}

base::Status Commands::run(const config::ConfigImport &what, Answer &answer) {
    const std::string file = TRY(file_or_own(what.file));
    return take_in(file, TRY(config::import_pptpd_file(file)), answer);
}

// -- and the rest

base::Status Commands::run(const config::Monitor & /*what*/, Answer &answer) {
    answer.subscribe = true;
    return {};
}

base::Status Commands::run(const config::Export &what, Answer &answer) {
    answer.reply.lines = config::export_lines(config(), what.secrets);
    return {};
}

base::Status Commands::run(const config::SessionShow & /*what*/, Answer & /*answer*/) {
    return not_mine("session show", "the kernel answers it");
}

base::Status Commands::run(const config::TunnelShow & /*what*/, Answer & /*answer*/) {
    return not_mine("tunnel show", "the kernel answers it");
}

base::Status Commands::run(const config::BundleShow & /*what*/, Answer & /*answer*/) {
    return not_mine("bundle show", "the kernel answers it");
}

base::Status Commands::run(const config::ClientMonitor & /*what*/, Answer & /*answer*/) {
    return not_mine("client monitor", "\"client show\" answers it, again and again");
}

base::Status Commands::run(const config::Connect & /*what*/, Answer & /*answer*/) {
    return not_mine("connect", "it is a program of its own");
}

base::Status Commands::run(const config::Daemon & /*what*/, Answer & /*answer*/) {
    return not_mine("daemon", "there is one already");
}

}  // namespace rtun::daemon
