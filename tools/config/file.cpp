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
template <typename Subject>
Setting setting_of(std::string_view keyword, const Access<Subject> &access, const Subject &subject,
                   Reveal secrets) {
    if (access.secret != nullptr && secrets == Reveal::Hide) {
        const bool none = (subject.*access.secret).empty();
        return {.keyword = keyword, .value = none ? "" : "(hidden)", .by_default = none};
    }
    Setting setting{.keyword = keyword, .value = access.get(subject), .by_default = false};
    setting.by_default = setting.value == access.get(Subject{});
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

namespace {

// What a file has said so far, and where.
class Collector {
public:
    explicit Collector(std::string_view file) : file_(file) {}

    base::Status take(Command &&command, std::span<const Word> words) {
        if (auto *client = std::get_if<ClientAdd>(&command))
            return take(std::move(*client), words);
        if (auto *pseudowire = std::get_if<PseudowireAdd>(&command))
            return take(std::move(*pseudowire), words);
        return fail(ErrorCode::Invalid,
                    fmt::format("{}\"{}\" cannot stand in a configuration file, only commands "
                                "that add something can",
                                where(words.front()), command_name(words)));
    }

    Config config;

private:
    [[nodiscard]] std::string where(const Word &word) const {
        return fmt::format("{}:{}:{}: ", file_, word.line, word.column);
    }

    // Clients and pseudowires are named after their interfaces, so a name is one of either.
    // Whether it is to be kept.
    base::Result<bool> name(const std::string &name, std::string_view kind, bool may_exist,
                            std::span<const Word> words) {
        const auto [known, fresh] = names_.emplace(name, Named{kind, words.front().line});
        if (fresh || (may_exist && known->second.kind == kind))
            return fresh;
        return fail(ErrorCode::Invalid,
                    fmt::format("{}argument \"{}\" is wrong: line {} has added a {} of this name",
                                where(words[2]), name, known->second.line, known->second.kind));
    }

    base::Status take(ClientAdd &&add, std::span<const Word> words) {
        if (TRY(name(add.client.name, "client", add.may_exist, words)))
            config.clients.push_back(std::move(add.client));
        return {};
    }

    base::Status take(PseudowireAdd &&add, std::span<const Word> words) {
        if (!TRY(name(add.pseudowire.name, "pseudowire", add.may_exist, words)))
            return {};
        const std::uint32_t id = add.pseudowire.session_id;
        const auto [known, fresh] = sessions_.emplace(id, words.front().line);
        if (!fresh && !add.pseudowire.scoped_ids) {
            const auto word = std::find_if(words.begin(), words.end(), [](const Word &w) {
                return w.text == "session-id" || w.text == "local-session-id";
            });
            return fail(ErrorCode::Invalid,
                        fmt::format("{}argument \"{}\" is wrong: line {} has a pseudowire with "
                                    "this session-id",
                                    where(word[1]), id, known->second));
        }
        config.pseudowires.push_back(std::move(add.pseudowire));
        return {};
    }

    struct Named {
        std::string_view kind;
        std::uint32_t line = 0;
    };
    std::string_view file_;
    std::map<std::string, Named, std::less<>> names_;
    std::map<std::uint32_t, std::uint32_t> sessions_;  // id, and the line it stands in
};

}  // namespace

Result<Config> parse_file(std::string_view text, std::string_view file) {
    Collector collector(file);
    std::uint32_t number = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        number++;

        const std::vector<Word> words = TRY(split_line(line, number, file));
        if (!words.empty())
            TRY(collector.take(TRY(parse(words, Secrets::Allowed, file)), words));
    }
    return std::move(collector.config);
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
    for (const Property &property : properties(Keywords::OfClients)) {
        if (property.client.get != nullptr)
            all.push_back(setting_of(property.keyword, property.client, client, secrets));
    }
    return all;
}

std::vector<Setting> settings(const Pseudowire &pseudowire) {
    std::vector<Setting> all;
    for (const Property &property : properties(Keywords::OfPseudowires)) {
        if (property.pseudowire.get != nullptr)
            all.push_back(setting_of(property.keyword, property.pseudowire, pseudowire,
                                     Reveal::Show));  // it has no secrets
    }
    return all;
}

std::vector<std::string> export_lines(const Config &config, Reveal secrets) {
    std::vector<std::string> lines;
    const auto add = [&lines](std::string line, const std::vector<Setting> &settings) {
        for (const Setting &setting : settings) {
            // The type of a client has no default, so it is always there.
            const bool needed =
                !setting.by_default || (setting.keyword == "type" && setting.value == "pptp");
            if (!needed)
                continue;
            base::append_wiping(line, fmt::format(" {} ", setting.keyword));
            std::string word = quote(setting.value);
            base::append_wiping(line, word);
            base::wipe(word);
        }
        lines.push_back(std::move(line));
    };
    for (const Client &client : config.clients) {
        std::vector<Setting> all = settings(client, secrets);
        add(fmt::format("client add {}", quote(client.name)), all);
        for (Setting &setting : all)
            base::wipe(setting.value);
    }
    for (const Pseudowire &pseudowire : config.pseudowires)
        add(fmt::format("pseudowire add {}", quote(pseudowire.name)), settings(pseudowire));
    return lines;
}

}  // namespace rtun::config
