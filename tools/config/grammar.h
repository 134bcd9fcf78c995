// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command grammar: words in, a checked command out. The command line, a batch, the control
// socket and the configuration file (a list of commands, one a line) all go through here, so there
// is one set of rules and one set of messages. Help and completion come from the same table.
#pragma once

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

struct ClientAdd {
    Client client;
    bool may_exist = false;  // the word may-exist: an existing one is no error and is left alone
};
struct ClientSet {
    std::string name;
    // Applies the changed properties to a client; the words were checked already.
    std::function<void(Client &)> apply;
};
struct ClientDel {
    std::string name;
    ObjectMissing missing = ObjectMissing::Error;
};
struct ClientEnable {
    std::string name;
    bool enabled = true;  // false: the command was disable
};
struct ClientShow {
    std::string name;  // empty: all
};
struct ClientMonitor {
    std::string name;
};
struct PseudowireAdd {
    Pseudowire pseudowire;
    bool may_exist = false;
};
struct PseudowireSet {
    std::string name;
    std::function<void(Pseudowire &)> apply;
};
struct PseudowireDel {
    std::string name;
    ObjectMissing missing = ObjectMissing::Error;
};
struct PseudowireEnable {
    std::string name;
    bool enabled = true;
};
struct PseudowireShow {
    std::string name;
};
struct SessionShow {
    std::string name;  // an id, an interface or empty for all
};
struct TunnelShow {
    std::string name;
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
// Whether secrets are printed or stand as "(hidden)", which parse() refuses to take back.
enum class Reveal : std::uint8_t { Hide, Show };

struct Export {
    Reveal secrets = Reveal::Hide;
};
struct Connect {
    Client client;
};
struct Daemon {
    std::string file;  // configuration
};
using Command = std::variant<ClientAdd, ClientSet, ClientDel, ClientEnable, ClientShow,
                             ClientMonitor, PseudowireAdd, PseudowireSet, PseudowireDel,
                             PseudowireEnable, PseudowireShow, SessionShow, TunnelShow, Monitor,
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

// A configuration file: commands that add objects (client add, pseudowire add). All or nothing.
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
[[nodiscard]] std::vector<Setting> settings(const Client &client, Reveal secrets);
[[nodiscard]] std::vector<Setting> settings(const Pseudowire &pseudowire);

// Whether the properties fit together; parse() has asked this of an add already.
[[nodiscard]] base::Status check(const Client &client);
[[nodiscard]] base::Status check(const Pseudowire &pseudowire);

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
};
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view text);
// Several of them, with commas between.
inline constexpr std::size_t MaxEndpoints = 16;
[[nodiscard]] base::Result<std::vector<Endpoint>> parse_endpoints(std::string_view text);

// Words that may come next, for shell completion; the last word may be begun.
[[nodiscard]] std::vector<std::string> complete(std::span<const std::string> words);

}  // namespace rtun::config
