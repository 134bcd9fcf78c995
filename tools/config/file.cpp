// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configuration files: a list of commands that add objects, taken as a whole or not at all. And
// back: the commands that make a configuration.
#include <config/grammar.h>

#include <base/fd.h>
#include <config/table.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t largest_file = 16U << 20;  // octets; some hundred thousand clients

// The property as it is to be shown. A secret that is to be hidden is looked at and not copied.
Setting setting_of(const Property &property, const Client &client, Reveal secrets) {
    if (property.secret != nullptr && secrets == Reveal::Hide) {
        const bool none = (client.*property.secret).empty();
        return {.keyword = property.keyword, .value = none ? "" : "(hidden)", .by_default = none};
    }
    Setting setting{
        .keyword = property.keyword, .value = property.get(client), .by_default = false};
    setting.by_default = setting.value == property.get(Client{});
    return setting;
}

// "client set", for a message about a command that may not stand in a file.
std::string command_name(std::span<const Word> words) {
    std::vector<std::string> texts;
    for (const Word &word : words.first(std::min<std::size_t>(words.size(), 2)))
        texts.push_back(word.text);  // two name a command; what follows may be a password
    const auto found = match_objects(words.front().text);
    std::string name(found.front()->name);
    if (command_length(texts) == 2)
        name += fmt::format(" {}", match_verbs(*found.front(), texts[1]).front()->name);
    return name;
}

// Into the text, whatever comes of it, so that the caller can wipe what there is.
base::Status read_all(const std::string &path, std::string &text) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat st {};
    if (!file.valid() || ::fstat(file.get(), &st) < 0) {
        base::Error error = base::system_error(path, errno);
        error.code = ErrorCode::Invalid;
        return fail(std::move(error));
    }
    if (!S_ISREG(st.st_mode))
        return fail(ErrorCode::Invalid, fmt::format("{}: is not a regular file", path));
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(ErrorCode::Invalid,
                    fmt::format("{}: may hold secrets but is open to others than its owner (mode "
                                "{:04o}): chmod 600 {}",
                                path, st.st_mode & 07777U, path));
    std::array<char, 16384> buffer;
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(base::system_error(path, errno));
        if (got == 0)
            return {};
        const auto size = static_cast<std::size_t>(got);
        base::append_wiping(text, {buffer.data(), size});
        base::wipe({reinterpret_cast<std::uint8_t *>(buffer.data()), size});
        if (text.size() > largest_file)
            return fail(ErrorCode::Invalid,
                        fmt::format("{}: is larger than {} octets", path, largest_file));
    }
}

}  // namespace

Result<Config> parse_file(std::string_view text, std::string_view file) {
    Config config;
    std::map<std::string, std::uint32_t, std::less<>> lines;  // where a name was added
    std::uint32_t number = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        number++;

        const std::vector<Word> words = TRY(split_line(line, number, file));
        if (words.empty())
            continue;
        Command command = TRY(parse(words, Secrets::Allowed, file));
        auto *add = std::get_if<ClientAdd>(&command);
        if (add == nullptr)
            return fail(ErrorCode::Invalid,
                        fmt::format("{}:{}:{}: \"{}\" cannot stand in a configuration file, only "
                                    "commands that add something can",
                                    file, number, words.front().column, command_name(words)));
        const auto [known, fresh] = lines.emplace(add->client.name, number);
        if (fresh)
            config.clients.push_back(std::move(add->client));
        else if (!add->may_exist)
            return fail(ErrorCode::Invalid,
                        fmt::format("{}:{}:{}: argument \"{}\" is wrong: line {} has added a "
                                    "client of this name",
                                    file, number, words[2].column, known->first, known->second));
    }
    return config;
}

Result<Config> read_file(const std::string &path) {
    std::string text;
    const base::Status read = read_all(path, text);
    Result<Config> config = read ? parse_file(text, path) : fail(read.error());
    base::wipe(text);
    return config;
}

std::vector<Setting> settings(const Client &client, Reveal secrets) {
    std::vector<Setting> all;
    for (const Property &property : properties()) {
        if (property.get != nullptr)
            all.push_back(setting_of(property, client, secrets));
    }
    return all;
}

std::vector<std::string> export_lines(const Config &config, Reveal secrets) {
    std::vector<std::string> lines;
    for (const Client &client : config.clients) {
        // type has no default, so it is always there.
        std::string line = fmt::format("client add {}", quote(client.name));
        for (const Setting &setting : settings(client, secrets)) {
            if (!setting.by_default || setting.keyword == "type")
                line += fmt::format(" {} {}", setting.keyword, quote(setting.value));
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace rtun::config
