// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pseudowires that the daemon is told to have: made at the start, or taken over from an earlier
// life of the daemon as they carry traffic, changed and removed by commands and by the
// configuration file, made again when something else removed them. They carry on when the daemon
// ends.
//
// One that could not be made for want of an address or an interface is tried again after a while;
// one that is refused at the command that asked for it is not kept.
#pragma once

#include <base/random.h>
#include <base/result.h>
#include <config/grammar.h>
#include <config/model.h>
#include <ctl/message.h>
#include <daemon/backoff.h>
#include <daemon/events.h>
#include <daemon/world.h>
#include <netlink/kernel.h>
#include <pseudowire/pseudowire.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::daemon {

class Pseudowires {
public:
    static constexpr std::size_t MaxPseudowires = 16384;

    // owner: the name that the daemon's tunnels carry.
    Pseudowires(World &world, netlink::Kernel &kernel, base::Random &random, std::string owner,
                EventSink sink);
    Pseudowires(const Pseudowires &) = delete;
    Pseudowires &operator=(const Pseudowires &) = delete;

    [[nodiscard]] base::Status add(const config::PseudowireAdd &command);
    [[nodiscard]] base::Status set(const config::PseudowireSet &command);
    [[nodiscard]] base::Status del(const config::PseudowireDel &command);
    [[nodiscard]] base::Status enable(const config::PseudowireEnable &command);
    // Empty: all.
    [[nodiscard]] base::Result<std::vector<ctl::PseudowireStatus>>
    show(std::string_view name) const;

    // Makes them those of the configuration. What is right already is not touched; what is ours in
    // the kernel and not in the configuration goes.
    struct Loaded {
        unsigned added = 0;
        unsigned changed = 0;
        unsigned removed = 0;
        unsigned kept = 0;
    };
    [[nodiscard]] base::Result<Loaded> load(const std::vector<config::Pseudowire> &wanted);
    [[nodiscard]] std::vector<config::Pseudowire> config() const;
    [[nodiscard]] std::size_t size() const { return slots_.size(); }
    [[nodiscard]] bool has(std::string_view name) const;

    void kernel_event(const netlink::Event &event);

private:
    enum class Made : std::uint8_t { Kept, Changed, Anew };
    struct Slot {
        config::Pseudowire settings;
        std::optional<netlink::SessionId> session{};  // nothing: it is not there
        std::string error{};                          // why
        Backoff backoff{};
        std::optional<base::Time> retry_at{};
        // Names under way: the addresses that are known by now.
        std::map<std::string, std::vector<base::Address>> addresses{};
        std::vector<std::unique_ptr<Lookup>> lookups{};
    };
    using Slots = std::vector<std::unique_ptr<Slot>>;

    [[nodiscard]] Slots::iterator find(std::string_view name);
    // Asks for the names of both ends, and makes it when they are known.
    void begin(Slot &slot);
    void resolved(Slot &slot, const std::string &host,
                  base::Result<std::vector<base::Address>> answer);
    void try_now(Slot &slot);
    [[nodiscard]] base::Result<pseudowire::Ends> ends_of(const Slot &slot) const;
    // Makes what is there be it, or makes it.
    [[nodiscard]] base::Result<Made> make(Slot &slot, pseudowire::Snapshot &snapshot,
                                          const pseudowire::Ends &ends);
    void made(Slot &slot, const base::Result<Made> &result);
    [[nodiscard]] base::Status remove(Slot &slot);
    [[nodiscard]] base::Status apply(Slot &slot, config::Pseudowire wanted);
    void lost(Slot &slot, const std::string &why);
    void check_all();
    void follow_path(netlink::TunnelId tunnel);
    void arm();
    void retry();
    void tell(base::log::Level level, std::string_view id, const Slot &slot,
              const std::string &text);

    World &world_;
    netlink::Kernel &kernel_;
    base::Random &random_;
    std::string owner_;
    EventSink sink_;
    std::unique_ptr<Alarm> alarm_;
    Slots slots_;  // in the order in which they were added
};

}  // namespace rtun::daemon
