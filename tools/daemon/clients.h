// SPDX-License-Identifier: GPL-2.0-or-later
//
// The clients of the daemon: what the commands and the configuration file do to them. A client that
// was deleted ends its call in order before it goes; until then it is among the leaving.
#pragma once

#include <base/result.h>
#include <config/grammar.h>
#include <config/model.h>
#include <ctl/message.h>
#include <daemon/client.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rtun::daemon {

class Clients {
public:
    static constexpr std::size_t MaxClients = 4096;  // the leaving included

    // quiet is called when, after stop_all(), the last call has ended.
    Clients(const Ground &ground, EventSink sink, std::function<void()> quiet);
    Clients(const Clients &) = delete;
    Clients &operator=(const Clients &) = delete;

    [[nodiscard]] base::Status add(const config::ClientAdd &command);
    [[nodiscard]] base::Status set(const config::ClientSet &command);
    [[nodiscard]] base::Status del(const config::ClientDel &command);
    [[nodiscard]] base::Status enable(const config::ClientEnable &command);
    // Empty: all.
    [[nodiscard]] base::Result<std::vector<ctl::ClientStatus>> show(std::string_view name) const;

    // Makes the clients those of the configuration; one that is the same in both is not touched.
    struct Loaded {
        unsigned added = 0;
        unsigned changed = 0;
        unsigned removed = 0;
        unsigned kept = 0;
    };
    [[nodiscard]] base::Result<Loaded> load(const config::Config &config);
    // The first load of a daemon: clients whose calls an earlier one has left go on with them, and
    // what nobody can go on with is deleted.
    [[nodiscard]] base::Result<Loaded> load(const config::Config &config, Leftovers &leftovers);
    [[nodiscard]] config::Config config() const;
    // What clients take their profiles from, besides the built-in ones: dials anew where that makes
    // a difference. load() does it, too.
    void set_profiles(std::vector<config::Profile> profiles);
    [[nodiscard]] std::size_t size() const { return clients_.size(); }
    [[nodiscard]] std::size_t up() const;
    [[nodiscard]] bool has(std::string_view name) const;

    void kernel_event(const netlink::Event &event);
    void stop_all(const std::string &why);
    // As stop_all(), but calls that the next daemon can go on with are left to it; how many.
    std::size_t leave_all(const std::string &why);
    void abort_all(const std::string &why);

private:
    using Slot = std::unique_ptr<Client>;
    using Found = std::unordered_map<std::uint32_t, Client *>;

    [[nodiscard]] std::vector<Slot>::iterator find(std::string_view name);
    [[nodiscard]] std::optional<config::Profile> profile(const std::string &name) const;
    [[nodiscard]] base::Status check(const config::Client &settings) const;
    void insert(config::Client settings);
    [[nodiscard]] bool adopt(Client &client);
    void remove(std::vector<Slot>::iterator slot);
    void purge();
    template <typename Id>
    [[nodiscard]] Client *owner(Found &found, Id id);

    Ground ground_;
    EventSink sink_;
    std::function<void()> quiet_;
    std::unique_ptr<Alarm> alarm_;  // a client that came to rest is on the stack: purge later
    std::vector<Slot> clients_;     // in the order in which they were added
    std::vector<Slot> leaving_;
    Found sessions_, tunnels_;  // whose an id was when it was last asked for: it may not be now
    Leftovers *leftovers_ = nullptr;  // during the first load
    std::vector<config::Profile> profiles_;
    bool stopping_ = false;
};

}  // namespace rtun::daemon
