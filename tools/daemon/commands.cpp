// SPDX-License-Identifier: GPL-2.0-or-later
//
// One row a command. Passwords may stand in the words: the socket is root's, and the tool does not
// take them from its command line.
#include <daemon/commands.h>

#include <base/log.h>
#include <config/grammar.h>
#include <daemon/store.h>

#include <fmt/format.h>

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

base::Result<Commands::Answer> not_mine(std::string_view command, std::string_view whose) {
    return base::fail(ErrorCode::Invalid,
                      fmt::format("\"{}\" is not for the daemon: {}", command, whose));
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
    const Clients::Loaded clients = TRY(clients_.load(config));
    const Pseudowires::Loaded pseudowires = TRY(pseudowires_.load(config.pseudowires));
    const std::string text =
        fmt::format("{}: {} added, {} changed, {} removed, {} as before", file,
                    clients.added + pseudowires.added, clients.changed + pseudowires.changed,
                    clients.removed + pseudowires.removed, clients.kept + pseudowires.kept);
    base::log::info("config.loaded", {{"RTUN_FILE", file}}, "{}", text);
    return text;
}

config::Config Commands::config() const {
    config::Config config = clients_.config();
    config.pseudowires = pseudowires_.config();
    return config;
}

// Both are named after their interfaces.
base::Status Commands::check_name_free(const config::Command &command) const {
    if (const auto *add = std::get_if<config::ClientAdd>(&command);
        add != nullptr && pseudowires_.has(add->client.name))
        return base::fail(ErrorCode::Exists,
                          fmt::format("there is a pseudowire \"{}\" already", add->client.name));
    if (const auto *add = std::get_if<config::PseudowireAdd>(&command);
        add != nullptr && clients_.has(add->pseudowire.name))
        return base::fail(ErrorCode::Exists,
                          fmt::format("there is a client \"{}\" already", add->pseudowire.name));
    return {};
}

base::Result<Commands::Answer> Commands::try_execute(const ctl::Request &request) {
    const std::vector<config::Word> words = words_of(request);
    const config::Command command =
        TRY(config::parse(words, config::Secrets::Allowed, request.file));

    TRY(check_name_free(command));
    return std::visit(
        [&](const auto &what) -> base::Result<Answer> {
            using T = std::decay_t<decltype(what)>;
            Answer answer;
            if constexpr (std::is_same_v<T, config::ClientAdd>) {
                TRY(clients_.add(what));
            } else if constexpr (std::is_same_v<T, config::ClientSet>) {
                TRY(clients_.set(what));
            } else if constexpr (std::is_same_v<T, config::ClientDel>) {
                TRY(clients_.del(what));
            } else if constexpr (std::is_same_v<T, config::ClientEnable>) {
                TRY(clients_.enable(what));
            } else if constexpr (std::is_same_v<T, config::ClientShow>) {
                answer.reply.clients = TRY(clients_.show(what.name));
            } else if constexpr (std::is_same_v<T, config::PseudowireAdd>) {
                TRY(pseudowires_.add(what));
            } else if constexpr (std::is_same_v<T, config::PseudowireSet>) {
                TRY(pseudowires_.set(what));
            } else if constexpr (std::is_same_v<T, config::PseudowireDel>) {
                TRY(pseudowires_.del(what));
            } else if constexpr (std::is_same_v<T, config::PseudowireEnable>) {
                TRY(pseudowires_.enable(what));
            } else if constexpr (std::is_same_v<T, config::PseudowireShow>) {
                answer.reply.pseudowires = TRY(pseudowires_.show(what.name));
            } else if constexpr (std::is_same_v<T, config::Monitor>) {
                answer.subscribe = true;
            } else if constexpr (std::is_same_v<T, config::Export>) {
                answer.reply.lines = config::export_lines(config(), what.secrets);
            } else if constexpr (std::is_same_v<T, config::ConfigSave>) {
                const std::string file = TRY(file_or_own(what.file));
                TRY(save_config(config(), file));
                base::log::info("config.saved", {{"RTUN_FILE", file}}, "configuration saved to {}",
                                file);
                answer.reply.lines.push_back(fmt::format("{}: {} clients, {} pseudowires", file,
                                                         clients_.size(), pseudowires_.size()));
            } else if constexpr (std::is_same_v<T, config::ConfigLoad>) {
                answer.reply.lines.push_back(TRY(load(TRY(file_or_own(what.file)))));
            } else if constexpr (std::is_same_v<T, config::ConfigCheck>) {
                const config::Config checked = TRY(config::read_file(TRY(file_or_own(what.file))));
                answer.reply.lines.push_back(fmt::format("{} clients, {} pseudowires",
                                                         checked.clients.size(),
                                                         checked.pseudowires.size()));
            } else if constexpr (std::is_same_v<T, config::SessionShow>) {
                return not_mine("session show", "the kernel answers it");
            } else if constexpr (std::is_same_v<T, config::TunnelShow>) {
                return not_mine("tunnel show", "the kernel answers it");
            } else if constexpr (std::is_same_v<T, config::ClientMonitor>) {
                return not_mine("client monitor", "\"client show\" answers it, again and again");
            } else if constexpr (std::is_same_v<T, config::Connect>) {
                return not_mine("connect", "it is a program of its own");
            } else if constexpr (std::is_same_v<T, config::Daemon>) {
                return not_mine("daemon", "there is one already");
            } else {
                static_assert(!sizeof(T), "a command without a row");
            }
            return answer;
        },
        command);
}

}  // namespace rtun::daemon
