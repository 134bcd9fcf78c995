// SPDX-License-Identifier: GPL-2.0-or-later
//
// From argv to an exit status.
#include <cli/cli.h>

#include <cli/batch.h>
#include <cli/commands.h>
#include <cli/netns.h>
#include <cli/terminal.h>
#include <ctl/client.h>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rtun::cli {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;

namespace {

int complain(const Error &error) {
    std::fputs(fmt::format("Error: {}\n", error.text).c_str(), stderr);
    return exit_status(error.code);
}

// Help, versions and completions: nothing to be done if nobody reads them.
int say(const std::string &text) {
    std::fputs(text.c_str(), stdout);
    return std::fflush(stdout) == 0 || errno == EPIPE ? 0 : 2;
}

std::string usage(std::span<const std::string> words) {
    const std::string text = config::usage(words);
    const bool top = words.empty() || config::usage({}) == text;
    return top ? text + options_usage() : text;
}

// The daemon does not know in which directory we are.
Result<std::string> whole_path(const std::string &path) {
    if (path.starts_with('/'))
        return path;
    const std::unique_ptr<char, decltype(&std::free)> here(::getcwd(nullptr, 0), &std::free);
    if (!here)
        return fail(base::system_error("getcwd", errno));
    return fmt::format("{}/{}", here.get(), path);
}

class Runner {
public:
    Runner(const Options &options, const Programs &programs)
        : options_(options), programs_(programs),
          out_(options, STDOUT_FILENO), context_{
                                            .options = options_,
                                            .out = out_,
                                            .open_kernel = [] { return netlink::open_kernel(); },
                                            .socket = ctl::socket_path(options.netns)} {}

    // One command of the command line: the exit status, or why it could not be done.
    Result<int> run(std::span<const std::string> texts) {
        std::vector<config::Word> words;
        for (const std::string &text : texts)
            words.push_back({.text = text, .line = 0, .column = 0});
        const config::Command command = TRY(config::parse(words, config::Secrets::Refused));
        if (const auto *connect = std::get_if<config::Connect>(&command))
            return run_connect(*connect);
        if (const auto *daemon = std::get_if<config::Daemon>(&command))
            return programs_.daemon(*daemon, options_);
        if (const auto *watch = std::get_if<config::Monitor>(&command)) {
            TRY(monitor(context_, *watch));
            return 0;
        }
        if (const auto *frames = std::get_if<config::Capture>(&command)) {
            TRY(capture(context_, *frames));
            return 0;
        }
        TRY(execute(command, words, {}));
        TRY(out_.flush());
        return 0;
    }

    // All lines are understood before the first is carried out.
    Status run(const Batch &batch) {
        std::vector<config::Command> commands;
        for (const auto &words : batch.lines)
            commands.push_back(TRY(parse_line(words, batch)));
        for (std::size_t i = 0; i < commands.size(); i++) {
            const auto &words = batch.lines[i];
            const Status done = execute(commands[i], words, batch.name);
            if (!done)
                return fail(done.error().in(fmt::format("{}:{}", batch.name, words[0].line)));
            TRY(out_.flush());
        }
        return {};
    }

private:
    [[nodiscard]] static Result<config::Command> parse_line(std::span<const config::Word> words,
                                                            const Batch &batch) {
        config::Command command = TRY(config::parse(words, batch.secrets, batch.name));
        if (std::holds_alternative<config::Connect>(command) ||
            std::holds_alternative<config::Daemon>(command) ||
            std::holds_alternative<config::ClientMonitor>(command) ||
            std::holds_alternative<config::Monitor>(command) ||
            std::holds_alternative<config::Capture>(command))
            return fail(ErrorCode::Invalid,
                        fmt::format("{}:{}:{}: \"{}\" cannot stand in a batch, it does not end by "
                                    "itself",
                                    batch.name, words[0].line, words[0].column, words[0].text));
        return command;
    }

    Result<int> run_connect(config::Connect connect) {
        config::Client &client = connect.client;
        if (client.password.empty() && client.password_file.empty())
            client.password = TRY(ask_password(
                fmt::format("Password of {} at {}: ", client.user, client.connect_to)));
        return programs_.connect(connect, options_);
    }

    [[nodiscard]] static ctl::Request request(std::span<const config::Word> words,
                                              const std::string &file) {
        ctl::Request request{.words = {}, .file = file, .line = words[0].line};
        for (const config::Word &word : words)
            request.words.push_back(word.text);
        return request;
    }

    // "config save", "config load" and the imports with the whole path of their file, which is the
    // third word.
    [[nodiscard]] static Result<ctl::Request> request_of_file(std::span<const config::Word> words,
                                                              const std::string &file,
                                                              const std::string &named) {
        ctl::Request asked = request(words, file);
        if (!named.empty())
            asked.words.at(2) = TRY(whole_path(named));
        return asked;
    }

    // What only the daemon knows. Before its use: clang 14 does not find it in the lambda
    // otherwise.
    template <typename T>
    Status ask(const ctl::Request &asked) {
        if constexpr (std::is_same_v<T, config::ClientShow>)
            return show_clients(context_, asked);
        else if constexpr (std::is_same_v<T, config::Show<config::Secret>> ||
                           std::is_same_v<T, config::Show<config::Profile>>)
            return show_objects(context_, asked);
        else if constexpr (std::is_same_v<T, config::Show<config::Pool>>)
            return show_pools(context_, asked);
        else if constexpr (std::is_same_v<T, config::PoolUsage>)
            return show_pool_usage(context_, asked);
        else if constexpr (std::is_same_v<T, config::Show<config::PptpServer>>)
            return show_servers(context_, asked);
        else if constexpr (std::is_same_v<T, config::Show<config::ServerInterface>>)
            return show_interfaces(context_, asked);
        else if constexpr (std::is_same_v<T, config::ActiveShow>)
            return show_active(context_, asked);
        else if constexpr (std::is_same_v<T, config::LeaseShow>)
            return show_leases(context_, asked);
        else if constexpr (std::is_same_v<T, config::AccountingShow>)
            return show_records(context_, asked);
        else
            return tell_daemon(context_, asked);
    }

    Status execute(const config::Command &command, std::span<const config::Word> words,
                   const std::string &file) {
        return std::visit(
            [&](const auto &what) -> Status {
                using T = std::decay_t<decltype(what)>;
                if constexpr (std::is_same_v<T, config::SessionShow>)
                    return show_sessions(context_, what);
                else if constexpr (std::is_same_v<T, config::BundleShow>)
                    return show_bundles(context_, what);
                else if constexpr (std::is_same_v<T, config::TunnelShow>)
                    return show_tunnels(context_, what);
                else if constexpr (std::is_same_v<T, config::PseudowireShow>)
                    return show_pseudowires(context_, what);
                else if constexpr (std::is_same_v<T, config::PseudowireAdd> ||
                                   std::is_same_v<T, config::PseudowireSet> ||
                                   std::is_same_v<T, config::PseudowireDel> ||
                                   std::is_same_v<T, config::PseudowireEnable>)
                    return run_pseudowire(context_, what, request(words, file));
                else if constexpr (std::is_same_v<T, config::Why>)
                    return why(context_, what, request(words, file));
                else if constexpr (std::is_same_v<T, config::ClientMonitor>)
                    return monitor_client(context_, what);
                else if constexpr (std::is_same_v<T, config::ConfigCheck>)
                    return check_config(context_, what);
                else if constexpr (std::is_same_v<T, config::ConfigSave> ||
                                   std::is_same_v<T, config::ConfigLoad>)
                    return tell_daemon(context_, TRY(request_of_file(words, file, what.file)));
                else if constexpr (std::is_same_v<T, config::SecretImport> ||
                                   std::is_same_v<T, config::ConfigImport>)
                    return import_file(context_, what,
                                       TRY(request_of_file(words, file, what.file)));
                else
                    return ask<T>(request(words, file));
            },
            command);
    }

    Options options_;
    const Programs &programs_;
    Output out_;
    Context context_;
};

// The names of what the daemon has, for completion; nothing if it does not answer at once.
std::vector<std::string> names_of(const Options &options, const std::string &object) {
    std::vector<std::string> names;
    auto daemon = ctl::Client::connect(ctl::socket_path(options.netns));
    if (daemon) {
        const auto reply = daemon->call({.words = {object, "show"}, .file = {}, .line = 0},
                                        std::chrono::seconds(1));
        if (reply) {
            for (const ctl::ClientStatus &client : reply->clients)
                names.push_back(client.name);
            for (const ctl::PseudowireStatus &pseudowire : reply->pseudowires)
                names.push_back(pseudowire.name);
            for (const ctl::ObjectStatus &named : reply->objects)
                names.push_back(named.name);
            for (const ctl::InterfaceStatus &interface : reply->interfaces)
                names.push_back(interface.name);
            for (const ctl::ActiveStatus &session : reply->active)
                names.push_back(session.user);
        }
    } else if (object == "pseudowire") {
        for (const std::string &name : pseudowire_names())
            names.push_back(name);
    }
    return names;
}

// The names that may stand in the place of the last word.
std::vector<std::string> names_for(const Options &options, const std::vector<std::string> &words) {
    constexpr std::array<std::string_view, 7> named{"client",  "pseudowire", "interface", "secret",
                                                    "profile", "pool",       "active"};
    if (words.size() != 3 || words[1] == "add" || words[1] == "import" ||
        config::command_length(words) != 2)
        return {};
    if (words[0] == "lease")
        return names_of(options, "pool");
    const bool known = std::find(named.begin(), named.end(), words[0]) != named.end();
    return known ? names_of(options, words[0]) : std::vector<std::string>{};
}

// `rtun --complete-args WORD... BEGUN`: what BEGUN may become, one a line.
int complete(std::span<const std::string> args) {
    const std::string begun = args.empty() ? "" : args.back();
    auto before = parse_arguments(args.empty() ? args : args.first(args.size() - 1));
    if (!before)
        return 0;
    std::vector<std::string> words = std::move(before->words);
    words.push_back(begun);
    std::string text;
    for (const std::string &candidate : config::complete(words))
        text += candidate + "\n";
    for (const std::string &name : names_for(before->options, words)) {
        if (name.starts_with(begun))
            text += name + "\n";
    }
    return say(text);
}

int run_arguments(const Arguments &arguments, const Programs &programs) {
    const Options &options = arguments.options;
    if (options.version)
        return say(fmt::format("rtun {}\n", programs.version));
    if (options.help || config::wants_help(arguments.words))
        return say(usage(arguments.words));
    if (arguments.words.empty() && options.batch.empty()) {
        std::fputs(usage({}).c_str(), stderr);
        return 1;
    }
    if (!arguments.words.empty() && !options.batch.empty())
        return complain({.code = ErrorCode::Invalid,
                         .text = fmt::format("argument \"{}\" is wrong: with -batch the commands "
                                             "stand in the file",
                                             arguments.words.front())});
    if (!options.netns.empty()) {
        if (const Status entered = enter_netns(options.netns); !entered)
            return complain(entered.error());
    }
    Runner runner(options, programs);
    if (options.batch.empty()) {
        const auto status = runner.run(arguments.words);
        return status ? *status : complain(status.error());
    }
    const auto batch = read_batch(options.batch);
    const Status done = batch ? runner.run(*batch) : fail(batch.error());
    return done ? 0 : complain(done.error());
}

}  // namespace

int run(int argc, char **argv, const Programs &programs) {
    // A reader that has gone is noticed by the write that fails; connect and the daemon must not
    // die of it before they have cleaned up.
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (!args.empty() && args.front() == "--complete-args")
        return complete(std::span(args).subspan(1));
    const auto arguments = parse_arguments(args);
    return arguments ? run_arguments(*arguments, programs) : complain(arguments.error());
}

}  // namespace rtun::cli
