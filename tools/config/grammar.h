// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command grammar: words in, a checked command out. The command line, a batch, the control
// socket and the configuration file (a list of commands, one a line) all go through here, so there
// is one set of rules and one set of messages. Help and completion come from the same table.
#pragma once

#include <base/log.h>
#include <base/result.h>
#include <base/secret.h>
#include <config/model.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtun::config {

// A word and where it stood; line and column count from 1, line 0: the command line. It may be a
// password, so it is wiped in the end.
struct Word {
    std::string text;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    ~Word() { base::wipe(text); }
};

// Whether a secret may stand in the words themselves: yes in a file that only its owner reads,
// no on the command line, where every user of the host sees it.
enum class Secrets : std::uint8_t { Refused, Allowed };

enum class ObjectMissing : std::uint8_t { Error, Ignore };

// -- what can be done to the objects of model.h; T is one of them

template <typename T>
struct Add {
    T object;
    bool may_exist = false;  // the word may-exist: an existing one is no error and is left alone
    // The word copy-from: what is not said is as the object of this name has it, and `object` has
    // only what was said; object_of() puts both together. Empty: it is not given.
    std::string copy_from{};
    std::function<void(T &)> apply{};  // with copy_from: as of Set
};
template <typename T>
struct Set {
    std::string name;  // of what there is only one: the word that stands for it, or empty
    // Applies the changed properties to an object; the words were checked already.
    std::function<void(T &)> apply;
};
template <typename T>
struct Del {
    std::string name;
    ObjectMissing missing = ObjectMissing::Error;
};
template <typename T>
struct Enable {
    std::string name;
    bool enabled = true;  // false: the command was disable
};
template <typename T>
struct Show {
    std::string name;  // empty: all
};
struct ClientMonitor {
    std::string name;
};

using ClientAdd = Add<Client>;
using ClientSet = Set<Client>;
using ClientDel = Del<Client>;
using ClientEnable = Enable<Client>;
using ClientShow = Show<Client>;
using PseudowireAdd = Add<Pseudowire>;
using PseudowireSet = Set<Pseudowire>;
using PseudowireDel = Del<Pseudowire>;
using PseudowireEnable = Enable<Pseudowire>;
using PseudowireShow = Show<Pseudowire>;

// -- and the rest

// Whether secrets are printed or stand as "(hidden)", which parse() refuses to take back.
enum class Reveal : std::uint8_t { Hide, Show };

// Users of pppd, or a server of pptpd, from their files.
struct SecretImport {
    std::string file;
    bool dry_run = false;  // print the commands and do nothing
    Reveal secrets = Reveal::Hide;
};
struct ConfigImport {
    std::string file;
    bool dry_run = false;
    Reveal secrets = Reveal::Hide;
};
struct PoolUsage {
    std::string name;  // empty: all
};
struct LeaseShow {
    std::string pool;  // empty: of all
};
struct ActiveShow {
    std::string name;  // of the user; empty: all
};
struct ActiveKill {
    std::string who;  // a user, an interface or the number of a session
};
struct AccountingShow {
    std::string user;  // empty: of all
    std::uint32_t limit = 20;
};
struct Why {
    std::string name;  // a client, a user, a caller's address; empty: the last failures of all
};
struct Capture {
    std::string name;           // a session's id or interface, a client, a user, a caller's address
    std::string file;           // "-": standard output
    std::uint64_t count = 0;    // frames; 0: until interrupted
    bool show_secrets = false;  // passwords of PAP as they are
};
struct SessionShow {
    std::string name;  // an id, an interface or empty for all
};
struct TunnelShow {
    std::string name;
};
struct BundleShow {
    std::string name;  // an id, an interface or empty for all
};
struct Monitor {
    std::string what = "all";  // client, tunnel, session, all
};
struct ConfigCheck {
    std::string file;
};
struct ConfigSave {
    std::string file;  // empty: the one the daemon was started with
};
struct ConfigLoad {
    std::string file;  // the same
};
struct Export {
    Reveal secrets = Reveal::Hide;
};
struct Connect {
    Client client;
    base::log::Level log_level = base::log::Level::Info;
};
struct Daemon {
    std::string file;  // configuration
    base::log::Level log_level = base::log::Level::Info;
};
using Command =
    std::variant<Add<Client>, Set<Client>, Del<Client>, Enable<Client>, Show<Client>, ClientMonitor,
                 Add<Pseudowire>, Set<Pseudowire>, Del<Pseudowire>, Enable<Pseudowire>,
                 Show<Pseudowire>, Add<Secret>, Set<Secret>, Del<Secret>, Enable<Secret>,
                 Show<Secret>, Add<Profile>, Set<Profile>, Del<Profile>, Show<Profile>, Add<Pool>,
                 Set<Pool>, Del<Pool>, Show<Pool>, Add<ServerInterface>, Set<ServerInterface>,
                 Del<ServerInterface>, Enable<ServerInterface>, Show<ServerInterface>,
                 Set<PptpServer>, Enable<PptpServer>, Show<PptpServer>, Set<Accounting>,
                 AccountingShow, SecretImport, ConfigImport, PoolUsage, LeaseShow, ActiveShow,
                 ActiveKill, Why, Capture, SessionShow, TunnelShow, BundleShow, Monitor,
                 ConfigCheck, ConfigSave, ConfigLoad, Export, Connect, Daemon>;

inline constexpr std::string_view DefaultFile = "/etc/rtun/rtun.conf";

// Objects and verbs may be shortened while they are unambiguous, keywords and values may not.
// The error's text names the word: `argument "encpa" is wrong: ...`, and in a file begins with
// "FILE:LINE:COLUMN: ".
[[nodiscard]] base::Result<Command> parse(std::span<const Word> words, Secrets secrets,
                                          std::string_view file = {});

// Splits one line as a shell would: blanks, "double" and 'single' quotes, \ escapes, # comment.
[[nodiscard]] base::Result<std::vector<Word>>
split_line(std::string_view line, std::uint32_t number, std::string_view file);

// A configuration file: commands that add objects (client add, secret add) or set those that are
// always there (profile set default, server set pptp, accounting set). All or nothing.
[[nodiscard]] base::Result<Config> parse_file(std::string_view text, std::string_view file);
[[nodiscard]] base::Result<Config>
read_file(const std::string &path);  // refuses one others may read

// The commands that make this configuration, one a line. What is as by default is left out.
[[nodiscard]] std::vector<std::string> export_lines(const Config &config, Reveal secrets);
// A word as it must be written in a line so that split_line() gives it back.
[[nodiscard]] std::string quote(std::string_view word);

// Every property with its value as a word, in the order of the manual.
struct Setting {
    std::string_view keyword;
    std::string value;
    bool by_default = false;
};
template <typename T>
[[nodiscard]] std::vector<Setting> settings(const T &object, Reveal secrets = Reveal::Hide);

// Whether the properties fit together; parse() has asked this of an add already.
template <typename T>
[[nodiscard]] base::Status check(const T &object);

// What an add adds: its object, or a copy of `source` with the words applied, checked. A null
// source of a copy is the refusal that there is none of this name.
template <typename T>
[[nodiscard]] base::Result<T> object_of(const Add<T> &add, const T *source);

// What is allowed and unwise, a line each: weak methods of authentication, short keys. Of a
// command: what it asks for.
[[nodiscard]] std::vector<std::string> warnings(const Command &command);
[[nodiscard]] std::vector<std::string> warnings(const Config &config);

// "default" and "default-encryption", as they are if nobody changed them.
[[nodiscard]] const std::vector<Profile> &built_in_profiles();
[[nodiscard]] bool is_built_in(std::string_view profile);

// Usage of a level, as "rtun help", "rtun client help", "rtun client add help" print it.
[[nodiscard]] std::string usage(std::span<const std::string> words);
// Whether these words ask for it: "help" where an object, a verb, a name or a keyword may stand.
[[nodiscard]] bool wants_help(std::span<const std::string> words);
// How many of these words name the command: 1 ("monitor ...") or 2 ("client add ...").
[[nodiscard]] std::size_t command_length(std::span<const std::string> words);
// "HOST", "HOST:PORT": a host name or an IPv4 address, the port in decimal. The error is the reason
// only.
struct Endpoint {
    std::string host;
    std::uint16_t port = 1723;
    bool operator==(const Endpoint &) const = default;
};
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view text);
// Several of them, with commas between.
inline constexpr std::size_t MaxEndpoints = 16;
[[nodiscard]] base::Result<std::vector<Endpoint>> parse_endpoints(std::string_view text);

// Words that may come next, for shell completion; the last word may be begun.
[[nodiscard]] std::vector<std::string> complete(std::span<const std::string> words);

}  // namespace rtun::config
