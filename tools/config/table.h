// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one table of commands: objects, their verbs, the keywords these take. parse(), usage() and
// complete() are three ways of reading it, export_lines() and settings() a fourth, and a test holds
// the manual against it. Inside this room only (and its tests).
#pragma once

#include <base/log.h>
#include <base/result.h>
#include <config/grammar.h>
#include <config/kinds.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace rtun::config {

struct Property;

// What a command says, before it becomes one of the alternatives of Command.
struct Draft {
    std::string operand;
    // The object that the verb is about is one of these.
    Client client;
    Pseudowire pseudowire;
    Secret secret;
    Profile profile;
    Pool pool;
    ServerInterface interface;
    PptpServer pptp_server;
    Accounting accounting;
    template <typename T>
    [[nodiscard]] T &of() {
        return std::get<T &>(std::tie(client, pseudowire, secret, profile, pool, interface,
                                      pptp_server, accounting));
    }

    std::vector<const Property *> changed;  // of its properties, in the order of the words
    bool may_exist = false;
    std::string copy_from;
    bool if_exists = false;
    Reveal secrets = Reveal::Hide;
    std::string file;
    bool dry_run = false;
    base::log::Level log_level = base::log::Level::Info;
    AccountingShow records;
    std::uint64_t count = 0;
};

// Which verbs take a keyword: bits, so that a keyword has one row.
enum Uses : std::uint16_t {
    NoUse = 0,
    InAdd = 1 << 0,
    InSet = 1 << 1,
    InConnect = 1 << 2,
    InDel = 1 << 3,
    InExport = 1 << 4,
    InDaemon = 1 << 5,
    InShow = 1 << 6,
    InImport = 1 << 7,
    InCapture = 1 << 8,
};

enum class Need : std::uint8_t { Optional, Required, RequiredOrAsked };

// The property as a member of what it belongs to.
template <typename T>
struct Access {
    std::string (*get)(const T &object) = nullptr;  // the value as a word
    void (*copy)(const T &from, T &to) = nullptr;   // hands it on
    base::Secret T::*secret = nullptr;              // where a secret is kept
};

// Access to a property of any kind of object; to none for words that are about the command.
class Kept {
public:
    constexpr Kept() = default;
    // A row says it in short: {get, copy, where a secret is kept}.
    template <typename T>
    constexpr Kept(Access<T> access) : any_(access) {}  // NOLINT(google-explicit-constructor)
    template <typename T>
    constexpr Kept(std::string (*get)(const T &), void (*copy)(const T &, T &),
                   std::type_identity_t<base::Secret T::*> secret)
        : any_(Access<T>{get, copy, secret}) {}

    [[nodiscard]] constexpr bool any() const { return any_.index() != 0; }
    [[nodiscard]] bool secret() const;
    template <typename T>
    [[nodiscard]] const Access<T> *of() const {
        return std::get_if<Access<T>>(&any_);
    }
    // The value as it is if nobody says anything.
    [[nodiscard]] std::string usual() const;

private:
    std::variant<std::monostate, Access<Client>, Access<Pseudowire>, Access<Secret>,
                 Access<Profile>, Access<Pool>, Access<ServerInterface>, Access<PptpServer>,
                 Access<Accounting>>
        any_;
};

struct Property {
    std::string_view keyword;
    std::string_view value;  // as usage writes it; empty: the keyword stands alone
    std::string_view help;
    std::uint16_t uses;                         // Uses
    Need need;                                  // in add and connect
    std::span<const std::string_view> choices;  // for completion
    base::Status (*set)(Draft &draft, std::string_view value);
    Kept kept = {};
};

[[nodiscard]] inline bool is_secret(const Property &property) { return property.kept.secret(); }
[[nodiscard]] inline bool is_kept(const Property &property) { return property.kept.any(); }
// What it is if nobody says anything.
[[nodiscard]] inline std::string default_of(const Property &property) {
    return property.kept.usual();
}

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
    std::string_view refused;            // or is refused, whatever its value but for those
    std::string_view fixed = {};         // stands alone and means this value
    base::Result<std::string> (*convert)(std::string_view value) = nullptr;
};

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
    std::uint16_t uses;  // the one bit of Uses that selects its keywords
    bool in_files;       // may stand in a configuration file
    std::string_view help;
    Command (*make)(Draft &&draft);
    Keywords keywords = Keywords::OfClients;
    std::optional<Mistake> (*check)(Draft &draft) = nullptr;  // of an add
};

struct Object {
    std::string_view name;
    std::string_view help;
    std::span<const Verb> verbs;
    const Verb *standard;  // the verb if none is given, or null
};

[[nodiscard]] std::span<const Keywords> all_keywords();
[[nodiscard]] std::span<const Property> properties(Keywords keywords);
[[nodiscard]] inline std::span<const Property> properties(const Verb &verb) {
    return properties(verb.keywords);
}
[[nodiscard]] std::span<const Alias> aliases(const Verb &verb);
[[nodiscard]] std::optional<Mistake> mistake_in(const Client &client);
[[nodiscard]] std::optional<Mistake> mistake_in(const Pseudowire &pseudowire);
[[nodiscard]] std::optional<Mistake> mistake_in(const Secret &secret);
[[nodiscard]] std::optional<Mistake> mistake_in(const Profile &profile);
[[nodiscard]] std::optional<Mistake> mistake_in(const Pool &pool);
[[nodiscard]] std::optional<Mistake> mistake_in(const ServerInterface &interface);
[[nodiscard]] std::optional<Mistake> mistake_in(const PptpServer &server);
[[nodiscard]] std::optional<Mistake> mistake_in(const Accounting &accounting);
[[nodiscard]] std::span<const Object> objects();

[[nodiscard]] inline bool takes(const Verb &verb, const Property &property) {
    return (verb.uses & property.uses) != 0;
}

// The rows that a word may mean: the one it names in full, or all that begin with it.
[[nodiscard]] std::vector<const Object *> match_objects(std::string_view word);
[[nodiscard]] std::vector<const Verb *> match_verbs(const Object &object, std::string_view word);

}  // namespace rtun::config
