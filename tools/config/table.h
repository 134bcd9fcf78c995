// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one table of commands: objects, their verbs, the keywords these take. parse(), usage() and
// complete() are three ways of reading it, export_lines() and settings() a fourth, and a test holds
// the manual against it. Inside this room only (and its tests).
#pragma once

#include <base/result.h>
#include <config/grammar.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::config {

struct Property;

// What a command says, before it becomes one of the alternatives of Command.
struct Draft {
    std::string operand;
    Client client;
    Pseudowire pseudowire;
    std::vector<const Property *> changed;  // of these, in the order of the words
    bool may_exist = false;
    bool if_exists = false;
    Reveal secrets = Reveal::Hide;
    std::string file;
};

// Which verbs take a keyword: bits, so that a keyword has one row.
enum Uses : std::uint8_t {
    NoUse = 0,
    InAdd = 1 << 0,
    InSet = 1 << 1,
    InConnect = 1 << 2,
    InDel = 1 << 3,
    InExport = 1 << 4,
    InDaemon = 1 << 5,
};

enum class Need : std::uint8_t { Optional, Required, RequiredOrAsked };

// The property as a member of what it belongs to.
template <typename Subject>
struct Access {
    std::string (*get)(const Subject &subject) = nullptr;      // the value as a word
    void (*copy)(const Subject &from, Subject &to) = nullptr;  // hands it on
    base::Secret Subject::*secret = nullptr;                   // where a secret is kept
};

struct Property {
    std::string_view keyword;
    std::string_view value;  // as usage writes it; empty: the keyword stands alone
    std::string_view help;
    std::uint8_t uses;                          // Uses
    Need need;                                  // in add and connect
    std::span<const std::string_view> choices;  // for completion
    base::Status (*set)(Draft &draft, std::string_view value);
    // At most one of these is there; none for words that are about the command.
    Access<Client> client = {};
    Access<Pseudowire> pseudowire = {};
};

[[nodiscard]] inline bool is_secret(const Property &property) {
    return property.client.secret != nullptr || property.pseudowire.secret != nullptr;
}
[[nodiscard]] inline bool is_kept(const Property &property) {
    return property.client.get != nullptr || property.pseudowire.get != nullptr;
}
// What it is if nobody says anything.
[[nodiscard]] std::string default_of(const Property &property);

// A word that another system has for a property, or for nothing that we have.
struct ValueAlias {
    std::string_view word;
    std::string_view value;    // stands for this
    std::string_view refused;  // or is refused for this reason
};
struct Alias {
    std::string_view word;
    std::string_view keyword;            // stands for this; empty: taken and has no effect
    std::span<const ValueAlias> values;  // empty: the keyword's own
    std::string_view refused;            // or is refused, whatever its value
    std::string_view fixed = {};         // stands alone and means this value
    base::Result<std::string> (*convert)(std::string_view value) = nullptr;
};

// Which rows of keywords a verb chooses from.
enum class Keywords : std::uint8_t { OfClients, OfPseudowires };

// What is wrong with a whole command.
struct Mistake {
    std::string_view keyword;  // whose value is to blame, if it was given
    std::string reason;
};

enum class Operand : std::uint8_t { None, Optional, Required };

struct Verb {
    std::string_view name;  // empty: the object is the command
    std::span<const std::string_view> aliases;
    Operand operand;
    std::string_view operand_text;  // "NAME"
    std::span<const std::string_view> operand_choices;
    base::Status (*check_operand)(std::string_view operand);
    std::uint8_t uses;  // the one bit of Uses that selects its keywords
    bool in_files;      // may stand in a configuration file
    std::string_view help;
    Command (*make)(Draft &&draft);
    Keywords keywords = Keywords::OfClients;
    std::optional<Mistake> (*check)(const Draft &draft) = nullptr;  // of an add
};

struct Object {
    std::string_view name;
    std::string_view help;
    std::span<const Verb> verbs;
    const Verb *standard;  // the verb if none is given, or null
};

[[nodiscard]] std::span<const Property> properties(Keywords keywords);
[[nodiscard]] inline std::span<const Property> properties(const Verb &verb) {
    return properties(verb.keywords);
}
[[nodiscard]] std::span<const Alias> aliases(const Verb &verb);
[[nodiscard]] std::optional<Mistake> mistake_in(const Client &client);
[[nodiscard]] std::optional<Mistake> mistake_in(const Pseudowire &pseudowire);
[[nodiscard]] std::span<const Object> objects();

[[nodiscard]] inline bool takes(const Verb &verb, const Property &property) {
    return (verb.uses & property.uses) != 0;
}

// The rows that a word may mean: the one it names in full, or all that begin with it.
[[nodiscard]] std::vector<const Object *> match_objects(std::string_view word);
[[nodiscard]] std::vector<const Verb *> match_verbs(const Object &object, std::string_view word);

}  // namespace rtun::config
