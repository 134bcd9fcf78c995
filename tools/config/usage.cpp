// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table as a human reads it: usage of a level, and the words that may come next.
#include <config/grammar.h>

#include <config/table.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::config {

namespace {

constexpr std::size_t width = 80;

// Pieces one after the other, in lines that begin under the first piece.
std::string wrap(std::string_view first, const std::vector<std::string> &pieces) {
    std::string text(first);
    std::size_t column = first.size();
    const std::string indent(std::min<std::size_t>(first.size(), 12), ' ');
    for (const std::string &piece : pieces) {
        if (column + 1 + piece.size() > width && column > indent.size()) {
            text += "\n" + indent;
            column = indent.size();
        }
        text += " " + piece;
        column += 1 + piece.size();
    }
    return text + "\n";
}

std::string command(const Object &object, const Verb &verb) {
    std::string text = fmt::format("rtun {}", object.name);
    std::string operand;
    if (verb.operand == Operand::Required)
        operand = fmt::format(" {}", verb.operand_text);
    if (verb.operand == Operand::Optional) {
        std::string_view inner = verb.operand_text;  // no braces in brackets
        if (inner.starts_with("{ "))
            inner = inner.substr(2, inner.size() - 4);
        operand = fmt::format(" [ {} ]", inner);
    }
    if (verb.name.empty())
        return text + operand;
    // The standard verb may be left out, but only together with what follows it: the word behind
    // the object is a verb.
    const bool standard =
        object.standard == &verb && verb.operand != Operand::Required && verb.uses == NoUse;
    const std::string named = fmt::format("{}{}", verb.name, operand);
    return text + (standard ? fmt::format(" [ {} ]", named) : " " + named);
}

// Empty if another piece has it.
std::string in_usage(const Verb &verb, const Property &property) {
    const bool adds = (verb.uses & InAdd) != 0;
    if (is_secret(property) && (verb.uses & InSet) == 0)
        return "";  // in add the piece of password-file has it, on the command line it is refused
    if (property.need == Need::RequiredOrAsked && adds)
        return fmt::format("{{ {} {} | password TEXT }}", property.keyword, property.value);
    const std::string text = property.value.empty()
                                 ? std::string(property.keyword)
                                 : fmt::format("{} {}", property.keyword, property.value);
    const bool required = property.need == Need::Required && (verb.uses & InSet) == 0;
    return required ? text : fmt::format("[ {} ]", text);
}

// "(required)", "(default 60)" or nothing.
std::string remark(const Verb &verb, const Property &property) {
    // What was never added is as by default until it is set.
    const bool changes = (verb.uses & InSet) != 0 && (property.uses & InAdd) != 0;
    if (!is_kept(property) || changes)
        return "";
    if (property.need == Need::Required)
        return " (required)";
    if (property.need == Need::RequiredOrAsked)
        return (verb.uses & InAdd) != 0 ? " (this or password is required)"
                                        : " (else from the terminal or standard input)";
    const std::string value = default_of(property);
    return value.empty() ? "" : fmt::format(" (default {})", value);
}

std::string usage_top() {
    std::vector<std::string> names;
    for (const Object &object : objects())
        names.push_back(names.empty() ? std::string(object.name)
                                      : fmt::format("| {}", object.name));
    names.insert(names.begin(), "{");
    names.emplace_back("}");
    std::string text = "Usage: rtun [ OPTIONS ] OBJECT { COMMAND | help }\n"
                       "       rtun [ OPTIONS ] -batch FILE\n" +
                       wrap("OBJECT :=", names);
    for (const Object &object : objects())
        text += fmt::format("  {:<12}{}\n", object.name, object.help);
    return text;
}

std::string usage_verb(const Object &object, const Verb &verb) {
    std::vector<std::string> pieces;
    for (const Property &property : properties(verb)) {
        if (takes(verb, property) && !in_usage(verb, property).empty())
            pieces.push_back(in_usage(verb, property));
    }
    std::string text = wrap("Usage: " + command(object, verb), pieces);
    text += fmt::format("  {}\n", verb.help);
    for (const Property &property : properties(verb)) {
        if (takes(verb, property))
            text += fmt::format("  {:<23} {}{}\n", property.keyword, property.help,
                                remark(verb, property));
    }
    return text;
}

std::string usage_object(const Object &object) {
    if (object.verbs.front().name.empty())
        return usage_verb(object, object.verbs.front());
    std::string text;
    for (const Verb &verb : object.verbs) {
        const bool more = std::any_of(properties(verb).begin(), properties(verb).end(),
                                      [&](const Property &p) { return takes(verb, p); });
        text += fmt::format("{}{}{}\n", text.empty() ? "Usage: " : "       ", command(object, verb),
                            more ? " ..." : "");
    }
    for (const Verb &verb : object.verbs)
        text += fmt::format("  {:<10}{}\n", verb.name, verb.help);
    return text + fmt::format("\"rtun {} COMMAND help\" tells more of one.\n", object.name);
}

// How far the words lead into the table.
struct Place {
    const Object *object = nullptr;
    const Verb *verb = nullptr;
    std::size_t used = 0;  // words that named these
};

Place locate(std::span<const std::string> words) {
    Place place;
    const auto found = words.empty() ? std::vector<const Object *>() : match_objects(words[0]);
    if (found.size() != 1)
        return place;
    place.object = found.front();
    place.used = 1;
    if (place.object->verbs.front().name.empty()) {
        place.verb = &place.object->verbs.front();
        return place;
    }
    const auto verbs =
        words.size() < 2 ? std::vector<const Verb *>() : match_verbs(*place.object, words[1]);
    if (verbs.size() == 1) {
        place.verb = verbs.front();
        place.used = 2;
    }
    return place;
}

const Property *find_property(const Verb &verb, std::string_view keyword) {
    const auto all = properties(verb);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Property &property) {
        return property.keyword == keyword && takes(verb, property);
    });
    return found == all.end() ? nullptr : &*found;
}

void add_beginning(std::vector<std::string> &out, std::string_view begun, std::string_view name) {
    if (!name.empty() && name.starts_with(begun))
        out.emplace_back(name);
}

// The last of a list of choices that may be joined with commas: "mschap2,ms".
void add_choices(std::vector<std::string> &out, std::string_view begun, const Property &property) {
    const std::size_t comma = begun.rfind(',');
    const std::string done(comma == std::string_view::npos ? "" : begun.substr(0, comma + 1));
    if (!done.empty() && property.value != "LIST")
        return;
    for (const std::string_view choice : property.choices) {
        // Each stands there once, and auto alone.
        if (!done.empty() && (choice == "auto" ||
                              ("," + done).find(fmt::format(",{},", choice)) != std::string::npos))
            continue;
        if (choice.starts_with(begun.substr(done.size())))
            out.push_back(done + std::string(choice));
    }
}

}  // namespace

std::size_t command_length(std::span<const std::string> words) {
    return std::max<std::size_t>(1, locate(words).used);
}

bool wants_help(std::span<const std::string> words) {
    const Place place = locate(words);
    std::size_t next = place.used;
    if (next >= words.size())
        return false;
    if (words[next] == "help")
        return true;
    if (place.verb == nullptr)
        return false;
    next += place.verb->operand == Operand::None ? 0 : 1;
    while (next < words.size()) {
        if (words[next] == "help")
            return true;
        const Property *property = find_property(*place.verb, words[next]);
        next += property != nullptr && property->value.empty() ? 1 : 2;
    }
    return false;
}

std::string usage(std::span<const std::string> words) {
    const Place place = locate(words);
    if (place.verb != nullptr)
        return usage_verb(*place.object, *place.verb);
    return place.object != nullptr ? usage_object(*place.object) : usage_top();
}

std::vector<std::string> complete(std::span<const std::string> words) {
    std::vector<std::string> out;
    const std::string begun = words.empty() ? "" : words.back();
    const auto before = words.empty() ? words : words.first(words.size() - 1);
    const Place place = locate(before);
    if (place.object == nullptr) {
        if (before.empty()) {
            for (const Object &object : objects())
                add_beginning(out, begun, object.name);
            add_beginning(out, begun, "help");
        }
        return out;
    }
    if (place.verb == nullptr) {
        if (before.size() == 1) {
            for (const Verb &verb : place.object->verbs)
                add_beginning(out, begun, verb.name);
            add_beginning(out, begun, "help");
        }
        return out;
    }
    const Verb &verb = *place.verb;
    std::size_t next = place.used;
    if (verb.operand != Operand::None && next++ == before.size()) {
        for (const std::string_view choice : verb.operand_choices)
            add_beginning(out, begun, choice);
        return out;
    }
    std::vector<const Property *> seen;
    while (next < before.size()) {
        const Property *property = find_property(verb, before[next++]);
        if (property == nullptr)
            return out;
        seen.push_back(property);
        if (!property->value.empty() && next++ == before.size()) {
            add_choices(out, begun, *property);
            return out;
        }
    }
    for (const Property &property : properties(verb)) {
        if (takes(verb, property) && !is_secret(property) &&
            std::find(seen.begin(), seen.end(), &property) == seen.end())
            add_beginning(out, begun, property.keyword);
    }
    return out;
}

}  // namespace rtun::config
