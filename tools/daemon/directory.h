// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the daemon is told to serve, and whom: users, profiles, pools, interfaces, the server and
// accounting, as one configuration that is right at every moment. A command changes one object of
// it, a file or an import many; either all of it is done or nothing, and nothing is done that would
// leave something pointing at what is not there. Who acts on it is told afterwards, by one call.
// It does no I/O and knows no session.
#pragma once

#include <base/result.h>
#include <config/grammar.h>
#include <config/kinds.h>
#include <config/model.h>
#include <ctl/message.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rtun::daemon {

// Of these there are many.
template <typename T>
concept Listed = std::is_same_v<T, config::Secret> || std::is_same_v<T, config::Profile> ||
    std::is_same_v<T, config::Pool> || std::is_same_v<T, config::ServerInterface>;

class Directory {
public:
    static constexpr std::size_t MostOfAKind = 131072;

    // Whether a whole configuration hangs together: aaa::Users::check() and aaa::Pools::check().
    using Check = std::function<base::Status(const config::Config &)>;
    // changed: after each change, with config() as it is now; not called if nothing changed.
    Directory(Check check, std::function<void()> changed)
        : check_(std::move(check)), changed_(std::move(changed)) {}
    Directory(const Directory &) = delete;
    Directory &operator=(const Directory &) = delete;

    // A profile that is built in is there always: it can be set, and del makes it what it was.
    template <Listed T>
    [[nodiscard]] base::Status add(const config::Add<T> &command);
    template <Listed T>
    [[nodiscard]] base::Status set(const config::Set<T> &command);
    template <Listed T>
    [[nodiscard]] base::Status del(const config::Del<T> &command);
    template <Listed T>
    [[nodiscard]] base::Status enable(const config::Enable<T> &command);
    // PptpServer, Accounting: there is one.
    [[nodiscard]] base::Status set(const config::Set<config::PptpServer> &command);
    [[nodiscard]] base::Status enable(const config::Enable<config::PptpServer> &command);
    [[nodiscard]] base::Status set(const config::Set<config::Accounting> &command);

    // Empty: all of the kind. Passwords are hidden.
    template <Listed T>
    [[nodiscard]] base::Result<std::vector<ctl::ObjectStatus>> show(std::string_view name) const;
    [[nodiscard]] ctl::ObjectStatus show_server() const;
    [[nodiscard]] ctl::ObjectStatus show_accounting() const;

    // Whether load() would take it.
    [[nodiscard]] base::Status check(const config::Config &wanted) const;
    // Makes it that of the configuration; says what it did with each object. Clients and
    // pseudowires in it are not looked at.
    struct Loaded {
        unsigned added = 0;
        unsigned changed = 0;
        unsigned removed = 0;
        unsigned kept = 0;
    };
    [[nodiscard]] base::Result<Loaded> load(const config::Config &wanted);
    // Adds what is there, as an importer made it: a profile or a server that is there already is
    // replaced, a user, pool or interface of a name that is there already refuses all of it.
    [[nodiscard]] base::Result<Loaded> merge(const config::Config &more);

    // Without clients and pseudowires, of which it knows nothing.
    [[nodiscard]] const config::Config &config() const { return config_; }
    [[nodiscard]] bool has_interface(std::string_view name) const;

private:
    template <typename Undo>
    [[nodiscard]] base::Status commit(Undo undo);
    template <typename T>
    [[nodiscard]] base::Status change(T &object, T wanted);

    config::Config config_;
    Check check_;
    std::function<void()> changed_;
};

}  // namespace rtun::daemon
