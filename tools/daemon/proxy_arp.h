// SPDX-License-Identifier: GPL-2.0-or-later
//
// A session whose address belongs to a local network: whoever asks there for the address gets our
// answer, and packets for it come to us (RFC 1027). The local network is the longest one of a
// device's own that contains the address; the entry is for this one address on this one device,
// whatever the device's proxy_arp is set to.
#pragma once

#include <base/net.h>
#include <netlink/host.h>
#include <netlink/kernel.h>

#include <map>
#include <optional>
#include <string>

namespace rtun::daemon {

class ProxyArp {
public:
    ProxyArp(netlink::Host &host, netlink::Kernel &kernel) : host_(host), kernel_(kernel) {}

    // Nothing: hosts there are answered. session: its device, which is not meant.
    [[nodiscard]] std::optional<std::string> add(base::Ipv4 address, netlink::LinkIndex session);
    void remove(base::Ipv4 address);

    // A device runs again; nothing: any of them may. Its entries are gone, so they are made again.
    void renew(std::optional<netlink::LinkIndex> link);

    // An earlier program has added it; where, sweep() finds out.
    void resume(base::Ipv4 address, netlink::LinkIndex session);
    // Removes entries of ours that nobody needs, and adds those that are missing. How many were
    // left.
    unsigned sweep();

private:
    struct Held {
        netlink::LinkIndex session{};
        std::optional<netlink::Proxy> proxy{};  // nothing: not known yet, or somebody else's
        unsigned users = 0;
    };

    [[nodiscard]] base::Result<netlink::LinkIndex> local_network(base::Ipv4 address,
                                                                 netlink::LinkIndex session);
    [[nodiscard]] std::optional<std::string> answer(base::Ipv4 address, Held &held);

    netlink::Host &host_;
    netlink::Kernel &kernel_;
    std::map<base::Ipv4, Held> held_;
};

}  // namespace rtun::daemon
