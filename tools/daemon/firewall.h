// SPDX-License-Identifier: GPL-2.0-or-later
//
// What sessions have in our table of the packet filter, "inet rtun": their device in the set whose
// TCP connections are clamped to its MTU, and their address in the set of their address-list. Rules
// are two, however many sessions there are.
//
// The table belongs to the administrator as well: rules that use the sets have to stand in it. So
// nothing is removed from it but what we put there, and it goes when it is empty. When somebody
// flushes the host's rule set, the next change puts back what sessions need. A kernel without
// nf_tables is told of once.
#pragma once

#include <base/net.h>
#include <netlink/host.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtun::daemon {

class Firewall {
public:
    explicit Firewall(netlink::Host &host) : host_(host) {}

    // Nothing: it is done. Each counts: as many unclamp() as clamp(), leave() as join().
    [[nodiscard]] std::optional<std::string> clamp(const std::string &interface);
    void unclamp(const std::string &interface);
    [[nodiscard]] std::optional<std::string> join(const std::string &set, base::Ipv4 address);
    void leave(const std::string &set, base::Ipv4 address);

    // An earlier program has done it.
    void resume_clamp(const std::string &interface);
    void resume_member(const std::string &set, base::Ipv4 address);
    // After the last of these: what is left of sessions that are no more goes, what is missing
    // comes back. How many were left.
    unsigned sweep();

private:
    using Steps = std::vector<netlink::FilterStep>;
    using Member = std::pair<std::string, base::Ipv4>;
    struct Use {
        unsigned users = 0;
        bool ours = true;  // false: somebody else had put it there before
    };

    [[nodiscard]] base::Status apply(const Steps &steps);
    [[nodiscard]] base::Status rebuild();
    [[nodiscard]] base::Status in_pieces(const Steps &steps);
    [[nodiscard]] base::Status know(const std::string &set);
    void take_out(const Steps &steps, std::string_view what);
    void tidy_set(const std::string &set);
    void tidy();
    [[nodiscard]] bool used(const std::string &set) const;
    [[nodiscard]] netlink::FilterStep member(netlink::FilterStep::Verb verb,
                                             const Member &member) const;
    [[nodiscard]] std::optional<std::string> problem(const std::string &what,
                                                     const base::Error &error);

    netlink::Host &host_;
    bool worked_ = false;  // the kernel has nf_tables
    bool absent_ = false;  // it has not, which was told
    std::map<std::string, Use> clamped_;
    std::map<Member, Use> members_;
    std::map<std::string, netlink::Filter::Set> sets_;  // what the sets in use are like
};

}  // namespace rtun::daemon
