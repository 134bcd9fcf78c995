// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes the host use the name servers that a tunnel's server tells, and undoes it. Who looks after
// name servers on this host is asked in turn: systemd-resolved (by resolvectl), then resolvconf(8);
// where there is neither, the file itself is edited (resolv_conf.h). In a network namespace of
// ip-netns(8) it is the namespace's own file, /etc/netns/NAME/resolv.conf; the host's two services
// know nothing of the interfaces in there.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <daemon/helper.h>
#include <daemon/resolv_conf.h>
#include <netlink/kernel.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rtun::daemon {

// Where things are on this host.
struct ResolverPaths {
    std::string file = "/etc/resolv.conf";
    std::string resolved = "/run/systemd/resolve/io.systemd.Resolve";  // there while it runs
    std::string resolvectl = "/usr/bin/resolvectl";
    std::vector<std::string> resolvconf{"/usr/sbin/resolvconf", "/sbin/resolvconf"};
    // What resolvconf(8) keeps, an entry a file: Debian's and openresolv's.
    std::vector<std::string> entries{"/run/resolvconf/interface", "/run/resolvconf/interfaces",
                                     "/run/resolvconf/keys"};
    std::uint64_t netns = 0;   // which network namespace this is
    bool own_services = true;  // resolved and resolvconf look after this namespace
};
// Of the namespace that we are in. An error: there is no file for it to be told in.
[[nodiscard]] base::Result<ResolverPaths> find_resolver_paths(const std::string &netns_directory,
                                                              const std::string &etc_netns);

class NameServers {
public:
    // owner: the name that our tunnels have in the kernel. problem: something could not be done for
    // this interface.
    using Problem = std::function<void(const std::string &interface, const std::string &text)>;
    NameServers(Helper &helper, base::Result<ResolverPaths> paths, std::string owner,
                Problem problem)
        : helper_(helper), paths_(std::move(paths)), owner_(std::move(owner)),
          problem_(std::move(problem)) {}
    NameServers(const NameServers &) = delete;
    NameServers &operator=(const NameServers &) = delete;

    enum class Others : std::uint8_t { Kept, Ignored };
    void use(const std::string &interface, const std::vector<base::Ipv4> &servers, Others others);
    void drop(const std::string &interface);

    // What programs left that were killed: of ours everything that is not in use now, of others
    // what belongs to devices that there are no more.
    [[nodiscard]] base::Result<unsigned> sweep(netlink::Kernel &kernel);

private:
    enum class How : std::uint8_t { Resolved, Resolvconf, File };
    struct Use {
        std::vector<base::Ipv4> servers;
        Others others = Others::Kept;
        How how = How::Resolved;
        std::uint64_t number = 0;  // an answer may be to one that is gone
    };

    void apply(const std::string &interface, Use &use, How from);
    void by_resolved(const std::string &interface, const Use &use);
    // exclusively: as openresolv(8) can have it.
    void by_resolvconf(const std::string &interface, const Use &use, bool exclusively);
    void next(const std::string &interface, std::uint64_t number, const std::string &failure);
    [[nodiscard]] std::string resolvconf() const;  // empty: there is none
    [[nodiscard]] ResolvSection section(const std::string &interface, const Use &use) const;

    Helper &helper_;
    base::Result<ResolverPaths> paths_;
    std::string owner_;
    Problem problem_;
    std::map<std::string, Use> uses_;
    std::uint64_t last_number_ = 0;
};

// At the start of a program. A host where that cannot be done goes without.
void sweep_names(NameServers &names, netlink::Kernel &kernel);

}  // namespace rtun::daemon
