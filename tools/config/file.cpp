// SPDX-License-Identifier: GPL-2.0-or-later
//
// Configuration files: a list of commands that add objects, or set what is always there, taken as a
// whole or not at all.
#include <config/grammar.h>

#include <config/table.h>
#include <config/text_file.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

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

template <typename T>
constexpr bool is_device = std::is_same_v<T, Client> || std::is_same_v<T, Pseudowire> ||
                           std::is_same_v<T, ServerInterface>;

// What a file has said so far, and where.
class Collector {
public:
    explicit Collector(std::string_view file) : file_(file) {}

    base::Status take(Command &&command, std::span<const Word> words) {
        return std::visit([&](auto &what) { return taken(std::move(what), words); }, command);
    }

    Config config;

private:
    [[nodiscard]] std::string where(const Word &word) const {
        return fmt::format("{}:{}:{}: ", file_, word.line, word.column);
    }
    [[nodiscard]] auto wrong(const Word &word, std::string_view why) const {
        return fail(ErrorCode::Invalid,
                    fmt::format("{}argument \"{}\" is wrong: {}", where(word), word.text, why));
    }

    // Whether the object of this name is to be kept. Kinds that are named after their interfaces
    // have their names together.
    template <typename T>
    base::Result<bool> fresh(const Add<T> &add, std::span<const Word> words) {
        constexpr std::string_view kind = Kind<T>::name;
        const auto [known, is_fresh] =
            names_.emplace(std::pair{is_device<T> ? std::string_view() : kind, add.object.name},
                           Named{kind, words.front().line});
        if (is_fresh || (add.may_exist && known->second.kind == kind))
            return is_fresh;
        return wrong(words[2],
                     fmt::format("line {} has added {} {} of this name", known->second.line,
                                 article_of(known->second.kind), known->second.kind));
    }

    template <typename T>
    base::Status taken(Add<T> &&add, std::span<const Word> words) {
        if constexpr (std::is_same_v<T, Profile>) {
            if (is_built_in(add.object.name))
                return wrong(words[2], "this profile is there always: change it with profile set");
        }
        if (!TRY(fresh(add, words)))
            return {};
        if constexpr (std::is_same_v<T, Pseudowire>) {
            TRY(check_session(add.object, words));
            config.pseudowires.push_back(std::move(add.object));
        } else {
            const T *from = source(add);
            if (!add.copy_from.empty() && from == nullptr)
                return wrong(value_of("copy-from", words),
                             fmt::format("no {} of this name is added above", Kind<T>::name));
            auto object = object_of(add, from);
            if (!object)
                return fail(ErrorCode::Invalid, where(words.front()) + object.error().text);
            (config.*Kind<T>::list).push_back(std::move(*object));
        }
        return {};
    }

    // What it is a copy of; null: nothing that stands above.
    template <typename T>
    [[nodiscard]] const T *source(const Add<T> &add) const {
        const auto named = [&](const T &object) { return object.name == add.copy_from; };
        const std::vector<T> &all = config.*Kind<T>::list;
        auto found = std::find_if(all.begin(), all.end(), named);
        if (found != all.end())
            return &*found;
        if constexpr (std::is_same_v<T, Profile>) {
            const auto &both = built_in_profiles();
            found = std::find_if(both.begin(), both.end(), named);
            return found == both.end() ? nullptr : &*found;
        } else {
            return nullptr;
        }
    }

    // The value of a keyword that is there.
    [[nodiscard]] static const Word &value_of(std::string_view keyword,
                                              std::span<const Word> words) {
        return std::find_if(words.begin(), words.end(),
                            [&](const Word &w) { return w.text == keyword; })[1];
    }

    base::Status check_session(const Pseudowire &pseudowire, std::span<const Word> words) {
        const std::uint32_t id = pseudowire.session_id;
        const auto [known, is_fresh] = sessions_.emplace(id, words.front().line);
        if (is_fresh || pseudowire.scoped_ids)
            return {};
        const auto word = std::find_if(words.begin(), words.end(), [](const Word &w) {
            return w.text == "session-id" || w.text == "local-session-id";
        });
        return wrong(word[1],
                     fmt::format("line {} has a pseudowire with this session-id", known->second));
    }

    base::Status taken(Set<Profile> &&set, std::span<const Word> words) {
        if (!is_built_in(set.name))
            return wrong(words[2],
                         "in a file only default and default-encryption can be set, which "
                         "are there always; what is added has its properties behind it");
        auto &all = config.profiles;
        const auto named = [&](const Profile &profile) { return profile.name == set.name; };
        auto found = std::find_if(all.begin(), all.end(), named);
        if (found == all.end()) {
            const auto &both = built_in_profiles();
            found = all.insert(all.end(), *std::find_if(both.begin(), both.end(), named));
        }
        set.apply(*found);
        return checked(*found, words);
    }

    template <typename T>
    base::Status taken(Set<T> &&set, std::span<const Word> words) {
        if constexpr (std::is_same_v<T, PptpServer> || std::is_same_v<T, Accounting>) {
            set.apply(config.*Kind<T>::only);
            return checked(config.*Kind<T>::only, words);
        } else {
            return refused(words);
        }
    }

    template <typename Other>
    base::Status taken(Other && /*command*/, std::span<const Word> words) {
        return refused(words);
    }

    template <typename T>
    base::Status checked(const T &object, std::span<const Word> words) const {
        if (const auto mistake = mistake_in(object))
            return fail(ErrorCode::Invalid, where(words.front()) + mistake->reason);
        return {};
    }

    [[nodiscard]] base::Status refused(std::span<const Word> words) const {
        return fail(ErrorCode::Invalid,
                    fmt::format("{}\"{}\" cannot stand in a configuration file, only commands "
                                "that add something, or set what is always there, can",
                                where(words.front()), command_name(words)));
    }

    struct Named {
        std::string_view kind;
        std::uint32_t line = 0;
    };
    std::string_view file_;
    std::map<std::pair<std::string_view, std::string>, Named> names_;
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
    const auto read = read_text(path, text, Openness::Closed);
    Result<Config> config = read ? parse_file(text, path) : fail(read.error());
    base::wipe(text);
    return config;
}

}  // namespace rtun::config
