// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words in, a checked command out. Every refusal is one line that names the word and says why; a
// secret is never repeated in it.
#include <config/grammar.h>

#include <config/table.h>
#include <config/values.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace rtun::config {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;

namespace {

std::string where(const Word &word, std::string_view file) {
    return word.line == 0 ? std::string() : fmt::format("{}:{}:{}: ", file, word.line, word.column);
}

// "a", "a or b", "a, b or c"
std::string alternatives(const std::vector<std::string_view> &words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); i++) {
        text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

// Levenshtein's distance: how many letters to add, drop or change.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); i++) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); j++) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
        }
    }
    return row.back();
}

// "; did you mean ...?" with the names that begin with the word or contain it, else those that are
// a few letters away, else nothing.
std::string suggestion(std::string_view word, const std::vector<std::string_view> &names) {
    constexpr std::size_t longest = 64;
    if (word.empty() || word.size() > longest)
        return "";
    std::vector<std::string_view> near;
    for (const std::string_view name : names) {
        if (name.starts_with(word) || (word.size() > 2 && name.find(word) != name.npos))
            near.push_back(name);
    }
    if (near.empty())
        std::copy_if(names.begin(), names.end(), std::back_inserter(near),
                     [word](std::string_view name) {
                         return distance(word, name) <= std::max<std::size_t>(1, name.size() / 3);
                     });
    return near.empty() ? "" : fmt::format("; did you mean {}?", alternatives(near));
}

class Parser {
public:
    Parser(std::span<const Word> words, Secrets secrets, std::string_view file)
        : words_(words), secrets_(secrets), file_(file) {}

    Result<Command> run() {
        if (words_.empty())
            return fail(ErrorCode::Invalid, "a command is missing, \"help\" lists them");
        const Object *object = TRY(take_object());
        const Verb *verb = TRY(take_verb(*object));
        TRY(take_operand(*verb));
        while (next_ < words_.size())
            TRY(take_property(*verb));
        TRY(check_complete(*verb));
        return verb->make(std::move(draft_));
    }

private:
    [[nodiscard]] auto wrong(const Word &word, std::string_view why) const {
        return fail(ErrorCode::Invalid,
                    fmt::format("{}argument \"{}\" is wrong: {}", where(word, file_),
                                shown(word.text), one_line(why)));
    }
    [[nodiscard]] auto missing(std::string_view text) const {
        return fail(ErrorCode::Invalid, fmt::format("{}{}", where(words_.back(), file_), text));
    }

    Result<const Object *> take_object() {
        const Word &word = words_[next_];
        const auto found = match_objects(word.text);
        if (found.size() == 1) {
            next_++;
            return found.front();
        }
        std::vector<std::string_view> names;
        if (!found.empty()) {
            for (const Object *object : found)
                names.push_back(object->name);
            return wrong(word, fmt::format("it is short for {}", alternatives(names)));
        }
        for (const Object &object : objects())
            names.push_back(object.name);
        return wrong(word, fmt::format("no such object{}; \"help\" lists them",
                                       suggestion(word.text, names)));
    }

    Result<const Verb *> take_verb(const Object &object) {
        std::vector<std::string_view> names;
        for (const Verb &verb : object.verbs)
            names.push_back(verb.name);
        if (object.verbs.front().name.empty())
            return object.standard;
        if (next_ == words_.size()) {
            if (object.standard == nullptr)
                return missing(fmt::format("after \"{}\" a word is missing: {}", object.name,
                                           alternatives(names)));
            return object.standard;
        }
        const Word &word = words_[next_];
        const auto found = match_verbs(object, word.text);
        if (found.size() == 1) {
            next_++;
            return found.front();
        }
        if (found.empty())
            return wrong(word,
                         fmt::format("after \"{}\" expected {}", object.name, alternatives(names)));
        names.clear();
        for (const Verb *verb : found)
            names.push_back(verb->name);
        return wrong(word, fmt::format("it is short for {}", alternatives(names)));
    }

    Status take_operand(const Verb &verb) {
        if (verb.operand == Operand::None)
            return {};
        if (next_ == words_.size()) {
            if (verb.operand == Operand::Required)
                return missing(fmt::format("after \"{}\" a {} is missing",
                                           shown(words_.back().text), verb.operand_text));
            return {};
        }
        const Word &word = words_[next_];
        const Status checked = verb.check_operand(word.text);
        if (!checked)
            return wrong(word, checked.error().text);
        draft_.operand = word.text;
        next_++;
        return {};
    }

    Status take_property(const Verb &verb) {
        const Word &word = words_[next_++];
        const Alias *alias = find_alias(verb, word.text);
        if (alias != nullptr && !alias->refused.empty() && alias->values.empty())
            return wrong(word, alias->refused);
        if (alias != nullptr && alias->keyword.empty())
            return take_value(*alias);
        const Property *property = find(verb, alias != nullptr ? alias->keyword : word.text);
        if (property == nullptr)
            return unknown(verb, word, alias != nullptr ? alias->keyword : word.text);
        if (seen(property->keyword))
            return wrong(word, alias != nullptr
                                   ? fmt::format("{} is given twice", property->keyword)
                                   : "it is given twice");
        if ((property->keyword == "password" && seen("password-file")) ||
            (property->keyword == "password-file" && seen("password")))
            return wrong(word, "there may be a password or a password-file, not both");
        if (is_secret(*property) && secrets_ == Secrets::Refused)
            return wrong(word, word.line == 0
                                   ? "on the command line everybody could read the secret, use "
                                     "password-file"
                                   : "others may read this file: chmod 600 it, or use "
                                     "password-file");
        seen_.push_back({property, &word});
        if (alias != nullptr && !alias->fixed.empty())
            return take_fixed(*property, *alias);
        if (property->value.empty())
            return property->set(draft_, {});
        if (next_ == words_.size())
            return missing(
                fmt::format("after \"{}\" its value is missing: {}", word.text, property->value));
        const Word &value = words_[next_++];
        seen_.back().word = &value;
        std::string_view text = value.text;
        if (alias != nullptr && !alias->values.empty())
            text = TRY(translated(*alias, value)).value;
        std::string converted;
        if (alias != nullptr && alias->convert != nullptr) {
            auto other = alias->convert(text);
            if (!other)
                return wrong(value, fmt::format("{}: {}", word.text, other.error().text));
            converted = std::move(*other);
            text = converted;
        }
        const Status set = property->set(draft_, text);
        if (!set && is_secret(*property))
            return fail(ErrorCode::Invalid,
                        fmt::format("{}the value of \"{}\" is wrong: {}", where(value, file_),
                                    property->keyword, set.error().text));
        if (!set)
            return wrong(value, fmt::format("{}: {}", word.text, set.error().text));
        if (is_kept(*property))
            draft_.changed.push_back(property);
        return {};
    }

    // A word that is a keyword and its value in one.
    Status take_fixed(const Property &property, const Alias &alias) {
        TRY(property.set(draft_, alias.fixed));
        draft_.changed.push_back(&property);
        return {};
    }

    // The value of a word that has no effect.
    Status take_value(const Alias &alias) {
        if (next_ == words_.size())
            return missing(fmt::format("after \"{}\" its value is missing", alias.word));
        TRY(translated(alias, words_[next_++]));
        without_effect_ = true;
        return {};
    }

    [[nodiscard]] Result<ValueAlias> translated(const Alias &alias, const Word &word) const {
        std::vector<std::string_view> names;
        for (const ValueAlias &value : alias.values) {
            if (value.word != word.text) {
                names.push_back(value.word);
                continue;
            }
            if (!value.refused.empty())
                return wrong(word, fmt::format("{}: {}", alias.word, value.refused));
            return value;
        }
        if (!alias.refused.empty())
            return wrong(word, fmt::format("{}: {}", alias.word, alias.refused));
        return wrong(word, fmt::format("{}: expected {}", alias.word, alternatives(names)));
    }

    [[nodiscard]] Status unknown(const Verb &verb, const Word &word,
                                 std::string_view keyword) const {
        std::vector<std::string_view> names;
        for (const Property &property : properties(verb)) {
            if (takes(verb, property))
                names.push_back(property.keyword);
            else if (property.keyword == keyword && is_kept(property) && verb.uses == InSet)
                return wrong(word, "it cannot be changed: delete it and add it anew");
        }
        if (word.text.starts_with('-'))
            return wrong(word, "options stand before the object or after the verb");
        if (names.empty())
            return wrong(word, "nothing was expected here");
        return wrong(word, fmt::format("no such keyword here{}", suggestion(word.text, names)));
    }

    [[nodiscard]] static const Property *find(const Verb &verb, std::string_view keyword) {
        const auto all = properties(verb);
        const auto found = std::find_if(all.begin(), all.end(), [&](const Property &property) {
            return property.keyword == keyword && takes(verb, property);
        });
        return found == all.end() ? nullptr : &*found;
    }

    [[nodiscard]] static const Alias *find_alias(const Verb &verb, std::string_view word) {
        const auto all = aliases(verb);
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const Alias &a) { return a.word == word; });
        return found == all.end() ? nullptr : &*found;
    }

    [[nodiscard]] bool seen(std::string_view keyword) const {
        return std::any_of(seen_.begin(), seen_.end(),
                           [&](const Seen &s) { return s.property->keyword == keyword; });
    }

    [[nodiscard]] Status check_complete(const Verb &verb) {
        if ((verb.uses & InSet) != 0 && seen_.empty() && !without_effect_)
            return missing("nothing is given that should change");
        if ((verb.uses & (InAdd | InConnect | InCapture)) == 0)
            return {};
        for (const Property &property : properties(verb)) {
            if (seen("copy-from"))
                break;  // the other has it
            if (takes(verb, property) && property.need == Need::Required && !seen(property.keyword))
                return missing(fmt::format("argument \"{}\" is required: {}", property.keyword,
                                           property.help));
            if (property.need == Need::RequiredOrAsked && (verb.uses & InAdd) != 0 &&
                !seen("password-file") && !seen("password"))
                return missing(
                    "argument \"password-file\" is required: the file with the password");
        }
        // A copy is checked when what it is of is known: object_of().
        const bool checked = verb.check != nullptr && !seen("copy-from");
        const auto mistake = checked ? verb.check(draft_) : std::nullopt;
        if (!mistake)
            return {};
        for (const Seen &seen : seen_) {
            if (seen.property->keyword == mistake->keyword)
                return wrong(*seen.word, mistake->reason);
        }
        return missing(mistake->reason);
    }

    std::span<const Word> words_;
    Secrets secrets_;
    std::string_view file_;
    std::size_t next_ = 0;
    struct Seen {
        const Property *property = nullptr;
        const Word *word = nullptr;  // its value, if it has one
    };
    std::vector<Seen> seen_;
    bool without_effect_ = false;  // a word of others was taken that changes nothing
    Draft draft_;
};

}  // namespace

Result<Command> parse(std::span<const Word> words, Secrets secrets, std::string_view file) {
    return Parser(words, secrets, file).run();
}

}  // namespace rtun::config
